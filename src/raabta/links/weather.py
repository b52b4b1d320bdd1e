"""Total loss of the atmosphere: ITU-R P.618-14 clause 2.5, worst month by P.841, and tables per site.

The total is gas + sqrt((rain + cloud)^2 + scintillation^2), with gas and cloud held at their 5 % value below
5 %. That cap is P.618-14's; P.618-13 and the libraries that follow it hold them at 1 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from raabta.links import cloud, gas, maps, rain, scintillation
from raabta.links.cloud_maps import CloudMaps
from raabta.links.ranges import FloatArray, in_range
from raabta.links.sites import Sites, read_sites

EDITION = "ITU-R P.618-14 (08/2023)"
GAS_CLOUD_CAP_PERCENT = 5.0
CLEAR_SKY_PERCENT = 50.0

WORST_MONTH_LOW_PERCENT = 1.9e-4
WORST_MONTH_POWER_PERCENT = 7.8
WORST_MONTH_HIGH_PERCENT = 70.0
_WORST_MONTH_SOURCE = "ITU-R P.841, global planning values Q1 = 2.85, beta = 0.13"

Statistic = Literal["annual", "worst-month"]


@dataclass(frozen=True)
class SiteTables:
    """Losses of n sites at one frequency, dB; axes are (site), (exceedance) and (elevation) as given.

    `total_db` never falls when the exceedance falls. `gas_db` and `cloud_db` are the values held below 5 %;
    `clear_db` is gas plus cloud at the median. `annual_percent` is what each exceedance means in an average
    year: the exceedance itself, or its P.841 conversion for the worst month. Along elevation, interpolate
    in 1/sin(elevation).
    """

    exceedance_percent: FloatArray
    annual_percent: FloatArray
    elevation_deg: FloatArray
    total_db: FloatArray
    gas_db: FloatArray
    rain_db: FloatArray
    cloud_db: FloatArray
    scintillation_db: FloatArray
    clear_db: FloatArray
    r001_mmh: FloatArray
    statistic: Statistic
    editions: dict[str, str]


def total_db(
    gas_db: npt.ArrayLike, cloud_db: npt.ArrayLike, rain_db: npt.ArrayLike, scintillation_db: npt.ArrayLike
) -> FloatArray:
    """Total attenuation G + sqrt((R + C)^2 + S^2), dB (P.618-14 clause 2.5). Arrays broadcast.

    The caller holds gas and cloud at their 5 % value for exceedances below 5 %.
    """
    wet = np.asarray(rain_db, dtype=np.float64) + np.asarray(cloud_db, dtype=np.float64)
    return np.asarray(gas_db, dtype=np.float64) + np.hypot(wet, scintillation_db)


def annual_percent(worst_month_percent: npt.ArrayLike) -> FloatArray:
    """Share of the average year that goes with a share of the worst month: p = 0.30 p_w^1.15 (ITU-R P.841).

    Valid 1.9e-4 to 7.8 % of the worst month by that equation; from there to 70 % the ratio of the two is held
    at its value at 7.8 %, as P.841 holds Q constant from 3 to 30 % of the year. Percent in, percent out.
    """
    p = in_range(
        "worst-month exceedance",
        worst_month_percent,
        WORST_MONTH_LOW_PERCENT,
        WORST_MONTH_HIGH_PERCENT,
        "%",
        _WORST_MONTH_SOURCE,
    )
    ratio = 0.30 * WORST_MONTH_POWER_PERCENT**0.15
    return np.where(p <= WORST_MONTH_POWER_PERCENT, 0.30 * p**1.15, ratio * p)


def worst_month_percent(annual_percent_value: npt.ArrayLike) -> FloatArray:
    """Share of the worst month for a share of the average year: the inverse of `annual_percent`."""
    ratio = 0.30 * WORST_MONTH_POWER_PERCENT**0.15
    low, high = 0.30 * WORST_MONTH_LOW_PERCENT**1.15, ratio * WORST_MONTH_HIGH_PERCENT
    p = in_range("annual exceedance", annual_percent_value, low, high, "%", _WORST_MONTH_SOURCE)
    power = (p / 0.30) ** (1.0 / 1.15)
    return np.where(p <= ratio * WORST_MONTH_POWER_PERCENT, power, p / ratio)


def _monotone(values: FloatArray, percent: FloatArray) -> FloatArray:
    """Least table above `values` (n, p, e) that never falls as the exceedance falls."""
    order = np.argsort(-percent, kind="stable")
    result = np.empty_like(values)
    result[:, order] = np.maximum.accumulate(values[:, order], axis=1)
    return result


def _rain_table(
    sites: Sites, frequency_ghz: float, tilt_deg: float, percent: FloatArray, elevation_deg: FloatArray
) -> FloatArray:
    latitude = sites.latitude_deg[:, None]
    a001 = rain.rain_attenuation_001_db(
        latitude,
        elevation_deg,
        frequency_ghz,
        height_km=sites.height_km[:, None],
        rain_height_km=sites.rain_height_km[:, None],
        rain_rate_001_mmh=sites.rain_rate_mmh[:, None],
        polarisation_tilt_deg=tilt_deg,
    )
    table = rain.scale_to_percent_db(a001[:, None, :], percent[:, None], latitude[:, None, :], elevation_deg)
    return _monotone(table, percent)


def _scintillation_table(
    sites: Sites,
    frequency_ghz: float,
    percent: FloatArray,
    elevation_deg: FloatArray,
    dish_m: float,
    efficiency_share: float,
) -> FloatArray:
    return scintillation.scintillation_db(
        sites.wet_refractivity[:, None, None],
        frequency_ghz,
        elevation_deg,
        percent[:, None],
        dish_m=dish_m,
        efficiency_share=efficiency_share,
    )


def _gas_cloud_table(
    sites: Sites, frequency_ghz: float, percent: FloatArray, cosecant: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Gas and cloud, (n, p, e), each read once per distinct exceedance and held below 5 %."""
    held, inverse = np.unique(np.maximum(percent, GAS_CLOUD_CAP_PERCENT), return_inverse=True)
    gas_zenith = np.stack([sites.gas_zenith_db(frequency_ghz, float(p)) for p in held], axis=1)
    cloud_zenith = np.stack([sites.cloud_zenith_db(frequency_ghz, float(p)) for p in held], axis=1)
    return gas_zenith[:, inverse, None] * cosecant, cloud_zenith[:, inverse, None] * cosecant


def editions_of(statistic: Statistic, brought: CloudMaps | None) -> dict[str, str]:
    """The recommendation, and its edition, behind each part of a loss."""
    clouds = f"{cloud.EDITION} (P.840-9 is in force; its maps are not installed)"
    editions = {
        "total": f"{EDITION}, gas and cloud held at their 5 % value below 5 %",
        "rain": f"{rain.EDITION_PATH} with {rain.EDITION_SPECIFIC}",
        "gas": gas.EDITION,
        "cloud": brought.edition if brought else clouds,
        "scintillation": scintillation.EDITION,
    }
    editions |= {f"map of {name}": text for name, text in maps.EDITIONS.items() if name != "surface height"}
    if brought:
        editions["map of cloud water"] = brought.edition
    if statistic == "worst-month":
        editions["worst month"] = _WORST_MONTH_SOURCE
    return editions


def site_tables(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike,
    *,
    frequency_ghz: float,
    dish_m: float,
    efficiency_share: float,
    exceedance_percent: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    polarisation_tilt_deg: float = 45.0,
    statistic: Statistic = "annual",
    cloud_maps: CloudMaps | None = None,
) -> SiteTables:
    """Losses of n sites for p exceedances and e elevations at one frequency, with the maps opened if need be.

    Site arguments are (n,) or scalars; heights are above mean sea level. The rest: see `tables`.
    """
    return tables(
        read_sites(latitude_deg, longitude_deg, height_km, cloud_maps),
        frequency_ghz=frequency_ghz,
        dish_m=dish_m,
        efficiency_share=efficiency_share,
        exceedance_percent=exceedance_percent,
        elevation_deg=elevation_deg,
        polarisation_tilt_deg=polarisation_tilt_deg,
        statistic=statistic,
    )


def tables(
    sites: Sites,
    *,
    frequency_ghz: float,
    dish_m: float,
    efficiency_share: float,
    exceedance_percent: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    polarisation_tilt_deg: float = 45.0,
    statistic: Statistic = "annual",
) -> SiteTables:
    """Losses of sites whose maps are read, for p exceedances and e elevations at one frequency.

    Exceedances are of the average year, or of the worst month (converted by P.841). Ranges: 1 to 55 GHz, 5 to
    90 deg, 0.001 to 50 % of the year; outside them OutOfRangeError. P.618 states the rain curve to 5 %; the
    total uses it to 50 %, which is on the safe side. The rain curve turns down below about 0.003 % in heavy
    rain; tables never do. Asked again about the same sites and frequency, the zenith losses are kept ones.
    """
    asked = np.atleast_1d(np.asarray(exceedance_percent, dtype=np.float64))
    converted = annual_percent(asked) if statistic == "worst-month" else asked
    percent = in_range("annual exceedance", converted, 0.001, 50.0, "%", f"{EDITION} clause 2.5")
    elevation = np.atleast_1d(in_range("elevation", elevation_deg, 5.0, 90.0, "deg", f"{EDITION} clause 2.5"))
    frequency = float(in_range("frequency", frequency_ghz, 1.0, 55.0, "GHz", f"{EDITION} clause 2.5"))
    cosecant = 1.0 / np.sin(np.radians(elevation))
    rain_db = _rain_table(sites, frequency, polarisation_tilt_deg, percent, elevation)
    fades_db = _scintillation_table(sites, frequency, percent, elevation, dish_m, efficiency_share)
    gas_db, cloud_db = _gas_cloud_table(sites, frequency, percent, cosecant)
    cap, clear = GAS_CLOUD_CAP_PERCENT, CLEAR_SKY_PERCENT
    clear_zenith = sites.gas_zenith_db(frequency, clear) + sites.cloud_zenith_db(frequency, clear)
    return SiteTables(
        exceedance_percent=asked,
        annual_percent=percent,
        elevation_deg=elevation,
        total_db=_monotone(total_db(gas_db, cloud_db, rain_db, fades_db), percent),
        gas_db=sites.gas_zenith_db(frequency, cap)[:, None] * cosecant,
        rain_db=rain_db,
        cloud_db=sites.cloud_zenith_db(frequency, cap)[:, None] * cosecant,
        scintillation_db=fades_db,
        clear_db=clear_zenith[:, None] * cosecant,
        r001_mmh=sites.rain_rate_mmh,
        statistic=statistic,
        editions=editions_of(statistic, sites.cloud_maps),
    )


def loss_at_percent_db(
    percent: npt.ArrayLike, table_percent: npt.ArrayLike, table_db: npt.ArrayLike
) -> FloatArray:
    """Loss exceeded for `percent`, dB, linear in log p between a table's points and held outside them.

    `table_percent` (p,) rises strictly, `table_db` (p,) does not rise.
    """
    logs = np.log(np.asarray(table_percent, dtype=np.float64))
    values = np.asarray(table_db, dtype=np.float64)
    return np.asarray(np.interp(np.log(np.asarray(percent, dtype=np.float64)), logs, values))


def percent_above_loss(
    loss_db: npt.ArrayLike, table_percent: npt.ArrayLike, table_db: npt.ArrayLike
) -> FloatArray:
    """Share of time for which a loss is exceeded, percent: the inverse of `loss_at_percent_db`.

    A loss above the table's worst gives 0 (never: beyond what the table can tell), one below its least 100.
    Where the table is flat, the smaller share is given.
    """
    loss = np.asarray(loss_db, dtype=np.float64)
    logs = np.log(np.asarray(table_percent, dtype=np.float64))
    values = np.asarray(table_db, dtype=np.float64)
    inside = np.exp(np.interp(loss, values[::-1], logs[::-1]))
    return np.where(loss > values[0], 0.0, np.where(loss < values[-1], 100.0, inside))
