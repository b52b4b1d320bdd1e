"""Integrated orbits: two bodies by Kepler, more forces by their own sums, what comes out, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from lunar_orbits import EPOCH, FROZEN, LOW, RELAY, state
from numba import njit

from raabta.base.bodies import EARTH, MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OrbitDataError, OutOfRangeError
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s
from raabta.orbits.collocation_kernels import WORK, accelerate
from raabta.orbits.force_kernels import sunlit
from raabta.orbits.force_model import GM_KM3_S2, ForceModel, force_model
from raabta.orbits.kepler_elements import elements_of
from raabta.orbits.numerical import propagate
from raabta.orbits.platforms import Moving, in_frame
from raabta.orbits.trajectory import seconds_past, utc_after

Floats = npt.NDArray[np.float64]
DAY_S = 86_400.0
POINT = ForceModel(MOON, None, third_bodies=False)
WHOLE = force_model()


def _pull(pull: object, sky: object, push: float, seconds: float, *place: float) -> Floats:
    node = np.array([seconds, *place, *[0.0] * 6])
    accelerate(pull, sky, push, np.zeros(WORK), node)
    return node[7:]


_sunlit = njit(lambda *args: sunlit(*args))


def at(hours: float) -> np.datetime64:
    return EPOCH + np.timedelta64(round(hours * 3600e9), "ns")


def test_two_bodies_come_round() -> None:
    period = 2.0 * np.pi * np.sqrt(6187.4**3 / MOON.gm_km3_s2)
    orbit = propagate(RELAY, EPOCH, 5.0 * period, POINT)
    after = orbit.positions_km(EPOCH + np.timedelta64(round(5.0 * period * 1e9), "ns"))[0, :, 0]
    assert np.linalg.norm(after - RELAY[:3]) < 1e-4
    elements = elements_of(orbit.nodes[0][-2:, 1:7], MOON.gm_km3_s2)
    assert elements.semi_major_axis_km[0] == pytest.approx(6187.4, abs=1e-6)
    assert elements.inclination_deg[0] == pytest.approx(
        elements_of(RELAY, MOON.gm_km3_s2).inclination_deg[0], abs=1e-9
    )


def test_between_steps_it_stays_within_centimetres() -> None:
    """Against a run whose tolerance is 300,000 times as tight."""
    times = EPOCH + np.arange(0, 86_400, 60).astype("timedelta64[s]")
    for own in (FROZEN, RELAY, LOW):
        usual, fine = (propagate(own, EPOCH, DAY_S, WHOLE, tolerance_km=tol) for tol in (3e-6, 1e-11))
        off = np.linalg.norm(usual.positions_km(times) - fine.positions_km(times), axis=1)
        assert off.max() < 5e-5
        slip = np.linalg.norm(usual.velocities_km_s(times) - fine.velocities_km_s(times), axis=1)
        assert slip.max() < 2e-6


def test_backwards_is_forwards() -> None:
    whole = propagate(RELAY, EPOCH, DAY_S, WHOLE, before_s=DAY_S)
    then = whole.states(at(-24.0))
    again = propagate(then, at(-24.0), 2.0 * DAY_S, WHOLE)
    assert np.linalg.norm(again.states(at(24.0))[0, :3] - whole.states(at(24.0))[0, :3]) < 1e-4
    assert whole.start == at(-24.0) and whole.end == at(24.0)


def test_each_of_a_batch_is_as_if_alone_on_any_number_of_threads() -> None:
    states = np.array([RELAY, LOW, FROZEN])
    one, two = (propagate(states, EPOCH, DAY_S / 4, WHOLE, threads=threads) for threads in (1, 2))
    alone = propagate(LOW, EPOCH, DAY_S / 4, WHOLE)
    for first, second in zip(one.nodes, two.nodes, strict=True):
        assert np.array_equal(first, second)
    assert np.array_equal(one.nodes[1], alone.nodes[0])


def test_the_force_is_the_sum_of_its_parts() -> None:
    model = replace(WHOLE, push_m2_kg=0.02)
    sky = model.sky(float(tdb_s(np.array([EPOCH]))[0]), 0.0, DAY_S)
    seconds, place = 40_000.0, np.array([3000.0, -4000.0, 2000.0])
    own = _pull(model.pull(), sky, model.push_km3_s2(1)[0], seconds, *place)
    tdb = tdb_s(np.array([EPOCH])) + seconds
    expected = -model.gm_km3_s2 * place / np.linalg.norm(place) ** 3
    for name in ("Earth", "Sun"):
        there = ephemeris().position_km_tdb(name, tdb, "Moon")[0]
        apart = there - place
        near, far = np.linalg.norm(apart), np.linalg.norm(there)
        expected += GM_KM3_S2[name] * (apart / near**3 - there / far**3)
        if name == "Sun":
            expected -= 1361.0 / 299_792_458.0 * 149_597_870.7**2 * 0.02e-3 * apart / near**3
    bare = replace(WHOLE, third_bodies=False)
    point = replace(POINT, body=replace(MOON, gm_km3_s2=model.gm_km3_s2))
    harmonic = [_pull(one.pull(), sky, 0.0, seconds, *place) for one in (bare, point)]
    np.testing.assert_allclose(own, expected + harmonic[0] - harmonic[1], rtol=0.0, atol=1e-15)


def test_the_sky_is_the_ephemeris_and_the_librations() -> None:
    from raabta.orbits.force_kernels import TERMS, WIDTH

    epoch = float(tdb_s(np.array([EPOCH]))[0])
    sky = WHOLE.sky(epoch, 0.0, 3.0 * DAY_S)
    rows = np.asarray(sky.values).reshape(-1, TERMS, WIDTH)
    seconds = np.linspace(0.0, 3.0 * DAY_S, 500)[1:-1]
    row = (seconds // sky.step_s).astype(int)
    share = 2.0 * (seconds / sky.step_s - row) - 1.0
    value = np.einsum("tkw,tk->tw", rows[row], share[:, None] ** np.arange(TERMS))
    assert np.abs(value[:, :3] - ephemeris().position_km_tdb("Earth", epoch + seconds, "Moon")).max() < 1e-6
    assert np.abs(value[:, 3:6] - ephemeris().position_km_tdb("Sun", epoch + seconds, "Moon")).max() < 1e-3
    axes = rotation("GCRF", "MOON_PA", utc_after(seconds, EPOCH)).reshape(-1, 9)
    assert np.abs(value[:, 6:15] - axes).max() < 5e-12  # 0.05 mm at 10,000 km


def test_share_of_the_sun_behind_a_sphere() -> None:
    sun = (1.496e8, 0.0, 0.0)
    assert _sunlit(-5000.0, 0.0, 0.0, 1737.4, *sun) == 1.0  # the sphere is behind us
    assert _sunlit(5000.0, 0.0, 0.0, 1737.4, *sun) == 0.0
    assert _sunlit(5000.0, 4000.0, 0.0, 1737.4, *sun) == 1.0
    edge = np.arcsin(1737.4 / 5000.0)  # the edge of the sphere runs through the middle of the Sun
    half = _sunlit(5000.0 * np.cos(edge), 5000.0 * np.sin(edge), 0.0, 1737.4, *sun)
    assert half == pytest.approx(0.5, abs=0.005)
    ring = _sunlit(1.0e6, 0.0, 0.0, 1737.4, *sun)  # smaller than the Sun's disc: an annular eclipse
    ratio = np.arcsin(1737.4 / 1.0e6) / np.arcsin(695_700.0 / 1.496e8)
    assert ring == pytest.approx(1.0 - ratio**2)


def test_an_earth_orbit_precesses_by_j2() -> None:
    """Secular drift of the node, -1.5 n J2 (R/p)^2 cos i (Vallado, 4th ed., eq. 9-37)."""
    epoch = np.datetime64("2026-06-01T00:00:00", "ns")
    model = force_model(EARTH, 2, third_bodies=False)
    a, e, inclination = 26_600.0, 0.05, 50.0
    own = state(a, e, inclination, 10.0, 20.0, 30.0, gm=model.gm_km3_s2, axes="GCRF")
    orbit = propagate(own, epoch, 10.0 * DAY_S, model)
    times = epoch + np.arange(0, 10 * 86_400, 600).astype("timedelta64[s]")
    states = np.concatenate([orbit.positions_km(times), orbit.velocities_km_s(times)], axis=1)[:, :, 0]
    raan = np.unwrap(np.radians(elements_of(states, model.gm_km3_s2).raan_deg))
    drift = np.polyfit(seconds_past(times, epoch), raan, 1)[0]
    n = np.sqrt(model.gm_km3_s2 / a**3)
    expected = -1.5 * n * 1.0826e-3 * (6378.1363 / (a * (1 - e * e))) ** 2 * np.cos(np.radians(inclination))
    assert drift == pytest.approx(expected, rel=0.02)


def test_it_is_a_fleet_that_can_be_seen_from_the_ground() -> None:
    orbit = propagate(RELAY, EPOCH, DAY_S, WHOLE, names=("relay",))
    assert isinstance(orbit, Moving) and orbit.names == ("relay",)
    ground = in_frame(orbit, "MOON_ME")
    place, own = ground.positions_km(at(5.0)), orbit.positions_km(at(5.0))
    assert np.linalg.norm(place) == pytest.approx(np.linalg.norm(own))
    assert np.isnan(orbit.positions_km(at(24.1))).all() and np.isfinite(orbit.positions_km(at(24.0))).all()


def test_the_surface_ends_it_with_time_and_place() -> None:
    falling = state(1790.0, 0.05, 70.0, 0.0, 0.0, 180.0)
    with pytest.raises(
        OrbitDataError, match="lander hits the surface of the Moon at 2028-01-01T00:40:"
    ) as error:
        propagate(falling, EPOCH, DAY_S, WHOLE, names=("lander",))
    assert "latitude" in str(error.value) and "MOON_ME" in str(error.value)
    two = propagate(falling, EPOCH, DAY_S, POINT, until_surface=True)
    e_of = np.arccos((1.0 - 1737.4 / 1790.0) / 0.05)  # eccentric anomaly where r is the radius, falling
    kepler = (np.pi - e_of + 0.05 * np.sin(e_of)) / np.sqrt(MOON.gm_km3_s2 / 1790.0**3)
    assert two.nodes[0][-1, 0] == pytest.approx(kepler, abs=1e-4)
    orbit = propagate(np.array([falling, RELAY]), EPOCH, DAY_S, WHOLE, until_surface=True)
    last = np.linalg.norm(orbit.nodes[0][-1, 1:4])
    assert last == pytest.approx(1737.4, abs=1e-6) and orbit.nodes[1][-1, 0] > 86_399.0
    before = propagate(falling, EPOCH, 60.0, WHOLE, before_s=DAY_S, until_surface=True)
    assert np.linalg.norm(before.nodes[0][0, 1:4]) == pytest.approx(1737.4, abs=1e-6)
    assert before.start < EPOCH < before.end


def test_steps_end_at_the_edges_of_shadows() -> None:
    """The estimates of the error do not see sunlight switched off: without this it is 1.8 m in half a day."""
    lit = replace(WHOLE, push_m2_kg=0.05)
    own = state(1937.4, 0.0, 0.0, nu=1.0)
    usual, fine = (propagate(own, EPOCH, DAY_S / 2, lit, tolerance_km=tol) for tol in (3e-6, 1e-12))
    assert np.linalg.norm(usual.nodes[0][-1, 1:4] - fine.nodes[0][-1, 1:4]) < 1e-5
    dark = propagate(own, EPOCH, DAY_S / 2, WHOLE)
    assert np.linalg.norm(usual.nodes[0][-1, 1:4] - dark.nodes[0][-1, 1:4]) > 0.01


def test_what_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="0 or more"):
        propagate(RELAY, EPOCH, -1.0, WHOLE)
    with pytest.raises(OutOfRangeError, match="finite numbers"):
        propagate(np.full(6, np.nan), EPOCH, 1.0, WHOLE)
    with pytest.raises(OutOfRangeError, match="its mean radius"):
        propagate(RELAY / 10.0, EPOCH, 1.0, WHOLE)
    with pytest.raises(OutOfRangeError, match="tolerance_km"):
        propagate(RELAY, EPOCH, 1.0, WHOLE, tolerance_km=1.0)
    with pytest.raises(OutOfRangeError, match="2053-10-08"):
        propagate(RELAY, np.datetime64("2060-01-01", "ns"), DAY_S, WHOLE)
    with pytest.raises(OutOfRangeError, match="one in CIRS"):
        propagate(RELAY * 10.0, EPOCH, 1.0, replace(WHOLE, body=EARTH))
