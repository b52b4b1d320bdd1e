"""What a run of ways holds still, and the mesh at each of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.access import visibility
from raabta.network.mesh.events import Events, events, instants
from raabta.network.mesh.fibre import Behind, Fibre
from raabta.network.mesh.ground_policy import choose, flat_earth_links, near_links, shorter, some_links
from raabta.network.mesh.lasers_over import lasers_over
from raabta.network.mesh.paths import GroundLinks, Lasers, ground_links

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.topology import Topology
    from raabta.orbits.outages import Outage
    from raabta.orbits.propagate import Propagator
    from raabta.scenario.paths import PathScenario

    Arrays = dict[str, NDArray[np.generic]]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_BATCH_POSITIONS: Final = 200_000
"""Satellite positions computed at once, ..."""
MOST_BATCH_STEPS: Final = 64
"""... but of so many steps at most: a batch is whole even where few are asked for."""


@dataclass(frozen=True)
class Mesh:
    """What a run of ways holds still; pickles small.

    sites: g places on the ground; pairs (p, 2): places at the two ends of each way; gateways: those of the
    places that are. asked_mbps (p,): what each pair sends; all 0 without traffic. altitude_km (n,): of each
    satellite's shell, for the mask that is as over a flat Earth; None for the true one, and where the
    scenario says the longest range. place_outages: places that are out for a while; link_outages: links of
    places to satellites, (place << 32) + satellite. fibre: to points of presence, which are numbered on
    after the places.
    """

    scenario: PathScenario
    propagator: Propagator
    topology: Topology
    sites: visibility.Sites
    pairs: Ints
    gateways: Ints
    asked_mbps: Floats
    altitude_km: Floats | None = None
    place_outages: tuple[Outage, ...] = ()
    link_outages: tuple[Outage, ...] = ()
    fibre: Fibre | None = None

    @cached_property
    def disc(self) -> tuple[Floats, float]:
        """A disc that holds all places."""
        return visibility.bounding_disc(self.sites.km)

    @cached_property
    def destination(self) -> Ints:
        """Places that ways are sought to: all where states are kept, else those of the pairs."""
        if self.scenario.routing.keep_states:
            return np.arange(self.grounds)
        return np.unique(self.pairs[:, 1])

    @cached_property
    def place(self) -> Ints:
        """Row of each pair among the destinations, (p,)."""
        return np.searchsorted(self.destination, self.pairs[:, 1])

    @cached_property
    def left_share(self) -> Floats:
        """What users elsewhere leave of each node on the ground, and of the feeders there."""
        out, own = np.ones(self.grounds), [station.others_share for station in self.scenario.gateways]
        out[self.gateways] = 1.0 - np.array(own)
        return out

    @property
    def grounds(self) -> int:
        """Nodes on the ground: places, and points of presence."""
        return self.sites.count + (0 if self.fibre is None else self.fibre.count)

    @property
    def source(self) -> Ints:
        """Node that each pair starts from, (p,)."""
        return np.asarray(self.pairs[:, 0] + self.propagator.count)


class Step(NamedTuple):
    """The mesh at one time: lasers with their lengths (n, K), and the links of the places; behind: the same
    with those of the points of presence, where there are any."""

    number: int
    lasers: Lasers
    km: Floats
    links: GroundLinks
    behind: Behind | None = None

    @property
    def ends(self) -> GroundLinks:
        """Links of everything that a way may end at."""
        return self.links if self.behind is None else self.behind.links


def step_times(scenario: PathScenario, steps: Sequence[int]) -> NDArray[np.datetime64]:
    """UTC of some steps, datetime64[ns]."""
    start = np.datetime64(scenario.time.start.replace(tzinfo=None), "ns")
    offset_ns = np.rint(np.asarray(steps, np.int64) * (scenario.time.step_s * 1e9)).astype(np.int64)
    return np.asarray(start + offset_ns.astype("timedelta64[ns]"))


def walk(mesh: Mesh, steps: Sequence[int]) -> Iterator[Step]:
    """The mesh at some steps, which rise."""
    lasers = lasers_over(mesh.topology, mesh.propagator, step_times(mesh.scenario, steps))
    for step, found, links in zip(steps, lasers, _chosen_links(mesh, steps), strict=True):
        behind = None if mesh.fibre is None else mesh.fibre.behind(links, seconds(mesh, step))
        yield Step(step, found.lasers, found.km, links, behind)


def seconds(mesh: Mesh, step: int) -> float:
    """When a step is, in seconds from the start."""
    return step * mesh.scenario.time.step_s


def _chosen_links(mesh: Mesh, steps: Sequence[int]) -> Iterator[GroundLinks]:
    """Links of the places at some steps, by the policy of the scenario."""
    return choose(
        mesh.scenario.ground.links,
        _looker(mesh, len(steps)),
        steps,
        step_s=mesh.scenario.time.step_s,
        gateway=mesh.gateways,
    )


def _looker(mesh: Mesh, steps: int) -> Callable[[int], GroundLinks]:
    """What gives every satellite that each place may use at a step, failures left out."""
    sky = _Positions(mesh, steps)
    return lambda step: links_left(mesh, links_in_view(mesh, sky.at(step)), step)


def changes(mesh: Mesh, steps: Sequence[int]) -> Iterator[Events]:
    """What comes and goes between steps that follow each other, one `Events` for each step but the first."""
    times, look = step_times(mesh.scenario, steps), _looker(mesh, len(steps))
    chosen = _chosen_links(mesh, steps)  # by positions of its own: a policy may look ahead
    in_view = (look(step) for step in steps)
    return events(mesh.topology, instants(mesh.topology, mesh.propagator, times, chosen, in_view))


class _Positions:
    """Positions of all satellites at any step, computed some steps at a time."""

    def __init__(self, mesh: Mesh, steps: int) -> None:
        self._mesh = mesh
        self._length = max(1, min(steps, MOST_BATCH_STEPS, MOST_BATCH_POSITIONS // mesh.propagator.count))
        self._batch: int | None = None
        self._km = np.empty((0, 3, 0))

    def at(self, step: int) -> Floats:
        """Positions (3, n) at a step, which may lie before the start or after the end."""
        batch, place = divmod(step, self._length)
        if batch != self._batch:
            own = range(batch * self._length, (batch + 1) * self._length)
            self._km = self._mesh.propagator.positions_km(step_times(self._mesh.scenario, own))
            self._batch = batch
        return np.ascontiguousarray(self._km[place])


def links_in_view(mesh: Mesh, position_km: Floats) -> GroundLinks:
    """Every satellite that each place may use at positions (3, n), by the mask and the longest range."""
    ground, floor_deg = mesh.scenario.ground, mesh.scenario.constellation.user_min_elevation_deg
    if mesh.altitude_km is not None:
        return flat_earth_links(mesh.sites.km, position_km, mesh.altitude_km, floor_deg)
    if ground.mask != "elevation" and ground.max_range_km is not None:
        return near_links(mesh.sites.km, position_km, np.full(position_km.shape[1], ground.max_range_km))
    view = visibility.observe(mesh.sites, mesh.disc, position_km, min_elevation_deg=floor_deg)
    links = ground_links(mesh.sites, view)
    return links if ground.max_range_km is None else shorter(links, ground.max_range_km)


def links_left(mesh: Mesh, links: GroundLinks, step: int) -> GroundLinks:
    """Links of places at a step but for those that are out."""
    if not mesh.place_outages and not mesh.link_outages:
        return links
    place = np.repeat(np.arange(mesh.sites.count), np.diff(links.start))
    there = ~places_out(mesh, step)[place]
    time = step_times(mesh.scenario, [step])[0]
    for outage in mesh.link_outages:
        there &= ~(np.isin((place << 32) + links.satellite, outage.who) & outage.during(time))
    return some_links(links, there)


def places_out(mesh: Mesh, step: int) -> NDArray[np.bool_]:
    """Which places are out at a step, (g,)."""
    out, time = np.zeros(mesh.sites.count, np.bool_), step_times(mesh.scenario, [step])[0]
    for outage in mesh.place_outages:
        out[outage.who] |= outage.during(time)
    return out
