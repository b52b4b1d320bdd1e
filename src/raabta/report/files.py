"""The files other programs read: summary.json, cells.csv, cells.geojson (RFC 7946), districts.csv."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import figures, geometry, words

if TYPE_CHECKING:
    from raabta.service.results import Results

_PLACE: Final = ("latitude_deg", "longitude_deg")
_PEOPLE: Final = (
    "population",
    "households",
    "underserved_households",
    "rural_households",
    "unelectrified_households",
    "subscribers",
)
_RESULT: Final = (
    "reachable_households",
    "availability_share",
    "link_availability_share",
    "busy_hour_mbps",
    "rtt_p50_ms",
    "rtt_p95_ms",
    "satellites_in_view",
    "geometry_outage_share",
    "rain_outage_share",
    "capacity_outage_share",
)
_DEGREES: Final = 5
"""Decimals of a coordinate in GeoJSON: about a metre."""


def plain(value: Any) -> Any:
    """A value that JSON can hold: numpy and tuples become plain, NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def summary_json(results: Results) -> bytes:
    """The summary as UTF-8 JSON with two spaces of indent."""
    text = json.dumps(plain(results.summary), ensure_ascii=False, indent=2, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def plan_column(plan: str) -> str:
    """Column of the served homes of a plan: `25/3` gives `served_households_25_3`."""
    return "served_households_" + plan.replace("/", "_")


def cell_columns(results: Results) -> dict[str, list[Any]]:
    """The cells as named columns of plain values; None where there is no number."""
    import h3

    cells = results.cells
    index = np.asarray(cells["district"].values, dtype=np.int64).tolist()
    columns: dict[str, list[Any]] = {"h3_cell": [h3.int_to_str(int(c)) for c in cells["h3"].values]}
    for key in ("name", "province"):
        names = [words.clean(name) for name in results.districts[key].values]
        columns["district" if key == "name" else key] = [names[i] if i >= 0 else "" for i in index]
    for key in (*_PLACE, *_PEOPLE):
        columns[key] = plain(np.asarray(cells[key].values, dtype=float))
    for plan in figures.plans(results):
        columns[plan_column(plan)] = plain(
            np.asarray(cells["served_households"].sel(plan=plan).values, float)
        )
    for key in _RESULT:
        columns[key] = plain(np.asarray(cells[key].values, dtype=float))
    columns |= _fallback_columns(results)
    for i, name in enumerate(figures.constraint_names(results)):
        share = cells["constraint_share"].isel(constraint=i).values
        columns[f"constraint_{words.clean(name)}_share"] = plain(np.asarray(share, dtype=float))
    columns["binding_constraint"] = [figures.constraint_of(results, int(i)) for i in cells["binding"].values]
    return columns


def _fallback_columns(results: Results) -> dict[str, list[Any]]:
    """What the fallback is offered and serves in every cell; nothing without one."""
    table = results.fallback
    if table is None:
        return {}
    columns = {"fallback_offered_households": plain(np.asarray(table["offered_households"].values, float))}
    for plan in figures.plans(results):
        served = np.asarray(table["served_households"].sel(plan=plan).values, float)
        columns[f"fallback_{plan_column(plan)}"] = plain(served)
    for key in ("availability_share", "rtt_p50_ms"):
        columns[f"fallback_{key}"] = plain(np.asarray(table[key].values, float))
    binding = table["binding"].values
    columns["fallback_binding_constraint"] = [figures.constraint_of(results, int(i)) for i in binding]
    return columns


def district_columns(results: Results) -> dict[str, list[Any]]:
    """The districts as named columns of plain values; None where there is no number."""
    table = results.districts
    columns: dict[str, list[Any]] = {
        "district": [words.clean(name) for name in table["name"].values],
        "province": [words.clean(name) for name in table["province"].values],
        "estimated": [int(bool(flag)) for flag in table["estimated"].values],
    }
    for key in _PEOPLE:
        columns[key] = plain(np.asarray(table[key].values, dtype=float))
    for i, plan in enumerate(figures.plans(results)):
        columns[plan_column(plan)] = plain(np.asarray(table["served_households"].values[:, i], dtype=float))
        for j, name in enumerate(table["terminal_class"].values):
            served = np.asarray(table["served_by_class"].values[:, j, i], dtype=float)
            columns[f"{plan_column(plan)}_{words.clean(name)}"] = plain(served)
    for key in ("reachable_households", "availability_share", "busy_hour_mbps"):
        columns[key] = plain(np.asarray(table[key].values, dtype=float))
    columns["binding_constraint"] = [figures.constraint_of(results, int(i)) for i in table["binding"].values]
    return columns


def csv_bytes(columns: dict[str, list[Any]]) -> bytes:
    """Columns as CSV (RFC 4180, UTF-8, one header line); a missing number is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_field(value) for value in row] for row in zip(*columns.values(), strict=True))
    return out.getvalue().encode("utf-8")


def _field(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value if value[:1] in ("=", "+", "-", "@", "\t") else value
    return "" if value is None else f"{value:.12g}"


def geojson_bytes(results: Results) -> bytes:
    """The cells as an RFC 7946 FeatureCollection of their H3 polygons."""
    columns = cell_columns(results)
    rings = geometry.cell_rings(results.cells["h3"].values)
    rows = zip(*columns.values(), strict=True)
    features = [
        _feature(ring, dict(zip(columns, row, strict=True))) for ring, row in zip(rings, rows, strict=True)
    ]
    document = {"type": "FeatureCollection", "features": features}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def _feature(ring: list[tuple[float, float]], properties: dict[str, Any]) -> dict[str, Any]:
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in properties.items()}
    cell = rounded.pop("h3_cell")
    return {"type": "Feature", "id": cell, "geometry": cell_geometry(ring), "properties": rounded}


def cell_geometry(ring: list[tuple[float, float]]) -> dict[str, Any]:
    """A (latitude, longitude) ring as GeoJSON: counter-clockwise, closed, cut at the date line."""
    lon = [longitude for _, longitude in ring]
    if max(lon) - min(lon) <= 180.0:
        return {"type": "Polygon", "coordinates": [_closed([(x, y) for y, x in ring])]}
    east = [(x + 360.0 if x < 0 else x, y) for y, x in ring]
    return {"type": "MultiPolygon", "coordinates": _cut(east)}


def _closed(ring: list[tuple[float, float]]) -> list[list[float]]:
    points = [[round(x, _DEGREES), round(y, _DEGREES)] for x, y in ring]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))
    ordered = points if area >= 0 else points[::-1]
    return [*ordered, ordered[0]]


def _cut(ring: list[tuple[float, float]]) -> list[list[list[list[float]]]]:
    import shapely

    whole, parts = shapely.Polygon(ring), []
    for left, shift in ((0.0, 0.0), (180.0, -360.0)):
        piece = shapely.clip_by_rect(whole, left, -90.0, left + 180.0, 90.0)
        if isinstance(piece, shapely.Polygon) and not piece.is_empty:
            parts.append([_closed([(x + shift, y) for x, y in piece.exterior.coords[:-1]])])
    return parts
