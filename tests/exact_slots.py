"""The exact problem of one slot, for the tests of attaching: an integer program over cells and satellites.

One satellite a cell; dwell, forward and return Mbps, room of cells, dwell of a cell, a frame at least for
every lit cell but one of a satellite, and no more than `colours` of dwell within the reuse angle of any.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from raabta.network import kernels
from raabta.network.slot import nothing_given

GAP = 1e-4
SLACK = 2e-5


class Program:
    """Links of the cells of a slot, k of them, and the rows that bind them. Columns: level, chosen, last (the
    one cell of a satellite that may take less than a frame), dwell charged; k each."""

    def __init__(self, network, sky, ceiling):
        """ceiling (n,): the level up to which what a cell carries counts."""
        self.cell, self.satellite, self.need, direction, cap = links_of(network, sky)
        self.k = self.cell.size
        self.most = np.minimum(ceiling[self.cell], cap / self.need[:, 0])
        self.homes = self.need[:, 3]
        self._rows, self._limits = [], []
        self._each(network.rules.frame)
        for c in np.unique(self.cell):
            self._row([(1, self.cell == c, 1.0)], 1.0)
        for s in np.unique(self.satellite):
            self._satellite(s, network.rules, sky, direction)

    def _row(self, parts, limit):
        """One row: (block of columns, which links, by what)."""
        row = np.zeros((4, self.k))
        for block, these, factor in parts:
            row[block, these] = factor
        self._rows.append(csr_array(row.reshape(1, -1)))
        self._limits.append(limit)

    def _each(self, frame):
        for i in range(self.k):
            self._row([(0, i, 1.0), (1, i, -self.most[i])], 0.0)
            self._row([(0, i, self.need[i, 0]), (3, i, -1.0)], 0.0)
            self._row([(1, i, frame), (2, i, -frame), (3, i, -1.0)], 0.0)

    def _satellite(self, s, rules, sky, direction):
        own = np.flatnonzero(self.satellite == s)
        self._row([(3, own, 1.0)], sky.capacity[s, 0])
        self._row([(0, own, self.need[own, 1])], sky.capacity[s, 1])
        self._row([(0, own, self.need[own, 2])], sky.capacity[s, 2])
        self._row([(1, own, 1.0)], sky.room[s])
        self._row([(2, own, 1.0)], 1.0)
        close = direction[own] @ direction[own].T >= rules.cos_reuse
        for i, beside in zip(own, close, strict=True):
            near = own[beside]
            spare = min((self.most[near] * self.need[near, 0]).sum(), sky.capacity[s, 0]) - rules.colours
            if spare > 0.0:
                self._row([(0, near, self.need[near, 0]), (1, i, spare)], rules.colours + spare)

    def solve(self, value, whole=True):
        """Most of value (k,) x level, to GAP; whole=False lets cells be split."""
        return self._most(value, self._rows, self._limits, whole)

    def in_order(self, order):
        """Homes of each cell of `order` where the first has all it can have, then the second beside that, and
        so on: one program a cell, whose outcome, less SLACK of what
        asks, is a floor in all later ones."""
        rows, limits, homes = list(self._rows), list(self._limits), []
        for c in order:
            value = np.where(self.cell == c, self.homes, 0.0)
            homes.append(self._most(value, rows, limits) if value.any() else 0.0)
            rows.append(csr_array(np.concatenate([-value, np.zeros(3 * self.k)]).reshape(1, -1)))
            limits.append(-max(0.0, homes[-1] - SLACK * value.max(initial=0.0)))
        return np.array(homes)

    def _most(self, value, rows, limits, whole=True):
        upper = np.concatenate([self.most, np.ones(2 * self.k), np.full(self.k, np.inf)])
        found = milp(
            np.concatenate([-value, np.zeros(3 * self.k)]),
            constraints=LinearConstraint(vstack(rows), -np.inf, np.array(limits)),
            bounds=Bounds(0.0, upper),
            integrality=np.repeat([0, int(whole), int(whole), 0], self.k),
            options={"mip_rel_gap": GAP},
        )
        assert found.status == 0, found.message
        return -found.fun


def links_of(network, sky):
    """Every link that closes: cell, satellite (k,), need (k, 4), direction (k, 3), most dwell (k,).
    Each is what `attach` makes of it where it is the only one and capacity knows no end."""
    n, m = network.ground.count, sky.view.near.size
    free = np.full((m, 3), 1e12)
    rich = sky.fleet._replace(capacity=free, room=np.full(m, n))
    of_pair = np.repeat(np.arange(n), np.diff(sky.usable.start))
    out = []
    for s in range(m):
        pairs = np.flatnonzero(sky.usable.satellite[: of_pair.size] == s)
        start = np.concatenate([[0], np.cumsum(np.bincount(of_pair[pairs], minlength=n))])
        alone = sky.usable._replace(
            start=start,
            satellite=sky.usable.satellite[pairs],
            sin_elevation=sky.usable.sin_elevation[pairs],
        )
        given, state = nothing_given(n, m, len(network.plans)), np.zeros(n, np.int64)
        kernels.attach(
            network.demand.order, np.zeros(n), state, alone, rich, network.links, network.rules, given
        )
        lit = np.flatnonzero(given.satellite == s)
        out.append((lit, np.full(lit.size, s), given.need[lit, :4], given.direction[lit], given.cap[lit]))
    return tuple(np.concatenate(part) for part in zip(*out, strict=True))


def cut(network, sky, seed, *, satellites, load, beams=1.0):
    """A sky of some satellites of the slot, with their capacity scaled so that the load is as told and their
    dwell by beams besides."""
    random = np.random.default_rng(seed)
    of_pair = np.repeat(np.arange(network.ground.count), np.diff(sky.usable.start))
    kept = np.sort(random.choice(np.unique(sky.usable.satellite[: of_pair.size]), satellites, replace=False))
    pairs = np.flatnonzero(np.isin(sky.usable.satellite[: of_pair.size], kept))
    counts = np.bincount(of_pair[pairs], minlength=network.ground.count)
    usable = sky.usable._replace(
        start=np.concatenate([[0], np.cumsum(counts)]),
        satellite=sky.usable.satellite[pairs],
        sin_elevation=sky.usable.sin_elevation[pairs],
    )
    size = sky.capacity * random.uniform(0.4, 1.6, (sky.room.size, 1))
    plan = network.plans[network.design]
    homes = np.minimum(size[kept, 1] / plan[0], size[kept, 2] / plan[1]).sum()
    capacity = size * network.total_active.sum() / load / homes
    capacity[:, 0] *= beams
    hops = min(network.scenario.sharing.frames_per_slot, network.payload.cells_per_beam)
    return replace(
        sky, usable=usable, capacity=capacity, room=np.ceil(capacity[:, 0] * hops).astype(np.int64)
    )
