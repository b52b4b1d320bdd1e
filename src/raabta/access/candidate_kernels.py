"""Sparse candidate lists: sites in buckets, and where satellites stand in their sky.

Odd sites (H3 cells, users, terrain) lie in bands of geocentric latitude and, within a band, by longitude. A
footprint, widened by 0.2 degrees for the ellipsoid's vertical, covers one interval of longitudes at any
latitude of a band; its sites meet the definition, d . n >= sine |d|, one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from raabta.access.coverage_kernels import arc_cosine, asin_ratio, turn_of

TILE = 64
RUN = 8
"""Sites tested together; `site` has room for so many after the last."""
_FAST = {"contract", "nsz"}
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, fastmath=_FAST)


@kernel
def reach_bands(latitude, angle, low, high, out_first, out_last, out_start):
    """Bands of geocentric latitude, [low, high] (b,), ascending, that each satellite may reach.

    latitude, angle (n,) by `describe`. Bands first..last - 1; `out_start` (b + 1,) gets
    where the list of each band begins.
    """
    bands = low.shape[0]
    out_start[:] = 0
    for s in range(latitude.shape[0]):
        first = np.searchsorted(high, latitude[s] - angle[s])
        last = first
        while last < bands and angle[s] > 0.0 and low[last] <= latitude[s] + angle[s]:
            out_start[last + 1] += 1
            last += 1
        out_first[s], out_last[s] = first, last
    for b in range(bands):
        out_start[b + 1] += out_start[b]


@kernel
def list_bands(first, last, start, out_satellite):
    """Satellites of each band as CSR at `start` (b + 1,), ascending; first, last by `reach_bands`."""
    at = start.astype(np.uint32)
    for s in range(first.shape[0]):
        for b in range(np.uint64(first[s]), np.uint64(last[s])):
            out_satellite[at[b]] = s
            at[b] += np.uint32(1)


@kernel
def describe_caps(latitude, angle, out):
    """Sine and cosine of latitude, cosine of the footprint's angle, and their ratio, into `out` (4, n)."""
    for s in range(latitude.shape[0]):
        out[0, s], out[1, s] = math.sin(latitude[s]), math.cos(latitude[s])
        out[2, s] = math.cos(min(max(angle[s], 0.0), math.pi))
        level = out[0, s] / out[2, s] if out[2, s] > 1e-9 else 2.0
        out[3, s] = level if out[2, s] > 1e-9 else (2.0 if out[0, s] >= 0.0 else -2.0)


@inner
def half_widths(part, turn, bins, low, high, begin, end):
    """First and last bin, from -bins / 2 to 1.5 bins, that each cap of a tile may cover in a band.

    part (4, TILE) by `describe_caps`, low, high: sines of the band's edges. The longitude difference at which
    a cap still covers some of the band is widest where a meridian is tangent to the cap, at
    sin = sin(latitude) / cos(angle), or else at the band's edge nearer to that. The footprint's margin of
    0.007 degrees outdoes all rounding.
    """
    for j in range(TILE):
        at = part[3, j]
        at = low if at < low else at
        at = high if at > high else at
        over = math.sqrt(1.0 - at * at) * part[1, j]
        c = (part[2, j] - at * part[0, j]) / (over if over > 1e-12 else 1e-12)
        c = -1.0 if c < -1.0 else c
        wide = arc_cosine(1.0 if c > 1.0 else c) * (0.5 / math.pi) + 1e-9
        first = np.floor((turn[j] - wide) * bins)
        last = np.floor((turn[j] + wide) * bins)
        whole = first + bins - 1.0
        last = whole if last > whole else last
        begin[j] = int(first)
        end[j] = int(first - 1.0 if c > 1.0 else last)


@inner
def test_run(x, y, z, first, count, site, hits):
    """Whether each of `count` sites from `first` sees a satellite, d . n >= sine |d|, in whole RUNs.

    site (7, n + RUN): position, normal, sine of the least elevation. Unsigned, so that loads are plain.
    """
    for a in range(np.uint64(0), np.uint64(count), np.uint64(RUN)):
        for j in range(np.uint64(RUN)):
            p = np.uint64(first) + a + j
            dx, dy, dz = x - site[0, p], y - site[1, p], z - site[2, p]
            up = dx * site[3, p] + dy * site[4, p] + dz * site[5, p]
            slant = math.sqrt(dx * dx + dy * dy + dz * dz)
            hits[a + j] = 1 if up >= site[6, p] * slant else 0


@inner
def clears_horizon(x, y, z, p, site, basis, mask):
    """Whether a satellite stands above the horizon of site `p` in its azimuth."""
    dx, dy, dz = x - site[0, p], y - site[1, p], z - site[2, p]
    up = dx * site[3, p] + dy * site[4, p] + dz * site[5, p]
    e = dx * basis[0, 0, p] + dy * basis[0, 1, p]
    n = dx * basis[1, 0, p] + dy * basis[1, 1, p] + dz * basis[1, 2, p]
    azimuth = math.atan2(e, n) * (0.5 / math.pi)
    azimuth += 1.0 if azimuth < 0.0 else 0.0
    bins = mask.shape[1]
    slant = math.sqrt(dx * dx + dy * dy + dz * dz)
    return up >= mask[p, min(int(azimuth * bins), bins - 1)] * slant


@kernel
def visit_buckets(
    band_first,
    band_last,
    band_sine,
    band_start,
    band_bins,
    bin_start,
    list_start,
    list_satellite,
    caps,
    turn,
    position_km,
    site,
    basis,
    mask,
    cell_start,
    out_count,
    out,
):
    """Satellites in view of the sites of bands band_first..band_last - 1.

    Sites stand by band, then by longitude: band_sine (2, b) of the edges; band_start (b + 1,); bin k of band
    b, of band_bins[b] equal bins from longitude 0 on, begins at site bin_start[b, k]. `site`: see `test_run`;
    mask (sites, bins) sine of the horizon by azimuth from north, or no bins. With `out` empty it counts, into
    out_count (sites,); else it fills `out` at cell_start (sites,), satellites ascending. Lists: `list_bands`.
    """
    fills, masked = out.shape[0] > 0, mask.shape[1] > 0
    part, around = np.zeros((4, TILE)), np.zeros(TILE)
    begin, end = np.empty(TILE, np.int32), np.empty(TILE, np.int32)
    hits = np.empty(site.shape[1] + RUN, np.uint8)
    for b in range(band_first, band_last):
        out_count[band_start[b] : band_start[b + 1]] = 0
        bins = band_bins[b]
        for a in range(list_start[b], list_start[b + 1], TILE):
            tile = list_satellite[a : min(a + TILE, list_start[b + 1])]
            for j in range(tile.shape[0]):
                for row in range(4):
                    part[row, j] = caps[row, tile[j]]
                around[j] = turn[tile[j]]
            half_widths(part, around, float(bins), band_sine[0, b], band_sine[1, b], begin, end)
            for j in range(tile.shape[0]):
                s = tile[j]
                x, y, z = position_km[0, s], position_km[1, s], position_km[2, s]
                for lap in range(-1, 2):
                    low, high = max(begin[j] - lap * bins, 0), min(end[j] - lap * bins, bins - 1)
                    if low > high:
                        continue
                    first = bin_start[b, low]
                    count = bin_start[b, high + 1] - first
                    test_run(x, y, z, first, count, site, hits)
                    if masked:
                        for i in range(count):
                            if hits[i] > 0 and not clears_horizon(x, y, z, first + i, site, basis, mask):
                                hits[i] = 0
                    _keep(hits, first, count, s, fills, cell_start, out_count, out)


@inner
def _keep(hits, first, count, satellite, fills, cell_start, out_count, out):
    """Count the hits of a run of sites, and list the satellite with them."""
    for i in range(np.uint64(count)):
        p = np.uint64(first) + i
        if fills and hits[i] > 0:
            out[np.uint64(cell_start[p] + out_count[p])] = satellite
        out_count[p] += hits[i]


@inner
def elevation_of(up, slant):
    """asin(up / slant), within 1e-12 rad of the rounded sine's, without a branch."""
    v = up / slant
    size = abs(v)
    small = v * v < 0.5
    m = v * v if small else 0.5 - 0.5 * size
    half = math.sqrt(m) * asin_ratio(m)
    angle = half if small else 0.5 * math.pi - 2.0 * half
    return -angle if v < 0.0 else angle


@kernel
def look_pairs(first, last, start, satellite, place_km, site, basis, out_elevation, out_range, out_azimuth):
    """Elevation (deg), range (km), azimuth (deg, from north by east) of the pairs of cells first..last - 1.

    satellite (pairs,) unsigned; place_km (n, 3) satellites; site (3, cells); basis (3, 3, cells): rows east,
    north, up. An output of size 0 is left out.
    """
    part = np.empty((5, TILE))
    up, square, e, n, share = part[0], part[1], part[2], part[3], part[4]
    wants_azimuth, wants_range = out_azimuth.shape[0] > 0, out_range.shape[0] > 0
    for cell in range(first, last):
        for a in range(start[cell], start[cell + 1], TILE):
            b = min(a + TILE, start[cell + 1])
            who = satellite[a:b]
            _gather(who, place_km, site, basis[2], cell, up, square)
            if wants_azimuth:
                _project(who, place_km, site, basis, cell, e, n)
            _finish(up, square, e, n, share, b - a, wants_azimuth)
            out_elevation[a:b] = up[: b - a]
            if wants_range:
                out_range[a:b] = square[: b - a]
            if wants_azimuth:
                out_azimuth[a:b] = share[: b - a]


@inner
def _gather(who, place_km, site, normal, cell, up, square):
    """Height above the horizontal plane and squared distance (km) of one cell's satellites."""
    x0, y0, z0 = site[0, cell], site[1, cell], site[2, cell]
    ux, uy, uz = normal[0, cell], normal[1, cell], normal[2, cell]
    for j in range(who.shape[0]):
        s = who[j]
        dx, dy, dz = place_km[s, 0] - x0, place_km[s, 1] - y0, place_km[s, 2] - z0
        up[j] = dx * ux + dy * uy + dz * uz
        square[j] = dx * dx + dy * dy + dz * dz


@inner
def _project(who, place_km, site, basis, cell, e, n):
    """East and north components (km) of one cell's satellites."""
    x0, y0, z0 = site[0, cell], site[1, cell], site[2, cell]
    ex, ey = basis[0, 0, cell], basis[0, 1, cell]
    nx, ny, nz = basis[1, 0, cell], basis[1, 1, cell], basis[1, 2, cell]
    for j in range(who.shape[0]):
        s = who[j]
        dx, dy, dz = place_km[s, 0] - x0, place_km[s, 1] - y0, place_km[s, 2] - z0
        e[j] = dx * ex + dy * ey
        n[j] = dx * nx + dy * ny + dz * nz


@inner
def azimuth_of(e, n):
    """Azimuth in degrees, [0, 360), from north by east; 0 at the zenith."""
    flat = math.sqrt(e * e + n * n)
    flat = flat if flat > 1e-12 else 1e-12
    share = 360.0 * turn_of(n, e, 1.0 / flat)
    return share if share < 360.0 else 0.0


@inner
def _finish(up, square, e, n, azimuth, count, wants_azimuth):
    """Heights and squared distances of a tile to elevations (deg) and ranges (km), in place; azimuths.

    Whole eights, so that none is computed one by one: what stands past the count is not used.
    """
    for j in range((count + 7) // 8 * 8):
        slant = math.sqrt(square[j])
        up[j] = elevation_of(up[j], slant) * (180.0 / math.pi)
        square[j] = slant
    if wants_azimuth:
        for j in range((count + 7) // 8 * 8):
            azimuth[j] = azimuth_of(e[j], n[j])


@kernel
def keep_highest(start, satellite, elevation, out_satellite, out_elevation):
    """The highest satellites of each site into (sites, slots), highest first, of equal ones the first listed.

    Outputs come filled with -1 and NaN.
    """
    slots = out_satellite.shape[1]
    for site in range(start.shape[0] - 1):
        held = 0
        for p in range(start[site], start[site + 1]):
            if held == slots and not elevation[p] > out_elevation[site, slots - 1]:
                continue
            at = held if held < slots else slots - 1
            while at > 0 and elevation[p] > out_elevation[site, at - 1]:
                out_elevation[site, at] = out_elevation[site, at - 1]
                out_satellite[site, at] = out_satellite[site, at - 1]
                at -= 1
            out_elevation[site, at] = elevation[p]
            out_satellite[site, at] = satellite[p]
            held = min(held + 1, slots)
