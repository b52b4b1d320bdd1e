"""The registry is whole, and the command measures for real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from raabta.base.errors import ScenarioError
from raabta.bench import rows as registry
from raabta.bench.declare import Floor, Peer
from raabta.bench.page import PAGE, kept_results, page
from raabta.cli.app import main

ROOT = Path(__file__).parents[3]


def test_every_row_is_whole() -> None:
    names = [row.name for row in registry.ROWS]
    assert len(set(names)) == len(names)
    for row in registry.ROWS:
        assert row.work and row.unit and row.threads >= 1, row.name
        assert row.floor.rate > 0.0, f"{row.name} has no guard"
        if row.goal is not None:
            wanted = (row.goal.stretch, row.goal.reach)
            assert wanted[0] > wanted[1] if row.goal.of == "ratio" else wanted[0] < wanted[1], row.name


def test_names_choose_rows_and_families() -> None:
    assert [row.name for row in registry.chosen(["sgp4-eccentric"])] == ["sgp4-eccentric"]
    assert {row.name for row in registry.chosen(["sgp4"])} >= {"sgp4", "sgp4-2-threads"}
    assert not any(row.long for row in registry.chosen([]))


def test_a_wrong_name_is_told_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match=r"bench has no row 'sgp3'\nhint: did you mean 'sgp4'\?"):
        registry.chosen(["sgp3"])


def test_sgp4_is_measured_for_real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "seen.json"
    assert main(["bench", "sgp4", "--quick", "--repeats", "2", "--json", str(kept)]) in (0, 1)
    told = json.loads(kept.read_text(encoding="utf-8"))
    assert [row["name"] for row in told["rows"]] == [row.name for row in registry.chosen(["sgp4"])]
    for row in told["rows"]:
        assert row["difference"]["equal"] and 0.0 < row["difference"]["value"] <= 0.1
        assert row["ours"]["rate"] > row["peer"]["rate"], "slower than the package"
        assert row["ours"]["samples"] == 2
    shown = capsys.readouterr().out
    assert "M states/s" in shown and "largest distance" in shown and "guard" in shown


def test_an_unreachable_guard_ends_with_1_and_names_the_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = registry.chosen(["sgp4-eccentric"])
    fast = replace(row, quick_floor=Floor(1e9))
    monkeypatch.setattr(registry, "ROWS", (fast,))
    assert main(["bench", "sgp4-eccentric", "--quick", "--repeats", "1"]) == 1
    told = capsys.readouterr()
    assert "raabta: sgp4-eccentric: " in told.err and "the guard is 1e+09" in told.err
    assert "1 broken" in told.out


def test_the_list_names_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--list"]) == 0
    shown = capsys.readouterr().out
    assert [row.name for row in registry.ROWS if f"{row.name} " not in shown] == []


def test_a_wrong_name_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "nothing-like-it"]) == 2
    assert "--list" in capsys.readouterr().err


def test_the_page_is_what_the_kept_results_print() -> None:
    told = (ROOT / "docs" / "reference" / PAGE).read_text(encoding="utf-8")
    assert told == page(kept_results(ROOT / "benchmarks" / "results")), (
        "run `python -m raabta.bench.page benchmarks/results docs/reference`"
    )


def test_the_page_names_rows_that_no_kept_result_has_and_only_those() -> None:
    kept = kept_results(ROOT / "benchmarks" / "results")
    measured = {row["name"] for told in kept for row in told["rows"]}
    old = [row for row in registry.ROWS if row.name in measured]
    assert "without a kept result" not in page(kept, old)
    new = replace(old[0], name="brand-new", work="work nobody measured")
    told = page(kept, [*old, new]).partition("## Rows without a kept result\n\n")[2]
    assert told == "- `brand-new`: work nobody measured\n"


def test_the_weather_is_the_weather_of_itur() -> None:
    """Places over the whole Earth, at the recommendation's own cap of 5 %."""
    (row,) = registry.chosen(["weather"])
    case = row.case(True)
    assert case.same is not None and isinstance(case.peer, Peer)
    found = case.same(case.ours(), case.peer.run())
    assert found.equal and found.limit <= 1e-8
