"""What both sides of a file transfer share: timers that stand still while suspended, and fault handlers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from raabta.base.errors import OutOfRangeError
from raabta.packets.file_pdus import (
    ABANDON,
    ACK_LIMIT,
    CANCEL,
    CHECKSUM_FAILURE,
    CONDITIONS,
    FILESTORE,
    IGNORE,
    INACTIVITY,
    KEEP_ALIVE_LIMIT,
    NAK_LIMIT,
    SUSPEND,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY: Final = (CANCEL, SUSPEND, IGNORE, ABANDON)
HANDLERS: Final = {
    **dict.fromkeys((ACK_LIMIT, KEEP_ALIVE_LIMIT, NAK_LIMIT, INACTIVITY), ANY),
    **dict.fromkeys((FILESTORE, CHECKSUM_FAILURE), (CANCEL, ABANDON)),
}
"""What may be done about a condition: a file that cannot be written, or is wrong, does not get right by
waiting."""


def check_handlers(handlers: Mapping[int, int]) -> None:
    """OutOfRangeError for a condition without a handler, or a handler that does not go with it."""
    for condition, handler in handlers.items():
        if handler not in HANDLERS.get(condition, ()):
            name = CONDITIONS.get(condition, str(condition))
            valid = ", ".join(map(str, HANDLERS.get(condition, ()))) or "none: it has no handler"
            raise OutOfRangeError(f"the fault handler of '{name}'", handler, valid, "CCSDS 727.0-B-5")


def cause(condition: int, why: str = "") -> str:
    """A condition in words, and what lies behind it."""
    return f"{CONDITIONS[condition]}: {why}" if why else CONDITIONS[condition]


class Timers:
    """Deadlines on the caller's clock, by name; all of them stand still from `freeze` to `thaw`. next_s: the
    first of them; infinite for none."""

    def __init__(self) -> None:
        self._at_s: dict[str, float] = {}
        self._frozen_s: float | None = None
        self.next_s = math.inf

    def _look(self) -> None:
        frozen = self._frozen_s is not None
        self.next_s = math.inf if frozen else min(self._at_s.values(), default=math.inf)

    def start(self, name: str, now_s: float, lasts_s: float) -> None:
        """Set a deadline, or push it on; none where it lasts for ever."""
        if lasts_s < math.inf:
            self._at_s[name] = lasts_s + (now_s if self._frozen_s is None else self._frozen_s)
            self._look()

    def stop(self, *names: str) -> None:
        """Take deadlines away; all of them where none is named."""
        for name in names or tuple(self._at_s):
            self._at_s.pop(name, None)
        self._look()

    def runs(self, name: str) -> bool:
        """Whether a deadline is set."""
        return name in self._at_s

    def expired(self, name: str, now_s: float) -> bool:
        """Whether a deadline has passed, which ends it."""
        if self._frozen_s is not None or now_s < self._at_s.get(name, math.inf):
            return False
        self.stop(name)
        return True

    def freeze(self, now_s: float) -> None:
        """Stand still."""
        if self._frozen_s is None:
            self._frozen_s = now_s
            self._look()

    def thaw(self, now_s: float) -> None:
        """Go on with what was left."""
        if self._frozen_s is not None:
            self._at_s = {name: at_s + now_s - self._frozen_s for name, at_s in self._at_s.items()}
            self._frozen_s = None
            self._look()
