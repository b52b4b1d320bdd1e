"""Every call of a small run to the system fails once: reads and locks, growth of any file, SQLite's own.

`test_disk` does the same for the writer's calls and for the ledger's statements. After each failure there is
a StoreError, or none was needed, and the next run goes on to the same bits.
"""

from __future__ import annotations

import errno
import fcntl
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import toy_run

from raabta.base.errors import StoreError
from raabta.engine.runner import run_chunks
from raabta.engine.verify import run_hash, verify

KEYS = toy_run.KEYS[:2]
TOY = str(Path(toy_run.__file__).resolve())


def run(folder: Path, keys: list[str] = KEYS) -> None:
    run_chunks(folder, toy_run.IDENTITY, keys, toy_run.compute, workers=1, setup=toy_run.setup)


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with one chunk of two, so that going on reads what is there."""
    folder = tmp_path_factory.mktemp("half")
    run(folder, KEYS[:1])
    return folder


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wanted")
    run(folder)
    return run_hash(folder)


def hold(folder: Path, wanted: str) -> None:
    """Go on without faults: the same bits, nothing wrong, nothing lying about."""
    run(folder)
    assert run_hash(folder) == wanted
    assert verify(folder) == []
    assert not list(folder.rglob("*.partial"))


CALLS = [
    (os, "open"), (os, "ftruncate"), (os, "pwrite"), (os, "pread"), (fcntl, "flock"),
    (pathlib.Path, "read_bytes"), (pathlib.Path, "open"), (pathlib.Path, "iterdir"), (pathlib.Path, "stat"),
]  # fmt: skip


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EACCES])
def test_every_read_and_lock_failing(
    tmp_path: Path, half: Path, wanted: str, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    failed = set()
    for at in range(1, 200):
        folder, seen = tmp_path / str(at), [0]
        shutil.copytree(half, folder)
        with monkeypatch.context() as patch:
            for owner, name in CALLS:
                patch.setattr(owner, name, failing(getattr(owner, name), name, at, seen, code, failed))
            try:
                run(folder)
            except StoreError as error:
                assert str(folder) in str(error), error
        hold(folder, wanted)
        if seen[0] < at:
            break
    assert failed >= {"open", "flock", "ftruncate", "pwrite", "iterdir", "stat"}, failed
    assert 10 < at < 199


def failing(real: Any, name: str, at: int, seen: list[int], code: int, failed: set[str]) -> Any:
    """The call, which fails when it is the n-th of all."""

    def call(*given: Any, **more: Any) -> Any:
        seen[0] += 1
        if seen[0] == at:
            failed.add(name)
            raise OSError(code, os.strerror(code))
        return real(*given, **more)

    return call


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_the_system_refuses_every_growth_of_a_file(tmp_path: Path, wanted: str) -> None:
    """Below Python and SQLite: no file may grow past a limit, at every limit up to the largest file."""
    largest = 0
    run(tmp_path / "whole")
    for path in (tmp_path / "whole").rglob("*"):
        largest = max(largest, path.stat().st_size if path.is_file() else 0)
    refused, limit = 0, 0
    while limit <= largest + 60_000:  # the log of the ledger is longer than the ledger
        folder = tmp_path / str(limit)
        code, said = limited(folder, limit)
        assert code in (0, 2), said
        refused += code == 2
        hold(folder, wanted)
        limit += 509 if limit < 10_000 else 2_039
    assert code == 0 and refused > 15


def limited(folder: Path, limit: int) -> tuple[int, str]:
    """The run in a process that may not make files longer: (0 done or 2 a clean StoreError, what it said)."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        code, said = 1, "?"
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            run(folder)
            code, said = 0, ""
        except StoreError as error:
            code, said = (2 if "Free some space" in str(error) else 1), str(error)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(write, said.encode()[:4_000] or b" ")
            os._exit(code)
    os.close(write)
    said = os.read(read, 4_000).decode()
    os.close(read)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


SYSTEM_CALLS = {
    "openat": "EIO", "pread64": "EIO", "pwrite64": "ENOSPC", "fdatasync": "EIO", "fsync": "EIO",
    "ftruncate": "ENOSPC", "fcntl": "EIO", "flock": "EIO", "newfstatat": "EIO", "getdents64": "EIO",
    "unlink": "EIO", "mkdir": "ENOSPC", "mmap": "ENOMEM", "close": "EIO",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace makes system calls fail; it is not installed"
)
@pytest.mark.parametrize("call", SYSTEM_CALLS)
def test_every_system_call_on_ledger_lock_and_folders_failing(
    tmp_path: Path, half: Path, wanted: str, call: str
) -> None:
    """SQLite's own calls too."""
    for at in range(1, 200):
        folder = tmp_path / str(at)
        shutil.copytree(half, folder)
        code, said, hit = traced(folder, call, at)
        assert code == 0 or (code == 1 and said.startswith("StoreError: ")), f"{call} {at}: {said}"
        hold(folder, wanted)
        if not hit:
            break
    assert at < 199


def traced(folder: Path, call: str, at: int) -> tuple[int, str, bool]:
    """The toy run whose n-th call of a kind fails: (exit code, what it said, whether there was one)."""
    log = folder.with_suffix(".trace")
    names = ("", "chunks", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "run.lock")
    paths = [part for name in names for part in ("-P", str(folder / name))]
    fault = f"inject={call}:error={SYSTEM_CALLS[call]}:when={at}"
    command = ["strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={call}", "-e", fault, *paths]
    done = subprocess.run(
        [*command, sys.executable, TOY, str(folder), "--keys", "2"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr, re.search(r"\(INJECTED\)", log.read_text()) is not None
