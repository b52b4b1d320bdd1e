"""Linear programs beside the fair rates: the most that can be carried, and exact max-min with free splitting.

For comparison and for small cases. Solved by HiGHS as SciPy bundles it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack, vstack

from raabta.base.errors import LimitError, NoSolutionError
from raabta.network.mesh import flow_kernels as kernels
from raabta.network.mesh.flows import Demands, Resources, used_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.alternatives import Ways

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MOST_COLUMNS = 200_000
STUCK = 1e-7
"""A flow whose floor has a price above this, by weight, cannot rise."""


class Throughput(NamedTuple):
    """Mbps of f flows, (f,), and of ways, (ways,); none of the latter where ways are free."""

    rate_mbps: Floats
    way_mbps: Floats

    @property
    def total_mbps(self) -> float:
        """What all flows get together."""
        return float(self.rate_mbps.sum())


class _Limits(NamedTuple):
    """use @ way_mbps <= room: of the resources that bound anything, and of demands. flow (ways,), and
    of (f, ways): 1 where a way is a flow's."""

    use: Any
    room: Floats
    flow: Ints
    of: Any


def most_throughput(resources: Resources, ways: Ways, demands: Demands) -> Throughput:
    """The largest sum of rates over given ways, split among them as it likes; nobody's share is looked at.

    Raises NoSolutionError where nothing bounds a flow.
    """
    limits = _limits(resources, ways, demands)
    if not limits.flow.size:
        return Throughput(np.zeros(len(demands.pair)), np.zeros(0))
    found = _solve(-np.ones(limits.flow.size), limits.use, limits.room)
    way_mbps = np.maximum(found.x, 0.0)
    rate = np.bincount(limits.flow, way_mbps, len(demands.pair)).astype(np.float64)
    return Throughput(rate, way_mbps)


def fairest_rates(resources: Resources, ways: Ways, demands: Demands) -> Throughput:
    """Weighted max-min rates of flows that split over given ways as is best, exact: one program a level.

    The least rate by weight is made as large as it can be; flows whose floor has a price can rise no more and
    stay; then the next. For small cases, up to some hundred flows. Raises as `most_throughput`.
    """
    limits, f = _limits(resources, ways, demands), len(demands.pair)
    count, weight = limits.flow.size, demands.weight_ratio
    rate, rising = np.zeros(f), np.diff(ways.first) > 0
    way_mbps = np.zeros(count)
    goal = np.append(np.zeros(count), -1.0)
    while rising.any():
        floors = hstack([-limits.of, csr_array(np.where(rising, weight, 0.0)[:, None])])
        use = vstack([hstack([limits.use, csr_array((limits.room.size, 1))]), floors])
        found = _solve(goal, use, np.concatenate([limits.room, np.where(rising, 0.0, -rate)]))
        way_mbps, level = np.maximum(found.x[:-1], 0.0), float(found.x[-1])
        price = -found.ineqlin.marginals[limits.room.size :] * weight
        stuck = rising & (price > STUCK)
        if not stuck.any():
            raise NoSolutionError("the solver names no flow that is stuck; scale capacities nearer to 1 Mbps")
        rate[stuck] = level * weight[stuck] * (1.0 - 1e-12)  # room for the next program's rounding
        rising &= ~stuck
    return Throughput(rate, way_mbps)


def most_throughput_of_any_ways(resources: Resources, demands: Demands) -> Throughput:
    """The largest sum of rates whatever the ways: flows on links, the ground does not relay. For small cases.

    No way that is left out can beat it: a bound on `most_throughput` over any choice of ways. Raises
    LimitError beyond `MOST_COLUMNS` variables, NoSolutionError where nothing bounds a flow.
    """
    source, own = np.unique(demands.pair[:, 0], return_inverse=True)
    columns = _Columns(resources)
    if columns.count * source.size > MOST_COLUMNS:
        raise LimitError(
            f"{source.size} sources over {columns.count} links are {source.size * columns.count:,} columns; "
            f"valid: up to {MOST_COLUMNS:,}; take fewer sources, or `most_throughput` over given ways"
        )
    balance, use, arrives = [], [], []
    for place, one in enumerate(source):
        wanted = np.flatnonzero(own == place)
        allowed = columns.allowed(int(one), demands.pair[wanted, 1])
        balance.append(columns.balance * allowed)
        use.append(columns.use * allowed)
        ends = columns.arrivals(demands.pair[wanted, 1]) * allowed
        arrives.append((wanted, ends))
    return _solve_links(resources, demands, balance, use, arrives)


def _solve_links(
    resources: Resources, demands: Demands, balance: list[Any], use: list[Any], arrives: list[Any]
) -> Throughput:
    from scipy.sparse import block_diag

    f = len(demands.pair)
    if not f:
        return Throughput(np.zeros(0), np.zeros(0))
    ends = block_diag([part for _, part in arrives], format="csr")
    order = np.concatenate([wanted for wanted, _ in arrives])
    finite = np.isfinite(resources.capacity_mbps)
    bound, asked = np.isfinite(demands.demand_mbps[order]), demands.demand_mbps[order]
    left = vstack([hstack(use, format="csr")[finite], ends[bound]])
    room = np.concatenate([resources.capacity_mbps[finite], asked[bound]])
    keep = block_diag(balance, format="csr")
    goal = -np.asarray(ends.sum(axis=0)).ravel()
    found = _solve(goal, left, room, A_eq=keep, b_eq=np.zeros(keep.shape[0]))
    rate = np.zeros(f)
    rate[order] = ends @ found.x
    return Throughput(rate, np.zeros(0))


class _Columns:
    """Links as columns: laser directions, ground links up, ground links down.

    balance (n, links): what each adds to a satellite. use (m, links): the resources that it takes.
    """

    def __init__(self, resources: Resources) -> None:
        net = resources.network
        n, k = net.neighbour.shape
        satellite, slot = np.nonzero(np.isfinite(net.km))
        link = np.flatnonzero(np.isfinite(net.range_km))
        self.node = np.repeat(np.arange(net.start.size - 1), np.diff(net.start))[link]
        sees, e, lasers = net.satellite[link], link.size, satellite.size
        self.lasers, self.ground, self.count = lasers, e, lasers + 2 * e
        laser, up, down = np.split(np.arange(self.count), [lasers, lasers + e])
        rows = [satellite, net.neighbour[satellite, slot], sees, sees]
        columns = [laser, laser, up, down]
        sign = np.repeat([-1.0, 1.0, 1.0, -1.0], [lasers, lasers, e, e])
        self.balance = csr_array(
            (sign, (np.concatenate(rows), np.concatenate(columns))), shape=(n, self.count)
        )
        gateway, block = net.gateway[self.node], net.block
        taken = [satellite * k + slot]
        for way in (0, 1):
            beams = np.where(gateway, block[kernels.FEEDERS_UP + way], block[kernels.USERS_UP + way])
            taken += [
                block[kernels.UP + way] + link,
                beams + sees,
                block[kernels.GROUND_UP + way] + self.node,
            ]
        places = np.concatenate([laser, *[up] * 3, *[down] * 3])
        shape = (resources.capacity_mbps.size, self.count)
        self.use = csr_array((np.ones(places.size), (np.concatenate(taken), places)), shape=shape)

    def allowed(self, source: int, ends: Ints) -> Floats:
        """1 for the links that flows of this source may use, (links,): its own up, those of its ends down."""
        own = (self.node == source, np.isin(self.node, ends))
        return np.concatenate([np.ones(self.lasers), *own]).astype(np.float64)

    def arrivals(self, ends: Ints) -> Any:
        """(ends, links): 1 for the links down to each end."""
        row, link = np.nonzero(ends[:, None] == self.node)
        places = self.lasers + self.ground + link
        return csr_array((np.ones(row.size), (row, places)), shape=(ends.size, self.count))


def _limits(resources: Resources, ways: Ways, demands: Demands) -> _Limits:
    first, resource = used_by(resources, ways)
    count = np.diff(ways.first)
    flow = np.repeat(np.arange(count.size), count)
    column = np.repeat(np.arange(flow.size), np.diff(first))
    shape = (resources.capacity_mbps.size, flow.size)
    use = csr_array((np.ones(column.size), (resource, column)), shape=shape)
    of = csr_array((np.ones(flow.size), (flow, np.arange(flow.size))), shape=(count.size, flow.size))
    used = np.isfinite(resources.capacity_mbps) & (np.bincount(resource, minlength=shape[0]) > 0)
    asks = np.isfinite(demands.demand_mbps) & (count > 0)
    room = np.concatenate([resources.capacity_mbps[used], demands.demand_mbps[asks]])
    return _Limits(vstack([use[used], of[asks]], format="csr"), room, flow, of)


def _solve(goal: Floats, left: Any, right: Floats, **more: Any) -> Any:
    found = linprog(goal, A_ub=left, b_ub=right, method="highs", **more)
    if found.status == 3:
        raise NoSolutionError("nothing bounds the throughput; give each flow a demand, or links a capacity")
    if found.status != 0:
        raise NoSolutionError(f"the linear program was not solved: {found.message}")
    return found
