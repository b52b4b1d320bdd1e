"""Numeric core of `topology`: which lasers hold at one instant, and who is matched with whom; km.

A laser holds or not by `verdict` alone, whoever asks: the lengths of a step, a matching, or the list of
events that wants to know why one ended.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

HELD, NO_POSITION, TOO_LONG, GRAZES, POLAR, SLEWS = 0, 1, 2, 3, 4, 5
RADIX = 2048
GROWTH = 1.5
"""By how much a matching widens its search for those that are not served yet."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Limits(NamedTuple):
    """What ends a laser: range_km its greatest length, floor_km the least distance from the Earth's centre,
    sin_polar of the latitude above which lasers to other planes are off, slew_rad_s; infinite for none."""

    range_km: Any
    floor_km: Any
    sin_polar: Any
    slew_rad_s: Any


class Sky(NamedTuple):
    """Where satellites are and whither they go, in one frame: position (3, n) km; velocity (3, n) km/s as a
    frame that does not turn sees it, (3, 0) where slew has no limit; plane (n,): the number of each one's."""

    position: Any
    velocity: Any
    plane: Any


class Edges(NamedTuple):
    """Fixed lasers, each once: ends a, b (e,), their places in the flat table of lengths, and whether it goes
    to another plane."""

    a: Any
    b: Any
    slot_a: Any
    slot_b: Any
    across: Any


class Matching(NamedTuple):
    """Satellites that seek lasers among themselves: member (m,) in ascending order, their label, their free
    terminals, and the first column that is theirs; alike: whether both ends have the same label or never."""

    member: Any
    label: Any
    free: Any
    column: Any
    alike: Any


@inner
def distance_squared(sky, a, b):
    """Between two satellites, km2."""
    p = sky.position
    x, y, z = p[0, b] - p[0, a], p[1, b] - p[1, a], p[2, b] - p[2, a]
    return x * x + y * y + z * z


@inner
def verdict(sky, limits, a, b, across, squared):
    """HELD, or the first of the limits that a laser of this length squared breaks."""
    if not squared < np.inf:
        return NO_POSITION
    if squared > limits.range_km * limits.range_km:
        return TOO_LONG
    if _height_squared(sky.position, a, b, squared) < limits.floor_km * limits.floor_km:
        return GRAZES
    if across and (_polar(sky.position, a, limits.sin_polar) or _polar(sky.position, b, limits.sin_polar)):
        return POLAR
    if limits.slew_rad_s < np.inf and max(slew(sky, a, b), slew(sky, b, a)) > limits.slew_rad_s:
        return SLEWS
    return HELD


@inner
def _height_squared(p, a, b, squared):
    """Least distance squared of a segment from the centre of the Earth, km2."""
    own = p[0, a] * p[0, a] + p[1, a] * p[1, a] + p[2, a] * p[2, a]
    other = p[0, b] * p[0, b] + p[1, b] * p[1, b] + p[2, b] * p[2, b]
    between = p[0, a] * p[0, b] + p[1, a] * p[1, b] + p[2, a] * p[2, b]
    if own <= between or other <= between:  # the nearest point is an end
        return min(own, other)
    return (own * other - between * between) / squared


@inner
def _polar(p, s, sin_polar):
    if sin_polar >= 1.0:
        return False
    squared = p[0, s] * p[0, s] + p[1, s] * p[1, s] + p[2, s] * p[2, s]
    return p[2, s] * p[2, s] > sin_polar * sin_polar * squared


@inner
def slew(sky, a, b):
    """Turn of the line of sight from a to b in the axes of a's orbit, rad/s: (u x v) / d - (r x V) / r2
    without its part along u, the direction; d the length, v the velocity of b less a's, r and V a's own."""
    p, v = sky.position, sky.velocity
    x, y, z = p[0, b] - p[0, a], p[1, b] - p[1, a], p[2, b] - p[2, a]
    squared = x * x + y * y + z * z
    vx, vy, vz = v[0, b] - v[0, a], v[1, b] - v[1, a], v[2, b] - v[2, a]
    rx, ry, rz = p[0, a], p[1, a], p[2, a]
    radius = rx * rx + ry * ry + rz * rz
    wx = (y * vz - z * vy) / squared - (ry * v[2, a] - rz * v[1, a]) / radius
    wy = (z * vx - x * vz) / squared - (rz * v[0, a] - rx * v[2, a]) / radius
    wz = (x * vy - y * vx) / squared - (rx * v[1, a] - ry * v[0, a]) / radius
    along = wx * x + wy * y + wz * z
    return math.sqrt(max(wx * wx + wy * wy + wz * wz - along * along / squared, 0.0))


@lean
def fixed_km(sky, limits, edges, out):
    """Lengths of fixed lasers into the flat table `out`, which is infinite wherever one does not hold."""
    for e in range(edges.a.shape[0]):
        a, b = edges.a[e], edges.b[e]
        squared = distance_squared(sky, a, b)
        if verdict(sky, limits, a, b, edges.across[e], squared) == HELD:
            km = math.sqrt(squared)
            out[edges.slot_a[e]], out[edges.slot_b[e]] = km, km


@lean
def verdicts(sky, limits, a, b, out):
    """The verdict on pairs of satellites a, b (e,)."""
    for e in range(a.shape[0]):
        across = sky.plane[a[e]] != sky.plane[b[e]]
        out[e] = verdict(sky, limits, a[e], b[e], across, distance_squared(sky, a[e], b[e]))


@lean
def slews(sky, a, b, out):
    """The faster turn of the two ends of pairs a, b (e,), rad/s."""
    for e in range(a.shape[0]):
        out[e] = max(slew(sky, a[e], b[e]), slew(sky, b[e], a[e]))


@lean
def withhold(neighbour, km, earlier_neighbour, earlier_km):
    """Make infinite what an earlier instant did not have."""
    for s in range(km.shape[0]):
        for k in range(km.shape[1]):
            if km[s, k] < np.inf and not _had(neighbour[s, k], earlier_neighbour[s], earlier_km[s]):
                km[s, k] = np.inf


@inner
def _had(other, neighbour, km):
    had = False
    for k in range(km.shape[0]):
        had |= neighbour[k] == other and km[k] < np.inf
    return had


@kernel
def match(sky, limits, matching, kept, first_metres, last_metres, neighbour, km):
    """Lasers of a matching into columns of neighbour and km (n, K): of those `kept` (n, K), or (0, 0) for
    none, all that hold; then of all pairs that hold the shortest first, to the metre, then those of the
    lowest numbers, as long as both have terminals free.

    Rings of growing width are searched, each only for satellites that still have free terminals; that gives
    what sorting all pairs would.
    """
    free, column = matching.free.copy(), matching.column.copy()
    if kept.shape[0] > 0:
        _keep(sky, limits, matching, kept, free, column, neighbour, km)
    low, high = np.int64(-1), first_metres
    while low < last_metres:
        waiting = np.flatnonzero(free > 0)
        if waiting.shape[0] < 2:
            break
        high = min(high, last_metres)
        a, b, metres = _ring(sky, limits, matching, waiting, low, high)
        for e in _order(metres):
            if free[a[e]] > 0 and free[b[e]] > 0 and not _linked(matching, a[e], b[e], column, neighbour):
                _join(sky, matching, a[e], b[e], free, column, neighbour, km)
        low, high = high, np.int64(GROWTH * high)


@inner
def _linked(matching, i, j, column, neighbour):
    """Whether a matching has joined two of its members."""
    a, b = matching.member[i], matching.member[j]
    found = False
    for k in range(matching.column[i], column[i]):
        found |= neighbour[a, k] == b
    return found


@lean
def _keep(sky, limits, matching, kept, free, column, neighbour, km):
    """Join members whose lasers of before still hold."""
    for i in range(matching.member.shape[0]):
        a = matching.member[i]
        for k in range(matching.column[i], matching.column[i] + matching.free[i]):
            b = kept[a, k]
            if b > a:
                squared = distance_squared(sky, a, b)
                across = sky.plane[a] != sky.plane[b]
                if verdict(sky, limits, a, b, across, squared) == HELD:
                    j = np.searchsorted(matching.member, b)
                    _join(sky, matching, i, j, free, column, neighbour, km)


@inner
def _join(sky, matching, i, j, free, column, neighbour, km):
    a, b = matching.member[i], matching.member[j]
    length = math.sqrt(distance_squared(sky, a, b))
    neighbour[a, column[i]], km[a, column[i]] = b, length
    neighbour[b, column[j]], km[b, column[j]] = a, length
    free[i] -= 1
    free[j] -= 1
    column[i] += 1
    column[j] += 1


class Cells(NamedTuple):
    """Places in `waiting` by cubes of space: low corner, per_km, cubes along each axis; start of each cube's
    list (cubes + 1,) and the lists, (m,)."""

    low: Any
    per_km: Any
    count: Any
    start: Any
    held: Any


@kernel
def _ring(sky, limits, matching, waiting, low, high):
    """Pairs of those waiting that hold and are longer than `low` and not longer than `high` metres: places a,
    b in the matching and metres, in the order of a, then b."""
    cells, cube = _cells(sky.position, matching.member, waiting, 1e-3 * high)
    room = 16 * waiting.shape[0]
    a, b, metres = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int64)
    count = 0
    for w in range(waiting.shape[0]):
        if count + waiting.shape[0] > a.shape[0]:
            a, b, metres = _wider(a), _wider(b), _wider_long(metres)
        first = count
        count = _pairs_of(sky, limits, matching, waiting, cells, cube, w, low, high, a, b, metres, count)
        _by_number(b, metres, first, count)
    return a[:count], b[:count], metres[:count]


@lean
def _pairs_of(sky, limits, matching, waiting, cells, cube, w, low, high, a, b, metres, count):
    """Pairs of one of those waiting with later ones, written from `count` on; returns the new count."""
    i = waiting[w]
    own = matching.member[i]
    for x in range(max(cube[w, 0] - 1, 0), min(cube[w, 0] + 2, cells.count[0])):
        for y in range(max(cube[w, 1] - 1, 0), min(cube[w, 1] + 2, cells.count[1])):
            row = (x * cells.count[1] + y) * cells.count[2]
            begin = cells.start[row + max(cube[w, 2] - 1, 0)]
            for place in range(begin, cells.start[row + min(cube[w, 2] + 2, cells.count[2])]):
                j = waiting[cells.held[place]]
                if j <= i or (matching.label[i] == matching.label[j]) != matching.alike:
                    continue
                other = matching.member[j]
                squared = distance_squared(sky, own, other)
                long = np.int64(1e3 * math.sqrt(squared) + 0.5) if squared < np.inf else np.int64(-2)
                across = sky.plane[own] != sky.plane[other]
                if low < long <= high and verdict(sky, limits, own, other, across, squared) == HELD:
                    a[count], b[count], metres[count] = i, j, long
                    count += 1
    return count


@kernel
def _wider(array):
    out = np.empty(2 * array.shape[0], np.int32)
    out[: array.shape[0]] = array
    return out


@kernel
def _wider_long(array):
    out = np.empty(2 * array.shape[0], np.int64)
    out[: array.shape[0]] = array
    return out


@inner
def _by_number(b, metres, first, last):
    """Sort the few pairs of one satellite by the other's number."""
    for i in range(first + 1, last):
        number, long, j = b[i], metres[i], i
        while j > first and b[j - 1] > number:
            b[j], metres[j] = b[j - 1], metres[j - 1]
            j -= 1
        b[j], metres[j] = number, long


@kernel
def _cells(position, member, waiting, side_km):
    """Those waiting, by cubes at least `side_km` wide; and the cube of each, (m, 3)."""
    m = waiting.shape[0]
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for w in range(m):
        for axis in range(3):
            x = position[axis, member[waiting[w]]]
            if x == x:
                low[axis], high[axis] = min(low[axis], x), max(high[axis], x)
    count, side = np.ones(3, np.int64), side_km
    while True:
        for axis in range(3):
            count[axis] = int(max(high[axis] - low[axis], 0.0) / side) + 1
        if count[0] * count[1] * count[2] <= 8 * m + 64:
            break
        side *= 1.25
    cells = Cells(
        low, 1.0 / side, count, np.zeros(count[0] * count[1] * count[2] + 1, np.int64), np.empty(m, np.int64)
    )
    cube, flat = np.zeros((m, 3), np.int64), np.zeros(m, np.int64)
    for w in range(m):
        for axis in range(3):
            x = position[axis, member[waiting[w]]]
            if x == x:
                cube[w, axis] = min(int((x - low[axis]) * cells.per_km), count[axis] - 1)
        flat[w] = (cube[w, 0] * count[1] + cube[w, 1]) * count[2] + cube[w, 2]
        cells.start[flat[w] + 1] += 1
    for c in range(cells.start.shape[0] - 1):
        cells.start[c + 1] += cells.start[c]
    place = cells.start.copy()
    for w in range(m):
        cells.held[place[flat[w]]] = w
        place[flat[w]] += 1
    return cells, cube


@kernel
def _order(metres):
    """Order of pairs by metres; of equal ones the first stays first (radix sort)."""
    order, other = np.arange(metres.shape[0]), np.empty(metres.shape[0], np.int64)
    longest = metres.max() if metres.shape[0] else 0
    base = np.int64(1)
    while base <= longest:
        start = np.zeros(RADIX + 1, np.int64)
        for m in metres:
            start[m // base % RADIX + 1] += 1
        for digit in range(RADIX):
            start[digit + 1] += start[digit]
        for e in order:
            digit = metres[e] // base % RADIX
            other[start[digit]] = e
            start[digit] += 1
        order, other = other, order
        base *= RADIX
    return order
