"""The served test over a whole run of slots: never more than was asked, and never less for an easier ask."""

from __future__ import annotations

from functools import lru_cache

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.admission import admit
from raabta.network.chunk import run_chunk
from raabta.network.ladder import highest_rung, rung_levels, survival
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.service.demand import Subscribers
from raabta.service.served import sampling
from raabta.service.store import gather

SLOTS = 8
quick = settings(max_examples=8, deadline=None)


@lru_cache
def network_of(allocation, beams):
    made = networks.scenario(
        radio=networks.payload(beams=beams),
        shells=(networks.SHELL.model_copy(update={"planes": 30, "satellites_per_plane": 30}),),
        sharing={"allocation": allocation},
        demand={"availability_target_share": 0.9},
    )
    return networks.build(made, homes=50.0, where=networks.cells(rings=3))


def served_homes(network, homes):
    """Homes served of every cell and plan, (n, p), by a run of a few slots."""
    network = admit(networks.again(network, homes))
    asked = Subscribers(homes, homes, homes * 10.0, homes * 10.0, np.ones(1))
    part = run_chunk(network, range(0, SLOTS))
    found, tested = gather(network.scenario, asked, networks.read(part), SLOTS)
    level = rung_levels()[tested.rung]
    return level[:, :, 0] * found.storm_keep_share()[:, None] * homes[:, None]


@quick
@given(
    seed=st.integers(0, 1_000), size=st.floats(1.0, 400.0), beams=st.sampled_from([1, 4]),
    allocation=st.sampled_from(["guarantee", "equal"]),
)  # fmt: skip
def test_no_cell_is_served_more_than_it_asks_and_no_plan_more_than_a_smaller_one(
    seed, size, beams, allocation
):
    homes = np.random.default_rng(seed).gamma(0.7, size, 37).round(3)
    served = served_homes(network_of(allocation, beams), homes)
    assert np.all(served >= 0.0)
    assert np.all(served <= homes[:, None] * (1 + 1e-12))
    assert np.all(np.diff(served, axis=1) <= 1e-9), "25/3 before 50/10 before 100/20"


def test_a_light_ask_is_served_whole_and_a_heavy_one_in_part():
    network = network_of("guarantee", 4)
    homes = np.full(37, 2.0)
    assert served_homes(network, homes)[:, 0] == pytest.approx(homes)
    heavy = served_homes(network, np.full(37, 2_000.0))[:, 0].sum()
    assert 0.0 < heavy < 0.5 * 37 * 2_000.0


counts = st.lists(st.integers(0, 50), min_size=RUNGS + 1, max_size=RUNGS + 1)


@settings(max_examples=60, deadline=None)
@given(counts=counts, moved=st.integers(1, RUNGS), target=st.floats(0.5, 0.999))
def test_moving_slots_up_the_ladder_never_lowers_what_is_granted(counts, moved, target):
    histogram = np.array(counts, np.int64) * SLOT_UNIT
    slots = max(1, sum(counts))
    better = histogram.copy()
    better[moved] += better[moved - 1]
    better[moved - 1] = 0
    before, after = (highest_rung(survival(h, slots), target) for h in (histogram, better))
    assert after >= before


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(counts, min_size=3, max_size=8), target=st.floats(0.5, 0.999))
def test_the_interval_holds_the_answer(rows, target):
    batches = np.array(rows, np.int64)
    batches[:, -1] += 1
    shares = np.array([survival(row * SLOT_UNIT, int(row.sum())) for row in batches])
    found = sampling(
        shares.sum(axis=0)[None], (shares**2).sum(axis=0)[None], len(rows), target, np.zeros(1, int)
    )
    mean = highest_rung(np.minimum(shares.mean(axis=0), 1.0), target)
    assert found.low[0] <= mean <= found.high[0]
