"""A dask scheduler and workers as real processes on loopback, for the tests of the cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
PATIENCE_S = 60.0
PROGRAM = [sys.executable, "-W", "ignore", "-m", "dask"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Machines:
    """A scheduler and the workers started under it; all are ended on leaving."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler: subprocess.Popen[bytes] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        self._scheduler = self._start("scheduler", options, {})
        self._wait(lambda: file.is_file() and file.read_text().rstrip().endswith("}"))
        import json

        self.address = str(json.loads(file.read_text())["address"]).replace("tcp://", "dask://")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in [*self.workers, self._scheduler]:
            if process is not None:
                process.kill()
                process.wait()

    def add(
        self, environment: Mapping[str, str] | None = None, *, preload: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start one worker process of one thread, without a nanny, and wait until the scheduler knows it."""
        options = [
            self.address.replace("dask://", "tcp://"), "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
            "--nthreads", "1", "--local-directory", str(self.folder / f"worker-{len(self.workers)}"),
            *(["--preload", str(preload)] if preload else []),
        ]  # fmt: skip
        log = self.folder / f"worker-{len(self.workers)}.log"
        process = self._start("worker", options, {**ONE_THREAD, **(environment or {})})
        self.workers.append(process)
        self._wait(lambda: "Registered to" in log.read_text())
        return process

    def end_scheduler(self) -> None:
        """The machine of the scheduler is switched off."""
        assert self._scheduler is not None
        os.kill(self._scheduler.pid, signal.SIGKILL)
        self._scheduler.wait()

    def _start(
        self, what: str, options: list[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{what}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen(
                [*PROGRAM, what, *options],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]), **environment},
                stdout=log,
                stderr=log,
            )

    def _wait(self, ready) -> None:
        until = time.monotonic() + PATIENCE_S
        while not ready():
            if time.monotonic() > until:
                logs = [path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log"))]
                raise TimeoutError("\n".join(logs))
            time.sleep(0.05)
