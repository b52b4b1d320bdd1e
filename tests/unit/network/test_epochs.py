"""Which slots are computed so that one knows its past: from the beginning of its epoch, never over it."""

from __future__ import annotations

import pytest

from raabta.network.epochs import EPOCH_SLOTS, begins, with_lead
from raabta.service.cut import BATCH_SLOTS


def test_batches_are_whole_epochs():
    assert EPOCH_SLOTS == 20
    assert BATCH_SLOTS % EPOCH_SLOTS == 0


def test_an_epoch_begins_every_twenty_slots():
    assert [slot for slot in range(45) if begins(slot)] == [0, 20, 40]


@pytest.mark.parametrize(
    ("slots", "remembers", "leads"),
    [
        (range(20, 45), True, []),
        (range(23, 42), True, [20, 21, 22]),
        (range(23, 42), False, [22]),
        ([40], True, []),
        ([39], True, list(range(20, 39))),
        ([3, 4, 23], True, [0, 1, 2, 20, 21, 22]),
        ([4, 3], True, [0, 1, 2, 3, 0, 1, 2]),
        ([4, 3], False, [3, 2]),
    ],
)
def test_what_leads_to_a_slot_is_computed_before_it(slots, remembers, leads):
    order = with_lead(slots, remembers=remembers)
    assert [slot for slot, asked in order if asked] == list(slots)
    assert [slot for slot, asked in order if not asked] == leads
    for (slot, _), (last, _) in zip(order[1:], order, strict=False):
        assert slot == last + 1 or begins(slot) or not remembers
