"""The table of a cap of Article 21: what keeps a limit all over a beam's pattern, for every aim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from raabta.links import articles
from raabta.links.articles import FluxLimit
from raabta.links.flux_cap import FluxCap, limit_dbw_m2, no_cap
from raabta.links.pfd import side_lobe_db, sight
from raabta.links.ranges import FloatArray
from raabta.scenario.models import Constellation, Payload

INTERVALS: Final = 512
FINE: Final = 8
"""Intervals of the table, equal in the sine of the elevation, and points looked at inside each."""
BENDS_DEG: Final = (5.0, 25.0)
GROUND_DEG: Final = np.unique(np.append(np.linspace(0.0, 90.0, 901), BENDS_DEG))
"""Elevations where the limits bend, and those on the ground at which a beam's pattern is held."""
LOBE_POINTS: Final = 18_001


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
