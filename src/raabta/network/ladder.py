"""The ladder of levels that survival is counted on: what admission grants and what the served test reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.network.model import RUNG_LOW, RUNGS, SLOT_UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def rung_levels() -> Floats:
    """Level that each bin of the survival histogram says is reached, (RUNGS + 1,): 0, 0.001 ... 1."""
    ladder = RUNG_LOW ** (1.0 - np.arange(RUNGS) / (RUNGS - 1))
    return np.concatenate([[0.0], ladder])


def survival(histogram: Ints, slots: int) -> Floats:
    """Probability that the level is at least each rung, (..., b), from a histogram of counts (..., b)."""
    counts = np.cumsum(histogram[..., ::-1], axis=-1)[..., ::-1]
    out = counts / (slots * SLOT_UNIT)
    out[..., 0] = 1.0
    return np.asarray(out)


def highest_rung(probability: Floats, target_share: float) -> Ints:
    """Highest rung that holds with at least the target share, (...): survival falls along the last axis."""
    return np.asarray(np.count_nonzero(probability >= target_share - 1e-12, axis=-1) - 1, np.int64)
