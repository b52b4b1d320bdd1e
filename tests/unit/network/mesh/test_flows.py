"""Flows on a mesh small enough to work out by hand, programs beside them, and input that is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from raabta.base.errors import LimitError, NoSolutionError, OutOfRangeError, RaabtaError
from raabta.network.mesh import flow_programs
from raabta.network.mesh.alternatives import Routing, find_ways
from raabta.network.mesh.flow_programs import fairest_rates, most_throughput, most_throughput_of_any_ways
from raabta.network.mesh.flows import (
    DEMAND_MET,
    NO_WAY,
    Capacities,
    Demands,
    resources_of,
    share,
    used_by,
)
from raabta.network.mesh.load_aware import load_aware_ways
from raabta.network.mesh.paths import GroundLinks, Lasers

NAMES = ["Quetta", "Gwadar", "Karachi", "Lahore", "Skardu"]


def ladder():
    """Two rails of three satellites, 0-1-2 and 3-4-5, with rungs 0-3, 1-4, 2-5.

    Quetta (0) and Gwadar (1) see satellites 0 and 3, Karachi (2) and Lahore (3) 2 and 5, Skardu (4) nothing.
    The upper rail is the shorter way for all.
    """
    neighbour, km = np.full((6, 4), -1, np.int32), np.full((6, 4), np.inf)
    rails = [(0, 1, 1000.0), (1, 2, 1000.0), (3, 4, 1100.0), (4, 5, 1100.0)]
    used = np.zeros(6, int)
    for u, v, length in [*rails, (0, 3, 900.0), (1, 4, 900.0), (2, 5, 900.0)]:
        for a, b in ((u, v), (v, u)):
            neighbour[a, used[a]], km[a, used[a]] = b, length
            used[a] += 1
    start, satellite = np.array([0, 2, 4, 6, 8, 8]), np.array([0, 3, 0, 3, 2, 5, 2, 5], np.int32)
    return Lasers.of(neighbour), km, GroundLinks(start, satellite, np.full(8, 600.0))


def shares(pairs, capacities, routing=None, split="equal", demand=np.inf, weight=1.0):
    mesh = ladder()
    resources = resources_of(*mesh, capacities)
    found = share(resources, find_ways(*mesh, pairs, routing), Demands.of(pairs, demand, weight), split=split)
    return found, [found.stopped_by(f, resources, NAMES) for f in range(len(pairs))]


BOTH = [(0, 2), (1, 3)]


def test_two_flows_on_one_laser_have_half_each_and_the_laser_is_named():
    found, why = shares(BOTH, Capacities(laser_mbps=10.0))
    assert found.rate_mbps.tolist() == [5.0, 5.0]
    assert why == ["laser 0 to 1", "laser 0 to 1"]
    assert found.total_mbps == 10.0


def test_weights_divide_and_demands_end():
    found, why = shares(BOTH, Capacities(laser_mbps=10.0), weight=[1.0, 3.0])
    assert found.rate_mbps.tolist() == [2.5, 7.5]
    found, why = shares(BOTH, Capacities(laser_mbps=10.0), demand=[2.0, np.inf])
    assert found.rate_mbps.tolist() == [2.0, 8.0]
    assert why[0] == "demand met" and why[1] in ("laser 0 to 1", "laser 1 to 2")  # both are full
    assert found.binding[0] == DEMAND_MET


@pytest.mark.parametrize(
    ("capacities", "rates", "why"),
    [
        (Capacities(link_up_mbps=3.0), [3.0, 3.0], "user link Quetta to satellite 0"),
        (Capacities(link_down_mbps=3.0), [3.0, 3.0], "user link satellite 2 to Karachi"),
        (Capacities(users_up_mbps=3.0), [1.5, 1.5], "user beams of satellite 0, up"),
        (Capacities(users_down_mbps=3.0), [1.5, 1.5], "user beams of satellite 2, down"),
        (Capacities(ground_up_mbps=3.0), [3.0, 3.0], "terminal Quetta, up"),
        (
            Capacities(feeders_down_mbps=3.0, gateway=[0, 0, 1, 1, 0]),
            [1.5, 1.5],
            "feeders of satellite 2, down",
        ),
        (Capacities(feeders_up_mbps=3.0, gateway=[1, 1, 0, 0, 0]), [1.5, 1.5], "feeders of satellite 0, up"),
        (Capacities(ground_down_mbps=3.0, gateway=[0, 0, 1, 1, 0]), [3.0, 3.0], "gateway Karachi, down"),
        (
            Capacities(link_down_mbps=3.0, gateway=[0, 0, 1, 1, 0]),
            [3.0, 3.0],
            "feeder link satellite 2 to Karachi",
        ),
    ],
)
def test_whatever_binds_is_named(capacities, rates, why):
    found, words = shares(BOTH, capacities)
    assert found.rate_mbps.tolist() == rates
    assert words[0] == why


def test_user_beams_do_not_bind_gateways_and_satellites_may_be_named():
    capacities = Capacities(users_down_mbps=0.0, feeders_down_mbps=8.0, gateway=[0, 0, 1, 1, 0])
    assert shares(BOTH, capacities)[0].rate_mbps.tolist() == [4.0, 4.0]
    resources = resources_of(*ladder(), Capacities())
    assert resources.name(0, satellite=list("ABCDEF")) == "laser A to B"


def test_a_flow_without_a_way_gets_nothing_and_says_why():
    found, why = shares([(0, 4), (4, 0), (0, 2)], Capacities(laser_mbps=10.0))
    assert found.rate_mbps.tolist() == [0.0, 0.0, 10.0]
    assert found.binding[:2].tolist() == [NO_WAY, NO_WAY]
    assert why[:2] == ["no satellite in view of the end", "no satellite in view of the start"]


def test_several_ways_equal_is_fair_among_ways_and_adaptive_among_flows():
    """Quetta's flow has both rails, Gwadar's only the upper: fair is 10 each, but ways fairly shared give
    Quetta a third of the upper rail on top of the lower."""
    mesh, pairs = ladder(), [(0, 2), (1, 3)]
    start, satellite = np.array([0, 2, 3, 5, 6, 6]), np.array([0, 3, 0, 2, 5, 2], np.int32)
    mesh = (*mesh[:2], GroundLinks(start, satellite, np.full(6, 600.0)))
    km = np.where(mesh[1] == 900.0, np.inf, mesh[1])
    resources = resources_of(mesh[0], km, mesh[2], Capacities(laser_mbps=10.0))
    ways = find_ways(mesh[0], km, mesh[2], pairs, Routing(ways=4))
    assert np.diff(ways.first).tolist() == [2, 1]
    demands = Demands.of(pairs)
    equal = share(resources, ways, demands)
    assert equal.rate_mbps == pytest.approx([10.0 + 10.0 / 3.0, 20.0 / 3.0])
    apart = [
        abs(share(resources, ways, demands, split="adaptive", rounds=rounds).rate_mbps - 10.0).max()
        for rounds in (1, 20, 200)
    ]
    assert apart == pytest.approx([10.0 / 3.0, 10.0 / 41.0, 10.0 / 401.0])  # 10 / (2 rounds + 1)
    assert fairest_rates(resources, ways, demands).rate_mbps == pytest.approx([10.0, 10.0], abs=1e-9)
    exact = share(resources, ways, demands, split="exact")
    assert exact.rate_mbps == pytest.approx([10.0, 10.0], rel=1e-8)
    upper, lower = {"laser 0 to 1", "laser 1 to 2"}, {"laser 3 to 4", "laser 4 to 5"}  # both of each are full
    assert exact.stopped_by(0, resources, NAMES) in lower
    assert exact.stopped_by(1, resources, NAMES) in upper
    assert most_throughput(resources, ways, demands).total_mbps == pytest.approx(20.0)


def test_a_demand_is_met_by_all_ways_together():
    found, why = shares([(0, 2)], Capacities(laser_mbps=10.0), Routing("node-disjoint", 2), demand=15.0)
    assert found.rate_mbps.tolist() == [15.0] and why == ["demand met"]
    assert found.way_mbps.tolist() == [7.5, 7.5]
    found, why = shares([(0, 2)], Capacities(laser_mbps=10.0), Routing("node-disjoint", 2), demand=50.0)
    assert found.rate_mbps.tolist() == [20.0] and why == ["laser 0 to 1"]


def test_ways_know_their_resources():
    mesh = ladder()
    resources = resources_of(*mesh, Capacities())
    first, resource = used_by(resources, find_ways(*mesh, [(0, 2)]))
    assert first.tolist() == [0, 8]
    assert [resources.name(r, NAMES) for r in resource] == [
        "user link Quetta to satellite 0",
        "user beams of satellite 0, up",
        "terminal Quetta, up",
        "laser 0 to 1",
        "laser 1 to 2",
        "user link satellite 2 to Karachi",
        "user beams of satellite 2, down",
        "terminal Karachi, down",
    ]


def test_load_aware_ways_use_the_other_rail():
    mesh, demands = ladder(), Demands.of(BOTH, 10.0)
    ways, found = load_aware_ways(*mesh, Capacities(laser_mbps=10.0), demands)
    assert found.rate_mbps.tolist() == [10.0, 10.0]
    assert {tuple(ways.nodes(w))[1] for w in range(2)} == {0, 3}
    assert sorted(ways.km) == [3200.0, 3400.0]


def test_load_aware_without_rounds_is_the_shortest_way():
    mesh, demands = ladder(), Demands.of([*BOTH, (4, 1)])
    ways, found = load_aware_ways(*mesh, Capacities(laser_mbps=10.0), demands, rounds=0)
    assert ways.km.tolist() == [3200.0, 3200.0] and found.rate_mbps.tolist() == [5.0, 5.0, 0.0]
    ways, found = load_aware_ways(*mesh, Capacities(laser_mbps=10.0), demands)
    assert found.rate_mbps.tolist() == [10.0, 10.0, 0.0] and ways.cause.tolist() == [0, 0, 1]


def test_programs_bound_what_ways_can_carry():
    mesh, demands = ladder(), Demands.of([(0, 2), (1, 3), (0, 3)], [8.0, np.inf, np.inf])
    resources = resources_of(*mesh, Capacities(laser_mbps=10.0))
    one = most_throughput(resources, find_ways(*mesh, demands.pair), demands)
    every = most_throughput(resources, find_ways(*mesh, demands.pair, Routing(ways=1000)), demands)
    free = most_throughput_of_any_ways(resources, demands)
    assert one.total_mbps == pytest.approx(10.0)
    assert every.total_mbps == pytest.approx(20.0)
    assert free.total_mbps == pytest.approx(20.0)
    assert (free.rate_mbps <= demands.demand_mbps + 1e-9).all()


def test_programs_of_nothing_are_nothing(monkeypatch):
    mesh = ladder()
    resources = resources_of(*mesh, Capacities(laser_mbps=10.0))
    for demands in (Demands.of([]), Demands.of([(0, 4)])):
        ways = find_ways(*mesh, demands.pair)
        for program in (most_throughput, fairest_rates):
            assert program(resources, ways, demands).total_mbps == 0.0
        assert most_throughput_of_any_ways(resources, demands).total_mbps == 0.0
        assert share(resources, ways, demands).total_mbps == 0.0
    monkeypatch.setattr(flow_programs, "MOST_COLUMNS", 20)
    with pytest.raises(LimitError, match=r"1 sources over 30 links are 30 columns; valid: up to 20"):
        most_throughput_of_any_ways(resources, Demands.of([(0, 2)]))


def test_demands_as_rows_and_as_a_matrix():
    rows = Demands.rows([(0, 2, 5.0), (1, 3, 7.0, 2.0)])
    assert rows.pair.tolist() == [[0, 2], [1, 3]]
    assert rows.demand_mbps.tolist() == [5.0, 7.0] and rows.weight_ratio.tolist() == [1.0, 2.0]
    matrix = Demands.matrix([[0, 3, 0], [0, 0, 0], [4, 0, 0]])
    assert matrix.pair.tolist() == [[0, 1], [2, 0]] and matrix.demand_mbps.tolist() == [3.0, 4.0]


def test_nothing_that_bounds_is_refused():
    with pytest.raises(NoSolutionError, match="flow 1 asks for all it can get"):
        shares(BOTH, Capacities(), demand=[3.0, np.inf])
    resources, ways = resources_of(*ladder(), Capacities()), find_ways(*ladder(), BOTH)
    for program in (most_throughput, fairest_rates):
        with pytest.raises(NoSolutionError, match="nothing bounds"):
            program(resources, ways, Demands.of(BOTH))
    with pytest.raises(NoSolutionError, match="nothing bounds"):
        most_throughput_of_any_ways(resources, Demands.of(BOTH))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Demands.of(BOTH, -1.0), OutOfRangeError, r"demand_mbps\[0\] is -1.0; valid: 0 or more"),
        (lambda: Demands.of(BOTH, [1.0, np.nan]), OutOfRangeError, r"demand_mbps\[1\] is nan"),
        (lambda: Demands.of(BOTH, [1.0]), RaabtaError, r"demand_mbps has shape \(1,\); wanted: \(2,\)"),
        (lambda: Demands.of(BOTH, 1.0, 0.0), OutOfRangeError, r"weight_ratio\[0\] is 0.0; valid: 1e-09 to"),
        (lambda: Demands.of(BOTH, 1.0, [1.0, -2.0]), OutOfRangeError, r"weight_ratio\[1\] is -2.0"),
        (lambda: Demands.of(BOTH, 1.0, np.nan), OutOfRangeError, r"weight_ratio\[0\] is nan"),
        (lambda: Demands.of([(2, 2)]), RaabtaError, "flow 0 joins ground node 2 with itself"),
        (lambda: Demands.of([0, 1]), RaabtaError, r"wanted: \(f, 2\) whole numbers"),
        (lambda: Demands.matrix([[0, 1]]), RaabtaError, "wanted: a square matrix"),
        (lambda: Demands.matrix([[1, 1], [0, 0]]), RaabtaError, "flow 0 joins ground node 0 with itself"),
        (lambda: Demands.matrix([[0, np.nan], [0, 0]]), OutOfRangeError, r"demand_mbps\[0\] is nan"),
        (lambda: Demands.rows([(0, 1)]), RaabtaError, r"a flow is \(0, 1\); wanted: start, end"),
        (lambda: Demands.rows([(0, 1.5, 2.0)]), RaabtaError, r"a flow is \(0, 1.5, 2.0\)"),
        (
            lambda: resources_of(*ladder(), Capacities(laser_mbps=-1.0)),
            OutOfRangeError,
            r"laser_mbps\[0\] is -1.0",
        ),
        (
            lambda: resources_of(*ladder(), Capacities(feeders_up_mbps=np.nan)),
            OutOfRangeError,
            r"feeders_up_mbps\[0\] is nan; valid: 0 or more, infinite for no limit",
        ),
        (
            lambda: resources_of(*ladder(), Capacities(link_up_mbps=[1.0, 2.0])),
            RaabtaError,
            r"link_up_mbps has shape \(2,\); wanted: \(8,\), or one number for all",
        ),
        (
            lambda: resources_of(*ladder(), Capacities(gateway=[True])),
            RaabtaError,
            r"gateway has shape \(1,\); wanted: \(5,\)",
        ),
        (
            lambda: shares(BOTH, Capacities(laser_mbps=1.0), split="even"),
            OutOfRangeError,
            "equal, adaptive, exact",
        ),
        (
            lambda: load_aware_ways(*ladder(), Capacities(), Demands.of(BOTH, 1.0), rounds=-1),
            OutOfRangeError,
            "rounds is -1",
        ),
    ],
)
def test_malformed_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_ways_of_another_mesh_or_of_other_pairs_are_refused():
    mesh = ladder()
    ways, resources = find_ways(*mesh, BOTH), resources_of(*mesh, Capacities(laser_mbps=1.0))
    with pytest.raises(RaabtaError, match="not of the same pairs"):
        share(resources, ways, Demands.of([(0, 2)]))
    with pytest.raises(RaabtaError, match="not of the same pairs"):
        share(resources, ways, Demands.of([(1, 3), (0, 2)]))
    with pytest.raises(OutOfRangeError, match="rounds is 0"):
        share(resources, ways, Demands.of(BOTH), rounds=0)
    cut = resources_of(mesh[0], np.where(mesh[1] == 1000.0, np.inf, mesh[1]), mesh[2], Capacities())
    with pytest.raises(RaabtaError, match="a way goes from node 0 to node 1, and no link does"):
        used_by(cut, ways)
    with pytest.raises(RaabtaError, match="a way goes from node 6 to node 0"):
        used_by(resources_of(*mesh[:2], replace(mesh[2], range_km=np.full(8, np.inf)), Capacities()), ways)
