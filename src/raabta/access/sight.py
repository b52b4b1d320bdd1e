"""Two-sided contacts: when a signal that leaves one node meets another, on whatever bodies they stand or fly.

A contact holds when both ends see each other above their masks, no body stands between, and it is not too
far. Light takes its time: the sender's place is that of the sending, the receiver's that of the arrival, and
contacts are counted in the sender's time. Each condition is asked in a frame that moves with the body that
matters, where the signal's path is straight to first order of v/c, aberration with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access import intervals
from raabta.access.passes import Passes, find_contacts, find_passes
from raabta.access.sky import INERTIAL, PLACE_KM, Sky, body
from raabta.access.tracks import Track, tabulate
from raabta.base.bodies import EARTH, MOON, Body
from raabta.base.errors import OutOfRangeError, RaabtaError, ScenarioError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.base.rotations import body_frame
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.orbits.platforms import Moving
    from raabta.terrain.horizon import Horizon

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MARGIN_KM: Mapping[str, float] = {EARTH.name: 100.0, MOON.name: 0.0}
"""How far above a sphere of the mean radius lines between nodes keep: the Earth's air, no lunar relief."""
LONGEST_STEP_S = 3_600.0
BEFORE, AFTER = 3, 4
"""Steps that `find_passes` asks for before a chunk and after its last one's beginning."""
CHUNK_STEPS = 8_192
FARTHEST_KM = 3e6
"""Ways longer than this (10 s) would end too far beyond the tables of the span."""


@dataclass(frozen=True, eq=False)
class Place:
    """A site or an Earth station on a body. mask_deg: the horizon in equal bins of azimuth from north, (a,),
    or one elevation all round. frame: the body-fixed axes of its coordinates, to be named on the Moon
    (MOON_ME or MOON_PA; ScenarioError)."""

    name: str
    body: Body
    latitude_deg: float
    longitude_deg: float
    height_km: float = 0.0
    mask_deg: Floats | float = 0.0
    frame: str | None = None

    @cached_property
    def axes(self) -> str:
        """Name of the axes of its coordinates."""
        return body_frame(self.frame, self.body.name, "site")

    @cached_property
    def km(self) -> Floats:
        """Its place (1, 3) in the body's frame, as `passes.Ground` has it."""
        where = np.atleast_1d(self.latitude_deg), np.atleast_1d(self.longitude_deg)
        return geodetic_to_fixed(*where, np.atleast_1d(self.height_km), self.body)

    @cached_property
    def basis(self) -> Floats:
        """Its east, north and up, (1, 3, 3)."""
        return enu_basis(np.atleast_1d(self.latitude_deg), np.atleast_1d(self.longitude_deg))

    @cached_property
    def sin_mask(self) -> Floats:
        """Sine of its mask, (1, a). Raises OutOfRangeError for one outside -90 to below 90 degrees."""
        mask = np.atleast_1d(np.asarray(self.mask_deg, np.float64))
        bad = np.flatnonzero(~((mask >= -90.0) & (mask < 90.0)))
        if bad.size:
            what = f"the mask of {self.name}, bin {bad[0]}"
            raise OutOfRangeError(what, f"{mask[bad[0]]:g} deg", "-90 to below 90 deg", "a horizon")
        return np.sin(np.radians(mask))[None, :]


def place_on(name: str, horizon: Horizon, bins: int = 720, frame: str | None = None) -> Place:
    """A site at the eye of a horizon of `raabta.terrain`, which is its mask: in each bin the highest."""
    height_km = (horizon.ground_m + horizon.eye_m) / 1e3
    where = horizon.latitude_deg, horizon.longitude_deg, height_km
    return Place(name, horizon.body, *where, horizon.mask(bins), frame)


@dataclass(frozen=True, eq=False)
class Craft:
    """One of what moves: number `column` of a `Moving`."""

    name: str
    moving: Moving
    column: int = 0


Node = Place | Craft


@dataclass(frozen=True)
class Geometry:
    """A signal's way at its times of sending (t,): length, the time it takes, and the elevation of the other
    end at both ends, NaN at a node that has no horizon."""

    range_km: Floats
    light_time_s: Floats
    sender_elevation_deg: Floats
    receiver_elevation_deg: Floats


class Sight:
    """Nodes under one sky, and the contacts between them. Raises ScenarioError for a name used twice."""

    def __init__(
        self, nodes: Iterable[Node], sky: Sky, *, margin_km: Mapping[str, float] = MARGIN_KM
    ) -> None:
        self.nodes, self.sky, self.margin_km = tuple(nodes), sky, margin_km
        self.names = tuple(node.name for node in self.nodes)
        twice = [name for name in self.names if self.names.count(name) > 1]
        if twice:
            raise ScenarioError(f"two nodes are called {twice[0]!r}", hint="each has a name of its own")
        self._tables: dict[int, Track] = {}
        self._at_steps: dict[tuple[int | str, float], Floats] = {}
        self._lengths: dict[tuple[int, int], Track] = {}

    def number(self, name: str) -> int:
        """Number of a node. Raises ScenarioError with the near name."""
        if name not in self.names:
            near = near_name(name, list(self.names))
            hint = f"did you mean {near!r}?" if near else f"nodes: {', '.join(self.names)}"
            raise ScenarioError(f"no node is called {name!r}", hint=hint)
        return self.names.index(name)

    def contacts(
        self, sender: str, receiver: str, *, longest_km: float = math.inf, step_s: float | None = None
    ) -> Passes:
        """When a signal that `sender` sends reaches `receiver`, in the sender's time: `Passes` of the two
        numbers. Ranges are lengths of the signal's way; elevations are none (see `geometry`).

        step_s: of the positions that edges are found between; default: what the motion of both allows.
        Raises OutOfRangeError for a node that leaves the span, or stands inside a body's margin.
        """
        one, other = self.number(sender), self.number(receiver)
        way = _Way(self, one, other, self._step_s(one, other) if step_s is None else step_s)
        found = [way.above(end) for end in (0, 1) if isinstance(way.ends[end], Place)]
        between = way.bodies_between()
        found += [way.clear_of(name, longest_km) for name in between]
        if not between and math.isfinite(longest_km):
            found.append(way.within(longest_km))
        out = intervals.whole_span(self.sky.start, self.sky.duration_s, np.array([[0, 0]]))
        for each in found:
            out = intervals.both(out, replace(each, site=0 * each.site, satellite=0 * each.satellite))
        self._lengths[one, other] = Track(way.step_s, way.length_km[:, None], way.step_s)
        return self.measured(replace(out, site=out.site + one, satellite=out.satellite + other))

    def contacts_of(
        self, pairs: Sequence[tuple[str, str]], *, longest_km: float = math.inf, threads: int = 1
    ) -> Passes:
        """The contacts of several pairs (sender, receiver), joined. The answer does not depend on threads.

        Raises RaabtaError for no pair, OutOfRangeError for one that stands twice; what `contacts` does.
        """

        def one(pair: tuple[str, str]) -> Passes:
            return self.contacts(*pair, longest_km=longest_km)

        if threads <= 1:
            return join([one(pair) for pair in pairs])
        with ThreadPoolExecutor(threads) as pool:  # the kernels let go of Python; tables made twice are equal
            return join(list(pool.map(one, pairs)))

    def measured(self, passes: Passes) -> Passes:
        """Intervals of pairs of this sight with the lengths of the signal's way in them, whatever was cut off
        them: at both edges, the least and the greatest."""
        columns: dict[str, Any] = {name: np.array(getattr(passes, name)) for name in _RANGES}
        pairs = np.unique(np.column_stack([passes.site, passes.satellite]), axis=0)
        for one, other in pairs.tolist():
            own = np.flatnonzero((passes.site == one) & (passes.satellite == other))
            found = _ranges(self._length(one, other), passes.rise_s[own], passes.set_s[own])
            for name, km in zip(_RANGES, found, strict=True):
                columns[name][own] = km
        return replace(passes, **columns)

    def range_km(self, sender: int, receiver: int, seconds: ArrayLike) -> Floats:
        """Length (t,) of the way of signals that leave at `seconds` (t,), read from a table."""
        return _read_length(self._length(sender, receiver), np.asarray(seconds, np.float64))

    def _length(self, one: int, other: int) -> Track:
        if (one, other) not in self._lengths:
            way = _Way(self, one, other, self._step_s(one, other))
            self._lengths[one, other] = Track(way.step_s, way.length_km[:, None], way.step_s)
        return self._lengths[one, other]

    def geometry(self, sender: str, receiver: str, seconds: ArrayLike) -> Geometry:
        """The way of signals that leave at `seconds` (t,) of the span, whether they are in sight or not."""
        one, other = self.number(sender), self.number(receiver)
        when = np.atleast_1d(np.asarray(seconds, np.float64))
        return _geometry(self, one, other, when)

    def places_km(self, number: int, seconds: Floats) -> Floats:
        """Places (t, 3) of a node, GCRF axes from the Earth's centre."""
        node = self.nodes[number]
        if isinstance(node, Place):
            own = self.sky.unturned(node.axes, seconds, node.km[0])
            return self.sky.place_km(node.body.name, seconds) + own
        own = self._table(node.moving).at(seconds)[:, 3 * node.column : 3 * node.column + 3]
        return self.sky.place_km(node.moving.centre, seconds) + own

    def at_steps(self, what: int | str, step_s: float) -> Floats:
        """Places (t, 3) of a node, by number, or of a body, by name, at the steps of the span; kept."""
        key = what, step_s
        if key not in self._at_steps:
            seconds = _steps_s(self.sky.duration_s, step_s)
            places = self.places_km(what, seconds) if isinstance(what, int) else None
            self._at_steps[key] = self.sky.place_km(str(what), seconds) if places is None else places
        return self._at_steps[key]

    def centre(self, number: int) -> str:
        """Name of the body that a node stands on or flies about."""
        node = self.nodes[number]
        return node.body.name if isinstance(node, Place) else node.moving.centre

    def _table(self, moving: Moving) -> Track:
        """Table (t, 3 count) of what moves, GCRF axes about its own centre."""
        key = id(moving)
        if key not in self._tables:

            def motion(seconds: Floats) -> Floats:
                own = np.asarray(moving.positions_km(self.sky.utc(seconds)))
                if moving.frame != INERTIAL:
                    matrix = self.sky.turn(moving.frame).at(seconds).reshape(-1, 3, 3)
                    own = np.einsum("tji,tjn->tin", matrix, own)
                return own.transpose(0, 2, 1).reshape(seconds.size, -1)

            what = ", ".join(
                node.name for node in self.nodes if isinstance(node, Craft) and node.moving is moving
            )
            self._tables[key] = tabulate(motion, self.sky.duration_s, PLACE_KM, what=what)
        return self._tables[key]

    def _step_s(self, *numbers: int) -> float:
        """The longest step, in whole seconds, at which these nodes and their bodies are polynomials."""
        places = tuple(self.centre(number) for number in numbers)
        nodes = [self.nodes[number] for number in numbers]
        frames = tuple(node.axes for node in nodes if isinstance(node, Place))
        step_s = self.sky.suited_s(places=places, frames=frames)
        step_s = min([step_s, *(self._table(n.moving).suited_s for n in nodes if isinstance(n, Craft))])
        return float(max(1.0, math.floor(min(step_s, LONGEST_STEP_S))))


class _Way:
    """A signal's way from one node to another at equal steps of the time of sending."""

    def __init__(self, sight: Sight, one: int, other: int, step_s: float) -> None:
        self.sky, self.margin_km = sight.sky, sight.margin_km
        self.ends = sight.nodes[one], sight.nodes[other]
        self.step_s, self.centre = step_s, sight.centre(one)
        self.sent_s = _steps_s(self.sky.duration_s, step_s)
        self._at_steps = sight.at_steps
        centre_km = self._at_steps(self.centre, step_s)
        self.sent_km = self._at_steps(one, step_s)
        apart_km = self._at_steps(other, step_s) - self.sent_km
        far_km = _lengths(apart_km)
        if far_km.max() > FARTHEST_KM:
            what = f"the way from {self.ends[0].name} to {self.ends[1].name}"
            raise OutOfRangeError(what, f"{far_km.max():.4g} km", f"{FARTHEST_KM:.0e} km at most", "contacts")
        self.met_s = self.sent_s + far_km / SPEED_OF_LIGHT_KM_S
        self.met_km = sight.places_km(other, self.met_s)
        moved_km = self.sky.place_km(self.centre, self.met_s) - centre_km
        apart_km = self.met_km - self.sent_km - moved_km
        self.length_km = _lengths(apart_km)
        self._met_places = {self.centre: moved_km + centre_km}

    def from_body(self, name: str) -> tuple[Floats, Floats]:
        """Places (t, 3) of the sending and the arrival, each from where the body is then."""
        if name not in self._met_places:
            self._met_places[name] = self.sky.place_km(name, self.met_s)
        sent = self.sent_km - self._at_steps(name, self.step_s)
        return sent, self.met_km - self._met_places[name]

    def above(self, end: int) -> Passes:
        """When the other end stands above the mask of the sender (0) or the receiver (1), a `Place`."""
        place = self.ends[end]
        assert isinstance(place, Place)
        when = (self.sent_s, self.met_s)[end]
        target = self.from_body(place.body.name)[1 - end]
        fleet = self._fleet(self.sky.turned(place.axes, when, target)[:, :, None])
        return find_passes(place, fleet, *self._span, step_s=self.step_s, chunk_steps=CHUNK_STEPS)

    def clear_of(self, name: str, longest_km: float) -> Passes:
        """When the way keeps clear of a body, and is no longer than `longest_km`."""
        ends = np.stack(self.from_body(name), axis=2)
        radius_km = body(name).mean_radius_km + self.margin_km[name]
        low = [end for end in (0, 1) if _lengths(ends[:, :, end]).min() < radius_km]
        if low:
            node = self.ends[low[0]].name
            valid = f"more than {radius_km:,.1f} km from the centre of the {name}, its margin with it"
            raise OutOfRangeError(f"the way of {node}", "lower", valid, "a line of sight")
        return self._lines(ends, name, longest_km, self.margin_km[name])

    def within(self, longest_km: float) -> Passes:
        """When the way is no longer than `longest_km`."""
        ends = np.stack(self.from_body(self.centre), axis=2)
        return self._lines(ends, self.centre, longest_km, 1.0 - body(self.centre).mean_radius_km)

    def bodies_between(self) -> list[str]:
        """Bodies that may stand between; not those with a mask of an end, nor one whose centre is an end."""
        masked = {end.body.name for end in self.ends if isinstance(end, Place)}
        return [name for name in self.margin_km if name not in masked and self._near(name)]

    @property
    def _span(self) -> tuple[np.datetime64, float]:
        return self.sky.start, self.sky.duration_s

    def _near(self, name: str) -> bool:
        """Whether the straight way comes nearer to a body than twice the sphere that it must clear, and
        neither end is the body itself."""
        sent, met = self.from_body(name)
        if min(_lengths(sent).max(), _lengths(met).max()) < 1.0:
            return False
        ray = met - sent
        share = np.clip(-np.einsum("tc,tc->t", sent, ray) / np.einsum("tc,tc->t", ray, ray), 0.0, 1.0)
        nearest = _lengths(sent + share[:, None] * ray).min()
        return bool(nearest < 2.0 * (body(name).mean_radius_km + self.margin_km[name]))

    def _lines(self, ends_km: Floats, name: str, longest_km: float, grazing_km: float) -> Passes:
        return find_contacts(
            [0], [1], self._fleet(ends_km), *self._span, longest_km=longest_km, grazing_km=grazing_km,
            body=body(name), step_s=self.step_s, chunk_steps=CHUNK_STEPS,
        )  # fmt: skip

    def _fleet(self, rows_km: Floats) -> SimpleNamespace:
        """Places (t, 3, n) at the steps of `sent_s`, as `find_passes` asks for them."""

        def positions_km(times: ArrayLike) -> Floats:
            after_s = (np.asarray(times) - self.sky.start).astype(np.int64) / 1e9
            first = round(after_s[0] / self.step_s) + BEFORE
            return rows_km[first : first + after_s.size]

        return SimpleNamespace(count=rows_km.shape[2], positions_km=positions_km)


def _steps_s(duration_s: float, step_s: float) -> Floats:
    """The steps of a span, with those that `find_passes` asks for before and after it."""
    steps = max(1, math.ceil(duration_s / step_s - 1e-12))
    return step_s * np.arange(-BEFORE, steps + AFTER, dtype=np.float64)


def _lengths(vectors: Floats) -> Floats:
    """Of vectors (t, 3)."""
    return np.asarray(np.sqrt(np.einsum("tc,tc->t", vectors, vectors)))


def _light_time_s(sight: Sight, one: int, other: int, sent_s: Floats, sent_km: Floats) -> Floats:
    """How long light goes from a node to where the other is when it arrives, s, (t,): seen from the centre
    of the sender's body. Two steps leave v/c squared of it, below a nanosecond."""
    centre = sight.centre(one)
    from_km = sent_km - sight.sky.place_km(centre, sent_s)
    light_s = np.zeros(sent_s.size)
    for _ in range(2):
        met_s = sent_s + light_s
        to_km = sight.places_km(other, met_s) - sight.sky.place_km(centre, met_s)
        light_s = _lengths(to_km - from_km) / SPEED_OF_LIGHT_KM_S
    return light_s


def _geometry(sight: Sight, one: int, other: int, sent_s: Floats) -> Geometry:
    sent_km = sight.places_km(one, sent_s)
    light_s = _light_time_s(sight, one, other, sent_s, sent_km)
    met_s = sent_s + light_s
    met_km = sight.places_km(other, met_s)
    elevations = [
        _elevation_deg(sight.sky, node, when, target, then)
        for node, when, target, then in (
            (sight.nodes[one], sent_s, met_km, met_s),
            (sight.nodes[other], met_s, sent_km, sent_s),
        )
    ]
    return Geometry(light_s * SPEED_OF_LIGHT_KM_S, light_s, *elevations)


def _elevation_deg(sky: Sky, node: Node, when_s: Floats, target_km: Floats, then_s: Floats) -> Floats:
    """Elevation (t,) of what was at `target_km` at `then_s`, for a place that looks at `when_s`."""
    if not isinstance(node, Place):
        return np.full(when_s.size, np.nan)
    offset = target_km - sky.place_km(node.body.name, then_s)
    ray = sky.turned(node.axes, when_s, offset) - node.km[0]
    return np.asarray(np.degrees(np.arcsin(ray @ node.basis[0, 2] / _lengths(ray))))


_RANGES = ("rise_range_km", "set_range_km", "min_range_km", "max_range_km")


def _read_length(length: Track, seconds: Floats) -> Floats:
    return np.asarray(length.at(seconds + BEFORE * length.step_s)[:, 0])


def _ranges(length: Track, rise_s: Floats, set_s: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Lengths at the edges of intervals (p,), the least and the greatest between."""
    turn_s, turn_km = _turning_points(length.rows[:, 0], length.step_s)
    turn_s = turn_s - BEFORE * length.step_s
    rise_km, set_km = _read_length(length, rise_s), _read_length(length, set_s)
    least, most = np.minimum(rise_km, set_km), np.maximum(rise_km, set_km)
    first, last = np.searchsorted(turn_s, rise_s), np.searchsorted(turn_s, set_s)
    for row in np.flatnonzero(last > first):
        inside = turn_km[first[row] : last[row]]
        least[row], most[row] = min(least[row], inside.min()), max(most[row], inside.max())
    return rise_km, set_km, least, most


def _turning_points(values: Floats, step_s: float) -> tuple[Floats, Floats]:
    """When a series has a greatest or a least, s after its first value, and how much that is: the parabola
    through three values."""
    before, middle, after = values[:-2], values[1:-1], values[2:]
    turns = np.flatnonzero((middle - before) * (after - middle) <= 0.0)
    slope = 0.5 * (after - before)[turns]
    bend = (before - 2.0 * middle + after)[turns]
    share = np.divide(-slope, bend, out=np.zeros(turns.size), where=bend != 0.0)
    share = np.clip(share, -1.0, 1.0)
    when = np.asarray((turns + 1 + share) * step_s)
    return when, middle[turns] + slope * share + 0.5 * bend * share**2


def join(parts: Sequence[Passes]) -> Passes:
    """Contacts of several pairs as one. Raises RaabtaError for none, OutOfRangeError where some of a pair
    overlap."""
    if not parts:
        raise RaabtaError("no pair of nodes to find contacts of")
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Passes.__dataclass_fields__
        if name not in ("start", "duration_s")
    }
    order = np.lexsort((columns["rise_s"], columns["satellite"], columns["site"]))
    out = Passes(parts[0].start, parts[0].duration_s, **{name: v[order] for name, v in columns.items()})
    intervals.check(out)
    return out
