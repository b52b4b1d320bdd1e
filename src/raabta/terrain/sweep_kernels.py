"""Stretches of lines of sight over a stereographic map, cell by cell, and maxima of blocks of it.

With complex z = (x + iy) / 2R a great circle from a site at z = a is (a + s e) / (1 - conj(a) s e),
s = tan(angle / 2), exactly. Ground is bilinear between samples. A table of maxima says of any block how high
its ground can be.
"""

from __future__ import annotations

import math

from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
lean = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
NOTHING = -1e9
BELOW = -1e9
"""Stands for unknown ground in the table of maxima."""
SLIVER = 1e-9
"""Share of a stretch below which a piece of it is a corner of a cell: its neighbours hold its ends."""


@kernel
def fill_table(z, levels, start, width, table):
    """Maxima, flat: entry (i, j) of level k is the highest of the cells from (i 2^k, j 2^k), 2^k a side."""
    for i in range(z.shape[0] - 1):
        for j in range(z.shape[1] - 1):
            most = BELOW
            for value in (z[i, j], z[i, j + 1], z[i + 1, j], z[i + 1, j + 1]):
                if value > most:
                    most = value
            table[start[0] + i * width[0] + j] = most
    for k in range(1, levels):
        below, wide = start[k - 1], width[k - 1]
        tall = (start[k] - below) // wide
        for i in range((start[k + 1] - start[k]) // width[k]):
            for j in range(width[k]):
                most = BELOW
                for r in range(2 * i, min(2 * i + 2, tall)):
                    for c in range(2 * j, min(2 * j + 2, wide)):
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
    at_row, at_column = next_line(r1, dr), next_line(c1, dc)
    per_row, per_column = 1.0 / max(abs(dr), 1e-12), 1.0 / max(abs(dc), 1e-12)
    while u < 1.0:
        ahead = min(1.0, min(at_row, at_column))
        if at_row <= ahead:
            at_row += per_row
        if at_column <= ahead:
            at_column += per_column
        i, j = math.floor(r1 + 0.5 * (u + ahead) * dr), math.floor(c1 + 0.5 * (u + ahead) * dc)
        if i < 0 or j < 0 or i >= z.shape[0] - 1 or j >= z.shape[1] - 1:
            return best, place
        corner, right, down = float(z[i, j]), float(z[i, j + 1]), float(z[i + 1, j])
        across = float(z[i + 1, j + 1])
        begin, end = s1 + u * (s2 - s1), s1 + ahead * (s2 - s1)
        most = max(max(corner, right), max(down, across))
        twist = across - right - down + corner
        if ahead - u > SLIVER and twist == twist and not stays_below(most, begin, end, eye, radius_m, best):
            p, q = r1 + u * dr - i, c1 + u * dc - j
            dp, dq, size = (ahead - u) * dr, (ahead - u) * dc, (ahead - u) * (s2 - s1)
            first = corner + p * (down - corner) + q * (right - corner) + p * q * twist
            slope = dp * (down - corner) + dq * (right - corner) + (p * dq + q * dp) * twist
            best, place = highest(first, slope, dp * dq * twist, begin, end, size, eye, radius_m, best, place)
        u = ahead
    return best, place


@inner
def highest(first, slope, bend, begin, end, size, eye, radius_m, best, place):
    """The higher of `best` and ground first + slope v + bend v^2, v = 0 to 1 from `begin` to `end`."""
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
    return best, place
