"""The only writer: a file is there whole and durable, or it is not there.

Temporary file in the same folder, fsync, rename, fsync of the folder. Every call to the operating
system goes through one small `Files` object, so that tests can make the n-th one fail.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from raabta.base.errors import StoreError

PARTIAL = ".partial"
"""How the name of an unfinished file ends; such files are swept when a run resumes."""


class Files:
    """The file calls of the writer, one method each; a test may stand in its own."""

    def make_folder(self, path: Path) -> None:
        """Make a folder and its parents; it may exist."""
        path.mkdir(parents=True, exist_ok=True)

    def create(self, path: Path) -> int:
        """Open a new or emptied file for writing; returns its descriptor."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0), 0o644)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write some of the data; returns how many bytes."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until the file's bytes are durable."""
        os.fsync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close the descriptor."""
        os.close(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Put a file in the place of another, at once."""
        old.replace(new)

    def sync_folder(self, path: Path) -> None:
        """Wait until the folder's entries are durable."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, path: Path) -> None:
        """Remove a file; it may be gone already."""
        path.unlink(missing_ok=True)


_files = Files()


@contextmanager
def through(files: Files) -> Iterator[None]:
    """Send the file calls of this process through `files` meanwhile (for fault tests)."""
    global _files
    before, _files = _files, files
    try:
        yield
    finally:
        _files = before


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole and durable, or leave what stood there. Raises StoreError.

    Two machines may write into one folder under equal process numbers: the partial file's name is drawn.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PARTIAL}")
    try:
        _write_synced(partial, data)
        _files.rename(partial, path)
        _files.sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            _files.remove(partial)
        raise refusal("write", path, error) from error


def make_folder(path: Path) -> None:
    """Make a folder and its parents, durable. Raises StoreError."""
    try:
        if path.is_dir():
            return
        _files.make_folder(path)
        _files.sync_folder(path.parent)
    except FileNotFoundError as error:
        raise StoreError(f"{path} cannot be made there. Choose a folder you may write to") from error
    except OSError as error:
        raise refusal("make the folder", path, error) from error


def is_file(path: Path) -> bool:
    """Whether a file is there. Raises StoreError where the system does not tell."""
    try:
        return path.is_file()
    except OSError as error:
        raise refusal("look at", path, error) from error


def remove(path: Path) -> None:
    """Remove a file if it is there. Raises StoreError."""
    try:
        _files.remove(path)
    except OSError as error:
        raise refusal("remove", path, error) from error


def is_partial(path: Path) -> bool:
    """Whether a file is what an interrupted `write_bytes` left."""
    return path.name.startswith(".") and path.name.endswith(PARTIAL)


def refusal(what: str, path: Path, error: OSError) -> StoreError:
    """A StoreError that names the path, the reason and what to do."""
    reason, advice = _reason(error)
    return StoreError(f"cannot {what} {path}: {reason}. {advice}")


def _reason(error: OSError) -> tuple[str, str]:
    keep = "What is finished is kept: run again to resume."
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full", f"Free some space or choose a folder on another disk. {keep}"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "the folder is read-only for you", "Choose a folder you may write to, or change its rights."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a file stands where a folder is needed", "Choose another folder, or move that file away."
    if error.errno == errno.ENOENT:
        rebuilt = "running the scenario into it again rebuilds them."
        return "it is not there", f"Do not move or remove files of a run folder while it is in use; {rebuilt}"
    return f"the system says {error.strerror or error}", f"Look after the disk. {keep}"


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = _files.create(path)
    try:
        left = memoryview(data)
        while left:
            left = left[_files.write(descriptor, left) :]
        _files.sync(descriptor)
    finally:
        _files.close(descriptor)
