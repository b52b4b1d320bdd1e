"""`raabta paths` at the command: one pair is told, drawn and put on a globe; all pairs are run and kept."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from way_scenarios import ways

from raabta.cli.app import main
from raabta.scenario.loader import load_any, to_yaml

Out = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ways.yaml"
    path.write_text(to_yaml(ways(steps=6)), encoding="utf-8")
    return str(path)


def pair(file: str, *more: str) -> list[str]:
    return ["paths", file, "--from", "London", "--to", "Singapore", *more]


def test_a_scenario_of_ways_is_read_as_it_was_written(file: str) -> None:
    assert load_any(file) == ways(steps=6)


def test_one_pair_is_told(file: str, capsys: Out) -> None:
    assert main(pair(file)) == 0
    shown = capsys.readouterr().out
    for words in ("10,855 km", "108.6 ms", "connected", "round trip of light, least", "outages"):
        assert words in shown


def test_json_tells_the_way_leg_by_leg(file: str, capsys: Out) -> None:
    assert main(pair(file, "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    assert sum(leg["duration_s"] for leg in found["legs"]) == found["duration_s"] == 180.0
    for leg in found["legs"]:
        assert leg["way"][0] == "London, United Kingdom" and leg["way"][-1] == "Singapore, Singapore"
        assert all(name.startswith("starlink-gen1-1-") for name in leg["way"][1:-1])


def test_a_pair_is_drawn_and_put_on_a_globe(file: str, tmp_path: Path, capsys: Out) -> None:
    svg, czml = tmp_path / "way.svg", tmp_path / "way.czml"
    assert main(pair(file, "--svg", str(svg), "--czml", str(czml))) == 0
    drawing = ET.fromstring(svg.read_text(encoding="utf-8"))
    assert "London, United Kingdom to Singapore, Singapore" in "".join(drawing.itertext())
    parts = {part["id"]: part for part in json.loads(czml.read_text(encoding="utf-8"))}
    assert parts["document"]["version"] == "1.0"
    assert parts["document"]["clock"]["interval"] == "2026-11-22T00:00:00.000Z/2026-11-22T00:03:00.000Z"
    links = [part for name, part in parts.items() if name.startswith("link-")]
    assert links and all(
        reference.split("#")[0] in parts
        for link in links
        for reference in link["polyline"]["positions"]["references"]
    )
    satellite = next(
        p for name, p in parts.items() if name.startswith("node-") and "cartesian" in p["position"]
    )
    samples = np.array(satellite["position"]["cartesian"]).reshape(-1, 4)
    assert samples[:, 0].tolist() == [0.0, 30.0, 60.0, 90.0, 120.0, 150.0]
    assert np.linalg.norm(samples[:, 1:], axis=1) == pytest.approx(6_928e3, rel=0.01)


def test_at_any_time_the_links_shown_are_one_way(file: str, tmp_path: Path) -> None:
    czml = tmp_path / "way.czml"
    assert main(pair(file, "--czml", str(czml))) == 0
    parts = json.loads(czml.read_text(encoding="utf-8"))
    now, ends = "2026-11-22T00:01:10.000Z", []
    for part in parts:
        for span in part.get("polyline", {}).get("show", []):
            first, last = span["interval"].split("/")
            if span["boolean"] and first <= now < last:
                ends += part["polyline"]["positions"]["references"]
    once = sorted(end for end in ends if ends.count(end) == 1)
    assert once == ["node-528#position", "node-529#position"]  # the two places, after 528 satellites


def test_all_pairs_are_run_kept_and_resumed(file: str, tmp_path: Path, capsys: Out) -> None:
    folder = tmp_path / "run"
    assert main(["run", file, "--out", str(folder), "--workers", "1"]) == 0
    first = capsys.readouterr().out
    assert "6 pairs of 4 places" in first and "pairs.csv" in first
    assert main(["paths", file, "--out", str(folder), "--workers", "1"]) == 0
    assert capsys.readouterr().out == first
    assert main(["verify", str(folder)]) == 0


def test_a_broadband_scenario_gives_its_satellites(capsys: Out) -> None:
    command = ["paths", "pakistan-starlink", "--from", "Quetta", "--to", "Karachi", "--duration", "1min"]
    assert main([*command, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["satellites"] == 4_408 and found["steps"] == 4


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--from", "London"], "option --from stands without --to"),
        (["--from", "London", "--to", "london"], "a way has two ends"),
        (["--from", "London", "--to", "Singapoor"], "did you mean"),
        (["--svg", "x.svg"], "option --svg shows one pair; name it by --from and --to"),
        (["--set", "ground.links=gateway-visible"], "give a station `gateway: true`"),
        (["--set", "ground.cities=[Quetta]"], "fewer than two places"),
        (["--set", "routing.shortest=hops"], "did you mean 'routing.shortest_by'?"),
        (["--set", "kind=path"], "kind"),
    ],
)
def test_mistakes_are_told(file: str, more: list[str], words: str, capsys: Out) -> None:
    assert main(["paths", file, *more]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert words in told and "our fault" not in told


def test_a_broadband_scenario_has_no_pairs_of_its_own(capsys: Out) -> None:
    assert main(["paths", "pakistan"]) == 2
    assert "name two places with --from and --to" in capsys.readouterr().err


def test_a_question_about_ways_is_no_broadband_run(file: str, capsys: Out) -> None:
    assert main(["coverage", file]) == 2
    assert "it asks for ways, not for who is served" in capsys.readouterr().err


def test_an_unknown_kind_is_refused_where_it_stands(tmp_path: Path, capsys: Out) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("schema_version: 1\nkind: pathz\n", encoding="utf-8")
    assert main(["run", str(path)]) == 2
    told = capsys.readouterr().err
    assert "did you mean 'paths'?" in told and "wrong.yaml:2:7" in told


def test_a_way_that_is_never_there_cannot_be_drawn(tmp_path: Path, capsys: Out) -> None:
    path = tmp_path / "no-lasers.yaml"
    path.write_text(to_yaml(ways(steps=2, lasers=False)), encoding="utf-8")
    assert main(pair(str(path))) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "both see satellites, but no lasers join those of London" in shown
    assert main(pair(str(path), "--svg", str(tmp_path / "x.svg"))) == 2
    assert "there is never a way" in capsys.readouterr().err


def test_what_comes_and_goes_is_written_with_its_cause(file: str, tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / "events.csv"
    assert main(["paths", file, "--events", str(out)]) == 0
    assert "changes over 6 steps" in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert {row["change"] for row in rows} == {"up", "down"} and {row["kind"] for row in rows} == {"ground"}
    seen = [row for row in rows if row["one"] == "London, United Kingdom"]
    assert seen and all(row["cause"] == "mask" and row["other"].startswith("starlink-gen1") for row in seen)
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
