"""Numeric core of `record`: what is kept of one slot, in one pass over the cells. Letters as in `kernels`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.network.kernels import rates_of

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
def keep_slot(i, given, codes, ceiling, near, gateway, rtt_ms, visible, total_active, weight, unit, out):
    """Keep slot i. codes: what binds the forward and the return flow, each (n,); ceiling: see `rates_of`;
    near, gateway (m,): of the satellites; rtt_ms (n,): where a cell is lit; visible (n,): satellites in
    view; weight (n,): subscribers; unit: what a slot counts."""
    down, up = codes
    for c in range(down.shape[0]):
        s = given.satellite[c]
        level, forward, back = rates_of(given, c, ceiling)
        out.code_down[i, c], out.code_up[i, c] = down[c], up[c]
        out.down[i, c] = forward
        out.up_ratio[i, c] = back / forward if forward > 0.0 else 0.0
        out.visible[c] += visible[c]
        if s >= 0:
            out.satellite[i, c], out.gateway[i, c] = near[s], gateway[s]
            out.rtt[i, c] = _steps(rtt_ms[c], RTT_STEP_MS)
        total = total_active[c] if total_active[c] > 0.0 else 1.0
        carried = min(level, 1.0) * given.need[c, 3] / total
        steps = _steps(level, LEVEL_STEP)
        out.level_sum[c] += steps
        out.level_count[steps] += weight[c]
        out.short_slots[c] += 1 if carried < 1.0 - LEVEL_STEP else 0
        if total_active[c] > 0.0:
            lacks = np.int64(np.rint((1.0 - min(1.0, carried)) * unit))
            out.count[c, down[c]] += 1
            out.unserved[c, down[c]] += lacks
            out.count_up[c, up[c]] += 1
            out.unserved_up[c, up[c]] += lacks


@inner
def _steps(value, step):
    return np.int64(min(np.rint(value / step), TOP))


@kernel
def tally_storm(counted, clear_level, wet_level, unit_count, out_clear, out_wet):
    """Sum the level in clear sky and in the drawn weather, over the cells that are counted (n,)."""
    for c in range(counted.shape[0]):
        if counted[c]:
            out_clear[c] += round(min(1.0, clear_level[c]) * unit_count)
            out_wet[c] += round(min(1.0, wet_level[c]) * unit_count)
