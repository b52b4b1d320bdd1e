"""Points of presence behind gateways: ways that go on in fibre, and what of it is left at a time.

A point of presence is a node to which every gateway's links lead on, each longer by its fibre. Fibre counts
as light's way in vacuum that takes as long, so that ways of light and of fibre add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network.mesh.paths import GroundLinks
from raabta.scenario.fibre import edges_s, left_at
from raabta.scenario.paths import ANY_POP

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    presence that are.
    """

    begin_s: Floats
    reach_km: Floats
    whole_km: Floats
    out: Flags

    @classmethod
    def of(cls, scenario: PathScenario, names: Sequence[str]) -> Fibre | None:
        """The fibre of a scenario behind the places `names` (g,); None where it has none."""
        if not scenario.pops:
            return None
        pops, ratio = [pop.name for pop in scenario.pops], scenario.routing.fibre_route_ratio
        times, failures, cables = edges_s(scenario.failures), scenario.failures, scenario.cables
        reach = [reach_km(left_at(failures, cables, at_s), names, pops, ratio) for at_s in times]
        out = [
            [
                any(each.what == "pop" and each.name == name and _holds(each, at_s) for each in failures)
                for name in pops
            ]
            for at_s in times
        ]
        whole = reach_km(cables, names, pops, ratio)
        return cls(np.array(times), np.stack(reach), whole, np.array(out, np.bool_))

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


def landed_ways(ways: Ways, behind: Behind, satellites: int, places: int) -> tuple[Ways, Ints, Ints]:
    """Ways whose ends at points of presence are put at the gateways that they land at; gateway and point of
    presence of each way, (ways,) each: a place, and a number among those behind the places, -1 for none."""
    node = ways.node.copy()
    first, last = ways.start[:-1], ways.start[1:] - 1
    gateway, pop = (np.full(first.size, -1) for _ in range(2))
    for end, next_to in ((first, first + 1), (last, last - 1)):
        own = np.flatnonzero(ways.node[end] >= satellites + places)
        virtual, through = ways.node[end[own]] - satellites, ways.node[next_to[own]]
        lands = landing_gateway(behind, virtual.astype(np.int64), through.astype(np.int64))
        node[end[own]] = satellites + lands
        gateway[own], pop[own] = lands, virtual - places
    kept = type(ways)(ways.pair, ways.first, ways.km, ways.start, node, ways.cause)
    return kept, gateway, pop


def landing_gateway(behind: Behind, node: Ints, satellite: Ints) -> Ints:
    """The gateway at which ways land that come by a satellite to a ground node behind the places, (w,)."""
    links = behind.links
    ground = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    key = (ground << 32) + links.satellite
    order = np.argsort(key)
    return np.asarray(behind.gateway[order[np.searchsorted(key[order], (node << 32) + satellite)]])


def names_behind(scenario: PathScenario) -> tuple[str, ...]:
    """Names of the nodes behind the places."""
    return (*(pop.name for pop in scenario.pops), ANY_POP) if scenario.pops else ()
