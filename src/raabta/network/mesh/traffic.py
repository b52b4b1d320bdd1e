"""What pairs send over the mesh at a step: fair rates, and what stops each pair."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh.alternatives import Routing, find_ways
from raabta.network.mesh.fibre import landed_ways
from raabta.network.mesh.flow_kernels import LASER
from raabta.network.mesh.flow_programs import most_throughput
from raabta.network.mesh.flows import DEMAND_MET, NO_WAY, Capacities, Demands, resources_of, share
from raabta.network.mesh.load_aware import load_aware_ways
from raabta.network.mesh.walking import seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.alternatives import Ways
    from raabta.network.mesh.flows import Resources, Shares
    from raabta.network.mesh.walking import Mesh, Step
    from raabta.scenario.fibre import Cable
    from raabta.scenario.paths import Traffic

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

STOPS: Final = (
    "demand met",
    "no way",
    "a laser",
    "a satellite's ground links",
    "a place",
    "a beam",
    "a satellite's feeders",
    "a gateway",
    "fibre",
)
"""What stops a flow, by the number that a chunk keeps."""
MET, WITHOUT, BY_LASER, BY_SATELLITE, BY_PLACE, BY_BEAM, BY_FEEDERS, BY_GATEWAY, BY_FIBRE = range(9)
_OF_BLOCK: Final = np.repeat(
    [BY_LASER, BY_BEAM, BY_SATELLITE, BY_FEEDERS, BY_PLACE, BY_FIBRE], [1, 2, 2, 2, 2, 1]
)


class Shared(NamedTuple):
    """Flows (p,) of one step: Mbps, and what stops each, a number of `STOPS`; the most that any sharing could
    carry over the same ways, Mbps, NaN where it is not asked for.

    gateway (p,): the place where most of each lands, -1 for none; landed_mbps (g,): at each place; pops_mbps
    (v,): at each point of presence."""

    rate_mbps: Floats
    stop: Ints
    most_mbps: float
    gateway: Ints
    landed_mbps: Floats
    pops_mbps: Floats


def asked_mbps(traffic: Traffic, pairs: Ints, people: Floats, distance_km: Floats) -> Floats:
    """What each pair (p, 2) asks for, (p,), all together `total_mbps`. people (g,), distance_km (p,).

    Nobody asks where all places are without people.
    """
    if traffic.demand == "equal":
        weight = np.ones(len(pairs))
    else:
        weight = people[pairs[:, 0]] * people[pairs[:, 1]]
        weight = weight / np.maximum(distance_km, 1.0) ** traffic.distance_exponent_ratio
    total = weight.sum()
    return np.asarray(traffic.total_mbps * weight / total if total > 0.0 else np.zeros(len(pairs)))


def share_at(mesh: Mesh, step: Step, asked: Floats, *, threads: int = 1) -> Shared:
    """Share what carries the flows of a mesh at one step. asked (p,): Mbps."""
    traffic = mesh.scenario.traffic
    assert traffic is not None
    resources, demands = capacities_at(mesh, step, traffic), Demands.of(mesh.pairs, asked)
    ways = ways_of_pairs(mesh, step, demands, threads)
    none = np.full(ways.km.size, -1)
    gateway, pop = none, none
    if mesh.fibre is not None and step.behind is not None:
        at_s = seconds(mesh, step.number)
        ways, gateway, pop = landed_ways(ways, mesh.fibre, step.behind, mesh.propagator.count, at_s)
    found = share(resources, ways, demands, split=traffic.split)
    most = most_throughput(resources, ways, demands).total_mbps if traffic.bound else float("nan")
    return Shared(
        found.rate_mbps,
        stops_of(resources, found),
        most,
        _by_most(ways, found.way_mbps, gateway),
        _summed(gateway, found.way_mbps, mesh.sites.count),
        _summed(pop, found.way_mbps, 0 if mesh.fibre is None else mesh.fibre.count - 1),
    )


def _by_most(ways: Ways, way_mbps: Floats, what: Ints) -> Ints:
    """Of each pair what its way that carries most has, of equal ones the first; -1 where nothing is."""
    count = np.diff(ways.first)
    flow = np.repeat(np.arange(count.size), count)
    order = np.lexsort((np.arange(flow.size), -way_mbps, flow))
    out, there = np.full(count.size, -1), count > 0
    best = order[ways.first[:-1][there]]
    out[there] = np.where(way_mbps[best] > 0.0, what[best], -1)
    return out


def _summed(where: Ints, way_mbps: Floats, size: int) -> Floats:
    """What ways carry to each of so many ends."""
    own = where >= 0
    return np.bincount(where[own], way_mbps[own], size).astype(np.float64)


def ways_of_pairs(mesh: Mesh, step: Step, demands: Demands, threads: int = 1) -> Ways:
    """The ways that each pair's flow is spread over, by the rule of the scenario's traffic."""
    traffic, routing = mesh.scenario.traffic, mesh.scenario.routing
    assert traffic is not None
    if traffic.rule == "load-aware":
        bare = replace(_limits(mesh, step, traffic), fibre_mbps=np.inf)
        return load_aware_ways(step.lasers, step.km, step.ends, bare, demands, threads=threads)[0]
    equal = traffic.rule == "equal-cost"
    wanted = Routing(
        rule="shortest" if traffic.rule == "equal-cost" else traffic.rule,
        ways=traffic.ways,
        measure="km" if routing.shortest_by == "delay" else "hops",
        relay=routing.relay,
        within_km=traffic.equal_within_km if equal else np.inf,
    )
    return find_ways(step.lasers, step.km, step.ends, mesh.pairs, wanted, threads=threads)


def _cables(mesh: Mesh) -> tuple[Cable, ...]:
    return () if mesh.fibre is None else mesh.fibre.cables


def capacities_at(mesh: Mesh, step: Step, traffic: Traffic) -> Resources:
    """What lasers, satellites, places and cables carry at one step."""
    ends = [(cable.one, cable.other) for cable in _cables(mesh)]
    return resources_of(step.lasers, step.km, step.ends, _limits(mesh, step, traffic), ends)


def _limits(mesh: Mesh, step: Step, traffic: Traffic) -> Capacities:
    gateway = np.zeros(mesh.grounds, np.bool_)
    if step.behind is not None:
        gateway[mesh.gateways] = True
    left = mesh.left_share if step.behind is not None else np.ones(mesh.grounds)
    ground = left * np.where(gateway, traffic.gateway_mbps or traffic.place_mbps, traffic.place_mbps)
    place = np.repeat(np.arange(mesh.grounds), np.diff(step.ends.start))
    feeders = traffic.feeder_mbps or traffic.satellite_mbps
    feeder = np.where(left[place] < 1.0, left[place] * feeders, np.inf)
    beam = np.where(gateway[place], feeder, np.inf if traffic.beam_mbps is None else traffic.beam_mbps)
    return Capacities(
        laser_mbps=mesh.topology.rate_mbps,
        link_up_mbps=beam,
        link_down_mbps=beam,
        users_up_mbps=traffic.satellite_mbps,
        users_down_mbps=traffic.satellite_mbps,
        feeders_up_mbps=feeders,
        feeders_down_mbps=feeders,
        ground_up_mbps=ground,
        ground_down_mbps=ground,
        fibre_mbps=[cable.rate_mbps for cable in _cables(mesh)],
        gateway=gateway,
    )


def stops_of(resources: Resources, found: Shares) -> Ints:
    """What stops each flow (p,): numbers of `STOPS`."""
    block = np.searchsorted(resources.network.block, np.maximum(found.binding, 0), side="right") - 1
    stop = _OF_BLOCK[np.clip(block, LASER, len(_OF_BLOCK) - 1)]
    place = np.maximum(found.binding, 0) - resources.network.block[block]
    gates = resources.network.gateway
    at_gateway = (stop == BY_PLACE) & gates[np.clip(place, 0, gates.size - 1)]
    stop = np.where(at_gateway, BY_GATEWAY, stop)
    links = np.repeat(gates, np.diff(resources.network.start))
    of_links = (stop == BY_BEAM) & links[np.clip(place, 0, links.size - 1)]
    stop = np.where(of_links, BY_FEEDERS, stop)  # what others leave of one
    stop = np.where(found.binding == DEMAND_MET, MET, stop)
    return np.where(found.binding == NO_WAY, WITHOUT, stop)
