"""Numeric core of `network`: one slot of beam hopping. Plain arrays; the currency is dwell.

One unit of dwell is one beam for the whole slot. A lit cell takes at least one frame. A cell's level is the
share of its ask at the design plan that its dwell carries; levels above 1 are surplus.

Arrays of one slot (m satellites near, n cells, j terminal classes, k weather states, p plans):
  free[m, 3]       dwell, forward Mbps and return Mbps left on a satellite
  active[n, j]     subscribing homes / contention
  loss[n, e, k, 2, j]  atmosphere and rain noise, dB, over cosecant nodes and states, forward and return
  thresholds/inverse/single [2][j, mode]: thresholds in C/N with C/I folded in; 1/Mbps of a whole dwell; Mbps
                   that one terminal alone reaches
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.links.kernels import cosecant_weight, level_bases_db, mode_at

MASK, GSO, GATEWAY, BEAM_TIME, SPECTRUM, POWER = 0, 1, 2, 3, 4, 5
SATELLITE_RATE, FEEDER, LINK, RETURN_LINK, DEMAND_MET = 6, 7, 8, 9, 10
EPS = 1e-9
LEAST_WANTED = 0.05  # level that a cell which only shares the surplus is assumed to want
EARTH_RADIUS_KM = 6371.0088


@njit(cache=True, nogil=True, error_model="numpy")
def spread_home(start, satellite, people, out):
    """Spread each cell's people evenly over the satellites it sees: out[m] += people / satellites in view."""
    for c in range(start.shape[0] - 1):
        count = start[c + 1] - start[c]
        for k in range(start[c], start[c + 1]):
            out[satellite[k]] += people[c] / count


@njit(cache=True, nogil=True, error_model="numpy")
def spread_neighbours(unit, cos_angle, home_index, site_unit, people, out):
    """The same for the neighbours' coarse cells, over all satellites; kept for the `home_index` ones."""
    m = unit.shape[0]
    weight = np.zeros(m)
    flag = np.empty(m)
    for c in range(site_unit.shape[0]):
        x, y, z = site_unit[c, 0], site_unit[c, 1], site_unit[c, 2]
        for s in range(m):
            dot = unit[s, 0] * x + unit[s, 1] * y + unit[s, 2] * z
            flag[s] = 1.0 if dot >= cos_angle[s] else 0.0
        count = 0.0
        for s in range(m):
            count += flag[s]
        if count > 0.0:
            each = people[c] / count
            for s in range(m):
                weight[s] += flag[s] * each
    for i in range(home_index.shape[0]):
        out[i] = weight[home_index[i]]


@njit(cache=True, nogil=True, error_model="numpy")
def assign_gateways(
    order, gateway_start, gateway_satellite, gateway_sin, gateway_clear, antennas, out, out_sin
):
    """Serial choice: satellites in `order` each take the gateway that stands them highest and has an antenna.

    The order does not depend on the list of gateways, so taking a gateway away can never give a satellite one
    (serial dictatorship is resource-monotonic).
    """
    left = antennas.copy()
    m = out.shape[0]
    g_count = antennas.shape[0]
    sin_of = np.full((m, g_count), -1.0)
    for g in range(g_count):
        for k in range(gateway_start[g], gateway_start[g + 1]):
            if gateway_clear[k] == 1:
                sin_of[gateway_satellite[k], g] = gateway_sin[k]
    for i in range(order.shape[0]):
        s = order[i]
        best = -1
        for g in range(g_count):
            if left[g] > 0 and sin_of[s, g] > 0.0 and (best < 0 or sin_of[s, g] > sin_of[s, best]):
                best = g
        out[s] = best
        if best >= 0:
            left[best] -= 1
            out_sin[s] = sin_of[s, best]


@njit(cache=True, nogil=True, error_model="numpy")
def choose(
    first, last, cand_satellite, cand_sin, cand_clear, gateway, free, room, frame, stopped, banned, per_want
):
    """Best candidate of a cell, and the first filter that left none.

    The best carries most of what is wanted (per_want (3,): 1 / [dwell, forward and return Mbps]), then has
    most room left and stands highest: fit x free forward Mbps x sine of elevation.
    """
    best, score, stage, full_code = -1, 0.0, MASK, BEAM_TIME
    for k in range(first, last):
        s = cand_satellite[k]
        stage = max(stage, GSO)
        if cand_clear[k] == 0:
            continue
        stage = max(stage, GATEWAY)
        if gateway[s] < 0:
            continue
        stage = max(stage, BEAM_TIME)
        if s == banned:
            continue
        if room[s] <= 0 or free[s, 0] < frame - EPS or free[s, 1] <= EPS or free[s, 2] <= EPS:
            full_code = stopped[s]
            continue
        fit = min(1.0, free[s, 0] * per_want[0], free[s, 1] * per_want[1], free[s, 2] * per_want[2])
        value = fit * free[s, 1] * cand_sin[k]
        if value > score:
            best, score = k, value
    return best, full_code if stage == BEAM_TIME else stage


@njit(cache=True, nogil=True, error_model="numpy")
def link_modes(base_f, base_r, terminal, loss, state, sin_elevation, cosecant_max, lut, thresholds, out):
    """Modes of every class in one weather state: out[2, j].

    terminal (2, j): G/T, and EIRP less 10 log10(carrier Hz), both less pointing loss.
    """
    e, w = cosecant_weight(sin_elevation, cosecant_max, loss.shape[0])
    for j in range(terminal.shape[1]):
        lf = loss[e, state, 0, j] + w * (loss[e + 1, state, 0, j] - loss[e, state, 0, j])
        lr = loss[e, state, 1, j] + w * (loss[e + 1, state, 1, j] - loss[e, state, 1, j])
        out[0, j] = mode_at(base_f + terminal[0, j] - lf, lut[0, j], thresholds[0, j])
        out[1, j] = mode_at(base_r + terminal[1, j] - lr, lut[1, j], thresholds[1, j])


@njit(cache=True, nogil=True, error_model="numpy")
def needs(active, modes, inverse, single, plan, peak, out_need):
    """Dwell that carries the whole ask at a plan, with the classes whose link closes for one terminal alone.

    plan (2,): Mbps per home. peak (2, j): Mbps one terminal must reach. out_need: [dwell, forward
    Mbps, return Mbps, active homes that close, 1 if a forward link does not]. A class that does not close
    asks for nothing here.
    """
    dwell, forward, back, closed, forward_fails = 0.0, 0.0, 0.0, 0.0, 0.0
    for j in range(active.shape[0]):
        f, r = modes[0, j], modes[1, j]
        if single[0, j, f] < peak[0, j] or single[1, j, r] < peak[1, j]:  # mode 0 reaches nothing
            forward_fails = max(forward_fails, 1.0 if single[0, j, f] < peak[0, j] else 0.0)
            continue
        dwell += active[j] * max(plan[0] * inverse[0, j, f], plan[1] * inverse[1, j, r])
        forward += active[j] * plan[0]
        back += active[j] * plan[1]
        closed += active[j]
    out_need[0], out_need[1], out_need[2] = dwell, forward, back
    out_need[3], out_need[4] = closed, forward_fails


@njit(cache=True, nogil=True, error_model="numpy")
def reuse_room(c, s, head, following, direction, dwell, cos_reuse, colours):
    """Dwell that cell c may still take on satellite s so that no cell has more than `colours` of dwell within
    the reuse angle of it (a greedy schedule then always finds a free channel)."""
    own = 0.0
    room = colours
    d = head[s]
    while d >= 0:
        if _close(direction, c, d, cos_reuse):
            own += dwell[d]
            near = 0.0
            e = head[s]
            while e >= 0:
                if _close(direction, d, e, cos_reuse):
                    near += dwell[e]
                e = following[e]
            room = min(room, colours - near)
        d = following[d]
    return max(0.0, min(room, colours - own))


@njit(cache=True, nogil=True, error_model="numpy")
def _close(direction, a, b, cos_reuse):
    return (
        direction[a, 0] * direction[b, 0]
        + direction[a, 1] * direction[b, 1]
        + direction[a, 2] * direction[b, 2]
    ) >= cos_reuse


@njit(cache=True, nogil=True, error_model="numpy")
def attach(
    order,
    ask,
    start,
    cand_satellite,
    cand_sin,
    cand_clear,
    gateway,
    satellite_km,
    unit,
    site_km,
    radius_km,
    active,
    radio,
    edge_down,
    edge_up,
    terminal,
    loss,
    state,
    cosecant_max,
    lut,
    thresholds,
    inverse,
    single,
    plans,
    peaks,
    design,
    free,
    room,
    limit_code,
    limits,
    guarantee,
    out_satellite,
    out_geometry,
    out_need,
    out_cap,
    out_dwell,
    out_code,
    head,
    following,
):
    """Attach cells to satellites in priority order and, under `guarantee`, give each its admitted level.

    ask (n,): the level of the design plan's ask that is admitted; 0 attaches a cell for the surplus alone.
    limits: [frame, beams_per_cell, colours, cos_reuse]. limit_code (m, 3): the constraint that names each
    free resource. out_geometry (n, 5): sin(elevation), range, cos(scan), base forward, base return.
    out_need (n, 5): see `needs`, at the design plan in this weather. out_cap (n,): the dwell of the top plan.
    """
    n, classes = active.shape
    frame, per_cell, colours, cos_reuse = limits[0], limits[1], limits[2], limits[3]
    modes = np.zeros((2, classes), np.int64)
    top_need = np.zeros(5)
    direction = np.zeros((n, 3))
    used = np.zeros(free.shape[0])
    stopped = limit_code[:, 0].copy()
    for s in range(free.shape[0]):
        for q in (2, 1):
            if free[s, 0] >= frame - EPS and free[s, q] <= EPS:
                stopped[s] = limit_code[s, q]
    top = plans.shape[0] - 1
    per_want = np.zeros(3)
    # Before a link is rated its dwell is guessed from a mode two thirds up its own (padded) ladder.
    rungs = np.isfinite(inverse[0, 0]).sum()
    reference_mbps = 1.0 / inverse[0, 0, max(1, (rungs * 2) // 3)]
    head[:] = -1
    following[:] = -1
    out_satellite[:] = -1
    out_dwell[:] = 0.0
    out_need[:] = 0.0
    out_cap[:] = 0.0
    for i in range(order.shape[0]):
        c = order[i]
        total = 0.0
        for j in range(classes):
            total += active[c, j]
        if total <= 0.0:
            out_code[c] = -1
            continue
        for q in range(2):
            per_want[1 + q] = 1.0 / (max(ask[c], LEAST_WANTED) * total * plans[design, q])
        per_want[0] = per_want[1] * reference_mbps
        banned = -1
        for _attempt in range(2):
            k, code = choose(
                start[c],
                start[c + 1],
                cand_satellite,
                cand_sin,
                cand_clear,
                gateway,
                free,
                room,
                frame,
                stopped,
                banned,
                per_want,
            )
            if k < 0:
                if banned < 0:
                    out_code[c] = code
                break
            s = cand_satellite[k]
            dx = satellite_km[s, 0] - site_km[c, 0]
            dy = satellite_km[s, 1] - site_km[c, 1]
            dz = satellite_km[s, 2] - site_km[c, 2]
            r = math.sqrt(dx * dx + dy * dy + dz * dz)
            scan = (dx * unit[s, 0] + dy * unit[s, 1] + dz * unit[s, 2]) / r
            altitude = (
                math.sqrt(satellite_km[s, 0] ** 2 + satellite_km[s, 1] ** 2 + satellite_km[s, 2] ** 2)
                - EARTH_RADIUS_KM
            )
            base_f, base_r = level_bases_db(r, altitude, scan, radius_km[c], radio, edge_down, edge_up)
            sin_el = cand_sin[k]
            link_modes(
                base_f, base_r, terminal, loss[c], state[c], sin_el, cosecant_max, lut, thresholds, modes
            )
            needs(active[c], modes, inverse, single, plans[design], peaks[design], out_need[c])
            if out_need[c, 0] <= 0.0:
                out_code[c] = LINK if out_need[c, 4] > 0.0 else RETURN_LINK
                banned = s
                continue
            needs(active[c], modes, inverse, single, plans[top], peaks[design], top_need)
            direction[c, 0], direction[c, 1], direction[c, 2] = dx / r, dy / r, dz / r
            out_geometry[c, 0], out_geometry[c, 1], out_geometry[c, 2] = sin_el, r, scan
            out_geometry[c, 3], out_geometry[c, 4] = base_f, base_r
            out_cap[c] = min(top_need[0], per_cell)
            need = out_need[c, 0]
            share, code = ask[c], DEMAND_MET
            if per_cell < share * need:
                share, code = per_cell / need, BEAM_TIME
            for q in range(3):
                if free[s, q] < share * out_need[c, q]:
                    share, code = free[s, q] / out_need[c, q], limit_code[s, q]
            if used[s] + share * need > colours:
                clear = reuse_room(c, s, head, following, direction, out_dwell, cos_reuse, colours)
                if clear < share * need:
                    share, code = clear / need, SPECTRUM
            if guarantee == 0:
                # Only attached now; `top_up` shares. Planned load steers the choice of the next cells.
                free[s, 0] = max(free[s, 0] - min(need, per_cell), frame)
            else:
                if share * need <= EPS and ask[c] > 0.0:
                    out_code[c] = code
                    break
                cost = max(share * need, frame)
                free[s, 0] -= cost
                free[s, 1] -= share * out_need[c, 1]
                free[s, 2] -= share * out_need[c, 2]
                used[s] += cost
                out_dwell[c] = share * need
                for q in range(3):
                    if free[s, q] <= (frame - EPS if q == 0 else EPS):
                        stopped[s] = limit_code[s, q]
                        break
            room[s] -= 1
            out_satellite[c] = s
            out_code[c] = code
            following[c] = head[s]
            head[s] = c
            break
    return direction


@njit(cache=True, nogil=True, error_model="numpy")
def _usage(s, level, head, following, need, cap, dwell, frame, out):
    """Resources of satellite s when every cell stands at `level` or where it is, whichever is more."""
    out[0], out[1], out[2] = 0.0, 0.0, 0.0
    c = head[s]
    while c >= 0:
        x = _raised(c, level, need, cap, dwell)
        out[0] += max(x, frame)
        out[1] += x / need[c, 0] * need[c, 1]
        out[2] += x / need[c, 0] * need[c, 2]
        c = following[c]


@njit(cache=True, nogil=True, error_model="numpy")
def _raised(c, level, need, cap, dwell):
    """Dwell of cell c at a level: never less than it has, never more than its top plan."""
    return min(max(level * need[c, 0], dwell[c]), max(cap[c], dwell[c]))


@njit(cache=True, nogil=True, error_model="numpy")
def _pairs(s, head, following, direction, cos_reuse, first, other):
    """Pairs of cells of satellite s within the reuse angle of each other, both ways; their number, or -1."""
    count = 0
    c = head[s]
    while c >= 0:
        d = head[s]
        while d >= 0:
            if _close(direction, c, d, cos_reuse):
                if count == first.shape[0]:
                    return -1
                first[count], other[count] = c, d
                count += 1
            d = following[d]
        c = following[c]
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _reusable(level, first, other, count, need, cap, dwell, colours):
    """Whether no cell would have more than `colours` of dwell within the reuse angle; pairs by `first`."""
    total = 0.0
    for i in range(count):
        if i > 0 and first[i] != first[i - 1]:
            total = 0.0
        total += _raised(other[i], level, need, cap, dwell)
        if total > colours + EPS:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _highest_level(s, high, capacity, limit_code, limits, head, following, need, cap, direction, dwell):
    """Highest common level that satellite s carries, to 2^-24 of `high`, and what stops it (-1 nothing)."""
    use = np.zeros(3)
    first, other, count = np.empty(0, np.int64), np.empty(0, np.int64), -1
    low, bound = 0.0, -1
    for step in range(25):
        level = high if step == 0 else 0.5 * (low + high)
        _usage(s, level, head, following, need, cap, dwell, limits[0], use)
        failed = -1
        for q in range(3):
            if use[q] > capacity[s, q] + EPS and failed < 0:
                failed = limit_code[s, q]
        if failed < 0 and use[0] > limits[2]:
            while count < 0:
                first, other = (
                    np.empty(4 * first.size + 4096, np.int64),
                    np.empty(4 * first.size + 4096, np.int64),
                )
                count = _pairs(s, head, following, direction, limits[3], first, other)
            if not _reusable(level, first, other, count, need, cap, dwell, limits[2]):
                failed = SPECTRUM
        if failed < 0:
            low = level
            if step == 0:
                break
        else:
            high = level
            bound = failed
    return low, bound


@njit(cache=True, nogil=True, error_model="numpy")
def top_up(capacity, limit_code, limits, head, following, need, cap, direction, dwell, code):
    """Share what is left on each satellite max-min by level (rate per subscriber), up to the top plan.

    The level is raised for all cells below it until a resource of the satellite is used up. Names what stops
    every cell: the used-up resource, its own beams, or `demand_met` at its top plan.
    """
    for s in range(capacity.shape[0]):
        high = 0.0
        c = head[s]
        while c >= 0:
            high = max(high, cap[c] / need[c, 0])
            c = following[c]
        if high <= 0.0:
            continue
        level, bound = _highest_level(
            s, high, capacity, limit_code, limits, head, following, need, cap, direction, dwell
        )
        c = head[s]
        while c >= 0:
            x = _raised(c, level, need, cap, dwell)
            at_top = x >= max(cap[c], dwell[c]) - EPS
            if at_top:
                code[c] = BEAM_TIME if cap[c] >= limits[1] - EPS else DEMAND_MET
            elif x > dwell[c] or code[c] == DEMAND_MET:
                code[c] = bound
            dwell[c] = x
            c = following[c]


@njit(cache=True, nogil=True, error_model="numpy")
def clear_levels(
    satellite,
    geometry,
    dwell,
    capacity,
    active,
    terminal,
    loss,
    cosecant_max,
    lut,
    thresholds,
    inverse,
    single,
    plans,
    peaks,
    out_level,
    out_closed,
):
    """Levels that each cell's dwell carries at every plan in clear sky, and which classes close.

    Dwell was given at one plan; at another the same dwell may ask more Mbps than the satellite or its feeder
    has (capacity (m, 3)), so levels at most 1 are scaled down together until they fit, by satellite.
    out_level (n, p), out_closed (n, p, j).
    """
    n, classes, n_plans = active.shape[0], active.shape[1], plans.shape[0]
    modes = np.zeros((2, classes), np.int64)
    need = np.zeros(n_plans)
    use = np.zeros((capacity.shape[0], n_plans, 2))
    for c in range(n):
        s = satellite[c]
        if s < 0 or dwell[c] <= 0.0:
            continue
        link_modes(
            geometry[c, 3],
            geometry[c, 4],
            terminal,
            loss[c],
            0,
            geometry[c, 0],
            cosecant_max,
            lut,
            thresholds,
            modes,
        )
        _needs_of_plans(active[c], modes, inverse, single, plans, peaks, need, out_closed[c])
        for p in range(n_plans):
            out_level[c, p] = dwell[c] / need[p] if need[p] > 0.0 else 0.0
            for j in range(classes):
                asked = min(1.0, out_level[c, p]) * active[c, j] * out_closed[c, p, j]
                use[s, p, 0] += asked * plans[p, 0]
                use[s, p, 1] += asked * plans[p, 1]
    for c in range(n):
        s = satellite[c]
        if s < 0:
            continue
        for p in range(n_plans):
            worst = max(use[s, p, 0] / capacity[s, 1], use[s, p, 1] / capacity[s, 2])
            if worst > 1.0 + 1e-6:
                out_level[c, p] = min(1.0, out_level[c, p]) / worst


@njit(cache=True, nogil=True, error_model="numpy")
def promised_loads(order, satellite, promised_mbps, out):
    """Load of a cell's promise and of all before it on its satellite: promised_mbps (n, 2) -> out (n, 2).

    In a feeder fade the surplus goes first, then the promises from the last in order up.
    """
    running = np.zeros((satellite.max() + 1, 2)) if satellite.size else np.zeros((0, 2))
    for i in range(order.shape[0]):
        c = order[i]
        s = satellite[c]
        if s >= 0:
            running[s, 0] += promised_mbps[c, 0]
            running[s, 1] += promised_mbps[c, 1]
            out[c, 0], out[c, 1] = running[s, 0], running[s, 1]


@njit(cache=True, nogil=True, error_model="numpy")
def weigh(
    satellite,
    geometry,
    dwell,
    reserve,
    per_cell,
    level,
    closes,
    promised,
    whole,
    kept,
    active,
    terminal,
    loss,
    cosecant_max,
    lut,
    thresholds,
    inverse,
    single,
    plans,
    peaks,
    design,
    probability,
    rung_low,
    rung_ratio_log,
    unit_count,
    out_histogram,
    out_rain,
    out_feeder,
):
    """Add one slot to the weather-weighted survival of every cell: out_histogram[n, p, b, j] += counts.

    State k holds with probability[k]; its rate is that of the worst fade in the state: "at least" is kept.
    A cell in a fade keeps its clear-sky level (n, p) with more dwell, up to reserve[m] of its satellite and
    `per_cell`; what that costs others is measured by the drawn rain states. The feeder carries everything
    with probability whole[m], and a cell's promise, the share promised[n] of its level, with kept[n]. Counts
    are integers (unit_count to the slot), so sums do not depend on how time was cut. Bin 0 says "nothing",
    bin b >= 1 level >= rung_low x ratio^(b-1), the last bin level >= 1. out_rain: counts in which weather
    takes from the design plan's ask; out_feeder: counts lost to the gateway.
    """
    classes, n_plans = active.shape[1], plans.shape[0]
    modes = np.zeros((2, classes), np.int64)
    need = np.zeros(n_plans)
    closed = np.zeros((n_plans, classes), np.int64)
    states = probability.shape[0]
    for c in range(active.shape[0]):
        s = satellite[c]
        if s < 0 or dwell[c] <= 0.0:
            continue
        up = max(kept[c], whole[s])
        out_feeder[c] += round((1.0 - up) * unit_count)
        most = max(dwell[c], min(reserve[s], per_cell))
        base_f, base_r, sin_el, cell_loss = geometry[c, 3], geometry[c, 4], geometry[c, 0], loss[c]
        # Fades worsen with k, so the states that change nothing are the first ones: bisect for the last of
        # them, asking the worst state first.
        harmless, beyond, k = 0, states + 1, states
        while harmless + 1 < beyond:
            link_modes(base_f, base_r, terminal, cell_loss, k, sin_el, cosecant_max, lut, thresholds, modes)
            _needs_of_plans(active[c], modes, inverse, single, plans, peaks, need, closed)
            if _changes_nothing(level[c], need, closed, closes[c], most):
                harmless = k
            else:
                beyond = k
            k = (harmless + beyond) // 2
        share = 0.0
        for k in range(harmless):
            share += probability[k]
        for p in range(n_plans):
            _count(
                out_histogram[c, p],
                closes[c, p],
                level[c, p],
                promised[c],
                np.inf,
                share,
                whole[s],
                up,
                rung_low,
                rung_ratio_log,
                unit_count,
            )
        for k in range(harmless + 1, states + 1):
            link_modes(base_f, base_r, terminal, cell_loss, k, sin_el, cosecant_max, lut, thresholds, modes)
            _needs_of_plans(active[c], modes, inverse, single, plans, peaks, need, closed)
            share = probability[k - 1]
            if min(need[design], level[c, design] * need[design]) > most * (1.0 + EPS) or need[design] <= 0.0:
                out_rain[c] += round(share * up * unit_count)
            for p in range(n_plans):
                if need[p] > 0.0:
                    _count(
                        out_histogram[c, p],
                        closed[p],
                        level[c, p],
                        promised[c],
                        most / need[p],
                        share,
                        whole[s],
                        up,
                        rung_low,
                        rung_ratio_log,
                        unit_count,
                    )


@njit(cache=True, nogil=True, error_model="numpy")
def _changes_nothing(level, need, closed, closes, most):
    for p in range(level.shape[0]):
        if level[p] * need[p] > most:
            return False
        for j in range(closes.shape[1]):
            if closed[p, j] != closes[p, j]:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _count(
    histogram, closed, level, promised, ceiling, share, whole, up, rung_low, rung_ratio_log, unit_count
):
    """Count one weather share: the level while the feeder carries all, the promise while it carries that."""
    top = histogram.shape[0]
    b = _rung(min(level, ceiling), rung_low, rung_ratio_log, top)
    count = round(share * whole * unit_count)
    for j in range(closed.shape[0]):
        histogram[b, j] += count * closed[j]
    rest = round(share * (up - whole) * unit_count)
    if rest > 0 and promised > 0.0:
        b = _rung(min(level * promised, ceiling), rung_low, rung_ratio_log, top)
        for j in range(closed.shape[0]):
            histogram[b, j] += rest * closed[j]


@njit(cache=True, nogil=True, error_model="numpy")
def _needs_of_plans(active, modes, inverse, single, plans, peaks, out_need, out_closed):
    """Dwell of `needs` for every plan at once, and which classes close (1) at each."""
    for p in range(plans.shape[0]):
        dwell = 0.0
        for j in range(active.shape[0]):
            f, r = modes[0, j], modes[1, j]
            if single[0, j, f] >= peaks[p, 0, j] and single[1, j, r] >= peaks[p, 1, j]:
                dwell += active[j] * max(plans[p, 0] * inverse[0, j, f], plans[p, 1] * inverse[1, j, r])
                out_closed[p, j] = 1
            else:
                out_closed[p, j] = 0
        out_need[p] = dwell


@njit(cache=True, nogil=True, error_model="numpy")
def _rung(level, low, ratio_log, bins):
    if level >= 1.0 - 1e-9:
        return bins - 1
    if level < low:
        return 0
    return 1 + int(math.log(level / low) / ratio_log + 1e-9)


@njit(cache=True, nogil=True, error_model="numpy")
def tally(code, carried, active_total, unit_count, out_count, out_unserved):
    """Count each cell's binding constraint, and weigh it by the share of the ask that stays unserved."""
    for c in range(code.shape[0]):
        if active_total[c] <= 0.0:
            continue
        out_count[c, code[c]] += 1
        out_unserved[c, code[c]] += round((1.0 - min(1.0, carried[c])) * unit_count)


@njit(cache=True, nogil=True, error_model="numpy")
def tally_storm(state, clear_level, wet_level, unit_count, out_clear, out_wet):
    """Sum, over cells that are dry themselves, the level in clear sky and in the drawn states."""
    for c in range(state.shape[0]):
        if state[c] == 0:
            out_clear[c] += round(min(1.0, clear_level[c]) * unit_count)
            out_wet[c] += round(min(1.0, wet_level[c]) * unit_count)
