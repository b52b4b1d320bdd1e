"""Adaptive coding and modulation over time: which step of a ladder a link uses, with hysteresis.

Ladders are those of `links.modcod`, `links.nr` and `links.vl_snr`: thresholds that rise (an implementation
margin is in them already) and the efficiency from each on. Step -1 is outage. A link leaves a mode at once
when it no longer closes, and takes a higher one only when that closes with the hysteresis to spare: it
flickers less, is never above its threshold and never beats the best mode of the moment.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.modcod import Ladder
from raabta.links.ranges import FloatArray, in_range

IntArray = npt.NDArray[np.int64]


def best_steps(levels_db: npt.ArrayLike, ladder: Ladder, spare_db: float = 0.0) -> IntArray:
    """Highest step that closes with `spare_db` to spare, or -1; levels of any shape, dB. NaN is outage."""
    levels = np.asarray(levels_db, dtype=np.float64)
    steps = np.searchsorted(ladder.thresholds_db + spare_db, levels, side="right") - 1
    return np.where(np.isnan(levels), -1, steps).astype(np.int64)


def held_steps(
    levels_db: npt.ArrayLike,
    ladder: Ladder,
    hysteresis_db: float,
    start_steps: npt.ArrayLike | None = None,
) -> IntArray:
    """Step in use at each moment, shape of `levels_db`, time along the last axis.

    step[t] = min(max(step[t-1], best with hysteresis), best without): up only with room, down at once. The
    series begins on the best mode, or goes on from `start_steps` (shape without time), so that a long one can
    be cut anywhere. Hysteresis 0 to 10 dB. The rules of all moments up to t join to one of the same form, so
    the series takes log2(length) passes.
    """
    in_range("hysteresis", hysteresis_db, 0.0, 10.0, "dB", "a stated width")
    least = best_steps(levels_db, ladder, hysteresis_db)
    most = best_steps(levels_db, ladder)
    first = most[..., 0] if start_steps is None else np.asarray(start_steps, dtype=np.int64)
    shift = 1
    while shift < least.shape[-1]:
        low, high = least[..., shift:], most[..., shift:]
        earlier = least[..., :-shift], most[..., :-shift]
        joined = [np.minimum(np.maximum(rule, low), high) for rule in earlier]
        least = np.concatenate([least[..., :shift], joined[0]], axis=-1)
        most = np.concatenate([most[..., :shift], joined[1]], axis=-1)
        shift *= 2
    return np.minimum(np.maximum(first[..., None], least), most)


def carried_bit_symbol(steps: npt.ArrayLike, ladder: Ladder) -> FloatArray:
    """Efficiency of each step, 0 in outage: bits per symbol, or per second and hertz, as in the ladder."""
    index = np.asarray(steps, dtype=np.int64)
    return np.where(index >= 0, ladder.efficiency_bit_symbol[np.maximum(index, 0)], 0.0)


def mode_changes(steps: npt.ArrayLike) -> IntArray:
    """How often the mode changes along the last axis."""
    return np.asarray(np.count_nonzero(np.diff(np.asarray(steps), axis=-1), axis=-1), dtype=np.int64)
