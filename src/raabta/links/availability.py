"""Margin for an availability, availability of a margin: P.618-14's total and its exact inverse, vectorised.

No table stands between: the total is evaluated at each path's own share of time, and the inverse is solved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from raabta.links.rain import rain_attenuation_001_db, scale_to_percent_db
from raabta.links.ranges import FloatArray, in_range
from raabta.links.scintillation import scintillation_sigma_db, time_factor
from raabta.links.sites import HELD_LEVELS_PERCENT, Sites
from raabta.links.weather import (
    EDITION,
    GAS_CLOUD_CAP_PERCENT,
    WORST_MONTH_HIGH_PERCENT,
    Statistic,
    annual_percent,
    total_db,
    worst_month_percent,
)

LEAST_PERCENT, MOST_PERCENT = 0.001, 50.0
"""Ends of the total of P.618-14, percent of the average year."""
_NODES = np.unique(
    [*np.geomspace(LEAST_PERCENT, MOST_PERCENT, 49).clip(max=MOST_PERCENT), *HELD_LEVELS_PERCENT]
)
_LOGS = np.log(_NODES)
"""Where the curve is looked at before it is solved; its corners, the levels of the maps, are among them."""
_ROUNDS = 60
_EXACT = 1e-12
_ROUNDING_DB = 1e-9


@dataclass(frozen=True, eq=False)
class Paths:
    """n fixed paths at one frequency, all (n,): what their losses need; build them by `paths`."""

    sites: Sites
    elevation_deg: FloatArray
    frequency_ghz: float
    rain_001_db: FloatArray
    fade_sigma_db: FloatArray

    def exceeded_db(self, percent: npt.ArrayLike) -> FloatArray:
        """Total loss exceeded for a share of the average year, dB (P.618-14 clause 2.5): (n,) or (n, k).

        `percent` is a scalar, (n,) or (n, k), 0.001 to 50: each path has its own. Below about 0.003 % the
        rain curve turns down in heavy rain, as published; `margin_db` never does.
        """
        p = in_range("exceedance", percent, LEAST_PERCENT, MOST_PERCENT, "%", f"{EDITION} clause 2.5")
        shape = np.broadcast_shapes(p.shape[:1], self.elevation_deg.shape) + p.shape[1:]
        p = np.broadcast_to(p, shape)
        row = np.broadcast_to(np.arange(shape[0]).reshape(-1, *[1] * (p.ndim - 1)), shape).reshape(-1)
        return self._total(np.ascontiguousarray(p).reshape(-1), row).reshape(shape)

    def _total(self, percent: FloatArray, row: npt.NDArray[np.intp]) -> FloatArray:
        """Loss of path row[i] exceeded for percent[i], (m,)."""
        elevation = self.elevation_deg[row]
        cosecant = 1.0 / np.sin(np.radians(elevation))
        latitude = self.sites.latitude_deg[row]
        rain_db = scale_to_percent_db(self.rain_001_db[row], percent, latitude, elevation)
        gas_db, cloud_db = self._held(percent, row)
        fades_db = time_factor(percent) * self.fade_sigma_db[row]
        return total_db(gas_db * cosecant, cloud_db * cosecant, rain_db, fades_db)

    def _held(self, percent: FloatArray, row: npt.NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
        """Zenith gas and cloud of path row[i], (m,) each: at its share, and at 5 % below that."""
        cap, f = GAS_CLOUD_CAP_PERCENT, self.frequency_ghz
        gas_db, cloud_db = self.sites.gas_zenith_db(f, cap)[row], self.sites.cloud_zenith_db(f, cap)[row]
        above = percent > cap
        if above.any():
            gas_db[above] = self.sites.gas_zenith_at_db(f, percent[above], row[above])
            cloud_db[above] = self.sites.cloud_zenith_at_db(f, percent[above], row[above])
        return gas_db, cloud_db


def paths(
    sites: Sites,
    elevation_deg: npt.ArrayLike,
    *,
    frequency_ghz: float,
    dish_m: float,
    efficiency_share: float,
    polarisation_tilt_deg: float = 45.0,
) -> Paths:
    """One path per site, (n,) or scalar elevations: 5 to 90 deg, 1 to 55 GHz, else OutOfRangeError."""
    source = f"{EDITION} clause 2.5"
    elevation = in_range("elevation", elevation_deg, 5.0, 90.0, "deg", source)
    frequency = float(in_range("frequency", frequency_ghz, 1.0, 55.0, "GHz", source))
    elevation = np.ascontiguousarray(np.broadcast_to(elevation, sites.latitude_deg.shape))
    a001 = rain_attenuation_001_db(
        sites.latitude_deg,
        elevation,
        frequency,
        height_km=sites.height_km,
        rain_height_km=sites.rain_height_km,
        rain_rate_001_mmh=sites.rain_rate_mmh,
        polarisation_tilt_deg=polarisation_tilt_deg,
    )
    sigma = scintillation_sigma_db(
        sites.wet_refractivity, frequency, elevation, dish_m=dish_m, efficiency_share=efficiency_share
    )
    return Paths(sites, elevation, frequency, a001, sigma)


def _grid(count: int) -> FloatArray:
    grid: FloatArray = np.broadcast_to(_NODES, (count, _NODES.size))
    return grid


def margin_db(
    over: Paths, availability_percent_asked: npt.ArrayLike, statistic: Statistic = "annual"
) -> FloatArray:
    """Margin that an availability needs, dB, (n,): the loss that 100 - availability percent exceed.

    Availability (n,) or scalar: 50 to 99.999 % of the year, or 30 to 99.993 % of the worst month (P.841).
    Never falls as the availability rises. Where the published curve does (the rain's below 0.003 %, vapour's
    where a site lies far from the height of the map around it), the peak stands.
    """
    share = 100.0 - np.asarray(availability_percent_asked, dtype=np.float64)
    annual = annual_percent(share) if statistic == "worst-month" else share
    source = f"{EDITION} clause 2.5"
    p = in_range("unavailability", np.round(annual, 12), LEAST_PERCENT, MOST_PERCENT, "%", source)
    p = np.broadcast_to(p, over.elevation_deg.shape)
    peak = np.where(p[:, None] <= _NODES, over.exceeded_db(_grid(p.size)), 0.0).max(axis=1)
    return np.asarray(np.maximum(over.exceeded_db(p), peak), dtype=np.float64)


def availability_percent(
    over: Paths, margin_db_given: npt.ArrayLike, statistic: Statistic = "annual"
) -> FloatArray:
    """Availability that a margin gives, percent of the year or of the worst month, (n,): inverts `margin_db`.

    Margins (n,) or scalar, dB. Solved, not read from a table: to 1e-9 of the unavailability. Where a margin
    serves several availabilities, the least. A margin above the loss at 0.001 % gives the end of the model
    (99.999, or 99.993 of the worst month), though it may be more; one below the loss at 50 % (28.6 % for the
    worst month: P.841's end) gives 0, though it may be more.
    """
    margin = np.broadcast_to(np.asarray(margin_db_given, dtype=np.float64), over.elevation_deg.shape)
    excess = over.exceeded_db(_grid(margin.size)) - margin[:, None]
    exceeded = excess >= 0.0
    rarest = _NODES.size - 1 - np.argmax(exceeded[:, ::-1], axis=1)
    inside = exceeded.any(axis=1) & (rarest < _NODES.size - 1)
    rows = np.flatnonzero(inside)
    beyond = np.where(excess[:, -1] > _ROUNDING_DB, 100.0, MOST_PERCENT)
    found = np.where(exceeded.any(axis=1), beyond, LEAST_PERCENT)
    low = rarest[rows]
    ends = (excess[rows, low], excess[rows, low + 1])
    found[rows] = np.exp(_root(over, margin[rows], rows, (_LOGS[low], _LOGS[low + 1]), ends))
    if statistic == "worst-month":
        known = found <= annual_percent(WORST_MONTH_HIGH_PERCENT)
        found[known] = worst_month_percent(found[known])
        found[~known] = 100.0
    return np.asarray(100.0 - found, dtype=np.float64)


def _root(
    over: Paths,
    margin: FloatArray,
    rows: npt.NDArray[np.intp],
    between: tuple[FloatArray, FloatArray],
    ends: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """ln p at which the loss of path rows[i] is margin[i], by regula falsi (Illinois) in ln p, (m,).

    The loss less the margin is >= 0 at the lower end and < 0 at the upper.
    """
    (a, b), (fa, fb) = (part.copy() for part in between), (part.copy() for part in ends)
    best, stayed = a.copy(), np.zeros(a.size)
    for _ in range(_ROUNDS):
        best = np.where(fa == 0.0, a, (a * fb - b * fa) / (fb - fa))
        value = over._total(np.exp(best).clip(LEAST_PERCENT, MOST_PERCENT), rows) - margin
        if (np.abs(value) <= _EXACT * np.maximum(margin, 1.0)).all():
            break
        lower = value >= 0.0
        fa = np.where(lower, value, np.where(stayed < 0.0, fa / 2.0, fa))
        fb = np.where(lower, np.where(stayed > 0.0, fb / 2.0, fb), value)
        a, b = np.where(lower, best, a), np.where(lower, b, best)
        stayed = np.where(lower, 1.0, -1.0)
    return best
