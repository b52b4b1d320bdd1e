"""What every worker process needs, held once: large arrays lie in memory that the processes share.

Each process maps it as its own: what one writes no other sees, and what none writes is there once.
"""

from __future__ import annotations

import mmap
import os
import pickle
from multiprocessing import reduction
from typing import Any, Final

ALIGNED: Final = 64
"""Bytes that arrays begin at a multiple of."""
SHARED: Final = hasattr(os, "memfd_create")
"""Whether the system has memory without a name, which is gone with the last process that holds it."""


class Carried:
    """A value on its way to worker processes: made where it is, taken once in each of them."""

    def __init__(self, value: object) -> None:
        """Pickle a value; its contiguous arrays go to shared memory, where the system grants it."""
        self._file: int | None = None
        self._places: list[tuple[int, int]] = []
        buffers: list[pickle.PickleBuffer] = []
        try:
            self._file = _memory()
            self._body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
            self._places = _write(self._file, [buffer.raw() for buffer in buffers])
        except OSError:
            self.close()
            self._body = pickle.dumps(value)
        except BaseException:
            self.close()
            raise

    @property
    def from_script(self) -> bool:
        """Whether something of the script that was started is in it, so that taking it imports that."""
        return b"__main__" in self._body

    def close(self) -> None:
        """Give the memory back, once no more processes are to be started."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __reduce__(self) -> Any:
        """For a process that is being started: it gets the file as one of its own."""
        file = None if self._file is None else reduction.DupFd(self._file)
        return _Arriving, (self._body, self._places, file)


class _Arriving:
    """The same in the process that was started."""

    def __init__(self, body: bytes, places: list[tuple[int, int]], file: Any) -> None:
        self._body, self._places, self._file = body, places, file

    def take(self) -> Any:
        """The value; what it was carried in is let go of."""
        body, self._body = self._body, b""
        if self._file is None:
            return pickle.loads(body)
        file = self._file.detach()
        try:
            return pickle.loads(body, buffers=_map(file, self._places))
        finally:
            os.close(file)


def _memory() -> int:
    """A file in memory, without a name. Raises OSError where there is none to be had."""
    if not SHARED:
        raise OSError("this system has no memory without a name")
    return os.memfd_create("raabta")


def _write(file: int, parts: list[memoryview]) -> list[tuple[int, int]]:
    """Write each part; where it lies: (first byte, size)."""
    places, end = [], 0
    for part in parts:
        first = -(-end // ALIGNED) * ALIGNED
        os.lseek(file, first, os.SEEK_SET)
        _write_all(file, part)
        places.append((first, part.nbytes))
        end = first + part.nbytes
    os.ftruncate(file, end)  # an empty part may lie beyond the last byte that was written
    return places


def _write_all(file: int, part: memoryview) -> None:
    left = part
    while left.nbytes:
        left = left[os.write(file, left) :]


def _map(file: int, places: list[tuple[int, int]]) -> list[memoryview]:
    """The parts, writable; a page that is written becomes this process's own."""
    size = max((first + length for first, length in places), default=0)
    if size == 0:
        return [memoryview(bytearray()) for _ in places]
    whole = memoryview(mmap.mmap(file, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE))
    return [whole[first : first + length] for first, length in places]
