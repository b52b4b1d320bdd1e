"""Uplink power control: a terminal sends no more than the mode it is in needs, with a margin.

The mode stays the best that closes with the whole EIRP, so power control costs no rate; what it takes away is
interference to others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from raabta.links.ranges import FloatArray

HALVINGS = 60


def spare_db(
    level_db: npt.ArrayLike, thresholds_db: npt.ArrayLike, margin_db: float, rise_db: npt.ArrayLike = 0.0
) -> FloatArray:
    """What levels have over the threshold of their own mode, a margin and a rise of the noise, dB; 0 where
    that is less than nothing or no mode closes. thresholds_db rise; other arguments broadcast."""
    level, thresholds = np.asarray(level_db, np.float64), np.asarray(thresholds_db, np.float64)
    step = np.searchsorted(thresholds, level, side="right") - 1
    needed = np.where(step >= 0, thresholds[np.maximum(step, 0)], np.inf) + margin_db
    return np.asarray(np.maximum(level - needed - np.asarray(rise_db, np.float64), 0.0))


def back_off_db(
    level_db: Callable[[float], float], thresholds_db: npt.ArrayLike, margin_db: float, most_db: float
) -> float:
    """Decibels that a terminal takes off its EIRP, 0 to `most_db`.

    level_db: C/(N+I) behind everything by decibels taken off, which falls. They leave it `margin_db` over the
    threshold of the mode that the whole EIRP closes; 0 where that has not so much, or no mode closes.
    """
    spare = float(spare_db(level_db(0.0), thresholds_db, margin_db))
    needed = level_db(0.0) - spare
    if spare == 0.0 or level_db(most_db) >= needed:
        return most_db if spare > 0.0 else 0.0
    low, high = 0.0, most_db
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if level_db(middle) >= needed else (low, middle)
    return low
