"""Numeric core of `gather`: what is said of every slot and cell of a chunk, added up in one pass."""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def add_slots(gateway, down, up_ratio, rtt, weight, value, traffic, histogram, forward, back, lit):
    """Add t slots of n cells. gateway (t, n): -1 for a dark cell; down, up_ratio, rtt (t, n): as stored, the
    first two as bits of half precision, whose values are `value` (65,536,); weight (n,): subscribers.

    traffic (256,): Mbps landed, dark cells first; histogram (65,536,): subscribers by round trip. forward,
    back, lit (t,): Mbps of all cells in each direction, and cells that are lit.
    """
    for t in range(gateway.shape[0]):
        down_mbps, up_mbps, count = 0.0, 0.0, 0
        for c in range(gateway.shape[1]):
            rate = value[down[t, c]]
            histogram[rtt[t, c]] += weight[c]
            traffic[gateway[t, c] + 1] += rate
            down_mbps += rate
            up_mbps += rate * value[up_ratio[t, c]]
            count += 1 if gateway[t, c] >= 0 else 0
        forward[t], back[t], lit[t] = down_mbps, up_mbps, count


@kernel
def add_with_fibre(gateway, rtt, fibre, weight, histogram):
    """Add the round trips (t, n) with what fibre (t, g) behind the gateway (t, n) adds, in the same steps, to
    histogram (65,536,), subscribers (n,) by round trip; dark cells are left out."""
    top = histogram.shape[0] - 1
    for t in range(gateway.shape[0]):
        for c in range(gateway.shape[1]):
            if gateway[t, c] >= 0:
                histogram[min(np.int64(rtt[t, c]) + fibre[t, gateway[t, c]], top)] += weight[c]
