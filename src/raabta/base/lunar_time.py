"""Lunar coordinate time TCL (IAU 2024, resolution II) and the rate of a clock on the Moon.

Coordinate times are compared at the Moon's centre, at one event there. With r the Moon's geocentric place and
v its velocity, to order c^-2:

    d(TCL - TCG)/dTCG = - [ v^2/2 + GM_E/r - 2 GM_M/r + U_S(r) - U_S(0) - r . grad U_S(0) ] / c^2

which follows from both times' definitions by TCB; the last three terms are the Sun's tide, 3e-14. TCL agrees
with TCB there at 1977-01-01T00:00:00 TAI. No operational lunar time (LTC) is agreed on yet: `surface_rate`
gives the rate of a clock at rest on the ground against TCL.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, MOON
from raabta.base.clock import TT_MINUS_TAI_S, Floats
from raabta.base.ephemeris import Ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.smooth import on_grid
from raabta.base.timescales import DAY_S, tdb_minus_tt_s, tt_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

GM_SUN_KM3_S2 = 132_712_440_041.279
"""JPL DE440, Park et al. (2021), table 2 (TDB-compatible)."""
L_G = 6.969290134e-10
"""1 - dTT/dTCG, a defining constant (IAU 2000, resolution B1.9)."""
ORIGIN_TT_S = -725_803_200.0 + TT_MINUS_TAI_S
"""1977-01-01T00:00:00 TAI as TT seconds past J2000."""
MOON_J2 = 2.0321568e-4
"""Lunar oblateness, GRGM1200A (Lemoine et al. 2014, doi:10.1002/2014GL060027)."""
_C2 = SPEED_OF_LIGHT_KM_S**2
_GAUSS = np.polynomial.legendre.leggauss(4)


def tcl_rate(source: Ephemeris, tdb: Floats) -> Floats:
    """d(TCL - TCG)/dTCG at the Moon's centre, at TDB seconds past J2000 (t,). About -1.71e-11."""
    r, v = source.position_km_tdb("Moon", tdb), source.velocity_km_s_tdb("Moon", tdb)
    sun = source.position_km_tdb("Sun", tdb)
    distance = np.linalg.norm(r, axis=1)
    to_sun, from_moon = np.linalg.norm(sun, axis=1), np.linalg.norm(sun - r, axis=1)
    tide = 1.0 / from_moon - 1.0 / to_sun - np.einsum("ti,ti->t", r, sun) / to_sun**3
    near = (EARTH.gm_km3_s2 - 2.0 * MOON.gm_km3_s2) / distance
    slow = np.einsum("ti,ti->t", v, v) / 2.0 + near + GM_SUN_KM3_S2 * tide
    return np.asarray(-slow / _C2)


def tcg_minus_tt_s(times: npt.ArrayLike) -> Floats:
    """TCG - TT, seconds, at UTC `times` (t,): L_G of the TCG since 1977-01-01T00:00:00 TAI."""
    return (np.atleast_1d(tt_s(times)) - ORIGIN_TT_S) * L_G / (1.0 - L_G)


def tcl_minus_tcg_s(times: npt.ArrayLike, source: Ephemeris) -> Floats:
    """TCL - TCG, seconds, at the Moon's centre at UTC `times` (t,): the integral of `tcl_rate` since 1977.

    Days are integrated by four Gauss points and interpolated: 0.1 ns of the integral. OutOfRangeError
    outside the ephemeris (less three days).
    """
    table = _integral(source)

    def daily(day: Floats) -> NDArray[np.float64]:
        row = day.astype(np.int64) - table.first_day
        if row.size and (row[0] < 0 or row[-1] >= table.seconds.size):
            first, last = (np.datetime_as_string(end, "D") for end in source.span)
            raise OutOfRangeError(
                "time for TCL", "outside", f"{first} to {last}, three days within", source.source
            )
        return np.asarray(table.seconds[row][:, None])

    return on_grid(daily, (np.atleast_1d(tt_s(times)) - ORIGIN_TT_S) / DAY_S)[:, 0]


def tcl_minus_tt_s(times: npt.ArrayLike, source: Ephemeris) -> Floats:
    """TCL - TT, seconds, at the Moon's centre at UTC `times` (t,). Grows by 58.7 us a day."""
    return tcl_minus_tcg_s(times, source) + tcg_minus_tt_s(times)


def tcl_minus_tdb_s(times: npt.ArrayLike, source: Ephemeris) -> Floats:
    """TCL - TDB, seconds, at the Moon's centre at UTC `times` (t,): as `tcl_minus_tt_s`, less TDB - TT there,
    which is that of the Earth's centre and v_E . r / c^2."""
    tt = np.atleast_1d(tt_s(times))
    at_centre = tdb_minus_tt_s(tt)
    return tcl_minus_tt_s(times, source) - at_centre - _location(source, tt + at_centre)


def surface_rate(height_km: npt.ArrayLike = 0.0, latitude_deg: npt.ArrayLike = 0.0) -> Floats:
    """d(proper time)/d(TCL) - 1 of a clock at rest on the Moon: -(GM/r (1 - J2 (R/r)^2 P2) + spin^2/2) / c^2.

    At the equator and the mean radius -3.14e-11, 2.71 us a day slow against TCL.
    """
    sine = np.sin(np.radians(np.asarray(latitude_deg, np.float64)))
    radius = MOON.equatorial_radius_km + np.asarray(height_km, np.float64)
    oblate = MOON_J2 * (MOON.equatorial_radius_km / radius) ** 2 * (1.5 * sine**2 - 0.5)
    spin = (MOON.rotation_rad_s * radius) ** 2 * (1.0 - sine**2) / 2.0
    return np.asarray(-(MOON.gm_km3_s2 / radius * (1.0 - oblate) + spin) / _C2)


def _location(source: Ephemeris, tdb: Floats) -> Floats:
    """v_E . r / c^2, seconds: what simultaneity in TDB and in TT differ by at the Moon's centre."""
    v, r = source.velocity_km_s_tdb("Earth", tdb, "SSB"), source.position_km_tdb("Moon", tdb)
    return np.asarray(np.einsum("ti,ti->t", v, r) / _C2)


class _Table:
    """TCL - TCG at whole days of TT from 1977-01-01T00:00:00 TAI."""

    def __init__(self, first_day: int, seconds: Floats) -> None:
        self.first_day, self.seconds = first_day, seconds


@cache
def _integral(source: Ephemeris) -> _Table:
    first = int(np.ceil((source.start_tdb_s - ORIGIN_TT_S) / DAY_S)) + 1
    last = int(np.floor((source.end_tdb_s - ORIGIN_TT_S) / DAY_S)) - 1
    nodes, weights = _GAUSS
    at = ORIGIN_TT_S + DAY_S * (np.arange(first, last)[:, None] + (nodes + 1.0) / 2.0)
    each = tcl_rate(source, at.ravel()).reshape(at.shape) @ weights * (DAY_S / 2.0)
    seconds = np.concatenate([[0.0], np.cumsum(each)])
    origin = _location(source, np.array([ORIGIN_TT_S]))[0]  # TCB - TCG there, whose own is 0 at the Earth
    return _Table(first, seconds - seconds[-first] + origin)
