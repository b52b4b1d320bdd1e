"""One direction of a link that follows a contact plan: when PDUs are sent, when they come, what is lost."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import NoSolutionError, OutOfRangeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.network.mesh.contacts import ContactPlan

Span = tuple[float, float]


@dataclass(frozen=True)
class Windows:
    """Times at which one node can send to another: rising seconds from the plan's start; light times at both
    ends; bits a second."""

    start_s: list[float]
    end_s: list[float]
    light_start_s: list[float]
    light_end_s: list[float]
    bits_s: list[float]

    @classmethod
    def of(cls, plan: ContactPlan, sender: str, receiver: str) -> Windows:
        """The contacts from one node to another. Raises NoSolutionError where there are none."""
        numbers = {name: number for number, name in enumerate(plan.nodes)}
        rows = np.flatnonzero((plan.from_node == numbers[sender]) & (plan.to_node == numbers[receiver]))
        if not rows.size:
            raise NoSolutionError(
                f"the contact plan has no contact from {sender} to {receiver}; an acknowledged transfer "
                "needs both directions"
            )
        rows = rows[np.argsort(plan.start_s[rows], kind="stable")]
        light = plan.light_time_start_s, plan.light_time_end_s
        columns = (plan.start_s, plan.end_s, *light, plan.rate_mbps * 1e6)
        return cls(*([float(value) for value in column[rows]] for column in columns))

    def at(self, now_s: float) -> int:
        """The window that holds a time; -1 for none."""
        place = bisect_right(self.start_s, now_s) - 1
        return place if place >= 0 and now_s < self.end_s[place] else -1

    def next_start_s(self, now_s: float) -> float | None:
        """When the next window begins after a time."""
        place = bisect_right(self.start_s, now_s)
        return self.start_s[place] if place < len(self.start_s) else None

    def light_s(self, window: int, now_s: float) -> float:
        """The light time of what is sent at a time of a window, on a line between those at its ends."""
        begin, end = self.start_s[window], self.end_s[window]
        part = min(max((now_s - begin) / (end - begin), 0.0), 1.0)
        return self.light_start_s[window] + part * (self.light_end_s[window] - self.light_start_s[window])


@dataclass(frozen=True)
class Clock:
    """A clock that runs while an answer can come, and stands still between: rising spans of time, and what it
    shows when each begins."""

    start_s: list[float]
    end_s: list[float]
    before_s: list[float]

    @classmethod
    def of(cls, own: Windows, other: Windows) -> Clock:
        """It runs while the own side can send what the other, a light time later, can answer; where that is
        never so, while the own side can send."""
        both = list[Span]()
        for window in range(len(own.start_s)):
            begin, end, light = own.start_s[window], own.end_s[window], own.light_start_s[window]
            for first, last in zip(other.start_s, other.end_s, strict=True):
                low, high = max(begin, first - light), min(end, last - light)
                if low < high:
                    both.append((low, high))
        spans = both or list(zip(own.start_s, own.end_s, strict=True))
        before = np.concatenate([[0.0], np.cumsum([last - first for first, last in spans])[:-1]])
        return cls([first for first, _ in spans], [last for _, last in spans], before.tolist())

    def shows_s(self, now_s: float) -> float:
        """What it shows at a time."""
        place = bisect_right(self.start_s, now_s) - 1
        if place < 0:
            return 0.0
        return self.before_s[place] + min(now_s, self.end_s[place]) - self.start_s[place]

    def when_s(self, shows_s: float) -> float | None:
        """The time at which it shows so much; None where it never does."""
        place = bisect_right(self.before_s, shows_s) - 1
        found = self.start_s[place] + max(shows_s - self.before_s[place], 0.0)
        return found if found <= self.end_s[place] else None


class FileLink:
    """One direction: PDUs go one after the other; each is lost by chance, or because the signal is."""

    def __init__(self, windows: Windows, loss_share: float, seed: int, dark: Sequence[Span] = ()) -> None:
        if not 0.0 <= loss_share < 1.0:
            raise OutOfRangeError("loss_share", loss_share, "0 to below 1", "an emulated link")
        self.windows, self._loss, self._random = windows, loss_share, Random(seed).random
        self._dark = sorted(dark)
        self.free_s = 0.0
        self.sent = self.sent_bytes = self.lost = 0

    def send(self, pdu: bytes, now_s: float) -> tuple[bool, float | None]:
        """Whether a PDU is sent from now on, before its window ends, and when it comes; None for lost."""
        windows, window = self.windows, self.windows.at(now_s)
        if window < 0:
            return False, None
        end_s = now_s + 8.0 * len(pdu) / windows.bits_s[window]
        if end_s > windows.end_s[window] + 1e-9:
            return False, None
        self.free_s = end_s
        self.sent += 1
        self.sent_bytes += len(pdu)
        if self._random() < self._loss or self._is_dark(now_s, end_s):
            self.lost += 1
            return True, None
        return True, end_s + windows.light_s(window, now_s)

    def _is_dark(self, begin_s: float, end_s: float) -> bool:
        return any(begin_s < last and first < end_s for first, last in self._dark)
