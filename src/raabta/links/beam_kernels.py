"""Numeric core of fixed beams: axes on a hexagonal lattice in the plane of a satellite's direction cosines.

The frame of a satellite: w to the Earth's centre, u east and v north of the sub-satellite point (over a pole
u is the y axis of ITRF). A direction has the cosines (u, v, w). Axis (q, r) stands at
u = spacing (q + r / 2), v = spacing r sqrt(3) / 2, so that (0, 0) is the nadir; a direction belongs to the
axis nearest in (u, v). Beams that are ellipses stand on the same lattice stretched along their major axis: in
the plane squeezed by `squeezed` all is as for round ones.
"""

from __future__ import annotations

import math

from numba import njit

from raabta.links.kernels import decibels, edge_sine, level_bases_db

ROW = 0.8660254037844386
"""sqrt(3) / 2: rows of a hexagonal lattice over its spacing."""
ROUND = (1.0, 1.0, 0.0)
"""Shape of beams: width along the major axis over that along the minor one, in direction cosines; cosine and
sine of the angle from u to the major axis."""
LEAST_COSINE = 1e-3
"""Of the scan angle: an axis of the lattice that is no direction (u, v outside the circle) stands here."""
inner = njit(cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False)
apart = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
"""Not inlined: what only fixed beams take is kept out of the loops of steered ones."""


@inner
def cosines_of(x, y, z, up_x, up_y, up_z):
    """Direction cosines (u, v, w) of a direction (unit, ITRF) at a satellite; up: unit vector to it from the
    Earth's centre."""
    across = math.hypot(up_x, up_y)
    east_x, east_y = (-up_y / across, up_x / across) if across > 1e-9 else (0.0, 1.0)
    u = x * east_x + y * east_y
    v = z * (up_x * east_y - up_y * east_x) - up_z * (x * east_y - y * east_x)
    return u, v, -(x * up_x + y * up_y + z * up_z)


@inner
def direction_of(u, v, w, up_x, up_y, up_z):
    """The direction (unit, ITRF) with given cosines at a satellite: inverse of `cosines_of`."""
    across = math.hypot(up_x, up_y)
    east_x, east_y = (-up_y / across, up_x / across) if across > 1e-9 else (0.0, 1.0)
    x = u * east_x - v * up_z * east_y - w * up_x
    y = u * east_y + v * up_z * east_x - w * up_y
    return x, y, v * (up_x * east_y - up_y * east_x) - w * up_z


@inner
def squeezed(u, v, shape):
    """Cosines (u, v), or their differences, along the major axis, divided by the ratio of the axes, and along
    the minor one: the pattern of an ellipse is round there."""
    ratio, cosine, sine = shape
    return (u * cosine + v * sine) / ratio, v * cosine - u * sine


@inner
def stretched(along, across, shape):
    """Inverse of `squeezed`."""
    ratio, cosine, sine = shape
    return along * ratio * cosine - across * sine, along * ratio * sine + across * cosine


@inner
def nearest_place(u, v, spacing, shape=ROUND):
    """Place (q, r) of the axis nearest to (u, v): each of the three lattice coordinates, whose sum is 0, is
    rounded, and the one that was rounded farthest follows from the others."""
    along, across = squeezed(u, v, shape)
    r = across / (spacing * ROW)
    q = along / spacing - 0.5 * r
    whole_q, whole_r, whole_s = math.floor(q + 0.5), math.floor(r + 0.5), math.floor(0.5 - q - r)
    off_q, off_r, off_s = abs(whole_q - q), abs(whole_r - r), abs(whole_s + q + r)
    if off_q > off_r and off_q > off_s:
        whole_q = -whole_r - whole_s
    elif off_r > off_s:
        whole_r = -whole_q - whole_s
    return int(whole_q), int(whole_r)


@inner
def axis_at(q, r, spacing, shape=ROUND):
    """Cosines (u, v, w) of the axis at a place of the lattice."""
    u, v = stretched(spacing * (q + 0.5 * r), spacing * ROW * r, shape)
    most = 1.0 - LEAST_COSINE * LEAST_COSINE
    square = u * u + v * v
    if square > most:
        shrink = math.sqrt(most / square)
        u, v, square = u * shrink, v * shrink, most
    return u, v, math.sqrt(1.0 - square)


@inner
def colour_at(q, r, colours):
    """Colour of a place, 0 to colours - 1, of 1, 3 or 4: next to it none is the same, and the nearest of the
    same stands sqrt(colours) spacings off."""
    if colours == 3:
        return (q - r) % 3
    return q % 2 + 2 * (r % 2) if colours == 4 else 0


@inner
def foot_of(cos_scan, satellite_km, ground_km):
    """Range (km) to a sphere of radius ground_km along a direction off the nadir, and the sine of the
    satellite's elevation there; those of the horizon where it passes by. satellite_km: from the centre."""
    square = ground_km * ground_km - satellite_km * satellite_km * (1.0 - cos_scan * cos_scan)
    if square <= 0.0:
        return math.sqrt(satellite_km * satellite_km - ground_km * ground_km), 0.0
    root = math.sqrt(square)
    return satellite_km * cos_scan - root, root / ground_km


@apart
def fixed_bases_db(
    x, y, z, range_km, satellite_km, altitude_km, cell_radius_km, spacing, shape, radio, edge_down, edge_up,
    flux_cap
):  # fmt: skip
    """`links.kernels.level_bases_db` of a cell in the direction (x, y, z) from a satellite with fixed beams,
    the cosine of the scan angle of its beam's axis, and the direction (3) from there back to the satellite.

    The beam's EIRP density, scan loss and cap are those at the foot of its axis, on a sphere of
    |satellite_km| - altitude_km; the range is the cell's own. The pattern of a planar aperture that faces the
    Earth's centre goes by the distance in direction cosines, whatever the scan: here the offset of the cell's
    centre, squeezed by the shape of the beams, and the cell's angular radius. satellite_km (3,).
    """
    far_km = math.sqrt(satellite_km[0] ** 2 + satellite_km[1] ** 2 + satellite_km[2] ** 2)
    up_x, up_y, up_z = satellite_km[0] / far_km, satellite_km[1] / far_km, satellite_km[2] / far_km
    u, v, _ = cosines_of(x, y, z, up_x, up_y, up_z)
    q, r = nearest_place(u, v, spacing, shape)
    axis_u, axis_v, cos_scan = axis_at(q, r, spacing, shape)
    foot_km, sin_elevation = foot_of(cos_scan, far_km, far_km - altitude_km)
    along, across = squeezed(u - axis_u, v - axis_v, shape)
    off_axis = math.hypot(along, across) + edge_sine(range_km, cell_radius_km)
    forward, back = level_bases_db(
        foot_km, altitude_km, cos_scan, sin_elevation, off_axis, radio, edge_down, edge_up, flux_cap
    )
    nearer = 2.0 * decibels(foot_km / range_km)
    ax, ay, az = direction_of(axis_u, axis_v, cos_scan, up_x, up_y, up_z)
    return forward + nearer, back + nearer, cos_scan, -ax, -ay, -az
