"""Satellites that are out: nowhere for as long as they are, and the same ones whenever they are drawn."""

from __future__ import annotations

import networks
import numpy as np
import pytest
from way_scenarios import ways

from raabta.access import coverage
from raabta.access.rings import equal_area
from raabta.base.errors import ScenarioError
from raabta.orbits.propagate import Propagator
from raabta.orbits.satellites_out import laid_on, satellites_out
from raabta.scenario.failures import parse

SECOND = np.timedelta64(1, "s")


def fleet(*lines, scene=None):
    scene = scene or networks.scenario()
    failing = scene.model_copy(update={"failures": tuple(map(parse, lines))})
    return laid_on(Propagator.from_constellation(scene.constellation, scene.time.start), failing)


def taken(line, scene=None, seed=2026):
    scene = scene or networks.scenario()
    names = Propagator.from_constellation(scene.constellation, scene.time.start).names
    return satellites_out(parse(line), scene.constellation, names, seed).tolist()


def test_satellites_are_nowhere_while_they_are_out_and_where_they_were_else():
    whole, lessened = fleet(), fleet("satellite:3@10-20", "plane:1/2@15-")
    times = whole.start + np.arange(0, 30, 5) * SECOND
    theirs, ours = whole.positions_km(times), lessened.positions_km(times)
    out = np.zeros((6, whole.count), bool)
    out[2:4, 3] = True
    out[3:, 20:40] = True
    assert np.isnan(ours).all(axis=1).tolist() == out.tolist()
    kept = np.broadcast_to(~out[:, None], ours.shape)
    np.testing.assert_array_equal(ours[kept], theirs[kept])
    assert lessened.notes[-1] == "Failure plane:1/2@15s-: 20 of 400 satellites are out"


def test_without_failures_nothing_is_made_anew():
    scene = networks.scenario()
    whole = Propagator.from_constellation(scene.constellation, scene.time.start)
    assert laid_on(whole, scene) is whole


def test_a_plane_is_that_of_its_names():
    scene = networks.scenario()
    names = Propagator.from_constellation(scene.constellation, scene.time.start).names
    assert {names[i][:-4] for i in taken("plane:1/7")} == {"compact-1-007"}
    assert taken("satellite:compact-1-007-001") == taken("plane:1/7")[:1]
    assert taken("shell:1") == list(range(400))


def test_two_shells_are_numbered_one_after_the_other():
    both = (networks.SHELL, networks.SHELL.model_copy(update={"planes": 4, "phasing": 0}))
    scene = networks.scenario(shells=both)
    assert taken("shell:2", scene) == list(range(400, 480))
    assert taken("plane:2/2", scene) == list(range(420, 440))
    assert set(taken("storm:2:50%", scene)) < set(range(400, 480))


def test_a_draw_is_by_the_seed_and_a_larger_one_holds_a_smaller():
    assert taken("satellites:10%") == taken("satellites:10%")
    assert taken("satellites:10%") != taken("satellites:10%", seed=7)
    assert len(taken("satellites:10%")) == 40
    assert set(taken("satellites:10%")) < set(taken("satellites:20%"))
    assert len(taken("storm:1:30%")) == 120 and taken("satellites:0%") == []


def test_an_unknown_satellite_has_a_near_name():
    with pytest.raises(ScenarioError, match="did you mean 'compact-1-007-001'"):
        taken("satellite:compakt-1-007-001")
    with pytest.raises(ScenarioError, match="numbers from 0 to 399"):
        taken("satellite:400")


def test_coverage_is_that_of_the_satellites_left():
    scene = ways(lasers=False)
    whole = Propagator.from_constellation(scene.constellation, scene.time.start)
    rest = np.setdiff1d(np.arange(whole.count), taken("satellites:40%", scene))
    alone = Propagator.from_elements(whole.satellites.elements.take(rest), whole.start)
    lessened = fleet("satellites:40%", scene=scene)
    times, cells = whole.start + np.arange(5) * 60 * SECOND, equal_area(400)
    sums = [coverage.tally(cells, each, times, 25.0, 2) for each in (alone, lessened, whole)]
    np.testing.assert_array_equal(sums[0].total, sums[1].total)
    np.testing.assert_array_equal(sums[0].at_least, sums[1].at_least)
    assert sums[1].total.sum() < sums[2].total.sum()
    none = coverage.tally(cells, fleet("shell:1", scene=scene), times, 25.0, 2)
    assert none.total.sum() == 0
