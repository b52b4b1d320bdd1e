"""Rows of `access.rings`: coverage counts, candidate lists, and how cost grows with satellites."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raabta.access import buckets, coverage
from raabta.access.rings import Rings, candidates, count_in_view, equal_area
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import START, Floats, fleet, fleet_km, utc

ELEVATION_DEG = 25.0
SINE = np.sin(np.radians(ELEVATION_DEG))
ELEVATION_LIMIT_DEG = 1e-6
BLOCK = 64
"""Cells of NumPy at once: what a block of products takes stays in the cache (5 MB at 10,000 satellites)."""


def _sizes(quick: bool) -> tuple[int, int]:
    return (1_000, 4_000) if quick else (10_000, 40_000)


def _size(satellites: int, rings: Rings) -> str:
    return f"{satellites:,} satellites x {rings.count:,} cells, {ELEVATION_DEG:g} deg"


def in_view(site_km: Floats, normal: Floats) -> Callable[[Floats], Callable[[slice], Any]]:
    """The definition on WGS84, d . n >= s |d|, for all pairs of some sites (n, 3) and all satellites (3, m):
    how many each of a block of sites sees, by two matrix products."""
    height, square = np.einsum("ij,ij->i", normal, site_km), np.einsum("ij,ij->i", site_km, site_km)

    def of(position_km: Floats) -> Callable[[slice], Any]:
        far = np.einsum("ij,ij->j", position_km, position_km)

        def count(own: slice) -> Any:
            up = normal[own] @ position_km - height[own, None]
            range_km = np.sqrt(far + square[own, None] - 2.0 * (site_km[own] @ position_km))
            return np.count_nonzero(up >= SINE * range_km, axis=1)

        return count

    return of


def matmul_counts(rings: Rings, position_km: Floats, threads: int) -> Callable[[], NDArray[np.int32]]:
    """Satellites in view of every cell, by the definition, in blocks over plain threads."""
    out = np.empty(rings.count, np.int32)
    of = in_view(np.ascontiguousarray(rings.site_km.T), np.ascontiguousarray(rings.basis[2].T))
    count = of(position_km)

    def block(start: int) -> None:
        own = slice(start, start + BLOCK)
        out[own] = count(own)

    pool = ThreadPoolExecutor(threads)

    def work() -> NDArray[np.int32]:
        list(pool.map(block, range(0, rings.count, BLOCK)))
        return out

    return work


def _count(quick: bool) -> Case:
    satellites, cells = _sizes(quick)
    rings, position_km = equal_area(cells), fleet_km(satellites)
    pairs = satellites * rings.count / 1e6
    return Case(
        size=_size(satellites, rings),
        ours=lambda: count_in_view(rings, position_km, ELEVATION_DEG, threads=2),
        amount=pairs,
        peer=Peer(
            "NumPy, blocked matrix products, 2 threads", matmul_counts(rings, position_km, 2), pairs, 2
        ),
        same=lambda ours, theirs: Difference(
            "cells that count otherwise", float(np.count_nonzero(ours != theirs)), 0.0, "cells"
        ),
    )


def tree_lists(rings: Rings, position_km: Floats, threads: int) -> Callable[[], tuple[Floats, ...]]:
    """Pairs (cell, satellite) in view and their elevation: the lists of cKDTree within the longest range,
    then the elevation of each."""
    from scipy.spatial import cKDTree

    place, site, normal = position_km.T, rings.site_km.T, rings.basis[2].T
    shortest = np.sqrt(np.einsum("ij,ij->i", site, site)).min()
    flat = shortest * np.cos(np.radians(ELEVATION_DEG))
    highest = np.sqrt(np.einsum("ij,ij->i", place, place)).max()
    reach = np.sqrt(highest**2 - flat**2) - shortest * SINE + 25.0  # the Earth is not round

    def work() -> tuple[Floats, ...]:
        lists = cKDTree(place).query_ball_point(site, reach, workers=threads)
        cell = np.repeat(np.arange(len(lists)), [len(one) for one in lists])
        satellite = np.concatenate(lists).astype(np.int64)
        offset = place[satellite] - site[cell]
        up = np.einsum("ij,ij->i", offset, normal[cell]) / np.sqrt(np.einsum("ij,ij->i", offset, offset))
        kept = up >= SINE
        return cell[kept], satellite[kept], np.degrees(np.arcsin(up[kept]))

    return work


def _lists(of: Callable[[Rings, Floats], Callable[[], Any]]) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        satellites, cells = _sizes(quick)
        rings, position_km = equal_area(cells), fleet_km(satellites)
        pairs = satellites * rings.count / 1e6
        return Case(
            size=_size(satellites, rings),
            ours=of(rings, position_km),
            amount=pairs,
            peer=Peer("SciPy cKDTree lists, 2 workers", tree_lists(rings, position_km, 2), pairs, 2),
            same=_same_lists,
            more=lambda seen: {"k links found": round(seen.satellite.size / 1e3, 1)},
        )

    return case


def _candidates(rings: Rings, position_km: Floats) -> Callable[[], Any]:
    return lambda: candidates(rings, position_km, ELEVATION_DEG, ranges=False, azimuths=False, threads=2)


def _same_lists(ours: Any, theirs: tuple[Floats, ...]) -> Difference:
    """Pairs that only one has, or whose elevations are further apart than a millionth of a degree."""
    what = "links that differ, or whose elevation does by 1e-6 deg"
    cell, satellite, elevation = theirs
    own = np.repeat(np.arange(ours.start.size - 1), np.diff(ours.start))
    order, mine = np.lexsort((satellite, cell)), np.lexsort((ours.satellite, own))
    a = np.column_stack([own, ours.satellite])[mine]
    b = np.column_stack([cell, satellite])[order]
    if a.shape != b.shape or not np.array_equal(a, b):
        only = {tuple(pair) for pair in a.tolist()} ^ {tuple(pair) for pair in b.tolist()}
        return Difference(what, float(len(only)), 0.0, "links")
    apart = np.abs(ours.elevation_deg[mine] - elevation[order]) > ELEVATION_LIMIT_DEG
    return Difference(what, float(np.count_nonzero(apart)), 0.0, "links")


def _odd_sites(rings: Rings, position_km: Floats) -> Callable[[], Any]:
    sites = buckets.buckets(rings.cell_latitude_deg, rings.cell_longitude_deg, 0.0, ELEVATION_DEG)
    return lambda: buckets.candidates(sites, position_km, ranges=False, azimuths=False, threads=2)


def _over_time(quick: bool) -> Case:
    """One shell over one country, minute by minute: the step of a year of `raabta coverage`."""
    from raabta.access.cells import cells
    from raabta.orbits.propagate import Propagator
    from raabta.orbits.walker import walker
    from raabta.scenario.models import Area, Shell

    planes = 12 if quick else 72
    shell = Shell(altitude_km=550, inclination_deg=53, planes=planes, satellites_per_plane=22, phasing=1)
    satellites = Propagator.from_elements(walker(shell, START), START)
    table = cells(Area(cell_resolution=4 if quick else 5), [], [])
    latitude, longitude = table["latitude_deg"].values, table["longitude_deg"].values
    ground, times = coverage.ground(latitude, longitude), utc(coverage.SLICE_STEPS, 60)
    return Case(
        size=f"{satellites.count:,} satellites x {ground.count:,} cells, {times.size} steps",
        ours=lambda: coverage.tally(ground, satellites, times, ELEVATION_DEG, 4),
        amount=times.size / 1e3,
        peer=Peer(
            "NumPy, blocked matrix products, positions given",
            _summed(latitude, longitude, satellites.positions_km(times)),
            times.size / 1e3,
        ),
        same=lambda ours, theirs: Difference(
            "cells that see otherwise", float(np.count_nonzero(ours.total != theirs)), 0.0, "cells"
        ),
    )


def _summed(latitude: Floats, longitude: Floats, position_km: Floats) -> Callable[[], Floats]:
    """Satellites in view of every cell, summed over the steps of positions (t, 3, n), by the definition."""
    from raabta.base.frames import enu_basis, geodetic_to_fixed

    of = in_view(geodetic_to_fixed(latitude, longitude), enu_basis(latitude, longitude)[:, 2])

    def work() -> Floats:
        total = np.zeros(latitude.size)
        for at in position_km:
            count = of(at)
            for first in range(0, latitude.size, BLOCK):
                own = slice(first, first + BLOCK)
                total[own] += count(own)
        return total

    return work


def _curve(satellites: int) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        count = satellites // 10 if quick else satellites
        rings, now = equal_area(4_000 if quick else 40_000), np.array([START])
        propagator = fleet(count)

        def step() -> Any:
            position_km = propagator.positions_km(now)[0]
            return candidates(rings, position_km, ELEVATION_DEG, threads=2)

        links = step().satellite.size / 1e6
        return Case(size=_size(count, rings), ours=step, amount=links, more=lambda seen: _links(seen))

    return case


def _links(seen: Any) -> dict[str, float]:
    return {"k links": round(seen.satellite.size / 1e3, 1)}


_STEP = "positions, who sees whom, elevation, range, azimuth"
ROWS = (
    Row(
        "coverage-count",
        "satellites in view of every cell, WGS84",
        "M pairs",
        _count,
        threads=2,
        goal=Goal("ratio", 400.0, 1_000.0),
        floor=Floor(50_000.0, 150.0),
        quick_floor=Floor(5_000.0),
    ),
    Row(
        "candidates",
        "lists of satellites in view with elevation",
        "M pairs",
        _lists(_candidates),
        threads=2,
        goal=Goal("ratio", 10.0, 25.0),
        floor=Floor(4_000.0, 5.0),
        quick_floor=Floor(400.0),
    ),
    Row(
        "buckets",
        "lists of satellites in view of sites anywhere, with elevation",
        "M pairs",
        _lists(_odd_sites),
        threads=2,
        floor=Floor(2_000.0, 3.0),
        quick_floor=Floor(200.0),
    ),
    Row(
        "coverage-steps",
        "positions, who sees whom, statistics: one shell, one country",
        "k steps",
        _over_time,
        floor=Floor(3.0, 100.0),
        quick_floor=Floor(10.0),
    ),
    *(
        Row(
            f"curve-{satellites // 1000}k",
            _STEP,
            "M links",
            _curve(satellites),
            threads=2,
            floor=Floor(15.0),
            quick_floor=Floor(0.3),
        )
        for satellites in (1_000, 3_000, 10_000, 30_000)
    ),
)
