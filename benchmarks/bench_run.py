"""Time the main job: a whole run as a child process, with its parts, memory and disk.

    python benchmarks/bench_run.py [--scenario pakistan-starlink] [--duration 24h] [--workers 2] [--repeat 1]

Prints one JSON object a run. The first run of a machine compiles the kernels; run it once before you measure.
Memory is the proportional set size summed over the process and its workers, sampled four times a second.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from raabta.engine.provenance import environment


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


def run_once(arguments: argparse.Namespace) -> dict[str, object]:
    """One run in a fresh folder."""
    folder = Path(tempfile.mkdtemp(prefix="raabta-bench-"))
    command = [str(Path(sys.executable).with_name("raabta")), "run", arguments.scenario, "--json"]
    command += [
        "--duration",
        arguments.duration,
        "--workers",
        str(arguments.workers),
        "--out",
        str(folder / "run"),
    ]
    start, peak = time.perf_counter(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, pss_mb(process.pid))
            time.sleep(0.25)
        seconds = time.perf_counter() - start
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    shutil.rmtree(folder)
    if process.returncode:
        sys.exit(f"the run ended with {process.returncode}: {' '.join(command)}")
    return {"seconds": round(seconds, 1), "peak_pss_mb": round(peak), "disk_mb": round(disk, 1)}


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scenario", default="pakistan-starlink")
    parser.add_argument("--duration", default="24h")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=1)
    arguments = parser.parse_args()
    print(json.dumps({"machine": environment(), **vars(arguments)}))
    for _ in range(arguments.repeat):
        print(json.dumps(run_once(arguments)), flush=True)


if __name__ == "__main__":
    main()
