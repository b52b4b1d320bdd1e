"""Passes as intervals: every sample of the definition agrees, none is missed, however short."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from types import SimpleNamespace

import dense_passes as dense
import numpy as np
import pytest

from raabta.access import interval_kernels, visibility
from raabta.access.passes import find_contacts, find_passes
from raabta.base.bodies import EARTH, MOON
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.orbits.elements import Satellites, concatenate
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = dense.START
HOUR_S = 3_600.0
LEO = ((0.0, 0.02), (180.0, 1_500.0))
ANY = ((0.1, 0.75), (200.0, 2_000.0))


def places(seed, count, lowest_deg, **more):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    return visibility.sites(
        latitude, rng.uniform(-180, 180, count), rng.uniform(0, 4, count), lowest_deg, **more
    )


def horizons(seed, count, bins):
    """Masks that jump from bin to bin, some of them shut."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random((count, bins)) < 0.3, 80.0, rng.uniform(-3.0, 40.0, (count, bins)))


@pytest.mark.parametrize(
    ("orbits", "mask_deg"),
    [(LEO, 25.0), (LEO, 0.0), (LEO, 80.0), (LEO, -4.0), (ANY, 5.0), (ANY, -2.0)],
)
def test_every_tenth_of_a_second_agrees(orbits, mask_deg):
    ground, fleet = places(5, 3, mask_deg), dense.fleet(7, 24, *orbits)
    found = find_passes(ground, fleet, START, HOUR_S)
    assert dense.check_passes(found, ground, fleet, HOUR_S, 0.1) > 0


@pytest.mark.parametrize(("bins", "orbits"), [(72, LEO), (7, ANY), (4, LEO)])
def test_horizons_by_azimuth_agree_at_every_tenth_of_a_second(bins, orbits):
    ground = places(2, 3, -3.0, mask_deg=horizons(1, 3, bins))
    fleet = dense.fleet(3, 24, *orbits)
    found = find_passes(ground, fleet, START, HOUR_S)
    assert dense.check_passes(found, ground, fleet, HOUR_S, 0.1) > 0


def test_a_millisecond_around_every_edge_the_elevation_crosses_the_mask():
    ground, fleet = places(4, 3, 10.0), dense.fleet(1, 40, *LEO)
    found = find_passes(ground, fleet, START, 3.0 * HOUR_S)
    edges = 0
    for times, cut, sign in ((found.rise, found.begins_before, 1), (found.set, found.ends_after, -1)):
        for k in np.flatnonzero(~cut):
            around = times[k] + np.array([-1, 1]) * np.timedelta64(1, "ms")
            elevation, _ = dense.elevations_deg(ground, found.site[k], fleet.positions_km(around))
            before, after = sign * (elevation[:, found.satellite[k]] - 10.0)
            assert before < 0.0 < after
            edges += 1
    assert edges > 100


def test_the_peak_is_the_highest_and_the_ranges_hold_between():
    ground, fleet = places(4, 2, 10.0), dense.fleet(1, 30, *LEO)
    found = find_passes(ground, fleet, START, 3.0 * HOUR_S)
    for k in range(0, len(found), 3):
        times_s = np.linspace(found.rise_s[k], found.set_s[k], 2_001)
        position_km = fleet.positions_km(dense.utc(times_s))[:, :, found.satellite[k]]
        elevation, _ = dense.elevations_deg(ground, found.site[k], position_km[:, :, None])
        slant = np.linalg.norm(position_km - ground.km[found.site[k]], axis=1)
        assert abs(elevation.max() - found.peak_elevation_deg[k]) < 1e-3
        assert elevation.max() <= found.peak_elevation_deg[k] + 1e-7
        assert found.rise_s[k] <= found.peak_s[k] <= found.set_s[k]
        assert (
            abs(slant.min() - found.min_range_km[k]) < 0.01
            and abs(slant.max() - found.max_range_km[k]) < 0.01
        )
        assert abs(slant[0] - found.rise_range_km[k]) < 1e-3
        assert abs(slant[-1] - found.set_range_km[k]) < 1e-3


def test_a_mask_a_millionth_of_a_degree_below_the_peak_leaves_a_pass_and_one_above_it_none():
    rng = np.random.default_rng(3)
    ground, fleet = places(8, 4, 5.0), dense.fleet(2, 30, (0.0, 0.4), (200.0, 1_500.0))
    found = find_passes(ground, fleet, START, 4.0 * HOUR_S)
    whole = np.flatnonzero(~found.begins_before & ~found.ends_after & (found.peak_elevation_deg < 80.0))
    some = rng.choice(whole, 60, replace=False)
    for away, wanted in ((-1e-6, 1), (1e-6, 0)):
        mask = found.peak_elevation_deg[some, None] + away
        sites = SimpleNamespace(
            km=ground.km[found.site[some]],
            basis=ground.basis[found.site[some]],
            sin_mask=np.sin(np.radians(mask)),
        )
        again = find_passes(sites, fleet, START, 4.0 * HOUR_S)
        for row, k in enumerate(some):
            own = (again.site == row) & (again.satellite == found.satellite[k])
            own &= np.abs(again.peak_s - found.peak_s[k]) < 1.0
            assert own.sum() == wanted
            assert np.all(again.set_s[own] - again.rise_s[own] < 2.0)


@pytest.mark.parametrize(("away_deg", "gaps"), [(1e-3, 5), (-1e-3, 0)])
def test_a_short_dip_below_the_mask_between_two_steps_is_a_gap(away_deg, gaps):
    """No orbit does that: elevation swings with a period of 240 s, its lowest between two steps of 20 s."""

    def place(seconds):
        angle = np.radians(8.0 + 0.5 * np.cos(2.0 * np.pi * (seconds - 10.0) / 240.0))
        return 7_000.0 * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)[:, :, None]

    bodies, flat = dense.moving(1, place), visibility.sites(np.zeros(1), np.zeros(1), np.zeros(1), 0.0)
    lowest, _ = dense.elevations_deg(flat, 0, bodies.positions_km(dense.utc([10.0])))
    ground = visibility.sites(np.zeros(1), np.zeros(1), np.zeros(1), float(lowest[0, 0]) + away_deg)
    found = find_passes(ground, bodies, START, 1_200.0, step_s=20.0)
    assert len(found) == gaps + 1
    dense.check_passes(found, ground, bodies, 1_200.0, 0.1)


@cache
def shell():
    orbit = Shell(altitude_km=550.0, inclination_deg=53.0, planes=10, satellites_per_plane=11, phasing=3)
    return Propagator.from_elements(walker(orbit, START), START)


def same(one, other):
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=f.name.startswith("peak"))
        for f in fields(one)
        if isinstance(getattr(one, f.name), np.ndarray)
    )


@pytest.mark.parametrize("ecc", [0.0, 0.3, 0.74, 0.85])
def test_between_the_steps_positions_are_within_two_centimetres(ecc):
    """Perigee at 150 km, where everything is fastest; an edge moves by a millisecond for 8 m."""
    fleet, steps = dense.fleet(1, 40, (ecc, ecc), (150.0, 150.0)), np.arange(720)
    node = fleet.positions_km(dense.utc(60.0 * np.arange(-3, 724)))
    for share in (0.25, 0.5, 0.75):
        weight = share ** np.arange(8) @ interval_kernels.WEIGHT
        guess = sum(weight[k] * node[steps + k] for k in range(8))
        truth = fleet.positions_km(dense.utc(60.0 * (steps + share)))
        assert np.nanmax(np.linalg.norm(guess - truth, axis=1)) < 2e-5


def test_threads_and_chunks_change_no_bit():
    ground = places(1, 5, 10.0, mask_deg=horizons(4, 5, 8))
    first = find_passes(ground, shell(), START, 7_777.7)
    assert len(first) > 100
    for threads, steps in ((1, 9), (2, 32), (3, 50), (2, 8)):
        assert same(first, find_passes(ground, shell(), START, 7_777.7, threads=threads, chunk_steps=steps))
    pairs = np.arange(109), np.arange(1, 110)
    first = find_contacts(*pairs, shell(), START, 7_777.7)
    assert same(first, find_contacts(*pairs, shell(), START, 7_777.7, threads=2, chunk_steps=13))


def test_the_intervals_agree_with_the_stepped_view():
    """`visibility.observe` at every 15 s: the same positions and masks, the other way through time."""
    ground = places(6, 12, 25.0, mask_deg=horizons(9, 12, 72))
    found = find_passes(ground, shell(), START, 2.0 * HOUR_S)
    disc = visibility.bounding_disc(ground.km)
    times_s = np.arange(0.0, 2.0 * HOUR_S + 1.0, 15.0)
    truth = np.zeros((times_s.size, ground.count, shell().count), np.bool_)
    for t, position_km in enumerate(shell().positions_km(dense.utc(times_s))):
        view = visibility.observe(ground, disc, position_km, min_elevation_deg=-3.0)
        site = np.repeat(np.arange(ground.count), np.diff(view.start))
        truth[t, site, view.near[view.satellite]] = True
    assert truth.sum() > 500
    for i in range(ground.count):
        for j in range(shell().count):
            assert dense.disagreements(found, i, j, times_s, truth[:, i, j]) == []


def test_a_geostationary_satellite_is_one_pass_and_one_below_the_horizon_none():
    fleet = Propagator(Satellites(None, np.array([38.0, -100.0]), ("A", "B")), START)
    karachi = visibility.sites(np.array([24.86]), np.array([67.01]), np.zeros(1), 10.0)
    found = find_passes(karachi, fleet, START, 86_400.0)
    assert found.satellite.tolist() == [0]
    assert (found.rise_s, found.set_s) == ([0.0], [86_400.0])
    assert found.begins_before.all() and found.ends_after.all()
    assert found.min_range_km[0] == pytest.approx(found.max_range_km[0], abs=1e-6)


def test_the_span_cuts_passes_and_says_so():
    ground, fleet = places(4, 3, 10.0), dense.fleet(1, 40, *LEO)
    long = find_passes(ground, fleet, START, 2.0 * HOUR_S)
    k = int(np.flatnonzero(~long.begins_before & ~long.ends_after)[0])
    middle = 0.5 * (long.rise_s[k] + long.set_s[k])
    short = find_passes(ground, fleet, START, float(middle))
    own = np.flatnonzero((short.site == long.site[k]) & (short.satellite == long.satellite[k]))[-1]
    assert short.ends_after[own] and not short.begins_before[own]
    assert short.set_s[own] == middle and short.rise_s[own] == long.rise_s[k]
    later = find_passes(ground, fleet, START + np.timedelta64(round(middle * 1e9), "ns"), 600.0)
    own = np.flatnonzero((later.site == long.site[k]) & (later.satellite == long.satellite[k]))[0]
    assert later.begins_before[own] and later.rise_s[own] == 0.0
    assert later.set_s[own] == pytest.approx(long.set_s[k] - middle, abs=1e-4)


def test_a_satellite_that_is_lost_ends_its_pass_there():
    still = np.array([[7_000.0], [0.0], [0.0]])

    def place(seconds):
        return np.where((seconds > 1_000.0)[:, None, None], np.nan, still[None])

    ground = visibility.sites(np.zeros(1), np.zeros(1), np.zeros(1), 10.0)
    found = find_passes(ground, dense.moving(1, place), START, HOUR_S)
    assert len(found) == 1 and found.begins_before[0] and found.ends_after[0]
    assert 700.0 <= found.set_s[0] <= 1_000.0
    assert (
        len(find_passes(ground, dense.moving(1, lambda s: np.full((s.size, 3, 1), np.nan)), START, HOUR_S))
        == 0
    )


def test_passes_over_the_moon():
    """Another body and frame: a lunar orbiter at 100 km over its south, seen 5 degrees below the horizon."""
    rate = np.sqrt(MOON.gm_km3_s2 / 1_837.4**3)

    def place(seconds):
        along, turn = rate * seconds, MOON.rotation_rad_s * seconds
        fixed = (np.cos(along) * np.cos(turn), -np.cos(along) * np.sin(turn), np.sin(along))
        return 1_837.4 * np.stack(fixed, axis=1)[:, :, None]

    latitude, longitude = np.array([-89.5, -45.0, 10.0]), np.array([0.0, -3.0, 178.0])
    for mask_deg in (10.0, -5.0):
        ground = SimpleNamespace(
            km=geodetic_to_fixed(latitude, longitude, 0.0, MOON),
            basis=enu_basis(latitude, longitude),
            sin_mask=np.full((3, 1), np.sin(np.radians(mask_deg))),
        )
        bodies = dense.moving(1, place)
        found = find_passes(ground, bodies, START, 8.0 * HOUR_S)
        assert len(found) >= 9
        assert dense.check_passes(found, ground, bodies, 8.0 * HOUR_S, 1.0) > 0


@pytest.mark.parametrize("longest_km", [1e9, 2_500.0])
def test_lasers_agree_at_every_half_second(longest_km):
    fleet = dense.fleet(5, 12, (0.0, 0.3), (300.0, 1_500.0))
    pair = np.array([(a, b) for a in range(12) for b in range(a + 1, 12)])
    found = find_contacts(pair[:, 1], pair[:, 0], fleet, START, HOUR_S, longest_km=longest_km)
    times_s = np.arange(0.0, HOUR_S, 0.5)
    truth = dense.in_sight(
        fleet.positions_km(dense.utc(times_s)), pair, longest_km, EARTH.mean_radius_km + 80.0
    )
    assert truth.any() and not truth.all()
    for (a, b), own in zip(pair, truth.T, strict=True):
        assert dense.disagreements(found, a, b, times_s, own) == []
    assert found.max_range_km.max() <= longest_km + 1e-6
    assert np.isnan(found.peak_elevation_deg).all()


def test_the_longest_laser_at_550_km_is_5014_km():
    """Bhattacherjee and Singla (2019), 80 km above a sphere of 6,371 km."""
    angle = np.radians([0.0, 40.0])

    def place(seconds):
        swing = angle[None] + np.array([0.0, 1.0])[None] * np.radians(0.01) * seconds[:, None]
        return 6_921.0 * np.stack([np.cos(swing), np.sin(swing), 0.0 * swing], axis=1)

    found = find_contacts([0], [1], dense.moving(2, place), START, HOUR_S)
    assert len(found) == 1 and not found.ends_after[0]
    assert found.set_range_km[0] == pytest.approx(5_013.9, abs=0.1)


def test_deep_space_and_near_earth_fly_together():
    both = concatenate((dense.fleet(1, 3, (0.6, 0.74), (400.0, 900.0)).satellites.elements,
                        dense.fleet(2, 3, *LEO).satellites.elements))  # fmt: skip
    fleet, ground = Propagator.from_elements(both, START), places(3, 3, 5.0)
    assert fleet.state_arrays().indices.size < 6
    found = find_passes(ground, fleet, START, 4.0 * HOUR_S)
    assert dense.check_passes(found, ground, fleet, 4.0 * HOUR_S, 1.0) > 0


def test_rows_by_site_and_what_is_refused():
    ground = places(4, 3, 10.0)
    found = find_passes(ground, shell(), START, HOUR_S)
    row = found.row_start(3)
    assert row[0] == 0 and row[-1] == len(found)
    assert all((found.site[row[i] : row[i + 1]] == i).all() for i in range(3))
    assert (np.diff(found.rise_s[(found.site == 0) & (found.satellite == found.satellite[0])]) > 0).all()
    for wrong in (0.0, -1.0, np.nan, np.inf, 1e12):
        with pytest.raises(OutOfRangeError, match="duration_s is"):
            find_passes(ground, shell(), START, wrong)
    with pytest.raises(OutOfRangeError, match=r"a pair of satellites is \(4, 4\); valid: two of 0 to 109"):
        find_contacts([1, 4], [2, 4], shell(), START, HOUR_S)
    with pytest.raises(OutOfRangeError, match="longest_km"):
        find_contacts([1], [2], shell(), START, HOUR_S, longest_km=np.nan)
    with pytest.raises(OutOfRangeError, match=r"step_s is 0\.1; valid: 1 to 3600 s"):
        find_passes(ground, shell(), START, HOUR_S, step_s=0.1)
