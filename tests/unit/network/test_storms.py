"""What a storm at a gateway takes of a slot."""

from __future__ import annotations

from dataclasses import replace

import networks
import numpy as np
import pytest

from raabta.links.tables import PROBABILITY
from raabta.network import rain_field, storms
from raabta.network import sky as sky_of
from raabta.network import slot as slots
from raabta.network.chunk import run_chunk
from raabta.network.model import SLOT_UNIT
from raabta.network.rain_field import Drawn
from raabta.network.record_kernels import tally_storm

WORST = len(PROBABILITY)


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
        for slot, one in rain_field.draw(rain, range(9_000)).items()
        if one.gateways.max() > 5 and one.cells.max() > 2
    )
    scenario = network.scenario.model_copy(
        update={"time": network.scenario.time.model_copy(update={"duration_s": 7e5})}
    )
    part = run_chunk(replace(network, scenario=scenario), [worst])
    row = storms.Figures(*part["storms"][0, 1:])
    one = rain_field.draw(rain, [worst])[worst]
    assert part["storms"][0, 0] == worst
    assert row.rainy_cells == pytest.approx((one.cells > 2).mean())
    assert row.rainy_gateways == pytest.approx((one.gateways > 2).mean())
    assert row.clear_mbps >= row.wet_mbps
