"""Numeric core of `flows`: the resources that ways use, and the ways that forwarding state leads."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
LASER, UP, DOWN, USERS_UP, USERS_DOWN, FEEDERS_UP, FEEDERS_DOWN, GROUND_UP, GROUND_DOWN, FIBRE = range(10)
"""Blocks of resources, in this order: laser directions (n x K), ground links (e) up and down, what satellites
(n) have for users and for feeders, up and down, what ground nodes (g) have, up and down, cables (c) there and
back, in turns."""


class Network(NamedTuple):
    """Lasers neighbour, km (n, K); ground links start (g + 1,), satellite, range_km (e,); gateway (g,): whose
    links are feeders; block (11,): the first resource of each block, and how many there are."""

    neighbour: Any
    km: Any
    start: Any
    satellite: Any
    range_km: Any
    gateway: Any
    block: Any


@kernel
def resources_of_ways(network, start, node):
    """Resources of ways in compressed rows, as compressed rows too: first (ways + 1,) and resource; and the
    place of a node to which there is no link from the one before, -1 for none."""
    n, ways = network.neighbour.shape[0], start.shape[0] - 1
    first, count = np.zeros(ways + 1, np.int64), 0
    for way in range(ways):
        for i in range(start[way] + 1, start[way + 1]):
            count += 1 if node[i - 1] < n and node[i] < n else 3
        first[way + 1] = count
    out, count = np.empty(count, np.int32), 0
    for way in range(ways):
        for i in range(start[way] + 1, start[way + 1]):
            u, v = node[i - 1], node[i]
            if u < n and v < n:
                slot = _laser(network, u, v)
                if slot < 0:
                    return first, out, i
                out[count] = u * network.neighbour.shape[1] + slot
                count += 1
                continue
            down = v >= n
            ground, satellite = (v - n, u) if down else (u - n, v)
            link = _ground_link(network, ground, satellite)
            if link < 0:
                return first, out, i
            all_of = (FEEDERS_UP if network.gateway[ground] else USERS_UP) + down
            out[count] = network.block[UP + down] + link
            out[count + 1] = network.block[all_of] + satellite
            out[count + 2] = network.block[GROUND_UP + down] + ground
            count += 3
    return first, out, -1


@inner
def _laser(network, u, v):
    """The shortest laser from u to v, -1 for none."""
    best = -1
    for k in range(network.neighbour.shape[1]):
        there = network.neighbour[u, k] == v and network.km[u, k] < np.inf
        if there and (best < 0 or network.km[u, k] < network.km[u, best]):
            best = k
    return best


@inner
def _ground_link(network, ground, satellite):
    """The shortest link between a ground node and a satellite, -1 for none."""
    best = -1
    if satellite >= network.neighbour.shape[0]:
        return best
    for e in range(network.start[ground], network.start[ground + 1]):
        there = network.satellite[e] == satellite and network.range_km[e] < np.inf
        if there and (best < 0 or network.range_km[e] < network.range_km[best]):
            best = e
    return best


@kernel
def walk(next_node, row, source):
    """Ways from nodes source (f,) by the next nodes of row (f,) of next_node (d, N), in compressed rows: only
    the node itself where there is no way."""
    start = np.zeros(source.shape[0] + 1, np.int64)
    for f in range(source.shape[0]):
        count, u = 0, source[f]
        while u >= 0:
            count, u = count + 1, next_node[row[f], u]
        start[f + 1] = start[f] + count
    node = np.empty(start[-1], np.int32)
    for f in range(source.shape[0]):
        place, u = start[f], source[f]
        while u >= 0:
            node[place] = u
            place, u = place + 1, next_node[row[f], u]
    return start, node
