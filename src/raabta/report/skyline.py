"""The picture of a horizon: elevation over azimuth, the ground filled, Sun and Earth behind it if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import palette, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.terrain.horizon import Horizon
    from raabta.terrain.light import Sight

WIDTH: Final = 960.0
HEIGHT: Final = 320.0
LEFT: Final = 56.0
RIGHT: Final = 16.0
TOP: Final = 56.0
LOW: Final = 48.0
GROUND: Final = "#8d8577"
SUN: Final = "#e69f00"
EARTH: Final = "#0072b2"
MOST_POINTS: Final = 4_000


def skyline(horizon: Horizon, title: str, sun: Sight | None = None, earth: Sight | None = None) -> str:
    """A horizon as a whole SVG document; where Sun and Earth stand over time as dots behind it."""
    low, high = _range(horizon, [one for one in (sun, earth) if one is not None])
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - LOW
    sky = svg.tag("rect", x=LEFT, y=TOP, width=wide, height=tall, fill=palette.SEA)
    dots = _dots(sun, SUN, low, high) + _dots(earth, EARTH, low, high)
    azimuth = np.append(horizon.azimuth_deg, 360.0)
    ground = np.append(horizon.elevation_deg, horizon.elevation_deg[0])
    points = [(_x(a), _y(e, low, high)) for a, e in zip(azimuth.tolist(), ground.tolist(), strict=True)]
    corners = [(LEFT, HEIGHT - LOW), *points, (WIDTH - RIGHT, HEIGHT - LOW)]
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    hills = svg.tag("polygon", points=outline, fill=GROUND, stroke=palette.INK, stroke_width=0.8)
    paper = svg.tag("rect", width=WIDTH, height=HEIGHT, fill="#ffffff")
    head = svg.label(LEFT, 24, title, 17, font_weight=600) + _key(sun, earth)
    text = f"Horizon of {title}: {ground.min():.2f} to {ground.max():.2f} degrees"
    return svg.picture(WIDTH, HEIGHT, title, text, paper + head + sky + dots + hills + _axes(low, high))


def _range(horizon: Horizon, tracks: list[Sight]) -> tuple[float, float]:
    values: list[NDArray[np.float64]] = [horizon.elevation_deg, *(one.elevation_deg for one in tracks)]
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    low = max(low, float(horizon.elevation_deg.min()) - 4.0)
    return np.floor(min(low, 0.0)) - 0.5, np.ceil(max(high, 1.0)) + 0.5


def _x(azimuth_deg: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * azimuth_deg / 360.0


def _y(elevation_deg: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - LOW) * (high - elevation_deg) / (high - low)


def _dots(track: Sight | None, colour: str, low: float, high: float) -> str:
    if track is None:
        return ""
    step = max(1, track.azimuth_deg.size // MOST_POINTS)
    places = zip(track.azimuth_deg[::step].tolist(), track.elevation_deg[::step].tolist(), strict=True)
    data = "".join(f"M{_x(a):.1f} {_y(e, low, high):.1f}h0" for a, e in places if low < e < high)
    return svg.tag(
        "path", d=data, stroke=colour, stroke_width=2.4, stroke_linecap="round", stroke_opacity=0.55
    )


def _key(sun: Sight | None, earth: Sight | None) -> str:
    named = [(SUN, "Sun")] * (sun is not None) + [(EARTH, "Earth")] * (earth is not None)
    parts = []
    for k, (colour, name) in enumerate(named):
        x = WIDTH - RIGHT - 80.0 * (len(named) - k)
        parts.append(svg.tag("circle", cx=x, cy=38.0, r=4.5, fill=colour))
        parts.append(svg.label(x + 10, 43, name, 13.5))
    return "".join(parts)


def _axes(low: float, high: float) -> str:
    names = {0: "N", 90: "E", 180: "S", 270: "W", 360: "N"}
    parts = []
    for azimuth in range(0, 361, 30):
        text = names.get(azimuth, f"{azimuth}°")
        parts.append(svg.label(_x(azimuth), HEIGHT - LOW + 20, text, 13, text_anchor="middle"))
    step = next(s for s in (1, 2, 5, 10, 20, 45) if (high - low) / s <= 8)
    for value in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
        y = _y(value, low, high)
        rule: dict[str, Any] = {"stroke": "#ffffff", "stroke_opacity": 0.6}
        parts.append(svg.tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, **rule))
        parts.append(svg.label(LEFT - 8, y + 4.5, f"{value}°", 13, text_anchor="end"))
    text = "Azimuth, clockwise from north; elevation above level"
    foot = svg.label(LEFT, HEIGHT - 8, text, 12.5, fill=palette.MUTED)
    return "".join(parts) + foot
