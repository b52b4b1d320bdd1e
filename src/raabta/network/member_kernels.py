"""Numeric core of the lists of cells that satellites serve. Letters as in `kernels`."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit

BLOCK = 32
"""Cells to a block of `Members`."""
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Members(NamedTuple):
    """The cells of each satellite, in blocks of BLOCK: a satellite's newest is head (m,), or -1; before (b,)
    is the one before it; size (b,) of it is filled with cell (b, BLOCK) and beam (b, 3, BLOCK), the
    directions from the cells; used (1,): blocks taken.
    """

    head: Any
    before: Any
    size: Any
    cell: Any
    beam: Any
    used: Any


@inner
def join(members, s, c, direction):
    """Make cell c a member of satellite s."""
    b = members.head[s]
    if b < 0 or members.size[b] == BLOCK:
        new = members.used[0]
        members.before[new], members.size[new], members.head[s] = b, 0, new
        members.used[0] += 1
        b = new
    i = members.size[b]
    members.cell[b, i] = c
    for axis in range(3):
        members.beam[b, axis, i] = direction[axis]
    members.size[b] += 1


@inner
def crowd_of(direction, members, s, cos_reuse, dot, close):
    """Cells of satellite s within the reuse angle of a direction, newest first, into `close`; their number.

    A whole block is tried at a time, vectorised, empty places too: dot (BLOCK,) is room for that.
    """
    x, y, z = direction[0], direction[1], direction[2]
    count, b = 0, members.head[s]
    while b >= 0:
        for i in range(BLOCK):
            dot[i] = members.beam[b, 0, i] * x + members.beam[b, 1, i] * y + members.beam[b, 2, i] * z
        for i in range(members.size[b] - 1, -1, -1):
            close[count] = members.cell[b, i]
            count += dot[i] >= cos_reuse
        b = members.before[b]
    return count
