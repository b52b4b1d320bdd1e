"""A user's district polygons: they draw cells, divide people where nothing else does, and lose nobody."""

from __future__ import annotations

import json

import numpy as np
import pytest
from shapely import Point
from shapely.geometry import shape

from raabta.access.outlines import outline
from raabta.access.polygons import read_polygons
from raabta.base.errors import ScenarioError
from raabta.scenario.models import Terrestrial
from raabta.service.districts import OTHER_NAMES, pakistan_districts
from raabta.service.people import COUNTS, area_points
from raabta.service.user_districts import matched


def box(west, south, east, north, **properties):
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(folder, *features, name="districts.geojson"):
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return path


def inside(cells, west, south, east, north):
    lat, lon = cells["latitude_deg"].values, cells["longitude_deg"].values
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def test_the_polygon_that_holds_a_cells_centre_wins_in_pakistan(make_scenario, put, pakistan, tmp_path):
    """Quetta is drawn as Lahore because the file says so; people stay with the census; the rest stays too."""
    path = write(tmp_path, box(66, 29, 68, 31, name="LAHORE"), box(66, 31, 68, 32, name="islamabad"))
    ours, people, view, table = put(make_scenario(districts_file=str(path)))
    _, before, _, _ = pakistan
    lahore, capital = table.index("Lahore"), table.index("ICT")
    drawn, first, second = view["district"].values, inside(ours, 66, 29, 68, 31), inside(ours, 66, 31, 68, 32)
    assert first.sum() > 100 and (drawn[first] == lahore).all()
    assert (drawn[second & ~first] == capital).all()
    for name in ("row_cell", "row_district", *COUNTS):
        assert np.array_equal(getattr(people, name), getattr(before, name)), name
    assert (people.by_district()["population"] == table.population).all()
    left_out = ~np.isin(before.drawn_district, [lahore, capital]) & ~first & ~second
    assert (drawn[left_out] == before.drawn_district[left_out]).all()
    assert (
        people.assumptions[-2] == "Districts of cells, for drawing, by the user's polygons districts.geojson."
    )


def test_a_centre_in_no_polygon_goes_to_the_nearest(make_scenario, put, tmp_path):
    """Two halves of Nepal with a gap of a degree between them: its cells are shared out at the middle."""
    path = write(tmp_path, box(79, 26, 83.5, 31, name="West"), box(84.5, 26, 89, 31, name="East"))
    ours, people, _, table = put(make_scenario("NPL", districts_file=str(path)))
    lon = ours["longitude_deg"].values
    assert table.name == ("West", "East")
    gap = (lon > 83.5) & (lon < 84.5)
    assert gap.sum() > 30
    assert (people.cell_district() == np.where(lon < 84.0, 0, 1)).all()


def test_another_country_gets_its_districts_and_loses_nobody(make_scenario, put, tmp_path):
    """Each point's polygon by shapely alone; the sums are those of one district, to the last home."""
    boxes = [
        box(79, 26, 82.7, 31, name="Far West", province="A"),
        box(82.7, 26, 85.1, 27.9, district="Central South", province="B"),
        box(82.7, 27.9, 85.1, 31, name="Central North", province="B"),
        box(85.1, 26, 89, 31, name="East"),
    ]
    path = write(tmp_path, *boxes)
    scene = make_scenario("NPL", districts_file=str(path))
    ours, people, _, table = put(scene)
    _, before, _, _ = put(make_scenario("NPL"))
    assert table.name == ("Far West", "Central South", "Central North", "East")
    assert table.province == ("A", "B", "B", "")
    for name in COUNTS:
        assert np.array_equal(people.by_cell()[name], before.by_cell()[name]), name
    points = area_points(scene)[0]
    shapes = [shape(one["geometry"]) for one in boxes]
    places = [Point(lon, lat) for lon, lat in zip(points.longitude_deg, points.latitude_deg, strict=True)]
    owner = np.array([next(k for k, area in enumerate(shapes) if area.intersects(at)) for at in places])
    for name, column in (("population", points.population), ("households", points.households)):
        wanted = [int(column[owner == k].sum()) for k in range(4)]
        assert people.by_district()[name].tolist() == wanted == getattr(table, name).tolist()
    assert people.by_district()["rural"].tolist() == table.rural_households.tolist()
    assert people.population.sum() == table.population.sum() == 28_087_871
    assert "28,087,871 people stand in one, 0 in none and count to the nearest" in people.assumptions[-2]
    assert ours.sizes["cell"] == people.cells


def test_people_in_no_polygon_count_to_the_nearest_and_are_counted_in_words(make_scenario, put, tmp_path):
    path = write(tmp_path, box(85.2, 27.6, 85.5, 27.8, name="Kathmandu"), box(80, 28, 81, 29, name="West"))
    _, people, _, _ = put(make_scenario("NPL", districts_file=str(path)))
    assert people.population.sum() == 28_087_871
    assert (people.by_district()["population"] > 3_000_000).all()
    assert "in none and count to the nearest" in people.assumptions[-2]
    assert ", 0 in none" not in people.assumptions[-2]


def test_coverage_by_district_takes_the_polygons_names(make_scenario, put, tmp_path):
    path = write(tmp_path, box(79, 26, 84, 31, name="West"), box(84, 26, 89, 31, name="East"))
    coverage = tmp_path / "coverage.csv"
    coverage.write_text("district,covered_share\nwest,1\nEast,0\n")
    terrestrial = Terrestrial(coverage_file=str(coverage))
    _, people, _, table = put(make_scenario("NPL", districts_file=str(path), terrestrial=terrestrial))
    assert people.by_district()["underserved"].tolist() == [0, table.households[1]]


def test_a_cell_abroad_has_no_district(make_scenario, put, tmp_path):
    area = write(tmp_path, box(60.0, 26.2, 63.5, 27.2), name="area.geojson")
    path = write(tmp_path, box(63, 26, 64, 27.5, name="Panjgur"))
    scene = make_scenario(outline_file=str(area), districts_file=str(path))
    ours, people, _, table = put(scene)
    drawn, lat, lon = people.drawn_district, ours["latitude_deg"].values, ours["longitude_deg"].values
    away = np.array([outline("PAK").distance(Point(x, y)) for x, y in zip(lon, lat, strict=True)])
    iran = (away > 0.15) & (lon < 63.0)
    assert iran.sum() > 30 and (drawn[iran] == -1).all()
    assert (drawn[away == 0.0] >= 0).all()
    assert table.index("Panjgur") in drawn


def people_csv(folder, text):
    path = folder / "people.csv"
    path.write_text(text)
    return str(path)


def test_a_people_file_without_districts_is_divided(make_scenario, put, tmp_path):
    file = people_csv(tmp_path, "lat,lon,population,households\n30.2,67.0,9000,1200\n29.5,66.5,700,90\n")
    path = write(tmp_path, box(66.8, 30, 67.2, 30.4, name="Town"), box(66, 29, 66.8, 30, name="Hills"))
    _, people, _, table = put(make_scenario(people_file=file, districts_file=str(path)))
    assert table.name == ("Town", "Hills")
    assert people.by_district()["households"].tolist() == [1200, 90]
    assert table.rural_households.tolist() == [0, 90]


def test_a_people_files_own_districts_stay(make_scenario, put, tmp_path):
    file = people_csv(tmp_path, "lat,lon,population,district\n30.2,67.0,9000,North\n29.5,66.5,700,South\n")
    good = write(tmp_path, box(66, 29, 68, 29.8, name="north"), box(66, 29.8, 68, 31, name="south"))
    ours, people, view, table = put(make_scenario(people_file=file, districts_file=str(good)))
    assert people.by_district()["population"].tolist() == [9000, 700]
    held = inside(ours, 66, 29.8, 68, 31)
    assert (view["district"].values[held] == table.index("South")).all()
    bad = write(tmp_path, box(66, 29, 68, 31, name="Nord"), name="bad.geojson")
    with pytest.raises(ScenarioError, match=r"1 of 1 names are no district here: 'Nord' .did you mean North"):
        put(make_scenario(people_file=file, districts_file=str(bad)))


def test_names_are_read_whatever_their_case_spaces_accents_and_spelling(tmp_path):
    table = pakistan_districts()
    names = ["QUETTA", "umerkot", "Kambar Shahdadkot", "Musa Khel", "Tándo Allah Yar", "D.era Ismail-Khan"]
    wanted = ["Quetta", "Umer Kot", "Kambar Shahdad Kot", "Musakhel", "Tando Allahyar", "Dera Ismail Khan"]
    for name, others in OTHER_NAMES.items():
        names += others
        wanted += [name] * len(others)
    found = read_polygons(write(tmp_path, *(box(60, 20, 61, 21, name=name) for name in names)))
    assert [table.name[row] for row in matched(found, table)] == wanted


def test_a_wrong_name_gives_a_suggestion(make_scenario, put, tmp_path):
    path = write(
        tmp_path,
        *(box(66, 29, 67, 30, name=name) for name in ("Quita", "Lahore", "Nawabshah", "Chitral", "Xyzzy")),
    )
    with pytest.raises(ScenarioError) as caught:
        put(make_scenario(districts_file=str(path)))
    first, hint = str(caught.value).splitlines()
    assert first == (
        f"{path}: 4 of 5 names are no district here: 'Quita' (did you mean Quetta?), "
        "'Nawabshah' (did you mean Shaheed Benazirabad, where the town of Nawabshah is?), "
        "'Chitral' (did you mean Lower Chitral, where the town of Chitral is?), 'Xyzzy'"
    )
    assert hint.startswith("hint: use the names of districts.csv")


def test_many_wrong_names_are_counted_not_poured_out(tmp_path):
    found = read_polygons(write(tmp_path, *(box(60, 20, 61, 21, name=f"q{n}q{n}") for n in range(500))))
    with pytest.raises(ScenarioError, match=r"500 of 500 names .* and 490 more\n") as caught:
        matched(found, pakistan_districts())
    assert len(str(caught.value)) < 2_000


def test_a_hexagon_is_judged_whole(make_scenario, put, tmp_path):
    """A cell that overlaps the country with its centre abroad still belongs to the nearest district."""
    path = write(tmp_path, box(70, 32, 71, 33, name="Tank"))
    ours, people, _, _ = put(make_scenario(districts_file=str(path)))
    country = outline("PAK")
    lat, lon = ours["latitude_deg"].values, ours["longitude_deg"].values
    abroad = np.array([not country.contains(Point(x, y)) for x, y in zip(lon, lat, strict=True)])
    assert abroad.sum() > 100
    assert (people.drawn_district >= 0).all()
