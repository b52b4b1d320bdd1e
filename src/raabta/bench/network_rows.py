"""Rows of `network`: fair shares, beside what NumPy makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import Floats, Flows, flows


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
)
