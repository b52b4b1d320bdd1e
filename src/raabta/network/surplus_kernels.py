"""Numeric core of where cells go that are promised nothing: satellites by the level they could reach there.

Letters: m satellites near, n cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def leave(given, free, room):
    """Take what cells have off what satellites have: free (m, 3), dwell, forward, return Mbps; room (m,)."""
    for c in range(given.satellite.shape[0]):
        s = given.satellite[c]
        if s < 0:
            continue
        level = given.dwell[c] / given.need[c, 0]
        free[s, 0] -= max(given.dwell[c], given.least[c])
        free[s, 1] -= level * given.need[c, 1]
        free[s, 2] -= level * given.need[c, 2]
        room[s] -= 1


@kernel
def spread(order, active, candidates, carries, frames, homes_per_frame, sweeps, room, choice):
    """Choose a satellite for each cell of `order`, into choice (n,): a place in candidates, or -1.

    A cell goes where the common level of the satellite's cells would be highest with it there: homes that the
    satellite carries / active homes of its cells. carries (m,): by its rates; frames (m,): frames of dwell it
    has, of which every cell costs one before any home is carried, homes_per_frame of them by the next. Cells
    choose in order, and then again, knowing what all others chose, up to `sweeps` times in all.
    """
    homes, cells = np.zeros(room.shape[0]), np.zeros(room.shape[0], np.int64)
    for _ in range(sweeps):
        moved = False
        for i in range(order.shape[0]):
            c = order[i]
            if active[c] <= 0.0:
                continue
            old, best, top, below = choice[c], -1, 0.0, 1.0
            if old >= 0:
                homes[candidates.satellite[old]] -= active[c]
                cells[candidates.satellite[old]] -= 1
            for k in range(candidates.start[c], candidates.start[c + 1]):
                s = candidates.satellite[k]
                most = min(carries[s], (frames[s] - cells[s] - 1) * homes_per_frame)
                if most * below > top * (homes[s] + active[c]) and cells[s] < room[s]:
                    best, top, below = k, most, homes[s] + active[c]
            choice[c] = best
            moved |= best != old
            if best >= 0:
                homes[candidates.satellite[best]] += active[c]
                cells[candidates.satellite[best]] += 1
        if not moved:
            return
