"""Lunar coordinate time: its rate, its terms, and its definition by the barycentre."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base import lunar_time
from raabta.base.bodies import EARTH
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.timescales import tdb_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S

YEARS = np.datetime64("1978-01-01", "ns") + np.arange(0, 70 * 365) * np.timedelta64(86_400, "s")
DAY_US = 86_400e6


def fitted(seconds: np.ndarray, values: np.ndarray, periods_days: list[float]) -> tuple[float, np.ndarray]:
    """(rate, amplitudes): a straight line and sinusoids by least squares."""
    angle = [2.0 * np.pi * seconds / 86_400.0 / period for period in periods_days]
    columns = [
        np.ones_like(seconds),
        seconds - seconds.mean(),
        *(f(a) for a in angle for f in (np.sin, np.cos)),
    ]
    found = np.linalg.lstsq(np.column_stack(columns), values, rcond=None)[0]
    return float(found[1]), np.hypot(found[2::2], found[3::2])


def test_rate_and_terms_are_those_of_the_lunar_time_ephemeris() -> None:
    """LTE440 (Lu, Yang and Xie 2025, arXiv:2506.19213): mean rate 1 + 6.798355238e-10 against TDB, an annual
    term of 1,651 us (over 1,100 years; 1,657 us now, as the Earth's orbit loses eccentricity) and a monthly
    one of 126.308 us. Seventy years of ours: the rate within 2e-15."""
    source = ephemeris()
    rate, (annual, monthly) = fitted(
        tdb_s(YEARS), lunar_time.tcl_minus_tdb_s(YEARS, source), [365.26590909, 29.53053800]
    )
    assert rate == pytest.approx(6.798355238e-10, abs=2e-15)
    assert annual * 1e6 == pytest.approx(1651.364, rel=0.005)
    assert monthly * 1e6 == pytest.approx(126.308, abs=0.2)


def test_a_clock_on_the_moon_gains_56_microseconds_a_day() -> None:
    """Ashby and Patla (2024), doi:10.3847/1538-3881/ad643a: 56.02 us a day against one on the geoid."""
    rate, _ = fitted(tdb_s(YEARS), lunar_time.tcl_minus_tt_s(YEARS, ephemeris()), [27.554551])
    assert (rate + lunar_time.surface_rate()) * DAY_US == pytest.approx(56.02, abs=0.01)
    assert lunar_time.surface_rate() == pytest.approx(-3.13881e-11, rel=1e-3)  # theirs: the selenoid
    assert lunar_time.surface_rate(100.0) > lunar_time.surface_rate(0.0)


def test_the_rate_is_that_of_the_definition_by_tcb() -> None:
    """dTCL/dTCB = 1 - (v^2/2 + U_sun + U_earth) / c^2 about the barycentre, with TDB = (1 - L_B) TCB: planets
    are left out there, Jupiter's potential is 1.8e-12 on average and moves by 4e-13."""
    source, times = ephemeris(), YEARS[5_000:5_400]
    seconds = tdb_s(times)
    v = source.velocity_km_s_tdb("Moon", seconds, "SSB")
    to_sun = np.linalg.norm(source.position_km_tdb("Sun", seconds, "Moon"), axis=1)
    to_earth = np.linalg.norm(source.position_km_tdb("Earth", seconds, "Moon"), axis=1)
    potential = lunar_time.GM_SUN_KM3_S2 / to_sun + EARTH.gm_km3_s2 / to_earth
    slow = (np.einsum("ti,ti->t", v, v) / 2.0 + potential) / SPEED_OF_LIGHT_KM_S**2
    defined = 1.550519768e-8 - slow
    around = np.array([-43_200, 43_200]).astype("timedelta64[s]")
    ends = [lunar_time.tcl_minus_tdb_s(times + step, source) for step in around]
    ours = (ends[1] - ends[0]) / 86_400.0
    assert np.abs(defined - ours - (defined - ours).mean()).max() < 1e-12
    assert 1e-12 < (defined - ours).mean() < 4e-12
    assert np.ptp(ours) > 5e-10


def test_tcl_is_tcb_at_the_moons_centre_in_1977() -> None:
    """TDB = TCB - L_B (t - t0) - 65.5 us, so TCL - TDB is 65.5 us at the origin (IAU 2006, resolution B3)."""
    origin = np.array(["1977-01-01T00:00:00"], "datetime64[ns]") - np.timedelta64(15, "s")
    assert lunar_time.tcl_minus_tdb_s(origin, ephemeris())[0] * 1e6 == pytest.approx(65.5, abs=0.1)
    assert lunar_time.tcg_minus_tt_s(origin)[0] == pytest.approx(0.0, abs=1e-15)


def test_what_the_ephemeris_does_not_cover_is_refused() -> None:
    late = np.array(["2053-10-08T12:00"], "datetime64[ns]")
    with pytest.raises(OutOfRangeError, match="1972-01-01 to 2053-10-08"):
        lunar_time.tcl_minus_tt_s(late, ephemeris())
