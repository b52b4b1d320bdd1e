"""The round trip of one pair over a run as an SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.report import palette
from raabta.report.sweep_chart import Curve, Panel, draw
from raabta.service.pairs.summary import RTT_MS_PER_KM

if TYPE_CHECKING:
    from raabta.service.pairs.way import Track


def path_chart(found: Track, title: str, subtitles: list[str]) -> str:
    """Round trip of light and satellites on the way over time; gaps where there is no way.

    A way that is never there has no chart: the caller sees to it.
    """
    rtt_ms = np.where(np.isfinite(found.km), found.km * RTT_MS_PER_KM, np.nan)
    count = np.full(rtt_ms.size, np.nan)
    for leg in found.legs:
        own = slice(leg.first, leg.first + leg.steps)
        count[own] = sum(node < found.mesh.propagator.count for node in leg.nodes) if leg.nodes else np.nan
    second = np.arange(rtt_ms.size) * found.mesh.scenario.time.step_s
    unit, size = _unit(float(second[-1]))
    panels: list[Any] = [
        Panel("Round trip of light", "ms", (Curve("way in use", palette.FORWARD, rtt_ms),)),
        Panel("On the way", "satellites", (Curve("satellites", palette.RETURN, count, steps=True),)),
    ]
    return draw(
        title, subtitles[:2], f"time from the start, {unit}", np.asarray(second / size, np.float64), panels
    )


def _unit(seconds: float) -> tuple[str, float]:
    return ("s", 1.0) if seconds <= 600.0 else ("min", 60.0) if seconds <= 14_400.0 else ("h", 3_600.0)
