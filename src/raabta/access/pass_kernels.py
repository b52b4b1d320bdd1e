"""Passes over sites: the coarse filter, the steps that are left, and the intervals they make.

A satellite can be seen from a site only where the angle between them, from the body's centre, is at most that
of its footprint. Eight steps are looked at together: the angle that the satellite turns in them is added, and
mostly that rules them out at once.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from raabta.access.interval_kernels import (
    BEFORE,
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
    look,
    margin,
    surely_below,
    turning_point,
)

BLOCK = 8
TILE = 16
COLUMNS = 12
FIRST, SECOND, BEGIN, END, PEAK, PEAK_AT, LEAST, MOST, AT_BEGIN, AT_END, CUT_BEGIN, CUT_END = range(COLUMNS)
"""Columns of an interval: the two nodes; begin, end; the highest sine and when; the range: least, most, at
begin, at end; why it is cut at either end."""
WHOLE, AT_EDGE, UNKNOWN = 0.0, 1.0, 2.0
"""Not cut; cut at the edge of the chunk; cut because no position is known beyond."""
PER_STEP = 3
"""Bounds kept with a step's polynomial: of |p''|, of |p'|, of |p - p(0)|."""
FAR = 1e300


class Ground(NamedTuple):
    """Sites (s,): km (s, 3); basis (s, 3, 3), rows east, north, up; sin_mask (s, a); lowest (s,): its least;
    unit (s, 3). least_km: the least radius of any; tilt_rad: the most that any vertical leans from it."""

    km: Any
    basis: Any
    sin_mask: Any
    lowest: Any
    unit: Any
    least_km: Any
    tilt_rad: Any


class Span(NamedTuple):
    """A chunk of time: its first step, how many, what share of the last one counts, the length of a step."""

    first: Any
    steps: Any
    last_share: Any
    step_s: Any


class Track(NamedTuple):
    """One satellite over a chunk: node (3, n + 7) km; unit (n + 1, 3); c (n, 3, 8) polynomials, limit (n, 3)
    their bounds, and known (n,): whether they are there yet (2: no, a position is missing)."""

    node: Any
    unit: Any
    c: Any
    limit: Any
    known: Any


@kernel
def find(position_km, ground, span, least):
    """Passes of satellites over sites in a chunk of time, (k, COLUMNS), by satellite, then site, then time.

    position_km (span.steps + 7, 3, n): from three steps before the chunk to four after its last step's
    beginning. least: share of a step below which no pass is looked for.
    """
    n, sites, steps = position_km.shape[2], ground.km.shape[0], span.steps
    blocks = -(-steps // BLOCK)
    tile = np.empty((TILE, 3, steps + NODES - 1))
    track = Track(
        tile[0], np.empty((steps + 1, 3)), np.empty((steps, 3, NODES)), np.empty((steps, PER_STEP)),
        np.empty(steps, np.uint8),
    )  # fmt: skip
    room = Room(np.empty((ROOM, 6)), np.empty(ROOM))
    breaks, cosine = np.empty(ROOM * 8), np.empty((blocks, 2))
    lowest = ground.lowest.min()
    out, count = np.empty((256, COLUMNS)), 0
    for first in range(0, n, TILE):
        _copy_tile(position_km, first, tile)
        for j in range(first, min(first + TILE, n)):
            own = Track(tile[j - first], track.unit, track.c, track.limit, track.known)
            _prepare(own, ground, lowest, cosine)
            for i in range(sites):
                if count + steps >= out.shape[0]:
                    out = _grown(out, count, steps)
                count = _site(own, ground, i, j, span, least, cosine, room, breaks, out, count)
    return out[:count].copy()


@inner
def _copy_tile(position_km, first, tile):
    width = min(TILE, position_km.shape[2] - first)
    for t in range(tile.shape[2]):
        for axis in range(3):
            for j in range(width):
                tile[j, axis, t] = position_km[t, axis, first + j]


@kernel
def _grown(out, count, steps):
    more = np.empty((2 * out.shape[0] + 2 * steps, COLUMNS))
    more[:count] = out[:count]
    return more


@lean
def _prepare(track, ground, lowest, cosine):
    """Unit vectors, and of every block of steps the cosines of two angles: a step may hold a part of a pass
    only where the satellite is as near at one of its ends; a block only where it is in its middle."""
    steps = track.known.shape[0]
    track.known[:] = 0
    for t in range(steps + 1):
        x, y, z = track.node[0, t + BEFORE], track.node[1, t + BEFORE], track.node[2, t + BEFORE]
        inverse = 1.0 / math.sqrt(x * x + y * y + z * z)
        track.unit[t, 0], track.unit[t, 1], track.unit[t, 2] = x * inverse, y * inverse, z * inverse
    floor = math.asin(lowest)
    for block in range(cosine.shape[0]):
        begin, end = block * BLOCK, min(steps, (block + 1) * BLOCK)
        highest, turn = 0.0, 0.0
        for t in range(begin, end + 1):
            x, y, z = track.node[0, t + BEFORE], track.node[1, t + BEFORE], track.node[2, t + BEFORE]
            square = x * x + y * y + z * z
            highest = max(highest, square if square < FAR else 0.0)
        for t in range(max(begin - 1, 0), min(end + 1, steps)):
            apart = 0.0
            for axis in range(3):
                offset = track.unit[t + 1, axis] - track.unit[t, axis]
                apart += offset * offset
            turn = max(turn, apart if apart < FAR else 0.0)
        turn = 2.0 * math.asin(min(1.0, 0.5 * math.sqrt(turn)))
        reach = _footprint_rad(1.002 * math.sqrt(highest), ground, floor)
        cosine[block, 0] = _cosine(reach + 0.55 * turn + 1e-6)
        cosine[block, 1] = _cosine(reach + (0.5 * BLOCK + 0.55) * 1.1 * turn + 1e-6)


@inner
def _footprint_rad(radius_km, ground, floor_rad):
    """Upper bound of the angle from the centre at which a satellite is seen at the lowest mask."""
    ratio = ground.least_km / radius_km * math.cos(floor_rad) if radius_km > ground.least_km else 1.0
    return math.acos(min(ratio, 1.0)) - floor_rad + ground.tilt_rad


@inner
def _cosine(angle_rad):
    return math.cos(angle_rad) if angle_rad < math.pi else -2.0


@lean
def _site(track, ground, i, j, span, least, cosine, room, breaks, out, count):
    """Passes of one satellite over one site, appended to `out`; returns how many rows it holds then."""
    x, y, z = ground.unit[i, 0], ground.unit[i, 1], ground.unit[i, 2]
    steps, inside, after = track.known.shape[0], False, -1
    for block in range(cosine.shape[0]):
        begin, end = block * BLOCK, min(steps, (block + 1) * BLOCK)
        u = track.unit[min(begin + BLOCK // 2, end)]
        if not inside and u[0] * x + u[1] * y + u[2] * z < cosine[block, 1]:
            continue
        u = track.unit[begin]
        near = u[0] * x + u[1] * y + u[2] * z >= cosine[block, 0]
        for t in range(begin, end):
            u = track.unit[t + 1]
            then, near = near, u[0] * x + u[1] * y + u[2] * z >= cosine[block, 0]
            if not (then or near or inside):
                continue
            if not _known(track, t):
                if inside:
                    _close(out, count, (span.first + t) * span.step_s, UNKNOWN)
                    inside, count = False, count + 1
                continue
            fresh = t == 0 or (after != t and track.known[t - 1] == 2)
            inside, count = _step(
                track, ground, i, j, t, span, least, room, breaks, inside, fresh, out, count
            )
            after = t + 1
    if inside:
        at = (span.first + steps - 1 + span.last_share) * span.step_s
        _close(out, count, at, AT_EDGE)
        count += 1
    return count


@lean
def _known(track, t):
    """Whether the polynomial of a step is there; it is made when it is first asked for."""
    if track.known[t] == 0:
        c = track.c[t]
        fit(track.node, t, c)
        bend, speed, reach = bounds(c)
        track.limit[t, 0], track.limit[t, 1], track.limit[t, 2] = bend, speed, reach
        track.known[t] = 1 if bend < FAR and c[0, 0] == c[0, 0] else 2
    return track.known[t] == 1


@lean
def _step(track, ground, i, j, t, span, least, room, breaks, inside, fresh, out, count):
    """One step of one site: where passes begin and end in it, what stands highest and how far it is."""
    c, last = track.c[t], 1.0
    if t == span.steps - 1:
        last = span.last_share
    sight = _upwards(ground, i, ground.lowest[i])
    bend = _bend(track, t, sight)
    parts = 1
    breaks[0], breaks[1] = 0.0, last
    if ground.sin_mask.shape[1] > 1:
        ga, ra = margin(c, c, sight, 0.0)
        gb, rb = margin(c, c, sight, last)
        if not surely_below(ga, ra, gb, rb, bend, last):
            bend_km, reach_km = track.limit[t, 0], track.limit[t, 2]
            parts = _cross_azimuths(c, ground, i, bend_km, reach_km, last, least, room, breaks)
    for part in range(parts):
        a, b = breaks[part], breaks[part + 1]
        if parts > 1 or ground.sin_mask.shape[1] > 1:
            sight = _upwards(ground, i, _mask(c, ground, i, 0.5 * (a + b)))
            bend = _bend(track, t, sight)
        ga, _ = margin(c, c, sight, a)
        if (ga >= 0.0) != inside:
            inside, count = _toggle(c, sight, i, j, t, a, span, inside, fresh and a == 0.0, out, count)
        changed = changes(c, c, sight, bend, a, b, least, room)
        for k in range(changed):
            if inside:
                _widen(c, sight, t, a, room.found[k], span, out[count])
            a = room.found[k]
            inside, count = _toggle(c, sight, i, j, t, a, span, inside, False, out, count)
        if inside:
            _widen(c, sight, t, a, b, span, out[count])
    return inside, count


@inner
def _upwards(ground, i, sine):
    km, up = ground.km[i], ground.basis[i, 2]
    return Sight(km[0], km[1], km[2], up[0], up[1], up[2], sine, 0.0, 0.0)


@lean
def _bend(track, t, sight):
    """The most that g'' can be in a step. Below the horizon the range's own curvature counts as well."""
    bend = track.limit[t, 0] * (1.0 + abs(sight.sine))
    if sight.sine < 0.0:
        _, slant = look(track.c[t], sight, 0.0)
        bend -= sight.sine * track.limit[t, 1] ** 2 / max(slant - track.limit[t, 2], 1.0)
    return bend


@lean
def _cross_azimuths(c, ground, i, bend, reach, last, least, room, breaks):
    """Times when a satellite crosses from one bin of azimuth to another, between 0 and `last`, ascending;
    returns how many parts of the step they make."""
    bins, count = ground.sin_mask.shape[1], 1
    azimuth, turn = _azimuths(c, ground, i, reach)
    for line in range(bins // 2 if bins % 2 == 0 else bins):
        angle = 2.0 * math.pi * line / bins
        away = (azimuth - angle) / math.pi
        if abs(away - math.floor(away + 0.5)) * math.pi > turn:
            continue
        s, co = math.sin(angle), math.cos(angle)
        km, east, north = ground.km[i], ground.basis[i, 0], ground.basis[i, 1]
        sight = Sight(
            km[0], km[1], km[2],
            co * east[0] - s * north[0], co * east[1] - s * north[1], co * east[2] - s * north[2],
            0.0, 0.0, 0.0,
        )  # fmt: skip
        for k in range(changes(c, c, sight, bend, 0.0, last, least, room)):
            if count < breaks.shape[0] - 1:
                breaks[count] = room.found[k]
                count += 1
    for k in range(2, count):
        value, at = breaks[k], k
        while at > 1 and breaks[at - 1] > value:
            breaks[at] = breaks[at - 1]
            at -= 1
        breaks[at] = value
    breaks[count] = last
    return count


@inner
def _azimuths(c, ground, i, reach):
    """Azimuth at the step's beginning, rad, and the most that it turns while a satellite goes `reach` km."""
    x, y, z = c[0, 0] - ground.km[i, 0], c[1, 0] - ground.km[i, 1], c[2, 0] - ground.km[i, 2]
    east, north = ground.basis[i, 0], ground.basis[i, 1]
    eastward = east[0] * x + east[1] * y + east[2] * z
    northward = north[0] * x + north[1] * y + north[2] * z
    across = math.sqrt(eastward * eastward + northward * northward)
    turn = math.asin(reach / across) if reach < across else math.pi
    return math.atan2(eastward, northward), turn + 1e-9


@lean
def _mask(c, ground, i, t):
    """Sine of the mask in the azimuth of the satellite."""
    bins = ground.sin_mask.shape[1]
    if bins == 1:
        return ground.sin_mask[i, 0]
    x, y, z = 0.0, 0.0, 0.0
    for k in range(NODES - 1, -1, -1):
        x, y, z = x * t + c[0, k], y * t + c[1, k], z * t + c[2, k]
    x, y, z = x - ground.km[i, 0], y - ground.km[i, 1], z - ground.km[i, 2]
    east, north = ground.basis[i, 0], ground.basis[i, 1]
    azimuth = math.atan2(east[0] * x + east[1] * y + east[2] * z, north[0] * x + north[1] * y + north[2] * z)
    if azimuth < 0.0:
        azimuth += 2.0 * math.pi
    return ground.sin_mask[i, min(int(azimuth / (2.0 * math.pi) * bins), bins - 1)]


@lean
def _toggle(c, sight, i, j, t, at, span, inside, fresh, out, count):
    """Begin an interval or end it."""
    when = (span.first + t + at) * span.step_s
    _, slant = look(c, sight, at)
    if inside:
        out[count, AT_END] = slant
        _close(out, count, when, WHOLE)
        return False, count + 1
    row = out[count]
    row[FIRST], row[SECOND], row[BEGIN], row[AT_BEGIN] = i, j, when, slant
    row[AT_END] = slant
    row[PEAK], row[PEAK_AT], row[LEAST], row[MOST] = -2.0, when, FAR, 0.0
    row[CUT_BEGIN] = (AT_EDGE if t == 0 else UNKNOWN) if fresh else WHOLE
    return True, count


@inner
def _close(out, count, when, cut):
    out[count, END], out[count, CUT_END] = when, cut


@lean
def _widen(c, sight, t, a, b, span, row):
    """Take [a, b] of a step into an interval's highest elevation, least and most range, and last range."""
    high, near = turning_point(c, sight, a, b, True), turning_point(c, sight, a, b, False)
    for at in (a, b, high, near):
        if at < 0.0:
            continue
        sine, slant = look(c, sight, at)
        if sine > row[PEAK]:
            row[PEAK], row[PEAK_AT] = sine, (span.first + t + at) * span.step_s
        row[LEAST], row[MOST] = min(row[LEAST], slant), max(row[MOST], slant)
        if at == b:
            row[AT_END] = slant
