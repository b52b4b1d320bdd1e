"""kill -9 of the coordinator of a sweep: nothing is lost or corrupt, and the same command goes on.

It ends with the table of a sweep that nothing broke off.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import commands
from commands import LIMIT_S
from test_kill import members, still_there

from raabta.engine.verify import run_hash, verify
from raabta.study.table import CSV, JSON

SHORT, LONG = "step_s-60", "step_s-1"
"""Designs of 36 minutes: one chunk, and nine."""
CHUNKS = {SHORT: 1, LONG: 9}


def start(box: Path, out: Path, workers: int) -> subprocess.Popen[str]:
    return commands.start(
        "sweep", "pakistan", "--set", f"area.outline_file={box}", "--set", "time.step_s=60,1",
        "--duration", "36m", "--workers", workers, "--out", out,
    )  # fmt: skip


def chunks(folder: Path) -> int:
    return len(list(folder.glob("chunks/*.chunk")))


def kill_when(ready: Callable[[], bool], process: subprocess.Popen[str], processes: int) -> None:
    """kill -9 of the coordinator alone; all that it started must end without help."""
    until = time.monotonic() + LIMIT_S
    while process.poll() is None and not ready() and time.monotonic() < until:
        time.sleep(0.005)
    assert len(members(process.pid)) >= processes
    process.kill()
    process.communicate(timeout=LIMIT_S)
    assert process.returncode == -signal.SIGKILL
    assert still_there(process.pid) == []


def hold_sound(folder: Path) -> None:
    """Every file that the ledger names is whole; only what was not computed yet may be missing."""
    problems = [problem for problem in verify(folder) if "unfinished" not in problem.what]
    assert problems == []


def test_a_sweep_killed_twice_ends_with_the_table_of_one_that_was_not(box: Path, tmp_path: Path) -> None:
    """First while both designs run; then when one is finished and the other has both workers, in a process of
    its own that started them."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    commands.finish(start(box, whole, workers=1))
    assert {name: chunks(whole / name) for name in CHUNKS} == CHUNKS

    finished = out / SHORT / "provenance.json"
    with start(box, out, 2) as process:
        kill_when(lambda: finished.is_file() and chunks(out / LONG) >= 1, process, processes=2)
    assert not (out / CSV).exists() and not (out / JSON).exists()
    hold_sound(out / SHORT)
    hold_sound(out / LONG)
    before = {path: path.stat().st_mtime_ns for path in (out / SHORT).rglob("*.*")}
    kept = {path.name: path.read_bytes() for path in out.glob(f"{LONG}/chunks/*.chunk")}

    with start(box, out, 2) as process:
        kill_when(lambda: chunks(out / LONG) > len(kept), process, processes=4)
    hold_sound(out / LONG)
    assert chunks(out / LONG) < CHUNKS[LONG]
    commands.finish(start(box, out, workers=2))

    for name in (CSV, JSON):
        assert (out / name).read_bytes() == (whole / name).read_bytes()
    for name in (SHORT, LONG):
        assert verify(out / name) == []
        assert run_hash(out / name) == run_hash(whole / name)
    assert {path: path.stat().st_mtime_ns for path in (out / SHORT).rglob("*.*")} == before
    assert {name: (out / LONG / "chunks" / name).read_bytes() for name in kept} == kept
    assert list(out.rglob("*.partial")) == []
