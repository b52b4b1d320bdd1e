"""The ITU's digital maps, read by path from the installed `itur` package, one level at a time.

`itur` itself is never imported: it would cost a second and half a gigabyte. Longitudes may be written in
either convention (-180 to 180 or 0 to 360). Interpolation follows ITU-R P.1144: bilinear everywhere, bicubic
for heights.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError, StoreError
from raabta.links.ranges import FloatArray, in_range

LEVELS_PERCENT = (
    0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0,
)  # fmt: skip
"""Exceedance levels of the P.836-6 and P.840-8 maps, percent of the average year."""

EDITIONS: dict[str, str] = {
    "rain rate": "ITU-R P.837-7 (06/2017)",
    "rain height": "ITU-R P.839-4 (09/2013)",
    "cloud water": "ITU-R P.840-8 (08/2019)",
    "water vapour": "ITU-R P.836-6 (12/2017)",
    "surface temperature": "ITU-R P.1510-1 (06/2017)",
    "surface height": "ITU-R P.1511-2 (08/2019)",
    "refractivity": "ITU-R P.453-13 (12/2017)",
}
"""Edition of each map that is read here."""


@dataclass(frozen=True)
class Grid:
    """A regular map: row i lies at latitude0 + i * step, column j at longitude0 + j * |step| (degrees)."""

    values: FloatArray
    latitude0_deg: float
    step_deg: float
    longitude0_deg: float
    source: str

    def place(self, latitude_deg: FloatArray, longitude_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Fractional row and column of each point."""
        row = (latitude_deg - self.latitude0_deg) / self.step_deg
        west = -180.0 if self.longitude0_deg < -90.0 else 0.0
        column = (np.mod(longitude_deg - west, 360.0) + west - self.longitude0_deg) / abs(self.step_deg)
        return row, column


def data_folder() -> Path:
    """Folder of the maps inside the installed `itur` package (found, not imported)."""
    spec = find_spec("itur")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("the ITU maps are missing: they come with itur 0.4.0; run `pip install itur==0.4.0`")
    return Path(spec.submodule_search_locations[0]) / "data"


def data_file(name: str) -> Path:
    """Path of one file below the maps' folder, or StoreError saying what to install."""
    path = data_folder() / name
    if not path.is_file():
        raise StoreError(
            f"the ITU map {name} is not in {path.parent}; reinstall itur: `pip install itur==0.4.0`"
        )
    return path


def _read(name: str, shape: tuple[int, int]) -> FloatArray:
    with np.load(data_file(name), allow_pickle=False) as archive:
        values = np.ascontiguousarray(archive["arr_0"], dtype=np.float64)
    if values.shape != shape:
        raise StoreError(f"the ITU map {name} has shape {values.shape}, not {shape}; it is not itur 0.4.0's")
    return values


@lru_cache(maxsize=64)
def _descending(name: str, step_deg: float) -> Grid:
    """A map from 90 N down, 0 to 360 E (P.836, P.839, P.840)."""
    shape = (round(180 / step_deg) + 1, round(360 / step_deg) + 1)
    return Grid(_read(name, shape), 90.0, -step_deg, 0.0, name)


@lru_cache(maxsize=32)
def _ascending(name: str, step_deg: float) -> Grid:
    """A map from 90 S up, -180 to 180 E (P.453, P.837, P.1510)."""
    shape = (round(180 / step_deg) + 1, round(360 / step_deg) + 1)
    return Grid(_read(name, shape), -90.0, step_deg, -180.0, name)


@lru_cache(maxsize=1)
def _heights() -> Grid:
    return Grid(_read("1511/v2_topo.npz", (2164, 4324)), 90.125, -1.0 / 12.0, -180.125, "1511/v2_topo.npz")


def _rain_rates() -> Grid:
    return _ascending("837/v7_r001.npz", 0.125)


def read_ahead() -> None:
    """Begin to read the largest maps that every run needs, beside what else is to be done."""

    def read() -> None:
        with suppress(StoreError):  # whoever needs the map says what is wrong with it
            _heights()
            _rain_rates()

    Thread(target=read, daemon=True).start()


def _points(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    latitude = in_range("latitude", latitude_deg, -90.0, 90.0, "deg", "the maps' extent")
    longitude = in_range("longitude", longitude_deg, -180.0, 360.0, "deg", "the maps' extent")
    latitude, longitude = np.broadcast_arrays(latitude, longitude)
    return latitude, longitude


def _corner(position: FloatArray, count: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
    first = np.clip(np.floor(position).astype(np.intp), 0, count - 2)
    return first, position - first


def _finite(values: FloatArray, grid: Grid) -> FloatArray:
    if np.isnan(values).any():
        raise OutOfRangeError(
            f"the ITU map {grid.source}",
            "empty at a requested point",
            "latitudes up to 87.75 deg",
            grid.source,
        )
    return values


def bilinear(grid: Grid, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Bilinear interpolation (ITU-R P.1144-11 Annex 1, 1b) of a map at points of any one shape."""
    latitude, longitude = _points(latitude_deg, longitude_deg)
    row, column = grid.place(latitude, longitude)
    i, r = _corner(row, grid.values.shape[0])
    j, c = _corner(column, grid.values.shape[1])
    v = grid.values
    north = v[i, j] * (1.0 - c) + v[i, j + 1] * c
    south = v[i + 1, j] * (1.0 - c) + v[i + 1, j + 1] * c
    return _finite(north * (1.0 - r) + south * r, grid)


def _cubic_weight(distance: FloatArray) -> FloatArray:
    d = np.abs(distance)
    near = 1.5 * d**3 - 2.5 * d**2 + 1.0
    far = -0.5 * d**3 + 2.5 * d**2 - 4.0 * d + 2.0
    return np.where(d <= 1.0, near, np.where(d <= 2.0, far, 0.0))


def bicubic(grid: Grid, latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Bicubic interpolation (ITU-R P.1144-11 Annex 1, 2; a = -0.5) of a map with a border row all round."""
    latitude, longitude = _points(latitude_deg, longitude_deg)
    row, column = grid.place(latitude, longitude)
    i = np.clip(np.floor(row).astype(np.intp), 1, grid.values.shape[0] - 3) - 1
    j = np.clip(np.floor(column).astype(np.intp), 1, grid.values.shape[1] - 3) - 1
    total = np.zeros(latitude.shape, dtype=np.float64)
    for dj in range(4):
        along = sum(grid.values[i + di, j + dj] * _cubic_weight(row - (i + di)) for di in range(4))
        total += along * _cubic_weight(column - (j + dj))
    return total


def level_name(percent: float) -> str:
    """How the ITU writes an exceedance in the name of a map: 0.5 is 05, 20 is 20."""
    return f"{percent:g}".replace(".", "")


def levels_around(percent: float, levels: tuple[float, ...], source: str) -> tuple[float, float, float]:
    """The two map levels around `percent` and the weight of the upper one, linear in log p."""
    in_range("exceedance", percent, levels[0], levels[-1], "%", source)
    above = int(np.searchsorted(levels, percent))
    high = levels[above]
    if high == percent:
        return high, high, 1.0
    low = levels[above - 1]
    return low, high, float(np.log(percent / low) / np.log(high / low))


def bracket_levels(percent: float) -> tuple[float, float, float]:
    """The two levels of P.836-6 and P.840-8 around `percent` and the weight of the upper one, in log p."""
    return levels_around(percent, LEVELS_PERCENT, "P.836-6 and P.840-8 maps")


def rain_rate_001_mmh(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Rain rate exceeded for 0.01 % of the average year, mm/h (P.837-7 map R0.01, 0.125 deg, bilinear)."""
    return bilinear(_rain_rates(), latitude_deg, longitude_deg)


def monthly_rain_mm(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Mean rain of each month, mm, (12, ...): P.837-7 maps MT, 0.25 deg, bilinear. Reads twelve 8 MB maps."""

    def month(number: int) -> FloatArray:
        name = f"837/v7_mt_month{number:02d}.npz"
        grid = Grid(_read(name, (722, 1442)), -90.125, 0.25, -180.125, name)
        return bilinear(grid, latitude_deg, longitude_deg)

    return np.stack([month(number) for number in range(1, 13)])


def monthly_temperature_k(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Mean surface temperature of each month at 2 m, K, (12, ...): P.1510-1, 0.75 deg, bilinear."""
    names = [f"1510/v1_t_month{number:02d}.npz" for number in range(1, 13)]
    return np.stack([bilinear(_ascending(name, 0.75), latitude_deg, longitude_deg) for name in names])


def zero_isotherm_km(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Mean annual height of the 0 deg C isotherm above sea level, km (P.839-4 map h0, 1.5 deg, bilinear)."""
    return bilinear(_descending("839/v4_esa0height.npz", 1.5), latitude_deg, longitude_deg)


def surface_temperature_k(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Mean annual surface temperature at 2 m, K (P.1510-1, 0.75 deg, bilinear)."""
    return bilinear(_ascending("1510/v1_t_annual.npz", 0.75), latitude_deg, longitude_deg)


def surface_height_km(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Height of the ground above mean sea level, km (P.1511-2, 1/12 deg, bicubic). Reads a 75 MB map."""
    return bicubic(_heights(), latitude_deg, longitude_deg) / 1000.0


def wet_refractivity(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Median wet term of surface refractivity, N-units (P.453-13 map Nwet at 50 %, 0.75 deg, bilinear)."""
    return bilinear(_ascending("453/v13_nwet_annual_50.npz", 0.75), latitude_deg, longitude_deg)


def reduced_liquid_kgm2(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, percent: float
) -> FloatArray:
    """Reduced columnar liquid water exceeded for `percent` of the year, kg/m2 (P.840-8 map Lred, 1.125 deg).

    Between two of the map's levels: linear in log p. Valid 0.1 to 99 %.
    """

    def level(at: float) -> FloatArray:
        return bilinear(_descending(f"840/v7_lred_{level_name(at)}.npz", 1.125), latitude_deg, longitude_deg)

    low, high, weight = bracket_levels(percent)
    return level(high) if low == high else level(low) * (1.0 - weight) + level(high) * weight


@lru_cache(maxsize=1)
def _vapour_heights_km() -> FloatArray:
    """Height of each node of the P.836-6 grid, km, from the half-degree relief that comes with P.836-6."""
    relief = Grid(_read("836/v6_topo_0dot5.npz", (363, 723)), 90.5, -0.5, -0.5, "836/v6_topo_0dot5.npz")
    latitude, longitude = np.meshgrid(90.0 - 1.125 * np.arange(161), 1.125 * np.arange(321), indexing="ij")
    return bicubic(relief, latitude, longitude)


def _vapour_level(
    kind: str, at: float, latitude: FloatArray, longitude: FloatArray, height_km: FloatArray
) -> FloatArray:
    """One P.836-6 level, each corner scaled to the site's height by its own scale height, then bilinear."""
    content = _descending(f"836/v6_{kind}_{level_name(at)}.npz", 1.125)
    scale = _descending(f"836/v6_vsch_{level_name(at)}.npz", 1.125).values
    row, column = content.place(latitude, longitude)
    i, r = _corner(row, content.values.shape[0])
    j, c = _corner(column, content.values.shape[1])
    total = np.zeros(latitude.shape, dtype=np.float64)
    for di, dj, weight in (
        (0, 0, (1 - r) * (1 - c)),
        (0, 1, (1 - r) * c),
        (1, 0, r * (1 - c)),
        (1, 1, r * c),
    ):
        corner = (i + di, j + dj)
        total += (
            weight
            * content.values[corner]
            * np.exp((_vapour_heights_km()[corner] - height_km) / scale[corner])
        )
    return _finite(total, content)


def _vapour(
    kind: str,
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    height_km: npt.ArrayLike,
    percent: float,
) -> FloatArray:
    latitude, longitude = _points(latitude_deg, longitude_deg)
    height = in_range("site height", height_km, -0.5, 9.0, "km", "ITU-R P.836-6")
    latitude, longitude, height = np.broadcast_arrays(latitude, longitude, height)
    low, high, weight = bracket_levels(percent)
    above = _vapour_level(kind, high, latitude, longitude, height)
    if low == high:
        return above
    return _vapour_level(kind, low, latitude, longitude, height) * (1.0 - weight) + above * weight


def vapour_content_kgm2(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, height_km: npt.ArrayLike, percent: float
) -> FloatArray:
    """Total water vapour content exceeded for `percent` of the year, kg/m2 (P.836-6 Annex 2 map V)."""
    return _vapour("v", latitude_deg, longitude_deg, height_km, percent)


def vapour_density_gm3(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, height_km: npt.ArrayLike, percent: float
) -> FloatArray:
    """Surface water vapour density exceeded for `percent` of the year, g/m3 (P.836-6 Annex 1 map rho)."""
    return _vapour("rho", latitude_deg, longitude_deg, height_km, percent)
