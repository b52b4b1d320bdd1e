"""Site tables: shapes, the 5 % cap, worst month, order, ranges, and agreement with itur where comparable."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import cloud, maps, rain, scintillation, weather

LATITUDE = np.array([24.9, 31.5, 33.7, 35.9, 25.1])
LONGITUDE = np.array([67.0, 74.3, 73.0, 74.3, 62.3])
HEIGHT = np.array([0.01, 0.21, 0.54, 1.5, 0.03])
PERCENT = [0.01, 0.1, 1.0, 5.0, 10.0, 20.0]
ELEVATION = [10.0, 25.0, 45.0, 90.0]


def tables(**changes: Any) -> weather.SiteTables:
    given: dict[str, Any] = {
        "frequency_ghz": 20.0,
        "dish_m": 0.6,
        "efficiency_share": 0.65,
        "exceedance_percent": PERCENT,
        "elevation_deg": ELEVATION,
    }
    return weather.site_tables(LATITUDE, LONGITUDE, HEIGHT, **(given | changes))


def test_shapes_and_editions() -> None:
    found = tables()
    assert found.total_db.shape == found.rain_db.shape == found.scintillation_db.shape == (5, 6, 4)
    assert found.gas_db.shape == found.cloud_db.shape == found.clear_db.shape == (5, 4)
    assert found.r001_mmh.shape == (5,)
    assert found.editions["total"].startswith("ITU-R P.618-14")
    assert "P.840-8" in found.editions["cloud"]
    assert "worst month" not in found.editions
    assert "P.841" in tables(statistic="worst-month").editions["worst month"]


def test_gas_and_cloud_are_held_at_five_percent() -> None:
    found = tables()
    wet = found.rain_db + found.cloud_db[:, None, :]
    joined = found.gas_db[:, None, :] + np.hypot(wet, found.scintillation_db)
    assert found.total_db[:, :4] == pytest.approx(joined[:, :4], rel=1e-12)
    assert (found.total_db[:, 4:] < joined[:, 4:]).all()


def test_cap_is_not_the_one_percent_of_618_13() -> None:
    found = tables(exceedance_percent=[0.1])
    one = cloud.cloud_attenuation_db(LATITUDE[:, None], LONGITUDE[:, None], ELEVATION, 20.0, 1.0)
    five = cloud.cloud_attenuation_db(LATITUDE[:, None], LONGITUDE[:, None], ELEVATION, 20.0, 5.0)
    assert found.cloud_db == pytest.approx(five, rel=1e-12)
    assert (one > 1.2 * five).all()


def test_clear_sky_is_the_median_and_never_above_the_total() -> None:
    found = tables(exceedance_percent=[0.01, 5.0, 50.0])
    assert (found.clear_db[:, None, :] <= found.total_db).all()
    median = cloud.cloud_attenuation_db(LATITUDE[:, None], LONGITUDE[:, None], ELEVATION, 20.0, 50.0)
    assert (found.clear_db > median).all()
    assert (found.clear_db < found.gas_db + found.cloud_db).all()


def test_order_of_exceedances_does_not_matter() -> None:
    forward, back = tables(), tables(exceedance_percent=PERCENT[::-1])
    assert np.array_equal(forward.total_db, back.total_db[:, ::-1])


def test_total_never_falls_even_where_the_rain_curve_turns() -> None:
    """In tropical rain at 50 GHz the P.618 curve itself is below its 0.003 % value at 0.001 %."""
    curve = rain.scale_to_percent_db(400.0, np.array([0.001, 0.003]), 1.0, 90.0)
    assert curve[0] < curve[1]
    found = weather.site_tables(
        1.0,
        103.8,
        0.0,
        frequency_ghz=50.0,
        dish_m=1.2,
        efficiency_share=0.6,
        exceedance_percent=np.geomspace(0.001, 50.0, 40),
        elevation_deg=[5.0, 20.0, 90.0],
    )
    assert (np.diff(found.total_db, axis=1) <= 0).all()
    assert (np.diff(found.rain_db, axis=1) <= 0).all()


def test_worst_month_is_the_annual_table_at_the_converted_share() -> None:
    worst = tables(statistic="worst-month")
    annual = tables(exceedance_percent=weather.annual_percent(np.array(PERCENT)))
    assert np.array_equal(worst.total_db, annual.total_db)
    assert worst.exceedance_percent.tolist() == PERCENT
    assert (worst.total_db > tables().total_db).all()


def test_worst_month_at_lahore_is_about_twofold() -> None:
    def loss(statistic: weather.Statistic) -> float:
        found = weather.site_tables(
            31.5,
            74.3,
            0.21,
            frequency_ghz=30.0,
            dish_m=0.6,
            efficiency_share=0.65,
            exceedance_percent=1.0,
            elevation_deg=35.0,
            statistic=statistic,
        )
        return float(found.total_db[0, 0, 0])

    assert 1.6 < loss("worst-month") / loss("annual") < 2.4


def test_p841_values_and_inverse() -> None:
    assert float(weather.annual_percent(1.0)) == pytest.approx(0.30)
    assert float(weather.annual_percent(7.8)) == pytest.approx(0.30 * 7.8**1.15)
    worst = np.geomspace(1.9e-4, 70.0, 200)
    annual = weather.annual_percent(worst)
    assert weather.worst_month_percent(annual) == pytest.approx(worst, rel=1e-12)
    assert (np.diff(annual) > 0).all()
    assert (annual < worst).all()


def test_scalar_equals_vector() -> None:
    many = tables()
    for i in range(LATITUDE.size):
        for p in (0, 4):
            one = weather.site_tables(
                LATITUDE[i],
                LONGITUDE[i],
                HEIGHT[i],
                frequency_ghz=20.0,
                dish_m=0.6,
                efficiency_share=0.65,
                exceedance_percent=PERCENT[p],
                elevation_deg=ELEVATION[2],
            )
            assert float(one.total_db[0, 0, 0]) == pytest.approx(many.total_db[i, p, 2], rel=1e-9)


def test_availability_inverts_the_margin() -> None:
    found = tables(exceedance_percent=np.geomspace(0.01, 20.0, 30))
    table = found.total_db[1, :, 2]
    asked = np.geomspace(0.011, 19.0, 57)
    loss = weather.loss_at_percent_db(asked, found.exceedance_percent, table)
    back = weather.percent_above_loss(loss, found.exceedance_percent, table)
    assert back == pytest.approx(asked, rel=1e-6)
    ends = weather.percent_above_loss([table[0] + 0.1, table[-1] - 0.1], found.exceedance_percent, table)
    assert ends.tolist() == [0.0, 100.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frequency_ghz": 60.0}, r"frequency is 60 GHz; valid: 1 to 55 GHz \(ITU-R P\.618-14"),
        ({"elevation_deg": [4.0]}, r"elevation is 4 deg; valid: 5 to 90 deg"),
        ({"exceedance_percent": [0.0005]}, r"annual exceedance is 0\.0005 %; valid: 0\.001 to 50 %"),
        ({"exceedance_percent": [60.0]}, r"annual exceedance is 60 %"),
        (
            {"exceedance_percent": [80.0], "statistic": "worst-month"},
            r"worst-month exceedance is 80 %; valid: 0\.00019 to 70 %",
        ),
    ],
)
def test_ranges_are_enforced(change: dict[str, Any], message: str) -> None:
    with pytest.raises(OutOfRangeError, match=message):
        tables(**change)


def test_against_itur() -> None:
    """itur 0.4.0 as oracle for the parts it shares with us (its total has the 1 % cap of P.618-13)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from itur.models import itu453, itu618, itu676, itu836, itu840

        for i in range(LATITUDE.size):
            la, lo, h = float(LATITUDE[i]), float(LONGITUDE[i]), float(HEIGHT[i])
            found = tables(frequency_ghz=18.5, exceedance_percent=[0.1], elevation_deg=[35.0])
            rain_db = itu618.rain_attenuation(la, lo, 18.5, 35.0, hs=h, p=0.1, tau=45).value
            assert found.rain_db[i, 0, 0] == pytest.approx(rain_db, rel=1e-9)
            cloud_db = itu840.cloud_attenuation(la, lo, 35.0, 18.5, 5.0).value
            assert found.cloud_db[i, 0] == pytest.approx(cloud_db, rel=1e-9)
            wet = itu453.map_wet_term_radio_refractivity(la, lo, 50).value
            assert float(maps.wet_refractivity(la, lo)) == pytest.approx(wet, rel=1e-9)
            fade = itu618.scintillation_attenuation(la, lo, 18.5, 35.0, 0.1, 0.6, eta=0.65).value
            assert found.scintillation_db[i, 0, 0] == pytest.approx(fade, rel=1e-9)
            content = itu836.total_water_vapour_content(la, lo, 5.0, h).value
            density = itu836.surface_water_vapour_density(la, lo, 5.0, h).value
            kelvin = float(maps.surface_temperature_k(la, lo))
            pressure = float(weather.gas.standard_pressure_hpa(h))
            gas_db = itu676.gaseous_attenuation_slant_path(
                18.5, 35.0, density, pressure, kelvin, V_t=content, h=h
            ).value
            assert found.gas_db[i, 0] == pytest.approx(gas_db, rel=1e-9)


def test_rain_is_zero_above_the_rain_height() -> None:
    loss = rain.rain_attenuation_db(
        35.0, 30.0, 20.0, 0.1, height_km=6.0, rain_height_km=5.0, rain_rate_001_mmh=50.0
    )
    assert float(loss) == 0.0


def test_rain_states_its_own_range() -> None:
    with pytest.raises(OutOfRangeError, match=r"exceedance is 10 %; valid: 0\.001 to 5 %"):
        rain.rain_attenuation_db(
            30.0, 30.0, 20.0, 10.0, height_km=0.0, rain_height_km=5.0, rain_rate_001_mmh=50.0
        )


def test_low_elevation_path_meets_the_other_formula_at_five_degrees() -> None:
    below, above = (float(rain.slant_length_km(np.array(4.0), np.array(e))) for e in (4.9999, 5.0))
    assert below == pytest.approx(above, rel=0.05)
    assert float(rain.slant_length_km(np.array(4.0), np.array(1.0))) < 4.0 / np.sin(np.radians(1.0))


def test_large_dish_averages_scintillation_away() -> None:
    assert float(scintillation.averaging_ratio(7.0)) == 0.0
    assert float(scintillation.averaging_ratio(1e-9)) == pytest.approx(1.0, abs=0.05)


def test_scintillation_is_held_above_twenty_gigahertz() -> None:
    fade = scintillation.scintillation_db(80.0, np.array([20.0, 30.0, 50.0]), 30.0, 0.1, dish_m=0.6)
    assert fade[0] == fade[1] == fade[2]
