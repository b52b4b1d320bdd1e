"""The GSO arc: table and search against a dense arc, point by point."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.access import kernels, visibility
from raabta.base.frames import enu_basis, geodetic_to_fixed

ARC_STEP_DEG = 0.01
LATITUDES_DEG = (-68.0, -33.9, -0.25, 0.0, 0.4, 24.86, 36.5, 51.0, 75.0)


def dense_separation_deg(latitude_deg, direction):
    """Least angle (q,) from local unit directions (q, 3) to an arc sampled every 0.01 degrees."""
    theta = np.radians(np.arange(-90.0, 90.0 + ARC_STEP_DEG / 2, ARC_STEP_DEG))
    arc = kernels.GSO_RADIUS_KM * np.column_stack([np.cos(theta), np.sin(theta), np.zeros(theta.size)])
    ray = (arc - geodetic_to_fixed(latitude_deg, 0.0, 0.0)) @ enu_basis(latitude_deg, 0.0).T
    ray = ray[ray[:, 2] >= 0.0]
    if ray.shape[0] == 0:
        return np.full(direction.shape[0], 180.0)
    unit = ray / np.linalg.norm(ray, axis=1, keepdims=True)
    cosine = np.concatenate([(part @ unit.T).max(axis=1) for part in np.array_split(direction, 16)])
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def directions(count, lowest_deg, seed):
    """Seeded local directions (count, 3) above an elevation, even over the sky."""
    random = np.random.default_rng(seed)
    up = random.uniform(np.sin(np.radians(lowest_deg)), 1.0, count)
    azimuth = random.uniform(0.0, 2.0 * np.pi, count)
    across = np.sqrt(1.0 - up**2)
    return np.column_stack([across * np.sin(azimuth), across * np.cos(azimuth), up])


def site_of(latitude_deg):
    """What the kernels take of a site: sine and cosine of latitude, x and z on the meridian."""
    km = geodetic_to_fixed(latitude_deg, 0.0, 0.0)
    return float(np.sin(np.radians(latitude_deg))), float(np.cos(np.radians(latitude_deg))), km[0], km[2]


@pytest.mark.parametrize("latitude_deg", LATITUDES_DEG)
def test_search_finds_the_nearest_point_of_the_arc(latitude_deg):
    ray = directions(1_500, 0.0, seed=1)
    found = np.degrees([kernels.arc_separation(*site_of(latitude_deg), *d) for d in ray])
    dense = dense_separation_deg(latitude_deg, ray)
    assert found == pytest.approx(dense, abs=ARC_STEP_DEG)
    assert np.all(found <= dense + 1e-6), "the search may only be nearer than the samples"


def test_no_arc_is_visible_near_the_poles():
    assert kernels.arc_separation(*site_of(82.0), 0.0, -1.0, 0.0) == np.pi
    assert kernels.arc_separation(*site_of(-82.0), 0.0, 1.0, 0.0) == np.pi


def test_an_equatorial_site_has_the_arc_overhead():
    assert np.degrees(kernels.arc_separation(*site_of(0.0), 0.0, 0.0, 1.0)) == pytest.approx(0.0, abs=1e-5)
    tilted = np.radians(17.0)
    found = kernels.arc_separation(*site_of(0.0), 0.0, np.sin(tilted), np.cos(tilted))
    assert np.degrees(found) == pytest.approx(17.0, abs=1e-5)


@pytest.mark.parametrize("limit_deg", [2.0, 10.0, 18.0, 22.0])
@pytest.mark.parametrize("lowest_deg", [5.0, 10.0, 25.0])
@pytest.mark.parametrize("latitude_deg", LATITUDES_DEG)
def test_table_decides_as_the_dense_arc_does(latitude_deg, lowest_deg, limit_deg):
    arc = visibility.arc_table(latitude_deg, latitude_deg, lowest_deg)
    row = (latitude_deg - arc.first_latitude_deg) / arc.step_deg
    ray = directions(4_000, lowest_deg, seed=2)
    dense = dense_separation_deg(latitude_deg, ray)
    doubt = np.radians(visibility.ARC_DOUBT_DEG)
    limit = np.radians(limit_deg)
    decided = np.array(
        [kernels.clears_arc(arc.table, row, limit, doubt, *site_of(latitude_deg), *d) for d in ray]
    )
    # Within half a step of its sampling the dense arc itself cannot tell.
    sure = np.abs(dense - limit_deg) > ARC_STEP_DEG
    assert sure.sum() > 3_900
    wrong = np.flatnonzero(sure & (decided != (dense >= limit_deg)))
    assert wrong.size == 0, (ray[wrong[:3]], dense[wrong[:3]])


@pytest.mark.parametrize("lowest_deg", [5.0, 10.0, 25.0])
def test_table_error_where_it_decides_stays_within_the_doubt(lowest_deg):
    least_deg = np.degrees(kernels.TABLE_LEAST_LIMIT_RAD) - visibility.ARC_DOUBT_DEG
    worst = 0.0
    for latitude_deg in (-33.9, 0.0, 24.86, 30.2, 36.5):
        arc = visibility.arc_table(latitude_deg, latitude_deg, lowest_deg)
        row = (latitude_deg - arc.first_latitude_deg) / arc.step_deg
        ray = directions(4_000, lowest_deg, seed=3)
        dense = dense_separation_deg(latitude_deg, ray)
        near = (dense > least_deg) & (dense < 30.0) & (ray[:, 2] >= kernels.TABLE_SIN_ELEVATION)
        table = np.degrees([kernels.table_separation(arc.table, row, d[0], d[1]) for d in ray[near]])
        worst = max(worst, np.abs(table - dense[near]).max())
    assert worst <= visibility.ARC_DOUBT_DEG


@pytest.mark.parametrize("latitude_deg", [-81.2, 80.9, 81.2, 81.4, 82.0])
@pytest.mark.parametrize("limit_deg", [25.0, 35.0])
def test_wide_limits_hold_where_the_arc_sinks_below_the_horizon(latitude_deg, limit_deg):
    at = np.array([latitude_deg]), np.zeros(1), np.zeros(1)
    site = visibility.sites(*at, 22.0, gso_separation_deg=limit_deg)
    ray = directions(3_000, 22.1, seed=4)
    position_km = (site.km[0] + 1_500.0 * ray @ site.basis[0]).T.copy()
    disc = visibility.bounding_disc(site.km)
    view = visibility.observe(site, disc, position_km, min_elevation_deg=22.0)
    own = view.near[view.satellite]
    exact = np.degrees([kernels.arc_separation(*site_of(latitude_deg), *d) for d in ray[own]])
    assert own.size == 3_000
    assert np.array_equal(view.clear == 1, exact >= limit_deg)
