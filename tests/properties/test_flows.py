"""What holds for flows on any mesh, against linear programs."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
import ways as oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from raabta.network.mesh.alternatives import Routing, find_ways
from raabta.network.mesh.flow_programs import fairest_rates, most_throughput, most_throughput_of_any_ways
from raabta.network.mesh.flows import DEMAND_MET, NO_WAY, Capacities, Demands, resources_of, share, used_by
from raabta.network.mesh.load_aware import load_aware_ways

quick = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**32)


def case(seed, count=3):
    """A mesh, its resources, up to `count` ways of a few pairs, and demands, some without an end."""
    mesh, rng = oracle.tangle(seed), np.random.default_rng(seed)
    shapes = {"laser_mbps": mesh[1].shape, "link_up_mbps": mesh[2].range_km.shape, "users_down_mbps": 7}
    sizes = {name: rng.uniform(1.0, 20.0, shape) for name, shape in shapes.items()}
    capacities = Capacities(**sizes, feeders_down_mbps=15.0, ground_up_mbps=30.0, gateway=[0, 1, 0, 1])
    pairs = [pair for pair in permutations(range(4), 2) if rng.random() < 0.6]
    demand = np.where(rng.random(len(pairs)) < 0.5, np.inf, rng.uniform(0.0, 10.0, len(pairs)))
    demands = Demands.of(pairs, demand, rng.choice([0.5, 1.0, 4.0], len(pairs)))
    ways = find_ways(*mesh, demands.pair, Routing(ways=count))
    return mesh, capacities, resources_of(*mesh, capacities), ways, demands


def use_of(resources, ways):
    first, resource = used_by(resources, ways)
    use = np.zeros((resources.capacity_mbps.size, ways.km.size))
    np.add.at(use, (resource, np.repeat(np.arange(ways.km.size), np.diff(first))), 1.0)
    return use


@quick
@given(seeds, st.integers(1, 4), st.sampled_from(["equal", "adaptive"]))
def test_nothing_is_overloaded_and_what_is_named_is_full(seed, count, split):
    _, _, resources, ways, demands = case(seed, count)
    found = share(resources, ways, demands, split=split)
    flow = np.repeat(np.arange(len(demands.pair)), np.diff(ways.first))
    load, capacity = use_of(resources, ways) @ found.way_mbps, resources.capacity_mbps
    assert (load <= capacity * (1 + 1e-9)).all()
    assert (found.rate_mbps <= demands.demand_mbps * (1 + 1e-9)).all()
    assert found.rate_mbps == pytest.approx(np.bincount(flow, found.way_mbps, len(demands.pair)))
    for f, binding in enumerate(found.binding):
        if binding == NO_WAY:
            assert found.rate_mbps[f] == 0.0 and ways.cause[f] > 0
        elif binding == DEMAND_MET:
            assert found.rate_mbps[f] == pytest.approx(demands.demand_mbps[f])
        else:
            assert load[binding] == pytest.approx(capacity[binding])
    for way, binding in enumerate(found.way_binding):  # no way of an unmet flow has room left
        if binding != DEMAND_MET:
            assert use_of(resources, ways)[binding, way] == 1.0
            assert load[binding] == pytest.approx(capacity[binding])


@quick
@given(seeds)
def test_exact_max_min_equals_filling_where_each_flow_has_one_way(seed):
    _, _, resources, ways, demands = case(seed, 1)
    filled = share(resources, ways, demands).rate_mbps
    assert fairest_rates(resources, ways, demands).rate_mbps == pytest.approx(filled, abs=1e-6)


@quick
@given(seeds, st.integers(2, 4))
def test_exact_max_min_by_its_definition(seed, count):
    """No flow can have more while those with no more by weight keep what they have."""
    _, _, resources, ways, demands = case(seed, count)
    found = fairest_rates(resources, ways, demands)
    flow = np.repeat(np.arange(len(demands.pair)), np.diff(ways.first))
    use, level = use_of(resources, ways), found.rate_mbps / demands.weight_ratio
    finite = np.isfinite(resources.capacity_mbps)
    of = (flow == np.arange(len(demands.pair))[:, None]).astype(float)
    bound = np.isfinite(demands.demand_mbps)
    assert (use @ found.way_mbps <= resources.capacity_mbps * (1 + 1e-9) + 1e-9).all()
    assert of @ found.way_mbps == pytest.approx(found.rate_mbps, abs=1e-6)
    for f in np.unique(flow):
        keep = (level <= level[f] + 1e-9) & (np.arange(level.size) != f)
        left = np.vstack([use[finite], of[bound], -of[keep]])
        room = [resources.capacity_mbps[finite], demands.demand_mbps[bound], 1e-8 - found.rate_mbps[keep]]
        best = linprog(-of[f], A_ub=left, b_ub=np.concatenate(room), method="highs")
        assert best.status == 0, best.message
        assert -best.fun <= found.rate_mbps[f] + 1e-5


@quick
@given(seeds, st.integers(1, 4))
def test_fair_is_at_most_the_program_over_the_same_ways_and_that_over_any(seed, count):
    _, _, resources, ways, demands = case(seed, count)
    most = most_throughput(resources, ways, demands).total_mbps
    free = most_throughput_of_any_ways(resources, demands).total_mbps
    for split in ("equal", "adaptive"):
        assert share(resources, ways, demands, split=split).total_mbps <= most + 1e-6
    assert fairest_rates(resources, ways, demands).total_mbps <= most + 1e-6
    assert most <= free + 1e-6


@quick
@given(seeds)
def test_all_ways_carry_as_much_as_flows_on_links(seed):
    mesh, capacities, _, _, demands = case(seed)
    mesh = oracle.without_doubles(*mesh)
    resources = resources_of(*mesh, capacities)
    every = find_ways(*mesh, demands.pair, Routing(ways=100_000))
    most = most_throughput(resources, every, demands).total_mbps
    assert most == pytest.approx(most_throughput_of_any_ways(resources, demands).total_mbps, abs=1e-6)


def test_adaptive_is_nearer_to_exact_max_min_than_equal_parts():
    """Over 60 meshes: neither is exact, see the model card; rates differ by 4 and by 7 % of all that is
    carried."""
    apart = {"equal": 0.0, "adaptive": 0.0}
    for seed in range(60):
        _, _, resources, ways, demands = case(seed, 4)
        exact = fairest_rates(resources, ways, demands).rate_mbps
        for split in apart:
            rate = share(resources, ways, demands, split=split).rate_mbps
            apart[split] += float(np.abs(rate - exact).sum() / max(exact.sum(), 1.0))
    assert apart["adaptive"] < 0.75 * apart["equal"]
    assert apart["adaptive"] / 60 < 0.06


@quick
@given(seeds, st.integers(0, 3))
def test_load_aware_never_carries_less_than_the_shortest_and_is_the_same_on_threads(seed, rounds):
    mesh, capacities, resources, _, demands = case(seed)
    shortest = share(resources, find_ways(*mesh, demands.pair), demands)
    ways, found = load_aware_ways(*mesh, capacities, demands, rounds=rounds)
    assert found.total_mbps >= shortest.total_mbps
    assert np.array_equal(share(resources, ways, demands).rate_mbps, found.rate_mbps)
    length = oracle.link_km(*mesh)
    for w, km in enumerate(ways.km):
        nodes = ways.nodes(w)
        assert km == sum(length[link] for link in reversed(list(pairwise(nodes))))
    again, _ = load_aware_ways(*mesh, capacities, demands, rounds=rounds, threads=3)
    assert again.node.tobytes() == ways.node.tobytes()
