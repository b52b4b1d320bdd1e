"""Assignments against exact maximum flows and linear programs, by hand, and with input to refuse."""

from __future__ import annotations

import markets
import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.assignment import assign_balanced, assign_simple, bound_mbps, market, quality

CASES = [(seed, load) for seed in range(3) for load in (0.7, 1.0, 1.6)]


def loads(offer, found):
    return np.bincount(offer.satellite, found.rate_mbps, offer.capacity_mbps.size)


def test_a_cell_shares_its_demand_where_that_serves_more():
    """Two satellites of 10: a cell that asks 15 gets them both only if it may be split."""
    offer = market([0, 2], [0, 1], [15.0], [10.0, 10.0])
    assert assign_simple(offer).served_mbps.tolist() == [10.0]
    assert assign_balanced(offer).rate_mbps == pytest.approx([7.5, 7.5])


def test_full_satellites_serve_every_asker_the_same_share():
    offer = market([0, 1, 2, 3], [0, 0, 0], [10.0, 20.0, 30.0], [30.0])
    for found in (assign_simple(offer), assign_balanced(offer)):
        assert found.served_mbps == pytest.approx([5.0, 10.0, 15.0])
        assert found.price_ratio == pytest.approx([2.0])


def test_a_cell_with_a_choice_makes_room_for_one_without():
    offer = market([0, 2, 3], [0, 1, 0], [10.0, 10.0], [10.0, 10.0])
    assert assign_balanced(offer).served_mbps == pytest.approx([10.0, 10.0], rel=2e-3)


@pytest.mark.parametrize(("seed", "load"), CASES)
def test_balanced_is_near_the_maximum_flow_and_the_bound_above_it(seed, load):
    offer = markets.draw(seed, 1_500, 60, load=load)
    most = markets.most_by_flow(offer)
    balanced, simple = assign_balanced(offer), assign_simple(offer)
    bound = bound_mbps(offer, balanced.price_ratio)
    assert bound >= most * (1 - 1e-12)
    assert bound <= most * 1.005
    assert balanced.served_mbps.sum() <= most * (1 + 1e-12)
    assert balanced.served_mbps.sum() >= 0.995 * most
    assert 0.85 * most <= simple.served_mbps.sum() <= most
    assert bound_mbps(offer, simple.price_ratio) >= most * (1 - 1e-12)
    assert quality(offer, balanced).gap_share <= 0.006


def test_more_sweeps_reach_the_maximum_flow():
    offer = markets.draw(4, 800, 50)
    most = markets.most_by_flow(offer)
    few, many = (quality(offer, assign_balanced(offer, sweeps)) for sweeps in (2, 400))
    assert few.served_mbps < many.served_mbps
    assert many.served_mbps == pytest.approx(most, rel=1e-3)
    assert many.gap_share <= 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_balanced_equals_linear_programs_in_total_and_for_the_worst_cell(seed):
    offer = markets.draw(seed, 40, 8, candidates=3, load=1.4)
    most, worst = markets.most_by_program(offer)
    found = quality(offer, assign_balanced(offer, 1_000))
    assert found.served_mbps == pytest.approx(most, rel=2e-3)
    assert found.worst_share == pytest.approx(worst, rel=5e-3)
    assert found.bound_mbps == pytest.approx(most, rel=2e-3)


def test_simple_gives_each_cell_one_satellite():
    offer = markets.draw(1, 1_000, 40)
    used = assign_simple(offer).rate_mbps > 0.0
    assert (np.bincount(np.repeat(np.arange(1_000), 8), used) == 1).all()


def test_satellites_without_capacity_and_cells_without_demand_or_candidates():
    offer = market([0, 2, 2, 3, 4], [0, 1, 0, 1], [8.0, 5.0, 3.0, 0.0], [0.0, 6.0])
    for found in (assign_simple(offer), assign_balanced(offer)):
        assert found.served_mbps == pytest.approx([6.0, 0.0, 0.0, 0.0], abs=1e-6)
        assert bound_mbps(offer, found.price_ratio) >= 6.0 - 1e-9
    nothing = market([0, 1], [0], [4.0], [0.0])
    assert quality(nothing, assign_balanced(nothing)).served_mbps == 0.0
    empty = market([0], [], [], [])
    assert quality(empty, assign_balanced(empty)).worst_share == 1.0


def test_the_same_call_gives_the_same_bits():
    offer = markets.draw(2, 2_000, 70)
    for assign in (assign_simple, assign_balanced):
        assert assign(offer).rate_mbps.tobytes() == assign(offer).rate_mbps.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            ([0, 1], [0], [1.0], [-2.0]),
            OutOfRangeError,
            r"capacity_mbps\[0\] is -2.0; valid: 0 or more, finite",
        ),
        (([0, 1], [0], [np.nan], [2.0]), OutOfRangeError, r"demand_mbps\[0\] is nan"),
        (([0, 1], [0], [np.inf], [2.0]), OutOfRangeError, r"demand_mbps\[0\] is inf"),
        (([0, 1], [1], [1.0], [2.0]), OutOfRangeError, r"satellite\[0\] \(row 0\) is 1; valid: 0 to 0"),
        (([0, 1], [0], [1.0, 2.0], [2.0]), RaabtaError, r"demand_mbps has shape \(2,\)"),
        (([1, 1], [0], [1.0], [2.0]), RaabtaError, "start must begin with 0"),
    ],
)
def test_malformed_input_is_refused_with_the_place(arguments, error, message):
    with pytest.raises(error, match=message):
        market(*arguments)
