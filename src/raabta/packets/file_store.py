"""Where a file is read from and written to while it is sent: on disk, a block at a time, or in memory."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final, Protocol

from raabta.base.errors import ScenarioError, StoreError
from raabta.base.userfiles import why_not
from raabta.packets.file_pdus import checksum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

BLOCK_BYTES: Final = 1 << 18
Read = bytes | memoryview


class Source(Protocol):
    """A file that is sent: its size in bytes, and any piece of it."""

    @property
    def size(self) -> int: ...

    def read(self, start: int, end: int) -> Read:
        """The bytes from an offset to before another. Raises StoreError."""
        ...


class Target(Protocol):
    """A file that is received; `engine.atomic.Growing` is one on disk. All raise StoreError."""

    def write(self, offset: int, data: Read) -> None:
        """Note a piece of it."""

    def read(self, start: int, end: int) -> Read:
        """What came, from an offset to before another."""
        ...

    def put(self) -> None:
        """It is whole: put it at its place."""

    def discard(self) -> None:
        """It will not be: take it away."""


class InMemory:
    """A file held in memory, to send or to receive."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)

    @property
    def size(self) -> int:
        """Bytes held."""
        return len(self.content)

    def write(self, offset: int, data: Read) -> None:
        """Note a piece of it."""
        end = offset + len(data)
        if end > len(self.content):
            self.content.extend(bytes(end - len(self.content)))
        self.content[offset:end] = data

    def read(self, start: int, end: int) -> Read:
        """The bytes from an offset to before another."""
        return memoryview(self.content)[start:end]

    def put(self) -> None:
        """Nothing: what is in memory stays there."""

    def discard(self) -> None:
        """Nothing: what is in memory stays there."""


class SourceFile:
    """A file on disk, read a block at a time; one that changes while it is sent is refused."""

    def __init__(self, path: Path) -> None:
        """Open a file. Raises ScenarioError where it cannot be read."""
        try:
            if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
                raise OSError(None, "it is no ordinary file")
            self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except (OSError, ValueError) as error:
            fault, hint = why_not(path, error)
            raise ScenarioError(f"the file cannot be read: {fault}", file=str(path), hint=hint) from error
        self._path, self._start, self._block = path, 0, memoryview(b"")
        self._state = self._looks()

    @property
    def size(self) -> int:
        """Bytes it had when it was opened."""
        return self._state[0]

    def _looks(self) -> tuple[int, int]:
        """Size and time of the last change."""
        found = os.fstat(self._descriptor)
        return found.st_size, found.st_mtime_ns

    def read(self, start: int, end: int) -> Read:
        """The bytes from an offset to before another. Raises StoreError where the file cannot be read, or was
        changed since it was opened."""
        first = start - self._start
        if not 0 <= first <= end - self._start <= len(self._block):
            self._fetch(start, max(end - start, BLOCK_BYTES))
            first = 0
        return self._block[first : first + end - start]

    def _fetch(self, start: int, size: int) -> None:
        try:
            block = os.pread(self._descriptor, size, start)
            unchanged = self._looks() == self._state and len(block) == min(size, self.size - start)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be read: {error.strerror or error}") from error
        if not unchanged:
            raise StoreError(f"{self._path} was changed while it was sent. Send it anew once it rests")
        self._start, self._block = start, memoryview(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def checksum_of(read: Callable[[int, int], Read], size: int, kind: int) -> int:
    """The checksum of a file of so many bytes, a block at a time. Raises StoreError."""
    found = checksum(b"", kind)
    for start in range(0, size, BLOCK_BYTES):
        found = checksum(read(start, min(start + BLOCK_BYTES, size)), kind, found)
    return found
