"""`KEY=VALUE`: what each kind of path means, what a value may be, and what is said when either is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario import override
from raabta.scenario.catalogue import entry
from raabta.scenario.loader import load, scenario_hash, to_yaml
from raabta.scenario.models import Scenario


def _fault(*settings: str, source: str | Path = "pakistan", **options: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        load(source, settings=settings, **options)
    assert caught.value.file in ("option --set", None)
    return str(caught.value)


def _unsaid(scenario: Scenario) -> Scenario:
    """The scenario without the sentence that says what was set."""
    return scenario.model_copy(update={"assumptions": scenario.assumptions[:-1]})


@pytest.mark.parametrize(
    ("setting", "found", "value"),
    [
        ("seed=7", lambda s: s.seed, 7),
        ("weather.statistic=annual", lambda s: s.weather.statistic, "annual"),
        (" sharing.capacity_share = exclusive ", lambda s: s.sharing.capacity_share, "exclusive"),
        ("demand.take_up_share=2e-1", lambda s: s.demand.take_up_share, 0.2),
        ("delay.fibre_ms=12", lambda s: s.delay.fibre_ms, 12.0),
        ("demand.terrestrial.proxy_distance_km=5", lambda s: s.demand.terrestrial.proxy_distance_km, 5.0),
        ("constellation.shells[0].altitude_km=550", lambda s: s.constellation.shells[0].altitude_km, 550.0),
        ("constellation.shells.0.altitude_km=550", lambda s: s.constellation.shells[0].altitude_km, 550.0),
        ("constellation.payload.beams=12", lambda s: s.constellation.payload.beams, 12),
        ("gateways.Karachi.antennas=4", lambda s: s.gateways[0].antennas, 4),
        ("gateways.lahore.antennas=4", lambda s: s.gateways[3].antennas, 4),
        ("gateways[6].antennas=4", lambda s: s.gateways[6].antennas, 4),
        ("gateways[Gwadar].antennas=4", lambda s: s.gateways[1].antennas, 4),
        ("demand.terminals.community.dish_m=1.8", lambda s: s.demand.terminals[1].dish_m, 1.8),
        ("sharing.markets.IND=closed", lambda s: s.sharing.markets, {"IND": "closed"}),
        ("sharing.markets={IND: closed, IRN: open}", lambda s: len(s.sharing.markets), 2),
        ("assumptions[0]=NO", lambda s: s.assumptions[0], "NO"),
        ("title='a: b'", lambda s: s.title, "a: b"),
        ("title=12:30:00", lambda s: s.title, "12:30:00"),
        ("gateways.Karachi.diversity_partner=", lambda s: s.gateways[0].diversity_partner, None),
        ("gateways.Karachi.diversity_partner=~", lambda s: s.gateways[0].diversity_partner, None),
        ("gateways.Karachi={antennas: 4}", lambda s: s.gateways[0].antennas, 4),
        ("constellation.payload={beams: 3}", lambda s: s.constellation.payload.beams, 3),
    ],
)
def test_every_kind_of_path_and_value(setting: str, found: Any, value: Any) -> None:
    plain, changed = load("pakistan"), load("pakistan", settings=[setting])
    assert found(changed) == value
    assert changed.assumptions[-1] == f"Set on the command line, whatever is said above: {setting}"
    assert scenario_hash(changed) != scenario_hash(plain)
    unchanged = load("pakistan", settings=["constellation.payload.beams=28"])
    assert _unsaid(unchanged) == plain


def test_a_name_with_a_dot_stands_in_brackets(minimal: Path) -> None:
    minimal.write_text(minimal.read_text().replace("name: Here", "name: St. Johns"))
    assert load(minimal, settings=["gateways[St. Johns].antennas=2"]).gateways[1].antennas == 2
    assert "did you mean 'gateways[St. Johns].antennas'?" in _fault(
        "gateways[St. John].antennas=2", source=minimal
    )


def test_a_section_that_the_file_leaves_out_is_made(minimal: Path) -> None:
    assert "weather" not in minimal.read_text()
    assert load(minimal, settings=["weather.storm_km=50"]).weather.storm_km == 50.0


def test_settings_say_the_same_as_the_file_would(minimal: Path) -> None:
    changed = load(
        minimal, settings=["demand.terminals[0].share=0.4", "demand.terminals.community.share=0.6"]
    )
    minimal.write_text(minimal.read_text().replace("share: 0.2", "share: 0.4").replace("0.8", "0.6"))
    assert _unsaid(changed) == load(minimal)


def test_a_stored_scenario_holds_the_change(minimal: Path, tmp_path: Path) -> None:
    changed = load(minimal, settings=["weather.statistic=annual"])
    kept = tmp_path / "kept.yaml"
    kept.write_text(to_yaml(changed))
    assert load(kept) == changed
    assert "statistic: annual" in kept.read_text()


def test_another_catalogue_entry_under_what_the_file_says(minimal: Path) -> None:
    scenario = load(minimal, settings=["constellation.payload.channels=2", "constellation.catalogue=oneweb"])
    assert scenario.constellation.name == entry("oneweb").data["name"]
    assert (scenario.constellation.payload.beams, scenario.constellation.payload.channels) == (12, 2)


def test_an_entry_in_a_value_replaces_what_stood_there(minimal: Path) -> None:
    settings = ["constellation={catalogue: oneweb}", "constellation.payload.channels=2"]
    payload = load(minimal, settings=settings).constellation.payload
    assert payload.beams == entry("oneweb").data["payload"]["beams"] != 12
    assert payload.channels == 2
    terminals = ["demand.terminals=[{catalogue: community, share: 1}]", "demand.terminals.community.dish_m=2"]
    assert [t.dish_m for t in load(minimal, settings=terminals).demand.terminals] == [2.0]


def test_an_entry_named_by_an_element_of_a_list() -> None:
    arrays = load("pakistan", settings=["demand.terminals.household.catalogue=household-phased-array-ka"])
    figures = entry("household-phased-array-ka").data
    assert arrays.demand.terminals[0].g_over_t_dbk == figures["g_over_t_dbk"]
    feeders = load("pakistan", settings=["gateways.Lahore.catalogue=[lahore, qv-earth-station]"])
    assert feeders.gateways[3].eirp_dbw == entry("qv-earth-station").data["eirp_dbw"]


def test_an_entry_cannot_be_named_under_figures_that_are_spelt_out(small: Scenario, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text(to_yaml(small))
    assert _fault("constellation.catalogue=oneweb", source=kept) == (
        "option --set: constellation names no catalogue entry; "
        "set it whole: 'constellation={catalogue: NAME}'"
    )
    assert "gateways[0] names no" in _fault("gateways[0].catalogue=lahore", gateways="actual")


def test_files_are_meant_from_the_current_folder(
    minimal: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path_factory.mktemp("here")
    (here / "people.csv").write_text("x")
    monkeypatch.chdir(here)
    for setting in ("area.people_file=people.csv", "area={people_file: people.csv}"):
        assert load(minimal, settings=[setting]).area.people_file == str(here / "people.csv")
    assert _fault("area={people_file: persons.csv}", source=minimal) == (
        f"option --set: no such file: {here / 'persons.csv'}\n"
        "    area={people_file: persons.csv}\n"
        "                       ^\n"
        "hint: paths are meant from the current folder"
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("wether.statistic=annual", "the scenario has no 'wether'; did you mean 'weather.statistic'?"),
        ("weather.statistik=annual", "weather has no 'statistik'; did you mean 'weather.statistic'?"),
        ("statistic=annual", "the scenario has no 'statistic'; did you mean 'weather.statistic'?"),
        ("take_up=0.2", "the scenario has no 'take_up'; did you mean 'demand.take_up_share'?"),
        (
            "constellation.beams=9",
            "constellation has no 'beams'; did you mean 'constellation.payload.beams'?",
        ),
        ("payload.beams=9", "the scenario has no 'payload'; did you mean 'constellation.payload.beams'?"),
        ("weather/statistic=annual", "has no 'weather/statistic'; did you mean 'weather.statistic'?"),
        (
            "constellation.shells[0].altitude_m=550000",
            "constellation.shells[0] has no 'altitude_m'; "
            "did you mean 'constellation.shells[0].altitude_km=550', in km?",
        ),
        (
            "constellation.shells.altitude_km=550",
            "constellation.shells has no 'altitude_km'; did you mean 'constellation.shells[0].altitude_km'?",
        ),
        ("constellation.shells[1].planes=9", "constellation.shells has no '1'; it has [0]"),
        ("assumptions[99]=x", "assumptions has no '99'; it has [0] to ["),
        ("gateways.Karchi.antennas=4", "gateways has no 'Karchi'; did you mean 'gateways.Karachi.antennas'?"),
        ("gateways.antennas=4", "gateways has no 'antennas'; did you mean 'gateways[0].antennas'?"),
        ("gateways.Timbuktu.antennas=4", "gateways has no 'Timbuktu'; it has Karachi, Gwadar, Islamabad"),
        ("gateways[" + "9" * 50 + "].antennas=4", "it has Karachi, Gwadar, Islamabad"),
        ("demand.terminals.houshold.dish_m=1", "did you mean 'demand.terminals.household.dish_m'?"),
        ("constellation.geostationary[0].longitude_deg=38", "has no '0'; it is empty: set the whole list"),
        ("qqqq.statistic=annual", "the scenario has no 'qqqq'; keys here: schema_version, kind, name, title"),
        ("name.first=x", "name is a single value; it has no 'first'"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_in_one_line(setting: str, words: str) -> None:
    told = _fault(setting)
    assert told.startswith("option --set: ")
    assert words in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("setting", ["seed", "=5", "", "a..b=5", "gateways[0]antennas=4", "gateways[]=4"])
def test_what_is_no_setting(setting: str) -> None:
    assert _fault(setting) == (
        f"option --set: '{setting}' is not KEY=VALUE\n"
        "hint: such as weather.statistic=annual or gateways.Karachi.antennas=4"
    )


@pytest.mark.parametrize(
    ("setting", "words", "marked", "hint"),
    [
        ("weather.statistic=annul", "weather.statistic: should be 'annual' or", "annul", "mean 'annual'?"),
        ("gateways.Karachi.antennas=four", "gateways[0].antennas: should be a valid integer", "four", ""),
        ("constellation.payload.beams=12.5", "beams: should be a valid integer, not 12.5", "12.5", ""),
        ("demand.take_up_share=20", "should be less than or equal to 1, not 20", "20", ""),
        ("seed=", "seed: should be a valid integer, not empty", "", ""),
        ("seed=#5", "seed: should be a valid integer, not empty", "#5", ""),
        ("title=a: b", "title: should be a valid string, not a mapping", "a: b", ""),
        ("title=&a", "YAML anchors and aliases are refused", "&a", "write the value out again"),
        ("constellation.payload={beems: 3}", "payload: unknown key 'beems'", "beems", "mean 'beams'?"),
        ("constellation.payload={beams: x}", 'payload.beams: should be a valid integer, not "x"', "x}", ""),
        ("constellation.payload={beams: [3}", "not readable as YAML: expected ',' or ']'", "}", ""),
        ("sharing.markets.India=closed", "should match pattern", "closed", "did you mean IND (India)?"),
        ("constellation.catalogue=onweb", "has no constellation called 'onweb'", "onweb", "'oneweb'"),
        ("constellation.shells=[]", "constellation: holds no satellites", "[]", "give `shells`"),
        ("demand.terminals.household.share=0.5", "shares of the terminal classes sum to 1.4", "0.5", ""),
        ("gateways.Karachi.name=Lahore", "a gateway name stands twice", "Lahore", ""),
        ("time.start=2040-01-01T00:00:00Z", "the run starts 2040-01-01 00:00 UTC", "2040", "move the start"),
        ("time={duration_s: 4e7}", "should be at most 31622400 s (366 days)", "4e7", ""),
    ],
)
def test_a_wrong_value_is_shown_under_a_caret(setting: str, words: str, marked: str, hint: str) -> None:
    first, shown, caret, *rest = _fault(setting).splitlines()
    assert first.startswith("option --set: ") and words in first
    assert shown == f"    {setting}"
    assert setting[caret.index("^") - 4 :].startswith(marked)
    assert hint in "".join(rest)


@pytest.mark.parametrize(
    ("settings", "options", "words"),
    [
        (["seed=5", "seed=6"], {}, "seed would undo --set seed=5; keep one of them"),
        (["seed=5"], {"seed": 6}, "seed would undo --seed; keep one of them"),
        (["time={duration_s: 60}"], {"step_s": 30.0}, "time would undo --step"),
        (["weather.storm_km=9", "weather={}"], {}, "weather would undo --set weather.storm_km=9"),
        (["constellation.catalogue=oneweb", "constellation={catalogue: kuiper}"], {}, "would undo --set"),
    ],
)
def test_nothing_that_was_set_is_undone(settings: list[str], options: dict[str, Any], words: str) -> None:
    assert words in _fault(*settings, **options)


def test_the_wider_setting_may_come_first() -> None:
    weather = load("pakistan", settings=["weather={storm_km: 9}", "weather.fade_ratio=2"]).weather
    assert (weather.storm_km, weather.fade_ratio, weather.statistic) == (9.0, 2.0, "worst-month")


def test_a_fault_of_the_file_stays_the_files(minimal: Path) -> None:
    """Its shares are wrong whatever is set beside them, and that is told at its line."""
    minimal.write_text(minimal.read_text().replace("share: 0.2", "share: 0.3"))
    with pytest.raises(ScenarioError, match=r"sum to 1\.1, not 1") as caught:
        load(minimal, settings=["demand.take_up_share=0.2"])
    assert (caught.value.file, caught.value.line) == (str(minimal), 10)
    assert "sum to 1.2" in _fault("demand.terminals[0].share=0.4", source=minimal)
    assert load(minimal, settings=["demand.terminals[0].share=0.2"]).demand.terminals[0].share == 0.2


@pytest.mark.parametrize("instead", ["gateways: 3", "gateways:", "gateways: [3]"])
def test_a_broken_list_of_the_file_is_no_traceback(minimal: Path, instead: str) -> None:
    text = minimal.read_text()
    start, end = text.index("gateways:"), text.index("demand:")
    minimal.write_text(f"{text[:start]}{instead}\n{text[end:]}")
    with pytest.raises(ScenarioError):
        load(minimal, settings=["gateways.Here.antennas=3"])
    with pytest.raises(ScenarioError):
        load(minimal, settings=["gateways[0].antennas=3"])


def test_a_broken_section_of_the_file_is_told_at_its_line(minimal: Path) -> None:
    minimal.write_text(minimal.read_text() + "weather: wet\n")
    with pytest.raises(ScenarioError, match="weather: should be a mapping") as caught:
        load(minimal, settings=["weather.storm_km=9"])
    assert caught.value.line == 14


def test_a_setting_is_taken_apart() -> None:
    setting = override.read("gateways[Karachi].antennas=4")
    assert (setting.parts, setting.value.data) == (("gateways", "Karachi", "antennas"), 4)


@pytest.mark.parametrize("value", ["", " ", "# why", "# why\n# not\r\n", "#\u2028"])
def test_nothing_and_comments_alone_are_null(value: str) -> None:
    assert override.read(f"seed={value}").value.data is None
