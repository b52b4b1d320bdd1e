"""Numeric core of where cells go that are promised nothing: satellites by the level they could reach there.

Letters: m satellites near, n cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.kernels import AHEAD, charge, fetch_candidates

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@kernel
def leave(given, free, room):
    """Take what cells have off what satellites have: free (m, 3), dwell, forward, return Mbps; room (m,)."""
    for c in range(given.satellite.shape[0]):
        s = given.satellite[c]
        if s < 0:
            continue
        dwell, forward, back = charge(given, c)
        free[s, 0] -= dwell
        free[s, 1] -= forward
        free[s, 2] -= back
        room[s] -= 1


@kernel
def spread(order, active, candidates, carries, frames, homes_per_frame, sweeps, room, present, toll, choice):
    """Choose a satellite for each cell of `order`, into choice (n,): a place in candidates, or -1.

    A cell goes where the common level of the satellite's cells would be highest with it there: homes that the
    satellite carries / active homes of its cells. carries (m,): by its rates; frames (m,): frames of dwell it
    has, of which every cell costs one before any home is carried, homes_per_frame of them by the next.
    present (n,): satellite of the slot before, or -1; any other must be better by `toll`. Cells choose in
    order, and then again, knowing what all others chose, up to `sweeps` times in all.
    """
    homes, cells = np.zeros(room.shape[0]), np.zeros(room.shape[0], np.int64)
    most = np.empty(room.shape[0])
    for s in range(room.shape[0]):
        most[s] = _carried(s, cells, carries, frames, homes_per_frame, room)
    for _ in range(sweeps):
        moved = False
        for i in range(order.shape[0]):
            fetch_candidates(candidates, order[min(i + AHEAD, order.shape[0] - 1)])
            c = order[i]
            if active[c] <= 0.0:
                continue
            old, best, top, below = choice[c], -1, 0.0, 1.0
            if old >= 0:
                s = candidates.satellite[old]
                homes[s] -= active[c]
                cells[s] -= 1
                most[s] = _carried(s, cells, carries, frames, homes_per_frame, room)
            for k in range(candidates.start[c], candidates.start[c + 1]):
                s = candidates.satellite[k]
                among = homes[s] + active[c]
                worth = most[s] * toll if s == present[c] else most[s]
                better = worth * below > top * among
                best, top, below = (k, worth, among) if better else (best, top, below)
            choice[c] = best
            moved |= best != old
            if best >= 0:
                s = candidates.satellite[best]
                homes[s] += active[c]
                cells[s] += 1
                most[s] = _carried(s, cells, carries, frames, homes_per_frame, room)
        if not moved:
            return


@inner
def _carried(s, cells, carries, frames, homes_per_frame, room):
    """Homes that satellite s carries with one cell more than it has; 0 where it has no room for one."""
    if cells[s] >= room[s]:
        return 0.0
    return max(0.0, min(carries[s], (frames[s] - cells[s] - 1) * homes_per_frame))


@kernel
def alone(choice, candidates, out):
    """The candidates chosen, one or none for every cell, choice (n,), into `out`; `stage` stays."""
    count = 0
    for c in range(choice.shape[0]):
        out.start[c] = count
        if choice[c] >= 0:
            out.satellite[count] = candidates.satellite[choice[c]]
            out.sin_elevation[count] = candidates.sin_elevation[choice[c]]
            count += 1
    out.start[choice.shape[0]] = count
