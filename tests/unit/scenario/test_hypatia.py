"""Hypatia folders as scenarios: what is taken, and what is refused with its line."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import hypatia_folders
import pytest

from raabta.base.errors import ScenarioError
from raabta.scenario.hypatia import degree, read_interfaces, read_links
from raabta.scenario.loader import load_any, scenario_hash, to_yaml
from raabta.scenario.paths import PathScenario
from raabta.scenario.suggest import named


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hypatia_folders.small(tmp_path_factory.mktemp("hypatia") / "small")


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "small"))


def scenario_of(folder: Path, **options) -> PathScenario:
    found = load_any(folder, **options)
    assert isinstance(found, PathScenario)
    return found


def test_a_folder_is_a_scenario_of_ways(folder):
    found = scenario_of(folder)
    assert found.time.start == datetime(2000, 1, 1, tzinfo=UTC)
    assert (found.time.duration_s, found.time.step_s) == (200.0, 1.0)
    assert found.constellation.orbits_file == str(folder / "tles.txt")
    lasers = found.constellation.lasers
    assert lasers is not None and (lasers.pattern, lasers.terminals) == ("listed", 4)
    assert lasers.max_range_km == pytest.approx(2.0 * ((6378.137 + 1200.0) ** 2 - 6458.137**2) ** 0.5)
    assert (found.ground.mask, found.ground.max_range_km) == ("flat-earth-compat", 3_508.565)
    rio = found.ground.stations[0]
    assert (rio.name, rio.latitude_deg, rio.longitude_deg) == ("Rio-de-Janeiro", -22.90278, -43.2075)
    assert any("no radio" in text for text in found.assumptions)


def test_settings_and_times_overrule_a_folder(folder):
    settings = ("ground.mask=elevation", "ground.max_range_km=null", "routing.relay=true")
    found = scenario_of(folder, settings=settings, duration_s=20.0, step_s=0.1)
    assert (found.ground.mask, found.ground.max_range_km, found.routing.relay) == ("elevation", None, True)
    assert found.time.steps == 200


def test_a_folder_counts_by_what_its_files_hold(folder, tmp_path):
    first = scenario_hash(scenario_of(folder))
    other = Path(shutil.copytree(folder, tmp_path / "elsewhere" / "small"))
    assert scenario_hash(scenario_of(other)) == first
    links = other / "isls.txt"
    links.write_text("\n".join(links.read_text().splitlines()[1:]) + "\n")
    assert scenario_hash(scenario_of(other)) != first


def test_a_scenario_of_a_folder_is_written_and_read_again(folder, tmp_path):
    found = scenario_of(folder)
    (tmp_path / "s.yaml").write_text(to_yaml(found), encoding="utf-8")
    assert load_any(tmp_path / "s.yaml") == found


def test_a_least_elevation_in_the_description_is_the_mask(folder):
    with (folder / "description.txt").open("a") as stream:
        stream.write("min_elevation_deg=17.5\nsomething_else=3\n")
    found = scenario_of(folder)
    assert (found.ground.mask, found.ground.max_range_km) == ("elevation", None)
    assert found.constellation.user_min_elevation_deg == 17.5


def test_missing_files_are_named_all_at_once_with_what_they_hold(folder):
    for name in ("isls.txt", "description.txt"):
        (folder / name).unlink()
    with pytest.raises(ScenarioError) as caught:
        load_any(folder)
    text = str(caught.value)
    assert "lacks 2 of the 4 files" in text and "satgenpy" in text
    assert "isls.txt: lasers, a line each" in text and "description.txt: max_gsl_length_m" in text


def test_another_folder_is_no_hypatia_folder(tmp_path):
    with pytest.raises(ScenarioError, match="is a folder, not a scenario file") as caught:
        load_any(tmp_path)
    text = str(caught.value)
    assert "none of the 4 files of a Hypatia folder" in text
    assert all(
        f"  {name}: " in text for name in ("tles.txt", "isls.txt", "ground_stations.txt", "description.txt")
    )


def test_a_run_is_not_taken_for_a_hypatia_folder(tmp_path):
    (tmp_path / "scenario.yaml").write_text("schema_version: 1\n")
    with pytest.raises(ScenarioError, match="is a folder, not a scenario file") as caught:
        load_any(tmp_path)
    assert "Hypatia" not in str(caught.value) and "scenario.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "line", "text", "message"),
    [
        ("tles.txt", 1, "10 eleven", r"tles\.txt:1: the first line must be two whole numbers"),
        ("tles.txt", 1, "10 12", r"10 planes of 12 satellites need 3 lines each; 330 follow"),
        ("tles.txt", 2, "Small 1", r"tles\.txt:2: 'Small 1' must end in 0"),
        ("tles.txt", 3, "1 0000", r"tles\.txt:3: no first line of an element set"),
        ("tles.txt", 6, "1 00002U 00000ABC 00002.00000000  .0000", r"tles\.txt:6: another epoch"),
        ("tles.txt", 3, "1 00001U 00000ABC 00400.00000000  .0000", r"epoch day is 400; allowed: \[1, 367\)"),
        ("isls.txt", 2, "3 3", r"isls\.txt:2: 3 3: the lower number comes first"),
        ("isls.txt", 2, "1 110", r"there is no satellite 110; 110 count from 0"),
        ("isls.txt", 2, "0 1", r"the laser 0 1 stands twice; first in line 1"),
        ("isls.txt", 2, "0 -1", r"'0 -1' is no laser"),
        ("isls.txt", 2, "0 1 2", r"'0 1 2' is no laser"),
        ("isls.txt", 2, "0 ١", r"is no laser"),
        ("ground_stations.txt", 2, "2,X,0,0,0", r"number '2'; stations count from 0, here stands 1"),
        ("ground_stations.txt", 2, "1,X,0,0", r"4 columns; 5"),
        ("ground_stations.txt", 2, "1,X,91,0,0", r"latitude is 91; allowed: -90 to 90"),
        ("ground_stations.txt", 2, "1,X,nan,0,0", r"'nan' is no number"),
        ("ground_stations.txt", 2, "1,X,1e999,0,0", r"'1e999' is no number"),
        ("ground_stations.txt", 2, "1,X,0,0,99999", r"elevation, m, is 99999"),
        ("ground_stations.txt", 2, "1,Rio-de-Janeiro,0,0,0", r"'Rio-de-Janeiro' stands twice"),
        ("ground_stations.txt", 2, "1,\x1b[2J,0,0,0", r"a name is printable text"),
        ("ground_stations.txt", 2, "1,,0,0,0", r"a name is printable text"),
        ("description.txt", 1, "max_gsl_length_m: 3", r"is not KEY=VALUE"),
        ("description.txt", 1, "max_gsl_length_m=-3", r"max_gsl_length_m must be there, and be above 0"),
        ("description.txt", 1, "max_isl_length_m=3", r"max_isl_length_m stands twice"),
        ("description.txt", 1, "min_elevation_deg=90", r"max_gsl_length_m must be there"),
    ],
)
def test_a_hostile_line_is_refused_with_its_place(folder, name, line, text, message):
    lines = (folder / name).read_text(encoding="utf-8").split("\n")
    lines[line - 1] = text
    (folder / name).write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ScenarioError, match=message):
        load_any(folder)


def test_bytes_that_are_no_text_are_refused(folder):
    (folder / "isls.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioError, match=r"Hypatia's isls\.txt cannot be read"):
        load_any(folder)


def test_one_station_makes_no_way(folder):
    (folder / "ground_stations.txt").write_text("0,X,0,0,0\n")
    with pytest.raises(ScenarioError, match="fewer than two stations"):
        load_any(folder)


def test_more_lasers_than_any_satellite_has_terminals_are_refused(tmp_path):
    (tmp_path / "isls.txt").write_text("".join(f"0 {other}\n" for other in range(1, 10)))
    with pytest.raises(ScenarioError, match="a satellite has 9 lasers; at most 8"):
        read_links(tmp_path / "isls.txt", 10)
    assert degree([(0, 1), (0, 2), (1, 2), (0, 3)]) == 3


def test_interfaces_must_be_one_a_node(tmp_path):
    file = tmp_path / "gsl_interfaces_info.txt"
    file.write_text("0,1,1.0\n1,1,2.5\n")
    assert read_interfaces(file, 2) == [1.0, 2.5]
    for text, message in (
        ("0,1,1.0\n1,100,1.0\n", "100 ground interfaces; states are written for 1"),
        ("0,1,1.0\n", "1 nodes; satellites and stations are 2"),
        ("0,1,0\n1,1,1\n", "a rate of 0"),
        ("1,1,1\n", "not `0,interfaces,rate`"),
    ):
        file.write_text(text)
        with pytest.raises(ScenarioError, match=message):
            read_interfaces(file, 2)


def test_a_list_of_lasers_and_its_pattern_go_together(folder):
    with pytest.raises(ScenarioError, match="`links_file` and `pattern: listed` go together"):
        load_any(folder, settings=("constellation.lasers.pattern=nearest",))
    with pytest.raises(ScenarioError, match="between_shells and seam go with no list"):
        load_any(folder, settings=("constellation.lasers.seam=open",))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Rio", ["Rio-de-Janeiro"]),
        ("rio de janeiro", ["Rio-de-Janeiro"]),
        ("St-Petersburg", ["Sankt-Peterburg-(Saint-Petersburg)"]),
        ("Sao Paulo", ["São-Paulo"]),
        ("London", ["London"]),
        ("Paris", []),
        ("", []),
        ("L", ["London", "Los-Angeles"]),
    ],
)
def test_stations_are_meant_by_parts_of_their_names(text, found):
    names = ["Rio-de-Janeiro", "Sankt-Peterburg-(Saint-Petersburg)", "São-Paulo", "London", "Los-Angeles"]
    assert named(text, names) == found


def test_a_part_that_several_stations_have_is_refused(folder):
    with pytest.raises(ScenarioError, match="'S' may be 2 stations: Sankt"):
        scenario_of(folder).between("Rio", "S")
    pair = scenario_of(folder).between("St. Petersburg", "new york")
    assert pair.pairs == (("Sankt-Peterburg-(Saint-Petersburg)", "New-York-Newark"),)
    assert [station.name for station in pair.ground.stations] == [*pair.pairs[0]]
