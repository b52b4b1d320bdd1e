"""What must hold for any link: monotonicity, vector against scalar, ladders, conversions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.links import antenna, budget, modcod, nr, rain, weather

LATITUDES = st.floats(-60.0, 60.0)
LONGITUDES = st.floats(-180.0, 180.0)
ELEVATIONS = st.floats(5.0, 90.0)
FREQUENCIES = st.floats(1.0, 55.0)
RATES = st.floats(1.0, 150.0)


def tables(
    latitude: Any, longitude: Any, frequency: float, percent: Any, elevation: Any
) -> weather.SiteTables:
    return weather.site_tables(
        latitude,
        longitude,
        0.2,
        frequency_ghz=frequency,
        dish_m=0.6,
        efficiency_share=0.65,
        exceedance_percent=percent,
        elevation_deg=elevation,
    )


@settings(deadline=None, max_examples=40)
@given(latitude=LATITUDES, longitude=LONGITUDES, frequency=FREQUENCIES)
def test_more_rain_never_lowers_the_loss(latitude: float, longitude: float, frequency: float) -> None:
    found = tables(
        latitude, longitude, frequency, np.geomspace(0.001, 50.0, 25), [5.0, 12.0, 25.0, 60.0, 90.0]
    )
    assert np.isfinite(found.total_db).all()
    assert (np.diff(found.total_db, axis=1) <= 0).all()
    assert (found.total_db >= found.clear_db[:, None, :]).all()
    assert (np.diff(found.gas_db, axis=1) < 0).all()
    assert (np.diff(found.clear_db, axis=1) < 0).all()


@settings(deadline=None, max_examples=40)
@given(
    places=st.lists(st.tuples(LATITUDES, LONGITUDES), min_size=2, max_size=5),
    frequency=FREQUENCIES,
    percent=st.floats(0.001, 50.0),
    elevation=ELEVATIONS,
)
def test_scalar_equals_vector(
    places: list[tuple[float, float]], frequency: float, percent: float, elevation: float
) -> None:
    latitude, longitude = np.array(places).T
    many = tables(latitude, longitude, frequency, [percent], [elevation])
    for i, place in enumerate(places):
        one = tables(*place, frequency, percent, elevation)
        np.testing.assert_allclose(one.total_db[0], many.total_db[i], rtol=1e-9)
        np.testing.assert_allclose(one.clear_db[0], many.clear_db[i], rtol=1e-9)


@settings(deadline=None, max_examples=150)
@given(low=st.floats(10.0, 29.9), step=st.floats(0.01, 10.0), rate=RATES, elevation=ELEVATIONS)
def test_rain_grows_with_frequency(low: float, step: float, rate: float, elevation: float) -> None:
    a, b = (
        float(
            rain.rain_attenuation_001_db(
                30.0, elevation, f, height_km=0.2, rain_height_km=5.0, rain_rate_001_mmh=rate
            )
        )
        for f in (low, min(low + step, 30.0))
    )
    assert b >= a


@settings(deadline=None, max_examples=150)
@given(rate=RATES, more=st.floats(0.0, 50.0), f=FREQUENCIES, tilt=st.floats(0.0, 90.0), el=ELEVATIONS)
def test_specific_attenuation_grows_with_rain(
    rate: float, more: float, f: float, tilt: float, el: float
) -> None:
    low, high = rain.specific_attenuation_db_km(np.array([rate, rate + more]), f, el, tilt)
    assert 0.0 < low <= high


@settings(deadline=None, max_examples=200)
@given(st.floats(1.9e-4, 70.0))
def test_worst_month_round_trip(percent: float) -> None:
    annual = weather.annual_percent(percent)
    assert annual < percent
    np.testing.assert_allclose(weather.worst_month_percent(annual), percent, rtol=1e-12)


@settings(deadline=None, max_examples=150)
@given(
    level=st.floats(-10.0, 30.0),
    fade=st.floats(0.0, 20.0),
    margin=st.floats(0.0, 3.0),
    bits=st.integers(2, 8),
)
def test_rate_never_rises_in_a_fade(level: float, fade: float, margin: float, bits: int) -> None:
    steps = modcod.ladder(margin, bits)

    def rate(at: float) -> float:
        step = int(np.searchsorted(steps.thresholds_db, at, side="right")) - 1
        return float(steps.efficiency_bit_symbol[step]) if step >= 0 else 0.0

    assert rate(level - fade) <= rate(level)
    mode, efficiency = modcod.best(level, margin, bits)
    if int(mode) >= 0:
        table = modcod.modcod_table()
        assert table.threshold_db[int(mode)] + margin <= level
        assert table.bits[int(mode)] <= bits
        assert float(efficiency) < np.log2(1.0 + 10.0 ** (level / 10.0))


@settings(deadline=None, max_examples=100)
@given(level=st.floats(-12.0, 30.0), gap=st.floats(0.0, 5.0))
def test_no_return_mode_beats_shannon(level: float, gap: float) -> None:
    _, efficiency = nr.best(level, 0.0, 6, gap)
    assert float(efficiency) <= np.log2(1.0 + 10.0 ** (level / 10.0)) * (1 + 1e-12)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.floats(-30.0, 60.0), min_size=1, max_size=6))
def test_joined_ratios_are_below_the_worst(ratios: list[float]) -> None:
    joined = float(budget.combine_db(*ratios))
    assert joined <= min(ratios) + 1e-9
    assert joined >= min(ratios) - 10.0 * np.log10(len(ratios)) - 1e-9
    np.testing.assert_allclose(joined, budget.combine_db(*sorted(ratios)), atol=1e-9)


@settings(deadline=None, max_examples=150)
@given(
    clear=st.floats(0.0, 3.0),
    fade=st.floats(0.0, 40.0),
    more=st.floats(0.0, 10.0),
    temperature=st.floats(20.0, 1000.0),
)
def test_noise_rises_with_the_fade_and_is_bounded(
    clear: float, fade: float, more: float, temperature: float
) -> None:
    low, high = budget.noise_rise_db(np.array([clear + fade, clear + fade + more]), clear, temperature)
    assert 0.0 <= low <= high <= 10.0 * np.log10(1.0 + 275.0 / temperature)


@settings(deadline=None, max_examples=150)
@given(angle=st.floats(0.0, 180.0), aperture=st.floats(0.05, 10.0), f=FREQUENCIES)
def test_pattern_never_exceeds_its_peak(angle: float, aperture: float, f: float) -> None:
    value = float(antenna.aperture_pattern_db(angle, aperture, f))
    assert antenna.FLOOR_DB <= value <= 0.0
    assert value == float(antenna.aperture_pattern_db(-angle, aperture, f))
