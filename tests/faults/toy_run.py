"""A toy run for the fault tests: importable by worker processes, and a command to be killed.

python toy_run.py FOLDER --workers N [--die-at N] [--pause S] [--early]
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from raabta.base.errors import StoreError
from raabta.engine import atomic
from raabta.engine.ledger import Identity
from raabta.engine.runner import run_chunks, start_early

IDENTITY = Identity(scenario_hash="toy", version="1", seed=7, kind="toy")
KEYS = [f"chunk-{index:03d}" for index in range(24)]
_state: dict[str, float] = {}


def setup(pause_s: float = 0.0) -> None:
    """What a worker does once: here, remember how long a chunk takes."""
    _state["pause_s"] = pause_s


def compute(key: str) -> dict[str, np.ndarray]:
    """A pure function of the key: some integers over time and some floats."""
    time.sleep(_state["pause_s"])
    rng = np.random.default_rng(np.random.SeedSequence([7, int(key[-3:])]))
    steps = rng.integers(-3, 4, size=(20, 30), dtype=np.int16)
    return {"satellite": np.cumsum(steps, axis=0, dtype=np.int16), "rate_mbps": rng.normal(size=(20, 30))}


def compute_process(key: str) -> dict[str, np.ndarray]:
    """Which process computed, and what its environment says of threads."""
    time.sleep(0.05)
    names = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {"pid": np.array([os.getpid()]), "threads": np.array([int(os.environ[name]) for name in names])}


def compute_range_error(key: str) -> dict[str, np.ndarray]:
    """Fails at one key with an error of our tree."""
    from raabta.base.errors import OutOfRangeError

    if key == KEYS[2]:
        raise OutOfRangeError("rain", 400.0, "0 to 250 mm/h", "P.838-3")
    return {"x": np.zeros(1)}


def compute_dying_once(key: str) -> dict[str, np.ndarray]:
    """The first worker that comes to one key is killed there, the next one is not."""
    flag = Path(os.environ["TOY_FLAG"])
    if key == KEYS[3] and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"x": np.array([int(key[-3:])])}


def compute_dying(key: str) -> dict[str, np.ndarray]:
    """A chunk that always takes its worker with it."""
    if key == KEYS[3]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"x": np.zeros(1)}


def failing_setup() -> None:
    """A setup that refuses."""
    raise StoreError("the maps are not there. Install them")


class DyingFiles(atomic.Files):
    """Kills this process at the n-th file call, before it is made."""

    def __init__(self, die_at: int) -> None:
        self.left = die_at

    def __getattribute__(self, name: str) -> object:
        if name in CALLS:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return object.__getattribute__(self, name)


CALLS = frozenset(name for name in vars(atomic.Files) if not name.startswith("_"))


def main() -> None:
    """Run or resume the toy run; prints a line per committed chunk."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keys", type=int, default=len(KEYS))
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--early", action="store_true")
    given = parser.parse_args()

    if given.early:
        start_early("toy_run")

    def tell(done: int, total: int, resumed: int, seconds: float) -> None:
        print(done, total, resumed, flush=True)

    with atomic.through(DyingFiles(given.die_at) if given.die_at else atomic.Files()):
        run_chunks(
            given.folder,
            IDENTITY,
            KEYS[: given.keys],
            compute,
            workers=given.workers,
            setup=setup,
            setup_args=(given.pause,),
            progress=tell,
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except StoreError as error:
        sys.exit(f"StoreError: {error}")
