"""Time scales against SOFA, there and back, and what cannot be known yet."""

from __future__ import annotations

import erfa
import numpy as np
import pytest

from raabta.base import timescales
from raabta.base.errors import OutOfRangeError

TIMES = np.datetime64("1972-03-01", "ns") + np.arange(2_000) * np.timedelta64(10 * 86_400 + 4_321, "s")


def test_known_seconds() -> None:
    """J2000 is 2000-01-01T11:58:55.816 UTC; on 2017-01-01 the 27th leap second had been added."""
    at = np.array(["2000-01-01T11:58:55.816", "2017-01-01T00:00:00"], "datetime64[ns]")
    assert timescales.tt_s(at)[0] == pytest.approx(0.0, abs=1e-12)
    assert timescales.leap_seconds_s(at).tolist() == [32.0, 37.0]
    assert timescales.tai_s(at)[1] == 536_500_800.0 + 37.0


def test_tdb_is_sofas_within_a_nanosecond() -> None:
    tt = timescales.tt_s(TIMES)
    theirs = erfa.dtdb(timescales.J2000_JD, tt / 86_400.0, 0.0, 0.0, 0.0, 0.0)
    assert np.abs(timescales.tdb_minus_tt_s(tt) - theirs).max() < 1e-9
    assert timescales.tdb_s(TIMES) == pytest.approx(tt + theirs, abs=2e-7)


def test_utc_comes_back() -> None:
    """To the last bit of the seconds, 0.2 us; around the leap second of 2016 too."""
    around = np.datetime64("2016-12-31T23:59:58", "ns") + np.arange(8) * np.timedelta64(500, "ms")
    for times in (TIMES, around):
        off = (timescales.utc_from_tdb_s(timescales.tdb_s(times)) - times).astype(np.int64)
        assert np.abs(off).max() <= 250


def test_one_time_alone_has_the_bits_it_has_among_others() -> None:
    alone = [timescales.tdb_s(np.array([time]))[0] for time in TIMES[::97]]
    assert np.array(alone).tobytes() == timescales.tdb_s(TIMES)[::97].tobytes()
    assert timescales.tdb_s(TIMES[:0]).size == 0


def test_before_1972_is_refused_and_far_ahead_is_said() -> None:
    with pytest.raises(OutOfRangeError, match="1971-12-31T23:59:59; valid: 1972-01-01 or later"):
        timescales.tdb_s(np.array(["1971-12-31T23:59:59"], "datetime64[ns]"))
    known = timescales.leap_seconds_known_to()
    assert np.datetime64("2025-06-01") < known < np.datetime64("2040-01-01")
    assert timescales.leap_second_note(known) is None
    note = timescales.leap_second_note(np.array(["2045-01-01"], "datetime64[ns]"))
    assert note is not None
    assert str(known)[:10] in note
