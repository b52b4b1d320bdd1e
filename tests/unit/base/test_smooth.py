"""Interpolation on a fixed grid: exact where it must be, the same bits from any company."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.smooth import on_grid


def quintic(x: np.ndarray) -> np.ndarray:
    return np.column_stack([1.0 - x + x**2 - 0.1 * x**3 + 0.01 * x**4 - 0.003 * x**5, x])


@pytest.mark.parametrize(
    "place", [np.linspace(-7.3, 9.9, 401), np.array([-400.25, 3.0, 1e4 + 0.5]), np.array([0.5])]
)
def test_a_polynomial_of_degree_five_comes_back(place: np.ndarray) -> None:
    assert on_grid(quintic, place) == pytest.approx(quintic(place), rel=1e-9)


def test_only_the_numbers_needed_are_asked_for_once() -> None:
    asked: list[np.ndarray] = []

    def noted(x: np.ndarray) -> np.ndarray:
        asked.append(x)
        return quintic(x)

    on_grid(noted, np.array([0.5, 1_000.5, 0.25]))
    assert asked[0].tolist() == [-2, -1, 0, 1, 2, 3, 998, 999, 1_000, 1_001, 1_002, 1_003]


def test_company_does_not_matter() -> None:
    place = np.concatenate([np.linspace(0.0, 30.0, 100), [5_000.3]])
    whole = on_grid(quintic, place)
    assert all(on_grid(quintic, place[i : i + 1]).tobytes() == whole[i].tobytes() for i in range(0, 101, 10))
    assert on_grid(quintic, place[:0]).shape == (0, 2)
