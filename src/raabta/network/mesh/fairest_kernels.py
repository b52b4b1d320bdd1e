"""Numeric core of `fairest`: max-min rates of flows that split over given ways as is best. Plain arrays.

All rates rise together, each by its weight; the common height is the level. Ways are the variables of a
linear program whose right-hand side rises with the level: a parametric dual simplex (Gass and Saaty 1955,
doi:10.1002/nav.3800020106) without costs. Of every flow one way, its key, is basic by itself, so that what
is held as an inverse has only one row for each full resource (generalised upper bounds, Dantzig and Van
Slyke 1967, doi:10.1016/S0022-0000(67)80015-3). Where a basic variable would fall below 0 another takes its
place, or there is none, and the row is the proof that the flows in it can rise no more."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
KEY, OUT = -2, -1
"""Where a way is: its flow's key, not basic; else its column."""
LEAST_GAIN, LEAST_TURN = 1e-9, 1e-12
"""Less is 0 to rounding: of what one unit gives to another, and of what changes with the level."""
BATCH = 64
"""Flows that are looked at before the best of them may enter."""
DONE, FULL, LOST = range(3)
"""How `rise` ends: all flows have stopped; the inverse wants more room; too many exchanges."""


class Ways(NamedTuple):
    """first (f + 1,): ways of each flow; start (w + 1,), resource: what each way uses; flow (w,)."""

    first: Any
    start: Any
    resource: Any
    flow: Any


class Basis(NamedTuple):
    """key (f,): a way of each flow; where (w,): `KEY`, `OUT` or its column; at (m,): the row of a full
    resource, -1 of others; way (q,), full (q,): of columns and rows; inverse (q, q): by column and row; size
    (1,): how many there are."""

    key: Any
    where: Any
    at: Any
    way: Any
    full: Any
    inverse: Any
    size: Any


class Now(NamedTuple):
    """carried (w,), room (m,); rising (f,): weights of flows that still rise, 0 of others; asked (f,): what
    each demand leaves; stop (w,): the resource that stops each way, -1 for none."""

    carried: Any
    room: Any
    rising: Any
    asked: Any
    stop: Any


class Work(NamedTuple):
    """Space: of columns (q,) and rows (q,); turn (w,), drain (m,): what rises and falls with the level; price
    (m,); next (1,): the flow to look at first; exchanges (1,): how many are left."""

    column: Any
    row: Any
    turn: Any
    drain: Any
    price: Any
    next: Any
    exchanges: Any


@lean
def rise(ways, basis, now, work):
    """Raise the level until all flows have stopped: `DONE`, or why not."""
    while True:
        if basis.size[0] + 1 >= basis.way.shape[0]:
            return FULL
        if work.exchanges[0] <= 0:
            return LOST
        if not _directions(ways, basis, now, work):
            return DONE
        flow, way, resource = _advance(ways, basis, now, work)
        if flow >= 0:
            now.rising[flow] = 0.0
            continue
        if way < 0 and resource < 0:
            return LOST
        if way >= 0 and basis.where[way] == KEY:
            _other_key(ways, basis, ways.flow[way], way)
        _prices(ways, basis, work, way, resource)
        entering, gain, is_way = _entering(ways, basis, work)
        if gain <= LEAST_GAIN:
            if not _stop(ways, basis, now, work):
                return LOST
            continue
        work.exchanges[0] -= 1
        _exchange(ways, basis, now, work, way, resource, entering, is_way)


@inner
def _directions(ways, basis, now, work):
    """How basic ways and room change with the level; whether any flow still rises."""
    q, any_rises = basis.size[0], False
    for i in range(q):
        work.row[i] = 0.0
    for r in range(work.drain.shape[0]):
        work.drain[r] = 0.0
    for f in range(now.rising.shape[0]):
        weight = now.rising[f]
        work.turn[basis.key[f]] = weight
        if weight > 0.0:
            any_rises = True
            for e in range(ways.start[basis.key[f]], ways.start[basis.key[f] + 1]):
                spot = basis.at[ways.resource[e]]
                if spot >= 0:
                    work.row[spot] -= weight
    for k in range(q):
        total = 0.0
        for i in range(q):
            total += basis.inverse[k, i] * work.row[i]
        way = basis.way[k]
        work.turn[way] = total
        work.turn[basis.key[ways.flow[way]]] -= total
    for f in range(now.rising.shape[0]):
        _drain(ways, basis.key[f], work)
    for k in range(q):
        _drain(ways, basis.way[k], work)
    return any_rises


@inner
def _drain(ways, way, work):
    """What a basic way takes of its resources as the level rises."""
    if work.turn[way] != 0.0:
        for e in range(ways.start[way], ways.start[way + 1]):
            work.drain[ways.resource[e]] += work.turn[way]


@inner
def _advance(ways, basis, now, work):
    """Go to the level at which something ends: a flow's demand, a basic way, the room of a resource; which,
    -1 for the others."""
    flow, way, resource, step = -1, -1, -1, np.inf
    flows, q = now.rising.shape[0], basis.size[0]
    for f in range(flows):
        if now.rising[f] > 0.0 and now.asked[f] < step * now.rising[f]:
            step, flow = now.asked[f] / now.rising[f], f
    for i in range(flows + q):
        w = basis.key[i] if i < flows else basis.way[i - flows]
        if work.turn[w] < -LEAST_TURN and now.carried[w] < -step * work.turn[w]:
            step, flow, way = max(now.carried[w], 0.0) / -work.turn[w], -1, w
    for r in range(now.room.shape[0]):
        if basis.at[r] < 0 and work.drain[r] > LEAST_TURN and now.room[r] < step * work.drain[r]:
            step, flow, way, resource = max(now.room[r], 0.0) / work.drain[r], -1, -1, r
    if step == np.inf:
        return flow, way, resource
    for f in range(flows):
        now.asked[f] = max(now.asked[f] - step * now.rising[f], 0.0)
    for i in range(flows + q):
        w = basis.key[i] if i < flows else basis.way[i - flows]
        now.carried[w] = max(now.carried[w] + step * work.turn[w], 0.0)
    for r in range(now.room.shape[0]):
        now.room[r] = 0.0 if basis.at[r] >= 0 else max(now.room[r] - step * work.drain[r], 0.0)
    return flow, way, resource


@inner
def _other_key(ways, basis, flow, way):
    """Let another basic way of a flow be its key, and the key a column."""
    q, best = basis.size[0], -1
    for k in range(q):
        if ways.flow[basis.way[k]] == flow and best < 0:
            best = k
    for i in range(q):
        total = 0.0
        for k in range(q):
            if ways.flow[basis.way[k]] == flow:
                total += basis.inverse[k, i]
        basis.inverse[best, i] = -total
    new = basis.way[best]
    basis.key[flow], basis.where[new] = new, KEY
    basis.way[best], basis.where[way] = way, best


@inner
def _prices(ways, basis, work, way, resource):
    """price (m,): what a unit less of each resource gives to the variable that leaves: a way, or the room
    of a resource."""
    q = basis.size[0]
    for r in range(work.price.shape[0]):
        work.price[r] = 0.0
    if way >= 0:
        k = basis.where[way]
        for i in range(q):
            work.price[basis.full[i]] = -basis.inverse[k, i]
        return
    for k in range(q):
        w = basis.way[k]
        uses = _uses(ways, w, resource) - _uses(ways, basis.key[ways.flow[w]], resource)
        if uses != 0.0:
            for i in range(q):
                work.price[basis.full[i]] += uses * basis.inverse[k, i]
    work.price[resource] = -1.0


@inner
def _uses(ways, way, resource):
    """How often a way goes over a resource."""
    count = 0.0
    for e in range(ways.start[way], ways.start[way + 1]):
        if ways.resource[e] == resource:
            count += 1.0
    return count


@inner
def _priced(ways, work, way):
    total = 0.0
    for e in range(ways.start[way], ways.start[way + 1]):
        total += work.price[ways.resource[e]]
    return total


@inner
def _entering(ways, basis, work):
    """The way, or the full resource, that gives most to the variable that leaves, of the first flows that
    have any to give; what it gives, and whether it is a way."""
    best, gain, is_way = -1, LEAST_GAIN, False
    for i in range(basis.size[0]):
        if work.price[basis.full[i]] > gain:
            best, gain = i, work.price[basis.full[i]]
    flows = basis.key.shape[0]
    f = work.next[0] % flows
    for seen in range(flows):
        of_key = _priced(ways, work, basis.key[f])
        for w in range(ways.first[f], ways.first[f + 1]):
            if basis.where[w] == OUT:
                more = _priced(ways, work, w) - of_key
                if more > gain:
                    best, gain, is_way = w, more, True
        f = f + 1 if f + 1 < flows else 0
        if best >= 0 and seen >= BATCH:
            break
    work.next[0] = f
    return best, (gain if best >= 0 else 0.0), is_way


@inner
def _stop(ways, basis, now, work):
    """The flows that the row of the leaving variable proves stuck; whether there are any."""
    found = False
    for f in range(now.rising.shape[0]):
        if now.rising[f] > 0.0 and _priced(ways, work, basis.key[f]) < -LEAST_GAIN:
            now.rising[f], found = 0.0, True
            for w in range(ways.first[f], ways.first[f + 1]):
                least = -LEAST_GAIN
                for e in range(ways.start[w], ways.start[w + 1]):
                    if work.price[ways.resource[e]] < least:
                        least, now.stop[w] = work.price[ways.resource[e]], ways.resource[e]
    return found


@inner
def _exchange(ways, basis, now, work, way, resource, entering, is_way):
    """Put the entering variable in the place of the leaving one."""
    if is_way:
        _column(ways, basis, work, entering)
    if way >= 0:
        k = basis.where[way]
        basis.where[way], now.carried[way], work.turn[way] = OUT, 0.0, 0.0
        if is_way:
            _replace_column(basis, work, k, entering)
        else:
            _take_out(basis, k, entering)
    else:
        now.room[resource] = 0.0
        if is_way:
            _border(ways, basis, work, resource, entering)
        else:
            _replace_row(basis, work, resource, entering)


@inner
def _column(ways, basis, work, way):
    """column (q,): the inverse times what a way, less its flow's key, uses of full resources."""
    q = basis.size[0]
    for k in range(q):
        work.column[k] = 0.0
    key = basis.key[ways.flow[way]]
    for e in range(ways.start[way], ways.start[way + 1]):
        i = basis.at[ways.resource[e]]
        if i >= 0:
            for k in range(q):
                work.column[k] += basis.inverse[k, i]
    for e in range(ways.start[key], ways.start[key + 1]):
        i = basis.at[ways.resource[e]]
        if i >= 0:
            for k in range(q):
                work.column[k] -= basis.inverse[k, i]


@inner
def _replace_column(basis, work, k, way):
    q, pivot = basis.size[0], work.column[k]
    for i in range(q):
        basis.inverse[k, i] /= pivot
    for other in range(q):
        factor = work.column[other]
        if other != k and factor != 0.0:
            for i in range(q):
                basis.inverse[other, i] -= factor * basis.inverse[k, i]
    basis.way[k], basis.where[way] = way, k


@inner
def _take_out(basis, k, row):
    """Leave out a column and the row of a resource that has room again."""
    q, pivot = basis.size[0], basis.inverse[k, row]
    last = q - 1
    for other in range(q):
        factor = basis.inverse[other, row] / pivot
        if other != k and factor != 0.0:
            for i in range(q):
                basis.inverse[other, i] -= factor * basis.inverse[k, i]
    basis.at[basis.full[row]] = -1
    if k != last:
        basis.way[k] = basis.way[last]
        basis.where[basis.way[k]] = k
        for i in range(q):
            basis.inverse[k, i] = basis.inverse[last, i]
    if row != last:
        basis.full[row] = basis.full[last]
        basis.at[basis.full[row]] = row
        for other in range(q):
            basis.inverse[other, row] = basis.inverse[other, last]
    basis.size[0] = last


@inner
def _border(ways, basis, work, resource, way):
    """Add the row of a resource that is full now, and a column."""
    q = basis.size[0]
    gain = _priced(ways, work, way) - _priced(ways, work, basis.key[ways.flow[way]])
    for i in range(q):
        work.row[i] = work.price[basis.full[i]]
    for k in range(q):
        factor = work.column[k] / gain
        for i in range(q):
            basis.inverse[k, i] -= factor * work.row[i]
        basis.inverse[k, q] = factor
    for i in range(q):
        basis.inverse[q, i] = work.row[i] / gain
    basis.inverse[q, q] = -1.0 / gain
    basis.way[q], basis.where[way] = way, q
    basis.full[q], basis.at[resource] = resource, q
    basis.size[0] = q + 1


@inner
def _replace_row(basis, work, resource, row):
    """Put the row of a resource that is full now in the place of one that has room again."""
    q = basis.size[0]
    for i in range(q):
        work.row[i] = work.price[basis.full[i]]
    pivot = work.row[row]
    for k in range(q):
        basis.inverse[k, row] /= pivot
        factor = basis.inverse[k, row]
        if factor != 0.0:
            for i in range(q):
                if i != row:
                    basis.inverse[k, i] -= factor * work.row[i]
    basis.at[basis.full[row]] = -1
    basis.full[row], basis.at[resource] = resource, row
