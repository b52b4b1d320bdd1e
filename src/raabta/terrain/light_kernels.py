"""How much of a disc stands above a horizon, and the longest spans of a series. Plain arrays, degrees."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


@inner
def under_arc(x, radius):
    """Integral of sqrt(radius^2 - x^2) from 0 to x."""
    x = min(radius, max(-radius, x))
    return 0.5 * (x * math.sqrt(radius * radius - x * x) + radius * radius * math.asin(x / radius))


@lean
def above_line(x1, y1, x2, y2, radius):
    """Area of a disc about the origin above the line from (x1, y1) to (x2, y2), between x1 and x2."""
    low, high = max(x1, -radius), min(x2, radius)
    if high <= low:
        return 0.0
    slope = (y2 - y1) / (x2 - x1)
    level = y1 - slope * x1
    a = 1.0 + slope * slope
    root = radius * radius * a - level * level
    arcs = under_arc(high, radius) - under_arc(low, radius)
    if root <= 0.0:  # the line misses the disc
        return 0.0 if level > 0.0 else 2.0 * arcs
    root = math.sqrt(root)
    left = min(high, max(low, (-slope * level - root) / a))
    right = min(high, max(low, (-slope * level + root) / a))
    inside = under_arc(right, radius) - under_arc(left, radius)
    inside -= level * (right - left) + 0.5 * slope * (right * right - left * left)
    out = inside
    if left > low and level + slope * 0.5 * (low + left) < 0.0:
        out += 2.0 * (under_arc(left, radius) - under_arc(low, radius))
    if high > right and level + slope * 0.5 * (high + right) < 0.0:
        out += 2.0 * (under_arc(high, radius) - under_arc(right, radius))
    return out


@lean
def disc_share(mask, azimuth_deg, elevation_deg, radius_deg):
    """Share of a disc above a horizon of equal steps from north, `mask` (a,), linear between and around.

    Azimuths are drawn together by the cosine of the elevation, as the disc stands in the sky.
    """
    count = mask.shape[0]
    step = 360.0 / count
    narrow = max(1e-6, math.cos(math.radians(elevation_deg)))
    half = radius_deg / narrow
    if half >= 90.0 or radius_deg <= 0.0:  # about the zenith, or a point
        return 1.0 if elevation_deg > level_at(mask, azimuth_deg) else 0.0
    first = math.floor((azimuth_deg - half) / step)
    last = math.ceil((azimuth_deg + half) / step)
    lowest, highest = math.inf, -math.inf
    for k in range(first, last + 1):
        value = mask[k % count]
        lowest, highest = min(lowest, value), max(highest, value)
    if elevation_deg - radius_deg >= highest:
        return 1.0
    if elevation_deg + radius_deg <= lowest:
        return 0.0
    area = 0.0
    for k in range(first, last):
        x1, x2 = (k * step - azimuth_deg) * narrow, ((k + 1) * step - azimuth_deg) * narrow
        y1, y2 = mask[k % count] - elevation_deg, mask[(k + 1) % count] - elevation_deg
        area += above_line(x1, y1, x2, y2, radius_deg)
    return min(1.0, max(0.0, area / (math.pi * radius_deg * radius_deg)))


@inner
def level_at(mask, azimuth_deg):
    """Horizon in an azimuth, linear between equal steps from north."""
    count = mask.shape[0]
    at = (azimuth_deg % 360.0) / 360.0 * count
    k = int(at)
    return mask[k % count] + (at - k) * (mask[(k + 1) % count] - mask[k % count])


@kernel
def disc_shares(mask, azimuth_deg, elevation_deg, radius_deg, out):
    """`disc_share` of every time: azimuth, elevation, radius and `out` (t,)."""
    for t in range(out.shape[0]):
        out[t] = disc_share(mask, azimuth_deg[t], elevation_deg[t], radius_deg[t])


@kernel
def area_light(
    mask, scale, place, sun, sun_radius_km, other, step_s, dark_share, share, other_share, dark, lit
):
    """Light of many sites over time. mask (site, a) in units of `scale` degrees; place (site, 4, 3): position
    km and the rows east, north, up; sun, other (t, 3): body-fixed km. Out, all (site,): mean share of the
    Sun's disc, share of time in which `other`'s centre stands above the horizon, longest spans with at most
    `dark_share` of the disc, and with more, s."""
    row = np.empty(mask.shape[1])
    for n in range(mask.shape[0]):
        lowest, highest = math.inf, -math.inf
        for k in range(row.shape[0]):
            row[k] = mask[n, k] * scale
            lowest, highest = min(lowest, row[k]), max(highest, row[k])
        total, seen, night, day = 0.0, 0, 0, 0
        dark[n], lit[n] = 0.0, 0.0
        for t in range(sun.shape[0]):
            east, north, elevation, distance = look(place[n], sun[t])
            radius = math.degrees(math.asin(sun_radius_km / distance))
            if elevation + radius <= lowest:
                value = 0.0
            elif elevation - radius >= highest:
                value = 1.0
            else:
                value = disc_share(row, bearing(east, north), elevation, radius)
            total += value
            night, day = (night + 1, 0) if value <= dark_share else (0, day + 1)
            dark[n], lit[n] = max(dark[n], night * step_s), max(lit[n], day * step_s)
            if t < other.shape[0]:
                east, north, elevation, _ = look(place[n], other[t])
                if elevation > lowest:
                    seen += elevation > highest or elevation > level_at(row, bearing(east, north))
        share[n] = total / sun.shape[0]
        other_share[n] = seen / max(1, other.shape[0])


@inner
def look(place, target):
    """(east, north, elevation, distance) of a target from a site: km, deg, km."""
    x, y, z = target[0] - place[0, 0], target[1] - place[0, 1], target[2] - place[0, 2]
    east = place[1, 0] * x + place[1, 1] * y + place[1, 2] * z
    north = place[2, 0] * x + place[2, 1] * y + place[2, 2] * z
    up = place[3, 0] * x + place[3, 1] * y + place[3, 2] * z
    across = math.sqrt(east * east + north * north)
    return east, north, math.degrees(math.atan2(up, across)), math.sqrt(across * across + up * up)


@inner
def bearing(east, north):
    """Azimuth of a direction, deg from north."""
    return math.degrees(math.atan2(east, north)) % 360.0
