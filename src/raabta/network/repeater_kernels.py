"""Numeric core of `repeated`: one slot with the gateways of a transparent payload in rain. Letters as in
`network.kernels`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.rating_kernels import rate_repeated

EPS = 1e-9
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@kernel
def faded_levels(given, links, level, promised, order, feeder_db, capacity, out_level, out_closes):
    """Level (n, p) that cells keep behind feeders of C/N feeder_db (m, 2), out_level, and the classes that
    close both ways, out_closes (n, p).

    level (n, p): in clear sky; promised (n,): the part of it that is. The dwell of a satellite, of capacity
    (m, 3), goes to the promises first; what is left carries one share of everybody's surplus. Where it does
    not carry the promises, they are kept in `order` as far as it goes. A lit cell takes its least dwell
    anyway; one whose link does not close takes none.
    """
    n, plans = level.shape
    need, closed = np.zeros((n, plans)), np.zeros((plans, 2), np.int64)
    whole, kept = np.zeros((capacity.shape[0], plans)), np.zeros((capacity.shape[0], plans))
    for c in range(n):
        s = given.satellite[c]
        if s < 0 or given.dwell[c] <= 0.0:
            continue
        base_f, base_r, sine = given.geometry[c, 3], given.geometry[c, 4], given.geometry[c, 0]
        rate_repeated(links, c, 0, base_f, base_r, sine, feeder_db[s, 0], feeder_db[s, 1], need[c], closed)
        for p in range(plans):
            need[c, p] *= given.toll[c]
            out_closes[c, p] = closed[p, 0]
            whole[s, p] += _dwell(level[c, p], need[c, p], given.least[c])
            kept[s, p] += _dwell(level[c, p] * promised[c], need[c, p], given.least[c])
    share = np.ones(whole.shape)
    for s in range(capacity.shape[0]):
        for p in range(plans):
            if whole[s, p] > capacity[s, 0] * (1.0 + EPS):
                surplus = whole[s, p] - kept[s, p]
                share[s, p] = (capacity[s, 0] - kept[s, p]) / surplus if surplus > 0.0 else 0.0
                if kept[s, p] > capacity[s, 0] * (1.0 + EPS):
                    share[s, p] = -1.0
    left = np.repeat(capacity[:, 0], plans).reshape(whole.shape)
    for i in range(order.shape[0]):
        c = order[i]
        s = given.satellite[c]
        if s < 0 or given.dwell[c] <= 0.0:
            continue
        for p in range(plans):
            promise = level[c, p] * promised[c]
            if share[s, p] >= 1.0:
                out_level[c, p] = level[c, p]
            elif share[s, p] >= 0.0:
                out_level[c, p] = promise + share[s, p] * (level[c, p] - promise)
            else:
                asked = _dwell(promise, need[c, p], given.least[c])
                got = min(asked, left[s, p])
                left[s, p] -= got
                out_level[c, p] = promise * got / asked if asked > 0.0 else promise


@inner
def _dwell(level, need, least):
    """Dwell that a cell takes at a level; nothing where its link does not close."""
    return max(level * need, least) if need > 0.0 else 0.0
