"""A whole command as a child: its memory and disk are seen, and its failure is no result."""

from __future__ import annotations

import subprocess
import sys

import pytest

from raabta.bench.timing import cpu_s
from raabta.bench.whole import adopting_orphans, pss_mb, run_once

FEW = ["--globe", "4", "--duration", "1min", "--step", "60s", "--workers", "1"]


HOLD = "held = bytearray(60_000_000); print('ready', flush=True); input()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells memory on Linux only")
def test_memory_of_a_process_counts_its_children() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        assert pss_mb(process.pid) > 57.0
        process.communicate(b"\n")
    assert pss_mb(process.pid) == 0.0


BUSY = "import time; t = time.process_time()\nwhile time.process_time() - t < 0.4: pass"
LEAVES = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BUSY!r}])"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux hands orphans on")
def test_cpu_of_what_outlives_a_child_counts_too() -> None:
    before = cpu_s()
    with adopting_orphans():
        subprocess.run([sys.executable, "-c", LEAVES], check=True)
    assert cpu_s() - before > 0.4


@pytest.mark.slow
def test_memory_and_disk_of_a_command_and_its_cpu_are_seen() -> None:
    before = cpu_s()
    seen = run_once(["coverage", "pakistan", *FEW])
    assert seen["MB of disk"] >= 0.0
    assert cpu_s() - before > 0.1, "the child's CPU counts"
    if sys.platform == "linux":
        assert 30 < seen["MB of memory at the peak"] < 2_000


def test_a_command_that_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"the command ended with 2: .* run nowhere\.yaml"):
        run_once(["run", "nowhere.yaml"])
