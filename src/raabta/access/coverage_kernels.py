"""Footprints on iso-latitude rings, exact on WGS84: intervals, counts, lists. Plain arrays, radians, km.

All ellipsoid normals of one geodetic latitude meet the axis in one point C = (0, 0, -e2 N sin(phi)), at the
distance G = N + h from the ring. So a ring of WGS84 is a ring of the sphere of radius G about C, and the
footprint of a satellite on it is a spherical cap's: with L the satellite's distance from C, and s the sine of
the minimum elevation, the range at that elevation is t = sqrt(L^2 - G^2 + s^2 G^2) - s G, and the ring sees
the satellite where

    cos(longitude difference) >= (G + s t - z' sin(phi)) / (rho cos(phi)),

rho and z' being the satellite's distance from the axis and its height above C. Outside that sphere the
elevation falls with the difference, so the cells that see it are one interval.

Rounding: an interval's end closer than DOUBT of a cell to a cell, or a bound too close to tangency, is told
apart by the definition itself, d . n >= s |d|, at the cells concerned; so no cell is ever wrong.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.access.kernels import EARTH_POLAR_RADIUS_KM, VERTICAL_MARGIN_RAD

TILE = 64
DOUBT = 1e-4
"""Share of a cell within which an end is tested exactly; the bound itself is good to 1e-8 rad."""
TANGENT = 1e-6
BINS = 360
"""Latitude bins into which satellites are sorted, half a degree each."""
CLASS_RATIO = 1.12
LEAST_CLASS_RAD = math.radians(0.5)
CLASSES = 48
"""Satellites are sorted by footprint size too: classes from half a degree, each wider by CLASS_RATIO."""

# Columns of `ring`: sine of the geodetic latitude and 1 / cosine, G, e2 N sin(phi) (how far C lies below the
# equator), cells or buckets on the ring, longitude of the first in turns, geocentric latitude (rad).
SIN, OVER_COS, RADIUS, LIFT, CELLS, ORIGIN, LATITUDE = range(7)
RING_COLUMNS = 7
# Rows of `fleet`: distance from the axis, its inverse, height above the equator, longitude in turns.
RHO, OVER_RHO, HEIGHT, TURN = range(4)

_FAST = {"contract", "nsz"}
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, fastmath=_FAST)


@inner
def asin_ratio(m):
    """asin(sqrt(m)) / sqrt(m) for m in [0, 0.5], within 1e-12: a Chebyshev fit, no branch."""
    high = 0.1566759287514289 + m * (
        -0.3499487494704765 + m * (0.5844769789537277 + m * (-0.5392229379146761 + m * 0.24825338802150504))
    )
    low = 0.030447291876390267 + m * (
        0.021517780462361677 + m * (0.024460874519954823 + m * (-0.0251913380928172 + m * high))
    )
    return 1.0000000000009552 + m * (
        0.16666666603462038 + m * (0.07500006908476196 + m * (0.04463990199435665 + m * low))
    )


@inner
def arc_cosine(c):
    """acos(c) for c in [-1, 1], within 2e-12, without a branch."""
    m = 0.5 - 0.5 * abs(c)
    u = math.sqrt(m)
    half = 2.0 * u * asin_ratio(m)
    return math.pi - half if c < 0.0 else half


@inner
def turn_of(x, y, over_rho):
    """Longitude of (x, y) in turns, [0, 1], within 1e-12."""
    ax, ay = abs(x), abs(y)
    least = ax if ax < ay else ay
    u = least * over_rho
    m = u * u
    angle = u * asin_ratio(m if m < 0.5 else 0.5) * (0.5 / math.pi)
    angle = 0.25 - angle if ay > ax else angle
    angle = 0.5 - angle if x < 0.0 else angle
    return 1.0 - angle if y < 0.0 else angle


@inner
def footprint_cosine(rho, over, z, sin_phi, radius, lift, sine):
    """Cosine of the longitude difference at which a satellite stands at the elevation of sine `sine`.

    Above 1: seen from nowhere on the ring; below -1: from everywhere. `z` above the equator;
    `lift` = e2 N sin(phi);
    `over` = 1 / (rho cos(phi)).
    """
    above = z + lift
    square = rho * rho + above * above - radius * radius
    inside = square + sine * sine * radius * radius
    slant = math.sqrt(inside if inside > 0.0 else 0.0) - sine * radius
    cosine = (radius + sine * slant - above * sin_phi) * over
    return cosine if square > 0.0 else 1e30


@inner
def sees(x, y, z, site, normal, cell, sine):
    """Whether site `cell` sees the satellite: d . n >= sine |d|, the definition."""
    dx, dy, dz = x - site[0, cell], y - site[1, cell], z - site[2, cell]
    up = dx * normal[0, cell] + dy * normal[1, cell] + dz * normal[2, cell]
    return up >= sine * math.sqrt(dx * dx + dy * dy + dz * dz)


@kernel
def describe(position_km, sine, cosine, elevation, out_fleet, out_latitude, out_angle):
    """Fill `fleet` (4, n), geocentric latitude (n,) and footprint bound (n,) of positions (3, n).

    The bound is an angle at the Earth's centre; -1 for NaN and for positions inside the Earth.
    """
    for s in range(position_km.shape[1]):
        x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
        flat = x * x + y * y
        r = math.sqrt(flat + z * z)
        rho = math.sqrt(flat)
        rho = rho if rho > 1e-9 else 1e-9
        good = r > EARTH_POLAR_RADIUS_KM
        r = r if good else 1e9
        out_fleet[RHO, s] = rho
        out_fleet[OVER_RHO, s] = 1.0 / rho
        out_fleet[HEIGHT, s] = z
        out_fleet[TURN, s] = turn_of(x, y, 1.0 / rho)
        shorter = rho if rho < abs(z) else abs(z)
        u = shorter / r
        m = u * u
        small = u * asin_ratio(m if m < 0.5 else 0.5)
        latitude = small if abs(z) < rho else 0.5 * math.pi - small
        out_latitude[s] = -latitude if z < 0.0 else latitude
        reach = arc_cosine(EARTH_POLAR_RADIUS_KM / r * cosine) - elevation + VERTICAL_MARGIN_RAD
        out_angle[s] = reach if good else -1.0


@kernel
def sort_fleet(fleet, latitude, angle, class_of, out_start, out_widest, out_order, out):
    """Sort satellites by class of footprint, then by latitude; those without a footprint are left out.

    `class_of`: class by angle in steps of a tenth of a degree. `out_start` (CLASSES * BINS + 1,),
    `out_widest` (CLASSES,) the widest footprint of a class, 0 where it is empty; `out` (4, n + TILE) the
    sorted fleet, with room for a whole tile after the last.
    """
    count = latitude.shape[0]
    place = np.empty(count, np.int64)
    out_start[:] = 0
    out_widest[:] = 0.0
    scale = BINS / math.pi
    for s in range(count):
        if angle[s] <= 0.0:
            place[s] = -1
            continue
        size = class_of[int(angle[s] * (1800.0 / math.pi))]
        out_widest[size] = max(out_widest[size], angle[s])
        row = min(max(int((latitude[s] + 0.5 * math.pi) * scale), 0), BINS - 1)
        place[s] = size * BINS + row
        out_start[place[s] + 1] += 1
    for i in range(CLASSES * BINS):
        out_start[i + 1] += out_start[i]
    for s in range(count):
        if place[s] >= 0:
            at = out_start[place[s]]
            out_start[place[s]] = at + 1
            out_order[at] = s
            for row in range(4):
                out[row, at] = fleet[row, s]
    for i in range(CLASSES * BINS, 0, -1):
        out_start[i] = out_start[i - 1]
    out_start[0] = 0


@inner
def interval_tile(rho, over_rho, height, turn, ring, sine, hits):
    """First and last cell (from -n / 2 to 1.5 n) that see each satellite of a tile, into `hits`.

    hits[j], hits[TILE + j]: first cell and the one after the last; hits[2 TILE + j]: 1 where rounding might
    matter. Returns how many those are. Always a whole tile: a remainder would be computed one by one.
    """
    sin_phi, over_cos, radius, lift = ring[SIN], ring[OVER_COS], ring[RADIUS], ring[LIFT]
    cells, origin = ring[CELLS], ring[ORIGIN]
    turns = cells * (0.5 / math.pi)
    sure = 0.5 - DOUBT
    doubts = 0
    for j in range(TILE):
        over = over_rho[j] * over_cos
        c = footprint_cosine(rho[j], over, height[j], sin_phi, radius, lift, sine)
        size = abs(c)
        partial = size < 1.0
        m = 0.5 - 0.5 * size
        m = m if partial else 0.0
        u = math.sqrt(m)
        half = 2.0 * u * asin_ratio(m)
        wide = turns * (math.pi - half if c < 0.0 else half)
        middle = turn[j] - origin
        middle = cells * (middle + 1.0 if middle < 0.0 else middle)
        low, high = middle - wide, middle + wide
        begin, end = np.ceil(low), np.floor(high)
        unsure = (abs(begin - low - 0.5) > sure) or (abs(high - end - 0.5) > sure)
        unsure = (partial and unsure) or abs(size - 1.0) < TANGENT + TANGENT * over
        begin = begin if partial else 0.0
        end = end + 1.0 if partial else (cells if c < 0.0 else 0.0)
        hits[j] = int(begin)
        hits[TILE + j] = int(end)
        hits[2 * TILE + j] = 1 if unsure else 0
        doubts += 1 if unsure else 0
    return doubts


@inner
def exact_interval(begin, end, middle, base, cells, x, y, z, site, normal, sine):
    """The interval found by the definition, from an estimate: (first, one after the last)."""
    centre = int(np.floor(middle + 0.5)) % cells
    if not sees(x, y, z, site, normal, base + centre, sine):
        return 0, 0
    most_right, most_left = cells // 2, (cells - 1) // 2
    right = min(max(end - 1 - centre, 0), most_right)
    left = min(max(centre - begin, 0), most_left)
    while right < most_right and sees(x, y, z, site, normal, base + (centre + right + 1) % cells, sine):
        right += 1
    while right > 0 and not sees(x, y, z, site, normal, base + (centre + right) % cells, sine):
        right -= 1
    while left < most_left and sees(x, y, z, site, normal, base + (centre - left - 1) % cells, sine):
        left += 1
    while left > 0 and not sees(x, y, z, site, normal, base + (centre - left) % cells, sine):
        left -= 1
    return centre - left, centre + right + 1


@inner
def settle(j, hits, ring, base, cells, turn, x, y, z, site, normal, sine):
    """Replace the interval of a doubtful satellite of the tile by the exact one."""
    middle = turn - ring[ORIGIN]
    middle = (middle - np.floor(middle)) * cells
    begin, end = exact_interval(hits[j], hits[TILE + j], middle, base, cells, x, y, z, site, normal, sine)
    hits[j], hits[TILE + j] = begin, end


@inner
def slice_of(r, size, ring, start, widest):
    """Where the satellites of one class that may reach a ring stand in the sorted fleet: (from, to)."""
    scale = BINS / math.pi
    lowest = (ring[r, LATITUDE] - widest[size] + 0.5 * math.pi) * scale - 1e-6
    highest = (ring[r, LATITUDE] + widest[size] + 0.5 * math.pi) * scale + 1e-6
    low = min(max(int(lowest), 0), BINS - 1)
    high = min(max(int(highest), 0), BINS - 1)
    return start[size * BINS + low], start[size * BINS + high + 1]


@kernel
def count_rings(
    ring_first, ring_last, ring, ring_start, start, widest, order, fleet, position_km, site, normal, sine, out
):
    """Satellites in view of every cell of the rings ring_first..ring_last - 1, into `out` (cells,) int32.

    Cells of a ring are evenly spaced. `start`, `widest`, `order`, `fleet` by `sort_fleet`; site, normal
    (3, cells). Adds 1 where an interval begins, takes 1 away after its end; then sums up.
    """
    hits = np.empty(3 * TILE, np.int32)
    longest = 0
    for r in range(ring_first, ring_last):
        longest = max(longest, ring_start[r + 1] - ring_start[r])
    change = np.zeros(3 * longest + 2, np.int32)
    rho, over_rho, height, turn = fleet[0], fleet[1], fleet[2], fleet[3]
    for r in range(ring_first, ring_last):
        base = ring_start[r]
        cells = ring_start[r + 1] - base
        for size in range(CLASSES):
            if widest[size] <= 0.0 or cells == 0:
                continue
            low, high = slice_of(r, size, ring, start, widest)
            for a in range(low, high, TILE):
                b = a + TILE
                doubts = interval_tile(rho[a:b], over_rho[a:b], height[a:b], turn[a:b], ring[r], sine, hits)
                count = min(TILE, high - a)
                for j in range(count if doubts > 0 else 0):
                    if hits[2 * TILE + j] == 1:
                        s = order[a + j]
                        x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
                        settle(j, hits, ring[r], base, cells, turn[a + j], x, y, z, site, normal, sine)
                for j in range(count):
                    change[cells + hits[j]] += 1
                    change[cells + hits[TILE + j]] -= 1
        _fold(change, cells, base, out)


@inner
def _fold(change, cells, base, out):
    """Prefix sum of the changes over three turns of the ring, folded onto it; clears the changes."""
    running = 0
    for k in range(cells):
        running += change[k]
        change[k] = 0
        out[base + k] = running
    for turn in range(1, 3):
        for k in range(cells):
            running += change[turn * cells + k]
            change[turn * cells + k] = 0
            out[base + k] += running
    change[3 * cells] = 0
    change[3 * cells + 1] = 0


@kernel
def fill_rings(
    ring_first,
    ring_last,
    ring,
    ring_start,
    list_start,
    list_satellite,
    fleet,
    position_km,
    site,
    normal,
    sine,
    cell_start,
    out,
):
    """Satellites in view of every cell of some rings as CSR: `out` at cell_start, ascending in each cell.

    list_start, list_satellite by `list_bands`; fleet (4, n) by `describe`, in the satellites' own order.
    """
    hits = np.empty(3 * TILE, np.int32)
    part = np.ones((4, TILE))
    longest = 0
    for r in range(ring_first, ring_last):
        longest = max(longest, ring_start[r + 1] - ring_start[r])
    at = np.empty(longest, np.uint32)
    for r in range(ring_first, ring_last):
        base = ring_start[r]
        cells = ring_start[r + 1] - base
        for k in range(cells):
            at[k] = cell_start[base + k]
        for a in range(list_start[r], list_start[r + 1] if cells > 0 else list_start[r], TILE):
            count = min(TILE, list_start[r + 1] - a)
            for j in range(count):
                s = list_satellite[a + j]
                for row in range(4):
                    part[row, j] = fleet[row, s]
            doubts = interval_tile(part[0], part[1], part[2], part[3], ring[r], sine, hits)
            for j in range(count if doubts > 0 else 0):
                if hits[2 * TILE + j] == 1:
                    s = list_satellite[a + j]
                    x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
                    settle(j, hits, ring[r], base, cells, part[TURN, j], x, y, z, site, normal, sine)
            for j in range(count):
                _append(hits[j], hits[TILE + j], cells, list_satellite[a + j], at, out)


@inner
def _append(begin, end, cells, satellite, at, out):
    """Put a satellite behind the lists of cells begin..end - 1, which may wrap around the ring."""
    if begin >= 0 and end <= cells:
        for k in range(np.uint64(begin), np.uint64(end)):
            out[at[k]] = satellite
            at[k] += np.uint32(1)
        return
    for k in range(begin, end):
        cell = np.uint64(k + cells if k < 0 else (k - cells if k >= cells else k))
        out[at[cell]] = satellite
        at[cell] += np.uint32(1)
