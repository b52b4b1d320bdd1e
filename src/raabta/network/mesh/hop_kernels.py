"""Numeric core of `alternatives`: fewest links, and all next nodes that are as good as the best."""

from __future__ import annotations

import numpy as np

from raabta.network.mesh.search_kernels import inner, kernel, lean, passes


@kernel
def fewest_hops(graph, into, at, goal, out_hops, out_km, out_next):
    """Least number of links from every node to nodes `goal` (d,), of ways with as few the least km, and the
    node to go to first: each (d, N), km infinite and next -1 where there is no way.

    into, at: the links that lead to node v are into[at[v]:at[v + 1]], their tails beside them in into[:, 1].
    """
    queue = np.empty(graph.start.shape[0] - 1, np.int32)
    for d in range(goal.shape[0]):
        out_hops[d], out_km[d], out_next[d] = 0, np.inf, -1
        _spread(graph, into, at, goal[d], queue, out_hops[d], out_km[d], out_next[d])


@lean
def _spread(graph, into, at, goal, queue, hops, km, next_node):
    """Level by level: when a node's turn comes, all of the level before have told it their km."""
    queue[0], first, last = goal, 0, 1
    km[goal] = 0.0
    while first < last:
        v = queue[first]
        first += 1
        if v != goal and not passes(graph, v, goal):
            continue
        for i in range(at[v], at[v + 1]):
            u, way = into[i, 1], graph.km[into[i, 0]] + km[v]
            if km[u] == np.inf:
                queue[last] = u
                last += 1
                hops[u], km[u], next_node[u] = hops[v] + 1, way, v
            elif hops[u] == hops[v] + 1 and (way < km[u] or (way == km[u] and v < next_node[u])):
                km[u], next_node[u] = way, v


@kernel
def equal_next(graph, goal, hops, km, tolerance_km, out_start, out_node):
    """Nodes to go to first on ways at most tolerance_km above the best, of as many links where those count.

    goal (d,), hops and km (d, N); of node u towards goal[i]: out_node[out_start[i, u]:out_start[i, u + 1]],
    by rising number. Only nodes that are nearer than u itself, so no way runs in a ring. Returns how many
    there are; with an empty out_node nothing else is written.
    """
    count = 0
    for i in range(goal.shape[0]):
        for u in range(km.shape[1]):
            if out_node.shape[0] > 0:
                out_start[i, u] = count
            for e in range(graph.start[u], graph.start[u + 1]):
                if u != goal[i] and _as_good(graph, goal[i], hops[i], km[i], tolerance_km, u, e):
                    if out_node.shape[0] > 0:
                        out_node[count] = graph.head[e]
                    count += 1
        if out_node.shape[0] > 0:
            out_start[i, km.shape[1]] = count
    return count


@inner
def _as_good(graph, goal, hops, km, tolerance_km, u, link):
    v = graph.head[link]
    if km[v] == np.inf or not passes(graph, v, goal):
        return False
    if graph.km[link] + km[v] > km[u] + tolerance_km:
        return False
    return hops[v] == hops[u] - 1 if graph.hop else km[v] < km[u]
