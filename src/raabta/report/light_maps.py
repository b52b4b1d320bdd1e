"""Light maps as files: arrays, a GeoTIFF, pictures."""

from __future__ import annotations

import io
import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.engine.atomic import make_folder, remove_partial, write_bytes
from raabta.report.area_map import area_map
from raabta.report.palette import RAMP, Classes
from raabta.terrain.projections import Stereographic

if TYPE_CHECKING:
    from raabta.terrain.grids import Grid
    from raabta.terrain.light_maps import LightMaps

BANDS = ("sun_share", "longest_dark_h", "longest_lit_h", "earth_share", "slope_deg", "haven")


def layers(maps: LightMaps) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """The maps by name, (rows, columns) each; spans in hours, havens 1 or 0."""
    values = (
        maps.sun_share, maps.longest_dark_s / 3600.0, maps.longest_lit_s / 3600.0, maps.earth_share,
        maps.slope_deg, np.where(np.isnan(maps.sun_share), np.nan, maps.haven),
    )  # fmt: skip
    return dict(zip(BANDS, values, strict=True))


def write(maps: LightMaps, folder: Path, title: str, facts: dict[str, Any]) -> list[Path]:
    """Write `light.npz`, `light.json`, four pictures and, where rasterio is installed, `light.tif`."""
    make_folder(folder)
    bands = layers(maps)
    row, column = np.mgrid[: maps.sun_share.shape[0], : maps.sun_share.shape[1]]
    latitude, longitude = maps.grid.place(row, column)
    stream = io.BytesIO()
    np.savez_compressed(
        stream, allow_pickle=False, latitude_deg=latitude, longitude_deg=longitude,
        **{name: values.astype(np.float32) for name, values in bands.items()},
    )  # fmt: skip
    made = {"light.npz": stream.getvalue(), "light.json": f"{json.dumps(facts, indent=1)}\n".encode()}
    for name, classes, text in _pictures():
        drawn = area_map(bands[name], classes, title, text, maps.side_km)
        made[f"{name}.svg"] = drawn.encode()
    tiff = _tiff(maps.grid, bands)
    if tiff is not None:
        made["light.tif"] = tiff
    for name, data in made.items():
        remove_partial(folder / name)
        write_bytes(folder / name, data)
    return [folder / name for name in made]


def _pictures() -> list[tuple[str, Classes, str]]:
    def ramp(breaks: tuple[float, ...], unit: str, scale: float, colours: tuple[str, ...]) -> Classes:
        text = [f"{scale * value:g}" for value in breaks]
        ends = [f"{a}–{b} {unit}" for a, b in pairwise(text)]
        places = np.linspace(0, len(colours) - 1, len(breaks)).round().astype(int)
        return Classes(breaks, tuple(colours[k] for k in places), (*ends, f"{text[-1]} {unit} or more"))

    shares = ramp((0.0, 0.01, 0.2, 0.4, 0.6, 0.8), "%", 100.0, RAMP[::-1])
    return [
        ("sun_share", shares, "Mean share of the Sun's disc in view"),
        ("longest_dark_h", ramp((0.0, 24.0, 72.0, 168.0, 336.0, 1000.0), "h", 1.0, RAMP), "Longest night"),
        ("earth_share", shares, "Share of time with the Earth's centre in view"),
        ("haven", Classes((0.0, 0.5), (RAMP[-1], RAMP[0]), ("other ground", "safe haven")), "Safe havens"),
    ]


def _tiff(grid: Grid, bands: dict[str, Any]) -> bytes | None:
    """The maps as bands of a GeoTIFF on their own grid; None without rasterio."""
    try:
        from rasterio.crs import CRS
        from rasterio.io import MemoryFile
        from rasterio.transform import Affine
    except ImportError:
        return None
    own = grid.projection
    assert isinstance(own, Stereographic)
    words = (
        f"+proj=stere +lat_0={own.latitude_deg!r} +lon_0={own.longitude_deg!r} +k={own.scale_ratio!r} "
        f"+x_0={own.false_x_m!r} +y_0={own.false_y_m!r} +R={own.radius_m!r} +units=m +no_defs"
    )
    corner = Affine(grid.dx, 0.0, grid.x0 - 0.5 * grid.dx, 0.0, grid.dy, grid.y0 - 0.5 * grid.dy)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff", height=grid.rows, width=grid.columns, count=len(bands), dtype="float32",
            crs=CRS.from_proj4(words), transform=corner, nodata=float("nan"), compress="deflate",
        ) as data:  # fmt: skip
            for number, (name, values) in enumerate(bands.items(), 1):
                data.write(values.astype(np.float32), number)
                data.set_band_description(number, name)
        return bytes(memory.read())
