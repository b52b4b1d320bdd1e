"""Motion as tables: what is costly to ask for, asked for at steps as long as the motion allows.

A table's rows stand at equal steps, and in between it is the polynomial of degree 7 through eight of them:
the steps are halved until that meets the motion itself, half-way between rows, over all of the span.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import track_kernels
from raabta.access.interval_kernels import NODES
from raabta.base.errors import LimitError, OutOfRangeError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Times = NDArray[np.datetime64]

LONGEST_S = 3_840.0
SHORTEST_S = 7.5
MOST_SPARE = 128.0
"""So much less an error is than it may be, at most: steps not quite twice as long were too long."""
MOST_ROWS = 20_000_000
"""Rows of one table times what each holds: 160 MB."""


@dataclass(frozen=True)
class Track:
    """A table: rows (n, c), `step_s` apart, from 0 s of its span on. suited_s: steps of this length would do,
    too; the table has more than twice as many."""

    step_s: float
    rows: Floats
    suited_s: float

    def at(self, seconds: ArrayLike) -> Floats:
        """Its values (t, c) at seconds (t,)."""
        when = np.ascontiguousarray(np.atleast_1d(np.asarray(seconds, np.float64)))
        out = np.empty((when.size, self.rows.shape[1]))
        track_kernels.read(self.rows, self.step_s, when, out)
        return out


def tabulate(
    motion: Callable[[Floats], Floats],
    duration_s: float,
    tolerance: float,
    *,
    longest_s: float = LONGEST_S,
    what: str = "a motion",
) -> Track:
    """The table of `motion`, a function of seconds (t,) that gives (t, c), over 0 to `duration_s`.

    tolerance: largest error of any component, in the motion's unit, if steps were `suited_s`: measured half-
    way between them. The table's own is some hundred times less, and at the ends of the span, where the eight
    rows are on one side, some ten times less. Raises OutOfRangeError where a value is missing, LimitError
    where steps of 15 s are not short enough.
    """
    steps = max(NODES - 1, int(np.ceil(duration_s / longest_s - 1e-9)))
    step_s = duration_s / steps
    rows = _asked(motion, step_s * np.arange(steps + 1, dtype=np.float64), what)
    while True:
        between = _asked(motion, step_s * (np.arange(steps, dtype=np.float64) + 0.5), what)
        inner = slice(3, steps - 3)
        told = Track(step_s, rows, step_s).at(step_s * (np.arange(steps)[inner] + 0.5))
        apart = float(np.abs(told - between[inner]).max())
        finer = np.empty((2 * steps + 1, rows.shape[1]))
        finer[::2], finer[1::2] = rows, between
        if apart <= tolerance:
            return Track(0.5 * step_s, finer, step_s * _longer(tolerance, apart))
        if step_s < 2.0 * SHORTEST_S or finer.size > MOST_ROWS:
            raise LimitError(
                f"{what} moves too fast for a table: with steps of {step_s:g} s it is off by {apart:g}"
            )
        rows, steps, step_s = finer, 2 * steps, 0.5 * step_s


def _longer(tolerance: float, error: float) -> float:
    """By how much steps may be longer than those that leave an error: it goes with their eighth power."""
    spare = tolerance / error if error > 0.0 else np.inf
    return float(max(1.0, 0.95 * min(spare, MOST_SPARE) ** (1.0 / NODES)))


def _asked(motion: Callable[[Floats], Floats], seconds: Floats, what: str) -> Floats:
    values = np.ascontiguousarray(motion(seconds), np.float64)
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if bad.size:
        at = f"nothing {seconds[bad[0]]:g} s after the start"
        raise OutOfRangeError(what, at, "a position at every time of the span", "contacts; shorten the span")
    return values
