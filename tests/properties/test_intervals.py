"""The interval algebra against sets of whole seconds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import intervals
from raabta.base.errors import OutOfRangeError, RaabtaError

START = np.datetime64("2028-11-01", "ns")
SPAN_S = 60


@st.composite
def some_passes(draw):
    """Disjoint intervals with whole seconds as edges, of up to four pairs; and the seconds they hold."""
    held = np.zeros((2, 2, SPAN_S), bool)
    rows = []
    for site in range(2):
        for satellite in range(2):
            edges = sorted(draw(st.sets(st.integers(0, SPAN_S), max_size=8)))
            for begin, end in zip(edges[::2], edges[1::2], strict=False):
                held[site, satellite, begin:end] = True
                rows.append((site, satellite, begin, end, begin == 0, end == SPAN_S))
    columns = np.array(rows, float).reshape(-1, 6).T
    made = intervals.made(START, SPAN_S, *columns[:2].astype(int), *columns[2:4], *columns[4:].astype(bool))
    return made, held


def as_seconds(passes):
    held = np.zeros((2, 2, SPAN_S), bool)
    for row in range(len(passes)):
        pair = passes.site[row], passes.satellite[row]
        part = held[pair][int(passes.rise_s[row]) : int(passes.set_s[row])]
        assert not part.any() and part.size
        part[:] = True
    return held


@settings(deadline=None, max_examples=150)
@given(some_passes(), some_passes())
def test_the_algebra_is_that_of_sets_of_seconds(one, other):
    (a, in_a), (b, in_b) = one, other
    pairs = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    assert (as_seconds(intervals.both(a, b)) == (in_a & in_b)).all()
    assert (as_seconds(intervals.either(a, b)) == (in_a | in_b)).all()
    assert (as_seconds(intervals.without(a, b)) == (in_a & ~in_b)).all()
    assert (as_seconds(intervals.complement(a, pairs)) == ~in_a).all()
    for found in (intervals.both(a, b), intervals.either(a, b), intervals.without(a, b)):
        same = (found.site[1:] == found.site[:-1]) & (found.satellite[1:] == found.satellite[:-1])
        assert (found.rise_s[1:][same] > found.set_s[:-1][same]).all(), "those that touch are one"
        assert (found.begins_before == (found.rise_s == 0)).all()
        assert (found.ends_after == (found.set_s == SPAN_S)).all()
    assert intervals.seconds(a, 1, 0) == in_a[1, 0].sum()


@settings(deadline=None, max_examples=50)
@given(some_passes(), some_passes(), some_passes())
def test_laws(one, other, third):
    a, b, c = (each[0] for each in (one, other, third))
    left, right = intervals.without(a, intervals.either(b, c)), intervals.without(intervals.without(a, b), c)
    assert (left.rise_s == right.rise_s).all() and (left.set_s == right.set_s).all()
    left = intervals.both(a, intervals.either(b, c))
    right = intervals.either(intervals.both(a, b), intervals.both(a, c))
    assert (left.rise_s == right.rise_s).all() and (left.set_s == right.set_s).all()


def of(*rows):
    columns = np.array(rows, float).T
    flag = np.zeros(len(rows), bool)
    return intervals.made(START, SPAN_S, *columns[:2].astype(int), *columns[2:], flag, flag)


def test_reversed_and_overlapping_intervals_are_refused_with_their_rows():
    with pytest.raises(OutOfRangeError, match=r"an interval is 9 to 5 s \(row 1\)"):
        of((0, 0, 1, 2), (0, 1, 9, 5))
    with pytest.raises(OutOfRangeError, match=r"of 0 and 1 is 7 s \(row 1\); valid: 8 s or later \(row 0\)"):
        of((0, 1, 2, 8), (0, 1, 7, 9))
    with pytest.raises(OutOfRangeError, match="finite"):
        of((0, 1, 2, float("nan")))
    other = intervals.made(START, 61.0, *np.zeros((2, 0), int), *np.zeros((2, 0)), *np.zeros((2, 0), bool))
    with pytest.raises(RaabtaError, match="different spans"):
        intervals.both(of((0, 0, 1, 2)), other)


def test_what_was_measured_stays_with_intervals_that_stay_whole():
    from dataclasses import replace

    a = of((0, 0, 1, 5), (0, 0, 10, 20))
    a = replace(a, min_range_km=np.array([100.0, 200.0]))
    found = intervals.both(a, of((0, 0, 0, 15)))
    assert found.min_range_km[0] == 100.0 and np.isnan(found.min_range_km[1])
