"""Outlines and cells: what a planner would notice if it were wrong."""

from __future__ import annotations

import json
from pathlib import Path

import h3.api.basic_int as h3
import numpy as np
import pytest
from shapely import Point, Polygon

from raabta.access.cells import (
    area_km2,
    area_outline,
    cell_of,
    cells,
    cells_km2,
    chord,
    coarse_cells,
    distance_km,
    unit_vectors,
)
from raabta.access.outlines import country_names, outline, read_outline_file
from raabta.base.errors import NoSolutionError, ScenarioError
from raabta.base.tables import CELLS, check
from raabta.scenario.models import Area

INSIDE = {"Gwadar": (62.33, 25.12), "Gwadar's head": (62.32, 25.10), "Gilgit": (74.31, 35.92),
          "Muzaffarabad": (73.47, 34.37), "Taftan": (61.59, 28.95), "Lahore": (74.35, 31.56)}  # fmt: skip
OUTSIDE = {"Srinagar": (74.80, 34.08), "Amritsar": (74.87, 31.63), "Kabul": (69.18, 34.53),
           "the Arabian Sea": (65.0, 24.0)}  # fmt: skip


@pytest.fixture(scope="module")
def pakistan():
    return cells(Area(), [25.1264], [62.3225])


@pytest.mark.parametrize("place", INSIDE)
def test_pakistans_de_facto_outline_holds(place):
    assert outline("PAK").contains(Point(INSIDE[place]))


@pytest.mark.parametrize("place", OUTSIDE)
def test_pakistans_de_facto_outline_leaves_out(place):
    assert not outline("PAK").contains(Point(OUTSIDE[place]))


def test_pakistans_area_is_right_within_one_percent():
    # 796,096 km2 (PBS) + 13,297 (AJK) + 72,496 (GB, published) = 881,889 km2
    inside = h3.geo_to_cells(outline("PAK"), 6)
    assert sum(h3.cell_area(cell) for cell in inside) == pytest.approx(881_889, rel=0.01)


def test_every_country_has_a_valid_outline():
    bad = [iso3 for iso3 in country_names() if outline(iso3).is_empty or not outline(iso3).is_valid]
    assert bad == []


@pytest.mark.parametrize(
    ("iso3", "place"), [("FJI", (179.3, -16.8)), ("RUS", (-175.0, 66.5)), ("NZL", (174.8, -41.2))]
)
def test_outlines_across_the_date_line_are_not_torn(iso3, place):
    shape = outline(iso3)
    assert shape.buffer(0.5).contains(Point(place))
    assert not shape.contains(Point(0.0, place[1]))


def test_an_unknown_country_names_the_nearest():
    with pytest.raises(ScenarioError, match=r"area.country 'PKA'.*\n.*PAK \(Pakistan\)|area.country 'PKA'"):
        outline("PKA")


def test_a_country_written_out_is_led_to_its_code():
    with pytest.raises(ScenarioError, match=r"did you mean PAK \(Pakistan\)\?"):
        outline("PAKISTAN")


def test_pakistan_has_about_3500_cells(pakistan):
    check(pakistan, CELLS)
    assert 3_450 <= pakistan.sizes["cell"] <= 3_600
    assert (np.diff(pakistan["h3"].values.astype(np.int64)) > 0).all()
    assert cell_of([25.1264], [62.3225], 5)[0] in pakistan["h3"].values


def test_a_cell_is_in_exactly_when_it_overlaps(pakistan):
    own = set(pakistan["h3"].values.tolist())
    country = outline("PAK")
    ring = sorted({near for cell in own for near in h3.grid_disk(cell, 1)} - own)

    def hexagon(cell):
        return Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])

    assert all(hexagon(cell).intersects(country) for cell in sorted(own))
    assert not any(hexagon(cell).intersects(country) for cell in ring)


def test_the_radius_reaches_the_farthest_corner(pakistan):
    row = pakistan.isel(cell=100)
    corners = np.array(h3.cell_to_boundary(int(row["h3"])))
    reach = distance_km(float(row["latitude_deg"]), float(row["longitude_deg"]), corners[:, 0], corners[:, 1])
    assert float(row["radius_km"]) == pytest.approx(reach.max())
    assert 9.0 < float(row["radius_km"]) < 12.0


def test_a_town_outside_the_outline_still_has_its_cell():
    dubai = cell_of([25.2], [55.3], 5)[0]
    assert dubai in cells(Area(), [25.2], [55.3])["h3"].values


def test_an_area_of_a_few_metres_has_a_cell(tmp_path):
    tiny = Polygon([(70, 30), (70.0001, 30), (70.0001, 30.0001)])
    assert cells(Area(outline_file=str(_write(tmp_path, _geojson(tiny)))), [], []).sizes["cell"] == 1


def _geojson(shape):
    return json.dumps({"type": "Feature", "properties": {}, "geometry": shape.__geo_interface__})


def _write(folder, text):
    path = Path(folder) / "area.geojson"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "area.geojson:1:2: not JSON"),
        ('{"type": "FeatureCollection", "features": []}', "no features"),
        ('{"type": "Point", "coordinates": [70, 30]}', "found Point where an area is needed"),
        ('{"type": "Polygon", "coordinates": [[[70, 30], [71, 30]]]}', "malformed"),
        (
            '{"type": "Polygon", "coordinates": [[[7e6, 3e6], [7e6, 4e6], [8e6, 3e6], [7e6, 3e6]]]}',
            "reproject",
        ),
        (
            '{"type": "Polygon", "coordinates": [[[70, 30], [71, 31], [70, 30]]]}',
            "malformed|encloses no area",
        ),
        ('{"type": "Polygon", "coordinates": []}', "encloses no area"),
        ("[]", "found no geometry"),
    ],
)
def test_a_bad_outline_file_is_refused_clearly(tmp_path, text, message):
    with pytest.raises(ScenarioError, match=message):
        read_outline_file(_write(tmp_path, text))


def test_a_missing_outline_file_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"none.geojson: the outline cannot be read"):
        read_outline_file(tmp_path / "none.geojson")


def test_a_self_crossing_outline_is_repaired(tmp_path):
    bow = '{"type": "Polygon", "coordinates": [[[70, 30], [71, 31], [71, 30], [70, 31], [70, 30]]]}'
    area = read_outline_file(_write(tmp_path, bow))
    assert area.is_valid
    assert area.area == pytest.approx(0.5)


def test_an_empty_area_has_no_solution(monkeypatch):
    monkeypatch.setattr("raabta.access.cells.area_outline", lambda area: Polygon())
    with pytest.raises(NoSolutionError, match="no H3 cell of resolution 5 overlaps the area PAK"):
        cells(Area(), [30.0], [70.0])


def test_the_users_outline_replaces_the_country(tmp_path):
    square = Polygon([(70, 30), (71, 30), (71, 31), (70, 31)])
    assert area_outline(Area(outline_file=str(_write(tmp_path, _geojson(square))))).area == pytest.approx(1.0)


def test_coarse_cells_reach_as_far_as_asked():
    index, lat, lon = coarse_cells([30.0], [70.0], 500.0)
    away = distance_km(30.0, 70.0, lat, lon)
    assert away.max() <= 500.0
    # area of the disc over the mean area of a resolution-3 cell (12,393 km2)
    assert index.size == pytest.approx(np.pi * 500.0**2 / 12_393, rel=0.15)
    assert (np.diff(index.astype(np.int64)) > 0).all()


def test_chord_and_arc_agree():
    a, b = unit_vectors([10.0], [20.0]), unit_vectors([14.0], [20.0])
    assert chord(float(distance_km(10.0, 20.0, 14.0, 20.0))) == pytest.approx(float(np.linalg.norm(a - b)))


def test_towns_beyond_a_users_outline_add_no_cell(tmp_path):
    square = Area(
        outline_file=str(_write(tmp_path, _geojson(Polygon([(70, 30), (71, 30), (71, 31), (70, 31)]))))
    )
    alone = cells(square, [], [])["h3"].values
    assert (cells(square, [31.55, 30.5], [74.34, 70.5])["h3"].values == alone).all()


def test_heights_in_an_outline_are_ignored(tmp_path):
    text = '{"type": "Polygon", "coordinates": [[[70, 30, 5], [71, 30, 5], [71, 31, 5], [70, 30, 5]]]}'
    assert cells(Area(outline_file=str(_write(tmp_path, text))), [], []).sizes["cell"] > 20


def test_areas_on_the_sphere_agree_with_published_ones():
    """One degree at the equator is 12,364 km2 on the mean sphere; H3 tabulates a mean cell of 252.9 km2."""
    square = Polygon([(10, 0), (11, 0), (11, 1), (10, 1)])
    assert area_km2(square) == pytest.approx(12_364, rel=1e-3)
    assert cells_km2(cell_of([30.2, 31.0], [67.0, 67.0], 5)) == pytest.approx(2 * 252.9, rel=0.2)
