"""From hand-made sums to answers."""

from __future__ import annotations

from dataclasses import replace

import networks
import numpy as np
import pytest

from raabta.network.chunk import pack
from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.scenario.models import PLANS_MBPS
from raabta.service import outcome, summary
from raabta.service.demand import Subscribers
from raabta.service.store import gather
from raabta.service.user_districts import plain_districts

CODE = {name: k for k, name in enumerate(CONSTRAINTS)}
SLOTS = 100


@pytest.fixture
def people():
    """Two districts over three cells; the middle cell holds homes of both."""
    table = plain_districts(("north", "south"), np.array([3_000, 1_800]), np.array([3_000, 1_800]), "made up")
    return networks.people(table, [400, 200, 100, 300], drawn_district=[0, 0, 1])


def subscribers_of(people, take_up=0.5):
    row = people.households * take_up
    cell = np.bincount(people.row_cell, row, people.cells)
    return Subscribers(row, cell, row / take_up, cell / take_up, np.ones(1))


def outcome_of(people, shares, take_up=0.5, keep=None):
    """Outcome in which cell c holds level 1 at plan p in shares[c][p] of the slots, nothing in the rest."""
    scenario = networks.scenario()
    asked = subscribers_of(people, take_up)
    counts = np.zeros((3, 3, RUNGS + 1), np.uint32)
    counts[:, :, RUNGS] = np.rint(np.array(shares) * SLOTS * SLOT_UNIT)
    part = networks.quiet_chunk(SLOTS, 3, **pack("counts", counts))
    sums, tested = gather(scenario, asked, networks.read(part), SLOTS)
    if keep is not None:
        sums.storm_clear[:], sums.storm_wet[:] = 1_000, np.rint(1_000 * np.array(keep)).astype(int)
    return outcome.outcome(scenario, people, asked, sums, tested)


def test_served_is_counted_where_it_holds_in_99_of_100(people):
    found = outcome_of(people, [(1.0, 0.995, 0.2), (0.99, 0.98, 0.0), (0.9899, 0.0, 0.0)])
    served = found.served_cell()[:, :, 0]
    assert served.tolist() == [[200.0, 200.0, 0.0], [150.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert found.served_row()[:, 0, 0].tolist() == [200.0, 100.0, 50.0, 0.0]
    assert found.reachable_cell().tolist() == [True, True, False]
    assert found.available == pytest.approx([1.0, 0.99, 0.9899])


@pytest.mark.parametrize("take_up", [0.01, 0.1, 1.0])
def test_served_is_never_above_addressable_times_take_up(people, take_up):
    found = outcome_of(people, [(1.0,) * 3] * 3, take_up)
    assert found.served_cell()[:, 0, 0] == pytest.approx(found.asked.addressable_cell * take_up)


def test_storms_elsewhere_take_their_share_of_served(people):
    found = outcome_of(people, [(1.0,) * 3] * 3, keep=[1.0, 0.5, 0.9])
    assert found.served_cell()[:, 0, 0] == pytest.approx([200.0, 75.0, 135.0])


def test_reachable_needs_one_home_or_the_whole_of_less(people):
    found = outcome_of(people, [(1.0,) * 3] * 3, take_up=0.002)
    assert np.all(found.asked.cell < 1.0) and found.reachable_cell().all()
    none = outcome_of(people, [(0.5,) * 3] * 3, take_up=0.002)
    assert not none.reachable_cell().any()


def test_district_and_class_sums_agree_with_the_cells(people):
    found = outcome_of(people, [(1.0, 0.995, 0.2), (0.99, 0.98, 0.0), (0.9899, 0.0, 0.0)])
    districts, classes = summary.district_arrays(found), summary.class_arrays(found)
    assert districts["served_households"][:, 0].tolist() == [300.0, 50.0]
    assert districts["reachable_households"].tolist() == [600.0, 100.0]
    assert districts["subscribers"].tolist() == [300.0, 200.0]
    assert classes["served_households"][0].tolist() == [350.0, 200.0, 0.0]
    assert classes["subscribers"].tolist() == [500.0]


def test_a_district_where_nobody_asks_has_no_figure(people):
    empty = replace(people, underserved=np.array([400, 200, 0, 0]))
    asked = subscribers_of(people)
    row = np.array([200.0, 100.0, 0.0, 0.0])
    asked = replace(asked, row=row, cell=np.bincount(people.row_cell, row, 3))
    scenario = networks.scenario()
    found = gather(scenario, asked, networks.read(networks.quiet_chunk(SLOTS, 3)), SLOTS)
    arrays = summary.district_arrays(outcome.outcome(scenario, empty, asked, *found))
    assert np.isnan(arrays["availability_share"]).tolist() == [False, True]
    assert np.isnan(arrays["busy_hour_mbps"]).tolist() == [False, True]
    assert arrays["binding"][1] == -1


def test_binding_is_what_most_unserved_ask_met():
    unserved = np.zeros((4, len(CONSTRAINTS)), np.int64)
    unserved[0, CODE["gso"]], unserved[0, CODE["feeder"]] = 5, 9
    unserved[3, CODE["mask"]] = 9
    found = summary.binding(np.array([True, True, False, True]), unserved)
    assert found.tolist() == [CODE["feeder"], CODE["demand_met"], -1, CODE["mask"]]


def test_constraint_shares_weigh_unserved_homes_and_slots_apart(people):
    found = outcome_of(people, [(1.0,) * 3] * 3)
    count = np.zeros((3, len(CONSTRAINTS)), np.int64)
    unserved = count.copy()
    count[0, CODE["mask"]], count[2, CODE["feeder"]] = 75, 25
    unserved[0, CODE["mask"]], unserved[2, CODE["feeder"]] = 100, 400
    shares = summary.constraint_shares(found, count, unserved)
    assert shares["mask"] == {"weighted": pytest.approx(0.25), "unweighted": 0.75}
    assert shares["feeder"] == {"weighted": pytest.approx(0.75), "unweighted": 0.25}
    assert sum(share["weighted"] for share in shares.values()) == pytest.approx(1.0)
    nothing = summary.constraint_shares(found, count * 0, unserved * 0)
    assert {share["weighted"] for share in nothing.values()} == {0.0}


def test_busy_hour_rate_is_the_mean_level_times_the_plan_up_to_the_top(people):
    found = outcome_of(people, [(1.0,) * 3] * 3)
    found.gathered.level_sum[:] = np.array([0.5, 1.0, 40.0]) * SLOTS * 1_000
    assert summary.busy_hour_mbps(found) == pytest.approx([12.5, 25.0, 100.0])
    assert PLANS_MBPS[found.scenario.demand.plan][0] == 25.0


def test_handovers_are_told_by_the_hour_and_by_what_they_take(people):
    """Of 200, 150 and 150 homes: in every slot, in a fifth of them, never; a tenth of a slot each."""
    found = outcome_of(people, [(1.0,) * 3] * 3)
    assert summary.handovers(found) == {"per_hour": None, "time_share": None}, "no slot knows of another"
    found.gathered.handovers[:], found.gathered.followed[:] = [95, 19, 0], 95
    told = summary.handovers(replace(found, scenario=networks.scenario(sharing={"handover_s": 1.5})))
    assert told == {"per_hour": pytest.approx(0.46 * 240), "time_share": pytest.approx(0.046)}


def test_the_assignment_is_told_against_its_bound():
    assert summary.assignment(np.zeros((0, 2)))["samples"] == 0
    found = summary.assignment(np.array([[90.0, 100.0], [60.0, 100.0]]))
    assert (found["samples"], found["forward_mbps"], found["bound_mbps"]) == (2, 75.0, 100.0)
    assert found["gap_share"] == pytest.approx(0.25)


def test_rain_states_are_told_against_clear_sky():
    assert summary.rain_states(np.zeros((0, 10)))["samples"] == 0
    shares, met, mbps = [0.05, 0.2, 0.01], [10.0, 8.0, 4.0], [100.0, 70.0, 60.0]
    other = [0.15, 0.0, 0.0, 10.0, 7.0, 7.0, 100.0, 80.0, 80.0]
    found = summary.rain_states(np.array([[0, *shares, *met, *mbps], [40, *other]]))
    assert found["samples"] == 2
    assert found["rainy_share_of_cells"] == pytest.approx(0.1)
    assert found["rainy_share_of_gateways"] == pytest.approx(0.1)
    assert found["rainy_share_of_both"] == pytest.approx(0.005)
    assert found["asks_met_ratio"] == pytest.approx(0.75)
    assert found["asks_met_ratio_with_gateways"] == pytest.approx(0.55)
    assert found["forward_ratio"] == pytest.approx(0.75)
    assert found["forward_ratio_with_gateways"] == pytest.approx(0.70)
    nothing = summary.rain_states(np.zeros((1, 10)))
    assert nothing["asks_met_ratio"] is None and nothing["forward_ratio_with_gateways"] is None
