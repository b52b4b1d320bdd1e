"""Synthetic reliefs, a horizon by brute force, and where real lunar heights are found."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.terrain.grids import Grid, Heights
from raabta.terrain.projections import Equirectangular, Plate, Stereographic

ROOT = Path(__file__).parents[1]
CRS = "+proj=stere +lat_0=-90 +lon_0=0 +k=1 +x_0=0 +y_0=0 +R=1737400 +units=m +no_defs"
"""Of `polar`."""


def moon_file(name: str) -> Path:
    """A file of real lunar heights, or a skip with the reason."""
    folder = Path(os.environ.get("RAABTA_MOON_DATA", ROOT.parent / "shared" / "data" / "moon"))
    if not (folder / name).is_file():
        pytest.skip(f"{name} is not here: set RAABTA_MOON_DATA to the folder with real lunar heights")
    return folder / name


def polar(half: int = 150, step_m: float = 40.0, x_m: float = 60_000.0, y_m: float = 110_000.0) -> Grid:
    """A piece of a south polar map around (x, y)."""
    side = 2 * half + 1
    projection = Stereographic(MOON, -90.0, 0.0)
    return Grid(projection, x_m - half * step_m, y_m + half * step_m, step_m, -step_m, side, side)


def cylindrical(half: int = 150, step_m: float = 40.0, latitude_deg: float = 52.0) -> Grid:
    """A piece of an equirectangular map, its samples narrower than high, its lines of sight bent."""
    side, projection = 2 * half + 1, Equirectangular(MOON, 0.0)
    x, y = projection.to_map(latitude_deg, -20.0)
    return Grid(projection, float(x) - half * step_m, float(y) + half * step_m, step_m, -step_m, side, side)


def degrees(half: int = 150, step_deg: float = 1.0 / 600.0, latitude_deg: float = 35.0) -> Grid:
    """A piece of a map in degrees that crosses the date line."""
    side = 2 * half + 1
    first = 180.0 - half * step_deg
    return Grid(Plate(MOON), first, latitude_deg + half * step_deg, step_deg, -step_deg, side, side)


def flat(grid: Grid, height_m: float = 0.0) -> Heights:
    """Smooth ground."""
    return Heights(grid, np.full((grid.rows, grid.columns), height_m, np.float32))


def rough(grid: Grid, seed: int = 1, amplitude_m: float = 800.0, power: float = 2.0) -> Heights:
    """Fractal ground: a random field whose amplitude falls with frequency as f^-power."""
    rng = np.random.default_rng(seed)
    f = np.hypot(np.fft.fftfreq(grid.rows)[:, None], np.fft.fftfreq(grid.columns)[None, :])
    f[0, 0] = np.inf
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(grid.rows, grid.columns))) * f**-power).real
    return Heights(grid, (amplitude_m * field / field.std()).astype(np.float32))


def spikes(grid: Grid, seed: int = 2) -> Heights:
    """Flat ground with single samples of up to 300 m: the hardest for whoever takes steps."""
    rng = np.random.default_rng(seed)
    z = np.where(
        rng.random((grid.rows, grid.columns)) < 0.01, rng.uniform(20.0, 300.0, (grid.rows, grid.columns)), 0.0
    )
    return Heights(grid, z.astype(np.float32))


def bowl(grid: Grid) -> Heights:
    """A crater of 4 km with a rim, on a slope."""
    row, column = np.mgrid[: grid.rows, : grid.columns].astype(float)
    r = np.hypot(row - 0.5 * grid.rows, column - 0.5 * grid.columns) * 40.0 / 2000.0
    z = np.where(r < 1.0, 600.0 * (r**2 - 1.0) + 120.0, 120.0 / np.maximum(r, 1.0) ** 3) + 0.5 * column
    return Heights(grid, z.astype(np.float32))


def terraces(grid: Grid) -> Heights:
    """Cliffs: heights in steps of 200 m."""
    return Heights(grid, (200.0 * np.rint(rough(grid, 3).m / 200.0)).astype(np.float32))


def geotiff(folder: Path, heights: Heights, crs: str = CRS, unit: str = "m") -> Path:
    """Heights as a GeoTIFF."""
    rasterio = pytest.importorskip("rasterio", reason="GeoTIFF needs the extra raabta[terrain]")
    from rasterio.transform import Affine

    grid, path = heights.grid, folder / "ground.tif"
    corner = Affine(grid.dx, 0.0, grid.x0 - 0.5 * grid.dx, 0.0, grid.dy, grid.y0 - 0.5 * grid.dy)
    with rasterio.open(
        path, "w", driver="GTiff", height=grid.rows, width=grid.columns, count=1, dtype="float32",
        crs=rasterio.crs.CRS.from_string(crs) if crs else None, transform=corner,
    ) as data:  # fmt: skip
        data.write(heights.m, 1)
        if unit:
            data.units = (unit,)
    return path


def brute_force(
    heights: Heights, latitude_deg: float, longitude_deg: float, azimuth_deg: float, eye_m: float,
    reach_km: float, finest: float = 5e-5,
) -> float:  # fmt: skip
    """Horizon in one azimuth, deg: the highest of points along the great circle, as vectors in space.

    Points stand `finest` of their distance apart: a peak between two of them is missed by half of that, rad,
    times how steep it is.
    """
    radius_km = heights.body.equatorial_radius_km
    angle = np.geomspace(1e-3, reach_km, int(np.log(1e3 * reach_km) / finest)) / radius_km
    east, north, up = enu_basis(latitude_deg, longitude_deg)
    turn = np.radians(azimuth_deg)
    ahead = np.sin(turn) * east + np.cos(turn) * north
    unit = np.cos(angle)[:, None] * up + np.sin(angle)[:, None] * ahead
    latitude, longitude = np.degrees(np.arcsin(unit[:, 2])), np.degrees(np.arctan2(unit[:, 1], unit[:, 0]))
    ground_km = heights.at(latitude, longitude) / 1000.0
    eye_km = (float(heights.at(latitude_deg, longitude_deg)) + eye_m) / 1000.0
    ray = unit * (radius_km + ground_km)[:, None] - geodetic_to_fixed(
        latitude_deg, longitude_deg, eye_km, heights.body
    )
    return float(np.degrees(np.arctan2(ray @ up, ray @ ahead).max()))
