"""Nodes that are there for a part of the run: a lander until its ascent, an ephemeris that ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mission_scenarios import STATION, mission
from pydantic import ValidationError

from raabta.base.errors import ScenarioError
from raabta.missions.contacts import BEGIN, END, contacts_of
from raabta.missions.model import prepare
from raabta.missions.run import ask
from raabta.orbits.oem import oem_text
from raabta.orbits.orbiters import trajectory
from raabta.scenario.loader import load_any
from raabta.scenario.orbiters import Orbiter

LOW = {
    "name": "Low", "body": "Moon", "axes": "body-equator", "epoch": "2024-06-01T00:00:00Z",
    "elements": {"periapsis_altitude_km": 300.0, "apoapsis_altitude_km": 300.0, "inclination_deg": 80.0,
                 "raan_deg": 0.0, "argp_deg": 0.0, "true_anomaly_deg": 0.0},
    "forces": {"gravity_degree": 2},
}  # fmt: skip


def test_a_station_that_ends_has_the_contacts_until_then() -> None:
    whole = prepare(mission())
    craft = [{"name": "Station", "mean_elements": STATION, "ends": "2026-08-23T02:00:00Z"},
             {"name": "Relay", "geostationary_deg": 77.0}]  # fmt: skip
    short = prepare(mission(craft=craft))
    rows, cut = (contacts_of(each, each.day(0)) for each in (whole, short))
    held = rows[rows[:, BEGIN] < 36_000.0]
    held[:, END] = np.minimum(held[:, END], 36_000.0)
    np.testing.assert_array_equal(cut[:, : END + 1], held[:, : END + 1])
    assert len(cut) < len(rows) and not len(contacts_of(short, short.day(1)))


def test_a_lander_is_heard_and_lit_until_its_ascent() -> None:
    ascent = "sites[0].ends=2024-06-02T12:00:00Z"
    answer = ask(load_any("chang-e-6", settings=[ascent], duration_s=86_400.0))
    ends_s = 49_020.0
    table = answer.tables["contacts.csv"]
    up = table["link"].values == "lander to relay"
    last = (table["start_s"] + table["duration_s"]).values
    assert up.any() and last[up].max() <= ends_s < last[~up].max()
    light = answer.tables["light.csv"]
    assert float(light["duration_s"].sum()) == pytest.approx(ends_s)
    plan = answer.plans[""]
    lander = plan.nodes.index("Lander")
    own = (plan.from_node == lander) | (plan.to_node == lander)
    assert own.any() and plan.end_s[own].max() <= ends_s


def test_an_ephemeris_that_covers_a_part_has_contacts_there_alone(tmp_path: Path) -> None:
    epoch = np.datetime64("2024-06-01T00:00:00", "ns")
    path = trajectory(Orbiter.model_validate(LOW), epoch, 43_200.0)
    file = tmp_path / "low.oem"
    file.write_text(oem_text(path, epoch, 43_200.0, 60.0, created=epoch), encoding="utf-8")
    time = {"start": "2024-06-01T00:00:00Z", "duration_s": 172_800.0, "step_s": 600.0}
    asked = {
        "time": time, "crew": None, "look_angles": [], "light": ["Low"],
        "craft": [{"name": "Low", "orbiter": {"name": "Low", "body": "Moon", "oem_file": str(file)}}],
        "links": [{"name": "down", "between": ["Low", "Pakistan"], "forward_mbps": 1.0}],
        "tracks": [{"site": "Karachi", "node": "Low"}],
    }  # fmt: skip
    answer = ask(mission(**asked))
    table = answer.tables["contacts.csv"]
    last = (table["start_s"] + table["duration_s"]).values
    assert last.size and last.max() <= 43_200.0
    assert float(answer.tables["light.csv"]["duration_s"].sum()) <= 43_200.001  # UTC of TDB
    assert np.isfinite(answer.summary["tracks"][0]["elevation_max_deg"])


def test_a_span_that_is_none_is_told() -> None:
    with pytest.raises(ValidationError, match="begins at 2026-08-23 00:00 and ends at 2026-08-22 00:00"):
        mission(craft=[{"name": "Station", "mean_elements": STATION, "begins": "2026-08-23T00:00:00Z",
                        "ends": "2026-08-22T00:00:00Z"}])  # fmt: skip
    early = mission(craft=[{"name": "Low", "orbiter": LOW, "ends": "2020-01-01T00:00:00Z"}], links=[],
                    light=[], tracks=[], look_angles=[], crew=None)  # fmt: skip
    with pytest.raises(ScenarioError, match="Low is there at no time of the run"):
        prepare(early)
