"""Numeric core of `fair`: weighted max-min rates by progressive filling. Plain arrays, one thread.

All rates rise together, each by its weight; the common height is the level. A flow stops when it has its
demand, or when a resource on its path is full. Both are events, met in order of level. Stopping a flow can
only raise the level at which a resource is full, so the level a resource waits at is a lower bound, corrected
when its turn comes. Resources with room for every demand are never full and are left out from the start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

WEIGHT_LEFT_SHARE = 1e-3
"""The weight left on a resource is summed anew when it fell to this share of the last sum: what was taken off
leaves rounding behind."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Both allocate nothing: else every array they touch would be counted in and out again."""


FLOW = np.dtype([("rate", "f8"), ("demand", "f8"), ("weight", "f8"), ("first", "i4"), ("last", "i4")])
"""What is used together lies together: rate, -1 while it rises; demand; weight; entries of the path, first to
last - 1."""


class Paths(NamedTuple):
    """flow (n,) of `FLOW`, the live resources of their paths, and the flows of live resource r:
    users[begin[r]:end[r]]."""

    flow: Any
    resource: Any
    begin: Any
    end: Any
    users: Any


class Heap(NamedTuple):
    """Live resources by the level they wait at: key, item (m,), size (1,)."""

    key: Any
    item: Any
    size: Any


@kernel
def fill(start, resource, capacity, demand, weight, out_rate, out_binding):
    """Max-min rates of n flows over m resources, and the resource that stops each, -1 where it is the demand.

    start (n + 1,), resource (entries,): the path of each flow; capacity (m,), demand and weight (n,). Flows
    that nothing stops keep their demand, which may be infinite.
    """
    left = np.empty((capacity.shape[0], 2))
    paths = _live_paths(start, resource, capacity, demand, weight, left)
    heap = _heaped(paths, left)
    out_binding[:] = -1
    _raise_level(paths, heap, left, left[:, 1].copy(), out_binding)
    for f in range(out_rate.shape[0]):
        out_rate[f] = paths.flow[f].rate


@lean
def _raise_level(paths, heap, left, summed, out_binding):
    """Fill resources in order of level until every flow has stopped. left (m, 2): capacity and weight; summed
    (m,): weight when it was summed last."""
    waiting = 0
    for f in range(paths.flow.shape[0]):
        waiting += paths.flow[f].rate < 0.0
    while waiting > 0:
        r, key = heap.item[0], heap.key[0]
        if left[r, 1] < WEIGHT_LEFT_SHARE * summed[r]:
            left[r, 1] = summed[r] = _rising_weight(paths, r)
        level = _full_at(left, r)
        if level <= key:
            _drop_stopped(paths, r)
            stopped = _meet(paths, r, level, left)
            if stopped == 0:
                stopped = _saturate(paths, r, level, left, out_binding)
                left[r, 1] = 0.0
            waiting -= stopped
            level = _full_at(left, r)
        if level < np.inf:
            _sift_down(heap, 0, r, level)
        else:
            heap.size[0] -= 1
            _sift_down(heap, 0, heap.item[heap.size[0]], heap.key[heap.size[0]])


@inner
def _drop_stopped(paths, r):
    """Keep the flows of resource r that still rise: without a branch, so that many are fetched at once."""
    kept = paths.begin[r]
    for i in range(paths.begin[r], paths.end[r]):
        f = paths.users[i]
        paths.users[kept] = f
        kept += paths.flow[f].rate < 0.0
    paths.end[r] = kept


@inner
def _meet(paths, r, level, left):
    """Stop the flows of resource r whose demand is not above the level; returns their number.

    A resource looks through its flows a few times only: a stop in one look lies above the level of the look
    before, so it raises the level by less than the last rise, times its share of the weight that is left.
    """
    met = 0
    for i in range(paths.begin[r], paths.end[r]):
        f = paths.users[i]
        if paths.flow[f].rate < 0.0 and paths.flow[f].demand <= level * paths.flow[f].weight:
            _stop(paths, f, paths.flow[f].demand, left)
            met += 1
    return met


@inner
def _saturate(paths, r, level, left, out_binding):
    """Resource r is full: stop the flows that still rise on it; returns their number."""
    stopped = 0
    for i in range(paths.begin[r], paths.end[r]):
        f = paths.users[i]
        if paths.flow[f].rate < 0.0:
            _stop(paths, f, min(level * paths.flow[f].weight, paths.flow[f].demand), left)
            out_binding[f] = r
            stopped += 1
    return stopped


@kernel
def _live_paths(start, resource, capacity, demand, weight, out_left):
    """Paths over the resources that can be full; out_left (m, 2): their capacity and the sum of weights.

    Flows on other resources only have their demand at once.
    """
    m, n = capacity.shape[0], start.shape[0] - 1
    asked, count = np.zeros(m), np.zeros(m, np.int64)
    out_left[:, 0], out_left[:, 1] = capacity, 0.0
    for f in range(n):
        for i in range(start[f], start[f + 1]):
            r = resource[i]
            asked[r] += demand[f]
            count[r] += 1
            out_left[r, 1] += weight[f]
    begin, end, entries = np.empty(m, np.int64), np.empty(m, np.int64), 0
    for r in range(m):
        begin[r] = end[r] = entries
        entries += count[r] if asked[r] > capacity[r] else 0
    flow, path, users = np.empty(n, FLOW), np.empty(entries, np.int32), np.empty(entries, np.int32)
    used = 0
    for f in range(n):
        own = flow[f]
        own.first = used
        for i in range(start[f], start[f + 1]):
            r = resource[i]
            if asked[r] > capacity[r]:
                path[used], users[end[r]] = r, f
                used += 1
                end[r] += 1
        own.last, own.demand, own.weight = used, demand[f], weight[f]
        own.rate = -1.0 if own.last > own.first else demand[f]
    return Paths(flow, path, begin, end, users)


@kernel
def _heaped(paths, left):
    """The live resources, heaped by the level at which each would be full."""
    m = left.shape[0]
    heap = Heap(np.empty(m), np.empty(m, np.int32), np.zeros(1, np.int64))
    size = 0
    for r in range(m):
        if paths.end[r] > paths.begin[r]:
            heap.key[size], heap.item[size] = _full_at(left, r), r
            size += 1
    heap.size[0] = size
    for place in range((size - 2) // 4, -1, -1):
        _sift_down(heap, place, heap.item[place], heap.key[place])
    return heap


@inner
def _sift_down(heap, hole, item, key):
    """Put an item into the hole and let it sink to its place (four children a place)."""
    size = heap.size[0]
    while True:
        child = 4 * hole + 1
        if child >= size:
            break
        least, low = child, heap.key[child]
        for other in range(child + 1, min(child + 4, size)):
            if heap.key[other] < low:
                least, low = other, heap.key[other]
        if low >= key:
            break
        heap.key[hole], heap.item[hole] = low, heap.item[least]
        hole = least
    heap.key[hole], heap.item[hole] = key, item


@inner
def _stop(paths, f, rate, left):
    """A flow stops: its rate and its weight leave the resources of its path."""
    paths.flow[f].rate = rate
    for i in range(paths.flow[f].first, paths.flow[f].last):
        r = paths.resource[i]
        left[r, 0] -= rate
        left[r, 1] -= paths.flow[f].weight


@inner
def _full_at(left, r):
    """Level at which resource r is full if no flow stops before; infinite where all have stopped."""
    return max(left[r, 0], 0.0) / left[r, 1] if left[r, 1] > 0.0 else np.inf


@inner
def _rising_weight(paths, r):
    """Sum of the weights of the flows of resource r that still rise."""
    total = 0.0
    for i in range(paths.begin[r], paths.end[r]):
        if paths.flow[paths.users[i]].rate < 0.0:
            total += paths.flow[paths.users[i]].weight
    return total
