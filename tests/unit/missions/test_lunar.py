"""Missions at the Moon: the far side, the pole, a relay, what is carried and when."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from raabta.base.errors import OrbitDataError
from raabta.missions import alone, carried, contacts, rates
from raabta.missions.model import prepare
from raabta.missions.run import Answer, ask
from raabta.network.mesh.contact_files import read_csv, read_ion
from raabta.network.mesh.contacts import ContactPlan
from raabta.report.mission_words import answers
from raabta.scenario.loader import load_any


@pytest.fixture(scope="module")
def far_side() -> Answer:
    return ask(load_any("chang-e-6"))


def test_the_far_side_never_sees_the_earth_and_a_relay_carries_all(far_side: Answer) -> None:
    links = {one["link"]: one for one in far_side.summary["links"]}
    assert links["direct to Earth"]["contacts"] == 0
    assert links["lander to relay"]["contact_share"] > 0.6
    tracks = {one["node"]: one for one in far_side.summary["tracks"]}
    assert tracks["Kashi"]["elevation_max_deg"] < -35.0  # 44 deg from the antipode of the Earth's middle
    assert tracks["Sun"]["elevation_min_deg"] > 20.0  # a landing in the lunar morning
    data = {one["flow"]: one for one in far_side.summary["data"]}
    assert data["telemetry"]["delivered_mb"] > 0.9 * data["telemetry"]["made_mb"]
    # 200 bytes at 125 bit/s take 12.8 s, and light 1.3 s to the Moon
    assert 14.0 < data["commands"]["latency_min_s"] < 18.0


def test_contacts_of_two_bodies_need_both_ends(far_side: Answer) -> None:
    table = far_side.tables["contacts.csv"]
    relay = table["link"].values == "relay to Earth"
    assert relay.sum() > 5
    assert (table["range_min_km"].values[relay] > 340_000.0).all()
    assert (table["range_max_km"].values[relay] < 430_000.0).all()


@pytest.mark.parametrize("start", ["2028-10-01T00:00:00Z", "2029-10-01T00:00:00Z"])
def test_the_rover_runs_in_both_years(start: str) -> None:
    scenario = load_any("chang-e-8-rover", settings=[f"time.start={start}"], duration_s=172_800.0)
    answer = ask(scenario)
    links = {one["link"]: one for one in answer.summary["links"]}
    assert links["rover to relay (plan)"]["contact_share"] > 0.6
    assert links["rover to relay (fit)"]["contact_share"] > 0.6
    cases = [one["case"] for one in answer.summary["data"]]
    assert cases == ["Earth direct only"] * 3 + ["relay as planned"] * 3 + ["relay as fitted"] * 3
    assert any("UT1" in note or "rotation" in note for note in answer.summary["notes"])
    sun = next(one for one in answer.summary["tracks"] if one["node"] == "Sun")
    assert -6.2 < sun["elevation_min_deg"] <= sun["elevation_max_deg"] < 6.2  # latitude 85.45, Sun within 1.6


def test_silence_is_told_for_each_relay_and_for_none() -> None:
    ready = prepare(load_any("chang-e-8-rover", duration_s=172_800.0))
    rover, relays = ready.nodes.named("Rover")[0], ("Queqiao-2 (plan)", "Queqiao-2 (fit)")
    ends = [ready.nodes.named("Kashi")[0], *(ready.nodes.named(name)[0] for name in relays)]
    rows = np.zeros((3, contacts.COLUMNS))
    rows[:, 0], rows[:, 1], rows[:, 2] = (0, 1, 3), rover, ends
    rows[:, [contacts.BEGIN, contacts.END]] = [(0, 1_000), (2_000, 50_000), (60_000, 172_800)]
    names = [link.name for link in ready.scenario.links]
    assert [names[k] for k in (0, 1, 3)] == [
        "direct to Earth",
        "rover to relay (plan)",
        "rover to relay (fit)",
    ]
    lit = np.array([[rover, 0.0, 172_000.0]])
    assert carried.gaps_of(ready, rows, lit) == [
        ("Earth direct only", "Rover", "silent", 1_000.0, 171_800.0, True),
        ("relay as planned", "Rover", "silent", 1_000.0, 1_000.0, True),
        ("relay as planned", "Rover", "silent", 50_000.0, 122_800.0, True),
        ("relay as fitted", "Rover", "silent", 1_000.0, 59_000.0, True),
        ("", "Rover", "dark", 172_000.0, 800.0, True),
    ]


def test_the_silence_of_a_case_is_a_sentence_and_a_row_of_its_own() -> None:
    answer = ask(load_any("chang-e-8-rover", duration_s=172_800.0))
    table, told = answer.tables["gaps.csv"], answer.summary["gaps"]
    quiet = table["what"].values == "silent"
    assert quiet.any() and set(table["case"].values[quiet]) <= set(answer.plans)
    sentences = answers(SimpleNamespace(summary={"gaps": told}))
    for one, sentence in zip(told, sentences, strict=True):
        own = quiet & (table["case"].values == one["case"])
        case = f" ({one['case']})" if one["what"] == "silent" else ""
        assert (one["case"] == "") == (one["what"] == "dark")
        assert sentence.startswith(f"Rover is {one['what']}{case} {one['gaps']} times, for ")
        if one["what"] == "silent":
            assert (one["gaps"], one["longest_s"]) == (own.sum(), table["duration_s"].values[own].max())


def test_a_craft_talks_with_one_station_at_a_time() -> None:
    ready = prepare(load_any("icube-q", duration_s=86_400.0))
    sights = contacts.Sights(ready, ready.day(0))
    rows = contacts.contacts_of(ready, ready.day(0), sights)
    steps = rates.steps_of(ready, rows, sights)
    held = alone.one_at_a_time(ready, rows, steps)
    begin, end = held[:, contacts.BEGIN], held[:, contacts.END]
    assert (begin[1:] >= end[:-1]).all() and len(held) < len(rows)
    plan = carried.plan_of(ready, rows, steps)
    down = plan.from_node == ready.nodes.named("ICUBE-Q")[0]
    assert set(plan.rate_mbps[down]) == {0.001}
    assert plan.rate_mbps.max() == carried.WIRED_MBPS  # the ground passes data on


def test_an_orbit_that_hits_the_surface_says_when_and_where() -> None:
    low = "craft[1].orbiter.elements.raan_deg=0"
    scenario = load_any("chang-e-8-rover", settings=[low.replace("[1]", "[0]")], duration_s=2_000_000.0)
    with pytest.raises(
        OrbitDataError, match=r"Queqiao-2 \(plan\) hits the surface of the Moon at 2028-10-06"
    ):
        prepare(scenario)


def test_images_come_home_by_priority() -> None:
    answer = ask(load_any("icube-q", duration_s=345_600.0))
    table = answer.tables["data.csv"]
    late = dict(zip(table["flow"].values, table["latency_p95_s"].values, strict=True))
    assert (
        late["telemetry"] < late["narrow camera"]
        and late["narrow camera, thumbnails"] < late["narrow camera"]
    )
    made, done = float(table["made_mb"].sum()), float(table["delivered_mb"].sum())
    assert done <= made and done <= 0.001 / 8.0 * 345_600.0  # one radio of 1 kbit/s
    rows = answer.tables["images.csv"]
    waited = np.where(rows["fate"].values == "home", rows["home_s"].values, np.inf) - rows["start_s"].values
    first, last = (np.median(waited[rows["priority"].values == priority]) for priority in (2, 0))
    assert first < 0.2 * last


def test_the_contact_plan_of_each_case_is_written_and_read_back(tmp_path: Path) -> None:
    answer = ask(load_any("chang-e-8-rover", duration_s=172_800.0))
    outputs = answer.outputs()
    assert list(answer.plans) == ["Earth direct only", "relay as planned", "relay as fitted"]
    for case, plan in answer.plans.items():
        for ending, read in (("csv", read_csv), ("ion", read_ion)):
            file = tmp_path / f"contact_plan-{case.lower().replace(' ', '-')}.{ending}"
            file.write_bytes(outputs[file.name])
            back = read(file)
            assert len(back) == len(plan) > 10
            assert _ends(back) == _ends(plan)


def test_the_schedule_of_each_case_tells_every_time_that_a_station_of_the_earth_has() -> None:
    answer = ask(load_any("chang-e-8-rover", duration_s=172_800.0))
    outputs, nodes = answer.outputs(), answer.mission.nodes
    earth = {
        name for name, home in zip(nodes.name[: nodes.sites], nodes.home, strict=False) if home == "Earth"
    }
    users = {}
    for case, plan in answer.plans.items():
        root = ElementTree.fromstring(outputs[f"contact_plan-{case.lower().replace(' ', '-')}.xml"])
        users[case] = {package.get("user") for package in root.findall("{*}scheduledPackage")}
        tracks = root.findall(".//{*}scheduledActivity")
        assert {track.get("siteRef") for track in tracks} <= earth
        seen_s = sum(
            _seconds(track.get("endOfTrack")) - _seconds(track.get("beginningOfTrack")) for track in tracks
        )
        up = np.array([plan.nodes[k] in earth for k in plan.from_node])
        down = np.array([plan.nodes[k] in earth for k in plan.to_node])
        for own in (up & ~down, down & ~up):  # a way may close for a part of what a dish tracks
            assert (plan.end_s - plan.start_s)[own].sum() <= seen_s + 1.0
        assert len(tracks) > 1
    assert users["Earth direct only"] == {"Rover"}
    bands = ElementTree.fromstring(outputs["contact_plan-earth-direct-only.xml"]).iterfind(
        ".//{*}serviceInfo"
    )
    assert {each.get("frequencyBand") for each in bands} == {"X-NE"}  # as its budgets say; tables say none
    header = root.find("{*}simpleScheduleHeader")
    assert header is not None and header.get("generationTime") == "2028-275T00:00:00.000Z"  # the run's start


def _seconds(text: str | None) -> float:
    assert text is not None
    clock = np.datetime64(f"{text[:4]}-01-01T{text[9:-1]}", "ms") + np.timedelta64(int(text[5:8]) - 1, "D")
    return float(clock.astype(np.int64)) / 1e3


def _ends(plan: ContactPlan) -> list[tuple[str, str]]:
    ends = zip(plan.from_node.tolist(), plan.to_node.tolist(), strict=True)
    return sorted((plan.nodes[one], plan.nodes[other]) for one, other in ends)
