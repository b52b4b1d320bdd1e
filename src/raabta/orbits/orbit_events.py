"""What happens on an orbit, and when: apsides, nodes, eclipses, the surface. Times are roots, not steps.

A trajectory is a polynomial of degree 5 between its nodes. Every function is looked at eight times between
two nodes; where it changes sign, or comes near zero between two looks, its root is taken by bisection. Two
nodes are a twentieth of a turn apart or less, so only what lasts less than a 160th of one can be missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, MOON
from raabta.base.ephemeris import Ephemeris, ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s
from raabta.orbits.kepler_elements import axes_to_gcrf
from raabta.orbits.shadows import Shadow, apparent_sun_km, clearance_rad
from raabta.orbits.trajectory import Trajectory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Times = npt.NDArray[np.datetime64]
LOOKS = 8
"""Between two nodes."""
BODIES = {"Earth": EARTH, "Moon": MOON}
FIXED = {"Earth": "ITRF", "Moon": "MOON_ME"}


@dataclass(frozen=True, eq=False)
class Events:
    """Instants (k,) by spacecraft, then time: its number, what it is, seconds past the epoch, UTC, the place
    (k, 3) km in GCRF axes and the distance from the centre, km."""

    spacecraft: Ints
    kind: tuple[str, ...]
    seconds: Floats
    time: Times
    position_km: Floats

    @property
    def distance_km(self) -> Floats:
        """From the centre (k,)."""
        return np.asarray(np.linalg.norm(self.position_km, axis=1))

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, eq=False)
class Eclipses:
    """Intervals (k,) by spacecraft, then time: seconds past the epoch, UTC; cut at the trajectory's ends."""

    spacecraft: Ints
    begin_s: Floats
    end_s: Floats
    begin: Times
    end: Times

    def __len__(self) -> int:
        return int(self.begin_s.size)


def apsides(trajectory: Trajectory) -> Events:
    """Periapses and apoapses: where distance turns."""

    def radial(i: int, seconds: Floats) -> Floats:
        place, speed = _at(trajectory.nodes[i], seconds)
        return np.asarray((place * speed).sum(axis=1))

    return _events(trajectory, radial, ("periapsis", "apoapsis"))


def nodes(trajectory: Trajectory, axes: str = "body-equator") -> Events:
    """Ascending and descending nodes on the plane of axes at rest (`kepler_elements.axes_to_gcrf`)."""
    normal = axes_to_gcrf(axes, BODIES[trajectory.centre], trajectory.epoch)[:, 2]

    def height(i: int, seconds: Floats) -> Floats:
        return np.asarray(_at(trajectory.nodes[i], seconds)[0] @ normal)

    return _events(trajectory, height, ("ascending node", "descending node"))


def eclipses(
    trajectory: Trajectory,
    body: str | None = None,
    shadow: Shadow = "umbra",
    source: Ephemeris | None = None,
) -> Eclipses:
    """When a body (by default the centre) hides all of the Sun's disc (umbra) or some of it (penumbra)."""
    name = body or trajectory.centre
    if name not in BODIES or shadow not in ("umbra", "penumbra"):
        raise OutOfRangeError("body, shadow", (name, shadow), "Earth or Moon; umbra or penumbra", "eclipses")
    kernel = source or (trajectory.model.source if trajectory.model else ephemeris())
    epoch = float(tdb_s(np.array([trajectory.epoch]))[0])
    rows: list[tuple[int, float, float]] = []
    for i, node in enumerate(trajectory.nodes):

        def outside(seconds: Floats, node: Floats = node) -> Floats:
            place = _at(node, seconds)[0]
            return _clearance(place, epoch + seconds, name, trajectory.centre, shadow, kernel)

        edges = roots(outside, _looks(node))
        ends = np.concatenate([[node[0, 0]], edges, [node[-1, 0]]])
        middle = outside(0.5 * (ends[1:] + ends[:-1]))
        rows += [(i, float(ends[k]), float(ends[k + 1])) for k in np.flatnonzero(middle < 0.0)]
    which = np.array([row[0] for row in rows], np.int64)
    begin, end = (np.array([row[k] for row in rows], np.float64) for k in (1, 2))
    return Eclipses(which, begin, end, trajectory.utc(begin), trajectory.utc(end))


def _clearance(
    place: Floats, tdb: Floats, body: str, centre: str, shadow: Shadow, kernel: Ephemeris
) -> Floats:
    """`shadows.clearance_rad` of places (t, 3) about the trajectory's centre."""
    away = np.zeros(3) if body == centre else kernel.position_km_tdb(body, tdb, centre)
    sun_km = apparent_sun_km(kernel, body, tdb)
    return clearance_rad(place - away, sun_km, BODIES[body].mean_radius_km, shadow)


def roots(g: Callable[[Floats], Floats], at: Floats) -> Floats:
    """Roots of a smooth function of time between looks `at` (n,), ascending; where it dips between two looks
    without a change of sign, its least distance from zero is looked at too."""
    values = g(at)
    size = np.abs(values)
    inner = np.flatnonzero((size[1:-1] <= size[:-2]) & (size[1:-1] <= size[2:]) & (values[1:-1] != 0.0)) + 1
    same = (np.sign(values[inner - 1]) == np.sign(values[inner])) & (
        np.sign(values[inner]) == np.sign(values[inner + 1])
    )
    dips = inner[same]
    if dips.size:
        lowest = _least(lambda t: g(t) * np.sign(values[dips]), at[dips - 1], at[dips + 1])
        at = np.sort(np.concatenate([at, lowest]))
        values = g(at)
    cross = np.flatnonzero((values[:-1] < 0.0) != (values[1:] < 0.0))
    if cross.size == 0:
        return np.empty(0)
    low, high, sign = at[cross], at[cross + 1], values[cross] < 0.0
    for _ in range(52):
        middle = 0.5 * (low + high)
        before = (g(middle) < 0.0) == sign
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.asarray(0.5 * (low + high))


def _least(g: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a function is least between two times, by golden sections."""
    share = 0.6180339887498949
    for _ in range(40):
        a, b = high - share * (high - low), low + share * (high - low)
        left = g(a) < g(b)
        low, high = np.where(left, low, a), np.where(left, b, high)
    return np.asarray(0.5 * (low + high))


def _at(node: Floats, seconds: Floats) -> tuple[Floats, Floats]:
    from raabta.orbits.collocation_kernels import fill

    place, speed = np.empty((2, seconds.size, 3))
    fill(node, np.ascontiguousarray(np.clip(seconds, node[0, 0], node[-1, 0])), place, speed)
    return place, speed


def _looks(node: Floats) -> Floats:
    """LOOKS times between two nodes, and the end."""
    time = node[:, 0]
    share = np.arange(LOOKS) / LOOKS
    each = time[:-1, None] + np.diff(time)[:, None] * share
    return np.concatenate([each.ravel(), time[-1:]])


def _events(trajectory: Trajectory, g: Callable[[int, Floats], Floats], kinds: tuple[str, str]) -> Events:
    """Roots of a function of each spacecraft; the first kind where it grows, the second where it falls."""
    which, kind, seconds, places = [], [], [], []
    for i, node in enumerate(trajectory.nodes):
        at = roots(lambda t, i=i: g(i, t), _looks(node))  # type: ignore[misc]
        step = 1e-3
        grows = g(i, at + step) > g(i, at - step)
        which += [i] * at.size
        kind += [kinds[0] if up else kinds[1] for up in grows]
        seconds.append(at)
        places.append(_at(node, at)[0])
    when = np.concatenate(seconds)
    return Events(np.array(which, np.int64), tuple(kind), when, trajectory.utc(when), np.concatenate(places))


def surface_message(trajectory: Trajectory, spacecraft: int) -> str:
    """Which spacecraft hits the surface, when and where, and what to do."""
    seconds, place = _surface(trajectory, spacecraft)
    time = trajectory.utc(np.array([seconds]))
    frame = FIXED[trajectory.centre]
    x, y, z = rotation("GCRF", frame, time)[0] @ place
    latitude, longitude = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
    radius = BODIES[trajectory.centre].mean_radius_km
    return (
        f"{trajectory.names[spacecraft]} hits the surface of the {trajectory.centre} at "
        f"{np.datetime_as_string(time[0], 's')} UTC, at latitude {latitude:.2f}, longitude {longitude:.2f} "
        f"degrees ({frame}; sphere of {radius:,.1f} km); raise its periapsis, shorten the span, or integrate "
        "with until_surface=True"
    )


def _surface(trajectory: Trajectory, spacecraft: int) -> tuple[float, Floats]:
    """Seconds past the epoch, and place, where a spacecraft first reaches the sphere on its last step (or on
    its first one, of a span before the epoch)."""
    node = trajectory.nodes[spacecraft]
    radius = BODIES[trajectory.centre].mean_radius_km

    def height(seconds: Floats) -> Floats:
        return np.asarray(np.linalg.norm(_at(node, seconds)[0], axis=1) - radius)

    later = roots(height, _looks(node[-2:]))
    found = later[:1] if later.size and node[-1, 0] > 0.0 else roots(height, _looks(node[:2]))[-1:]
    return float(found[0]), np.asarray(_at(node, found)[0][0])


def ended_at_surface(trajectory: Trajectory, hits: list[int]) -> Trajectory:
    """The same trajectory, those spacecraft cut where they reach the surface."""
    kept = list(trajectory.nodes)
    for i in hits:
        seconds, _ = _surface(trajectory, i)
        kept[i] = _cut(kept[i], seconds)
    return replace(trajectory, nodes=tuple(kept))


def _cut(node: Floats, seconds: Floats | float) -> Floats:
    """Nodes up to an instant of the last step (or from one of the first), which becomes a node itself."""
    edge = np.array([float(seconds)])
    place, speed = _at(node, edge)
    width = 1e-3 * min(node[-1, 0] - node[-2, 0], node[1, 0] - node[0, 0])
    pair = np.clip(edge + np.array([-width, width]), node[0, 0], node[-1, 0])
    bend = np.diff(_at(node, pair)[1], axis=0) / np.diff(pair)[:, None]
    row = np.concatenate([edge[:, None], place, speed, bend], axis=1)
    later = float(seconds) > node[1, 0]
    parts = [node[:-1], row] if later else [row, node[1:]]
    return np.concatenate(parts)
