"""Fair rates: what each flow gets when many share beams, lasers, feeders and gateways.

Weighted max-min fairness on fixed paths: nobody's rate can rise without lowering that of a flow which has no
more (by weight). Bertsekas and Gallager, *Data Networks*, 2nd ed., 6.5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import NoSolutionError, OutOfRangeError
from raabta.network import arrays
from raabta.network.fair_kernels import fill

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DEMAND_MET = -1
WEIGHT_RANGE = (1e-9, 1e9)


@dataclass(frozen=True)
class FairRates:
    """Rates of n flows and what stops each: rate_mbps (n,); binding (n,): the full resource on its path where
    no flow has more by weight, or `DEMAND_MET`."""

    rate_mbps: Floats
    binding: Ints


def fair_rates(
    start: ArrayLike,
    resource: ArrayLike,
    capacity_mbps: ArrayLike,
    demand_mbps: ArrayLike | None = None,
    weight_ratio: ArrayLike | None = None,
) -> FairRates:
    """Weighted max-min fair rates of n flows with fixed paths over m resources.

    start (n + 1,), resource (entries,): the resources of flow f are resource[start[f]:start[f + 1]]; one that
    is named twice carries the flow twice. capacity_mbps (m,), infinite for no limit. demand_mbps (n,):
    the most a flow takes, infinite (default) for no limit. weight_ratio (n,): shares of flows that meet at
    a full resource, by default equal, within `WEIGHT_RANGE`.

    Exact up to rounding; one thread, so the bits do not depend on the machine's cores. Raises
    OutOfRangeError or RaabtaError on malformed input, NoSolutionError where nothing bounds a flow.
    """
    capacity = arrays.numbers("capacity_mbps", capacity_mbps, infinite=True)
    first, path = arrays.lists("resource", start, resource, capacity.size)
    flows = first.size - 1
    demand = np.full(flows, np.inf)
    if demand_mbps is not None:
        demand = arrays.numbers("demand_mbps", demand_mbps, flows, infinite=True)
    weight = np.ones(flows) if weight_ratio is None else _weights(weight_ratio, flows)
    rate, binding = np.empty(flows), np.empty(flows, np.int64)
    fill(first, path, capacity, demand, weight, rate, binding)
    if np.isinf(rate).any():
        raise NoSolutionError(
            f"flow {int(np.flatnonzero(np.isinf(rate))[0])} has neither a demand nor a resource of finite "
            "capacity on its path, so its rate has no bound; give it one of them"
        )
    return FairRates(rate, binding)


def resource_load_mbps(start: ArrayLike, resource: ArrayLike, rate_mbps: Floats, resources: int) -> Floats:
    """What flows of given rates put on each resource, (resources,)."""
    first, path = arrays.lists("resource", start, resource, resources)
    return np.bincount(path, np.repeat(rate_mbps, np.diff(first)), resources).astype(np.float64)


def _weights(weight_ratio: ArrayLike, flows: int) -> Floats:
    weight = arrays.numbers("weight_ratio", weight_ratio, flows)
    low, high = WEIGHT_RANGE
    bad = np.flatnonzero((weight < low) | (weight > high))
    if bad.size:
        place = int(bad[0])
        raise OutOfRangeError(
            f"weight_ratio[{place}]", float(weight[place]), f"{low:g} to {high:g}", arrays.WHOSE
        )
    return weight
