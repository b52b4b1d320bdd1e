"""Buckets against the definition at every site, with horizons, heights and odd places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import buckets as room
from raabta.access import rings
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed, look_angles


def satellites(rng, count):
    """Any height, over the whole sphere, some over a pole."""
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    latitude[: count // 10] = 90.0 - rng.uniform(0, 2, count // 10)
    height = rng.choice([200.0, 550.0, 1_200.0, 20_000.0, 35_786.0], count)
    return geodetic_to_fixed(latitude, rng.uniform(-180, 180, count), height).T.copy()


def seen(latitude, longitude, height, least_deg, position, mask_deg=None):
    """(sites, satellites) by the definition."""
    d = position.T[None] - geodetic_to_fixed(latitude, longitude, height)[:, None]
    e, n, u = np.moveaxis(np.einsum("sij,skj->ski", enu_basis(latitude, longitude), d), -1, 0)
    sine = u / np.linalg.norm(d, axis=2)
    found = sine >= np.sin(np.radians(least_deg))[:, None]
    if mask_deg is not None:
        bins = mask_deg.shape[1]
        azimuth = np.nan_to_num(np.arctan2(e, n) / (2 * np.pi) % 1.0)
        at = np.minimum((azimuth * bins).astype(int), bins - 1)
        found &= sine >= np.take_along_axis(np.sin(np.radians(mask_deg)), at, axis=1)
    return found


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 200),
    south=st.floats(-90.0, 89.0),
    tall=st.floats(0.0, 180.0),
    west=st.floats(-180.0, 180.0),
    wide=st.floats(0.0, 360.0),
    masked=st.booleans(),
)
def test_lists_equal_the_definition(seed, count, south, tall, west, wide, masked):
    rng = np.random.default_rng(seed)
    latitude = np.clip(south + rng.uniform(0, 1, count) * tall, -90.0, 90.0)
    longitude = (west + rng.uniform(0, 1, count) * wide + 180.0) % 360.0 - 180.0
    height, least = rng.uniform(-0.4, 8.0, count), rng.uniform(0.0, 60.0, count)
    mask = rng.uniform(-5.0, 70.0, (count, 36)) if masked else None
    position = satellites(rng, 80)
    position[:, 3] = np.nan
    expected = seen(latitude, longitude, height, least, position, mask)
    sites = room.buckets(latitude, longitude, height, least, mask_deg=mask)
    found = room.candidates(sites, position)
    site, satellite = np.nonzero(expected)
    np.testing.assert_array_equal(np.diff(found.start), expected.sum(axis=1))
    np.testing.assert_array_equal(found.satellite, satellite)
    np.testing.assert_array_equal(room.count_in_view(sites, position), expected.sum(axis=1))
    elevation, _, distance = look_angles(latitude[site], longitude[site], height[site], position.T[satellite])
    np.testing.assert_allclose(found.elevation_deg, elevation, atol=1e-6)
    np.testing.assert_allclose(found.range_km, distance, rtol=1e-14)


def test_rings_and_buckets_give_the_same_lists():
    ground = rings.equal_area(3_000)
    position = satellites(np.random.default_rng(8), 500)
    sites = room.buckets(ground.cell_latitude_deg, ground.cell_longitude_deg, 0.0, 15.0)
    one, other = room.candidates(sites, position), rings.candidates(ground, position, 15.0)
    for name in ("start", "satellite", "elevation_deg", "range_km", "azimuth_deg"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert one.satellite.size > 10_000


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_nothing(threads):
    rng = np.random.default_rng(2)
    sites = room.buckets(rng.uniform(-60, 60, 900), rng.uniform(-180, 180, 900), 0.1, 10.0)
    position = satellites(rng, 400)
    one, many = (room.candidates(sites, position, threads=t) for t in (1, threads))
    for name in ("start", "satellite", "elevation_deg", "range_km", "azimuth_deg"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))


def test_a_wall_to_the_south_hides_what_stands_there():
    mask = np.zeros((1, 72))
    mask[0, 18:54] = 80.0  # east by south to west
    ground = np.array([30.0]), np.array([70.0])
    position = geodetic_to_fixed(np.array([22.0, 38.0]), np.array([70.0, 70.0]), 1_200.0).T
    found = room.candidates(room.buckets(*ground, 0.0, 10.0, mask_deg=mask), position)
    assert found.satellite.tolist() == [1]
    assert found.azimuth_deg[0] % 360.0 == pytest.approx(0.0, abs=1e-6)


def test_what_is_refused():
    with pytest.raises(OutOfRangeError, match="number of sites"):
        room.buckets(np.empty(0), np.empty(0), 0.0, 10.0)
    with pytest.raises(OutOfRangeError, match="0 to 90"):
        room.buckets(np.zeros(2), np.zeros(2), 0.0, np.array([10.0, -1.0]))
