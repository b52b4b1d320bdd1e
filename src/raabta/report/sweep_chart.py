"""A sweep of one quantity as an SVG: panels one above the other, a line for each series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import axes, palette, svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH: Final = 640.0
PANEL: Final = 210.0
LEFT: Final = 64.0
RIGHT: Final = 18.0
HEAD: Final = 84.0
FOOT: Final = 46.0
GAP: Final = 34.0
WIDE: Final = 3.4
NARROW: Final = 1.8
"""Strokes of the first curve and of those over it, so that two that agree are both seen."""
SPARKS: Final = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Curve:
    """One series over x. NaN leaves a gap; `steps` holds each value to the next."""

    name: str
    colour: str
    values: Floats
    steps: bool = False


@dataclass(frozen=True)
class Panel:
    """What is drawn in one frame, and in which unit; a rate begins at nought."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    from_nought: bool = False


@dataclass(frozen=True)
class _Frame:
    """A panel's place on the page, the span of x, and the marks on y: the first and last are its ends."""

    top: float
    x: tuple[float, float]
    marks: list[float]

    def across(self, values: Any) -> Any:
        share = (np.asarray(values) - self.x[0]) / (self.x[1] - self.x[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def up(self, values: Any) -> Any:
        share = (np.asarray(values) - self.marks[0]) / (self.marks[-1] - self.marks[0])
        return self.top + PANEL - share * PANEL


def draw(
    title: str,
    subtitles: Sequence[str],
    axis: str,
    x: Floats,
    panels: Sequence[Panel],
    here: float | None = None,
) -> str:
    """The panels over a common axis as a whole SVG document; `here` marks one value of x in all of them.

    At most two subtitles. x (n,) rises; the values of every curve are (n,).
    """
    height = HEAD + len(panels) * PANEL + (len(panels) - 1) * GAP + FOOT
    body = svg.tag("rect", x=0, y=0, width=WIDTH, height=height, fill="#ffffff")
    body += svg.label(LEFT, 20, title, 15, font_weight=700)
    for number, line in enumerate(subtitles):
        body += svg.label(LEFT, 38 + 15 * number, line, 11.5, fill=palette.MUTED)
    for number, panel in enumerate(panels):
        frame = _frame(panel, x, HEAD + number * (PANEL + GAP))
        body += _panel(panel, frame, x, here, last=number == len(panels) - 1)
    body += svg.label((LEFT + WIDTH - RIGHT) / 2, height - 8, axis, 12, text_anchor="middle")
    return svg.picture(WIDTH, height, title, f"{'; '.join([title, *subtitles])}; over {axis}", body)


def spark(values: Floats, width: int = 48) -> str:
    """A curve as a line of blocks of at most `width` characters: a look, not a reading. NaN is a blank."""
    parts = np.array_split(np.asarray(values, np.float64), min(width, len(values)))
    means = np.array([np.nan if np.isnan(part).all() else np.nanmean(part) for part in parts])
    low, high = np.nanmin(means), np.nanmax(means)
    share = (means - low) / (high - low) if high > low else np.where(np.isnan(means), np.nan, 0.5)
    return "".join(
        " " if np.isnan(one) else SPARKS[min(int(one * len(SPARKS)), len(SPARKS) - 1)] for one in share
    )


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` + 1 round numbers that span low to high, 1, 2, 2.5 or 5 times a power of ten apart.

    Where the span is but rounding, steps are a hundredth of the numbers themselves.
    """
    span, size = high - low, max(abs(low), abs(high))
    step = axes.round_step(span / (most - 1) if span > 1e-6 * size else 0.01 * size)
    first, last = np.floor(low / step + 1e-9), np.ceil(high / step - 1e-9)
    return [float(k * step) for k in np.arange(first, max(last, first + 1) + 0.5)]


def _frame(panel: Panel, x: Floats, top: float) -> _Frame:
    every = np.concatenate([curve.values for curve in panel.curves])
    low = 0.0 if panel.from_nought else float(np.nanmin(every))
    return _Frame(top, (float(x[0]), float(x[-1])), ticks(low, float(np.nanmax(every))))


def _panel(panel: Panel, frame: _Frame, x: Floats, here: float | None, *, last: bool) -> str:
    body = _grid(frame, last)
    if here is not None and frame.x[0] <= here <= frame.x[1]:
        body += _mark(float(frame.across(here)), frame.top)
    for number, curve in enumerate(panel.curves):
        body += _line(curve, frame, x, WIDE if number == 0 else NARROW)
    return body + _keys(panel, frame.top)


def _mark(x: float, top: float) -> str:
    """A dashed line from top to bottom of a panel."""
    stroke = palette.MUTED
    return svg.tag("line", x1=x, x2=x, y1=top, y2=top + PANEL, stroke=stroke, stroke_dasharray="4 3")


def _grid(frame: _Frame, last: bool) -> str:
    """Levels and ticks; the figures of the ticks stand below the last panel alone."""
    right, bottom = WIDTH - RIGHT, frame.top + PANEL
    levels = [axes.level(float(frame.up(value)), LEFT, right, f"{value:,.10g}") for value in frame.marks]
    inside = [value for value in ticks(*frame.x, most=10) if frame.x[0] <= value <= frame.x[1]]
    below = [axes.tick(float(frame.across(value)), bottom, f"{value:g}" if last else "") for value in inside]
    return "".join(levels + below)


def _line(curve: Curve, frame: _Frame, x: Floats, width: float) -> str:
    """The curve as one polyline for each run of known values."""
    known = ~np.isnan(curve.values)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    paths = []
    for start, end in edges.reshape(-1, 2).tolist():
        across, up = frame.across(x[start:end]), frame.up(curve.values[start:end])
        if curve.steps:
            across, up = np.repeat(across, 2)[1:], np.repeat(up, 2)[:-1]
        place = axes.points(across, up)
        paths.append(svg.tag("polyline", points=place, stroke=curve.colour, stroke_width=width))
    return svg.group("".join(paths), fill="none", stroke_linejoin="round")


def _keys(panel: Panel, top: float) -> str:
    heading = f"{panel.title}, {panel.unit}"
    parts = [svg.label(LEFT, top - 8, heading, 12, font_weight=600)]
    x = LEFT + 1.12 * svg.width_of(heading, 12) + 26.0  # half-bold letters are wider
    for curve in panel.curves:
        parts.append(svg.tag("rect", x=x, y=top - 14.0, width=18, height=4, rx=2, fill=curve.colour))
        parts.append(svg.label(x + 24, top - 8, curve.name, 12))
        x += 44 + svg.width_of(curve.name, 12)
    return "".join(parts)
