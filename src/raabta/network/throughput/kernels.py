"""Numeric core of `throughput`: stations point antennas, lasers carry on what a satellite has too much of.

A maximum flow that grows. Its source feeds satellites through antennas, its sink is the demand under each
satellite, its inner edges are lasers. Adding a station opens or widens edges at the source only, so
augmenting from the satellites it feeds keeps the flow maximal (for the antennas as they point), and a
satellite from which no unmet demand is reached will never reach any again. Whole numbers (kbps): flows
balance exactly.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Links(NamedTuple):
    """Satellites that each of g stations sees, as CSR: start (g + 1,), satellite, kbps of one antenna."""

    start: Any
    satellite: Any
    kbps: Any


class Lasers(NamedTuple):
    """neighbour (n, 4), -1 for none; back (n, 4): the neighbour's laser that points back. Both or none."""

    neighbour: Any
    back: Any


class State(NamedTuple):
    """The flow so far. pointed_kbps (n, a): what each antenna towards the ground is given, 0 for one that
    points nowhere; unmet_kbps (n,): demand that is left; fed_kbps (n,): what comes up and is used; room_kbps
    (n, 4): what each laser can still take (its rate less what it carries, plus what comes the other way);
    spent (n,): no unmet demand is reached from it."""

    pointed_kbps: Any
    unmet_kbps: Any
    fed_kbps: Any
    room_kbps: Any
    spent: Any


class Search(NamedTuple):
    """Room for a search by breadth, (n,) each: the queue, the round in which each was reached, from whom and
    by which of its lasers; round (1,)."""

    queue: Any
    reached: Any
    parent: Any
    laser: Any
    round: Any


@kernel
def add_stations(links, order, antennas, lasers, state, search, out_kbps):
    """Add stations `order` (k,) one after the other; out_kbps (k,): what each adds to the throughput."""
    for i in range(order.shape[0]):
        out_kbps[i] = _add_station(links, order[i], antennas, lasers, state, search)


@kernel
def try_station(links, station, antennas, lasers, state, search, trial):
    """What a station would add; `state` stays as it is, `trial` is scratch of the same shapes."""
    trial.pointed_kbps[:], trial.unmet_kbps[:] = state.pointed_kbps, state.unmet_kbps
    trial.fed_kbps[:], trial.room_kbps[:], trial.spent[:] = state.fed_kbps, state.room_kbps, state.spent
    return _add_station(links, station, antennas, lasers, trial, search)


@kernel
def _add_station(links, station, antennas, lasers, state, search):
    """Point the station's antennas, best first, and send what they carry where it is wanted.

    A satellite's antenna that is given less by another station turns to this one.
    """
    first, last = links.start[station], links.start[station + 1]
    score = np.empty(last - first, np.int64)
    for e in range(first, last):
        score[e - first] = _score(links.satellite[e], links.kbps[e], state)
    added, pointed = 0, 0
    for place in np.argsort(-score, kind="mergesort"):
        if pointed == antennas or score[place] <= 0:
            break
        s, kbps = links.satellite[first + place], links.kbps[first + place]
        weakest = _weakest(state.pointed_kbps, s)
        gain = _feed(s, kbps - state.pointed_kbps[s, weakest], lasers, state, search)
        if gain > 0:
            state.pointed_kbps[s, weakest] = kbps
            pointed += 1
            added += gain
    return added


@inner
def _score(s, kbps, state):
    """Worth of an antenna on a satellite: its own unmet demand first, then what others could be sent."""
    more = kbps - state.pointed_kbps[s, _weakest(state.pointed_kbps, s)]
    if more <= 0 or state.spent[s]:
        return 0
    return min(more, state.unmet_kbps[s]) * 1000 + more


@inner
def _weakest(pointed_kbps, s):
    """The antenna of a satellite that is given least."""
    found = 0
    for a in range(1, pointed_kbps.shape[1]):
        if pointed_kbps[s, a] < pointed_kbps[s, found]:
            found = a
    return found


@inner
def _feed(s, kbps, lasers, state, search):
    """Bring up to kbps up to a satellite: to its own demand, the rest over lasers. Returns what was used."""
    own = min(kbps, state.unmet_kbps[s])
    state.unmet_kbps[s] -= own
    used = own
    while used < kbps and not state.spent[s]:
        end = _search(s, lasers, state, search)
        if end < 0:
            break
        used += _push(s, end, kbps - used, lasers, state, search)
    state.fed_kbps[s] += used
    return used


@inner
def _search(s, lasers, state, search):
    """The satellite with unmet demand that is fewest lasers away, or -1; then all that were reached are
    spent."""
    search.round[0] += 1
    now = search.round[0]
    search.queue[0], search.reached[s] = s, now
    head, tail = 0, 1
    while head < tail:
        a = search.queue[head]
        head += 1
        if state.unmet_kbps[a] > 0:
            return a
        for k in range(4):
            b = lasers.neighbour[a, k]
            if b < 0 or state.room_kbps[a, k] == 0 or search.reached[b] == now or state.spent[b]:
                continue
            search.reached[b], search.parent[b], search.laser[b] = now, a, k
            search.queue[tail] = b
            tail += 1
    for i in range(tail):
        state.spent[search.queue[i]] = True
    return -1


@inner
def _push(s, end, most_kbps, lasers, state, search):
    """Send along the way found; returns how much."""
    amount, node = min(most_kbps, state.unmet_kbps[end]), end
    while node != s:
        amount = min(amount, state.room_kbps[search.parent[node], search.laser[node]])
        node = search.parent[node]
    node = end
    while node != s:
        before, k = search.parent[node], search.laser[node]
        state.room_kbps[before, k] -= amount
        state.room_kbps[node, lasers.back[before, k]] += amount
        node = before
    state.unmet_kbps[end] -= amount
    return amount
