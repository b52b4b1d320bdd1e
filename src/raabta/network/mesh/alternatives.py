"""Alternative ways between ground nodes: the k shortest, disjoint ones, all that are as good as the best.

On lasers, their lengths and ground links of one instant (see `paths`). A way's length is light's way in km,
or the number of its links first and its km second. Models and sources: docs/models/alternatives.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network import arrays
from raabta.network.mesh import alternative_kernels, disjoint_kernels, hop_kernels, search_kernels
from raabta.network.mesh.alternative_graphs import (
    NodeGraph,
    arcs_of,
    distances_to_any,
    goals_of,
    mesh_of,
    with_one_end,
)
from raabta.network.mesh.paths import NO_NODE, GroundLinks, Lasers
from raabta.scenario.suggest import near_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Nodes = NDArray[np.int32]
    Found = tuple[Ints, Ints, Nodes]

Rule = Literal["shortest", "link-disjoint", "node-disjoint", "bent-pipe"]
Measure = Literal["km", "hops"]
Least = Literal["each", "sum"]
PAIRS_A_BATCH = 32
CAUSES = (
    "",
    "no satellite in view of the start",
    "no satellite in view of the end",
    "no path over lasers between the satellites in view",
    "no satellite that both ends see",
)
"""Why a pair has no way, by the number that `Ways.cause` holds."""


@dataclass(frozen=True)
class Routing:
    """Which ways are wanted.

    rule: `shortest`, the k shortest without loops; `link-disjoint` and `node-disjoint`, ways that share no
    link (whichever way it is used), or no node but their ends; `bent-pipe`, up to one satellite and down
    again, without lasers. ways: how many at most.

    measure: `km`, or `hops`, fewest links and of as many links the least km. least, for disjoint ways:
    `each`, the shortest, then the shortest of what is left; or `sum`, the least sum of lengths, which also
    finds disjoint ways where the shortest bars them. within_km, for `shortest` and `bent-pipe`: ways at most
    this much longer than the shortest (with `hops`, of as few links): equal-cost ways for a small one. relay:
    whether ways may come down in between.

    Raises OutOfRangeError or RaabtaError on a rule that is none and on rules that contradict each other.
    """

    rule: Rule = "shortest"
    ways: int = 1
    measure: Measure = "km"
    least: Least = "each"
    within_km: float = np.inf
    relay: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (("rule", Rule), ("measure", Measure), ("least", Least)):
            _check_word(name, getattr(self, name), get_args(allowed))
        if self.ways < 1:
            raise OutOfRangeError("ways", self.ways, "1 or more", "a routing")
        if not self.within_km >= 0.0:
            raise OutOfRangeError(
                "within_km", self.within_km, "0 or more; infinite for no limit", "a routing"
            )
        if self.disjoint and self.within_km != np.inf:
            raise RaabtaError(f"within_km has no meaning for {self.rule} ways; leave it out")
        if self.rule == "bent-pipe" and self.relay:
            raise RaabtaError("a bent pipe has one satellite; relay=True needs another rule")

    @property
    def disjoint(self) -> bool:
        """Whether ways must share nothing."""
        return self.rule in ("link-disjoint", "node-disjoint")


class FibreUse(NamedTuple):
    """Cables of ways: way w goes over cable[start[w]:start[w + 1]], each twice the number of a cable, and one
    more where it goes from its second end to its first."""

    start: Ints
    cable: Ints


@dataclass(frozen=True)
class Ways:
    """Ways of p pairs of ground nodes, each pair's best first; ties by the order in which they are found,
    which depends on nothing but the instant.

    pair (p, 2): start and end. first (p + 1,): the ways of pair i are first[i] to first[i + 1] - 1. Of way w:
    km[w], and its nodes node[start[w]:start[w + 1]], both ends too; satellite s is node s, ground node i node
    n + i. cause (p,): why a pair has no way, a place in `CAUSES`; 0 where it has one. fibre: what each way
    uses of the fibre behind its ends, if any does.
    """

    pair: Ints
    first: Ints
    km: Floats
    start: Ints
    node: Nodes
    cause: NDArray[np.int8]
    fibre: FibreUse | None = None

    @property
    def hops(self) -> Ints:
        """Links of each way."""
        return np.diff(self.start) - 1

    def of(self, pair: int) -> range:
        """Numbers of the ways of a pair."""
        return range(int(self.first[pair]), int(self.first[pair + 1]))

    def nodes(self, way: int) -> list[int]:
        """Nodes of a way."""
        return [int(node) for node in self.node[self.start[way] : self.start[way + 1]]]


@dataclass(frozen=True)
class NextNodes:
    """Nodes to go to first on ways as good as the best: km and hops (d, N) of the best, to d destinations
    from N = n + g nodes; of node u towards destination i: node[start[i, u]:start[i, u + 1]]."""

    km: Floats
    hops: Nodes
    start: Ints
    node: Nodes

    def of(self, place: int, node: int) -> list[int]:
        """Nodes to go to from a node towards the destination at `place`."""
        return [int(v) for v in self.node[self.start[place, node] : self.start[place, node + 1]]]


def find_ways(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    pairs: ArrayLike,
    routing: Routing | None = None,
    *,
    threads: int = 1,
) -> Ways:
    """Ways between pairs (p, 2) of ground nodes, start and end; see `Routing`.

    km (n, K): see `paths.laser_km`. Lengths are Dijkstra's sums from the end, to the last bit.
    The same bits with any number of threads and any batch of pairs. Raises OutOfRangeError or RaabtaError on
    malformed input, a pair of one node with itself, and lengths that are NaN or not above 0.
    """
    wanted = routing or Routing()
    own_km = _laser_km_used(km, wanted)
    pair = _checked_pairs(pairs, links.start.size - 1)
    target, row = np.unique(pair[:, 1], return_inverse=True)
    mesh = mesh_of(lasers, own_km, links, up=pair[:, 0], down=target, **_kind(wanted))
    goals = goals_of(lasers, own_km, links, mesh, target, relay=wanted.relay, threads=threads)
    found = _in_batches(mesh, goals, row, pair[:, 0], wanted, threads)
    sees = _seeing(links)
    cause = _causes(sees[pair[:, 0]], sees[pair[:, 1]], found[0], wanted)
    return _sorted_ways(mesh, pair, found, cause, wanted)


def landing_ways(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    origin: ArrayLike,
    landing: Sequence[ArrayLike],
    routing: Routing | None = None,
    *,
    threads: int = 1,
) -> Ways:
    """Ways from ground nodes `origin` (o,) down to any of the ground nodes that each may land at.

    landing: the allowed gateways of each origin, as a national rule gives them. All gateways of an origin
    count as one end: k shortest and disjoint ways may land at different ones; node-disjoint ones must.
    `Ways.pair` holds the origin and where its best way lands, `NO_NODE` where it has none.

    Raises as `find_ways`; RaabtaError for an origin without gateways or with itself among them.
    """
    wanted = routing or Routing()
    if len(landing) != np.size(origin):
        raise RaabtaError(f"{np.size(origin)} origins and {len(landing)} sets of gateways; give one set each")
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, allowed in enumerate(landing):
        groups.setdefault(tuple(sorted({int(one) for one in np.ravel(allowed)})), []).append(place)
    source = np.asarray(origin)
    parts = [
        _land(lasers, km, links, source[places], gateways, wanted, threads)
        for gateways, places in groups.items()
    ]
    return _put_together(parts, list(groups.values()))


def equal_next_nodes(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    destination: ArrayLike,
    *,
    measure: Measure = "km",
    tolerance_km: float = 0.0,
    relay: bool = False,
    threads: int = 1,
) -> NextNodes:
    """All nodes to go to first, from every node to ground nodes `destination` (d,), on ways of at most
    tolerance_km more than the best from that node; with `hops` of as few links.

    Each of them is nearer to the destination than the node itself, so whatever is chosen at each node, no way
    runs in a ring; tolerances of the nodes on a way add up. Raises as `find_ways`.
    """
    if not tolerance_km >= 0.0:
        raise OutOfRangeError("tolerance_km", tolerance_km, "0 or more", "equal-cost next nodes")
    _check_word("measure", measure, get_args(Measure))
    ground = links.start.size - 1
    _, target = arrays.lists("destination", [0, np.size(destination)], destination, ground)
    wanted = Routing(measure=measure, relay=relay)
    mesh = mesh_of(lasers, km, links, up=np.arange(ground), down=target, **_kind(wanted))
    goals = goals_of(lasers, km, links, mesh, target, relay=wanted.relay, threads=threads)
    start = np.empty((target.size, goals.km.shape[1] + 1), np.int64)
    node: Nodes = np.empty(0, np.int32)
    for _ in range(2):  # count, then write
        count = hop_kernels.equal_next(
            mesh.graph, goals.node, goals.hops, goals.km, tolerance_km, start, node
        )
        if node.size == 0:
            node = np.empty(max(count, 1), np.int32)
    return NextNodes(goals.km, goals.hops, start, node[:count])


def _kind(wanted: Routing) -> dict[str, bool]:
    """What of a routing the graph must know."""
    return {"relay": wanted.relay, "fewest": wanted.measure == "hops"}


def _check_word(name: str, word: object, allowed: tuple[str, ...]) -> None:
    if word not in allowed:
        near = near_name(str(word), allowed)
        meant = f"; did you mean '{near}'?" if near else ""
        raise OutOfRangeError(name, f"'{word}'", f"{', '.join(allowed)}{meant}", "a routing")


def _checked_pairs(pairs: ArrayLike, ground: int) -> Ints:
    array = np.asarray(pairs)
    if array.size == 0:
        array = np.zeros((0, 2), np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise RaabtaError(f"pairs have shape {array.shape}; wanted: (p, 2), the start and the end of each")
    _, flat = arrays.lists("pairs", [0, array.size], array.ravel(), ground)
    pair = flat.reshape(-1, 2).astype(np.int64)
    same = np.flatnonzero(pair[:, 0] == pair[:, 1])
    if same.size:
        where = int(same[0])
        raise RaabtaError(
            f"pair {where} joins ground node {pair[where, 0]} with itself; wanted: two different nodes"
        )
    return pair


def _in_batches(
    mesh: NodeGraph, goals: search_kernels.Goals, row: Ints, source: Ints, wanted: Routing, threads: int
) -> Found:
    """Ways of pairs in batches on threads: how many each has, how many nodes each way, all nodes on end."""
    n, graph = mesh.satellites, mesh.graph
    whole, together = wanted.rule == "node-disjoint", wanted.disjoint and wanted.least == "sum"
    arcs = arcs_of(mesh, wanted.ways, whole_nodes=whole) if together else None

    def work(first: int) -> Found:
        own = slice(first, first + PAIRS_A_BATCH)
        rows, sources = row[own], n + source[own]
        if arcs is not None:
            found = disjoint_kernels.least_sum(arcs, goals, rows, sources, wanted.ways, graph.start.size - 1)
        elif wanted.disjoint:
            found = disjoint_kernels.one_by_one(graph, goals, rows, sources, wanted.ways, whole)
        else:
            found = alternative_kernels.k_shortest(
                graph, goals, rows, sources, wanted.ways, float(wanted.within_km)
            )
        return found  # type: ignore[no-any-return]

    with ThreadPoolExecutor(max(threads, 1)) as pool:  # pairs do not meet: each stands alone
        parts = list(pool.map(work, range(0, source.size, PAIRS_A_BATCH)))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int32)
    number, length, node = zip(*parts, strict=True)
    return np.concatenate(number), np.concatenate(length), np.concatenate(node)


def _seeing(links: GroundLinks) -> NDArray[np.bool_]:
    """Whether each ground node has a satellite in view, (g,)."""
    node = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    return np.bincount(node[np.isfinite(links.range_km)], minlength=links.start.size - 1) > 0


def _causes(
    start_sees: NDArray[np.bool_], end_sees: NDArray[np.bool_], number: Ints, wanted: Routing
) -> NDArray[np.int8]:
    """Why pairs have no way: places in `CAUSES`."""
    between = 4 if wanted.rule == "bent-pipe" else 3
    return np.select([number > 0, ~start_sees, ~end_sees], [0, 1, 2], between).astype(np.int8)


def _sorted_ways(mesh: NodeGraph, pair: Ints, found: Found, cause: NDArray[np.int8], wanted: Routing) -> Ways:
    """The ways with their lengths, each pair's by length: of equal ones the order stays."""
    number, length, node = found
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    km = np.empty(length.size)
    search_kernels.way_km(mesh.graph, start, node, km)
    owner = np.repeat(np.arange(number.size), number)
    links = length if wanted.measure == "hops" else np.zeros_like(length)
    order = np.lexsort((km, links, owner))
    first = np.concatenate([[0], np.cumsum(number)]).astype(np.int64)
    return Ways(pair, first, km[order], *_taken(start, node, order), cause)


def _taken(start: Ints, node: Nodes, order: Ints) -> tuple[Ints, Nodes]:
    """Rows of compressed rows in another order."""
    length = np.diff(start)[order]
    new = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    place = np.repeat(start[:-1][order] - new[:-1], length) + np.arange(new[-1])
    return new, node[place]


def _laser_km_used(km: Floats, wanted: Routing) -> Floats:
    """Lengths of the lasers that the rule may use: of a bent pipe none."""
    return np.full_like(km, np.inf) if wanted.rule == "bent-pipe" else km


def _land(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    origin: NDArray[Any],
    gateways: tuple[int, ...],
    wanted: Routing,
    threads: int,
) -> Ways:
    """Ways of origins that may land at the same gateways: to one more node, behind all of them."""
    _, source = arrays.lists("origin", [0, origin.size], origin, links.start.size - 1)
    _, gateway = arrays.lists("landing", [0, len(gateways)], gateways, links.start.size - 1)
    if not gateway.size:
        raise RaabtaError(f"origin {source[0]} may land nowhere; give it one allowed gateway at least")
    if np.isin(source, gateway).any():
        own = source[np.isin(source, gateway)][0]
        raise RaabtaError(
            f"ground node {own} may land at itself; wanted: origins that are no gateways of theirs"
        )
    own_km = _laser_km_used(km, wanted)
    mesh = mesh_of(lasers, own_km, links, up=source, down=gateway, **_kind(wanted))
    goals = goals_of(lasers, own_km, links, mesh, gateway, relay=wanted.relay, threads=threads)
    behind, end = with_one_end(mesh, gateway), distances_to_any(mesh, goals)
    row = np.zeros(source.size, np.int64)
    found = _in_batches(behind, end, row, source.astype(np.int64), wanted, threads)
    sees = _seeing(links)
    cause = _causes(sees[source], np.full(source.size, sees[gateway].any()), found[0], wanted)
    ways = _sorted_ways(behind, np.column_stack([source, source]).astype(np.int64), found, cause, wanted)
    return _cut_last(ways, mesh.satellites)


def _cut_last(ways: Ways, satellites: int) -> Ways:
    """Ways without their last node, which stands for all gateways; pairs end where the best way lands."""
    length = np.diff(ways.start) - 1
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    kept = np.ones(ways.node.size, np.bool_)
    kept[ways.start[1:] - 1] = False
    node, pair = ways.node[kept], ways.pair.copy()
    pair[:, 1] = NO_NODE
    there = np.flatnonzero(np.diff(ways.first))
    pair[there, 1] = node[start[ways.first[there] + 1] - 1] - satellites
    return Ways(pair, ways.first, ways.km, start, node, ways.cause)


def _put_together(parts: Sequence[Ways], places: Sequence[Sequence[int]]) -> Ways:
    """Ways of groups of pairs as those of all pairs, each at its place."""
    if not parts:
        none, no_nodes = np.zeros(1, np.int64), np.zeros(0, np.int32)
        return Ways(np.zeros((0, 2), np.int64), none, np.zeros(0), none, no_nodes, np.zeros(0, np.int8))
    place = np.concatenate(places).astype(np.int64)
    number = np.concatenate([np.diff(part.first) for part in parts])
    back = np.argsort(place, kind="stable")
    order = np.argsort(np.repeat(place, number), kind="stable")
    length = np.concatenate([np.diff(part.start) for part in parts])
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    return Ways(
        np.concatenate([part.pair for part in parts])[back],
        np.concatenate([[0], np.cumsum(number[back])]).astype(np.int64),
        np.concatenate([part.km for part in parts])[order],
        *_taken(start, np.concatenate([part.node for part in parts]), order),
        np.concatenate([part.cause for part in parts])[back],
    )
