"""Whether a body hides the Sun: cones of umbra and penumbra behind a sphere, as light finds them.

Light takes its time and the body moves meanwhile: seen from the body at rest the Sun stands where aberration
puts it, 20.5 arcsec aside for the Earth and the Moon. Spheres; no air that bends or widens a shadow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from raabta.base.light_time import aberration, light_time_s

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.base.ephemeris import Ephemeris

    Floats = NDArray[np.float64]

SOLAR_RADIUS_KM = 695_700.0
"""Nominal solar radius, IAU 2015 Resolution B3."""
Shadow = Literal["umbra", "penumbra"]


def apparent_sun_km(source: Ephemeris, body: str, tdb: Floats) -> Floats:
    """The Sun from a body's centre, (t, 3) km in GCRF axes, at TDB seconds past J2000 (t,): where its light
    seems to come from, light time and aberration in it."""
    here = source.position_km_tdb(body, tdb, "SSB")
    _, there = light_time_s(here, lambda when: source.position_km_tdb("Sun", when, "SSB"), tdb)
    away = there - here
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(distance * aberration(away / distance, source.velocity_km_s_tdb(body, tdb, "SSB")))


def clearance_rad(place_km: Floats, sun_km: Floats, radius_km: float, shadow: Shadow) -> Floats:
    """Angle between the edges of two discs, the body's and the Sun's, (t,): below 0 where the body hides all
    of the Sun (umbra) or some of it (penumbra).

    place_km: of who looks, (t, 3) from the body's centre; sun_km: by `apparent_sun_km` of that body.
    """
    to_sun = sun_km - place_km
    sun, far = np.linalg.norm(to_sun, axis=1), np.linalg.norm(place_km, axis=1)
    apart = np.arctan2(np.linalg.norm(np.cross(to_sun, -place_km), axis=1), (to_sun * -place_km).sum(axis=1))
    disc = np.arcsin(np.minimum(SOLAR_RADIUS_KM / sun, 1.0))
    own = np.arcsin(np.minimum(radius_km / far, 1.0))
    return np.asarray(apart - own + (disc if shadow == "umbra" else -disc))
