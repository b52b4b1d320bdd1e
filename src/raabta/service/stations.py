"""Where the satellites of a scenario are seen from: its gateways or places, and towns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.access import horizons, visibility
from raabta.base.errors import ScenarioError
from raabta.scenario.models import Scenario
from raabta.scenario.suggest import near_name
from raabta.service.pairs.ground import places_of
from raabta.service.places import find_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.paths import PathScenario

    Floats = NDArray[np.float64]

LEAST_GATEWAY_DEG = 5.0
"""Feeders are used from so high up on, as in a run."""


class Stations(NamedTuple):
    """Where satellites are seen from: names, and each (n,); mask_deg (n, a): in bins of azimuth."""

    name: tuple[str, ...]
    latitude_deg: Floats
    longitude_deg: Floats
    height_m: Floats
    mask_deg: Floats
    notes: tuple[str, ...] = ()

    def of(self, rows: Sequence[int]) -> Stations:
        """Some of them."""
        some = list(rows)
        return Stations(
            tuple(self.name[row] for row in some),
            self.latitude_deg[some],
            self.longitude_deg[some],
            self.height_m[some],
            self.mask_deg[some],
            self.notes,
        )

    @property
    def sites(self) -> visibility.Sites:
        """As `access` takes them."""
        lowest = float(self.mask_deg.min())
        return visibility.sites(
            self.latitude_deg, self.longitude_deg, self.height_m / 1e3, lowest, mask_deg=self.mask_deg
        )


def stations_of(
    scenario: Scenario | PathScenario, names: Sequence[str] = (), cities: Sequence[str] = ()
) -> Stations:
    """The gateways of a broadband scenario, or the places of one of ways; of them those of `names` if any are
    named, and towns; with towns alone, those alone. Gateways have their own mask and horizon, towns and
    places the users' mask. ScenarioError for a name that is none, with near names.
    """
    floor_deg = scenario.constellation.user_min_elevation_deg
    own = _gateways(scenario) if isinstance(scenario, Scenario) else _places(scenario, floor_deg)
    rows = [_row(name, own.name) for name in names] if names or cities else list(range(len(own.name)))
    parts = [own.of(sorted(set(rows)))] if rows else []
    parts += [_town(city, floor_deg) for city in cities]
    bins = max(part.mask_deg.shape[1] for part in parts)
    found = tuple(name for part in parts for name in part.name)
    twice = sorted({name for name in found if found.count(name) > 1})
    if twice:
        raise ScenarioError(f"the station '{twice[0]}' stands twice")
    return Stations(
        found,
        np.concatenate([part.latitude_deg for part in parts]),
        np.concatenate([part.longitude_deg for part in parts]),
        np.concatenate([part.height_m for part in parts]),
        np.concatenate([np.broadcast_to(part.mask_deg, (len(part.name), bins)) for part in parts]),
        tuple(note for part in parts for note in part.notes),
    )


def _gateways(scenario: Scenario) -> Stations:
    sites = scenario.gateways
    mask_deg = horizons.of_gateways(sites)
    floor_deg = max(scenario.constellation.gateway_min_elevation_deg, LEAST_GATEWAY_DEG)
    arc = any(site.gso_separation_deg > 0.0 for site in sites)
    return Stations(
        tuple(site.name for site in sites),
        np.array([site.latitude_deg for site in sites]),
        np.array([site.longitude_deg for site in sites]),
        np.array([site.height_m for site in sites]),
        np.full((len(sites), 1), floor_deg) if mask_deg is None else np.maximum(mask_deg, floor_deg),
        ("Times too near to the geostationary arc, by the gateways' rule, are not cut out.",) if arc else (),
    )


def _places(scenario: PathScenario, floor_deg: float) -> Stations:
    found = places_of(scenario)
    mask = np.full((len(found.name), 1), floor_deg)
    return Stations(found.name, found.latitude_deg, found.longitude_deg, found.height_m, mask, found.notes)


def _town(city: str, floor_deg: float) -> Stations:
    found = find_place(city)
    latitude, longitude = np.array([found.latitude_deg]), np.array([found.longitude_deg])
    notes = (found.note,) if found.note else ()
    return Stations((found.name,), latitude, longitude, np.zeros(1), np.array([[floor_deg]]), notes)


def _row(name: str, known: tuple[str, ...]) -> int:
    same = [row for row, each in enumerate(known) if each.casefold() == name.strip().casefold()]
    if same:
        return same[0]
    near = near_name(name, known)
    meant = f"did you mean '{near}'? " if near else ""
    some = f"{', '.join(known[:12])}{', ...' if known[12:] else ''}"
    raise ScenarioError(
        f"no station is called '{name}'", hint=f"{meant}it has {some}; towns are named by --city"
    )
