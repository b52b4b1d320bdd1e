"""Rain over time: balance, memory, space, long-term statistics, and the same bits however time is cut."""

from __future__ import annotations

import itertools
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from raabta.base.errors import LimitError, OutOfRangeError
from raabta.links import availability, maps, rain, sites, weather, weather_series

STEP_S = 300.0
YEAR_STEPS = round(365.25 * 86_400 / STEP_S)
LATITUDE = np.array([24.9, 31.5, 33.7, 30.2, 25.1, 51.5, 1.3])
LONGITUDE = np.array([67.0, 74.3, 73.0, 67.0, 62.3, -0.14, 103.8])
HEIGHT = np.array([0.01, 0.21, 0.54, 1.6, 0.03, 0.03, 0.0])


def field(longitude: Any, step_s: float = STEP_S, seed: int = 7) -> weather_series.Storms:
    return weather_series.storms(0.0, longitude, seed=seed, step_s=step_s)


def rain_001_db(frequency_ghz: float = 20.0, elevation_deg: float = 35.0) -> Any:
    return rain.rain_attenuation_001_db(
        LATITUDE,
        elevation_deg,
        frequency_ghz,
        height_km=HEIGHT,
        rain_height_km=rain.rain_height_km(LATITUDE, LONGITUDE),
        rain_rate_001_mmh=maps.rain_rate_001_mmh(LATITUDE, LONGITUDE),
    )


@pytest.fixture(scope="module")
def far_apart() -> Any:
    """Ten years at eight places so far apart that they hardly know of each other, (8, steps)."""
    return field(np.arange(8) * 45.0).process(0, 10 * YEAR_STEPS)


@pytest.fixture(scope="module")
def percent_80_years(far_apart: Any) -> Any:
    """Share of time that each moment of those years stands for, %."""
    return 100.0 * ndtr(-far_apart)


def test_the_published_weights_make_unit_variance() -> None:
    """Four published figures that fit each other: variance 1 to 4e-5 at the recommendation's 1 s step."""
    assert weather_series._variance(1.0) == pytest.approx(1.0, abs=4e-5)


def test_any_cut_of_time_gives_the_same_bits() -> None:
    whole = field([0.0, 0.3, 5.0]).process(0, 5000)
    cuts = [0, 1, 1023, 1024, 1025, 3000, 3000, 5000]
    other = field([0.0, 0.3, 5.0])
    pieces = [other.process(a, b) for a, b in reversed(list(itertools.pairwise(cuts)))]
    assert np.concatenate(pieces[::-1], axis=1).tobytes() == whole.tobytes()


def test_single_steps_are_those_of_the_series_whatever_is_asked_with_them() -> None:
    source = field([0.0, 0.3, 5.0, 0.3])
    asked = [0, 7, 1023, 1024, 4000, 12]
    several = source.at(asked)
    assert several == pytest.approx(source.process(0, 4001)[:, asked], abs=1e-12)
    alone = np.concatenate([field([0.0, 0.3, 5.0, 0.3]).at([step]) for step in asked], axis=1)
    assert several.tobytes() == alone.tobytes()
    assert source.at([]).shape == (4, 0)


def test_a_copy_in_another_process_gives_the_same_bits() -> None:
    source = field([0.0, 0.3])
    copied = pickle.loads(pickle.dumps(source))
    assert copied.process(9000, 9100).tobytes() == source.process(9000, 9100).tobytes()


def test_sites_added_behind_leave_the_others_alone() -> None:
    few, more = field([0.0, 0.3]), field([0.0, 0.3, 0.1, 90.0])
    assert np.array_equal(few.process(500, 2500), more.process(500, 2500)[:2])


def test_sites_at_one_place_share_their_weather() -> None:
    shared = field([3.0, 8.0, 3.0, 1.0]).process(0, 100)
    assert np.array_equal(shared[0], shared[2])
    assert not np.array_equal(shared[0], shared[1])
    assert np.array_equal(field([3.0, 8.0]).process(0, 100), shared[:2])


def test_seed_and_only_the_seed_changes_the_weather() -> None:
    assert not np.array_equal(field([0.0]).process(0, 50), field([0.0], seed=8).process(0, 50))
    assert np.array_equal(field([0.0]).process(0, 50), field([0.0]).process(0, 50))


def test_process_is_standard_normal(far_apart: Any) -> None:
    """80 years hold some 64,000 independent hours of weather: 3 deviations of what chance leaves."""
    assert abs(far_apart.mean()) < 0.02
    assert far_apart.var() == pytest.approx(1.0, abs=0.03)
    for percent, tolerance in ((10.0, 0.04), (1.0, 0.08), (0.1, 0.2)):
        share = far_apart > ndtri(1.0 - percent / 100.0)
        assert share.mean() * 100.0 == pytest.approx(percent, rel=tolerance)


def test_memory_is_that_of_the_two_filters(far_apart: Any) -> None:
    for lag in (1, 4, 16, 64, 256):
        products = (far_apart[:, :-lag] * far_apart[:, lag:]).mean()
        assert products == pytest.approx(weather_series.time_correlation(lag * STEP_S, STEP_S), abs=0.03)
    assert weather_series.time_correlation(0.0, 1.0) == pytest.approx(1.0, rel=1e-12)


def test_blocks_join_without_a_seam(far_apart: Any) -> None:
    steps = np.diff(far_apart, axis=1)
    seams = steps[:, weather_series.BLOCK_STEPS - 1 :: weather_series.BLOCK_STEPS]
    assert seams.std() == pytest.approx(steps.std(), rel=0.03)


def test_one_filter_by_hand() -> None:
    noise = np.random.default_rng(1).standard_normal((2, 777))
    expected, state = [], np.zeros(2)
    for t in range(777):
        state = 0.9 * state + np.sqrt(1.0 - 0.9**2) * noise[:, t]
        expected.append(state)
    assert weather_series._filtered(noise, 0.9) == pytest.approx(np.array(expected).T, abs=1e-12)


def test_nearby_sites_share_a_storm_and_distant_ones_do_not() -> None:
    longitude = np.array([0.0, 0.05, 0.2, 1.0, 4.0, 20.0])
    drawn = field(longitude).process(0, 8 * YEAR_STEPS)
    expected = weather_series.site_correlation(longitude * 111.195)
    assert np.corrcoef(drawn)[0] == pytest.approx(expected, abs=0.04)
    both = [((drawn[0] > 2.326) & (drawn[i] > 2.326)).mean() for i in range(6)]
    assert (np.diff(both) < 0).all(), "joint outage grows with correlation"
    assert both[0] == pytest.approx(0.01, rel=0.25)
    assert both[-1] < 3e-4


def test_correlation_is_the_published_mix() -> None:
    assert weather_series.site_correlation([0.0, 31.0, 800.0]) == pytest.approx(
        [1.0, 0.59 / np.e + 0.41 * np.exp(-31 / 800), 0.59 * np.exp(-800 / 31) + 0.41 / np.e]
    )


def test_fit_equals_iturs() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from itur.models import itu618

        wet = rain.rain_probability_percent(LATITUDE, LONGITUDE)
        fit = weather_series.fit_rain(rain_001_db(), wet, LATITUDE, 35.0)
        for i in range(LATITUDE.size):
            deviation, mean = itu618.fit_rain_attenuation_to_lognormal(
                LATITUDE[i], LONGITUDE[i], 20.0, 35.0, HEIGHT[i], wet[i], 45.0
            )
            assert fit.deviation_ln[i] == pytest.approx(np.ravel(deviation)[0], rel=1e-9)
            assert fit.mean_ln[i] == pytest.approx(np.ravel(mean)[0], rel=1e-8)


def test_how_far_the_recommendations_fit_is_from_p618() -> None:
    """A lognormal cannot follow the P.618 curve: 0.01 to 0.1 % within 35 % in dB, and nothing from P0 up."""
    wet = rain.rain_probability_percent(LATITUDE, LONGITUDE)
    percent = np.array([0.01, 0.03, 0.1])
    for frequency in (12.0, 20.0, 30.0, 50.0):
        a001 = rain_001_db(frequency)
        fit = weather_series.fit_rain(a001, wet, LATITUDE, 35.0)
        curve = rain.scale_to_percent_db(a001[:, None], percent, LATITUDE[:, None], 35.0)
        ratio = fit.exceeded_db(np.broadcast_to(percent, curve.shape)) / curve
        assert ratio.min() > 0.69
        assert ratio.max() < 1.35
        assert (fit.exceeded_db(wet) == 0.0).all()


def test_series_has_the_fits_long_term_statistics(percent_80_years: Any) -> None:
    """Counted over 80 years: dB exceeded for a share of the time, against the fit's own quantile."""
    wet = rain.rain_probability_percent(LATITUDE, LONGITUDE)
    fit = weather_series.fit_rain(rain_001_db(), wet, LATITUDE, 35.0)
    for i in (1, 3):
        one = weather_series.RainFit(*(np.full(8, part[i]) for part in vars(fit).values()))
        series = one.exceeded_db(percent_80_years)
        assert (series > 0).mean() * 100.0 == pytest.approx(wet[i], rel=0.06)
        for percent in (0.1, 0.3):
            counted = np.quantile(series, 1.0 - percent / 100.0)
            assert counted == pytest.approx(one.exceeded_db(percent)[0], rel=0.08)


def test_series_through_the_table_has_p618s_long_term_statistics(percent_80_years: Any) -> None:
    """The other way to decibels: the total of P.618-14 itself, over 80 years, within 6 % in dB."""
    found = weather.site_tables(
        LATITUDE[1],
        LONGITUDE[1],
        HEIGHT[1],
        frequency_ghz=20.0,
        dish_m=0.6,
        efficiency_share=0.65,
        exceedance_percent=np.geomspace(0.001, 50.0, 60),
        elevation_deg=[35.0],
    )
    table = (found.exceedance_percent, found.total_db[0, :, 0])
    series = weather.loss_at_percent_db(percent_80_years, *table)
    asked = np.array([0.1, 0.3, 1.0, 5.0, 20.0])
    counted = np.quantile(series, 1.0 - asked / 100.0)
    assert counted == pytest.approx(weather.loss_at_percent_db(asked, *table), rel=0.06)


def test_attenuation_is_the_fit_at_the_share_of_time_of_the_moment() -> None:
    two = field([0.0, 40.0])
    fit = weather_series.RainFit(np.array([1.0, 0.5]), np.array([1.1, 0.9]), np.array([4.0, 2.0]))
    series = weather_series.attenuation_db(two, fit, 100, 3000)
    percent = two.exceedance_percent(100, 3000)
    assert np.array_equal(series, fit.exceeded_db(percent))
    assert np.array_equal(series > 0.0, percent < [[4.0], [2.0]])
    moment = np.argmin(percent[0])
    assert series[0, moment] == pytest.approx(np.exp(1.0 + 1.1 * ndtri(1.0 - percent[0, moment] / 4.0)))


def test_a_dry_place_and_a_place_above_the_rain_have_no_rain() -> None:
    fit = weather_series.fit_rain([20.0, 0.0, 20.0], [0.0005, 3.0, 3.0], 23.0, 35.0)
    assert np.isnan(fit.mean_ln[:2]).all()
    dry = weather_series.attenuation_db(field([0.0, 1.0, 2.0]), fit, 0, 200_000)
    assert (dry[:2] == 0.0).all()
    assert dry[2].max() > 0.0


def test_fit_of_paths_is_the_fit_of_their_parts() -> None:
    where = sites.read_sites(LATITUDE, LONGITUDE, HEIGHT)
    over = availability.paths(where, 35.0, frequency_ghz=20.0, dish_m=0.6, efficiency_share=0.65)
    wet = rain.rain_probability_percent(LATITUDE, LONGITUDE)
    direct = weather_series.fit_rain(rain_001_db(), wet, LATITUDE, 35.0)
    assert np.array_equal(weather_series.fit_paths(over).mean_ln, direct.mean_ln)
    low = availability.paths(where, 35.0, frequency_ghz=3.0, dish_m=0.6, efficiency_share=0.65)
    with pytest.raises(OutOfRangeError, match=r"frequency is 3 GHz; valid: 4 to 55 GHz \(ITU-R P\.1853-2"):
        weather_series.fit_paths(low)
    with pytest.raises(OutOfRangeError, match=r"elevation is 4 deg; valid: 5 to 90 deg \(ITU-R P\.1853-2"):
        weather_series.fit_rain(20.0, 3.0, 30.0, 4.0)


def test_bad_input_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match=r"time step is 600 s; valid: 1 to 300 s \(ITU-R P\.1853-2"):
        field([0.0], step_s=600.0)
    with pytest.raises(OutOfRangeError, match="latitude is 91 deg"):
        weather_series.storms(91.0, 0.0, seed=1, step_s=60.0)
    with pytest.raises(OutOfRangeError, match="0 <= first <= stop"):
        field([0.0]).process(5, 4)
    with pytest.raises(OutOfRangeError, match="step is -1; valid: 0 or more"):
        field([0.0]).at([3, -1])
    with pytest.raises(LimitError, match="2,001 places in one rain field; at most 2,000"):
        field(np.linspace(0.0, 10.0, 2001))
    assert field([0.0]).process(4, 4).shape == (1, 0)


def test_two_correlated_processes_exceed_thresholds_as_often_as_their_distribution_says():
    """Against SciPy's bivariate normal; at no correlation the product, at full the rarer one."""
    from scipy.stats import multivariate_normal, norm

    for rho in (0.05, 0.41, 0.9, 0.99):
        joint = multivariate_normal([0.0, 0.0], [[1.0, rho], [rho, 1.0]], allow_singular=True)
        for h, k in ((0.84, 0.84), (1.64, 3.4), (2.9, 2.9), (-1.0, 2.0)):
            assert weather_series.both_exceeded(h, k, rho) == pytest.approx(
                joint.cdf([-h, -k]), rel=1e-5, abs=1e-9
            )
    h, k = np.array([0.5, 3.0]), np.array([2.0, 3.0])
    assert weather_series.both_exceeded(h, k, 0.0) == pytest.approx(norm.sf(h) * norm.sf(k))
    assert weather_series.both_exceeded(h, k, 1.0) == pytest.approx(norm.sf(np.maximum(h, k)))
    with pytest.raises(OutOfRangeError, match="correlation"):
        weather_series.both_exceeded(1.0, 1.0, -0.2)
