"""A run against the Articles: verdicts, gaps, and what the rules cost."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from raabta.base.errors import LimitError, OutOfRangeError
from raabta.links.articles import epfd_limits
from raabta.network import epfd
from raabta.scenario.loader import load
from raabta.scenario.models import Fallback
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


def only(found):
    """The one constellation of an answer."""
    (one,) = found["constellations"]
    return one


def priced(scenario, bare, slots, served):
    """The price where one constellation has these checks of flux density."""
    return spectrum.price(scenario, {scenario.constellation.name: bare}, slots, served, lambda *_: None)


@pytest.fixture(scope="module")
def found():
    return spectrum.answer(results(), QUICK, Served())


def test_everything_is_json_and_labelled(found) -> None:
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["label"].startswith("Indicative")
    assert (found["region"], found["country"]) == (3, "PAK")
    assert len(only(found)["epfd_down"]["assumptions"]) == 3


def test_a_hybrid_names_the_constellation_that_is_not_looked_at(found) -> None:
    assert only(found)["constellation"] == GALAXY.constellation.name
    assert (found["together"], found["not_looked_at"]) == (None, [])
    both = load("pakistan-hybrid", duration_s=600.0)
    hybrid = spectrum.answer(results(both), spectrum.Question((21.0, 22.0), price_slots=0), Served())
    assert only(hybrid)["constellation"] == both.constellation.name
    assert hybrid["not_looked_at"] == [both.fallback.constellation.name]


def two(low_ghz=18.6, high_ghz=20.2):
    """The first constellation with a second one that moves, of the same payload in a band of its own."""
    payload = GALAXY.constellation.payload.model_copy(
        update={"user_down_low_ghz": low_ghz, "user_down_high_ghz": high_ghz}
    )
    other = STARLINK.constellation.model_copy(
        update={"shells": STARLINK.constellation.shells[:1], "payload": payload, "name": "other"}
    )
    second = Fallback(constellation=other, gateways=STARLINK.gateways, terminals=GALAXY.demand.terminals)
    return GALAXY.model_copy(update={"fallback": second})


@pytest.fixture(scope="module")
def pair():
    question = spectrum.Question(None, 60.0, 600.0, price_slots=2)
    return spectrum.answer(results(two()), question, Served())


def test_two_constellations_have_a_verdict_each_and_one_together(pair) -> None:
    first, second = pair["constellations"]
    assert (first["constellation"], second["constellation"]) == (GALAXY.constellation.name, "other")
    assert pair["not_looked_at"] == []
    assert len(first["pfd"]) == len(second["pfd"]) == 1
    assert first["pfd"][0]["altitude_km"] != second["pfd"][0]["altitude_km"]
    together = pair["together"]
    assert together["constellations"] == [GALAXY.constellation.name, "other"]
    assert together["limits_of_all"] == "row missing from our table"
    parts = (first["epfd_down"], second["epfd_down"], together["epfd_down"])
    for one, other, both in zip(*(part["antennas"] for part in parts), strict=True):
        assert one["antenna_m"] == other["antenna_m"] == both["antenna_m"]
        assert both["ccdf"] not in (one["ccdf"], other["ccdf"])


def test_what_two_constellations_bring_to_a_place_adds_up_in_power() -> None:
    scenarios, plan = spectrum.moving(two()), spectrum.plan_of(results(), QUICK)
    sources = [spectrum._everywhere(each, plan) for each in scenarios]
    gains = np.array([epfd.victim_gain(epfd_limits(19.7, 20.2, 3)[0], 19.7)])
    place, gso, seconds = (30.0, 67.0), np.array([60.0, 75.0]), np.array([0.0, 300.0])
    one, other, both = (
        source.received(source.at(seconds), place, gso, gains)
        for source in (*sources, epfd.together(sources))
    )
    assert (one > 0.0).all() and (other > 0.0).all()
    assert both == pytest.approx(one + other, rel=1e-12, abs=0.0)
    assert epfd.together(sources[:1]) is sources[0]


def test_constellations_that_share_no_spectrum_are_not_summed() -> None:
    apart = spectrum.answer(
        results(two(21.0, 22.0)), spectrum.Question(None, 60.0, 600.0, price_slots=0), Served()
    )
    assert apart["together"] is None
    assert [each["band_ghz"] for each in apart["constellations"]] == [[18.6, 20.2], [21.0, 22.0]]
    assert apart["constellations"][1]["epfd_down"]["missing_ghz"] == [[21.0, 22.0]]


def test_every_rule_of_two_constellations_is_priced_and_lifted_for_both() -> None:
    served, both = Served(), two()
    bare = {each.constellation.name: spectrum.flux_checks(lifted(each)) for each in spectrum.moving(both)}
    rules = spectrum.price(both, bare, 1, served, lambda *_: None)["rules"]
    assert [rule["rule"].split(" of ")[-1] for rule in rules[1:]] == list(bare)
    free = served.asked[1][0]
    assert free.constellation.gso_separation_deg == free.fallback.constellation.gso_separation_deg == 0.0
    assert {site.gso_separation_deg for site in (*free.gateways, *free.fallback.gateways)} == {0.0}
    louder = spectrum._louder(both, 3.0, "other")
    assert louder.constellation == both.constellation
    density = [each.fallback.constellation.payload.eirp_density_dbw_mhz for each in (louder, both)]
    assert density[0] == pytest.approx(density[1] + 3.0)


def test_gaps_of_the_band_are_named(found) -> None:
    assert only(found)["pfd_missing_ghz"] == [[19.3, 20.2]]
    assert only(found)["epfd_down"]["missing_ghz"] == [[18.6, 19.7]]
    assert found["epfd_up"]["verdict"] == "row missing from our table"


def test_a_band_without_any_row_passes_nothing() -> None:
    bare = spectrum.answer(results(), spectrum.Question((21.0, 22.0), price_slots=0), Served())
    own = only(bare)
    assert own["pfd"] == own["epfd_down"]["antennas"] == []
    assert own["pfd_missing_ghz"] == own["epfd_down"]["missing_ghz"] == [[21.0, 22.0]]
    assert "met" not in json.dumps({k: bare[k] for k in ("constellations", "epfd_up")}).split('"')


def test_every_antenna_of_the_table_has_its_rows(found) -> None:
    antennas = only(found)["epfd_down"]["antennas"]
    assert [each["antenna_m"] for each in antennas] == [0.7, 0.9, 2.5, 5.0]
    for each in antennas:
        assert each["source"].startswith("RR Art. 22 table 22-1C")
        assert each["rows"][0]["time_share"] == 0.0
        assert each["rows"][0]["verdict"] in {"not resolved", "exceeded"}
        assert 30.0 <= each["latitude_deg"] <= 30.4
        assert each["ccdf"]["time_share"][0] == 1.0
        assert each["ccdf"]["time_share"][-1] == 0.0
        assert each["rows"][0]["level_dbw_m2"] == each["ccdf"]["level_dbw_m2"][-1]
    assert only(found)["epfd_down"]["steps"] == 20
    assert only(found)["co_frequency_beams"] == 7


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
    priced(GALAXY, [], 3, served)
    assert [slots for _, slots in served.asked] == [[6, 20, 33]] * 2
    lifted = served.asked[1][0]
    assert lifted.constellation.gso_separation_deg == 0.0
    assert {gateway.gso_separation_deg for gateway in lifted.gateways} == {0.0}


def test_without_a_row_the_cap_has_no_price() -> None:
    _, cap = priced(GALAXY, [], 1, Served())["rules"]
    assert cap["note"] == "no price: row missing from our table"


def lifted(scenario):
    return spectrum._with_limit(scenario, "none")


def test_a_payload_over_the_cap_is_held_to_it_and_the_price_is_what_it_would_serve_without() -> None:
    bare, held = spectrum.flux_checks(lifted(STARLINK)), spectrum.flux_checks(STARLINK)
    assert min(check.margin_db for check in bare) == pytest.approx(-0.2)
    assert {check.verdict for check in held} == {"met"}
    served = Served()
    _, cap = priced(STARLINK, bare, 1, served)["rules"]
    assert served.asked[2][0] == lifted(STARLINK)
    assert cap["served_without"] - cap["served_with"] == cap["cost_households"] == pytest.approx(7.0)
    assert "up to 0.2 dB" in cap["note"]


def test_a_scenario_that_lifts_the_cap_is_priced_against_keeping_it() -> None:
    served = Served()
    bare = spectrum.flux_checks(lifted(STARLINK))
    _, cap = priced(lifted(STARLINK), bare, 1, served)["rules"]
    assert served.asked[2][0] == STARLINK
    assert cap["cost_households"] == pytest.approx(7.0)


def test_a_payload_at_the_cap_shows_what_three_decibels_would_bring() -> None:
    quiet = spectrum._louder(STARLINK, -1.2)
    bare = spectrum.flux_checks(lifted(quiet))
    assert min(check.margin_db for check in bare) == pytest.approx(1.0)
    served = Served()
    _, cap = priced(quiet, bare, 1, served)["rules"]
    assert cap["cost_households"] == pytest.approx(407.0)
    assert served.asked[2][0].constellation.pfd_limit == "none"
    assert "3 dB above the cap" in cap["note"]


def test_the_verdict_of_a_capped_run_is_met_and_says_what_it_would_be_without() -> None:
    told = spectrum.answer(
        results(STARLINK), spectrum.Question((10.7, 11.7), 60.0, 600.0, price_slots=0), Served()
    )
    assert only(told)["pfd_limit"] == "article-21"
    assert {row["verdict"] for row in only(told)["pfd"]} == {"met"}
    assert {row["margin_without_cap_db"] for row in only(told)["pfd"]} == {-0.2}
    free = spectrum.answer(
        results(lifted(STARLINK)), spectrum.Question((10.7, 11.7), 60.0, 600.0, price_slots=0), Served()
    )
    assert {row["verdict"] for row in only(free)["pfd"]} == {"exceeded"}


def test_a_band_asked_for_is_the_one_that_beams_are_capped_in() -> None:
    elsewhere = spectrum._in_band(STARLINK, spectrum.Question((12.0, 12.7)))
    assert elsewhere.constellation.payload.user_down_band_ghz == (12.0, 12.7)
    assert spectrum.flux_checks(elsewhere) == []


def test_no_slots_is_no_price() -> None:
    assert priced(GALAXY, [], 0, Served())["rules"] == []


def test_the_band_is_the_payloads_stated_or_its_channels_side_by_side() -> None:
    payload = GALAXY.constellation.payload
    assert payload.user_down_band_ghz == (18.6, 20.2)
    bare = payload.model_copy(update={"user_down_low_ghz": None, "user_down_high_ghz": None})
    assert bare.user_down_band_ghz == pytest.approx((19.2, 20.8))
    told = spectrum.answer(
        results(), spectrum.Question(price_slots=0, step_s=60.0, duration_s=600.0), Served()
    )
    assert (only(told)["band_ghz"], only(told)["band_from"]) == ([18.6, 20.2], "scenario")


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
