"""Charts of a mission: what is on when, minutes by day, curves of elevation, days of Sun outages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import axes, palette, svg
from raabta.report.mission_maps import COLOURS
from raabta.report.sweep_chart import Curve, Panel, draw, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH: Final = 1180.0
LEFT: Final = 200.0
RIGHT: Final = 70.0
ROW: Final = 30.0
TOP: Final = 26.0
FOOT: Final = 34.0
DAY_S: Final = 86_400.0
SUNLIT: Final = "#e69f00"
LEAST_PX: Final = 0.6
"""Narrowest bar that is drawn, so that a pass is seen in a chart of a season."""
MOST_POINTS: Final = 6_000


@dataclass(frozen=True)
class Strip:
    """One row of a timeline: intervals (n, 2) in s from the start, and a figure at its end."""

    name: str
    rows: Floats
    colour: str
    figure: str = ""


def timeline(strips: Sequence[Strip], start: dt.datetime, duration_s: float) -> str:
    """Which intervals hold when: a strip for each, days below."""
    height = TOP + ROW * len(strips) + FOOT
    body = _days(start, duration_s, TOP, height - FOOT)
    for number, strip in enumerate(strips):
        body += _strip(strip, TOP + ROW * number, duration_s)
    title = "What is on when: " + ", ".join(strip.name for strip in strips)
    return svg.picture(WIDTH, height, "Timeline", title, body)


def _across(seconds: Any, duration_s: float) -> Any:
    return LEFT + np.asarray(seconds) / duration_s * (WIDTH - LEFT - RIGHT)


def _strip(strip: Strip, top: float, duration_s: float) -> str:
    right = WIDTH - RIGHT
    back = svg.tag("rect", x=LEFT, y=top + 5, width=right - LEFT, height=ROW - 10, fill="#eef1f4")
    x = _across(strip.rows, duration_s)
    wide = np.maximum(x[:, 1] - x[:, 0], LEAST_PX)
    path = "".join(
        f"M{a:.2f} {top + 5:g}h{w:.2f}v{ROW - 10:g}h-{w:.2f}z" for a, w in zip(x[:, 0], wide, strict=True)
    )
    bars = svg.tag("path", d=path, fill=strip.colour) if path else ""
    name = svg.label(LEFT - 10, top + ROW / 2 + 4, strip.name, 13, text_anchor="end")
    return back + bars + name + svg.label(right + 8, top + ROW / 2 + 4, strip.figure, 12, fill=palette.MUTED)


def _days(start: dt.datetime, duration_s: float, top: float, bottom: float) -> str:
    """A line at every day, or every few, with its date; at every few hours where the run is short."""
    steps = (900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000)
    step = next((s for s in steps if duration_s / s <= 12), steps[-1])
    into = (start - start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    parts = []
    for second in np.arange(np.ceil(into / step) * step - into, duration_s + 1.0, step).tolist():
        when, x = start + dt.timedelta(seconds=second), float(_across(second, duration_s))
        text = f"{when.day} {when:%b}" if step >= DAY_S or when.hour + when.minute == 0 else f"{when:%H:%M}"
        parts.append(svg.tag("line", x1=x, x2=x, y1=top, y2=bottom, stroke=axes.LEVEL))
        parts.append(axes.tick(x, bottom, text))
    return "".join(parts)


def day_bars(days: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str) -> str:
    """Bars by day, those of each series side by side."""
    width, height, left, foot, top = 560.0, 280.0, 56.0, 44.0, 44.0
    most = max([max(values, default=0.0) for _, values in series] + [1e-9])
    marks = ticks(0.0, most)
    bottom = height - foot

    def up(value: float) -> float:
        return bottom - value / marks[-1] * (bottom - top)

    body = "".join(axes.level(up(mark), left, width - 10, f"{mark:,g}") for mark in marks)
    slot = (width - 10 - left) / max(len(days), 1)
    bar = 0.8 * slot / max(len(series), 1)
    for number, (_, values) in enumerate(series):
        for day, value in enumerate(values):
            x, y = left + slot * (day + 0.1) + bar * number, up(value)
            body += svg.tag("rect", x=x, y=y, width=bar, height=bottom - y, fill=COLOURS[number])
    for day, name in enumerate(days):
        body += svg.label(
            left + slot * (day + 0.5), bottom + 16, name, 11, text_anchor="middle", fill=palette.MUTED
        )
    body += svg.label(2, 14, unit, 12, fill=palette.MUTED) + _keys([name for name, _ in series], left, 30.0)
    return svg.picture(width, height, unit, f"{unit}, by day", body)


def _keys(names: Sequence[str], x: float, y: float) -> str:
    parts = []
    for number, name in enumerate(names):
        parts.append(svg.tag("rect", x=x, y=y - 9, width=12, height=10, fill=COLOURS[number]))
        parts.append(svg.label(x + 17, y, name, 12))
        x += 34 + svg.width_of(name, 12)
    return "".join(parts)


def elevation_curves(
    names: Sequence[str], elevation_deg: Floats, step_s: float, mask_deg: Sequence[float]
) -> str:
    """Elevation of each track (t, k) above its mask over the run, or over so much of it as can be read, which
    then is said."""
    up = (elevation_deg >= mask_deg).any(axis=1).cumsum()
    shown = elevation_deg[: max(2, int(np.searchsorted(up, MOST_POINTS, side="right")))]
    hours = np.arange(len(shown)) * step_s / 3_600.0
    unit, x = ("days", hours / 24.0) if hours[-1] > 72.0 else ("h", hours)
    panels = [
        Panel("Elevation", "deg", (Curve("elevation", COLOURS[number % len(COLOURS)],
                                  np.where(shown[:, number] >= mask_deg[number], shown[:, number], np.nan)),))
        for number, name in enumerate(names)
        if (shown[:, number] >= mask_deg[number]).any()
    ]  # fmt: skip
    if not panels:
        return ""
    part = "" if len(shown) == len(elevation_deg) else ", of the run's beginning"
    return draw(
        ", ".join(names),
        ["elevation above the mask" + part],
        f"time from the start, {unit}",
        np.asarray(x, np.float64),
        panels,
    )


def volumes(title: str, days: Floats, lines: Sequence[tuple[str, Floats, Floats]]) -> str:
    """What is made and delivered over a run, a panel for each of some lines (name, made, delivered in MB)."""
    panels = []
    for name, made, delivered in lines:
        scale, unit = _scale(float(made.max(initial=0.0)))
        curves = (
            Curve("made", palette.MUTED, made * scale),
            Curve("delivered", palette.FORWARD, delivered * scale),
        )
        panels.append(Panel(name, unit, curves, from_nought=True))
    return draw(title, ["made and delivered so far"], "days from the start", days, panels)


def _scale(volume_mb: float) -> tuple[float, str]:
    return (1e-3, "GB") if volume_mb >= 1e3 else (1.0, "MB") if volume_mb >= 1.0 else (1e3, "kB")


def outage_days(dates: Sequence[np.datetime64], minutes: Floats, names: Sequence[str], title: str) -> str:
    """Sun outages by date: a line from the least to the most minutes over the sites, a column for each craft.

    dates, minutes, names (n,): of every outage.
    """
    days = np.array(dates, "datetime64[D]")
    seasons = np.split(np.unique(days), np.flatnonzero(np.diff(np.unique(days)).astype(int) > 30) + 1)
    craft = sorted(set(names))
    width, height, left, top, foot = 560.0, 260.0, 46.0, 44.0, 40.0
    slots = sum(len(season) for season in seasons) + len(seasons) - 1
    marks, bottom = ticks(0.0, float(minutes.max())), height - foot
    slot = (width - 10 - left) / max(slots, 1)
    body = "".join(
        axes.level(bottom - mark / marks[-1] * (bottom - top), left, width - 10, f"{mark:g}")
        for mark in marks
    )
    place = 0
    for season in seasons:
        for day in season:
            x = left + slot * (place + 0.5)
            for number, name in enumerate(craft):
                own = minutes[(days == day) & (np.array(names) == name)]
                if own.size:
                    low, high = (bottom - v / marks[-1] * (bottom - top) for v in (own.min(), own.max()))
                    at = x + 7.0 * (number - (len(craft) - 1) / 2.0)
                    body += svg.tag("line", x1=at, x2=at, y1=low + 1.5, y2=high - 1.5, stroke=COLOURS[number],
                                    stroke_width=5)  # fmt: skip
            if place % max(1, int(np.ceil(44.0 / slot))) == 0:
                body += axes.tick(x, bottom, _date(day))
            place += 1
        place += 1
    body += svg.label(2, 14, f"minutes a day, least to most over the sites; {title}", 12, fill=palette.MUTED)
    return svg.picture(width, height, title, f"Sun outages by date, {title}", body + _keys(craft, left, 32.0))


def _date(day: np.datetime64) -> str:
    when = day.astype(object)
    return f"{when.day} {when:%b}"
