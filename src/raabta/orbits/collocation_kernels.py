"""Orbits by collocation at the eight points of Gauss and Legendre: order 16, eight places at once.

Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I (1993), section II.7. Over a step the
acceleration is the polynomial of degree 7 through eight instants, in the lanes of a register, and places are
its double integral. The pull of the body as a point is solved for by sweeps that cost little; what disturbs
it is a thousandth of it or less and changes slowly from place to place, so that two or three looks at it do.

A step leaves PARTS nodes. Between two nodes a place is the polynomial of degree 5 through both places,
velocities and accelerations.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.base.lane_kernels import COUNT, add, fma, load, mul, spread, store, sub, take, total
from raabta.orbits.force_kernels import PULLED, ROOM, X, attract, degree_at, disturb, light, look_up

NODE = 10
"""Of a node: seconds past the epoch, place, velocity, acceleration."""
PARTS = 3
"""Nodes of a step."""
DONE, FULL, SURFACE, STUCK = 0, 1, 2, 3
"""Why a stretch ended: at its end; no room for nodes; at the surface; steps grew too short."""
SHORTEST_S = 1e-4
PAST_EDGE_S = 1e-3
"""A step that meets the edge of a shadow ends so long after it. The estimates of the error would not see it:
they take a small jump for smoothness."""
MOST_LOOKS, MOST_SWEEPS = 12, 24
ORDER = -1.0 / 9.0
"""How the estimate of the error goes with a step's length: its power, inverted."""
START, SPAN, OUT, WORK = ROOM, ROOM + 3 * COUNT, ROOM + 4 * COUNT, ROOM + 10 * COUNT
kernel: Any = njit(cache=True, nogil=True, error_model="numpy")
lean: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner: Any = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Tableau(NamedTuple):
    """The method, flat: c (8,), shares of a step; place (8, 8): by instant, how much of it each place takes;
    out (8, 8): the same for places at the ends of the parts, then speeds; bend (8, 8): accelerations there;
    last (16,): what makes Legendre's terms 6 and 7 of the acceleration."""

    c: Any
    place: Any
    out: Any
    bend: Any
    last: Any


@kernel
def stretch(pull, sky, push, method, tolerance_km, surface_km, node, count, end_s, step_s):
    """Integrate one orbit from its last node (node[count - 1]) to `end_s`, forwards or backwards.

    node (capacity, NODE). Returns how many nodes there are then, the next step's length, and why it ended.
    A step's error, as estimated, is at most `tolerance_km`.
    """
    work = np.zeros(WORK)
    h = step_s
    if count == 1:
        accelerate(pull, sky, push, work, node[0])
    grew = 3.0
    while (end_s - node[count - 1, 0]) * h > 0.0:
        if count + PARTS > node.shape[0]:
            return count, h, FULL
        left = end_s - node[count - 1, 0]
        hit_end = abs(h) * 1.000001 >= abs(left)
        own = left if hit_end else h
        error = _step(pull, sky, push, method, tolerance_km, node[count - 1], own, work)
        if not error < 1.0:
            h = own * (max(0.3, 0.9 * error**ORDER) if error == error else 0.3)
            grew = 1.0
            if abs(h) < SHORTEST_S:
                return count, h, STUCK
            continue
        _leave(method, work, node, count, own)
        cut = False
        if push > 0.0:
            edge = _edge(pull, sky, work, node, count) + math.copysign(PAST_EDGE_S, own)
            if abs(edge) < abs(own):
                _step(pull, sky, push, method, tolerance_km, node[count - 1], edge, work)
                _leave(method, work, node, count, edge)
                cut = True
        hit_end = hit_end and not cut
        if hit_end:
            node[count + PARTS - 1, 0] = end_s
        factor = min(grew, 0.9 * max(error, 1e-12) ** ORDER)
        if not cut and (not hit_end or factor < 1.0):
            h = own * factor * _ahead(node[count - 1], node[count + PARTS - 1], own * factor)
        grew = 3.0
        for _ in range(PARTS):
            count += 1
            if _reaches(node[count - 2], node[count - 1], surface_km):
                return count, h, SURFACE
    return count, h, DONE


@lean
def accelerate(pull, sky, push, work, row):
    """The acceleration of a node from its time and place, into it. `work` (WORK,)."""
    for i in range(COUNT):
        work[SPAN + i] = 0.0
        work[X + i], work[X + 8 + i], work[X + 16 + i] = row[1], row[2], row[3]
    look_up(sky, work, row[0], work[SPAN:])
    radius = math.sqrt(row[1] * row[1] + row[2] * row[2] + row[3] * row[3])
    disturb(pull, push, work, degree_at(pull, radius))
    attract(pull.gm, work)
    row[7], row[8], row[9] = work[PULLED], work[PULLED + 8], work[PULLED + 16]


@lean
def _step(pull, sky, push, method, tolerance_km, last, h, work):
    """Solve a step of `h` seconds from a node: accelerations in `work`. Returns the error as a share of what
    is allowed; NaN where the sweeps do not close in."""
    span = mul(spread(h), load(method.c, 0))
    store(work, SPAN, span)
    look_up(sky, work, last[0], work[SPAN:])
    near = _guess(pull.gm, last, span, work)
    degree = degree_at(pull, near)
    error, moved, before = math.nan, 1e300, 1e300
    rough, close = (1e-9 * near) ** 2, max(1e-4 * tolerance_km, 1e-14 * near) ** 2
    for looks in range(MOST_LOOKS):
        disturb(pull, push, work, degree)
        x, y, z = load(work, X), load(work, X + 8), load(work, X + 16)
        shift = 1e300
        for _ in range(MOST_SWEEPS):
            attract(pull.gm, work)
            shift = _sweep(method, h, work)
            if shift < (close if looks > 0 else rough):
                break
        if not shift < rough:
            return math.nan
        error = _defect(method, h, work) / tolerance_km
        if not error < 1.0:
            return error
        dx, dy, dz = sub(x, load(work, X)), sub(y, load(work, X + 8)), sub(z, load(work, X + 16))
        before, moved = moved, math.sqrt(total(fma(dx, dx, fma(dy, dy, mul(dz, dz)))))
        if looks > 0 and moved * min(moved / before, 0.01) < max(0.01 * tolerance_km, 1e-14 * near):
            return error
        if looks > 1 and moved > 0.5 * before:
            return math.nan
    return math.nan


@inner
def _guess(gm, last, span, work):
    """Places along the series of f and g about a node, what disturbs held; returns the least distance."""
    x, y, z, vx, vy, vz = last[1], last[2], last[3], last[4], last[5], last[6]
    square = x * x + y * y + z * z
    u = gm / (square * math.sqrt(square))
    p, q = (x * vx + y * vy + z * vz) / square, (vx * vx + vy * vy + vz * vz) / square - u
    f4, f5 = u * (3.0 * q - 15.0 * p * p + u) / 24.0, u * p * (7.0 * p * p - 3.0 * q - u) / 8.0
    g5 = u * (9.0 * q - 45.0 * p * p + u) / 120.0
    two = mul(span, span)
    f = fma(span, fma(span, fma(span, spread(f5), spread(f4)), spread(0.5 * u * p)), spread(-0.5 * u))
    f = fma(two, f, spread(1.0))
    g = fma(mul(two, span), fma(span, fma(span, spread(g5), spread(0.25 * u * p)), spread(-u / 6.0)), span)
    half = mul(spread(0.5), two)
    near = 1e300
    for k in range(3):
        held = mul(half, spread(last[7 + k] + u * last[1 + k]))
        store(work, X + 8 * k, fma(f, spread(last[1 + k]), fma(g, spread(last[4 + k]), held)))
        store(work, START + 8 * k, fma(span, spread(last[4 + k]), spread(last[1 + k])))
    for i in range(COUNT):
        near = min(near, work[X + i] ** 2 + work[X + 8 + i] ** 2 + work[X + 16 + i] ** 2)
    return math.sqrt(near)


@inner
def _sweep(method, h, work):
    """Places from accelerations; returns how far they moved, squared."""
    bx, by, bz = _woven(method.place, work)
    two = spread(h * h)
    x, y = fma(two, bx, load(work, START)), fma(two, by, load(work, START + 8))
    z = fma(two, bz, load(work, START + 16))
    dx, dy, dz = sub(x, load(work, X)), sub(y, load(work, X + 8)), sub(z, load(work, X + 16))
    store(work, X, x)
    store(work, X + 8, y)
    store(work, X + 16, z)
    return total(fma(dx, dx, fma(dy, dy, mul(dz, dz))))


@inner
def _woven(by, work):
    """Sums over the instants of rows of a table times accelerations, an axis each."""
    x = y = z = x2 = y2 = z2 = spread(0.0)
    for k in range(0, COUNT, 2):  # two sums at once
        w = load(by, k * 8)
        x, y = fma(w, take(work, PULLED + k), x), fma(w, take(work, PULLED + 8 + k), y)
        z = fma(w, take(work, PULLED + 16 + k), z)
        w = load(by, k * 8 + 8)
        x2, y2 = fma(w, take(work, PULLED + k + 1), x2), fma(w, take(work, PULLED + 9 + k), y2)
        z2 = fma(w, take(work, PULLED + 17 + k), z2)
    return add(x, x2), add(y, y2), add(z, z2)


@inner
def _defect(method, h, work):
    """How far places within a step are off, km, from the last two of Legendre's terms of the acceleration."""
    six, seven = load(method.last, 0), load(method.last, 8)
    a = b = 0.0
    for k in range(3):
        pulled = load(work, PULLED + 8 * k)
        one, two = total(mul(six, pulled)), total(mul(seven, pulled))
        a, b = a + one * one, b + two * two
    return h * h * (math.sqrt(b) + 0.1 * math.sqrt(a)) / 250.0


@inner
def _leave(method, work, node, count, h):
    """The nodes of a step that is solved."""
    last = node[count - 1]
    x, y, z = _woven(method.out, work)
    store(work, OUT, x)
    store(work, OUT + 8, y)
    store(work, OUT + 16, z)
    x, y, z = _woven(method.bend, work)
    store(work, OUT + 24, x)
    store(work, OUT + 32, y)
    store(work, OUT + 40, z)
    for i in range(PARTS):
        row = node[count + i]
        on = h * (i + 1) / PARTS
        row[0] = last[0] + on
        for k in range(3):
            row[1 + k] = last[1 + k] + (on * last[4 + k] + h * h * work[OUT + 8 * k + i])
            row[4 + k] = last[4 + k] + h * work[OUT + 8 * k + PARTS + i]
            row[7 + k] = work[OUT + 24 + 8 * k + i]


@lean
def _edge(pull, sky, work, node, count):
    """Seconds from a node to where light turns to half-light or dark or back, in the step after it; else
    1e300. Looked at seven times between two nodes."""
    begin = -1
    for part in range(PARTS):
        last, now = node[count - 1 + part], node[count + part]
        low, high, h = 0.0, 1.0, now[0] - last[0]
        while True:
            for i in range(COUNT):
                share = low + (high - low) * i / 7.0
                work[SPAN + i] = share * h
                work[X + i], work[X + 8 + i], work[X + 16 + i], _, _, _ = between(last, now, share)
            look_up(sky, work, last[0], work[SPAN:])
            if begin < 0:
                begin = _phase(light(pull, work, 0))
            turn = 1
            while turn < COUNT and _phase(light(pull, work, turn)) == begin:
                turn += 1
            if turn == COUNT:
                break
            low, high = low + (high - low) * (turn - 1) / 7.0, low + (high - low) * turn / 7.0
            if (high - low) * abs(h) <= 1e-6:
                return last[0] - node[count - 1, 0] + high * h
    return 1e300


@inner
def _phase(lit):
    return 2 if lit == 1.0 else (0 if lit == 0.0 else 1)


@inner
def _ahead(last, now, h):
    """How much longer a step may be for what lies ahead: steps go as the distance to the power of 3/2, so the
    middle of the next one is held against that of the last."""
    before = last[1] * last[1] + last[2] * last[2] + last[3] * last[3]
    square = now[1] * now[1] + now[2] * now[2] + now[3] * now[3]
    r = math.sqrt(square)
    slope = (now[1] * now[4] + now[2] * now[5] + now[3] * now[6]) / r
    bend = now[4] * now[4] + now[5] * now[5] + now[6] * now[6] - slope * slope
    bend = (bend + now[1] * now[7] + now[2] * now[8] + now[3] * now[9]) / r
    then = r + 0.5 * h * (slope + 0.25 * h * bend)
    longer = min(max(2.0 * then / (r + math.sqrt(before)), 0.4), 2.0)
    return longer * math.sqrt(longer)


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
