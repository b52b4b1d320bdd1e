"""kill -9 of a run with a fallback, between its passes and in the second: resumed, the same bits."""

from __future__ import annotations

import os
import signal
import time

import commands
from commands import LIMIT_S

from raabta.engine.verify import run_hash, verify


def start(box, folder, workers=1):
    """Eight minutes in seconds-long slots: two chunks in each pass."""
    return commands.start(
        "run", "pakistan-hybrid", "--area", box, "--out", folder,
        "--duration", "8m", "--step", "1s", "--workers", workers, "--json",
    )  # fmt: skip


def finish(box, folder, workers=1):
    return commands.finish_json(start(box, folder, workers))


def killed(box, folder, count):
    """Kill the command when so many chunks lie there."""
    deadline = time.monotonic() + LIMIT_S
    with start(box, folder) as process:
        while process.poll() is None and time.monotonic() < deadline:
            if len(list(folder.glob("chunks/*.chunk"))) >= count:
                os.killpg(process.pid, signal.SIGKILL)
                break
            time.sleep(0.005)
        process.communicate(timeout=LIMIT_S)
    assert process.returncode == -signal.SIGKILL
    assert len(list(folder.glob("chunks/*.chunk"))) < 4


def test_killed_after_the_first_pass_and_in_the_second(box, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    wanted = finish(box, whole)
    killed(box, broken, 2)
    assert "unfinished" in str(verify(broken)[-1])
    killed(box, broken, 3)
    assert finish(box, broken, workers=2) == wanted
    assert run_hash(broken) == run_hash(whole) and verify(broken) == []
    assert (broken / "results.npz").read_bytes() == (whole / "results.npz").read_bytes()
