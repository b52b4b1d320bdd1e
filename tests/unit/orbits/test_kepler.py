"""Kepler: the equation, the conic, the geostationary slot."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.orbits import kepler


def test_keplers_equation_holds_up_to_e_of_0_999() -> None:
    mean, ecc = np.meshgrid(np.linspace(-9.0, 9.0, 721), [0.0, 1e-6, 0.1, 0.5, 0.9, 0.99, 0.999])
    anomaly = kepler.eccentric_anomaly_rad(mean, ecc)
    assert np.abs(anomaly - ecc * np.sin(anomaly) - mean).max() < 4e-15


def test_keplers_equation_of_a_textbook() -> None:
    """Vallado, example 2-1: M = 235.4 deg, e = 0.4 gives E = 220.512074 deg."""
    assert np.degrees(kepler.eccentric_anomaly_rad(np.radians(235.4), 0.4)) % 360 == pytest.approx(
        220.512074, abs=1e-6
    )


@pytest.mark.parametrize("ecc", [1.0, -0.1, np.nan])
def test_only_ellipses(ecc: float) -> None:
    with pytest.raises(OutOfRangeError, match=r"valid: \[0, 1\)"):
        kepler.eccentric_anomaly_rad(1.0, ecc)


def test_position_of_a_textbook() -> None:
    """Vallado, example 2-6: p = 11067.790, e = 0.83285, i = 87.87, node 227.89, w 53.38, nu 92.335."""
    p, e, nu = 11067.790, 0.83285, np.radians(92.335)
    anomaly = 2.0 * np.arctan(np.sqrt((1 - e) / (1 + e)) * np.tan(nu / 2))
    mean = np.degrees(anomaly - e * np.sin(anomaly))
    position = kepler.position_km(p / (1 - e * e), e, 87.87, 227.89, 53.38, mean)
    assert position == pytest.approx([6525.344, 6861.535, 6449.125], abs=0.5)


def test_a_circle_keeps_its_radius_and_its_plane() -> None:
    position = kepler.position_km(7000.0, 0.0, 90.0, 30.0, 0.0, np.arange(0, 360, 5.0))
    assert np.linalg.norm(position, axis=1) == pytest.approx(np.full(72, 7000.0))
    assert position @ [np.sin(np.radians(30)), -np.cos(np.radians(30)), 0] == pytest.approx(
        np.zeros(72), abs=1e-9
    )


def test_geostationary_radius_and_period() -> None:
    assert kepler.geostationary_radius_km() == pytest.approx(42164.17, abs=0.01)
    period_s = 2 * np.pi / kepler.mean_motion_rad_s(kepler.geostationary_radius_km())
    assert period_s == pytest.approx(86164.1, abs=0.1)


def test_geostationary_slots_stand_on_the_equator_at_their_longitude() -> None:
    position = kepler.geostationary_position_km([38.0, -100.0])
    assert np.degrees(np.arctan2(position[:, 1], position[:, 0])) == pytest.approx([38.0, -100.0])
    assert position[:, 2].tolist() == [0.0, 0.0]
