"""A pair of a run of ways as packets meet it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from way_scenarios import ways

from raabta.base.errors import ScenarioError, StoreError
from raabta.cli.app import main
from raabta.packets.pair_trace import trace_of_pair
from raabta.packets.trace import DELAY_STEP_MS, read_trace
from raabta.service.pairs.kept import _same
from raabta.service.pairs.run import prepare, run
from raabta.service.pairs.way import track

POLE = {"name": "Pole", "latitude_deg": 89.0, "longitude_deg": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ways") / "run"
    traffic = {"total_mbps": 600.0, "demand": "equal", "every_steps": 3}
    run(ways(steps=7, ground={"stations": [POLE]}, traffic=traffic), out, workers=1, steps_per_chunk=4)
    return out


def test_delay_is_lights_and_the_rate_is_the_flows(folder: Path) -> None:
    trace = trace_of_pair(folder, "Quetta", "London")
    assert set(trace.time_s.tolist()) >= {30.0 * i for i in range(7)} and trace.up.all()
    assert (trace.delay_ms > 5_000.0 / 299.792458).all() and (trace.delay_ms < 60.0).all()
    assert trace.forward_mbps == pytest.approx(60.0) and trace.return_mbps == pytest.approx(60.0)
    turned = trace_of_pair(folder, "London", "Quetta")
    np.testing.assert_array_equal(trace.delay_ms, turned.delay_ms)


def test_delays_move_on_while_the_way_is_the_same_and_jump_where_it_is_another(folder: Path) -> None:
    trace, scene = trace_of_pair(folder, "Quetta", "London"), ways(steps=7, ground={"stations": [POLE]})
    mesh, places = prepare(scene)
    pair = [[places.name[i].partition(",")[0] for i in each] for each in mesh.pairs].index(
        ["London", "Quetta"]
    )
    found = track(mesh, places, pair)
    at_s = np.arange(0.0, 180.0, 0.5)
    held = trace.delay_ms[np.searchsorted(trace.time_s, at_s, side="right") - 1]
    step = (at_s // 30.0).astype(int)
    leg = np.repeat(np.arange(len(found.legs)), [each.steps for each in found.legs])
    line = np.interp(at_s / 30.0, np.arange(7), found.km) / 299.792458
    steady = leg[step] == leg[step + 1]
    assert held[steady] == pytest.approx(line[steady], abs=DELAY_STEP_MS)
    assert held[~steady] == pytest.approx(found.km[step[~steady]] / 299.792458, abs=1e-4)
    assert steady.any() and np.abs(np.diff(trace.delay_ms)[np.diff(trace.time_s) < 30.0]).max() <= 0.0501


def test_without_a_way_nothing_passes(folder: Path) -> None:
    trace = trace_of_pair(folder, "London", "Pole", rate_mbps=5.0)
    assert not trace.up.any()


def test_a_rate_may_be_given_where_none_is_known(tmp_path: Path) -> None:
    run(ways(steps=2), tmp_path / "run", workers=1)
    with pytest.raises(ScenarioError, match="says nothing of rates"):
        trace_of_pair(tmp_path / "run", "London", "Quetta")
    assert trace_of_pair(tmp_path / "run", "London", "Quetta", 12.5).forward_mbps.tolist() == [12.5, 12.5]


def test_places_that_are_not_the_runs_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="'Paris' is no place of this scenario"):
        trace_of_pair(folder, "London", "Paris")
    with pytest.raises(StoreError, match="holds no finished run of ways"):
        trace_of_pair(tmp_path, "London", "Quetta")


def test_the_command_saves_the_trace(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "trace.csv"
    told = ["emulate", str(folder), "--from", "London", "--save", str(file)]
    assert main([*told, "--to", "Nairobi"]) == 0
    np.testing.assert_array_equal(
        read_trace(file).delay_ms, trace_of_pair(folder, "London", "Nairobi").delay_ms
    )
    assert main(told) == 2
    assert "a run of ways has no gateway" in capsys.readouterr().err


def test_a_run_that_does_not_say_whether_ways_are_the_same_holds_its_delays() -> None:
    arrays = {"km": np.full((4, 2), 900.0), "first_way": np.ones(2), "last_way": np.ones(2)}
    assert _same([arrays, arrays], 0).tolist() == [False] * 8
