"""Flows between ground nodes: the resources that their ways share, fair rates, and what stops each flow.

On lasers, ground links and ways of one instant (see `paths`, `alternatives`). Rates are max-min fair by
`network.fair`; the model of several ways a flow stands in docs/models/flows.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from raabta.base.errors import NoSolutionError, OutOfRangeError, RaabtaError
from raabta.network import arrays
from raabta.network.fair import WEIGHT_RANGE, fair_rates
from raabta.network.mesh import flow_kernels as kernels
from raabta.network.mesh.alternatives import CAUSES, Ways
from raabta.network.mesh.fairest import split_rates
from raabta.network.mesh.paths import GroundLinks, Lasers, checked_graph

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Split = Literal["equal", "adaptive", "exact"]
DEMAND_MET, NO_WAY = -1, -2
LEAST_SHARE = 1e-6
"""Of a flow's weight that a way keeps however little it carries, so that it can come back."""
ROUNDS = 20


@dataclass(frozen=True)
class Capacities:
    """What everything carries, Mbps, a number for all or one for each; infinite (the default) for no limit.

    laser_mbps (n, K): one direction of a laser. link_up_mbps, link_down_mbps (e,): one ground link.
    users_up_mbps, users_down_mbps (n,): all user links of a satellite together (its beams); feeders_up_mbps,
    feeders_down_mbps (n,): all its feeder links. ground_up_mbps, ground_down_mbps (g,): all links of a ground
    node, be it a gateway or a terminal. fibre_mbps (c,): one direction of a cable behind gateways. gateway
    (g,): whose links are feeder links; all others are users'.
    """

    laser_mbps: ArrayLike = np.inf
    link_up_mbps: ArrayLike = np.inf
    link_down_mbps: ArrayLike = np.inf
    users_up_mbps: ArrayLike = np.inf
    users_down_mbps: ArrayLike = np.inf
    feeders_up_mbps: ArrayLike = np.inf
    feeders_down_mbps: ArrayLike = np.inf
    ground_up_mbps: ArrayLike = np.inf
    ground_down_mbps: ArrayLike = np.inf
    fibre_mbps: ArrayLike = ()
    gateway: ArrayLike = False


@dataclass(frozen=True)
class Demands:
    """What f flows ask for: pair (f, 2), start and end; demand_mbps (f,), infinite for all they can get;
    weight_ratio (f,), their shares where they meet."""

    pair: Ints
    demand_mbps: Floats
    weight_ratio: Floats

    @classmethod
    def of(cls, pair: ArrayLike, demand_mbps: ArrayLike = np.inf, weight_ratio: ArrayLike = 1.0) -> Demands:
        """Flows of pairs (f, 2); demand and weight a number for all or (f,).

        Raises OutOfRangeError or RaabtaError on a negative or NaN demand, a weight outside of
        `fair.WEIGHT_RANGE`, and a pair of one node with itself.
        """
        found = np.asarray(pair)
        found = found.reshape(-1, 2).astype(np.int64) if found.size == 0 else found
        if found.ndim != 2 or found.shape[1] != 2 or not np.issubdtype(found.dtype, np.integer):
            raise RaabtaError(f"pair has shape {found.shape} of {found.dtype}; wanted: (f, 2) whole numbers")
        same = np.flatnonzero(found[:, 0] == found[:, 1])
        if same.size:
            raise RaabtaError(
                f"flow {same[0]} joins ground node {found[same[0], 0]} with itself; "
                "wanted: two different nodes"
            )
        demand = arrays.numbers("demand_mbps", _for_all(demand_mbps, (len(found),)), infinite=True)
        weight = arrays.numbers("weight_ratio", _for_all(weight_ratio, (len(found),)), len(found))
        arrays.check_length("demand_mbps", demand, len(found))
        bad = np.flatnonzero((weight < WEIGHT_RANGE[0]) | (weight > WEIGHT_RANGE[1]))
        if bad.size:
            valid = f"{WEIGHT_RANGE[0]:g} to {WEIGHT_RANGE[1]:g}"
            raise OutOfRangeError(f"weight_ratio[{bad[0]}]", float(weight[bad[0]]), valid, arrays.WHOSE)
        return cls(found.astype(np.int64), demand, weight)

    @classmethod
    def rows(cls, rows: Iterable[Sequence[float]]) -> Demands:
        """Flows as rows of start, end, demand_mbps, and weight (1 where it is left out). Raises as `of`."""
        given = [tuple(row) for row in rows]
        wrong = next((row for row in given if len(row) not in (3, 4) or row[0] % 1 or row[1] % 1), None)
        if wrong is not None:
            raise RaabtaError(f"a flow is {wrong}; wanted: start, end, demand_mbps and perhaps a weight")
        full = [(*row, 1.0) for row in given]
        pair = np.array([(int(row[0]), int(row[1])) for row in full], np.int64).reshape(-1, 2)
        return cls.of(pair, [row[2] for row in full], [row[3] for row in full])

    @classmethod
    def matrix(cls, demand_mbps: ArrayLike) -> Demands:
        """Flows of a square matrix, from row to column, of all entries that are not 0. Raises as `of`."""
        asked = np.asarray(demand_mbps, np.float64)
        if asked.ndim != 2 or asked.shape[0] != asked.shape[1]:
            raise RaabtaError(
                f"demand_mbps has shape {asked.shape}; wanted: a square matrix, from row to column"
            )
        start, end = np.nonzero(asked)
        return cls.of(np.column_stack([start, end]), asked[start, end])


@dataclass(frozen=True)
class Resources:
    """Everything that flows share: capacity_mbps (m,), in the blocks of `flow_kernels`; cables: the two
    ends of each, by name."""

    network: kernels.Network
    capacity_mbps: Floats
    cables: tuple[tuple[str, str], ...] = ()

    def name(
        self, resource: int, ground: Sequence[str] | None = None, satellite: Sequence[str] | None = None
    ) -> str:
        """What a resource is, by the names of ground nodes and satellites, or their numbers."""
        network = self.network
        block = int(np.searchsorted(network.block, resource, side="right")) - 1
        place = resource - int(network.block[block])
        if block == kernels.FIBRE:
            ends_of = self.cables[place // 2]
            return f"fibre {ends_of[place % 2]} to {ends_of[1 - place % 2]}"
        if block == kernels.LASER:
            source, slot = divmod(place, network.neighbour.shape[1])
            target = int(network.neighbour[source, slot])
            return f"laser {_named(source, satellite)} to {_named(target, satellite)}"
        if block in (kernels.UP, kernels.DOWN):
            node = int(np.searchsorted(network.start, place, side="right")) - 1
            what = "feeder link" if network.gateway[node] else "user link"
            ends = [_named(node, ground), f"satellite {_named(int(network.satellite[place]), satellite)}"]
            return f"{what} {' to '.join(ends if block == kernels.UP else ends[::-1])}"
        way = "up" if block in (kernels.USERS_UP, kernels.FEEDERS_UP, kernels.GROUND_UP) else "down"
        if block in (kernels.GROUND_UP, kernels.GROUND_DOWN):
            return f"{'gateway' if network.gateway[place] else 'terminal'} {_named(place, ground)}, {way}"
        what = "user beams" if block in (kernels.USERS_UP, kernels.USERS_DOWN) else "feeders"
        return f"{what} of satellite {_named(place, satellite)}, {way}"


@dataclass(frozen=True)
class Shares:
    """What f flows get: rate_mbps (f,), and way_mbps (ways,), what each way carries.

    binding (f,): the full resource on the way that carries most, `DEMAND_MET`, or `NO_WAY`; way_binding
    (ways,): that of each way, or `DEMAND_MET`. cause (f,): why a flow has no way, see `Ways.cause`.
    """

    rate_mbps: Floats
    way_mbps: Floats
    binding: Ints
    way_binding: Ints
    cause: NDArray[np.int8]

    @property
    def total_mbps(self) -> float:
        """What all flows get together."""
        return float(self.rate_mbps.sum())

    def stopped_by(
        self,
        flow: int,
        resources: Resources,
        ground: Sequence[str] | None = None,
        satellite: Sequence[str] | None = None,
    ) -> str:
        """What keeps a flow from more, in words: a resource by its name, its demand, or why it has no way."""
        if self.binding[flow] == NO_WAY:
            return CAUSES[self.cause[flow]]
        if self.binding[flow] == DEMAND_MET:
            return "demand met"
        return resources.name(int(self.binding[flow]), ground, satellite)


def resources_of(
    lasers: Lasers,
    km: Floats,
    links: GroundLinks,
    capacities: Capacities,
    cables: Sequence[tuple[str, str]] = (),
) -> Resources:
    """The resources of an instant: lasers and their lengths km (n, K) and ground links as in `paths`; cables
    behind gateways, by their two ends.

    Raises OutOfRangeError or RaabtaError on a negative or NaN capacity, or one of another shape.
    """
    graph = checked_graph(lasers, km, links)
    n, g, e = graph.neighbour.shape[0], graph.start.size - 1, graph.satellite.size
    sizes = {
        "laser_mbps": lasers.neighbour.shape,
        "link_up_mbps": (e,),
        "link_down_mbps": (e,),
        "users_up_mbps": (n,),
        "users_down_mbps": (n,),
        "feeders_up_mbps": (n,),
        "feeders_down_mbps": (n,),
        "ground_up_mbps": (g,),
        "ground_down_mbps": (g,),
    }
    parts = []
    for name, shape in sizes.items():
        full = _for_all(getattr(capacities, name), shape)
        if full.shape != shape:
            raise RaabtaError(f"{name} has shape {full.shape}; wanted: {shape}, or one number for all")
        parts.append(arrays.numbers(name, full.ravel(), infinite=True))
    fibre = _for_all(capacities.fibre_mbps, (len(cables),))
    arrays.check_length("fibre_mbps", fibre, len(cables))
    parts.append(np.repeat(arrays.numbers("fibre_mbps", fibre, infinite=True), 2))
    missing = graph.neighbour.shape[1] - lasers.neighbour.shape[1]  # columns that the kernels want beside
    parts[0] = np.pad(parts[0].reshape(lasers.neighbour.shape), ((0, 0), (0, missing))).ravel()
    gateway = np.ascontiguousarray(_for_all(capacities.gateway, (g,)), np.bool_)
    arrays.check_length("gateway", gateway, g)
    block = np.concatenate([[0], np.cumsum([part.size for part in parts])]).astype(np.int64)
    network = kernels.Network(
        graph.neighbour, graph.km, graph.start, graph.satellite, graph.range_km, gateway, block
    )
    return Resources(network, np.concatenate(parts), tuple(cables))


def used_by(resources: Resources, ways: Ways) -> tuple[Ints, NDArray[np.int32]]:
    """The resources of each way as compressed rows: first (ways + 1,) and resource.

    Raises RaabtaError where a way goes over a link that is not there.
    """
    nodes = resources.network.neighbour.shape[0] + resources.network.start.size - 1
    _, node = arrays.lists("ways", ways.start, ways.node, nodes)
    first, resource, missing = kernels.resources_of_ways(resources.network, ways.start, node)
    if missing >= 0:
        raise RaabtaError(
            f"a way goes from node {node[missing - 1]} to node {node[missing]}, and no link does; "
            "find the ways on the same lasers and ground links"
        )
    if ways.fibre is None:
        return first, resource
    more, cable = ways.fibre
    at = np.repeat(first[1:], np.diff(more))
    block = resources.network.block[kernels.FIBRE]
    return first + more, np.insert(resource, at, (block + cable).astype(np.int32))


def share(
    resources: Resources, ways: Ways, demands: Demands, *, split: Split = "equal", rounds: int = ROUNDS
) -> Shares:
    """Fair rates of flows over their ways, those that `ways` holds for the pair of the same number.

    A flow with one way: weighted max-min. With several each way is a flow of its own, and the demand one more
    resource that they share. split `equal`: each has an equal part of the flow's weight; max-min among ways,
    not among flows. `adaptive`: in `rounds` rounds each way's part becomes what it carried of the flow, which
    moves rates towards max-min among flows. `exact`: max-min among flows, over all ways of splitting (see
    `fairest`). See docs/models/flows.md.

    Raises RaabtaError where ways and demands are not of the same pairs, NoSolutionError where nothing bounds
    a flow.
    """
    if split not in get_args(Split):
        raise OutOfRangeError("split", f"'{split}'", ", ".join(get_args(Split)), "a sharing of flows")
    if rounds < 1:
        raise OutOfRangeError("rounds", rounds, "1 or more", "a sharing of flows")
    subflows = _subflows(resources, ways, demands)
    flow, count = subflows.flow, np.diff(ways.first)
    if split == "exact" and (count > 1).any():
        return _exact(resources, ways, demands)
    part = 1.0 / np.maximum(count, 1)[flow]
    several = split == "adaptive" and bool((count > 1).any())
    for _ in range(rounds if several else 1):
        found = subflows.fair(part, demands)
        rate = np.bincount(flow, found.rate_mbps, count.size).astype(np.float64)
        carried = np.divide(found.rate_mbps, rate[flow], out=part.copy(), where=rate[flow] > 0.0)
        part = np.maximum(carried, LEAST_SHARE)
    limit = resources.capacity_mbps.size
    way_binding = np.where(found.binding >= limit, DEMAND_MET, found.binding)
    return Shares(
        rate, found.rate_mbps, _binding(ways, found.rate_mbps, way_binding), way_binding, ways.cause
    )


def _exact(resources: Resources, ways: Ways, demands: Demands) -> Shares:
    """Max-min rates of flows that split as is best."""
    first, resource = used_by(resources, ways)
    found = split_rates(
        ways.first,
        first,
        resource.astype(np.int64),
        resources.capacity_mbps,
        demands.demand_mbps,
        demands.weight_ratio,
    )
    count = np.diff(ways.first)
    rate = np.bincount(np.repeat(np.arange(count.size), count), found.way_mbps, count.size)
    binding = _binding(ways, found.way_mbps, found.stop)
    return Shares(rate.astype(np.float64), found.way_mbps, binding, found.stop, ways.cause)


@dataclass(frozen=True)
class _Subflows:
    """Ways as flows: their resources, then the demand of their flow as one more; flow (ways,)."""

    start: Ints
    resource: Ints
    capacity_mbps: Floats
    flow: Ints

    def fair(self, part: Floats, demands: Demands) -> Any:
        """Fair rates with each way at its part of the flow's weight."""
        low, high = WEIGHT_RANGE
        weight = np.clip(part * demands.weight_ratio[self.flow], low, high)
        demand = demands.demand_mbps[self.flow]
        return fair_rates(self.start, self.resource, self.capacity_mbps, demand, weight)


def _subflows(resources: Resources, ways: Ways, demands: Demands) -> _Subflows:
    count = np.diff(ways.first)
    if count.size != len(demands.pair) or not np.array_equal(ways.pair[:, 0], demands.pair[:, 0]):
        raise RaabtaError("ways and demands are not of the same pairs; find the ways of demands.pair")
    flow = np.repeat(np.arange(count.size), count)
    first, resource = used_by(resources, ways)
    length = np.diff(first)
    least = np.full(flow.size, np.inf)
    np.minimum.at(least, np.repeat(np.arange(flow.size), length), resources.capacity_mbps[resource])
    free = np.flatnonzero(np.isinf(least) & np.isinf(demands.demand_mbps[flow]))
    if free.size:
        raise NoSolutionError(
            f"flow {flow[free[0]]} asks for all it can get, and nothing on one of its ways has a capacity; "
            "give it a demand, or a capacity to its links"
        )
    full = np.insert(resource.astype(np.int64), first[1:], resources.capacity_mbps.size + flow)
    capacity = np.concatenate([resources.capacity_mbps, demands.demand_mbps])
    return _Subflows(first + np.arange(first.size), full, capacity, flow)


def _binding(ways: Ways, way_mbps: Floats, way_binding: Ints) -> Ints:
    """Of each flow what stops the way that carries most: of equal ones the first."""
    count = np.diff(ways.first)
    flow = np.repeat(np.arange(count.size), count)
    order = np.lexsort((np.arange(flow.size), -way_mbps, flow))
    out = np.full(count.size, NO_WAY, np.int64)
    there = count > 0
    out[there] = way_binding[order[ways.first[:-1][there]]]
    met = np.zeros(count.size, np.bool_)
    np.logical_or.at(met, flow, way_binding == DEMAND_MET)
    out[met] = DEMAND_MET
    return out


def _for_all(values: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """An array as it is; a number for all."""
    array = np.asarray(values)
    return np.full(shape, array) if array.ndim == 0 else array


def _named(node: int, names: Sequence[str] | None) -> str:
    return str(node) if names is None else names[node]
