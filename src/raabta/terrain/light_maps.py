"""Light of an area around a site: raster in, maps out, a band of rows at a time.

Finished bands are kept in a folder until the maps are written: what was broken off goes on from there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raabta.base.errors import LimitError, OutOfRangeError, ScenarioError
from raabta.engine import chunks
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.outputs import read_chunks
from raabta.engine.provenance import environment, hash_of
from raabta.engine.runner import run_chunks
from raabta.terrain.areas import TILE, area_horizons, havens, light_of_area, local_heights
from raabta.terrain.grids import Floats, Grid, Heights
from raabta.terrain.projections import Stereographic
from raabta.terrain.rasters import Raster

MOST_CELLS = 6_000_000
"""Samples of a map: a polar cap of 2,280 a side is below."""
KIND = "light"
"""What the ledger says a folder of ours holds."""
FOLDER = "unfinished"
"""Where finished bands lie beside the maps to come."""
PARTS = ("sun_share", "longest_dark_s", "longest_lit_s", "earth_share", "slope_deg")
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


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
    samples, ScenarioError where no height is known.
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
    if np.isnan(heights.m[row_of, column_of]).all():
        raise ScenarioError("no height is known in the area", file=heights.source or None)
    return heights, row_of, column_of


@dataclass(frozen=True)
class LightAsked:
    """Light of samples row, column (rows, columns) of heights, `eye_m` above them, over body-fixed positions
    of Sun and Earth (t, 3), km, `step_s` apart."""

    heights: Heights
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    sun_km: Floats
    earth_km: Floats
    step_s: float
    azimuths: int = 360
    eye_m: float = 2.0

    def identity(self) -> Identity:
        """Whose folder of bands it is: by the content of all that they depend on."""
        every = self.heights.m, self.row, self.column, self.sun_km, self.earth_km
        asked = [hashlib.sha256(np.ascontiguousarray(values).data).hexdigest() for values in every]
        shapes = [list(values.shape) for values in every]
        figures = [repr(self.heights.grid), self.step_s, self.azimuths, self.eye_m]
        return Identity(
            scenario_hash=hash_of([asked, shapes, figures]),
            version=str(environment()["raabta"]),
            seed=0,
            environment=hash_of(environment()),
            kind=KIND,
        )

    def keys(self) -> list[str]:
        """Keys of the bands: whole tiles high, so that the horizons of one band are all that is held."""
        return chunks.span_keys("rows", self._above + self.row.shape[0], TILE)

    @property
    def _above(self) -> int:
        """Rows of the first band's tiles above the area."""
        return int(self.row[0, 0]) % TILE

    def band(self, key: str, threads: int | None) -> dict[str, NDArray[Any]]:
        """PARTS of the rows of one band, (rows, columns) each."""
        span = chunks.span_of(key)
        rows = slice(max(0, span.start - self._above), span.stop - self._above)
        row, column = self.row[rows], self.column[rows]
        horizons = area_horizons(
            self.heights, row.ravel(), column.ravel(), azimuths=self.azimuths, eye_m=self.eye_m,
            threads=threads,
        )  # fmt: skip
        light = light_of_area(horizons, self.sun_km, self.earth_km, self.step_s, threads=threads)
        return {name: getattr(light, name).reshape(row.shape) for name in PARTS}


@contextmanager
def map_light(
    asked: LightAsked, folder: Path, *, most_dark_s: float = 72 * 3600.0, most_slope_deg: float = 15.0,
    threads: int | None = None, progress: Progress | None = None,
) -> Iterator[LightMaps]:  # fmt: skip
    """The maps of an area, for as long as they are being written: inside, nobody else has the folder.

    Bands are kept in `folder`, whole or not at all, and computed again where they are damaged; the same call
    goes on where another was broken off, to the same bits. The folder is gone after an end without an error.
    A safe haven is never dark for longer than `most_dark_s` and no steeper than `most_slope_deg`. Raises
    StoreError for a folder in use, of other bands, on a full disk, and KeyboardInterrupt; what is finished
    stays.
    """
    tell = progress or (lambda what, done, total: None)
    keys = asked.keys()
    run_chunks(
        folder,
        asked.identity(),
        keys,
        lambda key: asked.band(key, threads),
        workers=1,
        progress=lambda done, total, resumed, seconds: tell("mapping light", done, total),
    )
    with Ledger.edit(folder) as ledger:
        bands = list(read_chunks(folder, keys, None))
        found = {name: np.concatenate([band[name] for band in bands]) for name in PARTS}
        haven = havens(found["longest_dark_s"], found["slope_deg"], most_dark_s, most_slope_deg)
        grid = asked.heights.grid.part(int(asked.row[0, 0]), int(asked.column[0, 0]), *asked.row.shape)
        yield LightMaps(grid, **found, haven=haven, source=asked.heights.source)
        ledger.discard()
