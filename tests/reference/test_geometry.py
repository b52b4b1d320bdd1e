"""Geometry against numbers from outside: slant range, central angle, coverage, geostationary look angles.

P09 and P10 are the project's public reference cases (closed forms: sphere of 6,371 km; WGS 84).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raabta.base.bodies import Body
from raabta.base.frames import look_angles
from raabta.orbits.elements import MAX_AGE_DAYS
from raabta.orbits.kepler import geostationary_position_km
from raabta.orbits.propagate import Propagator

SPHERE = Body("sphere", 6371.0, 0.0, 398600.4418, 7.292115e-5, "ITRF", "P09")
QUETTA = (30.1798, 66.975, 0.0)
ORBITS = Path(__file__).resolve().parents[3] / "shared" / "data" / "orbits"


def _seen_at_central_angle(angle_deg: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Elevation and range of a satellite 550 km high, from sites at `angle_deg` from below it."""
    satellite = np.array([6921.0, 0.0, 0.0])
    elevation, _, distance = look_angles(0.0, angle_deg, 0.0, satellite, SPHERE)
    return elevation, distance


def _central_angle_deg(elevation_deg: float) -> float:
    """Central angle at which the look angles give `elevation_deg`, by bisection on them alone."""
    low, high = 0.0, 25.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = _seen_at_central_angle(np.array(middle))[0] > elevation_deg
        low, high = (middle, high) if above else (low, middle)
    return low


def test_p09_slant_range_and_central_angle_at_550_km_and_25_deg() -> None:
    """P09: 1123.277 km, 8.45853 deg; strict 0.001 %."""
    angle = _central_angle_deg(25.0)
    assert angle == pytest.approx(8.45853, rel=1e-5)
    assert float(_seen_at_central_angle(np.array(angle))[1]) == pytest.approx(1123.277, rel=1e-5)


def test_p09_coverage() -> None:
    """P09: 2,774,093 km2 see the satellite above 25 deg: the cap inside the look angles' edge, to 0.001 %.

    Summed over 200,000 rings of sites as well, of which one is 0.003 %.
    """
    edge = np.radians(_central_angle_deg(25.0))
    assert 2.0 * np.pi * 6371.0**2 * (1.0 - np.cos(edge)) == pytest.approx(2_774_093.0, rel=1e-5)
    edges = np.linspace(0.0, 25.0, 200_001)
    middles = 0.5 * (edges[1:] + edges[:-1])
    rings_km2 = 2.0 * np.pi * 6371.0**2 * -np.diff(np.cos(np.radians(edges)))
    elevation, _ = _seen_at_central_angle(middles)
    assert rings_km2[elevation >= 25.0].sum() == pytest.approx(2_774_093.0, rel=3e-5)


def test_p10_quetta_looks_at_38_east() -> None:
    """P10: elevation 42.777, azimuth 227.794 deg, range 37,567.7 km on WGS 84; strict 0.005."""
    elevation, azimuth, distance = look_angles(*QUETTA, geostationary_position_km(38.0))
    assert float(elevation) == pytest.approx(42.777, abs=0.005)
    assert float(azimuth) == pytest.approx(227.794, abs=0.005)
    assert float(distance) == pytest.approx(37567.7, abs=0.05)


def test_quetta_looks_at_38_2_east_as_astropy_does() -> None:
    """PakSat-MM1's slot. astropy 8, ITRS to AltAz with the site as origin: 42.91947, 227.55813, 37557.236."""
    elevation, azimuth, distance = look_angles(*QUETTA, geostationary_position_km(38.2))
    assert float(elevation) == pytest.approx(42.919466448, abs=1e-8)
    assert float(azimuth) == pytest.approx(227.558129692, abs=1e-8)
    assert float(distance) == pytest.approx(37557.236220438, abs=1e-6)


def test_a_real_catalogue_against_the_sgp4_package() -> None:
    """Every active object of August 2026: read by our grammar, 1 mm from the package over a day."""
    file = ORBITS / "active_2026-08-22.tle"
    if not file.exists():
        pytest.skip("needs ../shared/data/orbits/active_2026-08-22.tle, which is not part of this repository")
    from raabta.base.frames import teme_to_itrf
    from raabta.orbits.deep_space import positions_teme_km, records
    from raabta.orbits.read import read_orbits

    elements = read_orbits(file)
    assert len(elements) > 16_000
    start = np.datetime64("2026-08-22", "ns")
    assert np.abs((elements.epoch - start) / np.timedelta64(1, "D")).max() < MAX_AGE_DAYS
    times = start + np.arange(0, 86_400, 14_400).astype("timedelta64[s]")
    ours = Propagator.from_elements(elements, start).positions_km(times)
    theirs = np.einsum("tij,stj->tis", teme_to_itrf(times), positions_teme_km(records(elements), times))
    assert (np.isnan(ours) == np.isnan(theirs)).all()
    assert np.nanmax(np.abs(ours - theirs)) < 1e-6
