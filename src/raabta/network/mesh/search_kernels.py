"""Numeric core of `alternatives`: one graph for all its kernels, and a search guided by exact distances.

A search with links or nodes left out starts from distances to the goal that were exact before. They can only
be too short now, so it stays exact (A*), and it touches little more than the nodes of the way it finds.
Lengths are compared by number of links first where fewest are wanted, then by km: both are added, never
mixed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Both allocate nothing: else every array they touch would be counted in and out again."""


class Digraph(NamedTuple):
    """Links of node u are start[u]:start[u + 1], by rising head, one at most to each; km of each.

    closed (N,): nodes that pass nothing on, as the ground does unless it relays. hop: what a link counts
    before its km, 1 where fewest links are wanted, else 0. A link of 0 km stands for none: it leads from
    gateways to the node that means all of them.
    """

    start: Any
    head: Any
    km: Any
    closed: Any
    hop: int


class Goals(NamedTuple):
    """d nodes, and of every node (d, N) the links (0 where they do not count) and km to each, infinite for no
    way, and the node to go to first, -1 at the end."""

    node: Any
    hops: Any
    km: Any
    next_node: Any


class Goal(NamedTuple):
    """One of the goals."""

    node: int
    hops: Any
    km: Any
    next_node: Any


class Heap(NamedTuple):
    """Lengths and what has them, the least first; ties go to the lower item, whatever came first."""

    hops: Any
    km: Any
    item: Any


@kernel
def heap_of(room):
    """An empty heap with room for some items."""
    return Heap(np.empty(room, np.int32), np.empty(room), np.empty(room, np.int32))


@inner
def _first(hops, km, item, heap, place):
    """Whether these come before what stands at a place of the heap."""
    if hops != heap.hops[place]:
        return hops < heap.hops[place]
    return km < heap.km[place] or (km == heap.km[place] and item < heap.item[place])


@inner
def _put(heap, place, hops, km, item):
    heap.hops[place], heap.km[place], heap.item[place] = hops, km, item


@lean
def push(heap, size, hops, km, item):
    """Put an item into the heap of `size`; returns the new size."""
    place = size
    while place > 0:
        up = (place - 1) // 2
        if not _first(hops, km, item, heap, up):
            break
        _put(heap, place, heap.hops[up], heap.km[up], heap.item[up])
        place = up
    _put(heap, place, hops, km, item)
    return size + 1


@lean
def pop(heap, size):
    """Take the first out of the heap; returns the new size."""
    size -= 1
    hops, km, item = heap.hops[size], heap.km[size], heap.item[size]
    place, child = 0, 1
    while child < size:
        other = child + 1
        if other < size and _first(heap.hops[other], heap.km[other], heap.item[other], heap, child):
            child = other
        if _first(hops, km, item, heap, child):
            break
        _put(heap, place, heap.hops[child], heap.km[child], heap.item[child])
        place, child = child, 2 * child + 1
    _put(heap, place, hops, km, item)
    return size


class Desk(NamedTuple):
    """What a search writes: seen, done (N,) the number of the search; hops, km, before (N,) of those seen;
    a heap; turn (1,). blocked (N,) and banned (links,) are its caller's: what it must not use."""

    seen: Any
    done: Any
    hops: Any
    km: Any
    before: Any
    heap: Any
    turn: Any
    blocked: Any
    banned: Any


@kernel
def desk_of(graph):
    """A desk for searches in a graph."""
    n, links = graph.start.shape[0] - 1, graph.head.shape[0]
    return Desk(
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.empty(n, np.int32),
        np.empty(n),
        np.empty(n, np.int32),
        heap_of(links + 1),
        np.zeros(1, np.int64),
        np.zeros(n, np.bool_),
        np.zeros(links, np.bool_),
    )


@inner
def shorter(hops, km, other_hops, other_km):
    """Whether the first length is less: by links, then by km."""
    return hops < other_hops or (hops == other_hops and km < other_km)


@inner
def passes(graph, node, goal):
    """Whether a way may come to a node."""
    return node == goal or not graph.closed[node]


@lean
def link_between(graph, u, v):
    """The link from u to v, -1 for none: heads rise, so by halves."""
    low, high = graph.start[u], graph.start[u + 1]
    while low < high:
        middle = (low + high) // 2
        if graph.head[middle] < v:
            low = middle + 1
        else:
            high = middle
    return low if low < graph.start[u + 1] and graph.head[low] == v else -1


@lean
def search(graph, goal, source, desk):
    """The best way from source to the goal without what is blocked and banned; whether there is one.

    The way stands in desk.before, from the goal back to the source.
    """
    desk.turn[0] += 1
    turn = desk.turn[0]
    desk.seen[source], desk.hops[source], desk.km[source] = turn, 0, 0.0
    desk.before[source] = -1
    size = push(desk.heap, np.int64(0), np.int64(goal.hops[source]), goal.km[source], np.int64(source))
    while size > 0:
        u = desk.heap.item[0]
        size = pop(desk.heap, size)
        if u == goal.node:
            return True
        if desk.done[u] == turn:
            continue
        desk.done[u] = turn
        for e in range(graph.start[u], graph.start[u + 1]):
            v = graph.head[e]
            if desk.blocked[v] or desk.banned[e] or desk.done[v] == turn or not passes(graph, v, goal.node):
                continue
            hops, km = desk.hops[u] + graph.hop, desk.km[u] + graph.km[e]
            if goal.km[v] == np.inf or (
                desk.seen[v] == turn and not shorter(hops, km, desk.hops[v], desk.km[v])
            ):
                continue
            desk.seen[v], desk.before[v], desk.hops[v], desk.km[v] = turn, u, hops, km
            size = push(desk.heap, size, hops + goal.hops[v], km + goal.km[v], np.int64(v))
    return False


class Shelf(NamedTuple):
    """Ways, one after the other: way w is node[begin[w]:begin[w + 1]], km from its first node to each; spur
    (ways,): how many of its first nodes it has from the way that it leaves; used (1,): ways."""

    node: Any
    km: Any
    begin: Any
    spur: Any
    used: Any


@kernel
def shelf_of(nodes, ways):
    """An empty shelf with room for some nodes and ways."""
    return Shelf(
        np.empty(nodes, np.int32),
        np.empty(nodes),
        np.zeros(ways + 1, np.int64),
        np.zeros(ways, np.int64),
        np.zeros(1, np.int64),
    )


@kernel
def with_room(shelf, nodes):
    """The shelf, or a longer copy: room for one more way of up to `nodes` nodes."""
    ways = shelf.used[0]
    filled = shelf.begin[ways]
    if filled + nodes <= shelf.node.shape[0] and ways < shelf.spur.shape[0]:
        return shelf
    longer = shelf_of(2 * shelf.node.shape[0] + nodes, 2 * shelf.spur.shape[0] + 1)
    longer.node[:filled], longer.km[:filled] = shelf.node[:filled], shelf.km[:filled]
    longer.begin[: ways + 1], longer.spur[:ways] = shelf.begin[: ways + 1], shelf.spur[:ways]
    longer.used[0] = ways
    return longer


@lean
def shelve(graph, shelf, parent, kept, goal, desk):
    """Add the way just found: the first `kept` nodes of way `parent`, then what stands in desk.before up to
    the goal. Returns its number."""
    way = shelf.used[0]
    first = shelf.begin[way]
    for i in range(kept):
        shelf.node[first + i] = shelf.node[shelf.begin[parent] + i]
        shelf.km[first + i] = shelf.km[shelf.begin[parent] + i]
    count, u = 0, goal
    while u >= 0:
        count, u = count + 1, desk.before[u]
    place, u = first + kept + count, goal
    while u >= 0:
        place -= 1
        shelf.node[place], u = u, desk.before[u]
    return close_way(graph, shelf, kept, first + kept + count)


@lean
def close_way(graph, shelf, kept, last):
    """The nodes of a new way stand on the shelf up to `last`: number it, and add its km from `kept` on."""
    way = shelf.used[0]
    first = shelf.begin[way]
    if kept == 0:
        shelf.km[first] = 0.0
    for i in range(first + max(kept, 1), last):
        link = link_between(graph, shelf.node[i - 1], shelf.node[i])
        shelf.km[i] = shelf.km[i - 1] + graph.km[link]
    shelf.begin[way + 1], shelf.spur[way] = last, kept
    shelf.used[0] = way + 1
    return way


@lean
def way_km(graph, start, node, out):
    """Lengths (ways,) of ways that stand in compressed rows: added from the end, as `route` adds them."""
    for way in range(out.shape[0]):
        out[way] = 0.0
        for i in range(start[way + 1] - 1, start[way], -1):
            out[way] += graph.km[link_between(graph, node[i - 1], node[i])]
