"""When nodes are in sunlight: how much of the Sun's disc stands above a site's horizon and past every body.

Edges are roots: where a body begins to hide the disc (penumbra) and hides all of it (umbra), and where the
disc touches and leaves a horizon. The Sun stands where light time and aberration put it (`orbits.shadows`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.sky import BODIES
from raabta.access.tracks import Track, tabulate
from raabta.base.ephemeris import ephemeris
from raabta.base.frames import look_angles
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s
from raabta.missions import intervals
from raabta.orbits.orbit_events import roots
from raabta.orbits.platforms import in_frame
from raabta.orbits.shadows import SOLAR_RADIUS_KM, apparent_sun_km, clearance_rad
from raabta.terrain.light_kernels import disc_shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission

    Floats = NDArray[np.float64]

SOME, ALL = 0, 1
"""Of the disc: some of it is seen, all of it is."""
LOOK_S = 60.0
"""Between two looks; what comes and goes between them is found where it can be foreseen from three."""
HORIZON = "horizon"
HALVINGS = 40
SUN_KM = 1.0
"""Error of the table of the Sun's places, 7e-9 radians."""
Condition = Callable[[np.ndarray], np.ndarray]
"""Above 0 at seconds from the start (t,) where it holds."""
Sun = Callable[[str, str, np.ndarray], np.ndarray]
"""The apparent Sun from a body's centre, in some axes, at seconds from the start (t,): km (t, 3)."""


def nodes_of(mission: Mission) -> list[int]:
    """Numbers of the nodes whose light is asked for, rising."""
    return sorted({int(n) for name in mission.scenario.light for n in mission.nodes.named(name)})


def light_of(mission: Mission, day: Day) -> Floats:
    """Times of a day at which nodes see the Sun: rows node, SOME or ALL of its disc, begin, end."""
    rows: list[tuple[float, ...]] = []
    sun = _tabulated(mission, day)
    for node in nodes_of(mission):
        there = mission.there(day, node)
        for level in (SOME, ALL) if there.duration_s > 0.0 else ():
            held = np.array([[there.begin_s, there.end_s]])
            for name, condition in conditions(mission, node, level, sun):
                held = intervals.met(held, _times(condition, there, name))
            rows += [(node, level, begin, end) for begin, end in held.tolist()]
    return np.array(rows, np.float64).reshape(-1, 4)


def _sun_of(mission: Mission) -> Sun:
    """The Sun as it is asked for."""

    def sun(body: str, axes: str, seconds: Floats) -> Floats:
        times = mission.utc(seconds)
        place = apparent_sun_km(ephemeris(), body, tdb_s(times))
        if axes == "GCRF":
            return place
        turn = rotation("GCRF", axes, times, beyond=mission.beyond)
        return np.asarray(np.matmul(turn, place[:, :, None])[:, :, 0])

    return sun


def _tabulated(mission: Mission, day: Day) -> Sun:
    """The Sun of a day from tables, each made when it is first needed."""
    asked, held = _sun_of(mission), dict[tuple[str, str], Track]()

    def sun(body: str, axes: str, seconds: Floats) -> Floats:
        if (body, axes) not in held:
            held[body, axes] = tabulate(
                lambda after: asked(body, axes, day.begin_s + after), day.duration_s, SUN_KM, what="the Sun"
            )
        return held[body, axes].at(seconds - day.begin_s)

    return sun


def conditions(mission: Mission, node: int, level: int, sun: Sun) -> list[tuple[str, Condition]]:
    """What must hold for a node to see some of the Sun's disc, or all of it, each by what would hide it: the
    bodies, a site's own one by its horizon."""
    found: list[tuple[str, Condition]] = []
    for name in BODIES:
        if mission.nodes.is_site(node) and mission.nodes.home[node] == name:
            found.append((HORIZON, _horizon(mission, node, level, sun)))
        else:
            found.append((name, _past(mission, node, name, level, sun)))
    return found


def hidden_by(mission: Mission, node: int, level: int, seconds: Floats) -> list[str]:
    """What hides all of the Sun from a node (level SOME), or some of it (ALL), at seconds (t,)."""
    each = conditions(mission, node, level, _sun_of(mission))
    values = np.array([condition(seconds) for _, condition in each]).reshape(len(each), -1)
    return [each[k][0] for k in (values < 0.0).argmax(axis=0).tolist()]


def _past(mission: Mission, node: int, body: str, level: int, sun: Sun) -> Condition:
    """Past a body: the clearance of the umbra (some of the disc) or of the penumbra (all of it)."""
    part, column = mission.part(node)
    moving = in_frame(part.moving, "GCRF", body, beyond=mission.beyond)
    radius_km = BODIES[body].mean_radius_km

    def clear(seconds: Floats) -> Floats:
        sun_km = sun(body, "GCRF", seconds)
        place_km = moving.positions_km(mission.utc(seconds))[:, :, column]
        return clearance_rad(place_km, sun_km, radius_km, "umbra" if level == SOME else "penumbra")

    return clear


def _horizon(mission: Mission, node: int, level: int, sun: Sun) -> Condition:
    """Above the horizon of a site: the share of the disc that is, less none of it or all."""
    nodes = mission.nodes
    body, axes = BODIES[nodes.home[node]], nodes.axes[node]
    mask_deg = np.ascontiguousarray(np.resize(mission.mask_deg(node), max(4, mission.mask_deg(node).size)))
    where = (float(part[node]) for part in (nodes.latitude_deg, nodes.longitude_deg, nodes.height_km))
    latitude_deg, longitude_deg, height_km = where

    def above(seconds: Floats) -> Floats:
        sun_km = sun(body.name, axes, seconds)
        elevation, azimuth, range_km = look_angles(latitude_deg, longitude_deg, height_km, sun_km, body)
        share = np.empty(seconds.size)
        middle = np.ascontiguousarray((azimuth - 180.0 / mask_deg.size) % 360.0)  # of bins, not their edges
        radius = np.degrees(np.arcsin(SOLAR_RADIUS_KM / range_km))
        disc_shares(mask_deg, middle, np.ascontiguousarray(elevation), radius, share)
        return share - 1e-9 if level == SOME else share - (1.0 - 1e-9)

    return above


def _times(condition: Condition, day: Day, name: str) -> Floats:
    """When a condition holds in a day, (n, 2)."""
    looks = np.linspace(day.begin_s, day.end_s, max(2, int(np.ceil(day.duration_s / LOOK_S))) + 1)
    found = _changes(condition, looks) if name == HORIZON else roots(condition, looks)
    edges = np.concatenate([looks[:1], found, looks[-1:]])
    holds = condition(0.5 * (edges[1:] + edges[:-1])) > 0.0
    return intervals.united([np.column_stack([edges[:-1], edges[1:]])[holds]])


def _changes(condition: Condition, looks: Floats) -> Floats:
    """Where a condition that is flat beyond its edges begins or ends to hold, by halving."""
    held = condition(looks) > 0.0
    first = np.flatnonzero(held[1:] != held[:-1])
    if not first.size:
        return np.empty(0)
    low, high, before = looks[first], looks[first + 1], held[first]
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        same = (condition(middle) > 0.0) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return np.asarray(0.5 * (low + high))


STATES = ("dark", "penumbra", "sunlit")
"""None of the Sun's disc, some of it, all of it."""


def states_of(mission: Mission, node: int, rows: Floats) -> tuple[Floats, list[str]]:
    """What a node is in while it is there, one after the other: rows (n, 3) of number of STATES, begin and
    end, and what hides the Sun in each. rows: joined, as `light_of` gives them."""
    own = rows[rows[:, 0] == node]
    some, whole = (own[own[:, 1] == level][:, 2:] for level in (SOME, ALL))
    span = mission.spans_s[node]
    dark = intervals.between(some, *span)
    part = intervals.met(some, intervals.between(whole, *span))
    found = np.concatenate([np.insert(each, 0, k, axis=1) for k, each in enumerate((dark, part, whole))])
    found = found[np.argsort(found[:, 1], kind="stable")]
    middle = 0.5 * (found[:, 1] + found[:, 2])
    by = np.full(len(found), "", object)
    for state, level in ((0, SOME), (1, ALL)):
        which = found[:, 0] == state
        if which.any():
            by[which] = hidden_by(mission, node, level, middle[which])
    return found, by.tolist()
