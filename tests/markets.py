"""Cells and satellites for the tests of assignment: drawn instances, and exact answers by other means."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow

from raabta.network.assignment import market


def draw(seed, cells, satellites, *, candidates=8, load=1.0):
    """Cells on a circle with the nearest few satellites each; whole Mbps, heavy-tailed demands."""
    rng = np.random.default_rng(seed)
    place, base = rng.beta(2.0, 5.0, cells) * satellites, np.arange(candidates) - candidates // 2
    satellite = (place[:, None].astype(int) + base) % satellites
    demand = rng.lognormal(3.0, 1.2, cells)
    capacity = np.rint(rng.uniform(0.5, 1.5, satellites) * demand.sum() / satellites / load)
    return market(np.arange(cells + 1) * candidates, satellite.ravel(), np.rint(demand) + 1, capacity)


def most_by_flow(offer):
    """Most that any split serves: SciPy's maximum flow, exact for whole Mbps."""
    n, m = offer.demand_mbps.size, offer.capacity_mbps.size
    cell = np.repeat(np.arange(n), np.diff(offer.start))
    source = np.concatenate([np.zeros(n, int), 1 + cell, 1 + n + np.arange(m)])
    target = np.concatenate([1 + np.arange(n), 1 + n + offer.satellite, np.full(m, n + m + 1)])
    limit = np.concatenate([offer.demand_mbps, offer.demand_mbps[cell], offer.capacity_mbps])
    size = n + m + 2
    graph = csr_matrix((limit.astype(np.int32), (source, target)), shape=(size, size))
    return float(maximum_flow(graph, 0, size - 1).flow_value)


def most_by_program(offer):
    """The same by a linear program, and the largest share of demand that all cells can have at once."""
    n, entries = offer.demand_mbps.size, offer.satellite.size
    cell = np.repeat(np.arange(n), np.diff(offer.start))
    of_cell, of_satellite = np.zeros((n, entries)), np.zeros((offer.capacity_mbps.size, entries))
    of_cell[cell, np.arange(entries)] = of_satellite[offer.satellite, np.arange(entries)] = 1.0
    limits = np.concatenate([offer.demand_mbps, offer.capacity_mbps])
    total = linprog(-np.ones(entries), A_ub=np.vstack([of_cell, of_satellite]), b_ub=limits, method="highs")
    share = np.append(offer.demand_mbps, 0 * offer.capacity_mbps)[:, None]
    rows = np.hstack([np.vstack([-of_cell, of_satellite]), share])
    right = np.concatenate([np.zeros(n), offer.capacity_mbps])
    goal = np.append(np.zeros(entries), -1.0)
    worst = linprog(goal, A_ub=rows, b_ub=right, bounds=[*[(0, None)] * entries, (0, 1)], method="highs")
    assert total.status == worst.status == 0
    return -total.fun, -worst.fun
