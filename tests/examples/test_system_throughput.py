"""The example of three filed constellations, at a small size: what it writes and the shape of its curves."""

from __future__ import annotations

import csv
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[2] / "examples/system-throughput"
SMALL = ["--hours", "2", "--step-s", "3600", "--samples", "2", "--stations", "12"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("throughput")
    systems = ["--systems", "OneWeb", "Telesat"]
    subprocess.run(
        [sys.executable, "-W", "error", str(FOLDER / "run.py"), "--out", str(folder), *SMALL, *systems],
        check=True,
        timeout=300,
    )
    return folder


def means(folder: Path, system: str, laser_mbps: str) -> list[float]:
    with (folder / "throughput.csv").open(encoding="utf-8") as handle:
        return [
            float(row["mean_tbps"])
            for row in csv.DictReader(handle)
            if row["system"] == system and row["laser_mbps"] == laser_mbps
        ]


def test_more_stations_never_carry_less_and_each_adds_less_at_the_end(out: Path) -> None:
    for system, laser in (("OneWeb", "0"), ("Telesat", "0"), ("Telesat", "20000")):
        curve = means(out, system, laser)
        assert len(curve) == 12
        assert all(after >= before for before, after in pairwise(curve))
        assert curve[1] - curve[0] > curve[-1] - curve[-2]


def test_the_headline_of_a_small_run(out: Path) -> None:
    """Twelve stations carry most of the 2.3 Tbps asked of OneWeb, less than half of the 2.9 of Telesat."""
    assert 1.5 < means(out, "OneWeb", "0")[-1] < 2.1
    assert 0.8 < means(out, "Telesat", "20000")[-1] < 1.45
    assert means(out, "Telesat", "20000")[-1] > means(out, "Telesat", "0")[-1]


def test_the_picture_has_a_panel_for_each_system(out: Path) -> None:
    text = (out / "throughput.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 3 and sum("stroke-dasharray" in line.attrib for line in lines) == 1
    assert "OneWeb" in text and "Telesat" in text


def test_every_system_has_every_figure() -> None:
    with (FOLDER / "systems.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 19
    assert all(row[name] for row in rows for name in ("Telesat", "OneWeb", "SpaceX", "confidence", "source"))
