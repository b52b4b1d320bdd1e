"""Elements and states there and back, and the axes that they are in."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.bodies import EARTH, MOON
from raabta.base.errors import OutOfRangeError
from raabta.base.rotations import rotation
from raabta.orbits.kepler_elements import Elements, axes_to_gcrf, elements_of, states_of, true_anomaly_deg

EPOCH = np.datetime64("2026-06-01T00:00:00", "ns")


def test_state_of_vallados_example() -> None:
    """Vallado, 4th ed., example 2-6: printed to five digits."""
    a = 11_067.790 / (1.0 - 0.83285**2)
    own = Elements(*(np.array([v]) for v in (a, 0.83285, 87.87, 227.89, 53.38, 92.335)))
    state = states_of(own, EARTH.gm_km3_s2)[0]
    np.testing.assert_allclose(state[:3], [6525.344, 6861.535, 6449.125], atol=0.5)
    np.testing.assert_allclose(state[3:], [4.902276, 5.533124, -1.975709], atol=5e-4)


def test_elements_come_back() -> None:
    rng = np.random.default_rng(5)
    n = 200
    given = Elements(
        rng.uniform(1800, 9000, n), rng.uniform(0.001, 0.9, n), rng.uniform(0.1, 179.0, n),
        *(rng.uniform(0, 360, n) for _ in range(3)),
    )  # fmt: skip
    back = elements_of(states_of(given, MOON.gm_km3_s2), MOON.gm_km3_s2)
    np.testing.assert_allclose(back[0], given[0], rtol=1e-12)
    np.testing.assert_allclose(back[1], given[1], atol=1e-12)
    for ours, theirs in zip(back[2:], given[2:], strict=True):
        assert np.abs((ours - theirs + 180.0) % 360.0 - 180.0).max() < 1e-8


@pytest.mark.parametrize("inclination", [0.0, 180.0, 60.0])
@pytest.mark.parametrize("eccentricity", [0.0, 0.4])
def test_circles_and_equators_give_the_same_state(inclination: float, eccentricity: float) -> None:
    given = Elements(*(np.array([v]) for v in (2000.0, eccentricity, inclination, 40.0, 50.0, 60.0)))
    state = states_of(given, MOON.gm_km3_s2)
    again = states_of(elements_of(state, MOON.gm_km3_s2), MOON.gm_km3_s2)
    np.testing.assert_allclose(again, state, atol=1e-9)


def test_mean_anomaly_by_keplers_equation() -> None:
    e, mean = 0.6, 100.0
    nu = np.radians(true_anomaly_deg(mean, e))
    eccentric = np.arctan2(np.sqrt(1 - e * e) * np.sin(nu), e + np.cos(nu))
    assert np.degrees(eccentric - e * np.sin(eccentric)) == pytest.approx(mean)


def test_axes_of_the_moon() -> None:
    fixed = axes_to_gcrf("body-fixed-at-epoch", MOON, EPOCH)
    np.testing.assert_allclose(fixed @ rotation("GCRF", "MOON_ME", EPOCH)[0], np.eye(3), atol=1e-14)
    equator = axes_to_gcrf("body-equator", MOON, EPOCH)
    np.testing.assert_allclose(equator @ equator.T, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(equator[:, 2], fixed[:, 2], atol=1e-14)
    assert equator[2, 0] == pytest.approx(0.0, abs=1e-14)  # x lies in the equator of GCRF
    assert np.linalg.det(equator) == pytest.approx(1.0)
    assert np.array_equal(axes_to_gcrf("GCRF", MOON, EPOCH), np.eye(3))
    tilt = np.degrees(np.arccos(axes_to_gcrf("body-equator", EARTH, EPOCH)[2, 2]))
    assert 0.13 < tilt < 0.16  # precession since 2000: 20 arcseconds a year
    with pytest.raises(OutOfRangeError, match="body-equator"):
        axes_to_gcrf("J2000", MOON, EPOCH)


def test_what_is_no_ellipse() -> None:
    with pytest.raises(OutOfRangeError, match="an ellipse"):
        elements_of(np.array([[1800.0, 0, 0, 0, 3.0, 0]]), MOON.gm_km3_s2)
    with pytest.raises(OutOfRangeError, match="an ellipse"):
        states_of(Elements(*(np.array([v]) for v in (2000.0, 1.1, 0.0, 0.0, 0.0, 0.0))), 4902.8)
