"""A user's districts: which polygon holds a place, and hostile files refused by feature."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.access import geojson, polygons
from raabta.access.polygons import containing, nearest, read_polygons
from raabta.base.errors import LimitError, ScenarioError


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def feature(rings, kind="Polygon", **properties):
    geometry = {"type": kind, "coordinates": rings}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def write(folder, *features):
    path = folder / "districts.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path


WEST, EAST = feature(box(0, 0, 2, 4), name="West"), feature(box(2, 0, 4, 4), name="East")


def test_names_provinces_and_parts(tmp_path):
    parts = feature([box(10, 0, 11, 1), box(12, 0, 13, 1)], "MultiPolygon", district=" Île ", name=None)
    path = write(
        tmp_path,
        WEST,
        parts,
        feature(box(20, 0, 21, 1), name="west"),
        feature(box(30, 0, 31, 1), name="North", district="x", province="P"),
    )
    found = read_polygons(path)
    assert found.name == ("West", "Île", "North")
    assert found.province == ("", "", "P")
    assert [shape.area for shape in found.shape] == pytest.approx([9.0, 2.0, 1.0])


def test_the_polygon_that_holds_a_place(tmp_path):
    hole = feature([*box(5, 0, 9, 4), box(6, 1, 7, 2)[0][::-1]], name="Ring")
    found = read_polygons(write(tmp_path, WEST, EAST, hole, feature(box(1, 1, 3, 3), name="Over")))
    lat, lon = np.array([(1, 1), (1, 3), (0.5, 0.5), (2, 2), (1.5, 6.5), (1.5, 8), (9, 9)], float).T
    assert containing(found, lat, lon).tolist() == [0, 1, 0, 0, -1, 2, -1], "the earlier of two has the point"
    assert containing(found, [], []).tolist() == []


def test_the_nearest_polygon_by_the_length_of_a_degree_there(tmp_path):
    """At 60 degrees north a degree of longitude is half as long as one of latitude."""
    found = read_polygons(
        write(tmp_path, feature(box(0, 60, 1, 61), name="South"), feature(box(3.5, 62, 4.5, 63), name="East"))
    )
    assert nearest(found, [62.4], [1.9]).tolist() == [1], "0.8 degrees away, not 1.4"
    assert nearest(found, [60.5, 62.5], [1.2, 5.0]).tolist() == [0, 1]
    assert nearest(found, [], []).tolist() == []


BAD = {
    "name-none": (feature(box(0, 0, 1, 1), title="A"), "feature 1 has no name\nhint: .*property name"),
    "name-number": (feature(box(0, 0, 1, 1), name=7), "feature 1 has no name"),
    "name-blank": (feature(box(0, 0, 1, 1), name="  "), "feature 1 has no name"),
    "name-codes": (feature(box(0, 0, 1, 1), name="\x1b[2J"), "feature 1 has no name"),
    "name-long": (feature(box(0, 0, 1, 1), name="x" * 101), "of at most 100 characters"),
    "properties": ({"type": "Feature", "geometry": None}, "feature 1 has no properties"),
    "number": (3, "feature 1 has no properties"),
    "point": (feature([1, 1], "Point", name="A"), "feature 1: found Point where an area is needed"),
    "no-geometry": ({"type": "Feature", "properties": {"name": "A"}}, "feature 1: found no geometry"),
    "collection": (feature([], "GeometryCollection", name="A"), "found GeometryCollection where an area"),
    "short": (feature([[[0, 0], [1, 1]]], name="A"), "feature 1: the Polygon is malformed"),
    "words": (
        feature([[["a", "b"], ["c", "d"], ["e", "f"]]], name="A"),
        "feature 1: the Polygon is malformed",
    ),
    "flat": (feature([[[0, 0], [1, 1], [2, 2], [0, 0]]], name="A"), "A encloses no area\nhint: draw"),
    "empty": (feature([], name="A"), "A encloses no area"),
    "metres": (feature(box(7e5, 3e6, 8e5, 4e6), name="A"), "feature 1: coordinate .* is not a longitude"),
    "infinite": (
        feature(box(0, 0, float("inf"), 1), name="A"),
        "feature 1: (coordinate|the Polygon is malf)",
    ),
    "nan": (feature(box(0, 0, float("nan"), 1), name="A"), "feature 1: (coordinate|the Polygon is malf)"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_feature_is_refused_by_its_number(tmp_path, name):
    bad, message = BAD[name]
    with pytest.raises(ScenarioError, match=message) as caught:
        read_polygons(write(tmp_path, bad, EAST))
    assert caught.value.file == str(tmp_path / "districts.geojson")
    assert "\x1b" not in str(caught.value)


def test_one_name_in_two_provinces_is_refused(tmp_path):
    first = feature(box(0, 0, 1, 1), name="Hamirpur", province="Himachal Pradesh")
    other = feature(box(2, 0, 3, 1), name="HAMIRPUR", province="Uttar Pradesh")
    with pytest.raises(ScenarioError, match=r"feature 2: .* Himachal Pradesh and in Uttar Pradesh\nhint"):
        read_polygons(write(tmp_path, first, other))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", r"districts.geojson:1:1: not JSON"),
        (b'{"type": "FeatureCollection",\n "features": [}', r"districts.geojson:2:15: not JSON"),
        (b"[" * 200_000, "cannot be read: maximum recursion"),
        (b"9" * 10_000, "cannot be read: Exceeds the limit"),
        (b"\xff\xfe{}", "the districts file cannot be read"),
        (b"\x1f\x8b" + bytes(99), "the districts file cannot be read"),
        (b'{"type": "FeatureCollection", "features": {}}', "has no features"),
        (b'{"type": "Polygon", "coordinates": []}', "feature 1 has no properties"),
        (b"null", "feature 1 has no properties"),
    ],
)
def test_a_hostile_file_is_refused(tmp_path, raw, message):
    path = tmp_path / "districts.geojson"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError, match=message):
        read_polygons(path)


def test_limits_are_stated(tmp_path, monkeypatch):
    path = write(tmp_path, WEST, EAST)
    for module, name, message in (
        (geojson, "MAX_OUTLINE_BYTES", "the districts file may have 0 MB"),
        (geojson, "MAX_OUTLINE_POINTS", "the districts file has more than 1 points; simplify it first"),
        (polygons, "MAX_POLYGONS", "2 districts; the districts file may have 1"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, 1)
            with pytest.raises(LimitError, match=message):
                read_polygons(path)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "properties", "geometry", "coordinates", "name"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(part=_JSON, place=st.sampled_from(["features", "feature", "properties", "geometry", "coordinates"]))
def test_any_value_in_any_place(tmp_path_factory, part, place):
    document = {"type": "FeatureCollection", "features": [json.loads(json.dumps(WEST)), EAST]}
    first = document["features"][0]
    holder, key = {
        "features": (document, "features"),
        "feature": (document["features"], 0),
        "properties": (first, "properties"),
        "geometry": (first, "geometry"),
        "coordinates": (first["geometry"], "coordinates"),
    }[place]
    holder[key] = part
    path = tmp_path_factory.mktemp("any") / "districts.geojson"
    path.write_text(json.dumps(document))
    try:
        assert "East" in read_polygons(path).name
    except ScenarioError as error:
        assert error.file == str(path)
