"""Positions of every satellite of a run: Earth-fixed, satellite-inner, the same bits in any chunk."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Times, as_utc, check_in_eop_range
from raabta.base.errors import NoSolutionError
from raabta.base.frames import teme_to_itrf
from raabta.orbits.elements import MeanElements, Satellites, check_age, concatenate
from raabta.orbits.kepler import geostationary_position_km
from raabta.orbits.near_earth import NearEarth, near_earth_of
from raabta.orbits.walker import walker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.orbits.outages import Outage
    from raabta.scenario.models import SpaceSegment

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

_MINUTE_NS = 60_000_000_000


class Propagator:
    """Where every satellite is. Index order: shells in order, plane-major, then geostationary slots.

    Near-earth satellites go through our kernel, deep space (period >= 225 min) through the `sgp4` package,
    geostationary slots stand still. Pickles small, so that workers may carry it.
    """

    frame: ClassVar[str] = "ITRF"
    centre: ClassVar[str] = "Earth"

    def __init__(
        self, satellites: Satellites, start: datetime | np.datetime64, notes: tuple[str, ...] = ()
    ) -> None:
        """Check `start` (UTC) against the Earth-orientation table and every epoch against `start`.

        `notes` are sentences for the report.
        """
        if len(satellites) == 0:
            raise NoSolutionError("the constellation has no satellite; give shells, slots or an orbits file")
        self.start = start_utc(start)
        check_in_eop_range(self.start)
        self.satellites, self.notes = satellites, notes
        self.outages: tuple[Outage, ...] = ()
        self._near, self._deep = near_earth_of(satellites.elements, self.start)
        self._deep_records: Any = None

    @classmethod
    def from_constellation(
        cls, constellation: SpaceSegment, start: datetime | np.datetime64, duration_s: float = 0.0
    ) -> Self:
        """The satellites of a scenario's constellation; `orbits_file` replaces the shells.

        Objects of the file whose elements do not hold at the start or `duration_s` later are left out, and
        `notes` say so. OutOfRangeError: start outside the Earth-orientation table. OrbitDataError: an epoch
        more than ten years from start, or a bad orbits file. NoSolutionError: no satellite.
        """
        epoch = start_utc(start)
        elements: MeanElements | None = None
        notes: tuple[str, ...] = ()
        if constellation.orbits_file is not None:
            file, lasers = Path(constellation.orbits_file), constellation.lasers
            elements, notes = cls._of_file(file, epoch, duration_s)
            if lasers is not None and lasers.pattern == "listed" and notes and "left out" in notes[0]:
                raise NoSolutionError(
                    f"{notes[0]} The list of lasers numbers satellites as the orbits_file does, so none may "
                    "be missing; use newer elements, or move the start"
                )
        else:
            shells = enumerate(constellation.shells, start=1)
            parts = tuple(walker(shell, epoch, f"{constellation.name}-{i}") for i, shell in shells)
            elements = concatenate(parts) if parts else None
        slots = np.array([slot.longitude_deg for slot in constellation.geostationary], np.float64)
        names = (elements.names if elements else ()) + tuple(f"GEO {_east(degrees)}" for degrees in slots)
        return cls(Satellites(elements, slots, names), epoch, notes)

    @classmethod
    def _of_file(
        cls, file: Path, start: np.datetime64, duration_s: float
    ) -> tuple[MeanElements, tuple[str, ...]]:
        """The elements of a file that hold over the run, and what to say of the others and of their age."""
        from raabta.orbits.read import read_orbits
        from raabta.orbits.validity import age_note, holding, left_out_note

        elements = read_orbits(file)
        ends = start + np.array([0.0, duration_s * 1e9]).astype("timedelta64[ns]")
        holds = holding(elements, cls.from_elements(elements, start).positions_km(ends))
        kept = elements.take(np.flatnonzero(holds))
        if len(kept) == 0:
            days = [
                np.datetime_as_string(e, "D") for e in (elements.epoch.min(), elements.epoch.max(), start)
            ]
            raise NoSolutionError(
                f"{file}: no object's elements hold over the run (epochs {days[0]} to {days[1]}, the run "
                f"starts {days[2]}); use orbit data nearer to the start, or move the start"
            )
        return kept, (*left_out_note(elements, holds), *age_note(kept, start))

    @classmethod
    def from_elements(cls, elements: MeanElements, start: datetime | np.datetime64) -> Self:
        """The satellites of an element set."""
        return cls(Satellites(elements, np.empty(0), elements.names), start)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in index order."""
        return self.satellites.names

    @property
    def count(self) -> int:
        """Number of satellites."""
        return len(self.satellites)

    def state_arrays(self) -> NearEarth:
        """The kernel's inputs for the near-earth satellites; see also `minutes`."""
        return self._near

    def minutes(self, times: npt.ArrayLike) -> Floats:
        """Minutes from `start` to `times` (t,), as the kernel takes them."""
        return np.asarray((as_utc(times) - self.start).astype(np.int64) / _MINUTE_NS, np.float64)

    def positions_km(self, times: npt.ArrayLike, device: Literal["cpu", "gpu"] = "cpu") -> Floats:
        """ITRF positions (t, 3, count) km at UTC `times` (t,); NaN where SGP4 says the satellite has decayed,
        and where it is out.

        On a GPU (`engine.device`) near-earth satellites are within 1e-6 km of the processor's.

        OutOfRangeError outside the Earth-orientation table; OrbitDataError more than ten years from an epoch.
        """
        utc = np.atleast_1d(as_utc(times))
        rotation = teme_to_itrf(utc)
        out = np.empty((utc.size, 3, self.count))
        if utc.size and self.satellites.elements is not None:
            check_age(self.satellites.elements, utc.min())
            check_age(self.satellites.elements, utc.max())
            self._fill_near(utc, rotation, out, device)
            self._fill_deep(utc, rotation, out)
        slots = self.satellites.geostationary_deg
        out[:, :, self.count - slots.size :] = geostationary_position_km(slots).T
        for outage in self.outages:
            out[np.ix_(outage.during(utc), np.ones(3, np.bool_), outage.who)] = np.nan
        return out

    def without(self, outages: Sequence[Outage], notes: Sequence[str] = ()) -> Self:
        """The same satellites, some of which are nowhere (NaN) for a while; `notes` are added."""
        lessened = copy(self)
        lessened.outages, lessened.notes = (*self.outages, *outages), (*self.notes, *notes)
        return lessened

    def _fill_near(self, utc: Times, rotation: Floats, out: Floats, device: str) -> None:
        if device == "gpu":
            from raabta.orbits.gpu import propagate_itrf
        else:
            from raabta.orbits.kernels import propagate_itrf

        near = self._near
        if near.indices.size == 0:
            return
        direct = self._deep.size == 0
        target = out if direct else np.empty((utc.size, 3, near.indices.size))
        propagate_itrf(near.constants, near.offsets_min, self.minutes(utc), rotation, target)
        if not direct:
            out[:, :, near.indices] = target

    def _fill_deep(self, utc: Times, rotation: Floats, out: Floats) -> None:
        from raabta.orbits.deep_space import positions_teme_km, records

        if self._deep.size == 0 or self.satellites.elements is None:
            return
        if self._deep_records is None:
            self._deep_records = records(self.satellites.elements.take(self._deep))
        teme = positions_teme_km(self._deep_records, utc)
        out[:, :, self._deep] = np.einsum("tij,stj->tis", rotation, teme)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_deep_records": None}


def start_utc(start: datetime | np.datetime64) -> np.datetime64:
    """A start as UTC datetime64[ns]; a `datetime` without a zone is read as UTC."""
    if isinstance(start, datetime):
        start = np.datetime64(start.astimezone(UTC).replace(tzinfo=None) if start.tzinfo else start)
    return np.datetime64(as_utc(start).item(), "ns")


def _east(longitude_deg: float) -> str:
    return f"{abs(longitude_deg):g}{'W' if longitude_deg < 0 else 'E'}"
