"""PDS3 height rasters (LOLA's gridded products among them): label and samples read by our own grammar.

NASA Planetary Data System, Standards Reference 3.8 (JPL D-7669); LRO LOLA data set LRO-L-LOLA-4-GDR-V1.0.
OFFSET of a LOLA label is the radius of its sphere, no part of the height: height = number x SCALING_FACTOR.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.bodies import Body
from raabta.base.errors import ScenarioError
from raabta.terrain.grids import Grid
from raabta.terrain.projections import Plate, Projection, Stereographic
from raabta.terrain.rasters import (
    Numbers,
    Raster,
    body_of,
    checked_grid,
    refuse_kilometres,
    unit_m,
    unknown_to_nan,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LABEL_BYTES = 1_000_000
SAMPLES = {
    ("LSB_INTEGER", 16): "<i2",
    ("MSB_INTEGER", 16): ">i2",
    ("LSB_INTEGER", 32): "<i4",
    ("MSB_INTEGER", 32): ">i4",
    ("PC_REAL", 32): "<f4",
    ("IEEE_REAL", 32): ">f4",
}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_PAIR = re.compile(
    r'^[ \t]*(\^?[A-Za-z][\w:]*)[ \t]*=[ \t]*("[^"]*"|\([^)]*\)|\{[^}]*\}|[^\r\n]*)', re.MULTILINE
)
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?:<([^>]*)>)?\s*")
Label = dict[str, str]


def open_pds3(path: Path, unit: str | None) -> Raster:
    """Open a PDS3 raster by its label. ScenarioError for what the label does not say, or says wrong."""
    path = _labelled(path)
    label = read_label(path)
    image, start = _image(path, label)
    key = label.get("IMAGE.SAMPLE_TYPE", "").strip('"'), int(_number(label, "IMAGE.SAMPLE_BITS", path))
    if key not in SAMPLES:
        known = ", ".join(f"{name} of {bits}" for name, bits in SAMPLES)
        raise ScenarioError(f"samples of {key[0]}, {key[1]} bits; allowed: {known}", file=str(path))
    grid = _grid(path, label)
    kind = np.dtype(SAMPLES[key])
    needed = start + grid.rows * grid.columns * kind.itemsize
    if (size := image.stat().st_size) < needed:
        raise ScenarioError(f"{image.name} has {size:,} bytes; its label says {needed:,}", file=str(path))
    metres = unit_m(label.get("IMAGE.UNIT", "").strip("\"' ").lower() or None, unit, path)
    scale = _number(label, "IMAGE.SCALING_FACTOR", path, 1.0)
    offset = _offset(path, label, grid.body, metres or 1.0)
    read = _reader(image, start, kind, grid, _missing(path, label))
    raster = Raster(path, grid, read, metres or 1.0, scale, offset)
    if metres is None:
        refuse_kilometres(raster)
    return raster


def read_label(path: Path) -> Label:
    """Keys of a label, those of objects with the object's name before them: "IMAGE.LINES"."""
    with path.open("rb") as stream:
        text = stream.read(MOST_LABEL_BYTES).decode("latin-1")
    end = re.search(r"^[ \t]*END[ \t]*\r?$", text, re.MULTILINE)
    text = _COMMENT.sub("", text[: end.start()] if end else text)
    if "PDS_VERSION_ID" not in text[:4096]:
        raise ScenarioError(
            "neither a GeoTIFF nor a PDS3 label", file=str(path), hint="convert it: gdal_translate -of GTiff"
        )
    label, inside = Label(), [""]
    for name, value in _PAIR.findall(text):
        if name == "OBJECT":
            inside.append(value.strip())
        elif name == "END_OBJECT":
            inside = inside[:-1] or [""]
        else:
            label.setdefault(f"{inside[-1]}.{name}".lstrip("."), value.strip())
    return label


def _labelled(path: Path) -> Path:
    """The label's file: of an .IMG without one inside, the .LBL beside it."""
    with path.open("rb") as stream:
        if b"PDS_VERSION_ID" in stream.read(4096):
            return path
    beside = [path.with_suffix(suffix) for suffix in (".LBL", ".lbl")]
    return next((one for one in beside if one.is_file()), path)


def _image(path: Path, label: Label) -> tuple[Path, int]:
    """The file that holds the samples, beside the label, and where they start in it, bytes."""
    pointer = label.get("^IMAGE", "")
    named = re.search(r'"([^"/\\]+)"', pointer)
    image = path if named is None else path.parent / named[1]
    if named is not None and not image.is_file():
        beside = {one.name.lower(): one for one in path.parent.iterdir()}
        if named[1].lower() not in beside:
            raise ScenarioError(f"its samples, {named[1]}, are not beside it", file=str(path))
        image = beside[named[1].lower()]
    records = re.search(r"(?:^|,)\s*(\d+)\s*(<BYTES>)?", re.sub(r'"[^"]*"|[()]', "", pointer))
    if records is None:
        if named is None:
            raise ScenarioError("the label points at no image (^IMAGE)", file=str(path))
        return image, 0
    step = 1 if records[2] else int(_number(label, "RECORD_BYTES", path))
    return image, (int(records[1]) - 1) * step


def _reader(
    image: Path, start: int, kind: np.dtype[np.generic], grid: Grid, missing: float | None
) -> Callable[[int, int, int, int], Numbers]:
    def read(row: int, column: int, rows: int, columns: int) -> Numbers:
        shape = grid.rows, grid.columns
        stored = np.memmap(image, kind, "r", start, shape)[row : row + rows, column : column + columns]
        return unknown_to_nan(np.asarray(stored).astype(kind.newbyteorder("=")), missing)

    return read


def _grid(path: Path, label: Label) -> Grid:
    """Where the samples lie, from IMAGE_MAP_PROJECTION."""

    def number(name: str, default: float | None = None) -> float:
        return _number(label, f"IMAGE_MAP_PROJECTION.{name}", path, default)

    if "IMAGE_MAP_PROJECTION.A_AXIS_RADIUS" not in label:
        raise ScenarioError(
            "the raster has no datum: its label has no A_AXIS_RADIUS",
            file=str(path),
            hint="see LOLA's labels",
        )
    a, c = 1000.0 * number("A_AXIS_RADIUS"), 1000.0 * number("C_AXIS_RADIUS", number("A_AXIS_RADIUS"))
    body = body_of(a, (a - c) / a, path)
    if number("MAP_PROJECTION_ROTATION", 0.0) != 0.0:
        raise ScenarioError("the raster is turned", file=str(path), hint="warp it north up")
    name = label.get("IMAGE_MAP_PROJECTION.MAP_PROJECTION_TYPE", "").strip('"').upper()
    line, sample = number("LINE_PROJECTION_OFFSET"), number("SAMPLE_PROJECTION_OFFSET")
    rows, columns = int(_number(label, "IMAGE.LINES", path)), int(_number(label, "IMAGE.LINE_SAMPLES", path))
    projection: Projection
    if name == "POLAR STEREOGRAPHIC":
        step = _scale_m(path, label)
        projection = Stereographic(
            body, np.copysign(90.0, number("CENTER_LATITUDE")), number("CENTER_LONGITUDE")
        )
        grid = Grid(projection, -sample * step, line * step, step, -step, rows, columns)
    elif name == "SIMPLE CYLINDRICAL":
        step, projection = 1.0 / number("MAP_RESOLUTION"), Plate(body)
        x0, y0 = number("CENTER_LONGITUDE") - sample * step, number("CENTER_LATITUDE", 0.0) + line * step
        grid = Grid(projection, x0, y0, step, -step, rows, columns)
    else:
        raise ScenarioError(
            f"projection '{name[:40]}'; allowed: POLAR STEREOGRAPHIC, SIMPLE CYLINDRICAL", file=str(path)
        )
    return checked_grid(grid, path)


def _scale_m(path: Path, label: Label) -> float:
    """Metres of a sample at the centre of the projection."""
    match = _NUMBER.fullmatch(label.get("IMAGE_MAP_PROJECTION.MAP_SCALE", ""))
    unit = "" if match is None else (match[2] or "").lower().replace(" ", "")
    if match is None or not unit.startswith(("m", "km")):
        raise ScenarioError("the label's MAP_SCALE names no <m/pix> or <km/pix>", file=str(path))
    return float(match[1]) * (1000.0 if unit.startswith("k") else 1.0)


def _offset(path: Path, label: Label, body: Body, metres: float) -> float:
    """What is added to a scaled number to get a height: OFFSET, unless it is the radius of the sphere."""
    offset = _number(label, "IMAGE.OFFSET", path, 0.0)
    radius_m = 1000.0 * body.equatorial_radius_km
    if abs(offset * metres) < 0.01 * radius_m:
        return offset
    if abs(offset * metres - radius_m) > 50.0:
        raise ScenarioError(
            f"heights are above a radius of {offset * metres / 1000.0:,.3f} km; the {body.name}'s is "
            f"{body.equatorial_radius_km:,.1f} km",
            file=str(path),
            hint="use a product of that radius; if OFFSET is in other units than UNIT, say --unit",
        )
    return offset - radius_m / metres


def _missing(path: Path, label: Label) -> float | None:
    for name in ("IMAGE.MISSING_CONSTANT", "IMAGE.MISSING"):
        if _NUMBER.fullmatch(label.get(name, "")):
            return _number(label, name, path)
    return None


def _number(label: Label, name: str, path: Path, default: float | None = None) -> float:
    """A number of the label, its unit left out. ScenarioError where it is missing or no number."""
    match = _NUMBER.fullmatch(label.get(name, ""))
    if match is not None and np.isfinite(value := float(match[1])):
        return value
    if default is not None and name not in label:
        return default
    stated = f"'{label[name][:40]}'" if name in label else "missing"
    raise ScenarioError(f"{name} of the label is {stated}; it must be a number", file=str(path))
