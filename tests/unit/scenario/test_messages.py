"""What a person reads when the scenario is wrong."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from typos import mistyped

from raabta.base.clock import eop_range
from raabta.base.errors import ScenarioError
from raabta.scenario.loader import load
from raabta.scenario.models import (
    Area,
    Constellation,
    Demand,
    Gateway,
    Payload,
    Scenario,
    Sharing,
    Shell,
    Terminal,
    Time,
    Weather,
)
from raabta.scenario.suggest import converted, near_key, unit_key


def _fault(path: Path) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return caught.value


def _edited(minimal: Path, old: str, new: str) -> ScenarioError:
    text = minimal.read_text()
    assert old in text
    minimal.write_text(text.replace(old, new))
    return _fault(minimal)


@pytest.mark.parametrize("instead", ["gateways: []\n", ""])
def test_a_scenario_without_gateways_is_told_how_to_write_one(minimal: Path, instead: str) -> None:
    text, count = re.subn(r"^gateways:\n(?:  .*\n)+", instead, minimal.read_text(), flags=re.MULTILINE)
    assert count == 1
    minimal.write_text(text)
    error = _fault(minimal)
    assert "gateways" in str(error).splitlines()[0]
    assert "`- catalogue: [SITE, ka-earth-station]`" in str(error)


def test_misspelt_key_reads_like_this(tmp_path: Path, small_yaml: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(small_yaml.replace("satellites_per_plane", "satellites_per_plan"))
    error = _fault(path)
    first, source, caret, hint = str(error).splitlines()
    assert first == f"{path}:{error.line}:5: constellation.shells[0]: unknown key 'satellites_per_plan'"
    assert source == "        satellites_per_plan: 25"
    assert caret == "        ^"
    assert hint == "hint: did you mean 'satellites_per_plane'?"


@pytest.mark.parametrize(
    ("old", "new", "place", "message", "hint"),
    [
        (
            "galaxyspace-like",
            "galaxyspace",
            (4, 14),
            "no constellation called 'galaxyspace'",
            "'galaxyspace-like'",
        ),
        ("galaxyspace-like", "karachi", (4, 14), "'karachi' is a gateway, not a constellation", ""),
        ("galaxyspace-like", "7", (4, 14), "a catalogue name is text", "one of: galaxyspace-like"),
        ("[karachi,", "[karchi,", (7, 16), "no gateway or earth-station called 'karchi'", "'karachi'"),
        ("{beams: 12}", "{beems: 12}", (5, 13), "constellation.payload: unknown key 'beems'", "'beams'"),
        ("{beams: 12}", "{beams: 12.5}", (5, 20), "payload.beams: should be a valid integer", ""),
        ("{beams: 12}", "{beams: true}", (5, 20), "payload.beams: should be a valid integer, not true", ""),
        ("{beams: 12}", "{beams: '12'}", (5, 20), 'not "12"', "write the number alone"),
        ("{beams: 12}", "{beams: 0}", (5, 20), "should be greater than or equal to 1, not 0", ""),
        ("{beams: 12}", "12", (5, 12), "constellation.payload: should be a mapping, not 12", ""),
        ("share: 0.2", "share: 20", (12, 42), "should be less than or equal to 1, not 20", ""),
        ("share: 0.2", "share: 0.3", (10, 3), "the shares of the terminal classes sum to 1.1, not 1", ""),
        ("catalogue: community", "catalogue: household-vsat", (10, 3), "a terminal class stands twice", ""),
        ("country: PAK", "country: Pakistan", (8, 27), "should match pattern", "mean PAK (Pakistan)?"),
        ("country: PAK", "country: PK", (8, 27), "should match pattern", "did you mean PAK (Pakistan)?"),
        ("country: PAK", "country: pak", (8, 27), "should match pattern", "did you mean PAK (Pakistan)?"),
        ("country: PAK", "country: Keniya", (8, 27), "should match pattern", "did you mean KEN (Kenya)?"),
        ("country: PAK", "country: Xyzzyq", (8, 27), "should match pattern", "alpha-3 code, such as PAK"),
        (
            "[karachi, ka-earth-station]",
            "[karachi]",
            (7, 16),
            "gateways[0]: a site without a radio",
            "add one: `catalogue: [karachi, ka-earth-station]`; radios: ka-earth-station, ku-hub, ",
        ),
        ("[karachi, ka-earth-station]", "karachi", (7, 16), "without a radio", "[karachi, ka-earth-station]"),
        ("latitude_deg: 31.0", "latitude_deg: 91", (8, 46), "should be less than or equal to 90", ""),
        (
            "latitude_deg: 31.0",
            "latitude_rad: 0.5",
            (8, 32),
            "unknown key 'latitude_rad'",
            "`latitude_deg: 28.6479`",
        ),
        ("name: Here", "name: Karachi", (1, 1), "a gateway name stands twice", ""),
        (
            "longitude_deg: 72.0",
            "longitude_deg: 72.0, horizon: [{azimuth_deg: 361, elevation_deg: 5}]",
            (8, 97),
            "gateways[1].horizon[0].azimuth_deg: should be less than or equal to 360, not 361",
            "",
        ),
        (
            "longitude_deg: 72.0",
            "longitude_deg: 72.0, horizon: [{azimuth_deg: 0, elevation_deg: 5}, "
            "{azimuth_deg: 360, elevation_deg: 6}]",
            (8, 5),
            "gateways[1]: azimuth 0 of the horizon stands twice (360 is 0, north)",
            "",
        ),
        ("name: mine", "name:", (2, 1), "should be a valid string, not empty", ""),
        (
            "catalogue: rural-pakistan\n",
            "catalogue: rural-pakistan\n  serve: underservd\n",
            (11, 10),
            "serve",
            "'underserved'",
        ),
        (
            "demand:\n  catalogue: rural-pakistan",
            "demand:\n  catalog: rural-pakistan",
            (10, 3),
            "unknown key 'catalog'",
            "'catalogue'",
        ),
    ],
)
def test_fault_has_its_place_and_its_hint(
    minimal: Path, old: str, new: str, place: tuple[int, int], message: str, hint: str
) -> None:
    error = _edited(minimal, old, new)
    assert message in error.message
    assert (error.line, error.column) == place
    assert hint in (error.hint or "")


def test_wrong_unit_says_the_right_one_and_converts(tmp_path: Path, small_yaml: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(small_yaml.replace("altitude_km: 500.0", "altitude_m: 550000"))
    error = _fault(path)
    assert error.message.endswith("unknown key 'altitude_m'")
    assert error.hint == "'altitude_km' is the key, in km: write `altitude_km: 550`"
    assert "is missing" not in str(error)


@pytest.mark.parametrize(
    ("key", "value", "wanted", "text"),
    [
        ("step_min", 2, "step_s", "step_s: 120"),
        ("channel_down_ghz", 0.4, "channel_down_mhz", "channel_down_mhz: 400"),
        ("forward_gbps", 24, "forward_mbps", "forward_mbps: 24000"),
        ("take_up_percent", 10, "take_up_share", "take_up_share: 0.1"),
        ("eirp_dbm", 76.2, "eirp_dbw", None),
        ("noise_temperature_c", 20, "noise_temperature_k", None),
        ("altitude", 550, "altitude_km", None),
        ("altitude_m", True, "altitude_km", None),
    ],
)
def test_units(key: str, value: float, wanted: str, text: str | None) -> None:
    assert unit_key(key, ["other_km", wanted]) == wanted
    assert converted(key, wanted, value) == text


def test_a_key_already_given_is_not_suggested_again() -> None:
    assert (
        near_key("feeder_dwn_ghz", ["feeder_up_ghz", "feeder_down_ghz"], ["feeder_up_ghz"])
        == "feeder_down_ghz"
    )


def test_all_faults_are_listed_and_the_first_is_the_error(minimal: Path) -> None:
    text = minimal.read_text().replace("{beams: 12}", "{beems: 12}").replace("karachi", "karchi")
    minimal.write_text(text + "weather: {statistics: annual}\nsharing: {ratio_share: 2}\n")
    error = _fault(minimal)
    assert error.line == 5
    words = str(error)
    for part in ("'beems'", "'karchi'", "'statistics'", "ratio_share", "4 faults in all"):
        assert part in words
    assert words.count("^") == 4


def test_nothing_below_a_fault_is_reported_as_missing(minimal: Path) -> None:
    error = _edited(minimal, "catalogue: galaxyspace-like", "catalog: galaxyspace-like")
    assert error.hint == "did you mean 'catalogue'?"
    assert "missing" not in str(error)


def test_a_gateway_may_spell_its_radio_out(minimal: Path) -> None:
    radio = "karachi\n    eirp_dbw: 70.0\n    g_over_t_dbk: 28.0"
    minimal.write_text(minimal.read_text().replace("[karachi, ka-earth-station]", radio))
    assert load(minimal).gateways[0].eirp_dbw == 70.0


@pytest.mark.parametrize("instead", ["", "  terminals: []\n"])
def test_missing_terminals_are_named_from_the_catalogue(minimal: Path, instead: str) -> None:
    text = minimal.read_text()
    minimal.write_text(text[: text.index("  terminals:")] + instead)
    error = _fault(minimal)
    assert "terminals" in error.message
    assert error.hint is not None
    assert error.hint.startswith("write a list of `- {catalogue: NAME, share: 1}`; names: backhaul, ")
    assert "household-vsat" in error.hint


@pytest.mark.parametrize("key", ["constellation", "gateways", "demand"])
def test_a_missing_part_is_named_from_the_catalogue(minimal: Path, key: str) -> None:
    text = minimal.read_text()
    minimal.write_text(re.sub(rf"^{key}:\n(?:  .*\n)+", "", text, flags=re.MULTILINE))
    assert f"the key '{key}' is missing" in str(_fault(minimal))
    assert "names: " in str(_fault(minimal))


@pytest.mark.parametrize("start", ["tomorrow", "", "20261122", "2026-13-01", "2026-11-22"])
def test_a_start_that_is_no_time_shows_one(minimal: Path, start: str) -> None:
    minimal.write_text(minimal.read_text() + f"time:\n  start: {start}\n")
    error = _fault(minimal)
    assert error.message.startswith("time.start: should be a date and time, not ")
    assert error.hint == "write ISO 8601 with date and time, in UTC, such as 2026-11-22T00:00:00Z"
    assert error.line == 15


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("{start: '2040-01-01T00:00:00Z'}", "time.start: the run starts 2040-01-01 00:00 UTC, outside the"),
        ("{start: '9999-12-31T23:59:59Z', duration_s: 31622400}", "the run starts 9999-12-31 23:59 UTC"),
        ("{start: '0001-01-01T00:00:00Z'}", "time.start: the run starts 1-01-01 00:00 UTC, outside the"),
        ("{start: '1950-01-01T00:00:00Z'}", "the run starts 1950-01-01 00:00 UTC"),
    ],
)
def test_a_run_outside_the_earth_orientation_data_is_refused_at_its_line(
    minimal: Path, time: str, words: str
) -> None:
    minimal.write_text(minimal.read_text() + f"time: {time}\n")
    error = _fault(minimal)
    assert words in error.message.replace("000", "", 1 if "0001" in time else 0)
    assert "Earth-orientation data (1973-01-02 to " in error.message
    assert (error.line, error.column) == (14, 15)
    assert "move the start" in (error.hint or "")


def test_the_end_of_a_run_counts_too(minimal: Path) -> None:
    last = eop_range()[1].astype("datetime64[s]")
    hour_before = f"{last - 3600}Z"
    minimal.write_text(minimal.read_text() + f"time: {{start: '{hour_before}', duration_s: 3600}}\n")
    assert load(minimal).time.duration_s == 3600
    with pytest.raises(ScenarioError, match=r"^option --duration: .* the run ends .* outside the Earth"):
        load(minimal, duration_s=3601.0)
    minimal.write_text(minimal.read_text().replace("duration_s: 3600", "duration_s: 3601"))
    assert "time.start: the run ends" in _fault(minimal).message


def test_a_duration_out_of_range_speaks_in_days(minimal: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(minimal, duration_s=400 * 86_400.0)
    assert str(caught.value) == (
        "option --duration: time.duration_s: should be at most 31622400 s (366 days), "
        "not 34560000 s (400 days)"
    )


def test_no_satellites(minimal: Path) -> None:
    error = _edited(minimal, "  payload: {beams: 12}", "  shells: []")
    assert error.message == "constellation: holds no satellites"
    assert (error.line, error.column) == (3, 1)


@pytest.mark.parametrize("text", ["- 1", "hello", "3", "[]"])
def test_not_a_mapping(minimal: Path, text: str) -> None:
    minimal.write_text(text)
    assert _fault(minimal).message == "a scenario is a mapping of keys to values"


def test_a_very_long_line_is_cropped_and_a_far_column_has_no_caret(minimal: Path) -> None:
    minimal.write_text("schema_version: 1\nname: x\ntitle: {a: " + "y" * 5_000 + ", b: &a 1}\n")
    error = _fault(minimal)
    assert error.line == 3
    assert error.source_line is None
    assert len(str(error)) < 300


_KEY = re.compile(r"[ -]*([a-z0-9_]+):(?: |$)")


def _keys(text: str) -> list[tuple[int, str]]:
    """(line, key) of every key of a block-style YAML text."""
    found = [(number, _KEY.match(line)) for number, line in enumerate(text.splitlines(), start=1)]
    return [(number, match[1]) for number, match in found if match]


def _mistyped(key: str, dice: random.Random) -> str:
    for _ in range(dice.choice((1, 2))):
        key = mistyped(key, dice)
    return key


@pytest.mark.parametrize("typos", [250, pytest.param(1_000, marks=pytest.mark.slow)])
def test_a_thousand_typos(tmp_path: Path, small_yaml: str, typos: int) -> None:
    """1-2 letter typos of keys: the right line always, the right suggestion in at least 95 of 100."""
    lines, dice = small_yaml.splitlines(), random.Random(20261122)
    keys = _keys(small_yaml)
    valid = {key for _, key in keys}
    assert len(valid) > 90
    path, tried, right_line, right_key = tmp_path / "typo.yaml", 0, 0, 0
    while tried < typos:
        number, key = dice.choice(keys)
        wrong = _mistyped(key, dice)
        if wrong in valid:
            continue
        tried += 1
        changed = lines[number - 1].replace(key, wrong, 1)
        path.write_text("\n".join([*lines[: number - 1], changed, *lines[number:]]))
        error = _fault(path)
        right_line += error.line == number
        right_key += f"'{key}'" in f"{error.hint} {error.message}"
    assert right_line == typos
    assert right_key >= 0.95 * typos


def test_typos_are_understood_even_where_nothing_else_is_given() -> None:
    """The harder case: no sibling key narrows the choice (optional keys in a short file)."""
    dice = random.Random(7)
    models = [
        Scenario,
        Time,
        Area,
        Shell,
        Payload,
        Constellation,
        Gateway,
        Terminal,
        Demand,
        Sharing,
        Weather,
    ]
    right = tried = 0
    while tried < 2_000:
        fields = list(dice.choice(models).model_fields)
        key = dice.choice(fields)
        wrong = _mistyped(key, dice)
        if wrong not in fields:
            tried += 1
            right += (unit_key(wrong, fields) or near_key(wrong, fields, [])) == key
    assert right >= 0.95 * tried
