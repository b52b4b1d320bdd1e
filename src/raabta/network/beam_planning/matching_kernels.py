"""Numeric core of `bound`: the greatest b-matching of users to satellites, with groups of few places.

A satellite serves at most `beams` users, and at most `most[g]` of its group g. Paths that augment are found
breadth first. What a failed search has seen stays seen: no later path can pass there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)

DEAD = 2**30


class Matching(NamedTuple):
    """start (n + 1,), sat (links,): candidates; group (links,), most (groups,). Changed: member (m, beams),
    load (m,), used (groups,), serving (n,): the link of each user or -1; seen_user, seen_sat, seen_group:
    the search that saw them last; queue, before, by (n,): users reached, from whom, over which link."""

    start: np.ndarray
    sat: np.ndarray
    group: np.ndarray
    most: np.ndarray
    member: np.ndarray
    load: np.ndarray
    used: np.ndarray
    serving: np.ndarray
    seen_user: np.ndarray
    seen_sat: np.ndarray
    seen_group: np.ndarray
    queue: np.ndarray
    before: np.ndarray
    by: np.ndarray


@kernel
def match(state):
    """Make an empty matching the greatest there is; returns how many users it serves."""
    matched = 0
    for root in range(state.serving.shape[0]):
        if state.seen_user[root] == DEAD:
            continue
        reached, last, link = _search(state, root, root + 1)
        if last >= 0:
            _augment(state, last, link)
            matched += 1
        else:
            _bury(state, reached, root + 1)
    return matched


@inner
def _search(state, root, stamp):
    """Users reached from `root`; the one that can take a free place, and over which link, or -1."""
    state.queue[0], state.before[root], state.seen_user[root] = root, -1, stamp
    head, tail = 0, 1
    while head < tail:
        u = state.queue[head]
        head += 1
        for e in range(state.start[u], state.start[u + 1]):
            if e == state.serving[u]:
                continue
            s, g = state.sat[e], state.group[e]
            if state.used[g] >= state.most[g]:
                if state.seen_group[g] >= stamp:
                    continue
                state.seen_group[g] = stamp
                tail = _displace(state, u, e, s, g, stamp, tail)
            elif state.load[s] >= state.member.shape[1]:
                if state.seen_sat[s] >= stamp:
                    continue
                state.seen_sat[s] = stamp
                tail = _displace(state, u, e, s, -1, stamp, tail)
            else:
                return tail, u, np.int64(e)
    return tail, -1, np.int64(-1)


@inner
def _displace(state, u, e, s, g, stamp, tail):
    """Queue the users of satellite s, of its group g alone where g >= 0, as displaced by u over link e."""
    for k in range(state.load[s]):
        v = state.member[s, k]
        if g >= 0 and state.group[state.serving[v]] != g:
            continue
        if state.seen_user[v] < stamp:
            state.seen_user[v] = stamp
            state.before[v], state.by[v] = u, e
            state.queue[tail] = v
            tail += 1
    return tail


@inner
def _augment(state, u, link):
    """Move each user of a path to the place that the next one leaves, the last first."""
    while u >= 0:
        if state.serving[u] >= 0:
            _leave(state, u)
        s = state.sat[link]
        state.member[s, state.load[s]] = u
        state.load[s] += 1
        state.used[state.group[link]] += 1
        state.serving[u] = link
        link = state.by[u]
        u = state.before[u]


@inner
def _leave(state, u):
    old = state.serving[u]
    s = state.sat[old]
    state.load[s] -= 1
    k = 0
    while state.member[s, k] != u:
        k += 1
    state.member[s, k] = state.member[s, state.load[s]]
    state.used[state.group[old]] -= 1


@inner
def _bury(state, reached, stamp):
    """Mark what a failed search has seen."""
    for i in range(reached):
        u = state.queue[i]
        state.seen_user[u] = DEAD
        for e in range(state.start[u], state.start[u + 1]):
            s, g = state.sat[e], state.group[e]
            if state.seen_group[g] == stamp:
                state.seen_group[g] = DEAD
            if state.seen_sat[s] == stamp:
                state.seen_sat[s] = DEAD
