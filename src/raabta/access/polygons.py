"""Districts as a user's polygons: read from GeoJSON, and which of them a place lies in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access.geojson import check_points, features_of, joined, polygon_of, read_document
from raabta.base.errors import LimitError, ScenarioError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from shapely.geometry.base import BaseGeometry

MAX_POLYGONS = 32_767
"""District numbers have sixteen bits."""
LONGEST_NAME = 100
_WHAT = "the districts file"


@dataclass(frozen=True)
class Polygons:
    """Named areas in the order of their file, each (polygon,); shapes in degrees, longitude first.

    `province` is empty where the file does not say. `path` is the file, for messages.
    """

    path: Path
    name: tuple[str, ...]
    province: tuple[str, ...]
    shape: tuple[BaseGeometry, ...]


def read_polygons(path: Path) -> Polygons:
    """Districts of a GeoJSON FeatureCollection: polygons with `name` (or `district`) and perhaps `province`.

    Features of one name (in any case) are one district. Faults are ScenarioErrors that number the feature
    (from 1); a file above 20 MB, a million points or 32,767 districts is a LimitError.
    """
    features = features_of(read_document(path, _WHAT), path)
    parts: dict[str, list[BaseGeometry]] = {}
    named: dict[str, tuple[str, str]] = {}
    for number, feature in enumerate(features, start=1):
        name, province = _names(feature, path, number)
        known = named.setdefault(name.casefold(), (name, province))
        if known[1] != province:
            fault = (
                f"feature {number}: {name} stands in {known[1] or 'no province'} and in {province or 'none'}"
            )
            hint = "a name stands for one district; write the province into one of them"
            raise ScenarioError(fault, file=str(path), hint=hint)
        parts.setdefault(name.casefold(), []).append(polygon_of(feature, path, f"feature {number}: "))
    check_points([shape for shapes in parts.values() for shape in shapes], path, _WHAT)
    if len(parts) > MAX_POLYGONS:
        raise LimitError(f"{path}: {len(parts):,} districts; {_WHAT} may have {MAX_POLYGONS:,}")
    shapes = {key: joined(shapes) for key, shapes in parts.items()}
    empty = next((named[key][0] for key, shape in shapes.items() if shape.is_empty), None)
    if empty is not None:
        raise ScenarioError(f"{empty} encloses no area", file=str(path), hint="draw a polygon, not a line")
    names, provinces = zip(*named.values(), strict=True)
    return Polygons(path, names, provinces, tuple(shapes.values()))


def _names(feature: Any, path: Path, number: int) -> tuple[str, str]:
    """Name and province of a feature."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise ScenarioError(
            f"feature {number} has no properties",
            file=str(path),
            hint="a FeatureCollection of polygons, each with the property name (or district)",
        )
    name = _text(properties.get("name")) or _text(properties.get("district"))
    if name is None:
        raise ScenarioError(
            f"feature {number} has no name",
            file=str(path),
            hint=f"give it the property name (or district): text of at most {LONGEST_NAME} characters",
        )
    return name, _text(properties.get("province")) or ""


def _text(value: Any) -> str | None:
    """A property that is a usable name, without spaces around it."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text and text.isprintable() and len(text) <= LONGEST_NAME else None


def containing(polygons: Polygons, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.int64]:
    """Number of the polygon that holds each point, border included, (point,); -1 in none.

    Where polygons overlap, the earlier one of the file has the point.
    """
    from shapely import STRtree, points

    places = np.asarray(points(np.asarray(lon_deg, float), np.asarray(lat_deg, float)), object)
    number, point = STRtree(places).query(polygons.shape, predicate="intersects")
    out = np.full(places.size, len(polygons.shape))
    np.minimum.at(out, point, number)
    return np.where(out < len(polygons.shape), out, -1)


def nearest(polygons: Polygons, lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.int64]:
    """Number of the polygon nearest to each point, (point,): degrees of longitude shrunk by the cosine of
    the points' mean latitude, none followed across the date line."""
    from shapely import STRtree, points, transform

    lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
    shrunk = np.array([np.cos(np.radians(lat.mean())) if lat.size else 1.0, 1.0])
    shapes = [transform(shape, lambda xy: xy * shrunk) for shape in polygons.shape]
    return np.asarray(STRtree(shapes).nearest(points(lon * shrunk[0], lat)), np.int64)
