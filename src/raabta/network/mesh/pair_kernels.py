"""Numeric core of `timeline`: pairs of ground nodes followed over forwarding states. Plain arrays."""

from __future__ import annotations

import numpy as np
from numba import njit

MIX = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits: node numbers are mixed with it, so that ways are told apart by one number."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@kernel
def follow(next_node, place, source, satellites, out_way, out_first, out_last, out_satellites):
    """Follow each pair from its source to the destination in row `place` of next_node (d, nodes).

    place, source (p,): source is a ground node, number of satellites added. Out (p,): a number that tells
    ways apart (0 for none), the first and the last satellite (-1 for none), and how many satellites.
    """
    for i in range(place.shape[0]):
        hops = next_node[place[i]]
        node, way, count, first, last = source[i], np.uint64(0), 0, -1, -1
        while hops[node] >= 0:
            node = hops[node]
            way = _mixed(way, np.uint64(node + 1))
            if node < satellites:
                count += 1
                last = node
                first = node if first < 0 else first
        out_way[i], out_first[i], out_last[i], out_satellites[i] = way, first, last, count


@kernel
def tell_fibre_apart(way, gateway, fibre):
    """Mix into the number of each way (p,) that ends in fibre the gateway (p,) it lands at, -1 for none, and
    fibre (p,), a number of 64 bits that tells the way behind it apart."""
    for i in range(way.shape[0]):
        if way[i] != 0 and gateway[i] >= 0:
            way[i] = _mixed(_mixed(way[i], np.uint64(gateway[i] + 1)), fibre[i])


@inner
def _mixed(way, part):
    """A step of a 64-bit hash (xor, multiply, shift)."""
    value = (way ^ part) * MIX
    return value ^ (value >> np.uint64(29))


@kernel
def changed_places(before, after, out_place, out_value):
    """Where two states (d, nodes) differ, as rising flat places, and what stands there now; their number."""
    d, nodes = after.shape
    count = 0
    for row in range(d):
        for node in range(nodes):
            if before[row, node] != after[row, node]:
                out_place[count], out_value[count] = row * nodes + node, after[row, node]
                count += 1
    return count
