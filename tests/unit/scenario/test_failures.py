"""Failures as text and in scenarios: read, written again, and refused with what is allowed."""

from __future__ import annotations

import json

import networks
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from way_scenarios import ways

from raabta.base.errors import ScenarioError
from raabta.scenario.failures import KINDS, Failure, parse
from raabta.scenario.loader import load, load_any, scenario_hash, to_yaml
from raabta.scenario.models import Scenario
from raabta.scenario.paths import PathScenario, ways_of


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
    assert "satellites:10%" not in left


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
