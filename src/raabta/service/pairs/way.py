"""The way of one pair in full: which satellites it goes over, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.errors import LimitError
from raabta.network.mesh.paths import path_nodes
from raabta.network.mesh.timeline import ways_at
from raabta.network.mesh.walking import seconds, step_times, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.walking import Mesh, Step
    from raabta.service.pairs.ground import Places

MOST_STEPS: Final = 20_000
"""Longest run that one way is told of in full."""


@dataclass(frozen=True)
class Leg:
    """A time in which the way stays the same: its first step, how many steps, and its nodes; none for no way.

    Nodes are satellites from 0 on, and after them the places and the points of presence; a way that goes on
    in fibre names the gateway, and the point of presence that it is for.
    """

    first: int
    steps: int
    nodes: tuple[int, ...]


@dataclass(frozen=True)
class Track:
    """The way of one pair over a run: its legs, and one-way length (t,) km, infinite where there is none."""

    mesh: Mesh
    places: Places
    legs: tuple[Leg, ...]
    km: NDArray[np.float64]

    @property
    def satellites(self) -> list[int]:
        """Every satellite that the way ever goes over, rising."""
        count = self.mesh.propagator.count
        return sorted({node for leg in self.legs for node in leg.nodes if node < count})

    def name(self, node: int) -> str:
        """What a node is called."""
        count = self.mesh.propagator.count
        if node >= count:
            return self.places.name[node - count]
        return satellite_names(self.mesh)[node]


def satellite_names(mesh: Mesh) -> list[str]:
    """Names of all satellites, in the order of their numbers."""
    return list(mesh.propagator.satellites.names)


def track(mesh: Mesh, places: Places, pair: int = 0) -> Track:
    """Follow one pair of a mesh over its whole time. Raises LimitError for too many steps."""
    steps = mesh.scenario.time.steps
    if steps > MOST_STEPS:
        raise LimitError(
            f"{steps:,} steps are too many to tell a way in full; at most {MOST_STEPS:,}. "
            "Give a shorter --duration or a longer --step"
        )
    row, source = int(mesh.place[pair]), int(mesh.source[pair])
    km, nodes = np.empty(steps), []
    for i, step in enumerate(walk(mesh, range(steps))):
        routes = ways_at(mesh, step)
        km[i] = routes.km[row, source]
        nodes.append(_with_gateways(mesh, step, path_nodes(routes, row, source)))
    legs, first = [], 0
    for same, group in groupby(nodes):
        count = len(list(group))
        legs.append(Leg(first, count, same))
        first += count
    return Track(mesh, places, tuple(legs), km)


def _with_gateways(mesh: Mesh, step: Step, nodes: list[int]) -> tuple[int, ...]:
    """The nodes of a way with the gateway before each end in fibre, and the end itself for any of several."""
    if mesh.fibre is None or step.behind is None or len(nodes) < 2:
        return tuple(nodes)
    count, ends = mesh.propagator.count, []
    for node, satellite in ((nodes[0], nodes[1]), (nodes[-1], nodes[-2])):
        landed = mesh.fibre.land(
            step.behind, np.array([node - count]), np.array([satellite]), seconds(mesh, step.number)
        )
        gateway = int(landed.gateway[0])
        ends.append(
            [count + mesh.sites.count + int(landed.pop[0]), count + gateway] if gateway >= 0 else [node]
        )
    return (*ends[0], *nodes[1:-1], *reversed(ends[1]))


def positions_km(found: Track) -> NDArray[np.float64]:
    """Where the satellites of a track are at every step, Earth-fixed, (t, satellites, 3)."""
    mesh, own = found.mesh, np.array(found.satellites, np.int64)
    times = step_times(mesh.scenario, range(mesh.scenario.time.steps))
    parts = [
        mesh.propagator.positions_km(times[i : i + 100])[:, :, own].transpose(0, 2, 1)
        for i in range(0, len(times), 100)
    ]
    return np.concatenate(parts)
