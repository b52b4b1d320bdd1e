"""Numeric core of moving cells about: who is where, what is left, and the moves. Letters: m satellites near,
n cells."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.network.kernels import EPS, charge, rate_cell

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
allocating = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Problem(NamedTuple):
    """What is asked and what there is: ask, state, candidates, fleet, links, rules as in `kernels.attach`."""

    ask: Any
    state: Any
    candidates: Any
    fleet: Any
    links: Any
    rules: Any


LEAST_GAIN = 1e-3
"""Of a cell's ask, or of its dwell: less is not worth a move."""
LINK = 32
"""Effort of rating a link: it takes as long as looking at so many cells of a chain."""


class Board(NamedTuple):
    """Who is where, kept up to date.

    free (m, 3), room (m,): what is left of the satellites; head (m,), after and before (n,): the cells of
    each, as chains both ways; effort (1,): what may still be done for the cell at hand, in cells looked at;
    deep (1,): whether chains and sets of others may move for it; plan (2 + 2 x most others): the best move
    yet: the cell's place in the candidates, how many others move, and each of them with its place; moved and
    onto, level and least (others,): room for those tried; rated, need and direction (most candidates, ...):
    the links of the cell at hand, see `own_link`.
    """

    free: Any
    room: Any
    head: Any
    after: Any
    before: Any
    effort: Any
    deep: Any
    plan: Any
    moved: Any
    onto: Any
    level: Any
    least: Any
    rated: Any
    need: Any
    direction: Any


@allocating
def new_board(free, room, others, problem, given):
    """Nobody anywhere; others: how many may move at once."""
    n, m, most = problem.ask.shape[0], room.shape[0], 0
    for c in range(n):
        most = max(most, problem.candidates.start[c + 1] - problem.candidates.start[c])
    none, some = np.full(n, -1), np.empty(others, np.int64)
    return Board(
        free=free,
        room=room,
        head=np.full(m, -1),
        after=none,
        before=none.copy(),
        effort=np.zeros(1, np.int64),
        deep=np.zeros(1, np.bool_),
        plan=np.empty(2 + 2 * others, np.int64),
        moved=some,
        onto=some.copy(),
        level=np.empty(others),
        least=np.empty(others),
        rated=np.empty(most, np.int64),
        need=np.empty((most, given.need.shape[1])),
        direction=np.empty((most, 3)),
    )


@kernel
def try_link(c, k, problem, trial, board):
    """Rate the link of cell c to its candidate k into trial; False where it does not close."""
    board.effort[0] -= LINK
    s, sine = problem.candidates.satellite[k], problem.candidates.sin_elevation[k]
    return rate_cell(c, s, sine, problem.state[c], problem.fleet, problem.links, problem.rules, trial)


@kernel
def forget_links(c, problem, board):
    """Make cell c the cell at hand."""
    for i in range(problem.candidates.start[c + 1] - problem.candidates.start[c]):
        board.rated[i] = -1


@kernel
def own_link(c, k, problem, trial, board):
    """Whether the link of the cell at hand to its candidate k closes; it is rated once, into board.need and
    board.direction."""
    i = k - problem.candidates.start[c]
    if board.rated[i] < 0:
        board.rated[i] = try_link(c, k, problem, trial, board)
        for q in range(board.need.shape[1]):
            board.need[i, q] = trial.need[c, q]
        for q in range(3):
            board.direction[i, q] = trial.direction[c, q]
    return board.rated[i] > 0


@inner
def most_of(need, ask, problem):
    """Active homes that a cell could have over a link if all of the satellite were its own."""
    return min(ask, problem.rules.per_cell / need[0]) * need[3]


@kernel
def carries(d, k, s, level, problem, given, trial, board):
    """Whether cell d, which is nowhere, would have at its candidate k, satellite s, all that it has."""
    need = given.need[d]
    if board.free[s, 1] < level * need[1] or board.free[s, 2] < level * need[2]:
        return False
    if not try_link(d, k, problem, trial, board) or trial.need[d, 3] < need[3] - EPS:
        return False
    return fits(trial.need[d], trial.direction[d], s, level, problem, given, board) >= level


@inner
def least_of(s, problem, board):
    """Dwell that the next cell costs satellite s at least."""
    return max(0.0, min(problem.rules.frame, board.free[s, 0]))


@inner
def fits(need, direction, s, ask, problem, given, board):
    """Level up to `ask` that a cell could have on satellite s, which has a frame left for it at least."""
    if board.free[s, 0] < problem.rules.frame:
        return 0.0
    return fits_left(need, direction, s, ask, problem, given, board)


@kernel
def fits_left(need, direction, s, ask, problem, given, board):
    """The same for one that may have less than a frame, as the last of a satellite: what is left of dwell and
    rates, and no cell with more than `colours` of dwell within the reuse angle of it."""
    rules, free = problem.rules, board.free
    share = min(
        ask, rules.per_cell / need[0], free[s, 0] / need[0], free[s, 1] / need[1], free[s, 2] / need[2]
    )
    lit = problem.fleet.capacity[s, 0] - free[s, 0]
    if problem.fleet.capacity[s, 0] <= rules.colours or lit + share * need[0] <= rules.colours:
        return max(0.0, share)
    mine, a = 0.0, board.head[s]
    while a >= 0:
        board.effort[0] -= 1
        if close(direction, given.direction[a], rules):
            mine += given.dwell[a]
        a = board.after[a]
    spare = rules.colours - mine
    if lit + min(spare, share * need[0]) > rules.colours:
        spare = min(spare, _spare_beside(direction, s, given, rules, board))
    return max(0.0, min(share, spare / need[0]))


@kernel
def _spare_beside(direction, s, given, rules, board):
    """Dwell that satellite s can still give in a direction so that no cell beside it has more than `colours`
    within the reuse angle."""
    spare, a = rules.colours, board.head[s]
    while a >= 0 and spare > 0.0:
        if close(direction, given.direction[a], rules):
            beside, b = 0.0, board.head[s]
            while b >= 0:
                board.effort[0] -= 1
                if close(given.direction[a], given.direction[b], rules):
                    beside += given.dwell[b]
                b = board.after[b]
            spare = min(spare, rules.colours - beside)
        a = board.after[a]
    return spare


@inner
def reach(s, forward, back, problem, board):
    """Active homes that satellite s can carry at most with so many Mbps more, before any link is rated."""
    plan = problem.links.plans[problem.rules.design]
    most = min((board.free[s, 1] + forward) / plan[0], (board.free[s, 2] + back) / plan[1])
    return most * (1.0 + EPS)


@inner
def close(one, other, rules):
    """Whether two directions are within the reuse angle."""
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2] >= rules.cos_reuse


@kernel
def exchange(c, given, trial):
    """Give cell c the link in trial, and keep its own there."""
    for q in range(given.need.shape[1]):
        given.need[c, q], trial.need[c, q] = trial.need[c, q], given.need[c, q]
    for q in range(given.geometry.shape[1]):
        given.geometry[c, q], trial.geometry[c, q] = trial.geometry[c, q], given.geometry[c, q]
    for q in range(given.direction.shape[1]):
        given.direction[c, q], trial.direction[c, q] = trial.direction[c, q], given.direction[c, q]
    for p in range(given.plan_dwell.shape[1]):
        given.plan_dwell[c, p], trial.plan_dwell[c, p] = trial.plan_dwell[c, p], given.plan_dwell[c, p]
        for q in range(given.closes.shape[2]):
            given.closes[c, p, q], trial.closes[c, p, q] = trial.closes[c, p, q], given.closes[c, p, q]
    given.cap[c], trial.cap[c] = trial.cap[c], given.cap[c]
    given.toll[c], trial.toll[c] = trial.toll[c], given.toll[c]


@kernel
def leave(c, given, board):
    """Take cell c off its satellite, if it has one."""
    s = given.satellite[c]
    if s >= 0:
        dwell, forward, back = charge(given, c)
        board.free[s, 0] += dwell
        board.free[s, 1] += forward
        board.free[s, 2] += back
        board.room[s] += 1
        _unchain(c, s, board)
        given.satellite[c], given.dwell[c] = -1, 0.0


@kernel
def enter(c, s, level, least, given, board):
    """Put cell c onto satellite s at a level, over the link it has in given."""
    given.satellite[c], given.dwell[c], given.least[c] = s, level * given.need[c, 0], least
    board.free[s, 0] -= max(given.dwell[c], least)
    board.free[s, 1] -= level * given.need[c, 1]
    board.free[s, 2] -= level * given.need[c, 2]
    board.room[s] -= 1
    chain(c, s, board)


@inner
def chain(c, s, board):
    """Make cell c the first of satellite s's chain."""
    first = board.head[s]
    board.after[c], board.before[c], board.head[s] = first, -1, c
    if first >= 0:
        board.before[first] = c


@inner
def _unchain(c, s, board):
    """Take cell c out of satellite s's chain."""
    before, after = board.before[c], board.after[c]
    if before < 0:
        board.head[s] = after
    else:
        board.after[before] = after
    if after >= 0:
        board.before[after] = before
    board.after[c] = -1
