"""A whole run as a child process: the memory and disk that it takes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SAMPLE_S = 0.25


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


def run_once(arguments: Sequence[str]) -> dict[str, float]:
    """`raabta` with these arguments (`run ...`, `coverage ...`) in a fresh folder: peak memory (PSS, MB) and
    disk (MB). Memory is sampled four times a second. Raises RuntimeError where the command fails."""
    with tempfile.TemporaryDirectory(prefix="raabta-bench-") as folder:
        out = Path(folder) / "run"
        command = [sys.executable, "-m", "raabta", *arguments, "--json", "--out", str(out)]
        peak = 0.0
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                peak = max(peak, pss_mb(process.pid))
                time.sleep(SAMPLE_S)
        if process.returncode:
            raise RuntimeError(f"the command ended with {process.returncode}: {' '.join(command)}")
        disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
    return {"MB of memory at the peak": round(peak), "MB of disk": round(disk, 1)}
