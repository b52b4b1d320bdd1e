"""People as points: towns spread over a disc, rural people in synthetic villages of the census's sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import unit_vectors
from raabta.base.bodies import EARTH
from raabta.service.districts import VILLAGE_BOUNDS, DistrictTable, Sites, district_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

LATTICE_DEG = 0.04
TOWN_PIECE_PEOPLE = 50_000
TOWN_DENSITY_KM2 = 10_000.0
NEAR_TOWN_KM = 15.0
FAR_SHARE = 0.05
"""Villages thin out with distance to a town: weight 0.05 + 1 / (1 + (d / 15 km)^2). Our assumption."""
STREAM = 0x76696C
"""Spawn key of the village generator: other seeded parts of a run use other keys."""


@dataclass(frozen=True)
class Points:
    """Places with people, each array (point,). `district` is a row of the district table."""

    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    district: NDArray[np.int16]
    population: NDArray[np.int64]
    households: NDArray[np.int64]
    unelectrified: NDArray[np.int64]
    rural: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of points."""
        return int(self.population.size)


def apportion(
    totals: NDArray[np.int64], weights: NDArray[np.float64], group: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Whole numbers that sum to `totals[g]` in every group, in proportion to `weights` (largest remainder).

    `weights`, `group`: (item,). Ties go to the earlier item. A group with a total needs some weight.
    """
    summed = np.bincount(group, weights, totals.size)
    if np.any((summed <= 0) & (totals > 0)):
        raise ValueError("a group with people has no place of positive weight")
    share = totals[group] * (weights / np.where(summed > 0, summed, 1.0)[group])
    whole: NDArray[np.int64] = np.floor(share + 1e-9).astype(np.int64)
    short = totals - np.bincount(group, whole, totals.size).astype(np.int64)
    order = np.lexsort((np.arange(group.size), whole - share, group))
    start = np.searchsorted(group[order], np.arange(totals.size))
    rank = np.arange(group.size) - start[group[order]]
    whole[order] += (rank < short[group[order]]).astype(np.int64)
    return whole


def generator(seed: int) -> np.random.Generator:
    """The village generator of a run: PCG64 from SeedSequence(seed, key of this room)."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(STREAM,))))


def land(outline: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Latitude and longitude (point,) of a lattice inside an outline, and its step (about 0.04 degree)."""
    from shapely import contains_xy, prepare

    west, south, east, north = outline.bounds
    step = min(LATTICE_DEG * max(1.0, (outline.area / 90.0) ** 0.5), (outline.area / 50.0) ** 0.5)
    lon, lat = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    prepare(outline)
    inside = contains_xy(outline, lon.ravel(), lat.ravel())
    if not inside.any():
        middle = outline.representative_point()
        return np.array([middle.y]), np.array([middle.x]), step
    return lat.ravel()[inside], lon.ravel()[inside], step


def town_points(
    lat: NDArray[np.float64], lon: NDArray[np.float64], people: NDArray[np.int64], outline: BaseGeometry
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]:
    """Spread each town over a disc of 10,000 people per km2, in pieces of at most 50,000 people.

    A piece that falls outside `outline` (sea, abroad) goes back to the middle of its town.

    Returns, each (piece,): latitude_deg, longitude_deg, town (row of the input), share of the town.
    """
    from shapely import contains_xy, prepare

    prepare(outline)
    pieces = np.maximum(1, -(-people // TOWN_PIECE_PEOPLE)).astype(np.intp)
    town = np.repeat(np.arange(people.size), pieces)
    rank = np.arange(town.size) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    radius_km = np.sqrt(people[town] / (np.pi * TOWN_DENSITY_KM2)) * np.sqrt((rank + 0.5) / pieces[town])
    radius_km = np.where(pieces[town] == 1, 0.0, radius_km)
    angle = rank * np.pi * (3.0 - np.sqrt(5.0))
    north, east = radius_km * np.cos(angle), radius_km * np.sin(angle)
    per_deg = EARTH.mean_radius_km * np.pi / 180.0
    piece_lat = lat[town] + north / per_deg
    piece_lon = lon[town] + east / (per_deg * np.cos(np.radians(lat[town])))
    at_home = contains_xy(outline, piece_lon, piece_lat)
    return (
        np.where(at_home, piece_lat, lat[town]),
        np.where(at_home, piece_lon, lon[town]),
        town,
        1 / pieces[town],
    )


def village_sizes(
    count: NDArray[np.int64], people: NDArray[np.int64], random: np.random.Generator
) -> tuple[NDArray[np.int16], NDArray[np.float64]]:
    """Draw villages so that every (district, class) has the census's number of them and of people.

    `count`, `people`: (district, class). Returns district and size (people, real), each (village,). Inside a
    class sizes follow a power law through its mean; the open class is exponential above 5,000.
    """
    n = np.where(people > 0, count, 0).ravel()
    group = np.repeat(np.arange(n.size), n)
    rank = np.arange(group.size) - np.repeat(np.cumsum(n) - n, n)
    quantile = (rank + random.random(group.size)) / n[group]
    low, high = np.array(VILLAGE_BOUNDS, float)[group % count.shape[1]].T
    mean = people.ravel()[group] / n[group]
    target = np.maximum(
        people.ravel() - n * np.array(VILLAGE_BOUNDS, float)[np.arange(n.size) % count.shape[1], 0], 0
    )
    above = np.maximum(mean - low, 1e-6)
    room = np.where(high > 0, np.maximum(high - low, above), np.inf)
    bounded = np.isfinite(room)
    power = np.where(bounded, np.where(bounded, room, 1.0) / above - 1.0, 0.0)
    excess = np.where(bounded, np.where(bounded, room, 0.0) * quantile**power, -above * np.log1p(-quantile))
    return (group // count.shape[1]).astype(np.int16), low + _to_target(excess, room, group, target)


def _to_target(
    excess: NDArray[np.float64],
    room: NDArray[np.float64],
    group: NDArray[np.intp],
    target: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Shift each group's values to sum to its target without leaving [0, room]."""
    total = np.bincount(group, excess, target.size)[group]
    goal = target[group]
    shrunk = excess * goal / np.where(total > 0, total, 1.0)
    left = np.where(np.isfinite(room), room, 0.0) - excess
    spare = np.bincount(group, left, target.size)[group]
    grown = excess + left * (goal - total) / np.where(spare > 0, spare, 1.0)
    return np.where((total > goal) | ~np.isfinite(room) | (spare <= 0), shrunk, grown)


def place_villages(
    district: NDArray[np.int16],
    ground: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int16]],
    step_deg: float,
    towns: tuple[NDArray[np.float64], NDArray[np.float64]],
    random: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put each village (sorted by district) on land of its district, denser near towns.

    `ground`: latitude_deg, longitude_deg, district of land points `step_deg` apart; `towns`: latitude_deg,
    longitude_deg. Returns latitude_deg, longitude_deg, each (village,).
    """
    from scipy.spatial import cKDTree

    order = np.argsort(ground[2], kind="stable")
    lat, lon, owner = (column[order] for column in ground)
    near, _ = cKDTree(unit_vectors(*towns)).query(unit_vectors(lat, lon))
    near_km = near * EARTH.mean_radius_km
    weight = (FAR_SHARE + 1.0 / (1.0 + (near_km / NEAR_TOWN_KM) ** 2)) * np.cos(np.radians(lat))
    edge = np.concatenate([[0.0], np.cumsum(weight)])
    first = np.searchsorted(owner, district, side="left")
    last = np.searchsorted(owner, district, side="right")
    aim = edge[first] + random.random(district.size) * (edge[last] - edge[first])
    pick = np.clip(np.searchsorted(edge, aim, side="right") - 1, first, np.maximum(last - 1, first))
    jitter = (random.random((2, district.size)) - 0.5) * step_deg
    return lat[pick] + jitter[0], lon[pick] + jitter[1]


def pakistan_points(table: DistrictTable, sites: Sites, outline: BaseGeometry, seed: int) -> Points:
    """Towns and synthetic villages of Pakistan: every district's people and homes sum exactly to its row."""
    random = generator(seed)
    urban_people = table.population - table.rural_population
    at_town = np.flatnonzero((sites.people_weight > 0) & (urban_people[sites.district] > 0))
    owner = sites.district[at_town]
    people = apportion(urban_people, sites.people_weight[at_town], owner)
    lat, lon, town, part = town_points(
        sites.latitude_deg[at_town], sites.longitude_deg[at_town], people, outline
    )
    village_owner, size = village_sizes(table.villages, table.village_people, random)
    ground, step = _ground(outline, table, sites)
    near = (sites.latitude_deg, sites.longitude_deg)
    village_lat, village_lon = place_villages(village_owner, ground, step, near, random)
    urban = _counted(lat, lon, owner[town], part * people[town], urban_people, table, rural=False)
    rural = _counted(village_lat, village_lon, village_owner, size, table.rural_population, table, rural=True)
    return joined([urban, rural])


def _ground(
    outline: BaseGeometry, table: DistrictTable, sites: Sites
) -> tuple[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int16]], float]:
    """Land points with their district, and the step; a district too small for the lattice keeps its sites."""
    lat, lon, step = land(outline)
    owner = district_of(lat, lon)
    bare = np.setdiff1d(np.arange(table.size), owner)
    extra = np.isin(sites.district, bare)
    columns = ((lat, sites.latitude_deg), (lon, sites.longitude_deg))
    lat, lon = (np.concatenate([base, more[extra]]) for base, more in columns)
    return (lat, lon, np.concatenate([owner, sites.district[extra]])), step


def _counted(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    district: NDArray[np.int16],
    weight: NDArray[np.float64],
    people: NDArray[np.int64],
    table: DistrictTable,
    *,
    rural: bool,
) -> Points:
    """Points with whole people, homes and homes without electricity, exact per district."""
    homes_total = table.rural_households if rural else table.households - table.rural_households
    dark_share = table.rural_none_share if rural else table.urban_none_share
    population = apportion(people, weight, district)
    homes = apportion(homes_total, population.astype(float), district)
    dark = apportion(np.rint(homes_total * dark_share).astype(np.int64), homes.astype(float), district)
    return Points(lat, lon, district, population, homes, dark, np.full(lat.size, rural))


def joined(parts: list[Points]) -> Points:
    """Several sets of points as one, in order."""
    names = Points.__dataclass_fields__
    return Points(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


def distance_to_town_km(
    points: Points, town_lat: NDArray[np.float64], town_lon: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Great-circle distance of each point to the nearest town, (point,); infinite if there is no town."""
    from scipy.spatial import cKDTree

    if town_lat.size == 0:
        return np.full(points.size, np.inf)
    at = unit_vectors(points.latitude_deg, points.longitude_deg)
    straight, _ = cKDTree(unit_vectors(town_lat, town_lon)).query(at)
    return np.asarray(2.0 * EARTH.mean_radius_km * np.arcsin(np.clip(straight / 2.0, 0.0, 1.0)))
