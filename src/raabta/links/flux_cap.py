"""The cap of Article 21 on a beam: the highest flux density it may put on the ground where it is aimed.

One table over the sine of the elevation, which budgets and slot kernels read alike. A beam is held so that it
keeps the limit all over its pattern, not only on its axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from raabta.links import articles
from raabta.links.articles import FluxLimit, Verdict
from raabta.links.pfd import side_lobe_db, sight
from raabta.links.ranges import FloatArray
from raabta.scenario.models import Constellation, Payload

NO_CAP_DBW_M2: Final = 1e3
"""Stands for no cap at all in the table."""
INTERVALS: Final = 512
FINE: Final = 8
"""Intervals of the table, equal in the sine of the elevation, and points looked at inside each."""
BENDS_DEG: Final = (5.0, 25.0)
GROUND_DEG: Final = np.unique(np.append(np.linspace(0.0, 90.0, 901), BENDS_DEG))
"""Elevations where the limits bend, and those on the ground at which a beam's pattern is held."""
LOBE_POINTS: Final = 18_001


@dataclass(frozen=True)
class FluxCap:
    """Highest flux density of a beam where it is aimed, dB(W/m2) in 1 MHz, at sines of the elevation from 0
    to 1 in equal steps, (k,); `limits` are the rows it keeps.

    `missing_ghz`: parts of the band without a row of the Radio Regulations. `lifted`: the scenario asks for
    no cap.
    """

    most_dbw_m2: FloatArray
    limits: tuple[FluxLimit, ...] = ()
    missing_ghz: tuple[tuple[float, float], ...] = ()
    lifted: bool = False

    def at_dbw_m2(self, sin_elevation: npt.ArrayLike) -> FloatArray:
        """The cap at elevations, as the kernels interpolate it. Any shape."""
        steps = np.linspace(0.0, 1.0, self.most_dbw_m2.size)
        return np.asarray(np.interp(np.asarray(sin_elevation, np.float64), steps, self.most_dbw_m2))

    @property
    def sentence(self) -> str:
        """What the cap does, for a reader."""
        if self.lifted:
            return "Power flux density on the ground: not capped, as the scenario asks (`pfd_limit: none`)."
        gaps = ", ".join(_span(band) for band in self.missing_ghz)
        gap = f"{gaps} GHz: {Verdict.row_missing}, which is no pass" if gaps else ""
        if not self.limits:
            return f"Power flux density on the ground: no cap; {gap}."
        bands = sorted({(limit.low_ghz, limit.high_ghz) for limit in self.limits})
        rows = ", ".join(_span(band) for band in bands)
        end = f"; {gap}" if gap else ""
        return f"Power flux density on the ground: capped by Article 21, rows of {rows} GHz{end}."

    def plain(self) -> dict[str, Any]:
        """The same as plain data."""
        verdict = "lifted" if self.lifted else "capped" if self.limits else str(Verdict.row_missing)
        rows = [
            {
                "band_ghz": [row.low_ghz, row.high_ghz],
                "reference_khz": row.reference_khz,
                "source": row.source,
            }
            for row in self.limits
        ]
        missing = [[round(low, 6), round(high, 6)] for low, high in self.missing_ghz]
        return {"cap": verdict, "rows": rows, "missing_ghz": missing}


def _span(band: tuple[float, float]) -> str:
    return f"{band[0]:g} to {band[1]:g}"


def no_cap(missing_ghz: tuple[tuple[float, float], ...] = (), *, lifted: bool = False) -> FluxCap:
    """A cap that takes nothing: no row at hand, or lifted."""
    return FluxCap(np.full(2, NO_CAP_DBW_M2), missing_ghz=missing_ghz, lifted=lifted)


def flux_cap(
    system: Constellation, altitudes_km: Sequence[float], satellites: int, country: str = ""
) -> FluxCap:
    """The cap on every beam of a constellation, by the rows that share spectrum with its payload's band.

    One density serves all channels, so the strictest row holds for all of them. The rows are of
    non-geostationary satellites: an arc alone has none. A country's own rule holds in that `country` alone.
    """
    band = system.payload.user_down_band_ghz
    if system.pfd_limit == "none":
        return no_cap(lifted=True)
    rows = articles.flux_limits(*band) if system.moving else ()
    missing = articles.gaps_ghz([row for row in rows if row.authority == "RR"], *band)
    held = tuple(row for row in rows if row.authority in {"RR", country})
    if not held:
        return no_cap(missing)
    tables = [most_dbw_m2(held, system.payload, each, satellites) for each in altitudes_km]
    lowest = below(np.min(tables, axis=0), held, satellites)
    return FluxCap(lowest, held, missing)


def limit_dbw_m2(limits: Sequence[FluxLimit], elevation_deg: npt.ArrayLike, satellites: int) -> FloatArray:
    """The strictest of some rows, dB(W/m2) in 1 MHz for a spectrum that is flat over it. Any shape."""
    levels = [
        row.limit_dbw_m2(elevation_deg, satellites) - 10.0 * np.log10(row.reference_khz / 1e3)
        for row in limits
    ]
    return np.asarray(np.min(levels, axis=0))


def most_dbw_m2(
    limits: Sequence[FluxLimit], payload: Payload, altitude_km: float, satellites: int
) -> FloatArray:
    """Highest flux density on the axis of a beam with which no part of its pattern exceeds a limit, dB(W/m2)
    in 1 MHz, at the nodes of `FluxCap`, (k,).

    Where the satellite is seen at another elevation the ground meets the beam's side (`pfd.side_lobe_db`) and
    another range: the least of limit + spreading - lobe over all elevations, less the axis' own spreading.
    """
    aim_deg = np.degrees(np.arcsin(np.linspace(0.0, 1.0, INTERVALS + 1)))
    ground_deg = np.unique(np.append(GROUND_DEG, aim_deg))
    (aim_km, aim_off), (range_km, off) = sight(altitude_km, aim_deg), sight(altitude_km, ground_deg)
    lobes = side_lobe_db(payload, np.linspace(0.0, 180.0, LOBE_POINTS))
    nearest = np.abs(off[:, None] - aim_off) * ((LOBE_POINTS - 1) / 180.0) + 0.5
    lobe = lobes[nearest.astype(np.int32)]
    room = limit_dbw_m2(limits, ground_deg, satellites) + 20.0 * np.log10(range_km)
    return np.asarray((room[:, None] - lobe).min(axis=0) - 20.0 * np.log10(aim_km))


def below(nodes_dbw_m2: FloatArray, limits: Sequence[FluxLimit], satellites: int) -> FloatArray:
    """Nodes lowered so that what is interpolated between them never exceeds the limit, (k,)."""
    steps = np.linspace(0.0, 1.0, nodes_dbw_m2.size)
    fine = np.linspace(0.0, 1.0, FINE * (nodes_dbw_m2.size - 1) + 1)
    fine = np.unique(np.append(fine, np.sin(np.radians(BENDS_DEG))))
    allowed = limit_dbw_m2(limits, np.degrees(np.arcsin(fine)), satellites)
    over = np.maximum(np.interp(fine, steps, nodes_dbw_m2) - allowed, 0.0)
    place = np.minimum((fine * (steps.size - 1)).astype(np.int64), steps.size - 2)
    by_interval = np.zeros(steps.size - 1)
    np.maximum.at(by_interval, place, over)
    lowered = np.maximum(np.append(by_interval, 0.0), np.append(0.0, by_interval))
    return np.asarray(nodes_dbw_m2 - lowered)
