"""The places of a scenario of ways, and its pairs: names turned into points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.bodies import EARTH
from raabta.base.errors import ScenarioError
from raabta.network.mesh.traffic import asked_mbps
from raabta.scenario.countries import country_name
from raabta.scenario.paths import ANY_POP, MOST_PLACES
from raabta.scenario.suggest import near_name
from raabta.service.data import largest_towns
from raabta.service.pairs.cells import people_places
from raabta.service.places import find_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.paths import PathScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """Places on the ground: their names, and each (g,) degrees, metres above the ellipsoid, and people.

    notes: what else a name could have meant. pops: how many at the end are points of presence; after those
    stands whichever is reached first, which is nowhere (NaN).
    """

    name: tuple[str, ...]
    latitude_deg: Floats
    longitude_deg: Floats
    height_m: Floats
    people: Floats
    notes: tuple[str, ...] = ()
    pops: int = 0

    @property
    def count(self) -> int:
        """Places, points of presence left out."""
        return len(self.name) - (self.pops + 1 if self.pops else 0)


def places_of(scenario: PathScenario) -> Places:
    """The places of a scenario: its largest cities, its other cities, its stations; each town once.

    Raises ScenarioError for a town that nobody knows, with near names.
    """
    ground = scenario.ground
    found: dict[str, tuple[float, float, float, float]] = {}
    for town, code, latitude, longitude, people in largest_towns(ground.largest_cities):
        found.setdefault(f"{town}, {country_name(code)}", (latitude, longitude, 0.0, people))
    notes = []
    for text in ground.cities:
        place = find_place(text)
        found.setdefault(place.name, (place.latitude_deg, place.longitude_deg, 0.0, place.people))
        notes += [place.note] if place.note else []
    for station in ground.stations:
        if station.name in found:
            raise ScenarioError(f"ground.stations: {station.name!r} is a town of this scenario too")
        found[station.name] = (station.latitude_deg, station.longitude_deg, station.height_m, station.people)
    if ground.cells is not None:
        for name, spot in people_places(ground.cells).items():
            found.setdefault(name, spot)
    if len(found) > MOST_PLACES:
        raise ScenarioError(f"{len(found):,} places; at most {MOST_PLACES:,}", hint="give larger cells")
    columns = np.array(list(found.values()), np.float64).reshape(-1, 4).T.copy()
    return Places(tuple(found), columns[0], columns[1], columns[2], columns[3], tuple(notes))


def ends_of(scenario: PathScenario) -> Places:
    """The places of a scenario and, after them, its points of presence, and any of them. A point of presence
    counts as one person in traffic by gravity. Raises as `places_of`."""
    places, pops = places_of(scenario), scenario.placed_pops
    if not pops:
        return places
    taken = set(places.name) & {pop.name for pop in pops}
    if taken:
        raise ScenarioError(f"pops: {min(taken)!r} is a place of this scenario too; give it another name")
    nowhere = [float("nan")]
    latitude, longitude = ([getattr(pop, name) for pop in pops] for name in ("latitude_deg", "longitude_deg"))
    return Places(
        (*places.name, *(pop.name for pop in pops), ANY_POP),
        np.concatenate([places.latitude_deg, latitude, nowhere]),
        np.concatenate([places.longitude_deg, longitude, nowhere]),
        np.concatenate([places.height_m, np.zeros(len(pops) + 1)]),
        np.concatenate([places.people, np.ones(len(pops) + 1)]),
        places.notes,
        len(pops),
    )


def pairs_of(scenario: PathScenario, places: Places) -> Ints:
    """Numbers of the two places of each way that is followed, (p, 2): those asked for, or all pairs.

    Raises ScenarioError for an end that is no place of the scenario, and for two ends that are the same.
    """
    if not scenario.pairs and places.pops:
        users = np.setdiff1d(np.arange(places.count), gateways_of(scenario, places))
        return np.column_stack([users, np.full(users.size, len(places.name) - 1)]).astype(np.int64)
    if not scenario.pairs:
        one, other = np.triu_indices(len(places.name), 1)
        return np.column_stack([one, other]).astype(np.int64)
    numbers = {name: number for number, name in enumerate(places.name)}
    return np.array([_ends(pair, numbers) for pair in scenario.pairs], np.int64)


def gateways_of(scenario: PathScenario, places: Places) -> Ints:
    """Numbers of the places that are gateways."""
    names = {station.name for station in scenario.ground.stations if station.gateway}
    return np.array([i for i, name in enumerate(places.name) if name in names], np.int64)


def asked_of(scenario: PathScenario, places: Places) -> Floats:
    """Mbps that each pair asks for, (p,)."""
    pairs = pairs_of(scenario, places)
    if scenario.traffic is None:
        return np.zeros(len(pairs))
    return asked_mbps(scenario.traffic, pairs, places.people, great_circle_km(places, pairs))


def great_circle_km(places: Places, pairs: Ints) -> Floats:
    """Distances of pairs (p, 2) over the mean sphere (haversine), (p,)."""
    latitude, longitude = np.radians(places.latitude_deg), np.radians(places.longitude_deg)
    if places.pops:
        return _nearest_of_any(places, pairs)
    one, other = pairs.T
    rise = np.sin(0.5 * (latitude[other] - latitude[one])) ** 2
    turn = np.sin(0.5 * (longitude[other] - longitude[one])) ** 2
    share = rise + np.cos(latitude[one]) * np.cos(latitude[other]) * turn
    return np.asarray(2.0 * EARTH.mean_radius_km * np.arcsin(np.sqrt(np.clip(share, 0.0, 1.0))))


def _nearest_of_any(places: Places, pairs: Ints) -> Floats:
    """The same where an end may be any point of presence: it is the nearest that is meant."""
    plain, last = replace(places, pops=0), len(places.name) - 1
    out = great_circle_km(plain, pairs)
    for pop in range(places.count, last):
        out = np.fmin(out, great_circle_km(plain, np.where(pairs == last, pop, pairs)))
    return np.where((pairs == last).any(axis=1), out, great_circle_km(plain, pairs))


def _ends(pair: tuple[str, ...], numbers: dict[str, int]) -> tuple[int, int]:
    one, other = (_number(text, numbers) for text in pair)
    if one == other:
        raise ScenarioError(f"pairs: {pair[0]!r} and {pair[1]!r} are the same place; a way has two ends")
    return one, other


def number_of(text: str, places: Places) -> int:
    """The place that a text means: by its own name, or as a town. Raises ScenarioError with near names."""
    return _number(text, {name: number for number, name in enumerate(places.name)})


def _number(text: str, numbers: dict[str, int]) -> int:
    if text in numbers:
        return numbers[text]
    own = {name.partition(",")[0].casefold(): name for name in numbers}
    if text.casefold() in own:
        return numbers[own[text.casefold()]]
    found = find_place(text).name
    if found in numbers:
        return numbers[found]
    near = near_name(text, numbers)
    hint = f"did you mean '{near}'? " if near else ""
    raise ScenarioError(
        f"{text!r} is no place of this scenario",
        hint=f"{hint}add it to ground.cities or ground.stations",
    )
