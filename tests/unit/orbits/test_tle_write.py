"""Element sets written as two lines and read again."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import OrbitDataError
from raabta.orbits.elements import MeanElements
from raabta.orbits.tle import parse_tle, parse_tle_pair
from raabta.orbits.tle_write import tle_pairs

COUNT = 200


@pytest.fixture(scope="module")
def elements() -> MeanElements:
    dice = np.random.default_rng(5)
    days = dice.integers(0, 30_000, COUNT)
    parts = dice.integers(0, 10**8, COUNT)
    epoch = np.datetime64("1960-01-01", "ns") + days * np.timedelta64(86_400_000_000_000, "ns")
    drag = dice.choice([0.0, 1.0, -1.0], COUNT) * 10.0 ** dice.uniform(-7, 0, COUNT)
    return MeanElements(
        epoch=epoch + parts.astype("timedelta64[ns]") * 864_000,
        inclination_deg=dice.uniform(0, 180, COUNT),
        raan_deg=np.append(dice.uniform(0, 360, COUNT - 1), 359.99997),
        eccentricity=dice.uniform(1e-7, 0.2, COUNT),
        argp_deg=dice.uniform(0, 360, COUNT),
        mean_anomaly_deg=dice.uniform(0, 360, COUNT),
        mean_motion_rev_day=dice.uniform(1, 16, COUNT),
        bstar_per_radius=drag,
        names=tuple(f"S {i}" for i in range(COUNT)),
        norad_id=np.arange(COUNT) + 1,
    )


def test_what_is_written_is_read_to_the_last_digit_that_the_columns_hold(elements):
    text = "\n".join(f"S {i}\n{a}\n{b}" for i, (a, b) in enumerate(tle_pairs(elements)))
    read = parse_tle(text)
    assert np.array_equal(read.epoch, elements.epoch) and np.array_equal(read.norad_id, elements.norad_id)
    for field in ("inclination_deg", "raan_deg", "argp_deg", "mean_anomaly_deg"):
        apart = np.abs(getattr(read, field) - getattr(elements, field))
        assert np.minimum(apart, 360.0 - apart).max() <= 5.0001e-5
    assert np.abs(read.eccentricity - elements.eccentricity).max() <= 5.0001e-8
    assert np.abs(read.mean_motion_rev_day - elements.mean_motion_rev_day).max() <= 5.0001e-9
    assert np.allclose(read.bstar_per_radius, elements.bstar_per_radius, rtol=6e-5, atol=0.0)


def test_written_and_read_and_written_is_the_same(elements):
    once = list(tle_pairs(elements))
    read = parse_tle("\n".join(f"{a}\n{b}" for a, b in once))
    assert list(tle_pairs(read)) == once


def test_a_circle_is_written_with_the_least_eccentricity(elements):
    flat = elements.take(np.arange(1))
    circle = MeanElements(
        **{name: getattr(flat, name) for name in flat.__slots__} | {"eccentricity": np.zeros(1)}
    )
    assert parse_tle_pair(*next(tle_pairs(circle))).eccentricity[0] == 1e-7


def test_five_digits_number_99999_satellites(elements):
    many = elements.take(np.zeros(100_000, np.intp))
    with pytest.raises(OrbitDataError, match="number 99,999"):
        next(tle_pairs(many))


def test_a_first_line_of_two_numbers_is_passed_over(elements):
    body = "\n".join(f"S {i}\n{a}\n{b}" for i, (a, b) in enumerate(tle_pairs(elements)))
    assert parse_tle(f"20 10\n{body}").names == elements.names
    named = parse_tle("20 10\n" + "\n".join(next(tle_pairs(elements))))
    assert named.names == ("20 10",)  # a name before a first line stays a name
