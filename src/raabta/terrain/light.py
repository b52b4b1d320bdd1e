"""Light at a site over time: the share of the Sun's disc above the horizon; whether the Earth, a relay is.

Directions come as body-fixed positions of the targets (t, 3), km, whoever computed them: the Sun, the Earth,
a relay at its true distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from raabta.base.errors import OutOfRangeError
from raabta.base.frames import look_angles
from raabta.terrain.grids import Floats
from raabta.terrain.horizon import Horizon
from raabta.terrain.light_kernels import disc_shares

SUN_RADIUS_KM = 695_700.0
"""Nominal solar radius, IAU 2015 Resolution B3."""
_FINE = 1440


@dataclass(frozen=True)
class Sight:
    """A target from a site over time, all (t,): where it stands, and how far above the horizon there."""

    azimuth_deg: Floats
    elevation_deg: Floats
    range_km: Floats
    above_deg: Floats

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Whether its centre stands above the horizon."""
        return np.asarray(self.above_deg > 0.0)


@dataclass(frozen=True)
class Spans:
    """Spans of a series in which something held: first and end (exclusive) steps, and how long, s."""

    first: NDArray[np.int64]
    end: NDArray[np.int64]
    step_s: float

    @property
    def length_s(self) -> Floats:
        """Length of each, in whole steps."""
        return np.asarray((self.end - self.first) * self.step_s, np.float64)

    @property
    def longest_s(self) -> float:
        """Length of the longest; 0 where it never held."""
        return float(self.length_s.max(initial=0.0))


def sight(horizon: Horizon, target_km: Floats) -> Sight:
    """Where a target stands from the site of a horizon: body-fixed km (t, 3)."""
    height_km = (horizon.ground_m + horizon.eye_m) / 1000.0
    elevation, azimuth, distance = look_angles(
        horizon.latitude_deg, horizon.longitude_deg, height_km, target_km, horizon.body
    )
    return Sight(azimuth, elevation, distance, elevation - horizon.at(azimuth))


def sun_share(horizon: Horizon, sun_km: Floats) -> Floats:
    """Share of the Sun's disc above the horizon, (t,): 1 full, 0 dark.

    The disc is uniformly bright (no darkening towards its limb, no scattered light); the horizon is linear
    across it, and what it leaves is exact.
    """
    seen = sight(horizon, sun_km)
    mask = _even(horizon)
    out = np.empty(seen.azimuth_deg.size)
    radius = np.degrees(np.arcsin(SUN_RADIUS_KM / seen.range_km))
    disc_shares(mask, seen.azimuth_deg, seen.elevation_deg, radius, out)
    return out


def _even(horizon: Horizon) -> Floats:
    """The horizon at equal steps from north: its own where they are, else every quarter of a degree."""
    count = horizon.azimuth_deg.size
    even = np.arange(count) * (360.0 / count)
    if count >= 4 and np.allclose(horizon.azimuth_deg, even, atol=1e-9):
        return np.ascontiguousarray(horizon.elevation_deg)
    return horizon.at(np.arange(_FINE) * (360.0 / _FINE))


def spans(holds: NDArray[np.bool_], step_s: float) -> Spans:
    """Spans of steps in which something holds; those cut by either end of the series count as they are."""
    if not step_s > 0.0:
        raise OutOfRangeError("the step", f"{step_s:g} s", "above 0", "a series over time")
    edge = np.diff(np.concatenate([[False], np.asarray(holds, bool), [False]]).astype(np.int8))
    return Spans(np.flatnonzero(edge == 1), np.flatnonzero(edge == -1), step_s)
