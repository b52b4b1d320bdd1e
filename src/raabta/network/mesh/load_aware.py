"""Load-aware routing: ways chosen with the loads of all flows, one way a flow.

Links cost their length times a price that rises with what flows ask of them; flows choose anew in turns, and
the choice that carries most is kept. See docs/models/flows.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OutOfRangeError
from raabta.network.fair import resource_load_mbps
from raabta.network.mesh import flow_kernels as kernels
from raabta.network.mesh import search_kernels
from raabta.network.mesh.alternative_graphs import mesh_of
from raabta.network.mesh.alternatives import Ways, find_ways
from raabta.network.mesh.flows import Demands, Resources, Shares, resources_of, share, used_by
from raabta.network.mesh.paths import GroundLinks, Lasers, route

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.flows import Capacities

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

PARTS = 8
"""Flows choose anew in this many parts: those of a part see the loads of all others."""
FULLEST = 1e3
"""Load by capacity beyond which the price rises no more."""


def load_aware_ways(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    capacities: Capacities,
    demands: Demands,
    *,
    rounds: int = 4,
    threads: int = 1,
) -> tuple[Ways, Shares]:
    """One way for each flow, and the fair rates on them: never less in all than on the shortest ways.

    Begins with the shortest ways. In each of `rounds` rounds every flow chooses once; after each round the
    rates are worked out, and the ways with the largest total are kept. The same bits with any number of
    threads. Raises as `find_ways`, `resources_of` and `share`.
    """
    if rounds < 0:
        raise OutOfRangeError("rounds", rounds, "0 or more", "load-aware routing")
    resources = resources_of(lasers, km, links, capacities)
    ways = find_ways(lasers, km, links, demands.pair, threads=threads)
    found = share(resources, ways, demands)
    best = ways, found
    part = np.arange(len(demands.pair)) % PARTS
    for _ in range(rounds):
        for chooses in (part == p for p in range(PARTS)):
            if (chooses & (ways.cause == 0)).any():
                asked = np.where(np.isinf(demands.demand_mbps), found.rate_mbps, demands.demand_mbps)
                price = _price(resources, ways, np.where(chooses, 0.0, asked))
                ways = _choose(lasers, km, links, ways, chooses, resources, price, threads)
        found = share(resources, ways, demands)
        if found.total_mbps > best[1].total_mbps:
            best = ways, found
    return best


def _price(resources: Resources, ways: Ways, asked_mbps: Floats) -> Floats:
    """1 and the square of load by capacity of each resource, (m,), were flows to send what they ask, (f,)."""
    first, resource = used_by(resources, ways)
    capacity = resources.capacity_mbps
    load = resource_load_mbps(first, resource, asked_mbps[ways.cause == 0], capacity.size)
    fill = np.divide(load, capacity, out=np.full(capacity.size, FULLEST), where=capacity > 0.0)
    price: Floats = 1.0 + np.minimum(fill, FULLEST) ** 2
    return price


def _choose(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    ways: Ways,
    chooses: Flags,
    resources: Resources,
    price: Floats,
    threads: int,
) -> Ways:
    """The ways, those of the flows that choose now the shortest by price."""
    laser_price, link_price = _link_prices(resources, price)
    dear = GroundLinks(links.start, links.satellite, links.range_km * link_price)
    flow = np.flatnonzero(chooses & (ways.cause == 0))
    target, row = np.unique(ways.pair[flow, 1], return_inverse=True)
    found = route(lasers, km * laser_price[:, : km.shape[1]], dear, target, hops=True, threads=threads)
    n = lasers.neighbour.shape[0]
    new = kernels.walk(found.next_node, row, n + ways.pair[flow, 0])
    return _with_new(lasers, km, links, ways, np.cumsum(ways.cause == 0)[flow] - 1, *new)


def _link_prices(resources: Resources, price: Floats) -> tuple[Floats, Floats]:
    """Prices of lasers (n, K or more), and of ground links (e,): the highest of all that they use."""
    network = resources.network
    node = np.repeat(np.arange(network.start.size - 1), np.diff(network.start))
    parts = [price[a:b] for a, b in zip(network.block[:-1], network.block[1:], strict=True)]
    users = np.maximum(parts[kernels.USERS_UP], parts[kernels.USERS_DOWN])[network.satellite]
    feeders = np.maximum(parts[kernels.FEEDERS_UP], parts[kernels.FEEDERS_DOWN])[network.satellite]
    own = np.maximum(parts[kernels.GROUND_UP], parts[kernels.GROUND_DOWN])[node]
    link = np.maximum(parts[kernels.UP], parts[kernels.DOWN])
    beams = np.where(network.gateway[node], feeders, users)
    return parts[kernels.LASER].reshape(network.neighbour.shape), np.maximum(np.maximum(link, own), beams)


def _with_new(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    ways: Ways,
    place: NDArray[np.int64],
    new_start: NDArray[np.int64],
    new_node: NDArray[np.int32],
) -> Ways:
    """Ways with those at `place` exchanged for new ones, and their lengths."""
    rows = np.split(ways.node, ways.start[1:-1])
    for where, nodes in zip(place, np.split(new_node, new_start[1:-1]), strict=True):
        rows[where] = nodes
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    node, length = np.concatenate(rows), np.empty(len(rows))
    mesh = mesh_of(lasers, km, links, up=ways.pair[:, 0], down=ways.pair[:, 1], relay=False, fewest=False)
    search_kernels.way_km(mesh.graph, start, node, length)
    return Ways(ways.pair, ways.first, length, start, node, ways.cause)
