"""GCRF to ITRF: precession and nutation IAU 2006/2000A, Earth rotation angle, polar motion.

Inside the table of the IERS as `base.clock` reads it. Beyond its last day the Earth's rotation is unknown; on
request (`beyond="hold"`) UT1 - TAI is carried on at the rate of the last year and the pole is held, and
`hold_error_s` says how far off that was wherever the table can tell.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from raabta.base.clock import (
    MJD_UNIX_EPOCH,
    NS_PER_DAY,
    Floats,
    Times,
    as_utc,
    check_in_eop_range,
    earth_orientation,
    polar_motion_rad,
    to_jd,
    ut1_jd,
)
from raabta.base.errors import OutOfRangeError
from raabta.base.smooth import on_grid
from raabta.base.timescales import DAY_S, J2000_JD, leap_seconds_s, tt_s

Beyond = Literal["refuse", "hold"]
HALF_DAY = 0.5
RATE_DAYS = 365
"""UT1 - TAI is carried on at its mean rate over so many last days."""
MOST_DAYS = 3_652
"""It is carried on so far at most."""


def gcrf_to_itrf(times: npt.ArrayLike, beyond: Beyond = "refuse") -> Floats:
    """M (t, 3, 3) with r_itrf = M r_gcrf at UTC `times` (t,), equinox-free (IERS Conventions 2010, 5.4.4).

    The pole of IAU 2006/2000A is computed every half day and interpolated, within 1e-12 rad; without the
    IERS's celestial pole offsets (0.3 mas, 1 cm on the ground) and without tides within the day. Times beyond
    the table of the IERS: OutOfRangeError, or held with `beyond="hold"`.
    """
    import erfa

    utc = np.atleast_1d(as_utc(times))
    ut1, pole = _orientation(utc, beyond)
    x, y, s = on_grid(_celestial_pole, tt_s(utc) / DAY_S / HALF_DAY).T
    tt = J2000_JD, tt_s(utc) / DAY_S
    to_cirs = erfa.c2ixys(x, y, s)
    wobble = erfa.pom00(*pole, erfa.sp00(*tt))
    return np.ascontiguousarray(erfa.c2tcio(to_cirs, erfa.era00(*ut1), wobble))


def _celestial_pole(half_days: Floats) -> Floats:
    """X, Y, s of IAU 2006/2000A at half days past J2000 (TT)."""
    import erfa

    return np.stack(erfa.xys06a(J2000_JD, half_days * HALF_DAY), axis=-1)


def _orientation(utc: Times, beyond: Beyond) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """(UT1 as a two-part Julian date, pole (x, y) in radians)."""
    if beyond == "refuse":
        check_in_eop_range(utc)
    elif beyond != "hold":
        raise OutOfRangeError("beyond", repr(beyond), "refuse, hold", "raabta.base.earth_rotation")
    return (_held_ut1(utc), _held_pole(utc)) if beyond == "hold" else (ut1_jd(utc), polar_motion_rad(utc))


def _mjd(utc: Times) -> Floats:
    return np.asarray(utc.astype(np.int64) / NS_PER_DAY + MJD_UNIX_EPOCH)


def _held_ut1(utc: Times) -> tuple[Floats, Floats]:
    table, mjd = earth_orientation(), _mjd(utc)
    _check_holdable(utc)
    ut1_minus_tai = np.interp(mjd, table.mjd, table.ut1_minus_tai_s)
    after = np.maximum(mjd - table.mjd[-1], 0.0)
    ut1_minus_tai += after * _rate_s(table.ut1_minus_tai_s)[-1]
    day, fraction = to_jd(utc)
    return day, fraction + (ut1_minus_tai + leap_seconds_s(utc)) / DAY_S


def _held_pole(utc: Times) -> tuple[Floats, Floats]:
    table, mjd = earth_orientation(), _mjd(utc)
    return np.interp(mjd, table.mjd, table.x_pole_rad), np.interp(mjd, table.mjd, table.y_pole_rad)


def _rate_s(ut1_minus_tai_s: Floats) -> Floats:
    """Mean change per day over RATE_DAYS before each day of a table, from the first that has so many."""
    return np.asarray((ut1_minus_tai_s[RATE_DAYS:] - ut1_minus_tai_s[:-RATE_DAYS]) / RATE_DAYS)


def _check_holdable(utc: Times) -> None:
    table = earth_orientation()
    if utc.size and _mjd(utc).min() < table.mjd[0]:
        check_in_eop_range(utc.min())
    if utc.size and _mjd(utc).max() > table.mjd[-1] + MOST_DAYS:
        last = np.datetime64(round(float(table.mjd[-1])) - MJD_UNIX_EPOCH, "D")
        raise OutOfRangeError(
            "time (UTC)",
            np.datetime_as_string(utc.max(), "s"),
            f"up to ten years beyond {last}; later the Earth's rotation may be more than 5 s off",
            "raabta.base.earth_rotation",
        )


def hold_error_s(times: npt.ArrayLike) -> float:
    """How far UT1 may be off, in seconds, at the latest of `times` when held: the largest error that the same
    rule made as many days ahead anywhere in the table since 1973. 0.1 s is 46 m at the equator."""
    table = earth_orientation()
    utc = np.atleast_1d(as_utc(times))
    ahead = int(np.ceil(max(_mjd(utc).max() - table.mjd[-1], 0.0))) if utc.size else 0
    return _largest_error_s(ahead) if ahead else 0.0


@cache
def _largest_error_s(days: int) -> float:
    table = earth_orientation()
    values = table.ut1_minus_tai_s
    if days >= values.size - RATE_DAYS:
        return float("inf")
    begin = values[RATE_DAYS : values.size - days]
    told = begin + days * _rate_s(values)[: begin.size]
    return float(np.abs(told - values[RATE_DAYS + days :]).max())


def hold_note(times: npt.ArrayLike) -> str | None:
    """A sentence for the report where the Earth's rotation was carried on beyond the table, or None."""
    error = hold_error_s(times)
    if error == 0.0:
        return None
    last = np.datetime64(round(float(earth_orientation().mjd[-1])) - MJD_UNIX_EPOCH, "D")
    return (
        f"The Earth's rotation is known to {last}; beyond it UT1 is carried on at the last year's rate, "
        f"which may be {error:.2f} s off at the end ({error * 0.4651:.2f} km at the equator)."
    )
