"""Iso-latitude rings of cells on WGS84: how many satellites each cell sees, and which, exactly.

A footprint is one interval of longitudes per ring, so nothing is tested pair by pair: see
`coverage_kernels` for the derivation and docs/models/coverage.md for what was measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import coverage_kernels as kernels
from raabta.access.candidates import (
    Candidates,
    Fleet,
    Least,
    describe,
    in_parts,
    least_elevation,
    list_bands,
    look,
)
from raabta.base.bodies import EARTH
from raabta.base.errors import LimitError, OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_CELLS_A_RING = 36_000
"""A hundredth of a degree on the equator: beyond, the margin that settles rounding would be too thin."""
_PLACE = "raabta.access.rings"


@dataclass(frozen=True)
class Rings:
    """Cells evenly spaced on rings of equal geodetic latitude, at one height; ring by ring from the south.

    latitude_deg (r,) of the rings; start (r + 1,) first cell of each; constants (r, 7) as the kernels want
    them; site_km (3, c) and basis (3, 3, c), rows east, north, up, of the cells; cell_latitude_deg,
    cell_longitude_deg (c,).
    """

    latitude_deg: Floats
    start: Ints
    constants: Floats
    site_km: Floats
    basis: Floats
    cell_latitude_deg: Floats
    cell_longitude_deg: Floats
    height_km: float

    @property
    def normal(self) -> Floats:
        """Normals of the ellipsoid at the cells, (3, c)."""
        normal: Floats = self.basis[2]
        return normal

    @property
    def count(self) -> int:
        """Number of cells."""
        return int(self.start[-1])


def regular(
    latitude_deg: ArrayLike, cells: ArrayLike, first_longitude_deg: ArrayLike, height_km: float = 0.0
) -> Rings:
    """Rings at geodetic latitudes (r,), ascending, with evenly spaced `cells` (r,) from a longitude (r,) on.

    OutOfRangeError for latitudes out of order or beyond the poles; LimitError above 36,000 cells a ring.
    """
    latitude = np.asarray(latitude_deg, np.float64)
    number = np.asarray(cells, np.int64)
    origin = np.broadcast_to(np.asarray(first_longitude_deg, np.float64), latitude.shape)
    _check(latitude, number)
    start = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    cell_lat = np.repeat(latitude, number)
    place = np.arange(start[-1]) - np.repeat(start[:-1], number)
    cell_lon = np.repeat(origin, number) + place * np.repeat(360.0 / np.maximum(number, 1), number)
    cell_lon = (cell_lon + 180.0) % 360.0 - 180.0
    site = np.ascontiguousarray(geodetic_to_fixed(cell_lat, cell_lon, height_km).T)
    basis = np.ascontiguousarray(np.moveaxis(enu_basis(cell_lat, cell_lon), 0, 2))
    constants = _constants(latitude, number, origin, height_km)
    return Rings(latitude, start, constants, site, basis, cell_lat, cell_lon, height_km)


def equal_area(count: int, height_km: float = 0.0) -> Rings:
    """About `count` cells of nearly equal area over the globe, on rings of equal width in latitude.

    A ring gets the number of cells that its share of the ellipsoid asks for, rounded: at 40,000 cells their
    areas differ by 2 % except in the polar caps. The total is within a few of `count`.
    """
    if not 1 <= count <= 40_000_000:
        raise OutOfRangeError("number of cells", count, "1 to 40,000,000", _PLACE)
    rings = max(1, round(math.sqrt(count * math.pi) / 2.0))
    edge = np.linspace(-90.0, 90.0, rings + 1)
    area = np.diff(area_below(edge))
    cells = np.maximum(1, np.rint(count * area / area.sum())).astype(np.int64)
    middle = 0.5 * (edge[1:] + edge[:-1])
    return regular(middle, cells, -180.0 + 180.0 / cells, height_km)


def area_below(latitude_deg: Floats) -> Floats:
    """Area of the ellipsoid south of latitudes, up to a constant and a factor (Snyder 1987, eq. 3-12)."""
    e = math.sqrt(EARTH.eccentricity_squared_ratio)
    sine = np.sin(np.radians(latitude_deg))
    return np.asarray(sine / (1.0 - (e * sine) ** 2) + np.arctanh(e * sine) / e)


def _check(latitude: Floats, cells: Ints) -> None:
    good = latitude.ndim == 1 and latitude.size > 0 and cells.shape == latitude.shape
    if not good or not bool((np.abs(latitude) <= 90.0).all() and (np.diff(latitude) > 0.0).all()):
        valid = "one per ring, ascending, -90 to 90 deg"
        raise OutOfRangeError("latitude of the rings", latitude, valid, _PLACE)
    if not bool((cells >= 0).all()):
        raise OutOfRangeError("cells of a ring", int(cells.min()), "0 or more", _PLACE)
    if int(cells.max()) > MOST_CELLS_A_RING:
        raise LimitError(f"a ring of {int(cells.max()):,} cells; at most {MOST_CELLS_A_RING:,} are allowed")


def _constants(latitude_deg: Floats, cells: Ints, origin_deg: Floats, height_km: float) -> Floats:
    phi, e2 = np.radians(latitude_deg), EARTH.eccentricity_squared_ratio
    sine, cosine = np.sin(phi), np.cos(phi)
    normal = EARTH.equatorial_radius_km / np.sqrt(1.0 - e2 * sine**2)
    point = geodetic_to_fixed(latitude_deg, np.zeros_like(phi), height_km)
    columns = {
        kernels.SIN: sine,
        kernels.OVER_COS: 1.0 / np.maximum(cosine, 1e-17),
        kernels.RADIUS: normal + height_km,
        kernels.LIFT: e2 * normal * sine,
        kernels.CELLS: cells.astype(np.float64),
        kernels.ORIGIN: (origin_deg / 360.0) % 1.0,
        kernels.LATITUDE: np.arctan2(point[:, 2], point[:, 0]),
    }
    return np.ascontiguousarray(np.column_stack([columns[i] for i in range(kernels.RING_COLUMNS)]))


@cache
def _class_table() -> Ints:
    """Class of a footprint by its angle in tenths of a degree."""
    angle = np.radians(np.maximum(0.1 * np.arange(2_000), 0.1))
    steps = np.floor(np.log(angle / kernels.LEAST_CLASS_RAD) / math.log(kernels.CLASS_RATIO))
    classes: Ints = np.clip(steps, 0, kernels.CLASSES - 1).astype(np.int64)
    return classes


def count_in_view(
    rings: Rings, position_km: Floats, min_elevation_deg: float, *, threads: int = 1
) -> NDArray[np.int32]:
    """How many satellites each cell sees at or above the minimum elevation, (cells,) int32.

    position_km (3, n) ITRF, of any mix of altitudes; NaN is seen by nobody. Equal to the test d . n >= s |d|
    at every cell. The same integers on any number of threads. OutOfRangeError outside 0 to 90 degrees.
    """
    least = least_elevation(min_elevation_deg)
    return _count(rings, describe(position_km, least), least, threads)


def candidates(
    rings: Rings,
    position_km: Floats,
    min_elevation_deg: float,
    *,
    ranges: bool = True,
    azimuths: bool = True,
    threads: int = 1,
) -> Candidates:
    """Which satellites each cell sees at or above the minimum elevation, and where they stand in its sky.

    position_km (3, n) ITRF. Counts first, then fills: the same lists on any number of threads. Elevation is
    within 1e-6 deg (at the zenith, where the sine tells least; 1e-9 below 80 deg), azimuth within 1e-9 deg.
    """
    least = least_elevation(min_elevation_deg)
    fleet = describe(position_km, least)
    counts = _count(rings, fleet, least, threads)
    start = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    band = np.ascontiguousarray(rings.constants[:, kernels.LATITUDE])
    list_start, listed = list_bands(fleet, band, band)
    satellite = np.empty(start[-1], np.int32)

    def fill(first: int, last: int) -> None:
        kernels.fill_rings(
            first, last, rings.constants, rings.start, list_start, listed, fleet.rows, fleet.position,
            rings.site_km, rings.normal, least.sine, start, satellite,
        )  # fmt: skip

    in_parts(fill, _cuts(rings, threads), rings.latitude_deg.size)
    return look(
        start, satellite, fleet, rings.site_km, rings.basis, ranges=ranges, azimuths=azimuths, threads=threads
    )


def _count(rings: Rings, fleet: Fleet, least: Least, threads: int) -> NDArray[np.int32]:
    number = fleet.latitude.size
    start = np.empty(kernels.CLASSES * kernels.BINS + 1, np.int64)
    widest, order = np.empty(kernels.CLASSES), np.empty(number, np.int64)
    ordered = np.ones((4, number + kernels.TILE))
    kernels.sort_fleet(fleet.rows, fleet.latitude, fleet.angle, _class_table(), start, widest, order, ordered)
    out = np.empty(rings.count, np.int32)

    def part(first: int, last: int) -> None:
        kernels.count_rings(
            first, last, rings.constants, rings.start, start, widest, order, ordered, fleet.position,
            rings.site_km, rings.normal, least.sine, out,
        )  # fmt: skip

    in_parts(part, _cuts(rings, threads), rings.latitude_deg.size)
    return out


def _cuts(rings: Rings, threads: int) -> Ints:
    """Where to cut the rings for so many threads, with about as many cells in each block."""
    wanted = np.linspace(0, rings.count, threads + 1)[1:-1]
    return np.asarray(np.searchsorted(rings.start[1:], wanted), np.int64)
