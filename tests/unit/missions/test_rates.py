"""Budgets of a mission's links: by hand, over time, through the air, and where they do not close."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mission_scenarios import mission, site
from pydantic import ValidationError

from raabta.base import tables
from raabta.base.errors import ScenarioError
from raabta.links import weather
from raabta.links.rate_tables import volume_bytes
from raabta.missions import alone, contacts, rates
from raabta.missions.budgets import of_table
from raabta.missions.model import prepare
from raabta.missions.run import Answer, ask
from raabta.report.mission_words import _of_budget

LIGHT_KM_S, BOLTZMANN_DBW = 299_792.458, 10.0 * np.log10(1.380649e-23)
UP = {"band": "S", "frequency_ghz": 2.2, "sender": {"power_w": 5.0, "dish_m": 0.4, "efficiency_share": 0.6},
      "receiver": {"g_over_t_dbk": 10.0}, "rates_mbps": [0.1, 2.5], "eb_n0_db": 4.0,
      "other_losses_db": 0.5}  # fmt: skip
DATA = [{"name": "video", "node": "Station", "destination": "Relay", "volume_mb": 300.0, "every_s": 600.0}]


def _relayed(**changes: Any) -> Answer:
    link = {
        "name": "up",
        "between": ["Station", "Relay"],
        "grazing_km": 100.0,
        "forward_budget": UP | changes,
    }
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": 100_000.0, "step_s": 300.0}
    return ask(mission(time=time, links=[link], data=DATA, crew=None, light=[], tracks=[], look_angles=[]))


@pytest.fixture(scope="module")
def relayed() -> Answer:
    return _relayed()


def _by_hand(range_km: float) -> float:
    """5 W, a dish of 0.4 m with 60 %, free space, 10 dB/K, 0.5 dB of losses: C/N0, dBHz."""
    wave_km = LIGHT_KM_S / 2.2e9
    gain = 10.0 * np.log10(0.6 * (np.pi * 0.4e-3 / wave_km) ** 2)
    spread = 20.0 * np.log10(4.0 * np.pi * range_km / wave_km)
    return 10.0 * np.log10(5.0) + gain - spread + 10.0 - 0.5 - BOLTZMANN_DBW


def test_lines_at_the_best_and_the_worst_are_the_closed_form(relayed: Answer) -> None:
    table = relayed.tables["budgets.csv"]
    tables.check(table, tables.MISSION_BUDGETS)
    one = relayed.summary["budgets"][0]
    for at in ("best", "worst"):
        own = table["at"].values == at
        line = dict(zip(table["line"].values[own], table["value"].values[own], strict=True))
        assert line["C/N0"] == pytest.approx(_by_hand(line["range"]), abs=1e-9)
        assert table["value"].values[own & table["sums"].values].sum() == pytest.approx(
            line["C/N0"], abs=1e-9
        )
        assert one[at]["cn0_dbhz"] == line["C/N0"] and one[at]["range_km"] == line["range"]
    ranges = relayed.tables["contacts.csv"]
    assert one["best"]["range_km"] == pytest.approx(float(ranges["range_min_km"].min()), abs=5.0)
    assert one["worst"]["range_km"] == pytest.approx(float(ranges["range_max_km"].max()), abs=1e-6)


def test_the_rate_steps_where_the_mode_changes_to_the_metre(relayed: Answer) -> None:
    table = relayed.tables["rates.csv"]
    tables.check(table, tables.MISSION_RATES)
    needed = 4.0 + 3.0 + 10.0 * np.log10(2.5e6)
    edge_km = 1_000.0 * 10.0 ** ((_by_hand(1_000.0) - needed) / 20.0)
    fast = table["rate_mbps"].values == 2.5
    assert fast.any() and (~fast).any() and set(table["rate_mbps"].values) == {0.1, 2.5}
    assert table["range_max_km"].values[fast].max() == pytest.approx(edge_km, abs=1e-3)
    assert table["range_min_km"].values[~fast].min() == pytest.approx(edge_km, abs=1e-3)
    begin, length = table["start_s"].values, table["duration_s"].values
    met = relayed.tables["contacts.csv"]
    assert length.sum() == pytest.approx(float(met["duration_s"].sum()), abs=1e-6)
    assert np.all(begin[1:] >= begin[:-1] + length[:-1] - 1e-6)


def test_what_is_carried_is_the_sum_of_the_steps(relayed: Answer) -> None:
    plan, table = relayed.plans[""], relayed.tables["rates.csv"]
    whole = float(volume_bytes(table["rate_mbps"].values, table["duration_s"].values).sum()) / 1e6
    held = float(volume_bytes(plan.rate_mbps, plan.end_s - plan.start_s).sum()) / 1e6
    assert held == pytest.approx(whole, rel=1e-9)
    done = float(relayed.tables["data.csv"]["delivered_mb"][0])
    assert 0.98 * whole < done <= whole  # more is made than goes through


def test_a_link_that_never_closes_says_by_how_much_and_carries_nothing() -> None:
    answer = _relayed(rates_mbps=[50.0])
    one = answer.summary["budgets"][0]
    misses = 4.0 + 3.0 + 10.0 * np.log10(50e6) - one["best"]["cn0_dbhz"]
    assert one["best"]["spare_db"] == pytest.approx(-misses, abs=1e-9) and misses > 10.0
    said = _of_budget(one)
    assert said.startswith("Up, forward never closes: at its best, Station to Relay at ")
    assert said.endswith(f"km, it misses {misses:.1f} dB.")
    assert answer.plans == {} and float(answer.tables["data.csv"]["delivered_mb"][0]) == 0.0
    assert set(answer.tables["rates.csv"]["rate_mbps"].values) == {0.0}


KASHI = {"catalogue": "kashi"}
DOWN = {"band": "X", "sender": {"power_w": 1.0, "gain_dbi": 0.0}, "rates_mbps": [1.0], "eb_n0_db": 4.0}


def _station(mask_deg: float = 10.0, **changes: Any) -> Answer:
    own = {"dish_m": 12.0, "radios": [{"band": "X", "down_ghz": 8.45, "system_k": 120.0}]}
    link = {"name": "down", "between": ["Relay", "Lahore"], "forward_budget": DOWN | changes}
    where = site("Lahore", 31.56, 74.35, height_m=210.0, mask_deg=mask_deg, **own)
    kept = {"craft": [{"name": "Relay", "geostationary_deg": 77.0}], "sites": [where], "crew": None}
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": 7_200.0, "step_s": 300.0}
    return ask(mission(time=time, links=[link], light=[], tracks=[], look_angles=[], **kept))


def test_the_air_over_a_station_is_p618_at_its_elevation_and_availability() -> None:
    losses = []
    for availability in (99.0, 99.9):
        table = _station(availability_percent=availability).tables["budgets.csv"]
        own = table["at"].values == "worst"
        line = dict(zip(table["line"].values[own], table["value"].values[own], strict=True))
        losses.append(-line["air at the receiver"])
    elevation = 53.0  # of 77 E over Lahore, near enough for a loss that goes by its cosecant
    want = weather.site_tables(
        31.56, 74.35, 0.21, frequency_ghz=8.45, dish_m=12.0, efficiency_share=0.6,
        exceedance_percent=[1.0, 0.1], elevation_deg=[elevation],
    ).total_db[0, :, 0]  # fmt: skip
    assert losses == pytest.approx(want.tolist(), rel=0.03)
    assert losses[1] > losses[0] > 0.1


def test_a_table_by_range_steps_too() -> None:
    carrier = of_table("queqiao-1-rover-return")
    none = np.full(4, np.nan)
    modes = carrier.mode(carrier.cn0_dbhz(np.array([60_000.0, 100_000.0, 1e6, 1e8]), none))
    assert [0.0 if mode < 0 else carrier.rates_mbps[mode] for mode in modes] == [0.285, 0.14, 0.0007, 0.0]


def test_a_node_holds_the_fastest_station_that_closes() -> None:
    """Three contacts of one node: the second is faster while it lasts, the third never closes."""
    ready = prepare(
        mission(links=[{"name": "ground", "between": ["Station", "Pakistan"], "forward_mbps": 1}])
    )
    met, steps = np.zeros((3, contacts.COLUMNS)), np.zeros((2, rates.COLUMNS))
    met[:, 1:5] = [[0, 2, 0.0, 100.0], [1, 2, 40.0, 60.0], [1, 2, 80.0, 90.0]]
    for step, (row, mbps) in zip(steps, ((0, 1.0), (1, 2.0)), strict=True):
        step[:3], step[rates.BEGIN], step[rates.END], step[rates.RATE] = met[row, :3], *met[row, 3:5], mbps
    found = alone.one_at_a_time(ready, met, steps)
    assert found[:, 1:5].tolist() == [[0, 2, 0, 40], [1, 2, 40, 60], [0, 2, 60, 100]]
    closed = alone.closing(ready, met, steps)
    assert closed[:, 1:5].tolist() == met[:2, 1:5].tolist()


def test_what_a_budget_lacks_is_told() -> None:
    with pytest.raises(ScenarioError, match="Lahore has no radio that receives in band S; its bands: X"):
        _station(band="S")
    with pytest.raises(ScenarioError, match=r"the mask of Lahore is 2 deg, .* from 5 deg on"):
        _station(mask_deg=2.0)
    with pytest.raises(ValidationError, match="one of the two"):
        _station(modes="icube-q-images")
    with pytest.raises(ValidationError, match="power_w with dish_m or gain_dbi, or else eirp_dbw alone"):
        _station(sender={"power_w": 1.0})
    with pytest.raises(ValidationError, match="noise_figure_db or system_k, or g_over_t_dbk alone"):
        _station(receiver={"g_over_t_dbk": 1.0, "dish_m": 3.0})
    link = {"name": "up", "between": ["Station", "Relay"], "forward_mbps": 1.0, "forward_budget": UP}
    with pytest.raises(ValidationError, match="give forward_mbps or forward_budget, not both"):
        mission(links=[link])
