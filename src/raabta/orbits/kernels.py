"""SGP4 for near-earth satellites, a tile of satellites at a time, fused with the turn from TEME to ITRF.

Theory: Hoots & Roehrich, Spacetrack Report No. 3 (1980), as revised by Vallado, Crawford, Hujsak & Kelso,
"Revisiting Spacetrack Report #3", AIAA 2006-6753, opsmode improved. Near-earth part only (period < 225 min).

How it is fast: the PyPI build of numba has no vector `sin`, so angles go through a Cody-Waite `sincos`
without branches; Kepler's equation takes Halley's steps, one for a nearly circular orbit; the last step
and the short-period corrections turn unit vectors by Taylor's series in place of calling `atan2`; one
flat scratch array with constant offsets lets LLVM prove that loads and stores do not meet. A tile is always
computed whole, so a satellite's bits depend on its index, never on which times were asked with it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

TILE = 64
"""Satellites computed together; the constants of a tile (16 KiB) and its scratch stay in the first cache."""

# Rows of `constants` (names of AIAA 2006-6753; radians, minutes, earth radii of WGS 72).
MO, MDOT, ARGPO, ARGPDOT, NODEO, NODEDOT, NODECF, CC1 = 0, 1, 2, 3, 4, 5, 6, 7
BCC4, T2COF, OMGCOF, ETA, XMCOF, DELMO, D2, D3 = 8, 9, 10, 11, 12, 13, 14, 15
D4, BCC5, SINMAO, T3COF, T4COF, T5COF, ECCO, NO = 16, 17, 18, 19, 20, 21, 22, 23
AO, AYCOF, XLCOF, CON41, X1MTH2, X7THM1, SINIO, COSIO = 24, 25, 26, 27, 28, 29, 30, 31
CONSTANTS = 32

# Offsets into the scratch array: the constants of the tile come first.
_OFFSET, _AM, _AXN, _AYN, _U, _EO, _SIN_E, _COS_E = (TILE * row for row in range(32, 40))
_SIN_N, _COS_N, _X, _Y, _Z = (TILE * row for row in range(40, 45))
_SCRATCH = TILE * 45

_RE = 6378.135
_J2 = 0.001082616

_TWO_OVER_PI = 2.0 / math.pi
_PIO2_1 = 1.57079632673412561417  # first 33 bits of pi/2 (fdlibm e_rem_pio2.c)
_PIO2_2 = 6.07710050630396597660e-11  # next 33 bits
_PIO2_3 = 2.02226624879595063154e-21  # the rest
_FAST = {"contract", "nsz"}
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, fastmath=_FAST, _nrt=False)
"""A kernel with `fastmath` has no copy of its own: two copies could fuse other products to an addition."""


@inner
def _sincos(x: float) -> tuple[float, float]:
    """Sine and cosine for |x| < 1e6 rad, within 2e-16 + 1e-16 |x|; fdlibm's polynomials, no branch."""
    q = np.floor(x * _TWO_OVER_PI + 0.5)
    r = ((x - q * _PIO2_1) - q * _PIO2_2) - q * _PIO2_3
    z = r * r
    s = 2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10)
    s = r + r * z * (
        -1.66666666666666324348e-01
        + z * (8.33333333332248946124e-03 + z * (-1.98412698298579493134e-04 + z * s))
    )
    c = -2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)
    c = 4.16666666666666019037e-02 + z * (
        -1.38888888888741095749e-03 + z * (2.48015872894767294178e-05 + z * c)
    )
    c = 1.0 - 0.5 * z + z * z * c
    quadrant = q - 4.0 * np.floor(q * 0.25)
    odd = quadrant - 2.0 * np.floor(quadrant * 0.5)
    sine = c if odd == 1.0 else s
    cosine = s if odd == 1.0 else c
    sine = -sine if quadrant >= 2.0 else sine
    cosine = -cosine if (quadrant == 1.0 or quadrant == 2.0) else cosine
    return sine, cosine


@inner
def _turn(sine: float, cosine: float, angle: float) -> tuple[float, float]:
    """Sine and cosine of (the angle whose sine and cosine are given + a small `angle`).

    Taylor's series, cut where |angle|^8 / 8! ends: 3e-17 at 0.03 rad, beyond what short-period terms reach.
    """
    z = angle * angle
    s = angle * (1.0 + z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0))))
    c = 1.0 + z * (-0.5 + z * (1.0 / 24.0 + z * (-1.0 / 720.0)))
    return sine * c + cosine * s, cosine * c - sine * s


@inner
def _secular(w: Floats, minutes: float) -> None:
    """Secular gravity and drag, long-period periodics: fills am, the eccentricity vector, u, the node."""
    for j in range(TILE):
        t = minutes + w[_OFFSET + j]
        t2 = t * t
        t3 = t2 * t
        t4 = t2 * t2
        mdf = w[MO * TILE + j] + w[MDOT * TILE + j] * t
        _, cos_m = _sincos(mdf)
        wobble = 1.0 + w[ETA * TILE + j] * cos_m
        delta = w[OMGCOF * TILE + j] * t + w[XMCOF * TILE + j] * (
            wobble * wobble * wobble - w[DELMO * TILE + j]
        )
        mm = mdf + delta
        argp = w[ARGPO * TILE + j] + w[ARGPDOT * TILE + j] * t - delta
        node = w[NODEO * TILE + j] + w[NODEDOT * TILE + j] * t + w[NODECF * TILE + j] * t2
        sin_mm, _ = _sincos(mm)
        shrink = (
            1.0
            - w[CC1 * TILE + j] * t
            - w[D2 * TILE + j] * t2
            - w[D3 * TILE + j] * t3
            - w[D4 * TILE + j] * t4
        )
        ecc = w[ECCO * TILE + j] - (
            w[BCC4 * TILE + j] * t + w[BCC5 * TILE + j] * (sin_mm - w[SINMAO * TILE + j])
        )
        lead = (
            w[T2COF * TILE + j] * t2
            + w[T3COF * TILE + j] * t3
            + t4 * (w[T4COF * TILE + j] + t * w[T5COF * TILE + j])
        )
        am = w[AO * TILE + j] * shrink * shrink
        am = math.nan if (ecc >= 1.0 or ecc < -0.001) else am
        ecc = 1.0e-6 if ecc < 1.0e-6 else ecc
        sin_w, cos_w = _sincos(argp)
        temp = 1.0 / (am * (1.0 - ecc * ecc))
        axn = ecc * cos_w
        u = mm + w[NO * TILE + j] * lead + argp + temp * w[XLCOF * TILE + j] * axn
        sin_n, cos_n = _sincos(node)
        w[_AM + j] = am
        w[_AXN + j] = axn
        w[_AYN + j] = ecc * sin_w + temp * w[AYCOF * TILE + j]
        w[_U + j] = u
        w[_EO + j] = 0.0
        w[_SIN_N + j] = sin_n
        w[_COS_N + j] = cos_n


@inner
def _kepler_step(w: Floats) -> int:
    """One step of Halley's rule for the whole tile; returns how many satellites are not there yet.

    The unknown is the eccentric longitude less u. A step's error is below e |step|^3 / 4: 2.5e-12 rad where
    it ends.
    """
    moving = 0
    for j in range(TILE):
        past = w[_EO + j]
        axn = w[_AXN + j]
        ayn = w[_AYN + j]
        s, c = _sincos(w[_U + j] + past)
        bend = axn * s - ayn * c
        slope = 1.0 - axn * c - ayn * s
        miss = bend - past
        step = 2.0 * miss * slope / (2.0 * slope * slope + miss * bend)
        step = 0.95 if step >= 0.95 else step
        step = -0.95 if step <= -0.95 else step
        w[_EO + j] = past + step
        w[_SIN_E + j] = s
        w[_COS_E + j] = c
        w[_X + j] = step
        cube = step * step * step
        moving += 1 if (axn * axn + ayn * ayn) * cube * cube >= 1.0e-22 else 0
    return moving


@inner
def _solve_kepler(w: Floats) -> None:
    """Halley's rule until every error is below 2.5e-12 rad, ten steps at most."""
    for _ in range(10):
        if _kepler_step(w) == 0:
            break


@inner
def _orient(w: Floats) -> None:
    """Short-period periodics and orientation: TEME position (km) of the tile; NaN where it has decayed."""
    for j in range(TILE):
        am = w[_AM + j]
        axn = w[_AXN + j]
        ayn = w[_AYN + j]
        step = w[_X + j]
        sin_e, cos_e = _turn(w[_SIN_E + j], w[_COS_E + j], step)
        el2 = axn * axn + ayn * ayn
        pl = am * (1.0 - el2)
        rl = am * (1.0 - (axn * cos_e + ayn * sin_e))
        beta = math.sqrt(1.0 - el2)
        temp = (axn * sin_e - ayn * cos_e) / (1.0 + beta)
        scale = am / rl
        sin_u = scale * (sin_e - ayn - axn * temp)
        cos_u = scale * (cos_e - axn + ayn * temp)
        sin_2u = 2.0 * cos_u * sin_u
        cos_2u = 1.0 - 2.0 * sin_u * sin_u
        inverse = 1.0 / pl
        temp1 = 0.5 * _J2 * inverse
        temp2 = temp1 * inverse
        r = (
            rl * (1.0 - 1.5 * temp2 * beta * w[CON41 * TILE + j])
            + 0.5 * temp1 * w[X1MTH2 * TILE + j] * cos_2u
        )
        r = _RE * (math.nan if (r < 1.0 or pl < 0.0) else r)
        sin_i = w[SINIO * TILE + j]
        cos_i = w[COSIO * TILE + j]
        sin_su, cos_su = _turn(sin_u, cos_u, -0.25 * temp2 * w[X7THM1 * TILE + j] * sin_2u)
        sin_n, cos_n = _turn(w[_SIN_N + j], w[_COS_N + j], 1.5 * temp2 * cos_i * sin_2u)
        sin_x, cos_x = _turn(sin_i, cos_i, 1.5 * temp2 * cos_i * sin_i * cos_2u)
        w[_X + j] = r * (cos_n * cos_su - sin_n * cos_x * sin_su)
        w[_Y + j] = r * (sin_n * cos_su + cos_n * cos_x * sin_su)
        w[_Z + j] = r * (sin_x * sin_su)


@inner
def _rotate(w: Floats, m: Floats) -> None:
    """Turn the tile's positions by the matrix `m` (3, 3), in place."""
    xx, xy, xz = m[0, 0], m[0, 1], m[0, 2]
    yx, yy, yz = m[1, 0], m[1, 1], m[1, 2]
    zx, zy, zz = m[2, 0], m[2, 1], m[2, 2]
    for j in range(TILE):
        x = w[_X + j]
        y = w[_Y + j]
        z = w[_Z + j]
        w[_X + j] = xx * x + xy * y + xz * z
        w[_Y + j] = yx * x + yy * y + yz * z
        w[_Z + j] = zx * x + zy * y + zz * z


@njit(cache=True, nogil=True, error_model="numpy")
def _load(w: Floats, constants: Floats, offsets: Floats, start: int) -> int:
    """Copy the constants of satellites start.. into the scratch, the last one repeated; how many are real."""
    last = constants.shape[1] - 1
    for j in range(TILE):
        satellite = min(start + j, last)
        for row in range(CONSTANTS):
            w[row * TILE + j] = constants[row, satellite]
        w[_OFFSET + j] = offsets[satellite]
    count: int = min(TILE, last + 1 - start)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def propagate_itrf(
    constants: Floats, offsets: Floats, minutes: Floats, rotation: Floats, out: Floats
) -> None:
    """ITRF positions (km) of near-earth satellites into `out` (t, 3, >= n); NaN where SGP4 reports an error.

    `constants` (CONSTANTS, n) by `orbits.sgp4_init`; minutes since the elements' epoch = `minutes` (t,) +
    `offsets` (n,); `rotation` (t, 3, 3) TEME to ITRF (the identity leaves TEME). Columns past n are not
    touched. All float64, C order.
    """
    w = np.empty(_SCRATCH)
    for start in range(0, constants.shape[1], TILE):
        count = _load(w, constants, offsets, start)
        for t in range(minutes.shape[0]):
            _secular(w, minutes[t])
            _solve_kepler(w)
            _orient(w)
            _rotate(w, rotation[t])
            for j in range(count):
                out[t, 0, start + j] = w[_X + j]
                out[t, 1, start + j] = w[_Y + j]
                out[t, 2, start + j] = w[_Z + j]
