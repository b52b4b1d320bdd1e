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
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
"""Called by kernels: out of line, every array it takes would be counted in and out again."""


class Paths(NamedTuple):
    """Live resources of each flow as CSR (start, resource); the flows of live resource r: users[begin[r]:
    end[r]], of which those that rise still are a part."""

    start: Any
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
    _raise_level(paths, heap, demand, weight, left, out_rate, out_binding)


@kernel
def _raise_level(paths, heap, demand, weight, left, out_rate, out_binding):
    """Fill resources in order of level until every flow has stopped. Arrays as in `fill`."""
    waiting = _open(paths, demand, out_rate, out_binding)
    summed = left[:, 1].copy()
    while waiting > 0:
        r, key = heap.item[0], heap.key[0]
        if left[r, 1] < WEIGHT_LEFT_SHARE * summed[r]:
            left[r, 1] = summed[r] = _weight_of(paths, r, weight, out_rate)
        level = _full_at(left, r)
        if level <= key:
            stopped = _meet(paths, r, level, demand, weight, left, out_rate, out_binding)
            if stopped == 0:
                stopped = _saturate(paths, r, level, demand, weight, left, out_rate, out_binding)
                left[r, 1] = 0.0
            waiting -= stopped
            level = _full_at(left, r)
        if level < np.inf:
            _sift_down(heap, 0, r, level)
        else:
            heap.size[0] -= 1
            _sift_down(heap, 0, heap.item[heap.size[0]], heap.key[heap.size[0]])


@inner
def _open(paths, demand, out_rate, out_binding):
    """Give the flows that no live resource carries their demand; returns the number of the others."""
    waiting = 0
    for f in range(demand.shape[0]):
        out_rate[f], out_binding[f] = demand[f], -1
        if paths.start[f + 1] > paths.start[f]:
            out_rate[f] = -1.0
            waiting += 1
    return waiting


@inner
def _meet(paths, r, level, demand, weight, left, out_rate, out_binding):
    """Stop the flows of resource r whose demand is not above the level; returns their number.

    A resource looks through its flows a few times only: a stop in one look lies above the level of the look
    before, so it raises the level by less than the last rise, times its share of the weight that is left.
    """
    met = 0
    for i in range(paths.begin[r], paths.end[r]):
        f = paths.users[i]
        if out_rate[f] < 0.0 and demand[f] <= level * weight[f]:
            _stop(paths, f, demand[f], -1, weight, left, out_rate, out_binding)
            met += 1
    return met


@inner
def _saturate(paths, r, level, demand, weight, left, out_rate, out_binding):
    """Resource r is full: stop the flows that still rise on it; returns their number."""
    stopped = 0
    for i in range(paths.begin[r], paths.end[r]):
        f = paths.users[i]
        if out_rate[f] < 0.0:
            rate = min(level * weight[f], demand[f])
            _stop(paths, f, rate, r, weight, left, out_rate, out_binding)
            stopped += 1
    return stopped


@inner
def _live_paths(start, resource, capacity, demand, weight, out_left):
    """Paths over the resources that can be full; out_left (m, 2): their capacity and the sum of weights."""
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
    path_start, path, users = (
        np.empty(n + 1, np.int64),
        np.empty(entries, np.int32),
        np.empty(entries, np.int32),
    )
    used = 0
    for f in range(n):
        path_start[f] = used
        for i in range(start[f], start[f + 1]):
            r = resource[i]
            if asked[r] > capacity[r]:
                path[used], users[end[r]] = r, f
                used += 1
                end[r] += 1
    path_start[n] = used
    return Paths(path_start, path, begin, end, users)


@inner
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
def _stop(paths, f, rate, binding, weight, left, out_rate, out_binding):
    """A flow stops: its rate and its weight leave the resources of its path."""
    out_rate[f], out_binding[f] = rate, binding
    for i in range(paths.start[f], paths.start[f + 1]):
        r = paths.resource[i]
        left[r, 0] -= rate
        left[r, 1] -= weight[f]


@inner
def _full_at(left, r):
    """Level at which resource r is full if no flow stops before; infinite where all have stopped."""
    return max(left[r, 0], 0.0) / left[r, 1] if left[r, 1] > 0.0 else np.inf


@inner
def _weight_of(paths, r, weight, rate):
    """Sum of the weights of the flows of resource r that still rise."""
    total = 0.0
    for i in range(paths.begin[r], paths.end[r]):
        if rate[paths.users[i]] < 0.0:
            total += weight[paths.users[i]]
    return total
