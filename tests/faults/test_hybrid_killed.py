"""kill -9 of a run with a fallback, between its passes and in the second: resumed, the same bits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from interrupts import hear_interrupts

from raabta.engine.verify import run_hash, verify

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]
LIMIT_S = 240
IN_PYTHON = [sys.executable, "-c", "import sys; from raabta.cli.app import main; sys.exit(main())"]


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    return file


def start(box, folder, workers=1):
    """Eight minutes in seconds-long slots: two chunks in each pass."""
    command = [
        *IN_PYTHON, "run", "pakistan-hybrid", "--area", str(box), "--out", str(folder),
        "--duration", "8m", "--step", "1s", "--workers", str(workers), "--json",
    ]  # fmt: skip
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, start_new_session=True, preexec_fn=hear_interrupts, **pipes)


def finish(box, folder, workers=1):
    with start(box, folder, workers) as process:
        printed, said = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, said
    return json.loads(printed)


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
