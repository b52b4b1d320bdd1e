"""Numeric core of fixed beams that disturb one another: their axes, and powers of those of one colour.

Letters: m satellites near, b beams. The layout is that of `links.beam_kernels`.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba import njit

from raabta.links.beam_kernels import (
    axis_at,
    colour_at,
    cosines_of,
    direction_of,
    foot_of,
    nearest_place,
    squeezed,
)
from raabta.links.kernels import BOLTZMANN_DB, density_dbw_mhz, flux_cap_dbw_m2, free_space_db

ROW_CODE = 1 << 32
NOWHERE = -(1 << 62)
"""Code of no place."""
kernel = njit(cache=True, nogil=True, error_model="numpy")
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)


class Layout(NamedTuple):
    """Fixed beams: spacing in direction cosines (0: beams are steered, and the arrays are empty) and colours;
    of every beam the axis (3, b), a code of its place on the layout (b,), and its colour (b,); shape: see
    `links.beam_kernels.ROUND`."""

    spacing: float
    colours: int
    axis: Any
    place: Any
    colour: Any
    shape: Any


@inner
def place_code(q, r):
    """One number for a place (q, r) of the layout."""
    return q * ROW_CODE + r


@inner
def up_of(satellite_km, s):
    """Unit vector (3) from the Earth's centre to satellite s, and its distance, km."""
    x, y, z = satellite_km[s, 0], satellite_km[s, 1], satellite_km[s, 2]
    far_km = math.sqrt(x * x + y * y + z * z)
    return x / far_km, y / far_km, z / far_km, far_km


@kernel
def fix_beams(satellite_km, altitude_km, radio, flux_cap, owner, away, layout, out_eirp):
    """Fill the layout's axis, place and colour of beams that light the directions away (3, b) from satellites
    owner (b,), and out_eirp (b,): what each radiates, by range, scan and cap at the foot of its axis."""
    for i in range(owner.shape[0]):
        s = owner[i]
        up_x, up_y, up_z, far_km = up_of(satellite_km, s)
        u, v, _ = cosines_of(away[0, i], away[1, i], away[2, i], up_x, up_y, up_z)
        q, r = nearest_place(u, v, layout.spacing, layout.shape)
        u, v, cos_scan = axis_at(q, r, layout.spacing, layout.shape)
        x, y, z = direction_of(u, v, cos_scan, up_x, up_y, up_z)
        layout.axis[0, i], layout.axis[1, i], layout.axis[2, i] = x, y, z
        layout.place[i], layout.colour[i] = place_code(q, r), colour_at(q, r, layout.colours)
        foot_km, sin_elevation = foot_of(cos_scan, far_km, far_km - altitude_km[s])
        scan = radio[8] * 10.0 * math.log10(cos_scan)
        level = density_dbw_mhz(foot_km, altitude_km[s], radio) + scan - 60.0 - BOLTZMANN_DB
        capped = flux_cap_dbw_m2(sin_elevation, flux_cap) + radio[9] + free_space_db(foot_km, radio[0])
        out_eirp[i] = 10.0 ** (0.1 * min(level, capped))


@inner
def of_axis(direction, satellite_km, s, layout):
    """Place code and colour of a beam of satellite s whose axis points against direction (3,)."""
    up_x, up_y, up_z, _ = up_of(satellite_km, s)
    u, v, _ = cosines_of(-direction[0], -direction[1], -direction[2], up_x, up_y, up_z)
    q, r = nearest_place(u, v, layout.spacing, layout.shape)
    return place_code(q, r), colour_at(q, r, layout.colours)


@inner
def of_colour(
    first, last, weight, dwell, away, layout, place, colour, satellite_km, s, x, y, z, k, pattern, step
):
    """Sum of dwell x weight x gain of beams first to last of one colour, those at one place left out.

    The gain goes by the distance in direction cosines at satellite s, squeezed, between away (3, b) and
    (x, y, z); pattern: over u, step entries to one.
    """
    up_x, up_y, up_z, _ = up_of(satellite_km, s)
    power, top = 0.0, pattern.shape[0] - 1
    for i in range(first, last):
        if layout.colour[i] == colour and layout.place[i] != place:
            dx, dy, dz = away[0, i] - x, away[1, i] - y, away[2, i] - z
            u, v, _ = cosines_of(dx, dy, dz, up_x, up_y, up_z)
            along, across = squeezed(u, v, layout.shape)
            u = k * math.hypot(along, across)
            power += dwell[i] * weight[i] * pattern[min(int(u * step + 0.5), top)]
    return power
