"""Contact plans of links whose rate goes with range and elevation: one contact for each mode in force.

A contact of `access.sight` is cut where the radio changes its mode, so that a volume is a sum of rate times
duration; those parts stand back to back. Where no mode closes there is no contact. Times are the sender's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import intervals
from raabta.access.passes import Passes
from raabta.access.sight import Sight
from raabta.base.errors import RaabtaError
from raabta.links.space_link import SpaceLink
from raabta.network.mesh.contacts import ContactPlan, Leg, contact_plan

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SAMPLE_S = 60.0
"""C/N0 is asked so often within a contact; a mode that comes and goes in between is not seen."""
EDGE_S = 1e-3


@dataclass(frozen=True)
class Hop:
    """One direction between two nodes of a sight, by name: what it carries, a link or a rate in Mbps that
    holds all the time; and how far it may reach."""

    sender: str
    receiver: str
    carries: SpaceLink | float
    longest_km: float = math.inf


def space_plan(sight: Sight, hops: Sequence[Hop]) -> ContactPlan:
    """The contact plan of some links. Raises what `Sight.contacts`, `stepped` and `contact_plan` do, and
    RaabtaError for a direction that stands twice."""
    seen = [(hop.sender, hop.receiver) for hop in hops]
    twice = next((pair for pair in seen if seen.count(pair) > 1), None)
    if twice:
        raise RaabtaError(f"{twice[0]} to {twice[1]} stands twice; a direction has one link")
    legs = []
    for hop in hops:
        found = sight.contacts(hop.sender, hop.receiver, longest_km=hop.longest_km)
        if isinstance(hop.carries, SpaceLink):
            found, rates = stepped(sight, found, hop.carries)
            legs.append(Leg(found, 0, 0, down=0.0, up=rates))
        else:
            legs.append(Leg(found, 0, 0, down=0.0, up=hop.carries))
    return contact_plan(sight.names, legs)


def stepped(sight: Sight, passes: Passes, link: SpaceLink) -> tuple[Passes, Floats]:
    """Contacts of one pair cut where the link changes its mode, those without a mode left out, and the rates
    (p,) of the parts, Mbps. Cuts are within a millisecond of the C/N0 that a mode needs.

    Raises RaabtaError for contacts of several pairs; what `SpaceLink.cn0_dbhz` does.
    """
    if len(passes) == 0:
        return passes, np.zeros(0)
    pairs = np.unique(np.column_stack([passes.site, passes.satellite]), axis=0)
    if len(pairs) != 1:
        raise RaabtaError(f"contacts of {len(pairs)} pairs; a link is that of one")
    level = _level(sight, int(pairs[0, 0]), int(pairs[0, 1]), link)
    begin, end, row = _parts(passes, *_crossings(passes, level, link.thresholds_dbhz()))
    rate = link.rate_mbps(level(0.5 * (begin + end)))
    keep = np.flatnonzero(rate > 0.0)
    begin, end, row = begin[keep], end[keep], row[keep]
    parts = intervals.made(
        passes.start, passes.duration_s, passes.site[row], passes.satellite[row], begin, end,
        passes.begins_before[row] & (begin == passes.rise_s[row]),
        passes.ends_after[row] & (end == passes.set_s[row]),
    )  # fmt: skip
    return sight.measured(parts), rate[keep]


def _level(sight: Sight, one: int, other: int, link: SpaceLink) -> Callable[[Floats], Floats]:
    """C/N0 of signals that leave at some seconds, dBHz; elevations are asked for where there is air alone."""
    names = sight.names[one], sight.names[other]

    def level(seconds: Floats) -> Floats:
        if link.sender_air is None and link.receiver_air is None:
            return link.cn0_dbhz(sight.range_km(one, other, seconds))
        seen = sight.geometry(*names, seconds)
        return link.cn0_dbhz(seen.range_km, seen.sender_elevation_deg, seen.receiver_elevation_deg)

    return level


def _crossings(
    passes: Passes, level: Callable[[Floats], Floats], thresholds_dbhz: Floats
) -> tuple[Floats, Ints]:
    """When C/N0 crosses a threshold within a contact, s, and in which (row)."""
    count = np.maximum(1, np.ceil((passes.set_s - passes.rise_s) / SAMPLE_S)).astype(np.int64) + 1
    row = np.repeat(np.arange(len(passes)), count)
    number = np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)
    share = number / (count[row] - 1)
    when = passes.rise_s[row] + share * (passes.set_s - passes.rise_s)[row]
    above = level(when)[:, None] >= thresholds_dbhz[None, :]
    at, mode = np.nonzero((above[1:] != above[:-1]) & (row[1:] == row[:-1])[:, None])
    low, high, rising = when[at], when[at + 1], above[at + 1, mode]
    while low.size and float((high - low).max()) > EDGE_S:
        middle = 0.5 * (low + high)
        past = (level(middle) >= thresholds_dbhz[mode]) == rising
        low, high = np.where(past, low, middle), np.where(past, middle, high)
    return 0.5 * (low + high), row[at]


def _parts(passes: Passes, cut_s: Floats, cut_row: Ints) -> tuple[Floats, Floats, Ints]:
    """Contacts cut at some instants: beginnings, ends, and the contact (row) of each part."""
    edge = np.concatenate([passes.rise_s, cut_s, passes.set_s])
    row = np.concatenate([np.arange(len(passes)), cut_row, np.arange(len(passes))])
    order = np.lexsort((edge, row))
    edge, row = edge[order], row[order]
    own = np.flatnonzero((row[1:] == row[:-1]) & (edge[1:] > edge[:-1]))
    return edge[own], edge[own + 1], row[own]


def volume_mbit(plan: ContactPlan, sender: str, receiver: str) -> float:
    """What the contacts of a direction can carry together, Mbit."""
    names = np.array(plan.nodes)
    own = (names[plan.from_node] == sender) & (names[plan.to_node] == receiver)
    return float((plan.rate_mbps[own] * (plan.end_s - plan.start_s)[own]).sum())
