"""Attenuation by clouds: ITU-R P.840-8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.maps import reduced_liquid_kgm2
from raabta.links.ranges import FloatArray, in_range

EDITION = "ITU-R P.840-8 (08/2019)"


def liquid_coefficient(frequency_ghz: npt.ArrayLike, temperature_k: npt.ArrayLike = 273.15) -> FloatArray:
    """Specific attenuation coefficient K_l of cloud water, (dB/km)/(g/m3): P.840-8 equations (2) to (11).

    Double-Debye permittivity of water. Arrays broadcast. 1 to 200 GHz; reduced liquid maps want 273.15 K.
    """
    f = in_range("frequency", frequency_ghz, 1.0, 200.0, "GHz", EDITION)
    excess = 300.0 / np.asarray(temperature_k, dtype=np.float64) - 1.0
    e0 = 77.66 + 103.3 * excess
    e1, e2 = 0.0671 * e0, 3.52
    principal = 20.20 - 146.0 * excess + 316.0 * excess**2
    secondary = 39.8 * principal
    first, second = 1.0 + (f / principal) ** 2, 1.0 + (f / secondary) ** 2
    real = (e0 - e1) / first + (e1 - e2) / second + e2
    imaginary = f * (e0 - e1) / (principal * first) + f * (e1 - e2) / (secondary * second)
    eta = (2.0 + real) / imaginary
    return np.asarray(0.819 * f / (imaginary * (1.0 + eta**2)), dtype=np.float64)


def cloud_zenith_db(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, frequency_ghz: npt.ArrayLike, percent: float
) -> FloatArray:
    """Zenith cloud attenuation exceeded for `percent` of the year, dB: Lred(p) K_l (P.840-8 (13))."""
    return reduced_liquid_kgm2(latitude_deg, longitude_deg, percent) * liquid_coefficient(frequency_ghz)


def cloud_attenuation_db(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    percent: float,
) -> FloatArray:
    """Slant cloud attenuation, dB: zenith / sin(elevation), elevation 5 to 90 deg (P.840-8)."""
    elevation = in_range("elevation", elevation_deg, 5.0, 90.0, "deg", EDITION)
    zenith = cloud_zenith_db(latitude_deg, longitude_deg, frequency_ghz, percent)
    return np.asarray(zenith / np.sin(np.radians(elevation)), dtype=np.float64)
