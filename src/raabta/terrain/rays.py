"""Where lines of sight run over the ground: great circles of a sphere, normal sections of an ellipsoid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from raabta.base.bodies import Body
from raabta.base.frames import enu_basis, fixed_to_geodetic, geodetic_to_fixed
from raabta.terrain.grids import Floats, Grid

MIDDLE_PIXELS = 64.0
ASIDE_RATIO = 1e-5
"""How far a piece of a line, drawn straight on the map, may lie from the true one, of its distance."""


def section_radius_m(body: Body, latitude_deg: float, azimuth_deg: ArrayLike) -> Floats:
    """Radius of curvature of the normal section in an azimuth (Euler): 1/R = cos^2 a / M + sin^2 a / N."""
    e2 = body.eccentricity_squared_ratio
    root = np.sqrt(1.0 - e2 * np.sin(np.radians(latitude_deg)) ** 2)
    across = 1000.0 * body.equatorial_radius_km / root
    along_ = across * (1.0 - e2) / root**2
    azimuth = np.radians(azimuth_deg)
    return np.asarray(1.0 / (np.cos(azimuth) ** 2 / along_ + np.sin(azimuth) ** 2 / across), np.float64)


def along(
    body: Body, latitude_deg: float, longitude_deg: float, azimuth_deg: Floats, distance_m: Floats
) -> tuple[Floats, Floats]:
    """(latitude_deg, longitude_deg), (azimuth, distance): places of the ground in azimuths of a site.

    On a sphere exact. On the Earth along the circle that osculates the ellipsoid in that azimuth: every place
    of it is seen in it; its distance from the ellipsoid is below 5 m to 200 km away.
    """
    radius_m = section_radius_m(body, latitude_deg, azimuth_deg)[:, None]
    angle, azimuth = distance_m / radius_m, np.radians(azimuth_deg)[:, None]
    east, north, up = enu_basis(latitude_deg, longitude_deg)
    out = np.sin(angle)[..., None] * (np.sin(azimuth)[..., None] * east + np.cos(azimuth)[..., None] * north)
    out = radius_m[..., None] / 1000.0 * (out - (2.0 * np.sin(0.5 * angle) ** 2)[..., None] * up)
    latitude, longitude, _ = fixed_to_geodetic(
        geodetic_to_fixed(latitude_deg, longitude_deg, 0.0, body) + out, body
    )
    return latitude, longitude


def map_lines(
    grid: Grid, latitude_deg: float, longitude_deg: float, azimuth_deg: Floats, reach_m: float
) -> tuple[Floats, Floats, Floats]:
    """Rows and columns (azimuth, node) of lines of sight, and the distances (node,) of the nodes, m.

    Nodes stand so near, and nearest by the site, that the map's straight line between two is within 1e-5 of
    the distance from the true one.
    """
    row, column = grid.pixel(latitude_deg, longitude_deg)
    cell_m = float(min(grid.cell_m(row, column)))
    pieces = max(1, int(np.ceil(reach_m / (MIDDLE_PIXELS * cell_m))))
    for _ in range(12):
        distance = reach_m * np.linspace(0.0, 1.0, 2 * pieces + 1) ** 2
        rows, columns = grid.pixel(*along(grid.body, latitude_deg, longitude_deg, azimuth_deg, distance))
        if grid.projection.turn is not None:
            turn = grid.projection.turn / abs(grid.dx)
            columns = column + (columns - column + 0.5 * turn) % turn - 0.5 * turn
        if _aside(rows, columns) <= ASIDE_RATIO:
            break
        pieces *= 2
    return np.ascontiguousarray(rows), np.ascontiguousarray(columns), distance


def _aside(rows: Floats, columns: Floats) -> float:
    """How far lines lie off the straight pieces between nodes, of their distance, seen in pairs of pieces.

    In squares of distance the middle of 0 and 4 is 1: a straight line's share is 1/4 there, and so on. A
    piece bends a quarter as far as the pair.
    """
    last = np.arange(2, rows.shape[1], 2)
    share = ((last - 1.0) ** 2 - (last - 2.0) ** 2) / (last**2 - (last - 2.0) ** 2)
    off = [n[:, 1:-1:2] - n[:, :-2:2] - share * (n[:, 2::2] - n[:, :-2:2]) for n in (rows, columns)]
    step = np.hypot(rows[:, 2::2] - rows[:, :1], columns[:, 2::2] - columns[:, :1])
    return float((0.25 * np.hypot(*off) / np.maximum(step, 1e-9)).max())
