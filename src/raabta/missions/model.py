"""A mission ready to be asked: its nodes, where each is at any time in any frame, and its days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.sky import BODIES
from raabta.base.clock import as_utc
from raabta.base.errors import ScenarioError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.missions.budgets import Carriers, carriers_of
from raabta.missions.craft import Part, parts_of, spans_of
from raabta.missions.nodes import Nodes, nodes_of, pairs_among
from raabta.orbits.platforms import in_frame
from raabta.orbits.propagate import start_utc

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.base.earth_rotation import Beyond
    from raabta.scenario.missions import MissionScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DAY_S = 86_400.0
"""What is computed at once, whatever the chunks: results never depend on where those are cut."""


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
class Ground:
    """Some sites in the axes of their body, as `access.passes` takes them."""

    km: Floats
    basis: Floats
    sin_mask: Floats


@dataclass(frozen=True)
class Some:
    """Some nodes of a mission as a fleet in a frame: what `access.passes` takes."""

    mission: Mission
    which: Ints
    frame: str

    @property
    def count(self) -> int:
        """How many nodes."""
        return int(self.which.size)

    def positions_km(self, times: ArrayLike) -> Floats:
        """Places (t, 3, n) km in the frame."""
        return self.mission.positions_km(self.which, times, self.frame)


@dataclass(frozen=True)
class Mission:
    """A scenario of kind `mission` with all that stands still worked out; small enough to be carried."""

    scenario: MissionScenario
    nodes: Nodes
    parts: tuple[Part, ...]
    start: np.datetime64
    notes: tuple[str, ...]
    carriers: Carriers
    spans_s: tuple[tuple[float, float], ...]

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.scenario.time.duration_s

    @property
    def beyond(self) -> Beyond:
        """What to do beyond the tables of the Earth's rotation."""
        return "hold" if self.scenario.earth_orientation == "hold" else "refuse"

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

    def name(self, number: int) -> str:
        """The name of a node, or of the Sun."""
        return self.nodes.name[number] if number < self.nodes.count else "Sun"

    def home(self, number: int) -> str:
        """The body that a node stands on or goes around; none for the Sun."""
        return self.nodes.home[number] if number < self.nodes.count else ""

    def is_near(self, number: int) -> bool:
        """Whether a node belongs to the Earth, or is the Sun: its contacts are found for many at once."""
        return self.home(number) in ("Earth", "")

    def there(self, day: Day, *numbers: int) -> Day:
        """So much of a day as all of these nodes are there; of no length where they are not."""
        begin = max([day.begin_s, *(self.spans_s[number][0] for number in numbers)])
        end = min([day.end_s, *(self.spans_s[number][1] for number in numbers)])
        whole = begin == day.begin_s and end == day.end_s
        return day if whole else Day(day.number, begin, max(0.0, end - begin))

    def part(self, number: int) -> tuple[Part, int]:
        """What moves a node, and its column there."""
        for part in self.parts:
            found = np.flatnonzero(part.which == number)
            if found.size:
                return part, int(found[0])
        raise ScenarioError(f"nothing moves node {number}")

    def positions_km(self, which: Ints, times: ArrayLike, frame: str) -> Floats:
        """Places (t, 3, n) km of nodes and of the Sun in a frame about its body's centre, of one instant."""
        at = np.atleast_1d(as_utc(times))
        out = np.empty((at.size, 3, which.size))
        for part in self.parts:
            own, column = np.nonzero(which[:, None] == part.which)
            if own.size:
                moved = in_frame(part.moving, frame, beyond=self.beyond).positions_km(at)
                out[:, :, own] = moved[:, :, column]
        return out

    def fleet(self, which: Ints, frame: str = "ITRF") -> Some:
        """Some nodes as a fleet in a frame."""
        return Some(self, which, frame)

    def mask_deg(self, number: int) -> Floats:
        """The mask of a site by bins of azimuth (a,), deg; one bin where it has no horizon."""
        return self.nodes.horizon.get(number, self.nodes.mask_deg[[number]])

    def ground(self, which: Ints) -> Ground:
        """Some sites of one body, with their masks."""
        nodes, body = self.nodes, BODIES[self.nodes.home[int(which[0])]]
        masks = [self.mask_deg(number) for number in which.tolist()]
        bins = max(mask.size for mask in masks)
        where = nodes.latitude_deg[which], nodes.longitude_deg[which]
        return Ground(
            geodetic_to_fixed(*where, nodes.height_km[which], body),
            enu_basis(*where),
            np.sin(np.radians(np.stack([np.broadcast_to(mask, bins) for mask in masks]))),
        )


def prepare(scenario: MissionScenario) -> Mission:
    """What stands still of a mission. Raises ScenarioError and what the readers of orbits raise."""
    if not scenario.sites and not scenario.craft and not scenario.tables:
        raise ScenarioError(
            "the mission names no site and no craft",
            hint="give `sites` and `craft`; `raabta catalogue` lists some",
        )
    nodes = nodes_of(scenario)
    pairs = [pairs_among(nodes, link) for link in scenario.links]
    carriers = carriers_of(scenario, nodes, pairs)
    parts, notes = parts_of(scenario, nodes)
    start = start_utc(scenario.time.start)
    spans = spans_of(scenario, nodes, parts, start)
    return Mission(scenario, nodes, parts, start, notes, carriers, spans)
