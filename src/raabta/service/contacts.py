"""The passes and contacts of a scenario: its gateways or places, its constellation, its lasers if asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.access import horizons, visibility
from raabta.access.pass_cuts import find_between
from raabta.access.passes import Passes, find_contacts, find_passes
from raabta.base.errors import LimitError, NoSolutionError, ScenarioError
from raabta.network.mesh.contacts import ContactPlan, Leg, contact_plan
from raabta.network.mesh.paths import NO_NODE
from raabta.network.mesh.topology import Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.models import Scenario
from raabta.scenario.suggest import near_name
from raabta.service.contacts_out import lasers_out, outages_of
from raabta.service.pairs.ground import places_of
from raabta.service.places import find_place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import SpaceSegment
    from raabta.scenario.paths import PathScenario

    Floats = NDArray[np.float64]

MOST_CONTACTS = 1_000_000
"""Contacts, both directions counted, that are found without being asked twice."""
SAMPLE_S = 7_200.0
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


@dataclass(frozen=True)
class Sky:
    """Passes of a constellation over stations, and contacts by laser (None: not asked for)."""

    stations: Stations
    satellites: tuple[str, ...]
    passes: Passes
    lasers: Passes | None
    laser_mbps: float
    notes: tuple[str, ...]

    def plan(self, mbps: float) -> ContactPlan:
        """The contact plan, stations first: `mbps` to and from them, the scenario's rate by laser."""
        count = len(self.stations.name)
        legs = [Leg(self.passes, 0, count, mbps, mbps)]
        if self.lasers is not None:
            legs.append(Leg(self.lasers, count, count, self.laser_mbps, self.laser_mbps))
        return contact_plan((*self.stations.name, *self.satellites), legs)


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


def find_sky(
    scenario: Scenario | PathScenario,
    stations: Stations,
    *,
    lasers: bool = False,
    threads: int = 1,
    most_contacts: int | None = MOST_CONTACTS,
) -> Sky:
    """Every pass over the scenario's time, and with `lasers` every contact of the constellation's lasers; of
    satellites, stations and lasers that its failures take, what is left.

    Raises LimitError before it is computed where there would be more than `most_contacts` (None: no limit),
    ScenarioError where lasers are asked for that are matched anew or limited by more than range and grazing
    height, and what the propagator raises.
    """
    start, duration_s = scenario.time.start, scenario.time.duration_s
    fleet = Propagator.from_constellation(scenario.constellation, start, duration_s)
    asked = scenario.constellation.lasers if lasers else None
    pairs = _fixed_lasers(scenario.constellation, fleet) if lasers else None
    ground = stations.sites
    if most_contacts is not None:
        links = 0 if pairs is None else len(pairs)
        _refuse_many(ground, fleet, duration_s, links, threads, most_contacts)
    out = outages_of(scenario, stations, fleet.names)
    passes = find_between(
        lambda begin, length_s: find_passes(ground, fleet, begin, length_s, threads=threads),
        out.holds,
        fleet.start,
        duration_s,
        out.edges,
    )
    notes, by_laser, mbps = (*stations.notes, *fleet.notes, *out.notes), None, 0.0
    if pairs is not None and asked is not None:
        mbps, longest_km = asked.rate_mbps, asked.max_range_km or np.inf
        lost = lasers_out(scenario, fleet, out)
        by_laser = find_between(
            lambda begin, length_s: find_contacts(
                pairs[:, 0],
                pairs[:, 1],
                fleet,
                begin,
                length_s,
                longest_km=longest_km,
                grazing_km=asked.grazing_altitude_km,
                threads=threads,
            ),
            lost.holds,
            fleet.start,
            duration_s,
            lost.edges,
        )
    return Sky(stations, fleet.names, passes, by_laser, mbps, notes)


def _refuse_many(
    ground: visibility.Sites, fleet: Propagator, duration_s: float, links: int, threads: int, most: int
) -> None:
    """LimitError where the first two hours tell of more contacts than `most`."""
    sample_s = min(duration_s, SAMPLE_S)
    seen = find_passes(ground, fleet, fleet.start, sample_s, threads=threads)
    estimate = 2.0 * (len(seen) * duration_s / sample_s + links)
    if estimate > most:
        raise LimitError(
            f"about {estimate:,.0f} contacts, both directions counted; at most {most:,} are found unless "
            "--yes is given; name fewer stations or ask for a shorter time"
        )


def _fixed_lasers(constellation: SpaceSegment, fleet: Propagator) -> NDArray[np.int64]:
    """Pairs (p, 2) of a fixed pattern of lasers that only range and grazing height limit."""
    asked = constellation.lasers
    if asked is None:
        raise ScenarioError(
            f"the constellation '{constellation.name}' has no lasers", hint="--set constellation.lasers={}"
        )
    own = Topology.of(constellation, fleet)
    more = {
        "lasers matched anew at every step": bool(own.matchings),
        "polar_cutoff_deg": asked.polar_cutoff_deg is not None,
        "max_slew_deg_s": asked.max_slew_deg_s is not None,
        "acquisition_s": asked.acquisition_s > 0.0,
    }
    if any(more.values()):
        what = ", ".join(name for name, there in more.items() if there)
        raise ScenarioError(
            f"contacts by laser are found for fixed patterns held by range and grazing height; here: {what}",
            hint="`raabta run` and `raabta paths` follow such lasers step by step",
        )
    one, column = np.nonzero(own.table.neighbour != NO_NODE)
    pair = np.sort(np.stack([one, own.table.neighbour[one, column]], axis=1), axis=1)
    if len(pair) == 0:
        raise NoSolutionError("no satellite has a laser to another")
    return np.unique(pair, axis=0).astype(np.int64)
