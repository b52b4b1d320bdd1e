"""How one link is shown: a table of its lines, a table and a drawing of a sweep, the same as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.links.one_link import SWEEPS, editions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table
    from rich.text import Text

    from raabta.links.budget import Budget
    from raabta.links.one_link import Link, Point, Sweep
    from raabta.scenario.models import Constellation
    from raabta.service.places import Place

ROWS = {"elevation": 5, "rain": 5, "frequency": 3}
"""Points of a sweep from one printed row to the next."""


@dataclass(frozen=True)
class Answer:
    """Everything there is to show: the link asked for, its budgets, and the points of a sweep."""

    place: Place
    system: Constellation
    asked: Link
    budgets: tuple[Budget, ...]
    notes: tuple[str, ...] = ()
    quantity: Sweep | None = None
    points: tuple[Point, ...] = ()


def headline(answer: Answer) -> str:
    """Where the link runs, how the satellite stands, and in which weather."""
    place, height_m = answer.place, 1e3 * float(answer.asked.sites.height_km[0])
    spot = f"{_signed(place.latitude_deg, 'NS')} {_signed(place.longitude_deg, 'EW')}, {height_m:,.0f} m"
    return (
        f"{place.name} ({spot}) to {answer.system.label}, {answer.asked.sight.satellite}: {standing(answer)}"
    )


def standing(answer: Answer) -> str:
    """How the satellite stands, and in which weather."""
    asked = answer.asked
    seen = asked.sight
    azimuth = "" if seen.azimuth_deg is None else f"azimuth {seen.azimuth_deg:.1f} deg, "
    period = "the average year" if asked.statistic == "annual" else "the worst month"
    return (
        f"elevation {seen.elevation_deg:.1f} deg, {azimuth}{seen.range_km:,.0f} km, "
        f"{seen.one_way_ms:.1f} ms one way; weather exceeded for {asked.percent:.4g} % of {period}"
    )


def models(answer: Answer) -> str:
    """The recommendations behind the losses, each with its edition, once."""
    return f"Models: {'; '.join(dict.fromkeys(editions(answer.asked).values()))}"


def _signed(angle_deg: float, letters: str) -> str:
    return f"{abs(angle_deg):.3f} {letters[0] if angle_deg >= 0.0 else letters[1]}"


def tables(answer: Answer) -> list[Table]:
    """One table for each budget; the lines marked + sum to C/N."""
    return [_table(budget) for budget in answer.budgets]


def _table(budget: Budget) -> Table:
    from rich.table import Table

    found = Table(title=budget.title, title_justify="left", caption="lines marked + sum to C/N")
    for name, side in (("", "left"), ("line", "left"), ("value", "right"), ("unit", "left"), ("", "left")):
        found.add_column(name, justify=side)  # type: ignore[arg-type]
    for line in budget.lines:
        if line.name == "C/N":
            found.add_section()
        figure = f"{round(line.value, 2) + 0.0:,.2f}"
        found.add_row("+" if line.sums else "", line.name, figure, line.unit, line.note)
    return found


def sweep_tables(answer: Answer, quantity: Sweep) -> list[Table | Text]:
    """For each direction a row for every few points, and C/(N+I) over all of them as a line of blocks."""
    from rich.text import Text

    from raabta.report.sweep_chart import spark

    out: list[Table | Text] = []
    for number, budget in enumerate(answer.budgets):
        levels = np.array([point.budgets[number].cinr_db for point in answer.points])
        table = _sweep_table(budget.title, quantity, answer.points, number)
        out += [table, Text(f"C/(N+I) {spark(levels)}")]
    return out


def _sweep_table(title: str, quantity: Sweep, points: Sequence[Point], number: int) -> Table:
    from rich.table import Table

    found = Table(title=f"{title}, over {quantity} ({SWEEPS[quantity][0]})", title_justify="left")
    for name in (quantity, "weather, dB", "C/N, dB", "C/(N+I), dB", "Mbps"):
        found.add_column(name, justify="right")
    found.add_column("mode")
    for point in points[:: ROWS[quantity]]:
        found.add_row(f"{point.value:g}", *_cells(point.budgets[number]))
    return found


def _cells(budget: Budget) -> tuple[str, ...]:
    levels = (weather_db(budget), budget.cn_db, budget.cinr_db)
    return (*(f"{level:.1f}" for level in levels), f"{budget.rate_mbps:,.1f}", budget.mode)


def weather_db(budget: Budget) -> float:
    """Gas, rain, cloud and scintillation of a budget together, dB > 0."""
    return -budget.value("gas") - budget.value("rain, cloud and scintillation")


def drawing(answer: Answer) -> str:
    """The sweep as an SVG document: C/(N+I), loss of the atmosphere, rate. The link asked for is marked."""
    from raabta.report import palette
    from raabta.report.sweep_chart import Curve, Panel, draw

    if answer.quantity is None:
        raise ValueError("only a sweep can be drawn")
    directions, points = answer.asked.directions, answer.points
    colours = {"forward": palette.FORWARD, "return": palette.RETURN}

    def lines(value: Callable[[Budget], float], steps: bool = False) -> tuple[Curve, ...]:
        return tuple(
            Curve(way, colours[way], np.array([value(point.budgets[n]) for point in points]), steps)
            for n, way in enumerate(directions)
        )

    panels = (
        Panel("C/(N+I)", "dB", lines(lambda budget: budget.cinr_db)),
        Panel("Loss of the atmosphere", "dB", lines(weather_db), from_nought=True),
        Panel("Rate at the IP layer", "Mbps", lines(lambda budget: budget.rate_mbps, True), from_nought=True),
    )
    values = np.array([point.value for point in points])
    title = f"{answer.place.name} to {answer.system.label}, {answer.asked.sight.satellite}"
    axis = f"{answer.quantity}, {SWEEPS[answer.quantity][0]}"
    marked = here(answer.asked, answer.quantity)
    return draw(title, standing(answer).split("; "), axis, values, panels, marked)


def here(asked: Link, quantity: Sweep) -> float | None:
    """Where the link asked for lies on the axis; None where its directions lie apart."""
    if quantity == "elevation":
        return asked.sight.elevation_deg
    if quantity == "rain":
        return float(asked.sites.rain_rate_mmh[0])
    frequencies = {asked.frequency_ghz(way) for way in asked.directions}
    return frequencies.pop() if len(frequencies) == 1 else None


def plain(answer: Answer) -> dict[str, Any]:
    """Everything shown, as plain data."""
    asked = answer.asked
    each = zip(asked.directions, answer.budgets, strict=True)
    out: dict[str, Any] = {
        "from": _place(answer),
        "to": {
            "constellation": answer.system.name,
            "satellite": asked.sight.satellite,
            "elevation_deg": asked.sight.elevation_deg,
            "azimuth_deg": asked.sight.azimuth_deg,
            "range_km": asked.sight.range_km,
            "one_way_ms": asked.sight.one_way_ms,
        },
        "terminal": asked.terminal.label,
        "exceeded_percent": asked.percent,
        "statistic": asked.statistic,
        "budgets": {way: _plain(budget) for way, budget in each},
        "models": editions(asked),
        "notes": list(answer.notes),
    }
    if answer.quantity is not None:
        rows = [_row(asked, point) for point in answer.points]
        out["sweep"] = {"over": answer.quantity, "unit": SWEEPS[answer.quantity][0], "points": rows}
    return out


def _place(answer: Answer) -> dict[str, Any]:
    sites = answer.asked.sites
    return {
        "name": answer.place.name,
        "latitude_deg": answer.place.latitude_deg,
        "longitude_deg": answer.place.longitude_deg,
        "height_m": 1e3 * float(sites.height_km[0]),
        "rain_rate_001_mmh": float(sites.rain_rate_mmh[0]),
    }


def _plain(budget: Budget) -> dict[str, Any]:
    lines = [
        {"name": line.name, "value": line.value, "unit": line.unit, "sums": line.sums, "note": line.note}
        for line in budget.lines
    ]
    return {"lines": lines, **_figures(budget)}


def _figures(budget: Budget) -> dict[str, Any]:
    return {
        "cn_db": budget.cn_db,
        "cinr_db": budget.cinr_db,
        "mode": budget.mode,
        "rate_mbps": budget.rate_mbps,
    }


def _row(asked: Link, point: Point) -> dict[str, Any]:
    each = zip(asked.directions, point.budgets, strict=True)
    return {
        "value": point.value,
        **{way: {"weather_db": weather_db(b), **_figures(b)} for way, b in each},
    }
