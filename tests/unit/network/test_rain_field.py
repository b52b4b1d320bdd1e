"""Drawn weather: how often, where and when it rains together."""

from __future__ import annotations

import pickle
from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.links.tables import PROBABILITY
from raabta.links.weather_series import MOST_SITES
from raabta.network import rain_field
from raabta.network.storms import RAINY

HOUR = {"duration_s": 3_600.0, "step_s": 3_600.0}
WORST = len(PROBABILITY)


def over(latitude_deg, longitude_deg, gateways=networks.GATEWAYS, *, every=1, time=HOUR, **changes):
    """The weather over some places; by default drawn every hour."""
    made = networks.scenario(
        gateways=gateways, weather={"rain_state_every": every, **changes}, time=time, seed=11
    )
    return rain_field.rain(made, np.asarray(latitude_deg, float), np.asarray(longitude_deg, float))


def drawn(rain, count):
    """States of the cells (n, count) and of the gateways (g, count) in the first draws."""
    found = rain_field.draw(rain, range(0, count * rain.every, rain.every)).values()
    return np.array([one.cells for one in found]).T, np.array([one.gateways for one in found]).T


def rainy(states):
    return states > RAINY


@pytest.fixture(scope="module")
def years():
    """Three years, an hour apart: places 0.9 degrees (100 km), 3.6 and 40 degrees from the first; a gateway
    beside the first, one 3,000 km off."""
    near, far = networks.gateway("near", 0.05, 0.0), networks.gateway("far", 0.0, -27.0)
    return drawn(over([0.0, 0.0, 0.0, 0.0], [0.0, 0.9, 3.6, 40.0], (near, far)), 26_000)


def test_neighbouring_areas_rain_together(years):
    """By P.1853-2's correlation: the first place's rain says much of the second's, nothing of the last's."""
    from scipy.stats import multivariate_normal

    wet = rainy(years[0])
    joint = (wet[0] & wet).mean(axis=1)
    assert np.all(np.diff(joint) < 0.0)
    for place, correlation in ((1, 0.38), (2, 0.25), (3, 0.0)):
        expected = multivariate_normal.cdf([-1.645, -1.645], cov=[[1.0, correlation], [correlation, 1.0]])
        assert joint[place] == pytest.approx(expected, rel=0.3), place
    assert joint[1] > 3.0 * 0.05**2


def test_a_storm_takes_both_links_or_one(years):
    user, (near, far) = rainy(years[0][0]), rainy(years[1])
    both, apart = (user & near).mean(), (user & far).mean()
    assert both > 0.5 * user.mean(), "a gateway 6 km away is mostly under the same storm"
    assert (user & ~near).any() and (near & ~user).any(), "but not always"
    assert apart == pytest.approx(user.mean() * far.mean(), abs=0.0015)


def test_a_gateway_has_the_weather_of_where_it_stands():
    beside, across = networks.gateway("beside", 30.0, 67.0), networks.gateway("across", -30.0, 67.0)
    cells, (same, other) = drawn(over([30.0], [67.0], (beside, across)), 1_000)
    assert np.array_equal(cells[0], same) and rainy(same).any()
    assert not np.array_equal(cells[0], other)


def test_draws_near_in_time_are_alike():
    """Ten minutes apart the weather is mostly the same; half a day later it is nearly forgotten."""
    wet = rainy(drawn(over(np.zeros(8), np.arange(8) * 44.0, every=40, time={"step_s": 15.0}), 20_000)[0])
    share = wet.mean()
    again = [(wet[:, :-lag] & wet[:, lag:]).mean() / share for lag in (1, 6, 72)]
    assert 0.5 < again[0] < 0.9
    assert again[0] > again[1] > again[2]
    assert again[2] < 3.0 * share


def test_states_are_as_frequent_as_they_should_be():
    """In 30 places over the globe, half a day apart: 60,000 draws that hardly know of each other."""
    latitude = np.repeat([-60.0, 0.0, 60.0], 10)
    states = drawn(over(latitude, np.tile(np.arange(10) * 36.0 - 170.0, 3), every=12), 2_000)[0]
    expected = np.zeros(1 + WORST)
    expected[0], expected[2:] = PROBABILITY[0], PROBABILITY[1:]
    expected[WORST] += 1.0 - sum(PROBABILITY)
    share = np.bincount(states.ravel(), minlength=expected.size) / states.size
    error = np.sqrt(expected * (1.0 - expected) / states.size)
    assert share[1] == 0.0, "dry is clear sky, not its deepest fade"
    assert np.all(np.abs(share - expected) <= 5.0 * error)


def test_a_draw_is_seeded_and_the_same_however_time_is_cut():
    network = networks.build(networks.scenario(weather={"storm_km": 40.0}))
    copy = pickle.loads(pickle.dumps(network.rain))
    whole = rain_field.draw(network.rain, range(9_000))
    assert list(whole) == list(range(0, 9_000, 4))
    for first, last in pairwise([0, 1, 2_047, 4_100, 9_000]):
        for slot, one in rain_field.draw(copy, range(first, last)).items():
            assert np.array_equal(one.cells, whole[slot].cells)
            assert np.array_equal(one.gateways, whole[slot].gateways)
    other = networks.build(networks.scenario(weather={"storm_km": 40.0}, seed=7)).rain
    assert any(
        not np.array_equal(one.cells, whole[s].cells) for s, one in rain_field.draw(other, range(999)).items()
    )


def test_one_area_has_one_weather_and_gateways_behind_do_not_change_it():
    network = networks.build(networks.scenario(weather={"storm_km": 40.0}))
    fewer = networks.build(networks.scenario(weather={"storm_km": 40.0}, gateways=networks.GATEWAYS[:1]))
    cells, gateways = drawn(network.rain, 500)
    assert 4 < np.unique(network.rain.area).size < 61
    for area in np.unique(network.rain.area):
        assert np.all(np.ptp(cells[network.rain.area == area], axis=0) == 0)
    found = drawn(fewer.rain, 500)
    assert np.array_equal(found[0], cells) and np.array_equal(found[1][0], gateways[0])


def test_large_countries_have_larger_squares():
    latitude, longitude = (part.ravel() for part in np.meshgrid(np.arange(-45.0, 46.0), np.arange(0.0, 90.0)))
    fine, side_km = rain_field.storm_areas(latitude, longitude, 100.0, 10_000)
    assert fine.max() + 1 > MOST_SITES, "more squares than a field holds"
    assert side_km == 100.0
    rain = over(latitude, longitude)
    places = rain.field.latitude_deg.size
    assert MOST_SITES / 3 < places <= MOST_SITES
    assert np.array_equal(np.unique(rain.area), np.arange(places - len(networks.GATEWAYS)))
    assert len(rain.notes) == 1
    assert f"squares of {rain.side_km:.0f} km, not of 100 km: one field holds 2,000 places" in rain.notes[0]
    assert over(latitude[:50], longitude[:50]).notes == ()
    assert rain_field.storm_areas(latitude, longitude, 1e-3, 7)[0].max() < 7
