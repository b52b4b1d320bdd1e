"""The mesh of one step as a list of edges, and as a graph of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from raabta.base.errors import RaabtaError
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.mesh.fibre import FIBRE_SPEED_RATIO
from raabta.network.mesh.paths import NO_NODE
from raabta.network.mesh.walking import seconds
from raabta.scenario.fibre import left_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.walking import Mesh, Step

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LASER, GROUND, FIBRE = "laser", "ground", "fibre"
SATELLITE, PLACE, POP = "satellite", "place", "pop"
DELAY_MS_PER_KM: Final = 1e3 / SPEED_OF_LIGHT_KM_S
"""Light's one-way delay over one km of free space."""


class Edges(NamedTuple):
    """Links of one step, (e,) each: nodes at both ends (satellites from 0, places after them, then points of
    presence), what they are, km, and the delay of light one way, ms, which is longer in fibre."""

    one: Ints
    other: Ints
    kind: NDArray[np.str_]
    km: Floats
    delay_ms: Floats


def edges_of(mesh: Mesh, step: Step) -> Edges:
    """Lasers that hold, each once, the lower number first; then links to the ground, by place; then the
    cables behind gateways that are whole, in their order."""
    neighbour = step.lasers.neighbour
    count = len(neighbour)
    held = (neighbour != NO_NODE) & np.isfinite(step.km) & (neighbour > np.arange(count)[:, None])
    one, column = np.nonzero(held)
    place = np.repeat(np.arange(step.links.start.size - 1), np.diff(step.links.start)) + count
    satellite = step.links.satellite.astype(np.int64)
    fibre, fibre_km = _fibre(mesh, seconds(mesh, step.number))
    km = np.concatenate([step.km[one, column], step.links.range_km, fibre_km])
    sizes = (one.size, place.size, fibre_km.size)
    ratio = np.repeat([1.0, 1.0, FIBRE_SPEED_RATIO], sizes)
    return Edges(
        np.concatenate([one, place, fibre[:, 0]]),
        np.concatenate([neighbour[one, column].astype(np.int64), satellite, fibre[:, 1]]),
        np.repeat([LASER, GROUND, FIBRE], sizes),
        km,
        km / ratio * DELAY_MS_PER_KM,
    )


def _fibre(mesh: Mesh, at_s: float) -> tuple[Ints, Floats]:
    """Cables that are whole at a time: nodes at both ends (c, 2), and km of glass (c,)."""
    scenario, first = mesh.scenario, mesh.propagator.count
    gateways = zip(scenario.gateways, mesh.gateways.tolist(), strict=True)
    node = {station.name: first + place for station, place in gateways}
    node |= {pop.name: first + mesh.sites.count + i for i, pop in enumerate(scenario.pops)}
    left = left_at(scenario.failures, scenario.cables, at_s)
    ends = np.array([(node[each.one], node[each.other]) for each in left], np.int64).reshape(-1, 2)
    return ends, scenario.routing.fibre_route_ratio * np.array([each.great_circle_km for each in left])


def kinds_of(mesh: Mesh) -> NDArray[np.str_]:
    """What each node is: satellites, places, points of presence."""
    counts = (mesh.propagator.count, mesh.sites.count, len(mesh.scenario.pops))
    return np.repeat([SATELLITE, PLACE, POP], counts)


def graph_of(mesh: Mesh, step: Step, names: Sequence[str]) -> Any:
    """An undirected `networkx.Graph` of one step. Nodes are numbers with `name` and `kind` (satellite,
    place, pop), edges have `km`, `delay_ms` (one way) and `kind` (laser, ground, fibre); names are of all
    nodes.

    Raises RaabtaError where networkx is not installed, and says how it is.
    """
    try:
        import networkx
    except ImportError:
        raise RaabtaError(
            "a graph wants networkx, which is not installed: `pip install 'raabta[bench]'`"
        ) from None
    graph, found = networkx.Graph(), edges_of(mesh, step)
    for node, (name, kind) in enumerate(zip(names, kinds_of(mesh).tolist(), strict=True)):
        graph.add_node(node, name=name, kind=kind)
    rows = zip(*(column.tolist() for column in found), strict=True)
    graph.add_edges_from(
        (a, b, {"km": km, "delay_ms": delay_ms, "kind": kind}) for a, b, kind, km, delay_ms in rows
    )
    return graph
