"""From a scenario's orbiters to a trajectory: elements or states into GCRF axes, integrated over the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from raabta.base.clock import as_utc
from raabta.base.ephemeris import Ephemeris
from raabta.base.errors import NoSolutionError
from raabta.orbits.force_model import ForceModel, force_model
from raabta.orbits.kepler_elements import Elements, axes_to_gcrf, states_of, true_anomaly_deg
from raabta.orbits.numerical import TOLERANCE_KM, propagate
from raabta.orbits.platforms import Moving, together
from raabta.orbits.trajectory import Trajectory
from raabta.scenario.orbiters import Orbiter

Floats = npt.NDArray[np.float64]


def model_of(orbiter: Orbiter, source: Ephemeris | None = None) -> ForceModel:
    """What acts on an orbiter."""
    forces = orbiter.forces
    push = 0.0
    if forces.solar_pressure and forces.area_m2 is not None and forces.mass_kg is not None:
        push = forces.reflectivity_ratio * forces.area_m2 / forces.mass_kg
    return force_model(
        orbiter.centre,
        orbiter.gravity_degree,
        third_bodies=forces.third_bodies,
        push_m2_kg=push,
        source=source,
    )


def state_of(orbiter: Orbiter, gm_km3_s2: float) -> Floats:
    """Its state (6,) km, km/s at its epoch, in GCRF axes; elements are osculating, with the model's GM."""
    epoch = np.datetime64(orbiter.epoch_utc.replace(tzinfo=None), "ns")
    turn = axes_to_gcrf(str(orbiter.axes), orbiter.centre, epoch)
    if orbiter.state is not None:
        own = np.array([*orbiter.state.position_km, *orbiter.state.velocity_km_s])
    elif orbiter.elements is not None:
        own = _of_elements(orbiter, gm_km3_s2)
    else:
        raise NoSolutionError(f"orbiter {orbiter.name} has neither elements nor a state")
    return np.concatenate([turn @ own[:3], turn @ own[3:]])


def _of_elements(orbiter: Orbiter, gm_km3_s2: float) -> Floats:
    said = orbiter.elements
    assert said is not None
    a, e = said.size(orbiter.centre)
    true = said.true_anomaly_deg
    nu = float(true) if true is not None else float(true_anomaly_deg(said.mean_anomaly_deg or 0.0, e))
    angles = (said.inclination_deg, said.raan_deg, said.argp_deg, nu)
    return np.asarray(states_of(Elements(*(np.array([v]) for v in (a, e, *angles))), gm_km3_s2)[0])


def trajectory(
    orbiter: Orbiter,
    start: np.datetime64,
    duration_s: float,
    *,
    source: Ephemeris | None = None,
    tolerance_km: float = TOLERANCE_KM,
    partly: bool = False,
) -> Trajectory:
    """Where an orbiter is from `start` (UTC) on: from its epoch, which may be before, in or after that span.

    partly: an OEM file may cover a part of the span alone.
    OrbitDataError where it hits the surface, and as `oem.read_oem`; OutOfRangeError outside the kernels.
    """
    begin = np.datetime64(as_utc(start).item(), "ns")
    if orbiter.oem_file is not None:
        from raabta.orbits.oem import read_oem

        read = read_oem(Path(orbiter.oem_file))
        return read.trajectory(orbiter.name, orbiter.body, begin, duration_s, partly=partly)
    model = model_of(orbiter, source)
    epoch = np.datetime64(orbiter.epoch_utc.replace(tzinfo=None), "ns")
    offset = float((begin - epoch).astype(np.int64)) / 1e9
    return propagate(
        state_of(orbiter, model.gm_km3_s2),
        epoch,
        max(0.0, offset + duration_s) + _SPARE_S,
        model,
        before_s=max(0.0, -offset) + _SPARE_S if offset < _SPARE_S else 0.0,
        names=(orbiter.name,),
        tolerance_km=tolerance_km,
    )


_SPARE_S = 3_600.0
"""Integrated beyond the run at either end: who looks for passes asks a few steps before and after."""


def fleet(
    orbiters: Sequence[Orbiter],
    start: np.datetime64,
    duration_s: float,
    *,
    source: Ephemeris | None = None,
) -> Moving:
    """Orbiters of one body as one fleet, in GCRF axes about it. Errors: `trajectory`, `together`."""
    return together(*(trajectory(one, start, duration_s, source=source) for one in orbiters))
