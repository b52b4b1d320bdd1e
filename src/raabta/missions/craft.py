"""Where the nodes of a mission are: a propagator of SGP4 for many, a trajectory for each orbiter, sites."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from raabta.access.sky import BODIES
from raabta.base.errors import OrbitDataError, ScenarioError
from raabta.base.rotations import notes as rotation_notes
from raabta.orbits.elements import MeanElements, Satellites, concatenate
from raabta.orbits.orbiters import trajectory
from raabta.orbits.platforms import Moving, centres, fixed
from raabta.orbits.propagate import Propagator, start_utc
from raabta.orbits.read import read_orbits
from raabta.orbits.trajectory import Trajectory
from raabta.orbits.validity import age_note, holding
from raabta.terrain.kept import kept_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from raabta.missions.nodes import Nodes
    from raabta.scenario.missions import Craft, MissionScenario, Site
    from raabta.scenario.missions import MeanElements as Given

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class NearEarth:
    """Craft that SGP4 or a still slot places: place (n,) says which of the propagator each is."""

    propagator: Propagator
    place: Ints
    frame: ClassVar[str] = "ITRF"
    centre: ClassVar[str] = "Earth"

    @property
    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self.propagator.names[i] for i in self.place.tolist())

    @property
    def count(self) -> int:
        """How many craft."""
        return int(self.place.size)

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, n) km, ITRF."""
        return np.ascontiguousarray(self.propagator.positions_km(times)[:, :, self.place])


@dataclass(frozen=True)
class Part:
    """Some nodes that one thing moves: which (n,) are the numbers of its columns."""

    moving: Moving
    which: Ints


def parts_of(scenario: MissionScenario, nodes: Nodes) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """What moves every node of a mission and the Sun, and what reports say of it.

    Raises ScenarioError for an object that a file does not hold, OrbitDataError for an orbit that does not
    hold over the run or hits the surface, and what the readers and integrators raise.
    """
    start, duration_s = start_utc(scenario.time.start), scenario.time.duration_s
    parts, notes = _sites(nodes), list[str]()
    integrated = [i for i, one in enumerate(scenario.craft) if one.orbiter is not None]
    for i in integrated:
        parts.append(Part(_trajectory(scenario.craft[i], start, duration_s), np.array([nodes.sites + i])))
    others = [i for i in range(len(scenario.craft)) if i not in integrated]
    if others:
        own, said = near_earth([scenario.craft[i] for i in others], start, duration_s)
        parts.append(Part(own, np.array(others, np.int64) + nodes.sites))
        notes += said
    parts.append(Part(centres(["Sun"], "Earth"), np.array([nodes.count], np.int64)))
    ends = start + np.array([0.0, duration_s * 1e9]).astype("timedelta64[ns]")
    beyond = rotation_notes(ends) if scenario.earth_orientation == "hold" else ()
    kept = {site.horizon for site in scenario.sites if site.horizon is not None}
    brought = sorted({site.terrain for site in scenario.sites if site.terrain is not None})
    notes += [f"Horizons from the heights of {Path(name).name}." for name in brought]
    notes += [*beyond, *(_sentence(kept_site(name).note) for name in sorted(kept))]
    return tuple(parts), tuple(notes)


def _trajectory(one: Craft, start: np.datetime64, duration_s: float) -> Trajectory:
    """Where an orbiter is while it is there."""
    assert one.orbiter is not None
    begin_s, end_s = span_s(one, start, duration_s)
    if not end_s > begin_s:
        raise ScenarioError(f"{one.name} is there at no time of the run", hint="see its begins and ends")
    begin = start + np.timedelta64(round(begin_s * 1e9), "ns")
    return trajectory(one.orbiter, begin, end_s - begin_s, partly=True)


def span_s(one: Site | Craft, start: np.datetime64, duration_s: float) -> tuple[float, float]:
    """From when to when a node is there, as its scenario says: s from the start, cut to the run."""
    begin, end = 0.0, duration_s
    if one.begins is not None:
        begin = max(begin, (start_utc(one.begins) - start) / np.timedelta64(1, "s"))
    if one.ends is not None:
        end = min(end, (start_utc(one.ends) - start) / np.timedelta64(1, "s"))
    return float(begin), float(end)


def spans_of(
    scenario: MissionScenario, nodes: Nodes, parts: Sequence[Part], start: np.datetime64
) -> tuple[tuple[float, float], ...]:
    """From when to when each node is there, s from the start: as said, and as its ephemeris covers."""
    duration_s = scenario.time.duration_s
    found = [span_s(one, start, duration_s) for one in scenario.sites]
    found += [(0.0, duration_s)] * (nodes.sites - len(found))
    found += [span_s(one, start, duration_s) for one in scenario.craft]
    for part in parts:
        if isinstance(part.moving, Trajectory):
            number, node = int(part.which[0]), part.moving.nodes[0]
            ends = (part.moving.utc(node[[0, -1], 0]) - start) / np.timedelta64(1, "s")
            found[number] = max(found[number][0], float(ends[0])), min(found[number][1], float(ends[1]))
    return tuple(found)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _sites(nodes: Nodes) -> list[Part]:
    """Sites by the axes of their coordinates."""
    found = []
    for axes in sorted({each for each in nodes.axes if each}):
        which = np.array([i for i, own in enumerate(nodes.axes) if own == axes], np.int64)
        body = BODIES[nodes.home[int(which[0])]]
        names = tuple(nodes.name[i] for i in which.tolist())
        where = nodes.latitude_deg[which], nodes.longitude_deg[which], nodes.height_km[which]
        found.append(Part(fixed(names, *where, body=body, frame=axes), which))
    return found


def near_earth(
    craft: Sequence[Craft], start: np.datetime64, duration_s: float
) -> tuple[NearEarth, tuple[str, ...]]:
    """Craft that SGP4 or a still slot places, in their order, and what reports say of their orbits.

    Raises ScenarioError for an object that a file does not hold, OrbitDataError for elements that do not hold
    over the run, and what the readers raise.
    """
    sets = [_elements(one) for one in craft]
    known = [part for part in sets if part is not None]
    elements = concatenate(tuple(known)) if known else None
    slots = [one.geostationary_deg for one in craft if one.geostationary_deg is not None]
    names = (*(part.names[0] for part in known), *(f"slot {degrees:g}" for degrees in slots))
    propagator = Propagator(Satellites(elements, np.array(slots, np.float64), names), start)
    if elements is not None:
        _refuse_old(propagator, elements, duration_s)
    moving, still = iter(range(len(known))), iter(range(len(known), len(names)))
    place = np.array([next(still if part is None else moving) for part in sets], np.int64)
    return NearEarth(propagator, place), age_note(elements, start) if elements is not None else ()


def _elements(one: Craft) -> MeanElements | None:
    if one.mean_elements is not None:
        return _given(one.name, one.mean_elements)
    if one.orbits_file is None:
        return None
    found = read_orbits(Path(one.orbits_file))
    return found.take(np.array([_row(one, found.names)], np.intp))


def _row(one: Craft, names: Sequence[str]) -> int:
    if one.object_name is None:
        if len(names) == 1:
            return 0
        some = ", ".join(names[:6])
        raise ScenarioError(
            f"{one.name}: {one.orbits_file} holds {len(names):,} objects",
            hint=f"say which with object_name: {some}{', ...' if len(names) > 6 else ''}",
        )
    wanted = one.object_name.casefold().strip()
    rows = [row for row, name in enumerate(names) if name.casefold().strip() == wanted]
    if len(rows) == 1:
        return rows[0]
    near = [name for name in names if wanted in name.casefold()][:6]
    raise ScenarioError(
        f"{one.name}: {one.orbits_file} holds {len(rows)} objects called '{one.object_name}'",
        hint=f"it has {', '.join(near)}" if near else f"it has {', '.join(names[:6])}",
    )


def _given(name: str, given: Given) -> MeanElements:
    def one(value: float) -> Floats:
        return np.array([value], np.float64)

    return MeanElements(
        np.array([start_utc(given.epoch)], "datetime64[ns]"),
        one(given.inclination_deg),
        one(given.raan_deg),
        one(given.eccentricity_ratio),
        one(given.argp_deg),
        one(given.mean_anomaly_deg),
        one(given.mean_motion_rev_day),
        one(given.bstar_per_radius),
        (name,),
        np.zeros(1, np.int64),
    )


def _refuse_old(propagator: Propagator, elements: MeanElements, duration_s: float) -> None:
    """Raise OrbitDataError for a craft whose elements send it to the ground, or away, within the run."""
    ends = propagator.start + np.array([0.0, duration_s * 1e9]).astype("timedelta64[ns]")
    holds = holding(elements, propagator.positions_km(ends)[:, :, : len(elements)])
    if not holds.all():
        gone = int(np.argmin(holds))
        epoch = np.datetime_as_string(elements.epoch[gone], "s")
        raise OrbitDataError(
            f"{elements.names[gone]}: its elements of {epoch}Z do not hold over the run, which starts "
            f"{np.datetime_as_string(propagator.start, 's')}Z: it would hit the ground or fly away. Use "
            "newer elements (craft: orbits_file), or move the start"
        )
