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
from raabta.network.mesh import path_kernels
from raabta.network.mesh.lasers_over import lasers_over
from raabta.network.mesh.paths import GroundLinks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.topology import Links
    from raabta.network.model import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

BUCKET_KM = 100.0
"""Width of the buckets in which ways are found; any gives the same, this one is quick."""
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
    (l,): a way that ends at each; weight (f,): people served, against the most; lasers_mbps: rates of lasers,
    each way.
    """

    which: Ints
    start: Ints
    node: Ints
    laser_km: Floats
    resource: Ints
    first: Ints
    weight: Floats
    lasers_mbps: Floats

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
        at most each way. Traffic from homes takes the same way as that to them.
        """
        mbps, by_laser = feeder_mbps.copy(), np.zeros(feeder_mbps.shape, np.bool_)
        part = np.ones(feeder_mbps.shape)
        place, landings = self.resource[self.start[1:] - 1], self.first.size
        for way in range(2):
            own = feeder_mbps[self.which[self.first], way]
            demand = np.full(self.which.size, most_mbps[way])
            capacity = np.concatenate([own, self.lasers_mbps])
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
    ground = _gateway_links(network, held, feeders[held, 0], gateway_km)
    ways = _follow(links, ground, gateway_km, near, np.sort(order), people, _laser_mbps(network))
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
    own, own_sine = np.full((seen.near.size, 2), -1), np.ones((seen.near.size, 2))
    sky_kernels.assign_gateways(
        _turns(network, seen, serving, count),
        seen.start,
        seen.satellite,
        seen.sin_elevation,
        seen.clear,
        network.antennas,
        network.partner,
        own,
        own_sine,
    )
    feeders, sine = np.full((count, 2), -1), np.ones((count, 2))
    feeders[seen.near], sine[seen.near] = own, own_sine
    return feeders, sine


def _turns(network: Network, seen: visibility.View, serving: Ints, count: int) -> Ints:
    """The order in which satellites choose, places in `seen.near`: those that serve, in their order, then the
    others, those nearest to the area first."""
    place = np.full(count, -1)
    place[seen.near] = np.arange(seen.near.size)
    first = place[serving]
    rest = np.ones(seen.near.size, np.bool_)
    rest[first[first >= 0]] = False
    others = np.flatnonzero(rest)
    apart = seen.unit[others] @ network.disc[0]
    return np.concatenate([first[first >= 0], others[np.argsort(-apart, kind="stable")]])


def _lasers(network: Network, position_km: Floats, time: np.datetime64 | None) -> Links:
    """Lasers at the instant; where they take time to acquire or slew has a limit, it must be named."""
    mesh = network.mesh
    if mesh is None:
        raise RaabtaError("this network lands without lasers; give `sharing.landing: lasers`")
    if not (mesh.asks_velocity or mesh.look_back_s or mesh.remembers):
        links = mesh.at(position_km)
        return links if time is None else mesh.left(links, time)
    if time is None:
        raise RaabtaError(
            "lasers with acquisition_s, max_slew_deg_s or rematch depend on what was before; say the time of "
            "the positions"
        )
    return next(lasers_over(mesh, network.propagator, [time]))


def _laser_mbps(network: Network) -> float:
    return 0.0 if network.mesh is None else network.mesh.rate_mbps


def _gateway_links(network: Network, held: Ints, gateway: Ints, gateway_km: Floats) -> GroundLinks:
    """What every gateway feeds: the satellites `held`, each by its gateway."""
    order = np.argsort(gateway, kind="stable")
    start = np.searchsorted(gateway[order], np.arange(network.gateways.count + 1)).astype(np.int64)
    return GroundLinks(start, held[order].astype(np.int32), gateway_km[held[order]])


def _follow(
    links: Links,
    ground: GroundLinks,
    gateway_km: Floats,
    near: Ints,
    which: Ints,
    people: Floats,
    laser_mbps: float,
) -> Ways:
    """The ways of satellites, places among those `near`, and what they share: the feeder of the satellite
    that each ends at, and lasers, one for every satellite that sends on, since all that comes to it goes on
    by the same."""
    asked, size = near[which], LONGEST_WAY * which.size
    way_km = _least_km(links, ground, gateway_km, asked[np.isinf(gateway_km[asked])])
    while True:
        found = _room(which.size, size)
        landings, senders = kernels.follow(links.lasers.neighbour, links.km, gateway_km, way_km, asked, found)
        if landings >= 0:
            return _ways(found, which, landings, senders, people, laser_mbps)
        size *= 4


def _least_km(links: Links, ground: GroundLinks, gateway_km: Floats, wanted: Ints) -> Floats:
    """Least way of satellites to any gateway, (n,), as far as those `wanted` (u,) go: what `nearest_gateway`
    finds, without its looks at what it is given."""
    if not wanted.size:
        return gateway_km
    neighbour, rows = links.lasers.neighbour, links.lasers.row_start
    graph = path_kernels.Graph(neighbour, links.km, rows, ground.start, ground.satellite, ground.range_km)
    every, until = np.arange(ground.start.size - 1, dtype=np.int32), wanted.astype(np.int32)
    way_km, source = np.empty(gateway_km.size), np.empty(gateway_km.size, np.int32)
    path_kernels.nearest_source(graph, every, BUCKET_KM, until, way_km, source)
    return way_km


def _room(ways: int, entries: int) -> kernels.Found:
    """For so many ways, with so many satellites on all of them."""
    return kernels.Found(
        start=np.empty(ways + 1, np.int64),
        node=np.empty(entries, np.int64),
        laser_km=np.empty(ways),
        resource=np.empty(entries, np.int64),
        first=np.empty(ways, np.int64),
    )


def _ways(
    found: kernels.Found, which: Ints, landings: int, senders: int, people: Floats, laser_mbps: float
) -> Ways:
    """What was found, without the satellites that have no way."""
    landed = np.diff(found.start) > 0
    place = np.cumsum(landed) - 1
    entries, which = found.start[-1], which[landed]
    weight = people[which] / people[which].max(initial=WEIGHT_RANGE[0])
    return Ways(
        which=which,
        start=np.concatenate([found.start[:1], found.start[1:][landed]]),
        node=found.node[:entries],
        laser_km=found.laser_km[landed],
        resource=found.resource[:entries],
        first=place[found.first[:landings]],
        weight=np.maximum(weight, WEIGHT_RANGE[0]),
        lasers_mbps=np.full(senders, laser_mbps),
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
