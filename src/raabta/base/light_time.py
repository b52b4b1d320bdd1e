"""Light time and aberration: where something is seen, and how long its light was on the way.

The way of light is straight and its speed is c (the Sun's gravity adds 120 us at most, at its limb, and 0.1
ns between the Earth and the Moon). Axes are those of the GCRF about the barycentre of the solar system.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from raabta.base.clock import Floats
from raabta.base.ephemeris import Ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.timescales import tdb_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S

Path = Callable[[Floats], Floats]
"""Places (t, 3) km about the barycentre of the solar system at TDB seconds past J2000 (t,)."""
ROUNDS = 6
"""Each leaves v / c, 1e-4, of the error: 500 s to below 1e-18 s. As many for all, so that chunks agree."""


def light_time_s(
    here_km: npt.ArrayLike, there: Path, tdb: Floats, direction: Literal["received", "sent"] = "received"
) -> tuple[Floats, Floats]:
    """(seconds (t,), the other end's place (t, 3) km) of a signal that is received or sent at here_km (t, 3)
    at TDB seconds `tdb` (t,). There: where the other end is, the sender's or the receiver's path."""
    if direction not in ("received", "sent"):
        raise OutOfRangeError("direction", repr(direction), "received, sent", "raabta.base.light_time")
    here, sign = np.asarray(here_km, np.float64), -1.0 if direction == "received" else 1.0
    seconds = np.zeros(tdb.shape)
    for _ in range(ROUNDS):
        place = there(tdb + sign * seconds)
        seconds = np.linalg.norm(place - here, axis=1) / SPEED_OF_LIGHT_KM_S
    return seconds, place


def aberration(direction: npt.ArrayLike, velocity_km_s: npt.ArrayLike) -> Floats:
    """The unit vector (t, 3) in which an observer that moves with `velocity_km_s` (t, 3) sees what lies in
    the unit vector `direction` (t, 3) for one at rest: special relativity, all orders in v / c.

    Explanatory Supplement to the Astronomical Almanac (3rd ed., 2013), eq. 7.40. 20.5 arcsec for the Earth.
    """
    n, beta = np.asarray(direction, np.float64), np.asarray(velocity_km_s, np.float64) / SPEED_OF_LIGHT_KM_S
    along = np.einsum("...i,...i->...", n, beta)[..., None]
    slow = np.sqrt(1.0 - np.einsum("...i,...i->...", beta, beta))[..., None]
    seen = (slow * n + (1.0 + along / (1.0 + slow)) * beta) / (1.0 + along)
    return np.asarray(seen / np.linalg.norm(seen, axis=-1, keepdims=True))


def one_way_light_s(
    source: Ephemeris, target: str, observer: str, times: npt.ArrayLike, offset_km: npt.ArrayLike = 0.0
) -> Floats:
    """Seconds (t,) that light from the centre of `target` takes to a place `offset_km` (t, 3; GCRF axes) from
    the centre of `observer`, where it arrives at UTC `times` (t,)."""
    tdb = tdb_s(times)
    return light_time_s(_place(source, observer, tdb, offset_km), _path(source, target), tdb)[0]


def astrometric_km(
    source: Ephemeris, target: str, observer: str, times: npt.ArrayLike, offset_km: npt.ArrayLike = 0.0
) -> Floats:
    """`target` as it was when its light left, (t, 3) km in GCRF axes from the observer at UTC `times` (t,).

    The observer: a place offset_km (t, 3) from the centre of a body. No aberration.
    """
    tdb = tdb_s(times)
    here = _place(source, observer, tdb, offset_km)
    return light_time_s(here, _path(source, target), tdb)[1] - here


def apparent_km(
    source: Ephemeris,
    target: str,
    observer: str,
    times: npt.ArrayLike,
    offset_km: npt.ArrayLike = 0.0,
    offset_km_s: npt.ArrayLike = 0.0,
) -> Floats:
    """As `astrometric_km`, turned by aberration: the direction that the observer sees, with its own velocity
    offset_km_s (t, 3) about the body's centre. No bending of light (1.75 arcsec at the Sun's limb)."""
    place = astrometric_km(source, target, observer, times, offset_km)
    velocity = source.velocity_km_s(observer, times, "SSB") + np.asarray(offset_km_s, np.float64)
    distance = np.linalg.norm(place, axis=1, keepdims=True)
    return np.asarray(distance * aberration(place / distance, velocity))


def _path(source: Ephemeris, body: str) -> Path:
    return lambda tdb: source.position_km_tdb(body, tdb, "SSB")


def _place(source: Ephemeris, body: str, tdb: Floats, offset_km: npt.ArrayLike) -> Floats:
    return source.position_km_tdb(body, tdb, "SSB") + np.asarray(offset_km, np.float64)
