"""What pulls and pushes a spacecraft about a body: the body, its harmonics, two others, sunlight."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import njit

from raabta.base.lane_kernels import fma, lane, load, spread
from raabta.orbits.gravity_kernels import harmonics

TERMS = 8
"""Powers of time in a row of the sky."""
WIDTH = 16
"""Values that each gives: the other body's place (3), the Sun's (3), the turn to body axes (9), none."""
SOLAR_RADIUS_KM = 695_700.0
_FAST = {"contract", "nsz"}
lean = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, forceinline=True, _nrt=False)


class Sky(NamedTuple):
    """Where the others are and how the body is turned: polynomials of the share, -1 to 1, of equal rows.

    values: flat (rows, TERMS, WIDTH), km and cosines; start_s, step_s: seconds past the epoch.
    """

    values: Any
    start_s: Any
    step_s: Any
    rows: Any


class Pull(NamedTuple):
    """What acts: gm and radius of the body; its field's table, rows, orders, degree, its own gm and radius;
    reach_km (degree + 1,): beyond reach_km[n] degree n and those above it are left out; gm of the other body
    and its radius; gm of the Sun."""

    gm: Any
    radius_km: Any
    table: Any
    rows: Any
    orders: Any
    degree: Any
    field_gm: Any
    field_radius_km: Any
    reach_km: Any
    other_gm: Any
    other_radius_km: Any
    sun_gm: Any


@inner
def acceleration(pull, sky, push, t, x, y, z):
    """Acceleration km/s2 in the axes of the sky at seconds `t` past its epoch and a place, km.

    push: pressure of sunlight times its distance squared, times area and coefficient over mass, km3/s2.
    """
    row = min(max(int((t - sky.start_s) / sky.step_s), 0), sky.rows - 1)
    share = spread(2.0 * (t - sky.start_s - row * sky.step_s) / sky.step_s - 1.0)
    at = row * (TERMS * WIDTH) + (TERMS - 1) * WIDTH
    a, b = load(sky.values, at), load(sky.values, at + 8)
    for _ in range(TERMS - 1):
        at -= WIDTH
        a, b = fma(a, share, load(sky.values, at)), fma(b, share, load(sky.values, at + 8))
    square = x * x + y * y + z * z
    r = math.sqrt(square)
    own = -pull.gm / (square * r)
    ax, ay, az = own * x, own * y, own * z
    if pull.other_gm > 0.0:
        dx, dy, dz = _tide(pull.other_gm, lane(a, 0), lane(a, 1), lane(a, 2), x, y, z)
        ax, ay, az = ax + dx, ay + dy, az + dz
    if pull.sun_gm > 0.0:
        dx, dy, dz = _tide(pull.sun_gm, lane(a, 3), lane(a, 4), lane(a, 5), x, y, z)
        ax, ay, az = ax + dx, ay + dy, az + dz
    degree = pull.degree
    while degree > 1 and r > pull.reach_km[degree]:
        degree -= 1
    if degree > 1:
        m00, m01, m02, m10, m11 = lane(a, 6), lane(a, 7), lane(b, 0), lane(b, 1), lane(b, 2)
        m12, m20, m21, m22 = lane(b, 3), lane(b, 4), lane(b, 5), lane(b, 6)
        gx, gy, gz = harmonics(
            pull.table, pull.rows, pull.orders, degree, pull.field_radius_km, pull.field_gm,
            m00 * x + m01 * y + m02 * z, m10 * x + m11 * y + m12 * z, m20 * x + m21 * y + m22 * z,
        )  # fmt: skip
        ax += m00 * gx + m10 * gy + m20 * gz
        ay += m01 * gx + m11 * gy + m21 * gz
        az += m02 * gx + m12 * gy + m22 * gz
    if push > 0.0:
        sx, sy, sz = lane(a, 3) - x, lane(a, 4) - y, lane(a, 5) - z
        lit = sunlit(-x, -y, -z, pull.radius_km, sx, sy, sz)
        if pull.other_radius_km > 0.0:
            lit *= sunlit(lane(a, 0) - x, lane(a, 1) - y, lane(a, 2) - z, pull.other_radius_km, sx, sy, sz)
        far = sx * sx + sy * sy + sz * sz
        away = -lit * push / (far * math.sqrt(far))
        ax, ay, az = ax + away * sx, ay + away * sy, az + away * sz
    return ax, ay, az


@lean
def light(pull, sky, t, x, y, z):
    """Share of the Sun's disc that is seen from a place, past the body and the other one."""
    row = min(max(int((t - sky.start_s) / sky.step_s), 0), sky.rows - 1)
    share = spread(2.0 * (t - sky.start_s - row * sky.step_s) / sky.step_s - 1.0)
    at = row * (TERMS * WIDTH) + (TERMS - 1) * WIDTH
    a = load(sky.values, at)
    for _ in range(TERMS - 1):
        at -= WIDTH
        a = fma(a, share, load(sky.values, at))
    sx, sy, sz = lane(a, 3) - x, lane(a, 4) - y, lane(a, 5) - z
    lit = sunlit(-x, -y, -z, pull.radius_km, sx, sy, sz)
    if pull.other_radius_km > 0.0:
        lit *= sunlit(lane(a, 0) - x, lane(a, 1) - y, lane(a, 2) - z, pull.other_radius_km, sx, sy, sz)
    return lit


@inner
def _tide(gm, px, py, pz, x, y, z):
    """Pull of a far body on the spacecraft, less its pull on the centre."""
    dx, dy, dz = px - x, py - y, pz - z
    near = dx * dx + dy * dy + dz * dz
    far = px * px + py * py + pz * pz
    a, b = gm / (near * math.sqrt(near)), gm / (far * math.sqrt(far))
    return a * dx - b * px, a * dy - b * py, a * dz - b * pz


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
