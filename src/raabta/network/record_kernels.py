"""Numeric core of `record`: what is kept of one slot, in one pass over the cells. Letters as in `kernels`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.kernels import RETURN_LINK, RETURN_SIDE, rates_of

MS_PER_KM = 2e3 / SPEED_OF_LIGHT_KM_S
"""Of a round trip in free space."""
RATE_BITS = 8
"""Significant bits of a stored rate: it is not known better than 0.4 %, and zero bits cost no disk."""
MOST_HALF, LEAST_NORMAL, HALF_STEP = 0x7BFF, 2.0**-14, 2.0**-24
"""Of half precision: the bits of the largest number, the least that has all its bits, the step below that."""
RTT_STEP_MS = 0.05
"""Stored delays are unsigned 16-bit counts of this step."""
LEVEL_STEP = 1e-3
"""Stored levels are unsigned 16-bit counts of this step."""
TOP = 65_535.0
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Kept(NamedTuple):
    """What a chunk of t slots and n cells keeps.

    Per slot and cell (t, n): satellite, gateway, code_down, code_up (-1 for none), down (Mbps), up_ratio (to
    down), rtt (RTT_STEP_MS). Sums over the slots, whole numbers: level_sum, short_slots, visible (n,);
    level_count (65,536,), subscribers by level; count, unserved, count_up, unserved_up (n, constraint).
    """

    satellite: Any
    gateway: Any
    code_down: Any
    code_up: Any
    down: Any
    up_ratio: Any
    rtt: Any
    level_sum: Any
    level_count: Any
    short_slots: Any
    visible: Any
    count: Any
    unserved: Any
    count_up: Any
    unserved_up: Any


@kernel
def keep_slot(i, given, ceiling, fleet, visible, total_active, weight, unit, out):
    """Keep slot i. ceiling: see `rates_of`; visible (n,): satellites in view; weight (n,): subscribers; unit:
    what a slot counts."""
    for c in range(total_active.shape[0]):
        s = given.satellite[c]
        level, forward, back = rates_of(given, c, ceiling)
        down, up = by_direction(given.code[c])
        out.code_down[i, c], out.code_up[i, c] = down, up
        out.down[i, c] = forward
        out.up_ratio[i, c] = back / forward if forward > 0.0 else 0.0
        out.visible[c] += visible[c]
        if s >= 0:
            out.satellite[i, c], out.gateway[i, c] = fleet.number[s], fleet.gateway[s]
            path_km = given.geometry[c, 1] + fleet.gateway_range_km[s]
            out.rtt[i, c] = _steps(path_km * MS_PER_KM, RTT_STEP_MS)
        total = total_active[c] if total_active[c] > 0.0 else 1.0
        carried = min(level, 1.0) * given.need[c, 3] / total
        steps = _steps(level, LEVEL_STEP)
        out.level_sum[c] += steps
        out.level_count[steps] += weight[c]
        out.short_slots[c] += 1 if carried < 1.0 - LEVEL_STEP else 0
        if total_active[c] > 0.0:
            lacks = np.int64(np.rint((1.0 - min(1.0, carried)) * unit))
            out.count[c, down] += 1
            out.unserved[c, down] += lacks
            out.count_up[c, up] += 1
            out.unserved_up[c, up] += lacks


@inner
def by_direction(code):
    """What binds the forward and the return flow of a cell: where a limit of the return direction stops it,
    its forward flow is held back by the return link."""
    if code >= RETURN_SIDE:
        return RETURN_LINK, code - RETURN_SIDE
    return code, code


@kernel
def half_precision(rates, pattern, out):
    """Rates >= 0 (t, n) in float32, and the same as bits, to the bits of half precision (IEEE 754 binary16),
    of which RATE_BITS are kept: nearest, halves to even, at most the largest finite number."""
    drop, half = np.uint32(24 - RATE_BITS), np.uint32((1 << (23 - RATE_BITS)) - 1)
    bias = np.int64(127 - 15) << np.int64(RATE_BITS - 1)
    for i in range(rates.shape[0]):
        for c in range(rates.shape[1]):
            bits, rate = pattern[i, c], rates[i, c]
            kept = np.int64((bits + half + ((bits >> drop) & np.uint32(1))) >> drop) - bias
            whole = min(kept << np.int64(11 - RATE_BITS), MOST_HALF)
            out[i, c] = whole if rate >= LEAST_NORMAL else np.int64(np.rint(rate / HALF_STEP))


@inner
def _steps(value, step):
    return np.int64(min(np.rint(value / step), TOP))


@kernel
def tally_handovers(before, satellite, near, out):
    """Count the cells that have a satellite, of near (m,), which is not the one they had before (n,)."""
    for c in range(satellite.shape[0]):
        if satellite[c] >= 0 and near[satellite[c]] != before[c]:
            out[c] += 1


@kernel
def tally_storm(counted, clear_level, wet_level, unit_count, out_clear, out_wet):
    """Sum the level in clear sky and in the drawn weather, over the cells that are counted (n,)."""
    for c in range(counted.shape[0]):
        if counted[c]:
            out_clear[c] += round(min(1.0, clear_level[c]) * unit_count)
            out_wet[c] += round(min(1.0, wet_level[c]) * unit_count)
