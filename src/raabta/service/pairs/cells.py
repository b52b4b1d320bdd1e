"""The people of a country as places of a question about ways: districts, or H3 cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import cell_of, centres, unit_vectors
from raabta.service.data import country_population, towns
from raabta.service.districts import pakistan_districts, pakistan_sites
from raabta.service.neighbours import spread

if TYPE_CHECKING:
    from raabta.scenario.paths import Cells

    Spot = tuple[float, float, float, float]


def people_places(asked: Cells) -> dict[str, Spot]:
    """Latitude, longitude, height (0 m) and people of every district or cell, by its name."""
    return _districts() if asked.by == "district" else _cells(asked)


def _districts() -> dict[str, Spot]:
    """Districts with people, each where the towns of it are in the mean, by their people (see
    `districts.pakistan_sites`)."""
    table, sites = pakistan_districts(), pakistan_sites()
    out = dict[str, tuple[float, float, float, float]]()
    for number, name in enumerate(table.name):
        own = sites.district == number
        if not own.any() or not table.population[number]:
            continue
        weight = np.maximum(sites.people_weight[own], 1e-9)
        middle = weight @ unit_vectors(sites.latitude_deg[own], sites.longitude_deg[own])
        latitude = float(np.degrees(np.arctan2(middle[2], np.hypot(middle[0], middle[1]))))
        longitude = float(np.degrees(np.arctan2(middle[1], middle[0])))
        out[f"{name} district"] = latitude, longitude, 0.0, float(table.population[number])
    return out


def _cells(asked: Cells) -> dict[str, Spot]:
    """H3 cells with towns, by their index; the country's people spread over its towns."""
    listed = towns(asked.country)
    people = spread(listed, country_population(asked.country))
    where = cell_of(listed.latitude_deg, listed.longitude_deg, asked.resolution)
    cell, row = np.unique(where, return_inverse=True)
    count = np.bincount(row, people, cell.size)
    latitude, longitude, _ = centres(cell)
    return {
        f"{int(index):x}": (float(lat), float(lon), 0.0, float(number))
        for index, lat, lon, number in zip(cell, latitude, longitude, count, strict=True)
        if number > 0.0
    }
