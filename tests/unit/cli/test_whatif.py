"""`raabta whatif` at the command: tables, JSON, files, and what a user may get wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from way_scenarios import ways

from raabta.cli.app import main
from raabta.cli.whatif import told
from raabta.service.pairs.run import run
from raabta.study.whatif import Answer

Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ways") / "run"
    run(ways(steps=4), folder, workers=1)
    return folder


def test_a_question_is_answered_in_tables_and_files(flown: Path, tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / "out"
    asked = ["whatif", str(flown), "--fail", "satellites:10%", "--fail", "gateway:Quetta@30-60"]
    assert main([*asked, "--out", str(out), "--workers", "1"]) == 0
    shown = capsys.readouterr().out
    for words in ("what if satellites:10%", "gateway:Quetta@30s-60s", "connected, %", "pairs hit hardest"):
        assert words in shown
    assert "lost by cause: " in shown and "a place is out: 3" in shown
    assert {"whatif.json", "whatif_pairs.csv", "pairs.csv", "scenario.yaml"} <= {
        p.name for p in out.iterdir()
    }
    assert main([*asked, "--out", str(out), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pairs"] == 6


def test_it_has_a_folder_of_its_own(
    flown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["whatif", str(flown), "--fail", "link:busiest", "--workers", "1"]) == 0
    (folder,) = (tmp_path / "raabta-runs").iterdir()
    assert folder.name.startswith("whatif-four-towns-") and folder.name in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fail", "said"),
    [
        ([], "give --fail, such as --fail gateway:Karachi"),
        (["--fail", "gateway:Singapur"], "did you mean 'Singapore'"),
        (["--fail", "storm:1"], "write storm:1:30%"),
        (["--fail", "shell:3"], "allowed: 1 to 1"),
        (["--fail", "satellite:999"], "numbers from 0 to 527"),
        (["--fail", "plane:1/3@1h-"], "begins after the run, which takes 120 s"),
    ],
)
def test_a_mistake_is_told_and_leaves_no_folder(
    flown: Path, tmp_path: Path, capsys: Out, fail: list[str], said: str
) -> None:
    assert main(["whatif", str(flown), *fail, "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: Out) -> None:
    assert main(["whatif", str(tmp_path), "--fail", "shell:1"]) == 2
    assert "holds no run" in capsys.readouterr().err


def test_cells_are_told_in_words() -> None:
    spread = {"before": 10.0, "after": 4.0}
    figures = {
        "kind": "broadband",
        "scenario": "box",
        "failures": ["gateway:Karachi"],
        "households_served": {"25/3": spread, "50/10": spread, "100/20": spread},
        "plan": "25/3",
        "households_losing_the_plan": 7.0,
        "households_gaining_the_plan": 1.0,
        "cells_losing_the_plan": 2,
        "districts_losing_the_plan": ["Quetta"],
        "taken_over_by": {"feeder": 0.75, "mask": 0.25},
        "cells_going_dark": 1,
        "households_going_dark": 3.0,
        "districts_going_dark": [f"District {i}" for i in range(12)],
        "carried_share": {"before": 0.5, "after": 0.25},
        "without_service_min_per_day": spread,
        "lost_min_per_day": 5.5,
        "longest_loss_s": 30.0,
        "handovers_per_hour": {"before": None, "after": None},
        "gateways": [{"name": "Karachi", "share_of_traffic": {"before": 0.5, "after": None}}],
        "districts": [],
    }
    lines = [line for line in told(Answer(Path("out"), figures, {}, "t.csv")) if isinstance(line, str)]
    text = " ".join(lines)
    assert "7 homes lose 25/3, 1 gain it; 2 cells lose it altogether (gone from Quetta)." in text
    assert "Feeder link full or weak 75%; No satellite high enough 25%" in text
    assert "1 cells with 3 homes" in text and "District 9 and 2 more" in text and "5.5 min a day" in text
