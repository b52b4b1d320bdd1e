"""Bodies: the figures that follow from the defining ones, and agreement with who else holds them."""

from __future__ import annotations

import dataclasses

import pytest

from raabta.base.bodies import EARTH, MOON, WGS72


def test_wgs84_derived_figures_are_those_the_standard_prints() -> None:
    """NGA.STND.0036: b = 6356752.3142 m, e2 = 6.69437999014e-3, mean radius 6371008.7714 m."""
    assert EARTH.polar_radius_km == pytest.approx(6356.7523142, abs=5e-8)
    assert EARTH.eccentricity_squared_ratio == pytest.approx(6.69437999014e-3, abs=5e-14)
    assert EARTH.mean_radius_km == pytest.approx(6371.0087714, abs=5e-8)


def test_moon_is_a_sphere_that_turns_once_in_a_sidereal_month() -> None:
    assert MOON.polar_radius_km == MOON.equatorial_radius_km == 1737.4
    days = 2.0 * 3.141592653589793 / MOON.rotation_rad_s / 86_400.0
    assert days == pytest.approx(27.321661, abs=1e-5)


def test_sgp4_gravity_is_that_of_the_sgp4_package() -> None:
    from sgp4.earth_gravity import wgs72

    assert WGS72.xke == pytest.approx(wgs72.xke, rel=1e-15)
    assert (WGS72.radius_km, WGS72.gm_km3_s2, WGS72.j2, WGS72.j3, WGS72.j4) == (
        wgs72.radiusearthkm, wgs72.mu, wgs72.j2, wgs72.j3, wgs72.j4,
    )  # fmt: skip


def test_bodies_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        EARTH.gm_km3_s2 = 1.0  # type: ignore[misc]
