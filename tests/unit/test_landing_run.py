"""A box in Balochistan under Starlink Gen1, landing by laser abroad: the whole flow, and what is told."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console

import raabta.pipeline as pipeline
from raabta.base.tables import LANDING, check
from raabta.report import console, page
from raabta.scenario.ground import PointOfPresence
from raabta.scenario.loader import load

BOX = [[66.8, 29.0], [67.5, 29.0], [67.5, 29.5], [66.8, 29.5], [66.8, 29.0]]
MARSEILLE = PointOfPresence(name="Marseille", country="FRA", latitude_deg=43.3, longitude_deg=5.37)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    file = tmp_path_factory.mktemp("area") / "box.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [BOX]}))
    return load("pakistan-starlink-lasers", duration_s=150.0, step_s=15.0, outline_file=file)


@pytest.fixture(scope="module")
def by_laser(scenario, tmp_path_factory):
    scenario = scenario.model_copy(update={"pops": (MARSEILLE,)})
    return pipeline.run(scenario, tmp_path_factory.mktemp("laser") / "run", workers=1, slots_per_chunk=5)


@pytest.fixture(scope="module")
def direct(scenario, tmp_path_factory):
    bent = scenario.model_copy(update={"sharing": scenario.sharing.model_copy(update={"landing": "direct"})})
    return pipeline.run(bent, tmp_path_factory.mktemp("direct") / "run", workers=1, slots_per_chunk=5)


def test_lasers_carry_what_a_bent_pipe_cannot_and_take_longer(by_laser, direct):
    ours, theirs = by_laser.summary["totals"], direct.summary["totals"]
    assert ours["throughput_gbps"]["forward"] > 1.2 * theirs["throughput_gbps"]["forward"]
    assert ours["rtt_propagation_ms"]["p95"] > theirs["rtt_propagation_ms"]["p95"] + 2.0
    assert direct.landing is None and "landing" not in direct.summary and "fibre" not in direct.summary


def test_the_summary_and_the_table_say_where(by_laser):
    check(by_laser.landing, LANDING)
    landing = by_laser.summary["landing"]
    for part in landing.values():
        assert sum(one["share"] for one in part) == pytest.approx(1.0)
    traffic = {one["name"]: one["share_of_traffic"] for one in by_laser.summary["gateways"]}
    assert {one["name"]: one["share"] for one in landing["gateways"]} == pytest.approx(traffic, abs=2e-3)
    assert sum(one["share"] for one in landing["lasers"][1:]) > 0.1
    shares = by_laser.landing["carried_share"].values
    assert shares.sum() == pytest.approx(1.0)
    assert by_laser.landing["country"].values[0] == "OMN"
    again = pipeline.open_run(by_laser.folder)
    assert again.landing.identical(by_laser.landing) and again.summary == by_laser.summary


def test_the_estimate_goes_on_to_the_point_of_presence(by_laser):
    fibre = {one["gateway"]: one for one in by_laser.summary["fibre"]}
    assert fibre["Foggia"]["pop"] == "Marseille"
    assert fibre["Foggia"]["great_circle_km"] == pytest.approx(850.0, abs=30.0)
    assert by_laser.landing["fibre_rtt_ms"].values.min() == pytest.approx(fibre["Foggia"]["rtt_ms"])
    totals = by_laser.summary["totals"]
    added = totals["rtt_estimate_ms"]["p50"] - totals["rtt_propagation_ms"]["p50"]
    assert added > 20.0 + 0.9 * fibre["Foggia"]["rtt_ms"]


def test_the_report_and_the_terminal_show_it(by_laser, direct):
    text = page.render(by_laser)
    assert "Where traffic lands" in text and "Oman" in text and "Over how many lasers" in text
    assert page.DIRECT not in text and page.DIRECT in page.render(direct)
    assert "Where traffic lands" not in page.render(direct)
    drawn = Console(width=120, record=True, file=io.StringIO())
    for part in console.terminal(by_laser):
        drawn.print(part)
    shown = drawn.export_text()
    assert "Where traffic lands" in shown and "Murayjat (Muscat)" in shown and "1 laser:" in shown


def test_explain_tells_the_way(by_laser):
    homes = by_laser.cells["subscribers"].values
    cell = f"{int(by_laser.cells['h3'].values[int(np.argmax(homes))]):x}"
    text = str(pipeline.explain(by_laser.folder, cell=cell))
    assert "over 1 laser" in text or "lasers" in text
