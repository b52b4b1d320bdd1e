"""Figure of merit, pointing and polarisation."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import antenna, budget, receiver


def test_g_over_t_of_the_terminals_of_tr38821() -> None:
    """VSAT: 39.7 dBi, 1.2 dB, 150 K; handheld: 0 dBi, 7 dB, 290 K (TR 38.821 table 6.1.1.1-3)."""
    assert float(receiver.g_over_t_dbk(39.7, 1.2, 150.0)) == pytest.approx(15.857, abs=5e-4)
    assert float(receiver.g_over_t_dbk(0.0, 7.0, 290.0)) == pytest.approx(-31.624, abs=5e-4)


def test_g_over_t_without_feed_loss_is_the_formula_of_3gpp() -> None:
    figure, antenna_k = np.linspace(0.3, 10.0, 30), np.linspace(20.0, 350.0, 30)
    formula = 40.0 - figure - 10.0 * np.log10(290.0 + (antenna_k - 290.0) * 10.0 ** (-figure / 10.0))
    assert receiver.g_over_t_dbk(40.0, figure, antenna_k) == pytest.approx(formula, abs=1e-12)


def test_a_feed_at_290_kelvin_before_a_warm_antenna_costs_just_its_loss() -> None:
    bare = receiver.g_over_t_dbk(40.0, 1.0, 290.0)
    assert float(receiver.g_over_t_dbk(40.0, 1.0, 290.0, 0.5)) == pytest.approx(float(bare) - 0.5)
    cold = receiver.g_over_t_dbk(40.0, 1.0, 30.0) - receiver.g_over_t_dbk(40.0, 1.0, 30.0, 0.5)
    assert float(cold) > 0.5


def test_noise_figure_and_temperature_are_inverse() -> None:
    assert float(receiver.noise_temperature_k(3.0)) == pytest.approx(288.63, abs=5e-3)
    figures = np.linspace(0.0, 20.0, 41)
    back = receiver.noise_figure_db(receiver.noise_temperature_k(figures))
    assert back == pytest.approx(figures, abs=1e-12)


def test_antenna_sees_space_then_rain_and_the_ground() -> None:
    assert receiver.antenna_temperature_k([0.0, 3.0103, 300.0]) == pytest.approx(
        [2.7, 138.85, 275.0], abs=1e-3
    )
    assert float(receiver.antenna_temperature_k(0.0, 0.1)) == pytest.approx(0.9 * 2.7 + 29.0)
    temperature = receiver.antenna_temperature_k(np.linspace(0.0, 40.0, 200), 0.05)
    assert (np.diff(temperature) > 0.0).all()


def test_rain_costs_more_than_its_loss() -> None:
    """A fade of 4 dB in front of a 100 K receiver costs about 3.7 dB of G/T, and so says the budget."""
    figure = float(receiver.noise_figure_db(100.0))
    clear = receiver.antenna_temperature_k(0.2)
    faded = receiver.faded_antenna_k(clear, 4.0, 0.2)
    assert float(faded) == pytest.approx(float(receiver.antenna_temperature_k(4.0)))
    fall = float(receiver.g_over_t_dbk(40.0, figure, clear) - receiver.g_over_t_dbk(40.0, figure, faded))
    assert fall == pytest.approx(3.66, abs=0.01)
    assert fall == pytest.approx(float(budget.noise_rise_db(4.0, 0.2, clear + 100.0)), abs=1e-9)
    assert float(receiver.faded_antenna_k(60.0, 0.1, 0.2)) == 60.0


def test_pointing_loss_is_the_apertures_inside_the_contour() -> None:
    width = 2.0 * float(antenna.half_power_half_angle_deg(0.6, 20.0))
    errors = np.linspace(-0.5, 0.5, 101) * width
    loss = receiver.pointing_loss_db(errors, width)
    assert loss == pytest.approx(-antenna.aperture_pattern_db(errors, 0.6, 20.0), abs=0.05)
    assert float(receiver.pointing_loss_db(0.5 * width, width)) == pytest.approx(3.0)


def test_polarisation_loss_of_the_plain_cases() -> None:
    circular, linear = 0.0, np.inf
    assert float(receiver.polarisation_loss_db(circular, circular)) == 0.0
    assert float(receiver.polarisation_loss_db(circular, linear)) == pytest.approx(3.0103, abs=1e-4)
    assert float(receiver.polarisation_loss_db(circular, circular, same_sense=False)) == 100.0
    assert float(receiver.polarisation_loss_db(linear, linear, 45.0)) == pytest.approx(3.0103, abs=1e-4)
    assert float(receiver.polarisation_loss_db(linear, linear, 0.0)) == pytest.approx(0.0, abs=1e-12)
    assert float(receiver.polarisation_loss_db(linear, linear, 90.0)) == 100.0


def test_polarisation_loss_against_stokes_vectors() -> None:
    """Half of one plus the cosine between the two states on the Poincare sphere."""
    rng = np.random.default_rng(4)
    ratios, tilts = rng.uniform(0.0, 20.0, (2, 300)), rng.uniform(-180.0, 180.0, (2, 300))
    ellipticity = np.arctan(10.0 ** (-ratios / 20.0))
    turn = np.radians(tilts)
    states = [
        np.array([np.cos(2 * e) * np.cos(2 * t), np.cos(2 * e) * np.sin(2 * t), np.sin(2 * e)])
        for e, t in zip(ellipticity, turn, strict=True)
    ]
    expected = -10.0 * np.log10(0.5 * (1.0 + (states[0] * states[1]).sum(axis=0)))
    assert receiver.polarisation_loss_db(*ratios, tilts[0] - tilts[1]) == pytest.approx(expected, abs=1e-9)
    worst = receiver.polarisation_loss_db(*ratios)
    assert (worst >= receiver.polarisation_loss_db(*ratios, tilts[0] - tilts[1]) - 1e-12).all()


def test_impossible_noise_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match=r"noise figure is -0\.5 dB.*negative noise temperature"):
        receiver.noise_temperature_k(-0.5)
    with pytest.raises(
        OutOfRangeError, match=r"antenna temperature is -20 K; valid: 0 to 10000 K \(a negative noise"
    ):
        receiver.g_over_t_dbk(40.0, 1.0, -20.0)
    with pytest.raises(OutOfRangeError, match="system temperature is 0 K"):
        receiver.g_over_t_dbk(40.0, 0.0, 0.0)
    with pytest.raises(OutOfRangeError, match="noise temperature is -1 K"):
        receiver.noise_figure_db(-1.0)
    with pytest.raises(OutOfRangeError, match=r"the parabola ends at the 3 dB contour"):
        receiver.pointing_loss_db(0.6, 1.0)
    with pytest.raises(OutOfRangeError, match="axial ratio is -1 dB"):
        receiver.polarisation_loss_db(-1.0, 0.0)
    with pytest.raises(OutOfRangeError, match="scan loss exponent is 4; valid: 0 to 3"):
        antenna.scan_loss_db(10.0, 4.0)
