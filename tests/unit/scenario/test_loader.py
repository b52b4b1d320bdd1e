"""Loading: references, overrides, schema versions, paths, round trips and hashes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import entry
from raabta.scenario.loader import builtin_names, load, load_any, scenario_hash, to_yaml
from raabta.scenario.models import Scenario, Shell
from raabta.scenario.paths import PathScenario


def _write(folder: Path, text: str, name: str = "s.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_builtins_are_those_of_the_house() -> None:
    pakistan = ["pakistan", "pakistan-hybrid", "pakistan-paksat", "pakistan-paksat-1r", "pakistan-starlink"]
    pakistan.append("pakistan-starlink-lasers")
    missions = {"chang-e-6", "chang-e-8-rover", "icube-q", "paksat", "tiangong-week"}
    others = sorted({*builtin_names()} - missions)
    assert others == ["kuiper-cities", *pakistan, "starlink-cities", "telesat-cities"]
    assert missions <= {*builtin_names()}


@pytest.mark.parametrize(
    ("name", "satellites", "floor_deg"),
    [("starlink-cities", 1_584, 25.0), ("kuiper-cities", 1_156, 35.0), ("telesat-cities", 351, 10.0)],
)
def test_builtins_of_cities_are_one_shell_of_the_catalogue(
    name: str, satellites: int, floor_deg: float
) -> None:
    scenario = load_any(name)
    assert isinstance(scenario, PathScenario)
    system, ground = scenario.constellation, scenario.ground
    of_entry = {
        "starlink-cities": "starlink-gen1",
        "kuiper-cities": "kuiper",
        "telesat-cities": "telesat-1015",
    }
    first = Shell.model_validate(entry(of_entry[name]).data["shells"][0])
    assert system.shells == (first,) and first.satellites == satellites
    assert system.lasers is not None and system.lasers.pattern == "plus-grid"
    assert (ground.largest_cities, ground.mask, system.user_min_elevation_deg) == (
        100,
        "elevation",
        floor_deg,
    )
    assert (scenario.time.steps, scenario.time.step_s, scenario.routing.keep_states) == (5_760, 15.0, True)


def test_pakistan_is_the_stand_in_with_seven_gateways_at_home() -> None:
    scenario = load("pakistan")
    assert scenario.constellation.stand_in
    assert sum(shell.satellites for shell in scenario.constellation.shells) == 1_000
    assert [gateway.country for gateway in scenario.gateways] == ["PAK"] * 7
    assert scenario.weather.statistic == "worst-month"
    assert any("no radio figure of GalaxySpace is public" in text for text in scenario.assumptions)


def test_pakistan_starlink_has_the_authorised_satellites_and_hypothetical_gateways() -> None:
    scenario = load("pakistan-starlink")
    assert sum(shell.satellites for shell in scenario.constellation.shells) == 4_408
    assert all(gateway.hypothetical for gateway in scenario.gateways)
    assert any("hypothetical" in text for text in scenario.assumptions)


@pytest.mark.parametrize(("name", "transponders"), [("pakistan-paksat", 24), ("pakistan-paksat-1r", 18)])
def test_geostationary_builtins_share_their_transponders_between_both_ways(
    name: str, transponders: int
) -> None:
    """36 MHz each: what the hub sends and hears, at 2.2 bit/s/Hz less roll-off and at 0.9."""
    scenario = load(name)
    payload, hub = scenario.constellation.payload, scenario.gateways[0]
    forward, back = hub.band_mhz(forward=True) / 36.0, hub.band_mhz(forward=False) / 36.0
    assert (forward + back, payload.beams, payload.channels) == (transponders, forward, forward)
    assert payload.forward_mbps == pytest.approx(forward * 36.0 / 1.1 * 2.2, rel=0.01)
    assert payload.return_mbps == pytest.approx(back * 36.0 * 0.9, rel=0.01)
    assert scenario.constellation.stand_in and scenario.constellation.gso_separation_deg == 0.0
    assert any("not PakSat data" in text for text in scenario.assumptions)


def test_paksat_1r_says_that_its_design_life_ended() -> None:
    assert "design life ended about August to October 2026" in load("pakistan-paksat-1r").assumptions[0]


def test_both_builtins_ask_the_same_people() -> None:
    first, second = load("pakistan"), load("pakistan-starlink")
    assert first.demand.take_up_share == second.demand.take_up_share
    assert first.demand.terrestrial == second.demand.terrestrial
    assert [t.share for t in first.demand.terminals] == [t.share for t in second.demand.terminals]
    assert [t.contention_ratio for t in first.demand.terminals] == [
        t.contention_ratio for t in second.demand.terminals
    ]


def test_references_merge_and_overrides_win(minimal: Path) -> None:
    scenario = load(minimal)
    payload = scenario.constellation.payload
    assert payload.beams == 12
    assert payload.forward_mbps == entry("galaxyspace-like").data["payload"]["forward_mbps"]
    assert scenario.gateways[0].dish_m == entry("ka-earth-station").data["dish_m"]
    assert scenario.gateways[1].name == "Here"
    assert [t.share for t in scenario.demand.terminals] == [0.2, 0.8]


def test_loading_does_not_change_the_catalogue(minimal: Path) -> None:
    load(minimal, gateways="actual")
    assert entry("galaxyspace-like").data["payload"]["beams"] == 28
    assert load("pakistan").constellation.payload.beams == 28


def test_command_line_values_win(minimal: Path, tmp_path: Path) -> None:
    orbits = _write(tmp_path, "x", "o.tle")
    outline = _write(tmp_path, "{}", "o.geojson")
    scenario = load(
        minimal,
        start=datetime(2026, 6, 1, tzinfo=UTC),
        duration_s=3_600.0,
        step_s=30.0,
        seed=7,
        orbits_file=orbits,
        outline_file=outline,
    )
    assert scenario.time.start == datetime(2026, 6, 1, tzinfo=UTC)
    assert (scenario.time.steps, scenario.seed) == (120, 7)
    assert scenario.constellation.orbits_file == str(orbits)
    assert scenario.constellation.shells == ()
    assert scenario.area.outline_file == str(outline)


def test_a_bad_option_names_the_option(minimal: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(minimal, step_s=0.1)
    assert str(caught.value).startswith("option --step: time.step_s: should be greater than or equal to 1")
    assert caught.value.file is None


def test_actual_gateways_stand_abroad_and_are_assumed_in_words() -> None:
    scenario = load("pakistan-starlink", gateways="actual")
    assert "OMN" in {gateway.country for gateway in scenario.gateways}
    assert "PAK" not in {gateway.country for gateway in scenario.gateways}
    assert not any(gateway.hypothetical for gateway in scenario.gateways)
    assert "none stands in Pakistan" in scenario.assumptions[-1]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("", "the key 'schema_version' is missing", "write `schema_version: 1` as the first line"),
        ("schema_versoin: 1\n", "did you mean it by 'schema_versoin'?", "write `schema_version: 1`"),
        ("schema_version: 2\n", "schema version 2; this raabta reads up to 1", "update raabta"),
        ("schema_version: '1'\n", "schema_version is '1', not a whole number", "schema_version: 1"),
        ("schema_version: 0\n", "not a whole number from 1", "schema_version: 1"),
        ("schema_version: true\n", "not a whole number from 1", "schema_version: 1"),
    ],
)
def test_schema_version(minimal: Path, line: str, message: str, hint: str) -> None:
    text = minimal.read_text().replace("schema_version: 1\n", line)
    minimal.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(minimal)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.line == 1


@pytest.mark.parametrize("key", ["outline_file", "people_file", "districts_file", "horizon_file"])
def test_relative_files_are_meant_from_the_scenario(
    minimal: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    (minimal.parent / "mine.csv").write_text("x")
    minimal.write_text(minimal.read_text() + f"area: {{{key}: mine.csv}}\n")
    monkeypatch.chdir("/")
    assert getattr(load(minimal).area, key) == str(minimal.parent / "mine.csv")


def test_a_missing_file_is_named_at_its_line(minimal: Path) -> None:
    minimal.write_text(minimal.read_text() + "area:\n  outline_file: nowhere.geojson\n")
    with pytest.raises(ScenarioError, match=r"no such file: .*nowhere\.geojson") as caught:
        load(minimal)
    assert (caught.value.line, caught.value.column) == (15, 17)


@pytest.mark.parametrize("value", ['"\\0"', "a" * 5_000], ids=["nul", "long"])
def test_an_impossible_path_is_only_a_missing_file(minimal: Path, value: str) -> None:
    minimal.write_text(minimal.read_text() + f"area: {{outline_file: {value}}}\n")
    with pytest.raises(ScenarioError, match="no such file"):
        load(minimal)


def test_unknown_source_suggests_a_builtin() -> None:
    with pytest.raises(ScenarioError, match="no file 'pakistn'") as caught:
        load("pakistn")
    assert "did you mean 'pakistan'?" in (caught.value.hint or "")


@pytest.mark.parametrize("name", builtin_names())
def test_round_trip_is_exact(name: str, tmp_path: Path) -> None:
    scenario = load_any(name)
    again = load_any(_write(tmp_path, to_yaml(scenario)))
    assert again == scenario
    assert scenario_hash(again) == scenario_hash(scenario)


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="﻿￾￿"), max_size=30)


@settings(max_examples=40, deadline=None)
@given(
    title=_TEXT
    | st.sampled_from(["NO", "12:30:00", "1e3", "null", "~", "true", "1.0", "- x", "a: b", "#", ".nan"]),
    assumptions=st.lists(_TEXT, max_size=3),
    take_up=st.floats(0.0, 1.0),
    eirp=st.floats(-60.0, 80.0),
    seed=st.integers(0, 2**63 - 1),
)
def test_round_trip_of_any_words_and_numbers(
    small: Scenario,
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    assumptions: list[str],
    take_up: float,
    eirp: float,
    seed: int,
) -> None:
    demand = small.demand.model_copy(update={"take_up_share": take_up})
    payload = small.constellation.payload.model_copy(update={"eirp_density_dbw_mhz": eirp})
    constellation = small.constellation.model_copy(update={"payload": payload})
    scenario = small.model_copy(
        update={
            "title": title,
            "assumptions": tuple(assumptions),
            "demand": demand,
            "seed": seed,
            "constellation": constellation,
        }
    )
    path = _write(tmp_path_factory.mktemp("rt"), to_yaml(scenario))
    assert load(path) == scenario


def test_hash_is_stable_and_tells_scenarios_apart(minimal: Path) -> None:
    first = scenario_hash(load(minimal))
    assert len(first) == 64
    assert first == scenario_hash(load(minimal))
    assert first != scenario_hash(load(minimal, seed=1))


def test_hash_does_not_depend_on_layout(minimal: Path, tmp_path: Path) -> None:
    other = minimal.read_text().replace(
        "{catalogue: community, share: 0.8}", "{share: 0.80, catalogue: community}"
    )
    assert scenario_hash(load(_write(tmp_path, "# hello\n" + other))) == scenario_hash(load(minimal))


@pytest.mark.parametrize("key", ["outline_file", "people_file", "districts_file", "horizon_file"])
def test_hash_follows_the_content_of_named_files_not_their_path(
    minimal: Path, tmp_path: Path, key: str
) -> None:
    text = minimal.read_text() + f"area: {{{key}: mine.csv}}\n"
    hashes = []
    for folder, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.csv").write_text(content)
        hashes.append(scenario_hash(load(_write(tmp_path / folder, text))))
    assert hashes[0] == hashes[1] != hashes[2]
