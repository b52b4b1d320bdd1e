"""A low constellation that leaves homes and a geostationary satellite that takes some, near Quetta."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import xarray as xr

import raabta.pipeline as pipeline
from raabta import rerun
from raabta.base.errors import StoreError
from raabta.base.tables import FALLBACK_RESULTS, SLOTS, check
from raabta.engine import chunks
from raabta.engine.ledger import Ledger
from raabta.engine.verify import run_hash, verify
from raabta.scenario.loader import load
from raabta.service import cut

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]
PLANS = ("25/3", "50/10", "100/20")


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    return load("pakistan-hybrid", duration_s=300.0, step_s=15.0, outline_file=file)


def run(scenario, folder, **more):
    return pipeline.run(scenario, folder, slots_per_chunk=10, **({"workers": 1} | more))


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory):
    """Two chunks of ten slots in each pass."""
    return run(scenario, tmp_path_factory.mktemp("whole") / "run")


@pytest.fixture(scope="module")
def alone(scenario, tmp_path_factory):
    """The first constellation without a fallback."""
    return run(scenario.model_copy(update={"fallback": None}), tmp_path_factory.mktemp("alone") / "run")


@pytest.fixture
def copy(whole, tmp_path):
    """A copy of the run that a test may damage."""
    shutil.copytree(whole.folder, tmp_path / "copy")
    return tmp_path / "copy"


def rows_of(folder):
    with Ledger.read(folder) as ledger:
        return {row.key: row.sha256 for row in ledger.rows()}


def file_of(folder, key):
    with Ledger.read(folder) as ledger:
        return folder / chunks.FOLDER / next(row.file for row in ledger.rows() if row.key == key)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def served(results):
    return np.array([results.summary["totals"]["households_served"][plan]["mid"] for plan in PLANS])


def test_the_first_pass_is_the_run_without_a_fallback(whole, alone):
    ours, theirs = rows_of(whole.folder), rows_of(alone.folder)
    assert {key: sha for key, sha in ours.items() if cut.pass_of(key) == cut.FIRST} == theirs
    assert sorted(set(ours) - set(theirs)) == [
        "fallback-00000000-00000010", "fallback-00000010-00000020",
    ]  # fmt: skip
    first = whole.summary["constellations"][0]
    assert first["households_served"] == dict(zip(PLANS, served(alone), strict=True))
    assert first["rtt_propagation_ms"] == alone.summary["totals"]["rtt_propagation_ms"]
    assert alone.fallback is None and "constellations" not in alone.summary


def test_the_fallback_is_offered_what_the_first_leaves_and_takes_some(whole, alone):
    left = alone.cells["subscribers"].values - alone.cells["served_households"].values[:, 0]
    fallback = whole.fallback
    assert fallback["offered_households"].values == pytest.approx(left, abs=1e-9)
    taken = fallback["served_households"].values
    assert np.all(taken <= fallback["offered_households"].values[:, None] * (1 + 1e-9))
    assert 100.0 < taken[:, 0].sum() < left.sum() / 2
    second = whole.summary["constellations"][1]
    assert second["households_asked"] == pytest.approx(left.sum())
    assert list(second["households_served"].values()) == pytest.approx(taken.sum(axis=0))
    check(fallback, FALLBACK_RESULTS)


def test_totals_add_up_and_no_home_counts_twice(whole, alone):
    total, taken = served(whole), whole.fallback["served_households"].values.sum(axis=0)
    assert total == pytest.approx(served(alone) + taken)
    assert whole.cells["served_households"].sum("cell").values == pytest.approx(total)
    assert whole.districts["served_households"].sum("district").values == pytest.approx(total)
    assert whole.classes["served_households"].sum("terminal_class").values == pytest.approx(total)
    by_district = [row["households_served_by_fallback"]["25/3"] for row in whole.summary["districts"]]
    assert sum(by_district) == pytest.approx(taken[0])
    homes = whole.cells["subscribers"].values[:, None]
    assert np.all(whole.cells["served_households"].values <= homes * (1 + 1e-9))
    totals, before = whole.summary["totals"], alone.summary["totals"]
    assert totals["subscribers"] == before["subscribers"] == pytest.approx(float(homes.sum()))
    assert totals["satellites"] == before["satellites"] + 1
    assert totals["availability_share"] > before["availability_share"]
    assert totals["rtt_propagation_ms"]["p95"] > 490.0 > totals["rtt_propagation_ms"]["p50"]
    carried = [part["throughput_gbps"]["forward"] for part in whole.summary["constellations"]]
    assert totals["throughput_gbps"]["forward"] == pytest.approx(sum(carried))
    traffic = [row["share_of_traffic"] for row in whole.summary["gateways"]]
    assert sum(traffic) == pytest.approx(1.0)
    assert [row["constellation"] for row in whole.summary["gateways"]] == [
        *["galaxyspace-like"] * 7, "paksat-mm1",
    ]  # fmt: skip


def test_a_home_that_moved_has_the_delay_and_the_chance_of_its_satellite(whole, alone):
    moved = whole.fallback["served_households"].values[:, 0]
    there = moved > 0.99 * whole.fallback["offered_households"].values
    asks = whole.cells["subscribers"].values > 0.0
    assert (there & asks).any()
    kept = alone.cells["served_households"].values[:, 0]
    share = (moved + kept)[there & asks] / whole.cells["subscribers"].values[there & asks]
    assert share == pytest.approx(1.0)
    better = whole.cells["availability_share"].values[there & asks]
    assert np.all(better > alone.cells["availability_share"].values[there & asks])
    assert np.all(whole.fallback["rtt_p50_ms"].values[there & asks] > 490.0)
    assert np.all(whole.cells["rtt_p50_ms"].values[there & asks] < 20.0)


def test_two_workers_give_the_same_bits(scenario, whole, tmp_path):
    found = run(scenario, tmp_path / "run", workers=2)
    assert rows_of(found.folder) == rows_of(whole.folder)
    assert (found.folder / "results.npz").read_bytes() == (whole.folder / "results.npz").read_bytes()


@pytest.mark.parametrize(
    ("stage", "at", "left"),
    [("admission of the fallback", 0, 2), ("simulating slots of the fallback", 10, 1)],
    ids=["between the passes", "in the second pass"],
)
def test_broken_off_and_resumed_it_gives_the_same_bits(scenario, whole, stage, at, left, tmp_path):
    class Stop(Exception):
        """Raised from the progress call, as an interruption would be."""

    def stop(what, done, total):
        if what == stage and done == at:
            raise Stop

    folder = tmp_path / "run"
    with pytest.raises(Stop):
        run(scenario, folder, progress=stop)
    assert [str(problem) for problem in verify(folder)] == [
        f"chunks: unfinished: {left} of 4 chunks are not computed (first: "
        f"fallback-000000{'00' if left == 2 else '10'}-000000{'10' if left == 2 else '20'}). "
        "Run the scenario again into this folder: it resumes"
    ]
    with pytest.raises(StoreError, match="no finished run"):
        pipeline.open_run(folder)
    run(scenario, folder, workers=2)
    assert verify(folder) == [] and run_hash(folder) == run_hash(whole.folder)
    assert (folder / "results.npz").read_bytes() == (whole.folder / "results.npz").read_bytes()


def test_results_are_read_back_as_they_were(whole):
    again = pipeline.open_run(whole.folder)
    assert again.summary == whole.summary and again.scenario == whole.scenario
    xr.testing.assert_identical(again.fallback, whole.fallback)
    xr.testing.assert_identical(again.classes, whole.classes)


def test_slots_of_both_passes_open(whole, alone):
    first, second = (pipeline.open_slots(whole.folder, fallback=flag) for flag in (False, True))
    check(second, SLOTS)
    assert first["satellite"].max() > 1 and second["satellite"].max() == 0
    both = first["down_mbps"].sum("cell").values + second["down_mbps"].sum("cell").values
    assert both == pytest.approx(whole.day["forward_mbps"].values, rel=1e-5)
    with pytest.raises(StoreError, match="has no fallback"):
        pipeline.open_slots(alone.folder, fallback=True)


def test_a_check_computes_both_passes_again(whole):
    found = rerun.check(whole.folder, workers=1)
    assert (found.chunks, found.of, found.differences, found.results) == (4, 4, (), True)
    assert rerun.check(whole.folder, sample=1, workers=1).chunks == 1


def test_a_check_names_a_changed_chunk_of_the_fallback(copy):
    key = "fallback-00000010-00000020"
    with Ledger.read(copy) as ledger:
        row = next(row for row in ledger.rows() if row.key == key)
    arrays = chunks.load(copy, row)
    arrays["rtt"][3, 0] += 1
    new = chunks.make(copy, key, lambda _: arrays)
    with Ledger.edit(copy) as ledger:
        ledger.commit(new)
    assert verify(copy) == []
    (line,) = rerun.check(copy, workers=1).differences
    assert line.startswith(f"chunk {key}: rtt: 1 of ") and line.endswith("differ, in slot 13")


def test_a_check_stops_where_the_fallback_rests_on_a_damaged_chunk(copy):
    flip(file_of(copy, "slots-00000000-00000010"))
    found = rerun.check(copy, workers=1)
    assert found.chunks == 2 and not found.results
    assert "is damaged or gone" in found.differences[0]
    assert found.differences[-1] == "the fallback, which depends on a damaged chunk, was not checked"


def test_damage_in_both_passes_is_repaired(copy, whole):
    for key in ("slots-00000000-00000010", "fallback-00000000-00000010"):
        flip(file_of(copy, key))
    flip(copy / "results.npz")
    found = rerun.repair(copy, workers=1)
    assert len(found.mended) == 3 and found.left == ()
    assert verify(copy) == [] and run_hash(copy) == run_hash(whole.folder)
    assert (copy / "results.npz").read_bytes() == (whole.folder / "results.npz").read_bytes()


def test_explain_tells_of_both(whole):
    cells = whole.cells["h3"].values
    number = int(whole.fallback["served_households"].values[:, 0].argmax())
    told = str(pipeline.explain(whole.folder, cell=f"{int(cells[number]):x}"))
    ours, theirs = whole.scenario.constellation.label, whole.scenario.fallback.constellation.label
    taken = float(whole.fallback["served_households"][number, 0])
    assert f"{theirs} {taken:,.1f})" in told
    assert f"A typical slot of {ours}" in told and f"A typical slot of {theirs}" in told
    assert "paksat-mm1" in told.lower()
    nobody = int(np.flatnonzero(whole.cells["subscribers"].values == 0.0)[0])
    told = str(pipeline.explain(whole.folder, cell=f"{int(cells[nobody]):x}"))
    assert f"{theirs} is offered no home of this cell" in told


def test_the_report_says_which(whole, tmp_path):
    from raabta.report import write

    files = write(whole, tmp_path / "report")
    page = files["report.html"].read_text()
    assert "By which constellation" in page and "Served by which" in page
    assert "Community Wi-Fi, fallback" in page and "Fallback: gateways" in page
    head = files["cells.csv"].read_text().splitlines()[0].split(",")
    assert {"fallback_offered_households", "fallback_served_households_25_3"} <= set(head)


def test_homes_of_some_slots_alone_count_both(scenario, tmp_path):
    """Where slots know nothing of each other those of a sample are those of the run."""
    none = {"handover_s": 0.0, "memory_strength": 0.0}
    second = scenario.fallback
    second = second.model_copy(update={"sharing": second.sharing.model_copy(update=none)})
    own = {"sharing": scenario.sharing.model_copy(update=none), "fallback": second}
    forgetful = scenario.model_copy(update=own)
    found = served(run(forgetful, tmp_path / "run"))
    assert pipeline.served_of(forgetful, list(range(20))) == pytest.approx(
        dict(zip(PLANS, found, strict=True))
    )


def test_the_estimate_covers_both_passes(scenario, whole, tmp_path):
    first = pipeline.estimate(scenario.model_copy(update={"fallback": None}), tmp_path / "none", workers=1)
    both = pipeline.estimate(scenario, tmp_path / "none", workers=1)
    assert both.disk_bytes > 1.5 * first.disk_bytes
    assert pipeline.estimate(scenario, whole.folder, workers=1).disk_bytes == 0.0


def test_a_first_that_serves_all_leaves_nobody(scenario, tmp_path):
    demand = scenario.demand.model_copy(update={"take_up_share": 1e-4})
    found = run(scenario.model_copy(update={"demand": demand}), tmp_path / "run")
    asked = found.summary["totals"]["subscribers"]
    assert asked > 0.0 and served(found)[0] == pytest.approx(asked)
    assert found.fallback["offered_households"].values.sum() == 0.0
    assert found.summary["constellations"][1]["households_served"]["25/3"] == 0.0
