"""Hypatia's constellations: its own recorded ways, and round trips by its rule and with true masks.

Ways and round trips: snkas/hypatia (MIT), satgenpy/tests/data_to_match/kuiper_630, Manila to Dalian, recorded
every 100 ms over 200 s. Ranges, outages, masks: our survey of peers of 2026, Hypatia's formula and without.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import hypatia_folders
import numpy as np
import pytest

from raabta.network.mesh.hypatia import effective_mask_deg, slant_range_km
from raabta.network.mesh.topology import longest_laser_km
from raabta.scenario.loader import load_any
from raabta.service.pairs.run import ask, prepare
from raabta.service.pairs.way import track

EQUATOR_KM = 6378.137
UT1_AHEAD_S = 0.3554
"""UT1 - UTC on 2000-01-01; Hypatia turns the Earth by UTC."""
WAYS = {
    0.0: (184, 183, 217),
    18.0: (218, 217),
    27.6: (648, 649, 650, 616),
    74.3: (218, 217, 216, 250),
    125.9: (647, 648, 649, 650, 616),
    128.7: (647, 648, 649, 615),
}
ROUND_TRIPS_NS = {
    0: 29_423_137.7582,
    1: 29_420_274.7524,
    100: 29_153_930.2229,
    179: 28_966_485.7585,
    180: 25_346_492.5036,
    276: 41_142_503.5590,
    500: 41_185_798.6550,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("hypatia")

    @cache
    def made(name: str) -> Path:
        return hypatia_folders.of_paper(name, root / name)

    return made


def manila_to_dalian(folder, turned_deg=0.0):
    pair = load_any(folder, step_s=0.1).between("Manila", "Dalian")
    stations = tuple(
        each.model_copy(update={"longitude_deg": each.longitude_deg + turned_deg})
        for each in pair.ground.stations
    )
    ground = pair.ground.model_copy(update={"stations": stations})
    found = track(*prepare(pair.model_copy(update={"ground": ground})))
    ways = {round(leg.first * 0.1, 1): leg.nodes[1:-1] for leg in found.legs}
    return ways, found.km * 2e9 / 299_792.458


def test_ways_and_round_trips_are_those_that_hypatia_recorded(folder):
    ways, round_trip_ns = manila_to_dalian(folder("kuiper"))
    assert [*ways.values()] == [*WAYS.values()]
    assert np.abs(np.array([*ways]) - np.array([*WAYS])).max() < 0.1 + 1e-9  # one step, at 27.6 s
    for step, known_ns in ROUND_TRIPS_NS.items():
        assert round_trip_ns[step] == pytest.approx(known_ns, abs=1_200.0)


def test_the_rest_is_the_earth_turned_by_ut1(folder):
    """With places turned back by UT1 - UTC the ways are the same at every step, and round trips to 0.3 us."""
    ways, round_trip_ns = manila_to_dalian(folder("kuiper"), -UT1_AHEAD_S * 360.0 / 86_164.0905)
    assert ways == WAYS
    for step, known_ns in ROUND_TRIPS_NS.items():
        assert round_trip_ns[step] == pytest.approx(known_ns, abs=300.0)


@pytest.mark.parametrize(
    ("name", "pair", "true", "least_ms", "longest_ms", "lost_s"),
    [
        ("telesat", ("London", "New-York"), False, 42.1, 42.5, 0),
        ("telesat", ("London", "New-York"), True, 48.3, 65.9, 0),
        ("telesat", ("London", "Singapore"), False, 79.4, 80.1, 0),
        ("telesat", ("London", "Singapore"), True, 104.6, 126.1, 0),
        ("kuiper", ("Rio", "St-Petersburg"), False, None, None, 10),
        ("kuiper", ("Rio", "St-Petersburg"), True, None, None, 148),
    ],
)
def test_round_trips_and_outages_by_its_rule_and_with_a_true_mask(
    folder, name, pair, true, least_ms, longest_ms, lost_s
):
    example = hypatia_folders.example()
    system = example.systems()[name]
    found = example.answer(folder(name), system, pair, true=true)
    assert found[2] == pytest.approx(lost_s, abs=1e-6)
    if least_ms is not None:
        assert found[:2] == pytest.approx((least_ms, longest_ms), abs=0.05)


def test_the_cause_of_the_outage_is_named(folder):
    found = ask(*prepare(load_any(folder("kuiper")).between("Rio", "St-Petersburg")))
    assert found.outages["cause"].values.tolist() == ["no satellite at the other"]
    assert found.outages["start_s"].values.tolist() == [156.0]


def test_what_the_longest_links_stand_for():
    """Kuiper's 30 degrees are 25.2, Telesat's 10 are -15.7, at the altitudes that their names say."""
    systems = hypatia_folders.example().systems()
    masks = {
        name: effective_mask_deg(each.altitude_km, each.longest_link_km, EQUATOR_KM)
        for name, each in systems.items()
    }
    assert masks["kuiper"] == pytest.approx(25.2, abs=0.05)
    assert masks["telesat"] == pytest.approx(-15.7, abs=0.05)
    true = [slant_range_km(h, e, EQUATOR_KM) for h, e in ((550.0, 25.0), (630.0, 30.0), (1_015.0, 10.0))]
    assert true == pytest.approx([1_123.4, 1_124.1, 2_791.7], abs=0.05)
    lasers = [longest_laser_km(h, 80.0, 6_371.0) for h in (550.0, 630.0)]
    assert lasers == pytest.approx([5_014.0, 5_440.0], abs=0.5)


def test_starlink_550_does_not_fly_at_550_km():
    example = hypatia_folders.example()
    flown_km = {
        name: float(example.elements(system).semi_major_axis_km[0]) - EQUATOR_KM
        for name, system in example.systems().items()
    }
    assert flown_km == pytest.approx({"starlink": 509.0, "kuiper": 630.0, "telesat": 1_011.0}, abs=0.8)
