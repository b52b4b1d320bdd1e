"""Two-body orbits: Kepler's equation, elements to position, the geostationary slot.

Vallado, "Fundamentals of Astrodynamics and Applications", 4th ed., sections 2.2 and 2.6.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, Body
from raabta.base.errors import OutOfRangeError

Floats = npt.NDArray[np.float64]


def mean_motion_rad_s(semi_major_axis_km: npt.ArrayLike, body: Body = EARTH) -> Floats:
    """Two-body mean motion sqrt(GM / a^3), rad/s."""
    return np.asarray(np.sqrt(body.gm_km3_s2 / np.asarray(semi_major_axis_km, np.float64) ** 3))


def eccentric_anomaly_rad(mean_anomaly_rad: npt.ArrayLike, eccentricity: npt.ArrayLike) -> Floats:
    """Solve M = E - e sin E for E, 0 <= e < 1, to 1e-14 rad; E lies in the same turn as M.

    Newton on a bracketed interval: E lies within e of M, and a step that leaves the bracket is halved.
    """
    mean, ecc = np.broadcast_arrays(
        np.asarray(mean_anomaly_rad, np.float64), np.asarray(eccentricity, np.float64)
    )
    bad = ~((ecc >= 0.0) & (ecc < 1.0))
    if bool(bad.any()):
        raise OutOfRangeError("eccentricity", float(ecc[bad].flat[0]), "[0, 1)", "an ellipse")
    turn = np.floor(mean / (2.0 * np.pi) + 0.5) * 2.0 * np.pi
    inner = mean - turn
    low, high = inner - ecc, inner + ecc
    guess = inner + ecc * np.sin(inner)
    for _ in range(60):
        error = guess - ecc * np.sin(guess) - inner
        low, high = np.where(error < 0.0, guess, low), np.where(error > 0.0, guess, high)
        newton = guess - error / (1.0 - ecc * np.cos(guess))
        inside = (newton >= low) & (newton <= high)
        step = np.where(inside, newton, 0.5 * (low + high)) - guess
        guess = guess + step
        if bool(np.all(np.abs(step) < 1e-15)):
            break
    return np.asarray(guess + turn, np.float64)


def position_km(
    semi_major_axis_km: npt.ArrayLike,
    eccentricity: npt.ArrayLike,
    inclination_deg: npt.ArrayLike,
    raan_deg: npt.ArrayLike,
    argp_deg: npt.ArrayLike,
    mean_anomaly_deg: npt.ArrayLike,
) -> Floats:
    """Inertial position (..., 3) km from Kepler elements that broadcast together."""
    axis, ecc = np.asarray(semi_major_axis_km, np.float64), np.asarray(eccentricity, np.float64)
    anomaly = eccentric_anomaly_rad(np.radians(mean_anomaly_deg), ecc)
    along = axis * (np.cos(anomaly) - ecc)
    across = axis * np.sqrt(1.0 - ecc * ecc) * np.sin(anomaly)
    s_w, c_w = np.sin(np.radians(argp_deg)), np.cos(np.radians(argp_deg))
    s_n, c_n = np.sin(np.radians(raan_deg)), np.cos(np.radians(raan_deg))
    s_i, c_i = np.sin(np.radians(inclination_deg)), np.cos(np.radians(inclination_deg))
    line, up = along * c_w - across * s_w, along * s_w + across * c_w
    parts = np.broadcast_arrays(c_n * line - s_n * c_i * up, s_n * line + c_n * c_i * up, s_i * up)
    return np.stack(parts, axis=-1)


def geostationary_radius_km(body: Body = EARTH) -> float:
    """Radius of the orbit whose period is the body's rotation, (GM / omega^2)^(1/3); Earth 42,164.17 km."""
    return float((body.gm_km3_s2 / body.rotation_rad_s**2) ** (1.0 / 3.0))


def geostationary_position_km(longitude_deg: npt.ArrayLike, body: Body = EARTH) -> Floats:
    """Body-fixed position (..., 3) km of an ideal geostationary slot (no station-keeping box)."""
    longitude = np.radians(np.asarray(longitude_deg, np.float64))
    radius = geostationary_radius_km(body)
    return np.stack(
        [radius * np.cos(longitude), radius * np.sin(longitude), np.zeros_like(longitude)], axis=-1
    )
