"""People of the world on coarse cells, and the largest town of every region as a candidate place."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.access.cells import cell_of
from raabta.service.data import country_population, town_countries, towns
from raabta.service.world import station_places, world_people


def test_nearly_everybody_is_on_a_cell_in_the_band() -> None:
    """A country has the people that GeoNames gives it, or those of its towns where these are more."""
    world = world_people()
    listed = {iso3: int(towns(iso3).population.sum()) for iso3 in town_countries()}
    everybody = sum(max(country_population(iso3), people) for iso3, people in listed.items() if people)
    assert 0.999 * everybody < world.people.sum() <= everybody
    assert world.people.sum() == pytest.approx(7.7e9, rel=0.05)
    assert world.latitude_deg.min() >= -57.0 and world.latitude_deg.max() <= 71.0
    assert (world.people > 0).all() and (np.diff(world.group) >= 0).all()


def test_a_band_of_latitudes_leaves_the_others_out() -> None:
    tropics = world_people((-23.0, 23.0))
    assert np.abs(tropics.latitude_deg).max() < 24.0
    assert 0.2 < tropics.people.sum() / world_people().people.sum() < 0.6


def test_each_region_offers_its_largest_town_once() -> None:
    places = station_places()
    cell = cell_of(places.latitude_deg, places.longitude_deg, 1)
    assert np.unique(cell).size == cell.size == len(places.name) == len(places.iso3)
    assert {"Karachi", "Shanghai", "Lagos"} <= set(places.name)
    listed = towns("PAK")
    own = cell_of(listed.latitude_deg, listed.longitude_deg, 1)
    karachi = own[listed.name.index("Karachi")]
    assert listed.name[np.flatnonzero(own == karachi)[0]] == "Karachi"
    assert "Hyderabad" not in {n for n, c in zip(places.name, places.iso3, strict=True) if c == "PAK"}
