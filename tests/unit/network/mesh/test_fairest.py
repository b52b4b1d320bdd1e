"""Flows that split as is best: a program for every flow and level beside them, cases by hand, bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from raabta.base.errors import NoSolutionError
from raabta.network.fair import fair_rates
from raabta.network.mesh import fairest
from raabta.network.mesh.fairest import split_rates


def network(seed, even):
    """Up to nine flows of up to four ways over up to eleven resources; even: of few different capacities."""
    rng = np.random.default_rng(seed)
    resources, flows = rng.integers(3, 12), rng.integers(1, 10)
    first = np.concatenate([[0], np.cumsum(rng.integers(1, 5, flows))])
    ways = [
        rng.choice(resources, rng.integers(1, min(resources, 5) + 1), replace=False) for _ in range(first[-1])
    ]
    start = np.concatenate([[0], np.cumsum([way.size for way in ways])])
    capacity = rng.choice([1.0, 1.0, 2.0, 5.0], resources) if even else rng.uniform(0.1, 10.0, resources)
    demand = np.where(rng.random(flows) < 0.4, rng.uniform(0.1, 6.0, flows), np.inf)
    weight = np.ones(flows) if even else rng.uniform(0.2, 4.0, flows)
    return first, start, np.concatenate(ways), capacity, demand, weight


def by_programs(first, start, resource, capacity, demand, weight):
    """Max-min by its definition (HiGHS): the least rate by weight as large as can be; who can rise no more, a
    program each, stays; then the next."""
    count, flows = first[-1], demand.size
    way = np.repeat(np.arange(count), np.diff(start))
    use, of = np.zeros((capacity.size, count)), np.zeros((flows, count))
    np.add.at(use, (resource, way), 1.0)
    of[np.repeat(np.arange(flows), np.diff(first)), np.arange(count)] = 1.0
    rate, rising = np.zeros(flows), np.ones(flows, bool)
    while rising.any():
        steps = np.where(rising, weight, 0.0)[:, None]
        left = np.block([[use, np.zeros((capacity.size, 1))], [of, np.zeros((flows, 1))], [-of, steps]])
        room = np.concatenate([capacity, demand, np.where(rising, 0.0, -rate)])
        there = np.isfinite(room)
        level = linprog(np.append(np.zeros(count), -1.0), A_ub=left[there], b_ub=room[there]).x[-1]
        floor = np.where(rising, level * weight, rate) * (1.0 - 1e-10)
        room[-flows:] = -floor
        most = [-linprog(-of[f], A_ub=left[there][:, :-1], b_ub=room[there]).fun for f in range(flows)]
        stuck = rising & (np.array(most) <= level * weight * (1.0 + 1e-7) + 1e-10)
        assert stuck.any()
        rate[stuck], rising = (level * weight)[stuck], rising & ~stuck
    return rate


def rates(given, found):
    first = given[0]
    return np.bincount(np.repeat(np.arange(first.size - 1), np.diff(first)), found.way_mbps, first.size - 1)


@pytest.mark.parametrize("seed", range(24))
def test_rates_are_those_of_a_program_for_every_flow_and_level(seed):
    given = network(seed, even=seed % 2 == 0)
    found = split_rates(*given)
    np.testing.assert_allclose(rates(given, found), by_programs(*given), rtol=1e-6, atol=1e-7)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_carried_fits_and_every_flow_has_its_demand_or_is_stopped(seed, even):
    first, start, resource, capacity, demand, _ = given = network(seed, even)
    found = split_rates(*given)
    rate, load = (
        rates(given, found),
        np.bincount(resource, np.repeat(found.way_mbps, np.diff(start)), capacity.size),
    )
    assert (found.way_mbps >= 0.0).all() and (rate <= demand * (1.0 + 1e-9)).all()
    assert (load <= capacity * (1.0 + 1e-9)).all()
    flow = np.repeat(np.arange(demand.size), np.diff(first))
    met = rate >= demand * (1.0 - 1e-9)
    for way in range(flow.size):
        if not met[flow[way]]:
            stop = found.stop[way]
            assert stop in resource[start[way] : start[way + 1]]
            assert load[stop] >= capacity[stop] * (1.0 - 1e-8)


def test_one_way_a_flow_is_progressive_filling():
    rng = np.random.default_rng(3)
    start = np.concatenate([[0], np.cumsum(rng.integers(1, 6, 300))])
    resource, capacity = rng.integers(0, 60, start[-1]), rng.uniform(1.0, 50.0, 60)
    demand, weight = rng.uniform(0.1, 4.0, 300), rng.uniform(0.5, 2.0, 300)
    given = np.arange(301), start, resource, capacity, demand, weight
    theirs = fair_rates(start, resource, capacity, demand, weight).rate_mbps
    np.testing.assert_allclose(rates(given, split_rates(*given)), theirs, rtol=1e-7)


def test_a_flow_leaves_to_another_what_it_can_find_elsewhere():
    """Two rails of 10; one flow on both, one on the first only: 10 each, and the first keeps off its rail."""
    given = (np.array([0, 2, 3]), np.array([0, 1, 2, 3]), np.array([0, 1, 0]), np.array([10.0, 10.0]))
    found = split_rates(*given, np.full(2, np.inf), np.ones(2))
    np.testing.assert_allclose(found.way_mbps, [0.0, 10.0, 10.0], atol=1e-6)
    assert found.stop[[1, 2]].tolist() == [1, 0]
    weighed = split_rates(*given, np.full(2, np.inf), np.array([3.0, 1.0]))
    np.testing.assert_allclose(rates(given, weighed), [15.0, 5.0], rtol=1e-8)
    met = split_rates(*given, np.array([4.0, np.inf]), np.ones(2))
    np.testing.assert_allclose(rates(given, met), [4.0, 10.0], rtol=1e-8)
    assert met.stop.tolist() == [-1, -1, 0]


def test_a_shut_way_carries_nothing_and_a_flow_of_shut_ways_is_stopped_there():
    given = (np.array([0, 2, 3, 3]), np.array([0, 1, 2, 3]), np.array([0, 1, 0]), np.array([0.0, 6.0]))
    found = split_rates(*given, np.full(3, np.inf), np.ones(3))
    np.testing.assert_allclose(found.way_mbps, [0.0, 6.0, 0.0], rtol=1e-8)
    assert found.stop.tolist() == [0, 1, 0]


def test_the_room_for_full_resources_grows(monkeypatch):
    given = network(7, even=False)
    whole = split_rates(*given)
    monkeypatch.setattr(fairest, "ROOM", 2)
    assert np.array_equal(whole.way_mbps, split_rates(*given).way_mbps)


def test_where_it_finds_no_end_it_says_so(monkeypatch):
    monkeypatch.setattr(fairest, "EXCHANGES", 0)
    with pytest.raises(NoSolutionError, match="use split: adaptive"):
        split_rates(*network(7, even=False))
