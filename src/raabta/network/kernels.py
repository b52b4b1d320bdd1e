"""Numeric core of `network`: one slot of beam hopping. Plain arrays; the currency is dwell.

One unit of dwell is one beam for the whole slot. A lit cell takes at least one frame, the last one of a
satellite what is left of it. A cell's level is the share of its ask at the design plan that its dwell
carries; levels above 1 are surplus. Letters: m satellites near, n cells, j terminal classes, k weather
states, p plans.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from raabta.base.prefetch import prefetch
from raabta.links.beam_kernels import ROUND, fixed_bases_db
from raabta.links.kernels import edge_sine, level_bases_db
from raabta.network.member_kernels import BLOCK, Members, crowd_of, join
from raabta.network.rating_kernels import feeder_is_weakest, rate

MASK, GSO, GATEWAY, BEAM_TIME, SPECTRUM, POWER = 0, 1, 2, 3, 4, 5
SATELLITE_RATE, FEEDER, LINK, RETURN_LINK, DEMAND_MET, LASER = 6, 7, 8, 9, 10, 11
RETURN_SIDE = 16
"""Added to the code of a limit that belongs to the return direction."""
EPS = 1e-9
AHEAD = 4
"""Cells between the one whose tables are asked for and the one at hand: waiting takes as long as four."""
LINE = 64
"""Bytes of a cache line."""
LEAST_WANTED = 0.05  # level that a cell which only shares the surplus is assumed to want
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""


class Links(NamedTuple):
    """What the links of every cell are rated from.

    site_km (n, 3), radius_km (n,), active (n, j): subscribing homes / contention. radio (10,), flux_cap,
    edge_down, edge_up: see `links.kernels.level_bases_db`. terminal (2, j): G/T, and EIRP less
    10 log10(carrier Hz), both less pointing loss. loss (1 + k, n, e, 2, j): atmosphere and rain noise, dB,
    over states and cosecant nodes, forward and return. cross (1 + k, n, e, 2): the wanted signal over the
    other polarisation and the other beams, dB; join: see `joined_db`. lut (2, j, level), thresholds
    (2, j, mode): C/N with C/I folded in. plans (p, 2): Mbps. dwell (2, j, mode, p + 1): dwell that one active
    home asks at a plan, infinite where one terminal alone does not reach it; the last is the top plan's rate
    wherever the design plan is reached, up to which surplus is shared.
    """

    site_km: Any
    radius_km: Any
    active: Any
    radio: Any
    flux_cap: Any
    edge_down: Any
    edge_up: Any
    terminal: Any
    loss: Any
    cross: Any
    join: Any
    cosecant_max: float
    lut: Any
    thresholds: Any
    dwell: Any
    plans: Any


class Candidates(NamedTuple):
    """Satellites that every cell may use, as CSR: start (n + 1,), satellite and sin_elevation (pairs,); stage
    (n,): the first filter that leaves a cell none."""

    start: Any
    satellite: Any
    sin_elevation: Any
    stage: Any


class Fleet(NamedTuple):
    """The satellites near: number (m,) in the fleet; km, unit (m, 3), altitude_km (m,); gateway (m,) or -1,
    and gateway_range_km (m,) to it; capacity (m, 3): dwell, forward and return Mbps; limit_code (m, 3): the
    constraint that names each; room (m,): cells; feeder_db (m, 2): C/N of the feeder's uplink and downlink,
    which a transparent payload passes on, or (0,): kernels are compiled for the one or the other."""

    number: Any
    km: Any
    unit: Any
    altitude_km: Any
    gateway: Any
    gateway_range_km: Any
    capacity: Any
    limit_code: Any
    room: Any
    feeder_db: Any


class Rules(NamedTuple):
    """How beams may be used: the least dwell of a lit cell, dwell per cell, dwell within the reuse angle of
    any cell, cosine of that angle, index of the design plan, 1 where levels are guaranteed; toll: a slot
    over what of it a handover leaves; spacing and shape: of fixed beams (see
    `links.beam_kernels`), spacing 0 for steered."""

    frame: float
    per_cell: float
    colours: float
    cos_reuse: float
    design: int
    guarantee: int
    toll: float = 1.0
    spacing: float = 0.0
    shape: Any = ROUND


class Before(NamedTuple):
    """What is known of the slot before: satellite (n,) that every cell had, among those near now, or -1;
    weight (n,): what a home of the cell counts where the surplus is shared, more where it has been starved.
    """

    satellite: Any
    weight: Any


class Given(NamedTuple):
    """What every cell gets, (n, ...).

    satellite or -1; geometry (n, 5): sin(elevation), range, cos(scan), base forward, base return; need
    (n, 5): dwell, forward and return Mbps of the whole ask, active homes that close, and the code of what
    keeps the others from it, -1 for none; plan_dwell (n, p + 1) and closes (n, p + 1, 2): see `rate_links`;
    cap: dwell up to which surplus is shared; least: what it costs its satellite at least; dwell; code: what
    binds, -1 where nobody asks; direction (n, 3) from cell to satellite, against a fixed beam's axis where
    beams are fixed; toll: what its dwell takes over that of a slot without a handover. before: see `Before`.
    """

    satellite: Any
    geometry: Any
    need: Any
    plan_dwell: Any
    closes: Any
    cap: Any
    least: Any
    dwell: Any
    code: Any
    direction: Any
    toll: Any
    members: Members
    before: Before


@inner
def fetch_losses(links, c, state):
    """Ask for what `rating_kernels.rate_links` takes of a cell in one weather state."""
    row = state * links.loss.shape[1] + c
    size = links.loss.shape[2] * links.loss.shape[3] * links.loss.shape[4]
    for place in range(row * size, (row + 1) * size, LINE // 4):
        prefetch(links.loss, place)
    prefetch(links.cross, row * links.cross.shape[2] * 2)


@inner
def active_of(active, classes):
    """Active homes of the classes whose bit is set."""
    total = 0.0
    for j in range(active.shape[0]):
        if classes & (1 << j):
            total += active[j]
    return total


@inner
def asking(active):
    """Classes with active homes, as bits."""
    classes = 0
    for j in range(active.shape[0]):
        if active[j] > 0.0:
            classes |= 1 << j
    return classes


@inner
def rates_of(given, c, ceiling):
    """Level of cell c and its forward and return Mbps, which a level above ceiling (2,) no longer raises: the
    top plan's rates over the design plan's."""
    need = given.need[c, 0]
    level = given.dwell[c] / need if need > 0.0 else 0.0
    return level, min(level, ceiling[0]) * given.need[c, 1], min(level, ceiling[1]) * given.need[c, 2]


@inner
def level_of(given, c):
    """Level that cell c has, 0 without a satellite."""
    return given.dwell[c] / given.need[c, 0] if given.satellite[c] >= 0 else 0.0


@inner
def charge(given, c):
    """Dwell, forward and return Mbps that cell c, which has a satellite, takes of it."""
    level = level_of(given, c)
    return max(given.dwell[c], given.least[c]), level * given.need[c, 1], level * given.need[c, 2]


@inner
def _choose(first, last, candidates, free, room, stopped, banned, per_want, present, toll):
    """Best candidate of a cell, or -1; and what stops the last of those that are full.

    The best carries most of what is wanted (per_want (3,): 1 / [dwell, forward and return Mbps]), then has
    most room left and stands highest: fit x free forward Mbps x sine of elevation. Another satellite than
    the present one must be better by what a handover takes.
    """
    best, score, code = -1, 0.0, BEAM_TIME
    for k in range(first, last):
        s = candidates.satellite[k]
        if s == banned:
            continue
        if room[s] <= 0 or free[s, 0] <= EPS or free[s, 1] <= EPS or free[s, 2] <= EPS:
            code = stopped[s]
            continue
        fit = min(1.0, free[s, 0] * per_want[0], free[s, 1] * per_want[1], free[s, 2] * per_want[2])
        value = fit * free[s, 1] * candidates.sin_elevation[k]
        if s == present:
            value *= toll
        if value > score:
            best, score = k, value
    return best, code


@inner
def fetch_candidates(candidates, c):
    """Ask for the candidates of a cell."""
    for k in range(candidates.start[c], candidates.start[c + 1], LINE // 8):
        prefetch(candidates.sin_elevation, k)
        prefetch(candidates.satellite, k)


@kernel
def attach(order, ask, state, candidates, fleet, links, rules, given):
    """Attach cells to satellites in priority order and, under `guarantee`, give each its admitted level.

    ask (n,): the level of the design plan's ask that is admitted; 0 attaches a cell for the surplus alone.
    state (n,): weather, 0 clear.
    """
    free, room = fleet.capacity.copy(), fleet.room.copy()
    used, near = np.zeros(room.shape[0]), np.zeros(ask.shape[0])
    close, dot = np.empty(ask.shape[0], np.int64), np.empty(BLOCK)
    stopped = fleet.limit_code[:, 0].copy()
    for s in range(room.shape[0]):
        _note_full(s, free, fleet, stopped)
    per_want = np.zeros(3)
    # Before a link is rated its dwell is guessed from a mode two thirds up its own (padded) ladder.
    rungs = np.isfinite(links.thresholds[0, 0]).sum()
    guess = links.dwell[0, 0, max(1, (rungs * 2) // 3), rules.design] / links.plans[rules.design, 0]
    for i in range(order.shape[0]):
        ahead = order[min(i + AHEAD, order.shape[0] - 1)]
        fetch_losses(links, ahead, state[ahead])
        fetch_candidates(candidates, ahead)
        c = order[i]
        total = 0.0
        for j in range(links.active.shape[1]):
            total += links.active[c, j]
        if total <= 0.0:
            continue
        given.code[c] = candidates.stage[c]
        first, last = candidates.start[c], candidates.start[c + 1]
        if first == last:
            continue
        for q in range(2):
            per_want[1 + q] = 1.0 / (max(ask[c], LEAST_WANTED) * total * links.plans[rules.design, q])
        per_want[0] = per_want[1] / guess if guess < np.inf else per_want[1]
        banned = -1
        for _attempt in range(2):
            present = given.before.satellite[c]
            k, code = _choose(
                first, last, candidates, free, room, stopped, banned, per_want, present, rules.toll
            )
            if k < 0:
                if banned < 0:
                    given.code[c] = code
                break
            s = candidates.satellite[k]
            if rate_cell(c, s, candidates.sin_elevation[k], state[c], fleet, links, rules, given):
                _take(c, s, ask[c], free, used, near, close, dot, fleet, rules, given)
                if given.satellite[c] >= 0:
                    room[s] -= 1
                    _note_full(s, free, fleet, stopped)
                    break
            banned = s


@inner
def _note_full(s, free, fleet, stopped):
    """Remember which resource of satellite s was used up, the first in the order dwell, forward, return."""
    for q in range(3):
        if free[s, q] <= EPS:
            stopped[s] = fleet.limit_code[s, q]
            return


@inner
def rate_cell(c, s, sin_elevation, state, fleet, links, rules, given):
    """Rate the link of cell c to satellite s; False, with the code of the link, where no class closes.

    Where it is not the satellite of the slot before, what a slot carries takes `rules.toll` as much dwell.
    """
    dx = fleet.km[s, 0] - links.site_km[c, 0]
    dy = fleet.km[s, 1] - links.site_km[c, 1]
    dz = fleet.km[s, 2] - links.site_km[c, 2]
    r = math.sqrt(dx * dx + dy * dy + dz * dz)
    scan = (dx * fleet.unit[s, 0] + dy * fleet.unit[s, 1] + dz * fleet.unit[s, 2]) / r
    dx, dy, dz = dx / r, dy / r, dz / r
    if rules.spacing > 0.0:
        base_f, base_r, scan, dx, dy, dz = fixed_bases_db(
            -dx, -dy, -dz, r, fleet.km[s], fleet.altitude_km[s], links.radius_km[c], rules.spacing,
            rules.shape, links.radio, links.edge_down, links.edge_up, links.flux_cap,
        )  # fmt: skip
    else:
        base_f, base_r = level_bases_db(
            r, fleet.altitude_km[s], scan, sin_elevation, edge_sine(r, links.radius_km[c]), links.radio,
            links.edge_down, links.edge_up, links.flux_cap,
        )  # fmt: skip
    need, closes, design = given.plan_dwell[c], given.closes[c], rules.design
    rate(links, c, state, base_f, base_r, sin_elevation, fleet.feeder_db, s, need, closes)
    given.toll[c] = 1.0 if s == given.before.satellite[c] else rules.toll
    for p in range(need.shape[0]):
        need[p] *= given.toll[c]
    active = active_of(links.active[c], closes[design, 0])
    weak, code = asking(links.active[c]) & ~closes[design, 0], -1
    if weak:
        forward = weak & ~closes[design, 1]
        way, base, weak = (0, base_f, forward) if forward else (1, base_r, weak)
        fed = feeder_is_weakest(
            links, c, state, way, base, sin_elevation, fleet.feeder_db, s, design, weak
        )  # fmt: skip
        code = (RETURN_SIDE * way + FEEDER) if fed else (LINK if forward else RETURN_LINK)
    given.need[c, 0] = need[design]
    given.need[c, 1], given.need[c, 2] = active * links.plans[design, 0], active * links.plans[design, 1]
    given.need[c, 3], given.need[c, 4] = active, code
    if need[design] <= 0.0:
        given.code[c] = code
        return False
    given.cap[c] = min(need[need.shape[0] - 1], rules.per_cell)
    given.direction[c, 0], given.direction[c, 1], given.direction[c, 2] = dx, dy, dz
    given.geometry[c, 0], given.geometry[c, 1], given.geometry[c, 2] = sin_elevation, r, scan
    given.geometry[c, 3], given.geometry[c, 4] = base_f, base_r
    return True


@inner
def _take(c, s, ask, free, used, near, close, dot, fleet, rules, given):
    """Give cell c its admitted level on satellite s, as far as beams, rates and reuse go; name what stops it.

    Without a guarantee it is only attached: its planned load steers the choice of the next cells.
    """
    need = given.need[c]
    share, code = ask, DEMAND_MET
    if rules.per_cell < share * need[0]:
        share, code = rules.per_cell / need[0], BEAM_TIME
    for q in range(3):
        if free[s, q] < share * need[q]:
            share, code = free[s, q] / need[q], fleet.limit_code[s, q]
    crowd = 0
    if fleet.capacity[s, 0] > rules.colours:
        crowd = crowd_of(given.direction[c], given.members, s, rules.cos_reuse, dot, close)
    if crowd > 0 and used[s] + share * need[0] > rules.colours:
        clear = reuse_room(crowd, close, near, rules, given)
        if clear < share * need[0]:
            share, code = clear / need[0], SPECTRUM
    given.code[c] = code
    given.least[c] = max(0.0, min(rules.frame, free[s, 0]))
    if rules.guarantee == 0:
        given.least[c] = max(0.0, min(rules.frame, fleet.capacity[s, 0] - used[s]))
        used[s] += given.least[c]
        free[s, 0] = max(free[s, 0] - min(need[0], rules.per_cell), rules.frame)
    else:
        if share * need[0] <= EPS and ask > 0.0:
            return
        given.dwell[c] = share * need[0]
        cost = max(given.dwell[c], given.least[c])
        free[s, 0] -= cost
        free[s, 1] -= share * need[1]
        free[s, 2] -= share * need[2]
        used[s] += cost
        near[c] = given.dwell[c]
        for i in range(crowd):
            near[close[i]] += given.dwell[c]
            near[c] += given.dwell[close[i]]
    given.satellite[c] = s
    join(given.members, s, c, given.direction[c])


@inner
def reuse_room(crowd, close, near, rules, given):
    """Dwell that a cell may still take so that no cell has more than `colours` of dwell within the reuse
    angle of it (a greedy schedule then always finds a free channel). close (crowd,): the cells within that
    angle; near (n,): dwell there now."""
    own, room = 0.0, rules.colours
    for i in range(crowd):
        own += given.dwell[close[i]]
        room = min(room, rules.colours - near[close[i]])
    return max(0.0, min(room, rules.colours - own))
