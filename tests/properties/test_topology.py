"""Whatever the shells: lasers go both ways, keep to their limits and never outnumber terminals."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.mesh.ground_policy import gateway_visible, load_aware, nearest
from raabta.network.mesh.paths import GroundLinks
from raabta.network.mesh.topology import Topology
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.lasers import Lasers, pattern_degree
from raabta.scenario.models import Shell

START = np.datetime64("2026-11-22", "ns")
BASE = entry("galaxyspace-like").model


@st.composite
def shells(draw):
    planes = draw(st.integers(1, 9))
    return Shell(
        altitude_km=draw(st.floats(400.0, 2_000.0)),
        inclination_deg=draw(st.floats(20.0, 120.0)),
        planes=planes,
        satellites_per_plane=draw(st.integers(1, 12)),
        phasing=draw(st.integers(0, planes - 1)),
        pattern=draw(st.sampled_from(["delta", "star"])),
    )


@st.composite
def constellations(draw):
    held = tuple(draw(st.lists(shells(), min_size=1, max_size=3)))
    between = draw(st.integers(0, 2)) if len(held) > 1 else 0
    nearest_ones = draw(st.booleans())
    least = 1 if nearest_ones else max(pattern_degree(shell, Lasers()) for shell in held)
    lasers = Lasers(
        pattern="nearest" if nearest_ones else "plus-grid",
        terminals=min(8, max(1, least + between + draw(st.integers(0, 2)))),
        between_shells=between,
        seam="auto" if nearest_ones else draw(st.sampled_from(["auto", "open", "closed"])),
        polar_cutoff_deg=draw(st.none() | st.floats(30.0, 80.0)),
        max_range_km=draw(st.none() | st.floats(500.0, 6_000.0)),
        max_slew_deg_s=draw(st.none() | st.floats(0.01, 1.0)),
        grazing_altitude_km=draw(st.floats(0.0, 300.0)),
    )
    data = {**BASE.model_dump(exclude={"lasers"}), "shells": held, "lasers": lasers}
    return type(BASE)(**data)


@settings(max_examples=40, deadline=None)
@given(constellations(), st.integers(0, 7_200))
def test_lasers_are_mutual_within_limits_and_within_terminals(constellation, second):
    fleet = Propagator.from_constellation(constellation, START)
    topology = Topology.of(constellation, fleet)
    sky = topology.sky(fleet, START + np.timedelta64(second, "s"))
    links = topology.at(*sky)
    s, k = np.nonzero(np.isfinite(links.km))
    other, km = links.lasers.neighbour[s, k], links.km[s, k]
    found = {(int(a), int(b)): x for a, b, x in zip(s, other, km, strict=True)}
    assert len(found) == s.size
    assert all(found.get((b, a)) == x for (a, b), x in found.items())
    assert np.isfinite(links.km).sum(axis=1).max() <= constellation.lasers.terminals
    assert not topology.verdicts(sky, s, other).any()
    assert (km <= (constellation.lasers.max_range_km or np.inf)).all()
    assert links.lasers.row_start[-1] == fleet.count and (np.diff(links.lasers.row_start) > 0).all()


@st.composite
def ground(draw):
    count = draw(st.lists(st.integers(0, 6), min_size=1, max_size=12))
    satellite = [s for each in count for s in draw(st.permutations(range(9)))[:each]]
    km = draw(st.lists(st.floats(500.0, 3_000.0), min_size=len(satellite), max_size=len(satellite)))
    return GroundLinks(np.cumsum([0, *count]), np.array(satellite, np.int32), np.array(km, np.float64))


def link_set(links):
    place = np.repeat(np.arange(links.start.size - 1), np.diff(links.start))
    return set(zip(place.tolist(), links.satellite.tolist(), links.range_km.tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(ground(), st.integers(1, 4))
def test_policies_choose_among_what_is_in_view(links, count):
    seen = np.diff(links.start)
    few, spread = nearest(links, count), load_aware(links)
    piped = gateway_visible(links, [0])
    assert link_set(few) <= link_set(links) and link_set(spread) <= link_set(links)
    assert link_set(piped) <= link_set(links)
    assert np.diff(few.start).tolist() == np.minimum(seen, count).tolist()
    assert np.diff(spread.start).tolist() == np.minimum(seen, 1).tolist()
    first = set(links.satellite[: links.start[1]].tolist())
    assert link_set(piped) == {link for link in link_set(links) if link[1] in first}
