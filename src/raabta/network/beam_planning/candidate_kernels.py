"""Numeric core of `candidates`: which satellites a user may be served by. Plain arrays, one thread."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@kernel
def count_links(user_km, sat_km, latitude, cone, interferer_km, cosine, out_count):
    """How many satellites may serve each user, `out_count` (n,).

    sat_km (m, 3) by rising geocentric `latitude` (m,) rad; cone: half-angle of the sky a user may use, rad;
    cosine (2,): of that cone, and of the least angle to an interferer, both with their margins.
    """
    toward = np.empty((interferer_km.shape[0], 3))
    none = np.empty(0, np.int32)
    farthest = _farthest(sat_km)
    for u in range(user_km.shape[0]):
        out_count[u] = _links(
            user_km[u], sat_km, latitude, cone, interferer_km, cosine, farthest, toward, none
        )


@kernel
def fill_links(user_km, sat_km, latitude, cone, interferer_km, cosine, start, out_sat):
    """The satellites that `count_links` counts, as CSR at `start` (n + 1,), in the order of `sat_km`."""
    toward = np.empty((interferer_km.shape[0], 3))
    farthest = _farthest(sat_km)
    for u in range(user_km.shape[0]):
        out = out_sat[start[u] : start[u + 1]]
        _links(user_km[u], sat_km, latitude, cone, interferer_km, cosine, farthest, toward, out)


@inner
def _farthest(sat_km):
    most = 0.0
    for s in range(sat_km.shape[0]):
        most = max(most, math.sqrt(sat_km[s, 0] ** 2 + sat_km[s, 1] ** 2 + sat_km[s, 2] ** 2))
    return most


@inner
def _reach(radius, farthest, cone):
    """Central angle (rad) within which a satellite at `farthest` km or less stands in the cone; -1: none."""
    if farthest <= radius:
        return -1.0
    return cone - math.asin(radius * math.sin(cone) / farthest) + 1e-9


@kernel
def _links(user, sat_km, latitude, cone, interferer_km, cosine, farthest, toward, out):
    """Count the satellites one user may use; list them where `out` has room."""
    radius = math.sqrt(user[0] ** 2 + user[1] ** 2 + user[2] ** 2)
    reach = _reach(radius, farthest, cone)
    if reach < 0.0:
        return 0
    here = math.asin(user[2] / radius)
    found, known = 0, False
    for s in range(np.searchsorted(latitude, here - reach), latitude.shape[0]):
        if latitude[s] > here + reach:
            break
        x, y, z = sat_km[s, 0] - user[0], sat_km[s, 1] - user[1], sat_km[s, 2] - user[2]
        slant = math.sqrt(x * x + y * y + z * z)
        up = (x * user[0] + y * user[1] + z * user[2]) / radius
        if up <= 0.0 or up < cosine[0] * slant:
            continue
        if not known:
            _look(user, interferer_km, toward)
            known = True
        if _is_clear(x, y, z, cosine[1] * slant, toward):
            if found < out.shape[0]:
                out[found] = s
            found += 1
    return found


@inner
def _look(user, interferer_km, toward):
    """Unit vectors from a user to every interferer; NaN where one stands at the user's own place."""
    for i in range(interferer_km.shape[0]):
        x = interferer_km[i, 0] - user[0]
        y = interferer_km[i, 1] - user[1]
        z = interferer_km[i, 2] - user[2]
        length = math.sqrt(x * x + y * y + z * z)
        toward[i, 0], toward[i, 1], toward[i, 2] = x / length, y / length, z / length


@inner
def _is_clear(x, y, z, most, toward):
    """Whether no interferer lies nearer than allowed; one whose direction is unknown (NaN) is in the way."""
    for i in range(toward.shape[0]):  # noqa: SIM110 - numba has no all() of a generator
        if not x * toward[i, 0] + y * toward[i, 1] + z * toward[i, 2] <= most:
            return False
    return True
