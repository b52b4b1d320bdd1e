"""A user's polygons as GeoJSON: size, form and every coordinate are checked before anything uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import LimitError, ScenarioError
from raabta.base.userfiles import read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry

MAX_OUTLINE_BYTES = 20_000_000
MAX_OUTLINE_POINTS = 1_000_000


def read_document(path: Path, what: str) -> Any:
    """The JSON of a file of at most 20 MB; `what` names it in a ScenarioError or LimitError."""
    try:
        return json.loads(read_text(path, what, MAX_OUTLINE_BYTES))
    except json.JSONDecodeError as error:
        raise ScenarioError(
            f"not JSON: {error.msg}", file=str(path), line=error.lineno, column=error.colno
        ) from error
    except (ValueError, RecursionError) as error:  # a number of too many digits; brackets in brackets
        raise ScenarioError(f"{what} cannot be read: {error}", file=str(path)) from error


def features_of(document: Any, path: Path) -> list[Any]:
    """The features of a FeatureCollection, or the one Feature or geometry that the document is."""
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return [document]
    features = document.get("features")
    if not isinstance(features, list) or not features:
        raise ScenarioError("the FeatureCollection has no features", file=str(path))
    return features


def polygon_of(feature: Any, path: Path, where: str = "") -> BaseGeometry:
    """The Polygon or MultiPolygon of a Feature or geometry, (longitude, latitude) in WGS84 degrees.

    Refused with ScenarioError unless every coordinate is finite and in range; `where` (such as "feature 3: ")
    begins the message.
    """
    is_feature = isinstance(feature, dict) and feature.get("type") == "Feature"
    member = feature.get("geometry") if is_feature else feature
    kind = member.get("type") if isinstance(member, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        hint = "an area is a GeoJSON Polygon or MultiPolygon, alone or as features"
        fault = f"{where}found {kind or 'no geometry'} where an area is needed"
        raise ScenarioError(fault, file=str(path), hint=hint)
    return _in_degrees(_parsed(member, path, f"{where}the {kind}"), path, where)


def _parsed(member: Any, path: Path, what: str) -> BaseGeometry:
    from shapely import force_2d
    from shapely.geometry import shape

    try:
        return force_2d(shape(member))
    except Exception as error:
        raise ScenarioError(f"{what} is malformed: {error}", file=str(path)) from error


def _in_degrees(geometry: BaseGeometry, path: Path, where: str) -> BaseGeometry:
    from shapely import get_coordinates

    points = get_coordinates(geometry)
    bad = ~np.isfinite(points).all(axis=1) | (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
    if bad.any():
        first = points[int(np.flatnonzero(bad)[0])].tolist()
        hint = "GeoJSON is [longitude, latitude] in WGS84 degrees; reproject the file"
        fault = f"{where}coordinate {first} is not a longitude and latitude"
        raise ScenarioError(fault, file=str(path), hint=hint)
    return geometry


def check_points(shapes: Sequence[BaseGeometry], path: Path, what: str) -> None:
    """Raise LimitError for more than a million points."""
    from shapely import get_num_coordinates

    if sum(int(get_num_coordinates(shape)) for shape in shapes) > MAX_OUTLINE_POINTS:
        raise LimitError(f"{path}: {what} has more than {MAX_OUTLINE_POINTS:,} points; simplify it first")


def joined(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Shapes as one valid area; empty where they enclose none."""
    from shapely import make_valid, unary_union

    return areas_only(make_valid(unary_union([make_valid(shape) for shape in shapes])))


def areas_only(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry, without the lines and points that a repair may leave."""
    from shapely import get_parts, unary_union

    parts = [part for part in get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return unary_union(parts)
