"""Horizons of the ground: a user's terrain profiles, as masks by azimuth bin that `visibility.sites` takes.

A profile is a list of (azimuth, elevation) samples, joined by straight lines around the circle. A bin of the
mask holds the highest horizon inside it, its two ends included: a satellite is never kept that the profile
hides, and one is lost at most where the profile is lower elsewhere in its 5 degrees.
"""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import cell_of
from raabta.base.errors import ScenarioError
from raabta.base.userfiles import csv_rows, fault_at, read_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import Gateway

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BINS = 72
BIN_DEG = 360.0 / BINS
OPEN_DEG = -90.0
"""A horizon that hides nothing."""
MAX_HORIZON_BYTES = 50_000_000
RANGES = {
    "latitude_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 180.0),
    "azimuth_deg": (0.0, 360.0),
    "elevation_deg": (-90.0, 90.0),
}
_WHAT = "the horizon file"
_HINT = f"columns are {','.join(RANGES)}; one row per site and azimuth"


def binned(azimuth_deg: Floats, elevation_deg: Floats) -> Floats:
    """Highest horizon in each of 72 bins from north, deg, (72,).

    azimuth_deg, elevation_deg: the samples of one profile, (sample,), in any order; azimuth clockwise from
    north, each once. Between samples the horizon is linear, around the circle; one sample holds all round.
    """
    if azimuth_deg.size == 1:
        return np.full(BINS, elevation_deg[0])
    edge = np.interp(np.arange(BINS) * BIN_DEG, azimuth_deg, elevation_deg, period=360.0)
    out = np.maximum(edge, np.roll(edge, -1))
    inside = np.minimum((azimuth_deg % 360.0 / BIN_DEG).astype(np.int64), BINS - 1)
    np.maximum.at(out, inside, elevation_deg)
    return np.asarray(out)


def of_cells(path: Path, h3_index: NDArray[np.uint64], resolution: int) -> Floats:
    """Mask of every cell (deg, (cell, 72)) from a horizon file: the highest of the sites inside the cell.

    h3_index (cell,): sorted cells of one resolution. A cell without a site is open (-90 degrees all round).
    Raises ScenarioError for a bad file and where no site lies in any cell, LimitError for a file above 50 MB.
    """
    site, cell = _sites(path, h3_index, resolution)
    out = np.full((h3_index.size, BINS), OPEN_DEG)
    for (azimuth_deg, elevation_deg), row in zip(site, cell, strict=True):
        np.maximum(out[row], binned(azimuth_deg, elevation_deg), out=out[row])
    return out


def of_gateways(gateways: tuple[Gateway, ...]) -> Floats | None:
    """Mask of every gateway (deg, (gateway, 72)), or None where none states a horizon."""
    if not any(gateway.horizon for gateway in gateways):
        return None
    out = np.full((len(gateways), BINS), OPEN_DEG)
    for row, gateway in enumerate(gateways):
        if gateway.horizon:
            profile = np.array([(point.azimuth_deg, point.elevation_deg) for point in gateway.horizon])
            out[row] = binned(profile[:, 0], profile[:, 1])
    return out


def _sites(
    path: Path, h3_index: NDArray[np.uint64], resolution: int
) -> tuple[list[tuple[Floats, Floats]], list[int]]:
    """Profile (azimuth, elevation) of every site inside a cell, and the row of its cell."""
    values = read_horizons(path)
    where, start = np.unique(values[:, :2], axis=0, return_index=True)
    own = cell_of(where[:, 0], where[:, 1], resolution)
    row = np.minimum(np.searchsorted(h3_index, own), h3_index.size - 1)
    inside = np.flatnonzero(h3_index[row] == own)
    if inside.size == 0:
        raise ScenarioError(
            f"none of the {len(where):,} sites lies in a cell of the area",
            file=str(path),
            hint="coordinates are WGS84 degrees; are latitude and longitude in their own columns?",
        )
    end = np.append(start[1:], len(values))
    profiles = [(values[start[k] : end[k], 2], values[start[k] : end[k], 3]) for k in inside]
    return profiles, row[inside].tolist()


def read_horizons(path: Path) -> Floats:
    """Rows latitude_deg, longitude_deg, azimuth_deg, elevation_deg of a horizon file, (row, 4).

    Sorted by site and azimuth, north as 0, repeated rows once. Other columns are ignored. Raises
    ScenarioError with line and column, LimitError for a file above 50 MB.
    """
    text = read_text(path, _WHAT, MAX_HORIZON_BYTES)
    values, line, field = _numbers(text, path)
    for number, (name, (low, high)) in enumerate(RANGES.items()):
        column = values[:, number]
        bad = np.flatnonzero(~((column >= low) & (column <= high)))
        if bad.size:
            fault = f"{name} is {column[bad[0]]:g}; allowed: {low:g} to {high:g}"
            raise fault_at(fault, text, path, int(line[bad[0]]), field[number])
    values[:, 2] %= 360.0
    values += 0.0  # -0 is 0
    order = np.lexsort((line, values[:, 2], values[:, 1], values[:, 0]))
    values, line = values[order], line[order]
    again = np.append(False, (values[1:, :3] == values[:-1, :3]).all(axis=1))
    other = np.flatnonzero(again & np.append(False, values[1:, 3] != values[:-1, 3]))
    if other.size:
        raise _twice(values, line, other[np.argmin(line[other])], text, path, field[3])
    return np.asarray(values[~again])


def _numbers(text: str, path: Path) -> tuple[Floats, Ints, list[int]]:
    """The four columns as numbers (row, 4), the line of each row, and the field that holds each column."""
    rows = csv_rows(text, path, _WHAT)
    line, header = next(rows)
    missing = [name for name in RANGES if name not in header]
    if missing:
        raise fault_at(f"missing column {', '.join(missing)}", text, path, line, 0, _HINT)
    field = [header.index(name) for name in RANGES]
    values, lines = array("d"), array("q")
    for line, fields in rows:
        for name, number in zip(RANGES, field, strict=True):
            try:
                values.append(float(fields[number]))
            except ValueError:
                fault = f"{name} is {fields[number][:40]!r}, not a number"
                raise fault_at(fault, text, path, line, number) from None
        lines.append(line)
    return np.array(values).reshape(-1, 4), np.array(lines), field


def _twice(values: Floats, line: Ints, row: np.intp, text: str, path: Path, field: int) -> ScenarioError:
    """Two elevations at one azimuth of a site; `row` is the later one, sorted next to the earlier."""
    latitude, longitude, azimuth, elevation = values[row]
    fault = (
        f"azimuth {azimuth:g} of the site at {latitude:g}, {longitude:g} stands twice: "
        f"{elevation:g} degrees high here, {values[row - 1, 3]:g} in line {line[row - 1]}"
    )
    return fault_at(fault, text, path, int(line[row]), field, "keep one of them; 360 is 0, north")
