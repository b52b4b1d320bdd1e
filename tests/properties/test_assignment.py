"""What holds for assignments on any instance."""

from __future__ import annotations

import markets
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.assignment import assign_balanced, assign_simple, bound_mbps, market, quality

quick = settings(max_examples=60, deadline=None)


@st.composite
def offers(draw):
    """A few cells and satellites in whole Mbps; some ask nothing, offer nothing or see nothing."""
    m = draw(st.integers(1, 6))
    rows = draw(st.lists(st.lists(st.integers(0, m - 1), max_size=m, unique=True), max_size=20))
    amount = st.one_of(st.just(0), st.integers(1, 5), st.integers(1, 1000))
    demand = draw(st.lists(amount, min_size=len(rows), max_size=len(rows)))
    capacity = draw(st.lists(amount, min_size=m, max_size=m))
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return market(start, np.array([s for row in rows for s in row], np.int64), demand, capacity)


@quick
@given(offers())
def test_feasible_below_the_flow_and_the_bound_above_it(offer):
    most = markets.most_by_flow(offer)
    for found in (assign_simple(offer), assign_balanced(offer)):
        load = np.bincount(offer.satellite, found.rate_mbps, offer.capacity_mbps.size)
        assert (found.rate_mbps >= 0.0).all()
        assert (load <= offer.capacity_mbps * (1 + 1e-9) + 1e-9).all()
        assert (found.served_mbps <= offer.demand_mbps * (1 + 1e-9) + 1e-9).all()
        assert found.served_mbps.sum() <= most * (1 + 1e-9) + 1e-9
        assert bound_mbps(offer, found.price_ratio) >= most * (1 - 1e-9) - 1e-9
        assert 0.0 <= quality(offer, found).gap_share <= 1.0


@quick
@given(offers(), st.lists(st.floats(0.0, 100.0), min_size=6, max_size=6))
def test_any_prices_give_a_bound(offer, prices):
    price = np.array(prices[: offer.capacity_mbps.size])
    assert bound_mbps(offer, price) >= markets.most_by_flow(offer) * (1 - 1e-9) - 1e-9


@quick
@given(offers())
def test_many_sweeps_reach_the_flow(offer):
    """At prices that agree within a thousandth, all but about that much of the flow is served."""
    most = markets.most_by_flow(offer)
    assert assign_balanced(offer, 3_000).served_mbps.sum() >= most * (1 - 5e-3)
