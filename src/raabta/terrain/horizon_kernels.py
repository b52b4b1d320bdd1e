"""Horizons of one site: every line of sight walked from cell to cell of the raster. Plain arrays, metres.

Between four samples the ground is bilinear, so along a line it is a parabola in each cell. Its angle seen
from the site, curvature included, is taken where the line enters and leaves a cell and, where it has one, at
the summit between: no step is chosen and none is missed.
"""

from __future__ import annotations

import math

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
NOTHING = -1e9
"""Tangent of a horizon where nothing is in sight."""
NEAREST_M = 1e-6


@inner
def tangent(height, distance_m, eye, radius_m):
    """Tangent of the elevation of ground of `height` at an arc of `distance_m`, from an eye `eye` high.

    Both m above a sphere of `radius_m`. With w = 2 tan(angle / 2): rise / (R' w) - (1 + R / R') w / 4.
    """
    w = 2.0 * math.tan(0.5 * distance_m / radius_m)
    far = radius_m + height
    return (height - eye) / (far * w) - (1.0 + (radius_m + eye) / far) * 0.25 * w


@inner
def hides(highest, distance_m, eye, radius_m, best):
    """Whether a horizon of tangent `best` hides all ground beyond a distance, none higher than `highest`."""
    turned = distance_m * distance_m > 2.0 * radius_m * (eye - highest)  # from there on, farther is lower
    return distance_m > 0.0 and turned and tangent(highest, distance_m, eye, radius_m) < best


@inner
def bilinear(z, i, j, row, column):
    """Height inside the cell whose first corner is (i, j)."""
    p, q = row - i, column - j
    top = z[i, j] + q * (z[i, j + 1] - z[i, j])
    low = z[i + 1, j] + q * (z[i + 1, j + 1] - z[i + 1, j])
    return top + p * (low - top)


@inner
def summit(first, middle, last, start_m, end_m, eye, radius_m):
    """Distance at which the ground between, a parabola through three heights, is seen highest; else 0."""
    size = end_m - start_m
    bend = 2.0 * (first - 2.0 * middle + last) / (size * size)
    slope = (last - first) / size - bend * (start_m + end_m)
    level = first - (slope + bend * start_m) * start_m - eye
    curve = bend - 0.5 / radius_m
    if level < 0.0 and curve < 0.0:
        at = math.sqrt(level / curve)
        if start_m < at < end_m:
            return at, eye + level + (slope + bend * at) * at
    return 0.0, 0.0


@inner
def next_line(at, step):
    """Share of a piece until its row (or column) is whole again, from `at`, moving by `step`."""
    if step > 0.0:
        return (math.floor(at + 1e-9) + 1.0 - at) / step
    if step < 0.0:
        return (math.ceil(at - 1e-9) - 1.0 - at) / step
    return math.inf


@kernel
def horizons(z, row, column, node_m, from_m, eye, radius_m, highest, out, at_m, reach_m, unknown_m):
    """Horizon of every line: its tangent `out`, where it is `at_m`, how far the raster goes `reach_m`, and
    over how much of that heights are unknown (all (azimuth,)).

    z (rows, columns); row, column (azimuth, node), nodes at node_m (node,); from_m (azimuth,): nearer ground
    is left out; eye: height of the eye; highest: of any ground, beyond the raster too.
    """
    for k in range(row.shape[0]):
        best, place, seen, gap = NOTHING, 0.0, 0.0, 0.0
        for n in range(row.shape[1] - 1):
            start = node_m[n]
            if hides(highest, start, eye, radius_m[k], best):
                seen = -1.0
                break
            if node_m[n + 1] <= from_m[k]:
                seen = node_m[n + 1]
                continue
            best, place, seen, more, inside = piece(
                z, row[k], column[k], n, node_m, from_m[k], eye, radius_m[k], best, place
            )
            gap += more
            if not inside:
                break
        out[k], at_m[k], unknown_m[k] = best, place, gap
        reach_m[k] = math.inf if seen < 0.0 else seen


@kernel
def piece(z, row, column, n, node_m, from_m, eye, radius_m, best, place):
    """One straight piece of a line: (best, place, distance reached, unknown m, whether it stayed inside)."""
    dr, dc = row[n + 1] - row[n], column[n + 1] - column[n]
    u, gap, step_m = 0.0, 0.0, node_m[n + 1] - node_m[n]
    while u < 1.0:
        r, c = row[n] + u * dr, column[n] + u * dc
        ahead = min(1.0, u + max(min(next_line(r, dr), next_line(c, dc)), 1e-12))
        i = math.floor(row[n] + 0.5 * (u + ahead) * dr)
        j = math.floor(column[n] + 0.5 * (u + ahead) * dc)
        start, end = node_m[n] + u * step_m, node_m[n] + ahead * step_m
        if i < 0 or j < 0 or i >= z.shape[0] - 1 or j >= z.shape[1] - 1:
            return best, place, start, gap, False
        if start >= from_m:
            first = bilinear(z, i, j, r, c)
            middle = bilinear(z, i, j, row[n] + 0.5 * (u + ahead) * dr, column[n] + 0.5 * (u + ahead) * dc)
            last = bilinear(z, i, j, row[n] + ahead * dr, column[n] + ahead * dc)
            if middle == middle:
                near = max(start, NEAREST_M)
                value = tangent(first, near, eye, radius_m)
                if value > best:
                    best, place = value, near
                value = tangent(last, end, eye, radius_m)
                if value > best:
                    best, place = value, end
                at, height = summit(first, middle, last, start, end, eye, radius_m)
                if at > 0.0:
                    value = tangent(height, at, eye, radius_m)
                    if value > best:
                        best, place = value, at
            else:
                gap += end - start
        u = ahead
    return best, place, node_m[n + 1], gap, True
