"""People in cells: sums exact, nobody lost, user's files held to account."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, ScenarioError
from raabta.base.tables import PEOPLE, check
from raabta.service.people import read_people


def test_census_sums_are_exact(pakistan):
    _, people, view, table = pakistan
    sums = people.by_district()
    assert (sums["population"] == table.population).all()
    assert (sums["households"] == table.households).all()
    assert (sums["rural"] == table.rural_households).all()
    census = ~table.estimated
    assert sums["population"][census].sum() == 241_499_431
    check(view, PEOPLE)
    assert int(view["population"].sum()) == table.population.sum()


def test_small_districts_keep_their_people(pakistan):
    """They hold no cell centre, so a map by cell would lose them."""
    _, people, _, table = pakistan
    shown = set(np.unique(people.cell_district()).tolist())
    for name in ("Karachi Central", "Korangi", "Karachi South", "Torghar"):
        row = table.index(name)
        assert people.by_district()["population"][row] == table.population[row]
    assert any(table.index(name) not in shown for name in ("Karachi Central", "Korangi", "Karachi South"))


def test_rows_are_sorted_unique_and_consistent(pakistan):
    ours, people, _, table = pakistan
    key = people.row_cell.astype(np.int64) * table.size + people.row_district
    assert (np.diff(key) > 0).all()
    assert people.row_cell.max() < ours.sizes["cell"]
    for part in (people.underserved, people.rural, people.unelectrified):
        assert ((part >= 0) & (part <= people.households)).all()
    assert (people.rural_underserved <= np.minimum(people.rural, people.underserved)).all()
    assert (people.population > 0).all()


def test_the_same_seed_gives_the_same_people_and_another_moves_villages_only(make_scenario, put, pakistan):
    _, people, _, _ = pakistan
    _, again, _, _ = put(make_scenario())
    _, other, _, table = put(make_scenario(seed=7))
    assert all(
        np.array_equal(getattr(people, n), getattr(again, n))
        for n in ("row_cell", "households", "underserved")
    )
    assert not np.array_equal(people.by_cell()["households"], other.by_cell()["households"])
    assert (other.by_district()["households"] == table.households).all()


def test_demand_follows_people(pakistan):
    """SERVICE.md: the top tenth of the cells hold half of the homes (or more: cities are cities)."""
    _, people, _, _ = pakistan
    homes = np.sort(people.by_cell()["households"])[::-1]
    assert 0.45 < homes[: homes.size // 10].sum() / homes.sum() < 0.7


def test_who_is_asked_for(pakistan):
    _, people, _, _ = pakistan
    assert (people.addressable("everyone") == people.households).all()
    assert (people.addressable("rural") == people.rural).all()
    assert (people.addressable("underserved") == people.underserved).all()


@pytest.mark.parametrize(("country", "everyone"), [("NPL", 28_087_871), ("SGP", 5_638_676), ("VUT", 292_680)])
def test_any_other_country(make_scenario, put, country, everyone):
    """Nepal has towns and villages, Singapore towns only, Vanuatu is scattered islands."""
    _, people, _, table = put(make_scenario(country))
    assert table.name == ({"NPL": "Nepal", "SGP": "Singapore", "VUT": "Vanuatu"}[country],)
    assert people.population.sum() == everyone == table.population.sum()
    assert people.by_district()["rural"].sum() == table.rural_households.sum()


def test_a_users_outline_counts_only_its_own_people(make_scenario, put, tmp_path):
    ring = [[66, 29], [68, 29], [68, 31], [66, 31], [66, 29]]
    path = tmp_path / "quetta.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    _, people, _, table = put(make_scenario(outline_file=str(path)))
    assert 0 < people.population.sum() < 0.05 * table.population.sum()
    assert not any("The outline covers" in note for note in people.assumptions)
    held = {table.name[d] for d in np.unique(people.row_district)}
    assert "Quetta" in held
    assert "Lahore" not in held


def test_a_tiny_outline_says_that_its_cell_is_counted_whole(make_scenario, put, tmp_path):
    ring = [[67.0, 30.2], [67.001, 30.2], [67.001, 30.201], [67.0, 30.201], [67.0, 30.2]]
    path = tmp_path / "plot.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    ours, people, _, _ = put(make_scenario(outline_file=str(path)))
    assert ours.sizes["cell"] == 1
    (note,) = [one for one in people.assumptions if one.startswith("The outline")]
    assert re.fullmatch(r"The outline covers 0\.011 km2; its 1 cell \(2\d\d km2\) is counted whole\.", note)


def test_an_outline_without_people_is_no_solution(make_scenario, put, tmp_path):
    path = tmp_path / "sea.geojson"
    ring = [[60, 15], [61, 15], [61, 16], [60, 15]]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    with pytest.raises(NoSolutionError, match="nobody lives in the area"):
        put(make_scenario(outline_file=str(path)))


def test_a_users_people_file(make_scenario, put, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(
        "lat,lon,population,households,district\n30.2,67.0,9000,1200,North\n29.5,66.5,700,90,South\n"
    )
    _, people, view, table = put(make_scenario(people_file=str(path)))
    assert table.name == ("North", "South")
    assert people.by_district()["population"].tolist() == [9000, 700]
    assert people.by_district()["households"].tolist() == [1200, 90]
    assert people.by_district()["rural"].tolist() == [0, 90]
    assert set(np.unique(view["district"]).tolist()) == {-1, 0, 1}


def test_a_users_geojson_of_people(tmp_path):
    path = tmp_path / "people.geojson"
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [67.0, 30.2]},
               "properties": {"population": 450}}  # fmt: skip
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    points, table = read_people(path)
    assert points.population.tolist() == [450]
    assert points.households.tolist() == [100]
    assert table.name == ("all",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("lat,lon\n1,2\n", r"people.csv:1: missing column population"),
        ("lat,lon,population,colour\n1,2,3,4\n", r"people.csv:1: unknown column colour"),
        ("lat,lon,population\n30,67,10\n30,67\n", r"people.csv:3: 2 fields where the header has 3"),
        ("lat,lon,population\n30,67,10\n300,67,10\n", r"people.csv:3: lat is 300; allowed: -90 to 90"),
        ("lat,lon,population\n30,67,many\n", r"people.csv:2: population is 'many', not a number"),
        ("lat,lon,population\n30,67,nan\n", r"people.csv:2: population is nan"),
        ("lat,lon,population\n30,67,-5\n", r"people.csv:2: population is -5; allowed: 0 to"),
    ],
)
def test_a_bad_people_file_points_at_its_line(tmp_path, text, message):
    path = tmp_path / "people.csv"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        read_people(path)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("nonsense", "is not JSON"),
        ('{"type": "FeatureCollection"}', "with features"),
        ('{"features": [{"geometry": {"type": "Polygon"}, "properties": {}}]}', "feature 1 is not a Point"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}}]}',
         "no property population"),
        ('{"features": [{"geometry": {"type": "Point", "coordinates": ["x", 2]},'
         ' "properties": {"population": 1}}]}',
         "lon is 'x', not a number"),
    ],
)  # fmt: skip
def test_a_bad_people_geojson_is_refused(tmp_path, document, message):
    path = tmp_path / "people.geojson"
    path.write_text(document)
    with pytest.raises(ScenarioError, match=message):
        read_people(path)
