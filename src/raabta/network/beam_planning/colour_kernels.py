"""Numeric core of `planner`, one satellite: its beams, which of them are close, their colours, as bits.

A satellite has up to 32 beams in 32 places; a set of places is the bits of an integer. Plain arrays.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)

PLACES = 32
FULL = (1 << PLACES) - 1


class Plan(NamedTuple):
    """What a plan holds while it is made.

    user_start (n + 1,), user_sat (links,): candidates; user_km (n, 3), sat_km (m, 3); close (1,):
    cosine of the least angle of one colour.
    serving (n,): satellite or -1; place (n,). beam_user (m, 32) or -1; way (m, 3, 32): directions of the
    beams; near (m, 32): the places close to each; colour (m, 4): places of each; load (m,).
    waiting (n,): users not served that have a candidate, the first `size[0]`; rank (n,): where in it, or -1.
    """

    user_start: np.ndarray
    user_sat: np.ndarray
    user_km: np.ndarray
    sat_km: np.ndarray
    close: np.ndarray
    serving: np.ndarray
    place: np.ndarray
    beam_user: np.ndarray
    way: np.ndarray
    near: np.ndarray
    colour: np.ndarray
    load: np.ndarray
    waiting: np.ndarray
    rank: np.ndarray
    size: np.ndarray


@inner
def count_bits(x):
    """How many bits of a set of places are set."""
    x = x - ((x >> 1) & 0x55555555)
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333)
    x = (x + (x >> 4)) & 0x0F0F0F0F
    return ((x * 0x01010101) & 0xFFFFFFFF) >> 24


@inner
def first_bit(x):
    """The lowest place of a set that is not empty."""
    return count_bits((x & -x) - 1)


@inner
def aim(plan, u, s, way):
    """Direction from satellite s to user u, into `way` (3,), and the places of s close to it."""
    x = plan.user_km[u, 0] - plan.sat_km[s, 0]
    y = plan.user_km[u, 1] - plan.sat_km[s, 1]
    z = plan.user_km[u, 2] - plan.sat_km[s, 2]
    length = 1.0 / math.sqrt(x * x + y * y + z * z)
    x, y, z = x * length, y * length, z * length
    way[0], way[1], way[2] = x, y, z
    close, found = plan.close[0], 0
    for k in range(PLACES):
        if x * plan.way[s, 0, k] + y * plan.way[s, 1, k] + z * plan.way[s, 2, k] > close:
            found |= 1 << k
    return found


@inner
def free_colour(plan, s, near):
    """A colour with no beam among `near`, the one with most beams already; -1 where there is none."""
    best, most = -1, -1
    for c in range(4):
        if plan.colour[s, c] & near == 0:
            beams = count_bits(plan.colour[s, c])
            if beams > most:
                best, most = c, beams
    return best


@kernel
def swap_chain(plan, s, near):
    """Free a colour for a beam close to `near` by swapping two colours along one chain; -1: no chain does."""
    for c in range(4):
        for d in range(4):
            if c == d:
                continue
            both = plan.colour[s, c] | plan.colour[s, d]
            chain = plan.colour[s, c] & near
            edge = chain
            while edge:
                reached = 0
                while edge:
                    k = first_bit(edge)
                    edge &= edge - 1
                    reached |= plan.near[s, k]
                edge = reached & both & ~chain
                chain |= edge
            if chain & near & plan.colour[s, d] == 0:
                plan.colour[s, c] ^= chain
                plan.colour[s, d] ^= chain
                return c
    return -1


@kernel
def recolour(plan, s, near, steps):
    """Colour the beams of s and one more, close to `near`, anew, by a search of at most `steps` places.

    The most constrained place comes first; the new beam has colour 0. Returns 0, or -1 and leaves the colours
    as they are.
    """
    sets = np.zeros(4, np.int64)
    order, choice = np.empty(PLACES, np.int64), np.empty(PLACES, np.int64)
    left, depth = taken(plan, s), 0
    for _ in range(steps):
        if left == 0:
            for c in range(4):
                plan.colour[s, c] = sets[c]
            return 0
        order[depth], choice[depth] = _tightest(plan, s, near, left, sets), -1
        while True:
            k = order[depth]
            if choice[depth] >= 0:
                sets[choice[depth]] &= ~(1 << k)
                left |= 1 << k
            choice[depth] = _next_colour(plan.near[s, k], (near >> k) & 1, sets, choice[depth])
            if choice[depth] >= 0:
                break
            depth -= 1
            if depth < 0:
                return -1
        sets[choice[depth]] |= 1 << k
        left &= ~(1 << k)
        depth += 1
    return -1


@inner
def taken(plan, s):
    """The places of satellite s that hold a beam."""
    return plan.colour[s, 0] | plan.colour[s, 1] | plan.colour[s, 2] | plan.colour[s, 3]


@inner
def _tightest(plan, s, near, left, sets):
    """Of the places `left`, the one that most colours are barred to, with most neighbours left."""
    best, score, rest = -1, -1, left
    while rest:
        k = first_bit(rest)
        rest &= rest - 1
        barred = 1 if (near >> k) & 1 or plan.near[s, k] & sets[0] else 0
        for c in range(1, 4):
            barred += 1 if plan.near[s, k] & sets[c] else 0
        here = barred * (PLACES + 1) + count_bits(plan.near[s, k] & left)
        if here > score:
            best, score = k, here
    return best


@inner
def _next_colour(close, is_near_new, sets, after):
    """The next colour after `after` that a place may have; of colours nobody has yet, only the first."""
    fresh = False
    for c in range(4):
        is_empty = c > 0 and sets[c] == 0
        if c > after and sets[c] & close == 0 and not (c == 0 and is_near_new) and not (is_empty and fresh):
            return c
        fresh = fresh or is_empty
    return -1


@inner
def seat(plan, u, s, c, near, way):
    """Give user u a beam of colour c on satellite s, which has room."""
    k = first_bit(~taken(plan, s) & FULL)
    plan.beam_user[s, k] = u
    plan.way[s, 0, k], plan.way[s, 1, k], plan.way[s, 2, k] = way[0], way[1], way[2]
    plan.near[s, k] = near
    plan.colour[s, c] |= 1 << k
    rest = near
    while rest:
        j = first_bit(rest)
        rest &= rest - 1
        plan.near[s, j] |= 1 << k
    plan.load[s] += 1
    plan.serving[u], plan.place[u] = s, k
    _leave_queue(plan, u)


@inner
def clear(plan, u):
    """Take the beam of user u away; u does not wait yet: see `wait`."""
    s, k = plan.serving[u], plan.place[u]
    keep = ~(1 << k)
    for c in range(4):
        plan.colour[s, c] &= keep
    rest = plan.near[s, k]
    while rest:
        j = first_bit(rest)
        rest &= rest - 1
        plan.near[s, j] &= keep
    plan.near[s, k] = 0
    plan.way[s, 0, k], plan.way[s, 1, k], plan.way[s, 2, k] = 0.0, 0.0, 0.0
    plan.beam_user[s, k] = -1
    plan.load[s] -= 1
    plan.serving[u], plan.place[u] = -1, -1


@inner
def _leave_queue(plan, u):
    at = plan.rank[u]
    if at >= 0:
        plan.size[0] -= 1
        last = plan.waiting[plan.size[0]]
        plan.waiting[at], plan.rank[last] = last, at
        plan.rank[u] = -1


@inner
def wait(plan, u):
    """Put user u, who is not served, among those who wait."""
    if plan.rank[u] < 0:
        plan.rank[u] = plan.size[0]
        plan.waiting[plan.size[0]] = u
        plan.size[0] += 1
