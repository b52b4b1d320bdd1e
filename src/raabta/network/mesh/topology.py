"""Which lasers there are at a step: the pattern of a constellation, and what ends a laser.

Fixed patterns (+Grid, motif) have one table of neighbours, and a limit makes a length infinite. Lasers to the
nearest (`nearest`, `between_shells`, the seam of a star pattern) are matched anew at every instant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.base.bodies import EARTH
from raabta.base.errors import OutOfRangeError, RaabtaError, ScenarioError
from raabta.network.mesh import topology_kernels as kernels
from raabta.network.mesh.laser_outages import LaserOutage
from raabta.network.mesh.paths import LEFT, NO_NODE, RIGHT, ROW_OF_OTHERS, Lasers, plus_grid
from raabta.scenario.constellation import pattern_of
from raabta.scenario.hypatia import read_links
from raabta.scenario.lasers import Lasers as Asked
from raabta.scenario.lasers import seam_closed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.orbits.propagate import Propagator
    from raabta.scenario.lasers import Offset
    from raabta.scenario.models import Shell, SpaceSegment

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]

LOOK_BACK_S = 15.0
"""Widest gap between the earlier instants that acquisition looks at."""
HALF_MOMENT_S = 0.5
"""Velocities are differences of positions this long before and after."""
MOST_POSITIONS = 500_000
"""Of instants that are held at once, satellites times instants."""
_NOTHING_KEPT = np.empty((0, 0), np.int32)
_ASKED_NEIGHBOURS = 6.0
"""Satellites that a matching's first ring holds beyond the terminals of one, in the mean."""


class Links(NamedTuple):
    """Lasers of one instant: who has one to whom, and km (n, K), infinite where a limit forbids it."""

    lasers: Lasers
    km: Floats


class Sky(NamedTuple):
    """One instant: position_km (3, n), Earth-fixed; velocity_km_s (3, n) as seen from a frame that does not
    turn, along the same axes, or None where no limit of slew asks for it."""

    position_km: Floats
    velocity_km_s: Floats | None = None


@dataclass(frozen=True)
class Topology:
    """Lasers of a constellation, prepared once: `at` gives those of an instant, `over` those of many.

    table: the fixed pattern (n, K), `NO_NODE` in columns of matchings. plane (n,): the number of each
    satellite's plane; shell (n,): of its shell, the geostationary arc last. outages: lasers that are out for
    a while, which `over` heeds. remembers: whether lasers that were matched stay while they hold, see
    `laser_memory`.
    """

    table: Lasers
    edges: kernels.Edges
    matchings: tuple[kernels.Matching, ...]
    limits: kernels.Limits
    plane: Ints
    shell: Ints
    acquisition_s: float
    rate_mbps: float
    outages: tuple[LaserOutage, ...] = ()
    remembers: bool = False

    @classmethod
    def of(cls, constellation: SpaceSegment, satellites: Propagator | int) -> Topology:
        """The lasers of a constellation whose satellites are numbered as by `orbits.Propagator`; none where
        it has none. Raises RaabtaError where their number is not the constellation's."""
        count = satellites if isinstance(satellites, int) else satellites.count
        asked = constellation.lasers
        if asked is None:
            return cls._without(count)
        fleet = _Fleet.of(constellation, count)
        neighbour, matchings = _pattern(constellation, asked, fleet)
        table = Lasers(neighbour, fleet.rows) if asked.links_file is None else in_rows(neighbour)
        neighbour = table.neighbour
        edges = _edges(neighbour, fleet.plane)
        return cls(
            table,
            edges,
            matchings,
            limits_of(asked),
            fleet.plane,
            fleet.shell,
            asked.acquisition_s,
            asked.rate_mbps,
            remembers=asked.rematch == "when-lost" and bool(matchings),
        )

    @classmethod
    def _without(cls, count: int) -> Topology:
        table = Lasers.of(np.full((count, 1), NO_NODE, np.int32))
        none = np.zeros(count, np.int64)
        limits = kernels.Limits(math.inf, 0.0, 1.0, math.inf)
        return cls(table, _edges(table.neighbour, none), (), limits, none, none, 0.0, 0.0)

    @property
    def asks_velocity(self) -> bool:
        """Whether `at` needs velocities: where slew has a limit."""
        return bool(self.limits.slew_rad_s < np.inf)

    @property
    def look_back_s(self) -> tuple[float, ...]:
        """How long before an instant acquisition looks: evenly spaced, the last is `acquisition_s`."""
        parts = math.ceil(self.acquisition_s / LOOK_BACK_S)
        return tuple(self.acquisition_s * (part + 1) / parts for part in range(parts))

    def at(
        self,
        position_km: Floats,
        velocity_km_s: Floats | None = None,
        earlier: Sequence[Links] = (),
        kept: Links | None = None,
    ) -> Links:
        """Lasers at positions (3, n), Earth-fixed or not, and velocities (3, n) along the same axes as a
        frame that does not turn sees them, wanted where slew has a limit.

        earlier: what `at` gave, without `earlier` of its own, at each of `look_back_s` before; a laser that
        one of them lacks is being acquired, and its length is infinite. kept: lasers of before, of which
        those that were matched stay while they hold. Raises RaabtaError on wrong shapes.
        """
        sky = self._sky(position_km, velocity_km_s)
        km = np.full(self.table.neighbour.shape, np.inf)
        kernels.fixed_km(sky, self.limits, self.edges, km.reshape(-1))
        lasers = self.table
        if self.matchings:
            lasers = Lasers(self.table.neighbour.copy(), self.table.row_start)
            before = _NOTHING_KEPT if kept is None else kept.lasers.neighbour
            self._match(sky, before, lasers.neighbour, km)
        for links in earlier:
            kernels.withhold(lasers.neighbour, km, links.lasers.neighbour, links.km)
        return Links(lasers, km)

    def out(self, pair: Ints, time: np.datetime64) -> NDArray[np.bool_]:
        """Whether lasers, (lower << 32) + higher, are out at a time (UTC)."""
        found = np.zeros(pair.shape, np.bool_)
        for outage in self.outages:
            if outage.start <= time < outage.end:
                found |= outage.takes(pair)
        return found

    def left(self, links: Links, time: np.datetime64) -> Links:
        """Lasers that are out at a time (UTC) are infinitely long."""
        for outage in self.outages:
            if outage.start <= time < outage.end:
                links = Links(links.lasers, outage.withheld(links.lasers, links.km))
        return links

    def sky(self, propagator: Propagator, time: np.datetime64) -> Sky:
        """Positions, and where slew has a limit velocities, of all satellites at one instant."""
        return next(self.skies(propagator, [time]))

    def skies(self, propagator: Propagator, times: ArrayLike) -> Iterator[Sky]:
        """The same of many, propagated some at a time; times: UTC, or ns as whole numbers."""
        utc = np.asarray(times, "datetime64[ns]")
        half = np.timedelta64(round(HALF_MOMENT_S * 1e9), "ns")
        batch = max(1, MOST_POSITIONS // max(self.plane.size, 1))
        for first in range(0, utc.size, batch):
            own = utc[first : first + batch]
            if not self.asks_velocity:
                yield from (Sky(position_km) for position_km in propagator.positions_km(own))
                continue
            moments = [propagator.positions_km(each) for each in (own - half, own, own + half)]
            for before, now, after in zip(*moments, strict=True):
                yield Sky(now, inertial_velocity_km_s(before, now, after))

    def verdicts(self, sky: Sky, a: ArrayLike, b: ArrayLike) -> NDArray[np.uint8]:
        """What the limits say of lasers between satellites a and b (e,): `topology_kernels.HELD` or the first
        that is broken."""
        ends = np.asarray(a, np.int64), np.asarray(b, np.int64)
        out = np.empty(ends[0].size, np.uint8)
        kernels.verdicts(self._sky(*sky), self.limits, *ends, out)
        return out

    def _sky(self, position_km: Floats, velocity_km_s: Floats | None) -> kernels.Sky:
        count = self.plane.size
        if position_km.shape != (3, count):
            raise RaabtaError(f"positions of shape {position_km.shape}; wanted: (3, {count})")
        if self.asks_velocity and (velocity_km_s is None or velocity_km_s.shape != (3, count)):
            raise RaabtaError(
                f"max_slew_deg_s limits these lasers: give velocities of shape (3, {count}), see Topology.sky"
            )
        velocity = np.empty((3, 0)) if velocity_km_s is None else np.ascontiguousarray(velocity_km_s)
        return kernels.Sky(np.ascontiguousarray(position_km), velocity, self.plane)

    def _match(self, sky: kernels.Sky, kept: Nodes, neighbour: Nodes, km: Floats) -> None:
        squared = np.einsum("xs,xs->s", sky.position, sky.position)
        for matching in self.matchings:
            own = squared[matching.member]
            radius_km = math.sqrt(own[np.isfinite(own)].max(initial=self.limits.floor_km**2))
            last = min(2.0 * math.sqrt(radius_km**2 - self.limits.floor_km**2), self.limits.range_km)
            wanted = float(matching.free.max()) + _ASKED_NEIGHBOURS
            first = min(2.0 * radius_km * math.sqrt(wanted / matching.member.size), last)
            kernels.match(sky, self.limits, matching, kept, _metres(first), _metres(last), neighbour, km)


def _metres(km: float) -> np.int64:
    return np.int64(math.ceil(1e3 * km) + 1)


def limits_of(asked: Asked) -> kernels.Limits:
    """What a scenario's lasers are held by, as the kernels take it."""
    return kernels.Limits(
        asked.max_range_km or math.inf,
        EARTH.mean_radius_km + asked.grazing_altitude_km,
        1.0 if asked.polar_cutoff_deg is None else math.sin(math.radians(asked.polar_cutoff_deg)),
        math.inf if asked.max_slew_deg_s is None else math.radians(asked.max_slew_deg_s),
    )


def longest_laser_km(
    altitude_km: float, grazing_altitude_km: float = 80.0, radius_km: float = EARTH.mean_radius_km
) -> float:
    """Longest laser between two satellites of one altitude that stays above the grazing altitude, km:
    2 sqrt((R + h)^2 - (R + g)^2), Bhattacherjee and Singla 2019, doi:10.1145/3359989.3365407."""
    if altitude_km < grazing_altitude_km:
        raise OutOfRangeError(
            "altitude_km", altitude_km, f"at least the grazing altitude, {grazing_altitude_km:g}", "a laser"
        )
    return 2.0 * math.sqrt((radius_km + altitude_km) ** 2 - (radius_km + grazing_altitude_km) ** 2)


def inertial_velocity_km_s(before_km: Floats, now_km: Floats, after_km: Floats) -> Floats:
    """Velocity (3, n) as a frame that does not turn sees it, along Earth-fixed axes, from positions there
    `HALF_MOMENT_S` before and after: dr/dt + omega x r."""
    moved = (after_km - before_km) / (2.0 * HALF_MOMENT_S)
    moved[0] -= EARTH.rotation_rad_s * now_km[1]
    moved[1] += EARTH.rotation_rad_s * now_km[0]
    return moved


def motif_lasers(
    planes: int, satellites_per_plane: int, phasing: int, motif: Sequence[Offset], *, seam: bool
) -> Nodes:
    """Neighbours (n, 2 m) of a Walker shell by m offsets, each with its way back: `NO_NODE` across an open
    seam and where two offsets lead to one satellite."""
    count = satellites_per_plane
    plane, place = np.repeat(np.arange(planes), count), np.tile(np.arange(count), planes)
    columns: list[Ints] = []
    for offset in sorted(motif, key=lambda each: (each.plane_step, each.place_step)):
        for way in (1, -1):
            turns, there = np.divmod(plane + way * offset.plane_step, planes)
            found = there * count + (place + way * offset.place_step + turns * phasing) % count
            found = np.where(turns == 0, found, found if seam else NO_NODE)
            known = found == plane * count + place
            for column in columns:
                known |= column == found
            columns.append(np.where(known, NO_NODE, found))
    return np.column_stack(columns).astype(np.int32)


def nearest_place(shell: Shell) -> int:
    """How many places ahead in the next plane the satellite stands that is nearest in the mean over an orbit.

    Satellites of two circular orbits of one height, a step of node D and a phase f apart, have as the mean
    cosine of the angle between them (cos f (cos D (1 + cos2 i) + sin2 i) - 2 sin D cos i sin f) / 2.
    """
    node = math.radians((360.0 if shell.pattern == "delta" else 180.0) / shell.planes)
    inclination = math.radians(shell.inclination_deg)
    even = math.cos(node) * (1.0 + math.cos(inclination) ** 2) + math.sin(inclination) ** 2
    odd = 2.0 * math.sin(node) * math.cos(inclination)
    step = 2.0 * math.pi / shell.satellites_per_plane

    def apart(places: int) -> float:
        phase = places * step + 2.0 * math.pi * shell.phasing / shell.satellites
        return round(odd * math.sin(phase) - even * math.cos(phase), 9)

    return min((0, -1, 1, -2, 2), key=apart)


class _Fleet(NamedTuple):
    """Of every satellite: its shell, its plane; first (shells + 1,): where each shell begins; row_start."""

    shell: Ints
    plane: Ints
    first: Ints
    rows: Ints

    @classmethod
    def of(cls, constellation: SpaceSegment, count: int) -> _Fleet:
        fixed = len(constellation.geostationary)
        if constellation.orbits_file is not None:
            sizes, planes = [count - fixed], [[count - fixed]]
        else:
            sizes = [shell.satellites for shell in constellation.shells]
            planes = [[shell.satellites_per_plane] * shell.planes for shell in constellation.shells]
        if sum(sizes) + fixed != count or min(sizes, default=0) < 0:
            raise RaabtaError(f"{count} satellites; the constellation has {sum(sizes) + fixed}")
        if fixed:
            sizes, planes = [*sizes, fixed], [*planes, [fixed]]
        flat = [each for shell in planes for each in shell]
        first, ends = np.cumsum([0, *sizes]), np.cumsum([0, *flat])
        rows = np.concatenate([*(_rows_of(a, b) for a, b in pairwise(ends.tolist())), [count]])
        return cls(
            np.repeat(np.arange(len(sizes)), sizes), np.repeat(np.arange(len(flat)), flat), first, rows
        )


def _rows_of(first: int, last: int) -> Ints:
    """Where rows of satellites begin: a plane is one, a long list without planes is cut."""
    long = last - first > 4 * ROW_OF_OTHERS
    return np.arange(first, last, ROW_OF_OTHERS if long else max(last - first, 1), dtype=np.int64)


def _pattern(
    constellation: SpaceSegment, asked: Asked, fleet: _Fleet
) -> tuple[Nodes, tuple[kernels.Matching, ...]]:
    """The fixed table, and what is matched at every instant."""
    pattern = pattern_of(constellation, asked)
    if pattern == "listed":
        return _listed(asked, fleet.plane.size), ()
    width = {"plus-grid": 4, "motif": 2 * len(asked.motif), "nearest": asked.own}[pattern]
    neighbour = np.full((fleet.plane.size, max(width + asked.between_shells, 1)), NO_NODE, np.int32)
    matchings: list[kernels.Matching] = []
    if pattern == "nearest":
        members = [np.arange(a, b) for a, b in pairwise(fleet.first.tolist())]
        matchings += [_matching(each, 0 * each, asked.own, 0, alike=True) for each in members]
    else:
        for shell, first in zip(constellation.shells, fleet.first.tolist(), strict=False):
            own = _fixed(shell, asked)
            held = np.where(own == NO_NODE, NO_NODE, own + first)
            neighbour[first : first + shell.satellites, : own.shape[1]] = held
            matchings += _seam(shell, asked, first)
    if asked.between_shells:
        everyone = np.arange(fleet.plane.size)
        matchings.append(_matching(everyone, fleet.shell, asked.between_shells, width, alike=False))
    return neighbour, tuple(each for each in matchings if each.member.size > 1 and each.free.max() > 0)


def _listed(asked: Asked, count: int) -> Nodes:
    """Neighbours (n, K) by a list of lasers: each satellite's in the order of the list."""
    pairs = np.array(read_links(Path(str(asked.links_file)), count), np.int64).reshape(-1, 2)
    degree = np.bincount(pairs.ravel(), minlength=count)
    if degree.max(initial=0) > asked.terminals:
        most = int(degree.argmax())
        raise ScenarioError(
            f"a laser degree above the terminals: satellite {most} has {degree[most]} lasers in "
            f"{asked.links_file}, and there are {asked.terminals} terminals",
            hint=f"give lasers.terminals of at least {degree[most]}, or a shorter list",
        )
    return table_of(pairs, count)


def in_rows(neighbour: Nodes) -> Lasers:
    """Lasers (n, K) with rows and columns as ways are found fastest: a row goes on while each satellite has a
    laser to the next, and the two nearest by number come first, ahead and then behind."""
    count = len(neighbour)
    step = np.where(neighbour == NO_NODE, 2 * count, neighbour - np.arange(count)[:, None])
    order = np.argsort(np.abs(step), axis=1, kind="stable")
    step, held = np.take_along_axis(step, order, axis=1), np.take_along_axis(neighbour, order, axis=1)
    if step.shape[1] > 1:
        behind = (step[:, 0] != 1) & ((step[:, 0] >= -1) | (step[:, 1] == 1)) & (held[:, 1] != NO_NODE)
        held[behind, :2] = held[behind, 1::-1]
    starts = np.append(np.flatnonzero(~(step == -1).any(axis=1)), count)
    rows = starts if 4 * len(starts) < count else _rows_of(0, count)
    return Lasers(np.ascontiguousarray(held), np.append(rows[rows < count], count).astype(np.int64))


def table_of(pairs: Ints, count: int) -> Nodes:
    """Neighbours (n, K) of `count` satellites by lasers (m, 2): each satellite's in the order of the list."""
    end, other = pairs.ravel(), pairs[:, ::-1].ravel()
    order = np.argsort(end, kind="stable")
    start = np.searchsorted(end[order], np.arange(count))
    column = np.arange(end.size) - start[end[order]]
    out = np.full((count, int(column.max(initial=0)) + 1), NO_NODE, np.int32)
    out[end[order], column] = other[order]
    return out


def _fixed(shell: Shell, asked: Asked) -> Nodes:
    """Neighbours of one shell, numbered from 0."""
    closed = seam_closed(shell, asked) and shell.pattern == "delta"
    if asked.pattern == "motif":
        return motif_lasers(shell.planes, shell.satellites_per_plane, shell.phasing, asked.motif, seam=closed)
    step = nearest_place(shell) if shell.planes > 1 else 0
    return plus_grid(
        shell.planes, shell.satellites_per_plane, shell.phasing, seam=closed, place_step=step
    ).neighbour


def _seam(shell: Shell, asked: Asked, first: int) -> list[kernels.Matching]:
    """Lasers across the closed seam of a star pattern: satellites pass each other, so they are matched."""
    if shell.pattern != "star" or not seam_closed(shell, asked) or shell.planes < 3:
        return []
    count = shell.satellites_per_plane
    ends = np.arange(count), np.arange(count) + shell.satellites - count
    label, column = np.repeat([0, 1], count), np.repeat([LEFT, RIGHT], count)
    return [_matching(np.concatenate(ends) + first, label, 1, column, alike=False)]


def _matching(member: Ints, label: Ints, free: int, column: int | Ints, *, alike: bool) -> kernels.Matching:
    each = np.broadcast_to(np.asarray(column, np.int64), member.shape).copy()
    return kernels.Matching(member.astype(np.int64), label, np.full(member.size, free, np.int64), each, alike)


def _edges(neighbour: Nodes, plane: Ints) -> kernels.Edges:
    """Lasers of a table, each once, by the end of the lower number."""
    width = neighbour.shape[1]
    a, column = np.nonzero(neighbour > np.arange(len(neighbour))[:, None])
    b = neighbour[a, column].astype(np.int64)
    back = (neighbour[b] == a[:, None]).argmax(axis=1)
    return kernels.Edges(a, b, a * width + column, b * width + back, plane[a] != plane[b])
