"""Numeric core of `alternatives`: the k shortest ways without loops, best first.

Yen's method in Lawler's partition: all ways that are not taken yet fall into sets that share their first
nodes with a taken way and then leave it, by a link that no taken way with the same first nodes uses. A set
waits at a lower bound, its best first link and the distance from there that holds without any ban; only a set
whose turn has come is searched. Where the shortest way from that link on does not touch the first nodes, the
bound is the answer, without a search.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from raabta.network.mesh.search_kernels import (
    Goal,
    close_way,
    desk_of,
    heap_of,
    kernel,
    lean,
    link_between,
    passes,
    pop,
    push,
    search,
    shelf_of,
    shelve,
    shorter,
    with_room,
)


class Sets(NamedTuple):
    """Ways not taken yet, in sets: those that go with way `parent` for its first `kept` nodes, then leave it;
    way: the best of the set, -1 while it is not known. heap: sets by length. size (2,): sets, and of them
    those in the heap."""

    parent: Any
    kept: Any
    way: Any
    heap: Any
    size: Any


@kernel
def _sets_of(room):
    part = np.empty((3, room), np.int64)
    return Sets(part[0], part[1], part[2], heap_of(room), np.zeros(2, np.int64))


@kernel
def _more_sets(sets, more):
    """The sets, or a longer copy: room for `more`."""
    used, waiting = sets.size[0], sets.size[1]
    if used + more <= sets.parent.shape[0]:
        return sets
    longer = _sets_of(2 * sets.parent.shape[0] + more)
    longer.parent[:used], longer.kept[:used] = sets.parent[:used], sets.kept[:used]
    longer.way[:used], longer.size[:] = sets.way[:used], sets.size
    longer.heap.hops[:waiting], longer.heap.km[:waiting] = sets.heap.hops[:waiting], sets.heap.km[:waiting]
    longer.heap.item[:waiting] = sets.heap.item[:waiting]
    return longer


@kernel
def k_shortest(graph, goals, row, source, count, longer_km):
    """Up to `count` shortest loopless ways of each pair, source (p,) to the goal of row[p].

    goals: nodes (d,), and hops, km, next_node (d, N) to them. Only ways with at most longer_km more than the
    pair's shortest (of as many links, if fewest are wanted). Returns the ways of each pair (p,), and of all
    ways on end the number of nodes, and the nodes.
    """
    desk, sets = desk_of(graph), _sets_of(np.int64(64))
    shelf = shelf_of(np.int64(1024), np.int64(64))
    out = shelf_of(np.int64(1024), np.int64(64))
    number, taken = np.zeros(source.shape[0], np.int64), np.empty(count, np.int64)
    for p in range(source.shape[0]):
        r = row[p]
        goal = Goal(goals.node[r], goals.hops[r], goals.km[r], goals.next_node[r])
        shelf.used[0] = sets.size[0] = sets.size[1] = 0
        if goal.km[source[p]] < np.inf:
            number[p], shelf, sets = _ways_of_pair(
                graph, goal, source[p], longer_km, desk, shelf, sets, taken
            )
        for i in range(number[p]):
            first, last = shelf.begin[taken[i]], shelf.begin[taken[i] + 1]
            out = with_room(out, last - first)
            place = out.begin[out.used[0]]
            out.node[place : place + last - first] = shelf.node[first:last]
            out.used[0] += 1
            out.begin[out.used[0]] = place + last - first
    return number, np.diff(out.begin[: out.used[0] + 1]), out.node[: out.begin[out.used[0]]].copy()


@kernel
def _ways_of_pair(graph, goal, source, longer_km, desk, shelf, sets, taken):
    """Take ways, best first, until there are enough or no set is left: taken (count,), their numbers."""
    nodes = graph.start.shape[0] - 1
    shelf = with_room(shelf, nodes)
    taken[0] = _walk(graph, shelf, np.int64(0), np.int64(0), goal, np.int64(source))
    found = np.int64(1)  # no literal: each would be compiled anew
    while found < taken.shape[0]:
        way = taken[found - 1]
        sets = _more_sets(sets, shelf.begin[way + 1] - shelf.begin[way])
        _part(graph, goal, shelf, taken, found, desk, sets)
        way = -1
        while way < 0 and sets.size[1] > 0:
            shelf = with_room(shelf, nodes)
            way = _take(graph, goal, shelf, taken, found, desk, sets)
        if way < 0 or _too_long(graph, goal, source, longer_km, shelf, way):
            break
        taken[found] = way
        found += 1
    return found, shelf, sets


@lean
def _walk(graph, shelf, parent, kept, goal, node):
    """A new way: the first `kept` nodes of the parent, then the shortest way from `node` on."""
    first = shelf.begin[shelf.used[0]]
    for i in range(kept):
        shelf.node[first + i] = shelf.node[shelf.begin[parent] + i]
        shelf.km[first + i] = shelf.km[shelf.begin[parent] + i]
    last = first + kept
    while node >= 0:
        shelf.node[last] = node
        last += 1
        node = goal.next_node[node]
    return close_way(graph, shelf, kept, last)


@lean
def _part(graph, goal, shelf, taken, found, desk, sets):
    """Put the sets that leave the way taken last into the heap."""
    parent = taken[found - 1]
    first, last = shelf.begin[parent], shelf.begin[parent + 1]
    least = max(shelf.spur[parent], 1)
    for i in range(least - 1):
        desk.blocked[shelf.node[first + i]] = True
    for kept in range(least, last - first):
        desk.blocked[shelf.node[first + kept - 1]] = True
        _ban(graph, shelf, parent, kept, taken, found, desk, np.bool_(True))
        link = _best_link(graph, goal, shelf.node[first + kept - 1], desk)
        _ban(graph, shelf, parent, kept, taken, found, desk, np.bool_(False))
        if link >= 0:
            v = graph.head[link]
            hops = kept * graph.hop + goal.hops[v]
            km = shelf.km[first + kept - 1] + graph.km[link] + goal.km[v]
            _wait(sets, parent, kept, hops, km)
    for i in range(last - first):
        desk.blocked[shelf.node[first + i]] = False


@lean
def _wait(sets, parent, kept, hops, km):
    new = sets.size[0]
    sets.parent[new], sets.kept[new], sets.way[new] = parent, kept, -1
    sets.size[1] = push(sets.heap, sets.size[1], hops, km, new)
    sets.size[0] = new + 1


@lean
def _ban(graph, shelf, parent, kept, taken, found, desk, banned):
    """Ban (or allow again) the links by which ways taken leave the first `kept` nodes of the parent."""
    first = shelf.begin[parent]
    for t in range(found):
        other = shelf.begin[taken[t]]
        if shelf.begin[taken[t] + 1] - other <= kept:
            continue
        same = True
        for i in range(kept - 1, 0, -1):
            if shelf.node[other + i] != shelf.node[first + i]:
                same = False
                break
        if same:
            link = link_between(graph, shelf.node[other + kept - 1], shelf.node[other + kept])
            desk.banned[link] = banned


@lean
def _best_link(graph, goal, u, desk):
    """The allowed link of u with the shortest way beyond it, -1 for none."""
    best, least_hops, least_km = -1, 0, np.inf
    for e in range(graph.start[u], graph.start[u + 1]):
        v = graph.head[e]
        if desk.banned[e] or desk.blocked[v] or not passes(graph, v, goal.node) or goal.km[v] == np.inf:
            continue
        km = graph.km[e] + goal.km[v]
        if best < 0 or shorter(goal.hops[v], km, least_hops, least_km):
            best, least_hops, least_km = e, goal.hops[v], km
    return best


@lean
def _too_long(graph, goal, source, longer_km, shelf, way):
    """Whether a way is longer than the shortest by more than is wanted: then so are all that wait."""
    if longer_km == np.inf:
        return False
    last = shelf.begin[way + 1] - 1
    same = (last - shelf.begin[way]) * graph.hop == goal.hops[source]
    return not same or shelf.km[last] > goal.km[source] + longer_km


@lean
def _take(graph, goal, shelf, taken, found, desk, sets):
    """The way of the first set if it is known, or found now and still the best of all; else -1, and the set
    waits at its length or is gone."""
    one = sets.heap.item[0]
    sets.size[1] = pop(sets.heap, sets.size[1])
    if sets.way[one] >= 0:
        return sets.way[one]
    parent, kept = sets.parent[one], sets.kept[one]
    _bar(graph, shelf, parent, kept, taken, found, desk, np.bool_(True))
    way = _best_of_set(graph, goal, shelf, parent, kept, desk)
    _bar(graph, shelf, parent, kept, taken, found, desk, np.bool_(False))
    if way < 0:
        return -1
    last = shelf.begin[way + 1] - 1
    hops, km = (last - shelf.begin[way]) * graph.hop, shelf.km[last]
    if sets.size[1] == 0 or shorter(hops, km, sets.heap.hops[0], sets.heap.km[0]):
        return way
    sets.way[one] = way
    sets.size[1] = push(sets.heap, sets.size[1], hops, km, one)
    return -1


@lean
def _bar(graph, shelf, parent, kept, taken, found, desk, barred):
    """Block (or free) the first `kept` nodes of the parent and ban the links of ways taken."""
    for i in range(shelf.begin[parent], shelf.begin[parent] + kept):
        desk.blocked[shelf.node[i]] = barred
    _ban(graph, shelf, parent, kept, taken, found, desk, barred)


@lean
def _best_of_set(graph, goal, shelf, parent, kept, desk):
    """The best way of a set, put on the shelf; -1 for none. What it must not use is blocked and banned."""
    spur = shelf.node[shelf.begin[parent] + kept - 1]
    link = _best_link(graph, goal, spur, desk)
    if link < 0:
        return -1
    node = graph.head[link]
    while node >= 0 and not desk.blocked[node]:
        node = goal.next_node[node]
    if node < 0:
        return _walk(graph, shelf, parent, kept, goal, np.int64(graph.head[link]))
    if not search(graph, goal, spur, desk):
        return -1
    way = shelve(graph, shelf, parent, kept - 1, goal.node, desk)
    shelf.spur[way] = kept
    return way
