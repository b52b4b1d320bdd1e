"""Failures of ways, against SciPy on a graph from which they were taken by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from way_scenarios import ways

from raabta.base.errors import ScenarioError
from raabta.engine.verify import run_hash
from raabta.network.mesh.timeline import CAUSES, PLACE_OUT, run_chunk, ways_at
from raabta.network.mesh.walking import walk
from raabta.orbits.satellites_out import satellites_out
from raabta.scenario.paths import PathScenario
from raabta.service.pairs.run import prepare, run
from raabta.service.pairs.way import track


def failing(*lines, **changed):
    scene = ways(**changed)
    return PathScenario.model_validate({**scene.model_dump(), "failures": lines})


def lengths(mesh, step, nodes=(), links=()):
    """Ways of all pairs by SciPy, without some nodes and some links (pairs of nodes)."""
    n, g = mesh.propagator.count, mesh.sites.count
    there = np.isfinite(step.km)
    node = np.repeat(np.arange(g), np.diff(step.links.start))
    lasers = np.repeat(np.arange(n), there.shape[1]).reshape(there.shape)[there]
    tail = np.concatenate([lasers, n + node, step.links.satellite])
    head = np.concatenate([step.lasers.neighbour[there], step.links.satellite, n + g + node])
    km = np.concatenate([step.km[there], step.links.range_km, step.links.range_km])
    real = [np.where(end >= n + g, end - g, end) for end in (tail, head)]
    keep = ~np.isin(real[0], nodes) & ~np.isin(real[1], nodes)
    for one, other in links:
        keep &= ~((real[0] == one) & (real[1] == other)) & ~((real[0] == other) & (real[1] == one))
    graph = csr_array((km[keep], (tail[keep], head[keep])), shape=(n + 2 * g, n + 2 * g))
    found = dijkstra(graph, indices=n + mesh.pairs[:, 0])
    return found[np.arange(len(mesh.pairs)), n + g + mesh.pairs[:, 1]]


def check(mesh, whole, nodes=(), links=()):
    """Every step of a mesh with failures equals SciPy on the whole mesh without what is out."""
    kept = run_chunk(mesh, range(4))["km"]
    for step in walk(whole, range(4)):
        theirs = lengths(whole, step, nodes, links)
        np.testing.assert_allclose(kept[step.number], theirs.astype(np.float32), rtol=0, atol=1e-3)
    return kept


@pytest.mark.parametrize("line", ["satellites:30%", "plane:1/3", "storm:1:15%", "satellite:17", "shell:1"])
def test_satellites_that_are_out_carry_nothing(line):
    scene = failing(line, steps=4)
    (mesh, _), (whole, _) = prepare(scene), prepare(ways(steps=4))
    out = satellites_out(scene.failures[0], scene.constellation, mesh.propagator.names, scene.seed)
    kept = check(mesh, whole, nodes=out)
    for step in walk(mesh, range(2)):
        assert not np.isin(step.links.satellite, out).any()
        assert not np.isfinite(step.km[out]).any()
        assert not np.isfinite(step.km[np.isin(step.lasers.neighbour, out)]).any()
    assert np.isinf(kept).all() if line == "shell:1" else np.isfinite(kept).any()


def test_lasers_that_are_out_are_those_and_no_others():
    whole, _ = prepare(ways(steps=4))
    names = whole.propagator.names
    other = int(whole.topology.table.neighbour[40, 2])
    mesh, _ = prepare(failing("laser:0-1", f"laser:{names[40]}-{names[other]}", steps=4))
    check(mesh, whole, links=[(0, 1), (40, other)])
    (ours,), (theirs,) = walk(mesh, [0]), walk(whole, [0])
    gone = np.isfinite(theirs.km) & ~np.isfinite(ours.km)
    assert gone.sum() == 4 and gone[[0, 1, 40, other]].any(axis=1).all()


def test_a_share_of_lasers_is_drawn_by_the_seed_and_both_ends_lose_them():
    whole, _ = prepare(ways(steps=1))
    found = {}
    for line in ("lasers:10%", "lasers:25%", "lasers:100%"):
        (step,) = walk(prepare(failing(line, steps=1))[0], [0])
        neighbour = step.lasers.neighbour
        s, k = np.nonzero((neighbour >= 0) & ~np.isfinite(step.km))
        found[line] = set(zip(s.tolist(), neighbour[s, k].tolist(), strict=True))
        assert found[line] == {(b, a) for a, b in found[line]}
    edges = whole.topology.edges.a.size
    assert [len(each) // 2 for each in found.values()] == [round(share * edges) for share in (0.1, 0.25, 1)]
    assert found["lasers:10%"] < found["lasers:25%"]
    (again,) = walk(prepare(failing("lasers:10%", steps=1, seed=7))[0], [0])
    other = np.argwhere((again.lasers.neighbour >= 0) & ~np.isfinite(again.km))
    assert {(int(a), int(again.lasers.neighbour[a, k])) for a, k in other} != found["lasers:10%"]


def test_lasers_that_are_matched_anew_are_out_with_that_chance():
    nearest = {"constellation": {"lasers": {"pattern": "nearest"}}}
    (step,) = walk(prepare(failing("lasers:30%", steps=1, **nearest))[0], [0])
    linked = step.lasers.neighbour >= 0
    assert 0.2 < (linked & ~np.isfinite(step.km)).sum() / linked.sum() < 0.4


def test_a_laser_is_acquired_again_after_it_was_out():
    lasers = {"constellation": {"lasers": {"pattern": "plus-grid", "acquisition_s": 60.0}}}
    mesh, _ = prepare(failing("laser:0-1@0-90", steps=8, **lasers))
    there = [bool(np.isfinite(step.km[0, 0])) for step in walk(mesh, range(8))]
    assert mesh.topology.table.neighbour[0, 0] == 1
    assert there == [False] * 5 + [True] * 3  # steps of 30 s: back at 90 s, acquired at 150 s


def test_a_place_that_is_out_has_no_way_and_says_why():
    mesh, places = prepare(failing("gateway:Quetta@30-90", steps=4))
    found = run_chunk(mesh, range(4))
    theirs = run_chunk(prepare(ways(steps=4))[0], range(4))
    own = (np.array(places.name)[mesh.pairs] == "Quetta, Pakistan").any(axis=1)
    assert (found["cause"][1:3, own] == PLACE_OUT).all() and CAUSES[PLACE_OUT] == "a place is out"
    kept = np.ones((4, own.size), bool)
    kept[1:3, own] = False
    np.testing.assert_array_equal(found["km"][kept], theirs["km"][kept])


def test_a_country_takes_its_towns_and_a_link_is_one_satellite_of_a_place():
    mesh, _ = prepare(failing("country:PAK", steps=1))
    assert [outage.who.tolist() for outage in mesh.place_outages] == [[2]]
    whole, _ = prepare(ways(steps=4))
    way = track(whole, None).legs[0].nodes
    mesh, _ = prepare(failing(f"link:London-{way[1]}", steps=4))
    check(mesh, whole, links=[(whole.propagator.count, way[1])])
    assert way[1] not in ways_at(mesh, next(walk(mesh, [0]))).next_node[:, whole.propagator.count]


def test_a_place_chooses_another_satellite_where_its_nearest_is_out():
    (first,) = walk(prepare(ways(steps=1, ground={"links": "nearest"}))[0], [0])
    lines = [f"satellite:{first.links.satellite[0]}"]
    (second,) = walk(prepare(failing(*lines, steps=1, ground={"links": "nearest"}))[0], [0])
    assert np.diff(second.links.start).tolist() == [1, 1, 1, 1]
    assert second.links.satellite[0] != first.links.satellite[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("gateway:Qetta", "did you mean 'Quetta'"),
        ("gateway:Quetta East Bypass", "London"),
        ("country:CAN", "known to lie in Canada; the towns lie in: Kenya, Pakistan"),
        ("laser:0-5", "has no laser to starlink-gen1-1-001-006; it has them to"),
        ("laser:0-0", "has no laser to"),
        ("laser:0-9999", "such as laser:starlink-gen1-1-001-001-"),
        ("laser:here", "write laser:A-B"),
        ("link:London-starlink", "no satellite's name stands at its end"),
        ("link:Londn-7", "did you mean 'London'"),
        ("satellite:starlink-gen1-1-025-001", "did you mean 'starlink-gen1-1-0"),
    ],
)
def test_what_is_not_there_is_refused_with_near_names(line, said):
    with pytest.raises(ScenarioError, match=said):
        prepare(failing(line, steps=1))


def test_a_run_with_failures_is_the_same_on_any_workers_and_chunks(tmp_path):
    scene = failing("satellites:20%@60-180", "lasers:10%", "gateway:Nairobi@90-", steps=9)
    run(scene, tmp_path / "one", workers=1, steps_per_chunk=2)
    run(scene, tmp_path / "two", workers=2, steps_per_chunk=2)
    run(scene, tmp_path / "three", workers=1, steps_per_chunk=9)
    assert run_hash(tmp_path / "one") == run_hash(tmp_path / "two")
    for name in ("pairs.csv", "outages.csv", "paths.json"):
        assert len({(tmp_path / each / name).read_bytes() for each in ("one", "two", "three")}) == 1


def test_the_notes_of_a_run_say_what_was_out(tmp_path):
    answer = run(failing("storm:1:30%", "lasers:5%", steps=1), tmp_path / "run", workers=1)
    assert answer.summary["notes"][:2] == [
        "Failure storm:1:30%: 158 of 528 satellites are out",
        "Failure lasers:5%",
    ]
