"""The rate of every contact over its time: a step where the range, or the air before it, changes the mode."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from raabta.missions import contacts, intervals

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from raabta.missions.budgets import Carrier
    from raabta.missions.model import Mission

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Seen = Callable[[Floats], tuple[Floats, Floats]]

LINK, ONE, OTHER, WAY, MODE, BEGIN, END, LEAST, MOST, FIRST, LAST, RATE = range(12)
LOW, LOW_KM, LOW_DEG, HIGH, HIGH_KM, HIGH_DEG = range(12, 18)
COLUMNS = 18
"""Of a step: link, its nodes as in its contact, way (0 forward, 1 return), mode (-1: none closes), begin and
end from the start (s), ranges (km: least, greatest, at begin, at end), rate (Mbps); of budgets the least and
the greatest C/N0 (dBHz), each with its range and its elevation at the Earth station (NaN for none)."""
KEYS = 5
LOOK_S, FAR_LOOK_S = 20.0, 120.0
"""Between looks at a contact, of nodes of the Earth alone and of others: a mode that holds for less is not
looked for."""
HALVINGS = 30


def steps_of(mission: Mission, rows: Floats, sights: contacts.Sights) -> Floats:
    """Steps of the contacts of a day, rows of COLUMNS, by link, pair, way and time; none for a way without a
    rate. rows: its contacts."""
    found = [np.empty((0, COLUMNS))]
    for row in rows:
        link, one, other = (int(number) for number in row[:3])
        for way in (0, 1):
            carrier = mission.carriers.get((link, one, other, way))
            if carrier is not None:
                near = mission.is_near(one) and mission.is_near(other)
                seen = _geometry(mission, sights, one, other)
                steps = _steps(carrier, row, seen, LOOK_S if near else FAR_LOOK_S)
                found.append(np.column_stack([np.tile([link, one, other, way], (len(steps), 1)), steps]))
    return np.concatenate(found)


def key_of(step: Floats) -> tuple[int, int, int, int]:
    """Link, its nodes as in its contact, and way of a step."""
    link, one, other, way = (int(number) for number in step[: WAY + 1])
    return link, one, other, way


def whole(steps: Floats) -> Floats:
    """Steps that midnight cuts made one; where the least and the greatest C/N0 were is that of a part."""
    found = intervals.joined(steps, KEYS, least=[LEAST, LOW], most=[MOST, HIGH], final=[LAST])
    return np.asarray(found[np.lexsort([found[:, column] for column in (BEGIN, WAY, OTHER, ONE, LINK)])])


def _geometry(mission: Mission, sights: contacts.Sights, one: int, other: int) -> Seen:
    """Range (km) and elevation at the Earth station (deg, NaN where neither end is one) at seconds (t,)."""
    nodes = mission.nodes
    on_earth = [nodes.is_site(node) and nodes.home[node] == "Earth" for node in (one, other)]
    if mission.is_near(one) and mission.is_near(other):
        return lambda seconds: _near(mission, one, other, on_earth[0], seconds)

    sight, day = sights.of(one, other)

    def far(seconds: Floats) -> tuple[Floats, Floats]:
        seen = sight.geometry(nodes.name[one], nodes.name[other], seconds - day.begin_s)
        at = seen.sender_elevation_deg if on_earth[0] else seen.receiver_elevation_deg
        return seen.range_km, at if any(on_earth) else np.full(seconds.size, np.nan)

    return far


def _near(mission: Mission, one: int, other: int, site: bool, seconds: Floats) -> tuple[Floats, Floats]:
    places = mission.positions_km(np.array([one, other]), mission.utc(seconds), "ITRF")
    ray = places[:, :, 1] - places[:, :, 0]
    range_km = np.sqrt((ray * ray).sum(axis=1))
    if not site:
        return range_km, np.full(seconds.size, np.nan)
    up = mission.ground(np.array([one])).basis[0, 2]
    return range_km, np.degrees(np.arcsin(np.clip(ray @ up / range_km, -1.0, 1.0)))


def _steps(carrier: Carrier, row: Floats, seen: Seen, look_s: float) -> Floats:
    """Steps of one way of a contact: columns from MODE on."""
    begin, end = float(row[contacts.BEGIN]), float(row[contacts.END])
    ranges = row[[contacts.LEAST, contacts.MOST, contacts.FIRST, contacts.LAST]]
    none = np.full(6, np.nan)
    if carrier.space is None:
        ends = carrier.mode(carrier.cn0_dbhz(ranges[:2], none[:2]))
        if ends[0] == ends[1]:
            return np.concatenate([[ends[0], begin, end], ranges, [_rate(carrier, ends[0])], none])[None]
    looks = np.linspace(begin, end, max(2, math.ceil((end - begin) / look_s)) + 1)
    cuts = np.unique(np.concatenate([looks[[0, -1]], _crossings(carrier, looks, seen)]))
    modes = carrier.mode(carrier.cn0_dbhz(*seen(0.5 * (cuts[1:] + cuts[:-1]))))
    changes = np.flatnonzero(np.diff(modes)) + 1
    edges = np.concatenate([cuts[:1], cuts[changes], cuts[-1:]])
    each = modes[np.append(0, changes)]
    return np.array(
        [_step(carrier, int(mode), edges[k : k + 2], looks, row, seen) for k, mode in enumerate(each)]
    )


def _crossings(carrier: Carrier, looks: Floats, seen: Seen) -> Floats:
    """Times at which C/N0 crosses what a mode needs: by halving between two looks."""
    levels = carrier.cn0_dbhz(*seen(looks))
    above = levels[:, None] >= carrier.needed_dbhz
    which, mode = np.nonzero(above[1:] != above[:-1])
    low, high, needed = looks[which], looks[which + 1], carrier.needed_dbhz[mode]
    if not which.size:
        return low
    rises = above[which + 1, mode]
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        later = (carrier.cn0_dbhz(*seen(middle)) >= needed) == rises
        low, high = np.where(later, low, middle), np.where(later, middle, high)
    return np.asarray(high)


def _step(carrier: Carrier, mode: int, edges: Floats, looks: Floats, row: Floats, seen: Seen) -> Floats:
    """One step, columns from MODE on."""
    inside = looks[(looks > edges[0]) & (looks < edges[1])]
    when = np.concatenate([edges[:1], inside, edges[1:]])
    range_km, elevation_deg = seen(when)
    low, high = row[contacts.LEAST], row[contacts.MOST]
    range_km = np.clip(range_km, low, high)
    whole = edges[0] == row[contacts.BEGIN] and edges[1] == row[contacts.END]
    least, most = (low, high) if whole else (range_km.min(), range_km.max())
    levels = carrier.cn0_dbhz(range_km, elevation_deg)
    told = [np.nan] * 6
    if carrier.space is not None:
        told = [
            float(value)
            for k in (int(levels.argmin()), int(levels.argmax()))
            for value in (levels[k], range_km[k], elevation_deg[k])
        ]
    ends = float(range_km[0]), float(range_km[-1])
    return np.array([mode, *edges, least, most, *ends, _rate(carrier, mode), *told])


def _rate(carrier: Carrier, mode: int) -> float:
    return float(carrier.rates_mbps[mode]) if mode >= 0 else 0.0
