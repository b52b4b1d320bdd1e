"""Orbits by the Runge-Kutta pair of Dormand and Prince, order 8 with estimates of 5 and 3 (DOP853).

Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), section II.10. Forces here depend
on place and time alone, so the stages of velocity are put into those of place: with A of the method,
y_i = y + c_i h v + h^2 sum (A A)_ik a_k. It is the same method, with half of the sums.

Between two steps a place is the polynomial of degree 5 through both places, velocities and accelerations.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.base.lane_kernels import add, fma, lane, load, mul, pack, spread, store, total
from raabta.orbits.force_kernels import acceleration, light

STAGES = 12
NODE = 10
"""Of a step's end: seconds past the epoch, place, velocity, acceleration."""
DONE, FULL, SURFACE, STUCK = 0, 1, 2, 3
"""Why a stretch ended: at its end; no room for nodes; at the surface; steps grew too short."""
SHORTEST_S = 1e-4
PAST_EDGE_S = 1e-3
"""A step that meets the edge of a shadow ends so long after it. The estimates of the error would not see it:
they take a small jump for smoothness."""
_FAST = {"contract", "nsz"}
kernel = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
lean = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, forceinline=True, _nrt=False)


class Tableau(NamedTuple):
    """The method: c (12,); twice (12 * 12,): A A, flat; place and speed (12,): b A and b; e5, e3 and their
    products with A (12,)."""

    c: Any
    twice: Any
    place: Any
    speed: Any
    e5: Any
    e5_place: Any
    e3: Any
    e3_place: Any


@kernel
def stretch(pull, sky, push, method, tolerance_km, surface_km, node, count, end_s, step_s):
    """Integrate one orbit from its last node (node[count - 1]) to `end_s`, forwards or backwards.

    node (capacity, NODE). Returns how many nodes there are then, the next step's length, and why it ended.
    A step's error, as estimated, is at most `tolerance_km`, and as much of the velocity as turns so far.
    """
    a = np.zeros(STAGES * 8)
    h = step_s
    if count == 1:
        row = node[0]
        row[7], row[8], row[9] = acceleration(pull, sky, push, row[0], row[1], row[2], row[3])
    grew = 6.0
    while (end_s - node[count - 1, 0]) * h > 0.0:
        if count == node.shape[0]:
            return count, h, FULL
        last = node[count - 1]
        left = end_s - last[0]
        hit_end = abs(h) * 1.000001 >= abs(left)
        own = left if hit_end else h
        error = _step(pull, sky, push, method, tolerance_km, last, own, a, node[count])
        if not error < 1.0:
            h = own * (max(0.333, 0.9 * error**-0.125) if error == error else 0.1)
            grew = 1.0
            if error != error:
                a[:] = 0.0
            if abs(h) < SHORTEST_S:
                return count, h, STUCK
            continue
        if push > 0.0:
            edge = _edge(pull, sky, last, node[count]) + math.copysign(PAST_EDGE_S, own)
            if abs(edge) < abs(own):
                _step(pull, sky, push, method, tolerance_km, last, edge, a, node[count])
                h = own
                count += 1
                if _reaches(node[count - 2], node[count - 1], surface_km):
                    return count, h, SURFACE
                continue
        if hit_end:
            node[count, 0] = end_s
        factor = min(grew, 0.9 * max(error, 1e-12) ** -0.125)
        if not hit_end or factor < 1.0:
            h = own * factor * _ahead(last, node[count], own * factor)
        grew = 6.0
        count += 1
        if _reaches(node[count - 2], node[count - 1], surface_km):
            return count, h, SURFACE
    return count, h, DONE


@lean
def _step(pull, sky, push, method, tolerance_km, last, h, a, out):
    """One step of `h` seconds from a node to `out`; returns the error as a share of what is allowed."""
    t = last[0]
    x = pack(last[1], last[2], last[3], 0.0, 0.0, 0.0, 0.0, 0.0)
    v = pack(last[4], last[5], last[6], 0.0, 0.0, 0.0, 0.0, 0.0)
    first = pack(last[7], last[8], last[9], 0.0, 0.0, 0.0, 0.0, 0.0)
    store(a, 0, first)
    for i in range(1, STAGES):
        bend, rest = mul(first, spread(method.twice[i * STAGES])), spread(0.0)
        for k in range(1, i, 2):  # two sums at once; the stage after the last has no weight
            bend = fma(spread(method.twice[i * STAGES + k]), load(a, k * 8), bend)
            rest = fma(spread(method.twice[i * STAGES + k + 1]), load(a, (k + 1) * 8), rest)
        bend = add(bend, rest)
        c = method.c[i]
        y = fma(spread(h * h), bend, fma(spread(c * h), v, x))
        ax, ay, az = acceleration(pull, sky, push, t + c * h, lane(y, 0), lane(y, 1), lane(y, 2))
        store(a, i * 8, pack(ax, ay, az, 0.0, 0.0, 0.0, 0.0, 0.0))
    zero = spread(0.0)
    place, speed, p5, s5, p3, s3 = zero, zero, zero, zero, zero, zero
    for k in range(STAGES):
        own = load(a, k * 8)
        place, speed = fma(spread(method.place[k]), own, place), fma(spread(method.speed[k]), own, speed)
        p5, s5 = fma(spread(method.e5_place[k]), own, p5), fma(spread(method.e5[k]), own, s5)
        p3, s3 = fma(spread(method.e3_place[k]), own, p3), fma(spread(method.e3[k]), own, s3)
    y = fma(spread(h * h), place, fma(spread(h), v, x))
    v = fma(spread(h), speed, v)
    x0, x1, x2 = lane(y, 0), lane(y, 1), lane(y, 2)
    ax, ay, az = acceleration(pull, sky, push, t + h, x0, x1, x2)
    out[0], out[1], out[2], out[3] = t + h, x0, x1, x2
    out[4], out[5], out[6] = lane(v, 0), lane(v, 1), lane(v, 2)
    out[7], out[8], out[9] = ax, ay, az
    slowness = math.sqrt(total(mul(x, x)) / max(total(mul(v, v)), 1e-12))
    along = spread(abs(h) / tolerance_km)
    slow = spread(slowness / tolerance_km)
    p5, p3, s5, s3 = mul(p5, along), mul(p3, along), mul(s5, slow), mul(s3, slow)
    five = total(add(mul(p5, p5), mul(s5, s5)))
    three = total(add(mul(p3, p3), mul(s3, s3)))
    if five == 0.0 and three == 0.0:
        return 0.0
    return abs(h) * five / math.sqrt((five + 0.01 * three) * 6.0)


@lean
def _edge(pull, sky, last, now):
    """Seconds from a node to where light turns to half-light or dark or back, before the next; else 1e300.
    Looked at eight times in a step."""
    h = now[0] - last[0]
    begin = _phase(light(pull, sky, last[0], last[1], last[2], last[3]))
    for k in range(1, 9):
        low, high = (k - 1) / 8.0, k / 8.0
        x, y, z, _, _, _ = between(last, now, high)
        if _phase(light(pull, sky, last[0] + high * h, x, y, z)) == begin:
            continue
        while (high - low) * abs(h) > 1e-6:
            middle = 0.5 * (low + high)
            x, y, z, _, _, _ = between(last, now, middle)
            if _phase(light(pull, sky, last[0] + middle * h, x, y, z)) == begin:
                low = middle
            else:
                high = middle
        return high * h
    return 1e300


@inner
def _phase(lit):
    return 2 if lit == 1.0 else (0 if lit == 0.0 else 1)


@inner
def _ahead(last, now, h):
    """How much longer a step may be for what lies ahead: steps go as the distance to the power of 3/2, so the
    middle of the next one is held against that of the last."""
    x, y, z, vx, vy, vz = now[1], now[2], now[3], now[4], now[5], now[6]
    before = last[1] * last[1] + last[2] * last[2] + last[3] * last[3]
    square = x * x + y * y + z * z
    r = math.sqrt(square)
    then = r + 0.5 * h * (x * vx + y * vy + z * vz) / r
    ratio = 2.0 * then / (r + math.sqrt(before))
    ratio = min(max(ratio, 0.5), 1.6)
    return ratio * math.sqrt(ratio)


@inner
def _reaches(last, now, surface_km):
    """Whether a step ends below a radius or turns there."""
    floor = surface_km * surface_km
    if now[1] * now[1] + now[2] * now[2] + now[3] * now[3] < floor:
        return True
    before = last[1] * last[4] + last[2] * last[5] + last[3] * last[6]
    after = now[1] * now[4] + now[2] * now[5] + now[3] * now[6]
    if before * after > 0.0 or (now[0] > last[0]) == (before > 0.0):
        return False
    low, high = 0.0, 1.0
    for _ in range(40):
        share = 0.5 * (low + high)
        x, y, z, vx, vy, vz = between(last, now, share)
        if (x * vx + y * vy + z * vz > 0.0) == (after > 0.0):
            high = share
        else:
            low = share
    return x * x + y * y + z * z < floor


@inner
def between(last, now, s):
    """Place and velocity at the share `s` of the way between two nodes."""
    h = now[0] - last[0]
    u = s * s * s
    p1 = u * (10.0 + s * (-15.0 + 6.0 * s))
    p2, p3 = s + u * (-6.0 + s * (8.0 - 3.0 * s)), u * (-4.0 + s * (7.0 - 3.0 * s))
    p4, p5 = 0.5 * s * s + u * (-1.5 + s * (1.5 - 0.5 * s)), u * (0.5 + s * (-1.0 + 0.5 * s))
    w = s * s
    d1 = w * (30.0 + s * (-60.0 + 30.0 * s))
    d2, d3 = 1.0 + w * (-18.0 + s * (32.0 - 15.0 * s)), w * (-12.0 + s * (28.0 - 15.0 * s))
    d4, d5 = s + w * (-4.5 + s * (6.0 - 2.5 * s)), w * (1.5 + s * (-4.0 + 2.5 * s))
    x, vx = _axis(last, now, 1, h, p1, p2, p3, p4, p5, d1, d2, d3, d4, d5)
    y, vy = _axis(last, now, 2, h, p1, p2, p3, p4, p5, d1, d2, d3, d4, d5)
    z, vz = _axis(last, now, 3, h, p1, p2, p3, p4, p5, d1, d2, d3, d4, d5)
    return x, y, z, vx, vy, vz


@inner
def _axis(last, now, k, h, p1, p2, p3, p4, p5, d1, d2, d3, d4, d5):
    far = now[k] - last[k]
    x = last[k] + p1 * far + h * (p2 * last[k + 3] + p3 * now[k + 3])
    x += h * h * (p4 * last[k + 6] + p5 * now[k + 6])
    v = d1 * far / h + d2 * last[k + 3] + d3 * now[k + 3] + h * (d4 * last[k + 6] + d5 * now[k + 6])
    return x, v


@kernel
def fill(node, seconds, out_km, out_km_s):
    """Places (t, 3) km and velocities (t, 3) km/s at `seconds` (t,), from nodes in ascending time; NaN before
    the first and after the last."""
    n, at = node.shape[0], 0
    for i in range(seconds.size):
        t = seconds[i]
        if not (node[0, 0] <= t <= node[n - 1, 0]):
            out_km[i, :] = np.nan
            out_km_s[i, :] = np.nan
            continue
        if not (node[at, 0] <= t <= node[at + 1, 0]):
            if at + 2 < n and node[at + 1, 0] <= t <= node[at + 2, 0]:
                at += 1
            else:
                at = min(np.searchsorted(node[:, 0], t, side="right"), n - 1) - 1
        share = (t - node[at, 0]) / (node[at + 1, 0] - node[at, 0])
        x, y, z, vx, vy, vz = between(node[at], node[at + 1], share)
        out_km[i, 0], out_km[i, 1], out_km[i, 2] = x, y, z
        out_km_s[i, 0], out_km_s[i, 1], out_km_s[i, 2] = vx, vy, vz
