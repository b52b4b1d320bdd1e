"""Osculating Kepler elements and state vectors, in axes that are always named.

Vallado, "Fundamentals of Astrodynamics and Applications", 4th ed., sections 2.5 and 2.6.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import Body
from raabta.base.errors import OutOfRangeError
from raabta.base.librations import librations
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s
from raabta.orbits.kepler import eccentric_anomaly_rad

Floats = npt.NDArray[np.float64]
Axes = Literal["GCRF", "body-equator", "body-fixed-at-epoch"]
AXES: tuple[Axes, ...] = ("GCRF", "body-equator", "body-fixed-at-epoch")
_FIXED = {"Moon": "MOON_ME", "Earth": "ITRF"}


class Elements(NamedTuple):
    """Semi-major axis km, eccentricity, and angles in degrees, [0, 360); arrays of one shape."""

    semi_major_axis_km: Floats
    eccentricity: Floats
    inclination_deg: Floats
    raan_deg: Floats
    argp_deg: Floats
    true_anomaly_deg: Floats


def axes_to_gcrf(axes: str, body: Body, epoch: np.datetime64) -> Floats:
    """M (3, 3), r_gcrf = M r_axes, of axes that stand still.

    GCRF; body-equator: z the pole of the body at the epoch (of MOON_ME; the Earth's celestial intermediate
    pole), x where its equator ascends through that of GCRF; body-fixed-at-epoch: those of MOON_ME or ITRF at
    the epoch. OutOfRangeError for another name, or an epoch outside the tables.
    """
    if axes == "GCRF":
        return np.eye(3)
    if axes == "body-fixed-at-epoch":
        return np.asarray(rotation(_FIXED[body.name], "GCRF", np.array([epoch]))[0])
    if axes != "body-equator":
        raise OutOfRangeError("axes", axes, ", ".join(AXES), "Kepler elements")
    pole = _pole(body, epoch)
    line = np.cross([0.0, 0.0, 1.0], pole)
    x = line / np.linalg.norm(line)
    return np.stack([x, np.cross(pole, x), pole], axis=1)


def _pole(body: Body, epoch: np.datetime64) -> Floats:
    tdb = tdb_s(np.array([epoch]))
    if body.name == "Moon":
        return np.asarray(librations().mean_earth_axes_tdb(tdb)[0, 2])
    import erfa

    return np.asarray(erfa.c2i06a(2_451_545.0, tdb / 86_400.0)[0, 2])


def true_anomaly_deg(mean_anomaly_deg: npt.ArrayLike, eccentricity: npt.ArrayLike) -> Floats:
    """True anomaly of a mean one, degrees in [0, 360)."""
    e = np.asarray(eccentricity, np.float64)
    eccentric = eccentric_anomaly_rad(np.radians(mean_anomaly_deg), e)
    true = np.arctan2(np.sqrt(1.0 - e * e) * np.sin(eccentric), np.cos(eccentric) - e)
    return np.asarray(np.degrees(true) % 360.0)


def states_of(elements: Elements, gm_km3_s2: float) -> Floats:
    """States (n, 6) km, km/s in the axes of the elements, for ellipses."""
    a, e, i, raan, argp, nu = (np.atleast_1d(np.asarray(part, np.float64)) for part in elements)
    good = (a > 0.0) & (e >= 0.0) & (e < 1.0)
    if not bool(good.all()):
        worst = int(np.argmin(good))
        raise OutOfRangeError(
            "a, e", (float(a[worst]), float(e[worst])), "a > 0 and 0 <= e < 1", "an ellipse"
        )
    i, raan, argp, nu = (np.radians(angle) for angle in (i, raan, argp, nu))
    size = a * (1.0 - e * e)
    r, rate = size / (1.0 + e * np.cos(nu)), np.sqrt(gm_km3_s2 / size)
    along, across = _directions(i, raan, argp)
    place = (r * np.cos(nu))[:, None] * along + (r * np.sin(nu))[:, None] * across
    speed = (-rate * np.sin(nu))[:, None] * along + (rate * (e + np.cos(nu)))[:, None] * across
    return np.concatenate([place, speed], axis=1)


def _directions(i: Floats, raan: Floats, argp: Floats) -> tuple[Floats, Floats]:
    """Unit vectors (n, 3) to periapsis and, in the plane, 90 degrees on."""
    si, ci, sn, cn, sw, cw = np.sin(i), np.cos(i), np.sin(raan), np.cos(raan), np.sin(argp), np.cos(argp)
    along = np.stack([cn * cw - sn * sw * ci, sn * cw + cn * sw * ci, sw * si], axis=1)
    across = np.stack([-cn * sw - sn * cw * ci, -sn * sw + cn * cw * ci, cw * si], axis=1)
    return along, across


def elements_of(states: npt.ArrayLike, gm_km3_s2: float) -> Elements:
    """Osculating elements of states (n, 6) km, km/s; OutOfRangeError where one is no ellipse.

    Where the plane is that of the axes the node is put on x, where the orbit is a circle periapsis on the
    node: the state comes back from the elements all the same.
    """
    own = np.atleast_2d(np.asarray(states, np.float64))
    r, v = own[:, :3], own[:, 3:]
    distance = np.linalg.norm(r, axis=1)
    a = 1.0 / (2.0 / distance - (v * v).sum(axis=1) / gm_km3_s2)
    if not bool(np.all(np.isfinite(a) & (a > 0.0))):
        raise OutOfRangeError("state", own[int(np.argmin(a > 0.0))].tolist(), "an ellipse", "Kepler elements")
    h = np.cross(r, v)
    normal = h / np.linalg.norm(h, axis=1)[:, None]
    to_node = np.stack([-h[:, 1], h[:, 0], np.zeros(len(h))], axis=1)
    flat = np.linalg.norm(to_node, axis=1) < 1e-12 * np.linalg.norm(h, axis=1)
    to_node[flat] = [1.0, 0.0, 0.0]
    to_node /= np.linalg.norm(to_node, axis=1)[:, None]
    apse = np.cross(v, h) / gm_km3_s2 - r / distance[:, None]
    e = np.linalg.norm(apse, axis=1)
    apse = np.where(e[:, None] < 1e-12, to_node, apse)
    inclination = np.arctan2(np.hypot(h[:, 0], h[:, 1]), h[:, 2])
    raan = np.arctan2(to_node[:, 1], to_node[:, 0])
    angles = inclination, raan, _angle(to_node, apse, normal), _angle(apse, r, normal)
    return Elements(a, e, np.degrees(angles[0]), *(np.degrees(x) % 360.0 for x in angles[1:]))


def _angle(first: Floats, second: Floats, normal: Floats) -> Floats:
    """Angle (n,) from one direction to another about a normal, radians."""
    return np.asarray(
        np.arctan2((np.cross(first, second) * normal).sum(axis=1), (first * second).sum(axis=1))
    )
