"""Numeric core of `sky`: whom satellites see, and which gateway each takes. Plain arrays."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.access.kernels import VERTICAL_MARGIN_RAD, footprint_angle
from raabta.network.kernels import (
    BEAM_TIME,
    FEEDER,
    GATEWAY,
    MASK,
    POWER,
    RETURN_SIDE,
    SATELLITE_RATE,
)

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def share_with_neighbours(position_km, wide, near, min_elevation_rad, site_unit, people, home, out):
    """What part of the people whom a satellite serves is the area's, out (m,); 0 where it serves none there.

    The people (k,) of each of the neighbours' coarse cells, unit vectors (k, 3), are spread evenly over the
    satellites that the cell sees: of `wide`, all that may be seen from one, and `near` (m,), those near the
    area, which serve home (m,) people of it; both rising fleet numbers. A neighbour sees a satellite down to
    the angle of its footprint on a sphere. Vectorised over satellites.
    """
    place = np.empty(near.shape[0], np.int64)
    either = _merged(wide, near, place)
    m = either.shape[0]
    unit, cos_angle = np.empty((3, m)), np.empty(m)
    for s in range(m):
        x, y, z = position_km[0, either[s]], position_km[1, either[s]], position_km[2, either[s]]
        r = math.sqrt(x * x + y * y + z * z)
        unit[0, s], unit[1, s], unit[2, s] = x / r, y / r, z / r
        angle = footprint_angle(r, min_elevation_rad) - VERTICAL_MARGIN_RAD
        cos_angle[s] = math.cos(max(angle, 0.0))
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
    for i in range(near.shape[0]):
        out[i] = home[i] / (home[i] + weight[place[i]]) if home[i] > 0.0 else 0.0


@kernel
def _merged(one, other, out_place):
    """Both rising lists as one, each number once; out_place: where those of `other` stand in it."""
    both = np.empty(one.shape[0] + other.shape[0], np.int64)
    i, count = 0, 0
    for j in range(other.shape[0]):
        while i < one.shape[0] and one[i] < other[j]:
            both[count] = one[i]
            i += 1
            count += 1
        if i < one.shape[0] and one[i] == other[j]:
            i += 1
        both[count], out_place[j] = other[j], count
        count += 1
    rest = one.shape[0] - i
    both[count : count + rest] = one[i:]
    return both[: count + rest]


@kernel
def limit_satellites(feeder, share, beams, beams_by_power, forward_mbps, return_mbps, out, out_code):
    """Dwell, forward and return Mbps of each satellite for the area, out (m, 3), and the constraint behind
    each. feeder (m, 2): Mbps of its feeder; share (m,): the part of it that is the area's."""
    for s in range(share.shape[0]):
        out[s, 0] = min(beams, beams_by_power) * share[s]
        out[s, 1] = min(feeder[s, 0], forward_mbps) * share[s]
        out[s, 2] = min(feeder[s, 1], return_mbps) * share[s]
        out_code[s, 0] = POWER if beams_by_power < beams else BEAM_TIME
        out_code[s, 1] = FEEDER if feeder[s, 0] < forward_mbps else SATELLITE_RATE
        out_code[s, 2] = RETURN_SIDE + (FEEDER if feeder[s, 1] < return_mbps else SATELLITE_RATE)


@kernel
def feeder_rates(table, cosecant_max, gateway, cosecant, state, out):
    """Forward and return Mbps of the feeder of each satellite, out (m, 2), from a table (g, 2, k, e) over
    weather states and cosecant nodes. gateway (m,): -1 for none, which is rated as the first; cosecant (m,);
    state (g,): weather of the gateways."""
    nodes = table.shape[3]
    for s in range(out.shape[0]):
        g = max(gateway[s], 0)
        x = (cosecant[s] - 1.0) / (cosecant_max - 1.0) * (nodes - 1)
        low = min(max(int(x), 0), nodes - 2)
        weight = min(max(x - low, 0.0), 1.0)
        for q in range(2):
            nearer, farther = table[g, q, state[g], low], table[g, q, state[g], low + 1]
            out[s, q] = min(nearer, nearer * (1 - weight) + farther * weight)


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
def first_filter(start, visible, out):
    """The first filter that leaves a cell no candidate (CSR `start`), of MASK, by how many satellites it sees
    at all, visible (n,), and GATEWAY, which here stands for GSO as well; BEAM_TIME where some are left."""
    for c in range(out.shape[0]):
        out[c] = MASK if visible[c] == 0 else GATEWAY if start[c] == start[c + 1] else BEAM_TIME
