"""GeoTIFF height rasters through rasterio, its driver for GeoTIFF alone: no sidecar files, no network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.base.bodies import Body
from raabta.base.errors import ScenarioError
from raabta.terrain.grids import Grid
from raabta.terrain.projections import Equirectangular, Plate, Projection, Stereographic, Warped
from raabta.terrain.rasters import (
    Numbers,
    Raster,
    body_of,
    checked_grid,
    refuse_kilometres,
    unit_m,
    unknown_to_nan,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
MOST_RADIUS_OFFSET = 0.01
_SPHEROID = re.compile(r'SPHEROID\["[^"]*",\s*([0-9.eE+-]+),\s*([0-9.eE+-]+)')
_PROJECTION = re.compile(r'PROJECTION\["([^"]+)"')
_PARAMETER = re.compile(r'PARAMETER\["([^"]+)",\s*([0-9.eE+-]+)')
_UNIT = re.compile(r'UNIT\["([^"]+)",\s*([0-9.eE+-]+)')
_GEOGRAPHIC = re.compile(r"(GEOGCS\[.*)", re.DOTALL)


def open_geotiff(path: Path, unit: str | None) -> Raster:
    """Open a GeoTIFF of one band. Raises ScenarioError for what it cannot be trusted with."""
    rasterio = _rasterio()
    try:
        with rasterio.Env(**ENVIRONMENT), rasterio.open(path, driver="GTiff") as data:
            return _opened(path, data, unit)
    except rasterio.errors.RasterioError as error:
        raise ScenarioError(f"the GeoTIFF cannot be read: {error}", file=str(path)) from error


def _rasterio() -> Any:
    try:
        import rasterio
        import rasterio.errors
    except ImportError as error:
        raise ScenarioError(
            "GeoTIFF needs rasterio, which is not installed",
            hint="pip install 'raabta[terrain]'; PDS3 rasters need nothing more",
        ) from error
    return rasterio


def _opened(path: Path, data: Any, unit: str | None) -> Raster:
    if data.count != 1:
        raise ScenarioError(f"{data.count} bands", file=str(path), hint="a height raster has one band")
    kind = data.dtypes[0]
    if kind not in ("int16", "uint16", "int32", "float32", "float64"):
        raise ScenarioError(
            f"samples of type {kind}; allowed: int16 to int32, float32, float64", file=str(path)
        )
    grid = _grid(path, data)
    metres = unit_m(data.units[0] or _tag(data), unit, path)
    raster = Raster(
        path,
        grid,
        _reader(path, data.nodata),
        metres or 1.0,
        float(data.scales[0]),
        float(data.offsets[0]),
        _reference_m(data, grid.body, metres or 1.0),
    )
    if metres is None and kind.startswith("float"):
        refuse_kilometres(raster)
    return raster


def _tag(data: Any) -> str | None:
    """The first word of a `UNITS` tag, if it is a unit."""
    words = str(data.tags().get("UNITS", "")).split()
    return words[0] if words else None


def _reference_m(data: Any, body: Body, metres: float) -> float:
    """The body's radius where stored numbers plus the offset are radii; 0 where they are heights."""
    radius_m = 1000.0 * body.equatorial_radius_km
    radii = abs(float(data.offsets[0]) * metres - radius_m) < MOST_RADIUS_OFFSET * radius_m
    return radius_m if radii else 0.0


def _reader(path: Path, nodata: float | None) -> Callable[[int, int, int, int], Numbers]:
    def read(row: int, column: int, rows: int, columns: int) -> Numbers:
        rasterio = _rasterio()
        from rasterio.windows import Window

        try:
            with rasterio.Env(**ENVIRONMENT), rasterio.open(path, driver="GTiff") as data:
                stored = data.read(1, window=Window(column, row, columns, rows))
        except rasterio.errors.RasterioError as error:
            raise ScenarioError(f"the GeoTIFF cannot be read: {error}", file=str(path)) from error
        return unknown_to_nan(stored, nodata)

    return read


def _grid(path: Path, data: Any) -> Grid:
    """Where the samples lie, from the file's own datum and transform."""
    if data.crs is None:
        raise ScenarioError(
            "the raster has no datum: nothing says which body it is of, or where it lies",
            file=str(path),
            hint="give it its coordinate system (gdal_edit.py -a_srs ...), the body's radius included",
        )
    at = data.transform
    if at.b or at.d:
        raise ScenarioError("the raster is turned or sheared", file=str(path), hint="warp it north up")
    projection = projection_of(data.crs.to_wkt(version="WKT1_GDAL"), path)
    x0, y0 = at.c + 0.5 * at.a, at.f + 0.5 * at.e
    return checked_grid(Grid(projection, x0, y0, at.a, at.e, data.height, data.width), path)


def projection_of(wkt: str, path: Path) -> Projection:
    """The projection that a coordinate system in WKT 1 names."""
    spheroid = _SPHEROID.search(wkt)
    if spheroid is None:
        raise ScenarioError(
            "the raster has no datum", file=str(path), hint="give it an ellipsoid or a sphere"
        )
    inverse = float(spheroid[2])
    body = body_of(float(spheroid[1]), 1.0 / inverse if inverse else 0.0, path)
    named = _PROJECTION.search(wkt)
    if named is None:
        return Plate(body)
    if abs(float(_UNIT.findall(wkt)[-1][1]) - 1.0) > 1e-9:
        raise ScenarioError("map coordinates are not in metres", file=str(path), hint="warp it to metres")
    values = {name.lower(): float(value) for name, value in _PARAMETER.findall(wkt)}
    own = _own(named[1].lower(), body, values)
    if own is not None:
        return own
    geographic = _GEOGRAPHIC.search(wkt)
    assert geographic is not None  # a spheroid stands in it
    return Warped(body, _closed(geographic[1]), wkt)


def _own(name: str, body: Body, values: dict[str, float]) -> Projection | None:
    """One of our own projections on a sphere, if it is one."""
    if body.flattening_ratio:
        return None
    longitude = values.get("central_meridian", values.get("longitude_of_center", 0.0))
    false = values.get("false_easting", 0.0), values.get("false_northing", 0.0)
    latitude = values.get("latitude_of_origin", values.get("latitude_of_center", 0.0))
    scale = values.get("scale_factor", 1.0)
    if name == "polar_stereographic":
        from math import copysign, radians, sin

        true_scale = 0.5 * (1.0 + sin(radians(abs(latitude))))
        return Stereographic(body, copysign(90.0, latitude), longitude, scale * true_scale, *false)
    if name in ("stereographic", "stereographic_north_pole", "stereographic_south_pole"):
        return Stereographic(body, latitude, longitude, scale, *false)
    if name in ("equirectangular", "plate_carree"):
        standard = values.get("standard_parallel_1", 0.0)
        return Equirectangular(body, standard, longitude, latitude, *false)
    return None


def _closed(text: str) -> str:
    """The text up to the bracket that closes its first one."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "]" and depth == 0:
            return text[: place + 1]
    return text
