"""Max-min rates of flows that split over given ways as is best, exact: see docs/models/flows.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from raabta.base.errors import NoSolutionError
from raabta.network.mesh import fairest_kernels as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

APART: Final = 1e-9
"""Capacities are lowered by up to this part, each by another, so that no two resources are full at once."""
ROOM: Final = 64
"""Full resources that room is made for at first."""
EXCHANGES: Final = 200
"""Exchanges that are made at most, for each flow and resource."""


class Split(NamedTuple):
    """way_mbps (w,): what each way carries; stop (w,): the resource that stops it, -1 where it is the
    demand of its flow."""

    way_mbps: Floats
    stop: Ints


def split_rates(
    first: Ints, start: Ints, resource: Ints, capacity_mbps: Floats, demand_mbps: Floats, weight_ratio: Floats
) -> Split:
    """Weighted max-min rates of f flows over the ways first[i] to first[i + 1] - 1 of each, in `way_mbps`.

    start (w + 1,), resource: the resources of each way, of capacity_mbps (m,); demand_mbps, weight_ratio
    (f,). Every flow has a demand, or a resource of finite capacity on each of its ways. Exact up to
    rounding and `APART`; one thread. Raises NoSolutionError where rounding lets it find no end."""
    flow = np.repeat(np.arange(first.size - 1), np.diff(first))
    way = np.repeat(np.arange(flow.size), np.diff(start))
    found = Split(np.zeros(flow.size), np.full(flow.size, -1))
    shut = np.zeros(flow.size, np.bool_)
    none = capacity_mbps[resource] <= 0.0
    shut[way[none]] = True
    found.stop[way[none]] = resource[none]
    live = _may_fill(flow[way], resource, capacity_mbps, demand_mbps) & ~shut[way]
    own, number = np.unique(resource[live], return_inverse=True)
    open_ways = np.flatnonzero(~shut)
    flows, of = np.unique(flow[open_ways], return_inverse=True)
    if not flows.size:
        return found
    ways = kernels.Ways(
        _starts(of, flows.size),
        _starts(np.searchsorted(open_ways, way[live]), open_ways.size),
        number.astype(np.int32),
        of,
    )
    apart = 1.0 - APART * np.modf(0.6180339887498949 * np.arange(1, own.size + 1))[0]
    weight = weight_ratio[flows] / weight_ratio[flows].max()
    now = _filled(ways, capacity_mbps[own] * apart, demand_mbps[flows], weight)
    found.way_mbps[open_ways] = now.carried
    found.stop[open_ways] = np.where(now.stop >= 0, np.append(own, -1)[now.stop], -1)
    return found


def _may_fill(flow: Ints, resource: Ints, capacity_mbps: Floats, demand_mbps: Floats) -> NDArray[np.bool_]:
    """Which entries are of resources that the demands of all flows there could fill."""
    count = capacity_mbps.size
    key, times = np.unique(flow * count + resource, return_counts=True)
    asked = np.bincount(key % count, demand_mbps[key // count] * times, count)
    return np.asarray((asked > capacity_mbps)[resource])


def _starts(group: Ints, groups: int) -> Ints:
    """Compressed rows of things in the order of their groups."""
    return np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))]).astype(np.int64)


def _filled(ways: kernels.Ways, capacity: Floats, demand: Floats, weight: Floats) -> kernels.Now:
    """Rates of flows that all can rise."""
    flows, count, resources = demand.size, ways.flow.size, capacity.size
    where = np.full(count, kernels.OUT)
    where[ways.first[:-1]] = kernels.KEY
    basis = kernels.Basis(
        ways.first[:-1].copy(),
        where,
        np.full(resources, -1),
        np.empty(ROOM, np.int64),
        np.empty(ROOM, np.int64),
        np.empty((ROOM, ROOM)),
        np.zeros(1, np.int64),
    )
    rising = np.where(demand > 0.0, weight, 0.0)
    now = kernels.Now(np.zeros(count), capacity.copy(), rising, demand.copy(), np.full(count, -1))
    left = np.array([EXCHANGES * (flows + resources)])
    while True:
        room = basis.way.size
        work = kernels.Work(
            np.empty(room),
            np.empty(room),
            np.zeros(count),
            np.empty(resources),
            np.empty(resources),
            np.zeros(1, np.int64),
            left,
        )
        end = kernels.rise(ways, basis, now, work)
        if end == kernels.DONE:
            return now
        if end == kernels.LOST:
            raise NoSolutionError(
                "max-min rates by splitting were not found: rounding led in a circle; use split: adaptive"
            )
        basis = _wider(basis)


def _wider(basis: kernels.Basis) -> kernels.Basis:
    """The same with twice the room."""
    size = basis.way.size

    def more(array: Any) -> Any:
        wide = np.empty(tuple(2 * length for length in array.shape), array.dtype)
        wide[tuple(slice(size) for _ in array.shape)] = array
        return wide

    return basis._replace(way=more(basis.way), full=more(basis.full), inverse=more(basis.inverse))
