"""Numeric core of `alternatives`: ways that share no link, or no node between their ends.

One after the other, each the shortest of what is left; or together, with the least sum of lengths: Bhandari's
method, that is successive shortest ways in the graph of what is left, where a link that is used may be taken
back at minus its length. Distances to the goal start as potentials, so that no length is negative
(Suurballe's reduced lengths), and the first way of each pair is found without looking around.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raabta.network.mesh.search_kernels import (
    Goal,
    desk_of,
    heap_of,
    inner,
    kernel,
    lean,
    link_between,
    pop,
    push,
    search,
    shelf_of,
    shelve,
    shorter,
    with_room,
)


@kernel
def one_by_one(graph, goals, row, source, count, whole_nodes):
    """Up to `count` ways of each pair, each the shortest without the links (with `whole_nodes`: without the
    nodes in between) of those before it. A laser is one link whichever way it is used.

    Arguments and answer as in `k_shortest`.
    """
    desk, out = desk_of(graph), shelf_of(1024, 64)
    number = np.zeros(source.shape[0], np.int64)
    for p in range(source.shape[0]):
        r, first = row[p], out.used[0]
        goal = Goal(goals.node[r], goals.hops[r], goals.km[r], goals.next_node[r])
        while number[p] < count and goal.km[source[p]] < np.inf and search(graph, goal, source[p], desk):
            out = with_room(out, graph.start.shape[0] - 1)
            _bar(graph, out, shelve(graph, out, 0, 0, goal.node, desk), whole_nodes, desk, True)
            number[p] += 1
        for way in range(first, out.used[0]):
            _bar(graph, out, way, whole_nodes, desk, False)
    return number, np.diff(out.begin[: out.used[0] + 1]), out.node[: out.begin[out.used[0]]].copy()


@lean
def _bar(graph, shelf, way, whole_nodes, desk, barred):
    """Ban the links of a way in both directions, or block its nodes in between; or free them."""
    for i in range(shelf.begin[way] + 1, shelf.begin[way + 1]):
        u, v = shelf.node[i - 1], shelf.node[i]
        if whole_nodes and i < shelf.begin[way + 1] - 1:
            desk.blocked[v] = barred
        link = link_between(graph, u, v)
        desk.banned[link] = barred and graph.km[link] > 0.0
        back = link_between(graph, v, u)
        if back >= 0:
            desk.banned[back] = barred


class Arcs(NamedTuple):
    """Links that one way may use: tail, head, km, hop (arcs,). From node u: arcs start[u]:start[u + 1]; to
    node v: arcs into[at[v]:at[v + 1]].

    For ways that share no node, node v comes in at v and leaves at v + N, with an arc of no length between.
    closed (nodes,): ground nodes that pass nothing on.
    """

    tail: Any
    head: Any
    km: Any
    hop: Any
    start: Any
    into: Any
    at: Any
    closed: Any


class Residue(NamedTuple):
    """What stands while the ways of a pair grow: used (arcs,); hops_left, km_left (nodes,), the potentials;
    seen, done, hops, km, arc (nodes,) of a search, arc minus 1 minus the arc where one was taken back;
    touched (nodes,); heap; turn (1,)."""

    used: Any
    hops_left: Any
    km_left: Any
    seen: Any
    done: Any
    hops: Any
    km: Any
    arc: Any
    touched: Any
    heap: Any
    turn: Any


@kernel
def _residue(arcs):
    n, m = arcs.start.shape[0] - 1, arcs.head.shape[0]
    return Residue(
        np.zeros(m, np.bool_),
        np.empty(n, np.int32),
        np.empty(n),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.empty(n, np.int32),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n, np.int32),
        heap_of(2 * m + 1),
        np.zeros(1, np.int64),
    )


@kernel
def least_sum(arcs, goals, row, source, count, nodes):
    """Up to `count` ways of each pair that share no arc, with the least sum of lengths.

    nodes: N; goals, row, source and the answer as in `k_shortest`. Where fewer ways are possible, as many as
    there are.
    """
    state, out = _residue(arcs), shelf_of(1024, 64)
    number = np.zeros(source.shape[0], np.int64)
    parts = state.km.shape[0] // nodes
    for p in range(source.shape[0]):
        r = row[p]
        for part in range(parts):
            state.hops_left[part * nodes : part * nodes + nodes] = goals.hops[r]
            state.km_left[part * nodes : part * nodes + nodes] = goals.km[r]
        leaves = source[p] + (parts - 1) * nodes
        if goals.km[r, source[p]] < np.inf:
            while number[p] < count and _grow(arcs, state, leaves, goals.node[r]):
                number[p] += 1
        for _ in range(number[p]):
            out = with_room(out, nodes)
            _unwind(arcs, state, leaves, goals.node[r], nodes, out)
    return number, np.diff(out.begin[: out.used[0] + 1]), out.node[: out.begin[out.used[0]]].copy()


@lean
def _grow(arcs, state, source, goal):
    """One way more, if there is one: the shortest in what is left, its arcs used or taken back."""
    count = _reach(arcs, state, source, goal)
    if count < 0:
        return False
    for i in range(count):  # what lies nearer than the goal keeps its lead
        v = state.touched[i]
        if state.done[v] == state.turn[0] and shorter(
            state.hops[v], state.km[v], state.hops[goal], state.km[goal]
        ):
            state.hops_left[v] += state.hops[goal] - state.hops[v]
            state.km_left[v] += state.km[goal] - state.km[v]
    v = goal
    while v != source:
        arc = state.arc[v]
        if arc >= 0:
            state.used[arc] = True
            v = arcs.tail[arc]
        else:
            state.used[-1 - arc] = False
            v = arcs.head[-1 - arc]
    return True


@lean
def _reach(arcs, state, source, goal):
    """Reduced distances from the source until the goal is settled; how many nodes were touched, -1 if it is
    out of reach."""
    state.turn[0] += 1
    turn, count = state.turn[0], 1
    state.seen[source], state.hops[source], state.km[source] = turn, 0, 0.0
    state.touched[0] = source
    size = push(state.heap, 0, 0, 0.0, source)
    while size > 0:
        u = state.heap.item[0]
        size = pop(state.heap, size)
        if state.done[u] == turn:
            continue
        state.done[u] = turn
        if u == goal:
            return count
        for a in range(arcs.start[u], arcs.start[u + 1]):
            v = arcs.head[a]
            if not state.used[a] and (v == goal or not arcs.closed[v]):
                size, count = _relax(state, u, v, a, arcs.hop[a], arcs.km[a], size, count)
        for i in range(arcs.at[u], arcs.at[u + 1]):
            a = arcs.into[i]
            if state.used[a]:
                size, count = _relax(state, u, arcs.tail[a], -1 - a, -arcs.hop[a], -arcs.km[a], size, count)
    return -1


@inner
def _relax(state, u, v, arc, hop, km, size, count):
    """Go from u to v if that is shorter; the new size of the heap and number of nodes touched."""
    turn = state.turn[0]
    if state.km_left[v] < np.inf and state.done[v] != turn:
        hops = state.hops[u] + hop + state.hops_left[v] - state.hops_left[u]
        way = state.km[u] + (km + state.km_left[v] - state.km_left[u])
        if state.seen[v] != turn or shorter(hops, way, state.hops[v], state.km[v]):
            if state.seen[v] != turn:
                state.seen[v], state.touched[count] = turn, v
                count += 1
            state.hops[v], state.km[v], state.arc[v] = hops, way, arc
            size = push(state.heap, size, hops, way, v)
    return size, count


@lean
def _unwind(arcs, state, source, goal, nodes, shelf):
    """Take one way out of the arcs in use and put it on the shelf: its nodes only."""
    way = shelf.used[0]
    last, u = shelf.begin[way], source
    shelf.node[last] = source % nodes
    while u != goal:
        for a in range(arcs.start[u], arcs.start[u + 1]):
            if state.used[a]:
                state.used[a] = False
                u = arcs.head[a]
                break
        if u % nodes != shelf.node[last]:
            last += 1
            shelf.node[last] = u % nodes
    shelf.begin[way + 1] = last + 1
    shelf.used[0] = way + 1
