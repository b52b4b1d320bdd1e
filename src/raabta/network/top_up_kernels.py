"""Numeric core of `slot`: what is left on each satellite, shared max-min among its cells. Letters and words
as in `network.kernels`."""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.kernels import BEAM_TIME, DEMAND_MET, EPS, SPECTRUM

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@kernel
def _pairs(own, direction, cos_reuse, first, other):
    """Pairs of some cells within the reuse angle of each other, both ways, as places in `own`; their number,
    or -1 where they do not fit."""
    n, count = own.shape[0], 0
    x, y, z, dot = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for a in range(n):
        x[a], y[a], z[a] = direction[own[a], 0], direction[own[a], 1], direction[own[a], 2]
    for a in range(n):
        if count + n > first.shape[0]:
            return -1
        for b in range(n):
            dot[b] = x[a] * x[b] + y[a] * y[b] + z[a] * z[b]
        for b in range(n):
            first[count], other[count] = a, b
            count += dot[b] >= cos_reuse
    return count


@kernel
def _crowded(level, own, shares, direction, cos_reuse, colours):
    """Whether some cells have more than `colours` of dwell within the reuse angle of one of them at a level.
    `_reusable` says the opposite from a list of pairs, which is long: this is vectorised over cells."""
    n = own.shape[0]
    x, y, z, total = np.empty(n), np.empty(n), np.empty(n), np.zeros(n)
    for a in range(n):
        x[a], y[a], z[a] = direction[own[a], 0], direction[own[a], 1], direction[own[a], 2]
    for b in range(n):
        dwell = _raised(level, shares, b)
        for a in range(n):
            total[a] += dwell if x[a] * x[b] + y[a] * y[b] + z[a] * z[b] >= cos_reuse else 0.0
    return total.max() > colours + EPS


@inner
def _reusable(level, shares, first, other, count, colours):
    """Whether no cell would have more than `colours` of dwell within the reuse angle; pairs by `first`."""
    total = 0.0
    for i in range(count):
        if i > 0 and first[i] != first[i - 1]:
            total = 0.0
        total += _raised(level, shares, other[i])
        if total > colours + EPS:
            return False
    return True


@inner
def _raised(level, shares, i):
    """Dwell of a cell at a level: never less than it has, never more than its cap."""
    return min(max(level * shares[0, i], shares[1, i]), shares[2, i])


@inner
def _overused(level, s, shares, count, fleet):
    """Constraint of the first resource of satellite s overused at a level, or -1; and the dwell used."""
    use0, use1, use2 = 0.0, 0.0, 0.0
    for i in range(count):
        dwell = _raised(level, shares, i)
        use0 += max(dwell, shares[3, i])
        use1 += dwell * shares[4, i]
        use2 += dwell * shares[5, i]
    if use0 > fleet.capacity[s, 0] + EPS:
        return fleet.limit_code[s, 0], use0
    if use1 > fleet.capacity[s, 1] + EPS:
        return fleet.limit_code[s, 1], use0
    return fleet.limit_code[s, 2] if use2 > fleet.capacity[s, 2] + EPS else -1, use0


@inner
def _share_out(s, given, own, shares):
    """The cells of satellite s into `own`, what raises them into `shares`: dwell of a whole level by weight,
    least and most dwell, dwell charged at least, forward and return Mbps of a unit of dwell. Returns their
    number and the level at which the last has its cap."""
    high, count, members = 0.0, 0, given.members
    b = members.head[s]
    while b >= 0:
        for i in range(members.size[b] - 1, -1, -1):
            c = members.cell[b, i]
            need = given.need[c, 0]
            weighed = need * given.before.weight[c]
            high = max(high, given.cap[c] / weighed)
            own[count] = c
            shares[0, count], shares[1, count] = weighed, given.dwell[c]
            shares[2, count], shares[3, count] = max(given.cap[c], given.dwell[c]), given.least[c]
            shares[4, count], shares[5, count] = given.need[c, 1] / need, given.need[c, 2] / need
            count += 1
        b = members.before[b]
    return count, high


@kernel
def _highest_level(s, high, own, shares, fleet, rules, given):
    """Highest common level that satellite s carries, to 2^-24 of `high`, and what stops it (-1 nothing)."""
    count = own.shape[0]
    bound, use = _overused(high, s, shares, count, fleet)
    level, top = high, high
    if bound >= 0:
        level = 0.0
        for _ in range(24):
            middle = 0.5 * (level + top)
            failed, used = _overused(middle, s, shares, count, fleet)
            if failed < 0:
                level, use = middle, used
            else:
                top, bound = middle, failed
    if use <= rules.colours or not _crowded(
        level, own, shares, given.direction, rules.cos_reuse, rules.colours
    ):
        return level, bound
    first, other, pairs = np.empty(0, np.int64), np.empty(0, np.int64), -1
    while pairs < 0:
        first = np.empty(4 * first.size + 4096 + count, np.int64)
        other = np.empty(first.size, np.int64)
        pairs = _pairs(own, given.direction, rules.cos_reuse, first, other)
    level, top = 0.0, level
    for _ in range(24):
        middle = 0.5 * (level + top)
        if _reusable(middle, shares, first, other, pairs, rules.colours):
            level = middle
        else:
            top = middle
    return level, SPECTRUM


@kernel
def top_up(fleet, rules, given):
    """Share what is left on each satellite max-min by level (rate per subscriber), up to the top plan.

    The level by weight is raised for all cells below it until a resource of the satellite is used up. Names
    what stops every cell: the used-up resource, its own beams, or `demand_met` at its top plan.
    """
    members, shares = np.empty(given.need.shape[0], np.int64), np.empty((6, given.need.shape[0]))
    for s in range(fleet.capacity.shape[0]):
        count, high = _share_out(s, given, members, shares)
        if high <= 0.0:
            continue
        level, bound = _highest_level(s, high, members[:count], shares, fleet, rules, given)
        for i in range(count):
            c = members[i]
            raised = _raised(level, shares, i)
            if raised >= shares[2, i] - EPS:
                given.code[c] = BEAM_TIME if given.cap[c] >= rules.per_cell - EPS else DEMAND_MET
            elif raised > given.dwell[c] or given.code[c] == DEMAND_MET:
                given.code[c] = bound
            given.dwell[c] = raised


@kernel
def name_met(total_active, given):
    """A cell that has its whole ask at the design plan is met, whatever stops its surplus; where it has all
    that can close but a terminal class cannot close, what keeps that class from it is what binds."""
    for c in range(total_active.shape[0]):
        need = given.need[c, 0]
        if need <= 0.0 or given.dwell[c] < need * (1.0 - 1e-9):
            continue
        if given.need[c, 3] >= total_active[c] - 1e-9:
            given.code[c] = DEMAND_MET
        else:
            given.code[c] = np.int64(given.need[c, 4])
