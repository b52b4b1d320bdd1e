"""Rows of `network.delay_tolerant`: bundles over a season of contacts, from a lunar site to Earth."""

from __future__ import annotations

from typing import Any

import numpy as np

from raabta.bench.declare import Case, Floor, Goal, Row
from raabta.bench.instances import START
from raabta.network.delay_tolerant.sources import Source
from raabta.network.delay_tolerant.store_forward import deliver
from raabta.network.mesh.contacts import ContactPlan

HOUR_S, DAY_S = 3_600.0, 86_400.0
STATIONS, RELAYS = 6, 2
NODES = ("site", "relay 1", "relay 2", *(f"station {k + 1}" for k in range(STATIONS)), "centre")
MBPS = {"up": 10.0, "down": 50.0, "fibre": 1_000.0}
LIGHT_S = {"up": 0.02, "down": 1.3, "fibre": 0.01}


def season(days: float) -> ContactPlan:
    """Contacts (c,): relays over the site for 8 of 12 h, over each station for 8 of 24 h, and fibre."""
    rows = []
    for relay in range(RELAYS):
        for turn in range(int(days * 2)):
            begin = 12.0 * HOUR_S * turn + 6.0 * HOUR_S * relay
            rows.append((begin, begin + 8.0 * HOUR_S, 0, 1 + relay, "up"))
        for station in range(STATIONS):
            for day in range(int(days)):
                begin = DAY_S * day + 24.0 / STATIONS * HOUR_S * station + 600.0 * relay
                rows.append((begin, begin + 8.0 * HOUR_S, 1 + relay, 1 + RELAYS + station, "down"))
    end_s = (days + 1.0) * DAY_S
    rows += [(0.0, end_s, 1 + RELAYS + station, len(NODES) - 1, "fibre") for station in range(STATIONS)]
    rows.sort(key=lambda row: (row[0], row[2], row[3]))
    begin_s, over_s, one, other, kind = zip(*rows, strict=True)
    light = np.array([LIGHT_S[name] for name in kind])
    rate = np.array([MBPS[name] for name in kind])
    ends = np.array(one, np.int32), np.array(other, np.int32)
    return ContactPlan(
        START, NODES, np.array(begin_s), np.array(over_s), *ends, light, light, light, light, rate
    )


def _case(quick: bool) -> Case:
    days, bundles = (9.0, 40_000) if quick else (90.0, 400_000)
    plan = season(days)
    sources = [
        Source("site", "centre", share * bundles, 0.0, days * DAY_S, priority=rank, bundle_mb=1.0)
        for rank, share in ((0, 0.75), (2, 0.25))
    ]
    return Case(
        size=f"{bundles:,} bundles over {len(plan):,} contacts of {days:g} days, {len(NODES)} nodes",
        ours=lambda: deliver(plan, sources),
        amount=bundles,
        peer="pydtnsim cannot be installed beside this package's versions",
        more=_told,
    )


def _told(found: Any) -> dict[str, float]:
    done = found.delivered
    return {
        "delivered_share": float(done.mean()),
        "median_latency_h": float(np.median((found.ended_s - found.created_s)[done])) / HOUR_S,
    }


ROWS = (
    Row(
        "bundles",
        "bundles stored and forwarded, contact-graph routing",
        "bundles",
        _case,
        floor=Floor(45_000.0),
        goal=Goal("ms", 4_000.0, 2_000.0),
    ),
)
