"""Where satellites land: at a gateway of their own, or through lasers at another satellite that has one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.access import visibility
from raabta.base.errors import RaabtaError
from raabta.network import landing_kernels as kernels
from raabta.network import sky_kernels
from raabta.network.fair import WEIGHT_RANGE, fair_rates
from raabta.network.mesh.paths import GroundLinks, nearest_gateway

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.topology import Links
    from raabta.network.model import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

LONGEST_WAY = 64
"""Satellites on a way that room is made for at first, in the mean."""


class Fed(NamedTuple):
    """What feeders and lasers together bring to each near satellite: mbps (m, 2), forward and return;
    by_laser (m, 2): whether a laser stops it; part (m, 2): its part of what its feeder carries."""

    mbps: Floats
    by_laser: Flags
    part: Floats


@dataclass(frozen=True)
class Ways:
    """How f of the near satellites land, those that serve somebody and can.

    which (f,): their places among the near; start (f + 1,), node: fleet numbers of the satellites on each
    way, its own first, the one that it lands at last; laser_km (f,): between them. resource: what each node
    stands for among l landing satellites and then the lasers, one for every satellite that sends on; first
    (l,): a way that ends at each; weight (f,): people served.
    """

    which: Ints
    start: Ints
    node: Ints
    laser_km: Floats
    resource: Ints
    first: Ints
    weight: Floats
    laser_mbps: float

    @property
    def last(self) -> Ints:
        """The satellite that each lands at, its number in the fleet, (f,)."""
        return np.asarray(self.node[self.start[1:] - 1])

    @property
    def lasers(self) -> Ints:
        """Lasers on each way, (f,)."""
        return np.diff(self.start) - 1

    def fed(self, feeder_mbps: Floats, most_mbps: tuple[float, float]) -> Fed:
        """Share feeders and lasers out, max-min fair by the people whom the satellites serve.

        feeder_mbps (m, 2): of the feeder that each near satellite lands at; most_mbps: what a satellite takes
        at most each way. A laser carries `laser_mbps` each way, and traffic from homes takes the way back.
        """
        mbps, by_laser = feeder_mbps.copy(), np.zeros(feeder_mbps.shape, np.bool_)
        part = np.ones(feeder_mbps.shape)
        place, landings = self.resource[self.start[1:] - 1], self.first.size
        lasers = np.full(int(self.resource.max(initial=-1)) + 1 - landings, self.laser_mbps)
        for way in range(2):
            own = feeder_mbps[self.which[self.first], way]
            demand = np.full(self.which.size, most_mbps[way])
            capacity = np.concatenate([own, lasers])
            found = fair_rates(self.start, self.resource, capacity, demand, self.weight)
            load = np.bincount(place, found.rate_mbps, landings)[place]
            mbps[self.which, way] = found.rate_mbps
            by_laser[self.which, way] = found.binding >= landings
            part[self.which, way] = np.where(
                load > 0.0, found.rate_mbps / np.where(load > 0.0, load, 1.0), 1.0
            )
        return Fed(mbps, by_laser, part)


@dataclass(frozen=True)
class Landing:
    """Where the m near satellites land in one slot: feeders (m, 2), the gateway and its diversity partner, of
    the satellite that each lands at, -1 for none; sine (m, 2) of the elevation of that one there; range_km
    (m,): the whole way to the gateway, of which laser_km (m,) over lasers (m,)."""

    feeders: Ints
    sine: Floats
    range_km: Floats
    laser_km: Floats
    lasers: Ints
    ways: Ways

    def of(self, s: int) -> Ints:
        """Fleet numbers of the satellites on the way of near satellite s, its own first; empty for none."""
        place = np.flatnonzero(self.ways.which == s)
        if not place.size:
            return np.empty(0, np.int64)
        return self.ways.node[self.ways.start[place[0]] : self.ways.start[place[0] + 1]]


def land(
    network: Network,
    position_km: Floats,
    time: np.datetime64 | None,
    near: Ints,
    order: Ints,
    people: Floats,
) -> Landing:
    """How satellites land that serve somebody. position_km (3, n) of the whole fleet; near (m,): fleet
    numbers; order: places among them of those that serve, the first to choose first; people (m,): whom each
    serves.

    They choose gateways as without lasers; what antennas are left go to the others of the fleet, those
    nearest to the area first. Who has none then takes the way of least length over lasers.
    """
    feeders, sine = _choose(network, position_km, near[order])
    gateway_km = np.full(feeders.shape[0], np.inf)
    held = np.flatnonzero(feeders[:, 0] >= 0)
    offset = position_km[:, held].T - network.gateways.km[feeders[held, 0]]
    gateway_km[held] = np.linalg.norm(offset, axis=1)
    links = _lasers(network, position_km, time)
    which = np.sort(order)
    start, node = _follow(links, _gateway_links(network, feeders[:, 0], gateway_km), gateway_km, near[which])
    landed = np.diff(start) > 0
    start, which = np.concatenate([[0], start[1:][landed]]), which[landed]
    ways = _ways(network, position_km, which, start, node, people)
    return _landing(near.size, feeders, sine, gateway_km, ways)


def _choose(network: Network, position_km: Floats, serving: Ints) -> tuple[Ints, Floats]:
    """Gateway and partner of every satellite of the fleet, (n, 2), and the sines of its elevation there.

    Only satellites above the horizon plane of a gateway are looked at: no link is lower than 5 degrees.
    """
    count, site_km = position_km.shape[1], network.gateways.km
    above = (site_km @ position_km >= np.einsum("gx,gx->g", site_km, site_km)[:, None]).any(axis=0)
    seen = visibility.observe(
        network.gateways,
        network.disc,
        position_km,
        min_elevation_deg=network.scenario.constellation.gateway_min_elevation_deg,
        subset=np.flatnonzero(above),
    )
    satellite = seen.near[seen.satellite]
    others = np.setdiff1d(satellite, serving)
    apart = network.disc[0] @ position_km[:, others] / np.linalg.norm(position_km[:, others], axis=0)
    feeders, sine = np.full((count, 2), -1), np.ones((count, 2))
    sky_kernels.assign_gateways(
        np.concatenate([serving, others[np.argsort(-apart, kind="stable")]]),
        seen.start,
        satellite,
        seen.sin_elevation,
        seen.clear,
        network.antennas,
        network.partner,
        feeders,
        sine,
    )
    return feeders, sine


def _lasers(network: Network, position_km: Floats, time: np.datetime64 | None) -> Links:
    """Lasers at the instant; where they take time to acquire or slew has a limit, it must be named."""
    mesh = network.mesh
    if mesh is None:
        raise RaabtaError("this network lands without lasers; give `sharing.landing: lasers`")
    if not (mesh.asks_velocity or mesh.look_back_s):
        return mesh.at(position_km)
    if time is None:
        raise RaabtaError(
            "lasers with acquisition_s or max_slew_deg_s depend on what was before; say the time of the "
            "positions"
        )
    return next(mesh.over(network.propagator, [time]))


def _gateway_links(network: Network, gateway: Ints, gateway_km: Floats) -> GroundLinks:
    """What every gateway feeds."""
    held = np.flatnonzero(gateway >= 0)
    held = held[np.argsort(gateway[held], kind="stable")]
    start = np.searchsorted(gateway[held], np.arange(network.gateways.count + 1)).astype(np.int64)
    return GroundLinks(start, held.astype(np.int32), gateway_km[held])


def _follow(links: Links, ground: GroundLinks, gateway_km: Floats, which: Ints) -> tuple[Ints, Ints]:
    """Ways of satellites as lists of fleet numbers: start (f + 1,), node."""
    every = np.arange(ground.start.size - 1)
    way_km, _ = nearest_gateway(links.lasers, links.km, ground, every)
    start, size = np.empty(which.size + 1, np.int64), LONGEST_WAY * which.size
    while True:
        node = np.empty(size, np.int64)
        lasers = links.lasers.neighbour, links.km
        found = kernels.follow(*lasers, gateway_km, way_km[: gateway_km.size], which, start, node)
        if found >= 0:
            return start, node[:found]
        size *= 4


def _ways(
    network: Network, position_km: Floats, which: Ints, start: Ints, node: Ints, people: Floats
) -> Ways:
    """What the ways share: the feeder of the satellite that each ends at, and lasers, one for every satellite
    that sends on, since all that comes to it goes on by the same."""
    mesh = network.mesh
    last, sends = start[1:] - 1, np.ones(node.size, np.bool_)
    sends[last] = False
    resource = np.empty(node.size, np.int64)
    _, first, resource[last] = np.unique(node[last], return_index=True, return_inverse=True)
    _, laser = np.unique(node[sends], return_inverse=True)
    resource[sends] = first.size + laser
    step_km = np.zeros(node.size)
    here, there = node[sends], node[np.flatnonzero(sends) + 1]
    step_km[sends] = np.linalg.norm(position_km[:, here] - position_km[:, there], axis=0)
    row = np.repeat(np.arange(which.size), np.diff(start))
    weight = people[which] / people[which].max(initial=WEIGHT_RANGE[0])
    return Ways(
        which=which,
        start=start,
        node=node,
        laser_km=np.bincount(row, step_km, which.size).astype(np.float64),
        resource=resource,
        first=first,
        weight=np.maximum(weight, WEIGHT_RANGE[0]),
        laser_mbps=0.0 if mesh is None else mesh.rate_mbps,
    )


def _landing(near: int, feeders: Ints, sine: Floats, gateway_km: Floats, ways: Ways) -> Landing:
    """The ways by near satellite."""
    which, last = ways.which, ways.last
    whose, at_sine = np.full((near, 2), -1), np.ones((near, 2))
    whose[which], at_sine[which] = feeders[last], sine[last]
    range_km, laser_km, lasers = np.zeros(near), np.zeros(near), np.zeros(near, np.int64)
    range_km[which], laser_km[which] = ways.laser_km + gateway_km[last], ways.laser_km
    lasers[which] = ways.lasers
    return Landing(whose, at_sine, range_km, laser_km, lasers, ways)
