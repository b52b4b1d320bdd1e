"""Frames: TEME to ITRF, geodetic and Earth-fixed, the local basis, look angles."""

from __future__ import annotations

import astropy_iers_data
import numpy as np
import pytest

from raabta.base import frames
from raabta.base.bodies import EARTH, MOON
from raabta.base.clock import eop_range
from raabta.base.errors import OutOfRangeError


def _random_times(count: int, seed: int) -> np.ndarray:
    first, last = (int(time.astype(np.int64)) for time in eop_range())
    return np.random.default_rng(seed).integers(first, last, count).astype("datetime64[ns]")


def test_teme_to_itrf_against_astropy() -> None:
    """astropy 8, same IERS table: 8 um at 6,821 km over the whole table (0.4 um but for leap-second days)."""
    iers = pytest.importorskip("astropy.utils.iers")
    from astropy.coordinates.builtin_frames.intermediate_rotation_transforms import teme_to_itrs_mat
    from astropy.time import Time

    times = _random_times(500, 1)
    table = iers.IERS_A.open(astropy_iers_data.IERS_A_FILE)
    with iers.conf.set_temp("auto_download", False), iers.earth_orientation_table.set(table):
        theirs = teme_to_itrs_mat(Time(times, format="datetime64", scale="utc"))
    off_mm = np.abs(frames.teme_to_itrf(times) - theirs).max(axis=(1, 2)) * 6821.0e6
    assert off_mm.max() < 0.01
    assert np.median(off_mm) < 0.0005


def test_teme_to_itrf_of_the_published_example() -> None:
    """AIAA 2006-6753, appendix C, 2004-04-06 07:51:28.386009 UTC; to 1 m (their UT1 and pole are theirs)."""
    teme = np.array([5094.18016210, 6127.64465950, 6380.34453270])
    itrf = np.array([-1033.47938300, 7901.29527540, 6380.35659580])
    matrix = frames.teme_to_itrf(np.array(["2004-04-06T07:51:28.386009"], "datetime64[ns]"))[0]
    assert np.linalg.norm(matrix @ teme - itrf) < 1e-3


def test_rotations_are_proper_and_do_not_depend_on_their_neighbours() -> None:
    times = _random_times(50, 2)
    all_at_once = frames.teme_to_itrf(times)
    assert np.allclose(all_at_once @ all_at_once.transpose(0, 2, 1), np.eye(3), atol=1e-15)
    assert np.linalg.det(all_at_once) == pytest.approx(np.ones(50))
    one_by_one = np.concatenate([frames.teme_to_itrf(times[i : i + 1]) for i in range(50)])
    assert (all_at_once == one_by_one).all()


def test_a_time_past_the_table_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match=r"valid: 1973-01-02 to 20\d\d-\d\d-\d\d; move the start"):
        frames.teme_to_itrf(np.array(["2056-01-01"], "datetime64[ns]"))


def test_geodetic_to_fixed_at_the_cardinal_points() -> None:
    points = frames.geodetic_to_fixed([0, 0, 90, -90], [0, 90, 0, 0], [0.0, 1.0, 2.0, 0.0])
    b = EARTH.polar_radius_km
    expected = [[6378.137, 0, 0], [0, 6379.137, 0], [0, 0, b + 2.0], [0, 0, -b]]
    assert points == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("body", [EARTH, MOON], ids=lambda body: body.name)
def test_geodetic_round_trip(body: object) -> None:
    rng = np.random.default_rng(3)
    latitude = np.concatenate([rng.uniform(-90, 90, 3000), [90.0, -90.0, 0.0]])
    longitude = np.concatenate([rng.uniform(-180, 180, 3000), [0.0, 0.0, 180.0]])
    height = np.concatenate([rng.uniform(-100, 1000, 1500), 10 ** rng.uniform(3, 5, 1503)])
    back = frames.fixed_to_geodetic(frames.geodetic_to_fixed(latitude, longitude, height, body), body)
    assert np.abs(back[0] - latitude).max() < 1e-11
    assert np.abs(back[1] - longitude).max() < 1e-11
    assert np.abs(back[2] - height).max() < 1e-9


def test_local_basis_is_right_handed_and_up_is_the_ellipsoid_normal() -> None:
    basis = frames.enu_basis([30.0, -45.0], [67.0, -120.0])
    assert np.cross(basis[:, 0], basis[:, 1]) == pytest.approx(basis[:, 2])
    low, high = (frames.geodetic_to_fixed([30.0, -45.0], [67.0, -120.0], h) for h in (0.0, 1.0))
    assert high - low == pytest.approx(basis[:, 2], abs=1e-9)


def test_straight_up_and_the_four_winds() -> None:
    site = (30.0, 67.0, 1.0)
    origin, basis = frames.geodetic_to_fixed(*site), frames.enu_basis(30.0, 67.0)
    east, north, up = basis
    targets = np.stack([origin + 500.0 * ray for ray in (up, north, east, -north, -east, -up)])
    elevation, azimuth, distance = frames.look_angles(*site, targets)
    assert elevation == pytest.approx([90, 0, 0, 0, 0, -90], abs=1e-9)
    assert azimuth[1:5] == pytest.approx([0, 90, 180, 270], abs=1e-9)
    assert distance == pytest.approx(np.full(6, 500.0))


def test_sites_and_targets_broadcast() -> None:
    targets = frames.geodetic_to_fixed([31.0, 32.0, 33.0], [70.0, 71.0, 72.0], 500.0)
    elevation, azimuth, distance = frames.look_angles(
        np.array([[30.0], [25.0]]), np.array([[67.0], [62.0]]), np.array([[0.0], [1.0]]), targets
    )
    assert elevation.shape == azimuth.shape == distance.shape == (2, 3)
    alone = frames.look_angles(25.0, 62.0, 1.0, targets[2])
    assert (elevation[1, 2], azimuth[1, 2], distance[1, 2]) == pytest.approx(tuple(float(x) for x in alone))
