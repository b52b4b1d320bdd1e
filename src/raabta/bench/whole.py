"""A whole run as a child process: the memory and disk that it takes."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SAMPLE_S = 0.25
_ADOPT = 36
"""PR_SET_CHILD_SUBREAPER of Linux: what a child leaves behind becomes this process's own."""


def pss_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants, MB; 0 where /proc does not tell."""
    total = 0.0
    todo = [pid]
    while todo:
        process = todo.pop()
        try:
            for task in Path(f"/proc/{process}/task").iterdir():
                todo += [int(child) for child in (task / "children").read_text().split()]
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
        except OSError:
            continue
    return total


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """Inside, what outlives a child of this process becomes its own and is waited for at the end, so that its
    CPU time counts as that of children that have ended. Elsewhere than on Linux nothing is done."""
    if sys.platform != "linux":
        yield
        return
    before, prctl = _children(), ctypes.CDLL(None).prctl
    prctl(_ADOPT, 1, 0, 0, 0)
    try:
        yield
        for child in _children() - before:
            os.waitpid(child, 0)
    finally:
        prctl(_ADOPT, 0, 0, 0, 0)


def _children() -> set[int]:
    """Processes that this one has to wait for."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


def run_once(arguments: Sequence[str]) -> dict[str, float]:
    """`raabta` with these arguments (`run ...`, `coverage ...`) in a fresh folder: peak memory (PSS, MB) and
    disk (MB). Memory is sampled four times a second; workers count among the children that have ended. Raises
    RuntimeError where the command fails."""
    with tempfile.TemporaryDirectory(prefix="raabta-bench-") as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "raabta", *arguments, "--json", "--out", str(out)]
        peak = 0.0
        quiet = subprocess.DEVNULL
        with adopting_orphans(), subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
            while process.poll() is None:
                peak = max(peak, pss_mb(process.pid))
                time.sleep(SAMPLE_S)
        if process.returncode:
            raise RuntimeError(f"the command ended with {process.returncode}: {' '.join(command)}")
        disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    return {"MB of memory at the peak": round(peak), "MB of disk": round(disk, 1)}
