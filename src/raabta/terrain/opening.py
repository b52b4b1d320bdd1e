"""Opening a height raster of whatever format: GeoTIFF (extra `raabta[terrain]`) or PDS3."""

from __future__ import annotations

from pathlib import Path

from raabta.base.errors import ScenarioError
from raabta.base.userfiles import why_not
from raabta.terrain.geotiff import open_geotiff
from raabta.terrain.pds3 import open_pds3
from raabta.terrain.rasters import UNITS_M, Raster


def open_raster(path: Path, body: str | None = None, unit: str | None = None) -> Raster:
    """Open a GeoTIFF or a PDS3 label (.LBL, or .IMG with its label inside or beside it).

    body: "Moon" or "Earth", to be held against the raster's own; unit: "m" or "km" where the raster does not
    say, or says wrong. Raises ScenarioError for a file that is no such raster, has no datum, is of another
    body or radius, or whose heights look like kilometres taken for metres.
    """
    if unit is not None and unit not in UNITS_M:
        raise ScenarioError(f"heights in '{unit}'", hint="give m or km")
    if not path.is_file():
        fault, hint = why_not(path)
        raise ScenarioError(fault, file=str(path), hint=hint or "give a raster, GeoTIFF or PDS3")
    with path.open("rb") as stream:
        head = stream.read(4)
    if head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        raster = open_geotiff(path, unit)
    else:
        raster = open_pds3(path, unit)
    if body is not None and raster.body.name.lower() != body.lower():
        raise ScenarioError(
            f"the raster is of the {raster.body.name}, not of '{body}'",
            file=str(path),
            hint="its datum says so; bring a raster of that body, or leave the body out",
        )
    return raster
