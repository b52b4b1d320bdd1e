"""EPFD of a run's own beams: which are lit, how strong, and what they bring to a place."""

from __future__ import annotations

import math

import networks
import numpy as np
import pytest

from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.links.articles import epfd_limits
from raabta.links.pfd import beam_density_dbw_mhz, side_lobe_db
from raabta.network import epfd, epfd_run
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate

LIMITS = epfd_limits(19.7, 20.2, 3)
PLACE = (29.0, 66.0)


@pytest.fixture(scope="module")
def network():
    return networks.build()


@pytest.fixture(scope="module")
def source(network):
    return epfd_run.own_beams(network, 40.0)


def lit_slot(network, source):
    """The first slot in which beams are lit, and them."""
    for slot in range(network.scenario.time.steps):
        position = networks.positions(network, slot)
        found = epfd_run.beams_of(network, source.radio, position)
        if found.power.size:
            return position, found
    raise AssertionError("no slot has a lit beam")


def test_beams_are_the_cells_served_and_their_dwell(network, source) -> None:
    position, found = lit_slot(network, source)
    sky = observe_sky(network, position)
    result = allocate(network, sky, np.zeros(network.ground.count, np.int64))
    served = (result.satellite >= 0) & (result.dwell > 0.0)
    assert found.power.size == served.sum() > 0
    assert found.start[0] == 0
    assert found.start[-1] == served.sum()
    assert found.satellite_km.shape[0] == np.unique(result.satellite[served]).size
    density_w = 10.0 ** (0.1 * (networks.payload().eirp_density_dbw_mhz - 10.0 * math.log10(25.0)))
    assert found.power.sum() < density_w * result.dwell[served].sum() / 4.0 * 1.0001
    assert found.power.sum() > 0.3 * density_w * result.dwell[served].sum() / 4.0


def test_beams_point_at_cells(network, source) -> None:
    _, found = lit_slot(network, source)
    index = np.repeat(np.arange(found.satellite_km.shape[0]), np.diff(found.start))
    for s, beam in zip(index, found.beam, strict=True):
        away = np.linalg.norm(np.cross(network.ground.km - found.satellite_km[s], beam), axis=1)
        assert away.min() < 1e-6


def test_density_is_that_of_the_budgets(network, source) -> None:
    """A beam straight down and one far off nadir, against the density that flux checks use, less 40 kHz."""
    payload = network.payload
    for elevation in (90.0, 30.0):
        site = geodetic_to_fixed(0.0, 0.0)
        up = enu_basis(0.0, 0.0)
        ray = math.sin(math.radians(elevation)) * up[2] + math.cos(math.radians(elevation)) * up[1]
        along = site @ ray
        radius = np.linalg.norm(site) + 500.0
        reach = -along + math.sqrt(along**2 + radius**2 - site @ site)
        satellite = site + reach * ray
        cos_scan = ray @ satellite / radius
        found = epfd_run._density_w(source.radio, np.array([reach]), np.array([500.0]), np.array([cos_scan]))
        stated = float(beam_density_dbw_mhz(payload, 500.0, elevation)) - 10.0 * math.log10(25.0)
        assert 10.0 * math.log10(found[0]) == pytest.approx(stated, abs=0.01)


def test_epfd_against_a_walk_through_the_beams(network, source) -> None:
    _, found = lit_slot(network, source)
    gains = np.array([epfd.victim_gain(LIMITS[0], 19.7)])
    gso = np.array([40.0, 66.0])
    brought = source.received([found], PLACE, gso, gains)[0, :, 0]
    site, up = geodetic_to_fixed(*PLACE), enu_basis(*PLACE)[2]
    unit, _ = epfd.gso_directions(*PLACE, gso)
    angle = np.linspace(0.0, 180.0, gains.shape[1])
    walked = np.zeros(2)
    for s, satellite in enumerate(found.satellite_km):
        ray = satellite - site
        distance = np.linalg.norm(ray)
        if ray @ up <= 0.0:
            continue
        own = slice(found.start[s], found.start[s + 1])
        off = np.degrees(np.arccos(np.clip(-found.beam[own] @ ray / distance, -1.0, 1.0)))
        flux = (found.power[own] * 10.0 ** (0.1 * side_lobe_db(network.payload, off))).sum()
        phi = np.degrees(np.arccos(unit @ ray / distance))
        walked += flux * np.interp(phi, angle, gains[0]) / (4.0 * np.pi * (distance * 1e3) ** 2)
    assert 10.0 * np.log10(brought) == pytest.approx(10.0 * np.log10(walked), abs=0.05)


def test_own_beams_bring_less_than_all_that_may_be_lit(network, source) -> None:
    """The same instants and places: what the run lights stays below the assumption made without it."""
    seconds = 15.0 * np.arange(network.scenario.time.steps)
    gains = np.array([epfd.victim_gain(limit, 19.7) for limit in LIMITS])
    everywhere = epfd.system_of(network.scenario, 40.0, (28.0, 30.0))
    gso = np.array([40.0, 66.0, 90.0])
    for place in (PLACE, (28.0, 66.0)):
        own = source.received(source.at(seconds), place, gso, gains)
        bound = everywhere.received(everywhere.at(seconds), place, gso, gains)
        assert np.all(own <= bound)
        assert own.max() > 0.0


def test_instants_beyond_the_run_take_its_last_slot(network, source) -> None:
    steps = network.scenario.time.steps
    last, beyond = source.at(np.array([15.0 * (steps - 1), 1e6]))
    assert np.array_equal(last.power, beyond.power)


def test_a_run_is_searched_like_any_source(source) -> None:
    plan = epfd.Plan((28.5, 29.5), 66.0, 30.0, 10)
    found = epfd.run(source, [(limit, 19.7) for limit in LIMITS], plan)
    assert [each.limit.antenna_m for each in found] == [0.7, 0.9, 2.5, 5.0]
    assert all(each.distribution.steps == 10 for each in found)
