"""Numeric core of `bound`: groups of a satellite's users of whom no two may share a colour. One thread."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@kernel
def directions(sat_km, user_km, users, out):
    """Unit vectors from a satellite to each of `users`, out (3, k)."""
    for i in range(users.shape[0]):
        x = user_km[users[i], 0] - sat_km[0]
        y = user_km[users[i], 1] - sat_km[1]
        z = user_km[users[i], 2] - sat_km[2]
        length = math.sqrt(x * x + y * y + z * z)
        out[0, i], out[1, i], out[2, i] = x / length, y / length, z / length


@kernel
def group_close(sat_start, sat_user, user_km, sat_km, close, half, seeds, out_group):
    """Split each satellite's users into groups within which no two may share a colour.

    close: cosine of the least angle between beams of one colour; half: of half of it. A group is what lies
    in a cap of that radius, the fullest of some, and what is close to all of it. out_group (links,): numbered
    through over all satellites; returns how many groups there are.
    """
    longest = 0
    for s in range(sat_km.shape[0]):
        longest = max(longest, sat_start[s + 1] - sat_start[s])
    way = np.empty((3, longest))
    left, best, trial = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(longest, np.int32)
    groups = 0
    for s in range(sat_km.shape[0]):
        first, count = sat_start[s], sat_start[s + 1] - sat_start[s]
        directions(sat_km[s], user_km, sat_user[first : first + count], way)
        for i in range(count):
            left[i] = i
        while count > 0:
            size = _fullest(way, left, count, close, half, seeds, trial, best)
            for i in range(size):
                out_group[first + best[i]] = groups
            kept = 0
            for i in range(count):
                if out_group[first + left[i]] != groups:
                    left[kept] = left[i]
                    kept += 1
            count = kept
            groups += 1
    return groups


@inner
def _fullest(way, left, count, close, half, seeds, trial, best):
    """The largest of the groups grown from up to `seeds` of the `count` users left; into `best`."""
    size = 0
    step = max(1, count // seeds)
    for seed in range(0, count, step):
        x, y, z = way[0, left[seed]], way[1, left[seed]], way[2, left[seed]]
        for _ in range(3):
            sx, sy, sz = 0.0, 0.0, 0.0
            for i in range(count):
                j = left[i]
                if way[0, j] * x + way[1, j] * y + way[2, j] * z > half:
                    sx, sy, sz = sx + way[0, j], sy + way[1, j], sz + way[2, j]
            length = math.sqrt(sx * sx + sy * sy + sz * sz)
            if length > 0.0:
                x, y, z = sx / length, sy / length, sz / length
        found = _gather(way, left, count, close, half, x, y, z, left[seed], trial)
        if found > size:
            size = found
            best[:found] = trial[:found]
    return size


@inner
def _gather(way, left, count, close, half, x, y, z, seed, trial):
    """Users in the cap about (x, y, z), or `seed` where it is empty; then those close to all of them."""
    found = 0
    for i in range(count):
        j = left[i]
        if way[0, j] * x + way[1, j] * y + way[2, j] * z > half:
            trial[found] = j
            found += 1
    if found == 0:
        trial[0] = seed
        found = 1
    if found > 64:  # enough to fill any colour; the rest would cost more than it brings
        return found
    for i in range(count):
        j = left[i]
        if way[0, j] * x + way[1, j] * y + way[2, j] * z <= half and found < trial.shape[0]:
            fits = True
            for k in range(found):
                o = trial[k]
                if o == j or way[0, j] * way[0, o] + way[1, j] * way[1, o] + way[2, j] * way[2, o] <= close:
                    fits = False
                    break
            if fits:
                trial[found] = j
                found += 1
    return found
