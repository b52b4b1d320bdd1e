"""H3 cells: the area's own, and the coarse ones around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.access.outlines import outline, read_outline_file
from raabta.base.bodies import EARTH
from raabta.base.errors import NoSolutionError
from raabta.base.tables import CELLS, as_dataset
from raabta.scenario.models import Area

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

COARSE_RESOLUTION = 3
STRIP_DEG = 60.0


def area_outline(area: Area) -> BaseGeometry:
    """The user's outline if `area.outline_file` is given, else the country's de-facto outline."""
    return read_outline_file(area.outline_file) if area.outline_file else outline(area.country)


def cells(area: Area, towns_lat: ArrayLike, towns_lon: ArrayLike) -> xr.Dataset:
    """Every H3 cell that overlaps the area, and the cell of every town given; sorted by `h3`.

    Towns outside a user's outline are left out: the file says where the area ends.
    `towns_lat`, `towns_lon`: degrees, (town,). Returns the table CELLS (dim `cell`): h3 (uint64),
    latitude_deg and longitude_deg of the centre, height_m (0: who knows the ground fills it in), radius_km
    (centre to the farthest vertex). Raises NoSolutionError if nothing overlaps.
    """
    from shapely import contains_xy

    lat, lon = np.atleast_1d(np.asarray(towns_lat, float)), np.atleast_1d(np.asarray(towns_lon, float))
    ground = area_outline(area)
    keep = contains_xy(ground, lon, lat) if area.outline_file else np.ones(lat.size, bool)
    inside = overlapping_cells(ground, area.cell_resolution)
    h3 = np.union1d(inside, cell_of(lat[keep], lon[keep], area.cell_resolution))
    if inside.size == 0:
        what = area.outline_file or area.country
        raise NoSolutionError(f"no H3 cell of resolution {area.cell_resolution} overlaps the area {what}")
    centre_lat, centre_lon, radius = centres(h3)
    columns = {
        "h3": h3,
        "latitude_deg": centre_lat,
        "longitude_deg": centre_lon,
        "height_m": np.zeros(h3.size),
        "radius_km": radius,
    }
    return as_dataset(CELLS, columns)


def overlapping_cells(geometry: BaseGeometry, resolution: int) -> NDArray[np.uint64]:
    """Sorted H3 cells (uint64) of which any part lies in `geometry` (degrees, longitude first)."""
    import h3.api.basic_int as h3
    from shapely import get_parts

    found: set[int] = set()
    for part in get_parts(_strips(geometry)):
        if part.geom_type == "Polygon" and not part.is_empty:
            shape = h3.geo_to_h3shape(part)
            found.update(h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap"))
    return np.array(sorted(found), np.uint64)


def _strips(geometry: BaseGeometry) -> BaseGeometry:
    """H3 reads an edge above 180 degrees as crossing the date line: cut wide areas into strips."""
    from shapely import box, union_all

    west, _, east, _ = geometry.bounds if not geometry.is_empty else (0.0, 0.0, 0.0, 0.0)
    if east - west <= 2 * STRIP_DEG:
        return geometry
    from shapely import GeometryCollection, get_parts

    edges = np.arange(-180.0, 180.0, STRIP_DEG)
    cut = [geometry.intersection(box(left, -90.0, left + STRIP_DEG, 90.0)) for left in edges]
    return GeometryCollection([part for piece in cut for part in get_parts(union_all(piece))])


def area_km2(geometry: BaseGeometry) -> float:
    """Area of a geometry in degrees (longitude first) on the mean sphere, by Lambert's cylinder."""
    from shapely import transform

    def flat(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        angle = np.radians(degrees)
        return EARTH.mean_radius_km * np.column_stack([angle[:, 0], np.sin(angle[:, 1])])

    return float(transform(geometry, flat).area)


def cells_km2(h3_index: NDArray[np.uint64]) -> float:
    """Area of H3 cells together, in the order given."""
    import h3.api.basic_int as h3

    return float(sum(h3.cell_area(index, unit="km^2") for index in h3_index.tolist()))


def cell_of(lat_deg: ArrayLike, lon_deg: ArrayLike, resolution: int) -> NDArray[np.uint64]:
    """H3 cell (uint64) of each point; degrees, (point,)."""
    import h3.api.basic_int as h3

    lat, lon = np.asarray(lat_deg, float).tolist(), np.asarray(lon_deg, float).tolist()
    to_cell = h3.latlng_to_cell
    return np.array([to_cell(a, b, resolution) for a, b in zip(lat, lon, strict=True)], np.uint64)


def centres(h3_index: NDArray[np.uint64]) -> tuple[NDArray[np.float64], ...]:
    """Centre latitude_deg, longitude_deg and circumradius_km of H3 cells, each (cell,)."""
    import h3.api.basic_int as h3

    indexes = h3_index.tolist()
    centre = np.array([h3.cell_to_latlng(index) for index in indexes], float).reshape(-1, 2)
    corners = [h3.cell_to_boundary(index) for index in indexes]
    count = np.array([len(own) for own in corners], np.intp)
    vertex = np.array([corner for own in corners for corner in own], float).reshape(-1, 2)
    middle = np.repeat(centre, count, axis=0)
    away_km = distance_km(middle[:, 0], middle[:, 1], vertex[:, 0], vertex[:, 1])
    radius = np.maximum.reduceat(away_km, np.cumsum(count) - count)
    return centre[:, 0], centre[:, 1], radius


def distance_km(
    lat_a_deg: ArrayLike, lon_a_deg: ArrayLike, lat_b_deg: ArrayLike, lon_b_deg: ArrayLike
) -> NDArray[np.float64]:
    """Great-circle distance on the mean sphere (haversine), degrees in, broadcast."""
    lat_a, lon_a, lat_b, lon_b = (np.radians(x) for x in (lat_a_deg, lon_a_deg, lat_b_deg, lon_b_deg))
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return np.asarray(2 * EARTH.mean_radius_km * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


def unit_vectors(lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.float64]:
    """Points of the unit sphere, (point, 3), from degrees."""
    lat, lon = np.radians(np.asarray(lat_deg, float)), np.radians(np.asarray(lon_deg, float))
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def chord(reach_km: float) -> float:
    """Straight-line length on the unit sphere of a great-circle distance in km (at most half way round)."""
    return float(2 * np.sin(min(reach_km / EARTH.mean_radius_km, np.pi) / 2))


def coarse_cells(
    lat_deg: ArrayLike, lon_deg: ArrayLike, reach_km: float
) -> tuple[NDArray[np.uint64], NDArray[np.float64], NDArray[np.float64]]:
    """H3 resolution-3 cells with their centre within `reach_km` of any point given, sorted.

    Returns h3 (uint64), latitude_deg, longitude_deg, each (coarse,).
    """
    import h3.api.basic_int as h3
    from scipy.spatial import cKDTree

    seeds = np.unique(cell_of(lat_deg, lon_deg, COARSE_RESOLUTION)).tolist()
    spacing_km = h3.average_hexagon_edge_length(COARSE_RESOLUTION, unit="km") * 1.2
    rings = int(np.ceil(reach_km / spacing_km)) + 1
    around = np.array(sorted({near for seed in seeds for near in h3.grid_disk(seed, rings)}), np.uint64)
    lat, lon, _ = centres(around)
    near, _ = cKDTree(unit_vectors(lat_deg, lon_deg)).query(unit_vectors(lat, lon))
    keep = near <= chord(reach_km)
    return around[keep], lat[keep], lon[keep]
