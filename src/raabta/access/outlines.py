"""Outlines of countries (Natural Earth 10m, de-facto boundaries) and of a user's own area."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.geojson import areas_only, check_points, features_of, joined, polygon_of, read_document
from raabta.base.errors import ScenarioError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SOURCE = "Natural Earth 10m countries (public domain), by npm world-atlas 2.0.2; boundaries are de facto"


@lru_cache(maxsize=1)
def _tables() -> dict[str, np.ndarray]:
    with (files("raabta.access") / "data" / "outlines.npz").open("rb") as handle:
        packed = np.load(handle, allow_pickle=False)
        return {name: packed[name] for name in packed.files}


@lru_cache(maxsize=1)
def country_names() -> dict[str, str]:
    """ISO 3166-1 alpha-3 code -> name, for every country that has an outline."""
    tables = _tables()
    return dict(zip(tables["iso3"].tolist(), tables["name"].tolist(), strict=True))


def country_code(iso3: str) -> str:
    """`iso3` if it is known, else a ScenarioError that names the nearest code or country."""
    names = country_names()
    if iso3 in names:
        return iso3
    by_name = {name.lower(): code for code, name in names.items()}
    near = get_close_matches(iso3.lower(), by_name, n=1) or get_close_matches(iso3.upper(), names, n=1)
    code = by_name.get(near[0], near[0]) if near else None
    hint = f"did you mean {code} ({names[code]})?" if code else "use an ISO 3166-1 alpha-3 code such as PAK"
    raise ScenarioError(f"area.country {iso3!r} is not a country we have an outline of", hint=hint)


def _ring(tables: dict[str, np.ndarray], ring: int) -> np.ndarray:
    """One ring as degrees (n, 2), longitude first; arcs are joined at their shared end points."""
    start, steps = tables["arc_start"], tables["steps"]
    parts: list[np.ndarray] = []
    for signed in tables["ring_arcs"][tables["ring_start"][ring] : tables["ring_start"][ring + 1]]:
        arc = int(signed) if signed >= 0 else ~int(signed)
        points = np.cumsum(steps[:, start[arc] : start[arc + 1]], axis=1).T
        parts.append((points if signed >= 0 else points[::-1])[1 if parts else 0 :])
    return _unrolled(np.concatenate(parts) / float(tables["units_per_deg"]))


def _unrolled(ring: np.ndarray) -> np.ndarray:
    """A ring whose longitudes run on across the date line; one that goes round a pole is closed over it."""
    out = ring.copy()
    out[:, 0] = np.unwrap(ring[:, 0], period=360.0)
    if abs(out[-1, 0] - out[0, 0]) < 180.0:
        return out
    pole = float(np.copysign(90.0, out[:, 1].mean()))
    return np.vstack([out, [out[-1, 0], pole], [out[0, 0], pole], out[0]])


def _wrapped(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry that may run past 180 degrees, cut at the date line and brought back."""
    from shapely import box, unary_union
    from shapely.affinity import translate

    west, _, east, _ = geometry.bounds
    if west >= -180.0 and east <= 180.0:
        return geometry
    turns = [geometry.intersection(box(turn - 180.0, -90.0, turn + 180.0, 90.0)) for turn in (-360, 0, 360)]
    moved = zip(turns, (360.0, 0.0, -360.0), strict=True)
    return unary_union([translate(piece, xoff=shift) for piece, shift in moved])


@lru_cache(maxsize=8)
def outline(iso3: str) -> BaseGeometry:
    """The de-facto outline of a country: shapely geometry in degrees, longitude first, always valid.

    Pakistan's holds Azad Kashmir and Gilgit-Baltistan up to the Line of Control, as Natural Earth draws it.
    An unknown code raises ScenarioError with the nearest name.
    """
    from shapely import Polygon, make_valid, unary_union

    tables = _tables()
    country = int(np.flatnonzero(tables["iso3"] == country_code(iso3))[0])
    polygons = []
    for polygon in range(tables["country_start"][country], tables["country_start"][country + 1]):
        rings = range(tables["polygon_start"][polygon], tables["polygon_start"][polygon + 1])
        shell, *holes = [_ring(tables, ring) for ring in rings]
        if len(shell) >= 4:
            polygons.append(Polygon(shell, [hole for hole in holes if len(hole) >= 4]))
    valid = [_wrapped(make_valid(polygon)) for polygon in polygons]
    return areas_only(unary_union(valid))


def read_outline_file(path: str | Path) -> BaseGeometry:
    """A user's area: GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection of them (WGS84 degrees).

    Every fault is a ScenarioError; a file above 20 MB or a million points is a LimitError.
    """
    where = Path(path)
    features = features_of(read_document(where, "the outline"), where)
    shapes = [polygon_of(feature, where) for feature in features]
    check_points(shapes, where, "the outline")
    area = joined(shapes)
    if area.is_empty:
        raise ScenarioError(
            "the outline encloses no area", file=str(where), hint="draw a polygon, not a line"
        )
    return area
