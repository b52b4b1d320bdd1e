"""Failures as text and in scenarios: read, written again, and refused with what is allowed."""

from __future__ import annotations

import json

import networks
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from way_scenarios import ways

from raabta.base.errors import ScenarioError
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.orbits.propagate import Propagator
from raabta.orbits.satellites_out import laid_on
from raabta.scenario.failures import KINDS, Failure, parse
from raabta.scenario.fleets import satellites, split
from raabta.scenario.loader import load, load_any, scenario_hash, to_yaml
from raabta.scenario.models import Scenario
from raabta.scenario.paths import PathScenario, ways_of
from raabta.service import landed


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("gateway:Karachi", {"what": "gateway", "name": "Karachi"}),
        ("gateway: Petra Jaya ", {"what": "gateway", "name": "Petra Jaya"}),
        ("satellite:starlink-gen1-1-005-012", {"what": "satellite", "name": "starlink-gen1-1-005-012"}),
        ("satellites:10%", {"what": "satellites", "share": 0.1}),
        ("satellites:1", {"what": "satellites", "share": 1.0}),
        ("lasers:0.5%@90min-", {"what": "lasers", "share": 0.005, "from_s": 5_400.0}),
        ("plane:1/5@1h-2h", {"what": "plane", "name": "1/5", "from_s": 3_600.0, "until_s": 7_200.0}),
        ("storm:1:0.3", {"what": "storm", "name": "1", "share": 0.3}),
        ("storm:2:30%@-600", {"what": "storm", "name": "2", "share": 0.3, "until_s": 600.0}),
        ("laser:a-b-c", {"what": "laser", "name": "a-b-c"}),
        ("country:OMN@1.5d-2d", {"what": "country", "name": "OMN", "from_s": 129_600, "until_s": 172_800}),
        ("link:busiest", {"what": "link", "name": "busiest"}),
    ],
)
def test_a_line_says_what_a_mapping_says_and_is_written_back(text, values):
    failure = parse(text)
    assert failure == Failure(**values)
    assert parse(failure.line) == failure
    assert Failure.model_validate(text) == failure


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gatway:Karachi", "did you mean 'gateway'"),
        ("", "there are: satellite, satellites"),
        ("gateway:", "says which; write gateway:Karachi"),
        ("plane", "plane:1/5"),
        ("satellites:110%", "from 0% to 100%"),
        ("satellites:-5%", "from 0% to 100%"),
        ("satellites:nan", "from 0% to 100%"),
        ("satellites:1e9%", "from 0% to 100%"),
        ("satellites:1:5%", "write satellites:10%"),
        ("storm:30%", "write storm:1:30%"),
        ("gateway:Karachi@2h-1h", "the second must be later"),
        ("gateway:Karachi@1h", "write @from-until"),
        ("gateway:Karachi@soon-later", "write @from-until"),
        ("gateway:Karachi@1h-1h", "no length"),
        ("gateway:" + "x" * 5_000, "at most 200 characters"),
        ("satellites:١٠%", "from 0% to 100%"),
        ("gateway:Karachi@99999999999999999999h-", "write @from-until"),
    ],
)
def test_a_line_that_cannot_be_understood_says_what_is_allowed(text, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        parse(text)


@given(st.text(max_size=60) | st.builds("{}:{}@{}".format, st.sampled_from(KINDS), st.text(), st.text()))
def test_any_text_is_read_or_refused_and_never_crashes(text):
    try:
        failure = parse(text)
    except ValueError as error:
        assert "pydantic" not in str(error)
    else:
        assert failure.what in KINDS


def test_a_name_and_a_share_stand_where_they_belong():
    for values in ({"what": "satellites"}, {"what": "gateway", "name": "A", "share": 0.5}, {"what": "storm"}):
        with pytest.raises(ValidationError, match=r"wants `|takes no `"):
            Failure(**values)


def test_without_failures_a_scenario_is_written_and_hashed_as_before():
    scenario = load("pakistan")
    assert "failures" not in to_yaml(scenario)
    assert "failures" not in to_yaml(ways())
    again = Scenario.model_validate({**scenario.model_dump(), "failures": ()})
    assert scenario_hash(again) == scenario_hash(scenario)


@pytest.mark.parametrize("kind", ["broadband", "paths"])
def test_failures_of_a_file_are_read_back(kind, tmp_path):
    base = load("pakistan") if kind == "broadband" else ways()
    lines = ["satellites:10%@60-120", "satellite:3"]
    scenario = type(base).model_validate({**base.model_dump(), "failures": lines})
    file = tmp_path / "scenario.yaml"
    file.write_text(to_yaml(scenario), encoding="utf-8")
    assert load_any(file) == scenario
    assert [each.line for each in load_any(file).failures] == ["satellites:10%@60s-120s", "satellite:3"]
    assert scenario_hash(scenario) != scenario_hash(base)


def test_a_mistake_in_a_file_points_at_its_line(tmp_path):
    file = tmp_path / "scenario.yaml"
    file.write_text(to_yaml(ways()) + "failures:\n- storm:1:30%\n- gatway:Oslo\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"did you mean 'gateway'") as caught:
        load_any(file)
    assert caught.value.line == len(file.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gateway:Quetta East", "did you mean 'Quetta'"),
        ("country:OMN", "they stand in PAK"),
        ("country:pakistan", r"did you mean PAK \(Pakistan\)"),
        ("shell:2", "allowed: 1 to 1"),
        ("plane:1/21", "plane of shell 1 '21'; allowed: 1 to 20"),
        ("plane:x", "is no plane"),
        ("storm:0:5%", "allowed: 1 to 1"),
        ("lasers:5%", "have no lasers"),
        ("link:busiest", "raabta whatif RUN --fail link:busiest"),
        ("link:Quetta-3", "fail their gateway"),
        ("gateway:Quetta@5min-", "begins after the run"),
    ],
)
def test_a_failure_of_what_is_not_there_is_refused(text, said):
    scene = networks.scenario()
    with pytest.raises(ValidationError, match=said):
        Scenario.model_validate({**scene.model_dump(), "failures": [text]})


def test_a_gateway_of_the_fallback_fails_there_and_its_own_alone():
    scene = load("pakistan-hybrid")
    first, second = scene.gateways[0].name, scene.fallback.gateways[0].name
    lines = [f"gateway:{first}", "satellites:10%"] + ([] if second == first else [f"gateway:{second}"])
    both = Scenario.model_validate({**scene.model_dump(), "failures": lines})
    left = [each.text for each in both.fallback_alone().failures]
    assert f"gateway:{second}" in left or second == first
    assert "satellites:10%" in left  # a share of satellites is one of each constellation


def test_one_pair_keeps_the_failures_of_its_scenario():
    lines = ["gateway:Quetta", "satellite:5"]
    scene = PathScenario.model_validate({**ways().model_dump(), "failures": lines})
    alone = scene.between("London", "Singapore")
    assert [each.text for each in alone.failures] == lines
    assert alone.pairs == (("London", "Singapore"),)


def test_ways_of_a_broadband_scenario_lack_its_satellites():
    scene = networks.scenario()
    failing = Scenario.model_validate({**scene.model_dump(), "failures": ["gateway:Quetta", "satellite:5"]})
    assert [each.text for each in ways_of(failing, ("London", "Oslo")).failures] == ["satellite:5"]


def test_a_scenario_with_failures_is_plain_data():
    scene = PathScenario.model_validate({**ways().model_dump(), "failures": ["lasers:5%"]})
    data = json.loads(scene.model_dump_json())
    assert data["failures"] == [{"what": "lasers", "name": "", "share": 0.05, "from_s": 0.0, "until_s": None}]


@pytest.mark.parametrize(
    ("line", "first", "second"),
    [
        ("satellites:10%", ["satellites:10%"], ["satellites:10%"]),
        ("shell:1", ["shell:1"], []),
        ("satellite:0", ["satellite:0"], []),
        ("satellite:GEO 38.2E", [], ["satellite:GEO 38.2E"]),
        ("lasers:5%", ["lasers:5%"], []),  # neither has any, which the first is told
        ("shell:2", ["shell:2"], []),
    ],
)
def test_a_failure_of_satellites_reaches_the_constellation_that_has_them(line, first, second):
    scene = load("pakistan-hybrid")
    found = split([parse(line)], scene.constellation, scene.fallback.constellation)
    assert [[each.text for each in part] for part in found] == [first, second]


def test_shells_and_satellites_are_counted_on_through_the_fallback():
    scene = load("pakistan-hybrid")
    own = satellites(scene.constellation)
    moving = scene.constellation.model_copy(update={"name": "second", "geostationary": ()})
    shells = len(scene.constellation.shells)
    lines = [
        f"shell:{shells + 1}",
        f"plane:{shells + 1}/2",
        f"storm:{shells + 1}:30%",
        f"satellite:{own + 4}",
    ]
    left, moved = split([parse(line) for line in lines], scene.constellation, moving)
    assert left == () and [each.text for each in moved] == [
        "shell:1",
        "plane:1/2",
        "storm:1:30%",
        "satellite:4",
    ]


def test_a_satellite_of_the_fallback_is_out_there():
    scene = load("pakistan-hybrid")
    slots = scene.fallback.constellation.geostationary
    data = {
        **scene.model_dump(),
        "failures": [f"satellite:{satellites(scene.constellation)}", "satellites:0%"],
    }
    both = Scenario.model_validate(data)
    alone = both.fallback_alone()
    fleet = laid_on(Propagator.from_constellation(alone.constellation, alone.time.start), alone)
    out = np.isnan(fleet.positions_km(fleet.start)[0]).all(axis=0)
    assert out.tolist() == [True, *[False] * (len(slots) - 1)]
    with pytest.raises(ValidationError, match="there is no shell '99'; allowed: 1 to 1"):
        Scenario.model_validate({**scene.model_dump(), "failures": ["shell:99"]})


def broadband(*failures, **first):
    """Two gateways, of which the first has fibre to Karachi and, if that fails, to Lahore."""
    scene = load("pakistan")
    data = scene.model_dump()
    data["gateways"] = [{**data["gateways"][0], "pop": "K", "pops": ["L"], **first}, *data["gateways"][1:2]]
    spots = {"K": (24.86, 67.0), "L": (31.55, 74.34)}
    data["pops"] = [
        {"name": name, "country": "PAK", "latitude_deg": at[0], "longitude_deg": at[1]}
        for name, at in spots.items()
    ]
    return Scenario.model_validate({**data, "failures": failures})


def test_a_gateway_lands_nothing_while_none_of_its_cables_is_left():
    name = broadband().gateways[0].name
    assert broadband(f"cable:{name}-K").cut_gateways == ()
    both = broadband(f"cable:{name}-K@1h-", "pop:L@2h-3h")
    (cut,) = [each for each in both.cut_gateways if each.name == name]
    assert (cut.from_s, cut.until_s) == (7_200.0, 10_800.0)
    alone = broadband(f"cable:{name}", pops=())
    assert [each.name for each in alone.cut_gateways] == [name]
    assert any("failures leave it no fibre" in note for note in landed.notes(alone))


def test_a_second_cable_changes_the_delay_while_the_first_is_out():
    scene = broadband(f"cable:{broadband().gateways[0].name}-K@1h-2h")
    found, (own, other) = landed.fibre_steps(scene), [cable.great_circle_km for cable in scene.cables[:2]]
    step_s = scene.time.step_s
    slots = [int(3_600 / step_s) - 1, int(3_600 / step_s), int(7_200 / step_s)]
    ratio = scene.delay.fibre_route_ratio
    wanted = [landed.fibre_rtt_ms(km, ratio) / RTT_STEP_MS for km in (own, other, own)]
    assert [found.of(slot, 1)[0, 0] for slot in slots] == pytest.approx(wanted, abs=0.51)


def test_without_points_of_presence_a_gateway_has_one_cable():
    scene = load("pakistan")
    name = scene.gateways[0].name
    cut = Scenario.model_validate({**scene.model_dump(), "failures": [f"cable:{name}@0-60"]})
    assert [each.line for each in cut.cut_gateways] == [f"gateway:{name}@0s-60s"]
    with pytest.raises(ValidationError, match="names no points of presence"):
        Scenario.model_validate({**scene.model_dump(), "failures": ["pop:Karachi"]})
