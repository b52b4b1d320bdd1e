"""Numbers from outside: ITU validation examples, 3GPP TR 38.821, ETSI tables and closed forms.

Sources: ITU-R CG-3M3J-13-ValEx Rev 5.1 (P01-P07) and Rev 8.3.0 (P08 and the P.618-14 rows); TR 38.821 table
6.1.3.3-1 (P11); EN 302 307 (P12, P13); closed forms (P14, P15); Radio Regulations, Articles 21 and 22 (P16).
Case numbers are the project's own list.
"""

from __future__ import annotations

import numpy as np
import pytest

from raabta.links import (
    antenna,
    articles,
    budget,
    cloud,
    depolarisation,
    gas,
    maps,
    modcod,
    rain,
    scintillation,
    weather,
)
from raabta.scenario.models import Payload, Terminal

LONDON = (51.5, -0.14)
ROME = (41.9, 12.49)
MIAMI = (25.78, -80.22)
DELHI = (28.717, 77.3)
ADDIS_ABABA = (9.05, 38.7)


def _rain(
    place: tuple[float, float], height_km: float, f: float, el: float, p: float, r001: float, tilt: float
) -> float:
    return float(
        rain.rain_attenuation_db(
            place[0],
            el,
            f,
            p,
            height_km=height_km,
            rain_height_km=rain.rain_height_km(*place),
            rain_rate_001_mmh=r001,
            polarisation_tilt_deg=tilt,
        )
    )


def test_p01_rain_london_one_percent() -> None:
    value = _rain(LONDON, 0.031382984, 14.25, 31.07699124, 1.0, 26.48052, 0.0)
    assert value == pytest.approx(0.495317069, rel=1e-4)


def test_p02_rain_cape_tenth_percent() -> None:
    value = _rain((33.94, 18.43), 0.0, 14.25, 46.35969261, 0.1, 27.13586832, 0.0)
    assert value == pytest.approx(1.913387572, rel=1e-4)


# P.618-14 rows of ITU ValEx: place, height, GHz, elevation, tilt, %, R0.01, A_rain.
RAIN_ROWS = [
    (LONDON, 0.031382984, 14.25, 31.07699124, 0.0, 0.001, 26.48052, 14.89982248),
    (ROME, 0.046122988, 29.0, 40.232036, 0.0, 0.01, 33.936232, 28.74272193),
    (MIAMI, 0.00861728, 29.0, 52.67898486, 0.0, 0.1, 78.2994993, 25.56295492),
    (DELHI, 0.209383699, 14.25, 48.24117054, 90.0, 0.1, 63.61888808, 5.486346969),
    (DELHI, 0.209383699, 29.0, 48.24117054, 90.0, 1.0, 63.61888808, 5.887821871),
    (DELHI, 0.209383699, 29.0, 48.24117054, 90.0, 0.001, 63.61888808, 87.96233699),
    (ADDIS_ABABA, 2.539861878, 29.0, 20.14335809, 90.0, 0.1, 42.91007183, 19.23910378),
]


@pytest.mark.parametrize(("place", "height", "f", "el", "tilt", "p", "r001", "expected"), RAIN_ROWS)
def test_rain_itu_examples(
    place: tuple[float, float],
    height: float,
    f: float,
    el: float,
    tilt: float,
    p: float,
    r001: float,
    expected: float,
) -> None:
    assert _rain(place, height, f, el, p, r001, tilt) == pytest.approx(expected, rel=1e-6)


def test_p03_scintillation_london() -> None:
    value = scintillation.scintillation_db(
        maps.wet_refractivity(*LONDON), 14.25, 31.0769912, 1.0, dish_m=1.0, efficiency_share=0.65
    )
    assert float(value) == pytest.approx(0.261931889, rel=1e-4)


# P.618-14 rows: N_wet, GHz, elevation, %, A_scin. At 29 GHz they are the 20 GHz value (P.618-13 grew on).
SCINTILLATION_ROWS = [
    (61.21890044, 14.25, 40.232036, 0.1, 0.361694926),
    (50.38926222, 29.0, 31.07699124, 1.0, 0.316526338),
    (75.66013547, 29.0, 48.24117054, 0.1, 0.419617751),
    (61.73157333, 29.0, 20.14335809, 0.001, 2.042412645),
]


@pytest.mark.parametrize(("wet", "f", "el", "p", "expected"), SCINTILLATION_ROWS)
def test_scintillation_itu_examples(wet: float, f: float, el: float, p: float, expected: float) -> None:
    value = scintillation.scintillation_db(wet, f, el, p, dish_m=1.0, efficiency_share=0.65)
    assert float(value) == pytest.approx(expected, rel=1e-6)


def test_p04_cross_polarisation() -> None:
    value = depolarisation.cross_polarisation_db(0.49531707, 14.25, 31.07699124, 1.0, 0.0)
    assert float(value) == pytest.approx(49.47769944, abs=1e-3)


# P.618-13 XPD rows (clause 4.1 is the same in -14): %, GHz, elevation, tilt, A_p, XPD.
XPD_ROWS = [
    (0.1, 14.25, 40.232036, 0.0, 2.69676513, 40.26001372),
    (0.01, 29.0, 31.07699124, 0.0, 23.44444523, 27.86290026),
    (0.001, 29.0, 22.27833468, 0.0, 83.5996391, 16.16922861),
    (0.1, 29.0, 48.24117054, 90.0, 22.22622902, 30.44277019),
]


@pytest.mark.parametrize(("p", "f", "el", "tilt", "attenuation", "expected"), XPD_ROWS)
def test_cross_polarisation_itu_examples(
    p: float, f: float, el: float, tilt: float, attenuation: float, expected: float
) -> None:
    value = depolarisation.cross_polarisation_db(attenuation, f, el, p, tilt)
    assert float(value) == pytest.approx(expected, abs=1e-6)


def test_p05_specific_attenuation() -> None:
    k, alpha = rain.specific_attenuation_coefficients(14.25, 31.07699124, 0.0)
    assert float(k) == pytest.approx(0.03975488, rel=1e-5)
    assert float(alpha) == pytest.approx(1.12418043, rel=1e-5)
    value = rain.specific_attenuation_db_km(26.48052, 14.25, 31.07699124, 0.0)
    assert float(value) == pytest.approx(1.58130839, rel=1e-5)


def test_p06_gas_at_one_gigahertz() -> None:
    assert float(gas.oxygen_db_km(1.0, 1013.25, 7.5, 288.15)) == pytest.approx(0.00538865817, rel=1e-5)
    assert float(gas.vapour_db_km(1.0, 1013.25, 7.5, 288.15)) == pytest.approx(5.0904617e-05, rel=1e-5)


# P.676-12 rows: elevation, GHz, rho, T, P, V_t, height, A_gas.
GAS_ROWS = [
    (31.07699124, 14.25, 13.79653679, 283.6108756, 1009.485611798, 33.72946527, 0.031382984, 0.226874038),
    (46.35969261, 29.0, 22.73000178, 293.3696795, 1013.25, 37.95559991, 0.0, 0.665977674),
    (48.24117054, 29.0, 24.71053082, 298.0584989, 988.348774029, 70.5913453, 0.209383699, 1.158466274),
    (20.14335809, 29.0, 12.54721426, 290.2100933, 743.187215819, 27.51187059, 2.539861878, 0.741297893),
]


@pytest.mark.parametrize(("el", "f", "rho", "t", "p", "content", "height", "expected"), GAS_ROWS)
def test_gas_itu_examples(
    el: float, f: float, rho: float, t: float, p: float, content: float, height: float, expected: float
) -> None:
    zenith = gas.gas_zenith_db(
        f, pressure_hpa=p, density_gm3=rho, temperature_k=t, vapour_content_kgm2=content, height_km=height
    )
    assert float(zenith) / np.sin(np.radians(el)) == pytest.approx(expected, rel=1e-6)


def test_p07_maps_of_rain() -> None:
    assert float(maps.rain_rate_001_mmh(*LONDON)) == pytest.approx(26.48052, rel=1e-4)
    assert float(rain.rain_height_km(*DELHI)) == pytest.approx(5.25820404, rel=1e-4)


# P.836-6 rows: place, height, %, V (kg/m2), rho (g/m3); 0.15 and 0.35 % lie between the maps' levels.
VAPOUR_ROWS = [
    ((3.133, 101.7), 0.05125146, 0.1, 65.92042976, 24.32302408),
    (DELHI, 0.2093837, 0.15, 74.96374598, 25.76970603),
    (MIAMI, 0.00861728, 0.3, 60.31461076, 23.00080897),
    (LONDON, 0.03138298, 0.35, 36.82205757, 14.6716184),
]


@pytest.mark.parametrize(("place", "height", "p", "content", "density"), VAPOUR_ROWS)
def test_vapour_itu_examples(
    place: tuple[float, float], height: float, p: float, content: float, density: float
) -> None:
    assert float(maps.vapour_content_kgm2(*place, height, p)) == pytest.approx(content, rel=1e-6)
    assert float(maps.vapour_density_gm3(*place, height, p)) == pytest.approx(density, rel=1e-6)


# P.840-8 rows: place, GHz, elevation, %, A_cloud.
CLOUD_ROWS = [
    (LONDON, 14.25, 31.07699124, 1.0, 0.45516982),
    (ROME, 29.0, 40.232036, 0.5, 1.25793918),
    (MIAMI, 29.0, 52.67898486, 0.2, 2.96315563),
    ((28.72, 77.3), 29.0, 48.24117054, 1.0, 2.669786),
    (ADDIS_ABABA, 14.25, 20.14335809, 0.3, 0.75244892),
]


@pytest.mark.parametrize(("place", "f", "el", "p", "expected"), CLOUD_ROWS)
def test_cloud_itu_examples(
    place: tuple[float, float], f: float, el: float, p: float, expected: float
) -> None:
    assert float(cloud.cloud_attenuation_db(*place, el, f, p)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("place", "height_km"),
    [(DELHI, 0.20938370), (MIAMI, 0.00861728), ((23.0, 30.0), 0.18759375), (ADDIS_ABABA, 2.53986188)],
)
def test_heights_itu_examples(place: tuple[float, float], height_km: float) -> None:
    assert float(maps.surface_height_km(*place)) == pytest.approx(height_km, abs=1e-6)


def _total(place: tuple[float, float], height: float, f: float, el: float, tilt: float, p: float) -> float:
    tables = weather.site_tables(
        *place,
        height,
        frequency_ghz=f,
        dish_m=1.0,
        efficiency_share=0.65,
        exceedance_percent=p,
        elevation_deg=el,
        polarisation_tilt_deg=tilt,
    )
    return float(tables.total_db[0, 0, 0])


def test_p08_total_with_the_five_percent_cap() -> None:
    """5 % (*pass*), because P.840-8 maps stand in for P.840-9; 1 % caps give 2.687 and fail this."""
    assert _total(LONDON, 0.031383, 13.75, 31.0769912, 0.0, 0.1) == pytest.approx(2.37115, rel=0.05)


def test_total_of_618_13_from_its_own_parts() -> None:
    """The ITU's P.618-13 example (gas and cloud at 1 %), Delhi, 14.25 GHz, 0.1 %: the joining formula."""
    value = weather.total_db(0.28572246, 0.685921884, 5.486363568, 0.348116875)
    assert float(value) == pytest.approx(6.467817013, rel=1e-8)


SC6_PAYLOAD = Payload.model_validate(
    {
        "user_down_ghz": 20.0,
        "user_up_ghz": 30.0,
        "channel_down_mhz": 400.0,
        "channel_up_mhz": 400.0,
        "channels": 1,
        "beams": 1,
        "eirp_density_dbw_mhz": 4.0,
        "transmit_aperture_m": 0.5,
        "receive_aperture_m": 0.33,
        "g_over_t_dbk": 13.0,
        "rf_power_w": 100.0,
        "forward_mbps": 1000.0,
        "return_mbps": 1000.0,
        "roll_off_ratio": 0.0,
        "feeder_up_ghz": 29.0,
        "feeder_down_ghz": 19.0,
        "feeder_eirp_dbw": 40.0,
        "feeder_g_over_t_dbk": 10.0,
    }
)


def _sc6_cn_db(g_over_t_dbk: float) -> float:
    terminal = Terminal.model_validate(
        {
            "terminal_class": "household",
            "label": "TR 38.821 VSAT",
            "dish_m": 0.6,
            "g_over_t_dbk": g_over_t_dbk,
            "noise_temperature_k": 240.0,
            "eirp_dbw": 46.2,
            "pointing_loss_db": 0.0,
            "carrier_mhz": 400.0,
            "electric_power_w": 50.0,
            "cost_class": "low",
            "share": 1.0,
        }
    )
    return budget.forward_budget(
        SC6_PAYLOAD,
        terminal,
        range_km=1075.09,
        elevation_deg=30.0,
        scan_deg=0.0,
        weather_db=0.8,
        clear_db=0.8,
        cell_radius_km=0.0,
    ).cn_db


def test_p11_tr38821_sc6_downlink() -> None:
    """8.5 dB published. The VSAT's G/T from its own parts (TR 38.821) meets the strict 0.1 dB.

    With G/T rounded to 15.9 the exact budget is 8.602 dB: inside 0.2 dB, and 0.002 dB outside 0.1.
    """
    g_over_t = 39.7 - 1.2 - 10.0 * np.log10(290.0 + (150.0 - 290.0) * 10.0**-0.12)
    assert g_over_t == pytest.approx(15.857, abs=5e-4)
    assert _sc6_cn_db(float(g_over_t)) == pytest.approx(8.5, abs=0.1)
    assert _sc6_cn_db(15.9) == pytest.approx(8.5, abs=0.2)
    assert _sc6_cn_db(15.9) == pytest.approx(8.602, abs=1e-3)


def test_p12_best_mode_of_the_union() -> None:
    mode, efficiency = modcod.best(np.array([10.0, -2.0]), max_bits=8)
    assert [modcod.modcod_table().name[i] for i in mode] == ["16APSK 13/18", "QPSK 13/45"]
    assert efficiency.tolist() == [2.856231, 0.567805]


def test_p13_rate_of_a_transponder() -> None:
    table = modcod.modcod_table()
    efficiency = table.efficiency_bit_symbol[table.name.index("16APSK 3/4")]
    assert efficiency * modcod.symbol_rate_mbd(250.0, 0.1) == pytest.approx(674.256, rel=1e-4)


def test_p14_ratios_join_in_linear_power() -> None:
    assert float(budget.combine_db(15.0, 12.0, 20.0)) == pytest.approx(9.7998, abs=1e-3)


def test_p15_leo_ku_chain() -> None:
    gain = antenna.peak_gain_dbi(0.48, 11.7, 0.6)
    temperature = budget.system_temperature_k(120.0, 0.5)
    loss = budget.free_space_loss_db(550.0, 11.7) + 0.5
    noise_only = budget.carrier_to_noise_db(36.0, gain - 10.0 * np.log10(temperature), loss, 200.0)
    level = budget.combine_db(noise_only, 15.0)
    assert float(noise_only) == pytest.approx(23.8, abs=0.05)
    assert float(level) == pytest.approx(14.464, abs=0.05)
    mode, efficiency = modcod.best(level, margin_db=1.0)
    assert modcod.modcod_table().name[int(mode)] == "32APSK 7/9"
    assert float(efficiency) * 200.0 == pytest.approx(768.245, rel=1e-3)


def test_p16_limits_of_the_radio_regulations() -> None:
    """EPFD down, 0.6 m, 1 % of time: -170.8 dBW/m2 per 40 kHz; PFD at 30 deg: -116 per MHz; exact."""
    rows = articles.epfd_limits(11.1, 11.2, region=3)
    smallest = next(row for row in rows if row.table == "22-1A" and row.antenna_m == 0.6)
    assert smallest.reference_khz == 40.0
    assert smallest.level_dbw_m2[smallest.time_share.index(0.01)] == -170.8
    assert float(smallest.allowed_share(-170.8)) == pytest.approx(0.01, rel=1e-12)
    per_mhz = next(row for row in articles.flux_limits(11.1, 11.2) if row.reference_khz == 1000.0)
    assert float(per_mhz.limit_dbw_m2(30.0)) == -116.0


# TR 38.821 tables 6.1.1.1-1 and -2: aperture (m), GHz, full 3 dB width (deg).
WIDTH_ROWS = [
    (0.5, 20.0, 1.7647),
    (2.0, 2.0, 4.4127),
    (5.0, 20.0, 0.1765),
    (22.0, 2.0, 0.4011),
    (0.2, 20.0, 4.4127),
    (12.0, 2.0, 0.7353),
]


@pytest.mark.parametrize(("aperture", "f", "width"), WIDTH_ROWS)
def test_beam_widths_of_tr38821(aperture: float, f: float, width: float) -> None:
    assert round(2.0 * float(antenna.half_power_half_angle_deg(aperture, f)), 4) == width
