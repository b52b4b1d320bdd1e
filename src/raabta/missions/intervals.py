"""Intervals of time as rows: joined where a day was cut, met, united, and what lies between them.

A set of intervals is an array (n, 2) of seconds, begin and end, sorted and apart unless said otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NONE = np.empty((0, 2))
NONE.setflags(write=False)


def united(parts: Sequence[Floats]) -> Floats:
    """Times that lie in any of some sets, which may overlap: (n, 2), touching ones made one."""
    rows = np.concatenate([np.asarray(part, np.float64).reshape(-1, 2) for part in [NONE, *parts]])
    if len(rows) == 0:
        return rows
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    reach = np.maximum.accumulate(rows[:, 1])
    first = np.flatnonzero(np.append(True, rows[1:, 0] > reach[:-1]))
    last = np.append(first[1:], len(rows)) - 1
    return np.column_stack([rows[first, 0], reach[last]])


def met(one: Floats, other: Floats) -> Floats:
    """Times that lie in both sets."""
    found, i, k = [], 0, 0
    while i < len(one) and k < len(other):
        begin, end = max(one[i, 0], other[k, 0]), min(one[i, 1], other[k, 1])
        if end > begin:
            found.append((begin, end))
        if one[i, 1] < other[k, 1]:
            i += 1
        else:
            k += 1
    return np.array(found, np.float64).reshape(-1, 2)


def between(rows: Floats, begin_s: float, end_s: float) -> Floats:
    """What of the time from begin to end lies in none of the intervals: the gaps."""
    inside = within(rows, begin_s, end_s)
    edges = np.concatenate([[begin_s], inside.ravel(), [end_s]]).reshape(-1, 2)
    return np.ascontiguousarray(edges[edges[:, 1] > edges[:, 0]])


def within(rows: Floats, begin_s: float, end_s: float) -> Floats:
    """The parts of the intervals that lie from begin to end."""
    cut = np.clip(rows, begin_s, end_s)
    return np.ascontiguousarray(cut[cut[:, 1] > cut[:, 0]])


def length_s(rows: Floats) -> float:
    """Seconds in all."""
    return float((rows[:, 1] - rows[:, 0]).sum())


def longest_s(rows: Floats) -> float:
    """The longest of them, s; 0 for none."""
    return float((rows[:, 1] - rows[:, 0]).max(initial=0.0))


def joined(
    rows: Floats,
    keys: int,
    least: Sequence[int] = (),
    most: Sequence[int] = (),
    final: Sequence[int] = (),
) -> Floats:
    """Rows cut at the borders of days made whole again: (m, c), sorted by key and then by time.

    rows (n, c): `keys` columns of numbers that say whose, then begin, end and figures, of which those in
    columns `least` and `most` become the least and the most of the parts, in `final` those of the last; the
    others are those of the first.
    Two rows are one where they are of the same key and one begins, to the bit, where the other ends.
    """
    begin, end = keys, keys + 1
    order = np.lexsort([rows[:, begin], *(rows[:, column] for column in range(keys - 1, -1, -1))])
    rows = rows[order]
    if len(rows) == 0:
        return rows
    same = (rows[1:, :keys] == rows[:-1, :keys]).all(axis=1) & (rows[1:, begin] == rows[:-1, end])
    first = np.flatnonzero(np.append(True, ~same))
    last = np.append(first[1:], len(rows)) - 1
    out = rows[first]
    for column in (end, *final):
        out[:, column] = rows[last, column]
    for column in least:
        out[:, column] = np.fmin.reduceat(rows[:, column], first)
    for column in most:
        out[:, column] = np.fmax.reduceat(rows[:, column], first)
    return out
