"""A mission ready to be asked: its nodes, where each is at any time, and its days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import visibility
from raabta.base.bodies import EARTH, Body
from raabta.base.clock import Times, as_utc
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import ScenarioError
from raabta.base.rotations import rotation
from raabta.missions.craft import NearEarth, near_earth
from raabta.missions.nodes import Nodes, nodes_of
from raabta.orbits.propagate import start_utc

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.scenario.missions import MissionScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DAY_S = 86_400.0
"""What is computed at once, whatever the chunks: results never depend on where those are cut."""
BODIES: dict[str, Body] = {"Earth": EARTH}
FRAMES = {"Earth": "ITRF"}
"""The frame that a body's sites are seen in."""


@dataclass(frozen=True)
class Day:
    """One day of a mission, the last one perhaps shorter: seconds from the start of the run."""

    number: int
    begin_s: float
    duration_s: float

    @property
    def end_s(self) -> float:
        """When the next one begins."""
        return self.begin_s + self.duration_s


@dataclass(frozen=True)
class Some:
    """Some nodes of a mission as a fleet in the frame of a body: what `access.passes` takes."""

    mission: Mission
    which: Ints
    body: str

    @property
    def count(self) -> int:
        """How many nodes."""
        return int(self.which.size)

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, n) km in the body's own frame."""
        return self.mission.positions_km(self.which, times, self.body)


@dataclass(frozen=True)
class Mission:
    """A scenario of kind `mission` with all that stands still worked out; small enough to be carried."""

    scenario: MissionScenario
    nodes: Nodes
    craft: NearEarth
    start: np.datetime64
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.scenario.time.duration_s

    @property
    def days(self) -> int:
        """How many days the run has; the last one counts whole."""
        return max(1, math.ceil(self.duration_s / DAY_S))

    def day(self, number: int) -> Day:
        """One of them."""
        begin = number * DAY_S
        return Day(number, begin, min(DAY_S, self.duration_s - begin))

    def at(self, seconds: float) -> np.datetime64:
        """One time, from seconds from the start, as UTC."""
        return np.datetime64(self.utc(seconds).item(), "ns")

    def utc(self, seconds: ArrayLike) -> NDArray[np.datetime64]:
        """Seconds from the start as UTC."""
        offset = np.rint(np.asarray(seconds, np.float64) * 1e9).astype("timedelta64[ns]")
        return np.asarray(self.start + offset)

    def steps(self, day: Day) -> Floats:
        """Seconds from the start of the points of curves in a day; the run's last one in its last."""
        step = self.scenario.time.step_s
        first, last = math.ceil(day.begin_s / step), math.ceil(day.end_s / step)
        if day.end_s == self.duration_s and last * step <= self.duration_s:
            last += 1
        return np.arange(first, last, dtype=np.float64) * step

    @property
    def sun(self) -> int:
        """The number of the Sun: it follows the nodes."""
        return self.nodes.count

    def home(self, number: int) -> str:
        """The body that a node stands on or goes around; none for the Sun."""
        return self.nodes.home[number] if number < self.nodes.count else ""

    def positions_km(self, which: Ints, times: ArrayLike, body: str) -> Floats:
        """Places (t, 3, n) of craft and of the Sun in the frame of a body, km."""
        at = np.atleast_1d(as_utc(times))
        out = np.empty((at.size, 3, which.size))
        sun = which == self.sun
        if (~sun).any():
            out[:, :, ~sun] = self.craft.positions_km(at)[:, :, which[~sun] - self.nodes.sites]
        if sun.any():
            out[:, :, sun] = sun_km(at, body)[:, :, None]
        return out

    def fleet(self, which: Ints, body: str) -> Some:
        """Some nodes as a fleet in the frame of a body."""
        return Some(self, which, body)

    def ground(self, which: Ints) -> visibility.Sites:
        """Some sites of one body, with their masks."""
        nodes = self.nodes
        return visibility.sites(
            nodes.latitude_deg[which],
            nodes.longitude_deg[which],
            nodes.height_km[which],
            0.0,
            mask_deg=nodes.mask_deg[which][:, None],
        )


def sun_km(times: Times, body: str) -> Floats:
    """Where the Sun is (t, 3) km, geometric, in the frame of a body at UTC times (t,)."""
    position = ephemeris().position_km("Sun", times, centre=body)
    return np.asarray(np.einsum("tij,tj->ti", rotation("GCRF", FRAMES[body], times), position))


def prepare(scenario: MissionScenario) -> Mission:
    """What stands still of a mission. Raises ScenarioError and what the readers of orbits raise."""
    if not scenario.sites and not scenario.craft and not scenario.tables:
        raise ScenarioError(
            "the mission names no site and no craft",
            hint="give `sites` and `craft`; `raabta catalogue` lists some",
        )
    craft, notes = near_earth(scenario)
    return Mission(scenario, nodes_of(scenario), craft, start_utc(scenario.time.start), notes)
