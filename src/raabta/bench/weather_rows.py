"""Rows of the weather of `links`: what the air takes at many sites, maps included, beside `itur`."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from raabta.bench.declare import Case, Difference, Floor, Peer, Row
from raabta.bench.instances import SEED, Floats

if TYPE_CHECKING:
    from raabta.links.weather import SiteTables

FREQUENCY_GHZ, ELEVATION_DEG, DISH_M, EFFICIENCY_SHARE = 18.5, 35.0, 0.6, 0.65
EXCEEDANCE_PERCENT, HELD_PERCENT = 0.1, 5.0
"""Of an average year; P.618-14 holds gas and cloud at their 5 % value below 5 %."""
LIMIT_SHARE = 1e-8


def sites(count: int) -> tuple[Floats, Floats, Floats]:
    """Places drawn over the Earth below 64 degrees of latitude: degrees, and km above the sea."""
    from raabta.links.maps import surface_height_km

    rng = np.random.default_rng(SEED)
    latitude_deg = np.degrees(np.arcsin(rng.uniform(-0.9, 0.9, count)))
    longitude_deg = rng.uniform(-180.0, 180.0, count)
    return latitude_deg, longitude_deg, np.maximum(surface_height_km(latitude_deg, longitude_deg), 0.0)


def by_itur(latitude_deg: Floats, longitude_deg: Floats, height_km: Floats) -> Floats:
    """The P.618-14 total, dB, from the parts of `itur` on whole arrays.

    Its own total (`atmospheric_attenuation_slant_path`) is P.618-13's, which holds gas and cloud at 1 %:
    other answers. So its parts are asked at 5 % and joined here; rain, cloud, gas and fades are all its own.
    """
    from itur.models import itu618, itu676, itu835, itu836, itu840, itu1510

    at, frequency, up, p = (latitude_deg, longitude_deg), FREQUENCY_GHZ, ELEVATION_DEG, EXCEEDANCE_PERCENT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rain = itu618.rain_attenuation(*at, frequency, up, hs=height_km, p=p, tau=45.0).value
        cloud = itu840.cloud_attenuation(*at, up, frequency, HELD_PERCENT).value
        fade = itu618.scintillation_attenuation(*at, frequency, up, p, DISH_M, eta=EFFICIENCY_SHARE).value
        content = itu836.total_water_vapour_content(*at, HELD_PERCENT, height_km).value
        density = itu836.surface_water_vapour_density(*at, HELD_PERCENT, height_km).value
        kelvin = itu1510.surface_mean_temperature(*at).value
        pressure = itu835.standard_pressure(height_km).value
        gas = itu676.gaseous_attenuation_slant_path(
            frequency, up, density, pressure, kelvin, V_t=content, h=height_km
        ).value
    total: Floats = gas + np.hypot(rain + cloud, fade)
    return total


def _weather(quick: bool) -> Case:
    from raabta.engine.provenance import version_of
    from raabta.links.weather import site_tables

    count = 500 if quick else 10_000
    asked = sites(count)

    def work() -> SiteTables:
        return site_tables(
            *asked,
            frequency_ghz=FREQUENCY_GHZ,
            dish_m=DISH_M,
            efficiency_share=EFFICIENCY_SHARE,
            exceedance_percent=EXCEEDANCE_PERCENT,
            elevation_deg=ELEVATION_DEG,
        )

    name = (
        f"itur {version_of('itur')}, its parts on whole arrays joined by P.618-14 (its own total is P.618-13)"
    )
    return Case(
        size=f"{count:,} sites, {FREQUENCY_GHZ:g} GHz, {ELEVATION_DEG:g} deg, {EXCEEDANCE_PERCENT:g} %",
        ours=work,
        amount=count / 1e3,
        peer=Peer(name, lambda: by_itur(*asked), count / 1e3),
        same=_same_loss,
    )


def _same_loss(ours: SiteTables, theirs: Floats) -> Difference:
    off = np.abs(ours.total_db[:, 0, 0] / theirs - 1.0)
    return Difference("largest relative difference of the total in dB", float(off.max()), LIMIT_SHARE, "")


ROWS = (
    Row(
        "weather",
        "total loss of the air by P.618-14, maps read at each site; ours with the median too",
        "k sites",
        _weather,
        floor=Floor(15.0, 6.0),
        quick_floor=Floor(2.0),
    ),
)
