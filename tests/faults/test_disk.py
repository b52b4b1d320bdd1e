"""Disk full and I/O errors at the n-th call: a clear StoreError, and the same bits on resuming."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import toy_run

from raabta.base.errors import StoreError
from raabta.engine import atomic, ledger
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify

KEYS = toy_run.KEYS[:3]


class FailingFiles(atomic.Files):
    """Raises at the n-th file call, or at every call from the n-th on."""

    def __init__(self, at: int, code: int, lasting: bool) -> None:
        self.at, self.code, self.lasting = at, code, lasting
        self.calls: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        method = object.__getattribute__(self, name)
        if name not in toy_run.CALLS:
            return method
        self.calls.append(name)
        hit = len(self.calls) >= self.at if self.lasting else len(self.calls) == self.at

        def call(*given: Any) -> Any:
            if not hit:
                return method(*given)
            if name == "close":
                method(*given)  # the descriptor is gone even when close reports an error
            raise OSError(self.code, os.strerror(self.code))

        return call


def run(folder: Path) -> None:
    """The toy run over three keys, in-process."""
    run_chunks(folder, toy_run.IDENTITY, KEYS, toy_run.compute, workers=1, setup=toy_run.setup)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wanted")
    run(folder)
    return run_hash(folder)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from-then-on"])
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.ENOSPC, "the disk is full. Free some space"),
        (errno.EIO, "the system says Input/output error"),
        (errno.EROFS, "the folder is read-only for you"),
    ],
)
def test_every_file_call_failing(tmp_path: Path, wanted: str, code: int, says: str, lasting: bool) -> None:
    failed = set()
    for at in range(1, 100):
        folder, files = tmp_path / str(at), FailingFiles(at, code, lasting)
        try:
            with atomic.through(files):
                run(folder)
            break
        except StoreError as error:
            assert says in str(error) and str(folder) in str(error)
            failed.add(files.calls[at - 1])
        run(folder)
        assert run_hash(folder) == wanted
        assert verify(folder) == []
        assert not list(folder.rglob("*.partial"))
    assert failed == {"make_folder", "sync_folder", "create", "write", "sync", "close", "rename"}


class FailingConnection:
    """A SQLite connection whose n-th statement fails."""

    def __init__(self, inner: sqlite3.Connection, counter: list[int], says: str) -> None:
        self._inner, self._counter, self._says = inner, counter, says

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in ("execute", "executemany"):
            return method

        def call(*given: Any) -> Any:
            self._counter[0] -= 1
            if self._counter[0] == 0:
                raise sqlite3.OperationalError(self._says)
            return method(*given)

        return call


@pytest.mark.parametrize("says", ["database or disk is full", "disk I/O error"])
def test_every_ledger_statement_failing(
    tmp_path: Path, wanted: str, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    connect = ledger._connect_to_write
    for at in range(1, 200):
        folder, counter = tmp_path / str(at), [at]
        with monkeypatch.context() as patch:
            patch.setattr(
                ledger,
                "_connect_to_write",
                lambda path, counter=counter: FailingConnection(connect(path), counter, says),
            )
            try:
                run(folder)
            except StoreError as error:
                assert str(error).startswith(
                    f"cannot use {folder / 'ledger.sqlite'}: {says}. Free some space"
                )
        run(folder)
        assert run_hash(folder) == wanted
        assert verify(folder) == []
        if counter[0] > 0:
            break
    assert at > 15, "the run makes more statements than that"


LIMITED = """
import resource, sys
from pathlib import Path
import test_disk
from raabta.base.errors import StoreError
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    test_disk.run(Path(sys.argv[1]))
except StoreError as error:
    sys.exit(f"StoreError: {error}")
"""


@pytest.mark.parametrize("limit", [0, 1, 4_096, 20_000, 33_000, 50_000, 70_000])
def test_the_system_refuses_to_let_files_grow(tmp_path: Path, wanted: str, limit: int) -> None:
    """A real fault below Python and SQLite: no file may grow beyond the limit."""
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), str(limit)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parent,
    )
    if done.returncode:
        assert done.stderr.startswith("StoreError: cannot "), done.stderr
        assert "Traceback" not in done.stderr
    run(tmp_path)
    assert run_hash(tmp_path) == wanted
    assert verify(tmp_path) == []
