"""Reading tables of equal steps by the polynomial of degree 7 through eight of their rows."""

from __future__ import annotations

import numpy as np

from raabta.access.interval_kernels import BEFORE, DEGREE, NODES, inner, kernel

_PLACES = range(-BEFORE, NODES - BEFORE)
_SCALE = np.array([1.0 / np.prod([float(p - q) for q in _PLACES if q != p]) for p in _PLACES])


@inner
def _weights(share, weight):
    """Weights of eight rows at -3 to 4, for a time of `share` steps after the fourth."""
    after = 1.0
    for k in range(NODES):
        weight[k] = _SCALE[k] * after
        after *= share - (k - BEFORE)
    after = 1.0
    for k in range(DEGREE, -1, -1):
        weight[k] *= after
        after *= share - (k - BEFORE)


@kernel
def read(table, step_s, seconds, out):
    """Rows (t, c) of a table (n, c) at `seconds` (t,), whose rows stand `step_s` apart from 0 on.

    Nearer to an end than three steps, and beyond it, it is the polynomial of the eight rows at that end.
    """
    weight = np.empty(NODES)
    last = table.shape[0] - NODES
    for t in range(seconds.shape[0]):
        place = seconds[t] / step_s
        row = min(max(int(np.floor(place)) - BEFORE, 0), last)
        _weights(place - row - BEFORE, weight)
        for c in range(table.shape[1]):
            total = 0.0
            for k in range(NODES):
                total += weight[k] * table[row + k, c]
            out[t, c] = total
