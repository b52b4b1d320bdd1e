"""Coverage over time: how many satellites each cell sees at each step, summed into integers. Plain arrays.

Cells stand in blocks of BLOCK neighbours. Of a step's satellites, those near the area meet each block's disc:
out of reach, in view of the whole block, or tested cell by cell, vectorised over the cells. Everything summed
is an integer, so steps may be cut into any chunks.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.access.kernels import EARTH_POLAR_RADIUS_KM, VERTICAL_MARGIN_RAD

EARTH_EQUATORIAL_RADIUS_KM = 6378.137

BLOCK = 256
# Rows of `state`, each BLOCK int64: satellites summed; fewest, most; length of the gap that is open; whether
# the cell was covered yet; length of the gap before that; gaps that began and ended since, the longest of
# them, their squares summed; then steps with at least 1, 2, ... satellites.
TOTAL, LEAST, MOST, OPEN, SEEN, LEAD, GAPS, LONGEST, SQUARES, LEVELS = range(10)

_FAST = {"contract", "nsz"}
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, fastmath=_FAST)


@kernel
def footprint_bounds(position_km, elevation, most_height_km, out_wide, out_tight):
    """Central angles (rad) that hold each satellite's footprint (wide) and lie within it (tight) at all steps
    of positions (t, 3, n). -1 where there is none, as for NaN at all steps.

    Sites stand up to `most_height_km` above the ellipsoid.
    """
    number = position_km.shape[2]
    least, most = np.full(number, np.inf), np.zeros(number)
    for t in range(position_km.shape[0]):
        _widen(position_km[t, 0], position_km[t, 1], position_km[t, 2], least, most)
    for s in range(number):
        out_wide[s], out_tight[s] = -1.0, -1.0
        if most[s] > 0.0:
            inside = EARTH_POLAR_RADIUS_KM / math.sqrt(most[s]) * math.cos(elevation)
            out_wide[s] = math.acos(inside) - elevation + VERTICAL_MARGIN_RAD
        steeper = elevation + VERTICAL_MARGIN_RAD
        beyond = (EARTH_EQUATORIAL_RADIUS_KM + most_height_km) / math.sqrt(least[s]) * math.cos(steeper)
        if most[s] > 0.0 and beyond < 1.0 and steeper < 0.5 * math.pi:
            out_tight[s] = math.acos(beyond) - steeper


@inner
def _widen(x, y, z, least, most):
    """Least and greatest squared distance from the Earth's centre; NaN and points inside it leave both."""
    for s in range(least.shape[0]):
        square = x[s] * x[s] + y[s] * y[s] + z[s] * z[s]
        good = square > EARTH_POLAR_RADIUS_KM * EARTH_POLAR_RADIUS_KM
        least[s] = square if good and square < least[s] else least[s]
        most[s] = square if good and square > most[s] else most[s]


@kernel
def select_steps(position_km, axis, radius, wide, out_near, out_count):
    """Satellites whose footprint may reach the disc (axis, radius), step by step: out_near (t, n) int32."""
    number = position_km.shape[2]
    bound, spare = np.empty(number), np.empty(number)
    for s in range(number):
        bound[s] = math.cos(min(wide[s] + radius, math.pi)) if wide[s] > 0.0 else 2.0
    ax, ay, az = axis[0], axis[1], axis[2]
    for t in range(position_km.shape[0]):
        _spare(position_km[t, 0], position_km[t, 1], position_km[t, 2], ax, ay, az, bound, spare)
        count = 0
        for s in range(number):
            out_near[t, count] = s
            count += 1 if spare[s] >= 0.0 else 0
            if count == number:
                break
        out_count[t] = count


@inner
def _spare(x, y, z, ax, ay, az, bound, out):
    """r (cos(angle to the axis) - bound) of every satellite; vectorised."""
    for s in range(out.shape[0]):
        r = math.sqrt(x[s] * x[s] + y[s] * y[s] + z[s] * z[s])
        out[s] = x[s] * ax + y[s] * ay + z[s] * az - bound[s] * r


@inner
def count_block(cells, x, y, z, square_sine, count):
    """Add the cells of a block that see a satellite at (x, y, z); cells (6 * BLOCK,): site, then normal."""
    for j in range(BLOCK):
        dx, dy, dz = x - cells[j], y - cells[BLOCK + j], z - cells[2 * BLOCK + j]
        up = dx * cells[3 * BLOCK + j] + dy * cells[4 * BLOCK + j] + dz * cells[5 * BLOCK + j]
        square = dx * dx + dy * dy + dz * dz
        count[j] += 1 if (up >= 0.0 and up * up >= square_sine * square) else 0


@inner
def add_step(count, sure, levels, state):
    """One step more: `count` (BLOCK,) satellites in view of each cell, and `sure` of all, into `state`."""
    for j in range(BLOCK):
        n = count[j] + sure
        covered = 1 if n > 0 else 0
        seen, is_open = state[SEEN * BLOCK + j], state[OPEN * BLOCK + j]
        ended = is_open * covered
        inside = ended * seen
        state[TOTAL * BLOCK + j] += n
        state[LEAST * BLOCK + j] = min(state[LEAST * BLOCK + j], n)
        state[MOST * BLOCK + j] = max(state[MOST * BLOCK + j], n)
        state[LEAD * BLOCK + j] += ended - inside
        state[GAPS * BLOCK + j] += 1 if inside > 0 else 0
        state[LONGEST * BLOCK + j] = max(state[LONGEST * BLOCK + j], inside)
        state[SQUARES * BLOCK + j] += inside * inside
        state[SEEN * BLOCK + j] = seen | covered
        state[OPEN * BLOCK + j] = (is_open + 1) * (1 - covered)
    for level in range(levels):
        for j in range(BLOCK):
            state[(LEVELS + level) * BLOCK + j] += 1 if count[j] + sure > level else 0


@kernel
def tally_area(position_km, near, near_count, wide, tight, cells, disc, square_sine, levels, state):
    """Add the steps of positions (t, 3, n) to `state` (blocks, (LEVELS + levels) * BLOCK) int64.

    near (t, n), near_count (t,) by `select_steps`; wide, tight (n,) by `footprint_bounds`; cells (blocks,
    6 * BLOCK); disc (blocks, 4): axis and radius (rad) of each block; square_sine: of the minimum elevation.
    """
    number = wide.shape[0]
    count = np.empty(BLOCK, np.int64)
    reach, hold = np.empty(number), np.empty(number)
    turned = np.empty((4, number))
    for s in range(number):
        turned[0, s], turned[1, s] = math.cos(wide[s]), math.sin(wide[s])
        turned[2, s], turned[3, s] = math.cos(tight[s]), math.sin(tight[s])
    for b in range(cells.shape[0]):
        ax, ay, az, radius = disc[b, 0], disc[b, 1], disc[b, 2], disc[b, 3]
        flat, rise = math.cos(radius), math.sin(radius)
        for s in range(number):
            reach[s] = turned[0, s] * flat - turned[1, s] * rise if wide[s] + radius < math.pi else -2.0
            hold[s] = turned[2, s] * flat + turned[3, s] * rise if tight[s] > radius else 2.0
        for t in range(position_km.shape[0]):
            sure = 0
            count[:] = 0
            for q in range(near_count[t]):
                s = near[t, q]
                x, y, z = position_km[t, 0, s], position_km[t, 1, s], position_km[t, 2, s]
                r = math.sqrt(x * x + y * y + z * z)
                along = x * ax + y * ay + z * az
                if along < reach[s] * r:
                    continue
                if along > hold[s] * r:
                    sure += 1
                else:
                    count_block(cells[b], x, y, z, square_sine, count)
            add_step(count, sure, levels, state[b])


@kernel
def tally_counts(counts, levels, state):
    """Add one step of known counts (cells,) to `state`, as `tally_area` does."""
    count = np.zeros(BLOCK, np.int64)
    for b in range(state.shape[0]):
        first = b * BLOCK
        for j in range(min(BLOCK, counts.shape[0] - first)):
            count[j] = counts[first + j]
        add_step(count, 0, levels, state[b])
