"""What a row of `raabta bench` is: one declaration of work, of today's pick for it, and of limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


class Skip(Exception):
    """Raised by a row's `case` where this machine cannot do the work; the message is the reason."""


@dataclass(frozen=True)
class Difference:
    """How far apart two answers to the same work are: equal where `value` is at most `limit`, in `unit`."""

    what: str
    value: float
    limit: float
    unit: str

    @property
    def equal(self) -> bool:
        """Whether the answers agree; a value that is not a number does not."""
        return self.value <= self.limit


@dataclass(frozen=True)
class Peer:
    """What a user would pick today: `run` does `amount` units of the work on `threads` threads."""

    name: str
    run: Callable[[], Any]
    amount: float
    threads: int = 1


@dataclass(frozen=True)
class Case:
    """A row's work at one `size` (in words), prepared: `ours` does `amount` units of it in one call.

    `peer` is a reason (text) where the peer cannot run here, None where there is none to name; `same`
    compares what `ours` and the peer returned, and is required with a peer. `more` names further figures in
    what `ours` returned.
    """

    size: str
    ours: Callable[[], Any]
    amount: float
    peer: Peer | str | None = None
    same: Callable[[Any, Any], Difference] | None = None
    more: Callable[[Any], dict[str, float]] | None = None


@dataclass(frozen=True)
class Floor:
    """Guard of throughput: least rate per second of CPU, and least ratio of CPU time to the peer's.

    Taken from the best call, by CPU time, so that a busy machine does not break it; half or less of what is
    usually seen. Vectorisation can vanish silently: then a row falls several times below.
    """

    rate: float
    ratio: float = 0.0


@dataclass(frozen=True)
class Goal:
    """What is to be reached, on the wall clock: a `ratio` to the peer (at least), `ms` a call or
    `ms each` a unit of work (at most)."""

    of: Literal["ratio", "ms", "ms each"]
    reach: float
    stretch: float


@dataclass(frozen=True)
class Row:
    """One line of the table. `case(quick)` prepares it, small if `quick`; work is counted in `unit`s.

    `floor` guards the full size; `quick_floor` the small one, where fixed costs weigh more (default: a tenth
    of it). A `long` row runs only when it is named.
    """

    name: str
    work: str
    unit: str
    case: Callable[[bool], Case]
    floor: Floor
    threads: int = 1
    goal: Goal | None = None
    quick_floor: Floor | None = None
    long: bool = False
    device: Literal["cpu", "gpu"] = "cpu"

    def guard(self, quick: bool) -> Floor:
        """The guard that holds at this size."""
        if not quick:
            return self.floor
        return self.quick_floor or Floor(self.floor.rate / 10.0)
