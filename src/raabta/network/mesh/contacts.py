"""The contact plan: from when to when which node can send to which, at what rate and how far away.

Its contacts are the passes and the intervals between satellites of `access.passes`, edge for edge, once in
each direction. `contact_files` writes it for ION and as CSV, and reads both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.base.units import SPEED_OF_LIGHT_KM_S

if TYPE_CHECKING:
    import xarray
    from numpy.typing import NDArray

    from raabta.access.passes import Passes

    Floats = NDArray[np.float64]
    Nodes = NDArray[np.int32]
    Times = NDArray[np.datetime64]

Rate = float | Callable[["Passes"], "Floats"] | np.ndarray[Any, Any]
"""Mbps of every contact, those of each, (p,), or what gives these."""
LIGHT_TIMES = ("light_time_start_s", "light_time_end_s", "light_time_min_s", "light_time_max_s")
_WHOSE = "a contact plan"


@dataclass(frozen=True)
class ContactPlan:
    """Contacts (c,) by beginning, sender, receiver. nodes: names; from_node, to_node: their numbers.

    start: UTC that seconds are counted from. Times are those of sending: a signal is there a light time
    later. Light times are one way: at the beginning, at the end, the least and the greatest in between. A
    rate that changes makes several contacts back to back. Made by `contact_plan` or by a reader, which check
    it.
    """

    start: np.datetime64
    nodes: tuple[str, ...]
    start_s: Floats
    end_s: Floats
    from_node: Nodes
    to_node: Nodes
    light_time_start_s: Floats
    light_time_end_s: Floats
    light_time_min_s: Floats
    light_time_max_s: Floats
    rate_mbps: Floats

    def __len__(self) -> int:
        return int(self.start_s.size)

    def utc(self, seconds: Floats) -> Times:
        """Seconds from the start as UTC, to the nanosecond."""
        return np.asarray(self.start + np.rint(seconds * 1e9).astype("timedelta64[ns]"))

    def dataset(self) -> xarray.Dataset:
        """The plan as the declared table `contacts`."""
        from raabta.base.tables import CONTACTS, as_dataset

        given = {
            column.name: getattr(self, column.name)
            for column in CONTACTS.columns
            if column.dims == ("contact",) and column.name not in ("start", "end")
        }
        own = {"start": self.utc(self.start_s), "end": self.utc(self.end_s), "node": np.array(self.nodes)}
        return as_dataset(CONTACTS, given | own)

    def take(self, rows: NDArray[Any]) -> ContactPlan:
        """Some of its contacts."""
        columns = {name: getattr(self, name)[rows] for name in COLUMNS}
        return ContactPlan(self.start, self.nodes, **columns)


COLUMNS = ("start_s", "end_s", "from_node", "to_node", *LIGHT_TIMES, "rate_mbps")


@dataclass(frozen=True)
class Leg:
    """Intervals of one kind of link, and the rates of both directions.

    passes: by `find_passes` or `find_contacts`. first_node, second_node: what is added to the numbers of
    `passes.site` and `passes.satellite` to make them numbers of nodes. down: from the second to the first
    (satellite to site); up: back; Mbps, 0 for a direction that there is not.
    """

    passes: Passes
    first_node: int
    second_node: int
    down: Rate
    up: Rate


def contact_plan(nodes: Sequence[str], legs: Sequence[Leg]) -> ContactPlan:
    """The plan of some nodes from the intervals of their links, each once in each direction that has a rate.

    Raises OutOfRangeError or RaabtaError: no leg, legs of different starts, two nodes of a name, numbers that
    are no node's, a rate that is negative or not a number, intervals of a pair that overlap.
    """
    if not legs:
        raise RaabtaError("a contact plan is made of the intervals of one kind of link or more")
    start = legs[0].passes.start
    if any(leg.passes.start != start for leg in legs):
        raise RaabtaError("the intervals are counted from different starts; find them from one")
    parts = [part for leg in legs for part in _directions(leg)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    order = np.lexsort([columns[name] for name in ("to_node", "from_node", "start_s")])
    plan = ContactPlan(start, tuple(nodes), **{name: values[order] for name, values in columns.items()})
    fault = find_fault(plan)
    if fault is not None:
        raise OutOfRangeError(fault.what, fault.value, fault.valid, _WHOSE)
    return plan


def _directions(leg: Leg) -> list[dict[str, NDArray[Any]]]:
    """Columns of both directions of a leg."""
    found = leg.passes
    first = (found.site + leg.first_node).astype(np.int32)
    second = (found.satellite + leg.second_node).astype(np.int32)
    ranges = (found.rise_range_km, found.set_range_km, found.min_range_km, found.max_range_km)
    both: dict[str, NDArray[Any]] = {"start_s": found.rise_s, "end_s": found.set_s}
    both |= {name: km / SPEED_OF_LIGHT_KM_S for name, km in zip(LIGHT_TIMES, ranges, strict=True)}
    parts = []
    for sender, receiver, rate in ((second, first, leg.down), (first, second, leg.up)):
        mbps = _rates(rate, found)
        keep = mbps != 0.0
        ends: dict[str, NDArray[Any]] = {"from_node": sender, "to_node": receiver, "rate_mbps": mbps}
        parts.append({name: values[keep] for name, values in (both | ends).items()})
    return parts


def _rates(rate: Rate, passes: Passes) -> Floats:
    each = rate(passes) if callable(rate) else rate
    given = np.full(len(passes), each) if np.ndim(each) == 0 else np.asarray(each, np.float64)
    if given.shape != (len(passes),):
        raise RaabtaError(f"rates of shape {given.shape} for {len(passes)} intervals; wanted: one for each")
    bad = np.flatnonzero(~((given >= 0.0) & (given < np.inf)))
    if bad.size:
        raise OutOfRangeError("a rate, Mbps", float(given[bad[0]]), "0 or more, finite", _WHOSE)
    return given


@dataclass(frozen=True)
class Fault:
    """What is wrong with a plan, and in which row; -1 for the plan as a whole. other: the row of the contact
    that it is wrong beside, -1 for none."""

    row: int
    what: str
    value: object
    valid: str
    other: int = -1


def find_fault(plan: ContactPlan) -> Fault | None:
    """The first thing that is wrong with a plan, or None: names, numbers, times, light times, overlaps."""
    for name in plan.nodes:
        if not name or name != name.strip() or any(letter < " " for letter in name):
            return Fault(-1, "a node's name", repr(name), "some letters, no control character")
    if len(set(plan.nodes)) != len(plan.nodes):
        twice = next(name for name in plan.nodes if plan.nodes.count(name) > 1)
        return Fault(-1, "a node's name", repr(twice), "each once")
    return _number_fault(plan) or _time_fault(plan) or _overlap(plan)


def _number_fault(plan: ContactPlan) -> Fault | None:
    most = len(plan.nodes) - 1
    for name in ("from_node", "to_node"):
        numbers = getattr(plan, name)
        bad = np.flatnonzero((numbers < 0) | (numbers > most))
        if bad.size:
            return Fault(int(bad[0]), name, int(numbers[bad[0]]), f"0 to {most}, the nodes")
    same = np.flatnonzero(plan.from_node == plan.to_node)
    if same.size:
        name = plan.nodes[plan.from_node[same[0]]]
        return Fault(int(same[0]), "the receiver", name, "another node than the sender")
    bad = np.flatnonzero(~((plan.rate_mbps > 0.0) & (plan.rate_mbps < np.inf)))
    if bad.size:
        return Fault(int(bad[0]), "rate_mbps", float(plan.rate_mbps[bad[0]]), "above 0, finite")
    return None


def _time_fault(plan: ContactPlan) -> Fault | None:
    bad = np.flatnonzero(~((plan.start_s >= 0.0) & (plan.start_s < np.inf)))
    if bad.size:
        return Fault(int(bad[0]), "start_s", float(plan.start_s[bad[0]]), "0 or more, finite")
    bad = np.flatnonzero(~((plan.end_s > plan.start_s) & (plan.end_s < np.inf)))
    if bad.size:
        row = int(bad[0])
        return Fault(row, "end_s", float(plan.end_s[row]), f"after start_s, {plan.start_s[row]:.12g}")
    least, most = plan.light_time_min_s, plan.light_time_max_s
    for name in LIGHT_TIMES:
        value = getattr(plan, name)
        bad = np.flatnonzero(~((value >= 0.0) & (value >= least) & (value <= most) & (value < np.inf)))
        if bad.size:
            row = int(bad[0])
            valid = f"0 or more, finite, {least[row]:.9g} to {most[row]:.9g} as the least and greatest say"
            return Fault(row, name, float(value[row]), valid)
    return None


def _overlap(plan: ContactPlan) -> Fault | None:
    order = np.lexsort((plan.start_s, plan.to_node, plan.from_node))
    later, earlier = order[1:], order[:-1]
    same = (plan.from_node[later] == plan.from_node[earlier]) & (plan.to_node[later] == plan.to_node[earlier])
    bad = np.flatnonzero(same & (plan.start_s[later] < plan.end_s[earlier]))
    if bad.size == 0:
        return None
    row, before = int(later[bad[0]]), int(earlier[bad[0]])
    pair = f"{plan.nodes[plan.from_node[row]]} to {plan.nodes[plan.to_node[row]]}"
    mine, theirs = (f"{plan.start_s[k]:.12g} to {plan.end_s[k]:.12g}" for k in (row, before))
    valid = f"no overlap with another of the two, {theirs}"
    return Fault(row, f"a contact {pair}, s", mine, valid, before)
