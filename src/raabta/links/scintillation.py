"""Tropospheric scintillation: ITU-R P.618-14 clause 2.4.1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.ranges import FloatArray, in_range

EDITION = "ITU-R P.618-14 (08/2023)"
TURBULENCE_HEIGHT_M = 1000.0
HIGHEST_FREQUENCY_GHZ = 20.0
"""Above this the value at 20 GHz stands, as in the ITU's own P.618-14 examples (P.618-13 let it grow)."""


def averaging_ratio(x: npt.ArrayLike) -> FloatArray:
    """Antenna averaging factor g(x), P.618-14 equation (46); zero from x = 7.0 up."""
    x = np.asarray(x, dtype=np.float64)
    inside = 3.86 * (x**2 + 1.0) ** (11.0 / 12.0) * np.sin(11.0 / 6.0 * np.arctan2(1.0, x)) - 7.08 * x ** (
        5.0 / 6.0
    )
    return np.where(x >= 7.0, 0.0, np.sqrt(np.maximum(inside, 0.0)))


def scintillation_sigma_db(
    wet_refractivity: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    *,
    dish_m: npt.ArrayLike,
    efficiency_share: npt.ArrayLike = 0.5,
) -> FloatArray:
    """Standard deviation of the amplitude, dB: P.618-14 clause 2.4.1, steps 3 to 7 (turbulence at 1000 m).

    Arrays broadcast. Elevation 5 to 90 deg. The method was tested at 7-14 GHz and is recommended up to at
    least 20 GHz; it is used wherever the total of clause 2.5 is, 1 to 55 GHz, and held at 20 GHz above that.
    """
    f = np.minimum(in_range("frequency", frequency_ghz, 1.0, 55.0, "GHz", EDITION), HIGHEST_FREQUENCY_GHZ)
    sine = np.sin(np.radians(in_range("elevation", elevation_deg, 5.0, 90.0, "deg", EDITION)))
    reference = 3.6e-3 + 1e-4 * np.asarray(wet_refractivity, dtype=np.float64)
    path_m = 2.0 * TURBULENCE_HEIGHT_M / (np.sqrt(sine**2 + 2.35e-4) + sine)
    x = 1.22 * np.asarray(efficiency_share) * np.asarray(dish_m, dtype=np.float64) ** 2 * f / path_m
    return np.asarray(reference * f ** (7.0 / 12.0) * averaging_ratio(x) / sine**1.2, dtype=np.float64)


def time_factor(percent: npt.ArrayLike) -> FloatArray:
    """Time percentage factor a(p), P.618-14 equation (48): stated for 0.01 to 50 %.

    Taken down to 0.001 %, where the ITU's examples of the total use it too.
    """
    log_p = np.log10(in_range("exceedance", percent, 0.001, 50.0, "%", EDITION))
    return np.asarray(-0.061 * log_p**3 + 0.072 * log_p**2 - 1.71 * log_p + 3.0, dtype=np.float64)


def scintillation_db(
    wet_refractivity: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    percent: npt.ArrayLike,
    *,
    dish_m: npt.ArrayLike,
    efficiency_share: npt.ArrayLike = 0.5,
) -> FloatArray:
    """Scintillation fade exceeded for `percent` of the year, dB: a(p) sigma (P.618-14 equation (49))."""
    sigma = scintillation_sigma_db(
        wet_refractivity, frequency_ghz, elevation_deg, dish_m=dish_m, efficiency_share=efficiency_share
    )
    return np.asarray(time_factor(percent) * sigma, dtype=np.float64)
