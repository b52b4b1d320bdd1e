"""People of the whole world on coarse cells, and places where ground stations might stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import COARSE_RESOLUTION, cell_of, centres
from raabta.service.data import country_population, town_countries, towns
from raabta.service.neighbours import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

INHABITED_DEG = (-56.0, 70.0)


@dataclass(frozen=True)
class WorldPeople:
    """People by H3 cell of resolution 3 (about 12,400 km2), sorted: centre, people, and the number of the
    coarser cell (resolution 0) that holds it; arrays are (cell,)."""

    latitude_deg: Floats
    longitude_deg: Floats
    people: Floats
    group: NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Towns as candidate places, (place,) each."""

    name: tuple[str, ...]
    iso3: tuple[str, ...]
    latitude_deg: Floats
    longitude_deg: Floats


def world_people(latitude_deg: tuple[float, float] = INHABITED_DEG) -> WorldPeople:
    """Everybody between two latitudes, the country's whole population spread over its towns in proportion.

    Right in sum, coarse in place: rural people stand at towns. GeoNames, see NOTICE.
    """
    import h3.api.basic_int as h3

    lat, lon, people, _, _ = _all_towns(latitude_deg)
    there = people > 0.0
    where = cell_of(lat[there], lon[there], COARSE_RESOLUTION)
    cell, row = np.unique(where, return_inverse=True)
    parents = [h3.cell_to_parent(int(one), 0) for one in cell]
    group = np.unique(np.array(parents, np.uint64), return_inverse=True)[1].astype(np.int64)
    order = np.argsort(group, kind="stable")
    middle_lat, middle_lon, _ = centres(cell)
    counted = np.bincount(row, people[there], cell.size).astype(np.float64)
    return WorldPeople(middle_lat[order], middle_lon[order], counted[order], group[order])


def station_places(resolution: int = 1, latitude_deg: tuple[float, float] = INHABITED_DEG) -> Places:
    """The largest town of every H3 cell (resolution 1: about 610,000 km2), between two latitudes.

    A candidate for each region of land by one rule; no statement about licences or fibre.
    """
    lat, lon, people, name, iso3 = _all_towns(latitude_deg)
    cell = cell_of(lat, lon, resolution)
    order = np.lexsort((-people, cell))
    first = order[np.append(True, np.diff(cell[order]) != 0)]
    return Places(tuple(name[i] for i in first), tuple(iso3[i] for i in first), lat[first], lon[first])


def _all_towns(
    latitude_deg: tuple[float, float],
) -> tuple[Floats, Floats, Floats, list[str], list[str]]:
    """Position, people, name and country of every town between two latitudes."""
    names: list[str] = []
    codes: list[str] = []
    parts: list[Floats] = []
    for iso3 in town_countries():
        listed = towns(iso3)
        if listed.population.sum() == 0:
            continue
        people = spread(listed, country_population(iso3))
        parts.append(np.stack([listed.latitude_deg, listed.longitude_deg, people]))
        names += listed.name
        codes += [iso3] * len(listed.name)
    lat, lon, people = np.concatenate(parts, axis=1)
    keep = np.flatnonzero((lat >= latitude_deg[0]) & (lat <= latitude_deg[1]))
    return lat[keep], lon[keep], people[keep], [names[i] for i in keep], [codes[i] for i in keep]
