"""The only writer: a file is there whole and durable, or it is not there.

Temporary file in the same folder, fsync, rename, fsync of the folder. Every call to the operating
system goes through one small `Files` object, so that tests can make the n-th one fail.
"""

from __future__ import annotations

import errno
import fcntl
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

    def create_new(self, path: Path) -> int:
        """Open a file that is not there yet for writing and reading; returns its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o644)

    def open_again(self, path: Path) -> int:
        """Open a file that is there for writing and reading; returns its descriptor."""
        return os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))

    def write_at(self, descriptor: int, data: memoryview, offset: int) -> int:
        """Write some of the data from an offset on; returns how many bytes."""
        return os.pwrite(descriptor, data, offset)

    def read_at(self, descriptor: int, size: int, offset: int) -> bytes:
        """Read some bytes from an offset on; fewer at the end of the file."""
        return os.pread(descriptor, size, offset)

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

    def link(self, old: Path, new: Path) -> None:
        """Give a file a second name, unless one of that name is there."""
        os.link(old, new)

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


class Growing:
    """A file that is written piece by piece, in any order, beside its place, and put there when it is whole.

    What is not written yet is a hole that takes no room. A file that is at its place stays as it is. Pieces
    that follow one another are gathered: memory is `HELD_BYTES`, whatever the size.
    """

    HELD_BYTES = 1 << 18

    def __init__(self, path: Path, *, resume: bool = False) -> None:
        """Begin a file, or go on with one that a process which was ended left. Raises StoreError where one is
        there, or is being written."""
        self.path, self.partial = path, path.with_name(f".{path.name}{PARTIAL}")
        if not path.parent.is_dir():
            raise StoreError(f"cannot write {path}: there is no folder {path.parent}. Make it first")
        if path.exists() or path.is_symlink():
            raise StoreError(f"{path} is there already, and stays as it is. Choose another name, or move it")
        try:
            opens = _files.open_again if resume else _files.create_new
            self._descriptor = opens(self.partial)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            _files.close(self._descriptor)
            raise StoreError(f"another process is writing {path.name}. Wait until it has ended") from error
        except FileExistsError as error:
            says = f"{self.partial} is there: another process is writing {path.name}, or was ended"
            raise StoreError(f"{says} while it did. In that case remove it") from error
        except OSError as error:
            raise refusal("write", path, error, "") from error
        self._held, self._at = bytearray(), 0

    def sync(self) -> None:
        """Make durable what was written. Raises StoreError."""
        self.flush()
        try:
            _files.sync(self._descriptor)
        except OSError as error:
            raise refusal("write", self.path, error, "") from error

    def write(self, offset: int, data: bytes | memoryview) -> None:
        """Note a piece of the file. Raises StoreError; what is held then is still held."""
        if offset != self._at + len(self._held) or len(self._held) >= self.HELD_BYTES:
            self.flush()
            self._at = offset
        self._held += data

    def flush(self) -> None:
        """Hand what is held to the system. Raises StoreError; nothing that is held is lost then."""
        done = 0
        try:
            with memoryview(self._held) as held:
                while done < len(held):
                    done += _files.write_at(self._descriptor, held[done:], self._at + done)
        except OSError as error:
            raise refusal("write", self.path, error, "") from error
        self._at += done
        self._held.clear()

    def read(self, start: int, end: int) -> bytes:
        """What was written from an offset to before another, holes as zeros; fewer bytes at the end. Raises
        StoreError."""
        self.flush()
        try:
            return _files.read_at(self._descriptor, end - start, start)
        except OSError as error:
            raise refusal("read", self.partial, error, "") from error

    def put(self) -> None:
        """Put the file at its place, durable, if nothing came to be there meanwhile. Raises StoreError; what
        was written is kept under the other name where something did."""
        self.flush()
        try:
            _files.sync(self._descriptor)
            self._name()
            _files.sync_folder(self.path.parent)
        except FileExistsError as error:
            self.close()
            fault = f"{self.path} came to be there meanwhile, and stays as it is"
            raise StoreError(f"{fault}; what was received is whole, in {self.partial}") from error
        except OSError as error:
            raise refusal("write", self.path, error, "") from error
        self.close()

    def _name(self) -> None:
        """Give the file its name, if that is free. Raises FileExistsError."""
        try:
            _files.link(self.partial, self.path)
            _files.remove(self.partial)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP):
                raise
            if self.path.exists():  # a disk without second names, such as a memory stick's
                raise FileExistsError(errno.EEXIST, "it is there", str(self.path)) from error
            _files.rename(self.partial, self.path)

    def discard(self) -> None:
        """Take away what is not finished; nothing where the file was put at its place."""
        if self._descriptor >= 0:
            self.close()
            with suppress(OSError):
                _files.remove(self.partial)

    def close(self) -> None:
        """Stop writing; what is not finished stays under its other name."""
        if self._descriptor >= 0:
            with suppress(OSError):
                _files.close(self._descriptor)
        self._descriptor = -1


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


def read_whole(path: Path) -> bytes:
    """The bytes of a small file. Raises StoreError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StoreError(f"{path} is not there: there is nothing to go on with") from error
    except OSError as error:
        raise refusal("read", path, error, "") from error


def remove(path: Path) -> None:
    """Remove a file if it is there. Raises StoreError."""
    try:
        _files.remove(path)
    except OSError as error:
        raise refusal("remove", path, error) from error


def remove_partial(path: Path) -> None:
    """Remove what interrupted writes of one file left. Raises StoreError."""
    for left in sorted(path.parent.glob(f".{path.name}.*{PARTIAL}")):
        remove(left)


def is_partial(path: Path) -> bool:
    """Whether a file is what an interrupted `write_bytes` left."""
    return path.name.startswith(".") and path.name.endswith(PARTIAL)


KEPT = " What is finished is kept: run again to resume."


def refusal(what: str, path: Path, error: OSError, kept: str = KEPT) -> StoreError:
    """A StoreError that names the path, the reason, what to do and what is kept."""
    reason, advice = _reason(error, kept)
    return StoreError(f"cannot {what} {path}: {reason}. {advice}")


def _reason(error: OSError, kept: str) -> tuple[str, str]:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "the disk is full", f"Free some space or choose a folder on another disk.{kept}"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return "the folder is read-only for you", "Choose a folder you may write to, or change its rights."
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "a file stands where a folder is needed", "Choose another folder, or move that file away."
    if error.errno == errno.ENOENT:
        rebuilt = "running the scenario into it again rebuilds them."
        return "it is not there", f"Do not move or remove files of a run folder while it is in use; {rebuilt}"
    return f"the system says {error.strerror or error}", f"Look after the disk.{kept}"


def _write_synced(path: Path, data: bytes) -> None:
    descriptor = _files.create(path)
    try:
        left = memoryview(data)
        while left:
            left = left[_files.write(descriptor, left) :]
        _files.sync(descriptor)
    finally:
        _files.close(descriptor)
