"""Element sets: every range, every field, and the age guard."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from raabta.base.errors import OrbitDataError
from raabta.orbits.elements import RANGES, MeanElements, check_age, concatenate, rev_day_from_semi_major_axis


def _elements(**changes: object) -> MeanElements:
    fields: dict[str, object] = {
        "epoch": np.array(["2026-11-22", "2026-11-23"], "datetime64[ns]"),
        "inclination_deg": np.array([53.0, 97.6]),
        "raan_deg": np.array([0.0, 360.0]),
        "eccentricity": np.array([0.0, 0.1]),
        "argp_deg": np.array([0.0, 10.0]),
        "mean_anomaly_deg": np.array([0.0, 10.0]),
        "mean_motion_rev_day": np.array([15.0, 14.0]),
        "bstar_per_radius": np.array([0.0, 1e-4]),
        "names": ("A", "B"),
        "norad_id": np.array([1, 2]),
    }
    return MeanElements(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("field", RANGES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -10.5, 361.0])
def test_every_element_is_checked(field: str, bad: float) -> None:
    low, high, _, _ = RANGES[field]
    values = np.array([low + 0.5 * (high - low), bad])
    with pytest.raises(OrbitDataError, match=rf"^B: {field} is {re.escape(str(bad))}; allowed: \["):
        _elements(**{field: values})


def test_a_parabola_is_refused_and_the_range_is_half_open() -> None:
    with pytest.raises(OrbitDataError, match=r"^B: eccentricity is 1\.0; allowed: \[0, 1\)$"):
        _elements(eccentricity=np.array([0.0, 1.0]))


@pytest.mark.parametrize("epoch", ["NaT", "1956-12-31", "2058-01-01"])
def test_epoch_range(epoch: str) -> None:
    with pytest.raises(OrbitDataError, match=r"^B: epoch is .*; allowed: 1957-01-01 to 2057-12-31$"):
        _elements(epoch=np.array(["2026-11-22", epoch], "datetime64[ns]"))


def test_lengths_must_agree() -> None:
    with pytest.raises(OrbitDataError, match="raan_deg has 3 entries, the names 2"):
        _elements(raan_deg=np.zeros(3))


def test_elements_are_frozen_arrays_and_all() -> None:
    elements = _elements()
    with pytest.raises(ValueError, match="read-only"):
        elements.raan_deg[0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        elements.names = ("C",)  # type: ignore[misc]


def test_take_and_join_keep_order() -> None:
    elements = _elements()
    swapped = elements.take(np.array([1, 0]))
    assert swapped.names == ("B", "A")
    both = concatenate((elements, swapped))
    assert both.names == ("A", "B", "B", "A")
    assert both.mean_motion_rev_day.tolist() == [15.0, 14.0, 14.0, 15.0]
    with pytest.raises(OrbitDataError, match="no element sets to join"):
        concatenate(())


def test_semi_major_axis_and_mean_motion_are_inverse_through_kozai() -> None:
    axis = np.array([6878.137, 7500.0, 26_560.0])
    ecc, inc = np.array([0.0, 0.1, 0.6]), np.array([53.0, 97.0, 63.4])
    elements = MeanElements(
        epoch=np.full(3, np.datetime64("2026-11-22", "ns")),
        inclination_deg=inc, raan_deg=np.zeros(3), eccentricity=ecc, argp_deg=np.zeros(3),
        mean_anomaly_deg=np.zeros(3), mean_motion_rev_day=rev_day_from_semi_major_axis(axis, ecc, inc),
        bstar_per_radius=np.zeros(3), names=("a", "b", "c"), norad_id=np.zeros(3, np.int64),
    )  # fmt: skip
    assert elements.semi_major_axis_km == pytest.approx(axis, rel=1e-14)
    record_axis_km = [_sgp4_semi_major_axis_km(elements, i) for i in range(3)]
    assert record_axis_km == pytest.approx(axis, rel=1e-14)


def _sgp4_semi_major_axis_km(elements: MeanElements, index: int) -> float:
    from raabta.orbits.deep_space import satrec

    return float(satrec(elements, index).a * 6378.135)


def test_age_guard_names_the_satellite_and_the_years() -> None:
    elements = _elements()
    check_age(elements, np.datetime64("2036-11-20", "ns"))
    with pytest.raises(OrbitDataError) as caught:
        check_age(elements, np.datetime64("2036-12-01", "ns"))
    assert str(caught.value) == (
        "A: its epoch 2026-11-22T00:00:00 is 10.0 years from 2036-12-01T00:00:00; at most 10 years are "
        "allowed; use newer orbit data or move the start"
    )
