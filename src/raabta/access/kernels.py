"""Numeric core of `access`: who sees whom, on WGS84, with the true mask. Plain arrays, radians, km.

Satellites are few and move; cells are many and stand still. Cells are grouped (all cells of one coarse
parent); a group keeps the satellites that any of its cells could see, and only those meet the exact test
sin(elevation) = d . n / |d|, where n is the ellipsoid's normal at the cell.
"""

from __future__ import annotations

import math

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
ARC_CUTS, TABLE_CUTS = 34, 16
"""Golden sections of the arc: for an exact separation, and for the table's (0.006 deg along the arc)."""
# Nor where its next row of latitude may see no arc at all (from 81.3 degrees).
TABLE_LEAST_COS_LATITUDE = math.cos(math.radians(80.5))
SEEN, CLEAR, DOUBTFUL = 0, 1, 2
"""Flags of a satellite as one site sees it."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
"""Called by kernels, allocates nothing: else every array it takes would be counted in and out again."""


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
def arc_separation(latitude_sin, latitude_cos, site_x, site_z, e, n, u, cuts=ARC_CUTS):
    """Angle (rad) between the local direction (e, n, u) and the nearest point of the visible GSO arc,
    seen from a site at longitude 0 with ECEF (site_x, 0, site_z). Pi where no part of the arc is visible.

    Coarse scan of the arc, then golden section around the best point, which 34 cuts find to 2e-8 rad.
    """
    dx = u * latitude_cos - n * latitude_sin
    dy = e
    dz = u * latitude_sin + n * latitude_cos
    best, best_theta = -2.0, 0.0
    step = math.radians(6.0)
    for i in range(-14, 15):
        value = _arc_cosine(i * step, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz)
        if value > best:
            best, best_theta = value, i * step
    if best < -1.5:
        return math.pi
    lo, hi = best_theta - step, best_theta + step
    golden = 0.6180339887498949
    a, b = hi - golden * (hi - lo), lo + golden * (hi - lo)
    fa = _arc_cosine(a, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz)
    fb = _arc_cosine(b, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz)
    for _ in range(cuts):
        if fa > fb:
            hi, b, fb = b, a, fa
            a = hi - golden * (hi - lo)
            fa = _arc_cosine(a, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz)
        else:
            lo, a, fa = a, b, fb
            b = lo + golden * (hi - lo)
            fb = _arc_cosine(b, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz)
    return math.acos(min(1.0, max(-1.0, max(best, fa, fb))))


@kernel
def _arc_cosine(theta, latitude_sin, latitude_cos, site_x, site_z, dx, dy, dz):
    gx = GSO_RADIUS_KM * math.cos(theta) - site_x
    gy = GSO_RADIUS_KM * math.sin(theta)
    gz = -site_z
    r = math.sqrt(gx * gx + gy * gy + gz * gz)
    if gx * latitude_cos + gz * latitude_sin < 0.0:
        return -2.0
    return (gx * dx + gy * dy + gz * dz) / r


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
                out[k, i, j] = arc_separation(sin_lat, cos_lat, site_x[k], site_z[k], e, n, u, TABLE_CUTS)


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
    satellite_km,
    unit,
    angle,
    group_axis,
    group_radius,
    group_start,
    site_km,
    basis,
    sin_mask,
    bands,
    cos_scan_limit,
    arc_table,
    arc_row,
    arc_site,
    arc_limit,
    arc_doubt,
    out_start,
    out_satellite,
    out_sin_elevation,
    out_clear,
):
    """Sparse visibility of one step, as CSR over sites.

    satellite_km (m, 3), unit (m, 3), angle (m,): the satellites near the area and their footprints.
    basis (n, 3, 3): rows east, north, up of each site. sin_mask (n, a): sine of the mask in `a` equal azimuth
    bins from north. bands (n, 6): the least and the most of those, then the sines of the declinations that
    settle most directions without a look at the arc: clear below the first and above the last, too close
    between the middle two. cos_scan_limit: cosine of the largest angle off nadir at the satellite.
    arc_*: table of the GSO arc; arc_limit (n,) <= 0 switches the test off (then clear).
    Returns the number of pairs written, or -1 - c if the output is too small at site c.
    """
    m = satellite_km.shape[0]
    near, place, sky = np.empty(m, np.int64), np.empty((6, m)), np.empty((4, m))
    flag, doubt = np.empty((3, m), np.int64), np.empty((2, m + 1), np.int64)
    cosine, sine = np.cos(angle), np.sin(angle)
    count = 0
    for g in range(group_axis.shape[0]):
        n_near = _near_group(unit, angle, cosine, sine, group_axis[g], group_radius[g], near)
        for q in range(n_near):
            for axis in range(3):
                place[axis, q], place[3 + axis, q] = satellite_km[near[q], axis], unit[near[q], axis]
        for c in range(group_start[g], group_start[g + 1]):
            out_start[c] = count
            if count + n_near > out_satellite.shape[0]:
                return -1 - c
            ruled = arc_limit[c] > 0.0
            _look_up(place, n_near, site_km[c], basis[c, 2], bands[c], ruled, cos_scan_limit, sky, flag)
            doubts = 0
            for q in range(n_near):
                out_satellite[count], out_sin_elevation[count] = near[q], sky[0, q]
                out_clear[count] = flag[CLEAR, q]
                doubt[0, doubts], doubt[1, doubts] = q, count
                doubts += flag[DOUBTFUL, q]
                count += flag[SEEN, q]
            dropped = 0
            for i in range(doubts):
                q, k = doubt[0, i], doubt[1, i]
                u, r = sky[0, q], sky[3, q]
                dx, dy, dz = place[0, q] - site_km[c, 0], place[1, q] - site_km[c, 1], sky[2, q]
                e = (dx * basis[c, 0, 0] + dy * basis[c, 0, 1] + dz * basis[c, 0, 2]) / r
                n = (dx * basis[c, 1, 0] + dy * basis[c, 1, 1] + dz * basis[c, 1, 2]) / r
                if u < bands[c, 1] and u < sin_mask[c, _azimuth_bin(e, n, sin_mask.shape[1])]:
                    out_satellite[k] = -1
                    dropped += 1
                elif flag[CLEAR, q] == 0 and not bands[c, 3] * r < dz < bands[c, 4] * r:
                    out_clear[k] = clears_arc(
                        arc_table,
                        arc_row[c],
                        arc_limit[c],
                        arc_doubt,
                        arc_site[c, 0],
                        arc_site[c, 1],
                        arc_site[c, 2],
                        arc_site[c, 3],
                        e,
                        n,
                        u,
                    )
            if dropped > 0:
                count = _close_up(out_start[c], count, out_satellite, out_sin_elevation, out_clear)
    out_start[site_km.shape[0]] = count
    return count


@inner
def _look_up(place, near, site, up, bands, ruled, cos_scan_limit, out_sky, out_flag):
    """Sine of the elevation, cosine of the scan angle, z and range of satellites from a site, out_sky (4, q),
    and what follows of them, out_flag (3, q) of 0 and 1; vectorised.

    place (6, q): where they are, and their unit vectors. SEEN: above the mask's lowest point and within the
    scan limit. CLEAR: surely clear of
    the arc, or not `ruled` by it. DOUBTFUL: seen, but a look at the mask or the arc is needed.
    """
    x0, y0, z0, ux, uy, uz = site[0], site[1], site[2], up[0], up[1], up[2]
    least, most = bands[0], bands[1]
    south, hit_south, hit_north, north = bands[2], bands[3], bands[4], bands[5]
    for q in range(near):
        dx, dy, dz = place[0, q] - x0, place[1, q] - y0, place[2, q] - z0
        r = math.sqrt(dx * dx + dy * dy + dz * dz)
        out_sky[0, q] = (dx * ux + dy * uy + dz * uz) / r
        out_sky[1, q] = (dx * place[3, q] + dy * place[4, q] + dz * place[5, q]) / r
        out_sky[2, q] = dz
        out_sky[3, q] = r
    for q in range(near):
        u, dz, r = out_sky[0, q], out_sky[2, q], out_sky[3, q]
        seen = (u >= least) & (u > 0.0) & (out_sky[1, q] >= cos_scan_limit)
        clear = (not ruled) | (dz >= north * r) | (dz <= south * r)
        hit = (dz > hit_south * r) & (dz < hit_north * r)
        out_flag[SEEN, q] = 1 if seen else 0
        out_flag[CLEAR, q] = 1 if clear else 0
        out_flag[DOUBTFUL, q] = 1 if seen & ((u < most) | ~(clear | hit)) else 0


@inner
def _close_up(first, last, satellite, sin_elevation, clear):
    """Drop the pairs from `first` to `last` whose satellite is -1; returns where they end."""
    count = first
    for k in range(first, last):
        satellite[count], sin_elevation[count], clear[count] = satellite[k], sin_elevation[k], clear[k]
        count += 1 if satellite[k] >= 0 else 0
    return count


@inner
def _azimuth_bin(e, n, bins):
    azimuth = math.atan2(e, n)
    if azimuth < 0.0:
        azimuth += 2.0 * math.pi
    return min(int(azimuth / (2.0 * math.pi) * bins), bins - 1)
