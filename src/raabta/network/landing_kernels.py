"""Numeric core of `landing`: the way of a satellite over lasers to one that has a gateway. Plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.network.kernels import rates_of
from raabta.network.record_kernels import MS_PER_KM

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Found(NamedTuple):
    """Ways of f satellites: start (f + 1,), node: satellites on each, from itself to where it lands; laser_km
    (f,): between them. resource (entries,): what each node stands for, first the l satellites that ways end
    at, then those that send on; first (f,): of which l are filled: a way that ends at each."""

    start: Any
    node: Any
    laser_km: Any
    resource: Any
    first: Any


MOST_LASERS = 32
"""Ways of so many lasers, or more, are counted together."""


@kernel
def tally(given, ceiling, gateway, lasers, laser_km, out_kbps, out_kbps_us):
    """Add what every cell is carried forward to the gateway that it lands at: out_kbps (g, 1 + MOST_LASERS),
    by lasers on the way; out_kbps_us (g,): times the round trip over them, us. Whole numbers, so that sums do
    not depend on how time is cut. gateway, lasers, laser_km (m,): of each satellite."""
    for c in range(given.satellite.shape[0]):
        s = given.satellite[c]
        if s < 0:
            continue
        _, forward, _ = rates_of(given, c, ceiling)
        kbps = np.int64(np.rint(1e3 * forward))
        out_kbps[gateway[s], min(lasers[s], MOST_LASERS)] += kbps
        out_kbps_us[gateway[s]] += kbps * np.int64(np.rint(1e3 * MS_PER_KM * laser_km[s]))


@kernel
def follow(neighbour, laser_km, gateway_km, way_km, which, out):
    """The ways of `which` (f,), and what they share.

    neighbour, laser_km (n, K): lasers; gateway_km (n,): to the gateway of each satellite, infinite for none;
    way_km (n,): least way to any gateway, over lasers too. A satellite that has a gateway lands there itself;
    one that only passes traffic on does so where its own gateway is not farther. Of equal ways the laser of
    the lowest number. A satellite without a way has no entries. Returns how many satellites they end at, and
    how many send on, or -1 where `out.node` is too short.
    """
    count, landings, senders = 0, 0, 0
    number = np.full((2, way_km.shape[0]), -1)
    out.start[0] = 0
    for i in range(which.shape[0]):
        s, own = which[i], True
        out.laser_km[i] = 0.0
        while way_km[s] < np.inf or (own and gateway_km[s] < np.inf):
            if count == out.node.shape[0]:
                return -1, -1
            out.node[count] = s
            lands = gateway_km[s] <= way_km[s] or (own and gateway_km[s] < np.inf)
            if lands and number[0, s] < 0:
                number[0, s], out.first[landings], landings = landings, i, landings + 1
            elif not lands and number[1, s] < 0:
                number[1, s], senders = senders, senders + 1
            out.resource[count] = number[0, s] if lands else -1 - number[1, s]
            count += 1
            if lands:
                break
            best = 0
            for k in range(1, neighbour.shape[1]):
                if _over(neighbour, laser_km, way_km, s, k) < _over(neighbour, laser_km, way_km, s, best):
                    best = k
            out.laser_km[i] += laser_km[s, best]
            s, own = neighbour[s, best], False
        out.start[i + 1] = count
    for e in range(count):
        if out.resource[e] < 0:
            out.resource[e] = landings - 1 - out.resource[e]
    return landings, senders


@inner
def _over(neighbour, laser_km, way_km, s, k):
    """Way of satellite s over its laser k."""
    return way_km[neighbour[s, k]] + laser_km[s, k] if neighbour[s, k] >= 0 else np.inf
