"""Probability of rain of P.837-7 against the ITU's validation examples (CG-3M3J-13-ValEx, P.837-7 sheet)."""

from __future__ import annotations

import pytest

from raabta.links import rain

# Latitude, longitude (deg), P0 (%), printed to eight decimals.
ROWS = [
    (3.133, 101.7, 4.53654368),
    (22.9, -43.23, 1.41773353),
    (23.0, 30.0, 0.00051911),
    (25.78, -80.22, 2.90785192),
    (28.717, 77.3, 1.07089363),
    (33.94, 18.43, 1.27567391),
    (41.9, 12.49, 5.26971907),
    (51.5, -0.14, 5.36150960),
]


def test_rain_probability_itu_examples() -> None:
    latitude, longitude, expected = zip(*ROWS, strict=True)
    assert rain.rain_probability_percent(latitude, longitude) == pytest.approx(expected, rel=1e-7, abs=6e-9)


def test_it_never_rains_for_more_than_seventy_percent_of_a_month() -> None:
    """Equation (2): a month's share is held at 70 %; at or below freezing the rate is that of 0 deg C."""
    assert float(rain.rain_probability_from_months_percent([5_000.0] * 12, [280.0] * 12)) == pytest.approx(
        70.0
    )
    cold, freezing = (
        float(rain.rain_probability_from_months_percent([50.0] * 12, [kelvin] * 12))
        for kelvin in (250.0, 273.15)
    )
    assert cold == freezing
    assert freezing == pytest.approx(100.0 * 600.0 / (24.0 * 365.25 * 0.5874))
