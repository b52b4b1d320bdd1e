"""Outlines of countries (Natural Earth 10m, de-facto boundaries) and of a user's own area."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import LimitError, ScenarioError

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SOURCE = "Natural Earth 10m countries (public domain), by npm world-atlas 2.0.2; boundaries are de facto"
MAX_OUTLINE_BYTES = 20_000_000
MAX_OUTLINE_POINTS = 1_000_000


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
    return _areas_only(unary_union(valid))


def _areas_only(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the lines and points that a repair may leave."""
    from shapely import get_parts, unary_union

    parts = [part for part in get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return unary_union(parts)


def read_outline_file(path: str | Path) -> BaseGeometry:
    """A user's area: GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection of them (WGS84 degrees).

    Every fault is a ScenarioError; a file above 20 MB or a million points is a LimitError.
    """
    from shapely import get_num_coordinates, make_valid, unary_union

    where = Path(path)
    shapes = [_shape(member, where) for member in _members(_read_json(where), where)]
    if sum(int(get_num_coordinates(shape)) for shape in shapes) > MAX_OUTLINE_POINTS:
        raise LimitError(
            f"{where}: the outline has more than {MAX_OUTLINE_POINTS:,} points; simplify it first"
        )
    area = _areas_only(make_valid(unary_union([make_valid(shape) for shape in shapes])))
    if area.is_empty:
        raise ScenarioError(
            "the outline encloses no area", file=str(where), hint="draw a polygon, not a line"
        )
    return area


def _read_json(where: Path) -> Any:
    try:
        size = where.stat().st_size
        if size > MAX_OUTLINE_BYTES:
            limit = MAX_OUTLINE_BYTES // 1_000_000
            raise LimitError(f"{where}: {size:,} bytes; an outline may have {limit} MB; simplify it first")
        return json.loads(where.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ScenarioError(
            f"not JSON: {error.msg}", file=str(where), line=error.lineno, column=error.colno
        ) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        hint = "area.outline_file is a GeoJSON file in UTF-8"
        raise ScenarioError(f"cannot be read: {error}", file=str(where), hint=hint) from error


def _members(document: Any, where: Path) -> list[Any]:
    """The geometries of a GeoJSON document."""
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or not features:
            raise ScenarioError("the FeatureCollection has no features", file=str(where))
        return [member for feature in features for member in _members(feature, where)]
    if kind == "Feature":
        return [document.get("geometry")]
    return [document]


def _shape(member: Any, where: Path) -> BaseGeometry:
    """One polygon, refused unless every coordinate is a finite WGS84 degree."""
    from shapely import force_2d, get_coordinates
    from shapely.geometry import shape

    kind = member.get("type") if isinstance(member, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        hint = "an area is a GeoJSON Polygon or MultiPolygon, alone or as features"
        raise ScenarioError(
            f"found {kind or 'no geometry'} where an area is needed", file=str(where), hint=hint
        )
    try:
        geometry: BaseGeometry = force_2d(shape(member))
        points = get_coordinates(geometry)
    except Exception as error:
        raise ScenarioError(f"the {kind} is malformed: {error}", file=str(where)) from error
    bad = ~np.isfinite(points).all(axis=1) | (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
    if bad.any():
        first = points[int(np.flatnonzero(bad)[0])].tolist()
        hint = "GeoJSON is [longitude, latitude] in WGS84 degrees; reproject the file"
        raise ScenarioError(f"coordinate {first} is not a longitude and latitude", file=str(where), hint=hint)
    return geometry
