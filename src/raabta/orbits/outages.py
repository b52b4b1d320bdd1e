"""Who is out, and from when to when."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from raabta.scenario.failures import Failure

    Ints = NDArray[np.int64]
    Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Outage:
    """Numbers `who` of things that are out from `start` (UTC) to before `end`."""

    who: Ints
    start: np.datetime64
    end: np.datetime64

    def during(self, times: Times | np.datetime64) -> NDArray[np.bool_]:
        """Whether it holds at UTC times."""
        return np.asarray((times >= self.start) & (times < self.end))


def window(failure: Failure, start: datetime) -> tuple[np.datetime64, np.datetime64]:
    """UTC from which and to which a failure of a run that begins at `start` holds."""
    begin = np.datetime64(start.replace(tzinfo=None), "ns")
    first, last = (
        None if offset is None else begin + np.timedelta64(round(offset * 1e9), "ns")
        for offset in (failure.from_s, failure.until_s)
    )
    # Without times of its own it holds always: what looks back before the start finds it out too.
    never = np.iinfo(np.int64).max
    return (
        np.datetime64(-never, "ns") if failure.from_s == 0.0 or first is None else first,
        np.datetime64(never, "ns") if last is None else last,
    )


def draw(count: int, share: float, seed: int, label: str) -> Ints:
    """Rising numbers of so large a share of `count` things, by the seed and by what they are. A larger share
    holds a smaller one."""
    source = np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(label.encode())]))
    return np.sort(source.permutation(count)[: round(share * count)])
