"""The page of a mission: whole, self-contained, and what it says is what the run found."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from mission_scenarios import mission

from raabta.missions.run import run
from raabta.missions.stored import Stored, open_run
from raabta.report import mission as shown
from raabta.report import mission_charts, mission_words
from raabta.report.mission_words import answers, spell, tables


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    table = {"table": "pakistan-districts", "group": "districts", "mask_deg": 10.0}
    scenario = mission(
        title="A <test> & more",
        time={"start": "2027-03-06T16:00:00Z", "duration_s": 100_000.0, "step_s": 300.0},
        tables=[table],
        craft=[
            {"name": "Station", "orbits_file": str(_elements(tmp_path_factory))},
            {"name": "Relay", "geostationary_deg": 38.2, "note": "a slot"},
        ],
        look_angles=[{"sites": "districts", "craft": "Relay"}],
        sun_outages=[{"sites": "districts", "craft": "Relay"}],
    )
    folder = tmp_path_factory.mktemp("mission")
    run(scenario, folder, workers=1)
    return open_run(folder)


def _elements(factory: pytest.TempPathFactory) -> Path:
    file = factory.mktemp("orbits") / "one.tle"
    lines = (
        "1 48274U 21035A   27065.14656259  .00013469  00000+0  17114-3 0  9993",
        "2 48274  41.4688 281.6088 0001544 255.4207 104.6460 15.59146827303465",
    )
    file.write_text("STATION\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_the_page_is_whole_and_safe(stored: Stored, tmp_path: Path) -> None:
    files = shown.write(stored, tmp_path)
    text = files["report.html"].read_text(encoding="utf-8")
    assert "A &lt;test&gt; &amp; more" in text and "A <test>" not in text
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", text)
    for heading in (
        "When",
        "By day",
        "Elevation",
        "Where dishes point",
        "When the Sun blinds",
        "Assumptions",
    ):
        assert f"<h2>{heading}" in text
    assert text.count("<svg") == text.count("</svg>") >= 8
    assert "Relay: a slot" in text
    assert json.loads(files["summary.json"].read_text()) == stored.summary


def test_answers_say_what_the_summary_holds(stored: Stored) -> None:
    lines = answers(stored)
    link = stored.summary["links"][0]
    assert f"Ground: {link['contacts']} contacts of 2 pairs," in lines[0]
    low, high = (stored.summary["tracks"][1][f"elevation_{end}_deg"] for end in ("min", "max"))
    assert f"Seen from Karachi, the elevation of the Sun is {low:.1f} to {high:.1f} deg." in lines
    assert any("above the mask of 156 of 156 places" in line for line in lines)
    assert any("blinds a 1.2 m dish that listens to Relay" in line for line in lines)


def test_a_terminal_shows_every_table(stored: Stored) -> None:
    from rich.console import Console

    screen = Console(width=100, record=True, file=io.StringIO())
    screen.print(*shown.terminal(stored))
    text = screen.export_text()
    for table in tables(stored):
        assert table.title in text
    assert "more" in text


def test_a_narrow_terminal_cuts_no_name(stored: Stored) -> None:
    from rich.console import Console

    screen = Console(width=60, record=True, file=io.StringIO())
    screen.print(*shown.terminal(stored))
    assert "\u2026" not in screen.export_text()


@pytest.mark.parametrize(
    ("gaps", "late", "text"),
    [
        (1, 0, "Rover is dark once, for 2 h 0 min; none outlasts 72 h."),
        (3, 1, "Rover is dark 3 times, for at most 2 h 0 min; 1 outlasts 72 h."),
        (3, 2, "Rover is dark 3 times, for at most 2 h 0 min; 2 outlast 72 h."),
    ],
)
def test_gaps_are_counted_in_words(gaps: int, late: int, text: str) -> None:
    one = {"node": "Rover", "what": "dark", "case": "", "lasts_h": 72.0, "longest_s": 7_200.0}
    assert mission_words._of_gap(one | {"gaps": gaps, "not_bridged": late}) == text
    assert "silent (relay) " in mission_words._of_gap(
        one | {"what": "silent", "case": "relay", "gaps": gaps, "not_bridged": late}
    )


def test_passes_of_the_whole_run_are_drawn_however_many_steps_lie_between() -> None:
    """A week in minutes, five minutes up in each hour and a half: the last day's passes are there too."""
    minutes = np.arange(10_080)
    up_deg = np.where(minutes % 90 < 5, 30.0, -30.0)[:, None]
    week = mission_charts.elevation_curves(["a"], up_deg, 60.0, [5.0])
    assert ">6</text>" in week and "beginning" not in week
    season = mission_charts.elevation_curves(["a"], np.tile(np.abs(up_deg), (4, 1)), 60.0, [5.0])
    assert "beginning" in season and ">6</text>" not in season


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(45.4, "45 s"), (635.0, "10 min 35 s"), (12_000.0, "3 h 20 min"), (367_200.0, "4 days 6 h")],
)
def test_lengths_of_time_are_spelt(seconds: float, text: str) -> None:
    assert spell(seconds) == text
