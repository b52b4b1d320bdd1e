"""`--max-time`, `--max-memory` and `--yes` of the command."""

from __future__ import annotations

import json

import pytest

from raabta.base.errors import ScenarioError
from raabta.cli.app import main
from raabta.cli.limits import limits, size_bytes


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("16GB", 16e9), ("800MB", 8e8), ("1.5 GiB", 1.5 * 2**30), ("64kb", 64e3), ("2TB", 2e12)],
)
def test_sizes(text, wanted):
    assert size_bytes(text, "--max-memory") == wanted


@pytest.mark.parametrize("text", ["", "16", "GB", "-1GB", "0GB", "1e3GB", "16GBB", "nanGB", "9" * 40 + "GB"])
def test_what_is_no_size(text):
    with pytest.raises(
        ScenarioError, match=r"option --max-memory: '.*' is not a size\nhint: write a number with"
    ):
        size_bytes(text, "--max-memory")


def test_yes_lifts_them_but_they_must_be_sound():
    assert limits(None, None, True) is None
    assert limits("2h", "1GB", False).seconds == 7_200.0
    with pytest.raises(ScenarioError, match="is not a duration"):
        limits("soon", None, True)


def test_run_and_sweep_end_with_3_before_they_start(tmp_path, capsys):
    ring = [[66.9, 30.1], [67.2, 30.1], [67.2, 30.3], [66.9, 30.3], [66.9, 30.1]]
    box = tmp_path / "box.geojson"
    box.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    for command in (["run", "pakistan"], ["sweep", "pakistan", "--set", "seed=1"]):
        out = tmp_path / command[0]
        command += ["--set", f"area.outline_file={box}"]
        given = [
            *command,
            "--duration",
            "30d",
            "--start",
            "2026-11-22",
            "--max-memory",
            "300MB",
            "--out",
            str(out),
        ]
        assert main(given) == 3
        said = capsys.readouterr().err
        assert "refused before it starts: it would need about" in said and "(--max-memory)" in said
        assert not list(tmp_path.rglob("*.chunk"))


def test_too_many_designs_end_with_3(tmp_path, capsys):
    seeds = ",".join(map(str, range(101)))
    assert main(["sweep", "pakistan", "--set", f"seed={seeds}", "--out", str(tmp_path / "out")]) == 3
    assert "the sweep has 101 designs (101); allowed are 100" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_address_that_is_none_ends_with_2(tmp_path, capsys):
    for command in (["run", "pakistan"], ["sweep", "pakistan", "--set", "seed=1"]):
        assert main([*command, "--scheduler", "localhost:8786", "--out", str(tmp_path / "out")]) == 2
        assert "'localhost:8786' is not the address of a scheduler" in capsys.readouterr().err
