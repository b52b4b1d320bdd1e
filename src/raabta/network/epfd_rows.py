"""EPFD over time against the rows of Article 22: a distribution in 0.1 dB bins, a verdict for every row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from raabta.links.articles import (
    LEAST_COUNT,
    EpfdLimit,
    Verdict,
    has_latitude_ceiling,
    latitude_ceiling_dbw_m2,
)

Floats = NDArray[np.float64]

BIN_DB: Final = 0.1
LOWEST_DBW_M2: Final = -300.0
BINS: Final = 2_500
"""Bins of 0.1 dB from -300 to -50 dB(W/m2); an EPFD of nothing (-inf) lies below them."""


@dataclass(frozen=True)
class Distribution:
    """How many steps had which EPFD: `below` steps under the lowest bin, count (BINS,) in each bin."""

    below: int
    count: NDArray[np.int64]

    @property
    def steps(self) -> int:
        """Steps counted."""
        return self.below + int(self.count.sum())

    def __add__(self, other: Distribution) -> Distribution:
        """Both together."""
        return Distribution(self.below + other.below, self.count + other.count)

    def ccdf(self) -> tuple[Floats, Floats]:
        """(levels, dB(W/m2); share of time for which each is exceeded), from the lowest bin that was met."""
        met = np.flatnonzero(self.count)
        if not met.size:
            return np.empty(0), np.empty(0)
        index = np.arange(met[0] - 1, met[-1] + 1)
        above = np.concatenate([np.cumsum(self.count[::-1])[::-1], [0]])[index + 1]
        return np.round(LOWEST_DBW_M2 + BIN_DB * index, 1), above / self.steps

    def steps_above(self, level_dbw_m2: float) -> int:
        """Steps whose EPFD, rounded down to its bin, is above a level."""
        first = int(np.floor((level_dbw_m2 - LOWEST_DBW_M2) / BIN_DB + 1e-6)) + 1
        return int(self.count[max(first, 0) :].sum())

    def level_dbw_m2(self, time_share: float) -> float:
        """Lowest bin that is exceeded for no more than a share of time; -inf where nothing is received."""
        allowed = np.floor(time_share * self.steps + 1e-9)
        above = np.concatenate([np.cumsum(self.count[::-1])[::-1], [0]])
        if above[0] <= allowed:
            return -np.inf
        index = int(np.argmax(above[1:] <= allowed))
        return round(LOWEST_DBW_M2 + BIN_DB * index, 1)


@dataclass(frozen=True)
class RowCheck:
    """One row of a table: a level, the share of time it may be exceeded for, what was met, and the verdict.

    `level_dbw_m2` is the EPFD that was exceeded for that share of time (-inf for nothing); `margin_db` the
    least distance from the limit between this row and the next, NaN where it is not resolved.
    """

    time_share: float
    limit_dbw_m2: float
    level_dbw_m2: float
    margin_db: float
    verdict: Verdict


def nothing() -> Distribution:
    """No steps at all."""
    return Distribution(0, np.zeros(BINS, np.int64))


def distribution(epfd_w_m2: Floats) -> Distribution:
    """Count EPFD of steps (t,), W/m2, in bins of 0.1 dB, rounded down (ITU-R S.1503-4, D1.4)."""
    with np.errstate(divide="ignore"):
        level = 10.0 * np.log10(epfd_w_m2)
    bins = np.floor((np.maximum(level, -1e4) - LOWEST_DBW_M2) / BIN_DB + 1e-9).astype(np.int64)
    inside = np.minimum(bins[bins >= 0], BINS - 1)
    return Distribution(int((bins < 0).sum()), np.bincount(inside, minlength=BINS).astype(np.int64))


def check_rows(limit: EpfdLimit, found: Distribution, latitude_deg: float) -> tuple[RowCheck, ...]:
    """Every row of one antenna against what was found at a victim's latitude.

    A row stands for the levels from its own down to the next row's. It is exceeded where a level is for
    longer than allowed, in ten steps or more; resolved where the share allowed is ten steps or more; else it
    is not resolved. Above the first row nothing is allowed: one step exceeds it, and no run shows it met.
    """
    ceiling = limit.level_dbw_m2[0]
    if has_latitude_ceiling(limit):
        ceiling = min(ceiling, float(latitude_ceiling_dbw_m2(latitude_deg)))
    points = list(zip(limit.time_share, limit.level_dbw_m2, strict=True))
    below = [level for _, level in points[1:]]
    rows = [_never(found, ceiling)] if points[0][0] == 0.0 else []
    for (share, level), lower in zip(points[:-1], below, strict=True):
        if share > 0.0:
            rows.append(_row(limit, found, share, level, lower))
    return tuple(rows)


def worst(verdicts: list[Verdict]) -> Verdict:
    """The verdict on all: exceeded before missing, missing before not resolved, that before met."""
    order = (Verdict.exceeded, Verdict.row_missing, Verdict.not_resolved, Verdict.met)
    return next((each for each in order if each in verdicts), Verdict.row_missing)


def _never(found: Distribution, ceiling: float) -> RowCheck:
    """A level that is never to be exceeded: a run can break it, not prove it."""
    level = found.level_dbw_m2(0.0)
    broken = found.steps_above(ceiling) > 0
    margin = ceiling - level if broken else np.nan
    return RowCheck(0.0, ceiling, level, margin, Verdict.exceeded if broken else Verdict.not_resolved)


def _row(limit: EpfdLimit, found: Distribution, share: float, level: float, lower: float) -> RowCheck:
    levels = np.append(level, np.arange(level - BIN_DB, lower + 1e-6, -BIN_DB))
    allowed = np.append(share, limit.allowed_share(levels[1:])) * found.steps
    above = np.array([found.steps_above(each) for each in levels])
    broken = (above > allowed) & (above >= LEAST_COUNT)
    resolved = (allowed >= LEAST_COUNT).all()
    verdict = Verdict.exceeded if broken.any() else Verdict.met if resolved else Verdict.not_resolved
    margin = np.nan
    if verdict is not Verdict.not_resolved:
        shares = np.minimum(allowed / found.steps, 1.0)
        kept = [at - found.level_dbw_m2(each) for at, each in zip(levels, shares, strict=True)]
        margin = round(float(min(kept)), 1)
    return RowCheck(share, level, found.level_dbw_m2(share), margin, verdict)
