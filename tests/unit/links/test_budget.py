"""Budgets: lines that sum, C/I in linear power, noise in rain, and agreement with the kernels' tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import budget, modcod, nr
from raabta.scenario.models import Gateway, Payload, Terminal

PAYLOAD = Payload.model_validate(
    {
        "user_down_ghz": 19.0,
        "user_up_ghz": 29.0,
        "channel_down_mhz": 400.0,
        "channel_up_mhz": 100.0,
        "channels": 4,
        "beams": 28,
        "eirp_density_dbw_mhz": 4.0,
        "transmit_aperture_m": 0.5,
        "receive_aperture_m": 0.33,
        "g_over_t_dbk": 13.0,
        "rf_power_w": 500.0,
        "forward_mbps": 24000.0,
        "return_mbps": 6000.0,
        "feeder_up_ghz": 28.0,
        "feeder_down_ghz": 18.0,
        "feeder_eirp_dbw": 40.0,
        "feeder_g_over_t_dbk": 8.0,
    }
)
TERMINAL = Terminal.model_validate(
    {
        "terminal_class": "household",
        "label": "household dish",
        "dish_m": 0.6,
        "g_over_t_dbk": 15.9,
        "noise_temperature_k": 240.0,
        "eirp_dbw": 46.2,
        "carrier_mhz": 20.0,
        "duty_share": 0.5,
        "electric_power_w": 50.0,
        "cost_class": "low",
        "share": 1.0,
    }
)
GATEWAY = Gateway.model_validate(
    {"name": "Karachi", "country": "PAK", "latitude_deg": 24.9, "longitude_deg": 67.0}
)
WHERE: dict[str, Any] = {"range_km": 900.0, "elevation_deg": 32.0, "weather_db": 3.0, "clear_db": 0.9}
SEEN: dict[str, Any] = {**WHERE, "scan_deg": 50.0, "cell_radius_km": 9.0}


def forward(**changes: Any) -> budget.Budget:
    return budget.forward_budget(PAYLOAD, TERMINAL, **(SEEN | changes))


def back(**changes: Any) -> budget.Budget:
    return budget.return_budget(PAYLOAD, TERMINAL, **(SEEN | changes))


def feeder(direction: budget.Direction, **changes: Any) -> budget.Budget:
    return budget.feeder_budget(PAYLOAD, GATEWAY, direction=direction, **(WHERE | changes))


@pytest.mark.parametrize(
    "result", [forward(), back(), feeder("forward"), feeder("return")], ids=lambda item: item.title
)
def test_the_lines_that_sum_sum_to_cn(result: budget.Budget) -> None:
    assert result.sum_db() == pytest.approx(result.cn_db, abs=1e-9)
    assert result.value("C/N") == result.cn_db
    assert result.value("rate at the IP layer") == result.rate_mbps > 0.0
    assert len({line.name for line in result.lines}) == len(result.lines)


def test_forward_by_hand() -> None:
    """Every term written out once more, with numbers a person can check."""
    spreading = 20.0 * np.log10(4.0 * np.pi * 900e3 * 19e9 / 299_792_458.0)
    edge = -forward().value("edge-of-cell loss")
    scan = -13.0 * np.log10(np.cos(np.radians(50.0)))
    rise = 10.0 * np.log10(1.0 + 272.3 * (10.0**-0.09 - 10.0**-0.3) / 240.0)
    expected = 4.0 - 60.0 - spreading - edge - scan - 3.0 - 0.3 + 15.9 - rise + 228.5991672
    assert forward().cn_db == pytest.approx(expected, abs=1e-6)
    assert forward().cinr_db == pytest.approx(float(budget.combine_db(expected, 20.0)), abs=1e-6)


def test_forward_rate_is_mode_times_symbols() -> None:
    result = forward()
    mode, efficiency = modcod.best(result.cinr_db, 1.0, 5)
    name = modcod.modcod_table().name[int(mode)]
    assert result.mode == name
    share = float(modcod.pilot_ratio(modcod.modcod_table().bits[int(mode)])) * 700.0 / 710.0
    assert result.rate_mbps == pytest.approx(float(efficiency) * share * 400.0 / 1.1)


def test_return_rate_is_one_carrier_times_duty() -> None:
    result = back()
    mcs, efficiency = nr.best(result.cinr_db, 1.0)
    assert result.mode == f"NR MCS {int(mcs)}"
    assert result.rate_mbps == pytest.approx(float(efficiency) * nr.ip_share() * 20.0 * 0.5)


def test_parts_of_the_atmosphere_are_of_which() -> None:
    parts = {"gas": 0.6, "rain": 1.9, "cloud": 0.45, "scintillation": 0.4}
    plain, split = forward(), forward(parts_db=parts)
    assert split.cn_db == pytest.approx(plain.cn_db, abs=1e-12)
    assert split.value("gas") == -0.6
    assert split.value("rain, cloud and scintillation") == pytest.approx(-2.4)
    shown = [line for line in split.lines if line.name.startswith("of which")]
    assert [line.value for line in shown] == [-1.9, -0.45, -0.4]
    assert not any(line.sums for line in shown)


def test_rain_warms_the_terminal_and_not_the_satellite() -> None:
    clear, wet = forward(weather_db=0.9), forward(weather_db=4.9)
    assert clear.value("noise rise") == 0.0
    assert clear.cn_db - wet.cn_db == pytest.approx(4.0 + 1.918, abs=1e-3)
    assert back(weather_db=0.9).cn_db - back(weather_db=4.9).cn_db == pytest.approx(4.0)


def test_a_four_decibel_fade_costs_a_hundred_kelvin_receiver_about_as_much_again() -> None:
    assert float(budget.noise_rise_db(4.0, 0.5, 100.0)) == pytest.approx(3.7, abs=0.05)


def test_noise_rise_is_the_ratio_of_two_system_temperatures() -> None:
    clear, wet = budget.system_temperature_k(120.0, np.array([0.5, 6.0]))
    rise = float(budget.noise_rise_db(6.0, 0.5, clear))
    assert rise == pytest.approx(10.0 * np.log10(wet / clear))
    assert float(budget.noise_rise_db(0.3, 0.5, clear)) == 0.0


def test_flux_held_on_the_ground_up_to_the_ceiling() -> None:
    starlink = PAYLOAD.model_copy(update={"eirp_density_dbw_mhz": 9.8, "eirp_density_edge_dbw_mhz": 16.0})
    assert budget.eirp_density_dbw_mhz(starlink, 550.0, 550.0) == pytest.approx(9.8)
    assert budget.eirp_density_dbw_mhz(starlink, 800.0, 550.0) == pytest.approx(
        9.8 + 20 * np.log10(800 / 550)
    )
    assert budget.eirp_density_dbw_mhz(starlink, 1123.28, 550.0) == 16.0
    assert budget.eirp_density_dbw_mhz(starlink, 1123.28) == 9.8
    assert budget.eirp_density_dbw_mhz(PAYLOAD, 1123.28, 550.0) == 4.0


def test_feeder_uses_each_direction_s_own_ends() -> None:
    up, down = feeder("forward"), feeder("return")
    assert up.value("frequency") == 28.0
    assert down.value("frequency") == 18.0
    assert up.value("G/T") == 8.0
    assert down.value("G/T") == 30.0
    assert up.value("noise rise") == 0.0
    assert down.value("noise rise") < 0.0
    assert up.cinr_db == up.cn_db


def test_weather_below_clear_sky_is_a_mistake() -> None:
    with pytest.raises(
        OutOfRangeError, match=r"weather loss is 0\.2 dB; valid: at least the clear-sky loss, 0\.9 dB"
    ):
        forward(weather_db=0.2)


def test_unknown_line_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="no line 'EIRPP'; there are slant range"):
        forward().value("EIRPP")


def test_no_mode_closes_in_a_storm() -> None:
    result = forward(weather_db=60.0)
    assert (result.mode, result.rate_mbps) == ("none closes", 0.0)
    assert (back(weather_db=80.0).mode, back(weather_db=80.0).rate_mbps) == ("none closes", 0.0)


def test_the_return_feeder_has_a_band_of_its_own() -> None:
    narrow = GATEWAY.model_copy(update={"return_bandwidth_mhz": GATEWAY.bandwidth_mhz / 2.0})
    for direction, ratio in (("forward", 1.0), ("return", 2.0)):
        whole, half = (
            budget.feeder_budget(PAYLOAD, g, direction=direction, **WHERE)  # type: ignore[arg-type]
            for g in (GATEWAY, narrow)
        )
        assert half.cn_db == pytest.approx(whole.cn_db + 10.0 * np.log10(ratio))
        best = modcod.ladder(budget.FEEDER_MARGIN_DB, budget.FEEDER_MAX_BITS).efficiency_bit_symbol[-1]
        assert half.rate_mbps <= best * modcod.symbol_rate_mbd(GATEWAY.bandwidth_mhz / ratio, 0.25) * 2 * 1.25
