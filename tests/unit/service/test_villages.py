"""Synthetic villages and exact sharing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access.cells import distance_km
from raabta.access.outlines import outline
from raabta.service.districts import VILLAGE_BOUNDS, district_of, pakistan_districts, pakistan_sites
from raabta.service.villages import (
    apportion,
    distance_to_town_km,
    generator,
    pakistan_points,
    town_points,
    village_sizes,
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0.01, 1e6)), min_size=1, max_size=60),
       st.lists(st.integers(0, 10**9), min_size=5, max_size=5))  # fmt: skip
def test_apportion_is_exact_and_never_off_by_one_person(items, totals):
    group = np.array([g for g, _ in items])
    weight = np.array([w for _, w in items])
    wanted = np.where(np.isin(np.arange(5), group), np.array(totals), 0)
    got = apportion(wanted, weight, group)
    assert (np.bincount(group, got, 5) == wanted).all()
    share = wanted[group] * weight / np.bincount(group, weight, 5)[group]
    assert (np.abs(got - share) < 1.0 + 1e-6 * np.maximum(share, 1)).all()
    assert (got >= 0).all()


def test_apportion_gives_the_last_person_to_the_largest_remainder_then_the_first():
    assert apportion(np.array([10]), np.array([1.0, 1.0, 1.0]), np.zeros(3, int)).tolist() == [4, 3, 3]
    assert apportion(np.array([3]), np.array([1.0, 1.9, 0.1]), np.zeros(3, int)).tolist() == [1, 2, 0]


def test_apportion_refuses_people_without_a_place():
    with pytest.raises(ValueError, match="no place of positive weight"):
        apportion(np.array([1, 5]), np.array([1.0]), np.array([0]))


def test_villages_have_the_censuss_number_people_and_sizes():
    table = pakistan_districts()
    district, size = village_sizes(table.villages, table.village_people, generator(1))
    low = np.array([bound[0] for bound in VILLAGE_BOUNDS])
    for row in range(0, table.size, 7):
        sizes = np.sort(size[district == row])
        assert sizes.size == table.villages[row][table.village_people[row] > 0].sum()
        assert sizes.sum() == pytest.approx(table.village_people[row].sum(), abs=1e-3)
        inside = (table.village_people[row] >= low * table.villages[row]).all()
        if inside:
            edges = np.append(low[::-1] - 0.5, np.inf)
            counted = np.histogram(sizes, edges)[0][::-1]
            assert (counted == np.where(table.village_people[row] > 0, table.villages[row], 0)).all()


def test_villages_stand_on_land_of_their_district(pakistan_places):
    rural = pakistan_places.rural
    where = district_of(pakistan_places.latitude_deg[rural], pakistan_places.longitude_deg[rural])
    weight = pakistan_places.population[rural]
    assert (
        np.average(where == pakistan_places.district[rural], weights=weight) > 0.85
    )  # 2 km of jitter at borders
    from shapely import contains_xy, prepare

    country = outline("PAK").buffer(0.03)
    prepare(country)
    assert contains_xy(country, pakistan_places.longitude_deg, pakistan_places.latitude_deg).all()


def test_the_seed_decides_the_villages_and_nothing_else():
    table, sites, country = pakistan_districts(), pakistan_sites(), outline("PAK")
    one, same, other = (pakistan_points(table, sites, country, seed) for seed in (5, 5, 6))
    assert (one.latitude_deg == same.latitude_deg).all()
    assert (one.population == same.population).all()
    assert not np.array_equal(one.latitude_deg, other.latitude_deg)
    assert (one.population[~one.rural] == other.population[~other.rural]).all()
    totals = [np.bincount(p.district, p.population, table.size) for p in (one, other)]
    assert (totals[0] == totals[1]).all()


def test_homes_without_electricity_never_exceed_homes(pakistan_places):
    assert (pakistan_places.unelectrified <= pakistan_places.households).all()
    assert (pakistan_places.households <= pakistan_places.population).all()


def test_a_city_covers_ground_and_a_small_town_is_a_point():
    lat, lon, town, part = town_points(
        np.array([31.0, 30.0]), np.array([73.0, 70.0]), np.array([13_000_000, 9_000]), outline("PAK")
    )
    city = town == 0
    reach = distance_km(31.0, 73.0, lat[city], lon[city])
    assert reach.max() == pytest.approx(np.sqrt(13e6 / (np.pi * 10_000)), rel=0.02)
    assert np.bincount(town, part) == pytest.approx([1.0, 1.0])
    assert (lat[~city], lon[~city]) == ([30.0], [70.0])


def test_distance_to_town(pakistan_places):
    away = distance_to_town_km(pakistan_places, np.array([31.5497]), np.array([74.3436]))
    direct = distance_km(pakistan_places.latitude_deg, pakistan_places.longitude_deg, 31.5497, 74.3436)
    assert away == pytest.approx(direct, abs=1e-6)
    assert np.isinf(distance_to_town_km(pakistan_places, np.array([]), np.array([]))).all()


def test_no_part_of_a_city_stands_in_the_sea():
    lat, lon, _, part = town_points(
        np.array([24.86]), np.array([67.01]), np.array([11_000_000]), outline("PAK")
    )
    from shapely import contains_xy

    assert contains_xy(outline("PAK"), lon, lat).all()
    assert part.sum() == pytest.approx(1.0)
