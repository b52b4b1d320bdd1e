"""A question about ways as a Hypatia folder and back, as tables of edges, and as a graph."""

from __future__ import annotations

import builtins
import csv
import filecmp
from pathlib import Path

import hypatia_folders
import numpy as np
import pytest
import xarray as xr

from raabta.base import tables
from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, ScenarioError, StoreError
from raabta.network.mesh.hypatia_states import read_states
from raabta.network.mesh.timeline import ways_at
from raabta.network.mesh.walking import walk
from raabta.scenario.loader import load_any
from raabta.scenario.paths import PathScenario
from raabta.service.pairs.edges import edge_tables, graph, step_at, write_edges
from raabta.service.pairs.hypatia import write
from raabta.service.pairs.run import prepare

SHELL = "{altitude_km: 1200.0, inclination_deg: 60.0, planes: 10, satellites_per_plane: 11, phasing: 3}"
TEXT = f"""
schema_version: 1
kind: paths
name: small
time: {{start: 2026-11-22T01:02:03Z, duration_s: 90, step_s: 15}}
constellation: {{catalogue: galaxyspace-like, name: a b, shells: [{SHELL}], lasers: {{pattern: plus-grid}}}}
ground:
  cities: [London, Lahore, Singapore]
  stations: [{{name: "Top, of a hill", latitude_deg: 10.0, longitude_deg: -75.5, height_m: 2500.0}}]
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> PathScenario:
    file = tmp_path_factory.mktemp("scenario") / "small.yaml"
    file.write_text(TEXT, encoding="utf-8")
    found = load_any(file)
    assert isinstance(found, PathScenario)
    return found


@pytest.fixture(scope="module")
def written(scenario, tmp_path_factory):
    return write(scenario, tmp_path_factory.mktemp("written") / "folder")


def states_of(scenario):
    routing = scenario.routing.model_copy(update={"keep_states": True})
    mesh, _ = prepare(scenario.model_copy(update={"routing": routing}))
    return [(ways_at(mesh, step), step) for step in walk(mesh, range(scenario.time.steps))]


def test_who_reads_what_was_written_finds_the_same_states(written):
    again = load_any(written.folder, duration_s=90.0, step_s=15.0)
    read = list(read_states(written.states, written.satellites, written.places))
    assert [time_ns for time_ns, _ in read] == [15_000_000_000 * step for step in range(6)]
    for (_, state), (routes, _) in zip(read, states_of(again), strict=True):
        assert np.array_equal(state, routes.next_node)


def test_the_folder_says_what_the_scenario_does_up_to_its_digits(scenario, written):
    """Four decimals of a degree are 7 m along an orbit; a way goes over some ten of them."""
    again = load_any(written.folder, duration_s=90.0, step_s=15.0)
    same = total = 0
    for (one, _), (other, _) in zip(states_of(scenario), states_of(again), strict=True):
        assert np.array_equal(np.isfinite(one.km), np.isfinite(other.km))
        there = np.isfinite(one.km)
        assert np.abs(one.km[there] - other.km[there]).max() < 0.1
        same += (one.next_node == other.next_node).sum()
        total += one.next_node.size
    assert same / total > 0.99


def test_written_again_it_is_the_same_to_the_byte(written, tmp_path):
    again = load_any(written.folder, duration_s=90.0, step_s=15.0)
    other = write(again, tmp_path / "other")
    names = sorted(file.name for file in written.folder.iterdir() if file.is_file())
    assert len(names) == 5
    for name in names:
        if name != "description.txt":  # the slant range comes from the mean motion, which is rounded
            assert filecmp.cmp(written.folder / name, other.folder / name, shallow=False), name
    states = sorted(file.name for file in written.states.iterdir())
    assert len(states) == 12
    assert all(filecmp.cmp(written.states / n, other.states / n, shallow=False) for n in states)


def test_a_foreign_folder_keeps_its_list_its_rates_and_its_name(tmp_path):
    folder = hypatia_folders.small(tmp_path / "small")
    links = (folder / "isls.txt").read_text().splitlines()
    (folder / "isls.txt").write_text("\n".join(reversed(links)) + "\n")
    rates = "".join(f"{node},1,{node + 1:f}\n" for node in range(117))
    (folder / "gsl_interfaces_info.txt").write_text(rates)
    made = write(load_any(folder, duration_s=2.0), tmp_path / "made")
    assert (made.folder / "isls.txt").read_text().splitlines() == links[::-1]
    assert (made.folder / "gsl_interfaces_info.txt").read_text() == rates
    assert (made.folder / "tles.txt").read_text() == (folder / "tles.txt").read_text()
    assert (made.states / "gsl_if_bandwidth_0.txt").read_text().splitlines()[-1] == "116,0,117.000000"
    assert "min_elevation_deg" not in (made.folder / "description.txt").read_text()


def test_time_counts_from_the_epoch(tmp_path):
    from datetime import UTC, datetime

    folder = hypatia_folders.small(tmp_path / "small")
    later = datetime(2000, 1, 1, 0, 1, tzinfo=UTC)
    made = write(load_any(folder, start=later, duration_s=2.0), tmp_path / "made")
    assert sorted(f.name for f in made.states.glob("fstate*")) == [
        "fstate_60000000000.txt", "fstate_61000000000.txt"
    ]  # fmt: skip
    earlier = load_any(folder, start=datetime(1999, 12, 31, 23, tzinfo=UTC), duration_s=2.0)
    with pytest.raises(ScenarioError, match="the run starts before"):
        write(earlier, tmp_path / "none")
    assert [path.name for path in tmp_path.iterdir() if "none" in path.name] == []


def test_a_folder_that_holds_something_is_left_alone(scenario, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StoreError, match="is there already and not empty"):
        write(scenario, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_satellites_that_would_be_left_out_are_refused(tmp_path):
    folder = hypatia_folders.small(tmp_path / "small")
    lines = (folder / "tles.txt").read_text().split("\n")
    first = lines[3][:26] + "9000000" + lines[3][33:68]  # an orbit through the Earth
    lines[3] = first + str(sum(int(c) if c.isdigit() else c == "-" for c in first) % 10)
    (folder / "tles.txt").write_text("\n".join(lines))
    with pytest.raises(
        RaabtaError, match=r"1 of 110 objects left out.*numbers satellites as the orbits_file"
    ):
        prepare(load_any(folder))


def test_edges_are_the_lasers_and_the_ground_links_of_a_step(scenario):
    mesh, places = prepare(scenario)
    (step,) = walk(mesh, [2])
    (table,) = edge_tables(mesh, places, [2])
    tables.check(table, tables.EDGES)
    names = [*mesh.propagator.names, *places.name]
    known = {}
    for a, row in enumerate(step.lasers.neighbour.tolist()):
        for column, b in enumerate(row):
            if b > a and np.isfinite(step.km[a, column]):
                known[names[a], names[b]] = step.km[a, column]
    for place in range(len(places.name)):
        for link in range(step.links.start[place], step.links.start[place + 1]):
            pair = places.name[place], names[step.links.satellite[link]]
            known[pair] = step.links.range_km[link]
    rows = zip(*(table[name].values.tolist() for name in ("one", "other", "km")), strict=True)
    assert {(a, b): km for a, b, km in rows} == known
    assert set(table["time_s"].values.tolist()) == {30.0}
    assert np.allclose(table["delay_ms"], table["km"] / 299.792458)
    kinds = {
        (a, b, k)
        for a, b, k in zip(
            *(table[n].values.tolist() for n in ("one_kind", "other_kind", "kind")), strict=True
        )
    }
    assert kinds == {("satellite", "satellite", "laser"), ("place", "satellite", "ground")}


def test_ways_over_the_graph_of_networkx_are_ours(scenario):
    networkx = pytest.importorskip("networkx")
    found = graph(scenario, 45.0)
    routes, step = states_of(scenario)[3]
    satellites = len(step.lasers.neighbour)
    places = range(satellites, found.number_of_nodes())
    assert [found.nodes[node]["kind"] for node in (0, satellites)] == ["satellite", "place"]
    assert found.nodes[satellites]["name"] == "London, United Kingdom"
    for row, target in enumerate(places):
        held = found.subgraph([*range(satellites), target])  # places do not relay
        km = networkx.single_source_dijkstra_path_length(held, target, weight="km")
        ours = {node: routes.km[row, node] for node in range(satellites) if np.isfinite(routes.km[row, node])}
        assert km == pytest.approx(ours | {target: 0.0})


def test_edges_of_all_steps_go_into_one_file(scenario, tmp_path):
    steps, count = write_edges(scenario, tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert steps == 6 and len(rows) == count
    assert [*rows[0]] == [column.name for column in tables.EDGES.columns]
    assert sorted({float(row["time_s"]) for row in rows}) == [15.0 * step for step in range(6)]
    assert [path.name for path in tmp_path.iterdir()] == ["e.csv"]
    assert write_edges(scenario, tmp_path / "one.csv", 44.0)[0] == 1


def test_parquet_holds_the_same(scenario, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    count = write_edges(scenario, tmp_path / "e.parquet")[1]
    table = parquet.read_table(tmp_path / "e.parquet").to_pydict()
    mesh, places = prepare(scenario)
    known = xr.concat(list(edge_tables(mesh, places, range(6))), "edge")
    assert len(table["km"]) == count
    assert all(table[str(name)] == values.values.tolist() for name, values in known.data_vars.items())


def test_what_is_not_installed_is_said_with_how_it_is(scenario, tmp_path, monkeypatch):
    whole = builtins.__import__

    def without(name, *args, **more):
        if name.split(".")[0] in ("networkx", "pyarrow"):
            raise ImportError(name)
        return whole(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RaabtaError, match=r"pip install 'raabta\[bench\]'"):
        graph(scenario)
    with pytest.raises(StoreError, match="pip install pyarrow"):
        write_edges(scenario, tmp_path / "e.parquet")
    assert not list(tmp_path.iterdir())


def test_times_and_files_that_cannot_be(scenario, tmp_path):
    mesh, _ = prepare(scenario)
    assert [step_at(mesh, at_s) for at_s in (0.0, 14.9, 15.0, 89.9)] == [0, 0, 1, 5]
    for at_s in (-1.0, 90.0, float("nan")):
        with pytest.raises(OutOfRangeError):
            step_at(mesh, at_s)
    with pytest.raises(StoreError, match="cannot write"):
        write_edges(scenario, tmp_path / "no" / "e.csv", 0.0)
    time = scenario.time.model_copy(update={"duration_s": 86_400.0 * 30, "step_s": 1.0})
    with pytest.raises(LimitError, match="at most 20,000"):
        write_edges(scenario.model_copy(update={"time": time}), Path("e.csv"))
