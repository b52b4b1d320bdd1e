"""Which satellite serves which cell: as much demand as can be, spread evenly, and a bound to judge it by.

Two ways. `assign_simple` gives each cell one satellite. `assign_balanced` lets a cell share its demand among
all its candidates at prices that balance: the split at which every cell uses only its cheapest satellites
serves the most that any split can, and the worst-off cells as well as can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network import arrays, assignment_kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SWEEPS = 30
PRICE_TOLERANCE = 1e-3
LEAST_CAPACITY_SHARE = 1e-9
"""Of the largest capacity: what a satellite without any is taken for while prices form. It serves nothing."""


@dataclass(frozen=True)
class Market:
    """n cells that ask, m satellites that offer: start (n + 1,), satellite (entries,) the candidates of each
    cell; demand_mbps (n,); capacity_mbps (m,). Build it with `market`, which checks it."""

    start: Ints
    satellite: NDArray[np.int32]
    demand_mbps: Floats
    capacity_mbps: Floats


@dataclass(frozen=True)
class Assignment:
    """rate_mbps (entries,): what each candidate serves; price_ratio (m,): what each satellite is asked for,
    by its capacity; served_mbps (n,)."""

    rate_mbps: Floats
    price_ratio: Floats
    served_mbps: Floats


@dataclass(frozen=True)
class Quality:
    """An assignment in four numbers: demand served, the bound no assignment can pass, the share of the bound
    that is missing, and the worst cell's share of its demand (1 where nobody asks)."""

    served_mbps: float
    bound_mbps: float
    gap_share: float
    worst_share: float


def market(
    start: ArrayLike, satellite: ArrayLike, demand_mbps: ArrayLike, capacity_mbps: ArrayLike
) -> Market:
    """Check and build a `Market`. Raises OutOfRangeError or RaabtaError, naming the place."""
    capacity = arrays.numbers("capacity_mbps", capacity_mbps)
    first, index = arrays.lists("satellite", start, satellite, capacity.size)
    return Market(first, index, arrays.numbers("demand_mbps", demand_mbps, first.size - 1), capacity)


def assign_simple(offer: Market) -> Assignment:
    """One satellite a cell, the largest demand first: the one that stays least loaded; a satellite asked for
    more than it has serves the same share to each of its cells."""
    asked = _choose(offer)
    price = _prices(offer, asked)
    capacity, load = offer.capacity_mbps, price * _workable(offer)
    share = np.divide(capacity, load, out=np.ones_like(load), where=load > capacity)
    rate = asked * share[offer.satellite]
    return Assignment(rate, price, _by_cell(offer, rate))


def assign_balanced(offer: Market, sweeps: int = SWEEPS) -> Assignment:
    """Split demands by prices that balance, in at most `sweeps` rounds over the cells; see `bound_mbps` for
    how far from the best it can be."""
    asked = _choose(offer)
    price, capacity = _prices(offer, asked), _workable(offer)
    assignment_kernels.balance(
        offer.start, offer.satellite, offer.demand_mbps, capacity, sweeps, PRICE_TOLERANCE, asked, price
    )
    rate = np.empty_like(asked)
    assignment_kernels.serve(
        offer.start, offer.satellite, offer.demand_mbps, offer.capacity_mbps, asked, rate
    )
    return Assignment(rate, price, _by_cell(offer, rate))


def bound_mbps(offer: Market, price_ratio: Floats) -> float:
    """No assignment of any kind serves more: the least cut that a threshold of prices makes.

    Whatever the threshold, a cell with a candidate at or below it gets at most its demand, and all others
    together at most the capacity of the satellites above it. With balanced prices the cut at 1 is the least.
    """
    cheapest = np.full(offer.demand_mbps.size, np.inf)
    np.minimum.at(cheapest, _cell_of_entry(offer), price_ratio[offer.satellite])
    asks = np.isfinite(cheapest)
    cell, satellite = np.argsort(cheapest[asks], kind="stable"), np.argsort(price_ratio, kind="stable")
    level = np.concatenate([[-1.0], np.unique(price_ratio)])
    below = np.searchsorted(cheapest[asks][cell], level, side="right")
    demand = np.concatenate([[0.0], np.cumsum(offer.demand_mbps[asks][cell])])[below]
    offered = np.concatenate([[0.0], np.cumsum(offer.capacity_mbps[satellite])])
    above = offered[-1] - offered[np.searchsorted(price_ratio[satellite], level, side="right")]
    return float((demand + above).min())


def quality(offer: Market, found: Assignment, price_ratio: Floats | None = None) -> Quality:
    """How good an assignment is, against the bound by its own prices or by better ones (balanced)."""
    bound = bound_mbps(offer, found.price_ratio if price_ratio is None else price_ratio)
    served, asks = float(found.served_mbps.sum()), offer.demand_mbps > 0.0
    share = found.served_mbps[asks] / offer.demand_mbps[asks]
    gap = max(1.0 - served / bound, 0.0) if bound > 0.0 else 0.0
    return Quality(served, bound, gap, float(share.min(initial=1.0)))


def _choose(offer: Market) -> Floats:
    """What is asked of each entry, (entries,), when every cell takes one satellite."""
    order = _largest_first(offer.demand_mbps)
    entry = np.empty(offer.demand_mbps.size, np.int64)
    assignment_kernels.choose_one(
        offer.start, offer.satellite, offer.demand_mbps, _workable(offer), order, entry
    )
    asked = np.zeros(offer.satellite.size)
    asked[entry[entry >= 0]] = offer.demand_mbps[entry >= 0]
    return asked


def _largest_first(demand_mbps: Floats) -> Ints:
    """Cells by falling demand, to 3 %: sixteen leading bits sort by counting, on any machine alike."""
    leading = (demand_mbps.view(np.uint64) >> np.uint64(47)).astype(np.uint16)
    return np.argsort(~leading, kind="stable")


def _workable(offer: Market) -> Floats:
    most = float(offer.capacity_mbps.max(initial=0.0)) or 1.0
    return np.maximum(offer.capacity_mbps, LEAST_CAPACITY_SHARE * most)


def _prices(offer: Market, asked: Floats) -> Floats:
    load = np.bincount(offer.satellite, asked, offer.capacity_mbps.size)
    return np.asarray(load / _workable(offer), np.float64)


def _cell_of_entry(offer: Market) -> Ints:
    return np.repeat(np.arange(offer.demand_mbps.size), np.diff(offer.start))


def _by_cell(offer: Market, rate: Floats) -> Floats:
    out = np.empty(offer.demand_mbps.size)
    assignment_kernels.sum_rows(offer.start, rate, out)
    return out
