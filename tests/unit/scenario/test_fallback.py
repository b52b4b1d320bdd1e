"""The part `fallback` of a scenario: read, written, hashed, overruled, and refused where it is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.loader import load, missing_files, scenario_hash, to_yaml
from raabta.scenario.models import Scenario

BUILTIN = Path(str(load.__globals__["_builtin_folder"]())) / "pakistan-hybrid.yaml"
GATEWAYS = re.compile(r"  gateways:\n.*?(?=  terminals:)", re.S)
TERMINALS = re.compile(r"  terminals:\n.*?(?=  sharing:)", re.S)

Write = Callable[[Callable[[str], str]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the built-in hybrid with its fallback edited."""

    def made(edit: Callable[[str], str]) -> Path:
        head, fallback = re.split(r"(?=^fallback:)", BUILTIN.read_text(), flags=re.M)
        edited = edit(fallback)
        assert edited != fallback
        path = tmp_path / "hybrid.yaml"
        path.write_text(head + edited)
        return path

    return made


def test_the_built_in_offers_paksat_what_pakistan_leaves() -> None:
    first, hybrid, geo = (load(name) for name in ("pakistan", "pakistan-hybrid", "pakistan-paksat"))
    assert first.fallback is None and hybrid.fallback is not None
    for part in ("time", "area", "constellation", "gateways", "demand", "sharing", "weather", "delay"):
        assert getattr(hybrid, part) == getattr(first, part)
    second = hybrid.fallback
    assert (second.constellation, second.gateways) == (geo.constellation, geo.gateways)
    assert (second.terminals, second.sharing) == (geo.demand.terminals, geo.sharing)
    assert second.constellation.stand_in
    assert hybrid.class_names[4:] == ["fallback_community", "fallback_institution", "fallback_household"]


def test_the_fallback_alone_is_asked_the_same_question() -> None:
    hybrid = load("pakistan-hybrid")
    alone = hybrid.fallback_alone()
    assert alone is not None and alone.fallback is None
    assert alone.constellation.name == "paksat-mm1" and alone.gateways[0].name == "Karachi"
    assert alone.demand.take_up_share == hybrid.demand.take_up_share
    assert [t.terminal_class for t in alone.demand.terminals] == ["community", "institution", "household"]
    assert (alone.time, alone.area, alone.weather) == (hybrid.time, hybrid.area, hybrid.weather)
    assert load("pakistan").fallback_alone() is None


def test_a_scenario_without_a_fallback_is_written_and_hashed_as_if_there_were_no_such_key() -> None:
    plain = load("pakistan")
    assert "fallback" not in plain.model_dump(mode="json") and "fallback" not in to_yaml(plain)
    bare = load("pakistan-hybrid", settings=["fallback="])
    assert bare.fallback is None
    same = bare.model_copy(update={k: getattr(plain, k) for k in ("name", "title", "assumptions")})
    assert scenario_hash(same) == scenario_hash(plain)


def test_a_fallback_is_hashed_and_comes_back_from_what_is_written(tmp_path: Path) -> None:
    hybrid = load("pakistan-hybrid")
    (tmp_path / "again.yaml").write_text(to_yaml(hybrid))
    assert load(tmp_path / "again.yaml") == hybrid
    assert Scenario.model_validate_json(hybrid.model_dump_json()) == hybrid
    other = load("pakistan-hybrid", settings=["fallback.constellation.payload.beams=15"])
    assert scenario_hash(other) != scenario_hash(hybrid)


def test_orbits_of_the_fallback_count_by_content(write: Write, tmp_path: Path) -> None:
    orbits = tmp_path / "geo.tle"
    orbits.write_text("one")
    path = write(lambda text: text.replace("paksat-mm1\n", "paksat-mm1\n    orbits_file: geo.tle\n", 1))
    scenario = load(path)
    assert scenario.fallback is not None and scenario.fallback.constellation.orbits_file == str(orbits)
    first = scenario_hash(scenario)
    orbits.write_text("two")
    assert scenario_hash(scenario) != first
    orbits.unlink()
    assert missing_files(scenario) == [str(orbits)]
    with pytest.raises(ScenarioError, match=r"no such file: .*geo\.tle"):
        load(path)


def test_any_key_of_it_can_be_set() -> None:
    second = load(
        "pakistan-hybrid",
        settings=[
            "fallback.gateways.Karachi.antennas=2",
            "fallback.terminals.community.contention_ratio=30",
            "fallback.sharing.allocation=equal",
        ],
    ).fallback
    assert second is not None
    assert second.gateways[0].antennas == 2 and second.terminals[0].contention_ratio == 30.0
    assert second.sharing.allocation == "equal"


@pytest.mark.parametrize(
    ("edit", "message", "hint"),
    [
        (lambda t: GATEWAYS.sub("", t), ":1: fallback: the key 'gateways' is missing", "write a list of"),
        (
            lambda t: GATEWAYS.sub("  gateways: []\n", t),
            ":13: fallback.gateways: should have at least 1 item",
            "write a list of",
        ),
        (
            lambda t: t.replace("paksat-mm1\n", "paksat-mm1\n    name: galaxyspace-like\n", 1),
            ":3: fallback: its constellation is 'galaxyspace-like', the same as the first",
            None,
        ),
        (
            lambda t: t.replace("  sharing:\n", "  fallback: {sharing: {}}\n  sharing:\n"),
            ":3: fallback: unknown key 'fallback'",
            "a fallback has none of its own: a run takes two constellations at most",
        ),
        (
            lambda t: t.replace("share: 0.85", "share: 0.5"),
            ":5: fallback.terminals: the shares of the terminal classes sum to 0.65, not 1",
            None,
        ),
        (
            lambda t: t.replace("institution-ku\n", "institution-ku\n      terminal_class: community\n"),
            ":5: fallback.terminals: a terminal class stands twice",
            None,
        ),
        (
            lambda t: TERMINALS.sub("", t),
            ":1: fallback: the key 'terminals' is missing",
            "write a list of `- {catalogue: NAME, share: 1}`",
        ),
        (
            lambda t: t.replace("      antennas: 1\n", "      diversity_partner: Lahore\n"),
            ":5: fallback.gateways: diversity_partner 'Lahore' is not a gateway here",
            None,
        ),
        (
            lambda t: t.replace("paksat-mm1\n", "paksat-mm2\n", 1),
            ":16: the catalogue has no constellation called 'paksat-mm2'",
            "did you mean 'paksat-mm1'?",
        ),
        (
            lambda t: t.replace("paksat-mm1\n", "paksat-mm1\n    geostationary: []\n", 1),
            ":3: fallback.constellation: holds no satellites",
            "give `shells`",
        ),
        (
            lambda t: "fallback: paksat-mm1\n",
            ':11: fallback: should be a mapping, not "paksat-mm1"',
            "keys: constellation, gateways, terminals, sharing",
        ),
    ],
    ids=range(11),
)
def test_a_wrong_fallback_is_refused_at_its_line(
    write: Write, edit: Callable[[str], str], message: str, hint: str | None
) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(write(edit))
    assert message in str(caught.value).splitlines()[0]
    assert hint is None or f"hint: {hint}" in str(caught.value)
