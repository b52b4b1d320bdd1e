"""Numeric core of `access`: who sees whom, on WGS84, with the true mask. Plain arrays, radians, km.

Satellites are few and move; cells are many and stand still. Cells are grouped (all cells of one coarse
parent); a group keeps the satellites that any of its cells could see, and only those meet the exact test
sin(elevation) = d . n / |d|, where n is the ellipsoid's normal at the cell.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numba import njit

EARTH_POLAR_RADIUS_KM = 6356.7523142
GSO_RADIUS_KM = 42164.1696
# Geodetic and geocentric verticals differ by at most 0.193 degrees on WGS84.
VERTICAL_MARGIN_RAD = math.radians(0.2)
# The table is too coarse near the horizon (its axes are horizontal components) and within about a cell of the
# kink at the arc itself: there the arc is searched.
TABLE_SIN_ELEVATION = math.sin(math.radians(21.0))
TABLE_LEAST_LIMIT_RAD = math.radians(4.0)
ARC_STEP_RAD = math.radians(6.0)
ARC_SCAN = np.array([[math.cos(i * ARC_STEP_RAD), math.sin(i * ARC_STEP_RAD)] for i in range(-14, 15)])
"""Places of the arc that are looked at first: cosine and sine of their longitude from the site."""
ARC_CUTS, NEWTON_STEPS = 34, 12
GOLDEN = 0.6180339887498949
# Nor where its next row of latitude may see no arc at all (from 81.3 degrees).
TABLE_LEAST_COS_LATITUDE = math.cos(math.radians(80.5))
SEEN, CLEAR, DOUBTFUL, KEPT = 0, 1, 2, 3
"""Flags of a satellite as one site sees it."""
HEIGHT, ALONG, NORTH, RANGE = 0, 1, 2, 3
"""Figures of it: see `_sight`."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""


class Positions(NamedTuple):
    """Satellites near an area: km and unit (m, 3); angle (m,): of their footprints, rad."""

    km: Any
    unit: Any
    angle: Any


class Ground(NamedTuple):
    """Sites (n,) in groups that share a list of satellites.

    km (n, 3); basis (n, 3, 3): rows east, north, up of each. sin_mask (n, a): sine of the mask in `a` equal
    azimuth bins from north. bands (n, 6): the least and the most of those, then the sines of the declinations
    that settle most directions without a look at the arc: clear below the first and above the last, too close
    between the middle two. group_axis (g, 3), group_radius (g,), group_start (g + 1,): the groups.
    arc_row (n,), arc_site (n, 4): the site in the table of the GSO arc; arc_limit (n,): radians to keep from
    it, <= 0 for no rule.
    """

    km: Any
    basis: Any
    sin_mask: Any
    bands: Any
    group_axis: Any
    group_radius: Any
    group_start: Any
    arc_row: Any
    arc_site: Any
    arc_limit: Any


class Arc(NamedTuple):
    """Separation (rad) from the arc (see `fill_arc_table`), and how near the limit it is not trusted."""

    table: Any
    doubt: float


@inner
def footprint_angle(radius_km, min_elevation_rad):
    """Upper bound of the central angle at which a satellite at a radius stands at the minimum elevation."""
    cosine = EARTH_POLAR_RADIUS_KM / radius_km * math.cos(min_elevation_rad)
    return math.acos(cosine) - min_elevation_rad + VERTICAL_MARGIN_RAD


@kernel
def footprint_angles(position_km, min_elevation_rad, out_unit, out_angle):
    """Unit vectors and upper bounds of the central angle at which each satellite stands at the minimum
    elevation; NaN positions get an angle of -1 and are seen by nobody."""
    for s in range(position_km.shape[1]):
        x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
        r = math.sqrt(x * x + y * y + z * z)
        if not r > EARTH_POLAR_RADIUS_KM:
            out_angle[s] = -1.0
            out_unit[s, 0], out_unit[s, 1], out_unit[s, 2] = 1.0, 0.0, 0.0
            continue
        out_unit[s, 0], out_unit[s, 1], out_unit[s, 2] = x / r, y / r, z / r
        out_angle[s] = footprint_angle(r, min_elevation_rad)


@kernel
def near_disc(position_km, min_elevation_rad, axis, radius_rad, out_index):
    """Indices of the satellites whose footprint reaches the disc (axis, radius); returns their number.

    Most are ruled out by the widest footprint of the fleet, without an angle of their own.
    """
    n = position_km.shape[1]
    square, dot = np.empty(n), np.empty(n)
    for s in range(n):
        x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
        square[s] = x * x + y * y + z * z
        dot[s] = x * axis[0] + y * axis[1] + z * axis[2]
    highest = 0.0
    for s in range(n):
        highest = max(highest, square[s]) if square[s] < np.inf else highest
    if not highest > EARTH_POLAR_RADIUS_KM**2:
        return 0
    widest = footprint_angle(math.sqrt(highest), min_elevation_rad) + radius_rad
    least = math.cos(min(widest, math.pi)) - 1e-9
    count = 0
    for s in range(n):
        r = math.sqrt(square[s])
        if r > EARTH_POLAR_RADIUS_KM and dot[s] >= least * r:
            reach = min(footprint_angle(r, min_elevation_rad) + radius_rad, math.pi)
            if dot[s] >= math.cos(reach) * r:
                out_index[count] = s
                count += 1
    return count


@inner
def _near_group(unit, angle, cosine, sine, axis, radius_rad, out_index):
    """Indices of satellites (cosine and sine of their `angle`) that a group of sites may see; their number.

    A hair more than reach the disc: every pair meets the exact test."""
    cos_radius, sin_radius, count = math.cos(radius_rad), math.sin(radius_rad), 0
    for s in range(unit.shape[0]):
        dot = unit[s, 0] * axis[0] + unit[s, 1] * axis[1] + unit[s, 2] * axis[2]
        reaches = dot >= cosine[s] * cos_radius - sine[s] * sin_radius - 1e-12
        if angle[s] > 0.0 and (reaches or angle[s] + radius_rad >= math.pi):
            out_index[count] = s
            count += 1
    return count


@kernel
def arc_separation(latitude_sin, latitude_cos, site_x, site_z, e, n, u):
    """Angle (rad) between the local direction (e, n, u) and the nearest point of the visible GSO arc,
    seen from a site at longitude 0 with ECEF (site_x, 0, site_z). Pi where no part of the arc is visible.

    Coarse scan of the arc, then the best place beside its best point: the stationary one by Newton's method;
    where it finds none, as at an end of the visible arc, by a golden section, to 2e-8 rad.
    """
    dx, dz = u * latitude_cos - n * latitude_sin, u * latitude_sin + n * latitude_cos
    look = latitude_sin, latitude_cos, site_x, site_z, dx, e, dz
    best, at = -2.0, 0
    for i in range(ARC_SCAN.shape[0]):
        value = _arc_cosine(ARC_SCAN[i, 0], ARC_SCAN[i, 1], look)
        if value > best:
            best, at = value, i
    if best < -1.5:
        return math.pi
    middle = (at - ARC_SCAN.shape[0] // 2) * ARC_STEP_RAD
    found, theta = _stationary(middle, look)
    if not found:
        theta = _golden(middle - ARC_STEP_RAD, middle + ARC_STEP_RAD, look)
    best = max(best, _arc_cosine(math.cos(theta), math.sin(theta), look))
    return math.acos(min(1.0, max(-1.0, best)))


@inner
def _stationary(middle, look):
    """Whether there is a place within a step of `middle` where the cosine of the angle from the arc to a
    direction, (p . d) / |p| for p from the site, is greatest; and that place: the root of
    (p' . d) |p|^2 - (p . d) (p . p')."""
    _, _, site_x, site_z, dx, dy, dz = look
    theta, step = middle, ARC_STEP_RAD
    for _ in range(NEWTON_STEPS):
        c, s = GSO_RADIUS_KM * math.cos(theta), GSO_RADIUS_KM * math.sin(theta)
        px = c - site_x
        along, square = px * dx + s * dy - site_z * dz, px * px + s * s + site_z * site_z
        slope, bend = c * dy - s * dx, -(c * dx + s * dy)
        half, curve = s * site_x, c * site_x  # p . p', and how it changes
        change = bend * square + slope * half - along * curve
        if change >= 0.0:
            return False, middle
        step = (slope * square - along * half) / change
        theta -= step
        if abs(step) < 1e-10 or abs(theta - middle) > ARC_STEP_RAD:
            break
    seen = _arc_cosine(math.cos(theta), math.sin(theta), look) > -1.5
    return seen and abs(step) < 1e-10 and abs(theta - middle) <= ARC_STEP_RAD, theta


@inner
def _golden(low, high, look):
    """Place on the arc between two others where that cosine is greatest, a part of it below the horizon."""
    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    fa, fb = _arc_cosine(math.cos(a), math.sin(a), look), _arc_cosine(math.cos(b), math.sin(b), look)
    for _ in range(ARC_CUTS):
        if fa > fb:
            high, b, fb = b, a, fa
            a = high - GOLDEN * (high - low)
            fa = _arc_cosine(math.cos(a), math.sin(a), look)
        else:
            low, a, fa = a, b, fb
            b = low + GOLDEN * (high - low)
            fb = _arc_cosine(math.cos(b), math.sin(b), look)
    return a if fa > fb else b


@inner
def _arc_cosine(c, s, look):
    """Cosine of the angle between a direction and the point of the arc at a longitude of cosine c and sine s;
    -2 below the horizon. look: sine and cosine of the site's latitude, its x and z, and the direction."""
    latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz = look
    gx, gy, gz = GSO_RADIUS_KM * c - site_x, GSO_RADIUS_KM * s, -site_z
    if gx * latitude_cos + gz * latitude_sin < 0.0:
        return -2.0
    return (gx * dx + gy * dy + gz * dz) / math.sqrt(gx * gx + gy * gy + gz * gz)


@kernel
def fill_arc_table(latitude_rad, site_x, site_z, horizontal_limit, out):
    """Separation (rad) from the arc on a grid of local directions: out[lat, |east|, north + 1]."""
    rows, n_e, n_n = out.shape
    for k in range(rows):
        sin_lat, cos_lat = math.sin(latitude_rad[k]), math.cos(latitude_rad[k])
        for i in range(n_e):
            e = i / (n_e - 1)
            for j in range(n_n):
                n = 2.0 * j / (n_n - 1) - 1.0
                h = e * e + n * n
                if h > horizontal_limit:
                    out[k, i, j] = math.pi
                    continue
                u = math.sqrt(max(0.0, 1.0 - h))
                out[k, i, j] = arc_separation(sin_lat, cos_lat, site_x[k], site_z[k], e, n, u)


@inner
def table_separation(table, row, e, n):
    """Interpolated separation (rad) from the arc; `row` is a fractional index into two or more latitudes."""
    rows, n_e, n_n = table.shape
    k = min(int(row), rows - 2)
    x = min(abs(e), 1.0) * (n_e - 1)
    i = min(int(x), n_e - 2)
    fx = x - i
    y = (n + 1.0) * 0.5 * (n_n - 1)
    j = min(max(int(y), 0), n_n - 2)
    fy = y - j
    low = _bilinear(table, k, i, j, fx, fy)
    return low + (row - k) * (_bilinear(table, k + 1, i, j, fx, fy) - low)


@inner
def _bilinear(table, k, i, j, fx, fy):
    a = table[k, i, j] * (1.0 - fx) + table[k, i + 1, j] * fx
    b = table[k, i, j + 1] * (1.0 - fx) + table[k, i + 1, j + 1] * fx
    return a * (1.0 - fy) + b * fy


@inner
def clears_arc(table, row, limit_rad, doubt_rad, sin_lat, cos_lat, site_x, site_z, e, n, u):
    """Whether a direction keeps `limit_rad` from the arc: by table, exactly where the table is in doubt."""
    if (
        u >= TABLE_SIN_ELEVATION
        and limit_rad >= TABLE_LEAST_LIMIT_RAD
        and cos_lat >= TABLE_LEAST_COS_LATITUDE
    ):
        value = table_separation(table, row, e, n)
        if abs(value - limit_rad) > doubt_rad:
            return value >= limit_rad
    return arc_separation(sin_lat, cos_lat, site_x, site_z, e, n, u) >= limit_rad


@kernel
def find_visible(
    fleet, number, ground, cos_scan_limit, arc, clear_alone, out_start, out_satellite, out_sine, out_clear
):
    """Sparse visibility of one step, as CSR over sites: the `number` (m,) of each satellite in view, the
    sine of its elevation, and whether it is clear of the arc; with `clear_alone` the others are left out.

    cos_scan_limit: cosine of the largest angle off nadir at the satellite. Returns the number of pairs
    written, or -1 - c if the output is too small at site c.
    """
    m = fleet.km.shape[0]
    near, place, sky = np.empty(m, np.int64), np.empty((6, m)), np.empty((4, m))
    flag = np.empty((4, m), np.int64)
    cosine, sine = np.cos(fleet.angle), np.sin(fleet.angle)
    count = 0
    for g in range(ground.group_axis.shape[0]):
        n_near = _gather(g, fleet, cosine, sine, ground, near, place)
        for q in range(n_near):
            near[q] = number[near[q]]
        for c in range(ground.group_start[g], ground.group_start[g + 1]):
            out_start[c] = count
            if count + n_near > out_satellite.shape[0]:
                return -1 - c
            if _look_up(place, n_near, c, ground, cos_scan_limit, clear_alone, sky, flag) > 0:
                _settle(n_near, c, place, sky, ground, arc, clear_alone, flag)
            for q in range(n_near):
                out_satellite[count], out_sine[count] = near[q], sky[HEIGHT, q] / sky[RANGE, q]
                out_clear[count] = flag[CLEAR, q]
                count += flag[KEPT, q]
    out_start[ground.km.shape[0]] = count
    return count


@kernel
def count_visible(fleet, ground, cos_scan_limit, people, out_count, out_people, out_seen):
    """How many satellites each site sees, out_count (n,), and the people (n,) of the sites spread evenly over
    those that they see, added to out_people (m,); out_seen (m,): 1 where any site sees it."""
    m = fleet.km.shape[0]
    near, place, sky = np.empty(m, np.int64), np.empty((6, m)), np.empty((4, m))
    sees, total, ever = np.empty(m), np.empty(m), np.empty(m)
    cosine, sine = np.cos(fleet.angle), np.sin(fleet.angle)
    for g in range(ground.group_axis.shape[0]):
        n_near = _gather(g, fleet, cosine, sine, ground, near, place)
        for q in range(n_near):
            total[q], ever[q] = out_people[near[q]], 0.0
        for c in range(ground.group_start[g], ground.group_start[g + 1]):
            _sight(place, n_near, ground.km[c], ground.basis[c, 2], sky)
            count = _visible(place, n_near, c, ground, cos_scan_limit, sky, sees)
            out_count[c] = count
            each = people[c] / count if count > 0 else 0.0
            for q in range(n_near):
                total[q] += sees[q] * each
                ever[q] = max(ever[q], sees[q])
        for q in range(n_near):
            out_people[near[q]] = total[q]
            out_seen[near[q]] = 1 if ever[q] > 0.0 else out_seen[near[q]]


@kernel
def find_clear(fleet, ground, cos_scan_limit, arc, asked, out):
    """Whether some satellite in view is clear of the arc, out (n,), for the sites asked for, (n,)."""
    m = fleet.km.shape[0]
    near, place, sky = np.empty(m, np.int64), np.empty((6, m)), np.empty((4, m))
    flag = np.empty((4, m), np.int64)
    cosine, sine = np.cos(fleet.angle), np.sin(fleet.angle)
    for g in range(ground.group_axis.shape[0]):
        first, last = ground.group_start[g], ground.group_start[g + 1]
        if not np.any(asked[first:last]):
            continue
        n_near = _gather(g, fleet, cosine, sine, ground, near, place)
        for c in range(first, last):
            if asked[c]:
                if _look_up(place, n_near, c, ground, cos_scan_limit, True, sky, flag) > 0:
                    _settle(n_near, c, place, sky, ground, arc, True, flag)
                for q in range(n_near):
                    out[c] |= flag[KEPT, q] == 1


@inner
def _gather(g, fleet, cosine, sine, ground, near, place):
    """The satellites that a group of sites may see: their number, which, and place (6, q), km and unit."""
    n_near = _near_group(
        fleet.unit, fleet.angle, cosine, sine, ground.group_axis[g], ground.group_radius[g], near
    )
    for q in range(n_near):
        for axis in range(3):
            place[axis, q], place[3 + axis, q] = fleet.km[near[q], axis], fleet.unit[near[q], axis]
    return n_near


@inner
def _sight(place, near, site, up, out_sky):
    """Satellites from a site, out_sky (4, q): range, z, and range times the sine of the elevation and times
    the cosine of the scan angle; vectorised. place (6, q): where they are, and their unit vectors."""
    x0, y0, z0, ux, uy, uz = site[0], site[1], site[2], up[0], up[1], up[2]
    for q in range(near):
        dx, dy, dz = place[0, q] - x0, place[1, q] - y0, place[2, q] - z0
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        out_sky[RANGE, q], out_sky[NORTH, q] = r, dz
        out_sky[HEIGHT, q] = dx * ux + dy * uy + dz * uz
        out_sky[ALONG, q] = dx * place[3, q] + dy * place[4, q] + dz * place[5, q]


@inner
def _visible(place, near, c, ground, cos_scan_limit, sky, out_sees):
    """Whether site c sees each satellite, out_sees (q,) of 0.0 and 1.0; their number."""
    least, most, count = ground.bands[c, 0], ground.bands[c, 1], 0
    for q in range(near):
        height, r = sky[HEIGHT, q], sky[RANGE, q]
        seen = (height >= least * r) & (height > 0.0) & (sky[ALONG, q] >= cos_scan_limit * r)
        out_sees[q] = 1.0 if seen else 0.0
        count += 1 if seen else 0
    if most > least:
        for q in range(near):
            if out_sees[q] > 0.0 and _hidden(q, c, place, sky, ground):
                out_sees[q] = 0.0
                count -= 1
    return count


@inner
def _look_up(place, near, c, ground, cos_scan_limit, clear_alone, out_sky, out_flag):
    """What site c sees of satellites (see `_sight`), and what follows, out_flag (4, q) of 0 and 1.

    SEEN: above the mask's lowest point and within the scan limit. CLEAR: surely clear of the arc, or not
    ruled by it. DOUBTFUL: seen, but a look at the mask or the arc is needed; their number is returned. KEPT:
    seen, and not surely too close to the arc if `clear_alone`.
    """
    _sight(place, near, ground.km[c], ground.basis[c, 2], out_sky)
    bands, free, doubts = ground.bands[c], ground.arc_limit[c] <= 0.0, 0
    least, most = bands[0], bands[1]
    south, hit_south, hit_north, north = bands[2], bands[3], bands[4], bands[5]
    for q in range(near):
        height, dz, r = out_sky[HEIGHT, q], out_sky[NORTH, q], out_sky[RANGE, q]
        seen = (height >= least * r) & (height > 0.0) & (out_sky[ALONG, q] >= cos_scan_limit * r)
        clear = free | (dz >= north * r) | (dz <= south * r)
        hit = (dz > hit_south * r) & (dz < hit_north * r)
        doubtful = seen & ((height < most * r) | ~(clear | hit))
        out_flag[SEEN, q] = 1 if seen else 0
        out_flag[CLEAR, q] = 1 if clear else 0
        out_flag[DOUBTFUL, q] = 1 if doubtful else 0
        out_flag[KEPT, q] = 1 if seen & (clear | doubtful | (not clear_alone)) else 0
        doubts += 1 if doubtful else 0
    return doubts


@inner
def _settle(near, c, place, sky, ground, arc, clear_alone, flag):
    """Take a second look at the doubtful satellites: what is behind the mask is not kept, nor, with
    `clear_alone`, what is too close to the arc."""
    for q in range(near):
        if flag[DOUBTFUL, q]:
            hidden = _hidden(q, c, place, sky, ground)
            if not hidden and not flag[CLEAR, q]:
                flag[CLEAR, q] = 1 if _clears(q, c, place, sky, ground, arc) else 0
            flag[KEPT, q] = 0 if hidden or (clear_alone and not flag[CLEAR, q]) else 1


@inner
def _along(q, c, axis, place, sky, ground):
    """Component of the direction from site c to satellite q along an axis of its basis: east 0, north 1."""
    dx, dy, dz = place[0, q] - ground.km[c, 0], place[1, q] - ground.km[c, 1], sky[NORTH, q]
    basis = ground.basis[c, axis]
    return (dx * basis[0] + dy * basis[1] + dz * basis[2]) / sky[RANGE, q]


@inner
def _hidden(q, c, place, sky, ground):
    """Whether a satellite above the mask's lowest point is below the mask in its azimuth."""
    u = sky[HEIGHT, q] / sky[RANGE, q]
    if u >= ground.bands[c, 1]:
        return False
    e, n = _along(q, c, 0, place, sky, ground), _along(q, c, 1, place, sky, ground)
    return u < ground.sin_mask[c, _azimuth_bin(e, n, ground.sin_mask.shape[1])]


@inner
def _clears(q, c, place, sky, ground, arc):
    """Whether a satellite in view of site c is clear of the arc, by its bands if they settle it."""
    r = sky[RANGE, q]
    if ground.bands[c, 3] * r < sky[NORTH, q] < ground.bands[c, 4] * r:
        return False
    e, n = _along(q, c, 0, place, sky, ground), _along(q, c, 1, place, sky, ground)
    site, limit, u = ground.arc_site[c], ground.arc_limit[c], sky[HEIGHT, q] / r
    return clears_arc(
        arc.table, ground.arc_row[c], limit, arc.doubt, site[0], site[1], site[2], site[3], e, n, u
    )


@inner
def _azimuth_bin(e, n, bins):
    azimuth = math.atan2(e, n)
    if azimuth < 0.0:
        azimuth += 2.0 * math.pi
    return min(int(azimuth / (2.0 * math.pi) * bins), bins - 1)
