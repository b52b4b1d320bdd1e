"""Contacts of a day: times at which both ends of a link see each other and no body stands between.

Nodes of the Earth are looked at many at once and of one instant, as `raabta contacts` does. Where an end
belongs to the Moon, both ends must see each other, light takes its time, and every body may stand between
(`access.sight`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.access.passes import Passes, find_contacts, find_passes
from raabta.access.sight import Craft, Place, Sight
from raabta.access.sky import BODIES, body, sky_over
from raabta.missions.nodes import pairs_among

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission
    from raabta.scenario.missions import Link

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BEGIN, END, PEAK, LEAST, MOST, FIRST, LAST = range(3, 10)
COLUMNS = 10
"""Of a contact: link, one, other, begin and end from the start (s), highest elevation at its site (deg, NaN
where it has none or was not asked), least and greatest range, range at begin and end (km)."""


def pairs_of(mission: Mission, link: Link) -> Ints:
    """Pairs (p, 2) of nodes of a link, as `pairs_among`."""
    return pairs_among(mission.nodes, link)


def contacts_of(mission: Mission, day: Day, sights: Sights | None = None) -> Floats:
    """Contacts of all links in a day, rows of COLUMNS, by link and pair and time; cut at the day's ends, and
    where a node begins or ceases to be there. sights: of the day, where they are at hand."""
    parts = [np.empty((0, COLUMNS))]
    sights = sights or Sights(mission, day)
    for number, link in enumerate(mission.scenario.links):
        pairs = pairs_of(mission, link)
        near = np.array([all(map(mission.is_near, pair)) for pair in pairs.tolist()], np.bool_)
        found = (_near(mission, link, pairs[near], day), _far(mission, link, pairs[~near], sights))
        parts += [np.column_stack([np.full(len(rows), number), rows]) for rows in found]
    return _while_there(mission, np.concatenate(parts))


def _while_there(mission: Mission, rows: Floats) -> Floats:
    """Contacts cut to the times at which both of their nodes are there."""
    if not len(rows):
        return rows
    spans = np.array([*mission.spans_s])
    for end in (1, 2):
        own = spans[rows[:, end].astype(np.int64)]
        rows[:, BEGIN] = np.maximum(rows[:, BEGIN], own[:, 0])
        rows[:, END] = np.minimum(rows[:, END], own[:, 1])
    return np.ascontiguousarray(rows[rows[:, END] > rows[:, BEGIN]])


def _near(mission: Mission, link: Link, pairs: Ints, day: Day) -> Floats:
    """Contacts between nodes of the Earth: rows of COLUMNS without the link."""
    site = pairs < mission.nodes.sites
    parts = [np.empty((0, COLUMNS - 1))]
    for end in (0, 1):
        rows = pairs[site[:, end] & ~site[:, 1 - end]]
        if len(rows):
            parts.append(_from_sites(mission, rows, end, day))
    between = pairs[~site.any(axis=1)]
    if len(between):
        parts.append(_past(mission, link, between, day))
    return np.concatenate(parts)


def _from_sites(mission: Mission, pairs: Ints, end: int, day: Day) -> Floats:
    """Times at which the other end stands above the masks of the sites at one end."""
    sites, targets = np.unique(pairs[:, end]), np.unique(pairs[:, 1 - end])
    fleet = mission.fleet(targets)
    found = find_passes(mission.ground(sites), fleet, mission.at(day.begin_s), day.duration_s)
    ends = (sites[found.site], targets[found.satellite])
    return _rows(found, *(ends if end == 0 else ends[::-1]), day)


def _past(mission: Mission, link: Link, pairs: Ints, day: Day) -> Floats:
    """Times at which the line between both ends clears the Earth."""
    which = np.unique(pairs)
    place = np.searchsorted(which, pairs)
    found = find_contacts(
        place[:, 0],
        place[:, 1],
        mission.fleet(which),
        mission.at(day.begin_s),
        day.duration_s,
        grazing_km=link.grazing_km,
        longest_km=link.longest_km or np.inf,
        body=body("Earth"),
    )
    return _rows(found, which[found.site], which[found.satellite], day)


class Sights:
    """The skies of a day that pairs of nodes are looked at under: one, but for nodes that begin or cease."""

    def __init__(self, mission: Mission, day: Day) -> None:
        self.mission, self.day = mission, day
        self._held: dict[tuple[float, float], Sight] = {}

    def of(self, *numbers: int) -> tuple[Sight, Day]:
        """The sky of so much of the day as all of these nodes are there."""
        there = self.mission.there(self.day, *numbers)
        key = there.begin_s, there.duration_s
        if key not in self._held:
            self._held[key] = sight_of(self.mission, there)
        return self._held[key], there


def sight_of(mission: Mission, day: Day) -> Sight:
    """All nodes under the sky of a day; nothing is worked out before it is asked for."""
    nodes = [_node(mission, number) for number in range(mission.nodes.count)]
    sky = sky_over(mission.at(day.begin_s), day.duration_s, beyond=mission.beyond)
    return Sight(nodes, sky)


def _node(mission: Mission, number: int) -> Place | Craft:
    nodes = mission.nodes
    if number < nodes.sites:
        return Place(
            nodes.name[number],
            BODIES[nodes.home[number]],
            float(nodes.latitude_deg[number]),
            float(nodes.longitude_deg[number]),
            float(nodes.height_km[number]),
            mission.mask_deg(number),
            nodes.axes[number],
        )
    part, column = mission.part(number)
    return Craft(mission.name(number), part.moving, column)


def _far(mission: Mission, link: Link, pairs: Ints, sights: Sights) -> Floats:
    """Contacts of pairs of which an end belongs to the Moon."""
    parts = [np.empty((0, COLUMNS - 1))]
    for one, other in pairs.tolist():
        if not mission.there(sights.day, one, other).duration_s > 0.0:
            continue
        sight, day = sights.of(one, other)
        names = mission.name(one), mission.name(other)
        found = sight.contacts(*names, longest_km=link.longest_km or np.inf)
        parts.append(_rows(found, np.full(len(found), one), np.full(len(found), other), day))
    return np.concatenate(parts)


def _rows(found: Passes, one: Ints, other: Ints, day: Day) -> Floats:
    begin = day.begin_s + found.rise_s
    end = np.where(found.set_s >= day.duration_s, day.end_s, day.begin_s + found.set_s)
    ranges = found.min_range_km, found.max_range_km, found.rise_range_km, found.set_range_km
    return np.column_stack([one, other, begin, end, found.peak_elevation_deg, *ranges])
