"""Numeric core of moving cells about: who is where, what is left, and the moves. Letters: m satellites near,
n cells."""

from __future__ import annotations

from typing import Any, NamedTuple

from numba import njit

from raabta.network.kernels import EPS, charge, rate_cell

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Problem(NamedTuple):
    """What is asked and what there is: ask, state, candidates, fleet, links, rules as in `kernels.attach`."""

    ask: Any
    state: Any
    candidates: Any
    fleet: Any
    links: Any
    rules: Any


class Board(NamedTuple):
    """Who is where, kept up to date.

    free (m, 3), room (m,): what is left of the satellites; head (m,), after (n,): the cells of each, as
    chains; effort (1,): links that may still be rated; plan (2 + 2 x most others): the best move yet: the
    cell's place in the candidates, how many others move, and each of them with its place.
    """

    free: Any
    room: Any
    head: Any
    after: Any
    effort: Any
    plan: Any


@kernel
def try_link(c, k, problem, trial):
    """Rate the link of cell c to its candidate k into trial; False where it does not close."""
    s, sine = problem.candidates.satellite[k], problem.candidates.sin_elevation[k]
    return rate_cell(c, s, sine, problem.state[c], problem.fleet, problem.links, problem.rules, trial)


@kernel
def carries(d, k, s, level, problem, given, trial, board):
    """Whether cell d, which is nowhere, would have at its candidate k, satellite s, all that it has."""
    need = given.need[d]
    if board.free[s, 1] < level * need[1] or board.free[s, 2] < level * need[2]:
        return False
    if not try_link(d, k, problem, trial) or trial.need[d, 3] < need[3] - EPS:
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
    if problem.fleet.capacity[s, 0] <= rules.colours or share <= 0.0:
        return max(0.0, share)
    clear, mine = rules.colours, 0.0
    a = board.head[s]
    while a >= 0:
        if close(direction, given.direction[a], rules):
            mine += given.dwell[a]
            beside, b = 0.0, board.head[s]
            while b >= 0:
                if close(given.direction[a], given.direction[b], rules):
                    beside += given.dwell[b]
                b = board.after[b]
            clear = min(clear, rules.colours - beside)
        a = board.after[a]
    return max(0.0, min(share, min(clear, rules.colours - mine) / need[0]))


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
        if board.head[s] == c:
            board.head[s] = board.after[c]
        else:
            d = board.head[s]
            while board.after[d] != c:
                d = board.after[d]
            board.after[d] = board.after[c]
        board.after[c], given.satellite[c], given.dwell[c] = -1, -1, 0.0


@kernel
def enter(c, s, level, least, given, board):
    """Put cell c onto satellite s at a level, over the link it has in given."""
    given.satellite[c], given.dwell[c], given.least[c] = s, level * given.need[c, 0], least
    board.free[s, 0] -= max(given.dwell[c], least)
    board.free[s, 1] -= level * given.need[c, 1]
    board.free[s, 2] -= level * given.need[c, 2]
    board.room[s] -= 1
    board.after[c], board.head[s] = board.head[s], c
