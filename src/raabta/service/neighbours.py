"""People of other countries who share the satellites: coarse cells around the area."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import COARSE_RESOLUTION, area_outline, cell_of, centres, chord, unit_vectors
from raabta.service.data import Towns, country_population, town_countries, towns
from raabta.service.villages import apportion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

    from raabta.scenario.models import Scenario
    from raabta.scenario.sharing import Market


COARSE_RADIUS_KM = 75.0
"""No town is farther than this from the centre of its coarse cell."""


@dataclass(frozen=True)
class Neighbours:
    """People of other countries by H3 resolution-3 cell and country, sorted by cell, then country.

    Arrays are (row,): h3 (uint64), centre latitude_deg and longitude_deg, population (int64), iso3 (str) and
    market (`open`, `closed` or `unknown`). A cell on a border stands once for each country.
    """

    h3: NDArray[np.uint64]
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    population: NDArray[np.int64]
    iso3: NDArray[np.str_]
    market: NDArray[np.str_]

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.population.size)


def neighbours(
    scenario: Scenario, latitude_deg: ArrayLike, longitude_deg: ArrayLike, distance_km: float
) -> Neighbours:
    """Coarse cells with people outside the area within `distance_km` of any cell centre given, (cell,).

    People of other countries; with a user's outline also those of the same country beyond it.
    A country's whole population (GeoNames) is spread over its towns in proportion to theirs, so rural people
    stand at the nearest towns: right in sum, coarse in place. Markets come from `scenario.sharing`.
    """
    area = scenario.area
    own = area_outline(area) if area.outline_file else None
    places = (np.asarray(degrees, np.float64).tobytes() for degrees in (latitude_deg, longitude_deg))
    return _as_arrays(_people_near(area.country, own, *places, distance_km), scenario)


@lru_cache(maxsize=8)
def _people_near(
    country: str, own: BaseGeometry | None, latitude: bytes, longitude: bytes, distance_km: float
) -> list[tuple[int, str, int]]:
    """(cell, country, people), sorted; kept, for a run asks again for its estimate and each constellation.

    `own` is the user's outline; the cells' centres are the bytes of float64 degrees.
    """
    from scipy.spatial import cKDTree

    centre = unit_vectors(np.frombuffer(latitude), np.frombuffer(longitude))
    tree, reach = cKDTree(centre), chord(distance_km)
    farthest = reach + chord(COARSE_RADIUS_KM)
    found: list[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]] = []
    for iso3 in town_countries():
        listed = towns(iso3)
        other = _elsewhere(country, own, iso3, listed)
        if not other.any() or listed.population.sum() == 0:
            continue
        town = unit_vectors(listed.latitude_deg, listed.longitude_deg)
        away, _ = tree.query(town, distance_upper_bound=1.001 * farthest)  # farther off: not looked for
        near = other & (away <= farthest)
        people = spread(listed, country_population(iso3))
        found.append((iso3, listed.latitude_deg[near], listed.longitude_deg[near], people[near]))
    rows = [row for entry in found for row in _coarse(*entry)]
    return _within(sorted(rows), tree, reach)


def _elsewhere(country: str, own: BaseGeometry | None, iso3: str, listed: Towns) -> NDArray[np.bool_]:
    """Towns that are not the area's own, (town,): abroad, or at home outside a user's outline."""
    from shapely import contains_xy

    if iso3 != country:
        return np.ones(listed.population.size, bool)
    if own is None:
        return np.zeros(listed.population.size, bool)
    return np.asarray(~contains_xy(own, listed.longitude_deg, listed.latitude_deg))


def spread(listed: Towns, people: int) -> NDArray[np.int64]:
    """A country's people on its towns, (town,)."""
    total = max(people, int(listed.population.sum()))
    one = np.zeros(listed.population.size, np.int64)
    return apportion(np.array([total]), listed.population.astype(float), one)


def _coarse(
    iso3: str, lat: NDArray[np.float64], lon: NDArray[np.float64], people: NDArray[np.int64]
) -> list[tuple[int, str, int]]:
    """(cell, country, people) of one country's towns."""
    cell, row = np.unique(cell_of(lat, lon, COARSE_RESOLUTION), return_inverse=True)
    counts = np.bincount(row, people, cell.size).astype(np.int64)
    return [(c, iso3, n) for c, n in zip(cell.tolist(), counts.tolist(), strict=True) if n > 0]


def _within(rows: list[tuple[int, str, int]], tree: object, reach: float) -> list[tuple[int, str, int]]:
    """The rows whose cell centre is within reach."""
    if not rows:
        return []
    lat, lon, _ = centres(np.array([row[0] for row in rows], np.uint64))
    near = tree.query(unit_vectors(lat, lon))[0] <= reach  # type: ignore[attr-defined]
    return [row for row, keep in zip(rows, near.tolist(), strict=True) if keep]


def _as_arrays(rows: list[tuple[int, str, int]], scenario: Scenario) -> Neighbours:
    def market(iso3: str) -> Market:
        return scenario.sharing.markets.get(iso3, scenario.sharing.default_market)

    h3 = np.array([row[0] for row in rows], np.uint64)
    lat, lon, _ = centres(h3)
    codes = np.array([row[1] for row in rows], "U3")
    markets = np.array([market(row[1]) for row in rows], "U7")
    return Neighbours(h3, lat, lon, np.array([row[2] for row in rows], np.int64), codes, markets)
