"""Rows of `network.mesh`: twenty ways for each pair of cities, and fair rates over them."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, Floats
from raabta.bench.path_rows import LIMIT_KM, Ints, Space, edges, space
from raabta.network.mesh.alternatives import Routing, Ways, find_ways
from raabta.network.mesh.flows import Capacities, Demands, Shares, Split, resources_of, share

WAYS = 20
PEER_PAIRS = 3
CAPACITIES = Capacities(
    laser_mbps=20_000.0,
    link_up_mbps=4_000.0,
    link_down_mbps=4_000.0,
    ground_up_mbps=20_000.0,
    ground_down_mbps=20_000.0,
)
"""Round figures: 20 Gbps a laser, 4 Gbps a ground link, five of them at a city."""
MEAN_MBPS = 300.0


class Shared(NamedTuple):
    """What the whole work makes."""

    ways: Ways
    shares: Shares


def cities(quick: bool) -> Space:
    """Shell 1, 72 planes of 22 at 550 km, and 100 cities; 24 of them over 400 satellites if `quick`."""
    return space(20, 24, 24) if quick else space(72, 100, 100, 22)


def pairs_of(where: Space) -> Ints:
    """Every pair of cities once, (p, 2)."""
    return np.array(list(combinations(range(where.links.start.size - 1), 2)), np.int64)


def asked(where: Space) -> Demands:
    """What pairs ask for: uneven, 300 Mbps on average."""
    pairs = pairs_of(where)
    return Demands.of(pairs, np.random.default_rng(SEED).gamma(0.7, MEAN_MBPS / 0.7, len(pairs)))


def ways_and_rates(where: Space, demands: Demands, split: Split = "equal") -> Shared:
    """The whole work: twenty ways a pair, the resources they use, fair rates over all."""
    ways = find_ways(where.lasers, where.km, where.links, demands.pair, Routing(ways=WAYS), threads=2)
    resources = resources_of(where.lasers, where.km, where.links, CAPACITIES)
    return Shared(ways, share(resources, ways, demands, split=split))


def _networkx(where: Space, chosen: Ints) -> Peer | str:
    """The ways of a few pairs by networkx, from a graph that stands ready: km (pairs, WAYS)."""
    if find_spec("networkx") is None:
        return "networkx is not installed (`pip install raabta[bench]`)"
    import networkx

    n, g = where.km.shape[0], where.links.start.size - 1
    tail, head, km, _ = edges(where)
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), km.tolist(), strict=True))

    def work() -> Floats:
        out = np.full((len(chosen), WAYS), np.inf)
        for row, (start, end) in enumerate(chosen.tolist()):
            found = networkx.shortest_simple_paths(graph, n + start, n + g + end, weight="weight")
            for place, way in enumerate(islice(found, WAYS)):
                out[row, place] = networkx.path_weight(graph, way, "weight")
        return out

    return Peer(f"networkx shortest_simple_paths, {len(chosen)} of the pairs", work, float(len(chosen)))


def _twenty(quick: bool) -> Case:
    where = cities(quick)
    pairs = pairs_of(where)
    ours = find_ways(where.lasers, where.km, where.links, pairs)
    there = np.flatnonzero(ours.cause == 0)
    chosen = there[np.linspace(0, there.size - 1, PEER_PAIRS).astype(int)]

    def same(found: Ways, theirs: Floats) -> Difference:
        apart = 0.0
        for row, pair in enumerate(chosen):
            mine = np.full(WAYS, np.inf)
            mine[: len(found.of(pair))] = found.km[found.of(pair)]
            if not np.array_equal(np.isfinite(mine), np.isfinite(theirs[row])):
                return Difference("ways that only one of both has", float("inf"), 0.0, "ways")
            finite = np.isfinite(mine)
            apart = max(apart, float(np.abs(mine - theirs[row])[finite].max()))
        return Difference("longest difference", apart, LIMIT_KM, "km")

    return Case(
        size=_size(where, len(pairs)),
        ours=lambda: find_ways(where.lasers, where.km, where.links, pairs, Routing(ways=WAYS), threads=2),
        amount=float(len(pairs)),
        peer=_networkx(where, pairs[chosen]),
        same=same,
    )


def _fair(quick: bool, split: Split = "equal") -> Case:
    where = cities(quick)
    demands = asked(where)

    def more(found: Shared) -> dict[str, float]:
        carried, wanted = found.shares.total_mbps, float(demands.demand_mbps.sum())
        return {
            "ways": float(found.ways.km.size),
            "carried, Gbps": carried / 1e3,
            "of demand": carried / wanted,
        }

    return Case(
        size=_size(where, len(demands.pair)),
        ours=lambda: ways_and_rates(where, demands, split),
        amount=float(len(demands.pair)),
        more=more,
    )


def _size(where: Space, pairs: int) -> str:
    satellites, ground = where.km.shape[0], where.links.start.size - 1
    return f"{satellites:,} satellites, {ground} cities, {pairs:,} pairs, {WAYS} ways each"


ROWS = (
    Row(
        "paths-k20",
        "twenty shortest loopless ways of every pair of cities over a +Grid",
        "pairs",
        _twenty,
        threads=2,
        floor=Floor(3_000.0, 500.0),
        quick_floor=Floor(500.0),
    ),
    Row(
        "flows-k20",
        "twenty ways of every pair of cities and max-min fair rates over them",
        "pairs",
        _fair,
        threads=2,
        floor=Floor(3_000.0),
        goal=Goal("ms", 10_000.0, 3_000.0),
        quick_floor=Floor(500.0),
    ),
    Row(
        "flows-k20-exact",
        "twenty ways of every pair of cities and max-min fair rates of flows that split as is best",
        "pairs",
        lambda quick: _fair(quick, "exact"),
        threads=2,
        floor=Floor(150.0),
        goal=Goal("ms", 10_000.0, 3_000.0),
        quick_floor=Floor(300.0),
    ),
)
