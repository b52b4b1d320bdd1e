"""The served test: the share of its ask that a cell gets in at least 99 % of weather-weighted slots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.ladder import highest_rung, rung_levels
from raabta.network.model import RUNGS, SLOT_UNIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Z_90 = 1.6448536269514722
"""Two-sided 90 % point of the normal distribution."""


def expected_level(histogram: Ints, slots: int) -> Floats:
    """Mean of the level, at most 1, over slots and weather, (...): what a home's chance of its plan is."""
    return np.asarray(histogram @ rung_levels() / (slots * SLOT_UNIT))


@dataclass(frozen=True)
class Sampling:
    """How sure the served test is, from batches of slots taken as independent.

    low, high (n,): rungs at the ends of the 90 % interval; mean, standard_error (n,): of the survival of the
    rung above the served one; batches.
    """

    low: Ints
    high: Ints
    mean: Floats
    standard_error: Floats
    batches: int

    @classmethod
    def joined(cls, parts: Sequence[Sampling]) -> Sampling:
        """The cells of some blocks in order."""
        return cls(
            low=np.concatenate([part.low for part in parts]),
            high=np.concatenate([part.high for part in parts]),
            mean=np.concatenate([part.mean for part in parts]),
            standard_error=np.concatenate([part.standard_error for part in parts]),
            batches=parts[0].batches,
        )


def sampling(
    total: Floats, squares: Floats, batches: int, target_share: float, rung: Ints
) -> Sampling | None:
    """Interval of the served rung (n,) from sums over batches of survival (n, b) and of its square.

    Batch means (an hour of slots each) carry the correlation of the geometry; under 3 batches there is none.
    """
    if batches < 3:
        return None
    mean = total / batches
    variance = np.maximum(squares / batches - mean**2, 0.0) * batches / (batches - 1)
    error = np.sqrt(variance / batches)
    low = highest_rung(np.minimum.accumulate(mean - Z_90 * error, axis=-1), target_share)
    high = highest_rung(np.minimum.accumulate(mean + Z_90 * error, axis=-1), target_share)
    above = np.arange(rung.size), np.minimum(rung + 1, RUNGS)
    return Sampling(np.maximum(low, 0), high, mean[above], error[above], batches)


def independent_samples(mean: Floats, standard_error: Floats, weight: Floats) -> float | None:
    """Slots that independent draws would need for the same standard error: weighted median of p(1-p)/se^2."""
    usable = (standard_error > 0.0) & (mean > 0.0) & (mean < 1.0) & (weight > 0.0)
    if not usable.any():
        return None
    size = (mean * (1.0 - mean))[usable] / standard_error[usable] ** 2
    order = np.argsort(size)
    running = np.cumsum(weight[usable][order])
    return float(size[order][np.searchsorted(running, running[-1] / 2)])
