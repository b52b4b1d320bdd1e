"""Where a function of time changes sign, none missed: the finder under passes and laser contacts.

Positions stand at equal steps; between two of them a polynomial of degree 7 through eight runs. In a step,
time is a share t of it, 0 to 1. The function is g = up . p - sine |p|, km, of a relative position p: its sign
says whether a direction stands above a mask. For two satellites g = (the longest line of sight) - |p|.

None is missed because g bends upwards by no more than a bound that follows from the polynomial's own
coefficients: |p|'' >= p . p'' / |p|, so g'' <= |p''| (1 + sine). With K the bound, g + K (t - a)(b - t) / 2
is concave and never below g on [a, b]: it lies below its tangents at the ends and above its chord. That
decides most steps; the others are halved, and each halving leaves a quarter of K (b - a)^2.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numba import njit

NODES = 8
BEFORE = 3
"""Of the positions that a step's polynomial runs through, those before its beginning."""
DEGREE = NODES - 1
ROOM = 64
"""Intervals that wait to be halved, at most; and sign changes of one function in one step."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Both allocate nothing: else every array they touch would be counted in and out again. Neither is
`fastmath`: what is not inlined has a copy here and one in each kernel that calls it, and products fused in
one copy alone gave other bits where kernels are compiled than where they are loaded."""


def _interpolation() -> Any:
    """Coefficients of the polynomial through values at -3 to 4: (8, 8), exact before they are rounded."""
    places = range(-BEFORE, NODES - BEFORE)
    rows = [
        [Fraction(p) ** k for k in range(NODES)] + [Fraction(int(i == j)) for j in range(NODES)]
        for i, p in enumerate(places)
    ]
    for i in range(NODES):
        pivot = next(r for r in range(i, NODES) if rows[r][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for r in range(NODES):
            if r != i:
                rows[r] = [a - rows[r][i] * b for a, b in zip(rows[r], rows[i], strict=True)]
    return np.array([[float(value) for value in row[NODES:]] for row in rows])


WEIGHT = _interpolation()


class Sight(NamedTuple):
    """What g is: the place p is counted from, km; a direction; the sine of the mask. For two satellites the
    longest line of sight and the radius that it stays above, km (longest 0: not two satellites)."""

    x: Any
    y: Any
    z: Any
    up_x: Any
    up_y: Any
    up_z: Any
    sine: Any
    longest_km: Any
    clear_km: Any


class Room(NamedTuple):
    """Room to work in, for one thread: intervals (ROOM, 6) that wait, times (ROOM,) of sign changes."""

    waiting: Any
    found: Any


@lean
def fit(node, first, out):
    """Polynomial (3, 8) through the positions of `node` (3, n) from `first` on."""
    for axis in range(3):
        for k in range(NODES):
            total = 0.0
            for i in range(NODES):
                total += WEIGHT[k, i] * node[axis, first + i]
            out[axis, k] = total


@inner
def bounds(c):
    """Bounds over the step of |p''|, |p'| and |p - p(0)| of a polynomial, by the triangle's inequality."""
    bend, speed, reach = 0.0, 0.0, 0.0
    for k in range(1, NODES):
        size = math.sqrt(c[0, k] * c[0, k] + c[1, k] * c[1, k] + c[2, k] * c[2, k])
        reach += size
        speed += k * size
        bend += k * (k - 1) * size
    return bend, speed, reach


@inner
def place(c, t):
    """Position and its rate at t."""
    x, y, z = c[0, DEGREE], c[1, DEGREE], c[2, DEGREE]
    u, v, w = 0.0, 0.0, 0.0
    for k in range(DEGREE - 1, -1, -1):
        u = u * t + x
        v = v * t + y
        w = w * t + z
        x = x * t + c[0, k]
        y = y * t + c[1, k]
        z = z * t + c[2, k]
    return x, y, z, u, v, w


@lean
def margin(c, base, sight, t):
    """g and its rate at t. c (3, 8): of the position; base (3, 8): that of the first of two satellites."""
    x, y, z, u, v, w = place(c, t)
    x -= sight.x
    y -= sight.y
    z -= sight.z
    slant = math.sqrt(x * x + y * y + z * z)
    closing = (x * u + y * v + z * w) / slant
    g = sight.up_x * x + sight.up_y * y + sight.up_z * z - sight.sine * slant
    rate = sight.up_x * u + sight.up_y * v + sight.up_z * w - sight.sine * closing
    if sight.longest_km > 0.0:
        longest, growth = _line_of_sight(c, base, sight, t)
        g += longest
        rate += growth
    return g, rate


@lean
def _line_of_sight(c, base, sight, t):
    """The longest line between two satellites that stays clear of a sphere, and its rate: the lengths of
    their tangents to it, summed, unless something else limits it."""
    x, y, z, u, v, w = place(base, t)
    p, q, r, d, e, f = place(c, t)
    total, growth = 0.0, 0.0
    for _ in range(2):
        square = x * x + y * y + z * z - sight.clear_km * sight.clear_km
        tangent = math.sqrt(square) if square > 1.0 else 1.0
        total += tangent
        growth += (x * u + y * v + z * w) / tangent if square > 1.0 else 0.0
        x, y, z, u, v, w = x + p, y + q, z + r, u + d, v + e, w + f
    if total > sight.longest_km:
        return sight.longest_km, 0.0
    return total, growth


@inner
def surely_below(ga, ra, gb, rb, bend, h):
    """Whether g < 0 all over an interval of length h, from its values and rates at both ends."""
    rise, fall = ra + 0.5 * bend * h, rb - 0.5 * bend * h
    if ga >= 0.0 or gb >= 0.0:
        return False
    if rise <= 0.0 or fall >= 0.0:
        return True
    meet = (gb - ga - fall * h) / (rise - fall)
    return ga + rise * meet < 0.0


@lean
def changes(c, base, sight, bend, a, b, least, room):
    """Times in [a, b] where the sign of g changes, ascending, into `room.found`; returns their number.

    bend: g'' is nowhere above it. least: intervals as short as this are not halved again.
    """
    ga, ra = margin(c, base, sight, a)
    gb, rb = margin(c, base, sight, b)
    depth = _wait(room.waiting, 0, a, b, ga, ra, gb, rb)
    count = 0
    while depth > 0:
        depth -= 1
        row = room.waiting[depth]
        a, b, ga, ra, gb, rb = row[0], row[1], row[2], row[3], row[4], row[5]
        h, opposite = b - a, (ga >= 0.0) != (gb >= 0.0)
        if opposite and (h <= least or _steady(ra, rb, ga, bend * h)):
            room.found[count] = _root(c, base, sight, a, b, ga, gb)
            count += 1
        elif not opposite and (h <= least or _settled(ga, ra, gb, rb, bend, h)):
            continue
        elif count < ROOM - 4 and depth < ROOM - 4:
            middle = 0.5 * (a + b)
            gm, rm = margin(c, base, sight, middle)
            depth = _wait(room.waiting, depth, middle, b, gm, rm, gb, rb)
            depth = _wait(room.waiting, depth, a, middle, ga, ra, gm, rm)
    return count


@inner
def _wait(waiting, depth, a, b, ga, ra, gb, rb):
    row = waiting[depth]
    row[0], row[1], row[2], row[3], row[4], row[5] = a, b, ga, ra, gb, rb
    return depth + 1


@inner
def _steady(ra, rb, ga, turn):
    """Whether g, of opposite signs at the ends, rises or falls all the way: its rate grows by no more than
    `turn`."""
    return rb - turn > 0.0 if ga < 0.0 else ra + turn < 0.0


@inner
def _settled(ga, ra, gb, rb, bend, h):
    """Whether g keeps the sign that it has at both ends."""
    if ga >= 0.0:
        return min(ga, gb) > 0.125 * bend * h * h
    return surely_below(ga, ra, gb, rb, bend, h)


@inner
def _root(c, base, sight, a, b, ga, gb):
    """The zero of g in [a, b], of opposite signs at its ends: Newton's steps, halving where one leaves it."""
    rising = ga < 0.0
    t = a + (b - a) * ga / (ga - gb)
    for _ in range(60):
        g, rate = margin(c, base, sight, t)
        if (g < 0.0) == rising:
            a = t
        else:
            b = t
        step = t - g / rate
        if not a <= step <= b:
            step = 0.5 * (a + b)
        moved = abs(step - t)
        t = step
        if moved < 1e-6:
            break
    return t


@lean
def _turning(c, sight, t, of_elevation):
    """A quantity with the sign of the rate of the elevation, or of the range."""
    x, y, z, u, v, w = place(c, t)
    x -= sight.x
    y -= sight.y
    z -= sight.z
    closing = x * u + y * v + z * w
    if not of_elevation:
        return closing
    up = sight.up_x * x + sight.up_y * y + sight.up_z * z
    rise = sight.up_x * u + sight.up_y * v + sight.up_z * w
    return rise * (x * x + y * y + z * z) - up * closing


@lean
def turning_point(c, sight, a, b, of_elevation):
    """Time in [a, b] where the elevation or the range turns, by the Illinois rule; -1 where it does not."""
    ga, gb = _turning(c, sight, a, of_elevation), _turning(c, sight, b, of_elevation)
    if (ga < 0.0) == (gb < 0.0):
        return -1.0
    side, t = 0, a
    for _ in range(60):
        t = a + (b - a) * ga / (ga - gb)
        g = _turning(c, sight, t, of_elevation)
        if (g < 0.0) == (gb < 0.0):
            shrink, b, gb = abs(b - t), t, g
            ga *= 0.5 if side == -1 else 1.0
            side = -1
        else:
            shrink, a, ga = abs(t - a), t, g
            gb *= 0.5 if side == 1 else 1.0
            side = 1
        if shrink < 1e-7 or g == 0.0:
            break
    return t


@lean
def look(c, sight, t):
    """Sine of the elevation, and the range, at t."""
    x, y, z, _, _, _ = place(c, t)
    x -= sight.x
    y -= sight.y
    z -= sight.z
    slant = math.sqrt(x * x + y * y + z * z)
    return (sight.up_x * x + sight.up_y * y + sight.up_z * z) / slant, slant
