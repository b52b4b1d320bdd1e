"""Walker constellations as SGP4 mean elements.

Walker, "Satellite constellations", J. Br. Interplanet. Soc. 37 (1984): i:T/P/F. Satellite j of plane p stands
at RAAN = offset + p R / P and argument of latitude 360 j / S + 360 F p / T, with R = 360 deg for a delta and
180 deg for a star pattern.
"""

from __future__ import annotations

import numpy as np

from raabta.base.bodies import EARTH
from raabta.orbits.elements import MeanElements, rev_day_from_semi_major_axis
from raabta.scenario.models import Shell


def walker(shell: Shell, epoch: np.datetime64, name: str = "shell") -> MeanElements:
    """Mean elements of one shell, plane-major (all of plane 0 first), circular and without drag.

    `altitude_km` is the Brouwer mean semi-major axis less 6378.137 km. Names are `name-PPP-SSS`, from 1.
    RAAN is counted from the TEME equinox of `epoch` (UTC).
    """
    planes, per_plane = shell.planes, shell.satellites_per_plane
    plane = np.repeat(np.arange(planes), per_plane)
    place = np.tile(np.arange(per_plane), planes)
    spread_deg = 360.0 if shell.pattern == "delta" else 180.0
    raan = (shell.raan_offset_deg + plane * spread_deg / planes) % 360.0
    latitude_argument = (place * 360.0 / per_plane + plane * 360.0 * shell.phasing / shell.satellites) % 360.0
    inclination = np.full(plane.size, shell.inclination_deg)
    axis_km = EARTH.equatorial_radius_km + shell.altitude_km
    zeros = np.zeros(plane.size)
    return MeanElements(
        epoch=np.full(plane.size, epoch).astype("datetime64[ns]"),
        inclination_deg=inclination,
        raan_deg=raan,
        eccentricity=zeros,
        argp_deg=zeros,
        mean_anomaly_deg=latitude_argument,
        mean_motion_rev_day=rev_day_from_semi_major_axis(axis_km, zeros, inclination),
        bstar_per_radius=zeros,
        names=tuple(f"{name}-{p + 1:03d}-{s + 1:03d}" for p, s in zip(plane, place, strict=True)),
        norad_id=np.zeros(plane.size, np.int64),
    )
