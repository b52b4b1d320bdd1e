"""A small sweep through the real command: half of its designs cannot be run, the others are."""

from __future__ import annotations

import csv
import json

import pytest

import raabta.pipeline as pipeline
from raabta.base.errors import LimitError
from raabta.cli.app import main
from raabta.engine.limits import Limits
from raabta.engine.verify import run_hash, verify
from raabta.scenario.loader import load
from raabta.study import sweep as room
from raabta.study.designs import designs, read_axes

BOX = [[66.9, 30.1], [67.2, 30.1], [67.2, 30.3], [66.9, 30.3], [66.9, 30.1]]
SEA = [[60.8, 20.0], [61.1, 20.0], [61.1, 20.2], [60.8, 20.2], [60.8, 20.0]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("sweep")
    for name, ring in (("box", BOX), ("sea", SEA)):
        (place / f"{name}.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return place


def command(folder, *more):
    return [
        "sweep", "pakistan", "--set", f"area.outline_file={folder}/box.geojson,{folder}/sea.geojson",
        "--set", "demand.take_up_share=0.05,0.2", "--duration", "1m", "--out", str(folder / "out"), *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def code(folder):
    return main(command(folder, "--workers", "2"))


@pytest.fixture
def rows(folder, code):
    with (folder / "out" / "sweep.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_table_has_a_row_for_each_design_those_that_failed_too(rows, code, folder):
    errors = [row["error"] for row in rows]
    assert [row["status"] for row in rows] == ["done", "done", "failed", "failed"], errors
    assert code == 2, errors
    assert [row["demand.take_up_share"] for row in rows] == ["0.05", "0.2", "0.05", "0.2"]
    assert all("nobody lives in the area" in row["error"] for row in rows[2:])
    assert all(row["households_served_25_3"] == "" for row in rows[2:])
    assert float(rows[1]["subscribers"]) == pytest.approx(4.0 * float(rows[0]["subscribers"]))
    shares = [float(value) for name, value in rows[0].items() if name.endswith("_share") and "." not in name]
    assert sum(shares) == pytest.approx(1.0 + float(rows[0]["availability_share"]))


def test_a_design_is_the_run_that_raabta_run_makes(rows, folder, tmp_path):
    settings = [f"area.outline_file={folder}/box.geojson", "demand.take_up_share=0.05"]
    alone = pipeline.run(load("pakistan", duration_s=60.0, settings=settings), tmp_path / "alone", workers=1)
    kept = folder / "out" / rows[0]["folder"]
    assert verify(kept) == []
    assert run_hash(kept) == run_hash(alone.folder)
    assert pipeline.open_run(kept).summary == alone.summary
    served = alone.summary["totals"]["households_served"]
    assert [float(rows[0][f"households_served_{plan.replace('/', '_')}"]) for plan in served] == [
        each["mid"] for each in served.values()
    ]


def test_json_says_the_same(rows, folder):
    content = json.loads((folder / "out" / "sweep.json").read_text())
    assert content["keys"] == ["area.outline_file", "demand.take_up_share"]
    assert [one["values"]["demand.take_up_share"] for one in content["designs"]] == [0.05, 0.2, 0.05, 0.2]
    for row, one in zip(rows, content["designs"], strict=True):
        assert (row["design"], row["status"], row["error"] or None) == (
            one["design"],
            one["status"],
            one["error"],
        )
        if one["status"] == "done":
            assert float(row["subscribers"]) == one["subscribers"]
            assert float(row["feeder_share"]) == one["binding_constraint_share"]["feeder"]


def test_the_same_command_reads_what_is_finished(rows, folder, capsys, monkeypatch):
    def nothing(*args):
        raise AssertionError("a finished design was run again")

    before = (folder / "out" / "sweep.csv").read_bytes()
    box = ["sweep", "pakistan", "--set", f"area.outline_file={folder}/box.geojson",
           "--set", "demand.take_up_share=0.05,0.2", "--duration", "1m",
           "--out", str(folder / "again")]  # fmt: skip
    (folder / "again").mkdir()
    for row in rows[:2]:
        name = row["design"].partition("_take_up")[2]
        (folder / "again" / f"take_up{name}").symlink_to(folder / "out" / row["folder"])
    monkeypatch.setattr(room, "pool_over", nothing)
    assert main(box) == 0
    shown = capsys.readouterr().out
    assert "0.05" in shown and "failed" not in shown and "Kept in" in shown
    assert (folder / "out" / "sweep.csv").read_bytes() == before
    again = (folder / "again" / "sweep.csv").read_text().splitlines()
    assert [line.split(",done,")[1].split(",take")[0] for line in again[1:]] == [
        line.split(",done,")[1].split(",outline")[0] for line in before.decode().splitlines()[1:3]
    ]


def test_a_sweep_that_takes_too_long_is_refused_as_a_whole(folder, tmp_path):
    """One design alone would pass the limit that four together do not."""
    axes = read_axes([f"area.outline_file={folder}/box.geojson", "seed=1,2,3,4"])
    found = designs(axes, lambda given: load("pakistan", duration_s=86_400.0, settings=given))
    alone_s = pipeline.estimate(found[0].scenario, tmp_path / "none", workers=1).seconds
    with pytest.raises(LimitError, match=r"the sweep of 4 designs: the job is refused before it starts"):
        room.sweep(axes, found, tmp_path / "out", workers=1, limits=Limits(seconds=2.0 * alone_s))
    assert not list((tmp_path / "out").rglob("*.chunk"))


def test_the_last_round_shares_the_workers_that_would_be_idle():
    axes = read_axes(["seed=1,2,3"])
    three = designs(axes, lambda given: load("pakistan", settings=given))
    shares = room._shares(three, 2, 2, None, Limits())
    assert [share.workers for share in shares.values()] == [1, 1, 2]
    assert [(share.limits.jobs, share.limits.at_once) for share in shares.values()] == [
        (3, 2),
        (3, 2),
        (1, 2),
    ]
    one = room._shares(three[:1], 1, 8, None, None)
    assert [(share.workers, share.limits) for share in one.values()] == [(8, None)]


def test_a_design_whose_process_dies_is_named_and_the_others_go_on(tmp_path, monkeypatch):
    from concurrent.futures.process import BrokenProcessPool

    def pool(task, names, workers, take, tick):
        for name in names:
            if name == "bad":
                raise BrokenProcessPool
            take(room.Told(name, {}))

    monkeypatch.setattr(room, "pool_over", pool)
    told: dict[str, room.Told] = {}
    task = room._Runs(tmp_path, {}, {}, None)
    room._run_all(task, ["a", "bad", "c"], 2, lambda one: told.update({one.name: one}), told, lambda: None)
    assert {name: one.error is None for name, one in told.items()} == {"a": True, "bad": False, "c": True}
    assert "its process died" in told["bad"].error
