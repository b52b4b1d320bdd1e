"""The band of a payload: stated or derived, and its carrier inside it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import catalogue_names, entry
from raabta.scenario.loader import load
from raabta.scenario.models import Payload

PAYLOAD = load("pakistan").constellation.payload


def changed(**figures):
    return Payload.model_validate(PAYLOAD.model_dump() | figures)


@pytest.mark.parametrize("carrier_ghz", [18.6, 20.2])
def test_a_carrier_may_stand_at_the_edge_of_its_band(carrier_ghz: float) -> None:
    assert changed(user_down_ghz=carrier_ghz).user_down_band_ghz == (18.6, 20.2)


@pytest.mark.parametrize("carrier_ghz", [18.5, 20.3])
def test_a_carrier_outside_its_band_is_refused(carrier_ghz: float) -> None:
    with pytest.raises(ValidationError, match=r"must lie from user_down_low_ghz 18\.6"):
        changed(user_down_ghz=carrier_ghz)


@pytest.mark.parametrize("edge", ["user_down_low_ghz", "user_down_high_ghz"])
def test_one_edge_alone_is_refused(edge: str) -> None:
    with pytest.raises(ValidationError, match="stand together or not at all"):
        changed(**{edge: None})


def test_a_scenario_whose_carrier_leaves_its_band_is_refused_with_the_place(tmp_path) -> None:
    text = to_file(tmp_path, "{catalogue: galaxyspace-like, payload: {user_down_ghz: 19.0}}")
    assert load(text).constellation.payload.user_down_ghz == 19.0
    with pytest.raises(ScenarioError, match=r"user_down_ghz 30 must lie"):
        load(to_file(tmp_path, "{catalogue: galaxyspace-like, payload: {user_down_ghz: 30.0}}"))


def to_file(folder, constellation: str):
    path = folder / "one.yaml"
    path.write_text(
        f"schema_version: 1\nname: one\nconstellation: {constellation}\n"
        "gateways:\n  - catalogue: [karachi, ka-earth-station]\n"
        "demand:\n  catalogue: rural-pakistan\n  terminals:\n    - {catalogue: community, share: 1.0}\n"
    )
    return path


def test_a_radio_moved_to_another_carrier_leaves_its_stated_band() -> None:
    moved = PAYLOAD.moved_to(11.0, 14.0)
    assert (moved.user_down_ghz, moved.user_up_ghz) == (11.0, 14.0)
    assert moved.user_down_band_ghz == pytest.approx((10.2, 11.8))


@pytest.mark.parametrize("name", catalogue_names("constellation"))
def test_the_channels_of_the_catalogue_fit_into_their_bands(name: str) -> None:
    payload = entry(name).model.payload
    low, high = payload.user_down_band_ghz
    assert low <= payload.user_down_ghz <= high
    assert payload.channels * payload.channel_down_mhz <= (high - low) * 1e3 + 1e-6
