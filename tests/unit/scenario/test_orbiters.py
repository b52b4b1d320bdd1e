"""What a scenario may say of an orbiter, and what it is told where it says too much, too little or metres."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from raabta.base.bodies import MOON
from raabta.scenario.orbiters import Orbiter

RELAY: dict[str, Any] = {
    "name": "relay",
    "body": "Moon",
    "axes": "body-equator",
    "epoch": "2028-01-01T00:00:00",
    "elements": {
        "periapsis_altitude_km": 300.0,
        "apoapsis_altitude_km": 8600.0,
        "inclination_deg": 54.8,
        "raan_deg": 0.0,
        "argp_deg": 90.0,
        "true_anomaly_deg": 180.0,
    },
}


def changed(**said: Any) -> dict[str, Any]:
    return {key: value for key, value in {**RELAY, **said}.items() if value is not None}


def refused(**said: Any) -> str:
    with pytest.raises(ValidationError) as error:
        Orbiter.model_validate(changed(**said))
    return str(error.value)


def elements(**said: Any) -> dict[str, Any]:
    return {k: v for k, v in {**RELAY["elements"], **said}.items() if v is not None}


def test_altitudes_make_the_ellipse() -> None:
    relay = Orbiter.model_validate(RELAY)
    assert relay.elements is not None
    a, e = relay.elements.size(MOON)
    assert a == pytest.approx(6187.4) and e == pytest.approx(4150.0 / 6187.4)
    assert relay.epoch == datetime(2028, 1, 1, tzinfo=UTC)
    assert relay.gravity_degree == 20 and Orbiter.model_validate(changed(body="Earth", elements=elements(
        periapsis_altitude_km=500.0))).gravity_degree == 6  # fmt: skip


def test_axes_are_never_guessed() -> None:
    assert "name epoch and axes (GCRF, body-equator or body-fixed-at-epoch)" in refused(axes=None)
    assert "axes" in refused(axes="J2000")
    assert "epoch" in refused(epoch=None)


def test_one_way_of_saying_where_it_is() -> None:
    state = {"position_km": (1900.0, 0.0, 0.0), "velocity_km_s": (0.0, 1.6, 0.0)}
    assert Orbiter.model_validate(changed(elements=None, state=state)).state is not None
    assert "one of elements, state and oem_file" in refused(state=state)
    assert "one of elements, state and oem_file" in refused(elements=None)
    assert "its own epoch and axes" in refused(elements=None, oem_file="a.oem")
    assert Orbiter.model_validate({"name": "a", "body": "Moon", "oem_file": "a.oem"}).axes is None


def test_elements_said_twice_or_by_halves() -> None:
    assert "semi_major_axis_km and eccentricity" in refused(elements=elements(apoapsis_altitude_km=None))
    assert "semi_major_axis_km and eccentricity" in refused(elements=elements(eccentricity=0.1))
    assert "one of true_anomaly_deg and mean_anomaly_deg" in refused(elements=elements(mean_anomaly_deg=3.0))
    assert "swap them" in refused(elements=elements(periapsis_altitude_km=9000.0))


def test_metres_and_orbits_that_are_none() -> None:
    metres = {"position_km": (1.9e6, 0.0, 0.0), "velocity_km_s": (0.0, 1600.0, 0.0)}
    assert "1,900,000.0 to 1,900,000.0 km" in refused(elements=None, state=metres)
    fast = {"position_km": (1900.0, 0.0, 0.0), "velocity_km_s": (0.0, 1600.0, 0.0)}
    assert "not m" in refused(elements=None, state=fast)
    inside = elements(periapsis_altitude_km=None, apoapsis_altitude_km=None,
                      semi_major_axis_km=1800.0, eccentricity=0.2)  # fmt: skip
    assert "1,737.4 km (its mean radius)" in refused(elements=inside)
    assert "at most 6" in refused(body="Earth", forces={"gravity_degree": 20},
                                  elements=elements(periapsis_altitude_km=500.0))  # fmt: skip
    assert "area_m2 and mass_kg" in refused(forces={"solar_pressure": True})
