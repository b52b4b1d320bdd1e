"""Graphs and exact distances that the kernels of `alternatives` work on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from raabta.network.mesh import disjoint_kernels, hop_kernels, search_kernels
from raabta.network.mesh.paths import NO_NODE, GroundLinks, Lasers, checked_graph, route

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Nodes = NDArray[np.int32]


class NodeGraph(NamedTuple):
    """A checked graph for the kernels: n satellites, g ground nodes; tail of every link."""

    graph: search_kernels.Digraph
    tail: Nodes
    satellites: int
    ground: int


def mesh_of(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    *,
    up: ArrayLike,
    down: ArrayLike,
    relay: bool,
    fewest: bool,
) -> NodeGraph:
    """The graph of lasers, and of the ground links of those who send (`up`) and receive (`down`).

    relay: whether all ground links are in it and the ground passes on. fewest: whether links count before km.
    """
    checked = checked_graph(lasers, km, links)
    n, g = checked.neighbour.shape[0], checked.start.size - 1
    ground = np.repeat(np.arange(g), np.diff(checked.start))
    finite = np.isfinite(checked.range_km)
    rises, falls = (finite & (relay | np.isin(ground, some)) for some in (up, down))
    there = np.isfinite(checked.km) & (checked.neighbour != np.arange(n)[:, None])
    tail = [np.nonzero(there)[0], n + ground[rises], checked.satellite[falls]]
    head = [checked.neighbour[there], checked.satellite[rises], n + ground[falls]]
    length = [checked.km[there], checked.range_km[rises], checked.range_km[falls]]
    closed = (np.arange(n + g) >= n) & (not relay)
    hop = int(fewest)
    return _digraph(np.concatenate(tail), np.concatenate(head), np.concatenate(length), closed, hop, n, g)


def _digraph(
    tail: NDArray[Any], head: NDArray[Any], km: Floats, closed: NDArray[np.bool_], hop: int, n: int, g: int
) -> NodeGraph:
    """Links by tail and head; of several between the same two nodes the shortest."""
    order = np.lexsort((km, head, tail))
    tail, head, km = tail[order], head[order], km[order]
    keep = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))[: tail.size]
    tail, head = tail[keep].astype(np.int32), head[keep].astype(np.int32)
    start = np.searchsorted(tail, np.arange(closed.size + 1)).astype(np.int64)
    return NodeGraph(search_kernels.Digraph(start, head, km[keep], closed, hop), tail, n, g)


def goals_of(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    mesh: NodeGraph,
    target: NDArray[Any],
    *,
    relay: bool,
    threads: int,
) -> search_kernels.Goals:
    """Exact distances to ground nodes `target`, by `paths.route` or level by level."""
    node = (mesh.satellites + target).astype(np.int64)
    if mesh.graph.hop == 0:
        routes = route(lasers, km, links, target, relay=relay, hops=True, threads=threads)
        assert routes.next_node is not None
        return search_kernels.Goals(node, np.zeros(routes.km.shape, np.int32), routes.km, routes.next_node)
    shape = (node.size, mesh.satellites + mesh.ground)
    goals = search_kernels.Goals(node, np.empty(shape, np.int32), np.empty(shape), np.empty(shape, np.int32))
    order = np.argsort(mesh.graph.head, kind="stable")
    into = np.column_stack([order, mesh.tail[order]])
    at = np.searchsorted(mesh.graph.head[order], np.arange(shape[1] + 1))
    hop_kernels.fewest_hops(mesh.graph, into, at, node, goals.hops, goals.km, goals.next_node)
    return goals


def arcs_of(mesh: NodeGraph, ways: int, *, whole_nodes: bool) -> disjoint_kernels.Arcs:
    """Arcs that one of `ways` may use each; with `whole_nodes` every node is split in two, an arc between."""
    graph, nodes = mesh.graph, mesh.graph.start.size - 1
    tail, head = mesh.tail.astype(np.int64), graph.head.astype(np.int64)
    km, hop = graph.km, np.full(head.size, graph.hop, np.int64)
    free = np.repeat(np.flatnonzero(km == 0.0), ways - 1)  # all gateways' end takes every way
    tail, head, km, hop = (np.concatenate([part, part[free]]) for part in (tail, head, km, hop))
    closed = graph.closed
    if whole_nodes:
        inside = np.arange(nodes)
        tail, head = np.concatenate([tail + nodes, inside]), np.concatenate([head, inside + nodes])
        km, hop = np.append(km, np.zeros(nodes)), np.append(hop, np.zeros(nodes, np.int64))
        closed = np.tile(closed, 2)
    order = np.lexsort((head, tail))
    tail, head = tail[order], head[order]
    into = np.argsort(head, kind="stable")
    ends = np.arange(closed.size + 1)
    start, at = np.searchsorted(tail, ends), np.searchsorted(head[into], ends)
    return disjoint_kernels.Arcs(tail, head, km[order], hop[order], start, into, at, closed)


def with_one_end(mesh: NodeGraph, gateway: Nodes) -> NodeGraph:
    """The graph with one more node, to which every gateway has a link of no length."""
    graph, last = mesh.graph, mesh.satellites + mesh.ground
    tail = np.concatenate([mesh.tail, mesh.satellites + gateway])
    head = np.append(graph.head, np.full(gateway.size, last))
    closed = np.append(graph.closed, False)
    closed[mesh.satellites + gateway] = False
    length = np.append(graph.km, np.zeros(gateway.size))
    return _digraph(tail, head, length, closed, graph.hop, mesh.satellites, mesh.ground)


def distances_to_any(mesh: NodeGraph, goals: search_kernels.Goals) -> search_kernels.Goals:
    """Distances to the node behind all goals, (1, n + g + 1): those to the best goal."""
    hops, km, node = goals.hops[0].copy(), goals.km[0].copy(), goals.next_node[0].copy()
    for i in range(1, goals.node.size):
        less = np.isinf(km) & np.isfinite(goals.km[i])
        less |= (goals.hops[i] < hops) & np.isfinite(goals.km[i])
        less |= (goals.hops[i] == hops) & (goals.km[i] < km)
        for best, new in ((hops, goals.hops[i]), (km, goals.km[i]), (node, goals.next_node[i])):
            best[less] = new[less]
    last = mesh.satellites + mesh.ground
    node[goals.node] = last
    counted = (hops + mesh.graph.hop).astype(np.int32)
    return search_kernels.Goals(
        np.array([last]),
        np.append(counted, np.int32(0))[None],
        np.append(km, 0.0)[None],
        np.append(node, np.int32(NO_NODE))[None],
    )
