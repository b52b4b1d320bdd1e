"""Rings against the definition of elevation at every cell."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import rings
from raabta.access.candidates import nearest
from raabta.base.errors import LimitError, OutOfRangeError
from raabta.base.frames import geodetic_to_fixed, look_angles

RINGS = {
    "globe": rings.equal_area(2_000),
    "odd": rings.regular(
        [-90.0, -89.9, -45.0, 0.0, 0.01, 60.0, 89.99, 90.0], [1, 7, 200, 361, 360, 0, 9, 5], 3
    ),
    "high": rings.regular(np.linspace(-80, 80, 33), np.full(33, 90), np.linspace(-180, 179, 33), 4.5),
    "one": rings.equal_area(1),
}


def brute(ground, position_km, least_deg):
    """(satellites, cells): d . n >= sin(minimum) |d|."""
    d = position_km.T[:, :, None] - ground.site_km
    up = np.einsum("sic,ic->sc", d, ground.basis[2])
    return up >= np.sin(np.radians(least_deg)) * np.linalg.norm(d, axis=1)


def fleet(seed, count=300):
    """Low, middle and geostationary heights over the whole sphere; some over a pole or the date line."""
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    longitude = rng.uniform(-180, 180, count)
    height = rng.choice([250.0, 550.0, 1_200.0, 8_062.0, 35_786.0], count) + rng.uniform(0, 20, count)
    latitude[:4], longitude[4:8] = [90, -90, 89.99, -89.5], [180, -180, 179.999, 0]
    position = geodetic_to_fixed(latitude, longitude, height).T.copy()
    position[:, 8] = np.nan
    return position


@pytest.mark.parametrize("least_deg", [0.0, 5.0, 25.0, 60.0, 89.0])
@pytest.mark.parametrize("name", RINGS)
def test_counts_equal_the_definition_at_every_cell(name, least_deg):
    ground, position = RINGS[name], fleet(int(least_deg))
    found = rings.count_in_view(ground, position, least_deg)
    np.testing.assert_array_equal(found, brute(ground, position, least_deg).sum(axis=0))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    least_deg=st.floats(0.0, 90.0),
    height_km=st.floats(120.0, 45_000.0),
    pole_deg=st.floats(0.0, 12.0),
)
def test_counts_equal_the_definition_near_the_poles_and_anywhere(seed, least_deg, height_km, pole_deg):
    rng = np.random.default_rng(seed)
    latitude = np.concatenate([90.0 - rng.uniform(0, 1, 10) * pole_deg, rng.uniform(-90, 90, 10)])
    position = geodetic_to_fixed(latitude, rng.uniform(-180, 180, 20), height_km).T
    for name in ("globe", "odd"):
        found = rings.count_in_view(RINGS[name], position, least_deg)
        np.testing.assert_array_equal(found, brute(RINGS[name], position, least_deg).sum(axis=0))


def test_an_edge_that_runs_through_a_cell_is_settled_by_the_definition():
    """The mask is set to the very elevation of a cell, and to one unit in the last place of it."""
    ground, position = RINGS["globe"], fleet(1, 40)
    tested = 0
    for s in range(10, 40):
        d = position[:, s : s + 1] - ground.site_km
        sine = (d * ground.basis[2]).sum(axis=0) / np.linalg.norm(d, axis=0)
        for cell in np.flatnonzero((sine > 0.05) & (sine < 0.99))[::37]:
            exact_deg = float(np.degrees(np.arcsin(sine[cell])))
            for offset in (-1e-9, 1e-9):
                least = exact_deg + offset
                found = rings.count_in_view(ground, position[:, s : s + 1], least)
                np.testing.assert_array_equal(found, brute(ground, position[:, s : s + 1], least).sum(axis=0))
                assert found[cell] == (1 if offset < 0 else 0)
                tested += 1
    assert tested > 200


def test_the_lists_are_those_of_the_definition_in_ascending_order_with_look_angles():
    for name, ground in RINGS.items():
        position = fleet(7)
        found = rings.candidates(ground, position, 10.0)
        seen = brute(ground, position, 10.0)
        cell, satellite = np.nonzero(seen.T)
        np.testing.assert_array_equal(found.satellite, satellite, err_msg=name)
        np.testing.assert_array_equal(np.diff(found.start), seen.sum(axis=0))
        lat, lon = ground.cell_latitude_deg[cell], ground.cell_longitude_deg[cell]
        elevation, azimuth, distance = look_angles(lat, lon, ground.height_km, position.T[satellite])
        np.testing.assert_allclose(found.elevation_deg, elevation, atol=1e-6)
        low = elevation < 80.0
        np.testing.assert_allclose(found.elevation_deg[low], elevation[low], atol=1e-9)
        np.testing.assert_allclose(found.range_km, distance, rtol=1e-14)
        turned = np.abs((found.azimuth_deg[low] - azimuth[low] + 180.0) % 360.0 - 180.0)
        assert turned.size == 0 or turned.max() < 1e-9
        assert (found.azimuth_deg >= 0.0).all() and (found.azimuth_deg < 360.0).all()


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_change_nothing(threads):
    ground, position = RINGS["globe"], fleet(3, 2_000)
    one, many = (rings.candidates(ground, position, 25.0, threads=t) for t in (1, threads))
    for name in ("start", "satellite", "elevation_deg", "range_km", "azimuth_deg"):
        np.testing.assert_array_equal(getattr(one, name), getattr(many, name))
    counts = rings.count_in_view(ground, position, 25.0, threads=threads)
    np.testing.assert_array_equal(counts, np.diff(one.start))


def test_range_and_azimuth_are_left_out_where_not_asked_for():
    found = rings.candidates(RINGS["globe"], fleet(3), 25.0, ranges=False, azimuths=False)
    assert found.elevation_deg.size == found.satellite.size > 0
    assert found.range_km.size == found.azimuth_deg.size == 0


def test_the_nearest_slots_are_the_highest_satellites():
    found = rings.candidates(RINGS["globe"], fleet(4, 600), 25.0)
    satellite, elevation = nearest(found, 3)
    for cell in range(RINGS["globe"].count):
        own = slice(found.start[cell], found.start[cell + 1])
        order = np.lexsort((found.satellite[own], -found.elevation_deg[own]))[:3]
        held = order.size
        np.testing.assert_array_equal(satellite[cell, :held], found.satellite[own][order])
        np.testing.assert_array_equal(elevation[cell, :held], found.elevation_deg[own][order])
        assert (satellite[cell, held:] == -1).all() and np.isnan(elevation[cell, held:]).all()


def test_no_satellite_and_nan_are_seen_by_nobody():
    for position in (np.empty((3, 0)), np.full((3, 5), np.nan), np.zeros((3, 2))):
        assert rings.count_in_view(RINGS["globe"], position, 0.0).sum() == 0
        assert rings.candidates(RINGS["globe"], position, 0.0).satellite.size == 0


def test_cells_of_an_equal_area_grid_have_equal_areas():
    ground = rings.equal_area(40_000)
    assert abs(ground.count - 40_000) < 60
    edge = np.linspace(-90.0, 90.0, ground.latitude_deg.size + 1)
    area = np.diff(rings.area_below(edge)) / np.maximum(np.diff(ground.start), 1)
    middle = np.abs(ground.latitude_deg) < 75.0
    assert np.ptp(area[middle]) / area.mean() < 0.02
    quarter = (rings.area_below(np.array([90.0])) - rings.area_below(np.array([0.0])))[0]
    # The whole ellipsoid has 510,065,621.724 km2 (NGA.STND.0036, derived constants).
    from raabta.base.bodies import EARTH

    assert 4.0 * np.pi * EARTH.polar_radius_km**2 * quarter / 2.0 == pytest.approx(510_065_621.724, rel=1e-9)


def test_what_is_refused():
    with pytest.raises(OutOfRangeError, match="0 to 90"):
        rings.count_in_view(RINGS["globe"], fleet(1), -1.0)
    with pytest.raises(OutOfRangeError, match="satellites"):
        rings.count_in_view(RINGS["globe"], np.zeros((5, 3)), 1.0)
    with pytest.raises(OutOfRangeError, match="ascending"):
        rings.regular([10.0, 5.0], [4, 4], 0.0)
    with pytest.raises(LimitError, match="36,000"):
        rings.regular([0.0], [40_000], 0.0)
    with pytest.raises(OutOfRangeError, match="number of cells"):
        rings.equal_area(0)
    with pytest.raises(OutOfRangeError, match="slots"):
        nearest(rings.candidates(RINGS["one"], fleet(1), 25.0), 0)
