"""Mean elements as two-line element sets, in the columns that `orbits.tle` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.errors import OrbitDataError
from raabta.orbits.rows import DAY_NS
from raabta.orbits.tle import checksum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.orbits.elements import MeanElements

MOST_NUMBERS: Final = 99_999
"""Satellites that five digits can number."""
LEAST_ECCENTRICITY: Final = 1e-7
"""The least that the columns can say; some programs refuse 0."""
DESIGNATOR: Final = "00000ABC"
"""International designator of satellites that were never launched."""


def tle_pairs(elements: MeanElements) -> Iterator[tuple[str, str]]:
    """Both lines of every satellite, numbered from 1. Angles keep four decimals, the epoch eight of a day.

    Raises OrbitDataError for more satellites than five digits number.
    """
    if len(elements) > MOST_NUMBERS:
        raise OrbitDataError(
            f"{len(elements):,} satellites; the five digits of a TLE number {MOST_NUMBERS:,}"
        )
    for i, epoch in enumerate(_epochs(elements.epoch)):
        drag = _exponent(float(elements.bstar_per_radius[i]))
        eccentricity = max(float(elements.eccentricity[i]), LEAST_ECCENTRICITY)
        angles = (elements.raan_deg[i], elements.argp_deg[i], elements.mean_anomaly_deg[i])
        raan, argp, anomaly = (_angle(float(each)) for each in angles)
        inclination = f"{elements.inclination_deg[i]:8.4f}"
        motion = f"{elements.mean_motion_rev_day[i]:11.8f}"
        first = f"1 {i + 1:05d}U {DESIGNATOR} {epoch}  .00000000  00000-0 {drag} 0    0"
        digits = f"{round(eccentricity * 1e7):07d}"
        second = f"2 {i + 1:05d} {inclination} {raan} {digits} {argp} {anomaly} {motion}    0"
        yield first + str(checksum(first)), second + str(checksum(second))


def _epochs(epoch: np.ndarray) -> list[str]:
    """UTC as two digits of the year and the day of it, from 1, with eight decimals."""
    year = epoch.astype("datetime64[Y]")
    parts = np.rint((epoch - year).astype("timedelta64[ns]").astype(np.int64) / (DAY_NS / 1e8)).astype(
        np.int64
    )
    days, rest = np.divmod(parts, 10**8)
    short = (year.astype(np.int64) + 1970) % 100
    rows = zip(short.tolist(), (days + 1).tolist(), rest.tolist(), strict=True)
    return [f"{yy:02d}{day:03d}.{part:08d}" for yy, day, part in rows]


def _angle(degrees: float) -> str:
    return f"{round(degrees, 4) % 360.0:8.4f}"


def _exponent(value: float) -> str:
    """0.28098e-4 as ` 28098-4`: the dot before the mantissa is implied."""
    if value == 0.0:
        return " 00000+0"
    mantissa, power = f"{abs(value):.4e}".split("e")
    digits, tens = mantissa.replace(".", ""), int(power) + 1
    if tens < -9:
        return " 00000+0"
    return f"{'-' if value < 0 else ' '}{digits}{tens:+d}"
