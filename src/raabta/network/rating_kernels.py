"""Numeric core of `network`: what a link of a cell carries in a weather state. Letters as in
`network.kernels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

from raabta.links.kernels import (
    cosecant_weight,
    joined_db,
    mode_at,
    through_forward_db,
    through_return_db,
)

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
INLINE: Any = {"error_model": "numpy", "forceinline": True, "_nrt": False}


@inner
def rate_links(links, c, state, base_f, base_r, sin_elevation, out_need, out_closed):
    """Dwell that carries the whole ask of cell c in one weather state, out_need (q,), for the first q columns
    of `links.dwell`. out_closed (q, 2): the classes that close both ways, and those that close forward, as
    bits. A class that does not close asks for nothing here.
    """
    e, w = cosecant_weight(sin_elevation, links.cosecant_max, links.loss.shape[2])
    loss, cross = links.loss[state, c], links.cross[state, c]
    low, high = loss[e], loss[e + 1]
    cross_f = cross[e, 0] + w * (cross[e + 1, 0] - cross[e, 0])
    cross_r = cross[e, 1] + w * (cross[e + 1, 1] - cross[e, 1])
    for p in range(out_need.shape[0]):
        out_need[p], out_closed[p, 0], out_closed[p, 1] = 0.0, 0, 0
    for j in range(links.active.shape[1]):
        level_f = base_f + links.terminal[0, j] - (low[0, j] + w * (high[0, j] - low[0, j]))
        level_r = base_r + links.terminal[1, j] - (low[1, j] + w * (high[1, j] - low[1, j]))
        f = mode_at(joined_db(level_f, cross_f, links.join), links.lut[0, j], links.thresholds[0, j])
        r = mode_at(joined_db(level_r, cross_r, links.join), links.lut[1, j], links.thresholds[1, j])
        _add_class(links, c, j, f, r, out_need, out_closed)


@inner
def _add_class(links, c, j, f, r, out_need, out_closed):
    """Add what class j of cell c asks in modes f and r of its forward and return link: see `rate_links`."""
    for p in range(out_need.shape[0]):
        forward = links.dwell[0, j, f, p]
        both = max(forward, links.dwell[1, j, r, p])
        if forward < np.inf:
            out_closed[p, 1] |= 1 << j
        if both < np.inf:
            out_closed[p, 0] |= 1 << j
            out_need[p] += links.active[c, j] * both


@kernel
def rate_repeated(links, c, state, base_f, base_r, sin_elevation, up_db, down_db, out_need, out_closed):
    """`rate_links` behind a transparent payload; up_db, down_db: C/N of its feeder, see `Fleet`."""
    e, w = cosecant_weight(sin_elevation, links.cosecant_max, links.loss.shape[2])
    for p in range(out_need.shape[0]):
        out_need[p], out_closed[p, 0], out_closed[p, 1] = 0.0, 0, 0
    for j in range(links.active.shape[1]):
        down = _user_db(links, c, state, 0, j, base_f, e, w)
        up = _user_db(links, c, state, 1, j, base_r, e, w)
        clear = _user_db(links, c, 0, 1, j, base_r, e, w)
        level_f = through_forward_db(down, up_db, links.join)
        level_r = through_return_db(up, clear, down_db, links.join)
        f = mode_at(level_f, links.lut[0, j], links.thresholds[0, j])
        r = mode_at(level_r, links.lut[1, j], links.thresholds[1, j])
        _add_class(links, c, j, f, r, out_need, out_closed)


def rate(links, c, state, base_f, base_r, sin_elevation, feeder_db, s, out_need, out_closed):
    """`rate_links`, or behind a transparent payload, whose feeder_db is (m, 2), `rate_repeated`."""
    raise NotImplementedError("only kernels rate links")


@overload(rate, jit_options=INLINE)
def _rate(links, c, state, base_f, base_r, sin_elevation, feeder_db, s, out_need, out_closed):
    """Chosen when a kernel is compiled: a payload that decodes pays nothing for one that repeats."""

    def decoded(links, c, state, base_f, base_r, sin_elevation, feeder_db, s, out_need, out_closed):
        rate_links(links, c, state, base_f, base_r, sin_elevation, out_need, out_closed)

    def repeated(links, c, state, base_f, base_r, sin_elevation, feeder_db, s, out_need, out_closed):
        up_db, down_db = feeder_db[s, 0], feeder_db[s, 1]
        rate_repeated(links, c, state, base_f, base_r, sin_elevation, up_db, down_db, out_need, out_closed)

    return repeated if feeder_db.ndim == 2 else decoded


@inner
def _user_db(links, c, state, way, j, base, e, w):
    """C/(N+I) of the user's link of class j of cell c one way, at place (e, w) of the cosecant nodes."""
    low, high = links.loss[state, c, e, way, j], links.loss[state, c, e + 1, way, j]
    near, far = links.cross[state, c, e, way], links.cross[state, c, e + 1, way]
    level = base + links.terminal[way, j] - (low + w * (high - low))
    return joined_db(level, near + w * (far - near), links.join)


def feeder_is_weakest(links, c, state, way, base, sin_elevation, feeder_db, s, design, classes):
    """Whether the feeder of a transparent payload keeps `classes` (bits) of cell c from closing one way: each
    user's link is stronger and closes alone. False for a payload that decodes, where feeder_db is (0,)."""
    raise NotImplementedError("only kernels name links")


@overload(feeder_is_weakest, jit_options=INLINE)
def _feeder_is_weakest(links, c, state, way, base, sin_elevation, feeder_db, s, design, classes):
    """Chosen when a kernel is compiled, like `rate`."""

    def decoded(links, c, state, way, base, sin_elevation, feeder_db, s, design, classes):
        return False

    def repeated(links, c, state, way, base, sin_elevation, feeder_db, s, design, classes):
        return _weaker_than_all(links, c, state, way, base, sin_elevation, feeder_db[s, way], design, classes)

    return repeated if feeder_db.ndim == 2 else decoded


@kernel
def _weaker_than_all(links, c, state, way, base, sin_elevation, feeder_db, design, classes):
    """Whether a feeder is weaker than the user's link of each of `classes`, which closes one way alone."""
    e, w = cosecant_weight(sin_elevation, links.cosecant_max, links.loss.shape[2])
    for j in range(links.active.shape[1]):
        if classes & (1 << j):
            alone = _user_db(links, c, state, way, j, base, e, w)
            mode = mode_at(alone, links.lut[way, j], links.thresholds[way, j])
            if feeder_db >= alone or not links.dwell[way, j, mode, design] < np.inf:
                return False
    return True
