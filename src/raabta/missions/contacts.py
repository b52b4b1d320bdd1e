"""Contacts of a day: times at which both ends of a link see each other and no body stands between.

Each condition is a set of intervals with exact edges: the other end above a site's mask, or a line of sight
clear of a body. A contact is where all of them hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.passes import Passes, find_contacts, find_passes
from raabta.base.errors import ScenarioError
from raabta.missions.model import BODIES
from raabta.missions.nodes import SUN
from raabta.scenario.missions import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BEGIN, END, PEAK, LEAST, MOST = range(3, 8)
COLUMNS = 8
"""Of a contact: link, one, other, begin and end from the start (s), highest elevation at its site (deg, NaN
between craft), least and greatest range (km)."""


@dataclass(frozen=True)
class Condition:
    """One thing that contacts of `pairs` (p, 2) need: rows (one, other, begin, end, peak, least, most)."""

    pairs: Ints
    rows: Floats

    def asks(self, pair: tuple[int, ...]) -> bool:
        """Whether a pair needs it."""
        return bool((self.pairs == pair).all(axis=1).any())

    def of(self, pair: tuple[int, ...]) -> Floats:
        """When it holds for a pair."""
        return np.asarray(self.rows[(self.rows[:, :2] == pair).all(axis=1)])


def pairs_of(mission: Mission, link: Link) -> Ints:
    """Pairs (p, 2) of nodes of a link: each node of one end with each of the other, sorted, each once."""
    one, other = (mission.nodes.named(name) for name in link.between)
    pairs = np.array([(a, b) for a in one.tolist() for b in other.tolist() if a != b], np.int64)
    pairs = np.unique(np.sort(pairs.reshape(-1, 2), axis=1), axis=0)
    nodes = mission.nodes
    for a, b in pairs.tolist():
        if nodes.is_site(a) and nodes.is_site(b) and nodes.home[a] == nodes.home[b]:
            raise ScenarioError(
                f"link '{link.name}': {nodes.name[a]} and {nodes.name[b]} both stand on the {nodes.home[a]}",
                hint="a link joins a site with a craft, two craft, or sites of two bodies",
            )
    return pairs


def contacts_of(mission: Mission, day: Day) -> Floats:
    """Contacts of all links in a day, rows of COLUMNS, by link and pair and time; cut at the day's ends."""
    parts = [np.empty((0, COLUMNS))]
    for number, link in enumerate(mission.scenario.links):
        rows = _met(list(_conditions(mission, link, pairs_of(mission, link), day)))
        parts.append(np.column_stack([np.full(len(rows), number), rows]))
    return np.concatenate(parts)


def sunlight_of(mission: Mission, day: Day) -> Floats:
    """Times of a day at which craft see the middle of the Sun past their body: rows node, begin, end."""
    names = mission.scenario.light
    which = np.unique(
        np.concatenate([mission.nodes.named(name) for name in names] or [np.empty(0, np.int64)])
    )
    if not which.size:
        return np.empty((0, 3))
    pairs = np.column_stack([which, np.full(which.size, mission.sun)])
    link = Link(name="light", between=(SUN, SUN))
    return _met(list(_conditions(mission, link, pairs, day)))[:, [0, 2, 3]]


def _conditions(mission: Mission, link: Link, pairs: Ints, day: Day) -> Iterator[Condition]:
    """What a contact needs, one thing at a time: the pairs it is asked of, and when it holds."""
    home = np.array([[mission.home(node) for node in pair] for pair in pairs.tolist()])
    site = pairs < mission.nodes.sites
    for body in BODIES:
        for end in (0, 1):
            rows = np.flatnonzero((home[:, end] == body) & site[:, end])
            if rows.size:
                yield Condition(pairs[rows], _from_sites(mission, pairs[rows], end, body, day))
        here = home == body
        between = np.flatnonzero(here.any(axis=1) & ~(here & site).any(axis=1))
        if between.size:
            yield Condition(pairs[between], _past(mission, link, pairs[between], body, day))


def _from_sites(mission: Mission, pairs: Ints, end: int, body: str, day: Day) -> Floats:
    """Times at which the other end stands above the masks of the sites at one end."""
    sites, targets = np.unique(pairs[:, end]), np.unique(pairs[:, 1 - end])
    found = find_passes(
        mission.ground(sites), mission.fleet(targets, body), mission.at(day.begin_s), day.duration_s
    )
    ends = (sites[found.site], targets[found.satellite])
    return _rows(found, *(ends if end == 0 else ends[::-1]), found.peak_elevation_deg, day)


def _past(mission: Mission, link: Link, pairs: Ints, body: str, day: Day) -> Floats:
    """Times at which the line between both ends clears a body."""
    which = np.unique(pairs)
    place = np.searchsorted(which, pairs)
    found = find_contacts(
        place[:, 0],
        place[:, 1],
        mission.fleet(which, body),
        mission.at(day.begin_s),
        day.duration_s,
        grazing_km=link.grazing_km,
        longest_km=link.longest_km or np.inf,
        body=BODIES[body],
    )
    return _rows(found, which[found.site], which[found.satellite], np.full(len(found), np.nan), day)


def _rows(found: Passes, one: Ints, other: Ints, peak_deg: Floats, day: Day) -> Floats:
    begin = day.begin_s + found.rise_s
    end = np.where(found.set_s >= day.duration_s, day.end_s, day.begin_s + found.set_s)
    return np.column_stack([one, other, begin, end, peak_deg, found.min_range_km, found.max_range_km])


def _met(conditions: list[Condition]) -> Floats:
    """For each pair the times at which every condition that is asked of it holds, by pair and time."""
    asked = sorted({tuple(pair) for each in conditions for pair in each.pairs.tolist()})
    parts = [np.empty((0, COLUMNS - 1))]
    for pair in asked:
        own = [each.of(pair) for each in conditions if each.asks(pair)]
        rows = own[0]
        for more in own[1:]:
            rows = _both(rows, more)
        parts.append(rows)
    return np.concatenate(parts)


def _both(one: Floats, other: Floats) -> Floats:
    """Rows where intervals of both sets meet: the peak of the first that has one, range by the first."""
    found = []
    for row in one:
        for more in other:
            begin, end = max(row[2], more[2]), min(row[3], more[3])
            if end > begin:
                peak = row[4] if row[4] == row[4] else more[4]
                found.append([row[0], row[1], begin, end, peak, row[5], row[6]])
    return np.array(found, np.float64).reshape(-1, COLUMNS - 1)
