"""The cloud maps of ITU-R P.840-9, which the user brings: named, checked, one level at a time.

They are the ITU's and come with no package: the ITU offers them as part 1 of the recommendation. Three forms
are read: that ZIP file as it is, or a folder with its text files (`L_5.TXT`, 721 rows from 90 S up by 1,441
columns from 180 W), or with the `.npz` files of ITU-Rpy's later versions (`v9_l_5.npz` with `v9_lat.npz` and
`v9_lon.npz`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt

from raabta.base.errors import RaabtaError, ScenarioError
from raabta.links.maps import Grid, bilinear, level_name, levels_around
from raabta.links.ranges import FloatArray

EDITION = "ITU-R P.840-9 (08/2023)"
LEVELS_PERCENT = (
    0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0,
    10.0, 20.0, 30.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0,
)  # fmt: skip
"""Exceedance levels of the annual maps, percent of the average year."""
SHAPE = (721, 1441)
STEP_DEG = 0.25
MOST_BYTES = 64_000_000
MOST_KGM2 = 50.0
_BRING = "download part 1 (annual maps, a ZIP file) of Recommendation ITU-R P.840-9 from itu.int"

# ITU validation examples of P.840-9: latitude, longitude (deg), kg/m2 exceeded for 15.5 %.
_EXAMPLE_PERCENT = 15.5
_EXAMPLES = (
    (0.0, 0.0, 0.0877674171040156),
    (45.0, 0.0, 0.152463592389544),
    (-45.0, 0.0, 0.209082764510553),
    (87.5, 0.0, 0.0733996853195151),
)


@dataclass(frozen=True)
class CloudMaps:
    """Checked P.840-9 maps; build it by `open_cloud_maps`. `source` is the ZIP file or folder."""

    source: Path

    @property
    def edition(self) -> str:
        """What results say they were computed with."""
        return f"{EDITION}, maps brought by the user"

    def liquid_kgm2(
        self, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, percent: float
    ) -> FloatArray:
        """Integrated cloud liquid water exceeded for `percent` of the year, kg/m2: any shape of points.

        Bilinear in space, linear in log p between levels. 0.01 to 99 %.
        """
        low, high, weight = levels_around(percent, LEVELS_PERCENT, "P.840-9 maps")
        below = bilinear(_level(self.source, low), latitude_deg, longitude_deg)
        if low == high:
            return below
        above = bilinear(_level(self.source, high), latitude_deg, longitude_deg)
        return below * (1.0 - weight) + above * weight


def open_cloud_maps(source: Path) -> CloudMaps:
    """The P.840-9 maps of a ZIP file or folder, checked against the ITU's own examples.

    A missing folder or file, a wrong shape, values that are no cloud water, and maps that do not give the
    ITU's values (another recommendation's, or turned round) are ScenarioErrors that name the file.
    """
    if not source.exists():
        raise ScenarioError("there are no cloud maps here", file=str(source), hint=_BRING)
    found = CloudMaps(source)
    for latitude, longitude, expected in _EXAMPLES:
        value = float(found.liquid_kgm2(latitude, longitude, _EXAMPLE_PERCENT))
        if not abs(value - expected) <= 1e-3 * expected:
            raise ScenarioError(
                f"these are not the maps of P.840-9: {value:.6g} kg/m2 at {latitude:g} N {longitude:g} E for "
                f"{_EXAMPLE_PERCENT:g} %, where the ITU's example has {expected:.6g}",
                file=str(source),
                hint=_BRING,
            )
    return found


def brought(file: str | None) -> CloudMaps | None:
    """The maps that a scenario's `weather.cloud_maps_file` names; None where it names none."""
    return open_cloud_maps(Path(file)) if file else None


@lru_cache(maxsize=8)
def _level(source: Path, percent: float) -> Grid:
    """One level's map, 8 MB, from whichever form there is."""
    name = level_name(percent)
    packed, plain = source / f"v9_l_{name}.npz", source / f"L_{name}.TXT"
    if packed.is_file():
        south, step = _axis(source, "lat")
        return Grid(_checked(_unpacked(packed), packed), south, step, _axis(source, "lon")[0], packed.name)
    if source.is_file():
        values = _zipped(source, plain.name)
    else:
        here = next((file for file in source.iterdir() if file.name.upper() == plain.name), None)
        values = _text(here, here.stat().st_size, here) if here else None
    if values is None:
        raise ScenarioError(
            f"the P.840-9 map of {percent:g} % is missing: neither L_{name}.TXT nor v9_l_{name}.npz is there",
            file=str(source),
            hint=_BRING,
        )
    return Grid(_checked(values, plain), -90.0, STEP_DEG, -180.0, plain.name)


def _refused(path: Path, error: Exception) -> ScenarioError:
    return ScenarioError(f"a P.840-9 map cannot be read: {error}", file=str(path), hint=_BRING)


def _zipped(path: Path, name: str) -> FloatArray | None:
    """A text map inside the ITU's ZIP file, in whatever folder of it; None where it is not there."""
    try:
        with ZipFile(path) as archive:
            found = [
                part
                for part in archive.infolist()
                if PurePosixPath(part.filename).name.upper() == name.upper()
            ]
            if not found:
                return None
            with archive.open(found[0]) as stream:
                return _text(stream, found[0].file_size, path / name)
    except RaabtaError:
        raise
    except Exception as error:  # whatever a torn or hostile archive makes the reader raise
        raise _refused(path, error) from error


def _sized(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise ScenarioError(f"{size:,} bytes; a P.840-9 map has at most {MOST_BYTES:,}", file=str(path))


def _text(source: Path | IO[bytes], size: int, path: Path) -> FloatArray:
    _sized(path, size)
    try:
        return np.loadtxt(source, dtype=np.float64, ndmin=2)
    except (OSError, ValueError) as error:
        raise _refused(path, error) from error


def _unpacked(path: Path) -> FloatArray:
    try:
        _sized(path, path.stat().st_size)
        with ZipFile(path) as archive:
            _sized(path, sum(part.file_size for part in archive.infolist()))
        with np.load(path, allow_pickle=False) as arrays:
            return np.ascontiguousarray(arrays["arr_0"], dtype=np.float64)
    except RaabtaError:
        raise
    except Exception as error:  # a zip that is none, a pickle, a missing array, a shape that lies
        raise _refused(path, error) from error


def _checked(values: FloatArray, path: Path) -> FloatArray:
    if values.shape != SHAPE:
        raise ScenarioError(f"the map has shape {values.shape}, not {SHAPE}", file=str(path), hint=_BRING)
    if not ((values >= 0.0) & (values <= MOST_KGM2)).all():
        raise ScenarioError(
            f"the map holds values that are no cloud water; allowed: 0 to {MOST_KGM2:g} kg/m2", file=str(path)
        )
    return values


def _axis(folder: Path, part: str) -> tuple[float, float]:
    """First value and step of the latitudes or longitudes of the `.npz` form."""
    path = folder / f"v9_{part}.npz"
    if not path.is_file():
        raise ScenarioError(f"{path.name} is missing beside the P.840-9 maps", file=str(folder), hint=_BRING)
    values = _unpacked(path)
    along = values if values.ndim == 1 else values[:, 0] if part == "lat" else values[0]
    ends = {"lat": [(-90.0, 90.0), (90.0, -90.0)], "lon": [(-180.0, 180.0), (0.0, 360.0)]}[part]
    first, last = float(along[0]), float(along[-1])
    if along.size != SHAPE[part == "lon"] or (first, last) not in ends:
        raise ScenarioError(f"{path.name} is not the axis of a P.840-9 map", file=str(path), hint=_BRING)
    return first, (last - first) / (along.size - 1)
