"""Link budgets of 3GPP TR 38.821 (release 16) for all twelve satellites of its tables 6.1.1.1-1 and -2.

Our functions against the report's own formulas, both ways, and against those figures of its table 6.1.3.3-1
that could be confirmed. Confidence of the satellites: densities, gains and widths A or B, G/T of the LEO rows
B, of the geostationary rows from memory (they enter both sides alike).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from raabta.links import antenna, budget, receiver
from raabta.scenario.models import Payload, Terminal

EARTH_KM = 6371.0
BOLTZMANN_DB = -228.6


class Satellite(NamedTuple):
    """One row: km; GHz and m, down and up; dBW/MHz; dB/K; full 3 dB width of the downlink beam, deg."""

    name: str
    altitude: float
    down: float
    up: float
    aperture_down: float
    aperture_up: float
    density: float
    g_over_t: float
    width: float


SATELLITES = [
    Satellite("set 1 GEO S", 35786, 2, 2, 22, 22, 59, 19, 0.4011),
    Satellite("set 1 LEO-1200 S", 1200, 2, 2, 2, 2, 40, 1.1, 4.4127),
    Satellite("set 1 LEO-600 S", 600, 2, 2, 2, 2, 34, 1.1, 4.4127),
    Satellite("set 1 GEO Ka", 35786, 20, 30, 5, 3.33, 40, 28, 0.1765),
    Satellite("set 1 LEO-1200 Ka", 1200, 20, 30, 0.5, 0.33, 10, 13, 1.7647),
    Satellite("set 1 LEO-600 Ka", 600, 20, 30, 0.5, 0.33, 4, 13, 1.7647),
    Satellite("set 2 GEO S", 35786, 2, 2, 12, 12, 53.5, 14, 0.7353),
    Satellite("set 2 LEO-1200 S", 1200, 2, 2, 1, 1, 34, -4.9, 8.832),
    Satellite("set 2 LEO-600 S", 600, 2, 2, 1, 1, 28, -4.9, 8.832),
    Satellite("set 2 GEO Ka", 35786, 20, 30, 2, 1.33, 32, 20, 0.4412),
    Satellite("set 2 LEO-1200 Ka", 1200, 20, 30, 0.2, 0.13, 2, 5, 4.4127),
    Satellite("set 2 LEO-600 Ka", 600, 20, 30, 0.2, 0.13, -4, 5, 4.4127),
]
EVERY = pytest.mark.parametrize("satellite", SATELLITES, ids=lambda row: row.name.replace(" ", "-"))


class User(NamedTuple):
    """Terminal of table 6.1.1.1-3: dBi, NF in dB, T_a in K, dBW, MHz down and up; and losses in dB."""

    gain_down: float
    gain_up: float
    noise_figure: float
    antenna_k: float
    power: float
    band_down: float
    band_up: float
    losses: float


VSAT = User(39.7, 43.2, 1.2, 150.0, 3.0, 400.0, 400.0, 0.5 + 0.3)
"""Ka; gas 0.5 and scintillation 0.3 dB at 30 deg."""
HANDHELD = User(0.0, 0.0, 7.0, 290.0, -7.0, 30.0, 0.36, 0.1 + 2.2 + 3.0)
"""S; gas 0.1, scintillation 2.2 and shadowing 3 dB."""
GEO_KA_LOSSES = 1.2 + 1.1


def user_of(satellite: Satellite) -> User:
    if satellite.down < 10:
        return HANDHELD
    return VSAT._replace(losses=GEO_KA_LOSSES) if satellite.altitude > 30000 else VSAT


def elevation_deg(satellite: Satellite) -> float:
    return 12.5 if satellite.altitude > 30000 else 30.0


def range_km(satellite: Satellite) -> float:
    """Equation (6.6-3) of TR 38.811."""
    sine = np.sin(np.radians(elevation_deg(satellite)))
    square = (EARTH_KM * sine) ** 2 + satellite.altitude**2 + 2.0 * satellite.altitude * EARTH_KM
    return float(np.sqrt(square) - EARTH_KM * sine)


def report_cnr_db(satellite: Satellite, down: bool) -> float:
    """Clause 6.1.3.1 as printed: EIRP + G/T - k - losses - 10 log10 B; 32.45 + 20 log f + 20 log d."""
    user = user_of(satellite)
    frequency, band = (satellite.down, user.band_down) if down else (satellite.up, user.band_up)
    loss = 32.45 + 20.0 * np.log10(frequency) + 20.0 * np.log10(range_km(satellite) * 1e3) + user.losses
    if down:
        warm = 290.0 + (user.antenna_k - 290.0) * 10.0 ** (-0.1 * user.noise_figure)
        g_over_t = user.gain_down - user.noise_figure - 10.0 * np.log10(warm)
        eirp = satellite.density + 10.0 * np.log10(band)
    else:
        g_over_t, eirp = satellite.g_over_t, user.power + user.gain_up
    return float(eirp + g_over_t - BOLTZMANN_DB - loss - 10.0 * np.log10(band * 1e6))


def our_cnr_db(satellite: Satellite, down: bool) -> float:
    """The same by our functions."""
    user = user_of(satellite)
    frequency, band = (satellite.down, user.band_down) if down else (satellite.up, user.band_up)
    loss = budget.free_space_loss_db(range_km(satellite), frequency) + user.losses
    if down:
        eirp = satellite.density + 10.0 * np.log10(band)
        g_over_t = receiver.g_over_t_dbk(user.gain_down, user.noise_figure, user.antenna_k)
    else:
        eirp, g_over_t = user.power + user.gain_up, satellite.g_over_t
    return float(budget.carrier_to_noise_db(eirp, g_over_t, loss, band))


def budget_cnr_db(satellite: Satellite, down: bool) -> float:
    """The same through the budget of a run, every line. Ka only: a handheld is no terminal of it."""
    user = user_of(satellite)
    payload = Payload.model_validate(
        {
            "user_down_ghz": satellite.down,
            "user_up_ghz": satellite.up,
            "channel_down_mhz": user.band_down,
            "channel_up_mhz": user.band_up,
            "channels": 1,
            "beams": 1,
            "eirp_density_dbw_mhz": satellite.density,
            "transmit_aperture_m": satellite.aperture_down,
            "receive_aperture_m": satellite.aperture_up,
            "g_over_t_dbk": satellite.g_over_t,
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
    terminal = Terminal.model_validate(
        {
            "terminal_class": "household",
            "label": "TR 38.821",
            "dish_m": 0.6,
            "g_over_t_dbk": float(receiver.g_over_t_dbk(user.gain_down, user.noise_figure, user.antenna_k)),
            "noise_temperature_k": 240.0,
            "eirp_dbw": user.power + user.gain_up,
            "pointing_loss_db": 0.0,
            "carrier_mhz": user.band_up,
            "electric_power_w": 50.0,
            "cost_class": "low",
            "share": 1.0,
        }
    )
    run = budget.forward_budget if down else budget.return_budget
    return run(
        payload,
        terminal,
        range_km=range_km(satellite),
        elevation_deg=elevation_deg(satellite),
        scan_deg=0.0,
        weather_db=user.losses,
        clear_db=user.losses,
        cell_radius_km=0.0,
    ).cn_db


@EVERY
@pytest.mark.parametrize("down", [True, False], ids=["down", "up"])
def test_our_functions_equal_the_reports_formulas(satellite: Satellite, down: bool) -> None:
    assert our_cnr_db(satellite, down) == pytest.approx(report_cnr_db(satellite, down), abs=0.01)


@pytest.mark.parametrize("satellite", [row for row in SATELLITES if row.down == 20], ids=lambda row: row.name)
@pytest.mark.parametrize("down", [True, False], ids=["down", "up"])
def test_the_budget_of_a_run_equals_the_reports_formulas(satellite: Satellite, down: bool) -> None:
    assert budget_cnr_db(satellite, down) == pytest.approx(report_cnr_db(satellite, down), abs=0.01)


# Table 6.1.3.3-1: study case, satellite, downlink, published CNR. SC1's uplink could not be confirmed.
PUBLISHED = [
    ("SC1", "set 1 GEO Ka", True, 11.6),
    ("SC6", "set 1 LEO-600 Ka", True, 8.5),
    ("SC6", "set 1 LEO-600 Ka", False, 18.4),
    ("SC9", "set 1 LEO-600 S", True, 6.6),
    ("SC9", "set 1 LEO-600 S", False, 2.8),
]


@pytest.mark.parametrize(("case", "name", "down", "published"), PUBLISHED)
def test_published_ratios(case: str, name: str, down: bool, published: float) -> None:
    satellite = next(row for row in SATELLITES if row.name == name)
    assert our_cnr_db(satellite, down) == pytest.approx(published, abs=0.1), case


@EVERY
def test_beam_width_to_four_decimals(satellite: Satellite) -> None:
    width = 2.0 * float(antenna.half_power_half_angle_deg(satellite.aperture_down, satellite.down))
    assert round(width, 4) == satellite.width


def test_slant_ranges_of_the_report() -> None:
    ranges = {round(range_km(row), 2) for row in SATELLITES}
    assert ranges == {1075.09, 1998.88, 40316.68}
