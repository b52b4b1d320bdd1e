"""People beyond the border."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.access.cells import distance_km
from raabta.scenario.models import Sharing
from raabta.service.data import country_population
from raabta.service.neighbours import neighbours


@pytest.fixture(scope="module")
def around(make_scenario, pakistan):
    ours = pakistan[0]
    scenario = make_scenario(sharing=Sharing(markets={"IND": "closed", "AFG": "open"}))
    return neighbours(scenario, ours["latitude_deg"], ours["longitude_deg"], 1_000.0)


def test_the_neighbours_are_there_and_pakistan_is_not(around):
    assert {"IND", "AFG", "IRN", "CHN", "OMN", "TJK"} <= set(around.iso3.tolist())
    assert "PAK" not in around.iso3


def test_nobody_is_farther_than_asked(around, pakistan):
    ours = pakistan[0]
    near = [distance_km(lat, lon, ours["latitude_deg"].values, ours["longitude_deg"].values).min()
            for lat, lon in zip(around.latitude_deg, around.longitude_deg, strict=True)]  # fmt: skip
    assert max(near) <= 1_000.0


def test_a_country_wholly_in_reach_counts_whole(around):
    assert around.population[around.iso3 == "AFG"].sum() == country_population("AFG")
    assert 0 < around.population[around.iso3 == "IND"].sum() < country_population("IND")


def test_markets_come_from_the_scenario(around):
    assert set(around.market[around.iso3 == "IND"]) == {"closed"}
    assert set(around.market[around.iso3 == "AFG"]) == {"open"}
    assert set(around.market[around.iso3 == "IRN"]) == {"unknown"}


def test_pakistan_is_a_small_part_of_a_footprint(around, pakistan):
    """SERVICE.md: a satellite over Pakistan mostly serves others."""
    assert around.population.sum() > 3 * pakistan[1].population.sum()


def test_rows_are_sorted_and_more_distance_never_loses_people(make_scenario, pakistan):
    ours = pakistan[0]
    lat, lon = ours["latitude_deg"].values, ours["longitude_deg"].values
    small, large = (neighbours(make_scenario(), lat, lon, reach) for reach in (300.0, 600.0))
    key = [(int(h), i) for h, i in zip(large.h3, large.iso3, strict=True)]
    assert key == sorted(set(key))
    assert set(zip(small.h3, small.iso3, strict=True)) <= set(zip(large.h3, large.iso3, strict=True))


def test_the_middle_of_the_sea_has_no_neighbours(make_scenario):
    alone = neighbours(make_scenario(), np.array([-50.0]), np.array([-120.0]), 500.0)
    assert alone.size == 0


def test_the_rest_of_the_country_shares_with_a_part_of_it(make_scenario, tmp_path):
    path = tmp_path / "quetta.geojson"
    path.write_text(
        '{"type": "Polygon", "coordinates": [[[66, 29], [68, 29], [68, 31], [66, 31], [66, 29]]]}'
    )
    found = neighbours(make_scenario(outline_file=str(path)), np.array([30.2]), np.array([67.0]), 1_000.0)
    own = found.population[found.iso3 == "PAK"].sum()
    assert 0.8 * country_population("PAK") < own < country_population("PAK")
