"""Two hand-made passes over three cells, joined: each home counts once."""

from __future__ import annotations

from dataclasses import replace

import networks
import numpy as np
import pytest

from raabta.network.chunk import pack
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.service import hybrid, outcome, summary
from raabta.service.demand import Subscribers
from raabta.service.store import gather
from raabta.service.user_districts import plain_districts

SLOTS = 100
HOMES = np.array([200.0, 100.0, 40.0, 0.0])
ALWAYS, NEVER = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


@pytest.fixture
def people():
    """One home in two asks; the second cell lies in two districts, nobody lives in the fourth."""
    table = plain_districts(("north", "south"), np.array([3_000, 1_000]), np.array([500, 180]), "made up")
    return networks.people(table, [400, 100, 100, 80], drawn_district=[0, 0, 1, 1])


def subscribers_of(people, share=1.0):
    row = people.households / 2 * share
    cell = np.bincount(people.row_cell, row, people.cells)
    return Subscribers(row, cell, 2 * row, 2 * cell, np.ones(1))


def found(people, shares, asked, plan="25/3", **arrays):
    """Level 1 at plan p in shares[c][p] of the slots of cell c, nothing in the rest."""
    scene = networks.scenario(demand={"plan": plan})
    counts = np.zeros((4, 3, RUNGS + 1), np.uint32)
    counts[:, :, RUNGS] = np.rint(np.array(shares) * SLOTS * SLOT_UNIT)
    counts[:, :, 0] = SLOTS * SLOT_UNIT - counts[:, :, RUNGS]
    part = networks.quiet_chunk(SLOTS, 4, **pack("counts", counts), **arrays)
    sums, tested = gather(scene, asked, networks.read(part), SLOTS)
    return outcome.outcome(scene, people, asked, sums, tested), part


def both(people, first, second, plan="25/3", **arrays):
    one, part = found(people, first, subscribers_of(people), plan)
    left = hybrid.left_over(one, subscribers_of(people))
    two, other = found(people, second, left, plan, **arrays)
    return hybrid.joined([one, two]), part, other


def test_what_the_first_serves_is_not_offered(people):
    one, _ = found(people, [ALWAYS, NEVER, (0.98, 0, 0), NEVER], subscribers_of(people))
    left = hybrid.left_over(one, subscribers_of(people))
    assert left.cell.tolist() == [0.0, 100.0, 40.0, 0.0]
    assert left.row.tolist() == [0.0, 50.0, 50.0, 40.0]
    assert left.addressable_cell.tolist() == [0.0, 200.0, 80.0, 0.0]


def test_shares_that_sum_to_one_but_for_rounding_leave_nobody(people):
    asked = subscribers_of(people)
    one, _ = found(people, [ALWAYS] * 4, asked)
    rounded = replace(one, asked=replace(asked, class_share=np.array([1.0 - 1e-7])))
    assert hybrid.left_share(rounded).tolist() == [0.0] * 4


def test_each_home_counts_once(people):
    whole, _, _ = both(people, [ALWAYS, NEVER, NEVER, NEVER], [ALWAYS, ALWAYS, NEVER, NEVER])
    served = whole.served_cell()[:, 0]
    assert served.tolist() == [[200.0, 0.0], [0.0, 100.0], [0.0, 0.0], [0.0, 0.0]]
    assert whole.own().tolist() == [100.0, 100.0, 100.0]
    assert whole.moved.tolist() == [0.0, 1.0, 0.0, 0.0]
    arrays = summary.district_arrays(whole)
    assert arrays["served_by_class"][:, :, 0].tolist() == [[200.0, 50.0], [0.0, 50.0]]
    assert arrays["subscribers"].sum() == HOMES.sum()
    assert summary.class_arrays(whole)["subscribers"].tolist() == [340.0, 140.0]


def test_at_a_lesser_plan_that_both_could_give_a_home_counts_with_the_first(people):
    first = [(1.0, 0.5, 0.0), (1.0, 1.0, 0.0), NEVER, NEVER]
    whole, _, _ = both(people, first, [ALWAYS, ALWAYS, ALWAYS, NEVER], plan="50/10")
    assert whole.served_cell()[:, 0].tolist() == [[200.0, 0.0], [100.0, 0.0], [0.0, 40.0], [0.0, 0.0]]
    assert whole.served_cell()[:, 1].tolist() == [[0.0, 200.0], [100.0, 0.0], [0.0, 40.0], [0.0, 0.0]]


def test_availability_is_of_the_one_that_serves(people):
    whole, _, _ = both(people, [NEVER, (0.6, 0, 0), (0.6, 0, 0), NEVER], [NEVER, (0.995, 0, 0), NEVER, NEVER])
    assert whole.available == pytest.approx([0.0, 0.995, 0.6, 0.0])
    totals = summary.summarise(whole, {"satellites": 2})["totals"]
    assert totals["availability_share"] == pytest.approx((99.5 + 24.0) / 340.0)
    assert whole.batch_available.mean() == pytest.approx(totals["availability_share"])


def test_half_of_a_cell_served_by_each(people):
    one, _ = found(people, [ALWAYS] * 4, subscribers_of(people))
    half = replace(one, level=one.level / 2)
    two, _ = found(people, [ALWAYS] * 4, hybrid.left_over(half, subscribers_of(people)))
    whole = hybrid.joined([half, two])
    assert whole.served_cell()[:, 0].sum(axis=1).tolist() == HOMES.tolist()
    assert whole.own()[0] == 170.0


def test_delay_and_rate_of_a_home_are_of_its_constellation(people):
    """The first gives every cell 10 ms and half the plan, the fallback 500 ms and the plan to its homes."""
    level = {"rtt": 200, "down": 12.5}, {"rtt": 10_000, "down": 25.0}
    arrays = []
    for given in level:
        rtt = np.full((SLOTS, 4), given["rtt"], np.uint16)
        online = HOMES / 20.0
        arrays.append({"rtt": rtt, "down": np.tile(given["down"] * online, (SLOTS, 1)).astype(np.float16)})
    whole, part, other = both(people, [NEVER, NEVER, (0.5, 0, 0), NEVER], [ALWAYS, NEVER, NEVER, NEVER])
    told = hybrid.spread(whole, [{**part, **arrays[0]}], [{**other, **arrays[1]}])
    totals = summary.summarise(told, {"satellites": 2})["totals"]
    assert totals["rtt_propagation_ms"] == {"p50": 500.0, "p95": 500.0}
    assert totals["busy_hour_mbps"] == {"p10": 12.5, "p50": 25.0, "p90": 25.0}
    histogram = told.gathered.rtt_histogram
    assert histogram[200] == 140_000.0 * SLOTS and histogram[10_000] == 200_000.0 * SLOTS


def test_nobody_asks_of_either(people):
    nobody = subscribers_of(people, 0.0)
    one, _ = found(people, [ALWAYS] * 4, nobody)
    two, _ = found(people, [ALWAYS] * 4, hybrid.left_over(one, nobody))
    whole = hybrid.joined([one, two])
    assert whole.served_cell().sum() == 0.0
    assert summary.summarise(whole, {"satellites": 2})["totals"]["availability_share"] is None
