"""`raabta spectrum`: what it asks, what it refuses, what it prints."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from raabta.base.errors import ScenarioError
from raabta.cli import spectrum as room
from raabta.cli.app import main

SYSTEM = {
    "constellation": "low",
    "band_ghz": [11.6, 11.8],
    "band_from": "channels",
    "pfd": [
        {
            "band_ghz": [10.7, 11.7],
            "reference_khz": 4.0,
            "authority": "RR",
            "confidence": "A",
            "altitude_km": 550.0,
            "elevation_deg": 25.0,
            "level_dbw_m2": -140.2,
            "limit_dbw_m2": -140.0,
            "margin_db": 0.2,
            "margin_without_cap_db": -0.3,
            "verdict": "met",
        }
    ],
    "pfd_missing_ghz": [[11.7, 11.8]],
    "epfd_down": {
        "assumptions": ["all is active"],
        "step_s": 10.0,
        "steps": 360,
        "beams": "run",
        "search_to_deg": 1.0,
        "victims": "the area",
        "missing_ghz": [],
        "antennas": [
            {
                "table": "22-1D",
                "service": "BSS",
                "antenna_m": 0.6,
                "latitude_deg": 30.0,
                "gso_longitude_deg": 70.0,
                "rows": [
                    {
                        "time_share": 0.0,
                        "limit_dbw_m2": -160.0,
                        "level_dbw_m2": None,
                        "margin_db": None,
                        "verdict": "not resolved",
                    }
                ],
            }
        ],
    },
}
FOUND = {
    "label": "Indicative",
    "scenario": "here",
    "not_looked_at": [],
    "region": 3,
    "constellations": [SYSTEM],
    "together": None,
    "epfd_up": {"table": "22-2", "verdict": "row missing from our table"},
    "price": {
        "slots": 4,
        "of_slots": 40,
        "plan": "25/3",
        "served": 378.0,
        "rules": [
            {
                "rule": "arc",
                "served_with": 378.0,
                "served_without": 468.0,
                "cost_households": 90.0,
                "note": "n",
            }
        ],
    },
}


def printed(table: Table) -> str:
    screen = Console(width=200, file=io.StringIO())
    screen.print(table)
    return screen.file.getvalue()


def test_a_band_is_read_and_a_wrong_one_refused() -> None:
    assert room.read_band("18.6-20.2") == (18.6, 20.2)
    for text in ("20.2-18.6", "18.6", "a-b", "-1-2", "18.6-20.2GHz", "0-1"):
        with pytest.raises(ScenarioError, match="--band"):
            room.read_band(text)


def test_tables_name_what_is_missing_and_what_is_nothing() -> None:
    flux = printed(room.flux_table(SYSTEM))
    assert "met" in flux
    assert "4 kHz" in flux
    down = printed(room.epfd_table(SYSTEM["epfd_down"]))
    assert "-inf" in down
    assert "not resolved" in down
    assert room.missing(FOUND) == [
        "Power flux density, 11.7 to 11.8 GHz: row missing from our table",
        "EPFD up, table 22-2: row missing from our table",
    ]
    price = printed(room.price_table(FOUND))
    assert "4 of 40 slots" in price
    assert all(number in price for number in ("378", "468", "90"))


def test_the_heading_says_how_the_band_was_taken_and_that_it_is_indicative() -> None:
    assert "Indicative" in room.heading(FOUND)
    assert "low: users from space in 11.6 to 11.8 GHz" in room.named(SYSTEM)
    assert "--band" in room.named(SYSTEM)
    assert "as given" in room.named(SYSTEM | {"band_from": "option"})


def test_two_constellations_are_named_and_what_they_bring_together_is_held_against_one() -> None:
    two = FOUND | {"constellations": [SYSTEM, SYSTEM | {"constellation": "other"}]}
    assert "other: EPFD down" not in " ".join(room.missing(two))
    assert "low: Power flux density, 11.7 to 11.8 GHz: row missing from our table" in room.missing(two)
    assert "other: Power flux density, 11.7 to 11.8 GHz: row missing from our table" in room.missing(two)
    assert room.notes(two)[0] == "low and other share no spectrum: nothing is summed."
    shared = {"constellations": ["low", "other"], "band_ghz": [11.6, 11.7], "limits_of_all": room.MISSING}
    said = room.all_of(shared)
    assert "low and other together, in 11.6 to 11.7 GHz" in said
    assert "(Resolution 76): row missing from our table" in said
    assert room.notes(two | {"together": shared}) == ["EPFD assumes that all is active."]


def test_notes_carry_assumptions_and_doubt() -> None:
    doubted = SYSTEM | {"pfd": [SYSTEM["pfd"][0] | {"confidence": "M"}]}
    assert room.notes(FOUND) == ["EPFD assumes that all is active."]
    assert room.notes(FOUND | {"constellations": [doubted]})[-1] == "Confidence of a flux limit: M."
    hybrid = room.notes(FOUND | {"not_looked_at": ["high"]})[0]
    assert hybrid.startswith("Verdicts are for low alone: high is geostationary")


def test_a_users_mistakes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spectrum", str(tmp_path / "none")]) == 2
    assert "no run folder" in capsys.readouterr().err
    assert main(["spectrum", str(tmp_path), "--band", "x"]) == 2
    assert "LOW-HIGH" in capsys.readouterr().err
    assert main(["spectrum", str(tmp_path), "--step", "x"]) == 2
    assert main(["spectrum", str(tmp_path)]) == 2
