"""The SGP4 kernel's parts: its sine, its constants, its independence of the tile."""

from __future__ import annotations

import math

import numpy as np
import pytest

from raabta.base.bodies import WGS72
from raabta.orbits import kernels
from raabta.orbits.elements import MeanElements
from raabta.orbits.sgp4_init import near_earth_constants


def _random(count: int, seed: int) -> MeanElements:
    rng = np.random.default_rng(seed)
    angles = rng.uniform(0, 360, (3, count))
    return MeanElements(
        epoch=np.full(count, np.datetime64("2026-11-22", "ns")),
        inclination_deg=np.degrees(np.arccos(rng.uniform(-1, 1, count))), raan_deg=angles[0],
        eccentricity=rng.uniform(0, 0.05, count), argp_deg=angles[1], mean_anomaly_deg=angles[2],
        mean_motion_rev_day=rng.uniform(11, 15, count), bstar_per_radius=rng.uniform(-1e-4, 1e-3, count),
        names=tuple(map(str, range(count))), norad_id=np.zeros(count, np.int64),
    )  # fmt: skip


def _constants(e: MeanElements) -> np.ndarray:
    radians = [np.radians(x) for x in (e.inclination_deg, e.raan_deg, e.argp_deg, e.mean_anomaly_deg)]
    return near_earth_constants(
        radians[0],
        radians[1],
        e.eccentricity,
        radians[2],
        radians[3],
        e.mean_motion_rad_min,
        e.bstar_per_radius,
    )


def _positions(constants: np.ndarray, minutes: np.ndarray, columns: int | None = None) -> np.ndarray:
    count = constants.shape[1]
    out = np.full((minutes.size, 3, columns or count), -1.0)
    identity = np.ascontiguousarray(np.broadcast_to(np.eye(3), (minutes.size, 3, 3)))
    kernels.propagate_itrf(constants, np.zeros(count), minutes, identity, out)
    return out


def test_the_kernel_and_the_bodies_hold_the_same_wgs72() -> None:
    assert WGS72.radius_km == kernels._RE
    assert WGS72.j2 == kernels._J2


def test_sincos_is_good_to_an_ulp_or_two_up_to_ten_years_of_revolutions() -> None:
    angles = np.random.default_rng(1).uniform(-4e5, 4e5, 20_000)
    angles = np.concatenate([angles, np.arange(-40, 40) * math.pi / 4, [0.0, -0.0, 1e-300]])
    worst = 0.0
    for angle in angles:
        sine, cosine = kernels._sincos(angle)
        worst = max(worst, abs(sine - math.sin(angle)), abs(cosine - math.cos(angle)))
    assert worst < 3e-16


@pytest.mark.parametrize("angle", [0.0, 1e-9, -1e-3, 0.01, -0.03])
def test_turn_adds_a_small_angle(angle: float) -> None:
    sine, cosine = kernels._turn(math.sin(1.0), math.cos(1.0), angle)
    assert (sine, cosine) == pytest.approx((math.sin(1.0 + angle), math.cos(1.0 + angle)), abs=3e-16)


def test_secular_rates_are_those_that_sgp4init_leaves_in_a_satrec() -> None:
    from raabta.orbits.deep_space import satrec

    elements = _random(40, 2)
    table = _constants(elements)
    rows = {"mdot": kernels.MDOT, "argpdot": kernels.ARGPDOT, "nodedot": kernels.NODEDOT, "a": kernels.AO}
    for i in range(len(elements)):
        record = satrec(elements, i)
        for name, row in rows.items():
            assert table[row, i] == pytest.approx(getattr(record, name), rel=1e-13), name


def test_a_satellite_does_not_depend_on_its_tile_mates_or_the_times_beside_it() -> None:
    constants = _constants(_random(150, 3))
    minutes = np.linspace(0, 1440, 9)
    whole = _positions(constants, minutes)
    alone = _positions(np.ascontiguousarray(constants[:, 147:148]), minutes[4:5])
    assert np.abs(whole[4, :, 147] - alone[0, :, 0]).max() < 1e-9
    assert (_positions(constants, minutes[4:5])[0] == whole[4]).all()


def test_columns_past_the_satellites_are_not_touched() -> None:
    constants = _constants(_random(70, 4))
    out = _positions(constants, np.array([0.0, 10.0]), columns=75)
    assert (out[:, :, 70:] == -1.0).all()
    assert (out[:, :, :70] == _positions(constants, np.array([0.0, 10.0]))).all()


def test_the_rotation_is_applied() -> None:
    constants = _constants(_random(5, 5))
    minutes = np.array([3.0])
    quarter = np.array([[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    plain, turned = _positions(constants, minutes), np.empty((1, 3, 5))
    kernels.propagate_itrf(constants, np.zeros(5), minutes, quarter, turned)
    assert turned[0] == pytest.approx(np.stack([plain[0, 1], -plain[0, 0], plain[0, 2]]))
