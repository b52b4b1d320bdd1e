"""Uncertain inputs of a run: what each variant moves, and by how much."""

from __future__ import annotations

import pytest

from raabta.scenario.catalogue import entry
from raabta.scenario.loader import load
from raabta.service.bands import spread, variants


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


def test_moves_of_independent_inputs_add_in_quadrature() -> None:
    mid = {"25/3": 100.0}
    found = {"a": [{"25/3": 97.0}, {"25/3": 104.0}], "b": [{"25/3": 96.0}, {"25/3": 103.0}]}
    assert spread("25/3", mid, found) == (5.0, 5.0)
