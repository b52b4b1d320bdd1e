"""Interval algebra on `Passes`: what two sets of intervals share, hold together, and one without the other.

Intervals are half-open, [rise, set), and belong to a pair of nodes. Those of a pair that touch are one. Which
of the sets they come from is of no weight: passes over a mask, lines of sight clear of a body, times of
sunlight, a link's own hours of work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access.passes import Passes
from raabta.base.errors import OutOfRangeError, RaabtaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

_MEASURED = ("peak_elevation_deg", "peak_s", "min_range_km", "max_range_km", "rise_range_km", "set_range_km")
_SOURCE = "interval algebra"


def both(first: Passes, second: Passes) -> Passes:
    """When intervals of both hold, pair by pair.

    Of what is measured (elevation, ranges) only intervals that `first` has whole keep theirs; others have
    NaN. Raises RaabtaError for different spans, OutOfRangeError for reversed or overlapping intervals.
    """
    return _combined(first, second, np.logical_and)


def either(first: Passes, second: Passes) -> Passes:
    """When intervals of one or the other hold. As `both`."""
    return _combined(first, second, np.logical_or)


def without(first: Passes, second: Passes) -> Passes:
    """When intervals of the first hold and none of the second. As `both`."""
    return _combined(first, second, lambda one, other: one & ~other)


def complement(passes: Passes, pairs: Ints) -> Passes:
    """The gaps: when no interval of `pairs` (p, 2) holds, from the start of the span to its end."""
    return without(whole_span(passes.start, passes.duration_s, pairs), passes)


def whole_span(start: np.datetime64, duration_s: float, pairs: Ints) -> Passes:
    """One interval for each of `pairs` (p, 2), as long as the span; nothing is known beyond."""
    pair = np.unique(np.asarray(pairs, np.int64).reshape(-1, 2), axis=0)
    ends = np.zeros(len(pair)), np.full(len(pair), float(duration_s))
    cut = np.ones(len(pair), np.bool_)
    return made(start, duration_s, pair[:, 0], pair[:, 1], *ends, cut, cut)


def made(
    start: np.datetime64,
    duration_s: float,
    first: Ints,
    second: Ints,
    rise_s: Floats,
    set_s: Floats,
    begins_before: Flags,
    ends_after: Flags,
) -> Passes:
    """Intervals (p,) as `Passes`, nothing measured, sorted and checked. Raises OutOfRangeError."""
    order = np.lexsort((rise_s, second, first))
    none = np.full(order.size, np.nan)
    out = Passes(
        start,
        float(duration_s),
        np.asarray(first, np.int64)[order],
        np.asarray(second, np.int64)[order],
        np.asarray(rise_s, np.float64)[order],
        np.asarray(set_s, np.float64)[order],
        none.copy(),
        none.copy(),
        none.copy(),
        none.copy(),
        none.copy(),
        none.copy(),
        np.asarray(begins_before, np.bool_)[order],
        np.asarray(ends_after, np.bool_)[order],
    )
    check(out)
    return out


def check(passes: Passes) -> None:
    """OutOfRangeError, with the row, for an interval that is reversed, no number, or overlaps another."""
    bad = np.flatnonzero(~(passes.set_s > passes.rise_s) | ~np.isfinite(passes.rise_s + passes.set_s))
    if bad.size:
        row = int(bad[0])
        value = f"{passes.rise_s[row]:.9g} to {passes.set_s[row]:.9g} s (row {row})"
        raise OutOfRangeError("an interval", value, "a beginning before its end, finite", _SOURCE)
    order = np.lexsort((passes.rise_s, passes.satellite, passes.site))
    later, earlier = order[1:], order[:-1]
    same = (passes.site[later] == passes.site[earlier]) & (
        passes.satellite[later] == passes.satellite[earlier]
    )
    bad = np.flatnonzero(same & (passes.rise_s[later] < passes.set_s[earlier]))
    if bad.size:
        row, before = int(later[bad[0]]), int(earlier[bad[0]])
        what = f"the beginning of an interval of {passes.site[row]} and {passes.satellite[row]}"
        value = f"{passes.rise_s[row]:.9g} s (row {row})"
        raise OutOfRangeError(what, value, f"{passes.set_s[before]:.9g} s or later (row {before})", _SOURCE)


def seconds(passes: Passes, first: int, second: int) -> float:
    """How long the intervals of a pair are together, s."""
    own = (passes.site == first) & (passes.satellite == second)
    return float((passes.set_s[own] - passes.rise_s[own]).sum())


def _combined(one: Passes, other: Passes, rule: Callable[[Any, Any], Any]) -> Passes:
    if one.start != other.start or one.duration_s != other.duration_s:
        raise RaabtaError("the intervals are of different spans of time; find them over one")
    check(one)
    check(other)
    pair, at, turn, cut = _turns(one, other)
    state = np.cumsum(turn, axis=0)
    inside = np.asarray(rule(state[:, 0] > 0, state[:, 1] > 0), np.int8)
    change = np.diff(inside, prepend=np.int8(0))
    begin, end = np.flatnonzero(change > 0), np.flatnonzero(change < 0)
    first, second = pair[begin].T if begin.size else np.zeros((2, 0), np.int64)
    out = made(one.start, one.duration_s, first, second, at[begin], at[end], cut[begin], cut[end])
    return _measured_as(out, one)


def _turns(one: Passes, other: Passes) -> tuple[Ints, Floats, Ints, Flags]:
    """Each instant at which an interval of a pair begins or ends: the pair (n, 2); when; by how much the
    number of intervals changes, (n, 2), of one and the other; whether all of them are cut there."""
    rows = [
        (each.site, each.satellite, when, which, step, cut)
        for which, each in enumerate((one, other))
        for when, step, cut in ((each.rise_s, 1, each.begins_before), (each.set_s, -1, each.ends_after))
    ]
    site, satellite, when, cut = (np.concatenate([row[k] for row in rows]) for k in (0, 1, 2, 5))
    change = np.zeros((when.size, 2), np.int64)
    place = 0
    for row in rows:
        change[place : place + row[2].size, row[3]] = row[4]
        place += row[2].size
    order = np.lexsort((when, satellite, site))
    keys = np.column_stack([site, satellite])[order]
    new = np.ones(order.size, np.bool_)
    new[1:] = (keys[1:] != keys[:-1]).any(axis=1) | (when[order][1:] != when[order][:-1])
    first = np.flatnonzero(new)
    if first.size == 0:
        return keys, when, change, cut
    turn = np.add.reduceat(change[order], first, axis=0)
    return keys[first], when[order][first], turn, np.logical_and.reduceat(cut[order], first)


def _measured_as(out: Passes, source: Passes) -> Passes:
    """`out`, and where `source` has the very interval, what was measured of it."""
    if len(out) == 0 or len(source) == 0:
        return out
    keys = np.column_stack([source.site, source.satellite, source.rise_s, source.set_s])
    known = {tuple(key): row for row, key in enumerate(keys.tolist())}
    own = np.column_stack([out.site, out.satellite, out.rise_s, out.set_s]).tolist()
    row = np.array([known.get(tuple(key), -1) for key in own])
    held = row >= 0
    given: dict[str, Any] = {name: np.where(held, getattr(source, name)[row], np.nan) for name in _MEASURED}
    return replace(out, **given)
