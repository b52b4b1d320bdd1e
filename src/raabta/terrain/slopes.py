"""Slope and roughness of ground, sample by sample, on the true ground distance of the map."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter

from raabta.base.errors import OutOfRangeError
from raabta.terrain.grids import Floats, Heights


def slope_deg(heights: Heights) -> Floats:
    """Slope of the ground, deg, (rows, columns), by Horn's 3 x 3 differences; NaN at edges.

    Horn, B. K. P. (1981), Hill shading and the reflectance map, doi:10.1109/PROC.1981.11918.
    """
    east, south = gradient(heights)
    return np.asarray(np.degrees(np.arctan(np.hypot(east, south))))


def gradient(heights: Heights) -> tuple[Floats, Floats]:
    """Rise along columns and along rows, m per m of ground, (rows, columns) each; Horn's weights 1, 2, 1."""
    z = heights.m.astype(np.float64)
    across_m, down_m = _cells(heights)
    out = np.full((2, *z.shape), np.nan)
    right = z[:-2, 2:] + 2.0 * z[1:-1, 2:] + z[2:, 2:]
    left = z[:-2, :-2] + 2.0 * z[1:-1, :-2] + z[2:, :-2]
    top = z[:-2, :-2] + 2.0 * z[:-2, 1:-1] + z[:-2, 2:]
    low = z[2:, :-2] + 2.0 * z[2:, 1:-1] + z[2:, 2:]
    out[0, 1:-1, 1:-1] = (right - left) / (8.0 * across_m[1:-1, 1:-1])
    out[1, 1:-1, 1:-1] = (low - top) / (8.0 * down_m[1:-1, 1:-1])
    return out[0], out[1]


def roughness_m(heights: Heights, half: int = 2) -> Floats:
    """Root mean square height about the plane that fits best, in (2 half + 1)^2 samples, m, (rows, columns).

    Slopes do not count as roughness (Shepard et al. 2001, doi:10.1029/2000JE001429). NaN within `half` of
    edges and of unknown ground.
    """
    if not 1 <= half <= 200:
        raise OutOfRangeError("the half width", half, "1 to 200 samples", "roughness")
    z = heights.m.astype(np.float64)
    z = z - np.nanmean(z)
    size, offset = 2 * half + 1, np.arange(-half, half + 1, dtype=np.float64)
    spread = half * (half + 1) / 3.0  # mean square of the offsets
    unknown = uniform_filter(np.isnan(z).astype(np.float64), size, mode="constant", cval=1.0) > 0.5 / size**2
    z = np.nan_to_num(z)
    mean, square = uniform_filter(z, size), uniform_filter(z * z, size)
    planes = [_weighted(z, offset, axis, size) for axis in (0, 1)]
    left = square - mean**2 - sum(plane**2 for plane in planes) / spread
    return np.asarray(np.where(unknown, np.nan, np.sqrt(np.maximum(left, 0.0))))


def _weighted(z: Floats, offset: Floats, axis: int, size: int) -> Floats:
    """Mean of height times offset along an axis, over a window."""
    from scipy.ndimage import correlate1d

    other = (1, size) if axis == 0 else (size, 1)
    out = correlate1d(uniform_filter(z, other), offset / size, axis=axis)
    return np.asarray(out)


def _cells(heights: Heights) -> tuple[Floats, Floats]:
    """Ground between neighbours at every sample, m."""
    row, column = np.mgrid[: heights.m.shape[0], : heights.m.shape[1]]
    return heights.grid.cell_m(row, column)
