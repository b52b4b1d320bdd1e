"""What must hold for any series, ladder and hysteresis."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.links import acm
from raabta.links.modcod import Ladder

LEVELS = st.lists(st.floats(-20.0, 30.0), min_size=1, max_size=70)
WIDTHS = st.floats(0.0, 10.0)


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    rungs = sorted(draw(st.sets(st.integers(-60, 90), min_size=1, max_size=12)))
    gains = draw(st.lists(st.floats(0.05, 1.0), min_size=len(rungs), max_size=len(rungs)))
    return Ladder(np.array(rungs) / 4.0, np.cumsum(gains))


def walked(levels: np.ndarray, ladder: Ladder, width: float) -> list[int]:
    """The rule in words: leave at once, take a higher mode only with the hysteresis to spare."""
    used: list[int] = []
    for level in levels:
        closing = np.flatnonzero(ladder.thresholds_db <= level)
        roomy = np.flatnonzero(ladder.thresholds_db + width <= level)
        best = int(closing[-1]) if closing.size else -1
        with_room = int(roomy[-1]) if roomy.size else -1
        now = used[-1] if used else best
        used.append(best if now > best else max(now, with_room))
    return used


@settings(deadline=None, max_examples=150)
@given(levels=LEVELS, ladder=ladders(), width=WIDTHS)
def test_it_is_the_rule_in_words(levels: list[float], ladder: Ladder, width: float) -> None:
    series = np.array(levels)
    assert acm.held_steps(series, ladder, width).tolist() == walked(series, ladder, width)


@settings(deadline=None, max_examples=150)
@given(levels=LEVELS, ladder=ladders(), width=WIDTHS)
def test_never_above_the_threshold_and_never_beats_the_free_rate(
    levels: list[float], ladder: Ladder, width: float
) -> None:
    series = np.array(levels)
    steps = acm.held_steps(series, ladder, width)
    used = steps >= 0
    assert (ladder.thresholds_db[steps[used]] <= series[used]).all()
    free = acm.carried_bit_symbol(acm.best_steps(series, ladder), ladder)
    assert (acm.carried_bit_symbol(steps, ladder) <= free).all()


@settings(deadline=None, max_examples=100)
@given(levels=LEVELS, ladder=ladders(), width=WIDTHS, more=st.floats(0.0, 5.0))
def test_more_hysteresis_carries_no_more_and_climbs_no_more(
    levels: list[float], ladder: Ladder, width: float, more: float
) -> None:
    series = np.array(levels)
    steps = acm.held_steps(series, ladder, width)
    wider = acm.held_steps(series, ladder, min(width + more, 10.0))
    assert (wider <= steps).all()
    free = acm.best_steps(series, ladder)
    assert np.abs(np.diff(steps)).sum() <= np.abs(np.diff(free)).sum()


@settings(deadline=None, max_examples=100)
@given(levels=LEVELS, ladder=ladders(), width=WIDTHS, cut=st.integers(1, 69))
def test_a_series_may_be_cut_anywhere(levels: list[float], ladder: Ladder, width: float, cut: int) -> None:
    series = np.array(levels)
    whole = acm.held_steps(series, ladder, width)
    if cut < series.size:
        first = acm.held_steps(series[:cut], ladder, width)
        rest = acm.held_steps(series[cut:], ladder, width, first[-1])
        assert np.concatenate([first, rest]).tolist() == whole.tolist()
