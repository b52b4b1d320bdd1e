"""What holds for fair rates on any instance."""

from __future__ import annotations

import flows as oracle
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.fair import DEMAND_MET, fair_rates, resource_load_mbps

quick = settings(max_examples=60, deadline=None)


@st.composite
def cases(draw):
    """Flows of 0 to 5 resources, some full from the start, demands that tie, weights."""
    resources = draw(st.integers(1, 8))
    paths = draw(st.lists(st.lists(st.integers(0, resources - 1), max_size=5, unique=True), max_size=30))
    capacity = st.one_of(st.just(0.0), st.floats(0.001, 1e4), st.integers(1, 5).map(float))
    wish = st.one_of(st.just(0.0), st.floats(0.001, 1e4), st.integers(1, 5).map(float))
    many = {"min_size": len(paths), "max_size": len(paths)}
    return oracle.Flows(
        np.concatenate([[0], np.cumsum([len(path) for path in paths])]).astype(np.int64),
        np.array([r for path in paths for r in path], np.int64),
        np.array(draw(st.lists(capacity, min_size=resources, max_size=resources))),
        np.array([draw(st.one_of(wish, st.just(np.inf)) if path else wish) for path in paths]),
        np.array(draw(st.lists(st.sampled_from([0.1, 1.0, 2.0, 7.0]), **many))),
    )


def close(a, b, scale):
    return np.abs(a - b) <= 1e-9 * np.maximum(scale, 1.0)


@quick
@given(cases())
def test_feasible_and_every_flow_has_its_demand_or_a_bottleneck(case):
    found = fair_rates(*case)
    load = resource_load_mbps(case.start, case.resource, found.rate_mbps, case.capacity_mbps.size)
    assert (load <= case.capacity_mbps * (1 + 1e-9) + 1e-9).all()
    assert (found.rate_mbps >= 0.0).all()
    assert (found.rate_mbps <= case.demand_mbps).all()
    level = found.rate_mbps / case.weight_ratio
    use = case.use() > 0
    for f, r in enumerate(found.binding):
        if r == DEMAND_MET:
            assert found.rate_mbps[f] == case.demand_mbps[f]
            continue
        assert use[r, f]
        assert close(load[r], case.capacity_mbps[r], case.capacity_mbps[r])
        assert level[use[r]].max() <= level[f] + 1e-9 * max(level[f], 1.0)


@quick
@given(cases())
def test_equals_filling_by_rounds(case):
    assert close(fair_rates(*case).rate_mbps, oracle.fill_by_rounds(case), case.capacity_mbps.max()).all()


@quick
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_flows_and_resources_does_not_matter(case, random):
    flow, name = list(range(case.demand_mbps.size)), list(range(case.capacity_mbps.size))
    random.shuffle(flow)
    random.shuffle(name)
    paths = [case.resource[case.start[f] : case.start[f + 1]] for f in flow]
    capacity = np.empty_like(case.capacity_mbps)
    capacity[name] = case.capacity_mbps
    mixed = oracle.Flows(
        np.concatenate([[0], np.cumsum([path.size for path in paths])]).astype(np.int64),
        np.array([name[r] for path in paths for r in path[::-1]], np.int64),
        capacity, case.demand_mbps[flow], case.weight_ratio[flow],
    )  # fmt: skip
    before = fair_rates(*case).rate_mbps[flow]
    assert close(fair_rates(*mixed).rate_mbps, before, case.capacity_mbps.max()).all()


@quick
@given(cases(), st.integers(0, 7), st.floats(0.0, 100.0))
def test_more_capacity_never_worsens_the_worst_then_the_next(case, which, more):
    """Fairness orders sharings by their sorted levels; one may lose, the sorted list may not."""
    case = case._replace(weight_ratio=np.ones(case.demand_mbps.size))
    richer = case.capacity_mbps.copy()
    richer[which % richer.size] += more
    before = np.sort(fair_rates(*case).rate_mbps)
    after = np.sort(fair_rates(*case._replace(capacity_mbps=richer)).rate_mbps)
    apart = np.flatnonzero(~close(before, after, richer.max()))
    assert apart.size == 0 or after[apart[0]] > before[apart[0]]


@quick
@given(cases(), st.floats(0.01, 100.0))
def test_rates_scale_with_the_unit(case, factor):
    scaled = case._replace(capacity_mbps=case.capacity_mbps * factor, demand_mbps=case.demand_mbps * factor)
    before = fair_rates(*case).rate_mbps * factor
    assert close(fair_rates(*scaled).rate_mbps, before, scaled.capacity_mbps.max()).all()
