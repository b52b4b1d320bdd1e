"""Numeric core of `survival`: one slot weighed over the weather. Letters as in `network.kernels`."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from raabta.base.prefetch import prefetch
from raabta.network.kernels import AHEAD, active_of, fetch_losses, rates_of
from raabta.network.rating_kernels import rate

EPS = 1e-9
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""
MASK_BITS = 4
"""Bits of a key that say which classes close; a scenario has at most four."""


class Tables(NamedTuple):
    """A small hash table per cell, of counts in which some but not all classes close.

    Cell c owns start[c]..start[c + 1] (a power of two of places, or none) of key and amount (places,), of
    which used (n,) are taken. A key is 1 + place in (p, b) x 2^MASK_BITS + the classes that close, as bits; 0
    is free. What finds no room waits in spill (s, 3): cell, key, count; spilled (1,) says how many do.
    """

    start: NDArray[np.int64]
    used: NDArray[np.int32]
    key: NDArray[np.uint16]
    amount: NDArray[np.uint32]
    spill: NDArray[np.int64]
    spilled: NDArray[np.int64]


class FeederSurvival(NamedTuple):
    """What a feeder fade leaves: promised (n,), the part of a cell's level that is kept; kept (n,), the
    probability that it is; whole (n,), the probability that its satellite's whole load is carried."""

    promised: NDArray[np.float64]
    kept: NDArray[np.float64]
    whole: NDArray[np.float64]


@kernel
def carried_probability(which, load, share, gateway, cosecant, table, cosecant_max, available, tails, out):
    """Probability, out (q,), that the feeders of satellites `which` (q,) carry loads (q, 2), both directions.

    share (m,): the part of a feeder that may carry them. gateway, cosecant (m, 2): the site and its diversity
    partner. table (g, 2, 1 + k, e): Mbps over states and cosecant nodes, which only falls with the state.
    available (g,): of the equipment; tails (g, 1 + k, 1 + k): see `network.pairs`. -1 for a satellite carries
    nothing.
    """
    for i in range(which.shape[0]):
        out[i] = 0.0
        s = which[i]
        if s < 0 or gateway[s, 0] < 0:
            continue
        own = share[s] if share[s] > 0.0 else 1.0
        forward, back = load[i, 0] / own, load[i, 1] / own
        g, other = gateway[s, 0], gateway[s, 1]
        first = _states_carried(table, g, cosecant[s, 0], cosecant_max, forward, back)
        out[i] = available[g] * (1.0 - tails[g, first, 0])
        if other >= 0:
            second = _states_carried(table, other, cosecant[s, 1], cosecant_max, forward, back)
            alone = available[other] * (1.0 - tails[g, 0, second])
            both = 1.0 - tails[g, first, 0] - tails[g, 0, second] + tails[g, first, second]
            out[i] += alone - available[g] * available[other] * both


@inner
def _states_carried(table, g, cosecant, cosecant_max, forward, back):
    """How many weather states of gateway g, the mildest first, let its feeder carry Mbps each way."""
    x = (cosecant - 1.0) / (cosecant_max - 1.0) * (table.shape[3] - 1)
    e = min(max(int(x), 0), table.shape[3] - 2)
    w = min(max(x - e, 0.0), 1.0)
    for k in range(1, table.shape[2]):
        for q in range(2):
            low, high = table[g, q, k, e], table[g, q, k, e + 1]
            load = forward if q == 0 else back
            if min(low, low + w * (high - low)) < load * (1.0 - EPS):
                return k - 1
    return table.shape[2] - 1


@kernel
def feeder_loads(given, order, asked, ceiling, equal_share, out_promised, out_running, out_load):
    """What the feeders carry in Mbps: out_load (m, 2) of every satellite, out_promised (n,): the share of
    each cell's level that was promised, out_running (n, 2): that load of a cell and of all before it on its
    satellite.

    asked (n,): level promised; ceiling: see `rates_of`.
    equal_share > 0: nothing is promised, every cell is cut back to it before the feeder gives up. In a
    feeder fade the surplus goes first, then the promises from the last in order up.
    """
    n, m = out_promised.shape[0], out_load.shape[0]
    rates, running = np.zeros((n, 2)), np.zeros((m, 2))
    for c in range(n):
        s = given.satellite[c]
        level, rates[c, 0], rates[c, 1] = rates_of(given, c, ceiling)
        if s < 0 or level <= 0.0:
            continue
        out_promised[c] = equal_share if equal_share > 0.0 else min(1.0, min(asked[c], 1.0) / level)
        for q in range(2):
            out_load[s, q] += rates[c, q]
    for i in range(order.shape[0]):
        c = order[i]
        s = given.satellite[c]
        if s >= 0:
            for q in range(2):
                running[s, q] += rates[c, q] * out_promised[c]
                out_running[c, q] = out_load[s, q] * equal_share if equal_share > 0.0 else running[s, q]


@kernel
def clear_levels(given, capacity, active, plans, first, out_level):
    """Level that each cell's dwell carries at some plans (p, 2) in clear sky, out_level (n, p).

    Dwell was given at one plan; at another the same dwell may ask more Mbps than the satellite or its feeder
    has (capacity (m, 3)), so levels at most 1 are scaled down together until they fit, by satellite. `first`
    is the place of the first plan in the columns of `given`.
    """
    n, n_plans = out_level.shape
    use = np.zeros((capacity.shape[0], n_plans, 2))
    for c in range(n):
        s = given.satellite[c]
        if s < 0 or given.dwell[c] <= 0.0:
            continue
        for p in range(n_plans):
            need = given.plan_dwell[c, first + p]
            out_level[c, p] = given.dwell[c] / need if need > 0.0 else 0.0
            asked = min(1.0, out_level[c, p]) * active_of(active[c], given.closes[c, first + p, 0])
            use[s, p, 0] += asked * plans[p, 0]
            use[s, p, 1] += asked * plans[p, 1]
    for c in range(n):
        s = given.satellite[c]
        if s < 0:
            continue
        for p in range(n_plans):
            worst = max(use[s, p, 0] / capacity[s, 1], use[s, p, 1] / capacity[s, 2])
            if worst > 1.0 + 1e-6:
                out_level[c, p] = min(1.0, out_level[c, p]) / worst


@kernel
def weigh(
    given,
    capacity,
    per_cell,
    level,
    first,
    design,
    survival,
    feeder_db,
    links,
    chance,
    ladder,
    begin,
    out_counts,
    out_lacks,
    out_lost,
):
    """Add one slot to the weather-weighted survival of the cells from `begin` on; returns the first cell that
    is left because `out_lacks` has no more room, or n.

    State k holds with chance[k - 1]; its rate is that of the worst fade in the state: "at least" is kept. A
    cell in a fade keeps its clear-sky level (n, p) with more dwell, up to its satellite's and `per_cell`;
    what that costs others is measured by the drawn rain states. survival: what the feeder carries. feeder_db
    (m, 2): see `kernels.Fleet`. `links.dwell` is cut to the plans wanted, which start at column `first` of
    `given`; `design` is its place among them.

    Counts are whole numbers, ladder[2] to the slot, so that sums do not depend on how time was cut.
    out_counts (n, p, b): some class has its level; out_lacks (`Tables`): and some have not. Bin 0 says
    "nothing", bin b >= 1 level >= ladder[0] x exp(ladder[1] (b - 1)), the last bin level >= 1. out_lost
    (n, 2): counts in which weather takes from the design plan's ask, and counts lost to the gateway.
    """
    states, plans = chance.shape[0], level.shape[1]
    everyone = (1 << links.active.shape[1]) - 1
    most_spilled = out_lacks.spill.shape[0] - 2 * plans * (states + 1)
    unfaded = np.cumsum(chance)
    need, closed = np.zeros(plans), np.zeros((plans, 2), np.int64)
    rungs = np.empty((level.shape[0], plans, 2), np.int16)
    _rungs_of(level, survival, ladder, out_counts.shape[2], rungs)
    for c in range(begin, level.shape[0]):
        _fetch(min(c + AHEAD, level.shape[0] - 1), states, links, rungs, out_counts, out_lacks)
        s = given.satellite[c]
        if s < 0 or given.dwell[c] <= 0.0:
            continue
        if out_lacks.spilled[0] > most_spilled:
            return c
        promised, whole = survival.promised[c], survival.whole[c]
        up = max(survival.kept[c], whole)
        out_lost[c, 1] += _whole((1.0 - up) * ladder[2])
        if up <= 0.0:
            continue
        most = max(given.dwell[c], min(capacity[s, 0], per_cell))
        base_f, base_r, sin_el = given.geometry[c, 3], given.geometry[c, 4], given.geometry[c, 0]
        bins = rungs[c]
        # Fades worsen with k, so the states that change nothing are the first ones.
        k = states
        while k > 0:
            rate(links, c, k, base_f, base_r, sin_el, feeder_db, s, need, closed)
            for p in range(plans):
                need[p] *= given.toll[c]
            if _changes_nothing(level, c, need, closed, given.closes, first, most):
                break
            share = chance[k - 1]
            if need[design] <= 0.0 or min(1.0, level[c, design]) * need[design] > most * (1.0 + EPS):
                out_lost[c, 0] += _whole(share * up * ladder[2])
            all_of_it, promise = _whole(share * whole * ladder[2]), _whole(share * (up - whole) * ladder[2])
            for p in range(plans):
                if closed[p, 0] == 0:
                    continue
                ceiling = most / need[p]
                at, kept_at = bins[p, 0], bins[p, 1]
                if ceiling < level[c, p]:
                    at = _rung(ceiling, ladder, out_counts.shape[2])
                    kept_at = min(kept_at, at)
                _count(out_counts, out_lacks, c, p, at, closed[p, 0], everyone, all_of_it)
                if promised > 0.0:
                    _count(out_counts, out_lacks, c, p, kept_at, closed[p, 0], everyone, promise)
            k -= 1
        if k == 0:
            continue
        share = unfaded[k - 1]
        all_of_it, promise = _whole(share * whole * ladder[2]), _whole(share * (up - whole) * ladder[2])
        for p in range(plans):
            closes = given.closes[c, first + p, 0]
            _count(out_counts, out_lacks, c, p, bins[p, 0], closes, everyone, all_of_it)
            if promised > 0.0:
                _count(out_counts, out_lacks, c, p, bins[p, 1], closes, everyone, promise)
    return level.shape[0]


@inner
def _rungs_of(level, survival, ladder, bins, out):
    """Bin of each level (n, p) and of what of it was promised, out (n, p, 2)."""
    for c in range(level.shape[0]):
        promised = survival.promised[c]
        for p in range(level.shape[1]):
            out[c, p, 0] = out[c, p, 1] = _rung(level[c, p], ladder, bins)
            if promised < 1.0:
                out[c, p, 1] = _rung(level[c, p] * promised, ladder, bins)


@inner
def _fetch(c, state, links, rungs, counts, lacks):
    """Ask for the tables of a cell: its losses in a state, and the counts that its levels will raise."""
    fetch_losses(links, c, state)
    for p in range(rungs.shape[1]):
        for q in range(2):
            prefetch(counts, (c * rungs.shape[1] + p) * counts.shape[2] + rungs[c, p, q])
    prefetch(lacks.key, lacks.start[c])
    prefetch(lacks.amount, lacks.start[c])


@inner
def _whole(count):
    """Nearest whole number, halves to even as `round` has it, without its call."""
    return np.int64(np.rint(count))


@inner
def _changes_nothing(level, c, need, closed, closes, first, most):
    for p in range(level.shape[1]):
        if level[c, p] * need[p] > most or closed[p, 0] != closes[c, first + p, 0]:
            return False
    return True


@inner
def _count(counts, lacks, c, p, b, closed, everyone, count):
    """Add a count to bin b for the classes that close, as bits."""
    if closed == 0 or count <= 0:
        return
    counts[c, p, b] += count
    if closed != everyone:
        insert(lacks, c, 1 + ((p * counts.shape[2] + b) << MASK_BITS) + closed, count)


@inner
def insert(tables, c, key, count):
    """Add a count under a key of cell c, by linear probing; a table is filled to three quarters."""
    room = tables.start[c + 1] - tables.start[c]
    if room > 0:
        at = (key * 40_503 >> 5) & (room - 1)
        while tables.key[tables.start[c] + at] != 0:
            if tables.key[tables.start[c] + at] == key:
                tables.amount[tables.start[c] + at] += count
                return
            at = (at + 1) & (room - 1)
        if 4 * (tables.used[c] + 1) <= 3 * room:
            tables.key[tables.start[c] + at] = key
            tables.amount[tables.start[c] + at] = count
            tables.used[c] += 1
            return
    last = tables.spilled[0]
    tables.spill[last, 0], tables.spill[last, 1], tables.spill[last, 2] = c, key, count
    tables.spilled[0] = last + 1


@kernel
def move(tables, out):
    """Put all that is in some tables, and what waits beside them, into others of at least their size."""
    for c in range(tables.used.shape[0]):
        for at in range(tables.start[c], tables.start[c + 1]):
            if tables.key[at] != 0:
                insert(out, c, np.int64(tables.key[at]), np.int64(tables.amount[at]))
    for i in range(tables.spilled[0]):
        insert(out, tables.spill[i, 0], tables.spill[i, 1], tables.spill[i, 2])


@inner
def _rung(level, ladder, bins):
    if level >= 1.0 - 1e-9:
        return bins - 1
    if level < ladder[0]:
        return 0
    return 1 + int(math.log(level / ladder[0]) / ladder[1] + 1e-9)
