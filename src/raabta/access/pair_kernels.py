"""Intervals in which two satellites of a pair are in each other's line of sight and range."""

from __future__ import annotations

import numpy as np

from raabta.access.interval_kernels import (
    NODES,
    ROOM,
    Room,
    Sight,
    bounds,
    changes,
    fit,
    inner,
    kernel,
    lean,
    margin,
)
from raabta.access.pass_kernels import (
    AT_EDGE,
    COLUMNS,
    FAR,
    UNKNOWN,
    _close,
    _grown,
    _toggle,
    _widen,
)

LEAST_TANGENT_KM = 100.0
"""Half of it would stand for a satellite 200 m above the sphere that lines of sight must clear."""


@kernel
def find(position_km, first, second, longest_km, clear_km, span, least):
    """Contacts of pairs of satellites first, second (p,) in a chunk of time, (k, COLUMNS), by pair and time.

    position_km (span.steps + 7, 3, n): as for passes. A line of sight is `longest_km` at most and stays
    `clear_km` from the centre. A missing position ends a contact.
    """
    c, base = np.empty((3, NODES)), np.empty((3, NODES))
    nodes = np.empty((2, 3, span.steps + NODES - 1))
    room = Room(np.empty((ROOM, 6)), np.empty(ROOM))
    sight = Sight(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, longest_km, clear_km)
    out, count = np.empty((256, COLUMNS)), 0
    for pair in range(first.shape[0]):
        if count + span.steps >= out.shape[0]:
            out = _grown(out, count, span.steps)
        a, b = first[pair], second[pair]
        for t in range(nodes.shape[2]):
            for axis in range(3):
                nodes[0, axis, t] = position_km[t, axis, a]
                nodes[1, axis, t] = position_km[t, axis, b] - position_km[t, axis, a]
        count = _pair(nodes, sight, pair, span, least, c, base, room, out, count)
    return out[:count].copy()


@lean
def _pair(nodes, sight, pair, span, least, c, base, room, out, count):
    inside, fresh = False, True
    for t in range(span.steps):
        last = span.last_share if t == span.steps - 1 else 1.0
        fit(nodes[0], t, base)
        fit(nodes[1], t, c)
        bend = _bend(c, base, sight)
        if not bend < FAR:
            if inside:
                _close(out, count, (span.first + t) * span.step_s, UNKNOWN)
                inside, count = False, count + 1
            fresh = True
            continue
        a = 0.0
        g, _ = margin(c, base, sight, 0.0)
        if (g >= 0.0) != inside:
            inside, count = _toggle(c, sight, pair, 0, t, a, span, inside, fresh, out, count)
        for k in range(changes(c, base, sight, bend, a, last, least, room)):
            if inside:
                _widen(c, sight, t, a, room.found[k], span, out[count])
            a = room.found[k]
            inside, count = _toggle(c, sight, pair, 0, t, a, span, inside, False, out, count)
        if inside:
            _widen(c, sight, t, a, last, span, out[count])
        fresh = False
    if inside:
        _close(out, count, (span.first + span.steps - 1 + span.last_share) * span.step_s, AT_EDGE)
        count += 1
    return count


@inner
def _bend(c, base, sight):
    """The most that g'' can be: of -|p|, that of p; of a tangent's length, (v^2 + r a) / length."""
    bend, speed, _ = bounds(c)
    total = bend
    own_bend, own_speed, _ = bounds(base)
    for member in range(2):
        a, v = own_bend + member * bend, own_speed + member * speed
        square = 0.0
        for axis in range(3):
            value = base[axis, 0] + member * c[axis, 0]
            square += value * value
        radius = np.sqrt(square)
        least = max(radius - v, sight.clear_km)
        tangent = np.sqrt(max(least * least - sight.clear_km * sight.clear_km, LEAST_TANGENT_KM**2))
        total += (v * v + (radius + v) * a) / tangent
    return total
