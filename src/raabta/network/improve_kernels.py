"""Numeric core of the second look at promises: who is short moves, or has others moved out of its way.

Cells are looked at in order. One that is short moves to where it has most; or others move out of its way
first, one after the other; or one that has a third moved, which may come to where the first left. If it is
still short, all later cells make way, and come back one by one, each in its turn and by the same moves. So
nobody has less for a later cell. Last, where beam time binds, pairs of cells change places to save it.
Letters: m satellites near, n cells. A cell's amount is its active homes that close times its level.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.board_kernels import (
    Board,
    carries,
    enter,
    exchange,
    fits,
    fits_left,
    least_of,
    leave,
    try_link,
)
from raabta.network.kernels import BEAM_TIME, DEMAND_MET, EPS, SPECTRUM, charge, level_of
from raabta.network.member_kernels import join

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
LEAST_GAIN = 1e-3
"""Of a cell's ask: less is not worth a move."""
STEPS = 12
"""Moves that are made for one cell at most."""
TIDIES = 4
"""Times that dwell is saved for one cell at most."""
MOST = 6
"""Others that are moved out of the way of one at a time at most."""


@kernel
def any_short(order, ask, given):
    """Whether some cell of `order` has less than its ask, (n,)."""
    short = False
    for i in range(order.shape[0]):
        short |= level_of(given, order[i]) < ask[order[i]] * (1.0 - LEAST_GAIN)
    return short


@kernel
def improve(order, problem, given, trial, free, room, effort):
    """Raise what cells short of their promise have, in order, without lowering what any earlier one has.

    given: as `kernels.attach` left it; trial: as given, room for trying links. free (m, 3), room (m,): what
    is left of the satellites, kept up to date. effort (1,): see `Board`. Returns the moves made.
    """
    n, m, ask = problem.ask.shape[0], room.shape[0], problem.ask
    board = Board(free, room, np.full(m, -1), np.full(n, -1), effort, np.empty(2 + 2 * MOST, np.int64))
    was, had = np.full(n, -1), np.zeros(n)
    for i in range(order.shape[0] - 1, -1, -1):
        c = order[i]
        s = given.satellite[c]
        if s >= 0:
            board.after[c], board.head[s] = board.head[s], c
    moves, away = 0, False
    for i in range(order.shape[0]):
        c = order[i]
        if away and _back(c, was[c], had[c], problem, given, board):
            continue
        if level_of(given, c) >= ask[c] * (1.0 - LEAST_GAIN):
            continue
        moves += _raise(c, away, problem, given, trial, board)
        if not away and level_of(given, c) < ask[c] * (1.0 - LEAST_GAIN):
            away = _make_way(i, order, was, had, problem, given, board)
            moves += _raise(c, True, problem, given, trial, board) + int(away)
        for _ in range(TIDIES):
            if level_of(given, c) >= ask[c] * (1.0 - LEAST_GAIN):
                break
            if not _tidy(c, problem, given, trial, board):
                break
            moves += _raise(c, True, problem, given, trial, board)
        if given.satellite[c] < 0 and was[c] >= 0:
            _last(c, was[c], problem, given, board)
    return moves


@kernel
def _raise(c, deep, problem, given, trial, board):
    """Make moves for cell c until it has its ask or none helps; their number."""
    moves = 0
    while moves < STEPS and level_of(given, c) < problem.ask[c] * (1.0 - LEAST_GAIN):
        if not _step(c, deep, problem, given, trial, board):
            break
        moves += 1
    return moves


@kernel
def _make_way(i, order, was, had, problem, given, board):
    """Take all cells after place i of `order` off, if one of them is where cell i could be; was, had (n,):
    their satellites and levels."""
    c, some = order[i], False
    for j in range(i + 1, order.shape[0]):
        s = given.satellite[order[j]]
        for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
            some |= s == problem.candidates.satellite[k]
    if not some:
        return False
    for j in range(i + 1, order.shape[0]):
        d = order[j]
        was[d], had[d] = given.satellite[d], level_of(given, d)
        leave(d, given, board)
    return True


@kernel
def _back(c, s, level, problem, given, board):
    """Put cell c back where it was with all it had, if that was its ask and is still there."""
    if s < 0 or level < problem.ask[c] * (1.0 - LEAST_GAIN) or board.room[s] <= 0:
        return False
    if fits(given.need[c], given.direction[c], s, level, problem, given, board) < level:
        return False
    enter(c, s, level, least_of(s, problem, board), given, board)
    return True


@kernel
def _last(c, s, problem, given, board):
    """Cell c, which was on satellite s and finds no place: if it had less than a frame there, as the last,
    it may have that again."""
    if given.least[c] < problem.rules.frame and board.room[s] > 0:
        share = fits_left(given.need[c], given.direction[c], s, problem.ask[c], problem, given, board)
        if share * given.need[c, 0] > EPS:
            enter(c, s, share, least_of(s, problem, board), given, board)
    given.code[c] = _stop(c, s, False, problem, given, board)


@kernel
def _step(c, deep, problem, given, trial, board):
    """Make the one move that raises cell c most; False where none does by LEAST_GAIN of its ask."""
    total, s, level, least = 0.0, given.satellite[c], level_of(given, c), given.least[c]
    for j in range(problem.links.active.shape[1]):
        total += problem.links.active[c, j]
    leave(c, given, board)
    board.plan[0], board.plan[1] = -1, 0
    gain, full = LEAST_GAIN * problem.ask[c] * total, problem.ask[c] * total
    best = _alone(c, given.need[c, 3] * level + gain, full, problem, given, trial, board)
    if best < full - gain:
        best = _moving(c, best, full - gain, deep, problem, given, trial, board)
        if deep and best < full - gain:
            _several(c, best, full - gain, problem, given, trial, board)
    if board.plan[0] < 0:
        if s >= 0:
            enter(c, s, level, least, given, board)
        return False
    _clear(problem, given, trial, board)
    k = board.plan[0]
    s = problem.candidates.satellite[k]
    try_link(c, k, problem, trial)
    share = fits(trial.need[c], trial.direction[c], s, problem.ask[c], problem, given, board)
    exchange(c, given, trial)
    enter(c, s, share, least_of(s, problem, board), given, board)
    given.code[c] = _stop(c, s, share >= problem.ask[c] - EPS, problem, given, board)
    return True


@kernel
def _alone(c, best, full, problem, given, trial, board):
    """Most that cell c, which is nowhere, could have as things are, if more than `best`; its place into
    board.plan. Of those that carry all of it the one with most left, highest."""
    score = 0.0
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        if board.room[s] <= 0 or not try_link(c, k, problem, trial):
            continue
        share = fits(trial.need[c], trial.direction[c], s, problem.ask[c], problem, given, board)
        amount = share * trial.need[c, 3]
        value = board.free[s, 1] * problem.candidates.sin_elevation[k]
        if s == given.before.satellite[c]:
            value *= problem.rules.toll
        if amount > best or (amount >= full * (1.0 - EPS) and value > score):
            best, board.plan[0] = max(best, amount), k
            score = value if amount >= full * (1.0 - EPS) else 0.0
    return best


@kernel
def _moving(c, best, enough, deep, problem, given, trial, board):
    """The same where another cell moves out of the way, and a third out of its, until there is enough."""
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        if not try_link(c, k, problem, trial):
            continue
        need = trial.need[c]
        d = board.head[s]
        while d >= 0 and best < enough:
            after, level, least = board.after[d], level_of(given, d), given.least[d]
            if not _could(need, s, d, best, problem.ask[c], given, board):
                d = after
                continue
            leave(d, given, board)
            share = fits(need, trial.direction[c], s, problem.ask[c], problem, given, board)
            if share * need[3] > best:
                best = _elsewhere(
                    d, s, level, c, k, deep, share * need[3], best, problem, given, trial, board
                )
            enter(d, s, level, least, given, board)
            d = after
    return best


@inner
def _could(need, s, d, amount, ask, given, board):
    """Whether a cell could have more than an amount on satellite s if cell d left it, reuse aside."""
    dwell, forward, back = charge(given, d)
    free = board.free
    share = min(
        ask, (free[s, 0] + dwell) / need[0], (free[s, 1] + forward) / need[1], (free[s, 2] + back) / need[2]
    )
    return share * need[3] > amount


@kernel
def _elsewhere(d, s, level, c, k, deep, amount, best, problem, given, trial, board):
    """Find a place for cell d, which left s to cell c; the better amount with it, or `best`."""
    k2 = _another(d, s, level, problem, given, trial, board)
    if k2 >= 0:
        _note(board, k, d, k2, -1, -1)
        return amount
    if not deep:
        return best
    for k2 in range(problem.candidates.start[d], problem.candidates.start[d + 1]):
        s2 = problem.candidates.satellite[k2]
        if s2 == s or board.effort[0] <= 0 or not try_link(d, k2, problem, trial):
            continue
        board.effort[0] -= 1
        if trial.need[d, 3] < given.need[d, 3] - EPS:
            continue
        e = board.head[s2]
        while e >= 0 and best < amount:
            after, own, least = board.after[e], level_of(given, e), given.least[e]
            if not _could(trial.need[d], s2, e, (level - EPS) * trial.need[d, 3], level, given, board):
                e = after
                continue
            leave(e, given, board)
            board.effort[0] -= 1
            if fits(trial.need[d], trial.direction[d], s2, level, problem, given, board) >= level:
                best = _third(e, s2, own, d, k2, level, s, c, k, amount, best, problem, given, trial, board)
            enter(e, s2, own, least, given, board)
            e = after
    return best


@kernel
def _third(e, s2, own, d, k2, level, s, c, k, amount, best, problem, given, trial, board):
    """Find a place for cell e, which left s2 to cell d, which left s to cell c, at s itself if need be."""
    exchange(d, given, trial)
    enter(d, s2, level, least_of(s2, problem, board), given, board)
    for k3 in range(problem.candidates.start[e], problem.candidates.start[e + 1]):
        s3 = problem.candidates.satellite[k3]
        if s3 == s2 or board.room[s3] <= 0:
            continue
        board.effort[0] -= 1
        if not carries(e, k3, s3, own, problem, given, trial, board):
            continue
        reach = amount
        if s3 == s:
            exchange(e, given, trial)
            enter(e, s, own, least_of(s, problem, board), given, board)
            share = fits(trial.need[c], trial.direction[c], s, problem.ask[c], problem, given, board)
            reach = share * trial.need[c, 3] if board.room[s] > 0 else 0.0
            leave(e, given, board)
            exchange(e, given, trial)
        if reach > best:
            best = reach
            _note(board, k, d, k2, e, k3)
    leave(d, given, board)
    exchange(d, given, trial)
    return best


@kernel
def _several(c, best, enough, problem, given, trial, board):
    """The same where several others move out of the way, one after the other, each to where it has all it
    has: every time the one that leaves most to cell c."""
    moved, onto = np.empty(MOST, np.int64), np.empty(MOST, np.int64)
    level, least = np.empty(MOST), np.empty(MOST)
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        if board.effort[0] <= 0 or best >= enough or not try_link(c, k, problem, trial):
            continue
        count = 0
        while count < MOST and best < enough:
            d, k2, amount = _first_out(c, s, problem, given, trial, board)
            if d < 0:
                break
            moved[count], onto[count], level[count], least[count] = d, k2, level_of(given, d), given.least[d]
            leave(d, given, board)
            _go(d, k2, level[count], problem, given, trial, board)
            count += 1
            if amount > best and board.room[s] > 0:
                best, board.plan[0], board.plan[1] = amount, k, count
                for i in range(count):
                    board.plan[2 + 2 * i], board.plan[3 + 2 * i] = moved[i], onto[i]
        for i in range(count - 1, -1, -1):
            leave(moved[i], given, board)
            exchange(moved[i], given, trial)
            enter(moved[i], s, level[i], least[i], given, board)
    return best


@kernel
def _first_out(c, s, problem, given, trial, board):
    """The cell of satellite s that leaves most to cell c, of those that have another place; that place, and
    what cell c could have."""
    out, onto, most = -1, -1, 0.0
    d = board.head[s]
    while d >= 0:
        after, level, least = board.after[d], level_of(given, d), given.least[d]
        if _could(trial.need[c], s, d, most, problem.ask[c], given, board):
            leave(d, given, board)
            share = fits(trial.need[c], trial.direction[c], s, problem.ask[c], problem, given, board)
            k2 = (
                _another(d, s, level, problem, given, trial, board) if share * trial.need[c, 3] > most else -1
            )
            if k2 >= 0:
                out, onto, most = d, k2, share * trial.need[c, 3]
            enter(d, s, level, least, given, board)
        d = after
    return out, onto, most


@kernel
def _another(d, s, level, problem, given, trial, board):
    """Of the satellites but s that carry all that cell d, which is nowhere, had, the one with most left: its
    place, or -1."""
    best, most = -1, 0.0
    for k in range(problem.candidates.start[d], problem.candidates.start[d + 1]):
        other = problem.candidates.satellite[k]
        if other == s or board.room[other] <= 0 or board.free[other, 1] <= most:
            continue
        board.effort[0] -= 1
        if carries(d, k, other, level, problem, given, trial, board):
            best, most = k, board.free[other, 1]
    return best


@inner
def _note(board, k, d, k2, e, k3):
    """Keep a move: cell to k, cell d out of its way to k2, cell e out of that one's to k3 (-1 for none)."""
    board.plan[0], board.plan[1] = k, 2 if e >= 0 else 1
    board.plan[2], board.plan[3], board.plan[4], board.plan[5] = d, k2, e, k3


@kernel
def _clear(problem, given, trial, board):
    """Move those out of the way that board.plan names."""
    level = np.empty(MOST)
    for i in range(board.plan[1]):
        d = board.plan[2 + 2 * i]
        level[i] = level_of(given, d)
        leave(d, given, board)
    for i in range(board.plan[1]):
        _go(board.plan[2 + 2 * i], board.plan[3 + 2 * i], level[i], problem, given, trial, board)


@kernel
def _tidy(c, problem, given, trial, board):
    """Save dwell where it binds on satellites that cell c could be on: a cell moves to one where it needs
    less, or two change places if they need less together. All keep their level. Whether any is saved."""
    some = False
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        d = board.head[s] if _beams_bind(s, problem, board) else -1
        while d >= 0:
            after = board.after[d]
            if d != c and given.dwell[d] > 0.0 and board.effort[0] > 0:
                some |= _cheaper(d, s, c, problem, given, trial, board)
            d = after
    return some


@inner
def _beams_bind(s, problem, board):
    """Whether less is left of a satellite's dwell than of its rates."""
    free, capacity = board.free, problem.fleet.capacity
    left = free[s, 0] / capacity[s, 0]
    return left < free[s, 1] / capacity[s, 1] and left < free[s, 2] / capacity[s, 2]


@kernel
def _cheaper(d, s, c, problem, given, trial, board):
    """Move cell d off satellite s to where it needs less dwell, or change it for a cell other than c, if both
    together need less."""
    level, least = level_of(given, d), given.least[d]
    for k in range(problem.candidates.start[d], problem.candidates.start[d + 1]):
        s2 = problem.candidates.satellite[k]
        board.effort[0] -= 1
        if s2 == s or not try_link(d, k, problem, trial) or trial.need[d, 3] < given.need[d, 3] - EPS:
            continue
        saved = charge(given, d)[0] - max(level * trial.need[d, 0], problem.rules.frame)
        if saved > LEAST_GAIN * given.dwell[d] and board.room[s2] > 0:
            leave(d, given, board)
            if fits(trial.need[d], trial.direction[d], s2, level, problem, given, board) >= level:
                exchange(d, given, trial)
                enter(d, s2, level, least_of(s2, problem, board), given, board)
                return True
            enter(d, s, level, least, given, board)
        e = board.head[s2]
        while e >= 0:
            after = board.after[e]
            if e != c and given.dwell[e] > 0.0 and _swap(d, s, e, s2, saved, problem, given, trial, board):
                return True
            e = after
    return False


@kernel
def _swap(d, s, e, s2, saved, problem, given, trial, board):
    """Let cells d and e change satellites s and s2 if that saves dwell and both have what they had; saved: by
    d's move alone, whose link is in trial."""
    k = -1
    for at in range(problem.candidates.start[e], problem.candidates.start[e + 1]):
        k = at if problem.candidates.satellite[at] == s else k
    own = level_of(given, e)
    if k < 0 or not try_link(e, k, problem, trial) or trial.need[e, 3] < given.need[e, 3] - EPS:
        return False
    board.effort[0] -= 1
    saved += charge(given, e)[0] - max(own * trial.need[e, 0], problem.rules.frame)
    if saved <= LEAST_GAIN * given.dwell[d]:
        return False
    level, least, least_e = level_of(given, d), given.least[d], given.least[e]
    leave(d, given, board)
    leave(e, given, board)
    there = fits(trial.need[d], trial.direction[d], s2, level, problem, given, board) >= level
    if there and fits(trial.need[e], trial.direction[e], s, own, problem, given, board) >= own:
        exchange(d, given, trial)
        enter(d, s2, level, least_of(s2, problem, board), given, board)
        exchange(e, given, trial)
        enter(e, s, own, least_of(s, problem, board), given, board)
        return True
    enter(d, s, level, least, given, board)
    enter(e, s2, own, least_e, given, board)
    return False


@kernel
def _go(d, k, level, problem, given, trial, board):
    """Put cell d, which is nowhere, onto its candidate k."""
    s = problem.candidates.satellite[k]
    try_link(d, k, problem, trial)
    exchange(d, given, trial)
    enter(d, s, level, least_of(s, problem, board), given, board)


@kernel
def _stop(c, s, met, problem, given, board):
    """What stops cell c on satellite s."""
    if met:
        return DEMAND_MET
    for q in range(3):
        if board.free[s, q] <= EPS * (1.0 + problem.fleet.capacity[s, q]):
            return problem.fleet.limit_code[s, q]
    return BEAM_TIME if given.dwell[c] >= problem.rules.per_cell - EPS else SPECTRUM


@kernel
def join_again(order, given):
    """Rebuild the lists of cells that satellites serve."""
    given.members.head[:] = -1
    given.members.used[0] = 0
    for i in range(order.shape[0]):
        c = order[i]
        if given.satellite[c] >= 0:
            join(given.members, given.satellite[c], c, given.direction[c])
