"""One chunk is one file, named by its key and what is in it; written whole, read back checked."""

from __future__ import annotations

import hashlib
import re
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt

from raabta.base.errors import StoreError
from raabta.engine import arrays, atomic

Arrays = dict[str, npt.NDArray[Any]]
Compute = Callable[[str], Arrays]

FOLDER = "chunks"
"""Folder of the chunk files within a run folder."""
AHEAD: Final = 2
"""Chunks that are read and decoded, each in a thread, while another is added up."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}-[0-9a-f]{12}\.chunk")


def span_keys(name: str, steps: int, length: int) -> list[str]:
    """Keys of the chunks of a run over steps, in order: a name and the steps each covers."""
    edges = [*range(0, steps, length), steps]
    return [f"{name}-{first:08d}-{last:08d}" for first, last in pairwise(edges)]


def span_of(key: str) -> range:
    """The steps that the chunk of such a key covers."""
    first, last = key.split("-")[1:]
    return range(int(first), int(last))


@dataclass(frozen=True)
class Row:
    """What the ledger says of one chunk: `bytes` on disk, `seconds` it took to compute."""

    key: str
    file: str
    sha256: str
    bytes: int
    seconds: float


def check_keys(keys: Sequence[str]) -> None:
    """Refuse keys that are not file names or stand twice. Raises StoreError."""
    for key in keys:
        if not _KEY.fullmatch(key):
            raise StoreError(f"chunk key {key!r} is not allowed: letters, digits, _ . - and at most 80")
    if len(set(keys)) != len(keys):
        twice = sorted({key for key in keys if list(keys).count(key) > 1})
        raise StoreError(f"chunk key {twice[0]!r} stands twice")


def make(folder: Path, key: str, compute: Compute) -> Row:
    """Compute one chunk and write its file; the row is for the ledger. Errors carry the key."""
    start = time.perf_counter()
    try:
        data = code(key, compute(key))
    except Exception as error:
        error.add_note(f"(while computing chunk {key})")
        raise
    digest = hashlib.sha256(data).hexdigest()
    file = f"{key}-{digest[:12]}.chunk"
    atomic.write_bytes(folder / FOLDER / file, data)
    return Row(key, file, digest, len(data), time.perf_counter() - start)


def code(key: str, values: Arrays) -> bytes:
    """The bytes of a chunk's file: equal arrays, equal bytes."""
    return arrays.encode(values, {"key": key})


def load(folder: Path, row: Row, only: Collection[str] | None = None) -> Arrays:
    """The arrays of one chunk, or `only` those named, after its hash was checked. Raises StoreError."""
    path = folder / FOLDER / row.file
    try:
        data = path.read_bytes()
    except OSError as error:
        raise atomic.refusal("read", path, error) from error
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise StoreError(f"{path} is not what the run wrote. Run the scenario again: it is computed anew")
    return arrays.decode(data, only=only)[0]


def load_all(
    folder: Path, rows: Sequence[Row], only: Collection[str] | None = None
) -> Iterator[tuple[str, Arrays]]:
    """(key, arrays) of every row in the order given; AHEAD more are read while the caller has one."""
    with ThreadPoolExecutor(AHEAD) as pool:
        coming = deque(pool.submit(load, folder, row, only) for row in rows[:AHEAD])
        for i, row in enumerate(rows):
            found = coming.popleft().result()
            coming.extend(pool.submit(load, folder, after, only) for after in rows[i + AHEAD : i + AHEAD + 1])
            yield row.key, found


def is_whole(folder: Path, row: Row) -> bool:
    """Whether the row's file is there with the right size."""
    try:
        return (folder / FOLDER / row.file).stat().st_size == row.bytes
    except OSError:
        return False


def is_intact(folder: Path, row: Row) -> bool:
    """Whether the row's file is there, byte for byte what was written."""
    try:
        with (folder / FOLDER / row.file).open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == row.sha256
    except OSError:
        return False


def sweep(folder: Path, rows: Sequence[Row]) -> None:
    """Remove what interrupted writes left: partial files, and chunk files without a ledger row."""
    kept = {row.file for row in rows}
    for path in _listing(folder):
        if atomic.is_partial(path):
            atomic.remove(path)
    for path in _listing(folder / FOLDER):
        orphan = _FILE.fullmatch(path.name) and path.name not in kept
        if orphan or atomic.is_partial(path):
            atomic.remove(path)


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise atomic.refusal("list", folder, error) from error
