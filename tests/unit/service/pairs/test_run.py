"""A question about ways as a run: equal to SciPy at every step, resumed, and the same however it is cut."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from way_scenarios import ways

from raabta.base import tables
from raabta.base.errors import LimitError, StoreError
from raabta.engine.limits import Limits
from raabta.engine.verify import run_hash, verify
from raabta.network.mesh.forwarding import states
from raabta.network.mesh.paths import path_nodes
from raabta.network.mesh.timeline import CAUSES, run_chunk, ways_at
from raabta.network.mesh.walking import Step, walk
from raabta.service.pairs.run import OUTAGES, PAIRS, SUMMARY, ask, chunk_keys, prepare, run, steps_of
from raabta.service.pairs.way import positions_km, track


def test_ways_equal_scipys_at_every_step() -> None:
    mesh, _ = prepare(ways(steps=4))
    kept = run_chunk(mesh, range(4))["km"]
    n, g = mesh.propagator.count, mesh.sites.count
    for step in walk(mesh, range(4)):
        there = np.isfinite(step.km)
        node = np.repeat(np.arange(g), np.diff(step.links.start))
        tail = np.concatenate(
            [
                np.repeat(np.arange(n), there.shape[1]).reshape(there.shape)[there],
                n + node,
                step.links.satellite,
            ]
        )
        head = np.concatenate([step.lasers.neighbour[there], step.links.satellite, n + g + node])
        km = np.concatenate([step.km[there], step.links.range_km, step.links.range_km])
        graph = csr_array((km, (tail, head)), shape=(n + 2 * g, n + 2 * g))
        theirs = dijkstra(graph, indices=n + mesh.pairs[:, 0])[
            np.arange(len(mesh.pairs)), n + g + mesh.pairs[:, 1]
        ]
        routes = ways_at(mesh, step)
        np.testing.assert_allclose(routes.km[mesh.place, mesh.source], theirs, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(kept[step.number], theirs.astype(np.float32))


def test_a_run_is_resumed_and_the_same_on_any_workers_and_chunks(tmp_path: Path) -> None:
    scenario = ways(steps=10, routing={"keep_states": True})
    whole = run(scenario, tmp_path / "one", workers=1, steps_per_chunk=3)
    with pytest.raises(KeyboardInterrupt):
        run(scenario, tmp_path / "two", workers=1, steps_per_chunk=3, progress=_stop_after(2))
    run(scenario, tmp_path / "two", workers=2, steps_per_chunk=3)
    run(scenario, tmp_path / "other-cut", workers=1, steps_per_chunk=7)
    assert run_hash(tmp_path / "one") == run_hash(tmp_path / "two") and verify(tmp_path / "two") == []
    for name in (PAIRS, OUTAGES, SUMMARY):
        told = {(tmp_path / folder / name).read_bytes() for folder in ("one", "two", "other-cut")}
        assert len(told) == 1, name
    rows = list(csv.DictReader(io.StringIO((tmp_path / "one" / PAIRS).read_text(encoding="utf-8"))))
    assert [row["rtt_median_ms"] for row in rows] == [str(v) for v in whole.pairs["rtt_median_ms"].values]
    assert json.loads((tmp_path / "one" / SUMMARY).read_text())["pairs"] == 6
    tables.check(whole.pairs, tables.PAIRS)
    tables.check(whole.outages, tables.OUTAGES)


def _stop_after(chunks: int):
    def tell(what: str, done: int, total: int) -> None:
        if what == "following ways" and done >= chunks:
            raise KeyboardInterrupt

    return tell


def test_states_are_those_of_every_step() -> None:
    mesh, _ = prepare(ways(steps=5, routing={"keep_states": True}))
    arrays = run_chunk(mesh, range(5))
    found = list(states(arrays))
    assert len(found) == 5
    for state, step in zip(found, walk(mesh, range(5)), strict=True):
        np.testing.assert_array_equal(state, ways_at(mesh, step).next_node)
    assert arrays["state_place"].size < 0.5 * 4 * found[0].size  # what is new, not the whole


def test_a_run_without_states_says_so() -> None:
    mesh, _ = prepare(ways(steps=1))
    with pytest.raises(StoreError, match="keep_states=true"):
        next(states(run_chunk(mesh, range(1))))


def test_a_folder_of_another_question_is_refused(tmp_path: Path) -> None:
    run(ways(steps=2), tmp_path / "run", workers=1)
    with pytest.raises(StoreError):
        run(ways(steps=3), tmp_path / "run", workers=1)


def test_a_job_beyond_its_limits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError):
        run(ways(steps=10), tmp_path / "run", workers=1, limits=Limits(seconds=0.5))
    assert not (tmp_path / "run").exists()


def test_pairs_without_a_way_name_the_cause() -> None:
    pole = {"name": "Pole", "latitude_deg": 89.0, "longitude_deg": 0.0}
    answer = ask(*prepare(ways(steps=3, ground={"cities": ["Quetta"], "stations": [pole]})))
    assert answer.outages["cause"].values.tolist() == [CAUSES[2]]
    assert answer.summary["steps_lost_to"][CAUSES[2]] == 3
    without = ask(*prepare(ways(steps=3, lasers=False, pairs=[["London", "Singapore"]])))
    assert without.outages["cause"].values.tolist() == ["no way"]
    assert without.summary["over_pairs"]["rtt_median_ms"] is None
    assert without.summary["pairs_never_connected"] == 1


def test_coming_down_in_between_never_lengthens_a_way() -> None:
    direct, relayed = (ask(*prepare(ways(steps=3, routing={"relay": relay}))) for relay in (False, True))
    assert (relayed.pairs["rtt_min_ms"].values <= direct.pairs["rtt_min_ms"].values + 1e-9).all()


def test_fewest_links_come_first_and_of_those_the_shortest() -> None:
    mesh, _ = prepare(ways(steps=2, routing={"shortest_by": "hops"}))
    n, (one, other) = mesh.propagator.count, mesh.pairs[0]
    for step in walk(mesh, range(2)):
        routes = ways_at(mesh, step)
        up, down = (dict(zip(*_seen(step, place), strict=True)) for place in (one, other))
        level, layers = up, 0
        while not set(level) & set(down):  # the shortest km to every satellite by just so many lasers
            after: dict[int, float] = {}
            for satellite, km in level.items():
                for k, beside in enumerate(step.lasers.neighbour[satellite].tolist()):
                    if beside >= 0:
                        after[beside] = min(after.get(beside, np.inf), km + step.km[satellite, k])
            level, layers = after, layers + 1
        best = min(level[satellite] + down[satellite] for satellite in set(level) & set(down))
        assert routes.km[mesh.place[0], n + one] == pytest.approx(best, abs=1e-6)
        assert len(path_nodes(routes, int(mesh.place[0]), int(n + one))) == layers + 3


def _seen(step: Step, place: int) -> tuple[list[int], list[float]]:
    own = slice(*step.links.start[place : place + 2])
    return step.links.satellite[own].tolist(), step.links.range_km[own].tolist()


@pytest.mark.parametrize("links", ["nearest", "longest-lasting", "load-aware"])
def test_policies_leave_a_place_one_satellite(links: str) -> None:
    mesh, _ = prepare(ways(steps=4, ground={"links": links}))
    for step in walk(mesh, range(4)):
        assert (np.diff(step.links.start) <= 1).all()
    cut = [run_chunk(mesh, [i])["km"][0] for i in range(4)]
    np.testing.assert_array_equal(np.array(cut), run_chunk(mesh, range(4))["km"])


def test_a_track_tells_the_way_whole() -> None:
    mesh, places = prepare(ways(steps=6).between("London", "Singapore"))
    found = track(mesh, places)
    assert sum(leg.steps for leg in found.legs) == 6
    assert [leg.first for leg in found.legs] == np.cumsum([0, *(leg.steps for leg in found.legs)])[
        :-1
    ].tolist()
    for leg in found.legs:
        names = [found.name(node) for node in leg.nodes]
        assert names[0] == "London, United Kingdom" and names[-1] == "Singapore, Singapore"
    kept = run_chunk(mesh, range(6))["km"][:, 0]
    np.testing.assert_array_equal(found.km.astype(np.float32), kept)
    at = positions_km(found)
    assert at.shape == (6, len(found.satellites), 3)
    leg = found.legs[0]
    place = {satellite: i for i, satellite in enumerate(found.satellites)}
    spots = [mesh.sites.km[0], *(at[0, place[node]] for node in leg.nodes[1:-1]), mesh.sites.km[1]]
    assert np.linalg.norm(np.diff(spots, axis=0), axis=1).sum() == pytest.approx(found.km[0], abs=1e-6)


def test_keys_hold_their_steps() -> None:
    keys = chunk_keys(10, 4)
    assert [step for key in keys for step in steps_of(key)] == list(range(10))
