"""Attenuation by oxygen and water vapour: ITU-R P.676-12 (and P.835-6 for the pressure at a height)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from raabta.links.maps import data_file
from raabta.links.ranges import FloatArray, in_range

EDITION = "ITU-R P.676-12 (08/2019)"

# P.676-12 Annex 2 table 3: strength and centre (GHz) of the oxygen lines in the equivalent height.
_T2 = (
    (0.1597, 118.750334),
    (0.1066, 368.498246),
    (0.1325, 424.763020),
    (0.1242, 487.249273),
    (0.0938, 715.392902),
    (0.1448, 773.839490),
    (0.1374, 834.145546),
)


@lru_cache(maxsize=2)
def _lines(kind: str) -> FloatArray:
    """P.676-12 table 1 or 2: (7, lines) float64 of centre (GHz) and six coefficients."""
    path = data_file(f"676/v12_lines_{kind}.txt")
    return np.ascontiguousarray(np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.float64).T)


def _state(
    frequency_ghz: npt.ArrayLike,
    pressure_hpa: npt.ArrayLike,
    density_gm3: npt.ArrayLike,
    temperature_k: npt.ArrayLike,
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Frequency, dry pressure, vapour pressure and theta = 300 / T, each with an axis for the lines."""
    f = in_range("frequency", frequency_ghz, 1.0, 1000.0, "GHz", EDITION)
    p, t = np.asarray(pressure_hpa, dtype=np.float64), np.asarray(temperature_k, dtype=np.float64)
    e = np.asarray(density_gm3, dtype=np.float64) * t / 216.7
    return f[..., None], p[..., None], e[..., None], 300.0 / t[..., None]


def oxygen_db_km(
    frequency_ghz: npt.ArrayLike,
    pressure_hpa: npt.ArrayLike,
    density_gm3: npt.ArrayLike,
    temperature_k: npt.ArrayLike,
) -> FloatArray:
    """Specific attenuation of dry air, dB/km: P.676-12 Annex 1, equations (1) to (9), line by line.

    Pressure is that of dry air (hPa), density that of water vapour (g/m3). Arrays broadcast. 1 to 1000 GHz.
    """
    f, p, e, theta = _state(frequency_ghz, pressure_hpa, density_gm3, temperature_k)
    f0, a1, a2, a3, a4, a5, a6 = _lines("oxygen")
    width = a3 * 1e-4 * (p * theta ** (0.8 - a4) + 1.1 * e * theta)
    width = np.sqrt(width**2 + 2.25e-6)
    mixing = (a5 + a6 * theta) * 1e-4 * (p + e) * theta**0.8
    lower = (width - mixing * (f0 - f)) / ((f0 - f) ** 2 + width**2)
    upper = (width - mixing * (f0 + f)) / ((f0 + f) ** 2 + width**2)
    strength = a1 * 1e-7 * p * theta**3 * np.exp(a2 * (1.0 - theta))
    lines = (strength * f / f0 * (lower + upper)).sum(axis=-1)
    f, p, e, theta = f[..., 0], p[..., 0], e[..., 0], theta[..., 0]
    debye = 5.6e-4 * (p + e) * theta**0.8
    continuum = 6.14e-5 / (debye * (1.0 + (f / debye) ** 2)) + 1.4e-12 * p * theta**1.5 / (
        1.0 + 1.9e-5 * f**1.5
    )
    return np.asarray(0.1820 * f * (lines + f * p * theta**2 * continuum), dtype=np.float64)


def vapour_db_km(
    frequency_ghz: npt.ArrayLike,
    pressure_hpa: npt.ArrayLike,
    density_gm3: npt.ArrayLike,
    temperature_k: npt.ArrayLike,
) -> FloatArray:
    """Specific attenuation of water vapour, dB/km: P.676-12 Annex 1, equations (1) to (6), line by line.

    Arguments as in `oxygen_db_km`.
    """
    f, p, e, theta = _state(frequency_ghz, pressure_hpa, density_gm3, temperature_k)
    f0, b1, b2, b3, b4, b5, b6 = _lines("water_vapour")
    width = b3 * 1e-4 * (p * theta**b4 + b5 * e * theta**b6)
    width = 0.535 * width + np.sqrt(0.217 * width**2 + 2.1316e-12 * f0**2 / theta)
    shape = width / ((f0 - f) ** 2 + width**2) + width / ((f0 + f) ** 2 + width**2)
    strength = b1 * 1e-1 * e * theta**3.5 * np.exp(b2 * (1.0 - theta))
    return np.asarray(0.1820 * f[..., 0] * (strength * f / f0 * shape).sum(axis=-1), dtype=np.float64)


def standard_pressure_hpa(height_km: npt.ArrayLike) -> FloatArray:
    """Pressure of the mean annual global atmosphere, hPa: P.835-6 equation (4a), -1 to 11 km."""
    height = in_range("height", height_km, -1.0, 11.0, "km", "ITU-R P.835-6")
    geopotential = 6356.766 * height / (6356.766 + height)
    return np.asarray(
        1013.25 * (288.15 / (288.15 - 6.5 * geopotential)) ** (-34.1632 / 6.5), dtype=np.float64
    )


def oxygen_height_km(
    frequency_ghz: npt.ArrayLike,
    pressure_hpa: npt.ArrayLike,
    density_gm3: npt.ArrayLike,
    temperature_k: npt.ArrayLike,
) -> FloatArray:
    """Equivalent height of dry air, km: P.676-12 Annex 2, equations (30) to (34). 1 to 350 GHz."""
    f = in_range("frequency", frequency_ghz, 1.0, 350.0, "GHz", EDITION)
    t, rho = np.asarray(temperature_k, dtype=np.float64), np.asarray(density_gm3, dtype=np.float64)
    rp = (np.asarray(pressure_hpa, dtype=np.float64) + rho * t / 216.7) / 1013.25
    spread = 2.87 + 12.4 * np.exp(-7.9 * rp)
    t1 = 5.1040 / (1.0 + 0.066 * rp**-2.3) * np.exp(-(((f - 59.7) / spread) ** 2))
    t2 = sum(c * np.exp(2.12 * rp) / ((f - f0) ** 2 + 0.025 * np.exp(2.2 * rp)) for c, f0 in _T2)
    ratio = (15.02 * f**2 - 1353.0 * f + 5.333e4) / (f**3 - 151.3 * f**2 + 9629.0 * f - 6803.0)
    t3 = 0.0114 * f / (1.0 + 0.14 * rp**-2.6) * ratio
    scale = 6.1 * (0.7832 + 0.00709 * (t - 273.15)) / (1.0 + 0.17 * rp**-1.1)
    height = scale * (1.0 + t1 + t2 + t3)
    return np.where(f < 70.0, np.minimum(height, 10.7 * rp**0.3), height)


def vapour_zenith_db(
    frequency_ghz: npt.ArrayLike, vapour_content_kgm2: npt.ArrayLike, height_km: npt.ArrayLike
) -> FloatArray:
    """Zenith attenuation of water vapour, dB, from its total content: P.676-12 Annex 2, 2.3 (37).

    Arrays broadcast. 1 to 350 GHz; heights are held inside 0 to 4 km, as the recommendation says.
    """
    f = in_range("frequency", frequency_ghz, 1.0, 350.0, "GHz", EDITION)
    content = np.asarray(vapour_content_kgm2, dtype=np.float64)
    density = content / 2.38
    temperature = 14.0 * np.log(0.22 * density) + 3.0 + 273.15
    reference = vapour_db_km(20.6, 845.0, density, temperature)
    zenith = 0.0176 * content * vapour_db_km(f, 845.0, density, temperature) / reference
    height = np.clip(np.asarray(height_km, dtype=np.float64), 0.0, 4.0)
    a = (
        0.2048 * np.exp(-(((f - 22.43) / 3.097) ** 2))
        + 0.2326 * np.exp(-(((f - 183.5) / 4.096) ** 2))
        + 0.2073 * np.exp(-(((f - 325.0) / 3.651) ** 2))
        - 0.1113
    )
    high = np.maximum(f, 20.0)  # far below 20 GHz, where it is not used, the power would overflow
    b = 8.741e4 * np.exp(-0.587 * high) + 312.2 * high**-2.38 + 0.723
    return np.where(f < 20.0, zenith, zenith * (a * height**b + 1.0))


def gas_zenith_db(
    frequency_ghz: npt.ArrayLike,
    *,
    pressure_hpa: npt.ArrayLike,
    density_gm3: npt.ArrayLike,
    temperature_k: npt.ArrayLike,
    vapour_content_kgm2: npt.ArrayLike,
    height_km: npt.ArrayLike,
) -> FloatArray:
    """Zenith attenuation of both gases, dB: P.676-12 Annex 2 (oxygen by gamma h0, vapour by its content).

    Arrays broadcast. A slant path of elevation 5 to 90 deg is this over sin(elevation).
    """
    oxygen = oxygen_db_km(frequency_ghz, pressure_hpa, density_gm3, temperature_k)
    height = oxygen_height_km(frequency_ghz, pressure_hpa, density_gm3, temperature_k)
    return oxygen * height + vapour_zenith_db(frequency_ghz, vapour_content_kgm2, height_km)
