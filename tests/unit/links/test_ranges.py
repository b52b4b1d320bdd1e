"""Each recommendation refuses what lies outside its own range, by value, range and name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import cloud, depolarisation, gas, maps, rain, scintillation, weather

RAIN: dict[str, Any] = {"height_km": 0.2, "rain_height_km": 5.0, "rain_rate_001_mmh": 50.0}
DISH: dict[str, Any] = {"dish_m": 0.6}

CASES: list[tuple[str, Callable[[], Any], str]] = [
    (
        "P.838 frequency",
        lambda: rain.specific_attenuation_coefficients(0.5, 30.0),
        r"frequency is 0\.5 GHz; valid: 1 to 1000 GHz \(ITU-R P\.838-3",
    ),
    (
        "P.838 rain rate",
        lambda: rain.specific_attenuation_db_km(-1.0, 20.0, 30.0),
        r"rain rate is -1 mm/h; valid: 0 to 500 mm/h \(ITU-R P\.838-3",
    ),
    (
        "P.618 rain frequency",
        lambda: rain.rain_attenuation_001_db(30.0, 30.0, 56.0, **RAIN),
        r"frequency is 56 GHz; valid: 1 to 55 GHz \(ITU-R P\.618-14",
    ),
    (
        "P.618 rain share",
        lambda: rain.rain_attenuation_db(30.0, 30.0, 20.0, 0.0005, **RAIN),
        r"exceedance is 0\.0005 %; valid: 0\.001 to 5 % \(ITU-R P\.618-14",
    ),
    (
        "P.618 scintillation elevation",
        lambda: scintillation.scintillation_db(80.0, 12.0, 4.9, 0.1, **DISH),
        r"elevation is 4\.9 deg; valid: 5 to 90 deg \(ITU-R P\.618-14",
    ),
    (
        "P.618 scintillation share",
        lambda: scintillation.scintillation_db(80.0, 12.0, 30.0, 60.0, **DISH),
        r"exceedance is 60 %; valid: 0\.001 to 50 % \(ITU-R P\.618-14",
    ),
    (
        "P.618 depolarisation frequency",
        lambda: depolarisation.cross_polarisation_db(5.0, 3.0, 30.0, 0.1),
        r"frequency is 3 GHz; valid: 4 to 55 GHz \(ITU-R P\.618-14",
    ),
    (
        "P.618 depolarisation elevation",
        lambda: depolarisation.cross_polarisation_db(5.0, 20.0, 61.0, 0.1),
        r"elevation is 61 deg; valid: 0 to 60 deg",
    ),
    (
        "P.618 depolarisation share",
        lambda: depolarisation.cross_polarisation_db(5.0, 20.0, 30.0, 2.0),
        r"exceedance is 2 %; valid: 0\.001 to 1 %",
    ),
    (
        "P.676 lines",
        lambda: gas.oxygen_db_km(1001.0, 1013.25, 7.5, 288.15),
        r"frequency is 1001 GHz; valid: 1 to 1000 GHz \(ITU-R P\.676-12",
    ),
    (
        "P.676 zenith",
        lambda: gas.vapour_zenith_db(351.0, 30.0, 0.2),
        r"frequency is 351 GHz; valid: 1 to 350 GHz \(ITU-R P\.676-12",
    ),
    (
        "P.840-8 frequency",
        lambda: cloud.liquid_coefficient(201.0),
        r"frequency is 201 GHz; valid: 1 to 200 GHz \(ITU-R P\.840-8",
    ),
    (
        "P.840-9 frequency",
        lambda: cloud.mass_absorption_coefficient(0.9),
        r"frequency is 0\.9 GHz; valid: 1 to 200 GHz \(ITU-R P\.840-9",
    ),
    (
        "P.840 elevation",
        lambda: cloud.cloud_attenuation_db(30.0, 70.0, 4.0, 20.0, 1.0),
        r"elevation is 4 deg; valid: 5 to 90 deg \(ITU-R P\.840-8",
    ),
    (
        "P.840 share",
        lambda: cloud.cloud_zenith_db(30.0, 70.0, 20.0, 0.05),
        r"exceedance is 0\.05 %; valid: 0\.1 to 99 % \(P\.836-6 and P\.840-8 maps\)",
    ),
    (
        "P.836 height",
        lambda: maps.vapour_content_kgm2(30.0, 70.0, 9.5, 1.0),
        r"site height is 9\.5 km; valid: -0\.5 to 9 km \(ITU-R P\.836-6",
    ),
    (
        "P.837 place",
        lambda: rain.rain_probability_percent(90.5, 70.0),
        "latitude is 90.5 deg; valid: -90 to 90",
    ),
    ("P.839 place", lambda: rain.rain_height_km(30.0, 361.0), "longitude is 361 deg; valid: -180 to 360 deg"),
    ("P.1511 place", lambda: maps.surface_height_km(-91.0, 0.0), "latitude is -91 deg; valid: -90 to 90 deg"),
    (
        "P.841 share",
        lambda: weather.annual_percent(71.0),
        r"worst-month exceedance is 71 %; valid: 0\.00019 to 70 % \(ITU-R P\.841",
    ),
]


@pytest.mark.parametrize(("call", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_model_states_its_own_range(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(OutOfRangeError, match=message) as caught:
        call()
    assert caught.value.exit_code == 2
    assert "ITU-R" in caught.value.source or "maps" in caught.value.source


def test_one_bad_value_among_many_is_named() -> None:
    with pytest.raises(OutOfRangeError, match="frequency is 1200 GHz"):
        rain.specific_attenuation_coefficients(np.array([10.0, 20.0, 1200.0]), 30.0)
    with pytest.raises(OutOfRangeError, match="elevation is nan deg"):
        cloud.cloud_attenuation_db(30.0, 70.0, np.array([30.0, np.nan]), 20.0, 1.0)
