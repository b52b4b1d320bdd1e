"""Fair rates against plain oracles, by hand, and with input that must be refused."""

from __future__ import annotations

import flows as oracle
import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, OutOfRangeError, RaabtaError
from raabta.network.fair import DEMAND_MET, fair_rates, resource_load_mbps


def test_three_flows_on_two_links_by_hand():
    """The textbook case: the long flow shares both links, the short ones take what is left."""
    found = fair_rates([0, 2, 3, 4], [0, 1, 0, 1], [1.0, 3.0])
    assert found.rate_mbps.tolist() == [0.5, 0.5, 2.5]
    assert found.binding.tolist() == [0, 0, 1]


def test_a_met_demand_leaves_the_rest_to_others():
    found = fair_rates([0, 1, 2, 3], [0, 0, 0], [9.0], [1.0, np.inf, np.inf], [1.0, 1.0, 3.0])
    assert found.rate_mbps.tolist() == [1.0, 2.0, 6.0]
    assert found.binding.tolist() == [DEMAND_MET, 0, 0]


@pytest.mark.parametrize("demand", ["all", "some", "none"])
@pytest.mark.parametrize("seed", range(6))
def test_equals_progressive_filling_by_rounds(seed, demand):
    case = oracle.draw(seed, 300, 60, demand=demand)
    assert fair_rates(*case).rate_mbps == pytest.approx(oracle.fill_by_rounds(case), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_equals_lexicographic_linear_programs(seed):
    case = oracle.draw(100 + seed, 9, 6, longest=3, demand=["some", "none"][seed % 2])
    assert fair_rates(*case).rate_mbps == pytest.approx(oracle.fill_by_programs(case), abs=1e-3, rel=1e-4)


def test_zero_capacity_stops_its_flows_and_nobody_else():
    found = fair_rates([0, 1, 3, 4], [0, 0, 1, 1], [0.0, 4.0])
    assert found.rate_mbps.tolist() == [0.0, 0.0, 4.0]
    assert found.binding.tolist() == [0, 0, 1]


def test_flows_without_resources_and_without_demand():
    found = fair_rates([0, 0, 1], [0], [2.0], [7.0, 0.0])
    assert found.rate_mbps.tolist() == [7.0, 0.0]
    assert found.binding.tolist() == [DEMAND_MET, DEMAND_MET]
    assert fair_rates([0], [], []).rate_mbps.size == 0


def test_infinite_capacity_is_no_limit():
    found = fair_rates([0, 2, 3], [0, 1, 0], [np.inf, 3.0], [np.inf, 5.0])
    assert found.rate_mbps.tolist() == [3.0, 5.0]
    with pytest.raises(NoSolutionError, match=r"flow 1 has neither a demand nor a resource"):
        fair_rates([0, 1, 2], [1, 0], [np.inf, 3.0])


def test_a_resource_named_twice_carries_the_flow_twice():
    found = fair_rates([0, 2, 3], [0, 0, 0], [6.0])
    assert found.rate_mbps.tolist() == [2.0, 2.0]
    assert resource_load_mbps([0, 2, 3], [0, 0, 0], found.rate_mbps, 1).tolist() == [6.0]


def test_weights_far_apart_lose_no_precision():
    """The light flows are left when the heavy one has its demand: their shares must not be rounding."""
    weight = np.array([1e9, 1e-9, 1e-9, 2e-9])
    found = fair_rates([0, 1, 2, 3, 4], [0, 0, 0, 0], [8.0], [4.0, np.inf, np.inf, np.inf], weight)
    assert found.rate_mbps == pytest.approx([4.0, 1.0, 1.0, 2.0], rel=1e-12)


def test_the_same_call_gives_the_same_bits():
    case = oracle.draw(5, 4_000, 700)
    first, again = fair_rates(*case), fair_rates(*case)
    assert first.rate_mbps.tobytes() == again.rate_mbps.tobytes()
    assert first.binding.tobytes() == again.binding.tobytes()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1], [0], [-1.0]), OutOfRangeError, r"capacity_mbps\[0\] is -1.0; valid: 0 or more"),
        (([0, 1], [0], [np.nan]), OutOfRangeError, r"capacity_mbps\[0\] is nan"),
        (([0, 1, 2], [0, 3], [1.0, 2.0]), OutOfRangeError, r"resource\[1\] \(row 1\) is 3; valid: 0 to 1"),
        (([0, 1], [-1], [1.0]), OutOfRangeError, r"resource\[0\] \(row 0\) is -1"),
        (([0, 1], [0.5], [1.0]), RaabtaError, r"wanted: whole numbers"),
        (([0, 2, 1], [0], [1.0]), RaabtaError, r"start must begin with 0, never fall, and end with 1"),
        (([], [], [1.0]), RaabtaError, r"start must begin with 0"),
        (([0, 1], [0], [1.0], [np.nan]), OutOfRangeError, r"demand_mbps\[0\] is nan"),
        (([0, 1], [0], [1.0], [1.0, 2.0]), RaabtaError, r"demand_mbps has shape \(2,\); wanted: \(1,\)"),
        (([0, 1], [0], [1.0], None, [0.0]), OutOfRangeError, r"weight_ratio\[0\] is 0.0; valid: 1e-09 to"),
        (([0, 1], [0], [1.0], None, [np.inf]), OutOfRangeError, r"weight_ratio\[0\] is inf"),
    ],
)
def test_malformed_input_is_refused_with_the_place(arguments, error, message):
    with pytest.raises(error, match=message):
        fair_rates(*arguments)
