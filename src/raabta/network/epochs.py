"""How slots are taken together, so that what a slot knows of those before it does not depend on how a run is
cut: the memory begins anew with each epoch, and a slot is computed again from the beginning of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

EPOCH_SLOTS: Final = 20
"""Slots of an epoch: five minutes at 15 s, about as long as a low satellite is in view. A part of the slots
that are summed up together (see `service.cut`), so that most chunks begin with an epoch."""


def begins(slot: int) -> bool:
    """Whether a slot is the first of its epoch: it knows of none before it."""
    return slot % EPOCH_SLOTS == 0


def with_lead(slots: Iterable[int], *, remembers: bool) -> list[tuple[int, bool]]:
    """Slots in the order they are computed, as (slot, asked for): where one asked for does not follow on the
    last, those of its epoch before it come first.

    Where slots do not depend on what was before (`remembers` is False), the one before is enough: it tells
    who has changed his satellite.
    """
    out = list[tuple[int, bool]]()
    for slot in slots:
        follows = bool(out) and out[-1][0] == slot - 1
        if not follows and not begins(slot):
            first = slot - slot % EPOCH_SLOTS if remembers else slot - 1
            out += [(lead, False) for lead in range(first, slot)]
        out.append((slot, True))
    return out
