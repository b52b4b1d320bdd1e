"""Two bodies, sites and craft on plain circles and ellipses, and contacts by their definition: no table, no
polynomial, light time by iteration at every instant."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from raabta.access.sight import Craft, Place
from raabta.access.sky import Sky
from raabta.base.bodies import EARTH, MOON

START = np.datetime64("2028-11-01", "ns")
LIGHT_KM_S = 299_792.458
SPIN_RAD_S = {"ITRF": 7.292115e-5, "MOON_ME": 2.661699489e-6}
TILT_DEG = {"ITRF": 0.0, "MOON_ME": 22.5}
PHASE_DEG = {"ITRF": 0.0, "MOON_ME": 240.0}


def seconds(times: Any) -> Any:
    return (np.asarray(times) - START).astype(np.int64) / 1e9


def kepler(axis_km, ecc, inclination_deg, node_deg, argument_deg, anomaly_deg, gm_km3_s2):
    """A function of seconds (t,) to places (t, 3), km."""
    motion = np.sqrt(gm_km3_s2 / axis_km**3)
    w, i, o = np.radians([argument_deg, inclination_deg, node_deg])
    ahead = np.array([
        np.cos(o) * np.cos(w) - np.sin(o) * np.sin(w) * np.cos(i),
        np.sin(o) * np.cos(w) + np.cos(o) * np.sin(w) * np.cos(i),
        np.sin(w) * np.sin(i),
    ])  # fmt: skip
    aside = np.array([
        -np.cos(o) * np.sin(w) - np.sin(o) * np.cos(w) * np.cos(i),
        -np.sin(o) * np.sin(w) + np.cos(o) * np.cos(w) * np.cos(i),
        np.cos(w) * np.sin(i),
    ])  # fmt: skip

    def place(s):
        mean = np.radians(anomaly_deg) + motion * np.asarray(s)
        e = mean.copy()
        for _ in range(12):
            e = e - (e - ecc * np.sin(e) - mean) / (1.0 - ecc * np.cos(e))
        x, y = axis_km * (np.cos(e) - ecc), axis_km * np.sqrt(1.0 - ecc**2) * np.sin(e)
        return x[:, None] * ahead + y[:, None] * aside

    return place


PLACES = {
    "Moon": kepler(384_400.0, 0.055, 24.0, 10.0, 40.0, 20.0, 403_503.2),
    "Sun": kepler(1.496e8, 0.0167, 23.4, 0.0, 280.0, 0.0, 1.327e11),
    "Earth": lambda s: np.zeros((np.size(s), 3)),
}


def turn(frame, s):
    """Matrices (t, 3, 3) from inertial axes to a frame's."""
    angle, tilt = (
        SPIN_RAD_S[frame] * np.asarray(s) + np.radians(PHASE_DEG[frame]),
        np.radians(TILT_DEG[frame]),
    )
    out = np.zeros((angle.size, 3, 3))
    out[:, 0, 0], out[:, 0, 1] = np.cos(angle), np.sin(angle)
    out[:, 1, 0], out[:, 1, 1], out[:, 2, 2] = -np.sin(angle), np.cos(angle), 1.0
    lean = [[1, 0, 0], [0, np.cos(tilt), np.sin(tilt)], [0, -np.sin(tilt), np.cos(tilt)]]
    return out @ np.array(lean)


def sky(duration_s):
    def place(name, times):
        return PLACES[name](seconds(times))

    return Sky(START, duration_s, place, lambda frame, times: turn(frame, seconds(times)))


def craft(name, centre, *elements):
    """One craft on an ellipse about a body: axis, eccentricity, inclination, node, argument, anomaly."""
    gm = {"Earth": EARTH, "Moon": MOON}[centre].gm_km3_s2
    place = kepler(*elements, gm)
    moving = SimpleNamespace(
        count=1, centre=centre, frame="GCRF", positions_km=lambda t: place(seconds(t))[:, :, None]
    )
    return Craft(name, moving)


def node_km(node, s):
    """Places (t, 3) of a node, from the Earth's centre."""
    if isinstance(node, Place):
        fixed = np.einsum("tji,j->ti", turn(node.axes, s), node.km[0])
        return PLACES[node.body.name](s) + fixed
    return PLACES[node.moving.centre](s) + node.moving.positions_km(utc(s))[:, :, 0]


def utc(s):
    return START + np.rint(np.asarray(s) * 1e9).astype("timedelta64[ns]")


def met_s(one, other, sent_s):
    """When light that leaves `one` at `sent_s` meets `other`, s: twenty rounds in the frame of the sender's
    centre."""
    centre = PLACES[one.body.name if isinstance(one, Place) else one.moving.centre]
    start_km = node_km(one, sent_s) - centre(sent_s)
    light_s = np.zeros(sent_s.size)
    for _ in range(20):
        then = sent_s + light_s
        light_s = np.linalg.norm(node_km(other, then) - centre(then) - start_km, axis=1) / LIGHT_KM_S
    return sent_s + light_s


def above(place, when_s, target_km, then_s):
    """Whether a place sees, at `when_s`, above its mask what was at `target_km` at `then_s`."""
    ray = np.einsum("tij,tj->ti", turn(place.axes, when_s), target_km - PLACES[place.body.name](then_s))
    local = (ray - place.km[0]) @ place.basis[0].T
    sine = local[:, 2] / np.linalg.norm(local, axis=1)
    azimuth = np.degrees(np.arctan2(local[:, 0], local[:, 1])) % 360.0
    mask = place.sin_mask[0]
    return sine >= mask[np.minimum((azimuth / 360.0 * mask.size).astype(int), mask.size - 1)]


def in_sight(one, other, sent_s, margin_km, longest_km=np.inf):
    """Whether signals that leave at `sent_s` arrive, by the definition."""
    arrival_s = met_s(one, other, sent_s)
    sent_km, met_km = node_km(one, sent_s), node_km(other, arrival_s)
    seen = (arrival_s - sent_s) * LIGHT_KM_S <= longest_km
    masked = []
    for node, when, target, then in ((one, sent_s, met_km, arrival_s), (other, arrival_s, sent_km, sent_s)):
        if isinstance(node, Place):
            masked.append(node.body.name)
            seen &= above(node, when, target, then)
    for body in (EARTH, MOON):
        if body.name not in masked:
            a, b = sent_km - PLACES[body.name](sent_s), met_km - PLACES[body.name](arrival_s)
            share = np.clip(-(a * (b - a)).sum(1) / ((b - a) ** 2).sum(1), 0.0, 1.0)
            nearest = np.linalg.norm(a + share[:, None] * (b - a), axis=1)
            seen &= nearest >= body.mean_radius_km + margin_km[body.name]
    return seen
