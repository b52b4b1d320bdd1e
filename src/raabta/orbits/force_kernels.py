"""What pulls and pushes a spacecraft about a body: the body, its harmonics, two others, sunlight.

At eight instants at once, in lanes. Space between calls is a flat array `work`, whose parts begin at X, PERT,
PULLED and SKY.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import njit

from raabta.base.lane_kernels import (
    COUNT,
    add,
    choose,
    fma,
    load,
    mul,
    ratio,
    root,
    spread,
    store,
    sub,
    take,
)
from raabta.orbits.gravity_kernels import harmonics

TERMS = 8
"""Powers of time in a row of the sky."""
WIDTH = 16
"""Values that each gives: the other body's place (3), the Sun's (3), the turn to body axes (9), none."""
SOLAR_RADIUS_KM = 695_700.0
X, PERT, PULLED, SKY = 0, 24, 48, 72
"""In `work`: places; what acts beside the body's own pull; all of it; the sky."""
ROOM = SKY + 15 * COUNT
lean: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner: Any = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Sky(NamedTuple):
    """Where the others are and how the body is turned: polynomials of the share, -1 to 1, of equal rows.

    values: flat (rows, TERMS, WIDTH), km and cosines; start_s, step_s: seconds past the epoch.
    """

    values: Any
    start_s: Any
    step_s: Any
    rows: Any


class Pull(NamedTuple):
    """What acts: gm and radius of the body; its field's table, degree, its own gm and radius;
    reach_km (degree + 1,): beyond reach_km[n] degree n and those above it are left out; gm of the other body
    and its radius; gm of the Sun."""

    gm: Any
    radius_km: Any
    table: Any
    degree: Any
    field_gm: Any
    field_radius_km: Any
    reach_km: Any
    other_gm: Any
    other_radius_km: Any
    sun_gm: Any


@inner
def row_of(sky, t):
    """The row of the sky at seconds past its epoch."""
    return min(max(int((t - sky.start_s) / sky.step_s), 0), sky.rows - 1)


@inner
def look_up(sky, work, t, span):
    """The sky at seconds `t` + `span`, in lanes, into `work`; lane 0 and lane 7 are its ends."""
    edge = t + span[0], t + span[COUNT - 1]
    when = add(spread(t), load(span, 0))
    first, last = row_of(sky, min(edge[0], edge[1])), row_of(sky, max(edge[0], edge[1]))
    for row in range(first, last + 1):
        begin = sky.start_s + row * sky.step_s
        share = fma(sub(when, spread(begin)), spread(2.0 / sky.step_s), spread(-1.0))
        lead = spread(begin if row > first else -1e300)
        for w in range(15):
            at = (row * TERMS + TERMS - 1) * WIDTH + w
            value = take(sky.values, at)
            for _ in range(TERMS - 1):
                at -= WIDTH
                value = fma(value, share, take(sky.values, at))
            store(work, SKY + w * COUNT, choose(when, lead, load(work, SKY + w * COUNT), value))


@inner
def seen(work, w):
    """A value of the sky in lanes."""
    return load(work, SKY + w * COUNT)


@inner
def disturb(pull, push, work, degree):
    """What acts at the places of `work` under its sky beside the pull of the body as a point, km/s2, to PERT.

    push: pressure of sunlight times its distance squared, times area and coefficient over mass, km3/s2.
    """
    x, y, z = load(work, X), load(work, X + 8), load(work, X + 16)
    ax, ay, az = spread(0.0), spread(0.0), spread(0.0)
    if pull.other_gm > 0.0:
        dx, dy, dz = _tide(pull.other_gm, seen(work, 0), seen(work, 1), seen(work, 2), x, y, z)
        ax, ay, az = add(ax, dx), add(ay, dy), add(az, dz)
    if pull.sun_gm > 0.0:
        dx, dy, dz = _tide(pull.sun_gm, seen(work, 3), seen(work, 4), seen(work, 5), x, y, z)
        ax, ay, az = add(ax, dx), add(ay, dy), add(az, dz)
    if degree > 1:
        m00, m01, m02 = seen(work, 6), seen(work, 7), seen(work, 8)
        m10, m11, m12 = seen(work, 9), seen(work, 10), seen(work, 11)
        m20, m21, m22 = seen(work, 12), seen(work, 13), seen(work, 14)
        gx, gy, gz = harmonics(
            pull.table, pull.degree, degree, pull.field_radius_km, pull.field_gm,
            fma(m00, x, fma(m01, y, mul(m02, z))),
            fma(m10, x, fma(m11, y, mul(m12, z))),
            fma(m20, x, fma(m21, y, mul(m22, z))),
        )  # fmt: skip
        m00, m01, m02 = seen(work, 6), seen(work, 7), seen(work, 8)
        m10, m11, m12 = seen(work, 9), seen(work, 10), seen(work, 11)
        m20, m21, m22 = seen(work, 12), seen(work, 13), seen(work, 14)
        ax = fma(m00, gx, fma(m10, gy, fma(m20, gz, ax)))
        ay = fma(m01, gx, fma(m11, gy, fma(m21, gz, ay)))
        az = fma(m02, gx, fma(m12, gy, fma(m22, gz, az)))
    if push > 0.0:
        sx, sy, sz = sub(seen(work, 3), x), sub(seen(work, 4), y), sub(seen(work, 5), z)
        far = fma(sx, sx, fma(sy, sy, mul(sz, sz)))
        for i in range(COUNT):
            work[PERT + i] = -push * light(pull, work, i)
        away = ratio(load(work, PERT), mul(far, root(far)))
        ax, ay, az = fma(away, sx, ax), fma(away, sy, ay), fma(away, sz, az)
    store(work, PERT, ax)
    store(work, PERT + 8, ay)
    store(work, PERT + 16, az)


@inner
def attract(gm, work):
    """The body's pull as a point and what acts beside it, to PULLED."""
    x, y, z = load(work, X), load(work, X + 8), load(work, X + 16)
    square = fma(x, x, fma(y, y, mul(z, z)))
    own = ratio(spread(-gm), mul(square, root(square)))
    store(work, PULLED, fma(own, x, load(work, PERT)))
    store(work, PULLED + 8, fma(own, y, load(work, PERT + 8)))
    store(work, PULLED + 16, fma(own, z, load(work, PERT + 16)))


@inner
def degree_at(pull, radius_km):
    """To which degree the field acts from a distance on."""
    degree = pull.degree
    while degree > 1 and radius_km > pull.reach_km[degree]:
        degree -= 1
    return degree


@inner
def light(pull, work, i):
    """Share of the Sun's disc that is seen from a lane's place, past the body and the other one."""
    x, y, z = work[X + i], work[X + 8 + i], work[X + 16 + i]
    at = SKY + i
    sx, sy, sz = work[at + 24] - x, work[at + 32] - y, work[at + 40] - z
    lit = sunlit(-x, -y, -z, pull.radius_km, sx, sy, sz)
    if pull.other_radius_km > 0.0:
        other = pull.other_radius_km
        lit *= sunlit(work[at] - x, work[at + 8] - y, work[at + 16] - z, other, sx, sy, sz)
    return lit


@inner
def _tide(gm, px, py, pz, x, y, z):
    """Pull of a far body on the spacecraft, less its pull on the centre."""
    dx, dy, dz = sub(px, x), sub(py, y), sub(pz, z)
    near = fma(dx, dx, fma(dy, dy, mul(dz, dz)))
    far = fma(px, px, fma(py, py, mul(pz, pz)))
    a, b = ratio(spread(gm), mul(near, root(near))), ratio(spread(gm), mul(far, root(far)))
    return sub(mul(a, dx), mul(b, px)), sub(mul(a, dy), mul(b, py)), sub(mul(a, dz), mul(b, pz))


@lean
def sunlit(bx, by, bz, radius_km, sx, sy, sz):
    """Share of the Sun's disc that a sphere at (bx, by, bz) leaves free, the Sun at (sx, sy, sz), km.

    Two overlapping discs: Montenbruck & Gill, Satellite Orbits (2000), section 3.4.2.
    """
    along = bx * sx + by * sy + bz * sz
    if along <= 0.0:
        return 1.0
    body, sun = math.sqrt(bx * bx + by * by + bz * bz), math.sqrt(sx * sx + sy * sy + sz * sz)
    if body <= radius_km:
        return 0.0
    cx, cy, cz = by * sz - bz * sy, bz * sx - bx * sz, bx * sy - by * sx
    apart = math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), along)
    a, b = math.asin(min(SOLAR_RADIUS_KM / sun, 1.0)), math.asin(radius_km / body)
    if apart >= a + b:
        return 1.0
    if apart <= b - a:
        return 0.0
    if apart <= a - b:
        return 1.0 - (b * b) / (a * a)
    u = (apart * apart + a * a - b * b) / (2.0 * apart)
    v = math.sqrt(max(a * a - u * u, 0.0))
    overlap = a * a * math.acos(min(max(u / a, -1.0), 1.0)) - apart * v
    overlap += b * b * math.acos(min(max((apart - u) / b, -1.0), 1.0))
    return 1.0 - overlap / (math.pi * a * a)
