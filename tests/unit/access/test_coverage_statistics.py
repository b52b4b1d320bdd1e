"""Coverage over time: sums against brute force, whatever way the steps are cut."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import coverage, rings, tally_kernels
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

START = np.datetime64("2026-10-01", "ns")


def fleet():
    """A thin low shell, so that there are gaps."""
    shell = Shell(altitude_km=550, inclination_deg=53, planes=6, satellites_per_plane=5, phasing=1)
    return Propagator.from_elements(walker(shell, START), START)


def minutes(first, last):
    return START + (np.arange(first, last) * 60).astype("timedelta64[s]")


def scattered(count=700):
    """Cells over half of Asia: in view of some satellites whole, of others in part."""
    rng = np.random.default_rng(5)
    return np.sort(rng.uniform(-5, 55, count)), rng.uniform(40, 110, count), rng.uniform(0, 4, count)


def seen_by(latitude, longitude, height, position, least_deg):
    """Satellites in view (t, cells) by the definition."""
    site, up = geodetic_to_fixed(latitude, longitude, height), enu_basis(latitude, longitude)[:, 2]
    out = np.empty((position.shape[0], latitude.size), np.int64)
    for t, at in enumerate(position):
        d = at.T[None] - site[:, None]
        sine = np.einsum("csi,ci->cs", d, up) / np.linalg.norm(d, axis=2)
        out[t] = (sine >= np.sin(np.radians(least_deg))).sum(axis=1)
    return out


def brute_statistics(counts, levels, step_s):
    """Share, mean, fewest, most, gaps, longest, mean gap, mean wait per cell, by walking through time."""
    rows = []
    for column in counts.T:
        runs, run = [], 0
        for n in [*column, 1]:
            if n == 0:
                run += 1
            elif run:
                runs.append(run)
                run = 0
        shares = [np.mean(column >= k) for k in range(1, levels + 1)]
        mean_gap = step_s * np.mean(runs) if runs else 0.0
        wait = step_s * sum(r * r for r in runs) / 2 / column.size
        longest = step_s * max(runs, default=0)
        rows.append([*shares, column.mean(), column.min(), column.max(), len(runs), longest, mean_gap, wait])
    return np.array(rows).T


def as_rows(found):
    """Statistics in the order of `brute_statistics`."""
    return np.vstack([getattr(found, field.name) for field in fields(found)])


@pytest.mark.parametrize("least_deg", [0.0, 10.0, 40.0])
def test_every_statistic_equals_a_walk_through_time(least_deg):
    latitude, longitude, height = scattered()
    satellites, times = fleet(), minutes(0, 150)
    sums = coverage.tally(coverage.ground(latitude, longitude, height), satellites, times, least_deg, 3)
    counts = seen_by(latitude, longitude, height, satellites.positions_km(times), least_deg)
    assert (counts == 0).any() and (counts > 1).any()
    np.testing.assert_array_equal(sums.total, counts.sum(axis=0))
    expected = brute_statistics(counts, 3, 60.0)
    np.testing.assert_allclose(as_rows(coverage.statistics(sums, 60.0)), expected, rtol=1e-12)


def test_a_dense_shell_sees_whole_blocks_and_still_counts_exactly():
    """Here most satellites hold a block of cells whole, which takes another path."""
    shell = Shell(altitude_km=1_200, inclination_deg=87, planes=12, satellites_per_plane=24)
    satellites = Propagator.from_elements(walker(shell, START), START)
    latitude, longitude = np.meshgrid(np.linspace(24, 28, 20), np.linspace(64, 68, 20))
    latitude, longitude = latitude.ravel(), longitude.ravel()
    sums = coverage.tally(coverage.ground(latitude, longitude), satellites, minutes(0, 90), 10.0, 9)
    counts = seen_by(latitude, longitude, 0.0, satellites.positions_km(minutes(0, 90)), 10.0)
    np.testing.assert_array_equal(sums.total, counts.sum(axis=0))
    np.testing.assert_array_equal(sums.at_least, [(counts >= k).sum(axis=0) for k in range(1, 10)])


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    least_deg=st.floats(0.0, 89.0),
    latitude=st.floats(-90.0, 90.0),
    spread=st.floats(0.0, 60.0),
)
def test_areas_anywhere_count_satellites_of_any_height(seed, least_deg, latitude, spread):
    """Over a pole, across the date line, from 200 km to the geostationary height."""
    rng = np.random.default_rng(seed)
    lat = np.clip(latitude + rng.uniform(-spread, spread, 600), -90.0, 90.0)
    lon = (180.0 + rng.uniform(-spread, spread, 600) + 180.0) % 360.0 - 180.0
    up = np.degrees(np.arcsin(rng.uniform(-1, 1, (3, 60))))
    high = rng.choice([200.0, 550.0, 1_200.0, 20_000.0, 35_786.0], (3, 60))
    position = np.moveaxis(geodetic_to_fixed(up, rng.uniform(-180, 180, (3, 60)), high), 2, 1).copy()
    position[1, :, 5] = np.nan

    class Fixed:
        def positions_km(self, times):
            return position

    height = rng.uniform(0, 5, 600)
    sums = coverage.tally(coverage.ground(lat, lon, height), Fixed(), minutes(0, 3), least_deg, 1)
    counts = seen_by(lat, lon, height, np.nan_to_num(position, nan=0.0), least_deg)
    np.testing.assert_array_equal(sums.total, counts.sum(axis=0))


def test_rings_and_areas_tell_the_same_of_the_same_cells():
    ground = rings.equal_area(900)
    where = coverage.ground(ground.cell_latitude_deg, ground.cell_longitude_deg)
    one, other = (coverage.tally(place, fleet(), minutes(0, 70), 5.0, 2) for place in (ground, where))
    for field in fields(one):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), field.name)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    cuts=st.lists(st.integers(1, 39), max_size=6, unique=True),
    density=st.floats(0.0, 1.0),
)
def test_any_cut_of_the_steps_gives_the_same_sums(seed, cuts, density):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, (40, 30)) * (rng.uniform(size=(40, 30)) < density)
    edges = [0, *sorted(cuts), 40]
    parts = [_tallied(counts[a:b]) for a, b in pairwise(edges)]
    stored = [coverage.from_arrays(coverage.to_arrays(part)) for part in parts]
    found = coverage.statistics(coverage.join(stored), 60.0)
    np.testing.assert_allclose(as_rows(found), brute_statistics(counts, 2, 60.0), rtol=1e-12)


def _tallied(counts):
    """Sums of known counts (t, cells), as one chunk."""
    state = np.zeros((1, (tally_kernels.LEVELS + 2) * tally_kernels.BLOCK), np.int64)
    first = tally_kernels.LEAST * tally_kernels.BLOCK
    state[:, first : first + tally_kernels.BLOCK] = np.iinfo(np.int64).max
    for row in counts.astype(np.int32):
        tally_kernels.tally_counts(row, 2, state)
    return coverage.read_state(state, counts.shape[1], counts.shape[0], 2)


def test_a_decayed_satellite_is_seen_by_nobody():
    class Gone:
        def positions_km(self, times):
            return np.full((len(times), 3, 4), np.nan)

    sums = coverage.tally(coverage.ground(*scattered(10)), Gone(), minutes(0, 5), 0.0, 1)
    found = coverage.statistics(sums, 60.0)
    assert (found.longest_gap_s == 300.0).all() and (found.gaps == 1).all()
    assert (found.mean_response_s == 150.0).all() and (found.share_at_least == 0.0).all()


def test_what_is_refused():
    where = coverage.ground(*scattered(3))
    with pytest.raises(OutOfRangeError, match="levels"):
        coverage.tally(where, fleet(), minutes(0, 2), 10.0, 0)
    with pytest.raises(OutOfRangeError, match="0 to 90"):
        coverage.tally(where, fleet(), minutes(0, 2), -3.0, 1)
    with pytest.raises(OutOfRangeError, match="number of cells"):
        coverage.ground(np.empty(0), np.empty(0))
    with pytest.raises(OutOfRangeError, match="tallies"):
        coverage.join([])
