"""Numeric core of saving beam time where it binds: cells move, or change places, and all keep their level."""

from __future__ import annotations

from numba import njit

from raabta.network.board_kernels import LEAST_GAIN, enter, exchange, fits, least_of, leave, try_link
from raabta.network.kernels import EPS, charge, level_of

kernel = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@kernel
def tidy(c, problem, given, trial, board):
    """Save dwell where it binds on satellites that cell c could be on: a cell moves to one where it needs
    less, or two change places if they need less together. All keep their level. Whether any is saved."""
    some = False
    for k in range(problem.candidates.start[c], problem.candidates.start[c + 1]):
        s = problem.candidates.satellite[k]
        d = board.head[s] if _beams_bind(s, problem, board) else -1
        while d >= 0 and board.effort[0] > 0:
            after = board.after[d]
            board.effort[0] -= 1
            if d != c and given.dwell[d] > 0.0:
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
        if (
            s2 == s
            or board.effort[0] <= 0
            or not try_link(d, k, problem, trial, board)
            or trial.need[d, 3] < given.need[d, 3] - EPS
        ):
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
        while e >= 0 and board.effort[0] > 0:
            after = board.after[e]
            board.effort[0] -= 1
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
    if k < 0 or not try_link(e, k, problem, trial, board) or trial.need[e, 3] < given.need[e, 3] - EPS:
        return False
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
