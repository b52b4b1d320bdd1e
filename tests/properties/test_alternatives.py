"""Alternative ways against every way there is, on small meshes of any shape."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest
import ways as oracle
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from raabta.network.mesh.alternatives import (
    CAUSES,
    Routing,
    equal_next_nodes,
    find_ways,
    landing_ways,
)
from raabta.network.mesh.paths import route

quick = settings(max_examples=60, deadline=None)
seeds, relays = st.integers(0, 2**32), st.booleans()
PAIRS = list(permutations(range(4), 2))


def found_ways(mesh, routing, pairs=PAIRS):
    """[(km, nodes)] of each pair."""
    found = find_ways(*mesh, pairs, routing)
    assert [tuple(pair) for pair in found.pair] == list(pairs)
    return [[(found.km[w], tuple(found.nodes(w))) for w in found.of(p)] for p in range(len(pairs))]


@quick
@given(seeds, relays, st.integers(1, 12), st.booleans())
def test_k_shortest_are_the_first_of_all_ways(seed, relay, count, whole):
    mesh = oracle.tangle(seed, whole=whole)
    for pair, got in zip(PAIRS, found_ways(mesh, Routing(ways=count, relay=relay)), strict=True):
        every = oracle.every_way(mesh, *pair, relay=relay)
        assert [km for km, _ in got] == pytest.approx([km for km, _ in every[:count]], abs=1e-9)
        assert len({way for _, way in got}) == len(got)
        assert {way for _, way in got} <= {way for _, way in every}
        if not whole:
            assert got == every[:count]


@quick
@given(seeds, relays, st.integers(1, 12), st.booleans())
def test_by_hops_the_fewest_links_come_first_and_of_as_many_the_shortest(seed, relay, count, whole):
    mesh = oracle.tangle(seed, whole=whole)
    routing = Routing(ways=count, relay=relay, measure="hops")
    for pair, got in zip(PAIRS, found_ways(mesh, routing), strict=True):
        every = sorted((len(way), km) for km, way in oracle.every_way(mesh, *pair, relay=relay))
        assert [(len(way), km) for km, way in got] == [
            (links, pytest.approx(km, abs=1e-9)) for links, km in every[:count]
        ]
        assert len({way for _, way in got}) == len(got)


@quick
@given(seeds, st.sampled_from([0.0, 300.0, 3e3]), st.sampled_from(["km", "hops"]), st.booleans())
def test_within_keeps_all_that_are_not_longer_and_no_other(seed, within_km, measure, whole):
    mesh = oracle.tangle(seed, whole=whole)
    routing = Routing(ways=10_000, within_km=within_km, measure=measure)
    for pair, got in zip(PAIRS, found_ways(mesh, routing), strict=True):
        every = oracle.every_way(mesh, *pair)
        if measure == "hops":
            every = [one for one in every if len(one[1]) == min(len(way) for _, way in every)]
        expected = [way for km, way in every if km <= every[0][0] + within_km]
        assert sorted(way for _, way in got) == sorted(expected)


@quick
@given(seeds, st.integers(1, 4))
def test_a_bent_pipe_has_one_satellite(seed, count):
    mesh = oracle.tangle(seed)
    for pair, got in zip(PAIRS, found_ways(mesh, Routing("bent-pipe", count)), strict=True):
        every = oracle.every_way(mesh, *pair, lasers=False)
        assert got == every[:count]
        assert all(len(way) == 3 for _, way in got)


@quick
@given(seeds, relays, st.integers(1, 4), st.sampled_from(["link-disjoint", "node-disjoint"]))
def test_disjoint_ways_one_by_one(seed, relay, count, rule):
    mesh = oracle.tangle(seed, 6)
    for pair, got in zip(PAIRS, found_ways(mesh, Routing(rule, count, relay=relay)), strict=True):
        assert got == oracle.one_by_one(oracle.every_way(mesh, *pair, relay=relay), count, rule)


@quick
@given(seeds, st.integers(2, 3), st.sampled_from(["link-disjoint", "node-disjoint"]), st.booleans())
def test_disjoint_ways_of_the_least_sum(seed, count, rule, both_ways):
    mesh = (oracle.mutual if both_ways else oracle.tangle)(seed, 6, 3)
    pairs = list(permutations(range(3), 2))
    for pair, got in zip(pairs, found_ways(mesh, Routing(rule, count, least="sum"), pairs), strict=True):
        every = oracle.every_way(mesh, *pair)
        assert {way for _, way in got} <= {way for _, way in every}
        assert (len(got), sum(km for km, _ in got)) == pytest.approx(oracle.least_sum(every, count, rule))
        shared = [part for _, way in got for part in oracle.parts(way, rule)]
        assert len(shared) == len(set(shared))


@quick
@given(seeds, st.integers(1, 6), st.sampled_from(["shortest", "link-disjoint", "node-disjoint", "bent-pipe"]))
def test_landing_at_any_allowed_gateway(seed, count, rule):
    mesh = oracle.tangle(seed)
    landing = [(2,), (3, 2), (1, 3)]
    found = landing_ways(*mesh, [0, 1, 0], landing, Routing(rule, count))
    for place, (origin, allowed) in enumerate(zip([0, 1, 0], landing, strict=True)):
        every = sorted(
            way for end in allowed for way in oracle.every_way(mesh, origin, end, lasers=rule != "bent-pipe")
        )
        got = [(found.km[w], tuple(found.nodes(w))) for w in found.of(place)]
        if rule == "link-disjoint":
            assert got == oracle.one_by_one(every, count, rule)
        elif rule == "node-disjoint":  # gateways are in between, before the end that stands for all of them
            closed = [(km, (*way, -1)) for km, way in every]
            assert got == [(km, way[:-1]) for km, way in oracle.one_by_one(closed, count, rule)]
        else:
            assert got == every[:count]
        lands = every[0][1][-1] - 7 if every else -1
        assert found.pair[place].tolist() == [origin, lands]
        assert (found.cause[place] > 0) == (not every)


@quick
@given(seeds, st.integers(2, 3))
def test_landing_apart_with_the_least_sum(seed, count):
    mesh = oracle.tangle(seed, 6)
    for rule in ("link-disjoint", "node-disjoint"):
        found = landing_ways(*mesh, [0], [(1, 3)], Routing(rule, count, least="sum"))
        every = [(km, (*way, -1)) for end in (1, 3) for km, way in oracle.every_way(mesh, 0, end)]
        if rule == "link-disjoint":
            every = [(km, way[:-1]) for km, way in every]
        assert (found.km.size, found.km.sum()) == pytest.approx(oracle.least_sum(every, count, rule))


@quick
@given(seeds, relays, st.sampled_from(["km", "hops"]), st.sampled_from([0.0, 500.0]), st.booleans())
def test_next_nodes_are_all_that_are_as_good(seed, relay, measure, tolerance_km, whole):
    mesh = oracle.tangle(seed, whole=whole)
    found = equal_next_nodes(*mesh, range(4), measure=measure, tolerance_km=tolerance_km, relay=relay)
    length, n = oracle.link_km(*mesh), 7
    for end in range(4):
        km, hops = found.km[end], found.hops[end]
        for u in range(n + 4):
            good = []
            for v in range(n + 4):
                way = length.get((u, v), np.inf) + km[v]
                if not np.isfinite(way) or u == n + end or (v >= n and v != n + end and not relay):
                    continue
                nearer = hops[v] == hops[u] - 1 if measure == "hops" else km[v] < km[u]
                if nearer and way <= km[u] + tolerance_km:
                    good.append(v)
            assert found.of(end, u) == good
            assert bool(good) == bool(np.isfinite(km[u]) and u != n + end)


@quick
@given(seeds, relays)
def test_hops_and_km_equal_those_of_the_best_way(seed, relay):
    mesh = oracle.tangle(seed)
    found = equal_next_nodes(*mesh, range(4), measure="hops", relay=relay)
    assert np.array_equal(
        equal_next_nodes(*mesh, range(4), relay=relay).km, route(*mesh, range(4), relay=relay).km
    )
    for start, end in PAIRS:
        every = sorted((len(way) - 1, km) for km, way in oracle.every_way(mesh, start, end, relay=relay))
        if not every:
            assert np.isinf(found.km[end, 7 + start])
            continue
        assert (found.hops[end, 7 + start], found.km[end, 7 + start]) == every[0]


@quick
@given(seeds, st.sampled_from(["shortest", "link-disjoint", "bent-pipe"]))
def test_every_pair_without_a_way_says_why(seed, rule):
    mesh = oracle.tangle(seed, ground=5)
    links = mesh[2]
    pairs = list(permutations(range(5), 2))
    found = find_ways(*mesh, pairs, Routing(rule))
    blind = np.diff(links.start) == 0
    assume(blind.any())
    for (start, end), number, cause in zip(pairs, np.diff(found.first), found.cause, strict=True):
        assert (number == 0) == (cause > 0)
        if number == 0 and blind[start]:
            assert CAUSES[cause] == "no satellite in view of the start"
        elif number == 0 and blind[end]:
            assert CAUSES[cause] == "no satellite in view of the end"
        elif number == 0:
            assert ("both" in CAUSES[cause]) == (rule == "bent-pipe")


@quick
@given(seeds)
def test_every_link_of_a_way_is_there(seed):
    mesh = oracle.tangle(seed)
    length = oracle.link_km(*mesh)
    for got in found_ways(mesh, Routing(ways=8)):
        for km, way in got:
            assert km == sum(length[link] for link in reversed(list(pairwise(way))))
