"""Clock: Julian dates, leap seconds, UT1, TT, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import astropy_iers_data
import erfa
import numpy as np
import pytest

from raabta.base import clock
from raabta.base.errors import OutOfRangeError, StoreError


def _times(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[ns]")


def test_julian_dates_of_known_days() -> None:
    jd, fraction = clock.to_jd(_times("2000-01-01T12:00:00", "1970-01-01T00:00:00", "1969-12-31T18:00:00"))
    assert jd.tolist() == [2451544.5, 2440587.5, 2440586.5]
    assert fraction.tolist() == [0.5, 0.0, 0.75]


def test_julian_date_round_trip_is_exact_to_the_nanosecond() -> None:
    ns = np.random.default_rng(5).integers(-4 * 10**17, 3 * 10**18, 20_000)
    times = ns.astype("datetime64[ns]")
    assert (clock.from_jd(*clock.to_jd(times)) == times).all()


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("1973-01-02", 12.0), ("2016-12-31T23:59:59", 36.0), ("2017-01-01", 37.0), ("2026-11-22", 37.0)],
)
def test_leap_seconds(time: str, seconds: float) -> None:
    assert clock.tai_minus_utc_s(_times(time)).tolist() == [seconds]


def test_tt_is_69_184_s_ahead_of_utc_since_2017() -> None:
    day, fraction = clock.tt_jd(_times("2026-11-22T00:00:00"))
    assert day[0] == 2461366.5
    assert fraction[0] * 86_400.0 == pytest.approx(69.184, abs=1e-9)


def test_ut1_at_midnight_is_the_row_of_the_table() -> None:
    lines = Path(astropy_iers_data.IERS_A_FILE).read_text().splitlines()
    line = next(line for line in lines if line[7:15] == "58849.00")  # 2020-01-01, Bulletin B is filled
    day, fraction = clock.ut1_jd(_times("2020-01-01T00:00:00"))
    assert fraction[0] * 86_400.0 == pytest.approx(float(line[154:165]), abs=1e-9)
    x, y = clock.polar_motion_rad(_times("2020-01-01T00:00:00"))
    assert np.degrees([x[0], y[0]]) * 3600 == pytest.approx([float(line[134:144]), float(line[144:154])])
    assert day[0] == 2458849.5


def test_ut1_runs_on_through_a_leap_second() -> None:
    """UTC repeats a second at the end of 2016; UT1 does not: two seconds of it pass between the readings."""
    day, fraction = clock.ut1_jd(_times("2016-12-31T23:59:59", "2017-01-01T00:00:00"))
    passed_s = ((day[1] - day[0]) + (fraction[1] - fraction[0])) * 86_400.0
    assert passed_s == pytest.approx(2.0, abs=1e-7)


def test_ut1_agrees_with_erfa_away_from_leap_seconds() -> None:
    times = _times("2025-03-03T03:04:05.678", "2026-11-22T23:59:59.999")
    table = clock.earth_orientation()
    mjd = times.astype(np.int64) / 86_400e9 + 40_587
    dut1 = np.interp(mjd, table.mjd, table.ut1_minus_tai_s) + 37.0
    ours, theirs = clock.ut1_jd(times), erfa.utcut1(*clock.to_jd(times), dut1)
    assert ((ours[0] - theirs[0]) + (ours[1] - theirs[1])) * 86_400.0 == pytest.approx([0, 0], abs=1e-8)


def test_outside_the_table_says_the_range_and_what_to_do() -> None:
    first, last = clock.eop_range()
    assert first == np.datetime64("1973-01-02")
    clock.check_in_eop_range(np.array([first, last]))
    after = last + np.timedelta64(1, "s")
    with pytest.raises(OutOfRangeError) as caught:
        clock.check_in_eop_range(np.array([first, after]))
    last_day = np.datetime_as_string(last, "D")
    assert str(caught.value) == (
        f"time (UTC) is {last_day}T00:00:01; valid: 1973-01-02 to {last_day}; move the start, or upgrade "
        "astropy-iers-data for later dates (finals2000A.all of astropy-iers-data)"
    )


def test_nat_and_numbers_are_no_times() -> None:
    with pytest.raises(OutOfRangeError, match="time is NaT; valid: a date"):
        clock.to_jd(_times("2026-01-01", "NaT"))
    with pytest.raises(OutOfRangeError, match="time is float64; valid: datetime64 in UTC"):
        clock.to_jd(np.array([2461366.5]))


def test_version_names_the_package_and_the_bytes_read() -> None:
    assert re.fullmatch(r"astropy-iers-data \S+ sha256:[0-9a-f]{64}", clock.eop_version())


def test_a_damaged_table_is_a_store_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Path(astropy_iers_data.IERS_A_FILE).read_text().splitlines(keepends=True)[:50]
    (tmp_path / "finals2000A.all").write_text("".join(good[:20] + good[21:]))
    (tmp_path / "Leap_Second.dat").write_text(Path(astropy_iers_data.IERS_LEAP_SECOND_FILE).read_text())
    monkeypatch.setattr(clock, "_data_file", lambda name: tmp_path / name)
    with pytest.raises(StoreError, match=r"cannot be read \(days are missing.*reinstall astropy-iers-data"):
        clock.earth_orientation.__wrapped__()
