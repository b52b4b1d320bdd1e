"""What pairs send over the mesh at a step: fair rates, and what stops each pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh.alternatives import Measure, Routing, Ways, find_ways
from raabta.network.mesh.flow_kernels import LASER
from raabta.network.mesh.flow_programs import most_throughput
from raabta.network.mesh.flows import DEMAND_MET, NO_WAY, Capacities, Demands, resources_of, share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.flows import Resources, Shares
    from raabta.network.mesh.timeline import Mesh, Step
    from raabta.scenario.paths import Traffic

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

STOPS: Final = ("demand met", "no way", "a laser", "a satellite's ground links", "a place")
"""What stops a flow, by the number that a chunk keeps."""
MET, WITHOUT, BY_LASER, BY_SATELLITE, BY_PLACE = range(5)
_OF_BLOCK: Final = np.array([BY_LASER, BY_PLACE, BY_PLACE, *[BY_SATELLITE] * 4, BY_PLACE, BY_PLACE])


class Shared(NamedTuple):
    """Flows (p,) of one step: Mbps, and what stops each, a number of `STOPS`; the most that any sharing could
    carry over the same ways, Mbps, NaN where it is not asked for."""

    rate_mbps: Floats
    stop: Ints
    most_mbps: float


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
    ways, resources = ways_of_pairs(mesh, step, traffic, threads), capacities_at(mesh, step, traffic)
    demands = Demands.of(mesh.pairs, asked)
    found = share(resources, ways, demands, split=traffic.split)
    most = most_throughput(resources, ways, demands).total_mbps if traffic.bound else float("nan")
    return Shared(found.rate_mbps, stops_of(resources, found), most)


def ways_of_pairs(mesh: Mesh, step: Step, traffic: Traffic, threads: int = 1) -> Ways:
    """The ways that each pair's flow is spread over."""
    measure: Measure = "km" if mesh.scenario.routing.shortest_by == "delay" else "hops"
    wanted = Routing(rule=traffic.rule, ways=traffic.ways, measure=measure, relay=mesh.scenario.routing.relay)
    return find_ways(step.lasers, step.km, step.links, mesh.pairs, wanted, threads=threads)


def capacities_at(mesh: Mesh, step: Step, traffic: Traffic) -> Resources:
    """What lasers, satellites and places carry at one step."""
    limits = Capacities(
        laser_mbps=mesh.topology.rate_mbps,
        users_up_mbps=traffic.satellite_mbps,
        users_down_mbps=traffic.satellite_mbps,
        ground_up_mbps=traffic.place_mbps,
        ground_down_mbps=traffic.place_mbps,
    )
    return resources_of(step.lasers, step.km, step.links, limits)


def stops_of(resources: Resources, found: Shares) -> Ints:
    """What stops each flow (p,): numbers of `STOPS`."""
    block = np.searchsorted(resources.network.block, np.maximum(found.binding, 0), side="right") - 1
    stop = _OF_BLOCK[np.clip(block, LASER, len(_OF_BLOCK) - 1)]
    stop = np.where(found.binding == DEMAND_MET, MET, stop)
    return np.where(found.binding == NO_WAY, WITHOUT, stop)
