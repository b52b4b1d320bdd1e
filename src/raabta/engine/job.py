"""What is carried to where chunks are computed: the job itself, its threads, and its errors back."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from raabta.base.errors import RaabtaError
from raabta.engine import chunks
from raabta.engine.chunks import Compute, Row

ONE_THREAD = dict.fromkeys(
    (
        "NUMBA_NUM_THREADS",
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
    ),
    "1",
)
"""Environment of every worker: processes are the only parallelism."""


T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Task(Protocol[T_co]):
    """What a worker process does: set up once, then once for each key. Picklable."""

    def prepare(self) -> None:
        """Set up."""

    def run(self, key: str) -> T_co:
        """Do it for one key."""
        ...


@dataclass(frozen=True)
class Job:
    """What a worker needs; picklable."""

    folder: Path
    compute: Compute
    setup: Callable[..., object] | None
    setup_args: tuple[Any, ...]

    def prepare(self) -> None:
        """Set up, once where chunks are computed."""
        if self.setup is not None:
            self.setup(*self.setup_args)

    def run(self, key: str) -> Row:
        """Compute one chunk and write its file."""
        return chunks.make(self.folder, key, self.compute)


def portable(error: Exception) -> Exception:
    """The error itself if it survives the way to the parent, else one that says the same.

    An error that does not unpickle would break the whole pool.
    """
    try:
        if str(pickle.loads(pickle.dumps(error))) == str(error):
            return error
    except Exception:
        pass
    if isinstance(error, RaabtaError):
        said: Exception = RaabtaError(str(error))
    else:
        said = RuntimeError(f"{type(error).__name__}: {error}")
    for note in getattr(error, "__notes__", ()):
        said.add_note(note)
    return said
