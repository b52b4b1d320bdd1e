"""Policies of ground links by hand and by brute force, and Hypatia's rule against its own figures."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from raabta.access.visibility import bounding_disc, observe, sites
from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.mesh import ground_policy
from raabta.network.mesh.ground_policy import (
    choose,
    flat_earth_links,
    gateway_visible,
    load_aware,
    longest_lasting,
    nearest,
    shell_altitude_km,
)
from raabta.network.mesh.paths import GroundLinks, ground_links
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.models import GeostationarySlot, Shell

START = np.datetime64("2026-11-22", "ns")
BASE = entry("galaxyspace-like").model
SHELL = Shell(altitude_km=550.0, inclination_deg=53.0, planes=24, satellites_per_plane=22, phasing=5)
STEP_S = 15.0


def links_of(*rows):
    """Ground links from rows of (satellite, range_km), one row a place."""
    start = np.cumsum([0, *(len(row) for row in rows)])
    flat = [each for row in rows for each in row]
    return GroundLinks(
        start, np.array([s for s, _ in flat], np.int32), np.array([float(km) for _, km in flat])
    )


def rows_of(links):
    return [links.satellite[a:b].tolist() for a, b in zip(links.start, links.start[1:], strict=False)]


LINKS = links_of([(4, 900), (2, 700), (7, 700)], [(2, 650)], [], [(4, 800), (2, 600)])


def test_the_nearest_and_of_equal_ones_the_lower_number():
    assert rows_of(nearest(LINKS)) == [[2], [2], [], [2]]
    assert rows_of(nearest(LINKS, 2)) == [[2, 7], [2], [], [2, 4]]
    assert nearest(LINKS).range_km.tolist() == [700.0, 650.0, 600.0]
    with pytest.raises(OutOfRangeError, match="count is 0; valid: 1 or more"):
        nearest(LINKS, 0)


def test_a_bent_pipe_uses_what_a_gateway_sees():
    links = gateway_visible(LINKS, [1])
    assert rows_of(links) == [[2], [2], [], [2]]
    assert rows_of(gateway_visible(LINKS, [2])) == [[], [], [], []]
    assert rows_of(gateway_visible(LINKS, [0])) == [[4, 2, 7], [2], [], [4, 2]]
    with pytest.raises(RaabtaError, match="wants gateways among the places, and there is none"):
        gateway_visible(LINKS, [])
    with pytest.raises(OutOfRangeError, match=r"gateway\[0\]"):
        gateway_visible(LINKS, [4])


def test_users_spread_over_what_they_see():
    """Place 1 sees one satellite and goes first, then 3 (two in view), then 0."""
    assert rows_of(load_aware(LINKS)) == [[7], [2], [], [4]]
    assert rows_of(load_aware(links_of([(0, 500), (1, 900)], [(0, 500), (1, 900)]))) == [[0], [1]]
    heavy = load_aware(links_of([(0, 500), (1, 900)], [(0, 500), (1, 900)]), users=[1.0, 5.0])
    assert rows_of(heavy) == [[1], [0]]
    with pytest.raises(OutOfRangeError, match="users"):
        load_aware(LINKS, users=[1.0, -1.0, 1.0, 1.0])


@cache
def fleet():
    return Propagator.from_constellation(BASE.model_copy(update={"shells": (SHELL,)}), START)


@cache
def ground():
    rng = np.random.default_rng(7)
    return sites(rng.uniform(-55, 55, 12), rng.uniform(-180, 180, 12), np.zeros(12), 25.0)


@cache
def in_view(slot):
    time = START + np.timedelta64(int(slot * STEP_S), "s")
    place = fleet().positions_km([time])[0]
    return ground_links(
        ground(), observe(ground(), bounding_disc(ground().km), place, min_elevation_deg=25.0)
    )


def test_load_aware_is_never_more_uneven_than_the_nearest():
    for slot in range(0, 40, 7):
        links = in_view(slot)
        spread, near = (np.bincount(made(links).satellite).max() for made in (load_aware, nearest))
        assert spread <= near
        seen = np.diff(links.start) > 0
        assert np.array_equal(np.diff(load_aware(links).start), seen.astype(np.int64))


@cache
def kept():
    return dict(zip(range(200), chosen(range(200)), strict=True))


def chosen(slots):
    return longest_lasting(in_view, list(slots), step_s=STEP_S)


@pytest.mark.parametrize("slots", [range(200), range(90, 130), range(39, 41), [80], [119, 120, 40]])
def test_longest_lasting_links_do_not_depend_on_how_a_run_is_cut(slots):
    for slot, links in zip(slots, chosen(slots), strict=True):
        for name in ("start", "satellite", "range_km"):
            assert getattr(links, name).tobytes() == getattr(kept()[slot], name).tobytes()


def lasts(place, satellite, slot):
    """Slots that a satellite stays in view of a place from `slot` on, counted one by one, 80 at most."""
    count = 0
    while count < 80 and satellite in rows_of(in_view(slot + count))[place]:
        count += 1
    return count


def test_a_place_keeps_its_satellite_until_it_sets_and_takes_the_one_that_lasts_longest():
    handovers = 0
    for slot in range(40, 160):
        if slot % 40 == 0:
            continue  # a new epoch, see below
        for place, (before, now) in enumerate(
            zip(rows_of(kept()[slot - 1]), rows_of(kept()[slot]), strict=True)
        ):
            seen = rows_of(in_view(slot))[place]
            assert (len(now) == 1) == bool(seen)
            if before and before[0] in seen:
                assert now == before
            elif seen:
                handovers += 1
                assert lasts(place, now[0], slot) == max(lasts(place, each, slot) for each in seen)
    assert handovers > 20


def test_few_places_change_for_the_sake_of_an_epoch():
    """Chains of handovers that begin at different slots run into one another: over eight hours at most a
    tenth of the changes are of a satellite that had not set."""
    slots = range(80, 2_000)
    needless = changes = 0
    before = None
    for slot, links in zip(slots, chosen(slots), strict=True):
        now = rows_of(links)
        for place in range(12) if before else ():
            if before[place] and now[place] != before[place]:
                changes += 1
                needless += before[place][0] in rows_of(in_view(slot))[place]
        before = now
    assert changes > 500
    assert 0 < needless <= 0.1 * changes


def test_longest_lasting_changes_less_often_than_the_nearest():
    def changes(links):
        rows = [rows_of(each) for each in links]
        return sum(a[p] != b[p] for a, b in pairwise(rows) for p in range(12))

    near = changes(nearest(in_view(slot)) for slot in range(200))
    assert changes(kept()[slot] for slot in range(200)) < 0.6 * near


def test_two_links_of_the_longest_lasting_kind():
    rows = [rows_of(each) for each in longest_lasting(in_view, range(40, 60), step_s=STEP_S, count=2)]
    seen = [rows_of(in_view(slot)) for slot in range(40, 60)]
    assert all(
        len(now) == min(2, len(all_of))
        for a, b in zip(rows, seen, strict=True)
        for now, all_of in zip(a, b, strict=True)
    )


def test_policies_by_name():
    assert rows_of(next(choose("all", in_view, [3], step_s=STEP_S))) == rows_of(in_view(3))
    assert rows_of(next(choose("nearest", in_view, [3], step_s=STEP_S))) == rows_of(nearest(in_view(3)))
    assert rows_of(next(choose("longest-lasting", in_view, [41], step_s=STEP_S))) == rows_of(kept()[41])
    few = next(choose("gateway-visible", in_view, [3], step_s=STEP_S, gateway=[0, 1], count=1))
    assert rows_of(few) == rows_of(nearest(gateway_visible(in_view(3), [0, 1])))
    users = np.arange(12.0)
    spread = next(choose("load-aware", in_view, [3], step_s=STEP_S, users=users))
    assert rows_of(spread) == rows_of(load_aware(in_view(3), users))
    with pytest.raises(RaabtaError, match="no ground policy is called 'newest'; one of: all, nearest"):
        choose("newest", in_view, [3], step_s=STEP_S)


KUIPER = Shell(altitude_km=630.0, inclination_deg=51.9, planes=34, satellites_per_plane=34, phasing=17)
TELESAT = Shell(
    altitude_km=1_015.0, inclination_deg=98.98, planes=27, satellites_per_plane=13, phasing=0, pattern="star"
)


@pytest.mark.parametrize(
    ("shell", "min_elevation_deg", "true_deg"), [(KUIPER, 30.0, 25.2), (TELESAT, 10.0, -15.7)]
)
def test_hypatias_rule_lets_satellites_below_the_mask_count(shell, min_elevation_deg, true_deg):
    """On a sphere the elevation at the edge of h / sin(elevation) is 25.2 degrees for 30, -15.7 for 10."""
    whole = BASE.model_copy(update={"shells": (shell,)})
    place_km = Propagator.from_constellation(whole, START).positions_km([START])[0]
    rng = np.random.default_rng(5)
    longitude, sine = rng.uniform(-180, 180, 60), rng.uniform(-0.8, 0.8, 60)
    found = sites(np.degrees(np.arcsin(sine)), longitude, np.zeros(60), min_elevation_deg)
    altitude_km = shell_altitude_km(whole, place_km.shape[1])
    links = flat_earth_links(found.km, place_km, altitude_km, min_elevation_deg)
    limit_km = shell.altitude_km / np.sin(np.radians(min_elevation_deg))
    offset = place_km.T[None] - found.km[:, None]
    expected = np.linalg.norm(offset, axis=2) <= limit_km
    assert rows_of(links) == [np.flatnonzero(row).tolist() for row in expected]
    node = np.repeat(np.arange(60), np.diff(links.start))
    up = np.einsum("ex,ex->e", offset[node, links.satellite], found.basis[node, 2])
    lowest = np.degrees(np.arcsin(up / links.range_km)).min()
    assert lowest == pytest.approx(true_deg, abs=0.8), "places and satellites are some km off the sphere"
    true = ground_links(
        found, observe(found, bounding_disc(found.km), place_km, min_elevation_deg=min_elevation_deg)
    )
    assert all(set(a) <= set(b) for a, b in zip(rows_of(true), rows_of(links), strict=True))
    assert links.satellite.size > 1.2 * true.satellite.size


def test_hypatias_rule_wants_shells_and_an_elevation():
    whole = BASE.model_copy(
        update={"shells": (SHELL,), "geostationary": (GeostationarySlot(longitude_deg=0.0),)}
    )
    assert shell_altitude_km(whole, 529)[[0, 527, 528]].tolist() == [
        550.0,
        550.0,
        ground_policy.GEOSTATIONARY_KM,
    ]
    with pytest.raises(RaabtaError, match="528 satellites; the constellation has 529"):
        shell_altitude_km(whole, 528)
    with pytest.raises(RaabtaError, match="an orbits_file names none"):
        shell_altitude_km(whole.model_copy(update={"orbits_file": "a.tle"}), 529)
    with pytest.raises(OutOfRangeError, match="min_elevation_deg is 0"):
        flat_earth_links(np.ones((1, 3)), np.ones((3, 1)), np.ones(1), 0.0)


def test_a_satellite_without_a_position_is_in_nobodys_view():
    place_km = np.full((3, 2), np.nan)
    links = flat_earth_links(ground().km, place_km, np.full(2, 550.0), 25.0)
    assert links.satellite.size == 0 and links.start.tolist() == [0] * 13
