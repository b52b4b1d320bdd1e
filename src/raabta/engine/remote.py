"""What runs inside a worker of a cluster: says what it is, keeps the job, computes one chunk at a time.

Called by `cluster` through dask.distributed, which is not imported here. A job is set up once in a worker
process, whatever the number of its chunks; further threads of the process wait for their turn.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import pickle
import sys
import threading
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from raabta.engine import atomic, chunks
from raabta.engine.chunks import Row
from raabta.engine.job import ONE_THREAD, Job, portable
from raabta.engine.provenance import environment

ONE = "one"
_LIBRARIES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ForgottenError(Exception):
    """This process has no such job: it was started again since the job was laid down."""


_laid: dict[str, bytes] = {}
_ready: tuple[str, Job] | None = None
_turn = threading.Lock()


def identity() -> dict[str, str | None]:
    """What decides the bits of a result in this process: `environment` and the source of raabta."""
    return {**environment(), "code": code_hash()}


def describe() -> dict[str, str | None]:
    """The identity of a worker, and whether its linear algebra keeps to one thread."""
    return {**identity(), "linear algebra threads": linear_algebra_threads()}


@cache
def code_hash() -> str:
    """sha256 (hex) of every source file of the package: two checkouts may carry the same version."""
    package, digest = Path(__file__).resolve().parent.parent, hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        source = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(source)}\n".encode() + source)
    return digest.hexdigest()


def linear_algebra_threads() -> str:
    """ONE, or `several` where the linear algebra that is loaded may use more threads than one.

    It read its settings when it was loaded, which is why the environment that the process began with counts.
    """
    began = _environment_at_start()
    whole = began.get("OMP_NUM_THREADS")
    return ONE if all(began.get(name, whole) == "1" for name in _LIBRARIES) else "several"


def _environment_at_start() -> Mapping[str, str]:
    try:
        text = Path("/proc/self/environ").read_bytes().decode(errors="replace")
    except OSError:
        return os.environ
    return dict(part.split("=", 1) for part in text.split("\0") if "=" in part)


async def folder_trouble(folder: Path, token: str, patience_s: float) -> str | None:
    """Why chunks written here would not reach the coordinator; a shared file system may lag a little."""
    place = folder / token_name(token)
    until = time.monotonic() + patience_s
    while not _reads(place, token):
        if time.monotonic() > until:
            return f"does not see what this machine wrote into {folder}"
        await asyncio.sleep(0.1)
    probe = folder / chunks.FOLDER / f".{token}-{os.urandom(4).hex()}{atomic.PARTIAL}"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        return f"cannot write into {folder / chunks.FOLDER}: {error.strerror or error}"
    return None


def token_name(token: str) -> str:
    """Name of the file by which a worker knows the folder; swept like an unfinished file if it is left."""
    return f".{token}{atomic.PARTIAL}"


def _reads(place: Path, token: str) -> bool:
    try:
        return place.read_text() == token
    except OSError:
        return False


def lay_down(token: str, payload: bytes) -> None:
    """Keep a pickled job; the first of its chunks unpacks it."""
    _laid[token] = payload


def drop(token: str) -> None:
    """Let go of a job. A chunk of it that is being computed is finished first by its own thread."""
    global _ready
    _laid.pop(token, None)
    if _ready is not None and _ready[0] == token:
        _ready = None


def work(token: str, key: str) -> Row:
    """Compute one chunk and write its file. Raises ForgottenError, or what compute raises."""
    with _turn:
        try:
            return _job(token).run(key)
        except ForgottenError:
            raise
        except Exception as error:
            said = portable(error)
            if said is error:
                raise
            raise said from error


def _job(token: str) -> Job:
    """The job, unpacked and set up unless this process did it for its last chunk."""
    global _ready
    if token not in _laid:
        raise ForgottenError(token)
    _hold_to_one_thread()
    if _ready is None or _ready[0] != token:
        job: Job = pickle.loads(_laid[token])
        job.prepare()
        _ready = (token, job)
    return _ready[1]


def _hold_to_one_thread() -> None:
    """Processes are the only parallelism; numba counts its threads per calling thread once it is loaded."""
    os.environ.update(ONE_THREAD)
    numba = sys.modules.get("numba")
    if numba is not None:
        numba.set_num_threads(1)
