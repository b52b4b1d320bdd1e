"""Readers that leave, closed streams, full disks: no traceback, and the command's own exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from raabta.engine.verify import verify

RAABTA = f"{sys.executable} -m raabta"
BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]


def _shell(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of the first command of a pipe, and what all of it said on standard error."""
    done = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("reader", ["true", "head -0"])
@pytest.mark.parametrize(
    "command", ["--help", "run --help", "--version", "catalogue", "catalogue kuiper --json"]
)
def test_a_reader_that_leaves_is_no_error(command: str, reader: str, tmp_path: Path) -> None:
    assert _shell(f"{RAABTA} {command} | {reader}", tmp_path) == (0, "")


def test_a_run_is_kept_whole_when_nobody_listens(tmp_path: Path) -> None:
    (tmp_path / "box.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    run = "run pakistan --area box.geojson --duration 1min --workers 1 --json --out kept"
    assert _shell(f"FORCE_COLOR=1 {RAABTA} {run} 2>&1 | head -0", tmp_path) == (0, "")
    assert (tmp_path / "kept/results.npz").is_file()
    assert verify(tmp_path / "kept") == []


@pytest.mark.parametrize(
    "command", ["run nowhere.yaml", "run --nonsense", "verify nowhere", "explain nowhere"]
)
def test_a_mistake_keeps_its_code_when_nobody_listens(command: str, tmp_path: Path) -> None:
    for nobody in ("2>&1 | true", "2>&-", "2>/dev/full" if Path("/dev/full").exists() else "2>&-"):
        assert _shell(f"{RAABTA} {command} {nobody}", tmp_path) == (2, "")


@pytest.mark.parametrize("command", ["--help", "catalogue"])
def test_a_closed_output_is_no_error(command: str, tmp_path: Path) -> None:
    assert _shell(f"{RAABTA} {command} >&-", tmp_path) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "command",
    ["--version", "catalogue", "catalogue kuiper --json", "catalogue kuiper", "--help", "run --help"],
)
def test_an_output_that_is_full_is_told(command: str, tmp_path: Path) -> None:
    told = "raabta: standard output cannot be written: No space left on device\n"
    for buffered in ("", "1"):
        assert _shell(f"PYTHONUNBUFFERED={buffered} {RAABTA} {command} >/dev/full", tmp_path) == (2, told)


@pytest.mark.parametrize("module", ["raabta", "raabta.cli.app"])
def test_a_module_that_is_run_is_the_command(module: str, tmp_path: Path) -> None:
    for words, code, out, err in (
        (["--version"], 0, "raabta 0.", ""),
        (["run", "nowhere.yaml"], 2, "", "raabta: there is no file 'nowhere.yaml'"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", module, *words], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        assert done.stdout.startswith(out) and done.stderr.startswith(err)
        assert not done.stdout if err else not done.stderr
