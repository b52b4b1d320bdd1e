"""Rings against SciPy's tree and against areas of the sphere from outside."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from raabta.access import buckets, rings
from raabta.base.bodies import EARTH
from raabta.base.frames import geodetic_to_fixed

LEAST_DEG = 25.0


def uniform(count, height_km, seed):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    return geodetic_to_fixed(latitude, rng.uniform(-180, 180, count), height_km).T


def test_lists_equal_those_of_a_tree_filtered_by_the_definition():
    ground = rings.equal_area(5_000)
    position = np.hstack([uniform(700, 550.0, 1), uniform(300, 1_150.0, 2)])
    lists = cKDTree(position.T).query_ball_point(ground.site_km.T, 2_500.0)
    cell = np.repeat(np.arange(ground.count), [len(one) for one in lists])
    satellite = np.concatenate([np.sort(one) for one in lists]).astype(int)
    d = position.T[satellite] - ground.site_km.T[cell]
    sine = np.einsum("ij,ij->i", d, ground.normal.T[cell]) / np.linalg.norm(d, axis=1)
    kept = sine >= np.sin(np.radians(LEAST_DEG))
    sites = buckets.buckets(ground.cell_latitude_deg, ground.cell_longitude_deg, 0.0, LEAST_DEG)
    for found in (rings.candidates(ground, position, LEAST_DEG), buckets.candidates(sites, position)):
        np.testing.assert_array_equal(found.satellite, satellite[kept])
        np.testing.assert_array_equal(np.diff(found.start), np.bincount(cell[kept], minlength=ground.count))
        np.testing.assert_allclose(found.elevation_deg, np.degrees(np.arcsin(sine[kept])), atol=1e-6)
    assert kept.sum() > 20_000


@pytest.mark.parametrize(("height_km", "least_deg", "area_km2"), [(550.0, 25.0, 2_774_093.0)])
def test_a_footprint_covers_the_area_of_its_cap(height_km, least_deg, area_km2):
    """The ground that sees a satellite on a sphere of 6,371 km (published figure, within 0.003 %).

    On the ellipsoid it is within 1 % of that (radius and vertical differ by place); on a grid of 40,000 cells
    the mean over 500 footprints tells it to a part in a thousand.
    """
    ground = rings.equal_area(40_000)
    counts = rings.count_in_view(ground, uniform(500, height_km, 3), least_deg)
    cell_km2 = 510_065_621.724 / ground.count
    assert counts.sum() / 500 * cell_km2 == pytest.approx(area_km2, rel=0.01)


def test_a_geostationary_satellite_reaches_81_degrees():
    """Visible to 81.3 degrees of latitude on a sphere: acos(6,378.137 / 42,164.17)."""
    latitude = np.arange(80.0, 82.5, 0.01)
    ground = rings.regular(latitude, np.ones(latitude.size), 0.0)
    at = np.array([[42_164.17], [0.0], [0.0]])
    counts = rings.count_in_view(ground, at, 0.0)
    farthest = latitude[counts > 0].max()
    assert (counts[latitude <= farthest] == 1).all()
    # On the meridian the horizon plane at geodetic latitude p holds R cos(p) = N - N e2 sin(p)^2, N = a / w.
    e2, sine = EARTH.eccentricity_squared_ratio, np.sin(np.radians(latitude))
    normal = EARTH.equatorial_radius_km / np.sqrt(1.0 - e2 * sine**2)
    level = 42_164.17 * np.cos(np.radians(latitude)) - normal * (1.0 - e2 * sine**2)
    np.testing.assert_array_equal(counts, level >= 0.0)
    assert 81.2 < farthest < 81.5
