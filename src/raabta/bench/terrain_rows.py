"""Rows of `terrain`: the horizon of a site and of an area on synthetic relief, beside dense sampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raabta.base.bodies import MOON
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import SEED, Floats
from raabta.terrain.areas import area_horizons
from raabta.terrain.grids import Heights, local_grid
from raabta.terrain.horizon import Horizon, find_horizon

LATITUDE_DEG, LONGITUDE_DEG = -85.45, 31.9
STEP_M = 20.0
HALF_KM = 10.2
REACH_KM = 10.0
EYE_M = 2.0
PEER_AZIMUTHS = 12
FINEST = 5e-5
"""The peer's points stand this share of their distance apart."""
LIMIT_DEG = 0.01


def relief() -> Heights:
    """Fractal ground about Leibnitz-Beta, synthetic: amplitude falls with the square of frequency."""
    grid = local_grid(MOON, LATITUDE_DEG, LONGITUDE_DEG, HALF_KM, STEP_M)
    rng = np.random.default_rng(SEED)
    f = np.hypot(np.fft.fftfreq(grid.rows)[:, None], np.fft.fftfreq(grid.columns)[None, :])
    f[0, 0] = np.inf
    field = np.fft.ifft2(np.fft.fft2(rng.normal(size=(grid.rows, grid.columns))) * f**-2.0).real
    return Heights(grid, (400.0 * field / field.std()).astype(np.float32), "synthetic")


def _site(quick: bool) -> Case:
    heights, azimuths = relief(), 72 if quick else 720
    return Case(
        size=f"{azimuths} azimuths, {REACH_KM:g} km at {STEP_M:g} m",
        ours=lambda: find_horizon(
            heights, LATITUDE_DEG, LONGITUDE_DEG, azimuths=azimuths, eye_m=EYE_M, reach_km=REACH_KM
        ),
        amount=azimuths,
        peer=Peer(
            f"numpy, a point every 1/{1.0 / FINEST:,.0f} of the distance, {PEER_AZIMUTHS} azimuths",
            dense(heights),
            PEER_AZIMUTHS,
        ),
        same=_apart,
    )


def dense(heights: Heights) -> Callable[[], Floats]:
    """Horizon by points along great circles, as vectors, deg, (PEER_AZIMUTHS,)."""
    radius_km = MOON.equatorial_radius_km
    angle = np.geomspace(1e-3, REACH_KM, int(np.log(1e3 * REACH_KM) / FINEST)) / radius_km
    east, north, up = enu_basis(LATITUDE_DEG, LONGITUDE_DEG)
    eye_km = (float(heights.at(LATITUDE_DEG, LONGITUDE_DEG)) + EYE_M) / 1000.0
    eye = geodetic_to_fixed(LATITUDE_DEG, LONGITUDE_DEG, eye_km, MOON)

    def one(azimuth_deg: float) -> float:
        turn = np.radians(azimuth_deg)
        ahead = np.sin(turn) * east + np.cos(turn) * north
        unit = np.cos(angle)[:, None] * up + np.sin(angle)[:, None] * ahead
        place = np.degrees(np.arcsin(unit[:, 2])), np.degrees(np.arctan2(unit[:, 1], unit[:, 0]))
        ray = unit * (radius_km + heights.at(*place) / 1000.0)[:, None] - eye
        return float(np.degrees(np.arctan2(ray @ up, ray @ ahead).max()))

    return lambda: np.array([one(360.0 / PEER_AZIMUTHS * k) for k in range(PEER_AZIMUTHS)])


def _apart(ours: Horizon, theirs: Floats) -> Difference:
    own = ours.elevation_deg[:: ours.elevation_deg.size // PEER_AZIMUTHS]
    return Difference("farthest horizon", float(np.abs(own - theirs).max()), LIMIT_DEG, "deg")


def _area(quick: bool) -> Case:
    heights, side = relief(), 16 if quick else 32
    middle = heights.m.shape[0] // 2
    row, column = (v.ravel() for v in np.mgrid[middle : middle + side, middle : middle + side])
    return Case(
        size=f"{side} x {side} samples, 360 azimuths, to the edge of {2 * HALF_KM:g} km",
        ours=lambda: area_horizons(heights, row, column, azimuths=360, threads=1),
        amount=side * side * 360,
    )


ROWS = (
    Row(
        "horizon",
        "exact horizon of a site",
        "azimuths",
        _site,
        floor=Floor(2_000.0, 20.0),
        goal=Goal("ms", 100.0, 20.0),
        quick_floor=Floor(200.0, 2.0),
    ),
    Row(
        "horizon-area",
        "exact horizons of an area",
        "lines of sight",
        _area,
        floor=Floor(100_000.0),
        quick_floor=Floor(20_000.0),
    ),
)
