"""SPICE kernels on this machine: where they lie, what they hold, and their hashes. Nothing is fetched.

Positions stand in SPK files, orientations in binary PCK files; both are DAF files of Chebyshev series (type
2), read through `jplephem`. A kernel of a package that we know is held against the SHA-256 that it had when
its figures were tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import StoreError
from raabta.base.timescales import WRITTEN, tdb_s, utc_from_tdb_s

if TYPE_CHECKING:
    from raabta.base.ephemeris_kernels import ChebyshevTable

EARLIEST_TDB_S = -946_728_000.0
"""1970-01-01: rows of a kernel before it are not read, UTC has no whole leap seconds there."""
TYPE_2 = 2
J2000_FRAME = 1


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
    from jplephem.spk import SPK

    def segments() -> list[Segment]:
        with SPK.open(path) as opened:
            _check_axes(path, opened.segments)
            return [
                _segment(s, s.target, s.center, s.start_second, s.end_second)
                for s in opened.segments
                if wanted(s.target, s.center)
            ]

    return _read(path, segments)


def read_pck(path: Path, frame: int) -> list[Segment]:
    """The segments of a binary PCK file for one frame's number. StoreError where it cannot be read."""
    from jplephem.pck import PCK

    def segments() -> list[Segment]:
        opened = PCK.open(path)
        try:
            _check_axes(path, opened.segments)
            return [
                _segment(s, s.body, 0, s.initial_second, s.final_second)
                for s in opened.segments
                if s.body == frame
            ]
        finally:
            opened.close()

    return _read(path, segments)


def _read(path: Path, read: Callable[[], list[Segment]]) -> list[Segment]:
    try:
        return read()
    except StoreError:
        raise
    except Exception as error:  # whatever a broken file makes the reader raise
        raise StoreError(
            f"{path}: this is no kernel that can be read ({type(error).__name__}: {error}); "
            "give an SPK or binary PCK file of Chebyshev series (type 2), whole and unchanged"
        ) from error


def _check_axes(path: Path, segments: list[Any]) -> None:
    for s in segments:
        if s.frame != J2000_FRAME:
            raise StoreError(f"{path}: a segment is in frame {s.frame}; only J2000 (1) is read")


def _segment(raw: Any, target: int, centre: int, first: float, last: float) -> Segment:
    """Rows from 1970 on, as a table of our layout."""
    from raabta.base.ephemeris_kernels import ChebyshevTable

    if raw.data_type != TYPE_2:
        raise ValueError(f"a segment of data type {raw.data_type}, not 2")
    start, step, size, count = raw.daf.read_array(raw.end_i - 3, raw.end_i)
    rows = np.asarray(raw.daf.map_array(raw.start_i, raw.end_i - 4)).reshape(int(count), int(size))
    skipped = int(max(0.0, min((EARLIEST_TDB_S - start) // step, count - 1)))
    series = rows[skipped:, 2:].reshape(int(count) - skipped, 3, -1)
    values = np.array(series, np.float64, order="C")
    if not step > 0.0 or not bool(np.isfinite(values).all()):
        raise ValueError("coefficients that are no finite numbers")
    begin = start + skipped * step
    table = ChebyshevTable(float(begin), float(step), values)
    end = min(float(last), float(begin + step * len(values)))
    return Segment(target, centre, max(float(first), float(begin)), end, table)
