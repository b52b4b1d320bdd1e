"""Limits of the Radio Regulations (RR) on non-geostationary systems: flux density on the ground and EPFD.

Article 21 caps the power flux density (PFD) by the elevation it arrives at, Article 22 the equivalent one
(EPFD) by the share of time. These are data: both are under review. A band that our tables do not hold raises
"row missing from our table": it never passes, and it is never without a limit.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
import numpy.typing as npt

from raabta.base.errors import NoSolutionError
from raabta.links.ranges import FloatArray, in_range

ARTICLE_21 = "RR Article 21 table 21-4"
ARTICLE_22 = "RR Article 22"
PFD_BANDS_GHZ = ((10.7, 11.7), (17.7, 19.3))
EPFD_BANDS_GHZ: tuple[tuple[str, float, float, tuple[int, ...]], ...] = (
    ("22-1A", 10.7, 11.7, (1, 2, 3)),
    ("22-1A", 11.7, 12.2, (2,)),
    ("22-1A", 12.2, 12.5, (3,)),
    ("22-1A", 12.5, 12.75, (1, 3)),
    ("22-1B", 17.8, 18.6, (1, 2, 3)),
    ("22-1C", 19.7, 20.2, (1, 2, 3)),
)
"""(table, from GHz, to GHz, ITU regions) of EPFD down for the fixed-satellite service."""

ReferenceKhz = Literal[4, 1000]


def _missing(what: str, held: str) -> NoSolutionError:
    return NoSolutionError(f"row missing from our table: {what}; we hold {held}. That is no pass")


def satellites_term_db(satellites: npt.ArrayLike) -> FloatArray:
    """X of Article 21 at 17.7 to 19.3 GHz by the number N of satellites in the system, dB (RR 21.16.6).

    0 to 50, then 5/119 (N - 50) to 288, then (N + 402) / 69. Confidence A up to 50, from memory beyond.
    """
    count = in_range("number of satellites", satellites, 1.0, 1e6, "", ARTICLE_21)
    return np.where(count <= 288.0, np.maximum(5.0 / 119.0 * (count - 50.0), 0.0), (count + 402.0) / 69.0)


def pfd_limit_dbw_m2(
    elevation_deg: npt.ArrayLike,
    frequency_ghz: float,
    reference_khz: ReferenceKhz = 1000,
    satellites: npt.ArrayLike = 1,
) -> FloatArray:
    """Most flux density on the ground by its elevation, dBW/m2 in the reference bandwidth (RR Article 21).

    10.7 to 11.7 GHz: -126 to 5 deg, 0.5 dB more a degree to -116 at 25 deg and above, per 1 MHz; 24 dB less
    per 4 kHz. 17.7 to 19.3 GHz: -115 - X to 5 deg, straight to -105 at 25 deg and above, per 1 MHz only.
    Arrays broadcast. NoSolutionError where our table has no row.
    """
    elevation = in_range("elevation", elevation_deg, 0.0, 90.0, "deg", ARTICLE_21)
    climb = np.clip((elevation - 5.0) / 20.0, 0.0, 1.0)
    if PFD_BANDS_GHZ[0][0] <= frequency_ghz <= PFD_BANDS_GHZ[0][1]:
        return -126.0 + 10.0 * climb - (24.0 if reference_khz == 4 else 0.0)
    if PFD_BANDS_GHZ[1][0] <= frequency_ghz <= PFD_BANDS_GHZ[1][1] and reference_khz == 1000:
        term = satellites_term_db(satellites)
        return np.asarray(-115.0 - term + (10.0 + term) * climb)
    bands = " and ".join(f"{low:g} to {high:g} GHz" for low, high in PFD_BANDS_GHZ)
    raise _missing(f"PFD at {frequency_ghz:g} GHz per {reference_khz} kHz", f"{bands}, the latter per 1 MHz")


def pfd_dbw_m2(eirp_density_dbw: npt.ArrayLike, range_km: npt.ArrayLike) -> FloatArray:
    """Flux density on the ground, dBW/m2: EIRP - 10 log10(4 pi d^2), no atmosphere. Arrays broadcast.

    In the bandwidth that the EIRP is given for: dBW/MHz gives dBW/m2/MHz.
    """
    distance_m = in_range("slant range", range_km, 1.0, 1e6, "km", "a satellite link") * 1e3
    spread = 10.0 * np.log10(4.0 * np.pi * distance_m**2)
    return np.asarray(np.asarray(eirp_density_dbw, dtype=np.float64) - spread)


def eirp_ceiling_dbw_mhz(
    elevation_deg: npt.ArrayLike,
    range_km: npt.ArrayLike,
    frequency_ghz: float,
    satellites: npt.ArrayLike = 1,
) -> FloatArray:
    """Most EIRP density towards a place that sees the satellite there, dBW/MHz: Article 21 as a cap."""
    limit = pfd_limit_dbw_m2(elevation_deg, frequency_ghz, 1000, satellites)
    return np.asarray(limit - pfd_dbw_m2(0.0, range_km))


@lru_cache(maxsize=1)
def epfd_points() -> dict[tuple[str, float], tuple[FloatArray, FloatArray]]:
    """(table, dish in m) to (percent of time exceeded, rising; dBW/m2 per 40 kHz, falling)."""
    text = files("raabta.links").joinpath("data/epfd_limits.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        point = float(row["exceeded_percent"]), float(row["epfd_dbw_m2"])
        found.setdefault((row["table"], float(row["dish_m"])), []).append(point)
    return {key: (np.array(points)[:, 0], np.array(points)[:, 1]) for key, points in found.items()}


def epfd_table(frequency_ghz: float, region: int) -> str:
    """Table of Article 22 for EPFD down at a frequency in an ITU region (1, 2, 3; Pakistan is in 3).

    NoSolutionError where our tables have no row.
    """
    in_range("ITU region", region, 1, 3, "", ARTICLE_22)
    for table, low, high, regions in EPFD_BANDS_GHZ:
        if low <= frequency_ghz <= high and region in regions:
            return table
    raise _missing(f"EPFD down at {frequency_ghz:g} GHz in region {region}", "tables 22-1A, 22-1B and 22-1C")


def epfd_limit_dbw_m2(
    exceeded_percent: npt.ArrayLike, frequency_ghz: float, dish_m: float, region: int = 3
) -> FloatArray:
    """Level that EPFD down may exceed for this share of time at most, dBW/m2 per 40 kHz (RR Article 22).

    Any shape, 0 to 100 %. Straight in log10(percent) between the points; below the first one its level
    holds, and at a step the stricter level. The dish is one of the table's. NoSolutionError where we have no
    row.
    """
    share = in_range("share of time", exceeded_percent, 0.0, 100.0, "%", ARTICLE_22)
    table = epfd_table(frequency_ghz, region)
    if (table, dish_m) not in epfd_points():
        held = ", ".join(f"{dish:g} m" for name, dish in epfd_points() if name == table)
        raise _missing(f"EPFD down, table {table}, dish of {dish_m:g} m", held)
    percent, level = epfd_points()[table, dish_m]
    logs = np.log10(np.maximum(percent, 1e-9))
    at = np.clip(np.searchsorted(percent, share, side="right") - 1, 0, percent.size - 1)
    after = np.minimum(at + 1, percent.size - 1)
    width = np.where(logs[after] > logs[at], logs[after] - logs[at], 1.0)
    along = np.clip((np.log10(np.maximum(share, 1e-9)) - logs[at]) / width, 0.0, 1.0)
    return np.asarray(level[at] + (level[after] - level[at]) * along)


def epfd_always_dbw_m2(latitude_deg: npt.ArrayLike) -> FloatArray:
    """Level that EPFD down may never exceed at a latitude, table 22-1A, dBW/m2 per 40 kHz (RR 22.5C.4).

    -160 to 57.5 deg, then 3.4 dB less every 4 deg to -165.3 at 63.75 deg and beyond. Any shape.
    """
    latitude = np.abs(in_range("latitude", latitude_deg, -90.0, 90.0, "deg", f"{ARTICLE_22}, 22.5C.4"))
    return np.maximum(-160.0 - 3.4 * np.maximum(latitude - 57.5, 0.0) / 4.0, -165.3)
