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

from raabta.links.articles import FluxLimit, Verdict
from raabta.links.ranges import FloatArray

NO_CAP_DBW_M2: Final = 1e3
"""Stands for no cap at all in the table."""


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


def limit_dbw_m2(limits: Sequence[FluxLimit], elevation_deg: npt.ArrayLike, satellites: int) -> FloatArray:
    """The strictest of some rows, dB(W/m2) in 1 MHz for a spectrum that is flat over it. Any shape."""
    levels = [
        row.limit_dbw_m2(elevation_deg, satellites) - 10.0 * np.log10(row.reference_khz / 1e3)
        for row in limits
    ]
    return np.asarray(np.min(levels, axis=0))
