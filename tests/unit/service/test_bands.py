"""Uncertain inputs of a run: what each variant moves, and by how much."""

from __future__ import annotations

import pytest

from raabta.scenario.catalogue import entry
from raabta.scenario.loader import load
from raabta.service.bands import spread, variants, without_gateways


def test_the_ranges_of_a_stand_in_radio_are_among_the_uncertain_inputs() -> None:
    """16 of 24 transponders are forward: figures move in the catalogue's ratio, levels by its decibels."""
    scenario = load("pakistan-paksat")
    low, high = variants(scenario)["satellite radio"]
    own = scenario.constellation.payload
    ends = {900.0: (32.0, 2.0, 12), 10_000.0: (38.0, 8.0, 36)}
    for variant, (rate, (density, noise, channels)) in zip((low, high), ends.items(), strict=True):
        moved = variant.constellation.payload
        assert moved.forward_mbps == pytest.approx(own.forward_mbps * rate / 1_730.0)
        assert moved.eirp_density_dbw_mhz == pytest.approx(density)
        assert moved.g_over_t_dbk == pytest.approx(noise)
        assert moved.channels == 16 * channels // 24
        assert isinstance(moved.channels, int)
        assert moved.return_mbps == own.return_mbps
    assert low.demand == scenario.demand and low.gateways == scenario.gateways


@pytest.mark.parametrize("name", ["pakistan", "pakistan-starlink", "pakistan-paksat-1r"])
def test_every_range_of_the_payload_is_moved_and_nothing_else_is(name: str) -> None:
    scenario = load(name)
    ranges = entry(scenario.constellation.name).ranges
    ranged = {path.split(".")[1]: ends for path, ends in ranges.items() if path.startswith("payload.")}
    own = scenario.constellation.payload.model_dump()
    for number, variant in enumerate(variants(scenario)["satellite radio"]):
        moved = variant.constellation.payload.model_dump()
        assert {key for key in own if moved[key] != own[key]} == {
            key for key, ends in ranged.items() if ends[number] != own[key]
        }
        assert variant.constellation.shells == scenario.constellation.shells


def test_a_radio_without_ranges_has_no_variant() -> None:
    telesat = load("pakistan", settings=["constellation={catalogue: telesat}"])
    assert "satellite radio" not in variants(telesat)
    own = load("pakistan", settings=["constellation.name=mine"])
    assert "satellite radio" not in variants(own)


def test_a_fallback_moves_with_its_scenario_and_its_radio_by_itself() -> None:
    hybrid = load("pakistan-hybrid")
    moved = variants(hybrid)
    own = hybrid.fallback
    assert own is not None
    for variant, change in zip(moved["terminal G/T"], (-2.0, 2.0), strict=True):
        assert variant.fallback is not None
        for one, other in zip(variant.fallback.terminals, own.terminals, strict=True):
            assert one.g_over_t_dbk == pytest.approx(other.g_over_t_dbk + change)
    for variant in moved["satellite radio of the fallback"]:
        assert variant.fallback is not None and variant.constellation == hybrid.constellation
        assert variant.fallback.constellation.payload.channels != own.constellation.payload.channels
    assert all(variant.fallback == own for variant in moved["satellite radio"])
    weights = [v.fallback.sharing.neighbour_weight_ratio for v in moved["neighbour share"] if v.fallback]
    assert weights == [1.5, 0.5]
    assert "satellite radio of the fallback" not in variants(load("pakistan"))


def test_each_gateway_is_out_in_turn_by_its_row_and_a_single_one_never() -> None:
    hybrid = load("pakistan-hybrid")
    assert list(without_gateways(hybrid)) == list(range(7))
    assert without_gateways(load("pakistan-paksat")) == {}
    assert hybrid.fallback is not None
    hub = hybrid.fallback.gateways[0]
    two = (hub, hub.model_copy(update={"name": "Lahore", "diversity_partner": hub.name}))
    found = without_gateways(
        hybrid.model_copy(update={"fallback": hybrid.fallback.model_copy(update={"gateways": two})})
    )
    assert list(found) == list(range(9))
    left = [found[number].fallback for number in (7, 8)]
    assert [[g.name for g in part.gateways] for part in left if part] == [["Lahore"], ["Karachi"]]
    assert left[0] is not None and left[0].gateways[0].diversity_partner is None
    assert found[7].gateways == hybrid.gateways


def test_moves_of_independent_inputs_add_in_quadrature() -> None:
    mid = {"25/3": 100.0}
    found = {"a": [{"25/3": 97.0}, {"25/3": 104.0}], "b": [{"25/3": 96.0}, {"25/3": 103.0}]}
    assert spread("25/3", mid, found) == (5.0, 5.0)
