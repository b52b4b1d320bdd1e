"""Limits of the Radio Regulations: power flux density (Article 21) and EPFD down (Article 22).

The packaged tables hold what a source that can be named restates, with a confidence per row. A band without
a row is said to lack one; it is never a pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt

from raabta.links import packaged
from raabta.links.ranges import FloatArray, in_range

PERCENT = 100.0
LEAST_COUNT = 10
"""Steps that a share of time must hold to be told from chance (N_S of ITU-R S.1503-4, D4.6)."""


class Verdict(StrEnum):
    """What a check says. Only `met` is a pass, and it is indicative."""

    met = "met"
    exceeded = "exceeded"
    not_resolved = "not resolved"
    row_missing = "row missing from our table"


@dataclass(frozen=True)
class FluxLimit:
    """One row of limits of power flux density: levels to 5 deg and from 25 deg, straight between.

    With `by_number` the first level falls by X of the number of satellites. `authority` is RR, or the country
    whose own rule it is.
    """

    low_ghz: float
    high_ghz: float
    reference_khz: float
    low_dbw_m2: float
    high_dbw_m2: float
    by_number: bool
    authority: str
    confidence: str
    source: str

    def limit_dbw_m2(self, elevation_deg: npt.ArrayLike, satellites: int = 1) -> FloatArray:
        """The limit in the reference bandwidth at angles of arrival of 0 to 90 deg. Any shape."""
        angle = in_range("elevation", elevation_deg, 0.0, 90.0, "deg", self.source)
        low = self.low_dbw_m2 - (number_term_db(satellites) if self.by_number else 0.0)
        return np.asarray(np.interp(angle, [5.0, 25.0], [low, self.high_dbw_m2]), np.float64)


@dataclass(frozen=True)
class EpfdLimit:
    """Limits of EPFD down for one antenna in one band: level (k,) falling, and the share of time (k,) for
    which it may be exceeded. `service` is FSS or BSS, `pattern` the reference antenna."""

    table: str
    low_ghz: float
    high_ghz: float
    service: str
    antenna_m: float
    reference_khz: float
    pattern: str
    level_dbw_m2: tuple[float, ...]
    time_share: tuple[float, ...]
    confidence: str
    source: str

    def allowed_share(self, level_dbw_m2: npt.ArrayLike) -> FloatArray:
        """Share of time for which levels may be exceeded, of one. Any shape.

        Between points the level is straight in log10 of the share; where one level stands with several
        shares the least holds. Above the highest, and between a point at no time and the next, nothing is
        allowed; below the lowest everything is.
        """
        level, share = np.array(self.level_dbw_m2), np.array(self.time_share)
        asked = np.asarray(level_dbw_m2, np.float64)
        index = np.searchsorted(-level, -asked, side="left")  # the first point at or below the level
        high = np.minimum(index, level.size - 1)
        low = np.maximum(high - 1, 0)
        fall = level[low] - level[high]
        weight = np.where(fall > 0.0, (level[low] - asked) / np.where(fall > 0.0, fall, 1.0), 1.0)
        between = np.maximum(share[low], 1e-300) ** (1.0 - weight) * np.maximum(share[high], 1e-300) ** weight
        value = np.where(level[high] == asked, share[high], np.where(share[low] > 0.0, between, 0.0))
        return np.where(asked > level[0], 0.0, np.where(index >= level.size, 1.0, value))

    def level_at_dbw_m2(self, time_share: npt.ArrayLike) -> FloatArray:
        """Level that may be exceeded for a share of time: the curve read the other way. Any shape, over 0.

        Where the level falls at once, the higher one.
        """
        share, level = np.array(self.time_share), np.array(self.level_dbw_m2)
        held = np.diff(share, prepend=-1.0) > 0.0
        x = np.log10(np.maximum(share[held], 1e-12))
        return np.asarray(np.interp(np.log10(np.asarray(time_share, np.float64)), x, level[held]))


def number_term_db(satellites: int) -> float:
    """X of RR No. 21.16.6, dB: 0 to 50 satellites, (5/119)(N - 50) to 288, (N + 402)/69 beyond.

    Beyond 50 satellites it is from memory (confidence M).
    """
    if satellites <= 50:
        return 0.0
    return (satellites - 50) * 5.0 / 119.0 if satellites <= 288 else (satellites + 402) / 69.0


def latitude_ceiling_dbw_m2(latitude_deg: npt.ArrayLike) -> FloatArray:
    """EPFD down in 40 kHz that is never to be exceeded at a latitude (RR Nos. 22.5C.4, 22.5C.8). Any shape.

    -160 to 57.5 deg, then 0.85 dB less per degree to 63.75 deg, -165.3 beyond. For antennas over 0.6 m in
    table 22-1A and from 1.8 m in 22-1D.
    """
    latitude = np.abs(in_range("latitude", latitude_deg, -90.0, 90.0, "deg", "RR No. 22.5C.4"))
    ramp = -160.0 + 0.85 * (57.5 - np.clip(latitude, 57.5, 63.75))
    return np.where(latitude > 63.75, -165.3, ramp)


def has_latitude_ceiling(limit: EpfdLimit) -> bool:
    """Whether `latitude_ceiling_dbw_m2` holds for this antenna."""
    return (limit.table == "22-1A" and limit.antenna_m > 0.6) or (
        limit.table == "22-1D" and limit.antenna_m >= 1.8
    )


def itu_region(country: str) -> int:
    """ITU Region of a country by its alpha-3 code: 1, 2 or 3."""
    return _regions().get(country, 1)


@cache
def _regions() -> dict[str, int]:
    return {row["country"]: int(row["region"]) for row in packaged.rows("itu_regions.csv")}


def flux_limits(low_ghz: float, high_ghz: float) -> tuple[FluxLimit, ...]:
    """Rows of power flux density whose band shares spectrum with this one."""
    return tuple(row for row in _flux_rows() if _overlap(row.low_ghz, row.high_ghz, low_ghz, high_ghz))


def epfd_limits(low_ghz: float, high_ghz: float, region: int) -> tuple[EpfdLimit, ...]:
    """Limits of EPFD down of every antenna whose band in an ITU Region shares spectrum with this one."""
    found = []
    for band in packaged.rows("article22_bands.csv"):
        low, high = float(band["low_ghz"]), float(band["high_ghz"])
        if str(region) in band["regions"].split() and _overlap(low, high, low_ghz, high_ghz):
            found += [_limit(band, low, high, rows) for rows in _antennas(band["table"])]
    return tuple(found)


def gaps_ghz(
    rows: Sequence[FluxLimit] | Sequence[EpfdLimit], low_ghz: float, high_ghz: float
) -> tuple[tuple[float, float], ...]:
    """Parts of a band that no row covers, GHz."""
    found, at = [], low_ghz
    for low, high in sorted({(row.low_ghz, row.high_ghz) for row in rows}):
        if low > at + 1e-9:
            found.append((at, min(low, high_ghz)))
        at = max(at, high)
    if at < high_ghz - 1e-9:
        found.append((at, high_ghz))
    return tuple(found)


def _overlap(low: float, high: float, low_ghz: float, high_ghz: float) -> bool:
    """Whether two bands share spectrum; a band of no width lies in those that hold it."""
    if high_ghz <= low_ghz:
        return low <= low_ghz <= high
    return min(high, high_ghz) - max(low, low_ghz) > 1e-9


@cache
def _flux_rows() -> tuple[FluxLimit, ...]:
    return tuple(
        FluxLimit(
            float(row["low_ghz"]),
            float(row["high_ghz"]),
            float(row["reference_khz"]),
            float(row["low_dbw_m2"]),
            float(row["high_dbw_m2"]),
            row["system_term"] == "1",
            row["authority"],
            row["confidence"],
            row["source"],
        )
        for row in packaged.rows("article21.csv")
    )


def _antennas(table: str) -> list[list[dict[str, str]]]:
    """Rows of a table, antenna after antenna."""
    rows = [row for row in packaged.rows("article22.csv") if row["table"] == table]
    sizes = sorted({float(row["antenna_m"]) for row in rows})
    return [[row for row in rows if float(row["antenna_m"]) == size] for size in sizes]


def _limit(band: dict[str, str], low: float, high: float, rows: list[dict[str, str]]) -> EpfdLimit:
    return EpfdLimit(
        table=band["table"],
        low_ghz=low,
        high_ghz=high,
        service=band["service"],
        antenna_m=float(rows[0]["antenna_m"]),
        reference_khz=float(rows[0]["reference_khz"]),
        pattern=rows[0]["pattern"],
        level_dbw_m2=tuple(float(row["limit_dbw_m2"]) for row in rows),
        time_share=tuple(float(row["percent"]) / PERCENT for row in rows),
        confidence=min(band["confidence"], rows[0]["confidence"], key=["B", "A-", "A"].index),
        source=rows[0]["source"],
    )
