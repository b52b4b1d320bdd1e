"""The served test on histograms made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.network import ladder
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.service import served, tested_kernels

BINS = RUNGS + 1


def histogram(*parts):
    """One histogram (b,) from (level, share of slots) pairs, over 1,000 slots."""
    out = np.zeros(BINS, np.int64)
    for level, share in parts:
        out[np.flatnonzero(ladder.rung_levels() <= level * (1 + 1e-12))[-1]] += round(
            share * 1_000 * SLOT_UNIT
        )
    return out


def level_of(counts, target=0.99):
    """Level that the served test grants."""
    return ladder.rung_levels()[ladder.highest_rung(ladder.survival(counts, 1_000), target)]


def test_the_ladder_runs_from_a_thousandth_to_the_whole():
    levels = ladder.rung_levels()
    assert levels.size == BINS
    assert (levels[0], levels[-1]) == (0.0, 1.0) and levels[1] == pytest.approx(1e-3)
    assert np.all(np.diff(levels) > 0.0)
    assert levels[2:] / levels[1:-1] == pytest.approx(1.04, abs=1e-3)


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ([(1.0, 1.0)], 1.0),
        ([(1.0, 0.99), (0.0, 0.01)], 1.0),
        ([(1.0, 0.989), (0.0, 0.011)], 0.0),
        ([(1.0, 0.989), (0.5, 0.011)], 0.5),
        ([(1.0, 0.5), (0.5, 0.48), (0.1, 0.01), (0.0, 0.01)], 0.1),
        ([(0.0, 1.0)], 0.0),
        ([], 0.0),
    ],
)
def test_granted_is_what_holds_in_99_of_100_slots(parts, wanted):
    found = level_of(histogram(*parts))
    assert found <= wanted + 1e-12
    assert found >= wanted * 0.96 - 1e-12, "a rung is 4 %"
    assert (found == 0.0) == (wanted == 0.0)


@pytest.mark.parametrize("target", [0.5, 0.9, 0.999])
def test_a_harder_target_never_grants_more(target):
    random = np.random.default_rng(1)
    counts = random.integers(0, 6_000, (50, BINS)) * SLOT_UNIT // 600
    counts = counts * 1_000 * SLOT_UNIT // counts.sum(axis=1, keepdims=True)
    assert np.all(level_of(counts, target) <= level_of(counts, target - 0.1))


def test_survival_starts_at_one_and_falls():
    found = ladder.survival(histogram((1.0, 0.7), (0.2, 0.2)), 1_000)
    assert found[0] == 1.0 and found[-1] == pytest.approx(0.7)
    assert found[1] == pytest.approx(0.9)
    assert np.all(np.diff(found) <= 0.0)


def test_expected_level_is_the_mean():
    found = served.expected_level(histogram((1.0, 0.75), (0.0, 0.25)), 1_000)
    assert found == pytest.approx(0.75)


RUNG = np.array([4])
"""Where the cell is served: the error is that of the rung above."""


def batches_of(values):
    """Sums over batches of a survival that is `values` at every rung but the first."""
    rows = np.ones((len(values), BINS))
    rows[:, 1:] = np.array(values)[:, None]
    return rows.sum(axis=0)[None], (rows**2).sum(axis=0)[None], len(values)


def test_fewer_than_three_batches_say_nothing():
    assert served.sampling(*batches_of([1.0, 0.9]), 0.99, RUNG) is None


def test_equal_batches_leave_no_interval():
    found = served.sampling(*batches_of([1.0] * 24), 0.99, RUNG)
    assert found.batches == 24
    assert found.low == found.high == [RUNGS]
    assert np.all(found.standard_error == 0.0)


def test_an_interval_that_spans_the_target_is_open_at_both_ends():
    values = [1.0, 0.98] * 12
    found = served.sampling(*batches_of(values), 0.99, RUNG)
    error = np.std(values, ddof=1) / np.sqrt(24)
    assert found.standard_error[0] == pytest.approx(error)
    assert (found.low[0], found.high[0]) == (0, RUNGS)


def test_an_interval_above_the_target_is_decided():
    found = served.sampling(*batches_of([0.999, 0.997] * 12), 0.99, RUNG)
    assert found.low == found.high == [RUNGS]


def test_independent_samples_of_independent_batches_are_their_slots():
    """200 batches of 50 independent draws with p = 0.9: p (1 - p) / se^2 is 10,000 within its own noise."""
    draws = np.random.default_rng(5).random((200, 50)) < 0.9
    mean = draws.mean(axis=1)
    error = mean.std(ddof=1) / np.sqrt(200)
    found = served.independent_samples(np.array([0.9]), np.array([error]), np.array([1.0]))
    assert found == pytest.approx(10_000, rel=0.25)


def test_independent_samples_need_an_undecided_cell():
    one = np.array([1.0])
    assert served.independent_samples(one, np.array([0.0]), one) is None
    assert served.independent_samples(np.array([0.5]), np.array([0.1]), np.array([0.0])) is None
    both = served.independent_samples(np.array([0.5, 0.5]), np.array([0.1, 0.05]), np.array([1.0, 9.0]))
    assert both == pytest.approx(100.0)


@pytest.mark.parametrize("classes", [1, 3])
def test_a_batch_is_weighed_as_a_whole_run_is(classes):
    """Of each cell the survival of its best class, its square, and the mean level of every class."""
    random, cells, slots = np.random.default_rng(12), 7, 20
    batch = random.multinomial(slots * SLOT_UNIT, random.dirichlet(np.full(BINS, 0.05), (cells, classes)))
    probability = ladder.survival(batch, slots).max(axis=1)
    before = random.random((cells, BINS))
    total, squares, expected = before.copy(), before.copy(), np.zeros((cells, classes))
    tested_kernels.take_batch(
        batch.astype(np.uint32), float(slots * SLOT_UNIT), ladder.rung_levels(), total, squares, expected
    )
    assert np.array_equal(total, before + probability)
    assert squares == pytest.approx(before + probability**2, rel=1e-12)
    assert expected == pytest.approx(served.expected_level(batch, slots), rel=1e-12)
    assert classes == 1 or np.any(probability > ladder.survival(batch, slots)[:, 0])
