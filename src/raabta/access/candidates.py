"""Sparse candidate lists: who sees whom at one instant, and where in the sky. Shared by rings and buckets."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import candidate_kernels, coverage_kernels
from raabta.base.errors import OutOfRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_PLACE = "raabta.access.candidates"


@dataclass(frozen=True)
class Candidates:
    """Who sees whom at one instant, as CSR over sites; satellites ascend within a site.

    Site i sees satellite[start[i]:start[i + 1]] at elevation_deg, range_km and azimuth_deg (from north by
    east), each (pairs,); range and azimuth are empty where they were not asked for.
    """

    start: Ints
    satellite: NDArray[np.int32]
    elevation_deg: Floats
    range_km: Floats
    azimuth_deg: Floats


@dataclass(frozen=True)
class Least:
    """A minimum elevation as the kernels want it: the angle (rad), its sine and cosine."""

    angle: float
    sine: float
    cosine: float


@dataclass(frozen=True)
class Fleet:
    """Satellites as the kernels want them: position (3, n) km; rows (4, n); geocentric latitude (n,) and
    upper bound of the footprint's central angle (n,), rad, -1 for NaN."""

    position: Floats
    rows: Floats
    latitude: Floats
    angle: Floats


def least_elevation(min_elevation_deg: float) -> Least:
    """Check a minimum elevation. OutOfRangeError outside 0 to 90 degrees."""
    if not 0.0 <= min_elevation_deg <= 90.0:
        raise OutOfRangeError("minimum elevation (deg)", min_elevation_deg, "0 to 90", _PLACE)
    angle = math.radians(min_elevation_deg)
    return Least(angle, math.sin(angle), math.cos(angle))


def describe(position_km: Floats, least: Least) -> Fleet:
    """Read ITRF positions (3, n) km. OutOfRangeError for another shape."""
    position = np.ascontiguousarray(position_km, np.float64)
    if position.ndim != 2 or position.shape[0] != 3:
        raise OutOfRangeError("shape of the positions", position.shape, "(3, satellites)", _PLACE)
    number = position.shape[1]
    rows, latitude, angle = np.empty((4, number)), np.empty(number), np.empty(number)
    coverage_kernels.describe(position, least.sine, least.cosine, least.angle, rows, latitude, angle)
    return Fleet(position, rows, latitude, angle)


def list_bands(fleet: Fleet, low: Floats, high: Floats) -> tuple[Ints, NDArray[np.int32]]:
    """Satellites that may reach each band of geocentric latitudes (b,), rad, as CSR, ascending."""
    first, last = np.empty(fleet.latitude.size, np.int64), np.empty(fleet.latitude.size, np.int64)
    start = np.empty(low.size + 1, np.int64)
    candidate_kernels.reach_bands(fleet.latitude, fleet.angle, low, high, first, last, start)
    listed = np.empty(start[-1], np.int32)
    candidate_kernels.list_bands(first, last, start, listed)
    return start, listed


def look(
    start: Ints,
    satellite: NDArray[np.int32],
    fleet: Fleet,
    site_km: Floats,
    basis: Floats,
    *,
    ranges: bool,
    azimuths: bool,
    threads: int,
) -> Candidates:
    """Elevation, and range and azimuth if asked for, of the pairs of a CSR list over sites.

    site_km (3, sites); basis (3, 3, sites): rows east, north, up.
    """
    pairs = satellite.size
    elevation, distance = np.empty(pairs), np.empty(pairs if ranges else 0)
    azimuth = np.empty(pairs if azimuths else 0)
    place = np.ascontiguousarray(fleet.position.T)

    def part(first: int, last: int) -> None:
        candidate_kernels.look_pairs(
            first, last, start, satellite.view(np.uint32), place, site_km, basis, elevation, distance, azimuth
        )

    in_parts(part, np.searchsorted(start, np.linspace(0, pairs, threads + 1)[1:-1]), start.size - 1)
    return Candidates(start, satellite, elevation, distance, azimuth)


def nearest(found: Candidates, slots: int) -> tuple[NDArray[np.int32], Floats]:
    """The `slots` highest satellites of each site: satellite (sites, slots), -1 where there are fewer, and
    elevation_deg (sites, slots), NaN there. Highest first; of equal ones the lower number."""
    if slots < 1:
        raise OutOfRangeError("slots", slots, "1 or more", _PLACE)
    sites = found.start.size - 1
    satellite, elevation = np.full((sites, slots), -1, np.int32), np.full((sites, slots), np.nan)
    candidate_kernels.keep_highest(found.start, found.satellite, found.elevation_deg, satellite, elevation)
    return satellite, elevation


_pool: ThreadPoolExecutor | None = None


def in_parts(part: Callable[[int, int], None], between: Ints, total: int) -> None:
    """Call part(first, last) for each block of 0..total cut at `between`: the first here, the others in
    threads that are kept. Kernels let go of the interpreter."""
    global _pool
    edges = [0, *(int(cut) for cut in between), total]
    if len(edges) > 2 and _pool is None:
        _pool = ThreadPoolExecutor(thread_name_prefix="raabta-access")
    others = [_pool.submit(part, a, b) for a, b in pairwise(edges[1:])] if _pool else []
    part(edges[0], edges[1])
    for other in others:
        other.result()
