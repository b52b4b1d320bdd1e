"""Rows of `access.passes`: when satellites pass over sites, beside the `sgp4` package and a plain search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from raabta.access import visibility
from raabta.access.passes import Passes, find_passes
from raabta.base.clock import to_jd
from raabta.base.frames import teme_to_itrf
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, START, Floats
from raabta.engine.provenance import version_of
from raabta.orbits.deep_space import records
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

ELEVATION_DEG = 25.0
DAY_S = 86_400.0
PEER_SATELLITES = 72
"""The peer takes so few of them: its time is linear in them."""
PEER_STEP_S = 10.0
LIMIT_S = 0.1
THREADS = 2


def _case(count: int, hours: float) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        duration_s = 3_600.0 * (2.0 if quick else hours)
        shell = Shell(altitude_km=550.0, inclination_deg=53.0, planes=72, satellites_per_plane=22, phasing=1)
        fleet = Propagator.from_elements(walker(shell, START), START)
        ground = places(count)
        few = np.arange(0, fleet.count, fleet.count // PEER_SATELLITES)[:PEER_SATELLITES]
        days = duration_s / DAY_S
        return Case(
            size=f"{fleet.count:,} satellites x {count:,} sites x {duration_s / 3_600.0:g} h",
            ours=lambda: find_passes(ground, fleet, START, duration_s, threads=THREADS),
            amount=count * fleet.count * days,
            peer=Peer(
                f"sgp4 {version_of('sgp4')} every {PEER_STEP_S:g} s, edges halved to 1 ms, "
                f"{few.size} satellites, 1 site",
                plain_search(ground, fleet, few, duration_s),
                few.size * days,
            ),
            same=lambda ours, theirs: _apart(ours, theirs, few, duration_s),
        )

    return case


def places(count: int) -> visibility.Sites:
    """Sites below 56 degrees of latitude, evenly over the Earth."""
    rng = np.random.default_rng(SEED)
    latitude = np.degrees(np.arcsin(rng.uniform(-0.83, 0.83, count)))
    return visibility.sites(latitude, rng.uniform(-180.0, 180.0, count), np.zeros(count), ELEVATION_DEG)


def plain_search(
    ground: visibility.Sites, fleet: Propagator, few: Any, duration_s: float
) -> Callable[[], list[Floats]]:
    """Edges of passes over the first site, s, a list per satellite: those of a grid of steps, then halved."""
    elements = fleet.satellites.elements
    assert elements is not None
    array, single = records(elements.take(few)), [records(elements.take(few[[s]])) for s in range(few.size)]

    def heights(seconds: Floats, one: int | None = None) -> Floats:
        times = START + np.rint(seconds * 1e9).astype("timedelta64[ns]")
        source = array if one is None else single[one]
        _, position, _ = source.sgp4(*to_jd(times))
        ray = np.einsum("tij,stj->sti", teme_to_itrf(times), position) - ground.km[0]
        return np.asarray(ray @ ground.basis[0, 2] / np.linalg.norm(ray, axis=2) - ground.sin_mask[0, 0])

    def work() -> list[Floats]:
        grid = np.arange(0.0, duration_s + 1e-6, PEER_STEP_S)
        above = heights(grid) >= 0.0
        out = []
        for s in range(few.size):
            at = np.flatnonzero(above[s, 1:] != above[s, :-1])
            low, high = grid[at], grid[at + 1]
            while at.size and high[0] - low[0] > 1e-3:
                middle = 0.5 * (low + high)
                same = (heights(middle, s)[0] >= 0.0) == above[s, at]
                low, high = np.where(same, middle, low), np.where(same, high, middle)
            out.append(0.5 * (low + high))
        return out

    return work


def _apart(ours: Passes, theirs: list[Floats], few: Any, duration_s: float) -> Difference:
    """The farthest edge of passes over the first site; those between two instants of the peer's left out."""
    worst = 0.0
    for satellite, edges in zip(few.tolist(), theirs, strict=True):
        own = (ours.site == 0) & (ours.satellite == satellite)
        own &= np.floor(ours.set_s / PEER_STEP_S) >= np.ceil(ours.rise_s / PEER_STEP_S)
        mine = np.sort(np.concatenate([ours.rise_s[own], ours.set_s[own]]))
        mine = mine[(mine > 0.0) & (mine < duration_s)]
        if mine.size != edges.size:
            return Difference("passes that only one of both has", float("inf"), 0.0, "passes")
        worst = max(worst, float(np.abs(mine - edges).max(initial=0.0)))
    return Difference("farthest edge", worst, LIMIT_S, "s")


_WORK = "passes as intervals, edges as roots"
ROWS = (
    Row(
        "passes",
        _WORK,
        "site-satellite-days",
        _case(1, 24.0),
        floor=Floor(5_000.0, 25.0),
        threads=THREADS,
        goal=Goal("ms", 200.0, 100.0),
        quick_floor=Floor(1_000.0),
    ),
    Row(
        "passes-cities",
        _WORK,
        "site-satellite-days",
        _case(100, 24.0),
        floor=Floor(35_000.0, 150.0),
        threads=THREADS,
        goal=Goal("ms", 10_000.0, 2_000.0),
        quick_floor=Floor(10_000.0),
    ),
)
