"""Rows of `network.mesh`: a whole step of ways, from positions to the forwarding state, beside SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.network.mesh.paths import Routes
from raabta.network.mesh.timeline import ways_at
from raabta.network.mesh.walking import Mesh, Step, walk

CITIES = 100
STEPS = 16
LIMIT_KM = 1e-6
Floats = NDArray[np.float64]


def mesh_of(planes: int, satellites_per_plane: int, phasing: int, cities: int) -> Mesh:
    """A Walker shell at 550 km with +Grid, the largest cities of the world, and ways to each of them."""
    from raabta.scenario.catalogue import entry
    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.run import prepare

    shell = {
        "altitude_km": 550.0,
        "inclination_deg": 53.0,
        "planes": planes,
        "satellites_per_plane": satellites_per_plane,
        "phasing": phasing,
    }
    system = {**entry("starlink-gen1").data, "shells": [shell], "lasers": {"pattern": "plus-grid"}}
    asked = {
        "kind": "paths",
        "name": "bench",
        "constellation": system,
        "ground": {"largest_cities": cities},
        "routing": {"keep_states": True},
    }
    return prepare(PathScenario.model_validate(asked))[0]


def _step(planes: int, satellites_per_plane: int, phasing: int) -> Callable[[bool], Case]:
    """Positions, lasers, ground links and the forwarding state of some steps of a run in a row."""

    def case(quick: bool) -> Case:
        size = (24, 22, 5, 20) if quick else (planes, satellites_per_plane, phasing, CITIES)
        mesh = mesh_of(*size)
        *_, last = walk(mesh, range(STEPS))

        def ours() -> Routes:
            *_, routes = (ways_at(mesh, step, threads=2) for step in walk(mesh, range(STEPS)))
            return routes

        name = f"SciPy {scipy.__version__} csgraph.dijkstra with predecessors; links stand ready"
        return Case(
            size=f"{mesh.propagator.count:,} satellites, {mesh.sites.count} cities, ways to all of them",
            ours=ours,
            amount=float(STEPS),
            peer=Peer(name, _dijkstra(mesh, last), 1.0),
            same=_same_km,
        )

    return case


def _dijkstra(mesh: Mesh, step: Step) -> Callable[[], Floats]:
    n, g = mesh.propagator.count, mesh.sites.count
    there = np.isfinite(step.km)
    tail = np.repeat(np.arange(n), there.shape[1]).reshape(there.shape)[there]
    node, satellite = (
        np.repeat(np.arange(g), np.diff(step.links.start)),
        step.links.satellite.astype(np.int64),
    )

    def work() -> Floats:
        # A city is two nodes, one to leave from and one to arrive at, so that it does not relay.
        row = np.concatenate([tail, n + node, satellite])
        column = np.concatenate([step.lasers.neighbour[there].astype(np.int64), satellite, n + g + node])
        km = np.concatenate([step.km[there], step.links.range_km, step.links.range_km])
        graph = csr_array((km, (row, column)), shape=(n + 2 * g, n + 2 * g))
        found, _ = dijkstra(graph, indices=n + np.arange(g), return_predecessors=True)
        return np.asarray(found[:, n + g :])

    return work


def _same_km(ours: Any, theirs: Floats) -> Difference:
    """Ways between cities at the last step, by both; a city's way to itself is left out."""
    mine = np.asarray(ours.km[:, -theirs.shape[1] :])
    apart = ~np.eye(len(theirs), dtype=bool)
    return Difference(
        "longest difference of a way", float(np.abs(mine - theirs)[apart].max()), LIMIT_KM, "km"
    )


_WORK = "a step of ways: positions, lasers, ground links, and the next node of every node to every city"
ROWS = (
    Row(
        "step",
        _WORK,
        "steps",
        _step(72, 22, 39),
        threads=2,
        goal=Goal("ms each", 8.0, 4.0),
        floor=Floor(80.0, 2.0),
        quick_floor=Floor(150.0),
    ),
    Row(
        "step-10k",
        _WORK,
        "steps",
        _step(100, 100, 1),
        threads=2,
        goal=Goal("ms each", 40.0, 12.0),
        floor=Floor(12.0, 2.0),
        quick_floor=Floor(150.0),
    ),
)
