"""Rows of `network.mesh.topology`: lasers of an instant, beside NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import START, Floats
from raabta.network.mesh.paths import Lasers as Table
from raabta.network.mesh.paths import laser_km
from raabta.network.mesh.topology import Links, Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.lasers import Lasers
from raabta.scenario.models import Constellation, Shell

LIMIT_KM = 1e-6
LONGEST_KM = 1_500.0


class Sky(NamedTuple):
    """Lasers of a shell prepared, and where its satellites are, (3, n) km."""

    topology: Topology
    position_km: Floats


@cache
def sky(planes: int, lasers: Lasers) -> Sky:
    """A shell of planes x planes satellites at 550 km."""
    shell = Shell(
        altitude_km=550.0, inclination_deg=53.0, planes=planes, satellites_per_plane=planes, phasing=1
    )
    base = entry("starlink-gen1").model
    assert isinstance(base, Constellation)
    whole = base.model_copy(update={"shells": (shell,), "lasers": lasers})
    fleet = Propagator.from_constellation(whole, START)
    return Sky(Topology.of(whole, fleet), np.ascontiguousarray(fleet.positions_km(np.array([START]))[0]))


def _grid(quick: bool) -> Case:
    where = sky(40 if quick else 100, Lasers())
    return Case(
        size=f"{where.position_km.shape[1]:,} satellites",
        ours=lambda: where.topology.at(where.position_km),
        amount=float(where.position_km.shape[1]),
        peer=Peer(f"NumPy {np.__version__}", _by_numpy(where), float(where.position_km.shape[1])),
        same=_same_lengths,
    )


def _by_numpy(where: Sky) -> Callable[[], Floats]:
    """Lengths of the same table by whole arrays, with the height of every laser's middle above the ground:
    satellites of one shell are nearest to the Earth there."""
    table: Table = where.topology.table
    floor_km = where.topology.limits.floor_km

    def work() -> Floats:
        km = laser_km(table, where.position_km)
        place = where.position_km.T
        middle = 0.5 * (place[table.neighbour] + place[:, None])
        return np.where(np.einsum("skx,skx->sk", middle, middle) >= floor_km**2, km, np.inf)

    return work


def _same_lengths(ours: Links, theirs: Floats) -> Difference:
    there = np.isfinite(theirs)
    if not np.array_equal(there, np.isfinite(ours.km)):
        return Difference("lasers that only one of both has", float("inf"), 0.0, "lasers")
    return Difference("longest difference", float(np.abs(ours.km - theirs)[there].max()), LIMIT_KM, "km")


def _nearest(quick: bool) -> Case:
    import scipy

    where = sky(40 if quick else 100, Lasers(pattern="nearest", max_range_km=LONGEST_KM))
    return Case(
        size=f"{where.position_km.shape[1]:,} satellites of four terminals, up to {LONGEST_KM:,.0f} km",
        ours=lambda: where.topology.at(where.position_km),
        amount=float(where.position_km.shape[1]),
        peer=Peer(
            f"SciPy {scipy.__version__} cKDTree, a sort and a loop",
            _by_tree(where),
            float(where.position_km.shape[1]),
        ),
        same=_same_pairs,
    )


def _by_tree(where: Sky) -> Callable[[], set[tuple[int, int]]]:
    """The same matching from all pairs in range: shortest first to the metre, then by numbers."""
    from scipy.spatial import cKDTree

    place = np.ascontiguousarray(where.position_km.T)

    def work() -> set[tuple[int, int]]:
        pair = cKDTree(place).query_pairs(LONGEST_KM, output_type="ndarray")
        metres = np.floor(1e3 * np.linalg.norm(place[pair[:, 0]] - place[pair[:, 1]], axis=1) + 0.5)
        free, found = [4] * len(place), set()
        for a, b in pair[np.lexsort((pair[:, 1], pair[:, 0], metres))].tolist():
            if free[a] and free[b]:
                free[a] -= 1
                free[b] -= 1
                found.add((a, b))
        return found

    return work


def _same_pairs(ours: Links, theirs: Any) -> Difference:
    satellite, column = np.nonzero(np.isfinite(ours.km))
    other = ours.lasers.neighbour[satellite, column]
    mine = {(int(a), int(b)) for a, b in zip(satellite, other, strict=True) if a < b}
    return Difference("lasers that only one of both has", float(len(mine ^ theirs)), 0.0, "lasers")


ROWS = (
    Row(
        "topology-grid",
        "which lasers of a +Grid hold, and their lengths",
        "satellites",
        _grid,
        floor=Floor(3e7, 4.0),
        goal=Goal("ms", 1.0, 0.25),
        quick_floor=Floor(1e7),
    ),
    Row(
        "topology-nearest",
        "lasers to the nearest satellites, matched anew",
        "satellites",
        _nearest,
        floor=Floor(4e5, 10.0),
        goal=Goal("ms", 15.0, 8.0),
        quick_floor=Floor(3e5),
    ),
)
