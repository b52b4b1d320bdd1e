"""SPICE kernels on this machine: where they lie, what they hold, and their hashes. Nothing is fetched.

Positions stand in SPK files, orientations in binary PCK files; both are DAF files (double precision array
files: NAIF's DAF, SPK and PCK Required Reading), and we read segments of type 2, Chebyshev series of three
components. Every number of a file is checked before it is used as a size or a place. A kernel of a package
that we know is held against the SHA-256 that it had when its figures were tested.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from raabta.base.errors import StoreError
from raabta.base.timescales import WRITTEN, tdb_s, utc_from_tdb_s

if TYPE_CHECKING:
    from raabta.base.ephemeris_kernels import ChebyshevTable

EARLIEST_TDB_S = -946_728_000.0
"""1970-01-01: rows of a kernel before it are not read, UTC has no whole leap seconds there."""
TYPE_2 = 2
J2000_FRAME = 1
RECORD_WORDS = 128
MOST_TERMS = 100
_INTEGERS = {b"DAF/SPK ": 6, b"DAF/PCK ": 5}
_ORDER = {b"LTL-IEEE": "<", b"BIG-IEEE": ">"}


@dataclass(frozen=True, slots=True)
class Kernel:
    """One file that figures were read from. `span`: first and last UTC time it covers."""

    name: str
    file: str
    sha256: str
    source: str
    span: tuple[np.datetime64, np.datetime64]

    @property
    def identity(self) -> str:
        """What provenance keeps of it."""
        return f"{self.source} sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Packaged:
    """A kernel inside an installed package: module, path in it, distribution, expected SHA-256."""

    module: str
    path: str
    distribution: str
    sha256: str

    def found(self) -> Path | None:
        """Where it lies, or None. The module is found, not imported."""
        spec = find_spec(self.module)
        if spec is None or spec.origin is None:
            return None
        path = Path(spec.origin).parent / self.path
        return path if path.is_file() else None

    @property
    def source(self) -> str:
        """Package and version, for the manifest."""
        try:
            return f"{self.distribution} {version(self.distribution)}"
        except PackageNotFoundError:
            return f"{self.distribution} (version unknown)"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one target about one centre (NAIF numbers; a PCK has the frame's number and 0)."""

    target: int
    centre: int
    start_tdb_s: float
    end_tdb_s: float
    table: ChebyshevTable


class _Descriptor(NamedTuple):
    """One array of a file: what, about what, in which frame and type, over which TDB, at which words."""

    target: int
    centre: int
    frame: int
    kind: int
    first: int
    last: int
    start_tdb_s: float
    end_tdb_s: float


@cache
def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read once per process."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def check_packaged(known: Packaged, path: Path) -> None:
    """StoreError where a package's kernel is not the one whose figures were tested."""
    if sha256_of(path) != known.sha256:
        raise StoreError(
            f"{path}: SHA-256 is {sha256_of(path)}, {known.sha256} is expected; "
            f"reinstall {known.distribution}, or give the kernel's path to use it as it is"
        )


def span_utc(start_tdb_s: float, end_tdb_s: float) -> tuple[np.datetime64, np.datetime64]:
    """First and last UTC time of a stretch of TDB, within what `datetime64[ns]` can write from 1972 on."""
    earliest, latest = tdb_s(WRITTEN)
    first, last = utc_from_tdb_s(np.clip([start_tdb_s, end_tdb_s], earliest + 1e-6, latest))
    return first, last


def read_spk(path: Path, wanted: Callable[[int, int], bool]) -> list[Segment]:
    """The segments of an SPK file that `wanted`(target, centre) asks for. StoreError where that fails."""
    return _read(path, b"DAF/SPK ", wanted)


def read_pck(path: Path, frame: int) -> list[Segment]:
    """The segments of a binary PCK file for one frame's number. StoreError where it cannot be read."""
    return _read(path, b"DAF/PCK ", lambda target, _: target == frame)


def _read(path: Path, kind: bytes, wanted: Callable[[int, int], bool]) -> list[Segment]:
    try:
        order, first = _file_record(path, kind)
        words = np.memmap(path, f"{order}f8", "r", shape=(path.stat().st_size // 8,))
        found = [d for d in _descriptors(words, order, first, _INTEGERS[kind]) if wanted(d.target, d.centre)]
        return [_segment(words, descriptor) for descriptor in found]
    except (OSError, ValueError, struct.error) as error:
        raise StoreError(
            f"{path}: this is no kernel that can be read ({error}); give an SPK or binary PCK file of "
            "Chebyshev series (type 2) about J2000 axes, whole and unchanged"
        ) from error


def _file_record(path: Path, kind: bytes) -> tuple[str, int]:
    """(byte order, number of the first summary record) of a DAF file."""
    with path.open("rb") as handle:
        head = handle.read(1024)
    if len(head) < 1024 or head[:8] != kind:
        raise ValueError(f"it does not begin with {kind.decode().strip()}")
    if head[88:96] not in _ORDER:
        raise ValueError("its numbers are neither LTL-IEEE nor BIG-IEEE")
    order = _ORDER[head[88:96]]
    doubles, integers = struct.unpack(f"{order}ii", head[8:16])
    if (doubles, integers) != (2, _INTEGERS[kind]):
        raise ValueError(f"its summaries are of {doubles} and {integers} numbers")
    return order, int(struct.unpack(f"{order}i", head[76:80])[0])


def _descriptors(words: npt.NDArray[np.float64], order: str, record: int, integers: int) -> list[_Descriptor]:
    """All summaries of a file, along the chain of their records; a chain that does not end is refused."""
    size = 2 + (integers + 1) // 2
    found: list[_Descriptor] = []
    passed: set[int] = set()
    while record not in passed:
        passed.add(record)
        at = (record - 1) * RECORD_WORDS
        if not 0 < at <= words.size - RECORD_WORDS:
            raise ValueError(f"summary record {record} lies outside the file")
        following, _, count = (float(word) for word in words[at : at + 3])
        if not (0.0 <= count <= (RECORD_WORDS - 3) // size and 0.0 <= following < 2**31):
            raise ValueError(f"summary record {record} is damaged")
        places = range(at + 3, at + 3 + int(count) * size, size)
        found += [_descriptor(words[place : place + size], order, integers) for place in places]
        if following == 0.0:
            return found
        record = int(following)
    raise ValueError("its summaries go round in a circle")


def _descriptor(summary: npt.NDArray[np.float64], order: str, integers: int) -> _Descriptor:
    numbers = [int(n) for n in np.frombuffer(summary[2:].tobytes(), f"{order}i4")[:integers]]
    if integers == _INTEGERS[b"DAF/PCK "]:
        numbers.insert(1, 0)
    target, centre, frame, kind, first, last = numbers
    return _Descriptor(target, centre, frame, kind, first, last, float(summary[0]), float(summary[1]))


def _segment(words: npt.NDArray[np.float64], found: _Descriptor) -> Segment:
    """Rows from 1970 on, as a table of our layout."""
    from raabta.base.ephemeris_kernels import ChebyshevTable

    start, step, size, count = _directory(words, found)
    rows = words[found.first - 1 : found.last - 4].reshape(count, size)
    skipped = int(max(0.0, min((EARLIEST_TDB_S - start) // step, count - 1)))
    series = np.array(rows[skipped:, 2:], np.float64, order="C").reshape(count - skipped, 3, -1)
    if not bool(np.isfinite(series).all()):
        raise ValueError("coefficients that are no finite numbers")
    begin = start + skipped * step
    end = min(found.end_tdb_s, begin + step * len(series))
    first = max(found.start_tdb_s, begin)
    if not max(first, float(tdb_s(WRITTEN)[0])) < end:
        raise ValueError(f"the segment of {found.target} covers nothing from 1972 on")
    return Segment(found.target, found.centre, first, end, ChebyshevTable(begin, step, series))


def _directory(words: npt.NDArray[np.float64], found: _Descriptor) -> tuple[float, float, int, int]:
    """(start, step, words a row, rows) of a segment, from its last four words, checked."""
    if (found.frame, found.kind) != (J2000_FRAME, TYPE_2):
        raise ValueError(
            f"the segment of {found.target} is of type {found.kind} in frame {found.frame}, not 2 in 1"
        )
    if not 1 <= found.first < found.last - 4 < words.size - 3:
        raise ValueError(f"the segment of {found.target} lies outside the file")
    start, step, size, count = (float(word) for word in words[found.last - 4 : found.last])
    fits = size * count == found.last - found.first + 1 - 4
    terms = (size - 2.0) / 3.0
    if not (fits and terms.is_integer() and 1.0 <= terms <= MOST_TERMS and step >= 1.0):
        raise ValueError(f"the segment of {found.target} is damaged")
    if not (abs(start) < 1e12 and step < 1e10):
        raise ValueError(f"the segment of {found.target} has no time")
    return start, step, int(size), int(count)
