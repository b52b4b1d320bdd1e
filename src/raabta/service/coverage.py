"""Who is underserved: a user's terrestrial coverage, or a labelled proxy. Evaluated on points."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import chord, unit_vectors
from raabta.base.errors import ScenarioError
from raabta.base.userfiles import field, read_features, read_table
from raabta.service.villages import Points, apportion, distance_to_town_km

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import Terrestrial
    from raabta.service.data import Towns
    from raabta.service.districts import DistrictTable

COLUMNS_HINT = "columns are lat,lon,radius_km (a served disc each) or district,covered_share (0 to 1)"


def underserved(
    points: Points, terrestrial: Terrestrial, towns: Towns, table: DistrictTable
) -> tuple[NDArray[np.int64], str]:
    """Homes of each point without terrestrial broadband, (point,), and the sentence that labels the method.

    A coverage file decides if there is one (GeoJSON polygons; CSV discs or shares by district); else the
    proxy: a home farther than `proxy_distance_km` from every town of `proxy_town_population` people counts.
    """
    share, label = _uncovered(points, terrestrial, towns, table)
    wanted = np.bincount(points.district, share * points.households, table.size)
    weight = share * points.households
    return apportion(np.rint(wanted).astype(np.int64), weight + 0.0, points.district), label


def _uncovered(
    points: Points, terrestrial: Terrestrial, towns: Towns, table: DistrictTable
) -> tuple[NDArray[np.float64], str]:
    """Share of each point's homes that no terrestrial network reaches, and the label."""
    if terrestrial.coverage_file is None:
        distance, size = terrestrial.proxy_distance_km, terrestrial.proxy_town_population
        near = towns.population >= size
        away = distance_to_town_km(points, towns.latitude_deg[near], towns.longitude_deg[near]) > distance
        label = f"Proxy: a home over {distance:g} km from any town of {size:,} people counts as underserved."
        return away.astype(float), label
    path = Path(terrestrial.coverage_file)
    label = f"Underserved homes by the user's coverage file {path.name}."
    if path.suffix.lower() in (".geojson", ".json"):
        return 1.0 - _inside(points, path), label
    return 1.0 - _from_csv(points, path, table), label


def _from_csv(points: Points, path: Path, table: DistrictTable) -> NDArray[np.float64]:
    """Covered share of each point by served discs or by district."""
    header, rows = read_table(path, "the coverage file")
    if {"lat", "lon", "radius_km"} <= set(header):
        return _discs(points, path, rows)
    if {"district", "covered_share"} <= set(header):
        return _by_district(points, path, rows, table)
    raise ScenarioError(
        f"unknown coverage columns {', '.join(header)}", file=str(path), line=1, hint=COLUMNS_HINT
    )


def _discs(points: Points, path: Path, rows: list[tuple[int, dict[str, str]]]) -> NDArray[np.float64]:
    from scipy.spatial import cKDTree

    bounds = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "radius_km": (0.0, 500.0)}
    read = np.array([[field(row, c, bounds[c], path, line) for c in bounds] for line, row in rows])
    tree = cKDTree(unit_vectors(points.latitude_deg, points.longitude_deg))
    covered = np.zeros(points.size)
    for lat, lon, radius in read:
        covered[tree.query_ball_point(unit_vectors(lat, lon).ravel(), chord(radius))] = 1.0
    return covered


def _by_district(
    points: Points, path: Path, rows: list[tuple[int, dict[str, str]]], table: DistrictTable
) -> NDArray[np.float64]:
    from difflib import get_close_matches

    number = {name.lower(): row for row, name in enumerate(table.name)}
    share = np.zeros(table.size)
    for line, row in rows:
        name = row["district"].lower()
        if name not in number:
            near = get_close_matches(name, number, n=1)
            hint = (
                f"did you mean {table.name[number[near[0]]]}?" if near else "use the names of districts.csv"
            )
            raise ScenarioError(f"unknown district {row['district']!r}", file=str(path), line=line, hint=hint)
        share[number[name]] = field(row, "covered_share", (0.0, 1.0), path, line)
    return share[points.district]


def _inside(points: Points, path: Path) -> NDArray[np.float64]:
    """1 where a coverage polygon holds the point."""
    from shapely import contains_xy, make_valid, prepare
    from shapely.geometry import shape

    covered = np.zeros(points.size, bool)
    for number, feature in enumerate(read_features(path, "the coverage file")):
        geometry = feature.get("geometry")
        if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
            hint = "coverage is polygons of served ground; for masts use a CSV of lat,lon,radius_km"
            raise ScenarioError(f"feature {number} is not a polygon", file=str(path), hint=hint)
        try:
            area = make_valid(shape(geometry))
        except Exception as error:
            raise ScenarioError(f"feature {number} is malformed: {error}", file=str(path)) from error
        prepare(area)
        covered |= contains_xy(area, points.longitude_deg, points.latitude_deg)
    return covered.astype(float)
