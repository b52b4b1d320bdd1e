"""Units: one per quantity, spelled in the name; the conversions between them and the constants.

Every function is pure, takes and returns a float or an array of any shape, and keeps the shape.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Numbers = TypeVar("Numbers", float, npt.NDArray[np.float64])

SPEED_OF_LIGHT_KM_S = 299_792.458
"""Speed of light in vacuum, exact (SI)."""

SPEED_OF_LIGHT_M_S = 299_792_458.0
"""Speed of light in vacuum, exact (SI)."""

BOLTZMANN_J_K = 1.380649e-23
"""Boltzmann constant in joule per kelvin, exact (SI 2019)."""

BOLTZMANN_DBW_K_HZ = 10.0 * math.log10(BOLTZMANN_J_K)
"""Boltzmann constant as -228.599 dBW/K/Hz."""

SUFFIXES: dict[str, str] = {
    "_km": "km",
    "_m": "m",
    "_km2": "km2",
    "_deg": "deg",
    "_rad": "rad",
    "_s": "s",
    "_ms": "ms",
    "_h": "h",
    "_km_s": "km/s",
    "_m_s": "m/s",
    "_hz": "Hz",
    "_mhz": "MHz",
    "_ghz": "GHz",
    "_w": "W",
    "_dbw": "dBW",
    "_dbw_mhz": "dBW/MHz",
    "_dbw_m2": "dBW/m2",
    "_dbi": "dBi",
    "_db": "dB",
    "_dbhz": "dBHz",
    "_dbk": "dB/K",
    "_k": "K",
    "_mbps": "Mbps",
    "_gbps": "Gbps",
    "_mb": "MB",
    "_mmh": "mm/h",
    "_usd": "USD",
    "_mev": "MeV",
    "_ratio": "1",
    "_share": "1",
}
"""Suffix of a name -> what stands in `attrs["units"]`. Dimensionless ratios and shares are "1"."""

_LONGEST_FIRST = sorted(SUFFIXES, key=lambda suffix: (-len(suffix), suffix))


def unit_of(name: str) -> str | None:
    """The unit that a name spells (`range_km` -> "km"), or None. The longest suffix wins."""
    return next((SUFFIXES[suffix] for suffix in _LONGEST_FIRST if name.endswith(suffix)), None)


def db_to_ratio(value_db: Numbers) -> Numbers:
    """Power ratio of decibels: 10^(x/10)."""
    ratio: Numbers = 10.0 ** (value_db / 10.0)
    return ratio


def ratio_to_db(value_ratio: Numbers) -> Numbers:
    """Decibels of a power ratio: 10 log10(x). Zero gives -inf and a negative NaN, by IEEE 754."""
    with np.errstate(divide="ignore", invalid="ignore"):
        decibels: Numbers = 10.0 * np.log10(value_ratio)
    return decibels


def dbw_to_w(power_dbw: Numbers) -> Numbers:
    """Watts of decibel-watts."""
    return db_to_ratio(power_dbw)


def w_to_dbw(power_w: Numbers) -> Numbers:
    """Decibel-watts of watts; 0 W gives -inf."""
    return ratio_to_db(power_w)


def ghz_to_hz(frequency_ghz: Numbers) -> Numbers:
    """Hertz of gigahertz."""
    return frequency_ghz * 1e9


def hz_to_ghz(frequency_hz: Numbers) -> Numbers:
    """Gigahertz of hertz."""
    return frequency_hz / 1e9


def mhz_to_dbhz(bandwidth_mhz: Numbers) -> Numbers:
    """A bandwidth in dBHz, as it enters a link budget."""
    return ratio_to_db(bandwidth_mhz * 1e6)


def wavelength_m(frequency_ghz: Numbers) -> Numbers:
    """Wavelength in vacuum, metres: c / f."""
    return SPEED_OF_LIGHT_M_S / (frequency_ghz * 1e9)


def mbps_to_gbps(rate_mbps: Numbers) -> Numbers:
    """Gbps of Mbps (decimal, 1000)."""
    return rate_mbps / 1000.0


def gbps_to_mbps(rate_gbps: Numbers) -> Numbers:
    """Mbps of Gbps (decimal, 1000)."""
    return rate_gbps * 1000.0


def km_to_ms(path_km: Numbers) -> Numbers:
    """Milliseconds that light in vacuum takes over a path."""
    return path_km * (1000.0 / SPEED_OF_LIGHT_KM_S)


def deg_to_rad(angle_deg: Numbers) -> Numbers:
    """Radians of degrees."""
    return angle_deg * (math.pi / 180.0)


def rad_to_deg(angle_rad: Numbers) -> Numbers:
    """Degrees of radians."""
    return angle_rad * (180.0 / math.pi)
