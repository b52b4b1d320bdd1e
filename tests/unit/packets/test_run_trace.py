"""From the slots of a run to a trace: gaps at handovers, rates of a home, and the nearest cell that asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from raabta import pipeline
from raabta.base.errors import ScenarioError, StoreError
from raabta.packets.run_trace import asking_cell, from_slots, refuse_other_end, trace_of_cell
from raabta.scenario.loader import load

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]


def slots(satellite: list[int], rtt_ms: list[float], gap_s: float = 0.1) -> Any:
    down = np.where(np.array(satellite) >= 0, 30.0, 0.0)
    return from_slots(np.array(satellite, float), down, down / 10, np.array(rtt_ms), 15.0, gap_s)


def test_a_slot_with_a_new_satellite_begins_with_a_gap_and_carries_as_much() -> None:
    found = slots([3, 3, 7], [10.0, 11.0, 12.0])
    assert found.time_s.tolist() == [0.0, 15.0, 30.0, 30.1]
    assert found.up.tolist() == [True, True, False, True]
    assert found.delay_ms.tolist() == [5.0, 5.5, 6.0, 6.0]
    carried = found.rate_mbps(True) * found.steps(45.0)
    assert carried[:2].tolist() == [450.0, 450.0] and carried[2:].sum() == pytest.approx(450.0, rel=1e-12)
    assert found.rate_mbps(False)[3] == pytest.approx(3.0 * 15.0 / 14.9)


def test_a_slot_without_a_satellite_is_a_gap_with_the_delay_of_before() -> None:
    found = slots([-1, 4, -1, 4], [np.nan, 10.0, np.nan, 14.0])
    assert found.time_s.tolist() == [0.0, 15.0, 15.1, 30.0, 45.0, 45.1]
    assert found.up.tolist() == [False, False, True, False, False, True]
    assert found.delay_ms.tolist() == [5.0, 5.0, 5.0, 5.0, 7.0, 7.0]
    nothing = slots([-1, -1], [np.nan, np.nan])
    assert not nothing.up.any() and nothing.delay_ms.tolist() == [0.0, 0.0]


def test_without_a_cost_of_handovers_there_are_no_gaps() -> None:
    found = slots([1, 2, 3], [10.0, 10.0, 10.0], gap_s=0.0)
    assert found.time_s.tolist() == [0.0, 15.0, 30.0] and found.up.all()
    assert found.rate_mbps(True).tolist() == [30.0] * 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    scenario = load("pakistan", duration_s=120.0, step_s=15.0, outline_file=file)
    return pipeline.run(scenario, tmp_path_factory.mktemp("run") / "run", workers=1, slots_per_chunk=3).folder


def test_a_place_of_a_run(folder: Path) -> None:
    results, stored = pipeline.open_run(folder), pipeline.open_slots(folder)
    number = int(results.cells["subscribers"].values.argmax())
    cell = f"{int(results.cells['h3'].values[number]):x}"
    whole, notes = trace_of_cell(folder, cell, of="cell")
    home, _ = trace_of_cell(folder, cell)
    seen = stored.isel(cell=number)
    served = seen["satellite"].values >= 0
    carried = whole.rate_mbps(True) * whole.steps(120.0)
    slot = (whole.time_s // 15.0).astype(int)
    assert np.bincount(slot, carried) == pytest.approx(15.0 * seen["down_mbps"].values, rel=1e-6)
    begins = whole.up & np.isin(whole.time_s, 15.0 * np.arange(8))
    assert 2.0 * whole.delay_ms[begins] == pytest.approx(seen["rtt_ms"].values[slot[begins]], abs=1e-3)
    same = (np.diff(seen["satellite"].values) == 0) & (np.diff(seen["gateway"].values) == 0) & served[1:]
    line = np.interp(whole.time_s / 15.0, np.arange(8), seen["rtt_ms"].values)
    inside = whole.up & np.append(same, False)[slot]
    assert inside.any() and 2.0 * whole.delay_ms[inside] == pytest.approx(line[inside], abs=0.2)
    assert served.any() and "whole cell" in notes[-1]
    mean_mbps = float((home.rate_mbps(True) * home.steps(120.0)).sum()) / 120.0
    assert mean_mbps == pytest.approx(float(results.cells["busy_hour_mbps"].values[number]), rel=5e-3)
    more, _ = trace_of_cell(folder, cell, estimate=True)
    assert more.delay_ms[more.up] - home.delay_ms[home.up] == pytest.approx(12.5, abs=1e-3)


def test_where_nobody_asks_the_nearest_cell_that_asks_stands_for_it(folder: Path) -> None:
    results = pipeline.open_run(folder)
    number = int(results.cells["subscribers"].values.argmax())
    assert asking_cell(results, number, "here") == (number, ())
    asks = results.cells["subscribers"].values.copy()
    asks[number] = 0.0
    results.cells["subscribers"].values[:] = asks
    other, notes = asking_cell(results, number, "Nowhere")
    assert other != number and asks[other] > 0.0
    assert "Nobody asks in the cell of Nowhere" in notes[0] and " km away" in notes[0]


def test_what_a_run_does_not_know_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no town or district of this run is called 'Queta'"):
        trace_of_cell(folder, "Queta")
    with pytest.raises(StoreError, match="no finished run"):
        trace_of_cell(tmp_path, "Quetta")
    with pytest.raises(ScenarioError, match="'London' is not an end of this run"):
        refuse_other_end("London")
