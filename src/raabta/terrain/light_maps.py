"""Light of an area around a site: raster in, maps out, a band of rows at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raabta.base.errors import LimitError, OutOfRangeError
from raabta.terrain.areas import TILE, area_horizons, light_of_area, local_heights
from raabta.terrain.grids import Floats, Grid, Heights
from raabta.terrain.projections import Stereographic
from raabta.terrain.rasters import Raster

MOST_CELLS = 6_000_000
"""Samples of a map: a polar cap of 2,280 a side is below."""


@dataclass(frozen=True)
class LightMaps:
    """Light of every sample of a grid, all (rows, columns), NaN where unknown: mean share of the Sun's disc,
    longest dark and lit span, s, share of time with the Earth's centre in view, slope, deg; safe havens."""

    grid: Grid
    sun_share: Floats
    longest_dark_s: Floats
    longest_lit_s: Floats
    earth_share: Floats
    slope_deg: Floats
    haven: NDArray[np.bool_]
    source: str

    @property
    def side_km(self) -> float:
        """Width of the area on the ground."""
        across_m, _ = self.grid.cell_m(0.5 * self.grid.rows, 0.5 * self.grid.columns)
        return float(across_m) * self.grid.columns / 1000.0


def area_of(
    raster: Raster, latitude_deg: float, longitude_deg: float, side_km: float, reach_km: float
) -> tuple[Heights, NDArray[np.int64], NDArray[np.int64]]:
    """Heights within reach of a square about a site, on a stereographic map, and the rows and columns of its
    samples (rows, columns). Other maps are resampled at their own spacing.

    Raises OutOfRangeError for a site off the raster or a side that is no size, LimitError above 6 million
    samples.
    """
    if not 0.0 < side_km <= 2_000.0:
        raise OutOfRangeError("the side", f"{side_km:g} km", "above 0 to 2,000 km", "an area of light maps")
    heights = raster.around(latitude_deg, longitude_deg, 0.5 * np.sqrt(2.0) * side_km + reach_km)
    row, column = heights.grid.pixel(latitude_deg, longitude_deg)
    step_m = float(min(heights.grid.cell_m(row, column)))
    samples = (1000.0 * side_km / step_m) ** 2
    if samples > MOST_CELLS:
        raise LimitError(
            f"{side_km:g} km at {step_m:,.0f} m are {samples:,.0f} samples; allowed: {MOST_CELLS:,}. "
            "Ask for a smaller side, or bring a coarser raster"
        )
    if not isinstance(heights.grid.projection, Stereographic):
        heights = local_heights(
            heights, latitude_deg, longitude_deg, 0.5 * np.sqrt(2.0) * side_km + reach_km, step_m
        )
        row, column = heights.grid.pixel(latitude_deg, longitude_deg)
    half = max(1, round(500.0 * side_km / step_m))
    first, left = round(float(row)) - half, round(float(column)) - half
    rows = np.arange(max(0, first), min(heights.m.shape[0], first + 2 * half + 1))
    columns = np.arange(max(0, left), min(heights.m.shape[1], left + 2 * half + 1))
    row_of, column_of = np.meshgrid(rows, columns, indexing="ij")
    return heights, row_of, column_of


def map_light(
    heights: Heights, row: NDArray[np.int64], column: NDArray[np.int64], sun_km: Floats, earth_km: Floats,
    step_s: float, *, azimuths: int = 360, eye_m: float = 2.0, most_dark_s: float = 72 * 3600.0,
    most_slope_deg: float = 15.0, threads: int = 2, progress: Callable[[int, int], None] | None = None,
) -> LightMaps:  # fmt: skip
    """Light of samples row, column (rows, columns) over body-fixed positions (t, 3), km, `step_s` apart.

    Rows are taken 64 at a time: horizons of one band are all that is held. A safe haven is never dark for
    longer than `most_dark_s` and no steeper than `most_slope_deg`.
    """
    found = np.empty((5, *row.shape))
    haven = np.empty(row.shape, bool)
    for top in range(0, row.shape[0], TILE):
        band = slice(top, top + TILE)
        horizons = area_horizons(
            heights, row[band].ravel(), column[band].ravel(), azimuths=azimuths, eye_m=eye_m, threads=threads
        )
        light = light_of_area(horizons, sun_km, earth_km, step_s, threads=threads)
        parts = light.sun_share, light.longest_dark_s, light.longest_lit_s, light.earth_share, light.slope_deg
        for out, values in zip(found, parts, strict=True):
            out[band] = values.reshape(row[band].shape)
        haven[band] = light.havens(most_dark_s, most_slope_deg).reshape(row[band].shape)
        if progress is not None:
            progress(min(top + TILE, row.shape[0]), row.shape[0])
    grid = heights.grid.part(int(row[0, 0]), int(column[0, 0]), *row.shape)
    sun, dark, lit, earth, slope = found
    return LightMaps(grid, sun, dark, lit, earth, slope, haven, heights.source)
