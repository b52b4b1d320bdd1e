"""Draw the figures of the cards on Articles 21 and 22: `python docs/models/figures/articles.py`."""

from __future__ import annotations

import numpy as np
from links import Axis, draw  # the sibling script: run from this folder

from raabta.links import pfd
from raabta.links.articles import epfd_limits, flux_limits
from raabta.links.flux_table import flux_cap
from raabta.network import epfd
from raabta.scenario.loader import load


def flux_figure() -> None:
    """Starlink Gen1's beam in 10.7 to 11.7 GHz against the limit."""
    system = load("pakistan-starlink").constellation
    payload = system.payload
    limit = next(row for row in flux_limits(10.7, 11.7) if row.reference_khz == 1000.0)
    angle = np.arange(0.0, 90.1, 0.5)
    lines = {"limit": (angle, limit.limit_dbw_m2(angle))}
    cap = flux_cap(system, [540.0], 4408)
    for altitude_km in (540.0, 570.0):
        lines[f"beam at {altitude_km:g} km"] = (angle, pfd.level_dbw_m2(payload, altitude_km, angle, 25.0))
    lines["540 km, capped"] = (angle, pfd.level_dbw_m2(payload, 540.0, angle, 25.0, cap=cap))
    draw(
        "pfd",
        "Starlink Gen1, 10.7 to 11.7 GHz",
        Axis("elevation, °", (0, 15, 30, 45, 60, 75, 90)),
        Axis("dB(W/m²) in 1 MHz", (-155, -145, -135, -125, -115, -105)),
        lines,
    )


def epfd_figure() -> None:
    """A day of `galaxyspace-like` into two antennas at the worst place over Pakistan, against table 22-1C."""
    scenario, plan = load("pakistan"), epfd.Plan((24.0, 37.0), 69.0, 10.0, 8_640)
    system = epfd.system_of(scenario, 40.0, plan.latitude_deg)
    limits = [(limit, 19.70002) for limit in epfd_limits(19.7, 20.2, 3) if limit.antenna_m in {0.7, 5.0}]
    share, lines = np.geomspace(1e-4, 1.0, 300), {}
    for found in epfd.run(system, limits, plan):
        level, exceeded = found.distribution.ccdf()
        seen, size = exceeded > 0.0, f"{found.limit.antenna_m:g} m"
        lines[f"{size}, limit"] = (100.0 * share, found.limit.level_at_dbw_m2(share))
        lines[f"{size}, simulated"] = (100.0 * exceeded[seen], level[seen])
    draw(
        "epfd",
        "EPFD down in 40 kHz, GalaxySpace-like at 20 GHz",
        Axis("exceeded for % of time", (0.01, 0.1, 1.0, 10.0, 100.0), True),
        Axis("dB(W/m²)", (-210, -200, -190, -180, -170, -160, -150)),
        lines,
    )


if __name__ == "__main__":
    flux_figure()
    epfd_figure()
