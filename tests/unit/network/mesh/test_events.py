"""Changes of the mesh from step to step: they add up, and their causes are the limits that were broken."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from raabta.access.visibility import bounding_disc, observe, sites
from raabta.network.mesh import events as rooms
from raabta.network.mesh.events import CAUSES, Events, Instant, ends, events, held_pairs
from raabta.network.mesh.ground_policy import nearest
from raabta.network.mesh.paths import GroundLinks, ground_links
from raabta.network.mesh.topology import Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.lasers import Lasers
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")
BASE = entry("galaxyspace-like").model
STAR = Shell(
    altitude_km=780.0, inclination_deg=86.4, planes=6, satellites_per_plane=11, phasing=3, pattern="star"
)
DELTA = Shell(altitude_km=550.0, inclination_deg=53.0, planes=12, satellites_per_plane=11, phasing=5)


def story(*shells, steps=12, step_s=60, **lasers):
    """Topology, names and instants of a constellation over four places."""
    whole = BASE.model_copy(update={"shells": shells, "lasers": Lasers(**lasers)})
    fleet = Propagator.from_constellation(whole, START)
    topology = Topology.of(whole, fleet)
    ground = sites(np.array([-30.0, 0.0, 24.9, 48.0]), np.array([10.0, 20.0, 67.0, 2.0]), np.zeros(4), 20.0)
    times = START + np.arange(steps) * np.timedelta64(step_s, "s")
    place = bounding_disc(ground.km)
    seen = [
        observe(ground, place, sky.position_km, min_elevation_deg=20.0)
        for sky in topology.skies(fleet, times)
    ]
    view = [ground_links(ground, each) for each in seen]
    chosen = [nearest(each) for each in view]
    return topology, fleet.names, list(rooms.instants(topology, fleet, times, chosen, view))


STORIES = {
    "polar": {"shells": (STAR,), "polar_cutoff_deg": 60.0},
    "range": {"shells": (STAR,), "max_range_km": 4_000.0},
    "grazing": {"shells": (DELTA,), "grazing_altitude_km": 450.0},
    "slew": {"shells": (STAR,), "seam": "closed", "max_slew_deg_s": 0.1},
    "matching": {"shells": (DELTA,), "pattern": "nearest"},
    "acquisition": {"shells": (DELTA,), "pattern": "nearest", "acquisition_s": 60.0},
}


@pytest.mark.parametrize("cause", STORIES)
def test_changes_add_up_and_name_the_limit(cause):
    given = dict(STORIES[cause])
    topology, _, instants = story(*given.pop("shells"), **given)
    held, found = set(held_pairs(instants[0].links).tolist()), set()
    for (_, after), changes in zip(pairwise(instants), events(topology, instants), strict=True):
        lasers = changes.kind == rooms.LASER
        key = (changes.one << 32) + changes.other
        gone, come = key[lasers & ~changes.up].tolist(), key[lasers & changes.up].tolist()
        assert set(gone) <= held and not set(come) & held
        held = (held - set(gone)) | set(come)
        assert held == set(held_pairs(after.links).tolist())
        assert (changes.time == after.time).all()
        found |= {CAUSES[each] for each in changes.cause[lasers]}
    assert cause in found
    assert found <= {cause, "matching", "grazing", "range", "acquisition"}


def test_a_polar_cutoff_ends_what_crosses_it():
    topology, _, instants = story(STAR, polar_cutoff_deg=60.0)
    for (before, after), changes in zip(pairwise(instants), events(topology, instants), strict=True):
        down = changes.one[
            (changes.kind == rooms.LASER) & ~changes.up & (changes.cause == CAUSES.index("polar"))
        ]
        other = changes.other[
            (changes.kind == rooms.LASER) & ~changes.up & (changes.cause == CAUSES.index("polar"))
        ]
        for a, b in zip(down, other, strict=True):
            was, now = (high(at, a) or high(at, b) for at in (before, after))
            assert now and not was


def high(at, satellite):
    place = at.sky.position_km[:, satellite]
    return abs(place[2]) > np.sin(np.radians(60.0)) * np.linalg.norm(place)


def test_ground_links_change_by_mask_or_by_handover():
    topology, _, instants = story(DELTA, STAR, terminals=4)
    seen = {"mask": 0, "handover": 0}
    for (before, after), changes in zip(pairwise(instants), events(topology, instants), strict=True):
        for e in np.flatnonzero(changes.kind == rooms.GROUND):
            at = before if changes.up[e] else after
            place, satellite = int(changes.one[e]), int(changes.other[e])
            view = at.in_view.satellite[at.in_view.start[place] : at.in_view.start[place + 1]]
            cause = CAUSES[changes.cause[e]]
            assert cause == ("handover" if satellite in view else "mask")
            seen[cause] += 1
    assert min(seen.values()) > 0


def test_a_lost_position_is_said():
    topology, _, instants = story(STAR, steps=2)
    place = instants[1].sky.position_km.copy()
    place[:, 5] = np.nan
    sky = instants[1].sky._replace(position_km=place)
    after = Instant(instants[1].time, sky, topology.at(*sky))
    changes = rooms.laser_events(topology, instants[0], after)
    own = (changes.one == 5) | (changes.other == 5)
    assert own.any() and {CAUSES[each] for each in changes.cause[own]} == {"position"}


def test_rows_are_told_in_words():
    topology, names, instants = story(STAR, polar_cutoff_deg=60.0)
    whole = Events.joined(events(topology, instants))
    rows = list(whole.rows(names, ("A", "B", "C", "D")))
    assert len(rows) == len(whole) > 20
    when, kind, one, other, way, cause = next(row for row in rows if row[5] == "polar")
    assert when.endswith("Z") and np.datetime64(when[:-1]) in [each.time for each in instants]
    assert (kind, way in ("up", "down"), cause) == ("laser", True, "polar")
    assert one in names and other in names
    assert {row[2] for row in rows if row[1] == "ground"} <= {"A", "B", "C", "D"}
    assert whole.time.tolist() == sorted(whole.time.tolist())


def test_nothing_changes_where_nothing_moves():
    topology, _, instants = story(DELTA, steps=1)
    same = instants[0]._replace(time=START + np.timedelta64(15, "s"))
    (changes,) = events(topology, [instants[0], same])
    assert len(changes) == 0
    assert len(Events.joined([])) == 0
    assert list(Events.none().rows(())) == []


def test_ends_of_a_pair():
    one, other = ends(np.array([(3 << 32) + 70_000]))
    assert (one.tolist(), other.tolist()) == ([3], [70_000])


def test_without_ground_links_only_lasers_are_told():
    topology, _, instants = story(STAR, steps=3, polar_cutoff_deg=60.0)
    bare = [each._replace(ground=None, in_view=None) for each in instants]
    assert not (Events.joined(events(topology, bare)).kind == rooms.GROUND).any()
    few = GroundLinks(np.array([0, 1]), np.array([4], np.int32), np.array([900.0]))
    first, last = (each._replace(ground=few, in_view=None) for each in instants[:2])
    assert not (next(events(topology, [first, last])).kind == rooms.GROUND).any()
