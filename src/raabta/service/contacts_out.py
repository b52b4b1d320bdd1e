"""What the failures of a scenario take from its passes and contacts, and when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.mesh.lasers_failed import laser_outages
from raabta.network.mesh.topology import Topology
from raabta.network.model import gateway_outages
from raabta.orbits.outages import Outage, window
from raabta.orbits.satellites_out import satellites_out
from raabta.scenario.failures import OF_SATELLITES
from raabta.scenario.models import Scenario
from raabta.service.pairs.ground import places_of
from raabta.service.pairs.outages import link_outages, place_outages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.access.passes import Passes
    from raabta.network.mesh.laser_outages import LaserOutage
    from raabta.orbits.propagate import Propagator
    from raabta.scenario.failures import Failure
    from raabta.scenario.kinds import FleetScenario
    from raabta.service.stations import Stations


@dataclass(frozen=True)
class Out:
    """Satellites and stations, by their numbers, that are out for a while; links: of a station to a
    satellite, (station << 32) + satellite; lasers: whose are, where contacts are between satellites. notes:
    the failures that say so."""

    satellites: tuple[Outage, ...]
    stations: tuple[Outage, ...]
    links: tuple[Outage, ...]
    notes: tuple[str, ...]
    lasers: Topology | None = None

    @property
    def edges(self) -> list[np.datetime64]:
        """When something goes out or comes back, UTC."""
        lasers = () if self.lasers is None else self.lasers.outages
        every: tuple[Outage | LaserOutage, ...] = (
            *self.satellites,
            *self.stations,
            *self.links,
            *lasers,
        )
        return [time for each in every for time in (each.start, each.end)]

    def holds(self, found: Passes, time: np.datetime64) -> NDArray[np.bool_]:
        """Which intervals have both of their ends at a time."""
        there = np.ones(len(found), np.bool_)
        pair = (found.site << 32) + found.satellite
        whose = [(self.satellites, found.satellite)]
        whose += [(self.stations, found.site), (self.links, pair)] if self.lasers is None else []
        whose += [(self.satellites, found.site)] if self.lasers is not None else []
        for outages, own in whose:
            for each in outages:
                if each.during(time):
                    there &= ~np.isin(own, each.who)
        if self.lasers is not None:
            there &= ~self.lasers.out(pair, time)
        return there


def outages_of(scenario: FleetScenario, stations: Stations, names: Sequence[str]) -> Out:
    """The satellites and stations of a question that failures take. Raises ScenarioError for one that is not
    there."""
    satellites = [
        Outage(
            satellites_out(each, scenario.constellation, names, scenario.seed),
            *window(each, scenario.time.start),
        )
        for each in scenario.own_failures
        if each.what in OF_SATELLITES
    ]
    cut = tuple(each for each in scenario.cut_gateways if each.name in stations.name)
    return Out(
        tuple(satellites),
        tuple(_stations_out(scenario, stations, cut)),
        tuple(_links_out(scenario, stations, names)),
        (
            *(f"Failure {each.line}" for each in scenario.own_failures),
            *(f"No contact with {each.line.partition(':')[2]}: none of its fibre is left" for each in cut),
        ),
    )


def lasers_out(scenario: FleetScenario, fleet: Propagator, out: Out) -> Out:
    """The same for contacts by laser."""
    whole = Topology.of(scenario.constellation, fleet)
    return replace(out, lasers=laser_outages(whole, scenario, fleet.names))


def _stations_out(scenario: FleetScenario, stations: Stations, cut: tuple[Failure, ...]) -> list[Outage]:
    """Outages of gateways, or places, by the numbers of the stations that are asked about; those `cut` are
    out as gateways that fail are."""
    if isinstance(scenario, Scenario):
        names = [each.name for each in scenario.gateways]
        outages = gateway_outages(scenario, (*scenario.failures, *cut))
    else:
        places = places_of(scenario)
        names, outages = list(places.name), place_outages(scenario, places, cut)
    asked = {name: number for number, name in enumerate(stations.name)}
    renumbered = (
        replace(each, who=np.array([asked[names[i]] for i in each.who if names[i] in asked], np.int64))
        for each in outages
    )
    return [each for each in renumbered if each.who.size]


def _links_out(scenario: FleetScenario, stations: Stations, names: Sequence[str]) -> list[Outage]:
    """Outages of links between a place and a satellite, by the numbers of the stations asked about."""
    if isinstance(scenario, Scenario):
        return []
    places = places_of(scenario)
    asked = {name: number for number, name in enumerate(stations.name)}
    number = np.array([asked.get(name, -1) for name in places.name], np.int64)
    renumbered = (
        replace(each, who=(number[each.who >> 32] << 32) + (each.who & 0xFFFFFFFF))
        for each in link_outages(scenario, places, names)
    )
    return [each for each in renumbered if (each.who >= 0).all()]
