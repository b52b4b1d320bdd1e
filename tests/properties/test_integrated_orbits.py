"""Integrated orbits keep what they must, whatever the ellipse."""

from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from lunar_orbits import EPOCH, RELAY, state

from raabta.base.bodies import MOON
from raabta.orbits.force_model import ForceModel, force_model
from raabta.orbits.kepler_elements import elements_of
from raabta.orbits.numerical import propagate

POINT = ForceModel(MOON, None, third_bodies=False)
WHOLE = force_model()
angle = st.floats(0.0, 359.9)


@settings(max_examples=40, deadline=None)
@given(low_km=st.floats(50.0, 3000.0), more_km=st.floats(0.0, 20_000.0), inclination=st.floats(0.0, 180.0),
       raan=angle, argp=angle, nu=angle)  # fmt: skip
def test_two_bodies_keep_energy_and_momentum(
    low_km: float, more_km: float, inclination: float, raan: float, argp: float, nu: float
) -> None:
    low, high = 1737.4 + low_km, 1737.4 + low_km + more_km
    own = state(0.5 * (low + high), (high - low) / (high + low), inclination, raan, argp, nu)
    node = propagate(own, EPOCH, 86_400.0, POINT).nodes[0]
    momentum = np.cross(node[:, 1:4], node[:, 4:7])
    assert np.abs(momentum - momentum[0]).max() < 1e-9 * np.linalg.norm(momentum[0])
    a = elements_of(node[:, 1:7], MOON.gm_km3_s2).semi_major_axis_km
    assert np.abs(a / a[0] - 1.0).max() < 1e-8


@settings(max_examples=20, deadline=None)
@given(low_km=st.floats(200.0, 3000.0), more_km=st.floats(0.0, 8_000.0), inclination=st.floats(0.0, 180.0),
       raan=angle, argp=angle, nu=angle, push=st.sampled_from([0.0, 0.05]))  # fmt: skip
def test_there_and_back_is_where_it_began(
    low_km: float, more_km: float, inclination: float, raan: float, argp: float, nu: float, push: float
) -> None:
    low, high = 1737.4 + low_km, 1737.4 + low_km + more_km
    own = state(0.5 * (low + high), (high - low) / (high + low), inclination, raan, argp, nu)
    model = ForceModel(MOON, WHOLE.gravity, push_m2_kg=push)
    there = propagate(own, EPOCH, 43_200.0, model, until_surface=True)
    if there.nodes[0][-1, 0] < 43_199.0:
        return  # it fell: the Earth's pull may do that
    end = EPOCH + np.timedelta64(43_200, "s")
    back = propagate(there.states(end), end, 0.0, model, before_s=43_200.0)
    assert np.linalg.norm(back.states(EPOCH)[0, :3] - own[:3]) < 1e-3


def test_a_trajectory_travels_to_a_worker_and_back() -> None:
    orbit = propagate(RELAY, EPOCH, 7200.0, WHOLE)
    data = pickle.dumps(orbit)
    again = pickle.loads(data)
    assert len(data) < 200_000
    time = EPOCH + np.timedelta64(3600, "s")
    assert np.array_equal(again.positions_km(time), orbit.positions_km(time))
