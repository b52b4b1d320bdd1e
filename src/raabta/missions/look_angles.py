"""Where antennas point: elevation, azimuth and range of craft from sites, and curves of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.access.sky import BODIES
from raabta.base.frames import fixed_to_geodetic
from raabta.missions.nodes import SUN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.missions.model import Day, Mission

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DRAWN_DEG, LEAST_S = 1.0, 2.0
"""Points of a ground track stand so close over the body's centre, if not closer in time than this."""


def pairs_of(mission: Mission) -> Ints:
    """Pairs (p, 2) of a site and a craft whose look angles are asked for, sorted, each once."""
    parts = [np.empty((0, 2), np.int64)]
    for ask in mission.scenario.look_angles:
        sites, craft = mission.nodes.named(ask.sites), mission.nodes.named(ask.craft)
        parts.append(np.stack(np.meshgrid(sites, craft, indexing="ij"), axis=-1).reshape(-1, 2))
    return np.unique(np.concatenate(parts), axis=0)


def tracks_of(mission: Mission) -> Ints:
    """Pairs (k, 2) of a site and what it looks at, one for each curve, in the order asked."""
    named = mission.nodes.named
    rows = [
        (int(named(track.site)[0]), mission.sun if track.node == SUN else int(named(track.node)[0]))
        for track in mission.scenario.tracks
    ]
    return np.array(rows, np.int64).reshape(-1, 2)


def seen(mission: Mission, pairs: Ints, seconds: Floats) -> tuple[Floats, Floats, Floats]:
    """Elevation, azimuth (deg), range (km), each (t, p), of the second of each pair from the first, a site.

    Of one instant, without light time.
    """
    out = np.empty((3, seconds.size, len(pairs)))
    axes = np.array([mission.nodes.axes[site] for site in pairs[:, 0].tolist()])
    for frame in np.unique(axes).tolist():
        own = np.flatnonzero(axes == frame)
        out[:, :, own] = _seen(mission, pairs[own], seconds, frame)
    return out[0], out[1], out[2]


def _seen(mission: Mission, pairs: Ints, seconds: Floats, frame: str) -> Floats:
    sites, targets = np.unique(pairs[:, 0]), np.unique(pairs[:, 1])
    ground = mission.ground(sites)
    own, other = np.searchsorted(sites, pairs[:, 0]), np.searchsorted(targets, pairs[:, 1])
    target_km = mission.positions_km(targets, mission.utc(seconds), frame)
    ray = target_km[:, :, other] - ground.km[own].T
    local = np.einsum("pij,tjp->tip", ground.basis[own], ray)
    east, north, up = np.moveaxis(local, 1, 0)
    across = np.hypot(east, north)
    azimuth = np.degrees(np.arctan2(east, north)) % 360.0
    azimuth = np.where(azimuth < 360.0, azimuth, 0.0)
    return np.stack([np.degrees(np.arctan2(up, across)), azimuth, np.hypot(across, up)])


def looks(mission: Mission, day: Day) -> Floats:
    """Of a day and each pair of `pairs_of` (p, 7): least, mean and greatest elevation, least and greatest
    azimuth, least and greatest range, at the points of curves."""
    elevation, azimuth, km = seen(mission, pairs_of(mission), mission.steps(day))
    if not elevation.size:
        return np.empty((elevation.shape[1], 7))
    of = (elevation.min, lambda axis: elevation.sum(axis=axis), elevation.max, azimuth.min, azimuth.max)
    return np.column_stack([*(each(axis=0) for each in of), km.min(axis=0), km.max(axis=0)])


def curves(mission: Mission, day: Day) -> Floats:
    """Elevation (t, k) deg of every track at the points of a day."""
    return seen(mission, tracks_of(mission), mission.steps(day))[0]


def gathered(parts: list[Floats], points: int) -> dict[str, Floats]:
    """The looks of days as those of the whole run: columns (p,), over `points` in all."""
    held = np.stack(parts)
    return {
        "elevation_min_deg": held[:, :, 0].min(axis=0),
        "elevation_mean_deg": held[:, :, 1].sum(axis=0) / points,
        "elevation_max_deg": held[:, :, 2].max(axis=0),
        "azimuth_min_deg": held[:, :, 3].min(axis=0),
        "azimuth_max_deg": held[:, :, 4].max(axis=0),
        "range_min_km": held[:, :, 5].min(axis=0),
        "range_max_km": held[:, :, 6].max(axis=0),
    }


def moving(mission: Mission) -> Ints:
    """Craft (m,) whose ground tracks are kept: those that do not stand still over the ground."""
    sites = mission.nodes.sites
    still = [one.geostationary_deg is not None for one in mission.scenario.craft]
    return np.array([sites + i for i, stands in enumerate(still) if not stands], np.int64)


def ground_tracks(mission: Mission, day: Day) -> NDArray[np.float32]:
    """Latitude, longitude (deg) and height (km), (t, m, 3), of moving craft at the points of a day."""
    which, seconds = moving(mission), mission.steps(day)
    if not which.size:
        return np.empty((seconds.size, 0, 3), np.float32)
    out = np.empty((seconds.size, which.size, 3), np.float32)
    for column, number in enumerate(which.tolist()):
        body = BODIES[mission.home(number)]
        place = mission.positions_km(which[[column]], mission.utc(seconds), body.frame)
        out[:, column] = np.stack(fixed_to_geodetic(place[:, :, 0], body), axis=-1)
    return out


def paths(mission: Mission, day: Day) -> Floats:
    """The first day's ground tracks of moving craft as they are drawn: rows node, s from the start, latitude,
    longitude (deg). Steps are halved until points are DRAWN_DEG apart or less: near the ground craft hurry.
    """
    parts = [np.empty((0, 4))]
    for number in moving(mission).tolist() if day.number == 0 else []:
        body, times = BODIES[mission.home(number)], np.union1d(mission.steps(day), [day.end_s])
        while True:
            place = mission.positions_km(np.array([number]), mission.utc(times), body.frame)[:, :, 0]
            up = place / np.linalg.norm(place, axis=1)[:, None]
            far = np.linalg.norm(np.diff(up, axis=0), axis=1) > np.radians(DRAWN_DEG)
            wide = np.flatnonzero(far & (np.diff(times) > LEAST_S))
            if not wide.size:
                break
            times = np.insert(times, wide + 1, 0.5 * (times[wide] + times[wide + 1]))
        latitude, longitude, _ = fixed_to_geodetic(place, body)
        parts.append(np.column_stack([np.full(times.size, number), times, latitude, longitude]))
    return np.concatenate(parts)
