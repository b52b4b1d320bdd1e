"""Passes and contacts of a scenario with failures: those of the whole one, less what is out."""

from __future__ import annotations

import numpy as np
import pytest
from way_scenarios import SHELL, ways

from raabta.network.mesh.walking import walk
from raabta.scenario.failures import parse
from raabta.scenario.loader import load
from raabta.service.contacts import find_sky
from raabta.service.pairs.run import prepare
from raabta.service.stations import stations_of


def sky(*lines, lasers=False):
    scene = ways(steps=60)
    scene = scene.model_copy(update={"failures": tuple(parse(line) for line in lines)})
    return find_sky(scene, stations_of(scene), lasers=lasers)


@pytest.fixture(scope="module")
def whole():
    return sky()


def rows(passes):
    columns = (passes.site, passes.satellite, passes.rise_s, passes.set_s, passes.peak_elevation_deg)
    return np.column_stack(columns)


def test_a_failure_of_nothing_changes_no_interval(whole):
    found = sky("satellites:0%@5min-20min").passes
    np.testing.assert_array_equal(found.satellite, whole.passes.satellite)
    np.testing.assert_allclose(rows(found), rows(whole.passes), atol=2e-3)
    np.testing.assert_allclose(found.min_range_km, whole.passes.min_range_km, atol=1e-2)
    np.testing.assert_array_equal(found.begins_before, whole.passes.begins_before)
    np.testing.assert_array_equal(found.ends_after, whole.passes.ends_after)


def test_passes_are_cut_where_a_satellite_goes_out_and_comes_back(whole):
    own = whole.passes
    long = int(np.argmax(np.where(own.begins_before | own.ends_after, 0.0, own.set_s - own.rise_s)))
    middle, satellite, site = 0.5 * (own.rise_s + own.set_s)[long], own.satellite[long], own.site[long]
    found = sky(f"satellite:{satellite}@{middle - 20:.3f}-{middle + 20:.3f}").passes
    here = (found.satellite == satellite) & (found.site == site)
    edges = np.column_stack([found.rise_s, found.set_s])[here]
    wanted = [[own.rise_s[long], middle - 20.0], [middle + 20.0, own.set_s[long]]]
    mine = edges[(edges[:, 0] < own.set_s[long]) & (edges[:, 1] > own.rise_s[long])]
    np.testing.assert_allclose(mine, wanted, atol=2e-3)
    others = rows(found)[found.satellite != satellite]
    np.testing.assert_allclose(others, rows(own)[own.satellite != satellite], atol=2e-3)
    cut = found.peak_elevation_deg[here] <= own.peak_elevation_deg[long] + 1e-9
    assert cut.all() and not found.begins_before[here][1:].any()


def test_a_station_that_is_out_has_no_passes_and_the_note_says_so(whole):
    found = sky("gateway:Quetta@-10min")
    quetta = [name.startswith("Quetta") for name in found.stations.name].index(True)
    assert found.passes.rise_s[found.passes.site == quetta].min() >= 600.0
    assert (found.passes.rise_s[found.passes.site != quetta] < 600.0).any()
    assert "Failure gateway:Quetta@0s-600s" in found.notes


def test_contacts_by_laser_lose_lasers_and_satellites():
    found = sky("laser:0-1@5min-10min", "satellite:40@15min-", lasers=True).lasers
    own = (found.site == 0) & (found.satellite == 1)
    assert np.column_stack([found.rise_s, found.set_s])[own].tolist() == [[0.0, 300.0], [600.0, 1_800.0]]
    lost = (found.site == 40) | (found.satellite == 40)
    assert lost.any() and (found.set_s[lost] <= 900.0).all()


FIBRE = {
    "ground": {
        "cities": ["Quetta"],
        "stations": [
            {"name": "Karachi GW", "latitude_deg": 24.9, "longitude_deg": 67.1, "gateway": True},
            {"name": "Muscat GW", "latitude_deg": 23.6, "longitude_deg": 58.3, "gateway": True},
        ],
    },
    "pops": [
        {"name": "Karachi", "country": "PAK", "gateway": "Karachi GW"},
        {"name": "Muscat", "country": "OMN", "gateway": "Muscat GW"},
    ],
}


@pytest.mark.parametrize("line", ["cable:Karachi GW@5min-20min", "pop:Karachi@5min-20min"])
def test_a_gateway_has_no_contacts_while_none_of_its_fibre_is_left(line):
    scene = ways(steps=60, failures=[line], **FIBRE)
    found, whole = (find_sky(each, stations_of(each)) for each in (scene, ways(steps=60, **FIBRE)))
    gate = found.stations.name.index("Karachi GW")
    own, before = found.passes.site == gate, whole.passes.site == gate
    assert ((found.passes.set_s[own] <= 300.0) | (found.passes.rise_s[own] >= 1_200.0)).all() and own.any()
    assert ((whole.passes.rise_s[before] < 1_200.0) & (whole.passes.set_s[before] > 300.0)).any()
    np.testing.assert_allclose(rows(found.passes)[~own], rows(whole.passes)[~before], atol=2e-3)
    assert any(
        note.startswith("No contact with Karachi GW@300s-1200s: none of its fibre") for note in found.notes
    )
    plan = found.plan(100.0)
    told = (plan.from_node == gate) | (plan.to_node == gate)
    assert told.any() and ((plan.end_s[told] <= 300.0) | (plan.start_s[told] >= 1_200.0)).all()


def test_a_gateway_with_a_second_cable_keeps_its_contacts():
    stations = [
        {**FIBRE["ground"]["stations"][0], "pops": ["Karachi", "Muscat"]},
        FIBRE["ground"]["stations"][1],
    ]
    twice = {**FIBRE, "ground": {**FIBRE["ground"], "stations": stations}}
    cut = ways(steps=60, failures=["cable:Karachi GW-Karachi"], **twice)
    found, whole = (find_sky(each, stations_of(each)).passes for each in (cut, ways(steps=60, **twice)))
    np.testing.assert_allclose(rows(found), rows(whole), atol=2e-3)


def test_contacts_of_a_broadband_scenario_go_with_the_fibre_too():
    small = [
        f"constellation.shells=[{{{', '.join(f'{k}: {v:g}' for k, v in SHELL.items())}}}]",
        "time.duration_s=3600",
    ]
    scene = load("pakistan-starlink", settings=[*small, "failures=['cable:Karachi@10min-']"])
    found = find_sky(scene, stations_of(scene, ["Karachi", "Lahore"]))
    karachi = found.stations.name.index("Karachi")
    assert (found.passes.set_s[found.passes.site == karachi] <= 600.0).all()
    assert (found.passes.set_s[found.passes.site != karachi] > 600.0).any()


def test_a_link_that_is_out_is_no_contact_as_in_the_run(whole):
    own = whole.passes
    k = int(np.argmax(own.set_s - own.rise_s))
    town, satellite = whole.stations.name[own.site[k]].partition(",")[0], int(own.satellite[k])
    scene = ways(steps=60, failures=[f"link:{town}-{satellite}@2min-8min"])
    found = find_sky(scene, stations_of(scene)).passes
    here = (found.satellite == satellite) & (found.site == own.site[k])
    assert ((found.set_s[here] <= 120.0) | (found.rise_s[here] >= 480.0)).all()
    others = (own.satellite != satellite) | (own.site != own.site[k])
    np.testing.assert_allclose(rows(found)[~here], rows(own)[others], atol=2e-3)
    mesh, _ = prepare(scene)
    for step in walk(mesh, [3, 4, 15, 16]):
        links = step.links.satellite[step.links.start[own.site[k]] : step.links.start[own.site[k] + 1]]
        inside = (found.rise_s[here] <= 30.0 * step.number) & (found.set_s[here] > 30.0 * step.number)
        assert (satellite in links) == inside.any()
