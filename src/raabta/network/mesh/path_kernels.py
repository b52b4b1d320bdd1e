"""Numeric core of `paths`: shortest paths over satellites of some lasers each. Plain arrays, km.

Distances run towards destinations. Two ways, both exact: sweeps over rows of satellites (planes, mostly) for
many destinations at once, `LANES` side by side so that the machine's vectors are full; a bucket queue for the
nearest of many sources. Floats are added from the destination outwards, as Dijkstra adds them, so the least
fixed point and its bits are the same by either way, whatever the order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

LANES = 16
LEAST_LASERS = 4
"""Columns that a graph has at least: the sweeps take the first four together."""
FAR_KM = 1e300
"""Stands for infinity inside the sweeps."""
MOST_BUCKETS = 4096
kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Both allocate nothing: else every array they touch would be counted in and out again."""


class Graph(NamedTuple):
    """Satellites, lasers and ground nodes. neighbour (n, K), -1 for none; km (n, K), infinite for none; K is
    `LEAST_LASERS` or more; row_start (rows + 1,): consecutive satellites by row; ground links as CSR over
    ground nodes: start (g + 1,), satellite, range_km."""

    neighbour: Any
    km: Any
    row_start: Any
    start: Any
    satellite: Any
    range_km: Any


@kernel
def sweep_all(graph, destination, relay, hops, out_km, out_hop):
    """Distances of all nodes to ground nodes `destination` (d,), out_km (d, n + g), and if `hops` the nodes
    to go to first, out_hop (d, n + g), -1 for none: satellite s is node s, ground node i node n + i.

    `relay`: whether a path may come down to a ground node and go up again.
    """
    n, g = graph.neighbour.shape[0], graph.start.shape[0] - 1
    feeds, row_of = _row_links(graph)
    km, ground_km = np.empty((n, LANES)), np.empty((g, LANES))
    kept = np.empty((np.diff(graph.row_start).max() if n else 0, LANES))
    hop = np.empty((n + g if hops else 0, LANES), np.int32)
    for first in range(0, destination.shape[0], LANES):
        batch = destination[first : first + LANES]
        dirty = np.zeros(feeds.shape[0], np.bool_)
        _begin(graph, batch, feeds, row_of, km, ground_km, dirty)
        _sweep_rows(graph, feeds, dirty, km, kept)
        while _touch_ground(graph, relay, feeds, row_of, km, ground_km, dirty):
            _sweep_rows(graph, feeds, dirty, km, kept)
        _write_km(km, ground_km, out_km[first : first + LANES])
        if hops:
            _find_hops(graph, relay, batch, km, ground_km, hop)
            for lane in range(batch.shape[0]):
                for node in range(n + g):
                    out_hop[first + lane, node] = hop[node, lane]


@kernel
def _row_links(graph):
    """feeds (rows, rows): whether a satellite of the second row has a laser to the first; row of each."""
    rows = graph.row_start.shape[0] - 1
    row_of, feeds = np.empty(graph.neighbour.shape[0], np.int64), np.zeros((rows, rows), np.bool_)
    for r in range(rows):
        row_of[graph.row_start[r] : graph.row_start[r + 1]] = r
    for s in range(graph.neighbour.shape[0]):
        for k in range(graph.neighbour.shape[1]):
            if graph.neighbour[s, k] >= 0:
                feeds[row_of[graph.neighbour[s, k]], row_of[s]] = True
    return feeds, row_of


@inner
def _begin(graph, batch, feeds, row_of, km, ground_km, dirty):
    """Everything far, but the destinations and the satellites that they see."""
    km[:], ground_km[:] = FAR_KM, FAR_KM
    for lane in range(batch.shape[0]):
        ground_km[batch[lane], lane] = 0.0
        for i in range(graph.start[batch[lane]], graph.start[batch[lane] + 1]):
            s = graph.satellite[i]
            km[s, lane] = min(km[s, lane], graph.range_km[i])
            _mark(feeds, row_of[s], dirty)


@inner
def _mark(feeds, r, dirty):
    """Row r has changed: the rows that have lasers to it must look again."""
    for other in range(dirty.shape[0]):
        dirty[other] |= feeds[r, other]


@inner
def _sweep_rows(graph, feeds, dirty, km, kept):
    """Relax rows until none changes: up and down the rows in turns, along each row forth and back."""
    rows, upward = graph.row_start.shape[0] - 1, True
    while dirty.any():
        for place in range(rows):
            r = place if upward else rows - 1 - place
            if not dirty[r]:
                continue
            dirty[r] = False
            first, last = graph.row_start[r], graph.row_start[r + 1]
            for s in range(first, last):
                _copy(km[s], kept[s - first])
            for s in range(first, last):
                _relax_three(graph, s, km)
            for k in range(LEAST_LASERS, graph.neighbour.shape[1]):
                for s in range(first, last):
                    _relax_one(graph, s, k, km)
            for s in range(last - 1, first - 1, -1):
                _relax_one(graph, s, 0, km)
            if _differ(km, first, last, kept):
                _mark(feeds, r, dirty)
        upward = not upward


@inner
def _copy(source, out):
    for lane in range(source.shape[0]):
        out[lane] = source[lane]


@inner
def _relax_one(graph, s, k, km):
    """Go by laser k if that is shorter."""
    length_km = graph.km[s, k]
    own, other = km[s], km[graph.neighbour[s, k]]
    for lane in range(own.shape[0]):
        way = other[lane] + length_km
        own[lane] = way if way < own[lane] else own[lane]


@inner
def _relax_three(graph, s, km):
    """Go by laser 1, 2 or 3 if that is shorter."""
    behind_km, left_km, right_km = graph.km[s, 1], graph.km[s, 2], graph.km[s, 3]
    own, behind = km[s], km[graph.neighbour[s, 1]]
    left, right = km[graph.neighbour[s, 2]], km[graph.neighbour[s, 3]]
    for lane in range(own.shape[0]):
        way, side, other = behind[lane] + behind_km, left[lane] + left_km, right[lane] + right_km
        side = side if side < other else other
        way = way if way < own[lane] else own[lane]
        own[lane] = way if way < side else side


@inner
def _differ(km, first, last, kept):
    for s in range(first, last):
        count = 0
        for lane in range(km.shape[1]):
            count += km[s, lane] != kept[s - first, lane]
        if count > 0:
            return True
    return False


@inner
def _touch_ground(graph, relay, feeds, row_of, km, ground_km, dirty):
    """Distances of ground nodes from those of their satellites; with `relay` also back up. Whether that made
    a satellite's shorter."""
    changed = False
    for i in range(graph.start.shape[0] - 1):
        for e in range(graph.start[i], graph.start[i + 1]):
            for lane in range(LANES):
                ground_km[i, lane] = min(ground_km[i, lane], km[graph.satellite[e], lane] + graph.range_km[e])
        if relay:
            for e in range(graph.start[i], graph.start[i + 1]):
                s, better = graph.satellite[e], False
                for lane in range(LANES):
                    way = ground_km[i, lane] + graph.range_km[e]
                    if way < km[s, lane]:
                        km[s, lane], better = way, True
                if better:
                    _mark(feeds, row_of[s], dirty)
                    changed = True
    return changed


@inner
def _write_km(km, ground_km, out):
    n = km.shape[0]
    for lane in range(out.shape[0]):
        for s in range(n):
            out[lane, s] = km[s, lane] if km[s, lane] < FAR_KM else np.inf
        for i in range(ground_km.shape[0]):
            out[lane, n + i] = ground_km[i, lane] if ground_km[i, lane] < FAR_KM else np.inf


@inner
def _find_hops(graph, relay, batch, km, ground_km, out):
    """The node that each goes to first, out (n + g, LANES): of equal ways the ground at the destination, then
    the laser of the lowest number, then (with `relay`) another ground node."""
    n, g = km.shape[0], ground_km.shape[0]
    out[:] = -1
    for i in range(g):
        for e in range(graph.start[i + 1] - 1, graph.start[i] - 1, -1):
            s = graph.satellite[e]
            for lane in range(LANES):
                if km[s, lane] + graph.range_km[e] == ground_km[i, lane] < FAR_KM:
                    out[n + i, lane] = s
                if relay and ground_km[i, lane] + graph.range_km[e] == km[s, lane] < FAR_KM:
                    out[s, lane] = n + i
    for s in range(n):
        for k in range(graph.neighbour.shape[1] - 1, -1, -1):
            other, length = graph.neighbour[s, k], graph.km[s, k]
            for lane in range(LANES):
                if km[other, lane] + length == km[s, lane] < FAR_KM:
                    out[s, lane] = other
    for lane in range(batch.shape[0]):
        out[n + batch[lane], lane] = -1
        for e in range(graph.start[batch[lane]], graph.start[batch[lane] + 1]):
            if graph.range_km[e] == km[graph.satellite[e], lane]:
                out[graph.satellite[e], lane] = n + batch[lane]


class Buckets(NamedTuple):
    """Satellites that wait, by distance, round and round: head (buckets,), their number a power of two;
    links of the lists after, before (n,), -1 at the ends; place (n,): the bucket of each, -1 for none."""

    head: Any
    after: Any
    before: Any
    place: Any


@kernel
def nearest_source(graph, source, width_km, until, out_km, out_source):
    """Distance of every satellite to the nearest of the ground nodes `source`, and which that is (-1: none).

    Label-correcting: a satellite waits in the bucket of its distance and comes back whenever that falls, so
    any width gives the same distances. Among equals the source that came first stays. until (u,): the search
    ends when these satellites are settled; those farther than all of them are told as out of reach. Empty:
    all are settled.
    """
    n = graph.neighbour.shape[0]
    longest = _longest_km(graph)
    width = max(width_km, longest / (MOST_BUCKETS - 2))
    size = 4
    while size < longest / width + 2.0:
        size *= 2
    head, place = np.full(size, -1, np.int32), np.full(n, -1, np.int32)
    buckets = Buckets(head, np.empty(n, np.int32), np.empty(n, np.int32), place)
    out_km[:], out_source[:] = np.inf, -1
    for i in source:
        for e in range(graph.start[i], graph.start[i + 1]):
            s = graph.satellite[e]
            if graph.range_km[e] < out_km[s]:
                out_km[s], out_source[s] = graph.range_km[e], i
    _empty_buckets(graph, buckets, 1.0 / width, until, out_km, out_source)


@lean
def _empty_buckets(graph, buckets, per_km, until, km, source):
    """Settle the buckets in order, round and round, until none waits, or those of `until` are settled."""
    last, waiting, settled = buckets.head.shape[0] - 1, 0, 0
    for s in range(km.shape[0]):
        if km[s] < np.inf:
            waiting += _wait(buckets, s, int(km[s] * per_km) & last)
    current = 0
    while waiting > 0:
        s = buckets.head[current & last]
        if s < 0:
            current += 1
            while settled < until.shape[0] and km[until[settled]] * per_km < current:
                settled += 1
            if 0 < until.shape[0] == settled:
                break
            continue
        _leave(buckets, s)
        waiting -= 1
        for k in range(graph.neighbour.shape[1]):
            other = graph.neighbour[s, k]
            way = km[s] + graph.km[s, k]
            if other >= 0 and way < km[other]:
                km[other], source[other] = way, source[s]
                if buckets.place[other] >= 0:
                    _leave(buckets, other)
                    waiting -= 1
                waiting += _wait(buckets, other, int(way * per_km) & last)
    if waiting > 0:
        for s in range(km.shape[0]):
            if km[s] * per_km >= current:
                km[s], source[s] = np.inf, -1


@inner
def _wait(buckets, s, place):
    """Put a satellite at the head of a bucket; returns 1."""
    first = buckets.head[place]
    buckets.after[s], buckets.before[s], buckets.place[s] = first, -1, place
    if first >= 0:
        buckets.before[first] = s
    buckets.head[place] = s
    return 1


@inner
def _leave(buckets, s):
    """Take a satellite out of its bucket."""
    after, before = buckets.after[s], buckets.before[s]
    if before >= 0:
        buckets.after[before] = after
    else:
        buckets.head[buckets.place[s]] = after
    if after >= 0:
        buckets.before[after] = before
    buckets.place[s] = -1


@inner
def _longest_km(graph):
    """Length of the longest link that is there, 1 km at least."""
    longest = 1.0
    for s in range(graph.km.shape[0]):
        for k in range(graph.km.shape[1]):
            if graph.km[s, k] < np.inf:
                longest = max(longest, graph.km[s, k])
    for e in range(graph.range_km.shape[0]):
        if graph.range_km[e] < np.inf:
            longest = max(longest, graph.range_km[e])
    return longest


@lean
def nearest_from_ground(graph, km, source, out_km, out_source):
    """Distances (g,) of ground nodes to the source by their best satellite; km, source (n,): see above."""
    for i in range(graph.start.shape[0] - 1):
        out_km[i], out_source[i] = np.inf, -1
        for e in range(graph.start[i], graph.start[i + 1]):
            s = graph.satellite[e]
            if km[s] + graph.range_km[e] < out_km[i]:
                out_km[i], out_source[i] = km[s] + graph.range_km[e], source[s]
