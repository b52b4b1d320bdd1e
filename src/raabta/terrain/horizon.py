"""The horizon of a site: how high the ground stands against the sky, azimuth by azimuth, exactly.

Exact is meant of the raster's bilinear ground on the curved body: no step along the line is chosen. The
raster itself is smoother than the ground; a horizon of 400 m relief hides too little and too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from raabta.base.bodies import Body
from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.terrain.grids import HEIGHTS_M, Floats, Heights
from raabta.terrain.horizon_kernels import NOTHING, horizons
from raabta.terrain.rasters import Raster
from raabta.terrain.rays import map_lines, section_radius_m

REACH_KM = {"Moon": 200.0, "Earth": 150.0}
"""How far is looked by default; a mountain of 7 km hides nothing beyond."""
MOST_AZIMUTHS = 36_000


@dataclass(frozen=True)
class Horizon:
    """Horizon of a site, linear between its azimuths, around the circle.

    azimuth_deg (a,) rises from 0, clockwise from north; elevation_deg (a,) above the plane normal to the
    vertical at the eye; distance_km (a,) of the ground that makes it; reach_km (a,): how far heights were
    known, infinite where no ground of the body could stand higher; ground_m of the site, the eye eye_m above
    it. `unknown_share`: of the ground looked at, how much the rasters do not know.
    """

    body: Body
    latitude_deg: float
    longitude_deg: float
    ground_m: float
    eye_m: float
    azimuth_deg: Floats
    elevation_deg: Floats
    distance_km: Floats
    reach_km: Floats
    unknown_share: float = 0.0
    source: str = ""

    def at(self, azimuth_deg: ArrayLike) -> Floats:
        """Elevation of the horizon in azimuths, deg, any shape."""
        return np.asarray(
            np.interp(np.asarray(azimuth_deg, np.float64), self.azimuth_deg, self.elevation_deg, period=360.0)
        )

    def mask(self, bins: int) -> Floats:
        """Highest horizon in each of `bins` equal bins from north, both ends included, deg, (bins,)."""
        width = 360.0 / bins
        edge = self.at(np.arange(bins) * width)
        out = np.maximum(edge, np.roll(edge, -1))
        inside = np.minimum((self.azimuth_deg % 360.0 / width).astype(np.int64), bins - 1)
        np.maximum.at(out, inside, self.elevation_deg)
        return out


def find_horizon(
    rasters: Heights | Raster | Sequence[Heights | Raster],
    latitude_deg: float,
    longitude_deg: float,
    *,
    azimuths: int = 720,
    eye_m: float = 2.0,
    reach_km: float | None = None,
) -> Horizon:
    """Horizon of a site from one raster or several, the finest first: each goes on where the one before ends.

    eye_m: height of the eye (a mast, an antenna) above the ground of the first raster. reach_km: how far to
    look, by default 200 km on the Moon and 150 km on the Earth. OutOfRangeError for a site off the first
    raster or where its height is unknown, ScenarioError for rasters of two bodies.
    """
    every = [rasters] if isinstance(rasters, Heights | Raster) else list(rasters)
    body = _one_body(every)
    if not 1 <= azimuths <= MOST_AZIMUTHS:
        raise OutOfRangeError("the number of azimuths", azimuths, f"1 to {MOST_AZIMUTHS:,}", "raabta horizon")
    if not 0.0 <= eye_m <= 10_000.0:
        raise OutOfRangeError("the height of the eye", f"{eye_m:g} m", "0 to 10,000 m", "above the ground")
    reach = REACH_KM[body.name] if reach_km is None else reach_km
    if not 0.0 < reach <= 1_000.0:
        raise OutOfRangeError("the reach", f"{reach:g} km", "above 0 to 1,000 km", "lines of sight")
    azimuth = np.arange(azimuths, dtype=np.float64) * (360.0 / azimuths)
    found: Horizon | None = None
    for one in every:
        heights = one.around(latitude_deg, longitude_deg, reach) if isinstance(one, Raster) else one
        found = _walk(heights, latitude_deg, longitude_deg, azimuth, eye_m, 1000.0 * reach, found)
    assert found is not None
    return found


def _one_body(rasters: Sequence[Heights | Raster]) -> Body:
    names = {one.body.name for one in rasters}
    if len(names) != 1:
        raise ScenarioError(
            f"rasters of {' and '.join(sorted(names)) or 'nothing'}", hint="give rasters of one body"
        )
    return rasters[0].body


def _walk(
    heights: Heights, latitude_deg: float, longitude_deg: float, azimuth_deg: Floats, eye_m: float,
    reach_m: float, nearer: Horizon | None,
) -> Horizon:  # fmt: skip
    """The horizon in one raster, joined to what a finer one has seen nearer."""
    if nearer is None:
        ground = float(heights.at(latitude_deg, longitude_deg))
        if np.isnan(ground):
            site = f"{latitude_deg:g}, {longitude_deg:g}"
            raise OutOfRangeError("the site", site, "where heights are known", heights.source or "the raster")
        from_m = np.zeros(azimuth_deg.size)
    else:
        ground, from_m = nearer.ground_m, 1000.0 * np.minimum(nearer.reach_km, 1e6)
    rows, columns, node_m = map_lines(heights.grid, latitude_deg, longitude_deg, azimuth_deg, reach_m)
    radius_m = section_radius_m(heights.body, latitude_deg, azimuth_deg)
    tangent, at_m, end_m, unknown_m = (np.empty(azimuth_deg.size) for _ in range(4))
    horizons(
        heights.m, rows, columns, node_m, from_m, ground + eye_m, radius_m, HEIGHTS_M[heights.body.name][1],
        tangent, at_m, end_m, unknown_m,
    )  # fmt: skip
    looked_m = np.maximum(np.minimum(end_m, reach_m) - from_m, 0.0).sum()
    found = Horizon(
        heights.body, latitude_deg, longitude_deg, ground, eye_m, azimuth_deg,
        np.degrees(np.arctan(tangent)), at_m / 1000.0, end_m / 1000.0,
        float(unknown_m.sum() / looked_m) if looked_m else 0.0, heights.source,
    )  # fmt: skip
    if nearer is None:
        return _seen(found)
    return _joined(nearer, found)


def _seen(found: Horizon) -> Horizon:
    """The horizon, or an error where in some azimuth nothing at all is known."""
    if np.any(found.elevation_deg < np.degrees(np.arctan(0.5 * NOTHING))):
        raise OutOfRangeError(
            "the site", f"{found.latitude_deg:g}, {found.longitude_deg:g}", "with known ground all round",
            found.source or "the raster",
        )  # fmt: skip
    return found


def _joined(near: Horizon, far: Horizon) -> Horizon:
    """The higher of two horizons, azimuth by azimuth."""
    higher = far.elevation_deg > near.elevation_deg
    return replace(
        near,
        elevation_deg=np.where(higher, far.elevation_deg, near.elevation_deg),
        distance_km=np.where(higher, far.distance_km, near.distance_km),
        reach_km=np.maximum(near.reach_km, far.reach_km),
        unknown_share=max(near.unknown_share, far.unknown_share),
        source=", ".join(dict.fromkeys(part for part in (near.source, far.source) if part)),
    )
