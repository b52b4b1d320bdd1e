"""Cross-polarisation discrimination by rain and ice: ITU-R P.618-14 clause 4.1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.ranges import FloatArray, in_range

EDITION = "ITU-R P.618-14 (08/2023)"


def _frequency_term(f: FloatArray) -> FloatArray:
    log_f = np.log10(f)
    return np.where(f < 9.0, 60.0 * log_f - 28.3, np.where(f < 36.0, 26.0 * log_f + 4.1, 35.9 * log_f - 11.3))


def _rain_slope(f: FloatArray) -> FloatArray:
    high = np.where(f < 40.0, 22.6, 13.0 * f**0.15)
    return np.where(f < 9.0, 30.8 * f**-0.21, np.where(f < 20.0, 12.8 * f**0.19, high))


def canting_deg(percent: npt.ArrayLike) -> FloatArray:
    """Effective deviation of the raindrop canting angle, deg: 0, 5, 10, 15 at 1, 0.1, 0.01, 0.001 %.

    Between those (the recommendation gives only the four) linear in log p; held outside.
    """
    return np.clip(-5.0 * np.log10(np.asarray(percent, dtype=np.float64)), 0.0, 15.0)


def cross_polarisation_db(
    rain_attenuation_db: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    percent: npt.ArrayLike,
    polarisation_tilt_deg: npt.ArrayLike = 45.0,
) -> FloatArray:
    """XPD not exceeded for `percent` of the year, dB, rain and ice: P.618-14 clause 4.1, steps 1 to 8.

    `rain_attenuation_db` is the co-polar rain attenuation (CPA) at the same percentage. Arrays broadcast.
    4 to 55 GHz (4-6 GHz by the scaling of clause 4.3), elevation up to 60 deg, 0.001 to 1 %.
    """
    f = in_range("frequency", frequency_ghz, 4.0, 55.0, "GHz", EDITION)
    elevation = in_range("elevation", elevation_deg, 0.0, 60.0, "deg", EDITION)
    p = in_range("exceedance", percent, 0.001, 1.0, "%", EDITION)
    attenuation = in_range("rain attenuation", rain_attenuation_db, 1e-6, 1e3, "dB", EDITION)
    scaled = np.maximum(f, 6.0)
    improvement = -10.0 * np.log10(1.0 - 0.484 * (1.0 + np.cos(4.0 * np.radians(polarisation_tilt_deg))))
    slant = -40.0 * np.log10(np.cos(np.radians(elevation)))
    rain = _frequency_term(scaled) - _rain_slope(scaled) * np.log10(attenuation)
    rain = rain + improvement + slant + 0.0053 * canting_deg(p) ** 2
    ice = rain * (0.3 + 0.1 * np.log10(p)) / 2.0
    return np.asarray(rain - ice - 20.0 * np.log10(f / scaled), dtype=np.float64)
