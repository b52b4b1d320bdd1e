"""Passes and contacts of a scenario with failures: those of the whole one, less what is out."""

from __future__ import annotations

import numpy as np
import pytest
from way_scenarios import ways

from raabta.scenario.failures import parse
from raabta.service.contacts import find_sky, stations_of


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
