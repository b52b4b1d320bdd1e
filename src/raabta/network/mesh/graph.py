"""The mesh of one step as a list of edges, and as a graph of networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from raabta.base.errors import RaabtaError
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.network.mesh.paths import NO_NODE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.walking import Step

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LASER, GROUND = "laser", "ground"
SATELLITE, PLACE = "satellite", "place"
DELAY_MS_PER_KM: Final = 1e3 / SPEED_OF_LIGHT_KM_S
"""Light's one-way delay over one km."""


class Edges(NamedTuple):
    """Links of one step, (e,) each: nodes at both ends (satellites from 0, places after them), whether it is
    a link to the ground, km."""

    one: Ints
    other: Ints
    ground: NDArray[np.bool_]
    km: Floats


def edges_of(step: Step) -> Edges:
    """Lasers that hold, each once, the lower number first; then links to the ground, by place."""
    neighbour = step.lasers.neighbour
    count = len(neighbour)
    held = (neighbour != NO_NODE) & np.isfinite(step.km) & (neighbour > np.arange(count)[:, None])
    one, column = np.nonzero(held)
    place = np.repeat(np.arange(step.links.start.size - 1), np.diff(step.links.start)) + count
    satellite = step.links.satellite.astype(np.int64)
    return Edges(
        np.concatenate([one, place]),
        np.concatenate([neighbour[one, column].astype(np.int64), satellite]),
        np.arange(one.size + place.size) >= one.size,
        np.concatenate([step.km[one, column], step.links.range_km]),
    )


def graph_of(step: Step, names: Sequence[str]) -> Any:
    """An undirected `networkx.Graph` of one step. Nodes are numbers with `name` and `kind` (satellite,
    place), edges have `km`, `delay_ms` (one way) and `kind` (laser, ground); names are of all nodes.

    Raises RaabtaError where networkx is not installed, and says how it is.
    """
    try:
        import networkx
    except ImportError:
        raise RaabtaError(
            "a graph wants networkx, which is not installed: `pip install 'raabta[bench]'`"
        ) from None
    graph, found = networkx.Graph(), edges_of(step)
    satellites = len(step.lasers.neighbour)
    for node, name in enumerate(names):
        graph.add_node(node, name=name, kind=SATELLITE if node < satellites else PLACE)
    rows = zip(*(column.tolist() for column in found), strict=True)
    graph.add_edges_from(
        (a, b, {"km": km, "delay_ms": km * DELAY_MS_PER_KM, "kind": GROUND if ground else LASER})
        for a, b, ground, km in rows
    )
    return graph
