"""Charts over the run: a line per series with its range, local time below, the busy hours shaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import axes, palette, svg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.service.results import Results

WIDTH: Final = 420.0
HEIGHT: Final = 230.0
LEFT: Final = 52.0
RIGHT: Final = 14.0
TOP: Final = 34.0
BOTTOM: Final = 40.0
POINTS: Final = 288
BUSY_HOURS: Final = (20, 23)
STEPS_MIN: Final = (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14400, 43200)


@dataclass(frozen=True)
class Series:
    """One line: its name, colour, and values over the day Dataset's time."""

    name: str
    colour: str
    values: NDArray[np.float64]


def utc_offset_h(results: Results) -> int:
    """Hours to add to UTC: 5 for Pakistan, else the mean longitude over 15 deg, rounded."""
    if results.scenario.area.country == "PAK":
        return 5
    from raabta.report.geometry import spherical_centre

    cells = results.cells
    _, east = spherical_centre(cells["latitude_deg"].values, cells["longitude_deg"].values)
    return round(east / 15.0)


def day_charts(results: Results) -> list[tuple[str, str]]:
    """(title, SVG) of throughput, satellites and lit cells over the run."""
    day = results.day
    if day.sizes["time"] < 2:
        return []
    value = {str(key): np.asarray(day[key].values, dtype=float) for key in day.data_vars}
    forward = Series("forward (to homes)", palette.FORWARD, value["forward_mbps"] / 1e3)
    back = Series("return (from homes)", palette.RETURN, value["return_mbps"] / 1e3)
    visible = Series("in view", "#7a8894", value["visible_satellites"])
    usable = Series("usable (with a gateway)", "#117733", value["usable_satellites"])
    lit = Series("cells with a beam", "#882255", value["lit_cells"])
    groups = [
        ("Throughput", "Gbps", [forward, back]),
        ("Satellites", "satellites", [visible, usable]),
        ("Cells lit at once", "cells", [lit]),
    ]
    return [(title, chart(results, title, unit, lines)) for title, unit, lines in groups]


def chart(results: Results, title: str, unit: str, lines: list[Series]) -> str:
    """One chart over the run's time as a whole SVG document."""
    minutes = local_minutes(results)
    top, ticks = _y_axis(max(float(np.nanmax(one.values, initial=0.0)) for one in lines))
    frame = _busy(minutes) + _levels(ticks, top) + _ticks(minutes)
    body = frame + "".join(_series(one, minutes, top) for one in lines) + _keys(lines, unit)
    zone = f"local time UTC{utc_offset_h(results):+d}"
    foot = svg.label(LEFT, HEIGHT - 4, f"{zone}; shaded: busy hours 20–23", 11, fill=palette.MUTED)
    text = f"{title} over the run in {unit}, {zone}"
    return svg.picture(WIDTH, HEIGHT, title, text, body + foot)


def local_minutes(results: Results) -> NDArray[np.float64]:
    """Minutes since local midnight of the first day, per slot."""
    time = results.day["time"].values.astype("datetime64[s]").astype(np.int64) / 60.0
    local = time + 60.0 * utc_offset_h(results)
    return np.asarray(local - np.floor(local[0] / 1440.0) * 1440.0)


def binned(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """(place of the middle, mean, least, most) of at most 288 runs of slots."""
    parts = np.array_split(np.arange(values.size), min(POINTS, values.size))
    middle = np.array([part.mean() for part in parts])
    stats = [[f(values[part]) for part in parts] for f in (np.mean, np.min, np.max)]
    return middle, *(np.array(one, dtype=float) for one in stats)


def _across(minutes: Any, span: NDArray[np.float64]) -> Any:
    share = (np.asarray(minutes) - span[0]) / (span[-1] - span[0])
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _up(values: Any, top: float) -> Any:
    return HEIGHT - BOTTOM - np.asarray(values) / top * (HEIGHT - BOTTOM - TOP)


def _y_axis(most: float) -> tuple[float, list[float]]:
    step = axes.round_step(most / 4.0)
    count = max(1, int(np.ceil(most / step - 1e-6)))
    return (count * step, [i * step for i in range(count + 1)]) if most > 0 else (1.0, [0.0, 1.0])


def _levels(values: list[float], top: float) -> str:
    right = WIDTH - RIGHT
    return "".join(axes.level(float(_up(value, top)), LEFT, right, f"{value:,.10g}") for value in values)


def _ticks(span: NDArray[np.float64]) -> str:
    length = span[-1] - span[0]
    step = next((s for s in STEPS_MIN if length / s <= 8), STEPS_MIN[-1])
    first, parts = np.ceil(span[0] / step) * step, []
    for minute in np.arange(first, span[-1] + 1e-6, step):
        x, clock = float(_across(minute, span)), int(minute) % 1440
        text = f"day {int(minute) // 1440 + 1}" if step >= 1440 else f"{clock // 60:02d}:{clock % 60:02d}"
        parts.append(axes.tick(x, HEIGHT - BOTTOM, text))
    return "".join(parts)


def _busy(span: NDArray[np.float64]) -> str:
    parts = []
    for day in range(int(span[0] // 1440), min(int(span[-1] // 1440), 60) + 1):
        start, end = (np.clip(day * 1440.0 + hour * 60.0, span[0], span[-1]) for hour in BUSY_HOURS)
        if end > start:
            x, wide = float(_across(start, span)), float(_across(end, span) - _across(start, span))
            parts.append(
                svg.tag("rect", x=x, y=TOP, width=wide, height=HEIGHT - BOTTOM - TOP, fill="#fdf0d5")
            )
    return "".join(parts)


def _series(one: Series, minutes: NDArray[np.float64], top: float) -> str:
    middle, mean, least, most = binned(one.values)
    x = _across(np.interp(middle, np.arange(minutes.size), minutes), minutes)
    edge = np.concatenate([_up(most, top), _up(least, top)[::-1]])
    band = svg.tag("polygon", points=axes.points(np.concatenate([x, x[::-1]]), edge), fill=one.colour)
    line = svg.tag("polyline", points=axes.points(x, _up(mean, top)), stroke=one.colour, stroke_width=1.8)
    line = svg.group(line, fill="none", stroke_linejoin="round")
    return svg.group(band, fill_opacity=0.16) + line


def _keys(lines: list[Series], unit: str) -> str:
    parts, x = [svg.label(2, 16, unit, 12, fill=palette.MUTED)], LEFT + 24.0
    for one in lines:
        parts.append(svg.tag("rect", x=x, y=10.0, width=18, height=4, rx=2, fill=one.colour))
        parts.append(svg.label(x + 24, 16, one.name, 12.5, font_weight=600))
        x += 44 + svg.width_of(one.name, 12.5) + 10
    return "".join(parts)
