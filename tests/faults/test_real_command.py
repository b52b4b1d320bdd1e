"""kill -9 and Ctrl-C of the real command: run again, it ends with the bits of an unbroken run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time

import commands
import pytest
from commands import LIMIT_S

from raabta.engine.verify import run_hash, verify

CHUNKS = 6


def start(box, folder, workers=1):
    """Twenty-four minutes in seconds-long slots: six chunks."""
    return commands.start(
        "run", "pakistan", "--area", box, "--out", folder,
        "--duration", "24m", "--step", "1s", "--workers", workers, "--json",
    )  # fmt: skip


def finish(box, folder, workers=1):
    """Run to the end; returns the summary that was printed."""
    return commands.finish_json(start(box, folder, workers))


def chunks_on_disk(folder):
    place = folder / "chunks"
    return len(list(place.iterdir())) if place.is_dir() else 0


def wait_for_chunks(process, folder, count):
    """Until so many chunks lie there, or the process has ended."""
    deadline = time.monotonic() + LIMIT_S
    while process.poll() is None and chunks_on_disk(folder) < count and time.monotonic() < deadline:
        time.sleep(0.005)


@pytest.fixture(scope="module")
def whole(box, tmp_path_factory):
    """Folder and summary of a run that nothing broke off, and how long it took in seconds."""
    folder, began = tmp_path_factory.mktemp("whole") / "run", time.monotonic()
    return folder, finish(box, folder), time.monotonic() - began


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=LIMIT_S)


def hold_equal(folder, summary, whole):
    assert run_hash(folder) == run_hash(whole[0])
    assert summary == whole[1]
    assert (folder / "results.npz").read_bytes() == (whole[0] / "results.npz").read_bytes()
    assert verify(folder) == []
    assert list(folder.rglob("*.partial")) == []


def test_killed_in_the_middle_and_resumed_by_other_workers(box, whole, tmp_path):
    folder = tmp_path / "run"
    with start(box, folder) as process:
        wait_for_chunks(process, folder, 2)
        kill(process)
    assert process.returncode == -signal.SIGKILL
    assert 2 <= chunks_on_disk(folder) < CHUNKS
    hold_equal(folder, finish(box, folder, workers=2), whole)


def test_ctrl_c_gives_130_and_the_same_command_goes_on(box, whole, tmp_path):
    folder = tmp_path / "run"
    with start(box, folder) as process:
        wait_for_chunks(process, folder, 1)
        os.killpg(process.pid, signal.SIGINT)
        printed, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, said
    assert printed == "" and "run the same command again" in said and "Traceback" not in said
    assert chunks_on_disk(folder) < CHUNKS
    hold_equal(folder, finish(box, folder), whole)


def test_five_kills_at_random_moments(box, whole, tmp_path):
    """Before the first chunk, between chunks, while summing up; with one worker and with two in turn."""
    draw, runs, killed = random.Random(5), 0, 0
    while killed < 5:
        folder = tmp_path / f"run-{runs}"
        with start(box, folder, workers=1 + killed % 2) as process:
            try:
                printed, _ = process.communicate(timeout=draw.uniform(0.2, 0.8) * whole[2])
            except subprocess.TimeoutExpired:
                kill(process)
                killed += 1
                continue
        hold_equal(folder, json.loads(printed), whole)
        runs += 1
    hold_equal(folder, finish(box, folder, workers=2), whole)
