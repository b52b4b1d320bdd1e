"""`raabta link` at the command: what is printed sums, sweeps are drawn, mistakes are told."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from raabta.cli.app import main

Out = pytest.CaptureFixture[str]
QUETTA = ["link", "--from", "Quetta", "--to", "paksat-mm1"]


def answer(capsys: Out, *more: str) -> Any:
    assert main([*QUETTA, "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_both_budgets_are_printed_and_their_marked_lines_sum(capsys: Out) -> None:
    assert main([*QUETTA, "--band", "ku"]) == 0
    shown = capsys.readouterr()
    assert "elevation 42.9 deg" in shown.out and "not public" in shown.err
    for part in shown.out.split("slant range")[1:]:
        marked = re.findall(r"│ \+ │[^│]+│\s*(-?[\d.,]+) │", part)
        (cn,) = re.findall(r"│ C/N +│\s*(-?[\d.]+) │", part)
        assert len(marked) >= 9
        assert sum(map(float, marked)) == pytest.approx(float(cn), abs=0.05)
    assert "Models: ITU-R P.618-14" in shown.out.replace("\n", " ")


def test_json_holds_the_lines_and_they_sum(capsys: Out) -> None:
    found = answer(capsys)
    assert list(found["budgets"]) == ["forward", "return"]
    for budget in found["budgets"].values():
        total = sum(line["value"] for line in budget["lines"] if line["sums"])
        assert total == pytest.approx(budget["cn_db"], abs=1e-9)
    assert found["models"]["total"].startswith("ITU-R P.618-14")
    assert "P.840-8" in found["models"]["cloud"] and "worst month" not in found["models"]
    assert found["to"]["one_way_ms"] == pytest.approx(125.3, abs=0.1)
    assert found["from"]["height_m"] == pytest.approx(1_700, abs=150)


def test_options_reach_the_budget(capsys: Out) -> None:
    plain = answer(capsys)
    only = answer(capsys, "--direction", "return")["budgets"]
    assert list(only) == ["return"] and only["return"] == plain["budgets"]["return"]
    assert answer(capsys, "--band", "ku") == plain
    narrow = answer(capsys, "--carrier", "4")["budgets"]["return"]
    assert narrow["cn_db"] - plain["budgets"]["return"]["cn_db"] == pytest.approx(9.54, abs=0.01)
    held = answer(capsys, "--power-control", "20")["budgets"]["return"]
    assert held["mode"] == plain["budgets"]["return"]["mode"]
    assert [line["sums"] for line in held["lines"] if line["name"] == "power control"] == [True]
    higher = answer(capsys, "--band", "ka")
    assert any("EIRP and G/T" in note for note in higher["notes"])
    assert higher["budgets"]["forward"]["cn_db"] < plain["budgets"]["forward"]["cn_db"]
    rare = answer(capsys, "--availability", "99.99", "--worst-month")
    assert "P.841" in rare["models"]["worst month"]
    assert rare["budgets"]["forward"]["cn_db"] < plain["budgets"]["forward"]["cn_db"]
    assert answer(capsys, "--terminal", "backhaul-ku")["terminal"] == "cell-site backhaul, 1.2 m, Ku"


@pytest.mark.parametrize(("quantity", "rows"), [("elevation", 18), ("rain", 16), ("frequency", 16)])
def test_a_sweep_is_printed_and_drawn(quantity: str, rows: int, capsys: Out, tmp_path: Path) -> None:
    file = tmp_path / "sweep.svg"
    to = ["link", "--from", "30.18,66.97", "--to", "galaxyspace-like", "--direction", "forward"]
    assert main([*to, "--sweep", quantity, "--out", str(file)]) == 0
    shown = capsys.readouterr().out
    assert f"Drawn in {file}" in shown.replace("\n", "")
    assert "▁" in shown and "█" in shown
    assert len(re.findall(r"(?m)^│ +\d", shown)) == rows
    drawn = ET.fromstring(file.read_text(encoding="utf-8"))
    assert len([one for one in drawn.iter() if one.tag.endswith("polyline")]) == 3
    assert main([*to, "--sweep", quantity, "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["sweep"]["points"]
    assert len(points) >= 47
    assert {"weather_db", "cn_db", "cinr_db", "mode", "rate_mbps"} == set(points[0]["forward"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "Qwetta"], "did you mean 'Quetta'?"),
        (["--to", "paksat-mm2"], "did you mean 'paksat-mm1'?"),
        (["--to", "karachi"], "one of: galaxyspace-like"),
        (["--terminal", "comunity"], "did you mean 'community'?"),
        (["--from", "Tokyo"], "below the horizon"),
        (["--frequency", "60"], "1 to 55 GHz (ITU-R P.618-14"),
        (["--to", "galaxyspace-like", "--elevation", "4"], "5 to 90 deg (ITU-R P.618-14"),
        (["--to", "galaxyspace-like", "--elevation", "nan"], "5 to 90 deg (ITU-R P.618-14"),
        (["--to", "galaxyspace-like", "--elevation", "91"], "5 to 90 deg (ITU-R P.618-14"),
        (["--frequency", "nan"], "1 to 55 GHz (ITU-R P.618-14"),
        (["--from", "91,0"], "-90 to 90 deg"),
        (["--to", "galaxyspace-like", "--from", "Oslo"], "orbits end at 40 deg"),
        (["--elevation", "30"], "stands still"),
        (["--availability", "99.9999"], "50 to 99.999 %"),
        (["--carrier", "0"], "must be more than 0"),
        (["--cloud-maps", "no/such/maps"], "there are no cloud maps here"),
        (["--power-control", "41"], "0 to 40 dB"),
        (["--out", "x.svg"], "give --sweep"),
        (["--sweep", "rain", "--out", "x.png"], "ends in .svg"),
        (["--sweep", "rain", "--out", "no/such/x.svg"], "there is no folder"),
    ],
)
def test_a_mistake_is_told_and_ends_with_2(options: list[str], message: str, capsys: Out) -> None:
    given = dict(zip(QUETTA[1::2], QUETTA[2::2], strict=True)) | dict(
        zip(options[::2], options[1::2], strict=True)
    )
    assert main(["link", *(word for pair in given.items() for word in pair)]) == 2
    shown = capsys.readouterr()
    assert message in shown.err and "Traceback" not in shown.err
    assert shown.out == ""


def test_the_hop_of_a_gateway_joins_a_transparent_payload(capsys: Out) -> None:
    """26.9 dB up to the satellite and 25.7 dB down, as in `pakistan-paksat`, beside links of 16 and 4 dB."""
    alone, joined = answer(capsys), answer(capsys, "--via", "karachi")
    assert any("left out here" in note for note in alone["notes"])
    assert any("26.9 dB up to the satellite, 25.7 dB down" in note for note in joined["notes"])
    for way in ("forward", "return"):
        one, both = alone["budgets"][way], joined["budgets"][way]
        assert both["cn_db"] == one["cn_db"]
        names = [line["name"] for line in both["lines"]]
        assert "C/N, both hops" in names and "C/N, both hops" not in [line["name"] for line in one["lines"]]
        assert both["cinr_db"] < one["cinr_db"]
    lost_db = alone["budgets"]["forward"]["cinr_db"] - joined["budgets"]["forward"]["cinr_db"]
    assert lost_db == pytest.approx(0.28, abs=0.02)
    wide = answer(capsys, "--via", "karachi", "--station", "ka-earth-station")
    assert wide["budgets"]["forward"]["cinr_db"] < joined["budgets"]["forward"]["cinr_db"] - 3.0


def test_a_gateway_adds_no_noise_where_the_payload_decodes(capsys: Out) -> None:
    assert main(["link", "--from", "Quetta", "--to", "telesat", "--via", "karachi"]) == 2
    assert "catalogued as regenerative" in capsys.readouterr().err
