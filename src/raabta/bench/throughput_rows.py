"""Row of `network.throughput`: the whole curve over ground stations, beside a maximum flow a point."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Peer, Row
from raabta.bench.instances import SEED, Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.throughput.curve import Rules
    from raabta.network.throughput.sky import Step

PEER_POINTS = 5
MOST_KBPS = 200_000
"""Of a satellite's demand; small enough for the 32 bits of SciPy's sum."""


def torus(planes: int, stations: int) -> Step:
    """planes x planes satellites by +Grid, a third of them with demand; stations that see a patch each."""
    from raabta.network.mesh.paths import plus_grid
    from raabta.network.throughput.kernels import Lasers, Links
    from raabta.network.throughput.sky import Step, back_lasers

    rng = np.random.default_rng(SEED)
    count = planes * planes
    demand = rng.integers(0, MOST_KBPS, count) * (rng.random(count) < 1.0 / 3.0)
    patch = (np.arange(12)[:, None] * planes + np.arange(12)).ravel()
    seen = (rng.integers(0, count, stations)[:, None] + patch) % count
    kbps = rng.integers(MOST_KBPS // 40, MOST_KBPS // 20, seen.size)
    links = Links(np.arange(stations + 1) * patch.size, seen.ravel().astype(np.int32), kbps)
    neighbour = plus_grid(planes, planes, 1).neighbour
    return Step(demand, links, Lasers(neighbour, back_lasers(neighbour)))


def by_scipy(step: Step, rules: Rules, sizes: NDArray[np.int64]) -> Callable[[], Floats]:
    """Mbps by csgraph.maximum_flow with the first stations, as many as each of `sizes` says."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    n, links = step.demand_kbps.size, step.links
    near, slot = np.nonzero(step.lasers.neighbour >= 0)
    tail = np.concatenate([np.full(n, n), near, np.arange(n)])
    head = np.concatenate([np.arange(n), step.lasers.neighbour[near, slot], np.full(n, n + 1)])
    laser = np.full(near.size, round(rules.laser_mbps * 1000.0))

    def most(size: int) -> float:
        last = links.start[size]
        fed = np.bincount(links.satellite[:last], links.kbps[:last], n)
        rate = np.concatenate([fed, laser, step.demand_kbps]).astype(np.int32)
        graph = coo_array((rate, (tail, head)), (n + 2, n + 2)).tocsr()
        return float(maximum_flow(graph, n, n + 1).flow_value) / 1000.0

    return lambda: np.array([most(int(size)) for size in sizes])


def _case(quick: bool) -> Case:
    import scipy

    from raabta.network.throughput.curve import Rules, grow

    planes, stations = (20, 20) if quick else (66, 100)
    step, rules = torus(planes, stations), Rules(1_000, stations, 40.0)
    order, sizes = np.arange(stations), np.linspace(1, stations, PEER_POINTS).astype(np.int64)
    return Case(
        size=f"{planes * planes:,} satellites, {stations} stations with 144 in view each",
        ours=lambda: grow(step, order, rules)[0],
        amount=float(stations),
        peer=Peer(
            f"SciPy {scipy.__version__} csgraph.maximum_flow, {PEER_POINTS} of the points",
            by_scipy(step, rules, sizes),
            float(PEER_POINTS),
        ),
        same=lambda ours, theirs: Difference(
            "largest difference", float(np.abs(ours[sizes - 1] - theirs).max()), 1e-6, "Mbps"
        ),
    )


ROWS = (
    Row(
        "throughput",
        "system throughput with 1, 2, ... ground stations: one growing maximum flow",
        "points",
        _case,
        floor=Floor(2_500.0, 8.0),
        quick_floor=Floor(3_000.0, 3.0),
    ),
)
