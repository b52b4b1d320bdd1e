"""The writer: whole or not at all, and messages that say what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from raabta.base.errors import StoreError
from raabta.engine import atomic


class Recording(atomic.Files):
    """Notes the calls; writes at most three bytes at a time; may fail at one kind of call."""

    def __init__(self, fail: str = "", code: int = 0) -> None:
        self.calls: list[str] = []
        self.fail, self.code = fail, code

    def __getattribute__(self, name: str) -> Any:
        method = object.__getattribute__(self, name)
        if name.startswith("_") or name in ("calls", "fail", "code"):
            return method
        self.calls.append(name)
        if name == self.fail:
            raise OSError(self.code, os.strerror(self.code))
        return method

    def write(self, descriptor: int, data: memoryview) -> int:
        return os.write(descriptor, data[:3])


def test_bytes_are_synced_before_they_get_their_name(tmp_path: Path) -> None:
    files = Recording()
    with atomic.through(files):
        atomic.write_bytes(tmp_path / "a", b"12345678")
    assert (tmp_path / "a").read_bytes() == b"12345678"
    assert files.calls == ["create", "write", "write", "write", "sync", "close", "rename", "sync_folder"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("fail", ["create", "write", "sync", "rename"])
def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, fail: str) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic.through(Recording(fail, errno.ENOSPC)), pytest.raises(StoreError):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (
            errno.ENOSPC,
            "the disk is full. Free some space or choose a folder on another disk. "
            "What is finished is kept: run again to resume.",
        ),
        (
            errno.EROFS,
            "the folder is read-only for you. Choose a folder you may write to, or change its rights.",
        ),
        (
            errno.EIO,
            "the system says Input/output error. Look after the disk. "
            "What is finished is kept: run again to resume.",
        ),
    ],
)
def test_messages_name_path_reason_and_way_out(tmp_path: Path, code: int, says: str) -> None:
    with atomic.through(Recording("write", code)), pytest.raises(StoreError) as caught:
        atomic.write_bytes(tmp_path / "a", b"x")
    assert str(caught.value) == f"cannot write {tmp_path / 'a'}: {says}"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        atomic.make_folder(tmp_path / "a")
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        atomic.make_folder(tmp_path / "a" / "b")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder in which nothing can be made")
def test_a_folder_that_cannot_be_made_there_is_refused() -> None:
    with pytest.raises(StoreError, match=r"/proc/raabta cannot be made there\. Choose"):
        atomic.make_folder(Path("/proc/raabta"))


def test_a_vanished_folder_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="it is not there"):
        atomic.write_bytes(tmp_path / "gone" / "a", b"x")


def test_two_writers_never_share_a_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 7)
    partials: list[str] = []
    real = os.rename
    monkeypatch.setattr(os, "replace", lambda a, b: (partials.append(Path(a).name), real(a, b))[1])
    monkeypatch.setattr(os, "rename", lambda a, b: (partials.append(Path(a).name), real(a, b))[1])
    for _ in range(2):
        atomic.write_bytes(tmp_path / "a", b"x")
    assert len(set(partials)) == 2


def test_what_interrupted_writes_of_a_file_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    others = [tmp_path / name for name in ("a", ".b.0123456789ab.partial", ".a.txt")]
    for path in (*others, tmp_path / ".a.0123456789ab.partial"):
        path.write_bytes(b"x")
    atomic.remove_partial(tmp_path / "a")
    assert set(tmp_path.iterdir()) == set(others)
