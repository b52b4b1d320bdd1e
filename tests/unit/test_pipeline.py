"""The whole flow on a small box near Quetta: any number of workers, resumed or not, the same bits."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import raabta.pipeline as pipeline
from raabta.base.bodies import EARTH
from raabta.base.errors import LimitError, OutOfRangeError, RaabtaError, ScenarioError, StoreError
from raabta.base.tables import CELL_RESULTS, CLASS_RESULTS, DAY, DISTRICT_RESULTS, SLOTS, check
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.provenance import environment, hash_of
from raabta.engine.verify import run_hash, verify
from raabta.network.constraints import CONSTRAINTS
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.orbits.propagate import Propagator
from raabta.scenario.loader import load, scenario_hash

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]
TOTALS = {
    "population", "households", "cells", "satellites", "steps", "underserved_households",
    "households_served", "households_reachable", "availability_share", "busy_hour_mbps",
    "rtt_propagation_ms", "throughput_gbps",
}  # fmt: skip


@pytest.fixture(scope="session")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    return load("pakistan", duration_s=600.0, step_s=15.0, outline_file=file)


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory):
    return pipeline.run(scenario, tmp_path_factory.mktemp("whole") / "run", workers=1, slots_per_chunk=10)


def test_workers_are_as_many_as_asked_but_never_more_than_chunks():
    assert pipeline.choose_workers(7, 3) == 3
    assert pipeline.choose_workers(1, 3) == 1
    assert pipeline.choose_workers(None, 1) == 1
    assert 1 <= pipeline.choose_workers(None, 1_000) <= 1_000


def test_workers_are_started_early_only_where_chunks_are_left_for_them(scenario, whole, tmp_path):
    assert pipeline._least_chunks(whole.folder, 40) == 0
    assert pipeline._least_chunks(tmp_path / "none", 40) == 1
    assert pipeline._least_chunks(tmp_path / "none", 241) == 2
    with Ledger.create_or_resume(tmp_path / "begun", pipeline.identity_of(scenario)) as ledger:
        ledger.plan(["slots-00000000-00000020", "slots-00000020-00000040"])
    assert pipeline._least_chunks(tmp_path / "begun", 40) == 2


def test_the_summary_says_what_the_issue_lists(whole):
    summary = whole.summary
    listed = {"schema_version", "scenario", "provenance", "totals", "binding_constraint_share"}
    assert listed | {"districts", "assumptions"} <= summary.keys()
    totals = summary["totals"]
    assert totals.keys() >= TOTALS
    assert list(totals["households_served"]) == ["25/3", "50/10", "100/20"]
    for served in totals["households_served"].values():
        assert served.keys() == {"low", "mid", "high"}
        assert served["low"] is None and served["high"] is None and served["mid"] >= 0.0
    assert totals["busy_hour_mbps"].keys() == {"p10", "p50", "p90"}
    assert totals["rtt_propagation_ms"].keys() == {"p50", "p95"}
    assert totals["throughput_gbps"].keys() == {"forward", "return"}
    assert (totals["steps"], totals["satellites"]) == (40, 1_000)
    shares = summary["binding_constraint_share"]
    assert shares.keys() == set(CONSTRAINTS)
    for part in ("weighted", "unweighted"):
        assert sum(share[part] for share in shares.values()) == pytest.approx(1.0)
    assert all(isinstance(line, str) for line in summary["assumptions"])
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_the_figures_agree_with_each_other(whole):
    totals, cells = whole.summary["totals"], whole.cells
    assert totals["cells"] == cells.sizes["cell"]
    assert totals["population"] == cells["population"].sum() > 500_000
    assert totals["households"] == whole.districts["households"].sum()
    mid = [served["mid"] for served in totals["households_served"].values()]
    assert cells["served_households"].sum("cell").values == pytest.approx(mid)
    assert whole.districts["served_households"].sum("district").values == pytest.approx(mid)
    assert whole.classes["served_households"].sum("terminal_class").values == pytest.approx(mid)
    assert np.all(cells["served_households"] <= cells["subscribers"] * (1 + 1e-9))
    assert totals["subscribers"] == pytest.approx(float(cells["subscribers"].sum()))
    assert totals["households_reachable"] == pytest.approx(float(cells["reachable_households"].sum()))
    assert 0.0 <= totals["availability_share"] <= 1.0
    assert totals["throughput_gbps"]["forward"] == pytest.approx(
        float(whole.day["forward_mbps"].mean() / 1e3)
    )


def test_results_keep_their_declared_form_and_round_trip(whole):
    again = pipeline.open_run(whole.folder)
    assert again.summary == whole.summary
    for name, table in (
        ("cells", CELL_RESULTS), ("districts", DISTRICT_RESULTS), ("day", DAY), ("classes", CLASS_RESULTS),
    ):  # fmt: skip
        check(getattr(again, name), table)
        xr.testing.assert_identical(getattr(whole, name), getattr(again, name))
    assert again.scenario == whole.scenario
    assert verify(whole.folder) == []


def test_slots_open_from_the_chunks(whole):
    slots = pipeline.open_slots(whole.folder)
    check(slots, SLOTS)
    assert slots.sizes == {"time": 40, "cell": whole.cells.sizes["cell"]}
    assert slots["down_mbps"].sum("cell").values == pytest.approx(whole.day["forward_mbps"].values, rel=1e-5)
    lit = slots["satellite"] >= 0
    assert lit.any() and bool((slots["rtt_ms"].notnull() == lit).all())
    assert float(slots["rtt_ms"].min()) >= 4e3 * lowest_pass_km(whole.scenario) / 299_792.458 - RTT_STEP_MS


def lowest_pass_km(scenario):
    """From the highest ground near Quetta, and no place lies farther from the Earth's centre than the equator
    does, to the lowest satellite of the run: its orbit's height is a mean."""
    start, times = scenario.time.start, np.arange(scenario.time.steps) * scenario.time.step_s
    fleet = Propagator.from_constellation(scenario.constellation, start, scenario.time.duration_s)
    at = np.datetime64(start.replace(tzinfo=None), "ns") + (times * 1e9).astype("timedelta64[ns]")
    return np.linalg.norm(fleet.positions_km(at), axis=1).min() - EARTH.equatorial_radius_km - 3.5


@pytest.mark.parametrize(("first", "last"), [(0, 40), (0, 1), (7, 23), (10, 20), (39, None)])
def test_a_part_of_the_slots_opens_as_that_part_of_the_whole(whole, first, last):
    part = pipeline.open_slots(whole.folder, first, last)
    xr.testing.assert_identical(part, pipeline.open_slots(whole.folder).isel(time=slice(first, last)))


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 3), (0, 41)])
def test_slots_that_the_run_does_not_have_are_refused(whole, first, last):
    with pytest.raises(OutOfRangeError, match=f"slots is {first} to {last}; valid: within 0 to 40"):
        pipeline.open_slots(whole.folder, first, last)


def test_more_slots_than_memory_is_good_for_are_refused_with_how_many_go(whole, monkeypatch):
    cells = whole.cells.sizes["cell"]
    monkeypatch.setattr(pipeline.store, "MOST_SLOT_BYTES", 17 * 17 * cells)
    with pytest.raises(LimitError, match=r"Read them in parts: .* with at most 17 slots"):
        pipeline.open_slots(whole.folder)
    assert pipeline.open_slots(whole.folder, 0, 17).sizes["time"] == 17


@pytest.mark.parametrize("workers", [2, 1])
def test_other_workers_and_a_run_broken_off_half_way_give_the_same_bits(scenario, whole, workers, tmp_path):
    class Stop(Exception):
        """Raised from the progress call, as an interruption would be."""

    def stop(what, done, total):
        if what == "simulating slots" and done == 20:
            raise Stop

    if workers == 1:
        with pytest.raises(Stop):
            pipeline.run(scenario, tmp_path / "run", workers=1, progress=stop, slots_per_chunk=10)
        assert len(list((tmp_path / "run" / "chunks").iterdir())) == 2
        with pytest.raises(StoreError, match="no finished run"):
            pipeline.open_run(tmp_path / "run")
    found = pipeline.run(scenario, tmp_path / "run", workers=workers, slots_per_chunk=10)
    assert run_hash(found.folder) == run_hash(whole.folder)
    assert (found.folder / "results.npz").read_bytes() == (whole.folder / "results.npz").read_bytes()
    assert found.summary == whole.summary


def test_a_horizon_file_of_zeros_changes_no_bit(scenario, whole, tmp_path):
    file = tmp_path / "horizons.csv"
    head = "latitude_deg,longitude_deg,azimuth_deg,elevation_deg"
    file.write_text("\n".join([head, *(f"30.2,67.0,{azimuth},0" for azimuth in range(0, 360, 30))]))
    area = scenario.area.model_copy(update={"horizon_file": str(file)})
    found = pipeline.run(
        scenario.model_copy(update={"area": area}), tmp_path / "run", workers=1, slots_per_chunk=10
    )
    assert run_hash(found.folder) == run_hash(whole.folder)
    for name in ("cells", "districts", "day", "classes"):
        xr.testing.assert_identical(getattr(found, name), getattr(whole, name))
    assert found.summary["totals"] == whole.summary["totals"]
    assert found.summary["provenance"]["scenario_hash"] != whole.summary["provenance"]["scenario_hash"]
    assert "Horizons of the cells by the user's file horizons.csv." in found.summary["assumptions"]


def test_districts_of_another_country_come_per_polygon(tmp_path):
    """Bhutan in two halves: results by polygon, sums as for the country in one piece."""
    halves = {"West": (88.0, 90.4), "East": (90.4, 93.0)}
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "province": "Druk"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[w, 26], [e, 26], [e, 29], [w, 29], [w, 26]]],
            },
        }
        for name, (w, e) in halves.items()
    ]
    file = tmp_path / "halves.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    plain = load("pakistan", duration_s=30.0, step_s=15.0)
    areas = [
        plain.area.model_copy(update={"country": "BTN"} | more)
        for more in ({}, {"districts_file": str(file)})
    ]
    one, two = (
        pipeline.run(plain.model_copy(update={"area": area}), tmp_path / f"run{k}", workers=1)
        for k, area in enumerate(areas)
    )
    assert one.districts["name"].values.tolist() == ["Bhutan"]
    assert two.districts["name"].values.tolist() == ["West", "East"]
    assert [row["province"] for row in two.summary["districts"]] == ["Druk", "Druk"]
    for column in ("population", "households", "rural_households", "underserved_households", "subscribers"):
        by_polygon, whole = two.districts[column].values, one.districts[column].values
        assert (by_polygon > 0.0).all() and by_polygon.sum() == pytest.approx(whole.sum(), rel=1e-12)
    side = np.where(two.cells["longitude_deg"].values <= 90.4, 0, 1)
    assert (two.cells["district"].values == side).all()
    assert two.summary["totals"]["population"] == one.summary["totals"]["population"]


def test_a_finished_folder_refuses_another_scenario(scenario, whole):
    other = scenario.model_copy(update={"seed": scenario.seed + 1})
    with pytest.raises(RaabtaError, match="another"):
        pipeline.run(other, whole.folder, workers=1)
    assert verify(whole.folder) == []


@pytest.mark.parametrize("changed", ["version", "environment", "scenario_hash", "in use"])
def test_a_refused_folder_is_refused_before_anything_is_computed(scenario, changed, tmp_path, monkeypatch):
    def nothing(*_):
        raise AssertionError("people were placed for a run that cannot be kept")

    monkeypatch.setattr(pipeline, "place_people", nothing)
    told = []
    wanted = {"scenario_hash": scenario_hash(scenario), "version": str(environment()["raabta"])}
    wanted |= {"seed": scenario.seed, "environment": hash_of(environment())}
    other = Identity(**(wanted | ({changed: "other"} if changed in wanted else {})))
    with Ledger.create_or_resume(tmp_path, other) as ledger:
        if changed != "in use":
            ledger.close()
        with pytest.raises(StoreError, match="is in use by" if changed == "in use" else "holds another run"):
            pipeline.run(scenario, str(tmp_path), progress=lambda *step: told.append(step))
    assert told == []


def test_explain_refuses_a_run_whose_outline_has_changed(scenario, tmp_path):
    area = tmp_path / "box.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    run = tmp_path / "run"
    pipeline.run(load("pakistan", duration_s=30.0, outline_file=area), run, workers=1)
    assert "A typical slot" in str(pipeline.explain(run, place="Quetta"))
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [[*BOX[:2], [67.5, 31.0], *BOX[3:]]]}))
    with pytest.raises(StoreError, match="a file that the scenario names, or raabta itself, has changed"):
        pipeline.explain(run, place="Quetta")


def test_results_are_read_without_the_files_that_they_were_made_from(scenario, tmp_path):
    from raabta.report import write

    area = tmp_path / "box.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    made = pipeline.run(load("pakistan", duration_s=30.0, outline_file=area), tmp_path / "run", workers=1)
    area.rename(tmp_path / "elsewhere.geojson")
    results = pipeline.open_run(tmp_path / "run")
    assert results.summary == made.summary and results.scenario == made.scenario
    assert pipeline.open_slots(tmp_path / "run").sizes["time"] == 2
    assert write(results, tmp_path / "report")["report.html"].is_file()
    with pytest.raises(StoreError) as caught:
        pipeline.explain(tmp_path / "run", place="Quetta")
    said = f"the run was made from {area}, which is not there any more. `raabta report` does not need it"
    assert said in str(caught.value)
    with pytest.raises(ScenarioError, match=r"no such file: .*\n(.*\n)*hint: put the file there"):
        load(tmp_path / "run" / "scenario.yaml")


def test_the_whole_country_holds_the_whole_census():
    cells, people = pipeline.place_people(load("pakistan"))
    sums = people.by_district()
    counted = ~people.districts.estimated
    assert np.array_equal(sums["population"], people.districts.population)
    assert np.array_equal(sums["households"], people.districts.households)
    assert counted.sum() == 136
    assert people.by_cell()["population"].sum() == people.districts.population.sum()
    assert people.districts.population[counted].sum() == 241_499_431
    assert cells.sizes["cell"] == people.cells > 3_000
