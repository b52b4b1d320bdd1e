"""The passes and contacts of a scenario: its gateways or places, its constellation, its lasers if asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import visibility
from raabta.access.pass_cuts import find_between
from raabta.access.passes import Passes, find_contacts, find_passes
from raabta.base.errors import LimitError, NoSolutionError, ScenarioError
from raabta.network.mesh.contacts import ContactPlan, Leg, contact_plan
from raabta.network.mesh.paths import NO_NODE
from raabta.network.mesh.topology import Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.models import Scenario
from raabta.service.contacts_out import lasers_out, outages_of
from raabta.service.stations import Stations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import SpaceSegment
    from raabta.scenario.paths import PathScenario

    Floats = NDArray[np.float64]

MOST_CONTACTS = 1_000_000
"""Contacts, both directions counted, that are found without being asked twice."""
SAMPLE_S = 7_200.0


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
