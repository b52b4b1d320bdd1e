"""A kept run computed again, at the command: checked bit for bit, mended, refused, or run anew."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pytest

import raabta.pipeline as pipeline
from raabta import rerun
from raabta.cli.app import main
from raabta.engine import chunks, provenance
from raabta.engine.ledger import NAME, Ledger
from raabta.engine.verify import run_hash, verify
from raabta.scenario.loader import load

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Three chunks of ten slots over a few cells near Quetta."""
    folder = tmp_path_factory.mktemp("kept")
    area = folder / "box.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    scenario = load("pakistan", duration_s=450.0, step_s=15.0, outline_file=area)
    pipeline.run(scenario, folder / "run", workers=1, slots_per_chunk=10)
    return folder / "run"


@pytest.fixture
def run(whole, tmp_path):
    """A copy that a test may damage; the file of its area is shared and stays."""
    shutil.copytree(whole, tmp_path / "run")
    return tmp_path / "run"


def rows_of(folder):
    with Ledger.read(folder) as ledger:
        return ledger.rows()


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def tamper(folder, key, change):
    """Change the arrays of a chunk and record it as if the run had made it so: only computing again tells."""
    row = next(row for row in rows_of(folder) if row.key == key)
    arrays = chunks.load(folder, row)
    change(arrays)
    new = chunks.make(folder, key, lambda _: arrays)
    with Ledger.edit(folder) as ledger:
        ledger.commit(new)
    (folder / chunks.FOLDER / row.file).unlink()


def test_an_untouched_run_is_the_same_bits_and_stays_as_it_is(run, capsys):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert main(["rerun", "--check", str(run), "--workers", "1"]) == 0
    assert "every chunk and the results computed again, the same bits" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before


def test_a_changed_value_is_named_by_array_and_slot(run, capsys):
    def change(arrays):
        arrays["down"][[3, 7], 2] += 1
        arrays["visible"][0] += 1

    tamper(run, "slots-00000010-00000020", change)
    assert verify(run) == [], "every hash holds: the ledger was changed with the file"
    assert main(["rerun", "--check", str(run), "--workers", "1"]) == 2
    said = capsys.readouterr().err
    cells = pipeline.open_run(run).cells.sizes["cell"]
    wrong = "chunk slots-00000010-00000020"
    assert f"{wrong}: down: 2 of {10 * cells} values differ, in slots 13, 17" in said
    assert f"{wrong}: visible: 1 of {cells} values differ" in said
    assert said.count("chunk slots-") == 2


def test_a_sample_computes_only_so_many_chunks(run, capsys):
    def change(arrays):
        arrays["rtt"][0, 0] += 1

    tamper(run, "slots-00000020-00000030", change)
    assert main(["rerun", "--check", "--sample", "2", str(run), "--workers", "1"]) == 0
    assert "2 of 3 chunks computed again, the same bits" in capsys.readouterr().out
    assert main(["rerun", "--check", "--sample", "4", str(run)]) == 2
    assert "--sample is 4; valid: 1 to 3 chunks" in capsys.readouterr().err


def test_results_that_other_sums_gave_are_found(run, monkeypatch):
    code = pipeline.store.code_results
    monkeypatch.setattr(
        pipeline.store,
        "code_results",
        lambda results: code(replace(results, summary={**results.summary, "totals": 0})),
    )
    monkeypatch.setattr("raabta.service.bands.add_bands", lambda results, *_: results)
    found = rerun.check(run, workers=1)
    assert found.differences == ("results.npz: summed up from the same chunks it has other bits",)


def test_a_corrupt_chunk_is_named_and_repaired_to_the_same_bits(run, whole, capsys):
    row = rows_of(run)[1]
    flip(run / "chunks" / row.file)
    assert main(["verify", str(run)]) == 2
    said = capsys.readouterr().err
    assert f"chunks/{row.file}: its content is not what the run wrote" in said
    assert f"`raabta verify --repair {run}` computes chunks again" in said
    assert main(["rerun", "--check", str(run), "--workers", "1"]) == 2
    assert f"chunk {row.key}: chunks/{row.file} is damaged or gone" in capsys.readouterr().err
    assert main(["verify", "--repair", str(run)]) == 0
    assert f"chunks/{row.file} is mended, byte for byte what the run wrote" in capsys.readouterr().out
    assert (run / "chunks" / row.file).read_bytes() == (whole / "chunks" / row.file).read_bytes()
    assert verify(run) == [] and run_hash(run) == run_hash(whole)


def test_chunks_and_results_that_are_gone_are_repaired(run, whole, capsys):
    shutil.rmtree(run / "chunks")
    flip(run / "results.npz")
    assert main(["verify", "--repair", str(run)]) == 0
    assert capsys.readouterr().out.count("is mended") == 4
    assert (run / "results.npz").read_bytes() == (whole / "results.npz").read_bytes()
    assert verify(run) == []
    assert main(["verify", "--repair", str(run)]) == 0
    assert "every file is as it was written" in capsys.readouterr().out


def test_a_chunk_whose_bits_do_not_come_back_is_left_and_named(run, capsys):
    tamper(run, "slots-00000000-00000010", lambda arrays: arrays["rtt"].__iadd__(1))
    row = rows_of(run)[0]
    flip(run / "chunks" / row.file)
    assert main(["verify", "--repair", str(run)]) == 2
    assert f"chunks/{row.file}: its content is not what the run wrote" in capsys.readouterr().err
    found = rerun.check(run, sample=1, workers=1)
    assert "is damaged or gone, and computed again it has other bits" in found.differences[0]


def test_running_the_scenario_again_mends_a_chunk_of_the_right_size(run, whole):
    flip(run / "chunks" / rows_of(run)[2].file)
    pipeline.run(pipeline.store.read_scenario(run), run, workers=1)
    assert verify(run) == [] and run_hash(run) == run_hash(whole)


@pytest.mark.parametrize("command", [["rerun", "--check"], ["verify", "--repair"]])
def test_another_environment_is_refused_and_named(run, command, monkeypatch, capsys):
    flip(run / "chunks" / rows_of(run)[0].file)
    here = provenance.environment()
    for module in (pipeline, rerun):
        monkeypatch.setattr(module, "environment", lambda: {**here, "cpu": "another one", "numba": "9.9"})
    assert main([*command, str(run)]) == 2
    said = capsys.readouterr().err
    assert f"numba {here['numba']} (here 9.9)" in said and "(here another one)" in said
    assert "raabta rerun RUN --out DIR" in said


@pytest.mark.parametrize("command", [["rerun", "--check"], ["rerun", "--out", "new"]])
def test_a_file_that_is_gone_or_changed_is_refused(run, command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    area = tmp_path / "box.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    small = load("pakistan", duration_s=15.0, outline_file=area)
    pipeline.run(small, "small", workers=1)
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [[[67, 30], *BOX[1:4], [67, 30]]]}))
    if command[1] == "--check":
        assert main([*command, "small"]) == 2
        assert "a file that the scenario names has changed since the run" in capsys.readouterr().err
    area.unlink()
    assert main([*command, "small"]) == 2
    assert f"the run was made from {area}, which is not there any more" in capsys.readouterr().err


def test_rerun_into_another_folder_gives_the_same_bits(run, tmp_path, capsys):
    out = tmp_path / "new"
    assert main(["rerun", str(run), "--out", str(out), "--workers", "1"]) == 0
    assert f"Kept in {out}: " in capsys.readouterr().out
    assert (out / "results.npz").read_bytes() == (run / "results.npz").read_bytes()
    assert main(["rerun", str(run), "--out", str(run)]) == 2
    assert "is the run itself" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "give --check, or --out DIR"),
        (["--check", "--out", "x"], "give --check, or --out DIR"),
        (["--out", "x", "--sample", "1"], "--sample is for --check"),
    ],
)
def test_options_that_make_no_sense_are_refused(run, options, says, capsys):
    assert main(["rerun", str(run), *options]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["verify", "verify --repair", "report", "rerun --check", "rerun --out o", "explain --place Quetta"],
)
def test_a_folder_of_a_newer_schema_is_refused(run, command, capsys):
    connection = sqlite3.connect(run / NAME)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert main([*command.split(), str(run)]) == 2
    assert f"{run} was written by a newer raabta: its ledger has schema 99" in capsys.readouterr().err


def test_differences_name_what_is_there_alone_or_of_another_form():
    kept = {"a": np.zeros(3), "b": np.zeros((2, 3)), "down": np.arange(14.0).reshape(7, 2)}
    found = {"b": np.zeros((3, 2)), "c": np.zeros(1), "down": -kept["down"]}
    assert rerun.differences(kept, found, range(40, 47)) == [
        "a is kept alone",
        "b is float64 (3, 2), kept as float64 (2, 3)",
        "c is computed alone",
        "down: 14 of 14 values differ, in slots 40, 41, 42, 43, 44 and 2 more",
    ]
    assert rerun.differences(kept, dict(kept), range(40, 47)) == []
