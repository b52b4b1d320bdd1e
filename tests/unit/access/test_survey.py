"""The run behind `raabta coverage`: chunks, workers, resume, and what is written."""

import csv
import dataclasses
import json
from unittest.mock import Mock

import numpy as np
import pytest

from raabta import pipeline
from raabta.access import survey
from raabta.base.errors import OutOfRangeError, ScenarioError, StoreError
from raabta.cli.app import main
from raabta.engine import device
from raabta.engine.limits import Limits
from raabta.engine.verify import verify
from raabta.scenario.loader import load

SHELL = "constellation.shells=[{altitude_km: 550, inclination_deg: 53, planes: 6, satellites_per_plane: 5}]"


@pytest.fixture(scope="module")
def question():
    scenario = load("pakistan", duration_s=7_200.0, step_s=60.0, settings=(SHELL, "area.cell_resolution=3"))
    return survey.Question(scenario, levels=2)


def ask(question, folder, **options):
    return survey.run(question, folder, workers=1, **options)


def test_table_and_summary_hold_what_was_computed(question, tmp_path):
    answer = ask(question, tmp_path / "run")
    with (tmp_path / "run" / survey.TABLE).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(answer.cells.name) == answer.summary["cells"] > 50
    shares = np.array([float(row["share_at_least_1"]) for row in rows])
    np.testing.assert_array_equal(shares, answer.statistics.share_at_least[0])
    assert 0.0 < shares.mean() < 1.0
    gaps = np.array([float(row["longest_gap_s"]) for row in rows])
    assert (gaps % 60.0 == 0.0).all() and gaps.max() == answer.summary["longest_gap_s"]["most"]
    assert json.loads((tmp_path / "run" / survey.SUMMARY).read_text()) == answer.summary
    assert verify(tmp_path / "run") == []


def test_chunks_and_resumption_change_no_bit(question, tmp_path):
    whole = ask(question, tmp_path / "a")

    def stop(what, done, total):
        if what == "watching the sky" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(question, tmp_path / "b", steps_per_chunk=17, progress=stop)
    again = ask(question, tmp_path / "b", steps_per_chunk=17)
    assert again.summary == whole.summary
    for name in (survey.TABLE, survey.SUMMARY):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize("command", ["rerun --check", "verify --repair"])
def test_commands_for_runs_name_a_folder_of_coverage(question, tmp_path, capsys, command):
    ask(question, tmp_path / "run")
    for chunk in (tmp_path / "run" / "chunks").iterdir():
        chunk.write_bytes(b"damaged")
    assert main([*command.split(), str(tmp_path / "run")]) == 2
    assert "holds coverage, not a run" in capsys.readouterr().err


def test_the_folder_of_an_unfinished_coverage_is_named_and_taken_for_no_run(question, tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        ask(question, tmp_path, progress=Mock(side_effect=[None] * 3 + [KeyboardInterrupt]))
    assert not (tmp_path / survey.SUMMARY).exists()
    assert main(["rerun", "--check", str(tmp_path)]) == 2
    assert "holds coverage, not a run" in capsys.readouterr().err
    with pytest.raises(StoreError, match="kind is coverage, asked for run"):
        pipeline.run(question.scenario, tmp_path)


def test_another_question_is_refused_by_the_folder(question, tmp_path):
    ask(question, tmp_path / "run")
    with pytest.raises(StoreError, match="another run"):
        ask(survey.Question(question.scenario, levels=3), tmp_path / "run")


def test_a_year_past_the_earth_orientation_table_is_refused_before_it_starts(tmp_path, capsys):
    words = ["coverage", "pakistan", "--start", "2027-06-01", "--duration", "366d"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 2
    assert "move the start" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_is_refused(question, tmp_path):
    for wrong, text in (
        (survey.Question(question.scenario, levels=0), "levels"),
        (survey.Question(question.scenario, globe_cells=10**9), "cells of the globe"),
        (survey.Question(question.scenario, min_elevation_deg=95.0), "minimum elevation"),
    ):
        with pytest.raises(OutOfRangeError, match=text):
            ask(wrong, tmp_path / "run")


def test_the_command_prints_a_table_for_the_globe_and_keeps_it(tmp_path, capsys):
    words = ["coverage", "pakistan", "--duration", "30min", "--step", "60s", "--globe", "500", "--set", SHELL]
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "run")]) == 0
    told = capsys.readouterr().out
    assert "30 satellites over globe" in told and "longest gap" in told and "coverage.csv" in told
    assert main([*words, "--workers", "1", "--out", str(tmp_path / "run"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["satellites"] == 30 and summary["share_at_least"][0]["least"] == 0.0


def test_a_job_beyond_the_limits_is_refused_before_it_starts(tmp_path, capsys):
    words = ["coverage", "pakistan-starlink", "--duration", "300d", "--step", "1s", "--globe", "400000"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 3
    told = capsys.readouterr().err
    assert "refused before it starts" in told and "--max-time" in told and "--yes" in told
    assert not (tmp_path / "run").exists()


def test_the_estimate_is_of_the_size_of_what_was_measured():
    """A year at 60 s, 1,584 satellites over 3,527 cells took 78 s of one core."""
    scenario = load(
        "pakistan", duration_s=365 * 86_400.0, step_s=60.0, settings=("time.start=2026-10-01T00:00:00Z",)
    )
    found = survey.estimate(survey.Question(scenario), 3_527, 1_584, survey.chunk_keys(365 * 1_440), 1)
    assert 40.0 < found.seconds < 160.0
    assert found.memory_bytes < 2e9


def test_workers_elsewhere_take_no_memory_of_this_machine(question, tmp_path, monkeypatch):
    monkeypatch.setattr(survey.cluster, "refuse_unusable", lambda scheduler: 1_000)
    monkeypatch.setattr(survey, "run_chunks", ran := Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        ask(question, tmp_path, scheduler="dask://192.0.2.7:8786", limits=Limits(memory_bytes=2e9))
    assert ran.call_args.kwargs["scheduler"] == "dask://192.0.2.7:8786"


def test_more_workers_than_chunks_are_not_quicker(question):
    keys = survey.chunk_keys(120, 60)
    few, many = (survey.estimate(question, 10**6, 10**4, keys, count, elsewhere=True) for count in (2, 1_000))
    assert few == many
    assert survey.estimate(question, 10**6, 10**4, keys, 1, elsewhere=True).seconds > 1.5 * few.seconds


def test_a_run_that_goes_on_is_estimated_by_what_is_left(question, tmp_path, monkeypatch):
    def stop(what, done, total):
        if what == "watching the sky" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(question, tmp_path, steps_per_chunk=17, progress=stop)
    monkeypatch.setattr(survey, "estimate", asked := Mock(wraps=survey.estimate))
    ask(question, tmp_path, steps_per_chunk=17)
    assert asked.call_args.args[3] == survey.chunk_keys(120, 17)[3:]


def test_a_gpu_and_a_cluster_are_refused_together(question, tmp_path, monkeypatch, capsys):
    gpu = dataclasses.replace(question, device="gpu")
    with pytest.raises(ScenarioError, match="a cluster computes on processors"):
        ask(gpu, tmp_path / "run", scheduler="dask://192.0.2.7:8786")
    monkeypatch.setattr(device, "why_no_gpu", lambda: None)
    monkeypatch.setattr(device, "gpu_name", lambda: "a GPU")
    words = ["coverage", "pakistan", "--scheduler", "dask://192.0.2.7:8786", "--out", str(tmp_path / "run")]
    assert main([*words, "--device", "gpu"]) == 2
    assert "a cluster computes on processors" in capsys.readouterr().err
    monkeypatch.setattr(survey, "run", asked := Mock(side_effect=KeyboardInterrupt))
    assert main([*words, "--device", "auto"]) == 130
    assert asked.call_args.args[0].device == "cpu"
    assert "no GPU is used: a cluster computes on processors" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_workers_change_no_bit(question, tmp_path):
    answers = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        survey.run(question, folder, workers=workers, steps_per_chunk=25)
        answers.append([(folder / name).read_bytes() for name in (survey.TABLE, survey.SUMMARY)])
    assert answers[0] == answers[1]
