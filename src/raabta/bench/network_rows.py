"""Rows of `network`: fair shares and assignment, beside what NumPy and SciPy make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, Floats, Flows, fleet_km, flows

if TYPE_CHECKING:
    from raabta.network.assignment import Market


def fill_by_rounds(asked: Flows) -> Floats:
    """Progressive filling with nothing but NumPy: all rates rise together until one event a round."""
    flow, count = np.repeat(np.arange(asked.demand_mbps.size), np.diff(asked.start)), asked.capacity_mbps.size
    rate, rising = np.zeros(asked.demand_mbps.size), np.ones(asked.demand_mbps.size, bool)
    room, level = asked.capacity_mbps.copy(), 0.0
    while rising.any():
        users = np.bincount(asked.resource, rising[flow], count)
        by_resource = np.divide(room, users, out=np.full(count, np.inf), where=users > 0)
        step = max(min(by_resource.min(), (asked.demand_mbps[rising] - level).min()), 0.0)
        level += step
        room -= step * users
        full = by_resource <= step * (1.0 + 1e-12)
        met = asked.demand_mbps <= level * (1.0 + 1e-12)
        stopped = rising & (met | (np.bincount(flow, full[asked.resource], rate.size) > 0))
        rate[stopped] = np.minimum(level, asked.demand_mbps[stopped])
        rising &= ~stopped
    return rate


def _fair(full: int, with_peer: bool) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        from raabta.network.fair import fair_rates

        count = full // 10 if quick else full
        asked = flows(count)
        peer = Peer("NumPy, progressive filling by rounds", lambda: fill_by_rounds(asked), count / 1e3)
        return Case(
            size=f"{count:,} flows, {asked.resource.size:,} path entries",
            ours=lambda: fair_rates(asked.start, asked.resource, asked.capacity_mbps, asked.demand_mbps),
            amount=count / 1e3,
            peer=peer if with_peer else None,
            same=_same_rates,
        )

    return case


def _same_rates(ours: Any, theirs: Floats) -> Difference:
    off = np.abs(ours.rate_mbps - theirs) / np.maximum(theirs, 1e-9)
    return Difference("largest relative difference", float(off.max()), 1e-9, "")


CANDIDATES = 8
GAP_LIMIT, SIMPLE_GAP_LIMIT = 0.005, 0.1


def offers(cells: int, satellites: int) -> Market:
    """Cells over the Earth with their eight highest satellites; as much is asked for as there is."""
    from raabta.access.candidates import nearest
    from raabta.access.rings import candidates, equal_area
    from raabta.network.assignment import market

    found = candidates(equal_area(cells), fleet_km(satellites), 25.0, ranges=False, azimuths=False)
    satellite, _ = nearest(found, CANDIDATES)
    there = satellite >= 0
    start = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    rng = np.random.default_rng(SEED)
    demand = np.rint(rng.lognormal(6.0, 1.2, start.size - 1)) + 1.0
    capacity = np.rint(rng.uniform(0.5, 1.5, satellites) * demand.sum() / satellites)
    return market(start, satellite[there], demand, capacity)


def most_by_flow(offer: Market) -> Callable[[], float]:
    """The most that any split serves, Mbps: SciPy's maximum flow, exact for whole Mbps; its graph stands."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    n, m = offer.demand_mbps.size, offer.capacity_mbps.size
    cell = np.repeat(np.arange(n), np.diff(offer.start))
    source = np.concatenate([np.zeros(n, np.int64), 1 + cell, 1 + n + np.arange(m)])
    target = np.concatenate([1 + np.arange(n), 1 + n + offer.satellite, np.full(m, n + m + 1)])
    limit = np.concatenate([offer.demand_mbps, offer.demand_mbps[cell], offer.capacity_mbps])
    graph = csr_array((limit.astype(np.int32), (source, target)), shape=(n + m + 2, n + m + 2))
    return lambda: float(maximum_flow(graph, 0, n + m + 1).flow_value)


def _assignment(simple: bool, cells: int, satellites: int, limit: float) -> Callable[[bool], Case]:
    """Every cell to one satellite (`simple`), or split by prices; the flow may serve `limit` more."""

    def case(quick: bool) -> Case:
        import scipy

        from raabta.network.assignment import assign_balanced, assign_simple

        assign = assign_simple if simple else assign_balanced
        offer = offers(2_000, 1_000) if quick else offers(cells, satellites)
        count = offer.demand_mbps.size
        name = f"SciPy {scipy.__version__} csgraph.maximum_flow"
        return Case(
            size=f"{count:,} cells, {offer.capacity_mbps.size:,} satellites, {CANDIDATES} candidates each",
            ours=lambda: assign(offer),
            amount=count / 1e3,
            peer=Peer(name, most_by_flow(offer), count / 1e3),
            same=lambda ours, most_mbps: _missing(ours, most_mbps, limit),
        )

    return case


def _missing(ours: Any, most_mbps: float, limit: float) -> Difference:
    """No split serves more than the flow; ours, which is fairer or does not split, serves a little less."""
    gap = 1.0 - float(ours.served_mbps.sum()) / most_mbps
    least = limit if gap >= -1e-9 else 0.0
    return Difference("share of the most possible that is not served", abs(gap), least, "")


_BALANCED, _SIMPLE = "cells split over satellites by balanced prices", "cells to the least loaded satellite"
ROWS = (
    Row(
        "fair",
        "max-min fair rates on fixed paths",
        "k flows",
        _fair(100_000, False),
        goal=Goal("ms", 20.0, 5.0),
        floor=Floor(2_000.0),
        quick_floor=Floor(1_000.0),
    ),
    Row(
        "fair-10k",
        "max-min fair rates on fixed paths",
        "k flows",
        _fair(10_000, True),
        floor=Floor(2_000.0, 100.0),
        quick_floor=Floor(500.0),
    ),
    Row(
        "assignment",
        _BALANCED,
        "k cells",
        _assignment(False, 20_000, 10_000, GAP_LIMIT),
        floor=Floor(120.0, 0.3),
        quick_floor=Floor(100.0),
    ),
    Row(
        "assignment-100k",
        _BALANCED,
        "k cells",
        _assignment(False, 100_000, 1_000, GAP_LIMIT),
        floor=Floor(300.0, 0.3),
        quick_floor=Floor(100.0),
    ),
    Row(
        "assignment-simple",
        _SIMPLE,
        "k cells",
        _assignment(True, 20_000, 1_000, SIMPLE_GAP_LIMIT),
        floor=Floor(1_500.0, 3.0),
        quick_floor=Floor(500.0),
    ),
)
