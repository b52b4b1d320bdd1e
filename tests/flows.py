"""Flows on fixed paths for the tests of fair rates: drawn instances and slow, plain oracles."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import linprog


class Flows(NamedTuple):
    """Arguments of `fair_rates`, in its order."""

    start: np.ndarray
    resource: np.ndarray
    capacity_mbps: np.ndarray
    demand_mbps: np.ndarray
    weight_ratio: np.ndarray

    def use(self):
        """How often each flow passes each resource, (m, n)."""
        out = np.zeros((self.capacity_mbps.size, self.demand_mbps.size))
        flow = np.repeat(np.arange(self.demand_mbps.size), np.diff(self.start))
        np.add.at(out, (self.resource, flow), 1.0)
        return out


def draw(seed, flows, resources, *, longest=5, demand="some", weights=True):
    """Random paths of 1 to `longest` resources; demands of all flows, of some, or of none."""
    rng = np.random.default_rng(seed)
    length = rng.integers(1, longest + 1, flows)
    start = np.concatenate([[0], np.cumsum(length)])
    wish = rng.gamma(0.7, 60.0, flows)
    free = {"all": np.zeros(flows, bool), "some": rng.random(flows) < 0.5, "none": np.ones(flows, bool)}
    wish[free[demand]] = np.inf
    weight = rng.choice([0.5, 1.0, 3.0, 10.0], flows) if weights else np.ones(flows)
    share = flows * (1 + longest) / 2 / resources
    capacity = rng.gamma(1.0, 25.0 * share, resources)
    return Flows(start, rng.integers(0, resources, start[-1]), capacity, wish, weight)


def fill_by_rounds(flows):
    """Progressive filling, one event a round, with nothing but NumPy; rates (n,)."""
    use, rate = flows.use(), np.zeros(flows.demand_mbps.size)
    rising, level = np.ones(rate.size, bool), 0.0
    while rising.any():
        growth = use @ np.where(rising, flows.weight_ratio, 0.0)
        room = flows.capacity_mbps - use @ rate
        with np.errstate(divide="ignore", invalid="ignore"):
            by_resource = np.where(growth > 0, np.maximum(room, 0.0) / growth, np.inf)
        by_demand = np.where(rising, (flows.demand_mbps - rate) / flows.weight_ratio, np.inf)
        step = min(by_resource.min(initial=np.inf), by_demand.min(initial=np.inf))
        level += step
        rate = np.where(rising, np.minimum(level * flows.weight_ratio, flows.demand_mbps), rate)
        full = by_resource <= step * (1 + 1e-12)
        rising &= ~(use[full].any(axis=0) | (by_demand <= step * (1 + 1e-12)))
    return rate


def fill_by_programs(flows):
    """Lexicographic max-min: one linear program a level, and one a flow to see who can still rise."""
    use, n = flows.use(), flows.demand_mbps.size
    most = np.minimum(flows.demand_mbps, 1e6)
    fixed: dict[int, float] = {}
    while len(fixed) < n:
        rising = [f for f in range(n) if f not in fixed]
        rows = np.zeros((len(rising), n + 1))
        rows[np.arange(len(rising)), rising], rows[:, n] = -1.0, flows.weight_ratio[rising]
        limits = [(fixed.get(f, 0.0), fixed.get(f, most[f])) for f in range(n)]
        level = _largest(np.eye(n + 1)[n], use, flows.capacity_mbps, rows, [*limits, (0.0, None)])
        floors = [
            (fixed[f], fixed[f]) if f in fixed else (max(level * flows.weight_ratio[f] - 1e-7, 0.0), most[f])
            for f in range(n)
        ]
        for f in rising:
            goal = np.eye(n + 1)[f]
            top = _largest(goal, use, flows.capacity_mbps, np.zeros((0, n + 1)), [*floors, (0.0, 0.0)])
            if top <= level * flows.weight_ratio[f] + 1e-5:
                fixed[f] = level * flows.weight_ratio[f]
    return np.array([fixed[f] for f in range(n)])


def _largest(goal, use, capacity, rows, limits):
    left = np.vstack([np.hstack([use, np.zeros((use.shape[0], 1))]), rows])
    right = np.concatenate([capacity, np.zeros(rows.shape[0])])
    solved = linprog(-goal, A_ub=left, b_ub=right, bounds=limits, method="highs")
    assert solved.status == 0, solved.message
    return -solved.fun
