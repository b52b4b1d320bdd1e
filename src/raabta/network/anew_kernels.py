"""Numeric core of the search that goes on where a second look ends: some cells are taken off and put back
otherwise, the moves are made again, and what comes of it is kept only if it is better.

What is drawn comes from a counter of whole numbers, so that a slot gives the same bits every time. Letters: m
satellites near, n cells.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from raabta.network.board_kernels import (
    LEAST_GAIN,
    enter,
    exchange,
    fits,
    forget_links,
    least_of,
    leave,
    new_board,
    own_link,
    try_link,
)
from raabta.network.improve_kernels import MOST, improve, set_up
from raabta.network.kernels import DEMAND_MET, EPS, level_of

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
allocating = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
TURN = 256
"""Effort that a round costs at least for every cell: all are copied, and summed up."""
ROUND = 16_384
"""Effort of one round's moves at most."""


@allocating
def begin_anew(order, problem, given, trial, kept, free, room, effort):
    """Raise what the first cells of `order` have by rounds of taking off and putting back; their number.

    given, trial, free, room: as `improve` left them; kept: as given, room for the best yet. effort (1,): what
    may be done, TURN x cells of it a round at least.
    """
    n = order.shape[0]
    board, turn = new_board(free, room, MOST, problem, given), np.empty(problem.ask.shape[0], np.int64)
    best_free, best_room = free.copy(), room.copy()
    draws, pool, found = np.array([1]), np.empty(1, np.int64), 0
    had, has, back = np.empty(n), np.empty(n), np.empty(n)
    _sums(order, problem, given, had)
    _copy(given, kept)
    while effort[0] >= TURN * n + ROUND:
        c = _focus(order, problem, given, draws)
        if c < 0:
            break
        board.head[:] = -1
        set_up(order, turn, problem, given, board)
        board.effort[0] = ROUND
        _loosen(c, order, back, problem, given, trial, board, draws)
        pool[0] = board.effort[0]
        improve(order, problem, given, trial, free, room, pool)
        effort[0] -= TURN * n + ROUND - pool[0]
        _sums(order, problem, given, has)
        if _better(has, had):
            found += 1
            had[:] = has
            _copy(given, kept)
            best_free[:], best_room[:] = free, room
        else:
            _copy(kept, given)
            free[:], room[:] = best_free, best_room
    return found


@inner
def _draw(draws, below):
    """A whole number from 0 to below it, the next of a fixed row (linear congruence)."""
    draws[0] = (draws[0] * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
    return (draws[0] >> 12) % below


@kernel
def _sums(order, problem, given, out):
    """Homes of the first cell, of the first two and so on, out (n of order,)."""
    total = 0.0
    for i in range(order.shape[0]):
        c = order[i]
        total += min(level_of(given, c), problem.ask[c]) * given.need[c, 3]
        out[i] = total


@kernel
def _better(has, had):
    """Whether some number of first cells have more, by more than any number has less, and no fewer of them
    have less; has, had: as of `_sums`."""
    gain, loss, before, least = 0.0, 0.0, 0.0, 1e-6 * had[had.shape[0] - 1]
    for i in range(had.shape[0]):
        more = has[i] - had[i]
        loss = max(loss, -more)
        if more > gain:
            gain, before = more, loss
    return gain > max(loss, 10.0 * least) and before <= least


@kernel
def _focus(order, problem, given, draws):
    """A cell that is short, an early one rather than a late one; -1 where none is."""
    count = 0
    for i in range(order.shape[0]):
        count += level_of(given, order[i]) < problem.ask[order[i]] * (1.0 - LEAST_GAIN)
    if count == 0:
        return -1
    left = min(_draw(draws, count), _draw(draws, count))
    for i in range(order.shape[0]):
        if level_of(given, order[i]) < problem.ask[order[i]] * (1.0 - LEAST_GAIN):
            if left == 0:
                return order[i]
            left -= 1
    return -1


@kernel
def _loosen(c, order, back, problem, given, trial, board, draws):
    """Take off the cells of a satellite that cell c could be on, some of the others and all that are short,
    and put those back that were not, each where it takes least, or nearly so."""
    first, last = problem.candidates.start[c], problem.candidates.start[c + 1]
    s = problem.candidates.satellite[first + _draw(draws, last - first)] if last > first else -1
    keep, others, noise = _draw(draws, 4), 2 + _draw(draws, 8), 1 + _draw(draws, 8)
    for i in range(order.shape[0]):
        d = order[i]
        back[i] = 0.0
        if given.satellite[d] < 0:
            continue
        short = level_of(given, d) < problem.ask[d] * (1.0 - LEAST_GAIN)
        out = _draw(draws, 4) >= keep if given.satellite[d] == s else _draw(draws, others) == 0
        if out or short:
            back[i] = 0.0 if short else level_of(given, d)
            given.code[d] = _scarcest(given.satellite[d], problem, board)
            leave(d, given, board)
    for i in range(order.shape[0]):
        d = order[i]
        if back[i] > 0.0:
            _put(d, back[i], noise, problem, given, trial, board, draws)


@inner
def _scarcest(s, problem, board):
    """The limit of satellite s of which the least share is left."""
    least, q = np.inf, 0
    for i in range(3):
        left = board.free[s, i] / problem.fleet.capacity[s, i]
        if left < least:
            least, q = left, i
    return problem.fleet.limit_code[s, q]


@kernel
def _put(d, level, noise, problem, given, trial, board, draws):
    """Put cell d, which is nowhere, where it has its level for least of what the satellite has, give or
    take; nowhere where that is not possible."""
    best, least, first = -1, np.inf, problem.candidates.start[d]
    forget_links(d, problem, board)
    for k in range(first, problem.candidates.start[d + 1]):
        s = problem.candidates.satellite[k]
        if board.room[s] <= 0 or not own_link(d, k, problem, trial, board):
            continue
        need = board.need[k - first]
        if need[3] < given.need[d, 3] - EPS:
            continue
        if fits(need, board.direction[k - first], s, level, problem, given, board) < level:
            continue
        cost = need[0] * (16 + _draw(draws, noise))
        if cost < least:
            best, least = k, cost
    if best >= 0:
        s = problem.candidates.satellite[best]
        try_link(d, best, problem, trial, board)
        exchange(d, given, trial)
        enter(d, s, level, least_of(s, problem, board), given, board)
        given.code[d] = DEMAND_MET


@allocating
def _copy(source, target):
    """All that cells have, but for the lists of members."""
    target.satellite[:], target.geometry[:], target.need[:] = source.satellite, source.geometry, source.need
    target.plan_dwell[:], target.closes[:], target.cap[:] = source.plan_dwell, source.closes, source.cap
    target.least[:], target.dwell[:], target.code[:] = source.least, source.dwell, source.code
    target.direction[:], target.toll[:] = source.direction, source.toll
