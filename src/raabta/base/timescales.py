"""Time scales: UTC in; TAI, TT and TDB out, TDB as seconds past J2000.

UTC is read as `base.clock` reads it. Leap seconds are those of the installed table; after its last row the
last one is carried on, as none can be known: `leap_second_note` says so for the report.
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np
import numpy.typing as npt

from raabta.base.clock import (
    JD_UNIX_EPOCH,
    MJD_UNIX_EPOCH,
    NS_PER_DAY,
    TT_MINUS_TAI_S,
    Floats,
    Times,
    as_utc,
    earth_orientation,
    leap_seconds_file,
)
from raabta.base.errors import OutOfRangeError
from raabta.base.smooth import on_grid

J2000_JD = 2_451_545.0
J2000_NS = int((J2000_JD - JD_UNIX_EPOCH) * NS_PER_DAY)
"""2000-01-01T12:00 as `datetime64[ns]` counts it."""
DAY_S = 86_400.0
WRITTEN = np.array(["1972-01-01", "2262-01-01"], "datetime64[ns]")
"""UTC has whole leap seconds from the first on; `datetime64[ns]` ends soon after the second."""


def leap_seconds_s(times: npt.ArrayLike) -> Floats:
    """TAI - UTC in seconds from 1972 on, the last known one carried on. OutOfRangeError before 1972."""
    utc = as_utc(times)
    if utc.size and utc.min() < WRITTEN[0]:
        first = np.datetime_as_string(utc.min(), "s")
        valid = "1972-01-01 or later, where UTC has whole leap seconds"
        raise OutOfRangeError("time (UTC)", first, valid, "raabta.base.timescales")
    return _leap_seconds(utc)


def _leap_seconds(utc: Times) -> Floats:
    table = earth_orientation()
    mjd = utc.astype(np.int64) / NS_PER_DAY + MJD_UNIX_EPOCH
    row = np.searchsorted(table.leap_mjd, mjd, side="right") - 1
    return table.tai_minus_utc_s[np.maximum(row, 0)]


def leap_seconds_known_to() -> np.datetime64:
    """The day to which the installed table says that it is complete."""
    found = re.search(r"expires on (\d+) (\w+) (\d{4})", leap_seconds_file().read_text("ascii"))
    if found is None:
        return np.datetime64("1972-01-01", "ns")
    return np.datetime64(datetime.strptime(" ".join(found.groups()), "%d %B %Y"), "ns")


def leap_second_note(times: npt.ArrayLike) -> str | None:
    """A sentence for the report where `times` go beyond the day to which leap seconds are known, or None."""
    utc, known = as_utc(times), leap_seconds_known_to()
    if utc.size == 0 or utc.max() <= known:
        return None
    return (
        f"Leap seconds are known to {np.datetime_as_string(known, 'D')}; later UTC assumes that none is "
        "added (each would move UTC by 1 s against the sky)."
    )


def tai_s(times: npt.ArrayLike) -> Floats:
    """TAI seconds past 2000-01-01T12:00 TAI."""
    return _utc_s(as_utc(times)) + leap_seconds_s(times)


def tt_s(times: npt.ArrayLike) -> Floats:
    """TT seconds past J2000 (2000-01-01T12:00 TT)."""
    return tai_s(times) + TT_MINUS_TAI_S


def tdb_s(times: npt.ArrayLike) -> Floats:
    """TDB seconds past J2000 (2000-01-01T12:00 TDB) at UTC `times` (t,); a float64 there resolves 0.1 us."""
    tt = np.atleast_1d(tt_s(times))
    return tt + tdb_minus_tt_s(tt)


def tdb_minus_tt_s(tt: npt.ArrayLike) -> Floats:
    """TDB - TT at the Earth's centre, seconds, at TT seconds past J2000 (t,).

    The 787 terms of Fairhead and Bretagnon (1990), as SOFA's DTDB has them (good to 3 ns), every day and
    interpolated: within 1 ns of them.
    """
    place = np.atleast_1d(np.asarray(tt, np.float64)) / DAY_S
    return on_grid(_tdb_minus_tt_daily, place)[:, 0]


def _tdb_minus_tt_daily(day: Floats) -> Floats:
    import erfa

    return np.asarray(erfa.dtdb(J2000_JD, day, 0.0, 0.0, 0.0, 0.0))[:, None]


def utc_from_tdb_s(tdb: npt.ArrayLike) -> Times:
    """UTC `datetime64[ns]` of TDB seconds past J2000 (t,): the inverse of `tdb_s`, to 0.2 us."""
    seconds = np.atleast_1d(np.asarray(tdb, np.float64))
    tai = seconds - tdb_minus_tt_s(seconds) - TT_MINUS_TAI_S
    utc = _datetime(tai - 37.0)
    for _ in range(2):
        utc = _datetime(tai - _leap_seconds(utc))
    leap_seconds_s(utc)  # refuses what lies before 1972
    return utc


def _utc_s(utc: Times) -> Floats:
    """Seconds as UTC counts them, days of 86,400 s, past 2000-01-01T12:00."""
    return (utc.astype(np.int64) - J2000_NS) / 1e9


def _datetime(seconds: Floats) -> Times:
    whole = np.floor(seconds)
    ns = whole.astype(np.int64) * 1_000_000_000 + np.rint((seconds - whole) * 1e9).astype(np.int64)
    return np.asarray((ns + J2000_NS).astype("datetime64[ns]"))
