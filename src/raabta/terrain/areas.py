"""Horizons and light of whole areas: where it is never night for long, where the Earth stays in view.

Horizons of areas are swept on stereographic maps of a sphere (lunar polar rasters as they are; others are
resampled about the area, `local_heights`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raabta.base.errors import LimitError, ScenarioError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.engine.limits import usable_cores
from raabta.terrain.grids import HEIGHTS_M, Floats, Heights, local_grid
from raabta.terrain.light import SUN_RADIUS_KM
from raabta.terrain.light_kernels import area_light
from raabta.terrain.projections import Stereographic
from raabta.terrain.slopes import slope_deg
from raabta.terrain.strip_kernels import NEAR, sweep_tile
from raabta.terrain.sweep_kernels import fill_table

UNIT_DEG = 0.005
"""Horizons of areas are kept in steps of 0.005 degrees: 16 bits each."""
UNKNOWN = -32768
LEVELS = 9
MOST_BYTES = 8_000_000_000
BLOCK = 4096
TILE = 64
"""Samples a side that are swept at once."""
FARTHEST_RATIO = 0.5
"""Tangent of the angle that strips reach to: from 11 km up, no ground of the Moon is seen beyond 0.3 rad."""
Samples = NDArray[np.int64]


@dataclass(frozen=True)
class AreaHorizons:
    """Horizons of samples `row`, `column` (site,) of a raster; `steps` (site, azimuth) of 0.005 deg."""

    heights: Heights
    row: Samples
    column: Samples
    eye_m: float
    steps: NDArray[np.int16]

    @property
    def elevation_deg(self) -> Floats:
        """Elevation, deg, (site, azimuth), azimuths in equal steps from north; NaN where unknown."""
        return np.where(self.steps == UNKNOWN, np.nan, UNIT_DEG * self.steps.astype(np.float64))


def local_heights(
    heights: Heights, latitude_deg: float, longitude_deg: float, half_km: float, step_m: float
) -> Heights:
    """Heights resampled (bilinear) on a stereographic map about a place; NaN off the raster."""
    grid = local_grid(heights.body, latitude_deg, longitude_deg, half_km, step_m)
    row, column = np.mgrid[: grid.rows, : grid.columns]
    latitude, longitude = grid.place(row, column)
    at_row, at_column = heights.grid.pixel(latitude, longitude)
    inside = (at_row >= 0) & (at_row <= heights.m.shape[0] - 1)
    inside &= (at_column >= 0) & (at_column <= heights.m.shape[1] - 1)
    out = np.full((grid.rows, grid.columns), np.nan, np.float32)
    out[inside] = heights.at(latitude[inside], longitude[inside])
    return Heights(grid, out, heights.source)


def area_horizons(
    heights: Heights,
    row: Samples,
    column: Samples,
    *,
    azimuths: int = 360,
    eye_m: float = 2.0,
    threads: int | None = None,
) -> AreaHorizons:
    """Horizons of samples (row, column), each along its own great circles, exact for bilinear ground.

    ScenarioError for a map that is not stereographic, LimitError above 8 GB of horizons. One thread a
    usable core, or as many as asked; the same bits with any number.
    """
    projection = heights.grid.projection
    if not isinstance(projection, Stereographic):
        raise ScenarioError(
            "horizons of an area are swept on stereographic maps",
            file=heights.source or None,
            hint="resample it about the area first: terrain.areas.local_heights",
        )
    if 2 * row.size * azimuths > MOST_BYTES:
        raise LimitError(
            f"{row.size:,} sites of {azimuths} azimuths; allowed: {MOST_BYTES // 10**9} GB. Sweep parts"
        )
    steps = np.empty((row.size, azimuths), np.int16)
    sweep = _Sweep(heights, projection, eye_m, steps)
    key = (row // TILE) * (heights.m.shape[1] // TILE + 1) + column // TILE
    order = np.lexsort((column, row, key))
    tiles = np.split(order, np.flatnonzero(np.diff(key[order])) + 1) if row.size else []
    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        list(pool.map(lambda tile: sweep.tile(tile, row[tile], column[tile]), tiles))
    return AreaHorizons(heights, row, column, eye_m, steps)


class _Sweep:
    """What the sweeps of all tiles share."""

    def __init__(
        self, heights: Heights, projection: Stereographic, eye_m: float, steps: NDArray[np.int16]
    ) -> None:
        self.heights, self.eye_m, self.steps = heights, eye_m, steps
        self.table, self.start, self.width = _table(heights.m)
        self.scale, self.radius_m = _scale(heights, projection), projection.radius_m
        self.most = min(HEIGHTS_M[heights.body.name][1], float(np.nanmax(heights.m)))
        corner = [self._map(np.array([r]), np.array([c])) for r in (0, heights.m.shape[0] - 1)
                  for c in (0, heights.m.shape[1] - 1)]  # fmt: skip
        self.pixels = 0.5 * abs(self.scale[0]) * (1.0 + max(float(np.abs(z[0])) for z in corner) ** 2)

    def _map(self, row: Samples, column: Samples) -> NDArray[np.complex128]:
        """Complex coordinates of samples on the map."""
        return np.asarray(
            (column - self.scale[1]) / self.scale[0] + 1j * (row - self.scale[3]) / self.scale[2]
        )

    def tile(self, site: Samples, row: Samples, column: Samples) -> None:
        """Sweep the sites of one tile; `site`: where their horizons stand."""
        z = self._map(row, column)
        middle = complex(z.mean())
        turned = 1.0 + np.conj(middle) * z
        about = (z - middle) / turned
        flat = 2.0 * about / (1.0 - np.abs(about) ** 2)
        north = _north_rad(self.heights, row, column)
        north_about = north - 2.0 * np.angle(turned)
        ground = self.heights.m[row, column].astype(np.float64)
        place = np.column_stack([z.real, z.imag, about.real, about.imag, flat.real, flat.imag, ground])
        turn = np.column_stack(
            [np.cos(north), np.sin(north), np.cos(north_about), np.sin(north_about), north_about]
        )
        known = ~np.isnan(ground)
        self.steps[site[~known]] = UNKNOWN
        if not known.any():
            return
        cell = 2.0 / (abs(self.scale[0]) * (1.0 + abs(middle) ** 2))
        widest, count = float(np.abs(flat).max()), self.steps.shape[1]
        leave = 1.05 * np.pi / max(count, 240) + widest**2
        node = _nodes(2.0 * widest + (NEAR + 4.0) * cell, cell, leave)
        sweep_tile(
            self.heights.m, self.table, self.start, self.width, self.scale, self.radius_m, self.most, cell,
            np.array([self.pixels, leave]), np.array([middle.real, middle.imag]), site[known], place[known],
            turn[known], node, int(2.0 * widest / cell) + 2, self.eye_m, UNIT_DEG, self.steps,
        )  # fmt: skip


def _nodes(even: float, cell: float, leave: float) -> Floats:
    """Where samples of a strip begin: a cell apart over the tile, then as far as lines leave their strip."""
    out = [0.0]
    while out[-1] < FARTHEST_RATIO:
        out.append(out[-1] + (cell if out[-1] < even else max(cell, 2.0 * leave * out[-1])))
    return np.array(out)


def _table(z: NDArray[np.float32]) -> tuple[NDArray[np.float32], Samples, Samples]:
    """The maxima of blocks: flat, where each level starts, how wide it is."""
    tall, width = [], []
    for k in range(LEVELS):
        tall.append(-(-(z.shape[0] - 1) // 2**k))
        width.append(-(-(z.shape[1] - 1) // 2**k))
    start = np.concatenate([[0], np.cumsum(np.array(tall) * np.array(width))]).astype(np.int64)
    table = np.empty(start[-1], np.float32)
    fill_table(z, LEVELS, start, np.array(width, np.int64), table)
    return table, start, np.array(width, np.int64)


def _scale(heights: Heights, projection: Stereographic) -> Floats:
    """Columns and rows of complex map coordinates: per unit, and of zero."""
    grid, unit = heights.grid, 2.0 * projection.radius_m * projection.scale_ratio
    x, y = (projection.false_x_m - grid.x0) / grid.dx, (projection.false_y_m - grid.y0) / grid.dy
    return np.array([unit / grid.dx, x, unit / grid.dy, y])


def _north_rad(heights: Heights, row: Samples, column: Samples) -> Floats:
    """The angle of north on the map at samples, from x towards y, rad."""
    grid = heights.grid
    latitude, longitude = grid.place(row, column)
    ahead = np.where(latitude > 89.0, -1e-4, 1e-4)
    first = grid.projection.to_map(latitude, longitude)
    second = grid.projection.to_map(latitude + ahead, longitude)
    sign = np.sign(ahead)
    return np.asarray(np.arctan2(sign * (second[1] - first[1]), sign * (second[0] - first[0])), np.float64)


@dataclass(frozen=True)
class AreaLight:
    """Light of samples over time, all (site,): mean share of the Sun's disc, longest dark and lit span, s,
    share of time with the Earth's centre in view, slope of the ground, deg."""

    horizons: AreaHorizons
    sun_share: Floats
    longest_dark_s: Floats
    longest_lit_s: Floats
    earth_share: Floats
    slope_deg: Floats


def havens(
    longest_dark_s: Floats, slope_deg: Floats, most_dark_s: float, most_slope_deg: float = 15.0
) -> NDArray[np.bool_]:
    """Safe havens: samples that are never dark for longer, and flat enough to stand on."""
    return np.asarray((longest_dark_s <= most_dark_s) & (slope_deg <= most_slope_deg))


def light_of_area(
    horizons: AreaHorizons,
    sun_km: Floats,
    earth_km: Floats,
    step_s: float,
    *,
    dark_share: float = 0.0,
    threads: int | None = None,
) -> AreaLight:
    """Light of every sample over a series of body-fixed positions (t, 3), km, `step_s` apart.

    A step is dark where at most `dark_share` of the disc stands above the horizon.
    """
    count = horizons.row.size
    out = [np.empty(count) for _ in range(4)]
    place = _places(horizons)

    def block(first: int) -> None:
        part = slice(first, first + BLOCK)
        area_light(
            horizons.steps[part], UNIT_DEG, place[part], np.ascontiguousarray(sun_km), SUN_RADIUS_KM,
            np.ascontiguousarray(earth_km), step_s, dark_share,
            out[0][part], out[1][part], out[2][part], out[3][part],
        )  # fmt: skip

    with ThreadPoolExecutor(threads or usable_cores()) as pool:
        list(pool.map(block, range(0, count, BLOCK)))
    unknown = horizons.steps[:, 0] == UNKNOWN
    for values in out:
        values[unknown] = np.nan
    slope = _slopes(horizons)
    return AreaLight(horizons, out[0], out[2], out[3], out[1], slope)


def _slopes(horizons: AreaHorizons) -> Floats:
    """Slope of the ground of every site, deg, from the rows about them alone."""
    if not horizons.row.size:
        return np.empty(0)
    heights, top = horizons.heights, max(0, int(horizons.row.min()) - 1)
    m = heights.m[top : int(horizons.row.max()) + 2]
    part = Heights(heights.grid.part(top, 0, *m.shape), m, heights.source)
    return np.asarray(slope_deg(part)[horizons.row - top, horizons.column])


def _places(horizons: AreaHorizons) -> Floats:
    """Position, km, and the rows east, north, up of every site: (site, 4, 3)."""
    heights = horizons.heights
    latitude, longitude = heights.grid.place(horizons.row, horizons.column)
    height_km = (heights.m[horizons.row, horizons.column] + horizons.eye_m) / 1000.0
    out = np.empty((horizons.row.size, 4, 3))
    out[:, 0] = geodetic_to_fixed(latitude, longitude, height_km, heights.body)
    out[:, 1:] = enu_basis(latitude, longitude)
    return out
