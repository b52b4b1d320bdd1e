"""Who is underserved."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from raabta.access.cells import distance_km
from raabta.base.errors import ScenarioError
from raabta.scenario.models import Terrestrial
from raabta.service.coverage import underserved
from raabta.service.data import towns
from raabta.service.districts import pakistan_districts


@pytest.fixture
def judge(pakistan_places):
    def run(**terrestrial):
        return underserved(pakistan_places, Terrestrial(**terrestrial), towns("PAK"), pakistan_districts())

    return run


def test_the_proxy_is_the_distance_to_a_town(judge, pakistan_places):
    homes, label = judge(proxy_town_population=500_000, proxy_distance_km=40.0)
    assert label == "Proxy: a home over 40 km from any town of 500,000 people counts as underserved."
    listed = towns("PAK")
    big = listed.population >= 500_000
    lat, lon = pakistan_places.latitude_deg[:, None], pakistan_places.longitude_deg[:, None]
    away = distance_km(lat, lon, listed.latitude_deg[big], listed.longitude_deg[big]).min(axis=1)
    assert (homes == np.where(away > 40.0, pakistan_places.households, 0)).all()


def test_the_proxy_meets_the_public_figure(judge, pakistan_places):
    """3G/4G covers about 81 % of people: 20 km from a town of 20,000 leaves out the other 19 % or so."""
    homes, _ = judge(proxy_town_population=20_000, proxy_distance_km=20.0)
    assert homes.sum() / pakistan_places.households.sum() == pytest.approx(0.19, abs=0.02)


def test_a_wider_proxy_never_adds_underserved_homes(judge):
    found = [judge(proxy_distance_km=d)[0] for d in (5.0, 10.0, 20.0, 40.0)]
    assert all((near >= far).all() for near, far in itertools.pairwise(found))


def test_served_polygons(judge, pakistan_places, tmp_path):
    path = tmp_path / "coverage.geojson"
    ring = [[66, 29], [68, 29], [68, 31], [66, 31], [66, 29]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    homes, label = judge(coverage_file=str(path))
    lat, lon = pakistan_places.latitude_deg, pakistan_places.longitude_deg
    inside = (lat > 29) & (lat < 31) & (lon > 66) & (lon < 68)
    assert (homes == np.where(inside, 0, pakistan_places.households)).all()
    assert "coverage.geojson" in label


def test_served_discs(judge, pakistan_places, tmp_path):
    path = tmp_path / "masts.csv"
    path.write_text("lat,lon,radius_km\n31.5,74.3,60\n")
    homes, _ = judge(coverage_file=str(path))
    away = distance_km(pakistan_places.latitude_deg, pakistan_places.longitude_deg, 31.5, 74.3)
    assert (homes == np.where(away <= 60.0, 0, pakistan_places.households)).all()


def test_shares_by_district(judge, pakistan_places, tmp_path):
    path = tmp_path / "shares.csv"
    table = pakistan_districts()
    lines = [f"{name},{1.0 if name != 'Washuk' else 0.25}" for name in table.name]
    path.write_text("district,covered_share\n" + "\n".join(lines) + "\n")
    homes, _ = judge(coverage_file=str(path))
    per = np.bincount(pakistan_places.district, homes, table.size)
    assert per[table.index("Washuk")] == round(0.75 * table.households[table.index("Washuk")])
    assert per.sum() == per[table.index("Washuk")]
    assert (homes <= pakistan_places.households).all()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.csv", "a,b\n1,2\n", r"c.csv:1: unknown coverage columns a, b\n.*lat,lon,radius_km"),
        ("c.csv", "lat,lon,radius_km\n30,67,9999\n", r"c.csv:2: radius_km is 9999; allowed: 0 to 500"),
        ("c.csv", "district,covered_share\nQueta,0.5\n", r"c.csv:2: unknown district 'Queta'\n.*Quetta"),
        ("c.csv", "district,covered_share\nQuetta,55\n", r"c.csv:2: covered_share is 55; allowed: 0 to 1"),
        ("c.geojson", '{"features": [{"geometry": {"type": "Point"}}]}', "feature 0 is not a polygon"),
        ("c.geojson", '{"features": [{"geometry": {"type": "Polygon", "coordinates": [[1]]}}]}',
         "feature 0 is malformed"),
    ],
)  # fmt: skip
def test_a_bad_coverage_file_is_refused(judge, tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ScenarioError, match=message):
        judge(coverage_file=str(path))


def test_a_missing_coverage_file_is_named(judge):
    with pytest.raises(ScenarioError, match=r"nowhere.csv: the coverage file cannot be read"):
        judge(coverage_file="nowhere.csv")
