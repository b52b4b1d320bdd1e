"""Lasers of a step against brute force, published lengths and small shells reckoned by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.network.mesh import lasers_over as over_module
from raabta.network.mesh import topology as topology_module
from raabta.network.mesh import topology_kernels as kernels
from raabta.network.mesh.lasers_over import lasers_over
from raabta.network.mesh.paths import NO_NODE, GroundLinks, plus_grid, route
from raabta.network.mesh.topology import (
    Topology,
    inertial_velocity_km_s,
    longest_laser_km,
    motif_lasers,
    nearest_place,
)
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.lasers import Lasers, Offset
from raabta.scenario.models import GeostationarySlot, Shell

START = np.datetime64("2026-11-22", "ns")
BASE = entry("galaxyspace-like").model
DELTA = Shell(altitude_km=550.0, inclination_deg=53.0, planes=12, satellites_per_plane=11, phasing=5)
STAR = Shell(
    altitude_km=780.0, inclination_deg=86.4, planes=6, satellites_per_plane=11, phasing=3, pattern="star"
)
TALL = Shell(altitude_km=1_200.0, inclination_deg=70.0, planes=6, satellites_per_plane=10, phasing=1)
ACROSS = (Offset(plane_step=1, place_step=0), Offset(plane_step=0, place_step=1))


def constellation(*shells, slots=(), **lasers):
    slots = tuple(GeostationarySlot(longitude_deg=degrees) for degrees in slots)
    changed = {"shells": shells, "geostationary": slots, "lasers": Lasers(**lasers)}
    return BASE.model_copy(update=changed)


@cache
def made(*shells, slots=(), **lasers):
    whole = constellation(*shells, slots=slots, **lasers)
    fleet = Propagator.from_constellation(whole, START)
    return Topology.of(whole, fleet), fleet


def links_at(*shells, minutes=0, **given):
    """Topology, its sky after some minutes, and its lasers there."""
    topology, fleet = made(*shells, **given)
    sky = topology.sky(fleet, START + np.timedelta64(minutes, "m"))
    return topology, sky, topology.at(*sky)


def pairs(links):
    """Lasers that hold as {(a, b): km}, both ways."""
    s, k = np.nonzero(np.isfinite(links.km))
    other = links.lasers.neighbour[s, k]
    return dict(zip(zip(s.tolist(), other.tolist(), strict=True), links.km[s, k].tolist(), strict=True))


EVERY = [
    ((DELTA,), {}),
    ((DELTA,), {"pattern": "motif", "motif": (*ACROSS, Offset(plane_step=2, place_step=-1)), "terminals": 6}),
    ((DELTA,), {"pattern": "motif", "motif": (Offset(plane_step=1, place_step=-1),), "terminals": 2}),
    ((DELTA,), {"pattern": "nearest", "terminals": 3}),
    ((STAR,), {"seam": "closed", "polar_cutoff_deg": 70.0}),
    ((STAR,), {"max_slew_deg_s": 0.05, "max_range_km": 4_000.0}),
    ((DELTA, STAR, TALL), {"between_shells": 2, "terminals": 6}),
    ((DELTA, TALL), {"pattern": "nearest", "terminals": 5, "between_shells": 2, "slots": (0.0, 90.0, 180.0)}),
]


@pytest.mark.parametrize(("shells", "given"), EVERY)
@pytest.mark.parametrize("minutes", [0, 37])
def test_lasers_go_both_ways_and_keep_to_every_limit(shells, given, minutes):
    topology, sky, links = links_at(*shells, minutes=minutes, **given)
    asked = Lasers(**{key: value for key, value in given.items() if key != "slots"})
    held = pairs(links)
    assert held and all(held.get((b, a)) == km for (a, b), km in held.items())
    assert np.isfinite(links.km).sum(axis=1).max() <= asked.terminals
    assert sum(np.isfinite(links.km).ravel()) == len(held), "no satellite is linked twice to another"
    place = sky.position_km
    for (a, b), km in held.items():
        assert km == pytest.approx(np.linalg.norm(place[:, a] - place[:, b]), rel=1e-12)
        assert km <= (asked.max_range_km or np.inf)
        assert least_height_km(place[:, a], place[:, b]) >= 80.0 - 1e-6
    _, some = np.array(list(held)), list(held)[:50]
    assert not topology.verdicts(sky, *zip(*some, strict=True)).any()


def least_height_km(a, b):
    """Least height of a segment above the mean sphere, by samples that are close enough to a metre."""
    share = np.linspace(0.0, 1.0, 20_001)[:, None]
    return np.linalg.norm(a + share * (b - a), axis=1).min() - 6_371.0087714


def matched_by_brute_force(topology, sky, labels, alike, free):
    """All pairs that hold, shortest first to the metre, then by numbers, while both have terminals free."""
    n = labels.size
    a, b = np.triu_indices(n, 1)
    wanted = (labels[a] == labels[b]) == alike
    a, b = a[wanted], b[wanted]
    holds = topology.verdicts(sky, a, b) == kernels.HELD
    a, b = a[holds], b[holds]
    km = np.linalg.norm(sky.position_km[:, a] - sky.position_km[:, b], axis=0)
    left, found = np.full(n, free), set()
    for e in np.lexsort((b, a, np.floor(1e3 * km + 0.5))):
        if left[a[e]] and left[b[e]]:
            left[a[e]] -= 1
            left[b[e]] -= 1
            found |= {(int(a[e]), int(b[e])), (int(b[e]), int(a[e]))}
    return found


@pytest.mark.parametrize("minutes", [0, 11, 50])
@pytest.mark.parametrize(
    "given",
    [{}, {"terminals": 1}, {"max_range_km": 1_500.0}, {"max_slew_deg_s": 0.1}, {"polar_cutoff_deg": 40.0}],
)
def test_nearest_is_what_sorting_all_pairs_gives(minutes, given):
    topology, sky, links = links_at(DELTA, TALL, minutes=minutes, pattern="nearest", **given)
    expected = matched_by_brute_force(topology, sky, topology.shell, True, given.get("terminals", 4))
    assert set(pairs(links)) == expected


@pytest.mark.parametrize("minutes", [0, 25])
def test_lasers_between_shells_are_what_sorting_all_pairs_gives(minutes):
    topology, sky, links = links_at(
        DELTA, STAR, TALL, minutes=minutes, terminals=6, between_shells=2, slots=(10.0,)
    )
    between = {(a, b) for a, b in pairs(links) if topology.shell[a] != topology.shell[b]}
    assert between == matched_by_brute_force(topology, sky, topology.shell, False, 2)
    within = {pair for pair in pairs(links) if pair not in between}
    assert within == set(pairs(links_at(DELTA, STAR, TALL, minutes=minutes, slots=(10.0,))[2]))


def test_a_satellite_without_a_position_has_no_laser():
    topology, sky, _ = links_at(DELTA, pattern="nearest")
    place = sky.position_km.copy()
    place[:, 17] = np.nan
    held = pairs(topology.at(place))
    assert held and not any(17 in pair for pair in held)
    gone = sky._replace(position_km=place)
    assert topology.verdicts(gone, [17, 1], [3, 2]).tolist()[0] == kernels.NO_POSITION


@pytest.mark.parametrize(("altitude_km", "published_km"), [(550.0, 5_014.0), (630.0, 5_440.0)])
def test_longest_lasers_as_published(altitude_km, published_km):
    """Bhattacherjee and Singla 2019; the same limit, to the metre, is where `at` lets a laser end."""
    longest = longest_laser_km(altitude_km, radius_km=6_371.0)
    assert longest == pytest.approx(published_km, abs=1.0)
    pair = Shell(altitude_km=550.0, inclination_deg=53.0, planes=1, satellites_per_plane=2)
    topology, _ = made(pair, terminals=1)
    radius = 6_371.0087714 + altitude_km
    exact = longest_laser_km(altitude_km)
    for km, holds in ((exact - 1e-3, True), (exact + 1e-3, False)):
        half = np.arcsin(0.5 * km / radius)
        place = radius * np.array([[np.cos(half), np.cos(half)], [np.sin(half), -np.sin(half)], [0.0, 0.0]])
        assert np.isfinite(topology.at(place).km).any() == holds


def test_plus_grid_takes_the_place_that_is_nearest_over_an_orbit():
    """Against the mean distance over an hour and a half; Starlink's first shell stands almost a place on."""
    for phasing, expected in ((0, 0), (5, 0), (20, 0), (50, -1), (65, -1)):
        shell = Shell(
            altitude_km=550.0, inclination_deg=53.0, planes=72, satellites_per_plane=22, phasing=phasing
        )
        assert nearest_place(shell) == expected
        mean_km = {}
        for step in (-1, 0, 1):
            table = motif_lasers(72, 22, phasing, (Offset(plane_step=1, place_step=step),), seam=True)
            km = [laser_lengths(shell, table[:, 0], minutes) for minutes in range(0, 95, 19)]
            mean_km[step] = np.mean(np.square(km))
        assert min(mean_km, key=mean_km.get) == expected


def laser_lengths(shell, other, minutes):
    _, fleet = made(shell)
    place = fleet.positions_km([START + np.timedelta64(minutes, "m")])[0]
    return np.linalg.norm(place - place[:, other], axis=0)


def test_plus_grid_as_a_motif_is_plus_grid():
    grid = plus_grid(12, 11, 5).neighbour
    motif = motif_lasers(12, 11, 5, ACROSS, seam=True)
    assert [set(row) for row in motif.tolist()] == [set(row) for row in grid.tolist()]
    open_seam = motif_lasers(12, 11, 5, ACROSS, seam=False)
    assert [set(row) for row in open_seam.tolist()] == [
        set(row) for row in plus_grid(12, 11, 5, seam=False).neighbour.tolist()
    ]


def test_a_motif_that_comes_round_to_one_satellite_links_it_once():
    table = motif_lasers(
        4, 6, 0, (Offset(plane_step=2, place_step=0), Offset(plane_step=0, place_step=3)), seam=True
    )
    for row in table.tolist():
        there = [other for other in row if other != NO_NODE]
        assert len(there) == len(set(there)) == 2


def test_a_star_pattern_has_no_laser_across_its_seam_unless_closed():
    first, last = set(range(11)), set(range(55, 66))
    for seam, wanted in (("auto", False), ("open", False), ("closed", True)):
        found = [
            {a in first and b in last for a, b in pairs(links_at(STAR, seam=seam, minutes=m)[2])}
            for m in (0, 9)
        ]
        assert all(any(each) == wanted for each in found)
    a, b = (
        {
            pair
            for pair in pairs(links_at(STAR, seam="closed", minutes=m)[2])
            if pair[0] in first and pair[1] in last
        }
        for m in (0, 9)
    )
    assert a != b, "they pass each other"


def test_polar_cutoff_ends_lasers_to_other_planes_alone():
    topology, sky, links = links_at(STAR, polar_cutoff_deg=60.0)
    free = links_at(STAR)[2]
    latitude = np.degrees(np.arcsin(sky.position_km[2] / np.linalg.norm(sky.position_km, axis=0)))
    high = np.abs(latitude) > 60.0
    gone = set(pairs(free)) - set(pairs(links))
    expected = {
        (a, b) for a, b in pairs(free) if topology.plane[a] != topology.plane[b] and (high[a] or high[b])
    }
    assert gone == expected and expected
    assert all(topology.verdicts(sky, *np.array(sorted(gone)).T) == kernels.POLAR)


def test_slew_is_the_turn_of_the_line_of_sight_in_the_orbits_axes():
    """Against angles of two instants a fifth of a second apart, in axes built from position and velocity; J2
    turns these by up to 1.5 J2 times the mean motion, 1.8e-6 rad/s, which the formula leaves out."""
    topology, fleet = made(DELTA, TALL, max_slew_deg_s=10.0)
    times = START + np.array([-600, -400, -100, 100, 400, 600]) * np.timedelta64(1_000_000, "ns")
    place = to_inertial(fleet.positions_km(times), np.array(MOMENTS))
    sky = topology._sky(*topology.sky(fleet, START))
    a, b = np.array([0, 3, 40, 131, 5]), np.array([1, 14, 51, 140, 180])
    out = np.empty(5)
    kernels.slews(sky, a, b, out)
    for e, (i, j) in enumerate(zip(a, b, strict=True)):
        rates = [turn(place, own, other) for own, other in ((i, j), (j, i))]
        assert out[e] == pytest.approx(max(rates), rel=2e-4, abs=1.8e-6)


MOMENTS = (-0.6, -0.4, -0.1, 0.1, 0.4, 0.6)


def to_inertial(position_km, seconds):
    """Earth-fixed positions (t, 3, n) turned to the axes of second 0."""
    angle = 7.292115e-5 * seconds
    out = position_km.copy()
    out[:, 0] = np.cos(angle)[:, None] * position_km[:, 0] - np.sin(angle)[:, None] * position_km[:, 1]
    out[:, 1] = np.sin(angle)[:, None] * position_km[:, 0] + np.cos(angle)[:, None] * position_km[:, 1]
    return out


def turn(place, own, other):
    """Rate (rad/s) at which `other` moves over the sky of `own`, from the two instants in the middle."""
    seen = []
    for t, (back, on) in ((2, (0, 4)), (3, (1, 5))):
        r = place[t, :, own]
        v = (place[on, :, own] - place[back, :, own]) / (MOMENTS[on] - MOMENTS[back])
        up = r / np.linalg.norm(r)
        across = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        axes = np.array([up, np.cross(across, up), across])
        line = place[t, :, other] - r
        seen.append(axes @ line / np.linalg.norm(line))
    return np.linalg.norm(np.cross(seen[0], seen[1])) / 0.2


def test_lasers_in_a_plane_do_not_turn_and_crossing_ones_do():
    topology, fleet = made(STAR, max_slew_deg_s=10.0)
    out = np.empty(2)
    kernels.slews(topology._sky(*topology.sky(fleet, START)), np.array([0, 0]), np.array([1, 60]), out)
    assert out[0] < 1e-5 < 1e-3 < out[1]


def test_velocity_is_that_of_a_frame_that_does_not_turn():
    """A geostationary satellite stands still over the Earth and moves at 3.0747 km/s."""
    place = np.array([[42_164.17], [0.0], [0.0]])
    velocity = inertial_velocity_km_s(place, place, place)
    assert velocity.ravel() == pytest.approx([0.0, 3.07466, 0.0], abs=1e-4)


def test_a_laser_under_acquisition_is_not_there_yet():
    """From the instants before, by sets of pairs; any order and any part of the times gives the same."""
    given = {"pattern": "nearest", "acquisition_s": 40.0}
    topology, fleet = made(DELTA, TALL, **given)
    assert topology.look_back_s == pytest.approx((40 / 3, 80 / 3, 40.0))
    times = START + np.arange(6) * np.timedelta64(40, "s")
    together = [pairs(links) for links in lasers_over(topology, fleet, times)]
    alone = [pairs(next(lasers_over(topology, fleet, [time]))) for time in times[::-1]][::-1]
    assert together == alone
    for time, found in zip(times, together, strict=True):
        instants = [time, *(time - np.timedelta64(round(back * 1e9), "ns") for back in topology.look_back_s)]
        every = [set(pairs(topology.at(*topology.sky(fleet, each)))) for each in instants]
        assert set(found) == set.intersection(*every)
        assert set(found) < every[0]


def test_without_acquisition_nothing_before_is_looked_at():
    topology, fleet = made(DELTA, acquisition_s=0.0)
    assert topology.look_back_s == ()
    links = next(lasers_over(topology, fleet, [START]))
    assert links.km.tobytes() == links_at(DELTA)[2].km.tobytes()


def test_a_constellation_without_lasers_has_none():
    whole = BASE.model_copy(update={"shells": (DELTA,), "lasers": None})
    links = Topology.of(whole, 132).at(links_at(DELTA)[1].position_km)
    assert links.km.shape == (132, 1) and np.isinf(links.km).all()


def test_rows_cover_the_satellites_and_are_planes():
    topology, _ = made(DELTA, STAR, slots=(1.0, 2.0))
    rows = topology.table.row_start
    assert rows.tolist() == [*range(0, 132, 11), *range(132, 198, 11), 198, 200]
    assert topology.shell.tolist() == [0] * 132 + [1] * 66 + [2] * 2


def test_wrong_positions_and_numbers_are_refused():
    with pytest.raises(RaabtaError, match="131 satellites; the constellation has 132"):
        Topology.of(constellation(DELTA), 131)
    topology, sky, _ = links_at(DELTA, max_slew_deg_s=1.0)
    with pytest.raises(RaabtaError, match=r"wanted: \(3, 132\)"):
        topology.at(sky.position_km.T)
    with pytest.raises(RaabtaError, match="give velocities"):
        topology.at(sky.position_km)
    with pytest.raises(OutOfRangeError, match="at least the grazing altitude, 80"):
        longest_laser_km(40.0)


def test_shells_without_lasers_between_them_have_no_way_and_with_them_scipys():
    """One place sees the lower shell alone, another the upper one; the way equals SciPy's to the last bit."""
    for between, reached in ((0, False), (1, True)):
        _, _, links = links_at(DELTA, TALL, terminals=4 + between, between_shells=between)
        ground = GroundLinks(np.array([0, 1, 2]), np.array([3, 150], np.int32), np.array([900.0, 1_500.0]))
        km = route(links.lasers, links.km, ground, [1]).km[0, 192]
        s, k = np.nonzero(np.isfinite(links.km))
        graph = csr_matrix((links.km[s, k], (s, links.lasers.neighbour[s, k])), shape=(192, 192))
        way = dijkstra(graph, indices=150)[3]
        assert np.isfinite(way) == np.isfinite(km) == reached
        if reached:
            outwards = csr_matrix(
                (np.r_[1_500.0, links.km[s, k]], (np.r_[192, s], np.r_[150, links.lasers.neighbour[s, k]])),
                shape=(193, 193),
            )
            assert km == dijkstra(outwards, indices=192)[3] + 900.0


def test_instants_held_together_or_one_by_one_give_the_same(monkeypatch):
    given = {"pattern": "nearest", "acquisition_s": 30.0, "max_slew_deg_s": 0.5}
    topology, fleet = made(DELTA, **given)
    times = START + np.arange(7) * np.timedelta64(15, "s")
    together = [pairs(links) for links in lasers_over(topology, fleet, times)]
    for module in (over_module, topology_module):
        monkeypatch.setattr(module, "MOST_POSITIONS", 1)
    assert [pairs(links) for links in lasers_over(topology, fleet, times)] == together
