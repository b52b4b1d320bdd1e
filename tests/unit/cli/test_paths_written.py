"""`raabta paths` over Hypatia's folders, and what it writes of a whole mesh."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import hypatia_folders
import pytest
from way_scenarios import ways

from raabta.cli.app import main
from raabta.scenario.loader import to_yaml

Out = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ways.yaml"
    path.write_text(to_yaml(ways(steps=3)), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(hypatia_folders.small(tmp_path_factory.mktemp("hypatia") / "small"))


def test_a_hypatia_folder_stands_where_a_scenario_does(folder: str, capsys: Out) -> None:
    words = ["paths", folder, "--from", "Rio", "--to", "st petersburg", "--duration", "5s", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["satellites"], told["steps"], told["mask"]) == (110, 5, "flat-earth-compat")
    ends = {(leg["way"][0], leg["way"][-1]) for leg in told["legs"] if leg["way"]}
    assert ends == {("Rio-de-Janeiro", "Sankt-Peterburg-(Saint-Petersburg)")}


def test_a_town_that_is_no_station_joins_them(folder: str, capsys: Out) -> None:
    assert main(["paths", folder, "--from", "Lahore", "--to", "London", "--duration", "2s"]) == 0
    assert "Lahore, Pakistan to London" in " ".join(capsys.readouterr().out.split())


def test_all_pairs_of_a_folder_are_a_run(folder: str, tmp_path: Path, capsys: Out) -> None:
    words = ["paths", folder, "--duration", "4s", "--out", str(tmp_path / "run"), "--workers", "1"]
    assert main(words) == 0
    assert "21 pairs of 7 places" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "run")]) == 0


def test_a_mesh_is_written_and_nothing_is_run(file: str, tmp_path: Path, capsys: Out) -> None:
    made, edges = tmp_path / "folder", tmp_path / "edges.csv"
    assert main(["paths", file, "--hypatia-state", str(made), "--edges", str(edges), "--at", "0s"]) == 0
    shown = capsys.readouterr().out
    assert "3 states of" in shown and "edges of one step" in shown and "round trip" not in shown
    assert len(list(made.glob("dynamic_state_*/fstate_*.txt"))) == 3
    with edges.open(encoding="utf-8", newline="") as stream:
        assert {row["kind"] for row in csv.DictReader(stream)} == {"laser", "ground"}
    assert main(["paths", str(made), "--from", "London", "--to", "Singapore", "--duration", "3s"]) == 0


def test_with_a_pair_both_are_done(file: str, tmp_path: Path, capsys: Out) -> None:
    edges = tmp_path / "edges.csv"
    assert main(["paths", file, "--from", "London", "--to", "Singapore", "--edges", str(edges)]) == 0
    shown = capsys.readouterr().out
    assert "edges of 3 steps" in shown and "round trip of light, least" in shown


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--at", "3s"], "option --at is of --edges"),
        (["--edges", "e.csv", "--at", "9d"], "at_s is 777600.0; valid: 0 to below"),
        (["--edges", "e.csv", "--at", "soon"], "option --at: 'soon' is not a duration"),
        (["--hypatia-state", "."], "is there already and not empty"),
        (["--hypatia-state", "new", "--set", "constellation.lasers.pattern=nearest"], "one list of lasers"),
    ],
)
def test_mistakes_are_told(
    file: str,
    more: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Out,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["paths", file, *more]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["ways.yaml"]


def test_a_folder_that_lacks_files_is_refused(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "isls.txt").write_text("0 1\n")
    assert main(["paths", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "lacks 3 of the 4 files" in told and "tles.txt: how many planes" in told
