"""`raabta send-file`: a file over a plan that `raabta contacts` writes, and why it does not come."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from plans import two_nodes

from raabta.cli.app import main
from raabta.network.mesh.contact_files import csv_lines, ion_lines


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    plan, file = tmp_path / "plan.csv", tmp_path / "image.bin"
    windows = [(0.0, 1.0), (600.0, 601.0), (1_200.0, 1_260.0)]
    plan.write_text("".join(f"{line}\n" for line in csv_lines(two_nodes(windows, mbps=(2.0, 0.064)))))
    file.write_bytes(np.random.default_rng(5).bytes(600_000))
    return file, plan


def test_a_file_comes_and_the_figures_say_how(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, plan = files
    out = tmp_path / "came.bin"
    asked = ["send-file", str(file), str(plan), "--from", "Rover", "--to", "Kashi", "--loss", "3%"]
    assert main([*asked, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["delivered"] and told["gaps"] == 2 and told["forward_lost"] > 0 and "content" not in told
    assert out.read_bytes() == file.read_bytes()
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "image.bin from Rover to Kashi" in shown and "losses of signal in the plan on the way" in shown


def test_a_plan_of_ion_does_too(files: tuple[Path, Path], tmp_path: Path) -> None:
    plan = tmp_path / "plan.ion"
    plan.write_text("".join(f"{line}\n" for line in ion_lines(two_nodes([(0.0, 100.0)]))))
    assert main(["send-file", str(files[0]), str(plan), "--from", "Rover", "--to", "Kashi"]) == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--dark", "0-30min"], "the contact plan ends first"),
        (["--loss", "much"], "write 3% or 0.03"),
        (["--loss", "100%"], "0% to below 100%"),
        (["--dark", "10min"], "FROM-TO"),
        (["--dark", "10min-5min"], "a loss of signal is 600 to 300 s"),
        (["--suspend", "10min"], "option --suspend: '10min' is no span"),
        (["--suspend", "1min-5min", "--suspend", "4min-9min"], "a suspension is from 240 s"),
        (["--pdu", "10"], "the size of a PDU is 10"),
        (["--to", "Kash"], "did you mean 'Kashi'"),
    ],
)
def test_what_does_not_work_is_said_with_its_cause(
    files: tuple[Path, Path], more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["send-file", str(files[0]), str(files[1]), "--from", "Rover", "--to", "Kashi", *more]
    assert main(asked) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_file_that_is_not_there_is_said(
    files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["send-file", "no.bin", str(files[1]), "--from", "Rover", "--to", "Kashi"]) == 2
    assert "no.bin: the file cannot be read: no such file" in capsys.readouterr().err
