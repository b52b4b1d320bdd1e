"""kill -9 at any moment: the next run goes on from there, to the same bits."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_run
from interrupts import hear_interrupts

from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify

TOY = str(Path(toy_run.__file__).resolve())


def start(folder: Path, *options: str, **more: object) -> subprocess.Popen[str]:
    """The toy run in a process of its own."""
    command = [sys.executable, TOY, str(folder), *options]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, preexec_fn=hear_interrupts, **pipes, **more)  # type: ignore[call-overload,no-any-return]


def finish_here(folder: Path, keys: list[str]) -> int:
    """Resume in this process; returns how many chunks were there already."""
    told: list[int] = []
    run_chunks(
        folder,
        toy_run.IDENTITY,
        keys,
        toy_run.compute,
        workers=1,
        setup=toy_run.setup,
        progress=lambda done, total, resumed, seconds: told.append(resumed),
    )
    return told[0]


def leftovers(folder: Path) -> list[str]:
    """Files in the folder that no row names."""
    return [path.name for path in folder.rglob("*.partial")]


def test_killed_before_every_file_call(tmp_path: Path) -> None:
    keys = toy_run.KEYS[:2]
    finish_here(tmp_path / "whole", keys)
    wanted = run_hash(tmp_path / "whole")
    resumed = []
    for call in range(1, 100):
        folder = tmp_path / str(call)
        with start(folder, "--keys", "2", "--die-at", str(call)) as process:
            errors = process.communicate(timeout=60)[1]
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, errors
        resumed.append(finish_here(folder, keys) if folder.exists() else 0)
        if folder.exists():
            assert run_hash(folder) == wanted
            assert verify(folder) == []
            assert leftovers(folder) == []
            assert len(list((folder / "chunks").iterdir())) == 2
    assert call > 12, "every chunk makes six calls"
    assert resumed == sorted(resumed) and set(resumed) == {0, 1}


@pytest.mark.parametrize(("kills", "finished"), [(100, 6), pytest.param(300, 20, marks=pytest.mark.slow)])
def test_kills_of_coordinator_and_workers(kills: int, finished: int) -> None:
    """In processes forked from one, so that it takes seconds; `make test-kills` runs 10,000."""
    script = Path(TOY).with_name("many_kills.py")
    command = [sys.executable, str(script), "--kills", str(kills), "--seed", "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout)
    assert seen["kills"] >= kills and seen["finished runs"] >= finished
    for kind in ("alone", "coordinator", "worker", "worker twice", "all"):
        assert seen[f"killed: {kind}"] > 0


SERVER_LOST = """
import os, signal, sys, time
from pathlib import Path
import many_kills
many_kills.serve_workers()
os.kill(many_kills.server._forkserver._forkserver_pid, signal.SIGKILL)
while many_kills.workers_now() or not many_kills.serve_again():
    time.sleep(0.01)
child = many_kills.start(Path(sys.argv[1]), 2)
seen = set()
while (code := many_kills.ended(child, 0.002)) is None:
    seen.update(many_kills.workers_now())
assert (code, len(seen)) == (0, 2), (code, seen)
assert not many_kills.serve_again()
"""


def test_kills_go_on_with_workers_when_their_server_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", SERVER_LOST, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(TOY).parent), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("kills", [30])
def test_killed_at_random_moments_as_the_command_runs(tmp_path: Path, whole_hash: str, kills: int) -> None:
    """A new interpreter for every run, and workers by spawn, as in `raabta run`."""
    draw = random.Random(kills)
    done, run, finished = 0, 0, 0
    while done < kills:
        folder = tmp_path / str(run)
        workers = "2" if draw.random() < 0.2 else "1"
        with start(folder, "--workers", workers, "--pause", "0.02") as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(draw.uniform(0.0, 0.3))
            process.kill()
        if process.returncode == -signal.SIGKILL:
            done += 1
            problems = [problem for problem in verify(folder) if "unfinished" not in problem.what]
            assert problems == [], f"after kill {done}"
        else:
            assert process.returncode == 0
            assert run_hash(folder) == whole_hash
            run, finished = run + 1, finished + 1
    if (tmp_path / str(run)).exists():
        finish_here(tmp_path / str(run), toy_run.KEYS)
        assert run_hash(tmp_path / str(run)) == whole_hash
        assert leftovers(tmp_path / str(run)) == []
        finished += 1
    assert finished > 0


@pytest.mark.parametrize("options", [(), ("--early",)])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, options: tuple[str, ...]) -> None:
    with start(tmp_path, "--workers", "2", "--pause", "0.2", *options, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        process.kill()
    assert still_there(process.pid) == []


def members(group: int) -> list[int]:
    """Living processes of a process group (zombies do not count)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of_group = path.read_text().rpartition(")")[2].split()[:3]
            if int(of_group) == group and state != "Z":
                found.append(int(path.parent.name))
    return found


def still_there(group: int, patience_s: float = 20.0) -> list[int]:
    """Processes of a group that do not end by themselves; they are ended then."""
    deadline = time.monotonic() + patience_s
    while (found := members(group)) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        if found:
            os.killpg(group, signal.SIGKILL)
    return found


@pytest.mark.parametrize("workers", [("1",), ("2",), ("2", "--early")])
def test_control_c_resumes(tmp_path: Path, whole_hash: str, workers: tuple[str, ...]) -> None:
    options = ("--workers", *workers, "--pause", "0.1")
    with start(tmp_path, *options, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (130, "")
    assert still_there(process.pid) == []
    assert finish_here(tmp_path, toy_run.KEYS) >= 1
    assert run_hash(tmp_path) == whole_hash
    assert verify(tmp_path) == []


@pytest.mark.parametrize("early", [(), ("--early",)])
def test_control_c_meets_an_idle_worker_in_silence(tmp_path: Path, early: tuple[str, ...]) -> None:
    options = ("--workers", "2", "--pause", "0.5", "--keys", "3", *early)
    with start(tmp_path, *options, start_new_session=True) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("2 3"):
            assert process.poll() is None
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (130, "")
    assert finish_here(tmp_path, toy_run.KEYS[:3]) == 2


def test_control_c_while_workers_are_being_started_is_silent(tmp_path: Path) -> None:
    with start(tmp_path, "--workers", "2", "--early", start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0 24 0\n"
        os.killpg(process.pid, signal.SIGINT)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors) == (130, "")
    assert still_there(process.pid) == []


def test_second_process_is_refused_and_a_dead_one_is_not_in_the_way(tmp_path: Path) -> None:
    with start(tmp_path, "--pause", "0.2") as first:
        assert first.stdout is not None
        first.stdout.readline()
        with start(tmp_path) as second:
            errors = second.communicate(timeout=60)[1]
        first.kill()
    assert second.returncode == 1
    assert f"{tmp_path} is in use by process {first.pid}. Wait until it ends" in errors
    assert finish_here(tmp_path, toy_run.KEYS) < len(toy_run.KEYS)
