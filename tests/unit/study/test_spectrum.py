"""A run against the Articles: verdicts, gaps, and what the rules cost."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from raabta.base.errors import LimitError, OutOfRangeError
from raabta.links.articles import epfd_limits
from raabta.scenario.loader import load
from raabta.study import spectrum

GALAXY, STARLINK = load("pakistan", duration_s=600.0), load("pakistan-starlink", duration_s=600.0)
QUICK = spectrum.Question((18.6, 20.2), 60.0, 1_200.0, price_slots=2)


def results(scenario=GALAXY):
    cells = xr.Dataset({"latitude_deg": ("cell", [30.0, 30.4]), "longitude_deg": ("cell", [67.0, 67.4])})
    return SimpleNamespace(scenario=scenario, cells=cells)


class Served:
    """Stands for the machinery: homes by the separation and the density of the scenario it is given."""

    def __init__(self) -> None:
        self.asked = []

    def __call__(self, scenario, slots):
        self.asked.append((scenario, slots))
        system = scenario.constellation
        homes = 1_000.0 - 10.0 * system.gso_separation_deg + 100.0 * system.payload.eirp_density_dbw_mhz
        homes += 7.0 * (system.pfd_limit == "none")
        return dict.fromkeys(("25/3", "50/10", "100/20"), homes)


@pytest.fixture(scope="module")
def found():
    return spectrum.answer(results(), QUICK, Served())


def test_everything_is_json_and_labelled(found) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["label"].startswith("Indicative")
    assert (found["region"], found["country"]) == (3, "PAK")
    assert len(found["epfd_down"]["assumptions"]) == 3


def test_a_hybrid_names_the_constellation_that_is_not_looked_at(found) -> None:
    assert (found["constellation"], found["not_looked_at"]) == (GALAXY.constellation.name, [])
    both = load("pakistan-hybrid", duration_s=600.0)
    hybrid = spectrum.answer(results(both), QUICK, Served())
    assert hybrid["constellation"] == both.constellation.name
    assert hybrid["not_looked_at"] == [both.fallback.constellation.name]


def test_gaps_of_the_band_are_named(found) -> None:
    assert found["pfd_missing_ghz"] == [[19.3, 20.2]]
    assert found["epfd_down"]["missing_ghz"] == [[18.6, 19.7]]
    assert found["epfd_up"]["verdict"] == "row missing from our table"


def test_a_band_without_any_row_passes_nothing() -> None:
    bare = spectrum.answer(results(), spectrum.Question((21.0, 22.0), price_slots=0), Served())
    assert bare["pfd"] == bare["epfd_down"]["antennas"] == []
    assert bare["pfd_missing_ghz"] == bare["epfd_down"]["missing_ghz"] == [[21.0, 22.0]]
    assert "met" not in json.dumps({k: bare[k] for k in ("pfd", "epfd_down", "epfd_up")}).split('"')


def test_every_antenna_of_the_table_has_its_rows(found) -> None:
    antennas = found["epfd_down"]["antennas"]
    assert [each["antenna_m"] for each in antennas] == [0.7, 0.9, 2.5, 5.0]
    for each in antennas:
        assert each["rows"][0]["time_share"] == 0.0
        assert each["rows"][0]["verdict"] in {"not resolved", "exceeded"}
        assert 30.0 <= each["latitude_deg"] <= 30.4
        assert each["ccdf"]["time_share"][0] == 1.0
        assert each["ccdf"]["time_share"][-1] == 0.0
        assert each["rows"][0]["level_dbw_m2"] == each["ccdf"]["level_dbw_m2"][-1]
    assert found["epfd_down"]["steps"] == 20
    assert found["epfd_down"]["co_frequency_beams"] == 7


def test_an_antenna_is_run_once_at_its_lowest_frequency() -> None:
    limits = epfd_limits(10.7, 12.7, 3)
    chosen = spectrum.one_of_each(limits, 10.8)
    assert len(chosen) == 4 + 8 < len(limits)
    lowest = {limit.table: frequency for limit, frequency in chosen}
    assert lowest["22-1A"] == pytest.approx(10.80002)
    assert lowest["22-1D"] == pytest.approx(11.70002)


def test_the_price_of_the_arc_and_a_cap_that_takes_nothing(found) -> None:
    price = found["price"]
    arc, cap = price["rules"]
    assert (price["slots"], price["of_slots"]) == (2, 40)
    assert price["served"] == arc["served_with"] == pytest.approx(1_220.0)
    assert arc["served_without"] == pytest.approx(1_400.0)
    assert arc["cost_households"] == pytest.approx(180.0)
    assert "takes nothing" in cap["note"]
    assert "served_with" not in cap


def test_all_variants_run_the_same_slots() -> None:
    served = Served()
    spectrum.price(GALAXY, [], 3, served, lambda *_: None)
    assert [slots for _, slots in served.asked] == [[6, 20, 33]] * 2
    lifted = served.asked[1][0]
    assert lifted.constellation.gso_separation_deg == 0.0
    assert {gateway.gso_separation_deg for gateway in lifted.gateways} == {0.0}


def test_without_a_row_the_cap_has_no_price() -> None:
    _, cap = spectrum.price(GALAXY, [], 1, Served(), lambda *_: None)["rules"]
    assert cap["note"] == "no price: row missing from our table"


def lifted(scenario):
    return spectrum._with_limit(scenario, "none")


def test_a_payload_over_the_cap_is_held_to_it_and_the_price_is_what_it_would_serve_without() -> None:
    bare, held = spectrum.flux_checks(lifted(STARLINK)), spectrum.flux_checks(STARLINK)
    assert min(check.margin_db for check in bare) == pytest.approx(-0.2)
    assert {check.verdict for check in held} == {"met"}
    served = Served()
    _, cap = spectrum.price(STARLINK, bare, 1, served, lambda *_: None)["rules"]
    assert served.asked[2][0] == lifted(STARLINK)
    assert cap["served_without"] - cap["served_with"] == cap["cost_households"] == pytest.approx(7.0)
    assert "up to 0.2 dB" in cap["note"]


def test_a_scenario_that_lifts_the_cap_is_priced_against_keeping_it() -> None:
    served = Served()
    bare = spectrum.flux_checks(lifted(STARLINK))
    _, cap = spectrum.price(lifted(STARLINK), bare, 1, served, lambda *_: None)["rules"]
    assert served.asked[2][0] == STARLINK
    assert cap["cost_households"] == pytest.approx(7.0)


def test_a_payload_at_the_cap_shows_what_three_decibels_would_bring() -> None:
    quiet = spectrum._louder(STARLINK, -1.2)
    bare = spectrum.flux_checks(lifted(quiet))
    assert min(check.margin_db for check in bare) == pytest.approx(1.0)
    served = Served()
    _, cap = spectrum.price(quiet, bare, 1, served, lambda *_: None)["rules"]
    assert cap["cost_households"] == pytest.approx(407.0)
    assert served.asked[2][0].constellation.pfd_limit == "none"
    assert "3 dB above the cap" in cap["note"]


def test_the_verdict_of_a_capped_run_is_met_and_says_what_it_would_be_without() -> None:
    told = spectrum.answer(
        results(STARLINK), spectrum.Question((10.7, 11.7), 60.0, 600.0, price_slots=0), Served()
    )
    assert told["pfd_limit"] == "article-21"
    assert {row["verdict"] for row in told["pfd"]} == {"met"}
    assert {row["margin_without_cap_db"] for row in told["pfd"]} == {-0.2}
    free = spectrum.answer(
        results(lifted(STARLINK)), spectrum.Question((10.7, 11.7), 60.0, 600.0, price_slots=0), Served()
    )
    assert {row["verdict"] for row in free["pfd"]} == {"exceeded"}


def test_a_band_asked_for_is_the_one_that_beams_are_capped_in() -> None:
    elsewhere = spectrum._in_band(STARLINK, spectrum.Question((12.0, 12.7)))
    assert elsewhere.constellation.payload.user_down_band_ghz == (12.0, 12.7)
    assert spectrum.flux_checks(elsewhere) == []


def test_no_slots_is_no_price() -> None:
    assert spectrum.price(GALAXY, [], 0, Served(), lambda *_: None)["rules"] == []


def test_the_band_is_the_payloads_stated_or_its_channels_side_by_side() -> None:
    payload = GALAXY.constellation.payload
    assert payload.user_down_band_ghz == (18.6, 20.2)
    bare = payload.model_copy(update={"user_down_low_ghz": None, "user_down_high_ghz": None})
    assert bare.user_down_band_ghz == pytest.approx((19.2, 20.8))
    told = spectrum.answer(
        results(), spectrum.Question(price_slots=0, step_s=60.0, duration_s=600.0), Served()
    )
    assert (told["band_ghz"], told["band_from"]) == ([18.6, 20.2], "scenario")


def test_victims_stand_in_the_area_or_anywhere() -> None:
    plan = spectrum.plan_of(results(), QUICK)
    assert plan.latitude_deg == (30.0, 30.4)
    assert plan.longitude_deg == pytest.approx(67.2)
    wide = spectrum.plan_of(results(), spectrum.Question(worldwide=True))
    assert wide.latitude_deg == (-70.0, 70.0)
    assert wide.steps == 8_640


@pytest.mark.parametrize("what", ["step", "geostationary"])
def test_what_cannot_be_asked_is_refused(what: str) -> None:
    scenario, question = GALAXY, QUICK
    if what == "step":
        question = spectrum.Question(step_s=100.0, duration_s=10.0)
    else:
        alone = GALAXY.constellation.model_copy(update={"shells": ()})
        scenario = GALAXY.model_copy(update={"constellation": alone})
    with pytest.raises(OutOfRangeError, match=what):
        spectrum.answer(results(scenario), question, Served())


def test_too_many_steps_are_refused_with_a_way_out() -> None:
    with pytest.raises(LimitError, match="--step or fewer --hours"):
        spectrum.answer(results(), spectrum.Question(step_s=1.0, duration_s=1e8), Served())


def test_altitudes_of_shells_are_those_stated() -> None:
    from raabta.network.flux import altitudes_km
    from raabta.orbits.propagate import Propagator

    propagator = Propagator.from_constellation(STARLINK.constellation, STARLINK.time.start)
    assert altitudes_km(STARLINK, propagator) == [540.0, 550.0, 560.0, 570.0]
    assert np.all(np.diff(altitudes_km(STARLINK, propagator)) > 0.0)
