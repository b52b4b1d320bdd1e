"""Alternative ways on a shell of 528 satellites against networkx and SciPy, and input that is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import combinations, islice, pairwise

import numpy as np
import pytest
import ways as oracle
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from raabta.access.visibility import bounding_disc, observe, sites
from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.mesh.alternatives import (
    CAUSES,
    Routing,
    equal_next_nodes,
    find_ways,
    landing_ways,
)
from raabta.network.mesh.paths import (
    GroundLinks,
    Lasers,
    ground_links,
    laser_km,
    nearest_gateway,
    plus_grid,
    route,
)
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")
SHELL = Shell(altitude_km=550.0, inclination_deg=53.0, planes=24, satellites_per_plane=22, phasing=5)
TOWNS = 24
PAIRS = list(combinations(range(TOWNS), 2))


@cache
def shell():
    """A +Grid and 24 towns between 50 degrees south and north."""
    where = Propagator.from_elements(walker(SHELL, START), START).positions_km(np.array([START]))[0]
    rng = np.random.default_rng(8)
    ground = sites(rng.uniform(-50, 50, TOWNS), rng.uniform(-180, 180, TOWNS), np.zeros(TOWNS), 25.0)
    view = observe(ground, bounding_disc(ground.km), where, min_elevation_deg=25.0)
    lasers = plus_grid(SHELL.planes, SHELL.satellites_per_plane, SHELL.phasing)
    return lasers, laser_km(lasers, where), ground_links(ground, view)


def as_networkx(mesh, start, end):
    """The same links for networkx, only these two ground nodes in it: nothing comes down in between."""
    networkx = pytest.importorskip("networkx")
    n, graph = SHELL.satellites, networkx.DiGraph()
    for (u, v), km in oracle.link_km(*mesh).items():
        if {node for node in (u, v) if node >= n} <= {n + start, n + end}:
            graph.add_edge(u, v, weight=km)
    return networkx, graph


@pytest.mark.parametrize("pair", [3, 77, 150, 260])
def test_twenty_shortest_equal_networkxs_to_a_millimetre(pair):
    start, end = PAIRS[pair]
    found = find_ways(*shell(), PAIRS, Routing(ways=20))
    networkx, graph = as_networkx(shell(), start, end)
    n = SHELL.satellites
    theirs = networkx.shortest_simple_paths(graph, n + start, n + end, weight="weight")
    expected = [networkx.path_weight(graph, way, "weight") for way in islice(theirs, 20)]
    mine = found.km[found.first[pair] : found.first[pair + 1]]
    assert mine.size == 20
    assert mine == pytest.approx(expected, abs=1e-6)


def test_the_first_of_every_pair_is_routes_way_to_the_last_bit():
    found = find_ways(*shell(), PAIRS, Routing(ways=5))
    exact = route(*shell(), range(TOWNS)).km
    for p, (start, end) in enumerate(PAIRS):
        ways = found.of(p)
        expected = exact[end, SHELL.satellites + start]
        assert (len(ways) > 0) == np.isfinite(expected)
        if ways:
            assert found.km[ways[0]] == expected
            assert (np.diff(found.km[ways]) >= 0.0).all()


def test_every_way_is_loopless_there_and_as_long_as_its_links():
    found = find_ways(*shell(), PAIRS, Routing(ways=12))
    length, n = oracle.link_km(*shell()), SHELL.satellites
    for p, (start, end) in enumerate(PAIRS):
        nodes = [tuple(found.nodes(w)) for w in found.of(p)]
        assert len(set(nodes)) == len(nodes)
        for w, way in zip(found.of(p), nodes, strict=True):
            assert (way[0], way[-1]) == (n + start, n + end)
            assert max(way[1:-1]) < n
            assert len(set(way)) == len(way) == found.hops[w] + 1
            assert found.km[w] == pytest.approx(sum(length[link] for link in pairwise(way)), abs=1e-9)


def test_fewest_hops_equal_scipys_unweighted_and_are_never_shorter_in_km():
    mesh, n = shell(), SHELL.satellites
    found = find_ways(*mesh, PAIRS, Routing(measure="hops"))
    shortest = find_ways(*mesh, PAIRS)
    for start, end in [(0, 1), (5, 20), (11, 3)]:
        keep = [link for link in oracle.link_km(*mesh) if {v for v in link if v >= n} <= {n + start, n + end}]
        u, v = np.array(keep).T
        graph = csr_matrix((np.ones(u.size), (u, v)), shape=(n + TOWNS, n + TOWNS))
        hops = dijkstra(graph, unweighted=True, indices=n + start)[n + end]
        pair = PAIRS.index((min(start, end), max(start, end)))
        assert found.hops[found.first[pair]] == hops
    assert (found.km >= shortest.km).all() and (found.km > shortest.km + 100.0).any()
    assert (found.hops <= shortest.hops).all() and (found.hops < shortest.hops).any()


def test_disjoint_ways_share_nothing_and_together_are_never_longer():
    for rule in ("link-disjoint", "node-disjoint"):
        each = find_ways(*shell(), PAIRS, Routing(rule, 3))
        together = find_ways(*shell(), PAIRS, Routing(rule, 3, least="sum"))
        shorter = 0
        for p in range(len(PAIRS)):
            for found in (each, together):
                used = [part for w in found.of(p) for part in oracle.parts(tuple(found.nodes(w)), rule)]
                assert len(used) == len(set(used))
            one, other = each.km[each.of(p)], together.km[together.of(p)]
            assert other.size >= one.size
            if other.size == one.size:
                assert other.sum() <= one.sum() + 1e-9
                shorter += other.sum() < one.sum() - 1.0
        assert shorter > 10


def trap():
    """The shortest way from 0 to 1 runs across both others: nothing is left beside it.

    Satellites 0, 1 see the start, 2, 3 the end; 0-1-3 ... the short way 0, 3 takes the middle of both.
    """
    neighbour = np.full((4, 4), -1, np.int32)
    km = np.full((4, 4), np.inf)
    for slot, (u, v, length) in enumerate([(0, 3, 10.0), (0, 2, 100.0), (1, 3, 100.0)]):
        neighbour[u, slot], neighbour[v, slot], km[u, slot], km[v, slot] = v, u, length, length
    links = GroundLinks(np.array([0, 2, 4]), np.array([0, 1, 2, 3], np.int32), np.full(4, 600.0))
    return Lasers.of(neighbour), km, links


def test_the_least_sum_finds_two_ways_where_the_shortest_bars_them():
    for rule in ("link-disjoint", "node-disjoint"):
        each = find_ways(*trap(), [(0, 1)], Routing(rule, 2))
        assert each.km.tolist() == [1210.0]
        both = find_ways(*trap(), [(0, 1)], Routing(rule, 2, least="sum"))
        assert both.km.tolist() == [1300.0, 1300.0]
        assert sorted(both.nodes(w) for w in both.of(0)) == [[4, 0, 2, 5], [4, 1, 3, 5]]


@pytest.mark.parametrize(
    "routing",
    [
        Routing(ways=10),
        Routing(ways=4, measure="hops"),
        Routing("link-disjoint", 3),
        Routing("node-disjoint", 3, least="sum"),
    ],
)
def test_threads_and_other_pairs_change_no_bit(routing):
    alone = find_ways(*shell(), PAIRS, routing)
    shared = find_ways(*shell(), PAIRS, routing, threads=3)
    for name in ("first", "km", "start", "node", "cause"):
        assert getattr(alone, name).tobytes() == getattr(shared, name).tobytes()
    few = find_ways(*shell(), PAIRS[100:110], routing)
    for p in range(10):
        assert [few.nodes(w) for w in few.of(p)] == [alone.nodes(w) for w in alone.of(100 + p)]


def test_landing_at_many_gateways_is_the_way_to_the_nearest():
    gateways = [20, 21, 22, 23]
    origins = np.arange(20)
    found = landing_ways(*shell(), origins, [gateways] * 20, Routing(ways=3))
    km, nearest = nearest_gateway(*shell(), gateways)
    n = SHELL.satellites
    assert found.pair[:, 1].tolist() == nearest[n : n + 20].tolist()
    there = np.diff(found.first) > 0
    assert found.km[found.first[:-1][there]] == pytest.approx(km[n : n + 20][there], abs=1e-9)


def test_a_national_rule_costs_what_the_next_gateway_is_further():
    free = landing_ways(*shell(), [0, 1], [[20, 21, 22], [20, 21, 22]])
    bound = landing_ways(*shell(), [0, 1], [[20], [20, 21, 22]])
    assert bound.pair[0].tolist() == [0, 20] and free.pair[0, 1] != 20
    assert bound.km[0] > free.km[0] and bound.km[1] == free.km[1]


def test_equal_cost_next_nodes_reach_the_destination_whatever_is_chosen():
    found = equal_next_nodes(*shell(), [3], tolerance_km=50.0)
    rng = np.random.default_rng(1)
    branches = 0
    for start in range(SHELL.satellites):
        node, steps = start, 0
        while node != SHELL.satellites + 3:
            choices = found.of(0, node)
            branches += len(choices) > 1
            node, steps = int(rng.choice(choices)), steps + 1
            assert steps < 100
    assert branches > 100


def test_causes_name_what_is_missing():
    lasers, km, links = trap()
    assert [CAUSES[c] for c in find_ways(lasers, km, links, [(0, 1)]).cause] == [""]
    dark = find_ways(lasers, np.full((4, 4), np.inf), links, [(0, 1), (1, 0)])
    assert [CAUSES[c] for c in dark.cause] == ["no path over lasers between the satellites in view"] * 2
    blind = replace(links, range_km=np.array([np.inf, np.inf, 600.0, 600.0]))
    words = [CAUSES[c] for c in find_ways(lasers, km, blind, [(0, 1), (1, 0)]).cause]
    assert words == ["no satellite in view of the start", "no satellite in view of the end"]
    pipe = find_ways(lasers, km, links, [(0, 1)], Routing("bent-pipe"))
    assert [CAUSES[c] for c in pipe.cause] == ["no satellite that both ends see"]
    assert landing_ways(lasers, km, blind, [1], [[0]]).pair.tolist() == [[1, -1]]


def test_no_pairs_are_no_error():
    assert find_ways(*trap(), []).km.size == 0
    assert landing_ways(*trap(), [], []).km.size == 0
    assert equal_next_nodes(*trap(), []).node.size == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: find_ways(*m, [(0, 1), (1, 1)]), RaabtaError, "pair 1 joins ground node 1 with itself"),
        (lambda m: find_ways(*m, [(0, 2)]), OutOfRangeError, r"pairs\[1\] \(row 0\) is 2; valid: 0 to 1"),
        (lambda m: find_ways(*m, [0, 1]), RaabtaError, r"wanted: \(p, 2\)"),
        (lambda m: find_ways(*m, [(0.5, 1.0)]), RaabtaError, "wanted: whole numbers"),
        (lambda m: find_ways(m[0], -m[1], m[2], [(0, 1)]), OutOfRangeError, "a laser's length, km"),
        (
            lambda m: find_ways(m[0], m[1], replace(m[2], range_km=np.full(4, np.nan)), [(0, 1)]),
            OutOfRangeError,
            "range_km is nan",
        ),
        (lambda m: Routing("node-disjont"), OutOfRangeError, "did you mean 'node-disjoint'"),
        (lambda m: Routing(measure="miles"), OutOfRangeError, "valid: km, hops"),
        (lambda m: Routing(least="most"), OutOfRangeError, "valid: each, sum"),
        (lambda m: Routing(ways=0), OutOfRangeError, "ways is 0; valid: 1 or more"),
        (lambda m: Routing(within_km=np.nan), OutOfRangeError, "within_km is nan"),
        (lambda m: Routing("link-disjoint", within_km=5.0), RaabtaError, "no meaning for link-disjoint"),
        (lambda m: Routing("bent-pipe", relay=True), RaabtaError, "one satellite"),
        (lambda m: landing_ways(*m, [0], [[]]), RaabtaError, "origin 0 may land nowhere"),
        (lambda m: landing_ways(*m, [0], [[0, 1]]), RaabtaError, "ground node 0 may land at itself"),
        (lambda m: landing_ways(*m, [0], [[5]]), OutOfRangeError, r"landing\[0\] \(row 0\) is 5"),
        (lambda m: landing_ways(*m, [0], []), RaabtaError, "1 origins and 0 sets"),
        (lambda m: equal_next_nodes(*m, [0], tolerance_km=-1.0), OutOfRangeError, "tolerance_km is -1.0"),
        (lambda m: equal_next_nodes(*m, [0], measure="hop"), OutOfRangeError, "did you mean 'hops'"),
    ],
)
def test_malformed_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(trap())
