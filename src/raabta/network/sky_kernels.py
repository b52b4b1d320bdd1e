"""Numeric core of `sky`: whom satellites see, and which gateway each takes. Plain arrays."""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.kernels import BEAM_TIME, GATEWAY, GSO, MASK

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def spread_home(start, satellite, people, out, out_in_view):
    """Spread each cell's people evenly over the satellites it sees: out[m] += people / satellites in view.
    out_in_view (m,): 1 where any cell sees it."""
    for c in range(start.shape[0] - 1):
        count = start[c + 1] - start[c]
        each = people[c] / count if count > 0 else 0.0
        for k in range(start[c], start[c + 1]):
            out[satellite[k]] += each
            out_in_view[satellite[k]] = 1


@kernel
def spread_neighbours(unit, cos_angle, home_index, site_unit, people, out):
    """The same for the neighbours' coarse cells, over all satellites, unit (3, m); kept for the `home_index`
    ones. Vectorised over satellites."""
    m = unit.shape[1]
    weight, flag = np.zeros(m), np.empty(m)
    for c in range(site_unit.shape[0]):
        x, y, z = site_unit[c, 0], site_unit[c, 1], site_unit[c, 2]
        count = 0
        for s in range(m):
            sees = unit[0, s] * x + unit[1, s] * y + unit[2, s] * z >= cos_angle[s]
            flag[s] = 1.0 if sees else 0.0
            count += 1 if sees else 0
        if count > 0:
            each = people[c] / count
            for s in range(m):
                weight[s] += flag[s] * each
    for i in range(home_index.shape[0]):
        out[i] = weight[home_index[i]]


@kernel
def assign_gateways(
    order, gateway_start, gateway_satellite, gateway_sin, gateway_clear, antennas, partner, out, out_sin
):
    """Serial choice: satellites in `order` each take the gateway that stands them highest and has an antenna.

    The order does not depend on the list of gateways, so taking a gateway away can never give a satellite one
    (serial dictatorship is resource-monotonic). What antennas are left go, in the same order, to the
    diversity partners (g,) that see the satellite. out (m, 2): gateway and partner, -1 for none; out_sin
    (m, 2): sine of the satellite's elevation there.
    """
    left = antennas.copy()
    m = out.shape[0]
    g_count = antennas.shape[0]
    sin_of = np.full((m, g_count), -1.0)
    for g in range(g_count):
        for k in range(gateway_start[g], gateway_start[g + 1]):
            if gateway_clear[k] == 1:
                sin_of[gateway_satellite[k], g] = gateway_sin[k]
    for i in range(order.shape[0]):
        s = order[i]
        best = -1
        for g in range(g_count):
            if left[g] > 0 and sin_of[s, g] > 0.0 and (best < 0 or sin_of[s, g] > sin_of[s, best]):
                best = g
        out[s, 0] = best
        if best >= 0:
            left[best] -= 1
            out_sin[s, 0] = sin_of[s, best]
    for i in range(order.shape[0]):
        s = order[i]
        other = partner[out[s, 0]] if out[s, 0] >= 0 else -1
        if other >= 0 and left[other] > 0 and sin_of[s, other] > 0.0:
            left[other] -= 1
            out[s, 1], out_sin[s, 1] = other, sin_of[s, other]


@kernel
def usable(start, satellite, sin_elevation, clear, gateway, out):
    """Of the satellites above the masks (CSR), those clear of the arc and with a gateway (m,), into `out`.
    Without a branch: these filters are a coin's toss."""
    landed = (gateway >= 0).astype(np.int64)
    count = 0
    for c in range(out.stage.shape[0]):
        out.start[c] = count
        seen, free = start[c + 1] - start[c], 0
        for k in range(start[c], start[c + 1]):
            s = satellite[k]
            out.satellite[count], out.sin_elevation[count] = s, sin_elevation[k]
            free += clear[k]
            count += clear[k] & landed[s]
        kept = count - out.start[c]
        out.stage[c] = MASK if seen == 0 else GSO if free == 0 else GATEWAY if kept == 0 else BEAM_TIME
    out.start[out.stage.shape[0]] = count
    return count
