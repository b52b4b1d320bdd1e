"""Numeric core of the second look at promises: who is short moves, or has one cell moved out of its way.

Letters: m satellites near, n cells. A cell's amount is its active homes that close times its level.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.kernels import BEAM_TIME, DEMAND_MET, EPS, SPECTRUM, charge, level_of, rate_cell
from raabta.network.member_kernels import join

kernel = njit(cache=True, nogil=True, error_model="numpy")
LEAST_GAIN = 1e-3
"""Of a cell's ask: less is not worth a move."""
STEPS = 6
"""Moves that are made for one cell at most."""


@kernel
def any_short(order, ask, given):
    """Whether some cell of `order` has less than its ask, (n,)."""
    short = False
    for i in range(order.shape[0]):
        short |= level_of(given, order[i]) < ask[order[i]] * (1.0 - LEAST_GAIN)
    return short


@kernel
def improve(order, ask, state, candidates, fleet, links, rules, given, trial, free, room):
    """Raise what cells short of their promise have, in order, without lowering what any other has.

    ask, state, candidates, fleet, links, rules, given: see `kernels.attach`, which went before. trial: as
    given, room for trying links. free (m, 3), room (m,): what is left of the satellites, kept up to date.
    Returns the moves made.
    """
    n, m = ask.shape[0], room.shape[0]
    head, after = np.full(m, -1), np.full(n, -1)
    for i in range(order.shape[0] - 1, -1, -1):
        c = order[i]
        s = given.satellite[c]
        if s >= 0:
            after[c], head[s] = head[s], c
    moves = 0
    for i in range(order.shape[0]):
        c = order[i]
        for _ in range(STEPS):
            if level_of(given, c) >= ask[c] - LEAST_GAIN or not _step(
                c, ask, state, candidates, fleet, links, rules, given, trial, free, room, head, after
            ):
                break
            moves += 1
    return moves


@kernel
def _step(c, ask, state, candidates, fleet, links, rules, given, trial, free, room, head, after):
    """Make the one move that raises cell c most; False where none does by LEAST_GAIN of its ask."""
    total = 0.0
    for j in range(links.active.shape[1]):
        total += links.active[c, j]
    have = given.need[c, 3] * level_of(given, c)
    best, to, away, onto = LEAST_GAIN * ask[c] * total, -1, -1, -1
    for k in range(candidates.start[c], candidates.start[c + 1]):
        s = candidates.satellite[k]
        if not _try(c, k, state, candidates, fleet, links, rules, trial):
            continue
        own = c if given.satellite[c] == s else -1
        if room[s] > 0 or own >= 0:
            share = _fits(c, s, own, -1, ask[c], fleet, rules, given, trial, free, head, after)
            if share * trial.need[c, 3] - have > best:
                best, to, away = share * trial.need[c, 3] - have, k, -1
        d = head[s]
        while d >= 0:
            most = _most(c, s, own, d, ask[c], rules, given, trial, free) if d != c else 0.0
            if most * trial.need[c, 3] - have > best:
                k2 = _elsewhere(
                    d, s, state, candidates, fleet, links, rules, given, trial, free, room, head, after
                )
                if k2 >= 0:
                    share = _fits(c, s, own, d, ask[c], fleet, rules, given, trial, free, head, after)
                    if share * trial.need[c, 3] - have > best:
                        best, to, away, onto = share * trial.need[c, 3] - have, k, d, k2
            d = after[d]
    if to < 0:
        return False
    if away >= 0:
        level = level_of(given, away)
        _leave(away, given, free, room, head, after)
        _try(away, onto, state, candidates, fleet, links, rules, trial)
        _enter(away, candidates.satellite[onto], level, rules, given, trial, free, room, head, after)
    s = candidates.satellite[to]
    _try(c, to, state, candidates, fleet, links, rules, trial)
    own = c if given.satellite[c] == s else -1
    share = _fits(c, s, own, -1, ask[c], fleet, rules, given, trial, free, head, after)
    _leave(c, given, free, room, head, after)
    _enter(c, s, share, rules, given, trial, free, room, head, after)
    given.code[c] = _stop(c, s, share >= ask[c] - EPS, free, fleet, rules, given)
    return True


@kernel
def _try(c, k, state, candidates, fleet, links, rules, trial):
    """Rate the link of cell c to its candidate k into trial; False where it does not close."""
    s, sine = candidates.satellite[k], candidates.sin_elevation[k]
    return rate_cell(c, s, sine, state[c], fleet, links, rules, trial)


@kernel
def _stop(c, s, met, free, fleet, rules, given):
    """What stops cell c on satellite s."""
    if met:
        return DEMAND_MET
    for q in range(3):
        if free[s, q] <= EPS * (1.0 + fleet.capacity[s, q]):
            return fleet.limit_code[s, q]
    return BEAM_TIME if given.dwell[c] >= rules.per_cell - EPS else SPECTRUM


@kernel
def _most(c, s, own, without, ask, rules, given, trial, free):
    """Level that cell c could have on satellite s if cells own and without (or -1) left it, reuse aside."""
    f0, f1, f2 = free[s, 0], free[s, 1], free[s, 2]
    for d in (own, without):
        if d >= 0:
            dwell, forward, back = charge(given, d)
            f0, f1, f2 = f0 + dwell, f1 + forward, f2 + back
    if f0 < rules.frame:
        return 0.0
    need = trial.need[c]
    return max(0.0, min(ask, rules.per_cell / need[0], f0 / need[0], f1 / need[1], f2 / need[2]))


@kernel
def _fits(c, s, own, without, ask, fleet, rules, given, trial, free, head, after):
    """The same with reuse: no cell may have more than `colours` of dwell within the reuse angle of it."""
    share = _most(c, s, own, without, ask, rules, given, trial, free)
    if fleet.capacity[s, 0] <= rules.colours:
        return share
    clear, mine = rules.colours, 0.0
    a = head[s]
    while a >= 0:
        if a != own and a != without and _close(trial.direction[c], given.direction[a], rules):
            mine += given.dwell[a]
            beside, b = 0.0, head[s]
            while b >= 0:
                if b != own and b != without and _close(given.direction[a], given.direction[b], rules):
                    beside += given.dwell[b]
                b = after[b]
            clear = min(clear, rules.colours - beside)
        a = after[a]
    return max(0.0, min(share, min(clear, rules.colours - mine) / trial.need[c, 0]))


@kernel
def _close(one, other, rules):
    """Whether two directions are within the reuse angle."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2] >= rules.cos_reuse


@kernel
def _elsewhere(d, s, state, candidates, fleet, links, rules, given, trial, free, room, head, after):
    """Another satellite that carries what cell d has on s, the one with most left: its place, or -1."""
    level, best, most = level_of(given, d), -1, 0.0
    for k in range(candidates.start[d], candidates.start[d + 1]):
        other = candidates.satellite[k]
        if other == s or room[other] <= 0 or free[other, 1] <= most or free[other, 0] < rules.frame:
            continue
        if free[other, 1] < level * given.need[d, 1] or free[other, 2] < level * given.need[d, 2]:
            continue
        if not _try(d, k, state, candidates, fleet, links, rules, trial):
            continue
        if trial.need[d, 3] < given.need[d, 3] - EPS:
            continue
        if _fits(d, other, -1, -1, level, fleet, rules, given, trial, free, head, after) >= level:
            best, most = k, free[other, 1]
    return best


@kernel
def _leave(c, given, free, room, head, after):
    """Take cell c off its satellite, if it has one."""
    s = given.satellite[c]
    if s >= 0:
        dwell, forward, back = charge(given, c)
        free[s, 0] += dwell
        free[s, 1] += forward
        free[s, 2] += back
        room[s] += 1
        if head[s] == c:
            head[s] = after[c]
        else:
            d = head[s]
            while after[d] != c:
                d = after[d]
            after[d] = after[c]
        after[c], given.satellite[c], given.dwell[c] = -1, -1, 0.0


@kernel
def _enter(c, s, level, rules, given, trial, free, room, head, after):
    """Put cell c onto satellite s at a level, over the link in `trial`."""
    given.need[c, :], given.geometry[c, :] = trial.need[c], trial.geometry[c]
    given.direction[c, :], given.plan_dwell[c, :] = trial.direction[c], trial.plan_dwell[c]
    given.closes[c, :, :], given.cap[c], given.toll[c] = trial.closes[c], trial.cap[c], trial.toll[c]
    given.satellite[c], given.dwell[c] = s, level * given.need[c, 0]
    given.least[c] = min(rules.frame, free[s, 0])
    free[s, 0] -= max(given.dwell[c], given.least[c])
    free[s, 1] -= level * given.need[c, 1]
    free[s, 2] -= level * given.need[c, 2]
    room[s] -= 1
    after[c], head[s] = head[s], c


@kernel
def join_again(order, given):
    """Rebuild the lists of cells that satellites serve."""
    given.members.head[:] = -1
    given.members.used[0] = 0
    for i in range(order.shape[0]):
        c = order[i]
        if given.satellite[c] >= 0:
            join(given.members, given.satellite[c], c, given.direction[c])
