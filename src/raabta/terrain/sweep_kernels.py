"""Horizons of whole areas: each line of sight swept outwards, blocks that cannot stand higher passed over.

Maps are stereographic: with complex z = (x + iy) / 2R a great circle from a site at z = a is
(a + s e) / (1 - conj(a) s e), s = tan(angle / 2), exactly. Ground is bilinear between samples. A table of
maxima says of any stretch of a line how high the ground can be; only where that could rise above what was
found are cells looked at, and then exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
NOTHING = -1e9
BELOW = -1e9
"""Stands for unknown ground in the table of maxima."""
SHRINK = 0.8
"""Share of a block's side that a stretch may be long: the map's scale changes along it."""


@kernel
def fill_table(z, levels, start, width, table):
    """Maxima: entry (i, j) of level k is the highest within 2^k samples of (i 2^k, j 2^k), flat."""
    rows, columns = z.shape
    for i in range((start[1] - start[0]) // width[0]):
        for j in range(width[0]):
            most = BELOW
            for r in range(max(0, i - 1), min(rows, i + 2)):
                for c in range(max(0, j - 1), min(columns, j + 2)):
                    if z[r, c] > most:
                        most = z[r, c]
            table[start[0] + i * width[0] + j] = most
    for k in range(1, levels):
        below, wide = start[k - 1], width[k - 1]
        tall = (start[k] - below) // wide
        for i in range((start[k + 1] - start[k]) // width[k]):
            for j in range(width[k]):
                most = BELOW
                for r in (2 * i - 1, 2 * i + 1, 2 * i):
                    for c in (2 * j - 1, 2 * j + 1, 2 * j):
                        if 0 <= r < tall and 0 <= c < wide:
                            most = max(most, table[below + r * wide + c])
                table[start[k] + i * width[k] + j] = most


@inner
def rises(height, s, eye, radius_m):
    """Tangent of the elevation of ground of `height` at s = tan(angle / 2)."""
    far = radius_m + height
    return (height - eye) / (2.0 * far * s) - 0.5 * (1.0 + (radius_m + eye) / far) * s


@inner
def stays_below(height, first, last, eye, radius_m, best):
    """Whether no ground of up to `height` can have a tangent above `best` between s = `first` and `last`."""
    far, high = radius_m + height, height - eye
    near = first if high > 0.0 else last
    return high <= 2.0 * near * (far * best + 0.5 * first * (far + radius_m + eye))


@inner
def on_map(real, imaginary, s, c, d, scale):
    """(row, column) of the line from `real` + i `imaginary` towards c + i d, at s."""
    a, b = 1.0 - s * (real * c + imaginary * d), -s * (real * d - imaginary * c)
    p, q = real + s * c, imaginary + s * d
    size = a * a + b * b
    return (q * a - p * b) / size * scale[2] + scale[3], (p * a + q * b) / size * scale[0] + scale[1]


@inner
def next_line(at, step):
    """Share of a stretch until its row (or column) is whole again."""
    if step > 0.0:
        return (math.floor(at + 1e-9) + 1.0 - at) / step
    if step < 0.0:
        return (math.ceil(at - 1e-9) - 1.0 - at) / step
    return math.inf


@lean
def cells(z, r1, c1, r2, c2, s1, s2, eye, radius_m, best, place):
    """Highest of a short stretch, cell by cell: (best, place)."""
    dr, dc, u = r2 - r1, c2 - c1, 0.0
    while u < 1.0:
        r, c = r1 + u * dr, c1 + u * dc
        ahead = min(1.0, u + max(min(next_line(r, dr), next_line(c, dc)), 1e-12))
        i, j = math.floor(r1 + 0.5 * (u + ahead) * dr), math.floor(c1 + 0.5 * (u + ahead) * dc)
        if i < 0 or j < 0 or i >= z.shape[0] - 1 or j >= z.shape[1] - 1:
            return best, place
        corner, right, down = float(z[i, j]), float(z[i, j + 1]), float(z[i + 1, j])
        across = float(z[i + 1, j + 1])
        twist = across - right - down + corner
        p, q, dp, dq = r - i, c - j, (ahead - u) * dr, (ahead - u) * dc
        first = corner + p * (down - corner) + q * (right - corner) + p * q * twist
        slope = dp * (down - corner) + dq * (right - corner) + (p * dq + q * dp) * twist
        bend = dp * dq * twist
        size = (ahead - u) * (s2 - s1)
        begin, end = s1 + u * (s2 - s1), s1 + ahead * (s2 - s1)
        most = max(max(corner, right), max(down, across))
        if twist == twist and not stays_below(most, begin, end, eye, radius_m, best):
            value = rises(first, max(begin, 1e-12), eye, radius_m)
            if value > best:
                best, place = value, begin
            value = rises(first + slope + bend, end, eye, radius_m)
            if value > best:
                best, place = value, end
            curve = bend / (size * size) - 2.0 * radius_m
            level = first - slope / size * begin + bend / (size * size) * begin * begin - eye
            if level < 0.0 and curve < 0.0:
                at = math.sqrt(level / curve)
                if begin < at < end:
                    v = (at - begin) / size
                    value = rises(first + slope * v + bend * v * v, at, eye, radius_m)
                    if value > best:
                        best, place = value, at
        u = ahead
    return best, place


@lean
def sweep(z, table, start, width, levels, scale, radius_m, highest, real, imaginary, c, d, eye, guess):
    """Horizon of one line: (tangent, s of what makes it). guess: s of the line beside it, looked at first."""
    rows, columns = z.shape
    unit = SHRINK / (abs(scale[0]) * (1.0 + real * real + imaginary * imaginary))
    best, place, s, k, clear = NOTHING, 0.0, 0.0, 0, 0
    if guess > unit:
        r1, c1 = on_map(real, imaginary, guess - 0.5 * unit, c, d, scale)
        r2, c2 = on_map(real, imaginary, guess + 0.5 * unit, c, d, scale)
        best, place = cells(
            z, r1, c1, r2, c2, guess - 0.5 * unit, guess + 0.5 * unit, eye, radius_m, best, place
        )
    while True:
        turned = s > 0.0 and 2.0 * s * s * radius_m > eye - highest  # from there on, farther is lower
        if turned and stays_below(highest, s, s, eye, radius_m, best):
            return best, place
        step = unit * (1 << k)
        row, column = on_map(real, imaginary, s + 0.5 * step, c, d, scale)
        side = float(1 << k)
        if row < -side or column < -side or row > rows - 1 + side or column > columns - 1 + side:
            if k == 0:
                return best, place
            k -= 1
            continue
        tall = (start[k + 1] - start[k]) // width[k]
        i = min(max(math.floor(row / side + 0.5), 0), tall - 1)
        j = min(max(math.floor(column / side + 0.5), 0), width[k] - 1)
        if stays_below(float(table[start[k] + i * width[k] + j]), s, s + step, eye, radius_m, best):
            s += step
            clear += 1
            if clear >= 2:
                k, clear = min(k + 1, levels - 1), 0
        elif k > 0:
            k, clear = k - 1, 0
        else:
            r1, c1 = on_map(real, imaginary, s, c, d, scale)
            r2, c2 = on_map(real, imaginary, s + step, c, d, scale)
            best, place = cells(z, r1, c1, r2, c2, s, s + step, eye, radius_m, best, place)
            s += step


@kernel
def sweep_sites(
    z, table, start, width, scale, radius_m, highest, site, row, column, north, eye_m, unit_deg, out
):
    """Horizons of the sites that `site` lists, out (site, azimuth) in steps of `unit_deg`. By azimuth:
    neighbours look the same way at once, so that what they look at stays in the cache.

    row, column, north (all sites,): samples and the angle of north on the map, rad from x towards y; scale:
    (per column, offset, per row, offset) of complex map coordinates. Unknown sites get -32768.
    """
    count, levels = out.shape[1], width.shape[0]
    guess = np.zeros(site.shape[0])
    for a in range(count):
        for m in range(site.shape[0]):
            n = site[m]
            ground = float(z[row[n], column[n]])
            if math.isnan(ground):
                out[n, a] = -32768
                continue
            real, imaginary = (column[n] - scale[1]) / scale[0], (row[n] - scale[3]) / scale[2]
            turn = north[n] - 2.0 * math.pi * a / count
            value, guess[m] = sweep(
                z, table, start, width, levels, scale, radius_m, highest, real, imaginary,
                math.cos(turn), math.sin(turn), ground + eye_m, guess[m],
            )  # fmt: skip
            out[n, a] = np.int16(round(math.degrees(math.atan(value)) / unit_deg))
