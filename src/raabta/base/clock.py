"""Time: UTC `datetime64[ns]` in, Julian dates of UTC, UT1 and TT out, Earth orientation with it.

Earth-orientation data are an input like any other: they come from the installed `astropy-iers-data` package,
are parsed here once, never fetched, and `eop_version()` names them for provenance. UTC is read as
`datetime64` counts it (days of 86,400 s; the inside of a leap second cannot be written).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError, StoreError

Times = npt.NDArray[np.datetime64]
Floats = npt.NDArray[np.float64]

NS_PER_DAY = 86_400_000_000_000
JD_UNIX_EPOCH = 2_440_587.5
MJD_UNIX_EPOCH = 40_587
TT_MINUS_TAI_S = 32.184
ARCSEC_RAD = np.pi / 648_000.0
_SOURCE = "finals2000A.all of astropy-iers-data"


@dataclass(frozen=True, slots=True)
class EarthOrientation:
    """Daily Earth orientation, one row per UTC midnight (Bulletin B where filled, else Bulletin A).

    `mjd` (n,), `ut1_minus_tai_s` (n,): free of leap seconds, so it may be interpolated; `x_pole_rad`,
    `y_pole_rad` (n,); `leap_mjd` (m,), `tai_minus_utc_s` (m,).
    """

    mjd: Floats
    ut1_minus_tai_s: Floats
    x_pole_rad: Floats
    y_pole_rad: Floats
    leap_mjd: Floats
    tai_minus_utc_s: Floats
    version: str


def as_utc(times: npt.ArrayLike) -> Times:
    """`times` as a `datetime64[ns]` array; NaT and anything that is no date is refused (OutOfRangeError)."""
    array = np.asarray(times)
    if array.dtype.kind != "M":
        raise OutOfRangeError("time", array.dtype, "datetime64 in UTC", "raabta.base.clock")
    if array.size and bool(np.isnat(array).any()):
        raise OutOfRangeError("time", "NaT", "a date", "raabta.base.clock")
    utc: Times = array.astype("datetime64[ns]")
    return utc


def to_jd(times: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Two-part Julian date of UTC: (JD of the midnight before, fraction of the day in [0, 1))."""
    days, rest = np.divmod(as_utc(times).astype(np.int64), NS_PER_DAY)
    return days + JD_UNIX_EPOCH, rest / NS_PER_DAY


def from_jd(jd1: npt.ArrayLike, jd2: npt.ArrayLike) -> Times:
    """`datetime64[ns]` from a two-part Julian date of UTC (inverse of `to_jd`, exact to 1 ns)."""
    whole1, frac1 = np.divmod(np.asarray(jd1, np.float64) - JD_UNIX_EPOCH, 1.0)
    whole2, frac2 = np.divmod(np.asarray(jd2, np.float64), 1.0)
    days = (whole1 + whole2).astype(np.int64)
    nanoseconds = np.rint(frac1 * NS_PER_DAY).astype(np.int64) + np.rint(frac2 * NS_PER_DAY).astype(np.int64)
    utc: Times = (days * NS_PER_DAY + nanoseconds).astype("datetime64[ns]")
    return utc


def tai_minus_utc_s(times: npt.ArrayLike) -> Floats:
    """TAI - UTC in seconds (leap seconds), from 1972 on."""
    table = earth_orientation()
    mjd = _checked_mjd(as_utc(times), table)
    return table.tai_minus_utc_s[np.searchsorted(table.leap_mjd, mjd, side="right") - 1]


def ut1_jd(times: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Two-part Julian date of UT1. OutOfRangeError outside the Earth-orientation table."""
    utc = as_utc(times)
    table = earth_orientation()
    ut1_minus_tai = np.interp(_checked_mjd(utc, table), table.mjd, table.ut1_minus_tai_s)
    return _shifted_jd(utc, ut1_minus_tai + tai_minus_utc_s(utc))


def tt_jd(times: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Two-part Julian date of TT."""
    utc = as_utc(times)
    return _shifted_jd(utc, tai_minus_utc_s(utc) + TT_MINUS_TAI_S)


def polar_motion_rad(times: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Coordinates of the pole (x, y), radians, linear between the daily values."""
    table = earth_orientation()
    mjd = _checked_mjd(as_utc(times), table)
    return np.interp(mjd, table.mjd, table.x_pole_rad), np.interp(mjd, table.mjd, table.y_pole_rad)


def eop_range() -> tuple[np.datetime64, np.datetime64]:
    """First and last UTC time that the Earth-orientation table covers (predictions included)."""
    mjd = earth_orientation().mjd
    return _midnight(mjd[0]), _midnight(mjd[-1])


def eop_version() -> str:
    """What identifies the Earth-orientation data: package version and SHA-256 of the two files read."""
    return earth_orientation().version


def check_in_eop_range(times: npt.ArrayLike) -> None:
    """OutOfRangeError if any of `times` (UTC) lies outside the Earth-orientation table."""
    _checked_mjd(as_utc(times), earth_orientation())


@cache
def earth_orientation() -> EarthOrientation:
    """The table, read once per process. StoreError if the installed data cannot be read."""
    finals, leaps = _data_file("finals2000A.all"), leap_seconds_file()
    try:
        finals_bytes, leap_bytes = finals.read_bytes(), leaps.read_bytes()
        leap_mjd, tai_utc = _parse_leap_seconds(leap_bytes.decode("ascii"))
        mjd, ut1_utc, x_pole, y_pole = _parse_finals(finals_bytes.decode("ascii"))
    except (OSError, ValueError, IndexError) as error:
        raise StoreError(
            f"{finals.parent}: the Earth-orientation data cannot be read ({error}); "
            "reinstall astropy-iers-data"
        ) from error
    digest = hashlib.sha256(finals_bytes + leap_bytes).hexdigest()
    ut1_tai = ut1_utc - tai_utc[np.searchsorted(leap_mjd, mjd, side="right") - 1]
    name = f"astropy-iers-data {version('astropy-iers-data')} sha256:{digest}"
    return EarthOrientation(mjd, ut1_tai, x_pole, y_pole, leap_mjd, tai_utc, name)


def leap_seconds_file() -> Path:
    """Where the installed table of leap seconds lies."""
    return _data_file("Leap_Second.dat")


def _data_file(name: str) -> Path:
    spec = find_spec("astropy_iers_data")
    if spec is None or spec.origin is None:
        raise StoreError("astropy-iers-data is not installed; it brings the Earth-orientation tables")
    return Path(spec.origin).parent / "data" / name


def _parse_finals(text: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Columns by ReadMe.finals2000A: MJD 8-15, PM A 19-27 38-46, UT1 A 59-68; B 135-144 145-154 155-165."""
    rows = [_finals_row(line) for line in text.splitlines() if line[58:68].strip()]
    mjd, ut1_utc, x_pole, y_pole = (np.array(column, np.float64) for column in zip(*rows, strict=True))
    if bool((np.diff(mjd) != 1.0).any()):
        raise ValueError("days are missing or out of order in finals2000A.all")
    return mjd, ut1_utc, x_pole * ARCSEC_RAD, y_pole * ARCSEC_RAD


def _finals_row(line: str) -> tuple[float, float, float, float]:
    final = all(line[a:b].strip() for a, b in ((134, 144), (144, 154), (154, 165)))
    x, y, ut1 = (134, 144), (144, 154), (154, 165)
    if not final:
        x, y, ut1 = (18, 27), (37, 46), (58, 68)
    return float(line[7:15]), float(line[slice(*ut1)]), float(line[slice(*x)]), float(line[slice(*y)])


def _parse_leap_seconds(text: str) -> tuple[Floats, Floats]:
    """Columns of Leap_Second.dat: MJD, day, month, year, TAI-UTC (s)."""
    rows = [line.split() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return np.array([float(row[0]) for row in rows]), np.array([float(row[4]) for row in rows])


def _checked_mjd(utc: Times, table: EarthOrientation) -> Floats:
    nanoseconds = utc.astype(np.int64)
    mjd: Floats = nanoseconds / NS_PER_DAY + MJD_UNIX_EPOCH
    bad = (mjd < table.mjd[0]) | (mjd > table.mjd[-1])
    if bool(np.any(bad)):
        first = np.atleast_1d(utc)[np.argmax(np.atleast_1d(bad))]
        raise OutOfRangeError("time (UTC)", np.datetime_as_string(first, "s"), _range_text(table), _SOURCE)
    return mjd


def _range_text(table: EarthOrientation) -> str:
    first, last = (np.datetime_as_string(_midnight(mjd), "D") for mjd in (table.mjd[0], table.mjd[-1]))
    return f"{first} to {last}; move the start, or upgrade astropy-iers-data for later dates"


def _midnight(mjd: float) -> np.datetime64:
    return np.datetime64((round(mjd) - MJD_UNIX_EPOCH) * NS_PER_DAY, "ns")


def _shifted_jd(utc: Times, shift_s: Floats) -> tuple[Floats, Floats]:
    jd, fraction = to_jd(utc)
    return jd, fraction + shift_s / 86_400.0
