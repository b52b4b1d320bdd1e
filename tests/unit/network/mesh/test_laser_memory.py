"""Lasers that stay while they hold: a plain walk through time says the same, however a run is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from way_scenarios import SHELL, ways

from raabta.network.mesh import topology_kernels as kernels
from raabta.network.mesh.events import held_pairs
from raabta.network.mesh.lasers_over import lasers_over
from raabta.network.mesh.timeline import run_chunk
from raabta.network.mesh.topology import Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.loader import scenario_hash
from raabta.service.pairs.run import prepare

START = np.datetime64("2026-11-22T00:00:00", "ns")
STEP = np.timedelta64(15, "s")


def world(rematch="when-lost", **lasers):
    asked = {"pattern": "nearest", "rematch": rematch, "terminals": 3, **lasers}
    scene = ways(
        constellation={"lasers": asked, "shells": [{**SHELL, "planes": 9, "satellites_per_plane": 10}]}
    )
    fleet = Propagator.from_constellation(scene.constellation, scene.time.start)
    return Topology.of(scene.constellation, fleet), fleet


def walked(topology, fleet, steps):
    """Pairs of each step by a walk in plain Python: what holds stays, then the shortest first."""
    held, out = set(), []
    count = fleet.count
    one, other = np.triu_indices(count, 1)
    for step in range(steps):
        sky = topology.sky(fleet, START + step * STEP)
        fine = topology.verdicts(sky, one, other) == kernels.HELD
        km = np.linalg.norm(sky.position_km[:, one] - sky.position_km[:, other], axis=0)
        may = {(int(a), int(b)) for a, b in zip(one[fine], other[fine], strict=True)}
        held &= may
        free = np.full(count, 3)
        for pair in held:
            free[list(pair)] -= 1
        order = np.lexsort((other, one, np.ceil(1e3 * km)))
        for e in order[fine[order]].tolist():
            a, b = int(one[e]), int(other[e])
            if free[a] > 0 and free[b] > 0 and (a, b) not in held:
                held.add((a, b))
                free[[a, b]] -= 1
        out.append(held.copy())
    return out


def pairs_of(links):
    pair = held_pairs(links)
    return set(zip((pair >> 32).tolist(), (pair & 0xFFFFFFFF).tolist(), strict=True))


@pytest.mark.parametrize("lasers", [{}, {"max_range_km": 4_000.0}, {"max_slew_deg_s": 0.1}])
def test_lasers_are_those_of_a_walk_through_time(lasers):
    topology, fleet = world(**lasers)
    times = START + np.arange(40) * STEP
    ours = [pairs_of(links) for links in lasers_over(topology, fleet, times)]
    assert ours == walked(topology, fleet, 40)


def test_memory_keeps_lasers_that_matching_anew_would_change():
    times = START + np.arange(120) * STEP
    changes = {}
    for rematch in ("always", "when-lost"):
        topology, fleet = world(rematch)
        seen = [pairs_of(links) for links in lasers_over(topology, fleet, times)]
        changes[rematch] = sum(len(one ^ other) for one, other in itertools.pairwise(seen))
    assert 0 < changes["when-lost"] < 0.5 * changes["always"]


@pytest.mark.parametrize("lasers", [{}, {"acquisition_s": 40.0}])
def test_any_order_and_any_instants_give_the_same_lasers(lasers):
    topology, fleet = world(**lasers)
    times = START + (np.array([0, 7_200, 3_600, 3_607, 3_599, 50, 61]) * 1_000_000_000).astype(
        "timedelta64[ns]"
    )
    together = [pairs_of(links) for links in lasers_over(topology, fleet, times)]
    for time, found in zip(times, together, strict=True):
        (alone,) = lasers_over(topology, fleet, [time])
        assert pairs_of(alone) == found


def test_acquisition_bites_where_lasers_are_new_and_not_where_they_stay():
    times = START + np.arange(100, 160) * STEP
    lengths = {}
    for acquisition_s in (0.0, 60.0):
        topology, fleet = world(acquisition_s=acquisition_s)
        lengths[acquisition_s] = [pairs_of(links) for links in lasers_over(topology, fleet, times)]
    missing = [len(free - held) for free, held in zip(lengths[0.0], lengths[60.0], strict=True)]
    assert all(held <= free for free, held in zip(lengths[0.0], lengths[60.0], strict=True))
    assert sum(missing) > 0 and np.mean(missing) < 0.1 * np.mean([len(each) for each in lengths[0.0]])


def test_a_run_of_ways_does_not_depend_on_its_cut():
    lasers = {"lasers": {"pattern": "nearest", "rematch": "when-lost", "acquisition_s": 30.0}}
    mesh, _ = prepare(ways(steps=6, constellation=lasers))
    whole = run_chunk(mesh, range(6))["km"]
    parts = [run_chunk(mesh, each)["km"] for each in (range(2), range(2, 5), range(5, 6))]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_lasers_without_memory_are_written_as_before():
    plain = {"lasers": {"pattern": "nearest"}}
    stated = {"lasers": {"pattern": "nearest", "rematch": "always"}}
    assert scenario_hash(ways(constellation=plain)) == scenario_hash(ways(constellation=stated))
    kept = {"lasers": {"pattern": "nearest", "rematch": "when-lost"}}
    assert scenario_hash(ways(constellation=plain)) != scenario_hash(ways(constellation=kept))
