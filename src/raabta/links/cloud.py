"""Attenuation by clouds: ITU-R P.840-8, or P.840-9 where the user brings its maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.cloud_maps import EDITION as EDITION_9
from raabta.links.cloud_maps import CloudMaps
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


def mass_absorption_coefficient(frequency_ghz: npt.ArrayLike) -> FloatArray:
    """Cloud liquid mass absorption coefficient K_L, dB/(kg/m2): P.840-9 equations (12) and (14).

    K_l at 273.75 K times a fitted correction. Arrays broadcast. 1 to 200 GHz.
    """
    f = in_range("frequency", frequency_ghz, 1.0, 200.0, "GHz", EDITION_9)
    low = 0.1522 * np.exp(-((f + 23.9589) ** 2) / 3.2991e3)
    high = 11.51 * np.exp(-((f - 219.2096) ** 2) / 2.7595e6)
    return np.asarray(liquid_coefficient(f, 273.75) * (low + high - 10.4912), dtype=np.float64)


def cloud_zenith_db(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    percent: float,
    brought: CloudMaps | None = None,
) -> FloatArray:
    """Zenith cloud attenuation exceeded for `percent` of the year, dB.

    Lred(p) K_l (P.840-8 (13)), or L(p) K_L (P.840-9 (13)) where the user's maps are given.
    """
    if brought is not None:
        liquid = brought.liquid_kgm2(latitude_deg, longitude_deg, percent)
        return liquid * mass_absorption_coefficient(frequency_ghz)
    return reduced_liquid_kgm2(latitude_deg, longitude_deg, percent) * liquid_coefficient(frequency_ghz)


def cloud_attenuation_db(
    latitude_deg: npt.ArrayLike,
    longitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    percent: float,
    brought: CloudMaps | None = None,
) -> FloatArray:
    """Slant cloud attenuation, dB: zenith / sin(elevation), elevation 5 to 90 deg (P.840)."""
    elevation = in_range("elevation", elevation_deg, 5.0, 90.0, "deg", EDITION_9 if brought else EDITION)
    zenith = cloud_zenith_db(latitude_deg, longitude_deg, frequency_ghz, percent, brought)
    return np.asarray(zenith / np.sin(np.radians(elevation)), dtype=np.float64)
