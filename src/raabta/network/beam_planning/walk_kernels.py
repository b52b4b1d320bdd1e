"""Numeric core of `planner`: seat users, chains of displaced users, a walk among plans that serve as many.

One thread; the same seed gives the same plan.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.network.beam_planning.colour_kernels import (
    PLACES,
    aim,
    clear,
    count_bits,
    first_bit,
    free_colour,
    recolour,
    seat,
    swap_chain,
    taken,
    wait,
)

SCALE = 2**30
LONGEST_CHAIN = 12
"""Users displaced one after the other before the walk starts from another one who waits."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@inner
def draw(state, below):
    """A whole number from 0 to below - 1: xorshift64*, state (1,) uint64."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.int64(((x * np.uint64(2685821657736338717)) >> np.uint64(33)) % np.uint64(below))


@kernel
def try_seat(plan, u, s, steps, way):
    """Serve u by s if it has room and its beams can be coloured with u's; whether it does."""
    if plan.load[s] >= PLACES:
        return False
    near = aim(plan, u, s, way)
    c = free_colour(plan, s, near)
    if c < 0:
        c = swap_chain(plan, s, near)
    if c < 0 and steps > 0:
        c = recolour(plan, s, near, steps)
    if c < 0:
        return False
    seat(plan, u, s, c, near, way)
    return True


@kernel
def start_by(plan, user, sat, steps):
    """Serve users (k,) by satellites (k,), in this order, where there is room and a colour."""
    way = np.zeros(3)
    for u in range(plan.serving.shape[0]):
        if plan.serving[u] < 0 and plan.user_start[u + 1] > plan.user_start[u]:
            wait(plan, u)
    for i in range(user.shape[0]):
        if plan.serving[user[i]] < 0:
            try_seat(plan, user[i], sat[i], steps, way)


@kernel
def augment(plan, roots, steps, reach):
    """Serve users of `roots` who wait along chains of displaced ones, breadth first over up to `reach` users.

    A user displaces one that alone bars a colour, or, where a satellite is full, anyone it serves. Returns
    how many it served.
    """
    way = np.zeros(3)
    seen, seen_sat = np.zeros(plan.serving.shape[0], np.int64), np.zeros(plan.load.shape[0], np.int64)
    chain = np.empty((3, reach + PLACES), np.int64)
    served = 0
    for stamp in range(1, roots.shape[0] + 1):
        root = roots[stamp - 1]
        if plan.serving[root] >= 0:
            continue
        chain[0, 0], chain[1, 0], seen[root] = root, -1, stamp
        head, tail = 0, 1
        while head < tail and tail < reach:
            tail = _extend(plan, chain, head, tail, steps, seen, seen_sat, stamp, way)
            head += 1
        served += 1 if plan.serving[root] >= 0 else 0
    return served


@inner
def _extend(plan, chain, head, tail, steps, seen, seen_sat, stamp, way):
    """Queue those whom the user at `head` may displace; returns where the queue ends.

    0 where that user finds room and the chain has moved: it is served, or it is no chain any more.
    """
    u = chain[0, head]
    for e in range(plan.user_start[u], plan.user_start[u + 1]):
        s = plan.user_sat[e]
        if s == plan.serving[u] or seen_sat[s] == stamp:
            continue
        near = aim(plan, u, s, way)
        room = plan.load[s] < PLACES
        if room and (free_colour(plan, s, near) >= 0 or swap_chain(plan, s, near) >= 0):
            _follow(plan, chain, head, s, steps, way)
            return 0
        bars = 0
        for c in range(4):
            bar = plan.colour[s, c] & near
            if count_bits(bar) == 1:
                bars |= bar
            elif bar == 0 and plan.load[s] >= PLACES:
                bars = taken(plan, s)
                seen_sat[s] = stamp
        while bars:
            v = plan.beam_user[s, first_bit(bars)]
            bars &= bars - 1
            if seen[v] != stamp and tail < chain.shape[1]:
                seen[v] = stamp
                chain[0, tail], chain[1, tail] = v, head
                tail += 1
    return tail


@inner
def _follow(plan, chain, at, s, steps, way):
    """Move the last user of a chain to s, and each one before it to where the next one stood.

    Where one cannot take that place after all, it stays where it was, and so do those before it.
    """
    while True:
        u = chain[0, at]
        was = plan.serving[u]
        if was < 0:
            try_seat(plan, u, s, steps, way)
            return
        clear(plan, u)
        if not try_seat(plan, u, s, steps, way):
            try_seat(plan, u, was, steps, way)
            return
        s, at = was, chain[1, at]


@kernel
def walk(plan, moves, tenure, hot, state, now, held):
    """Let a waiting user take the place of a served one, `moves` times, and serve whoever fits.

    hot: heat at the start, falling to 0 at the end; a user may then displace two with the chance
    exp(-1 / heat) a look, else users served never fall. held (n,): the move until which a user keeps its
    beam; now (1,): moves so far.
    """
    way, best_way = np.zeros(3), np.zeros(3)
    u, chain, two = -1, 0, 0
    for move in range(moves):
        if plan.size[0] == 0:
            break
        if hot > 0.0 and move % 1024 == 0:
            two = int(SCALE * math.exp(-1.0 / (hot * (1.0 - move / moves))))
        now[0] += 1
        if u < 0 or chain > LONGEST_CHAIN:
            u, chain = plan.waiting[draw(state, plan.size[0])], 0
        chain += 1
        s, c, near, bars = _choose(plan, u, now[0], two, held, state, way, best_way)
        if s < 0:
            u = -1
            continue
        near &= ~bars
        v = -1
        while bars:
            v = plan.beam_user[s, first_bit(bars)]
            bars &= bars - 1
            clear(plan, v)
            wait(plan, v)
        seat(plan, u, s, c, near, best_way)
        held[u] = now[0] + tenure
        u = v


@inner
def _choose(plan, u, now, two, held, state, way, best_way):
    """Satellite (-1: none), colour, what is close, and the places that u displaces (0: none).

    A free place first; else any that displaces one user, all alike, or, by chance, two.
    """
    found, best = 0, (-1, -1, np.int64(0), np.int64(0))
    for e in range(plan.user_start[u], plan.user_start[u + 1]):
        s = plan.user_sat[e]
        near = aim(plan, u, s, way)
        room = plan.load[s] < PLACES
        if room:
            c = free_colour(plan, s, near)
            if c < 0:
                c = swap_chain(plan, s, near)
            if c >= 0:
                best_way[:] = way
                return s, c, near, np.int64(0)
        for c in range(4):
            bars = plan.colour[s, c] & near
            many = count_bits(bars)
            if many == 0 and not room:
                bars = np.int64(1) << draw(state, PLACES)
            elif many != 1 and not (many == 2 and two > 0 and draw(state, SCALE) < two):
                continue
            if held[plan.beam_user[s, first_bit(bars)]] > now:
                continue
            found += 1
            if draw(state, found) == 0:
                best_way[:] = way
                best = (s, c, near, bars)
    return best
