"""Rows of `network.mesh`: shortest ways between ground nodes over lasers, beside SciPy and networkx."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from raabta.access.rings import equal_area
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, START, Floats
from raabta.network.mesh.paths import GroundLinks, Lasers, laser_km, nearest_gateway, plus_grid, route
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

ELEVATION_DEG = 25.0
LIMIT_KM = 1e-6
Ints = NDArray[np.int64]


class Space(NamedTuple):
    """A +Grid of one shell, ground nodes and the ones that ways lead to."""

    lasers: Lasers
    km: Floats
    links: GroundLinks
    destination: Ints


def space(planes: int, ground: int, destinations: int, satellites_per_plane: int | None = None) -> Space:
    """A shell at 550 km, as many satellites a plane as planes unless said; ground nodes drawn over Earth."""
    count = satellites_per_plane or planes
    shell = Shell(
        altitude_km=550.0, inclination_deg=53.0, planes=planes, satellites_per_plane=count, phasing=1
    )
    fleet = Propagator.from_elements(walker(shell, START), START)
    position_km = np.ascontiguousarray(fleet.positions_km(np.array([START]))[0])
    lasers = plus_grid(planes, count, 1)
    rng = np.random.default_rng(SEED)
    return Space(
        lasers,
        laser_km(lasers, position_km),
        _links(position_km, ground, rng),
        np.arange(min(destinations, ground)),
    )


def _links(position_km: Floats, ground: int, rng: np.random.Generator) -> GroundLinks:
    """Every satellite above 25 degrees of ground nodes below 56 degrees of latitude."""
    rings = equal_area(40_000)
    good = np.flatnonzero(np.abs(rings.cell_latitude_deg) < 56.0)
    node = np.sort(rng.choice(good, ground, replace=False))
    start, satellite, range_km = [0], [], []
    for place, up in zip(rings.site_km[:, node].T, rings.basis[2][:, node].T, strict=True):
        offset = position_km - place[:, None]
        slant = np.linalg.norm(offset, axis=0)
        seen = np.flatnonzero(up @ offset >= np.sin(np.radians(ELEVATION_DEG)) * slant)
        satellite.append(seen.astype(np.int32))
        range_km.append(slant[seen])
        start.append(start[-1] + seen.size)
    return GroundLinks(np.array(start), np.concatenate(satellite), np.concatenate(range_km))


def edges(where: Space) -> tuple[Ints, Ints, Floats, int]:
    """The same graph as a list of edges from, to, km: a ground node is two nodes, one to leave from and one
    to arrive at, so that it does not relay; and how many nodes there are."""
    n, g = where.km.shape[0], where.links.start.size - 1
    there = np.isfinite(where.km)
    node = np.repeat(np.arange(g), np.diff(where.links.start))
    low, high = (
        np.repeat(np.arange(n), 4).reshape(n, 4)[there],
        where.lasers.neighbour[there].astype(np.int64),
    )
    satellite = where.links.satellite.astype(np.int64)
    tail = np.concatenate([low, n + node, satellite])
    head = np.concatenate([high, satellite, n + g + node])
    return (
        tail,
        head,
        np.concatenate([where.km[there], where.links.range_km, where.links.range_km]),
        n + 2 * g,
    )


def by_scipy(where: Space, nearest: bool = False) -> Callable[[], Floats]:
    """Kilometres from each destination, or from the nearest, to every ground node, by csgraph.dijkstra; the
    graph is built here."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n, g = where.km.shape[0], where.links.start.size - 1

    def work() -> Floats:
        tail, head, km, nodes = edges(where)
        graph = csr_array((km, (tail, head)), shape=(nodes, nodes))
        if nearest:
            return np.asarray(dijkstra(graph, indices=n + where.destination, min_only=True)[n + g :])
        return np.asarray(dijkstra(graph, indices=n + where.destination)[:, n + g :])

    return work


def by_networkx(where: Space) -> Callable[[], Floats]:
    """The same by networkx, from a graph that stands ready."""
    import networkx

    n, g = where.km.shape[0], where.links.start.size - 1
    tail, head, km, _ = edges(where)
    graph = networkx.DiGraph()
    graph.add_weighted_edges_from(zip(tail.tolist(), head.tolist(), km.tolist(), strict=True))

    def work() -> Floats:
        out = np.full((where.destination.size, g), np.inf)
        for row, target in enumerate(where.destination.tolist()):
            found = networkx.single_source_dijkstra_path_length(graph, n + target)
            for node in range(g):
                out[row, node] = found.get(n + g + node, np.inf)
        return out

    return work


def _case(with_networkx: bool, planes: int, ground: int) -> Callable[[bool], Case]:
    """Ways to 100 of the ground nodes, over planes x planes satellites."""

    def case(quick: bool) -> Case:
        where = space(40, 200, 20) if quick else space(planes, ground, 100)
        few = where._replace(destination=where.destination[:3])
        return Case(
            size=_size(where),
            ours=lambda: route(where.lasers, where.km, where.links, where.destination, threads=2),
            amount=float(where.destination.size),
            peer=_networkx(few) if with_networkx else _scipy(where),
            same=lambda ours, theirs: _same_km(ours, theirs, where),
        )

    return case


def _gateway(quick: bool) -> Case:
    where = space(40, 200, 20) if quick else space(100, 1_000, 30)
    n, gateway = where.km.shape[0], where.destination

    def difference(ours: Any, theirs: Floats) -> Difference:
        exact = theirs.copy()
        exact[gateway] = 0.0  # for the split graph, up and down again
        return _apart(ours[0][n:], exact)

    return Case(
        size=_size(where),
        ours=lambda: nearest_gateway(where.lasers, where.km, where.links, gateway),
        amount=1.0,
        peer=_scipy(where, nearest=True),
        same=difference,
    )


def _size(where: Space) -> str:
    ground, ways = where.links.start.size - 1, where.destination.size
    return f"{where.km.shape[0]:,} satellites, {ground:,} ground nodes, ways to {ways} of them"


def _scipy(where: Space, nearest: bool = False) -> Peer:
    import scipy

    amount = 1.0 if nearest else float(where.destination.size)
    return Peer(f"SciPy {scipy.__version__} csgraph.dijkstra", by_scipy(where, nearest), amount)


def _networkx(where: Space) -> Peer | str:
    if find_spec("networkx") is None:
        return "networkx is not installed (`pip install raabta[bench]`)"
    return Peer(
        f"networkx, {where.destination.size} of the ways", by_networkx(where), float(where.destination.size)
    )


def _same_km(ours: Any, theirs: Floats, where: Space) -> Difference:
    """A destination's way to itself is 0 for ours; through a satellite and back for the split graph."""
    mine = ours.km[: theirs.shape[0], where.km.shape[0] :].copy()
    rows = np.arange(theirs.shape[0])
    mine[rows, where.destination[rows]] = theirs[rows, where.destination[rows]] = 0.0
    return _apart(mine, theirs)


def _apart(mine: Floats, theirs: Floats) -> Difference:
    if not np.array_equal(np.isfinite(mine), np.isfinite(theirs)):
        return Difference("ways that only one of both has", float("inf"), 0.0, "ways")
    reached = np.isfinite(theirs)
    return Difference("longest difference", float(np.abs(mine - theirs)[reached].max()), LIMIT_KM, "km")


_WORK = "shortest ways over a +Grid, ground nodes do not relay"
ROWS = (
    Row(
        "paths",
        _WORK,
        "destinations",
        _case(False, 100, 1_000),
        threads=2,
        floor=Floor(2_500.0, 4.0),
        quick_floor=Floor(3_000.0),
    ),
    Row(
        "paths-4k",
        _WORK,
        "destinations",
        _case(False, 66, 1_000),
        threads=2,
        floor=Floor(4_000.0, 4.0),
        quick_floor=Floor(3_000.0),
    ),
    Row(
        "paths-gateway",
        "way to the nearest of some ground nodes, which do not relay",
        "graphs",
        _gateway,
        goal=Goal("ms", 1.5, 0.3),
        floor=Floor(200.0, 2.0),
        quick_floor=Floor(500.0),
    ),
    Row(
        "paths-networkx",
        _WORK,
        "destinations",
        _case(True, 100, 1_000),
        threads=2,
        floor=Floor(2_500.0, 150.0),
        quick_floor=Floor(3_000.0),
    ),
)
