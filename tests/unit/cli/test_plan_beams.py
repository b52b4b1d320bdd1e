"""`raabta plan-beams`: what it prints where, what it refuses, and with which code it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from raabta.cli.app import main
from raabta.network.beam_planning import samples
from raabta.network.beam_planning.instance import MOST, write_instance
from raabta.network.beam_planning.planner import plan_beams


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A lattice of users under one satellite."""
    write_instance(tmp_path / "points.txt", samples.lattice(6.0, 2))
    return tmp_path / "points.txt"


def test_the_plan_goes_to_standard_output_and_the_rest_elsewhere(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan-beams", str(file)]) == 0
    shown = capsys.readouterr()
    rows = [re.fullmatch(r"sat 1 beam (\d+) user (\d+) color [ABCD]", row) for row in shown.out.splitlines()]
    assert all(rows) and len(rows) == plan_beams(samples.lattice(6.0, 2)).served == 19
    assert "19 users served; no plan serves more than 19: this is the most" in shown.err


def test_out_json_and_check(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.txt"
    assert main(["plan-beams", str(file), "--out", str(out), "--json", "--seconds", "60", "--seed", "4"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["served"], told["bound"], told["gap_share"], told["time_ran_out"]) == (19, 19, 0.0, False)
    assert main(["plan-beams", str(file), "--check", str(out)]) == 0
    assert "valid, 19 of 19 users served" in capsys.readouterr().out
    out.write_text(out.read_text().replace("user 2 ", "user 1 "))
    assert main(["plan-beams", str(file), "--check", str(out), "--json"]) == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["faults"] == ["user 1 is served more than once"]
    assert "user 1 is served more than once" in shown.err


@pytest.mark.parametrize(
    ("line", "said"),
    [("user 2 nan 0 0", "'nan' is not a number"), ("usr 2 1 1 1", "did you mean 'user'?")],
)
def test_a_wrong_line_ends_with_2_and_its_number(
    file: Path, line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f"{file.read_text()}{line}\n")
    assert main(["plan-beams", str(file)]) == 2
    told = capsys.readouterr()
    assert told.out == "" and said in told.err and "points.txt:21:" in told.err and "hint:" in told.err


def test_files_that_are_not_there_or_cannot_be_written(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan-beams", str(tmp_path / "none.txt")]) == 2
    assert main(["plan-beams", str(file), "--out", str(tmp_path / "none" / "plan.txt")]) == 2
    assert "option --out: there is no folder" in capsys.readouterr().err
    assert main(["plan-beams", str(file), "--check", str(file), "--out", str(file)]) == 2
    assert "--check writes no plan" in capsys.readouterr().err
    (tmp_path / "empty.txt").write_text("")
    assert main(["plan-beams", str(tmp_path / "empty.txt")]) == 2
    assert "there is no satellite in it" in capsys.readouterr().err


def test_a_file_that_is_too_large_ends_with_3(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("raabta.network.beam_planning.instance.MOST_BYTES", 100)
    assert main(["plan-beams", str(file)]) == 3
    monkeypatch.undo()
    monkeypatch.setitem(MOST, "user", 5)
    assert main(["plan-beams", str(file)]) == 3
    assert "more than 5 lines of 'user'" in capsys.readouterr().err
