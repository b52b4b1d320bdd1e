"""Drawn weather: how often, where and when it rains together, and what a storm at a gateway takes."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.links.tables import PROBABILITY
from raabta.links.weather_series import MOST_SITES
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network import storms
from raabta.network.chunk import run_chunk
from raabta.network.model import SLOT_UNIT
from raabta.network.record_kernels import tally_storm
from raabta.network.storms import Drawn

HOUR = {"duration_s": 3_600.0, "step_s": 3_600.0}
WORST = len(PROBABILITY)


def over(latitude_deg, longitude_deg, gateways=networks.GATEWAYS, *, every=1, time=HOUR, **changes):
    """The weather over some places; by default drawn every hour."""
    made = networks.scenario(
        gateways=gateways, weather={"rain_state_every": every, **changes}, time=time, seed=11
    )
    return storms.rain(made, np.asarray(latitude_deg, float), np.asarray(longitude_deg, float))


def drawn(rain, count):
    """States of the cells (n, count) and of the gateways (g, count) in the first draws."""
    found = storms.draw(rain, range(0, count * rain.every, rain.every)).values()
    return np.array([one.cells for one in found]).T, np.array([one.gateways for one in found]).T


def rainy(states):
    return states > storms.RAINY


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
    whole = storms.draw(network.rain, range(9_000))
    assert list(whole) == list(range(0, 9_000, 4))
    for first, last in pairwise([0, 1, 2_047, 4_100, 9_000]):
        for slot, one in storms.draw(copy, range(first, last)).items():
            assert np.array_equal(one.cells, whole[slot].cells)
            assert np.array_equal(one.gateways, whole[slot].gateways)
    other = networks.build(networks.scenario(weather={"storm_km": 40.0}, seed=7)).rain
    assert any(
        not np.array_equal(one.cells, whole[s].cells) for s, one in storms.draw(other, range(999)).items()
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
    fine, side_km = storms.storm_areas(latitude, longitude, 100.0, 10_000)
    assert fine.max() + 1 > MOST_SITES, "more squares than a field holds"
    assert side_km == 100.0
    rain = over(latitude, longitude)
    places = rain.field.latitude_deg.size
    assert MOST_SITES / 3 < places <= MOST_SITES
    assert np.array_equal(np.unique(rain.area), np.arange(places - len(networks.GATEWAYS)))
    assert len(rain.notes) == 1
    assert f"squares of {rain.side_km:.0f} km, not of 100 km: one field holds 2,000 places" in rain.notes[0]
    assert over(latitude[:50], longitude[:50]).notes == ()
    assert storms.storm_areas(latitude, longitude, 1e-3, 7)[0].max() < 7


def scene(gateways=networks.GATEWAYS, homes=200.0):
    """Two satellites over the cells; each sees every gateway, the first takes Quetta, the nearest."""
    network = networks.build(networks.scenario(gateways=gateways), homes=homes)
    sky = sky_of.observe_sky(network, networks.over((29.8, 66.6), (28.2, 65.4)))
    return network, sky, slots.allocate(network, sky, np.zeros(61, np.int64))


def everywhere(network, cells=0, gateways=0):
    """One state for all cells, and one or (g,) for the gateways."""
    sites = len(network.scenario.gateways)
    return Drawn(np.full(61, cells), np.broadcast_to(np.asarray(gateways), (sites,)).copy())


SPLIT = (
    networks.gateway("Quetta", antennas=1),
    networks.gateway("Karachi", 24.86, 67.0, antennas=1),
)
NARROW = tuple(
    gateway.model_copy(update={"bandwidth_mhz": 200.0, "return_bandwidth_mhz": 200.0}) for gateway in SPLIT
)
"""Their feeders are what is full."""
HOMES = 100.0


def test_a_feeder_has_the_weather_of_its_gateway():
    network, sky, _ = scene(SPLIT)
    assert sorted(sky.gateway.tolist()) == [0, 1]
    clear = sky_of.feeder_mbps(network, sky.gateway, sky.feeder_cosecant[:, 0])
    under = storms.feeders_mbps(network, sky, np.array([WORST, 0]))
    stormy = sky.gateway == 0
    assert np.array_equal(under[~stormy], clear[~stormy])
    assert np.all(under[stormy] < clear[stormy])
    table = network.feeder.rate_mbps[0, :, WORST]
    assert np.all(under[stormy] <= table.max(axis=1)) and np.all(under[stormy] >= table.min(axis=1))
    assert np.array_equal(storms.feeders_mbps(network, sky, np.zeros(2, np.int64)), clear)


def test_of_a_pair_of_gateways_the_better_one_carries():
    pair = (
        networks.gateway("Quetta", diversity_partner="Karachi"),
        networks.gateway("Karachi", 24.86, 67.0),
    )
    network, sky, _ = scene(pair)
    own = np.flatnonzero((sky.feeders == [0, 1]).all(axis=1))
    assert own.size > 0
    by_partner = sky_of.feeder_mbps(network, sky.feeders[:, 1], sky.feeder_cosecant[:, 1])
    clear = sky_of.feeder_mbps(network, sky.feeders[:, 0], sky.feeder_cosecant[:, 0])
    assert np.array_equal(storms.feeders_mbps(network, sky, np.array([WORST, 0]))[own], by_partner[own])
    assert np.array_equal(storms.feeders_mbps(network, sky, np.array([0, WORST]))[own], clear[own])
    both = storms.feeders_mbps(network, sky, np.array([WORST, WORST]))
    assert np.all(both[own] < clear[own])


def keep(network, found, clear):
    """What the run makes of one storm: the sums of every cell."""
    sums = np.zeros((2, 61), np.int64)
    tally_storm(found.counted, clear.level, found.level, SLOT_UNIT, *sums)
    return sums


def test_a_storm_over_every_gateway_is_told_but_not_counted_twice():
    """No satellite carries its load: `weigh` has charged every cell with that, and the figures tell it."""
    network, sky, clear = scene(NARROW, homes=HOMES)
    found = storms.storm(network, sky, clear, everywhere(network, gateways=WORST))
    lit = clear.satellite >= 0
    assert lit.any() and not found.counted[lit].any()
    assert keep(network, found, clear)[:, lit].sum() == 0
    figures = found.figures
    assert figures.cells_met == figures.clear_met and figures.wet_met < figures.clear_met
    assert figures.wet_mbps < figures.cells_mbps == figures.clear_mbps
    assert (figures.rainy_cells, figures.rainy_gateways, figures.rainy_both) == (0.0, 1.0, 0.0)


def test_a_gateway_in_a_storm_costs_cells_of_other_gateways_what_their_neighbours_take_there():
    network, sky, clear = scene(NARROW, homes=HOMES)
    lit = clear.satellite >= 0
    stormy = lit & (sky.gateway[clear.satellite] == 1)
    spared = lit & ~stormy
    assert stormy.any() and spared.any()
    found = storms.storm(network, sky, clear, everywhere(network, gateways=[0, WORST]))
    assert np.array_equal(found.counted[lit], spared[lit])
    before, after = keep(network, found, clear)
    assert after[spared].sum() < before[spared].sum(), "who loses the first satellite asks the second"
    assert not before[stormy].any()


def test_a_gateway_that_is_drowned_out_carries_nothing():
    """No mode closes in the worst state: what its satellite had goes to the other one, or is lost."""
    network, sky, clear = scene(NARROW, homes=HOMES)
    rate_mbps = network.feeder.rate_mbps.copy()
    rate_mbps[1, :, WORST] = 0.0
    network = replace(network, feeder=replace(network.feeder, rate_mbps=rate_mbps))
    found = storms.storm(network, sky, clear, everywhere(network, gateways=[0, WORST]))
    assert np.isfinite(found.level).all() and np.isfinite(found.figures).all()
    assert 0.0 < found.figures.wet_mbps < found.figures.clear_mbps
    nothing = storms.storm(network, sky, clear, everywhere(network, gateways=[0, 0]))
    assert nothing.level.tobytes() == clear.level.tobytes()


def test_a_light_shower_that_takes_nothing_changes_nothing():
    """A feeder that carries its load all the same spares its cells."""
    network, sky, clear = scene(homes=2.0)
    found = storms.storm(network, sky, clear, everywhere(network, gateways=2))
    assert found.counted.all()
    assert found.level == pytest.approx(clear.level)


def test_a_wet_cell_is_not_counted():
    network, sky, clear = scene()
    weather = everywhere(network)
    weather.cells[::3] = 5
    found = storms.storm(network, sky, clear, weather)
    assert np.array_equal(found.counted, weather.cells == 0)
    assert found.figures.rainy_cells == pytest.approx(21 / 61)
    dry = storms.storm(network, sky, clear, everywhere(network))
    assert dry.level.tobytes() == clear.level.tobytes() and dry.counted.all()


def test_a_run_keeps_the_storms_that_are_drawn():
    network = networks.build(homes=4_000.0)
    rain = network.rain
    worst = next(
        slot
        for slot, one in storms.draw(rain, range(9_000)).items()
        if one.gateways.max() > 5 and one.cells.max() > 2
    )
    scenario = network.scenario.model_copy(
        update={"time": network.scenario.time.model_copy(update={"duration_s": 7e5})}
    )
    part = run_chunk(replace(network, scenario=scenario), [worst])
    row = storms.Figures(*part["storms"][0, 1:])
    one = storms.draw(rain, [worst])[worst]
    assert part["storms"][0, 0] == worst
    assert row.rainy_cells == pytest.approx((one.cells > 2).mean())
    assert row.rainy_gateways == pytest.approx((one.gateways > 2).mean())
    assert row.clear_mbps >= row.wet_mbps
