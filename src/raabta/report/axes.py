"""What all charts draw alike: round steps, levels with their figure, ticks, and curves as points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.report import palette, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
LEVEL: Final = "#dfe4e8"
TICK: Final = "#8a949e"


def round_step(least: float) -> float:
    """The smallest step that is no less, to a thousandth, of 1, 2, 2.5 or 5 times a power of ten."""
    least = max(least, 1e-10)
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(step * power for step in STEPS if step * power >= least * 0.999))


def level(y: float, left: float, right: float, figure: str) -> str:
    """A line across the chart with its figure to the left of it."""
    line = svg.tag("line", x1=left, x2=right, y1=y, y2=y, stroke=LEVEL)
    return line + svg.label(left - 6, y + 4, figure, 11, text_anchor="end", fill=palette.MUTED)


def tick(x: float, bottom: float, figure: str = "") -> str:
    """A short line below the chart, and its figure if there is one."""
    line = svg.tag("line", x1=x, x2=x, y1=bottom, y2=bottom + 4, stroke=TICK)
    if not figure:
        return line
    return line + svg.label(x, bottom + 16, figure, 11, text_anchor="middle", fill=palette.MUTED)


def points(x: Floats, y: Floats) -> str:
    """The `points` of a polyline or polygon, to a tenth of a pixel; x, y (n,)."""
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
