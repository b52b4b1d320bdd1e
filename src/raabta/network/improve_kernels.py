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
    LEAST_GAIN,
    LINK,
    carries,
    chain,
    enter,
    exchange,
    fits,
    fits_left,
    forget_links,
    least_of,
    leave,
    most_of,
    new_board,
    own_link,
    reach,
    try_link,
)
from raabta.network.kernels import (
    AHEAD,
    BEAM_TIME,
    DEMAND_MET,
    EPS,
    SPECTRUM,
    charge,
    fetch_candidates,
    fetch_losses,
    level_of,
)
from raabta.network.member_kernels import join
from raabta.network.tidy_kernels import tidy

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
allocating = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
STEPS = 12
"""Moves that are made for one cell at most."""
TIDIES = 4
"""Times that dwell is saved for one cell at most."""
WAY = 16 * LINK
"""Effort that must be left for every cell that makes way: most come back without any, some look around."""
MOST = 6
"""Others that are moved out of the way of one at a time at most."""


@kernel
def any_short(order, ask, given):
    """Whether some cell of `order` has less than its ask, (n,)."""
    short = False
    for i in range(order.shape[0]):
        short |= level_of(given, order[i]) < ask[order[i]] * (1.0 - LEAST_GAIN)
    return short


@allocating
def improve(order, problem, given, trial, free, room, effort):
    """Raise what cells short of their promise have, in order, without lowering what any earlier one has.

    given: as `kernels.attach` left it; trial: as given, room for trying links. free (m, 3), room (m,): what
    is left of the satellites, kept up to date. effort (1,): what may be done, in cells looked at; those still
    short share it evenly. Without any left each moves by itself or not at all. Returns the moves made.
    """
    n = problem.ask.shape[0]
    board = new_board(free, room, MOST, problem, given)
    was, had, turn = np.full(n, -1), np.zeros(n), np.empty(n, np.int64)
    short = set_up(order, turn, problem, given, board)
    moves, away = 0, False
    for i in range(order.shape[0]):
        c = order[i]
        _fetch(order, i, problem, given)
        if away and _back(c, was[c], had[c], problem, given, board):
            continue
        if not _short(c, problem, given):
            continue
        share = effort[0] // max(1, short)
        short -= 1
        board.effort[0], board.deep[0] = share, away
        forget_links(c, problem, board)
        moves += _raise(c, problem, given, trial, board)
        if not away and effort[0] >= WAY * (order.shape[0] - i) and _short(c, problem, given):
            away, board.deep[0] = _make_way(c, order, turn, was, had, problem, given, board), True
            moves += _raise(c, problem, given, trial, board) + int(away)
        board.deep[0] = True
        for _ in range(TIDIES):
            if not _short(c, problem, given) or not tidy(c, problem, given, trial, board):
                break
            moves += _raise(c, problem, given, trial, board)
        if given.satellite[c] < 0 and was[c] >= 0:
            _last(c, was[c], problem, given, board)
        effort[0] -= share - board.effort[0]
    return moves


@kernel
def set_up(order, turn, problem, given, board):
    """Put the cells of `order` where they are, the first ahead; their places in it into turn (n,); how many
    are short."""
    short = 0
    for i in range(order.shape[0] - 1, -1, -1):
        c = order[i]
        turn[c] = i
        short += _short(c, problem, given)
        if given.satellite[c] >= 0:
            chain(c, given.satellite[c], board)
    return short


@inner
def _fetch(order, i, problem, given):
    """Ask for what rates the links of a short cell soon at hand."""
    c = order[min(i + AHEAD, order.shape[0] - 1)]
    if _short(c, problem, given):
        fetch_losses(problem.links, c, problem.state[c])
        fetch_candidates(problem.candidates, c)


@inner
def _short(c, problem, given):
    """Whether cell c has less than its ask."""
    return level_of(given, c) < problem.ask[c] * (1.0 - LEAST_GAIN)


@inner
def _active(c, problem):
    """Active homes of cell c."""
    total = 0.0
    for j in range(problem.links.active.shape[1]):
        total += problem.links.active[c, j]
    return total


@kernel
def _raise(c, problem, given, trial, board):
    """Make moves for cell c until it has its ask or none helps; their number."""
    moves = 0
    while moves < STEPS and _short(c, problem, given):
        if not _step(c, problem, given, trial, board):
            break
        moves += 1
    return moves


@kernel
def _make_way(c, order, turn, was, had, problem, given, board):
    """Take all cells after cell c off, if one of them is where it could be; turn (n,): places in `order`;
    was, had (n,): their satellites and levels."""
    some = False
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        d = board.head[problem.candidates.satellite[k]]
        while d >= 0:
            some |= turn[d] > turn[c]
            d = board.after[d]
    if not some:
        return False
    for j in range(turn[c] + 1, order.shape[0]):
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
def _step(c, problem, given, trial, board):
    """Make the one move that raises cell c most; False where none does by LEAST_GAIN of its ask."""
    total, s, level, least = _active(c, problem), given.satellite[c], level_of(given, c), given.least[c]
    capped = s >= 0 and given.dwell[c] >= problem.rules.per_cell - EPS
    leave(c, given, board)
    board.plan[0], board.plan[1] = -1, 0
    gain, full = LEAST_GAIN * problem.ask[c] * total, problem.ask[c] * total
    best = _alone(c, given.need[c, 3] * level + gain, full, capped, problem, given, trial, board)
    if best < full - gain and board.effort[0] > 0:
        best = _moving(c, best, full - gain, problem, given, trial, board)
        if board.deep[0] and best < full - gain:
            _several(c, best, full - gain, problem, given, trial, board)
    if board.plan[0] < 0:
        if s >= 0:
            enter(c, s, level, least, given, board)
        return False
    _clear(problem, given, trial, board)
    k = board.plan[0]
    s = problem.candidates.satellite[k]
    try_link(c, k, problem, trial, board)
    share = fits(trial.need[c], trial.direction[c], s, problem.ask[c], problem, given, board)
    exchange(c, given, trial)
    enter(c, s, share, least_of(s, problem, board), given, board)
    given.code[c] = _stop(c, s, share >= problem.ask[c] - EPS, problem, given, board)
    return True


@kernel
def _alone(c, best, full, capped, problem, given, trial, board):
    """Most that cell c, which is nowhere, could have as things are, if more than `best`; its place into
    board.plan. Of those that carry all of it the one with most left, highest. With no effort left a cell that
    had all the dwell of a cell (`capped`) looks at what stands higher alone."""
    score, first = 0.0, problem.candidates.start[c]
    for k in range(first, problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        most = reach(s, 0.0, 0.0, problem, board)
        if board.room[s] <= 0 or (most <= best and most < full):
            continue
        if capped and board.effort[0] <= 0 and problem.candidates.sin_elevation[k] <= given.geometry[c, 0]:
            continue
        if not own_link(c, k, problem, trial, board):
            continue
        need, direction = board.need[k - first], board.direction[k - first]
        amount = fits(need, direction, s, problem.ask[c], problem, given, board) * need[3]
        value = board.free[s, 1] * problem.candidates.sin_elevation[k]
        if s == given.before.satellite[c]:
            value *= problem.rules.toll
        if amount > best or (amount >= full * (1.0 - EPS) and value > score):
            best, board.plan[0] = max(best, amount), k
            score = value if amount >= full * (1.0 - EPS) else 0.0
    return best


@kernel
def _moving(c, best, enough, problem, given, trial, board):
    """The same where another cell moves out of the way, and a third out of its, until there is enough."""
    first, ask = problem.candidates.start[c], problem.ask[c]
    for k in range(first, problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        d = _first_with(board.head[s], s, best, problem, given, board)
        if d < 0 or not own_link(c, k, problem, trial, board):
            continue
        need = board.need[k - first]
        while d >= 0 and best < enough and board.effort[0] > 0:
            after, level, least = board.after[d], level_of(given, d), given.least[d]
            if not _could(need, s, d, best, ask, problem, given, board):
                d = after
                continue
            leave(d, given, board)
            share = fits(need, board.direction[k - first], s, ask, problem, given, board)
            if share * need[3] > best:
                best = _elsewhere(d, s, level, c, k, share * need[3], best, problem, given, trial, board)
            enter(d, s, level, least, given, board)
            d = after
    return best


@kernel
def _first_with(d, s, amount, problem, given, board):
    """The first cell of satellite s, from d on, without which its rates would carry more than an amount."""
    while d >= 0:
        board.effort[0] -= 1
        _, forward, back = charge(given, d)
        if reach(s, forward, back, problem, board) > amount:
            return d
        d = board.after[d]
    return -1


@inner
def _could(need, s, d, amount, ask, problem, given, board):
    """Whether a cell could have more than an amount on satellite s if cell d left it, reuse aside."""
    dwell, forward, back = charge(given, d)
    board.effort[0] -= 1
    free = board.free
    share = min(
        (free[s, 0] + dwell) / need[0], (free[s, 1] + forward) / need[1], (free[s, 2] + back) / need[2]
    )
    return min(share * need[3], most_of(need, ask, problem)) > amount


@kernel
def _elsewhere(d, s, level, c, k, amount, best, problem, given, trial, board):
    """Find a place for cell d, which left s to cell c; the better amount with it, or `best`."""
    k2 = _another(d, s, level, problem, given, trial, board)
    if k2 >= 0:
        _note(board, k, d, k2, -1, -1)
        return amount
    if not board.deep[0]:
        return best
    for k2 in range(problem.candidates.start[d], problem.candidates.start[d + 1]):
        s2 = problem.candidates.satellite[k2]
        if s2 == s or board.effort[0] <= 0:
            continue
        e = _first_with(board.head[s2], s2, (level - EPS) * given.need[d, 3], problem, given, board)
        if e < 0 or not try_link(d, k2, problem, trial, board):
            continue
        if trial.need[d, 3] < given.need[d, 3] - EPS:
            continue
        while e >= 0 and best < amount and board.effort[0] > 0:
            after, own, least = board.after[e], level_of(given, e), given.least[e]
            if not _could(
                trial.need[d], s2, e, (level - EPS) * trial.need[d, 3], level, problem, given, board
            ):
                e = after
                continue
            leave(e, given, board)
            if fits(trial.need[d], trial.direction[d], s2, level, problem, given, board) >= level:
                best = _third(e, s2, own, d, k2, level, s, c, k, amount, best, problem, given, trial, board)
            enter(e, s2, own, least, given, board)
            e = after
    return best


@kernel
def _third(e, s2, own, d, k2, level, s, c, k, amount, best, problem, given, trial, board):
    """Find a place for cell e, which left s2 to cell d, which left s to cell c, at s itself if need be."""
    i = k - problem.candidates.start[c]
    need = board.need[i]
    exchange(d, given, trial)
    enter(d, s2, level, least_of(s2, problem, board), given, board)
    for k3 in range(problem.candidates.start[e], problem.candidates.start[e + 1]):
        s3 = problem.candidates.satellite[k3]
        if s3 == s2 or board.room[s3] <= 0:
            continue
        board.effort[0] -= 1
        if not carries(e, k3, s3, own, problem, given, trial, board):
            continue
        most = amount
        if s3 == s:
            exchange(e, given, trial)
            enter(e, s, own, least_of(s, problem, board), given, board)
            share = fits(need, board.direction[i], s, problem.ask[c], problem, given, board)
            most = share * need[3] if board.room[s] > 0 else 0.0
            leave(e, given, board)
            exchange(e, given, trial)
        if most > best:
            best = most
            _note(board, k, d, k2, e, k3)
    leave(d, given, board)
    exchange(d, given, trial)
    return best


@kernel
def _several(c, best, enough, problem, given, trial, board):
    """The same where several others move out of the way, one after the other, each to where it has all it
    has: every time the one that leaves most to cell c."""
    moved, onto, level, least = board.moved, board.onto, board.level, board.least
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        if board.effort[0] <= 0 or best >= enough or not own_link(c, k, problem, trial, board):
            continue
        if most_of(board.need[k - problem.candidates.start[c]], problem.ask[c], problem) <= best:
            continue
        count = 0
        while count < MOST and best < enough and board.effort[0] > 0:
            d, k2, amount = _first_out(c, k, s, problem, given, trial, board)
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
def _first_out(c, k, s, problem, given, trial, board):
    """The cell of satellite s, candidate k of cell c, that leaves most to cell c, of those that have another
    place; that place, and what cell c could have."""
    out, onto, most, ask, i = -1, -1, 0.0, problem.ask[c], k - problem.candidates.start[c]
    need, d = board.need[i], board.head[s]
    while d >= 0 and board.effort[0] > 0:
        after, level, least = board.after[d], level_of(given, d), given.least[d]
        if _could(need, s, d, most, ask, problem, given, board):
            leave(d, given, board)
            amount = fits(need, board.direction[i], s, ask, problem, given, board) * need[3]
            k2 = _another(d, s, level, problem, given, trial, board) if amount > most else -1
            if k2 >= 0:
                out, onto, most = d, k2, amount
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
        board.effort[0] -= 1
        if other == s or board.room[other] <= 0 or board.free[other, 1] <= most:
            continue
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
    level = board.level
    for i in range(board.plan[1]):
        d = board.plan[2 + 2 * i]
        level[i] = level_of(given, d)
        leave(d, given, board)
    for i in range(board.plan[1]):
        _go(board.plan[2 + 2 * i], board.plan[3 + 2 * i], level[i], problem, given, trial, board)


@kernel
def _go(d, k, level, problem, given, trial, board):
    """Put cell d, which is nowhere, onto its candidate k."""
    s = problem.candidates.satellite[k]
    try_link(d, k, problem, trial, board)
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
