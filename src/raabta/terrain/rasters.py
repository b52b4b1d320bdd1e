"""Height rasters that users bring, checked before believed.

A raster is opened (`terrain.opening`), not read: `around` and `block` read the part that is asked for, so a
tile of 4 GB works. Heights come out in metres above the body's reference surface (the Moon's sphere of
1,737.4 km; for the Earth whatever the raster has, ellipsoid or geoid: a horizon hardly feels the difference).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from raabta.base.bodies import EARTH, MOON, Body
from raabta.base.errors import LimitError, OutOfRangeError, ScenarioError
from raabta.terrain.grids import HEIGHTS_M, Grid, Heights, off

BODIES = (MOON, EARTH)
MOST_SAMPLES = 400_000_000
"""Samples in memory at once: 1.6 GB."""
MOST_SIDE = 2_000_000
RADIUS_SLACK_KM = 0.05
"""How far a raster's sphere or ellipsoid may be from the body's: 1,738 km, an old one, is refused."""
KM_SUSPECT_M = 15.0
KM_SUSPECT_EXTENT_KM = 10.0
UNITS_M = {"m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0}
UNITS_M |= {
    "km": 1000.0,
    "kilometre": 1000.0,
    "kilometer": 1000.0,
    "kilometres": 1000.0,
    "kilometers": 1000.0,
}
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Raster:
    """An opened height raster; `read(row, column, rows, columns)` gives stored numbers, NaN where unknown.

    height m = metres x (stored x scale + offset) - radius_m, where radius_m is not 0 for radii.
    """

    path: Path
    grid: Grid
    read: Callable[[int, int, int, int], Numbers]
    metres: float = 1.0
    scale: float = 1.0
    offset: float = 0.0
    radius_m: float = 0.0

    @property
    def body(self) -> Body:
        """The body whose ground it maps."""
        return self.grid.body

    def block(self, row: int, column: int, rows: int, columns: int) -> Heights:
        """A block of heights. Columns may run over the seam of a raster that goes all round.

        Raises LimitError above 400 million samples, ScenarioError for heights that no ground has.
        """
        if rows * columns > MOST_SAMPLES:
            raise LimitError(
                f"{self.path}: {rows:,} x {columns:,} samples asked for at once; allowed: {MOST_SAMPLES:,}. "
                "Ask for a smaller reach, or bring a coarser raster for the surroundings"
            )
        total = self.grid.columns
        first = column % total if self.grid.all_round else column
        split = min(columns, total - first)
        parts = [self.read(row, first, rows, split)]
        if split < columns:
            parts.append(self.read(row, 0, rows, columns - split))
        stored = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        heights = Heights(self.grid.part(row, column, rows, columns), self._metres(stored), str(self.path))
        check_range(heights)
        return heights

    def whole(self) -> Heights:
        """All of it. LimitError above 400 million samples."""
        return self.block(0, 0, self.grid.rows, self.grid.columns)

    def around(self, latitude_deg: float, longitude_deg: float, reach_km: float) -> Heights:
        """The part within `reach_km` of a site. OutOfRangeError for a site off the raster."""
        grid = self.grid
        row, column = (float(v) for v in grid.pixel(latitude_deg, longitude_deg))
        if not (0.0 <= row <= grid.rows - 1 and (grid.all_round or 0.0 <= column <= grid.columns - 1)):
            raise off(grid, latitude_deg, longitude_deg, str(self.path))
        box = self._box(latitude_deg, longitude_deg, row, column, reach_km)
        return self.block(box[0], box[2], box[1] - box[0], box[3] - box[2])

    def _box(
        self, latitude_deg: float, longitude_deg: float, row: float, column: float, reach_km: float
    ) -> tuple[int, int, int, int]:
        """First and end row, first and end column of what lies within reach."""
        from raabta.terrain.rays import along

        grid = self.grid
        _refuse_pole(self, latitude_deg, reach_km)
        azimuth = np.arange(0.0, 360.0, 2.0)
        ring = along(grid.body, latitude_deg, longitude_deg, azimuth, np.array([1000.0 * reach_km]))
        rows, columns = (v[:, 0] for v in grid.pixel(*ring))
        if grid.projection.turn is not None:  # nearest turn, so that the ring is one piece around the site
            turn = grid.projection.turn / abs(grid.dx)
            columns = column + (columns - column + 0.5 * turn) % turn - 0.5 * turn
        top, end = int(np.floor(rows.min())) - 1, int(np.ceil(rows.max())) + 2
        left, right = int(np.floor(columns.min())) - 1, int(np.ceil(columns.max())) + 2
        if grid.all_round:
            right = min(right, left + grid.columns)
        else:
            left, right = max(left, 0), min(right, grid.columns)
        return max(top, 0), min(end, grid.rows), left, right

    def _metres(self, stored: Numbers) -> Numbers:
        value = stored.astype(np.float64) if self.radius_m else stored
        value = (value * self.scale + self.offset) * self.metres - self.radius_m
        return np.ascontiguousarray(value, np.float32)


def body_of(radius_m: float, flattening_ratio: float, path: Path) -> Body:
    """The body that an ellipsoid is of. ScenarioError where it is none that we know."""
    for body in BODIES:
        near = abs(radius_m / 1000.0 - body.equatorial_radius_km) <= RADIUS_SLACK_KM
        if near and abs(flattening_ratio - body.flattening_ratio) <= 1e-5:
            return body
    known = ", ".join(f"{b.name} {b.equatorial_radius_km:,.3f} km" for b in BODIES)
    raise ScenarioError(
        f"the datum has a radius of {radius_m / 1000.0:,.3f} km and flattening {flattening_ratio:.6g}; "
        f"allowed: {known} (WGS 84 or GRS 80)",
        file=str(path),
        hint="heights would be off by the difference; reproject it to that radius (gdalwarp), heights too",
    )


def checked_grid(grid: Grid, path: Path) -> Grid:
    """The grid, or ScenarioError or LimitError where its size or spacing cannot be."""
    if not (2 <= grid.rows <= MOST_SIDE and 2 <= grid.columns <= MOST_SIDE):
        raise LimitError(
            f"{path}: {grid.rows:,} x {grid.columns:,} samples; allowed: 2 to {MOST_SIDE:,} a side"
        )
    numbers = (grid.x0, grid.y0, grid.dx, grid.dy)
    if not all(np.isfinite(numbers)) or grid.dx == 0.0 or grid.dy == 0.0:
        raise ScenarioError("the raster does not say where its samples lie", file=str(path))
    return grid


def unit_m(stated: str | None, asked: str | None, path: Path) -> float | None:
    """Metres of the unit of heights; the user's word first; None where nobody says."""
    if asked is not None:
        return UNITS_M[asked]
    if not stated:
        return None
    factor = UNITS_M.get(stated.strip().lower())
    if factor is None:
        raise ScenarioError(f"heights in '{stated[:40]}'", file=str(path), hint="--unit m or km overrules it")
    return factor


def refuse_kilometres(raster: Raster) -> None:
    """Refuse heights without a unit that look like kilometres: all small over a wide area."""
    grid = raster.grid
    rows, columns = min(grid.rows, 512), min(grid.columns, 512)
    row, column = (grid.rows - rows) // 2, (grid.columns - columns) // 2
    sample = raster.read(row, column, rows, columns)
    known = sample[np.isfinite(sample)]
    across, _ = grid.cell_m(0.5 * grid.rows, 0.5 * grid.columns)
    extent_km = float(across) * columns / 1000.0
    if known.size == 0 or extent_km < KM_SUSPECT_EXTENT_KM or np.all(known == np.rint(known)):
        return
    most = float(np.abs(known).max())
    if most <= KM_SUSPECT_M:
        raise ScenarioError(
            f"no height within {extent_km:,.0f} km is above {most:.3f}, and the raster names no unit: "
            "these look like kilometres",
            file=str(raster.path),
            hint="say which they are: --unit km, or --unit m if the ground is that flat",
        )


def check_range(heights: Heights) -> None:
    """Refuse heights that the body's ground does not have: a unit or a nodata value taken for a height."""
    known = heights.m[np.isfinite(heights.m)]
    if known.size == 0:
        raise ScenarioError("no height is known in the part asked for", file=heights.source)
    low, high = HEIGHTS_M[heights.body.name]
    for value in (float(known.min()), float(known.max())):
        if not low <= value <= high:
            what = f"a height of the {heights.body.name} in {heights.source}"
            hint = "kilometres taken for metres, or a value for `unknown` that the raster does not declare?"
            raise OutOfRangeError(what, f"{value:,.0f} m", f"{low:,.0f} to {high:,.0f} m", hint)


def _refuse_pole(raster: Raster, latitude_deg: float, reach_km: float) -> None:
    """A map with a seam cannot be walked over a pole."""
    reach_deg = np.degrees(reach_km / raster.body.polar_radius_km)
    if raster.grid.projection.turn is not None and abs(latitude_deg) + reach_deg >= 89.9:
        raise ScenarioError(
            f"{reach_km:g} km from latitude {latitude_deg:g} lies a pole that this projection cannot cross",
            file=str(raster.path),
            hint="bring a polar stereographic raster, or ask for a smaller reach",
        )


def unknown_to_nan(stored: NDArray[np.generic], nodata: float | None) -> Numbers:
    """Stored numbers as float32, NaN where they are `nodata` or not finite."""
    out = stored.astype(np.float32)
    if nodata is not None and np.isfinite(nodata):
        out[stored == np.asarray(nodata).astype(stored.dtype)] = np.nan
    out[~np.isfinite(out)] = np.nan
    return out
