"""The census table and the district of a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from raabta.access.polygons import containing, read_polygons
from raabta.service.data import country_population, towns
from raabta.service.districts import district_of, pakistan_districts, pakistan_sites
from raabta.service.people import COUNTS
from raabta.service.user_districts import matched

SHARED = Path(__file__).parents[4] / "shared/data/pakistan/pakistan_districts_census2023.geojson"


def test_the_census_sums_are_the_official_ones():
    table = pakistan_districts()
    census = ~table.estimated
    assert census.sum() == 136
    assert table.population[census].sum() == 241_499_431  # PBS, census 2023, final
    assert table.households[census].sum() == 38_340_566
    assert table.area_km2[census].sum() == 796_096
    province = np.array(table.province)
    official = {"Punjab": 127_688_922, "Sindh": 55_696_147, "Khyber Pakhtunkhwa": 40_856_097,
                "Balochistan": 14_894_402, "Islamabad Capital Territory": 2_363_863}  # fmt: skip
    assert {name: table.population[province == name].sum() for name in official} == official


def test_kashmir_and_gilgit_are_labelled_estimates():
    table = pakistan_districts()
    assert {p for p, e in zip(table.province, table.estimated, strict=True) if e} == {
        "Azad Jammu and Kashmir",
        "Gilgit-Baltistan",
    }
    assert all(c in ("low", "medium") for c, e in zip(table.confidence, table.estimated, strict=True) if e)
    assert 5_500_000 < table.population[table.estimated].sum() < 7_000_000


def test_rows_are_consistent():
    table = pakistan_districts()
    assert (table.rural_population <= table.population).all()
    assert (table.rural_households <= table.households).all()
    assert ((table.rural_population == 0) == (table.rural_households == 0)).all()
    for region in ("rural", "urban"):
        shares = sum(getattr(table, f"{region}_{kind}_share") for kind in ("electricity", "solar", "none"))
        homes = table.rural_households if region == "rural" else table.households - table.rural_households
        assert np.isclose(shares, 1.0, atol=1e-3)[homes > 0].all()
    size = table.population / table.households
    assert ((size > 3.5) & (size < 9.5)).all()
    assert len(set(table.name)) == 156


def test_districts_without_rural_people_have_no_villages():
    table = pakistan_districts()
    for name in ("Lahore", "Karachi Central", "Korangi"):
        row = table.index(name)
        assert table.rural_population[row] == 0
        assert table.villages[row].sum() == 0


def test_village_classes_sum_to_the_rural_people():
    """T03 against T01: six districts differ, of which five are the published pairs of neighbours."""
    table = pakistan_districts()
    off = table.village_people.sum(1) - table.rural_population
    rows = np.flatnonzero((np.abs(off) > 5) & ~table.estimated)
    expected = {"Jhang", "Toba Tek Singh", "Malir", "Kalat", "Surab", "Kachhi", "Nasirabad"}
    assert {table.name[row] for row in rows} <= expected
    assert np.abs(off[~table.estimated]).sum() < 0.001 * table.population.sum()


def test_every_district_has_a_place_of_known_district():
    sites = pakistan_sites()
    assert set(np.unique(sites.district[sites.known])) == set(range(156))


@pytest.mark.parametrize(
    ("place", "district"),
    [((31.55, 74.34), "Lahore"), ((30.20, 67.01), "Quetta"), ((34.01, 71.58), "Peshawar"),
     ((25.12, 62.33), "Gwadar"),
     ((24.74, 69.80), "Tharparkar"), ((35.92, 74.31), "Gilgit"), ((34.36, 73.47), "Muzaffarabad")],
)  # fmt: skip
def test_a_town_lies_in_its_district(place, district):
    assert pakistan_districts().name[int(district_of([place[0]], [place[1]])[0])] == district


@pytest.mark.skipif(not SHARED.exists(), reason="the district polygons are development data, not shipped")
def test_share_of_cells_in_the_right_district(pakistan, record_property, capsys):
    """Reference: a plain power diagram puts 75 % of cells right, the nearest town 71 %."""
    ours, people, _, table = pakistan
    polygons = read_polygons(SHARED)
    truth = containing(polygons, ours["latitude_deg"], ours["longitude_deg"])
    cell = np.flatnonzero(truth >= 0)
    truth = matched(polygons, table)[truth[cell]]
    diagram = np.mean(people.drawn_district[cell] == truth)
    most = np.mean(people.cell_district()[cell] == truth)
    homes = people.by_cell()["households"][cell]
    weighted = np.average(people.drawn_district[cell] == truth, weights=homes)
    with capsys.disabled():
        print(f"\ncells in the right district: {diagram:.1%} by power diagram, {most:.1%} by most people, "
              f"{weighted:.1%} by power diagram weighted by homes")  # fmt: skip
    assert diagram > 0.75
    assert weighted > 0.75


@pytest.mark.skipif(not SHARED.exists(), reason="the district polygons are development data, not shipped")
def test_every_district_of_openstreetmap_is_known_and_drawn_where_it_is(make_scenario, put, pakistan):
    ours, people, _, table = put(make_scenario(districts_file=str(SHARED)))
    polygons = read_polygons(SHARED)
    row = matched(polygons, table)
    assert sorted(row) == list(range(156))
    truth = containing(polygons, ours["latitude_deg"], ours["longitude_deg"])
    assert (people.cell_district()[truth >= 0] == row[truth[truth >= 0]]).all()
    assert (people.cell_district() >= 0).all()
    for name in ("row_cell", "row_district", *COUNTS):
        assert np.array_equal(getattr(people, name), getattr(pakistan[1], name))


def test_towns_come_from_the_whole_world():
    assert towns("PAK").name[:2] == ("Lahore", "Karachi")
    assert towns("NPL").name[0] == "Kathmandu"
    assert (np.diff(towns("IND").population) <= 0).all()
    assert towns("XXX").name == ()
    assert country_population("IND") > 1_300_000_000
    assert country_population("XXX") == 0


def test_towns_misplaced_in_geonames_stand_where_they_are():
    listed = towns("PAK")
    row = listed.name.index("Arif Wala")
    assert (listed.latitude_deg[row], listed.longitude_deg[row]) == pytest.approx((30.291, 73.066))
    assert listed.name.count("Bahawalnagar") == 1
