"""Traffic of pairs over a run: gravity by hand, shares that fit, the same however time is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from way_scenarios import ways

from raabta.base import tables
from raabta.base.errors import ScenarioError
from raabta.network.mesh.traffic import BY_LASER, STOPS, asked_mbps
from raabta.scenario.paths import Traffic
from raabta.service.pairs.run import FLOWS, Answer, ask, prepare, run

HEAVY = {"total_mbps": 100_000.0, "every_steps": 4}


def answer(**traffic: object) -> Answer:
    return ask(*prepare(ways(steps=8, traffic={**HEAVY, **traffic})))


def test_gravity_is_the_product_of_people_over_distance() -> None:
    pairs, people = np.array([[0, 1], [0, 2]]), np.array([2.0, 3.0, 6.0])
    km = np.array([100.0, 200.0])
    near = Traffic(total_mbps=300.0, distance_exponent_ratio=1.0)
    assert asked_mbps(Traffic(total_mbps=300.0), pairs, people, km) == pytest.approx([100.0, 200.0])
    assert asked_mbps(near, pairs, people, km) == pytest.approx([150.0, 150.0])
    assert asked_mbps(Traffic(total_mbps=300.0, demand="equal"), pairs, people, km).tolist() == [150.0, 150.0]
    assert asked_mbps(Traffic(total_mbps=300.0), pairs, 0.0 * people, km).tolist() == [0.0, 0.0]


def test_flows_get_no_more_than_they_ask_and_carry_fits() -> None:
    found = answer(bound=True)
    assert found.flows is not None
    told, flows = found.summary["traffic"], found.flows
    tables.check(flows, tables.FLOWS)
    assert told["looks"] == 2 and told["asked_mbps"] == pytest.approx(100_000.0)
    assert (flows["mean_mbps"].values <= flows["asked_mbps"].values * (1 + 1e-9)).all()
    assert (flows["least_mbps"].values <= flows["mean_mbps"].values * (1 + 1e-9)).all()
    assert told["carried_mbps"] == pytest.approx(flows["mean_mbps"].values.sum())
    assert 0.5 < told["of_the_most_share"] <= 1.0 + 1e-9
    assert sum(told["flows_stopped_by_share"].values()) == pytest.approx(1.0)
    assert STOPS[BY_LASER] in flows["stopped_by"].values


def test_little_traffic_is_met_and_more_ways_carry_no_less() -> None:
    light = answer(total_mbps=10.0)
    assert light.summary["traffic"]["carried_share"] == pytest.approx(1.0, abs=1e-12)
    one = answer().summary["traffic"]["carried_mbps"]
    assert answer(ways=4, rule="link-disjoint").summary["traffic"]["carried_mbps"] >= one * 0.999


def test_every_rule_carries_what_its_ways_allow() -> None:
    """Load-aware ways carry no less than the shortest; equal-cost ones lie between one way and all."""
    one = answer().summary["traffic"]["carried_mbps"]
    assert answer(rule="load-aware").summary["traffic"]["carried_mbps"] >= one
    far = answer(rule="equal-cost", ways=4, equal_within_km=1e9, split="exact").summary["traffic"]
    near = answer(rule="equal-cost", ways=4, equal_within_km=0.0, split="exact").summary["traffic"]
    every = answer(ways=4, split="exact").summary["traffic"]
    assert near["carried_mbps"] == pytest.approx(one, rel=1e-6), "no two ways are equally long to 0 km"
    assert far == every and every["carried_mbps"] > 1.01 * one
    bent = answer(rule="bent-pipe").summary["traffic"]
    assert bent["carried_mbps"] < one and bent["flows_stopped_by_share"]["no way"] > 0.0


@pytest.mark.parametrize(
    ("routing", "traffic", "said"),
    [
        ({}, {"rule": "load-aware", "ways": 2}, "one way for each flow"),
        ({}, {"rule": "equal-cost"}, "wants `ways` from 2"),
        ({"relay": True}, {"rule": "load-aware"}, "routing.relay does not go with"),
        ({"relay": True}, {"rule": "bent-pipe"}, "routing.relay does not go with"),
    ],
)
def test_rules_that_contradict_are_refused(
    routing: dict[str, object], traffic: dict[str, object], said: str
) -> None:
    with pytest.raises((ScenarioError, ValueError), match=said):
        ways(steps=1, traffic={**HEAVY, **traffic}, routing=routing)


def test_without_a_way_nothing_is_carried() -> None:
    without = ask(*prepare(ways(steps=1, lasers=False, traffic=HEAVY, pairs=[["London", "Singapore"]])))
    assert without.flows is not None
    assert without.flows["stopped_by"].values.tolist() == ["no way"]
    assert without.summary["traffic"]["carried_mbps"] == 0.0


def test_chunks_change_nothing(tmp_path: Path) -> None:
    scenario = ways(steps=9, traffic=HEAVY)
    for name, cut in (("one", 9), ("other", 2)):
        run(scenario, tmp_path / name, workers=1, steps_per_chunk=cut)
    assert (tmp_path / "one" / FLOWS).read_bytes() == (tmp_path / "other" / FLOWS).read_bytes()
