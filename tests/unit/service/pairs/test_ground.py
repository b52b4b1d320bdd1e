"""Names of places become points; what cannot be meant is refused with what can."""

from __future__ import annotations

import numpy as np
import pytest
from way_scenarios import ways

from raabta.base.errors import ScenarioError
from raabta.service.data import largest_towns
from raabta.service.pairs.ground import gateways_of, pairs_of, places_of

POLE = {"name": "Pole", "latitude_deg": 89.0, "longitude_deg": 0.0, "height_m": 2_800.0}


def test_largest_cities_come_first_then_towns_then_stations() -> None:
    scenario = ways(ground={"largest_cities": 3, "stations": [POLE]})
    places = places_of(scenario)
    assert places.name[:3] == ("Shanghai, China", "Beijing, China", "Shenzhen, China")
    assert places.name[3:] == (
        "London, United Kingdom", "Singapore, Singapore", "Quetta, Pakistan", "Nairobi, Kenya", "Pole",
    )  # fmt: skip
    assert places.latitude_deg[5] == pytest.approx(30.18, abs=0.05)
    assert places.height_m[-1] == 2_800.0 and places.height_m[0] == 0.0


def test_a_town_among_the_largest_cities_stands_once() -> None:
    scenario = ways(ground={"largest_cities": 40, "cities": ["London", "Lahore"]})
    assert len(places_of(scenario).name) == len(set(places_of(scenario).name)) == 40


def test_what_a_name_could_have_meant_is_noted() -> None:
    assert any("London, United Kingdom is meant" in note for note in places_of(ways()).notes)


def test_largest_towns_fall_in_population_and_name_their_country() -> None:
    found = largest_towns(50)
    assert found[0][0] == "Shanghai" and {code for _, code, *_ in found} >= {"CHN", "PAK", "USA"}
    karachi = next(town for town in found if town[0] == "Karachi")
    assert karachi[1:4] == ("PAK", pytest.approx(24.86, abs=0.1), pytest.approx(67.01, abs=0.1))
    assert karachi[4] > 10_000_000 and [town[4] for town in found] == sorted(
        (t[4] for t in found), reverse=True
    )


def test_all_pairs_or_those_asked_for() -> None:
    everyone = ways()
    assert len(pairs_of(everyone, places_of(everyone))) == 6
    some = ways(pairs=[["quetta", "London, GBR"], ["Nairobi", "Singapore"]])
    assert pairs_of(some, places_of(some)).tolist() == [[2, 0], [3, 1]]


@pytest.mark.parametrize(
    ("pair", "said", "hint"),
    [
        (["London", "Paris"], "'Paris' is no place of this scenario", "ground.cities"),
        (["London", "Londno"], "no town is called 'Londno'", "did you mean"),
        (["London", "London, GBR"], "are the same place; a way has two ends", None),
    ],
)
def test_pairs_that_cannot_be(pair: list[str], said: str, hint: str | None) -> None:
    scenario = ways(pairs=[pair])
    with pytest.raises(ScenarioError, match=said) as caught:
        pairs_of(scenario, places_of(scenario))
    assert hint is None or hint in str(caught.value)


def test_a_station_that_is_called_as_a_town_is_refused() -> None:
    scenario = ways(ground={"stations": [{**POLE, "name": "Quetta, Pakistan"}]})
    with pytest.raises(ScenarioError, match="is a town of this scenario too"):
        places_of(scenario)


def test_gateways_are_the_stations_that_say_so() -> None:
    scenario = ways(ground={"stations": [POLE, {**POLE, "name": "Other", "gateway": True}]})
    assert np.array_equal(gateways_of(scenario, places_of(scenario)), [5])
