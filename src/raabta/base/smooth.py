"""Slow functions of time that are smooth: computed on a fixed grid, interpolated in between.

The grid is fixed, so a value depends on its own time alone: on no chunk and no neighbour.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raabta.base.clock import Floats

_BEFORE = 2


def on_grid(function: Callable[[Floats], Floats], place: Floats) -> Floats:
    """`function` of whole numbers (m,) -> (m, c), at any `place` (t,): (t, c), by degree 5 through six.

    Only the numbers that are needed are computed, each once.
    """
    from raabta.base import ephemeris_kernels as kernels

    floor = np.floor(place)
    nodes, first = _nodes(floor.astype(np.int64), kernels.POINTS)
    values = np.ascontiguousarray(function(nodes.astype(np.float64)))
    out = np.empty((place.size, values.shape[1]))
    kernels.between(values, first, place - floor, out)
    return out


def _nodes(cell: np.ndarray, points: int) -> tuple[np.ndarray, np.ndarray]:
    """The grid's numbers that are needed, sorted, and where each time's first stands among them."""
    if cell.size == 0:
        return np.arange(points), cell
    low, high = int(cell.min()), int(cell.max())
    if high - low <= 4 * cell.size + points:
        return np.arange(low - _BEFORE, high - _BEFORE + points), cell - low
    nodes = np.unique(np.unique(cell)[:, None] + np.arange(-_BEFORE, points - _BEFORE))
    return nodes, np.searchsorted(nodes, cell - _BEFORE)
