"""Apertures and beams."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OutOfRangeError
from raabta.links import antenna


def test_pattern_is_zero_on_axis_and_three_decibels_at_the_half_angle() -> None:
    half = antenna.half_power_half_angle_deg(0.5, 20.0)
    assert float(antenna.aperture_pattern_db(0.0, 0.5, 20.0)) == 0.0
    assert float(antenna.aperture_pattern_db(half, 0.5, 20.0)) == pytest.approx(-3.0, abs=1e-4)
    assert float(antenna.aperture_pattern_db(-half, 0.5, 20.0)) == pytest.approx(-3.0, abs=1e-4)


def test_first_side_lobe_is_the_airy_one() -> None:
    assert float(antenna.airy_db(5.13562)) == pytest.approx(-17.57, abs=0.01)


def test_nulls_are_finite_and_the_back_keeps_the_value_at_ninety() -> None:
    assert float(antenna.airy_db(3.8317059702075125)) == antenna.FLOOR_DB
    side, back = antenna.aperture_pattern_db([90.0, 150.0], 0.5, 20.0)
    assert side == back


def test_gain_of_the_tr38821_vsat() -> None:
    assert float(antenna.peak_gain_dbi(0.6, 20.0, 0.6)) == pytest.approx(39.7, abs=0.1)
    assert float(antenna.peak_gain_dbi(0.6, 30.0, 0.6)) == pytest.approx(43.2, abs=0.1)


def test_scan_loss() -> None:
    assert float(antenna.scan_loss_db(0.0, 1.3)) == 0.0
    assert float(antenna.scan_loss_db(60.0, 1.0)) == pytest.approx(3.0103, abs=1e-4)
    with pytest.raises(OutOfRangeError, match="scan angle is 95 deg; valid: 0 to 89 deg"):
        antenna.scan_loss_db(95.0, 1.0)


def test_footprint_of_half_a_metre_at_five_hundred_kilometres() -> None:
    """15 km at nadir, and far more at 25 degrees of elevation."""
    half = antenna.half_power_half_angle_deg(0.5, 20.0)
    across, along = antenna.footprint_half_axes_km(half, 500.0, 90.0)
    assert 2.0 * float(across) == pytest.approx(15.4, abs=0.05)
    assert float(along) == pytest.approx(float(across))
    across, along = antenna.footprint_half_axes_km(half, 1032.0, 25.0, 57.0)
    assert 2.0 * float(across) == pytest.approx(31.8, abs=0.2)
    assert float(along) == pytest.approx(
        float(across) / np.sin(np.radians(25.0)) / np.cos(np.radians(57.0)), rel=1e-3
    )


def test_edge_of_cell_loss_is_three_decibels_on_the_contour() -> None:
    half = np.radians(float(antenna.half_power_half_angle_deg(0.5, 20.0)))
    loss = antenna.edge_of_cell_loss_db(500.0 * np.tan(half), 500.0, 0.5, 20.0)
    assert float(loss) == pytest.approx(3.0, abs=1e-4)


def test_edge_of_cell_loss_grows_with_radius_and_falls_with_range() -> None:
    radii = np.linspace(0.0, 40.0, 200)
    assert (np.diff(antenna.edge_of_cell_loss_db(radii, 500.0, 0.5, 20.0)) >= 0).all()
    ranges = np.linspace(500.0, 2000.0, 200)
    assert (np.diff(antenna.edge_of_cell_loss_db(10.0, ranges, 0.5, 20.0)) < 0).all()
    assert float(antenna.edge_of_cell_loss_db(100.0, 500.0, 0.5, 20.0)) == 100.0


def test_edge_across_the_line_of_sight_is_the_worst_one() -> None:
    """Along it an array's beam widens by 1/cos(scan) and the cell shrinks by sin(elevation)."""
    radius, distance, scan, elevation = 10.0, 900.0, np.radians(50.0), np.radians(32.0)
    ka = float(antenna.aperture_ratio(0.5, 20.0))
    along = radius * np.sin(elevation) / distance
    u_along = ka * abs(np.sin(scan + along) - np.sin(scan))
    loss = float(antenna.edge_of_cell_loss_db(radius, distance, 0.5, 20.0))
    assert -float(antenna.airy_db(u_along)) < loss


def test_too_small_an_aperture_has_no_width() -> None:
    with pytest.raises(OutOfRangeError, match="no 3 dB width"):
        antenna.half_power_half_angle_deg(0.005, 20.0)
