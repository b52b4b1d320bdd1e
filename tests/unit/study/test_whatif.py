"""What failures cost: the comparing by hand, the busiest link by counting, whole questions on small runs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter

import numpy as np
import pytest
from way_scenarios import ways

import raabta.pipeline as pipeline
from raabta.base.errors import ScenarioError, StoreError
from raabta.engine.verify import run_hash, verify
from raabta.network.constraints import CONSTRAINTS
from raabta.network.mesh.timeline import NO_WAY, NOT_AT_ONE
from raabta.scenario.failures import parse
from raabta.scenario.loader import load
from raabta.service.pairs.run import prepare, run
from raabta.service.pairs.summary import RTT_MS_PER_KM
from raabta.service.pairs.way import track
from raabta.study import whatif
from raabta.study.busiest import link_uses, resolved
from raabta.study.whatif_cells import Counted, Gone
from raabta.study.whatif_pairs import Ways, compare_ways

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]


def some_ways(km, cause=None):
    km = np.array(km, np.float32).T
    there = np.isfinite(km)
    codes = np.where(there, 0, NO_WAY) if cause is None else np.array(cause).T
    return Ways(km, np.where(there, 3, 0).astype(np.uint8), codes.astype(np.uint8))


def test_pairs_are_graded_on_the_same_steps():
    gone = np.inf
    before = some_ways([[100, 100, 200, gone], [50, 50, 50, 50]])
    after = some_ways([[130, gone, 200, 300], [gone] * 4], [[0, NOT_AT_ONE, 0, 0], [NO_WAY] * 4])
    after.satellites[0, 0] = 5
    found = compare_ways(before, after, 15.0)
    assert found["lost_share"].tolist() == [0.25, 1.0]
    assert found["gained_share"].tolist() == [0.25, 0.0]
    assert found["longest_loss_s"].tolist() == [15.0, 60.0]
    assert found["connected_before_share"].tolist() == [0.75, 1.0]
    assert found["connected_after_share"].tolist() == [0.75, 0.0]
    assert found["rerouted_share"][0] == 0.5  # of the two steps with both, one is longer
    assert found["added_km"][0] == 15.0 and found["added_satellites"][0] == 1.0
    np.testing.assert_allclose(found["added_rtt_max_ms"][0], 30.0 * RTT_MS_PER_KM)
    np.testing.assert_allclose(found["added_rtt_median_ms"][0], 15.0 * RTT_MS_PER_KM)
    assert np.isnan(found["added_km"][1]) and np.isnan(found["rerouted_share"][1])
    assert found["cause_steps"][:, [NOT_AT_ONE, NO_WAY]].tolist() == [[1, 0], [0, 4]]


def test_losses_on_end_are_counted_over_the_seams_of_blocks():
    rng = np.random.default_rng(3)
    had, has = rng.random((2, 40, 5)) < 0.6
    whole, parts = Gone(5), Gone(5)
    whole.add(had, has)
    for part in (slice(7), slice(7, 8), slice(8, 40)):
        parts.add(had[part], has[part])
    lost = had & ~has
    brute = [max(len(run) for run in "".join("x" if x else " " for x in row).split(" ")) for row in lost.T]
    assert parts.longest.tolist() == whole.longest.tolist() == brute
    assert parts.lost.tolist() == lost.sum(axis=0).tolist() and parts.count == 40
    assert parts.before.tolist() == had.sum(axis=0).tolist()


def test_what_takes_over_is_weighed_by_what_is_carried_no_longer():
    counted = Counted(np.array([10.0, 10.0, 0.0, 10.0]), np.array([5.0, 7.0, 0.0, 2.0]))
    mask, feeder = CONSTRAINTS.index("mask"), CONSTRAINTS.index("feeder")
    before, after = np.array([[20.0, 8.0, 0.0, 5.0]]), np.array([[0.0, 4.0, 0.0, 9.0]])
    counted.add(before, after, np.array([[mask, feeder, -1, feeder]], np.int8))
    assert counted.before.tolist() == [1.0, 0.8, 0.0, 0.5] and counted.after.tolist() == [0.0, 0.4, 0.0, 0.9]
    assert counted.taken[mask] == 5.0 and counted.taken[feeder] == pytest.approx(7.0 * 0.4)
    assert counted.taken.sum() == counted.taken[mask] + counted.taken[feeder]
    assert counted.anything.lost.tolist() == [1, 0, 0, 0]


def test_the_busiest_link_is_the_one_that_most_ways_go_over():
    scene = ways(steps=3)
    mesh, places = prepare(scene)
    brute = Counter()
    for pair in range(len(mesh.pairs)):
        for leg in track(mesh, places, pair).legs:
            for one, other in zip(leg.nodes, leg.nodes[1:], strict=False):
                brute[(min(one, other) << 32) + max(one, other)] += leg.steps
    links, uses = link_uses(mesh)
    assert dict(zip(links.tolist(), uses.tolist(), strict=True)) == brute
    found = resolved(parse("link:busiest@30-"), scene)
    most = max(brute.values())
    named = {}
    for link, count in brute.items():
        low, high = divmod(link, 2**32)
        one = mesh.propagator.names[low]
        ground = high >= mesh.propagator.count
        end = places.name[high - mesh.propagator.count] if ground else mesh.propagator.names[high]
        named[("link", f"{end}-{one}") if ground else ("laser", f"{one}-{end}")] = count
    assert named[found.what, found.name] == most and found.from_s == 30.0


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ways") / "run"
    run(ways(steps=8), folder, workers=1, steps_per_chunk=3)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    scene = load("pakistan", duration_s=150.0, step_s=15.0, outline_file=file)
    folder = tmp_path_factory.mktemp("served") / "run"
    pipeline.run(scene, folder, workers=1)
    return folder


def table(folder, name):
    return list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))


def test_a_run_of_ways_with_failures_is_graded_pair_by_pair(flown, tmp_path):
    question = whatif.ask(flown, ["satellites:10%", "gateway:Quetta@60-120"])
    answer = whatif.whatif(question, tmp_path / "out", workers=1)
    rows = table(tmp_path / "out", whatif.PAIRS)
    assert [(row["one"], row["other"]) for row in rows] == [
        (row["one"], row["other"]) for row in table(flown, "pairs.csv")
    ]
    quetta = [row for row in rows if "Quetta, Pakistan" in (row["one"], row["other"])]
    assert len(quetta) == 3
    for row in quetta:  # two of eight steps of 30 s, if it was there before
        lost = float(row["lost_share"])
        assert lost >= 0.25 or float(row["connected_before_share"]) < 1.0
    added = [float(row["added_rtt_max_ms"]) for row in rows if row["added_rtt_max_ms"]]
    assert added and min(added) >= 0.0  # links are only taken away
    assert answer.figures["failures"] == ["satellites:10%", "gateway:Quetta@60s-120s"]
    assert json.loads((tmp_path / "out" / whatif.JSON).read_text()) == answer.figures
    assert verify(tmp_path / "out") == []


def test_a_failure_of_nothing_costs_nothing(flown, tmp_path):
    figures = whatif.whatif(whatif.ask(flown, ["lasers:0%"]), tmp_path / "out", workers=1).figures
    assert figures["lost_share"] == figures["gained_share"] == 0.0
    assert figures["added_km"] == {"median": 0.0, "p95": 0.0, "most": 0.0}
    assert figures["steps_lost_to"] == {}


def test_an_answer_does_not_depend_on_workers_and_is_resumed(flown, tmp_path):
    question = whatif.ask(flown, ["storm:1:10%", "lasers:5%"])
    one = whatif.whatif(question, tmp_path / "one", workers=1)
    again = whatif.whatif(question, tmp_path / "one", workers=1)
    two = whatif.whatif(whatif.ask(flown, ["storm:1:10%", "lasers:5%"]), tmp_path / "two", workers=2)
    assert one.figures == again.figures == two.figures
    assert run_hash(tmp_path / "one") == run_hash(tmp_path / "two")
    assert (tmp_path / "one" / whatif.PAIRS).read_bytes() == (tmp_path / "two" / whatif.PAIRS).read_bytes()


def test_failures_of_a_run_that_has_some_come_on_top(flown, tmp_path):
    first = whatif.whatif(whatif.ask(flown, ["gateway:London"]), tmp_path / "first", workers=1)
    second = whatif.ask(first.folder, ["gateway:Quetta"])
    assert [each.line for each in second.scenario.failures] == ["gateway:London", "gateway:Quetta"]
    figures = whatif.whatif(second, tmp_path / "second", workers=1).figures
    assert figures["failures"] == ["gateway:Quetta"] and figures["already_out"] == ["gateway:London"]


def test_cells_are_graded_on_the_same_slots(served, tmp_path):
    question = whatif.ask(served, ["country:PAK@60-120"])
    figures = whatif.whatif(question, tmp_path / "out", workers=1).figures
    rows = table(tmp_path / "out", whatif.CELLS)
    had = [row for row in rows if float(row["without_before_min_per_day"]) == 0.0]
    assert had and all(abs(float(row["lost_min_per_day"]) - 576.0) < 1e-6 for row in had)  # 4 of 10 slots
    assert {float(row["longest_loss_s"]) for row in had} == {60.0}
    assert figures["cells_going_dark"] == 0 and figures["longest_loss_s"] == 60.0
    assert figures["taken_over_by"]["gateway"] > 0.3
    assert 0.0 < figures["carried_share"]["after"] < figures["carried_share"]["before"] < 1.0
    lost = sum(max(float(r["served_25_3_before"]) - float(r["served_25_3_after"]), 0.0) for r in rows)
    assert figures["households_losing_the_plan"] == pytest.approx(lost)


def test_everything_out_is_told_and_does_not_crash(served, tmp_path):
    figures = whatif.whatif(whatif.ask(served, ["satellites:100%"]), tmp_path / "out", workers=1).figures
    before = pipeline.open_run(served)
    down = figures["households_served"]["25/3"]
    assert down["after"] == 0.0 and down["before"] > 0.0
    assert figures["cells_going_dark"] == int((before.cells["subscribers"].values > 0.0).sum())
    assert figures["households_going_dark"] == pytest.approx(before.summary["totals"]["subscribers"])
    assert figures["taken_over_by"] == {"mask": 1.0}


def test_the_busiest_link_of_broadband_is_the_gateway_that_lands_most(served):
    shares = {
        each["name"]: each["share_of_traffic"] for each in pipeline.open_run(served).summary["gateways"]
    }
    (failure,) = whatif.ask(served, ["link:busiest"]).laid
    assert failure.what == "gateway"
    assert shares[f"{failure.name} (hypothetical)"] == max(shares.values())


def test_what_cannot_be_graded_is_refused(flown, served, tmp_path):
    with pytest.raises(StoreError, match="holds no run"):
        whatif.ask(tmp_path / "none", ["shell:1"])
    with pytest.raises(StoreError, match="is the run itself"):
        whatif.whatif(whatif.ask(flown, ["shell:1"]), flown, workers=1)
    with pytest.raises(ScenarioError, match="nothing fails"):
        whatif.ask(flown, [])
    with pytest.raises(ScenarioError, match="did you mean 'Karachi'"):
        whatif.ask(served, ["gateway:Karchi"])
    with pytest.raises(ScenarioError, match="have no lasers"):
        whatif.ask(served, ["lasers:5%"])


def test_an_unfinished_run_is_refused(tmp_path):
    def stop(what, done, total):
        if what == "following ways" and done >= 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(ways(steps=4), tmp_path / "run", workers=1, steps_per_chunk=2, progress=stop)
    with pytest.raises(StoreError, match=r"unfinished.*it resumes"):
        whatif.ask(tmp_path / "run", ["shell:1"])


def test_a_run_of_another_version_is_refused(flown, monkeypatch):
    monkeypatch.setattr("raabta.scenario.kept.environment", lambda: {"raabta": "0.0.1"})
    with pytest.raises(StoreError, match="another version"):
        whatif.ask(flown, ["shell:1"])


def test_traffic_is_graded_before_and_after(tmp_path):
    gateways = [
        {"name": "Karachi GW", "latitude_deg": 24.9, "longitude_deg": 67.1, "gateway": True},
        {"name": "Foggia GW", "latitude_deg": 41.4, "longitude_deg": 15.5, "gateway": True},
    ]
    scene = ways(
        steps=4,
        ground={"cities": ["Quetta", "Lahore"], "stations": gateways},
        pops=[{"name": each["name"][:-3], "country": "PAK", "gateway": each["name"]} for each in gateways],
        traffic={"total_mbps": 900.0, "demand": "equal", "every_steps": 1, "beam_mbps": 300.0},
    )
    run(scene, tmp_path / "run", workers=1)
    out = tmp_path / "out"
    told = whatif.whatif(whatif.ask(tmp_path / "run", ["cable:Karachi GW@60-"]), out, workers=1).figures[
        "traffic"
    ]
    rows, flows = table(out, whatif.PAIRS), [table(each, "flows.csv") for each in (tmp_path / "run", out)]
    for when, own in zip(("before", "after"), flows, strict=True):
        assert [row[f"mean_mbps_{when}"] for row in rows] == [row["mean_mbps"] for row in own]
        assert [row[f"lands_at_{when}"] for row in rows] == [row["lands_at"] for row in own]
        assert told["carried_mbps"][when] == pytest.approx(sum(float(row["mean_mbps"]) for row in own))
    shares = {each["name"]: each["share"] for each in told["landing"]["gateways"]}
    assert shares["Karachi GW"] == {"before": 1.0, "after": 0.5}
    assert shares["Foggia GW"] == {"before": 0.0, "after": 0.5}
    assert told["flows_left_without"] == 0 and told["asked_mbps"] == 900.0
