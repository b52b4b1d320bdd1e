"""Chebyshev series over equal steps of time, and what is made of them: places, velocities, angles, axes.

Layout, for every kernel that takes one: a `ChebyshevTable` of start_tdb_s, step_s and coefficients (n, 3, k).
Row i holds three series of k coefficients over start_tdb_s + [i, i + 1] step_s, in s = -1 to 1 over the row:
the value of axis a is the sum of coefficients[i, a, j] T_j(s). Times are TDB seconds past J2000. Beyond the
first and the last row the series of that row is carried on: who calls has checked the span.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import njit

POINTS = 6
"""Places that `between` interpolates through: two before the cell of a time, its two ends, two after."""
_FAST = {"contract", "nsz"}
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST, forceinline=True, _nrt=False)


class ChebyshevTable(NamedTuple):
    """Three series over equal steps: `start_tdb_s`, `step_s`, `coefficients` (n, 3, k), C-ordered float64."""

    start_tdb_s: Any
    step_s: Any
    coefficients: Any


@inner
def row_of(table, tdb_s):
    """(row, s): the row that holds a time and the place in it, -1 to 1."""
    row = math.floor((tdb_s - table.start_tdb_s) / table.step_s)
    row = min(max(row, 0), table.coefficients.shape[0] - 1)
    begin = table.start_tdb_s + row * table.step_s  # whole seconds: no bit of the time is lost
    return row, 2.0 * (tdb_s - begin) / table.step_s - 1.0


@inner
def at(table, tdb_s):
    """(x, y, z) of a table at a time, by Clenshaw's recurrence."""
    row, s = row_of(table, tdb_s)
    c = table.coefficients
    x1 = x2 = y1 = y2 = z1 = z2 = 0.0
    for j in range(c.shape[2] - 1, 0, -1):
        x1, x2 = c[row, 0, j] + 2.0 * s * x1 - x2, x1
        y1, y2 = c[row, 1, j] + 2.0 * s * y1 - y2, y1
        z1, z2 = c[row, 2, j] + 2.0 * s * z1 - z2, z1
    return c[row, 0, 0] + s * x1 - x2, c[row, 1, 0] + s * y1 - y2, c[row, 2, 0] + s * z1 - z2


@inner
def rate_at(table, tdb_s):
    """(x', y', z') per second: the derivative, a series in Chebyshev polynomials of the second kind."""
    row, s = row_of(table, tdb_s)
    c = table.coefficients
    x1 = x2 = y1 = y2 = z1 = z2 = 0.0
    for j in range(c.shape[2] - 1, 0, -1):
        x1, x2 = j * c[row, 0, j] + 2.0 * s * x1 - x2, x1
        y1, y2 = j * c[row, 1, j] + 2.0 * s * y1 - y2, y1
        z1, z2 = j * c[row, 2, j] + 2.0 * s * z1 - z2, z1
    scale = 2.0 / table.step_s
    return x1 * scale, y1 * scale, z1 * scale


@inner
def principal_axes(table, tdb_s):
    """The nine numbers, by rows, of M with r_pa = M r_gcrf: M = R3(psi) R1(theta) R3(phi)."""
    phi, theta, psi = at(table, tdb_s)
    sf, cf, st, ct = math.sin(phi), math.cos(phi), math.sin(theta), math.cos(theta)
    ss, cs = math.sin(psi), math.cos(psi)
    return (
        cs * cf - ss * ct * sf,
        cs * sf + ss * ct * cf,
        ss * st,
        -ss * cf - cs * ct * sf,
        -ss * sf + cs * ct * cf,
        cs * st,
        st * sf,
        -st * cf,
        ct,
    )


@kernel
def add_values(table, tdb_s, sign, out):
    """Add sign times a table's values at tdb_s (t,) to out (t, 3)."""
    for i in range(tdb_s.size):
        x, y, z = at(table, tdb_s[i])
        out[i, 0] += sign * x
        out[i, 1] += sign * y
        out[i, 2] += sign * z


@kernel
def add_rates(table, tdb_s, sign, out):
    """Add sign times a table's rates at tdb_s (t,) to out (t, 3), per second."""
    for i in range(tdb_s.size):
        x, y, z = rate_at(table, tdb_s[i])
        out[i, 0] += sign * x
        out[i, 1] += sign * y
        out[i, 2] += sign * z


@kernel
def fill_principal_axes(table, tdb_s, out):
    """Fill out (t, 3, 3) with M, r_pa = M r_gcrf, of a table of the angles phi, theta, psi."""
    for i in range(tdb_s.size):
        m = principal_axes(table, tdb_s[i])
        for j in range(9):
            out[i, j // 3, j % 3] = m[j]


@kernel
def between(values, first, share, out):
    """Fill out (t, c) with the polynomial of degree 5 through values[first : first + 6] (m, c) at `share` of
    the way, 0 to 1, from the third of them to the fourth."""
    for i in range(first.size):
        f, row = share[i], first[i]
        a, b, c, d, e, g = f + 2.0, f + 1.0, f, f - 1.0, f - 2.0, f - 3.0
        w0 = b * c * d * e * g / -120.0
        w1 = a * c * d * e * g / 24.0
        w2 = a * b * d * e * g / -12.0
        w3 = a * b * c * e * g / 12.0
        w4 = a * b * c * d * g / -24.0
        w5 = a * b * c * d * e / 120.0
        for k in range(values.shape[1]):
            out[i, k] = (
                (w0 * values[row, k] + w5 * values[row + 5, k])
                + (w1 * values[row + 1, k] + w4 * values[row + 4, k])
                + (w2 * values[row + 2, k] + w3 * values[row + 3, k])
            )
