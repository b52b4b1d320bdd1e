"""`raabta run --set KEY=VALUE`: typos, wrong values and folders at the boundary, and real runs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typos import mistyped

import raabta
from raabta.cli.app import main
from raabta.engine.ledger import Identity, Ledger
from raabta.scenario.loader import load, scenario_hash

BOX = [[66.8, 30.0], [67.5, 30.0], [67.5, 30.5], [66.8, 30.5], [66.8, 30.0]]


def _paths(node: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every path of a scenario's data to a value: gateways by name, terminals by class, others by number."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from _paths(value, (*above, key))
    elif isinstance(node, list) and node:
        for number, item in enumerate(node):
            named = item.get("name", item.get("terminal_class")) if isinstance(item, dict) else None
            yield from _paths(item, (*above, named or str(number)))
    else:
        yield above


def test_a_hundred_typos(capsys: pytest.CaptureFixture[str]) -> None:
    """One wrong letter in a real path: exit code 2 and one line with a suggestion, nearly always right."""
    dice = random.Random(20261122)
    paths = list(_paths(json.loads(load("pakistan").model_dump_json())))
    right = tried = 0
    while tried < 100:
        path = list(dice.choice(paths))
        at = dice.randrange(len(path))
        meant, wrong = path[at], mistyped(path[at], dice)
        if meant.isdecimal() or wrong.casefold() == meant.casefold():
            continue
        tried += 1
        typed = ".".join([*path[:at], wrong, *path[at + 1 :]])
        assert main(["run", "pakistan", "--set", f"{typed}=1"]) == 2, typed
        told = capsys.readouterr().err
        assert told.startswith("raabta: option --set: ") and told.count("\n") == 1, told
        assert "did you mean '" in told, told
        right += f"'{'.'.join(path)}'" in told.replace("[", ".").replace("]", "")
    assert right >= 90


def test_a_wrong_value_shows_the_text_under_a_caret(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "pakistan", "--set", "weather.statistic=annul"]) == 2
    assert capsys.readouterr().err == (
        "raabta: option --set: weather.statistic: should be 'annual' or 'worst-month', not \"annul\"\n"
        "    weather.statistic=annul\n"
        "                      ^\n"
        "hint: did you mean 'annual'?\n"
    )


def test_help_names_the_further_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--help"]) == 0
    shown = capsys.readouterr().out
    for words in ("--set KEY=VALUE", "--set weather.statistic=annual", "sharing.capacity_share=exclusive"):
        assert words in shown


def test_other_settings_are_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    held = load("pakistan", settings=["seed=5"])
    Ledger.create_or_resume(Path("o"), Identity(scenario_hash(held), "0", 5)).close()
    assert main(["run", "pakistan", "--set", "seed=6", "--out", "o"]) == 2
    assert "o holds a run of another scenario" in capsys.readouterr().err


def test_the_further_runs_that_the_help_names_have_less_rain_and_more_capacity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real run of a small box by the command, and the further runs that the help names."""
    monkeypatch.chdir(tmp_path)
    Path("box.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    always = ["--area", "box.geojson", "--duration", "3min", "--workers", "1", "--json"]
    served = {}
    for name, settings in {
        "worst": [],
        "alone": ["sharing.capacity_share=exclusive"],
        "equal": ["sharing.allocation=equal"],
        "annual": ["sharing.allocation=equal", "weather.statistic=annual"],
    }.items():
        options = [word for setting in settings for word in ("--set", setting)]
        assert main(["run", "pakistan", "--out", name, *always, *options]) == 0
        summary = json.loads(capsys.readouterr().out)
        served[name] = summary["totals"]["households_served"]["25/3"]["mid"]
        said = "".join(summary["assumptions"])
        assert all(setting in said for setting in settings)
    assert 0.0 < served["worst"] < served["alone"]
    # Where nothing is promised beforehand slots are shared alike, and milder rain takes less of them.
    rain = {
        name: float(raabta.open(Path(name)).cells["rain_outage_share"].sum()) for name in ("equal", "annual")
    }
    assert 0.0 < rain["annual"] < rain["equal"]
    assert load(Path("annual/scenario.yaml")).weather.statistic == "annual"
    assert load(Path("worst/scenario.yaml")).weather.statistic == "worst-month"
