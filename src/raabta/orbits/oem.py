"""Orbit Ephemeris Messages (CCSDS 502.0-B-3): KVN and XML read by our own grammar and ranges, KVN written.

Positions about the Earth or the Moon in GCRF, ICRF or EME2000 axes, in UTC, TAI, TT or TDB; anything else is
refused by name. Covariances are passed over. What comes in becomes a `Trajectory`, what goes out is one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from raabta.base.clock import TT_MINUS_TAI_S, as_utc
from raabta.base.errors import NoSolutionError, OrbitDataError
from raabta.base.timescales import leap_seconds_s, utc_from_tdb_s
from raabta.orbits.oem_xml import xml_lines
from raabta.orbits.read import MAX_BYTES, bytes_of
from raabta.orbits.rows import Place, ccsds_time_ns, name_of, number, refuse, shown
from raabta.orbits.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

MAX_STATES = 500_000
MAX_SEGMENTS = 1_000
MAX_LINE = 1_000
FARTHEST_KM, FASTEST_KM_S = 2_000_000.0, 20.0
CENTRES = {"EARTH": "Earth", "MOON": "Moon"}
FRAMES = ("GCRF", "ICRF", "EME2000")
YEARS = 1972, 2150
TIME_SYSTEMS = ("UTC", "TAI", "TT", "TDB")
_NEEDED = ("OBJECT_NAME", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
_KEY = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")


@dataclass
class _Segment:
    """One block of metadata and its states, as they stand in the file."""

    place: Place
    meta: dict[str, tuple[str, Place]] = field(default_factory=dict)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    last: Place | None = None


@dataclass(frozen=True, eq=False)
class EphemerisSegment:
    """States of one object: UTC (k,), km and km/s (k, 6) in GCRF axes about `centre`, ascending in time."""

    name: str
    centre: str
    time: Times
    states: Floats
    first: np.datetime64
    last: np.datetime64


@dataclass(frozen=True, eq=False)
class OrbitEphemeris:
    """What a message holds, in the order of the file."""

    source: str
    segments: tuple[EphemerisSegment, ...]

    def trajectory(
        self, name: str, centre: str, start: np.datetime64, duration_s: float, *, partly: bool = False
    ) -> Trajectory:
        """The object that goes about `centre` over the whole of a span, called `name`, as a trajectory.

        partly: the segment that covers most of the span will do where none covers all of it.
        A message of several objects needs the one of that name. NoSolutionError says what there is instead.
        """
        begin = np.datetime64(as_utc(start).item(), "ns")
        end = begin + np.timedelta64(round(duration_s * 1e9), "ns")
        there = [part for part in self.segments if part.centre == centre]
        named = [part for part in there if part.name == name]
        if len({part.name for part in there}) > 1:
            there = named
        held = [part for part in there if part.first <= begin and end <= part.last]
        if not held and partly:
            common = [(min(end, part.last) - max(begin, part.first), -k) for k, part in enumerate(there)]
            length, k = max(common, default=(np.timedelta64(0, "ns"), 0))
            held = [there[-k]] if length > np.timedelta64(0, "ns") else []
        if not held:
            raise NoSolutionError(
                f"{self.source}: no segment of {name} about the {centre} covers {begin} to {end}; it holds "
                f"{'; '.join(_told(part) for part in self.segments[:5])}"
            )
        return _as_trajectory(held[0], name)


def _told(part: EphemerisSegment) -> str:
    first, last = (np.datetime_as_string(time, "s") for time in (part.first, part.last))
    return f"{part.name} about the {part.centre}, {first} to {last}"


def read_oem(path: Path | str) -> OrbitEphemeris:
    """A message from a file of at most 50 MB. OrbitDataError says file, line, column and what is allowed."""
    return parse_oem(bytes_of(path, "an OEM file"), Path(path).name)


def parse_oem(data: bytes, source: str = "OEM") -> OrbitEphemeris:
    """A message from its bytes, KVN or XML. OrbitDataError for whatever is wrong with it."""
    if len(data) > MAX_BYTES:
        raise OrbitDataError(f"{source}: more than {MAX_BYTES // 10**6} MB; split the file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        refuse(Place(source, line), f"byte 0x{data[error.start]:02x} is no UTF-8; save it as UTF-8 text")
    lines = xml_lines(text, source) if text.lstrip().startswith("<") else _kvn_lines(text, source)
    parts = tuple(_finished(segment) for segment in _segments(lines, source))
    if not parts:
        raise OrbitDataError(
            f"{source}: no state in this file; an OEM has META_START ... and lines of states"
        )
    return OrbitEphemeris(source, parts)


def _kvn_lines(text: str, source: str) -> Iterator[tuple[str, Place]]:
    for i, line in enumerate(text.split("\n"), start=1):
        place = Place(source, i)
        if len(line) > MAX_LINE:
            refuse(place, f"{len(line)} characters in a line; allowed: {MAX_LINE}")
        line = line.strip()
        if line and not line.startswith("COMMENT"):
            yield line, place


def _segments(lines: Iterator[tuple[str, Place]], source: str) -> Iterator[_Segment]:
    """Blocks of a message. States: header, then META and states by turns; covariances are passed over."""
    here, mode, states = _Segment(Place(source, 1)), "header", 0
    count = 0
    for line, place in lines:
        if line == "META_START":
            if mode in ("meta", "covariance") or (mode == "states" and not here.rows):
                refuse(
                    here.place, f"META_START in line {place.line}, before this block has ended and has states"
                )
            if mode == "states":
                yield here
            count += 1
            if count > MAX_SEGMENTS:
                refuse(place, f"more than {MAX_SEGMENTS} segments")
            here, mode = _Segment(place), "meta"
        elif line == "META_STOP" and mode == "meta":
            mode = "states"
        elif line == "COVARIANCE_START" and mode == "states":
            mode = "covariance"
        elif line == "COVARIANCE_STOP" and mode == "covariance":
            mode = "states"
        elif mode in ("header", "meta"):
            _keep(here, line, place)
            if mode == "header":
                _check_header(line, place)
        elif mode == "states":
            states += 1
            if states > MAX_STATES:
                refuse(place, f"more than {MAX_STATES:,} states in one file; split it")
            _state(here, line, place)
    if mode in ("meta", "covariance"):
        refuse(here.place, f"a block of {mode} that does not end")
    if here.rows:
        yield here


def _check_header(line: str, place: Place) -> None:
    match = _KEY.fullmatch(line)
    if match and match[1].startswith("CCSDS_") and match[1] != "CCSDS_OEM_VERS":
        refuse(place, f"{match[1]}: this is another message; allowed: CCSDS_OEM_VERS")
    if match and match[1] == "CCSDS_OEM_VERS" and match[2] not in ("1.0", "2.0", "3.0"):
        refuse(place, f"CCSDS_OEM_VERS is {shown(match[2])}; allowed: 1.0, 2.0, 3.0")


def _keep(segment: _Segment, line: str, place: Place) -> None:
    match = _KEY.fullmatch(line)
    if match is None:
        refuse(place, f"{shown(line)}; allowed: KEY = value, META_START or COMMENT")
    if match[1] in segment.meta:
        refuse(place, f"{match[1]} stands twice in one block")
    segment.meta[match[1]] = (match[2].strip(), place)


def _state(segment: _Segment, line: str, place: Place) -> None:
    cells = line.split()
    if len(cells) not in (7, 10):
        refuse(place, f"{len(cells)} values; allowed: a time, x y z (km), vx vy vz (km/s), and accelerations")
    at = ccsds_time_ns(cells[0], place, "time", YEARS)
    if segment.time and at <= segment.time[-1]:
        refuse(place, f"{cells[0]} is not after the state before it")
    values = tuple(number(cell, "a coordinate", place) for cell in cells[1:7])
    far, fast = math.hypot(*values[:3]), math.hypot(*values[3:])
    if not 1.0 <= far <= FARTHEST_KM or fast > FASTEST_KM_S:
        refuse(
            place,
            f"{far:g} km from the centre at {fast:g} km/s; allowed: 1 to {FARTHEST_KM:,.0f} km and "
            f"{FASTEST_KM_S:g} km/s (an OEM is in km and km/s, not m)",
        )
    segment.rows.append(values)
    segment.time.append(at)
    segment.last = place


def _finished(segment: _Segment) -> EphemerisSegment:
    """A block as checked arrays in GCRF axes and UTC."""
    for key in _NEEDED:
        if key not in segment.meta:
            refuse(segment.place, f"this block has no {key}")
    centre = _one_of(segment, "CENTER_NAME", tuple(CENTRES))
    frame = _one_of(segment, "REF_FRAME", FRAMES)
    system = _one_of(segment, "TIME_SYSTEM", TIME_SYSTEMS)
    label, place = segment.meta["OBJECT_NAME"]
    name = name_of(label, "object", place)
    if len(segment.rows) < 3:
        refuse(segment.place, f"{len(segment.rows)} states; allowed: 3 or more, to lay a polynomial through")
    time = _utc(np.array(segment.time, np.int64), system)
    states = np.array(segment.rows, np.float64)
    if frame == "EME2000":
        turn = _eme2000_to_gcrf()
        states = np.concatenate([states[:, :3] @ turn.T, states[:, 3:] @ turn.T], axis=1)
    first, last = _usable(segment, system, time)
    return EphemerisSegment(name, CENTRES[centre], time, np.ascontiguousarray(states), first, last)


def _one_of(segment: _Segment, key: str, allowed: tuple[str, ...]) -> str:
    text, place = segment.meta[key]
    if text.upper() not in allowed:
        refuse(place, f"{key} is {shown(text)}; allowed: {', '.join(allowed)}")
    return text.upper()


def _usable(segment: _Segment, system: str, time: Times) -> tuple[np.datetime64, np.datetime64]:
    """The span that the message says may be used: inside of its states."""
    keys = ("USEABLE_START_TIME", "START_TIME"), ("USEABLE_STOP_TIME", "STOP_TIME")
    edges = []
    for pair in keys:
        text, place = next(segment.meta[key] for key in pair if key in segment.meta)
        edges.append(_utc(np.array([ccsds_time_ns(text, place, "time", YEARS)]), system)[0])
    first, last = np.datetime64(max(edges[0], time[0])), np.datetime64(min(edges[1], time[-1]))
    if first >= last:
        refuse(segment.place, "its times of start and stop leave nothing of its states; are they reversed?")
    return first, last


def _utc(clock_ns: npt.NDArray[np.int64], system: str) -> Times:
    """UTC (t,) of clock readings of a time system, as `datetime64` counts them."""
    clock = clock_ns.astype("datetime64[ns]")
    if system == "UTC":
        return np.asarray(clock)
    if system == "TDB":
        return utc_from_tdb_s((clock_ns - _J2000_NS) / 1e9)
    behind = TT_MINUS_TAI_S if system == "TT" else 0.0
    tai = clock - np.timedelta64(round(behind * 1e9), "ns")
    utc = tai - _ns(leap_seconds_s(tai))
    return np.asarray(tai - _ns(leap_seconds_s(utc)))


_J2000_NS = 946_728_000_000_000_000


def _ns(seconds: Floats) -> npt.NDArray[np.timedelta64]:
    return np.asarray(np.rint(seconds * 1e9).astype("timedelta64[ns]"))


def _eme2000_to_gcrf() -> Floats:
    """M (3, 3), r_gcrf = M r_eme2000: the frame bias of the IAU 2000, 0.02 arcseconds."""
    import erfa

    return np.asarray(erfa.bp00(2_451_545.0, 0.0)[0]).T


def _as_trajectory(part: EphemerisSegment, name: str) -> Trajectory:
    """States as nodes; accelerations are those of the polynomials of degree 5 through three states each."""
    seconds = (part.time - part.time[0]).astype(np.int64) / 1e9
    seconds += leap_seconds_s(part.time) - leap_seconds_s(part.time[:1])
    node = np.empty((seconds.size, 10))
    node[:, 0], node[:, 1:7] = seconds, part.states
    middle = np.clip(np.arange(seconds.size), 1, seconds.size - 2)
    near = middle[:, None] + np.array([-1, 0, 1])
    scale = seconds[near[:, 2]] - seconds[near[:, 0]]
    share = (seconds[near] - seconds[:, None]) / scale[:, None]
    power = np.arange(6)
    of_place = share[:, :, None] ** power
    of_speed = power * share[:, :, None] ** np.maximum(power - 1, 0)
    system = np.concatenate([of_place, of_speed], axis=1)
    right = np.concatenate([part.states[near, :3], part.states[near, 3:] * scale[:, None, None]], axis=1)
    node[:, 7:] = 2.0 * np.linalg.solve(system, right)[:, 2] / scale[:, None] ** 2
    return Trajectory((name,), part.centre, part.time[0], (node,))


def oem_text(
    trajectory: Trajectory,
    start: np.datetime64,
    duration_s: float,
    step_s: float,
    *,
    created: np.datetime64,
    originator: str = "RAABTA",
) -> str:
    """A message in KVN of every spacecraft's states each `step_s` from `start` (UTC), in GCRF axes.

    OrbitDataError where the trajectory does not cover the span.
    """
    count = round(duration_s / step_s) + 1
    begin = np.datetime64(as_utc(start).item(), "ns")
    time = begin + np.rint(np.arange(count) * step_s * 1e9).astype("timedelta64[ns]")
    place, speed = trajectory.positions_km(time), trajectory.velocities_km_s(time)
    if not bool(np.isfinite(place).all()):
        raise OrbitDataError(
            f"the trajectory covers {trajectory.start} to {trajectory.end}; asked for {time[0]} to {time[-1]}"
        )
    stamps = np.datetime_as_string(time, unit="ns")
    lines = [
        "CCSDS_OEM_VERS = 3.0",
        f"CREATION_DATE = {np.datetime_as_string(created, unit='s')}",
        f"ORIGINATOR = {originator}",
    ]
    for i, name in enumerate(trajectory.names):
        lines += ["", "META_START", f"OBJECT_NAME = {name}", f"OBJECT_ID = {name}"]
        lines += [f"CENTER_NAME = {trajectory.centre.upper()}", "REF_FRAME = GCRF", "TIME_SYSTEM = UTC"]
        lines += [f"START_TIME = {stamps[0]}", f"STOP_TIME = {stamps[-1]}"]
        lines += ["INTERPOLATION = HERMITE", "INTERPOLATION_DEGREE = 5", "META_STOP"]
        for k, stamp in enumerate(stamps):
            cells = [f"{v:.9f}" for v in place[k, :, i]] + [f"{v:.12f}" for v in speed[k, :, i]]
            lines.append(" ".join([stamp, *cells]))
    return "\n".join(lines) + "\n"
