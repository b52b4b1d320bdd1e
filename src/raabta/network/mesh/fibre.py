"""Points of presence behind gateways: ways that go on in fibre, and what of it is left at a time.

A point of presence is a node to which every gateway's links lead on, each longer by its fibre. Fibre counts
as light's way in vacuum that takes as long, so that ways of light and of fibre add up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh.alternatives import FibreUse
from raabta.network.mesh.paths import GroundLinks
from raabta.scenario.fibre import edges_s, left_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.alternatives import Ways
    from raabta.scenario.fibre import Cable
    from raabta.scenario.paths import PathScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

FIBRE_SPEED_RATIO: Final = 2.0 / 3.0
"""Speed of light in glass fibre over that in free space: 1 / 1.5, the usual round figure."""


class Behind(NamedTuple):
    """Links of places and, after them, of points of presence; gateway (e,): the place that each lands at."""

    links: GroundLinks
    gateway: Ints


class Landed(NamedTuple):
    """Where ways land that go on in fibre: gateway (p,), a place, and pop (p,), a number among the points of
    presence, -1 for none; fibre (p,): a number that tells the way behind the gateway apart, by where it ends
    and how long it is."""

    gateway: Ints
    pop: Ints
    fibre: NDArray[np.uint64]


@dataclass(frozen=True)
class Fibre:
    """Fibre behind the gateways among g places, to v points of presence, which are ground nodes g to
    g + v - 1; node g + v is whichever of them is reached first.

    begin_s (k,): seconds into the run from which each state holds; reach_km (k, g, v): from places to points
    of presence, infinite where no fibre leads; whole_km (g, v): with nothing out; out (k, v): points of
    presence that are. cables: all; cable_way: of each state and each (place, point of presence) the cables of
    the least way, as `FibreUse` numbers them.
    """

    begin_s: Floats
    reach_km: Floats
    whole_km: Floats
    out: Flags
    cables: tuple[Cable, ...]
    cable_way: tuple[dict[tuple[int, int], tuple[int, ...]], ...]

    @classmethod
    def of(cls, scenario: PathScenario, names: Sequence[str]) -> Fibre | None:
        """The fibre of a scenario behind the places `names` (g,); None where it has none."""
        if not scenario.pops:
            return None
        pops, ratio = [pop.name for pop in scenario.pops], scenario.routing.fibre_route_ratio
        times, failures, cables = edges_s(scenario.failures), scenario.failures, scenario.cables
        left = [left_at(failures, cables, at_s) for at_s in times]
        reach = [reach_km(own, names, pops, ratio) for own in left]
        limited = any(np.isfinite(cable.rate_mbps) for cable in cables)
        ways = tuple(cable_ways(cables, own, names, pops) if limited else {} for own in left)
        out = [
            [
                any(each.what == "pop" and each.name == name and _holds(each, at_s) for each in failures)
                for name in pops
            ]
            for at_s in times
        ]
        whole = reach_km(cables, names, pops, ratio)
        return cls(np.array(times), np.stack(reach), whole, np.array(out, np.bool_), cables, ways)

    @property
    def count(self) -> int:
        """Nodes behind the places: the points of presence, and whichever comes first."""
        return int(self.whole_km.shape[1]) + 1

    @cached_property
    def fails(self) -> bool:
        """Whether anything of it is ever out."""
        return bool((self.reach_km != self.whole_km).any() or self.out.any())

    def behind(self, links: GroundLinks, at_s: float) -> Behind:
        """Links at a time with those of the points of presence."""
        return lead_on(links, self.reach_km[self._state(at_s)])

    def whole(self, links: GroundLinks) -> Behind:
        """The same if nothing of the fibre were out."""
        return lead_on(links, self.whole_km)

    def reach_at(self, at_s: float) -> Floats:
        """Fibre from places to points of presence at a time, (g, v), see `reach_km`."""
        return np.asarray(self.reach_km[self._state(at_s)])

    def land(self, behind: Behind, node: Ints, satellite: Ints, at_s: float) -> Landed:
        """Where ways land, at a time, that come by a satellite (p,) to a ground node (p,): those to nodes
        behind the places, from a satellite that is one (-1 is none)."""
        reach = self.reach_at(at_s)
        g, v = reach.shape
        own = np.flatnonzero((node >= g) & (satellite >= 0))
        found = Landed(np.full(node.size, -1), np.full(node.size, -1), np.zeros(node.size, np.uint64))
        gateway = landing_gateway(behind, node[own], satellite[own])
        pop = np.where(node[own] == g + v, reach[gateway].argmin(axis=1), node[own] - g)
        found.gateway[own], found.pop[own] = gateway, pop
        found.fibre[own] = reach[gateway, pop].view(np.uint64) ^ pop.astype(np.uint64)
        return found

    def used(self, gateway: Ints, pop: Ints, towards: Flags, at_s: float) -> FibreUse | None:
        """Cables of ways (w,) at a time, each from its gateway to a point of presence, or with `towards` (w,)
        False the other way round; -1 is none. None where no cable has a limit."""
        own = self.cable_way[self._state(at_s)]
        if not own:
            return None
        parts = [
            np.array(own.get((g, v), ()), np.int64) ^ (0 if there else 1)
            for g, v, there in zip(gateway.tolist(), pop.tolist(), towards.tolist(), strict=True)
        ]
        start = np.cumsum([0, *(part.size for part in parts)]).astype(np.int64)
        return FibreUse(start, np.concatenate([*parts, np.empty(0, np.int64)]))

    def pops_out(self, at_s: float) -> Flags:
        """Which points of presence are out, (v + 1,); the last, any of them, where all are."""
        out = self.out[self._state(at_s)]
        return np.append(out, out.all())

    def _state(self, at_s: float) -> int:
        return int(np.count_nonzero(self.begin_s <= at_s)) - 1


def _holds(failure: object, at_s: float) -> bool:
    begin, end = getattr(failure, "from_s", 0.0), getattr(failure, "until_s", None)
    return bool(begin <= at_s and (end is None or at_s < end))


def reach_km(
    cables: Sequence[Cable], places: Sequence[str], pops: Sequence[str], route_ratio: float
) -> Floats:
    """Least way in fibre from each place to each point of presence, (g, v), as km of light in vacuum;
    infinite where none leads. Only points of presence pass on: a gateway passes on to satellites alone."""
    g, v = len(places), len(pops)
    rows = {name: i for i, name in enumerate(places)}
    columns = {name: i for i, name in enumerate(pops)}
    out, between = np.full((g, v), np.inf), np.full((v, v), np.inf)
    np.fill_diagonal(between, 0.0)
    for cable in cables:
        km = cable.great_circle_km * route_ratio / FIBRE_SPEED_RATIO
        there = columns[cable.other]
        if cable.one in rows:
            out[rows[cable.one], there] = min(out[rows[cable.one], there], km)
        else:
            here = columns[cable.one]
            between[here, there] = between[there, here] = min(between[here, there], km)
    for through in range(v):  # Floyd (1962), doi:10.1145/367766.368168
        np.minimum(between, between[:, through, None] + between[through], out=between)
    return np.asarray((out[:, :, None] + between).min(axis=1)) if v else out


def cable_ways(
    cables: Sequence[Cable], left: Sequence[Cable], places: Sequence[str], pops: Sequence[str]
) -> dict[tuple[int, int], tuple[int, ...]]:
    """The cables of the least way in what is left of fibre from each place to each point of presence that it
    leads to, of equal ways the first; numbered as `FibreUse` has them. Dijkstra (1959),
    doi:10.1007/BF01386390, from every place."""
    number = {(each.one, each.other): i for i, each in enumerate(cables)}
    rows, columns = ({name: i for i, name in enumerate(names)} for names in (places, pops))
    leads = dict[str, list[tuple[float, str, int]]]()
    for each in left:
        i = 2 * number[each.one, each.other]
        leads.setdefault(each.one, []).append((each.great_circle_km, each.other, i))
        if each.one not in rows:
            leads.setdefault(each.other, []).append((each.great_circle_km, each.one, i + 1))
    out = dict[tuple[int, int], tuple[int, ...]]()
    for gateway in rows.keys() & leads.keys():
        for pop, way in _least_ways(gateway, leads).items():
            out[rows[gateway], columns[pop]] = way
    return out


def _least_ways(
    gateway: str, leads: Mapping[str, Sequence[tuple[float, str, int]]]
) -> dict[str, tuple[int, ...]]:
    """Cables on the least way from a gateway to each point of presence."""
    found = dict[str, tuple[int, ...]]()
    waiting: list[tuple[float, tuple[int, ...], str]] = [(0.0, (), gateway)]
    while waiting:
        km, way, node = heappop(waiting)
        if node in found:
            continue
        found[node] = way
        for more, other, cable in leads.get(node, ()):
            heappush(waiting, (km + more, (*way, cable), other))
    del found[gateway]
    return found


def lead_on(links: GroundLinks, reach: Floats) -> Behind:
    """Links of g places (CSR) with those of v points of presence behind them, and of any: of several gateways
    that lead from a satellite to one, that of the shortest way, of equal ones the first. reach (g, v)."""
    place = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    feeds = np.flatnonzero(np.isfinite(reach[place]).any(axis=1))
    own, satellite = place[feeds], links.satellite[feeds]
    km = links.range_km[feeds, None] + reach[own]
    parts = [_shortest(satellite, each, own) for each in (*km.T, km.min(axis=1, initial=np.inf))]
    sizes = np.cumsum([part[0].size for part in parts]) + links.satellite.size
    return Behind(
        GroundLinks(
            np.concatenate([links.start, sizes]).astype(np.int64),
            np.concatenate([links.satellite, *(part[0] for part in parts)]).astype(np.int32),
            np.concatenate([links.range_km, *(part[1] for part in parts)]),
        ),
        np.concatenate([place, *(part[2] for part in parts)]).astype(np.int64),
    )


def _shortest(
    satellite: NDArray[np.int32], km: Floats, place: Ints
) -> tuple[NDArray[np.int32], Floats, Ints]:
    """Of each satellite its shortest finite link, by satellite."""
    there = np.isfinite(km)
    satellite, km, place = satellite[there], km[there], place[there]
    order = np.lexsort((place, km, satellite))
    first = order[np.append(True, np.diff(satellite[order]) != 0)[: order.size]]
    return satellite[first], km[first], place[first]


def landed_ways(
    ways: Ways, fibre: Fibre, behind: Behind, satellites: int, at_s: float
) -> tuple[Ways, Ints, Ints]:
    """Ways whose ends at points of presence are put at the gateways that they land at, with the cables from
    there on; gateway and point of presence of each way, (ways,) each: a place, and a number among the points
    of presence, of those that may end at any the nearest to its gateway; -1 for none."""
    node, reach = ways.node.copy(), fibre.reach_at(at_s)
    places, count = reach.shape
    used = list[FibreUse | None]()
    first, last = ways.start[:-1], ways.start[1:] - 1
    gateway, pop = (np.full(first.size, -1) for _ in range(2))
    for end, next_to in ((first, first + 1), (last, last - 1)):
        own = np.flatnonzero(ways.node[end] >= satellites + places)
        virtual, through = ways.node[end[own]] - satellites, ways.node[next_to[own]]
        lands = landing_gateway(behind, virtual.astype(np.int64), through.astype(np.int64))
        node[end[own]] = satellites + lands
        reached = np.where(virtual == places + count, reach[lands].argmin(axis=1), virtual - places)
        gateway[own], pop[own] = lands, reached
        here, there = np.full(first.size, -1), np.full(first.size, -1)
        here[own], there[own] = lands, reached
        used.append(fibre.used(here, there, np.full(first.size, end is last), at_s))
    return replace(ways, node=node, fibre=_joined(used)), gateway, pop


def _joined(used: Sequence[FibreUse | None]) -> FibreUse | None:
    """Cables at both ends of ways together."""
    parts = [each for each in used if each is not None]
    if not parts:
        return None
    way = np.concatenate([np.repeat(np.arange(each.start.size - 1), np.diff(each.start)) for each in parts])
    order = np.argsort(way, kind="stable")
    cable = np.concatenate([each.cable for each in parts])[order]
    return FibreUse(np.add.reduce([each.start for each in parts]), cable)


def landing_gateway(behind: Behind, node: Ints, satellite: Ints) -> Ints:
    """The gateway at which ways land that come by a satellite to a ground node behind the places, (w,)."""
    links = behind.links
    ground = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    key = (ground << 32) + links.satellite
    order = np.argsort(key)
    return np.asarray(behind.gateway[order[np.searchsorted(key[order], (node << 32) + satellite)]])
