"""Numeric core of `relaxation`: cliques of users that a fractional plan overloads. One thread."""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@kernel
def overloaded(way, share, close, most, order, out_start, out_member):
    """Cliques of users, pairwise closer than allowed, whose shares sum to more than `most`.

    way (3, k): directions to a satellite's users; share (k,) of each that is served; order: its users with a
    share, the largest first. A clique is grown from each that is in none yet, and widened by users without a
    share. Returns how many; clique i is out_member[out_start[i]:out_start[i + 1]].
    """
    support = order.shape[0]
    near = _close_pairs(way, close, order)
    covered, common = np.zeros(support, np.bool_), np.empty(support, np.bool_)
    found, end = 0, 0
    out_start[0] = 0
    for seed in range(support):
        if covered[seed] or found + 1 >= out_start.shape[0] or end + way.shape[1] > out_member.shape[0]:
            continue
        first, end = end, _grow(near, share, order, seed, common, out_member, end)
        load = 0.0
        for i in range(first, end):
            load += share[order[out_member[i]]]
        if load <= most:
            end = first
            continue
        for i in range(first, end):
            covered[out_member[i]] = True
            out_member[i] = order[out_member[i]]
        end = _widen(way, close, out_member, first, end)
        found += 1
        out_start[found] = end
    return found


@inner
def _dot(way, i, j):
    return way[0, i] * way[0, j] + way[1, i] * way[1, j] + way[2, i] * way[2, j]


@inner
def _close_pairs(way, close, order):
    support = order.shape[0]
    near = np.zeros((support, support), np.bool_)
    for i in range(support):
        for j in range(i):
            near[i, j] = near[j, i] = _dot(way, order[i], order[j]) > close
    return near


@inner
def _grow(near, share, order, seed, common, out_member, end):
    """A clique of users with a share: by turns the one with most share about it among those possible."""
    out_member[end] = seed
    end += 1
    common[:] = near[seed]
    while True:
        best, score = -1, 0.0
        for i in range(common.shape[0]):
            if common[i]:
                here = share[order[i]]
                for j in range(common.shape[0]):
                    here += share[order[j]] if common[j] and near[i, j] else 0.0
                if here > score:
                    best, score = i, here
        if best < 0:
            return end
        out_member[end] = best
        end += 1
        for i in range(common.shape[0]):
            common[i] = common[i] and near[best, i]


@inner
def _widen(way, close, out_member, first, end):
    """Add users close to all of a clique, those nearest to its middle first."""
    x, y, z = 0.0, 0.0, 0.0
    for i in range(first, end):
        x, y, z = x + way[0, out_member[i]], y + way[1, out_member[i]], z + way[2, out_member[i]]
    away = np.empty(way.shape[1])
    for j in range(away.shape[0]):
        away[j] = -(x * way[0, j] + y * way[1, j] + z * way[2, j])
    for j in np.argsort(away):
        fits = True
        for i in range(first, end):
            if out_member[i] == j or _dot(way, out_member[i], j) <= close:
                fits = False
                break
        if fits:
            out_member[end] = j
            end += 1
    return end
