"""Maps of a mission: ground tracks and stations on the globe, sites of a country coloured by a figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import geometry, palette, svg
from raabta.report.labels import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH: Final = 1180.0
COARSE_DEG: Final = 0.4
LEAST_AREA_DEG2: Final = 2.0
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#882255", "#332288")
"""Okabe and Ito (2008), then two of Tol's muted colours (2021)."""
HALO: Final = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 3, "stroke_linejoin": "round"}


@dataclass(frozen=True)
class Mark:
    """A named point on the ground."""

    name: str
    latitude_deg: float
    longitude_deg: float
    colour: str = palette.INK


@cache
def coasts() -> str:
    """Path data of all countries, coarse, in degrees (x east, y south): for maps of the globe."""
    from raabta.access.outlines import country_names, outline

    parts = []
    for code in sorted(country_names()):
        area = outline(code).simplify(COARSE_DEG)
        for polygon in getattr(area, "geoms", [area]):
            if polygon.area >= LEAST_AREA_DEG2:
                points = np.asarray(polygon.exterior.coords)
                parts.append("M" + "L".join(f"{x:.1f} {-y:.1f}" for x, y in points[:-1].tolist()) + "z")
    return "".join(parts)


def globe(title: str, inner: str, note: str) -> str:
    """A map of the Earth in plate carrée, with what is drawn on it in pixels of `pixels`."""
    scale, height = WIDTH / 360.0, WIDTH / 2.0
    sea = svg.tag("rect", x=0, y=0, width=WIDTH, height=height, fill=palette.SEA)
    turn = f"scale({scale:g}) translate(180 90)"
    land = svg.tag(
        "path", d=coasts(), fill=palette.NEIGHBOUR, stroke="#b9c2c9", stroke_width="0.15", transform=turn
    )
    lines = ""
    for degrees in range(-150, 180, 30):
        x = (degrees + 180) * scale
        lines += svg.tag("line", x1=x, x2=x, y1=0, y2=height, stroke="#c9d3da", stroke_width=0.6)
    for degrees in range(-60, 90, 30):
        y = (90 - degrees) * scale
        lines += svg.tag("line", x1=0, x2=WIDTH, y1=y, y2=y, stroke="#c9d3da", stroke_width=0.6)
    return svg.picture(WIDTH, height, title, note, sea + land + lines + inner)


def moon(title: str, inner: str) -> str:
    """A map of the Moon in plate carrée, the near side in its middle, with what is drawn on it."""
    height = WIDTH / 2.0
    body = svg.tag("rect", x=0, y=0, width=WIDTH, height=height, fill="#eceae5")
    near = svg.tag("rect", x=WIDTH / 4, y=0, width=WIDTH / 2, height=height, fill="#f7f6f2")
    lines = ""
    for degrees in range(-150, 180, 30):
        x = float(pixels(0.0, degrees)[0])
        lines += svg.tag("line", x1=x, x2=x, y1=0, y2=height, stroke="#cfcac0", stroke_width=0.6)
        if degrees % 90 == 0:
            lines += svg.label(x + 4, height - 6, _side(degrees, "EW"), 11, fill=palette.MUTED)
    for degrees in range(-60, 90, 30):
        y = float(pixels(degrees, 0.0)[1])
        lines += svg.tag("line", x1=0, x2=WIDTH, y1=y, y2=y, stroke="#cfcac0", stroke_width=0.6)
        lines += svg.label(4, y - 4, _side(degrees, "NS"), 11, fill=palette.MUTED)
    side = svg.label(WIDTH / 2, 18, "near side", 12, text_anchor="middle", fill=palette.MUTED)
    return svg.picture(WIDTH, height, title, title, body + near + lines + side + inner)


def _side(degrees: int, letters: str) -> str:
    """A latitude or longitude as maps have it: 30° S."""
    return f"{abs(degrees)}° {letters[degrees < 0]}" if degrees else "0°"


def pixels(latitude_deg: Any, longitude_deg: Any) -> tuple[Floats, Floats]:
    """Where points lie on a map of `globe`."""
    scale = WIDTH / 360.0
    return (np.asarray(longitude_deg, float) + 180.0) * scale, (
        90.0 - np.asarray(latitude_deg, float)
    ) * scale


def track(latitude_deg: Floats, longitude_deg: Floats, colour: str) -> str:
    """A ground track as lines, broken where it crosses the edge of the map."""
    x, y = pixels(latitude_deg, longitude_deg)
    breaks = np.flatnonzero(np.abs(np.diff(x)) > WIDTH / 2.0) + 1
    path = ""
    for part in np.split(np.arange(len(x)), breaks):
        if len(part) > 1:
            path += "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[part], y[part], strict=True))
    return svg.tag("path", d=path, fill="none", stroke=colour, stroke_width=1.1, stroke_opacity=0.75)


def colour(number: int) -> str:
    """The colour of the first, second, ... track of a map."""
    return COLOURS[number % len(COLOURS)]


def tracks(paths: Floats, numbers: Sequence[int]) -> str:
    """Ground tracks of some nodes; paths: rows node, s, latitude, longitude as runs keep them."""
    own = [paths[paths[:, 0] == number] for number in numbers]
    return "".join(track(rows[:, 2], rows[:, 3], colour(k)) for k, rows in enumerate(own))


def patch(latitude_deg: Floats, longitude_deg: Floats, **look: Any) -> str:
    """A patch of the ground by its outline, also over the edge of the map and over a pole."""
    turn = np.mod(np.diff(longitude_deg, append=longitude_deg[:1]) + 180.0, 360.0) - 180.0
    along = longitude_deg[0] + np.concatenate([[0.0], np.cumsum(turn)])
    latitude = np.append(latitude_deg, latitude_deg[0])
    if abs(along[-1] - along[0]) > 180.0:  # round a pole: over three turns, closed beyond the map's edges
        turns = along[-1] - along[0]
        along = np.concatenate([along - turns, along, along + turns])
        latitude = np.tile(latitude, 3)
        along = np.append(along, along[[-1, 0]])
        latitude = np.append(latitude, np.copysign([90.0, 90.0], latitude_deg.mean()))
    x, y = pixels(latitude, along)
    body = ""
    for shift in (-WIDTH, 0.0, WIDTH) if x.max() - x.min() < WIDTH else (0.0,):
        if x.max() + shift > 0.0 and x.min() + shift < WIDTH:
            path = "M" + "L".join(f"{a + shift:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "z"
            body += svg.tag("path", d=path, **look)
    return body


def marks(points: Sequence[Mark]) -> str:
    """Points with their names, each name in the first free place around it."""
    frame = geometry.Frame((0.0, 0.0), 0.0, 0.0, 1.0, WIDTH, WIDTH / 2.0)
    layout, body = Layout(frame), ""
    at = [pixels(one.latitude_deg, one.longitude_deg) for one in points]
    placed = [(one, float(x), float(y)) for one, (x, y) in zip(points, at, strict=True)]
    for _, x, y in placed:
        layout.dot(x, y, 5.0)
    for one, x, y in placed:
        body += svg.tag("circle", cx=x, cy=y, r=4.5, fill=one.colour, stroke="#fff", stroke_width=1)
        found = layout.place(one.name, x, y, 12.0, 8.0)
        if found is not None:
            body += svg.label(found.x, found.y, found.text, 12, text_anchor=found.anchor, **HALO)
    return body


def coloured_track(
    latitude_deg: Floats, longitude_deg: Floats, values: Floats
) -> tuple[str, list[tuple[str, str]]]:
    """Points along a track in colours of powers of ten of a value; those below 1 are not drawn.

    Returns the drawing and its key: (colour, words) of every class that there is.
    """
    x, y = pixels(latitude_deg, longitude_deg)
    power = np.floor(np.log10(np.maximum(values, 1e-9))).astype(np.int64)
    body, key = "", []
    top = int(power.max(initial=0))
    for level in range(max(0, top - 5), top + 1):
        own = power == level
        if own.any():
            colour = palette.RAMP[min(len(palette.RAMP) - 1, level - max(0, top - 5) + 1)]
            path = "".join(f"M{a:.1f} {b:.1f}h0" for a, b in zip(x[own], y[own], strict=True))
            body += svg.tag(
                "path", d=path, stroke=colour, stroke_width=4, stroke_linecap="round", fill="none"
            )
            key.append((colour, f"{10**level:,} to {10 ** (level + 1):,}"))
    return body, key


def key_below(key: Sequence[tuple[str, str]], unit: str) -> str:
    """A key at the lower left of a globe."""
    y, body = WIDTH / 2.0 - 14.0 * len(key) - 12.0, ""
    body += svg.tag(
        "rect", x=8, y=y - 22, width=230, height=14 * len(key) + 26, fill="#fff", fill_opacity=0.88
    )
    body += svg.label(16, y - 6, unit, 12, font_weight=600)
    for number, (colour, text) in enumerate(key):
        body += svg.tag("rect", x=16, y=y + 2 + 14 * number, width=12, height=10, fill=colour)
        body += svg.label(34, y + 11 + 14 * number, text, 12)
    return body


def country_dots(points: Sequence[Mark], values: Floats, country: str, unit: str) -> str:
    """Sites of a country as dots coloured by a figure, on its outline, with the scale below."""
    from raabta.access.outlines import outline

    latitude = np.array([one.latitude_deg for one in points])
    longitude = np.array([one.longitude_deg for one in points])
    area = outline(country)
    west, south, east, north = area.bounds
    frame = geometry.Frame.around([south, north, south, north], [west, east, east, west], 560.0, 14.0)
    parts = []
    for polygon in getattr(area, "geoms", [area]):
        points_deg = np.asarray(polygon.exterior.coords)
        x, y = frame.pixels(points_deg[:, 1], points_deg[:, 0])
        parts.append("M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)) + "z")
    body = svg.tag("rect", x=0, y=0, width=frame.width, height=frame.height + 40, fill="#ffffff")
    body += svg.tag("path", d="".join(parts), fill=palette.LAND, stroke="#8a949e", stroke_width=0.8)
    low, high = float(values.min()), float(values.max())
    shade = np.clip((values - low) / max(high - low, 1e-9) * len(palette.RAMP), 0, len(palette.RAMP) - 1)
    x, y = frame.pixels(latitude, longitude)
    for a, b, which in zip(x.tolist(), y.tolist(), shade.astype(int).tolist(), strict=True):
        body += svg.tag(
            "circle", cx=a, cy=b, r=5.0, fill=palette.RAMP[which], stroke="#ffffff", stroke_width=0.8
        )
    return svg.picture(
        frame.width, frame.height + 40, unit, unit, body + _scale(low, high, unit, frame.height)
    )


def _scale(low: float, high: float, unit: str, top: float) -> str:
    wide, body = 40.0, svg.label(14, top + 12, unit, 12, font_weight=600)
    for number, colour in enumerate(palette.RAMP):
        body += svg.tag("rect", x=14 + wide * number, y=top + 18, width=wide, height=8, fill=colour)
    for share in (0.0, 0.5, 1.0):
        x = 14 + share * wide * len(palette.RAMP)
        anchor = "start" if share == 0.0 else "end" if share == 1.0 else "middle"
        body += svg.label(
            x, top + 39, f"{low + share * (high - low):.1f}", 11, text_anchor=anchor, fill=palette.MUTED
        )
    return body
