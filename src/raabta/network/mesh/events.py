"""What changes in the mesh from one step to the next: lasers and ground links that come and go, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh import topology_kernels as kernels
from raabta.network.mesh.lasers_over import lasers_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.paths import GroundLinks
    from raabta.network.mesh.topology import Links, Sky, Topology
    from raabta.orbits.propagate import Propagator

    Ints = NDArray[np.int64]
    Codes = NDArray[np.uint8]

CAUSES: Final = (
    "none",
    "position",
    "range",
    "grazing",
    "polar",
    "slew",
    "acquisition",
    "matching",
    "mask",
    "handover",
    "failure",
)
"""By their numbers; those up to slew are the verdicts of `topology_kernels`. position: a satellite is
out, or its elements no longer say where it is; matching: another laser was shorter; mask: below it, or the
place is out; failure: the laser itself is out."""
ACQUISITION, MATCHING, MASK, HANDOVER, FAILURE = (CAUSES.index(name) for name in CAUSES[6:])
KINDS: Final = ("laser", "ground")
LASER, GROUND = 0, 1


class Instant(NamedTuple):
    """The mesh at one step: lasers; ground links as chosen, and all that the mask allows."""

    time: np.datetime64
    sky: Sky
    links: Links
    ground: GroundLinks | None = None
    in_view: GroundLinks | None = None


@dataclass(frozen=True)
class Events:
    """Changes (e,), by time, kind, up, then ends. time: UTC of the first step that has them; kind: of
    `KINDS`; one, other: two satellites, the lower number first, or a place and a satellite; up: whether the
    link came; cause: of `CAUSES`, what ended it, or what had kept it away until then."""

    time: NDArray[np.datetime64]
    kind: Codes
    one: Ints
    other: Ints
    up: NDArray[np.bool_]
    cause: Codes

    def __len__(self) -> int:
        return int(self.time.size)

    @classmethod
    def joined(cls, parts: Iterable[Events]) -> Events:
        """Events one part after the other."""
        columns = [list(column) for column in zip(*(part.columns for part in parts), strict=True)]
        return cls(*map(np.concatenate, columns)) if columns else cls.none()

    @classmethod
    def none(cls) -> Events:
        """No events."""
        empty = np.empty(0, np.int64)
        codes = empty.astype(np.uint8)
        return cls(empty.astype("datetime64[ns]"), codes, empty, empty, empty.astype(np.bool_), codes)

    @property
    def columns(self) -> tuple[NDArray[np.generic], ...]:
        """The columns in their order."""
        return self.time, self.kind, self.one, self.other, self.up, self.cause

    def rows(self, satellites: tuple[str, ...], places: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """One line of words for each: time, kind, the two ends by name, up or down, cause."""
        for time, kind, one, other, up, cause in zip(*self.columns, strict=True):
            first = (satellites if kind == LASER else places)[one]
            when = np.datetime_as_string(time, unit="ms") + "Z"
            yield when, KINDS[kind], first, satellites[other], "up" if up else "down", CAUSES[cause]


def instants(
    topology: Topology,
    propagator: Propagator,
    times: NDArray[np.datetime64],
    ground: Iterable[GroundLinks] | None = None,
    in_view: Iterable[GroundLinks] | None = None,
) -> Iterator[Instant]:
    """The mesh at each of `times` (UTC), with ground links as chosen and all in view, where these are given,
    one for each time."""
    nothing = [None] * len(times)
    skies, links = topology.skies(propagator, times), lasers_over(topology, propagator, times)
    for each in zip(times, skies, links, ground or nothing, in_view or nothing, strict=True):
        yield Instant(*each)


def events(topology: Topology, instants: Iterable[Instant]) -> Iterator[Events]:
    """Changes between instants that follow each other, one `Events` for each but the first."""
    for before, after in pairwise(instants):
        parts = [laser_events(topology, before, after)]
        if before.ground is not None and after.ground is not None:
            parts.append(ground_events(before, after))
        yield Events.joined(parts)


def laser_events(topology: Topology, before: Instant, after: Instant) -> Events:
    """Lasers that came and went. One that went is told by its state after, one that came by its state before:
    the limit that forbade it; acquisition while it was being made; matching where others were shorter."""
    was, now = held_pairs(before.links), held_pairs(after.links)
    gone, come = np.setdiff1d(was, now, assume_unique=True), np.setdiff1d(now, was, assume_unique=True)
    down = _events(after.time, LASER, gone, _why(topology, gone, after), up=False)
    return Events.joined([down, _events(after.time, LASER, come, _why(topology, come, before), up=True)])


def ground_events(before: Instant, after: Instant) -> Events:
    """Ground links that came and went: mask where the satellite was or is below it, else handover."""
    was, now = _place_pairs(before.ground), _place_pairs(after.ground)
    gone, come = np.setdiff1d(was, now, assume_unique=True), np.setdiff1d(now, was, assume_unique=True)
    down = _events(after.time, GROUND, gone, _masked(gone, after), up=False)
    return Events.joined([down, _events(after.time, GROUND, come, _masked(come, before), up=True)])


def held_pairs(links: Links) -> Ints:
    """Lasers that hold, each once, as numbers that ascend: (lower << 32) + higher; see `ends`."""
    s, k = np.nonzero(np.isfinite(links.km))
    return _lower_first(s, links.lasers.neighbour[s, k].astype(np.int64))


def ends(pair: Ints) -> tuple[Ints, Ints]:
    """The two ends of pairs."""
    return pair >> 32, pair & 0xFFFFFFFF


def _lower_first(a: Ints, b: Ints) -> Ints:
    return np.unique((np.minimum(a, b) << 32) + np.maximum(a, b))


def _place_pairs(links: GroundLinks | None) -> Ints:
    if links is None:
        return np.empty(0, np.int64)
    place = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    return np.sort((place << 32) + links.satellite)


def _why(topology: Topology, pair: Ints, at: Instant) -> Codes:
    """Why a laser does not hold at an instant."""
    found = topology.verdicts(at.sky, *ends(pair))
    s, k = np.nonzero(at.links.lasers.neighbour >= 0)
    linked = _lower_first(s, at.links.lasers.neighbour[s, k].astype(np.int64))
    waits = np.where(np.isin(pair, linked), ACQUISITION, MATCHING)
    failed = (found == kernels.HELD) & topology.out(pair, at.time)
    return np.where(failed, FAILURE, np.where(found == kernels.HELD, waits, found)).astype(np.uint8)


def _masked(pair: Ints, at: Instant) -> Codes:
    """Why a ground link is not there at an instant."""
    seen = np.isin(pair, _place_pairs(at.in_view if at.in_view is not None else at.ground))
    return np.where(seen, HANDOVER, MASK).astype(np.uint8)


def _events(time: np.datetime64, kind: int, pair: Ints, cause: Codes, *, up: bool) -> Events:
    count = pair.size
    one, other = ends(pair)
    return Events(
        np.full(count, time).astype("datetime64[ns]"),
        np.full(count, kind, np.uint8),
        one,
        other,
        np.full(count, up),
        cause,
    )
