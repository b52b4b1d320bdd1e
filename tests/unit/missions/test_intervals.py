"""The algebra of intervals holds against a count of seconds, one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from raabta.missions import intervals

SPAN = 60


def seconds(rows: np.ndarray) -> set[int]:
    return {s for begin, end in rows.astype(int).tolist() for s in range(begin, end)}


@st.composite
def some(draw: st.DrawFn) -> np.ndarray:
    edges = sorted(draw(st.sets(st.integers(0, SPAN), max_size=12)))
    pairs = edges[: len(edges) // 2 * 2]
    return np.array(pairs, np.float64).reshape(-1, 2)


@given(some(), some())
def test_sets_are_those_of_their_seconds(one: np.ndarray, other: np.ndarray) -> None:
    assert seconds(intervals.met(one, other)) == seconds(one) & seconds(other)
    both = intervals.united([one, other])
    assert seconds(both) == seconds(one) | seconds(other)
    assert (both[1:, 0] > both[:-1, 1]).all()
    gaps = intervals.between(both, 5.0, 50.0)
    assert seconds(gaps) == set(range(5, 50)) - seconds(both)
    assert intervals.length_s(gaps) + intervals.length_s(intervals.within(both, 5.0, 50.0)) == 45.0


def test_rows_cut_at_the_border_of_a_day_are_made_whole() -> None:
    rows = np.array(
        [
            [1.0, 86_400.0, 86_500.0, 30.0, 900.0],
            [0.0, 10.0, 20.0, 5.0, 700.0],
            [1.0, 86_000.0, 86_400.0, np.nan, 800.0],
            [0.0, 20.5, 30.0, 6.0, 600.0],
        ]
    )
    joined = intervals.joined(rows, 1, least=[4], most=[3])
    np.testing.assert_array_equal(
        joined,
        [
            [0.0, 10.0, 20.0, 5.0, 700.0],
            [0.0, 20.5, 30.0, 6.0, 600.0],
            [1.0, 86_000.0, 86_500.0, 30.0, 800.0],
        ],
    )
    assert len(intervals.joined(rows[:0], 1)) == 0
    assert intervals.longest_s(intervals.NONE) == 0.0
