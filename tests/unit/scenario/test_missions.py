"""What is refused in a scenario of kind mission, and how it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.loader import load, load_any, load_fleet, missing_files, scenario_hash
from raabta.scenario.missions import MissionScenario

HEAD = """\
schema_version: 1
kind: mission
name: m
time: {start: 2026-08-23T00:00:00Z, duration_s: 3600}
"""


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "m.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_any(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "sites:\n  - {name: a, latitude_deg: 1, longitude_deg: 2}\n",
            "sites[0]: the key 'frame' is missing",
        ),
        ("craft:\n  - {name: a}\n", "a: an orbit is given in one way, not none"),
        (
            "craft:\n  - {name: a, geostationary_deg: 1, orbits_file: x.tle}\n",
            "an orbit is given in one way, not geostationary_deg and orbits_file",
        ),
        ("craft:\n  - {name: a, geostationary_deg: 1, object_name: b}\n", "object_name is of an orbits_file"),
        (
            "craft:\n  - {name: Station, geostationary_deg: 1}\nlight: [Staton]\n",
            "light: nothing is called 'Staton'; did you mean 'Station'?",
        ),
        (
            "craft:\n  - {name: a, geostationary_deg: 1}\n  - {name: a, geostationary_deg: 2}\n",
            "'a' stands for two things",
        ),
        ("crew: {craft: a, wake_h: 20, sleep_h: 6}\n", "wake_h (20) must be before sleep_h (6)"),
        ("sites:\n  - {catalogue: islamabad-staton}\n", "did you mean 'islamabad-station'?"),
        ("sites:\n  - {catalogue: tiangong}\n", "'tiangong' is a craft, not a site or tracking-station"),
        ("craft:\n  - {name: a, orbits_file: gone.tle}\n", "no such file"),
    ],
)
def test_a_wrong_mission_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_a_frame_that_is_not_named_says_what_to_write(tmp_path: Path) -> None:
    text = refused(tmp_path, "sites:\n  - {name: a, latitude_deg: 1, longitude_deg: 2}\n")
    assert "WGS84" in text and "m.yaml:6" in text


def test_orbit_files_count_by_their_content(tmp_path: Path) -> None:
    for folder, content in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "o.tle").write_text(content, encoding="utf-8")
        body = HEAD + "craft:\n  - {name: a, orbits_file: o.tle}\n"
        (tmp_path / folder / "m.yaml").write_text(body, encoding="utf-8")
    one, two, three = (load_any(tmp_path / name / "m.yaml") for name in ("one", "two", "three"))
    assert scenario_hash(one) == scenario_hash(two) != scenario_hash(three)
    assert missing_files(one) == []
    (tmp_path / "one" / "o.tle").unlink()
    assert missing_files(one) == [str(tmp_path / "one" / "o.tle")]


def test_other_commands_say_who_takes_a_mission() -> None:
    for way in (load, load_fleet):
        with pytest.raises(ScenarioError, match="kind mission: it names craft and sites of its own"):
            way("paksat")
    assert isinstance(load_any("paksat"), MissionScenario)


def test_a_tracking_station_gives_a_site_its_place_and_its_mask(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(HEAD + "sites:\n  - {catalogue: kashi, group: China, mask_deg: 7}\n", encoding="utf-8")
    (site,) = load_any(path).sites
    assert (site.name, site.group, site.frame, site.mask_deg) == ("Kashi", "China", "WGS84", 7.0)
    assert (site.latitude_deg, site.height_m) == (38.4214, 1270.0)
