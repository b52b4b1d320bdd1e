"""Heights on a grid: where each sample lies, and the heights of a part of it in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from raabta.base.bodies import Body
from raabta.base.errors import OutOfRangeError
from raabta.terrain.projections import Projection, Stereographic

Floats = NDArray[np.float64]
HEIGHTS_M = {"Moon": (-9_300.0, 11_000.0), "Earth": (-11_100.0, 9_000.0)}
"""Lowest and highest ground of a body, m: LOLA -9.1 to 10.8 km; Challenger Deep to Sagarmatha."""


@dataclass(frozen=True)
class Grid:
    """`rows` x `columns` samples; the centre of sample (0, 0) lies at (x0, y0), neighbours dx and dy away."""

    projection: Projection
    x0: float
    y0: float
    dx: float
    dy: float
    rows: int
    columns: int

    @property
    def body(self) -> Body:
        """The body whose ground it maps."""
        return self.projection.body

    @property
    def all_round(self) -> bool:
        """Whether the last column is the neighbour of the first."""
        turn = self.projection.turn
        return turn is not None and abs(abs(self.dx) * self.columns - turn) < 0.5 * abs(self.dx)

    def pixel(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """(row, column) of places, whole at the centres of samples; they may lie outside."""
        x, y = self.projection.to_map(latitude_deg, longitude_deg)
        column = (x - self.x0) / self.dx
        if self.projection.turn is not None:
            round_ = self.projection.turn / abs(self.dx)
            column = (column + 0.5) % round_ - 0.5
        return (y - self.y0) / self.dy, column

    def place(self, row: ArrayLike, column: ArrayLike) -> tuple[Floats, Floats]:
        """(latitude_deg, longitude_deg) of samples."""
        return self.projection.to_place(*self._xy(row, column))

    def cell_m(self, row: ArrayLike, column: ArrayLike) -> tuple[Floats, Floats]:
        """(across, down): ground between neighbours in a row and in a column, m."""
        across, down = self.projection.ground_m(*self._xy(row, column))
        return np.abs(self.dx * across), np.abs(self.dy * down)

    def part(self, row: int, column: int, rows: int, columns: int) -> Grid:
        """The grid of a block that begins at (row, column)."""
        x0, y0 = self.x0 + column * self.dx, self.y0 + row * self.dy
        return Grid(self.projection, x0, y0, self.dx, self.dy, rows, columns)

    def _xy(self, row: ArrayLike, column: ArrayLike) -> tuple[Floats, Floats]:
        row, column = np.broadcast_arrays(np.asarray(row, np.float64), np.asarray(column, np.float64))
        return self.x0 + column * self.dx, self.y0 + row * self.dy


@dataclass(frozen=True)
class Heights:
    """Heights in memory: `m` (rows, columns) float32 above the reference surface, NaN where unknown."""

    grid: Grid
    m: NDArray[np.float32]
    source: str = ""

    @property
    def body(self) -> Body:
        """The body whose ground it is."""
        return self.grid.body

    def at(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
        """Heights at places, m, bilinear between samples; NaN where unknown.

        Raises OutOfRangeError for a place off the grid.
        """
        row, column = self.grid.pixel(latitude_deg, longitude_deg)
        rows, columns = self.m.shape
        out = ~((row >= 0) & (row <= rows - 1) & (column >= 0) & (column <= columns - 1))
        if np.any(out):
            where = int(np.argmax(out.ravel()))
            latitude, longitude = np.broadcast_arrays(latitude_deg, longitude_deg)
            raise self._off(float(latitude.ravel()[where]), float(longitude.ravel()[where]))
        i = np.clip(np.floor(row).astype(np.int64), 0, rows - 2)
        j = np.clip(np.floor(column).astype(np.int64), 0, columns - 2)
        p, q = row - i, column - j
        m = self.m.astype(np.float64) if self.m.size < 10_000 else self.m
        top = (1.0 - q) * m[i, j] + q * m[i, j + 1]
        low = (1.0 - q) * m[i + 1, j] + q * m[i + 1, j + 1]
        return np.asarray((1.0 - p) * top + p * low, np.float64)

    def _off(self, latitude_deg: float, longitude_deg: float) -> OutOfRangeError:
        return off(self.grid, latitude_deg, longitude_deg, self.source)


def off(grid: Grid, latitude_deg: float, longitude_deg: float, source: str) -> OutOfRangeError:
    """The error of a site that lies off a grid: says what the grid covers."""
    edge = np.linspace(0.0, 1.0, 33)
    row = np.concatenate([0 * edge, edge, 0 * edge + 1, edge]) * (grid.rows - 1)
    column = np.concatenate([edge, 0 * edge + 1, edge, 0 * edge]) * (grid.columns - 1)
    latitude, longitude = grid.place(row, column)
    covered = (
        f"inside latitudes {latitude.min():.3f} to {latitude.max():.3f}, longitudes {longitude.min():.3f} "
        f"to {longitude.max():.3f} at its edges, {grid.rows:,} x {grid.columns:,} samples"
    )
    site = f"{latitude_deg:g}, {longitude_deg:g}"
    return OutOfRangeError("the site", site, covered, source or "the raster; bring one that holds the site")


def local_grid(body: Body, latitude_deg: float, longitude_deg: float, half_km: float, step_m: float) -> Grid:
    """A square stereographic grid about a place, rows from north to south; `half_km` to each side."""
    half = max(1, round(1000.0 * half_km / step_m))
    size, edge = 2 * half + 1, half * step_m
    projection = Stereographic(_sphere(body, latitude_deg), latitude_deg, longitude_deg)
    return Grid(projection, -edge, edge, step_m, -step_m, size, size)


def _sphere(body: Body, latitude_deg: float) -> Body:
    """The body, or where it is flattened a sphere of its mean curvature there."""
    if body.flattening_ratio == 0.0:
        return body
    raise OutOfRangeError("the body", body.name, "a sphere", "areas are swept on spheres; sites on any body")
