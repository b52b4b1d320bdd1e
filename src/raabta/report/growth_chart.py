"""Curves side by side: what one number does to another, a panel per group, each with its own scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import axes, palette, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PANEL_WIDTH: Final = 330.0
HEIGHT: Final = 320.0
LEFT: Final = 46.0
RIGHT: Final = 12.0
TOP: Final = 62.0
BOTTOM: Final = 64.0
DASHES: Final = "5 4"


@dataclass(frozen=True)
class Curve:
    """One line over x = 1, 2, ... with the range around it, if there is one, (k,) each."""

    name: str
    colour: str
    middle: Floats
    least: Floats | None = None
    most: Floats | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Panel:
    """One chart: its title, a line below it, its curves, and a level that no curve can pass."""

    title: str
    note: str
    curves: Sequence[Curve]
    limit: float | None = None
    limit_name: str = field(default="limit")


def panels(title: str, x_label: str, unit: str, charts: Sequence[Panel], foot: str) -> str:
    """Panels side by side as one SVG document."""
    inner = ""
    for i, panel in enumerate(charts):
        inner += svg.group(_panel(panel, x_label, unit), transform=f"translate({i * PANEL_WIDTH:g} 0)")
    inner += svg.label(6, HEIGHT - 6, foot, 11, fill=palette.MUTED)
    return svg.picture(PANEL_WIDTH * len(charts), HEIGHT, title, f"{title}. {foot}", inner)


def _panel(panel: Panel, x_label: str, unit: str) -> str:
    last = max(curve.middle.size for curve in panel.curves)
    highest = max(float(np.max(_top_of(curve))) for curve in panel.curves)
    highest = max(highest, panel.limit or 0.0)
    step_y, step_x = axes.round_step(highest / 4), axes.round_step(last / 6)
    top = step_y * np.ceil(highest / step_y)
    scale = _Scale(float(step_x * np.ceil(last / step_x)), float(top))
    ticks = _levels(scale, step_y) + _ticks(scale, step_x)
    heads = svg.label(LEFT, 18, panel.title, 14, font_weight=600)
    heads += svg.label(LEFT, 34, panel.note, 11, fill=palette.MUTED)
    heads += svg.label(2, TOP - 10, unit, 11, fill=palette.MUTED)
    below = svg.label(LEFT, HEIGHT - BOTTOM + 32, x_label, 11, fill=palette.MUTED)
    lines = "".join(_curve(curve, scale) for curve in panel.curves)
    return ticks + _limit(panel, scale) + lines + heads + below + _keys(panel.curves)


@dataclass(frozen=True)
class _Scale:
    last: float
    top: float

    def x(self, value: Any) -> Any:
        return LEFT + np.asarray(value, float) / self.last * (PANEL_WIDTH - LEFT - RIGHT)

    def y(self, value: Any) -> Any:
        return HEIGHT - BOTTOM - np.asarray(value, float) / self.top * (HEIGHT - BOTTOM - TOP)


def _top_of(curve: Curve) -> Floats:
    return curve.middle if curve.most is None else curve.most


def _levels(scale: _Scale, step: float) -> str:
    values, right = np.arange(0.0, scale.top + 0.5 * step, step), PANEL_WIDTH - RIGHT
    return "".join(axes.level(float(scale.y(value)), LEFT, right, f"{value:,.4g}") for value in values)


def _ticks(scale: _Scale, step: float) -> str:
    values = np.arange(0.0, scale.last + 0.5 * step, step)
    return "".join(axes.tick(float(scale.x(value)), HEIGHT - BOTTOM, f"{value:g}") for value in values)


def _limit(panel: Panel, scale: _Scale) -> str:
    if panel.limit is None:
        return ""
    y = float(scale.y(panel.limit))
    line = svg.tag("line", x1=LEFT, x2=PANEL_WIDTH - RIGHT, y1=y, y2=y, stroke=palette.MUTED)
    place = PANEL_WIDTH - RIGHT
    return line + svg.label(place, y - 4, panel.limit_name, 10.5, text_anchor="end", fill=palette.MUTED)


def _curve(curve: Curve, scale: _Scale) -> str:
    x = scale.x(np.arange(1, curve.middle.size + 1))
    band = ""
    if curve.least is not None and curve.most is not None:
        edge = np.concatenate([scale.y(curve.most), scale.y(curve.least)[::-1]])
        shape = svg.tag("polygon", points=axes.points(np.concatenate([x, x[::-1]]), edge), fill=curve.colour)
        band = svg.group(shape, fill_opacity=0.16)
    dashes = DASHES if curve.dashed else None
    line = svg.tag(
        "polyline",
        points=axes.points(x, scale.y(curve.middle)),
        stroke=curve.colour,
        stroke_width=1.8,
        stroke_dasharray=dashes,
    )
    return band + svg.group(line, fill="none", stroke_linejoin="round")


def _keys(curves: Sequence[Curve]) -> str:
    parts, x = [], LEFT
    for curve in curves:
        dashes = DASHES if curve.dashed else None
        ends: dict[str, Any] = {"x1": x, "x2": x + 22.0, "y1": TOP - 14.0, "y2": TOP - 14.0}
        parts.append(svg.tag("line", stroke=curve.colour, stroke_width=2.2, stroke_dasharray=dashes, **ends))
        parts.append(svg.label(x + 27, TOP - 10, curve.name, 11.5))
        x += 45 + svg.width_of(curve.name, 11.5)
    return "".join(parts)
