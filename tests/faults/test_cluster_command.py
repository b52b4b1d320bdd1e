"""The real command on a real cluster: the bits of the run on this machine, also when a worker is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import commands
import pytest
from commands import LIMIT_S
from machines import Machines

from raabta.engine.verify import run_hash, verify


def start(*words: str) -> subprocess.Popen[str]:
    """The command, which finds what the tests find."""
    return commands.start(*words, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def raabta(*words: str) -> str:
    """Run the command; what it printed on standard output."""
    return commands.finish(start(*words))


@pytest.mark.slow
def test_pakistan_for_an_hour_is_the_run_of_this_machine(tmp_path: Path) -> None:
    given = ("run", "pakistan", "--duration", "1h", "--json")
    here = json.loads(raabta(*given, "--out", str(tmp_path / "here")))
    with Machines(tmp_path / "machines") as started:
        started.add()
        started.add()
        there = json.loads(raabta(*given, "--out", str(tmp_path / "there"), "--scheduler", started.address))
    assert there == here
    assert run_hash(tmp_path / "there") == run_hash(tmp_path / "here")
    assert (tmp_path / "there" / "results.npz").read_bytes() == (
        tmp_path / "here" / "results.npz"
    ).read_bytes()
    assert verify(tmp_path / "there") == []


@pytest.mark.slow
def test_a_killed_worker_and_a_late_one_change_nothing_and_a_sweep_runs_there_too(
    box: Path, tmp_path: Path
) -> None:
    given = ["run", "pakistan", "--area", str(box), "--duration", "24m", "--step", "1s", "--json"]
    here = json.loads(raabta(*given, "--out", str(tmp_path / "here")))
    with Machines(tmp_path / "machines") as started:
        started.add()
        started.add()
        run = start(*given, "--out", str(tmp_path / "there"), "--scheduler", started.address)
        until = time.monotonic() + LIMIT_S
        while run.poll() is None and time.monotonic() < until and not any(tmp_path.glob("there/chunks/*")):
            time.sleep(0.01)
        assert run.poll() is None
        started.workers[0].kill()
        started.add()
        assert commands.finish_json(run) == here
        assert run_hash(tmp_path / "there") == run_hash(tmp_path / "here")

        out = tmp_path / "sweep"
        raabta("sweep", "pakistan", "--set", f"area.outline_file={box}", "--set", "seed=2026,7",
               "--duration", "24m", "--step", "1s", "--out", str(out),
               "--scheduler", started.address)  # fmt: skip
    first = out / "seed-2026"
    assert verify(first) == []
    with_setting = raabta("run", "pakistan", "--set", f"area.outline_file={box}", "--set", "seed=2026",
                          "--duration", "24m", "--step", "1s", "--out", str(tmp_path / "alone"),
                          "--json")  # fmt: skip
    assert json.loads(with_setting)["totals"] == here["totals"]
    assert run_hash(first) == run_hash(tmp_path / "alone")
