"""Sparse visibility against every pair computed one by one on WGS84."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from raabta.access import visibility
from raabta.base.frames import geodetic_to_fixed, look_angles
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22T00:00:00", "ns")
SHELLS = (
    Shell(altitude_km=550, inclination_deg=53, planes=24, satellites_per_plane=20, phasing=5),
    Shell(altitude_km=1_200, inclination_deg=87.9, planes=12, satellites_per_plane=20, pattern="star"),
    Shell(altitude_km=8_062, inclination_deg=0.0, planes=1, satellites_per_plane=12),
)


@lru_cache
def propagator_of(shell):
    return Propagator.from_elements(walker(shell, START), START)


def fleet_km(shell, minutes=0):
    """Positions (3, n) of a shell some minutes into the run."""
    return propagator_of(shell).positions_km(np.array([START + np.timedelta64(minutes, "m")]))[0]


def points(count, seed, south=24.0, north=30.0):
    """Seeded sites in bunches of ten, as cells of one parent are: latitude, longitude, height, label."""
    random = np.random.default_rng(seed)
    centre = random.uniform((south, -180.0), (north, 180.0), (count // 10, 2))
    spread = random.uniform(-0.6, 0.6, (count // 10, 10, 2))
    both = (centre[:, None] + spread).reshape(-1, 2)
    return both[:, 0], both[:, 1], random.uniform(0.0, 4.0, count), np.repeat(np.arange(count // 10), 10)


def brute(latitude, longitude, height, position_km, mask_deg, scan_limit_deg):
    """Seen pairs (site, satellite) as a dense boolean array, and the sine of the elevation."""
    target = position_km.T[None]
    elevation, azimuth, _ = look_angles(latitude[:, None], longitude[:, None], height[:, None], target)
    bins = mask_deg.shape[1]
    floor = np.take_along_axis(mask_deg, np.minimum((azimuth / 360.0 * bins).astype(int), bins - 1), axis=1)
    ray = target - geodetic_to_fixed(latitude, longitude, height)[:, None]
    down = position_km.T / np.linalg.norm(position_km, axis=0)[:, None]
    cosine = np.einsum("csi,si->cs", ray, down) / np.linalg.norm(ray, axis=2)
    scan = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return (elevation >= floor) & (scan <= scan_limit_deg), np.sin(np.radians(elevation))


def dense(view, sites, fleet, values=None):
    """A View as a dense (site, satellite) array: seen or not, or one of its values."""
    out = np.zeros((sites, fleet), bool if values is None else float)
    site = np.repeat(np.arange(sites), np.diff(view.start))
    out[site, view.near[view.satellite]] = True if values is None else values
    return out


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("scan_limit_deg", [90.0, 50.0])
@pytest.mark.parametrize("bins", [1, 36])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: f"{shell.altitude_km:g} km")
def test_no_pair_differs_from_brute_force(shell, bins, scan_limit_deg, grouped):
    south = -30.0 if bins == 1 else 24.0
    latitude, longitude, height, label = points(150, seed=11, south=south, north=south + 6.0)
    horizon = np.random.default_rng(3).uniform(-5.0, 50.0, (latitude.size, bins))
    ground = visibility.sites(
        latitude, longitude, height, 25.0, mask_deg=horizon, group=label if grouped else None
    )
    disc = visibility.bounding_disc(ground.km)
    for minutes in (7, 55):
        position_km = fleet_km(shell, minutes)
        view = visibility.observe(
            ground, disc, position_km, min_elevation_deg=25.0, scan_limit_deg=scan_limit_deg
        )
        wanted, sine = brute(
            latitude, longitude, height, position_km, np.maximum(horizon, 25.0), scan_limit_deg
        )
        seen = dense(view, latitude.size, position_km.shape[1])
        assert wanted.any()
        assert np.count_nonzero(seen != wanted) == 0
        found = dense(view, latitude.size, position_km.shape[1], view.sin_elevation)
        assert found[wanted] == pytest.approx(sine[wanted], abs=1e-12)
        assert np.all(view.clear == 1), "no separation was asked for"


@pytest.mark.parametrize("lowest_deg", [0.0, 5.0, 10.0])
def test_a_small_area_near_the_horizon_loses_no_satellite(lowest_deg):
    latitude, longitude, height, label = points(10, seed=4, south=67.0, north=67.1)
    ground = visibility.sites(latitude, longitude, height, lowest_deg, group=label)
    position_km = fleet_km(SHELLS[1], 31)
    view = visibility.observe(
        ground, visibility.bounding_disc(ground.km), position_km, min_elevation_deg=lowest_deg
    )
    wanted, _ = brute(latitude, longitude, height, position_km, np.full((10, 1), lowest_deg), 90.0)
    assert wanted.sum() > 50
    assert np.count_nonzero(dense(view, 10, position_km.shape[1]) != wanted) == 0


def test_more_pairs_than_the_first_guess_are_all_found():
    latitude, longitude, height, label = points(200, seed=5, south=-0.1, north=0.1)
    longitude = longitude % 1.0 + 69.0
    position_km = geodetic_to_fixed(
        np.linspace(-3.0, 3.0, 400), np.linspace(66.0, 72.0, 400), np.full(400, 550.0)
    ).T
    ground = visibility.sites(latitude, longitude, height, 20.0, group=label)
    view = visibility.observe(
        ground, visibility.bounding_disc(ground.km), position_km, min_elevation_deg=20.0
    )
    wanted, _ = brute(latitude, longitude, height, position_km, np.full((200, 1), 20.0), 90.0)
    assert wanted.sum() > 16 * 200 + 1_024
    assert np.count_nonzero(dense(view, 200, 400) != wanted) == 0


def test_a_decayed_satellite_is_seen_by_nobody():
    position_km = fleet_km(SHELLS[0])
    latitude, longitude, height, label = points(100, seed=6)
    ground = visibility.sites(latitude, longitude, height, 10.0, group=label)
    disc = visibility.bounding_disc(ground.km)
    before = visibility.observe(ground, disc, position_km, min_elevation_deg=10.0)
    gone = np.unique(before.near[before.satellite])[::2]
    position_km[:, gone] = np.nan
    after = visibility.observe(ground, disc, position_km, min_elevation_deg=10.0)
    kept = dense(before, 100, position_km.shape[1])
    kept[:, gone] = False
    assert np.array_equal(dense(after, 100, position_km.shape[1]), kept)


def test_a_subset_sees_the_same_and_is_numbered_by_itself():
    position_km = fleet_km(SHELLS[0])
    latitude, longitude, height, label = points(100, seed=7)
    ground = visibility.sites(latitude, longitude, height, 10.0, group=label)
    disc = visibility.bounding_disc(ground.km)
    whole = visibility.observe(ground, disc, position_km, min_elevation_deg=10.0)
    subset = np.arange(3, position_km.shape[1], 2)
    part = visibility.observe(ground, disc, position_km, min_elevation_deg=10.0, subset=subset)
    wanted = dense(whole, 100, position_km.shape[1])
    wanted[:, np.setdiff1d(np.arange(position_km.shape[1]), subset)] = False
    assert wanted.any()
    assert np.array_equal(part.near, subset)
    assert np.array_equal(dense(part, 100, position_km.shape[1]), wanted)


@pytest.mark.parametrize(("south", "north"), [(-38.0, -30.0), (-3.0, 3.0), (24.0, 37.0), (55.0, 62.0)])
@pytest.mark.parametrize("lowest_deg", [5.0, 25.0])
def test_gso_rule_equals_a_dense_arc_for_every_seen_pair(south, north, lowest_deg):
    """Sites of many latitudes and heights between the table's rows; the arc in steps of 0.01 degrees."""
    latitude, longitude, height, label = points(40, seed=8, south=south, north=north)
    limit_deg = np.where(np.arange(40) % 2 == 0, 18.0, 5.0)
    ground = visibility.sites(
        latitude, longitude, height, lowest_deg, group=label, gso_separation_deg=limit_deg
    )
    theta = np.radians(np.arange(0.0, 360.0, 0.01))
    arc = 42_164.1696 * np.column_stack([np.cos(theta), np.sin(theta), np.zeros(theta.size)])
    position_km = np.concatenate([fleet_km(shell) for shell in SHELLS], axis=1)
    view = visibility.observe(
        ground,
        visibility.bounding_disc(ground.km),
        position_km,
        min_elevation_deg=lowest_deg,
    )
    assert view.satellite.size > 150
    unsure = 0
    for c in range(40):
        rays = arc - ground.km[c]
        rays = rays[rays @ ground.basis[c, 2] >= 0.0]
        rays /= np.linalg.norm(rays, axis=1, keepdims=True)
        own = slice(view.start[c], view.start[c + 1])
        sight = view.satellite_km[view.satellite[own]] - ground.km[c]
        sight /= np.linalg.norm(sight, axis=1, keepdims=True)
        nearest = np.degrees(np.arccos(np.clip((sight @ rays.T).max(axis=1), -1.0, 1.0)))
        sure = np.abs(nearest - limit_deg[c]) > 0.005
        unsure += np.count_nonzero(~sure)
        assert np.array_equal(view.clear[own][sure] == 1, nearest[sure] >= limit_deg[c])
    assert unsure <= 2


def test_a_separation_of_zero_switches_the_rule_off():
    latitude, longitude, height, label = points(50, seed=9, south=-1.0, north=1.0)
    views = []
    for limit_deg in (0.0, 18.0):
        ground = visibility.sites(
            latitude, longitude, height, 25.0, group=label, gso_separation_deg=limit_deg
        )
        disc = visibility.bounding_disc(ground.km)
        views.append(visibility.observe(ground, disc, fleet_km(SHELLS[2]), min_elevation_deg=25.0))
    assert np.array_equal(views[0].satellite, views[1].satellite), "the rule marks pairs, it removes none"
    assert views[0].satellite.size > 0
    assert np.all(views[0].clear == 1) and np.all(views[1].clear == 0), "an equatorial shell lies in the arc"


@pytest.fixture(scope="module")
def ruled():
    """Sites with hills and a rule of 18 degrees from the arc, and satellites over them."""
    latitude, longitude, height, label = points(150, seed=11, south=28.0, north=34.0)
    horizon = np.random.default_rng(3).uniform(-5.0, 50.0, (latitude.size, 36))
    ground = visibility.sites(
        latitude, longitude, height, 25.0, mask_deg=horizon, group=label, gso_separation_deg=18.0
    )
    return ground, visibility.overhead(visibility.bounding_disc(ground.km), fleet_km(SHELLS[0], 7), 25.0)


def test_counts_and_people_are_those_of_the_pairs(ruled):
    ground, over = ruled
    people = np.random.default_rng(9).gamma(0.5, 100.0, ground.count)
    count, home, seen = visibility.count_visible(ground, over, people, 45.0)
    pairs = dense(visibility.view_of(ground, over, 45.0), ground.count, over.near.max() + 1)[:, over.near]
    assert np.array_equal(count, pairs.sum(axis=1)) and np.array_equal(seen == 1, pairs.any(axis=0))
    each = np.where(count > 0, people / np.maximum(count, 1), 0.0)
    assert home == pytest.approx(each @ pairs, rel=1e-12)
    assert 0 < seen.sum() < over.near.size and (count == 0).any()


def test_clear_pairs_alone_and_of_some_satellites_are_those_of_the_whole_view(ruled):
    ground, over = ruled
    whole, which = visibility.view_of(ground, over), np.arange(1, over.near.size, 3)
    some = visibility.view_of(ground, over, which=which, clear_alone=True)
    chosen = (whole.clear == 1) & np.isin(whole.satellite, which)
    assert 0 < chosen.sum() < np.isin(whole.satellite, which).sum()
    assert np.array_equal(some.satellite, whole.satellite[chosen]) and some.clear.all()
    assert np.array_equal(some.sin_elevation, whole.sin_elevation[chosen])
    site = np.repeat(np.arange(ground.count), np.diff(whole.start))
    assert np.array_equal(np.diff(some.start), np.bincount(site[chosen], minlength=ground.count))
    clear = np.bincount(site[whole.clear == 1], minlength=ground.count) > 0
    asked = np.arange(ground.count) % 2 == 0
    assert np.array_equal(visibility.find_clear(ground, over, asked), clear & asked)
    assert clear.any() and not clear.all()
