"""Hypatia's folders and states against its rules, restated here row by row."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.network.mesh.hypatia import (
    effective_mask_deg,
    files_of,
    laser_pairs,
    slant_range_km,
    station_name,
)
from raabta.network.mesh.hypatia_states import StateFiles, folder_name, read_states
from raabta.network.mesh.paths import NO_NODE, plus_grid
from raabta.network.mesh.topology import Topology, in_rows, table_of
from raabta.scenario.loader import load_any
from raabta.service.pairs.hypatia import stations_of
from raabta.service.pairs.run import prepare

SATELLITES, PLACES = 4, 3
PAIRS = np.array([[1, 3], [0, 1], [0, 2], [2, 3]])
"""Interfaces by the list: 0 -> 1: 0, 2: 1; 1 -> 3: 0, 0: 1; 2 -> 0: 0, 3: 1; 3 -> 1: 0, 2: 1."""
FIRST = np.array([[4, 0, 0, 2, -1, 1, 0], [-1, 5, -1, 1, 0, -1, 3], [2, 3, 6, 6, -1, 1, -1]], np.int32)


def scenario(text: str, tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        "schema_version: 1\nkind: paths\nname: s\ntime: {duration_s: 2, step_s: 1}\n"
        f"constellation: {{catalogue: galaxyspace-like, {text}}}\nground: {{cities: [London, Lahore]}}\n"
    )
    return load_any(file)


def state_files():
    return StateFiles(PAIRS, SATELLITES, PLACES, [1.0] * 4 + [2.0] * 3)


def test_interfaces_are_numbered_as_the_list_of_lasers_names_them():
    files = state_files().step(0, FIRST)
    assert files["fstate_0.txt"].splitlines() == [
        "0,4,4,2,0", "0,5,-1,-1,-1", "0,6,2,1,0",
        "1,4,0,1,0", "1,5,5,2,0", "1,6,3,0,0",
        "2,4,0,0,1", "2,5,-1,-1,-1", "2,6,6,2,0",
        "3,4,2,1,1", "3,5,1,0,0", "3,6,6,2,0",
        "4,5,0,0,2", "4,6,-1,-1,-1",
        "5,4,1,0,2", "5,6,1,0,2",
        "6,4,0,0,2", "6,5,3,0,2",
    ]  # fmt: skip
    assert files["gsl_if_bandwidth_0.txt"].splitlines() == [
        *(f"{node},2,1.000000" for node in range(4)),
        *(f"{node},0,2.000000" for node in range(4, 7)),
    ]


def test_later_states_say_what_changed_and_no_rates():
    files, after = state_files(), FIRST.copy()
    files.step(0, FIRST)
    after[0, 3], after[2, 4] = 1, 0
    assert files.step(10, after) == {"fstate_10.txt": "3,4,1,0,0\n4,6,0,0,2\n", "gsl_if_bandwidth_10.txt": ""}
    assert files.step(20, after)["fstate_20.txt"] == ""


def test_states_are_read_as_they_were_written(tmp_path):
    files, dice = state_files(), np.random.default_rng(7)
    states = [FIRST]
    for _ in range(6):
        after = states[-1].copy()
        row, node = dice.integers(0, 3), dice.integers(0, 4)
        after[row, node] = dice.choice([-1, *table_of(PAIRS, 4)[node]])
        states.append(after)
    for number, state in enumerate(states):
        for name, text in files.step(5 * number, state).items():
            (tmp_path / name).write_text(text)
    read = list(read_states(tmp_path, SATELLITES, PLACES))
    assert [time for time, _ in read] == [5 * number for number in range(7)]
    assert all(np.array_equal(state, known) for (_, state), known in zip(read, states, strict=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,4,4,2\n", r"fstate_0\.txt:1: '0,4,4,2' is no row"),
        ("0,4,4,2,0\n0,4,9,0,0\n", r"fstate_0\.txt:2: a node that is not there"),
        ("0,3,1,0,0\n", "a node that is not there"),
        ("0,4,-1,0,0\n", "is no row"),
    ],
)
def test_hostile_states_are_refused(tmp_path, text, message):
    (tmp_path / "fstate_0.txt").write_text(text)
    with pytest.raises(ScenarioError, match=message):
        list(read_states(tmp_path, SATELLITES, PLACES))


def test_a_folder_without_states_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="holds no fstate"):
        list(read_states(tmp_path, SATELLITES, PLACES))


def test_a_way_over_a_laser_that_is_not_listed_is_refused():
    wrong = FIRST.copy()
    wrong[0, 0] = 3
    with pytest.raises(ScenarioError, match="not in the list of lasers"):
        state_files().step(0, wrong)


def test_a_table_of_a_list_keeps_its_order():
    assert table_of(PAIRS, 5).tolist() == [[1, 2], [3, 0], [0, 3], [1, 2], [NO_NODE, NO_NODE]]
    assert table_of(np.empty((0, 2), np.int64), 2).tolist() == [[NO_NODE], [NO_NODE]]


def test_folder_names_are_whole_milliseconds():
    assert folder_name(0.1, 200.0) == "dynamic_state_100ms_for_200s"
    with pytest.raises(ScenarioError, match="no whole number of milliseconds"):
        folder_name(0.0105, 1.0)


def test_the_lasers_of_a_pattern_are_listed_once_and_rising(tmp_path):
    found = scenario("lasers: {pattern: plus-grid}", tmp_path)
    mesh, _ = prepare(found)
    pairs = laser_pairs(found, mesh.topology)
    table = mesh.topology.table.neighbour
    known = {(min(a, b), max(a, b)) for a, row in enumerate(table.tolist()) for b in row if b >= 0}
    assert [tuple(pair) for pair in pairs.tolist()] == sorted(known)
    assert np.array_equal(np.sort(table_of(pairs, len(table))), np.sort(table))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lasers: {pattern: nearest}", "lasers matched anew at every step"),
        ("lasers: {polar_cutoff_deg: 60}", "polar_cutoff_deg"),
        ("lasers: {acquisition_s: 30}", "acquisition_s"),
        ("lasers: {max_slew_deg_s: 1}", "max_slew_deg_s"),
        ("geostationary: [{longitude_deg: 38}]", "geostationary slots"),
    ],
)
def test_what_a_folder_cannot_say_is_refused(tmp_path, text, message):
    mesh, places = prepare(scenario(text, tmp_path))
    with pytest.raises(ScenarioError, match=message):
        files_of(mesh, stations_of(places))


def test_two_rules_for_ground_links_are_refused(tmp_path):
    found = scenario("name: x", tmp_path)
    ground = found.ground.model_copy(update={"max_range_km": 1_000.0})
    mesh, places = prepare(found.model_copy(update={"ground": ground}))
    with pytest.raises(ScenarioError, match="one rule for links to the ground"):
        files_of(mesh, stations_of(places))


def test_files_of_a_scenario(tmp_path):
    mesh, places = prepare(scenario("lasers: {pattern: plus-grid}", tmp_path))
    files = files_of(mesh, stations_of(places))
    assert files["ground_stations.txt"].startswith("0,London-(United-Kingdom),51.5")
    assert "min_elevation_deg=" in files["description.txt"]
    assert files["gsl_interfaces_info.txt"].splitlines()[-1] == f"{mesh.propagator.count + 1},1,1.000000"
    number, *_, x, y, z = files["ground_stations.txt"].splitlines()[1].split(",")
    assert number == "1" and 6_350e3 < np.sqrt(float(x) ** 2 + float(y) ** 2 + float(z) ** 2) < 6_379e3


def test_a_list_above_the_terminals_is_refused(tmp_path):
    (tmp_path / "isls.txt").write_text("0 1\n0 2\n0 3\n")
    system = load_any("pakistan").constellation
    lasers = {"pattern": "listed", "links_file": str(tmp_path / "isls.txt"), "terminals": 2}
    asked = type(system).model_validate({**system.model_dump(), "lasers": lasers})
    count = sum(shell.satellites for shell in system.shells)
    with pytest.raises(RaabtaError, match=r"satellite 0 has 3 lasers .* there are 2 terminals"):
        Topology.of(asked, count)


def test_names_carry_no_marks_of_the_files():
    assert station_name("New York City, United States") == "New-York-City-(United-States)"
    assert station_name(" Foz do Iguaçu ") == "Foz-do-Iguaçu"


def test_slant_range_and_mask_are_each_others_inverse():
    for altitude_km, elevation_deg in ((550.0, 25.0), (630.0, 30.0), (1_015.0, 10.0), (1_015.0, -5.0)):
        range_km = slant_range_km(altitude_km, elevation_deg)
        assert effective_mask_deg(altitude_km, range_km) == pytest.approx(elevation_deg, abs=1e-9)
    assert slant_range_km(550.0, 90.0) == pytest.approx(550.0)


def test_rows_of_a_list_are_planes_with_ahead_and_behind_first():
    grid = plus_grid(5, 7).neighbour
    pairs = np.array(sorted({(min(a, b), max(a, b)) for a, row in enumerate(grid.tolist()) for b in row}))
    found = in_rows(table_of(pairs[::-1], 35))
    assert found.row_start.tolist() == [0, 7, 14, 21, 28, 35]
    assert np.array_equal(found.neighbour[:, :2], grid[:, :2])
    assert np.array_equal(np.sort(found.neighbour), np.sort(grid))


def test_any_list_has_rows_that_hold_all():
    dice = np.random.default_rng(3)
    for count in (1, 2, 9, 300):
        a, b = dice.integers(0, count, (2, count))
        pairs = np.unique(np.sort(np.column_stack([a, b])[a != b], axis=1), axis=0).reshape(-1, 2)
        table = table_of(pairs, count)
        found = in_rows(table)
        assert np.array_equal(np.sort(found.neighbour), np.sort(table))
        assert (
            found.row_start[0] == 0 and found.row_start[-1] == count and (np.diff(found.row_start) > 0).all()
        )
