"""Holds a run folder against its ledger, byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from raabta.base.errors import StoreError
from raabta.engine import atomic, chunks
from raabta.engine.ledger import Ledger, Output
from raabta.engine.provenance import hash_of, hash_of_file


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a run folder: where, what, and what to do."""

    file: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}. {self.todo}"


_COMPUTE = "Run the scenario again into this folder: it is computed anew"
_REPORT = "Run the scenario again into this folder: it is written anew"


def verify(folder: Path) -> list[Problem]:
    """Re-hash every chunk and recorded output; what is wrong, or an empty list.

    Raises StoreError if the folder is not a run folder or its ledger cannot be read.
    """
    with Ledger.read(folder) as ledger:
        damage = ledger.damage()
        if damage is not None:
            raise StoreError(f"the ledger of {folder} is damaged: {damage}. Run into another folder")
        rows, outputs, planned = ledger.rows(), ledger.outputs(), ledger.planned()
    problems = [
        problem
        for row in rows
        for problem in _hold(folder, f"{chunks.FOLDER}/{row.file}", row.sha256, row.bytes, _COMPUTE)
    ]
    for output in outputs:
        problems += _hold(folder, output.name, output.sha256, output.bytes, _REPORT)
    absent = sorted(set(planned) - {row.key for row in rows})
    if absent:
        what = f"unfinished: {len(absent)} of {len(planned)} chunks are not computed (first: {absent[0]})"
        problems.append(Problem(chunks.FOLDER, what, "Run the scenario again into this folder: it resumes"))
    return problems


def run_hash(folder: Path) -> str:
    """One sha256 over every (key, sha256): equal for equal results, however they were computed."""
    with Ledger.read(folder) as ledger:
        return hash_of([[row.key, row.sha256] for row in ledger.rows()])


def record_output(folder: Path, name: str) -> None:
    """Note a finished file of the run folder (`summary.json`), so that `verify` covers it."""
    path = _within(folder, name)
    digest = hash_of_file(path)
    with Ledger.edit(folder) as ledger:
        ledger.commit_output(Output(name, digest, path.stat().st_size))


def write_output(folder: Path, name: str, data: bytes) -> None:
    """Write a file of the run folder whole and durable, and note it. Raises StoreError."""
    path = _within(folder, name)
    with Ledger.edit(folder) as ledger:
        atomic.make_folder(path.parent)
        atomic.write_bytes(path, data)
        ledger.commit_output(Output(name, hashlib.sha256(data).hexdigest(), len(data)))


def _hold(folder: Path, name: str, digest: str, size: int, todo: str) -> Iterator[Problem]:
    path = folder / name
    try:
        found = path.stat().st_size
        if found != size:
            yield Problem(name, f"{found} bytes, recorded {size}", todo)
        elif hash_of_file(path) != digest:
            yield Problem(name, "its content is not what the run wrote", todo)
    except FileNotFoundError:
        yield Problem(name, "it is not there", todo)
    except (OSError, StoreError) as error:
        yield Problem(name, f"it cannot be read ({error})", "Look after the disk and the file's rights")


def _within(folder: Path, name: str) -> Path:
    """The path of an output; refuses a name that leads out of the folder or into the chunks."""
    parts = Path(name).parts
    if not parts or Path(name).is_absolute() or ".." in parts or parts[0] == chunks.FOLDER:
        raise StoreError(f"output name {name!r} is not allowed: a path within the run folder, not in chunks/")
    return folder / name
