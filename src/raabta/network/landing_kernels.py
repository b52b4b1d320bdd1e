"""Numeric core of `landing`: the way of a satellite over lasers to one that has a gateway. Plain arrays."""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.kernels import rates_of
from raabta.network.record_kernels import MS_PER_KM

kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


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


@lean
def follow(neighbour, laser_km, gateway_km, way_km, which, out_start, out_node):
    """Satellites on the ways of `which` (f,), each from itself to where it lands: out_start (f + 1,),
    out_node (entries,). Returns the entries, or -1 where out_node is too short.

    neighbour, laser_km (n, K): lasers; gateway_km (n,): to the gateway of each satellite, infinite for none;
    way_km (n,): least way to any gateway, over lasers too. A satellite that has a gateway lands there itself;
    one that only passes traffic on does so where its own gateway is not farther. Of equal ways the laser of
    the lowest number. A satellite without a way has no entries.
    """
    count = 0
    out_start[0] = 0
    for i in range(which.shape[0]):
        s, own = which[i], True
        while way_km[s] < 1e300:
            if count == out_node.shape[0]:
                return -1
            out_node[count] = s
            count += 1
            if gateway_km[s] <= way_km[s] or (own and gateway_km[s] < 1e300):
                break
            best = 0
            for k in range(1, neighbour.shape[1]):
                if _over(neighbour, laser_km, way_km, s, k) < _over(neighbour, laser_km, way_km, s, best):
                    best = k
            s, own = neighbour[s, best], False
        out_start[i + 1] = count
    return count


@inner
def _over(neighbour, laser_km, way_km, s, k):
    """Way of satellite s over its laser k."""
    return way_km[neighbour[s, k]] + laser_km[s, k] if neighbour[s, k] >= 0 else 1e301
