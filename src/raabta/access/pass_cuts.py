"""Passes of what is out for a while: found between the times at which something goes out or comes back."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access.passes import Passes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Find = Callable[[np.datetime64, float], Passes]
    There = Callable[[Passes, np.datetime64], Flags]

PER_PASS = tuple(field.name for field in fields(Passes) if field.name not in ("start", "duration_s"))


def find_between(
    find: Find, there: There, start: np.datetime64, duration_s: float, edges: Sequence[np.datetime64]
) -> Passes:
    """Passes over a span that something interrupts at `edges` (UTC).

    find(start, duration_s) gives all passes of a span, there(passes, time) which of them hold at a time. An
    interval that goes on over an edge is one; one that an edge ends, ends there, and counts as known.
    """
    parts = [
        _moved(some(found, there(found, begin)), start, duration_s)
        for begin, length_s in _spans(start, duration_s, edges)
        for found in [find(begin, length_s)]
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _spans(
    start: np.datetime64, duration_s: float, edges: Sequence[np.datetime64]
) -> Iterator[tuple[np.datetime64, float]]:
    end = start + np.timedelta64(round(duration_s * 1e9), "ns")
    inside = sorted({edge for edge in edges if start < edge < end})
    for begin, last in zip([start, *inside], [*inside, end], strict=True):
        yield begin, float((last - begin) / np.timedelta64(1, "ns")) * 1e-9


def some(found: Passes, kept: NDArray[Any]) -> Passes:
    """Intervals that are kept: flags or numbers of rows."""
    return replace(found, **{name: getattr(found, name)[kept] for name in PER_PASS})


def _moved(found: Passes, start: np.datetime64, duration_s: float) -> Passes:
    """The same, counted from the start of the whole span."""
    later_s = float((found.start - start) / np.timedelta64(1, "ns")) * 1e-9
    times: dict[str, Any] = {name: getattr(found, name) + later_s for name in ("rise_s", "set_s", "peak_s")}
    # What ends with its part ends to the bit where the next part begins.
    times["set_s"] = np.where(found.ends_after, later_s + found.duration_s, times["set_s"])
    return replace(found, start=start, duration_s=duration_s, **times)


def _joined(parts: Sequence[Passes]) -> Passes:
    """Parts of one span, sorted, intervals that go on over a seam made one."""
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in PER_PASS
    }
    whole = replace(parts[0], **columns)
    whole = some(whole, np.lexsort((whole.rise_s, whole.satellite, whole.site)))
    if len(whole) == 0:
        return whole
    same = (np.diff(whole.site) == 0) & (np.diff(whole.satellite) == 0)
    goes_on = same & (np.abs(whole.rise_s[1:] - whole.set_s[:-1]) < 1e-6)
    goes_on &= whole.begins_before[1:] & whole.ends_after[:-1]
    first = np.flatnonzero(np.append(True, ~goes_on))
    last = np.append(first[1:], len(whole)) - 1
    group = np.repeat(np.arange(first.size), np.diff(np.append(first, len(whole))))
    highest = np.lexsort((whole.peak_s, -whole.peak_elevation_deg, group))[first]
    out = some(whole, first)
    changed: dict[str, Any] = {
        **{name: getattr(whole, name)[last] for name in ("set_s", "set_range_km", "ends_after")},
        **{name: getattr(whole, name)[highest] for name in ("peak_s", "peak_elevation_deg")},
    }
    changed["ends_after"] &= changed["set_s"] >= whole.duration_s - 1e-6
    return replace(
        out,
        **changed,
        min_range_km=np.minimum.reduceat(whole.min_range_km, first),
        max_range_km=np.maximum.reduceat(whole.max_range_km, first),
        begins_before=out.begins_before & (out.rise_s <= 0.0),
    )
