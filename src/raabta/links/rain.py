"""Rain attenuation on a slant path: ITU-R P.838-3, P.839-4 and P.618-14 clause 2.2.1.1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.links.maps import monthly_rain_mm, monthly_temperature_k, zero_isotherm_km
from raabta.links.ranges import FloatArray, in_range

EDITION_SPECIFIC = "ITU-R P.838-3 (03/2005)"
EDITION_PATH = "ITU-R P.618-14 (08/2023)"
EDITION_PROBABILITY = "ITU-R P.837-7 (06/2017)"
EARTH_RADIUS_EFFECTIVE_KM = 8500.0

# P.838-3 tables 1 to 4: rows are (a, b, c) of each Gaussian term, then (m, c) of the straight line.
_K_H = (
    (-5.33980, -0.10008, 1.13098),
    (-0.35351, 1.26970, 0.45400),
    (-0.23789, 0.86036, 0.15354),
    (-0.94158, 0.64552, 0.16817),
)
_K_V = (
    (-3.80595, 0.56934, 0.81061),
    (-3.44965, -0.22911, 0.51059),
    (-0.39902, 0.73042, 0.11899),
    (0.50167, 1.07319, 0.27195),
)
_ALPHA_H = (
    (-0.14318, 1.82442, -0.55187),
    (0.29591, 0.77564, 0.19822),
    (0.32177, 0.63773, 0.13164),
    (-5.37610, -0.96230, 1.47828),
    (16.1721, -3.29980, 3.43990),
)
_ALPHA_V = (
    (-0.07771, 2.33840, -0.76284),
    (0.56727, 0.95545, 0.54039),
    (-0.20238, 1.14520, 0.26809),
    (-48.2991, 0.791669, 0.116226),
    (48.5833, 0.791459, 0.116479),
)
_LINE_K_H, _LINE_K_V = (-0.18961, 0.71147), (-0.16398, 0.63297)
_LINE_ALPHA_H, _LINE_ALPHA_V = (0.67849, -1.95537), (-0.053739, 0.83433)

_MONTH_DAYS = np.array([31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0])


def _curve(
    log_f: FloatArray, terms: tuple[tuple[float, float, float], ...], line: tuple[float, float]
) -> FloatArray:
    gaussians = sum(a * np.exp(-(((log_f - b) / c) ** 2)) for a, b, c in terms)
    return np.asarray(gaussians + line[0] * log_f + line[1], dtype=np.float64)


def specific_attenuation_coefficients(
    frequency_ghz: npt.ArrayLike, elevation_deg: npt.ArrayLike, polarisation_tilt_deg: npt.ArrayLike = 45.0
) -> tuple[FloatArray, FloatArray]:
    """k and alpha of gamma = k R^alpha, P.838-3 equations (2) to (5).

    Arrays broadcast. Tilt is from the horizontal; 45 deg stands for circular polarisation. 1 to 1000 GHz.
    """
    f = in_range("frequency", frequency_ghz, 1.0, 1000.0, "GHz", EDITION_SPECIFIC)
    log_f = np.log10(f)
    k_h, k_v = 10.0 ** _curve(log_f, _K_H, _LINE_K_H), 10.0 ** _curve(log_f, _K_V, _LINE_K_V)
    a_h, a_v = _curve(log_f, _ALPHA_H, _LINE_ALPHA_H), _curve(log_f, _ALPHA_V, _LINE_ALPHA_V)
    tilt = np.cos(np.radians(elevation_deg)) ** 2 * np.cos(2.0 * np.radians(polarisation_tilt_deg))
    k = (k_h + k_v + (k_h - k_v) * tilt) / 2.0
    alpha = (k_h * a_h + k_v * a_v + (k_h * a_h - k_v * a_v) * tilt) / (2.0 * k)
    return k, alpha


def specific_attenuation_db_km(
    rain_rate_mmh: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    polarisation_tilt_deg: npt.ArrayLike = 45.0,
) -> FloatArray:
    """Specific attenuation gamma_R = k R^alpha, dB/km (P.838-3 equation (1)). Arrays broadcast."""
    rate = in_range("rain rate", rain_rate_mmh, 0.0, 500.0, "mm/h", EDITION_SPECIFIC)
    k, alpha = specific_attenuation_coefficients(frequency_ghz, elevation_deg, polarisation_tilt_deg)
    return np.asarray(k * rate**alpha, dtype=np.float64)


def rain_height_km(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Mean annual rain height above sea level, km: h0 + 0.36 (P.839-4)."""
    return zero_isotherm_km(latitude_deg, longitude_deg) + 0.36


def rain_probability_from_months_percent(rain_mm: npt.ArrayLike, temperature_k: npt.ArrayLike) -> FloatArray:
    """Share of the average year in which it rains, P0, %: P.837-7 Annex 1, equations (1) to (3).

    `rain_mm` and `temperature_k` are (12, ...): rain and mean surface temperature of each month.
    """
    days = _MONTH_DAYS.reshape(12, *[1] * (np.ndim(rain_mm) - 1))
    celsius = np.maximum(np.asarray(temperature_k, dtype=np.float64) - 273.15, 0.0)
    rate_mmh = 0.5874 * np.exp(0.0883 * celsius)
    monthly = 100.0 * np.asarray(rain_mm, dtype=np.float64) / (24.0 * days * rate_mmh)
    return np.asarray((days * np.minimum(monthly, 70.0)).sum(axis=0) / 365.25, dtype=np.float64)


def rain_probability_percent(latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike) -> FloatArray:
    """Share of the average year in which it rains, P0, %: P.837-7 with its monthly maps and P.1510-1."""
    return rain_probability_from_months_percent(
        monthly_rain_mm(latitude_deg, longitude_deg), monthly_temperature_k(latitude_deg, longitude_deg)
    )


def slant_length_km(depth_km: FloatArray, elevation_deg: FloatArray) -> FloatArray:
    """Slant path below the rain height, km, for a rain depth h_R - h_S >= 0 (P.618-14 equations (1), (2))."""
    sine = np.sin(np.radians(elevation_deg))
    low = 2.0 * depth_km / (np.sqrt(sine**2 + 2.0 * depth_km / EARTH_RADIUS_EFFECTIVE_KM) + sine)
    return np.where(elevation_deg >= 5.0, depth_km / sine, low)


def rain_attenuation_001_db(
    latitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    *,
    height_km: npt.ArrayLike,
    rain_height_km: npt.ArrayLike,
    rain_rate_001_mmh: npt.ArrayLike,
    polarisation_tilt_deg: npt.ArrayLike = 45.0,
) -> FloatArray:
    """Rain attenuation exceeded for 0.01 % of the average year, dB: P.618-14 clause 2.2.1.1, steps 2 to 9.

    Arrays broadcast. Zero where the site stands above the rain. 1 to 55 GHz, elevation above 0 to 90 deg.
    """
    f = in_range("frequency", frequency_ghz, 1.0, 55.0, "GHz", EDITION_PATH)
    elevation = in_range("elevation", elevation_deg, 0.1, 90.0, "deg", EDITION_PATH)
    latitude = np.abs(np.asarray(latitude_deg, dtype=np.float64))
    gamma = specific_attenuation_db_km(rain_rate_001_mmh, f, elevation, polarisation_tilt_deg)
    depth = np.maximum(np.asarray(rain_height_km) - np.asarray(height_km), 0.0)
    sine, cosine = np.sin(np.radians(elevation)), np.cos(np.radians(elevation))
    ground = slant_length_km(depth, elevation) * cosine
    reduction = 1.0 / (1.0 + 0.78 * np.sqrt(ground * gamma / f) - 0.38 * (1.0 - np.exp(-2.0 * ground)))
    zeta_deg = np.degrees(np.arctan2(depth, ground * reduction))
    rainy = np.where(zeta_deg > elevation, ground * reduction / np.maximum(cosine, 1e-15), depth / sine)
    chi = np.maximum(36.0 - latitude, 0.0)
    bend = 31.0 * (1.0 - np.exp(-elevation / (1.0 + chi))) * np.sqrt(rainy * gamma) / f**2
    vertical = 1.0 / (1.0 + np.sqrt(sine) * (bend - 0.45))
    return np.asarray(gamma * rainy * vertical, dtype=np.float64)


def _beta(latitude: FloatArray, elevation: FloatArray, percent: FloatArray) -> FloatArray:
    base = -0.005 * (latitude - 36.0)
    low = base + 1.8 - 4.25 * np.sin(np.radians(elevation))
    beta = np.where(elevation >= 25.0, base, low)
    return np.where((percent >= 1.0) | (latitude >= 36.0), 0.0, beta)


def scale_to_percent_db(
    attenuation_001_db: npt.ArrayLike,
    percent: npt.ArrayLike,
    latitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
) -> FloatArray:
    """Rain attenuation exceeded for another share of the average year, dB: P.618-14 clause 2.2.1.1, step 10.

    Arrays broadcast. No range is checked here: the recommendation states 0.001 to 5 %, and the total of
    clause 2.5 uses the same curve up to 50 %.
    """
    p = np.asarray(percent, dtype=np.float64)
    latitude = np.abs(np.asarray(latitude_deg, dtype=np.float64))
    elevation = np.asarray(elevation_deg, dtype=np.float64)
    a001 = np.asarray(attenuation_001_db, dtype=np.float64)
    wet = a001 > 0.0
    log_a = np.log(np.where(wet, a001, 1.0))
    beta = _beta(latitude, elevation, p)
    slope = 0.655 + 0.033 * np.log(p) - 0.045 * log_a - beta * (1.0 - p) * np.sin(np.radians(elevation))
    return np.where(wet, a001 * np.exp(-slope * np.log(p / 0.01)), 0.0)


def rain_attenuation_db(
    latitude_deg: npt.ArrayLike,
    elevation_deg: npt.ArrayLike,
    frequency_ghz: npt.ArrayLike,
    percent: npt.ArrayLike,
    *,
    height_km: npt.ArrayLike,
    rain_height_km: npt.ArrayLike,
    rain_rate_001_mmh: npt.ArrayLike,
    polarisation_tilt_deg: npt.ArrayLike = 45.0,
) -> FloatArray:
    """Rain attenuation exceeded for `percent` of the average year, dB: P.618-14 clause 2.2.1.1.

    Arrays broadcast. 0.001 to 5 %, 1 to 55 GHz. Rain rate is R0.01, never the rate at `percent`; heights are
    above mean sea level, never above the ellipsoid.
    """
    p = in_range("exceedance", percent, 0.001, 5.0, "%", EDITION_PATH)
    a001 = rain_attenuation_001_db(
        latitude_deg,
        elevation_deg,
        frequency_ghz,
        height_km=height_km,
        rain_height_km=rain_height_km,
        rain_rate_001_mmh=rain_rate_001_mmh,
        polarisation_tilt_deg=polarisation_tilt_deg,
    )
    return scale_to_percent_db(a001, p, latitude_deg, elevation_deg)
