"""From what a scenario says of an orbiter to where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lunar_orbits import EPOCH, RELAY

from raabta.base.bodies import MOON
from raabta.base.errors import OutOfRangeError
from raabta.orbits.kepler_elements import axes_to_gcrf
from raabta.orbits.oem import oem_text
from raabta.orbits.orbiters import fleet, model_of, state_of, trajectory
from raabta.scenario.orbiters import Orbiter

SAID: dict[str, Any] = {
    "name": "relay",
    "body": "Moon",
    "axes": "body-equator",
    "epoch": "2028-01-01T00:00:00Z",
    "elements": {
        "periapsis_altitude_km": 300.0,
        "apoapsis_altitude_km": 8600.0,
        "inclination_deg": 54.8,
        "raan_deg": 30.0,
        "argp_deg": 90.0,
        "mean_anomaly_deg": 180.0,
    },
}
HOUR = np.timedelta64(1, "h")


def said(**more: Any) -> Orbiter:
    return Orbiter.model_validate({k: v for k, v in {**SAID, **more}.items() if v is not None})


def test_elements_and_the_same_state_are_one_orbit() -> None:
    np.testing.assert_allclose(state_of(said(), MOON.gm_km3_s2), RELAY, atol=1e-9)
    turn = axes_to_gcrf("body-equator", MOON, EPOCH)
    parts = {"position_km": turn.T @ RELAY[:3], "velocity_km_s": turn.T @ RELAY[3:]}
    own = said(elements=None, state={key: tuple(map(float, v)) for key, v in parts.items()})
    np.testing.assert_allclose(state_of(own, MOON.gm_km3_s2), RELAY, atol=1e-9)


@pytest.mark.parametrize("hours", [-30, 0, 30])
def test_the_run_may_lie_before_at_or_after_the_epoch(hours: int) -> None:
    start = EPOCH + hours * HOUR
    own = trajectory(said(), start, 7200.0)
    assert own.start <= start - HOUR and own.end >= start + 3 * HOUR
    state = state_of(said(), model_of(said()).gm_km3_s2)
    np.testing.assert_allclose(own.states(EPOCH)[0], state, atol=1e-9) if hours == 0 else None
    whole = trajectory(said(), EPOCH - 30 * HOUR, 62 * 3600.0)
    np.testing.assert_allclose(own.positions_km(start), whole.positions_km(start), atol=1e-3)


def test_forces_are_those_that_were_said() -> None:
    forces = {"gravity_degree": 8, "solar_pressure": True, "area_m2": 4.0, "mass_kg": 50.0}
    model = model_of(said(forces=forces))
    assert model.gravity is not None and model.gravity.degree == 8
    assert model.push_m2_kg == pytest.approx(1.3 * 4.0 / 50.0)
    free = trajectory(said(), EPOCH, 86_400.0).positions_km(EPOCH + 24 * HOUR)
    pushed = trajectory(said(forces={**forces, "gravity_degree": 20}), EPOCH, 86_400.0)
    assert 0.05 < np.linalg.norm(pushed.positions_km(EPOCH + 24 * HOUR) - free) < 20.0


def test_an_oem_file_is_an_orbiter(tmp_path: Path) -> None:
    own = trajectory(said(), EPOCH, 86_400.0)
    file = tmp_path / "relay.oem"
    file.write_text(oem_text(own, EPOCH, 86_400.0, 60.0, created=EPOCH))
    read = Orbiter(name="relay", body="Moon", oem_file=str(file))
    again = fleet([read, said()], EPOCH + HOUR, 3600.0)
    place = again.positions_km(EPOCH + HOUR + np.arange(60).astype("timedelta64[m]"))
    assert again.count == 2 and np.abs(place[:, :, 0] - place[:, :, 1]).max() < 1e-4


def test_about_two_bodies_is_no_fleet() -> None:
    high = said(body="Earth", axes="GCRF", epoch="2026-06-01T00:00:00Z",
                elements={**SAID["elements"], "apoapsis_altitude_km": 40_000.0})  # fmt: skip
    start = np.datetime64("2026-06-01", "ns")
    with pytest.raises(OutOfRangeError, match="in_frame"):
        fleet([high, said(epoch="2026-06-01T00:00:00Z")], start, 3600.0)
