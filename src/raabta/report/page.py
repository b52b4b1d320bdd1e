"""`report.html`: one self-contained file; the template lays out what is gathered here."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Protocol

from raabta.report import charts, figures, maps, words
from raabta.scenario.models import PLANS_MBPS

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2

    from raabta.scenario.models import Scenario, Terminal
    from raabta.service.results import Results

DIRECT: Final = "Inter-satellite links and routes: a satellite serves only while it sees a gateway itself."
"""What a run does not model whose traffic lands directly."""
LIMITS: Final = (
    "Interference summed over other systems: their C/I is an input. Limits of equivalent power flux density.",
    "Costs, prices and incomes: take-up is an input.",
    "Hills, trees and buildings around a home: only the horizon mask that the scenario gives.",
    "Launch schedules and orbit keeping: the constellation flies whole, but for the failures that it states.",
    "Licences: a beam over a country is not permission to sell there.",
    "What happens behind the gateway, apart from the fibre and processing delays given as inputs.",
)
"""What no run of this version models."""

WORDS: Final = (
    ("Home that asks", "an addressable home times the take-up: what the text calls a subscriber"),
    ("Served", "a home that asks and has the plan's rate, both ways, in at least the target share of the "
     "weather-weighted slots, with the other subscribers online at the stated contention"),
    ("Reachable", "an addressable home in a place where at least one subscriber could be served"),
    ("Availability", "share of time in which the plan's rate is there, weighted by homes"),
    ("Busy-hour rate", "forward IP rate of a subscriber who is active while all other active ones are"),
    ("Round trip", "light from home to satellite to gateway and back; the estimate adds scheduling, "
     "processing and fibre"),
    ("Binding constraint", "what stops one more Mbps: the saturated resource, or the first test that leaves "
     "no satellite"),
)  # fmt: skip
"""Terms of the report, in the order of the reader's questions."""


TABLES: Final = ("bands", "link_fades", "rain_states", "assignment", "handovers", "fibre", "models")
"""Parts of the summary that are shown as they are stored, when they are there."""


@cache
def environment() -> jinja2.Environment:
    """The Jinja environment: everything is escaped, an unknown name is an error."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("raabta.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(count=words.count, short=words.short_count, share=words.share, number=words.number)
    made.filters.update(why=words.constraint, terminal=words.terminal_class, country=words.country)
    return made


def _finalize(value: Any) -> Any:
    plain = isinstance(value, str) and not hasattr(value, "__html__")
    return words.clean(value) if plain else value


def render(results: Results) -> str:
    """The whole report as HTML text."""
    return environment().get_template("report.html.j2").render(context(results))


def context(results: Results) -> dict[str, Any]:
    """What the template shows, by name."""
    plan, rows = results.scenario.demand.plan, figures.district_rows(results)
    worst, best = figures.ranked(rows, plan)
    provinces = figures.province_rows(rows, plan)
    return {
        "scenario": results.scenario,
        "title": results.scenario.title or results.scenario.name,
        "facts": facts(results),
        "plan": plan,
        "plans": figures.plans(results),
        "rows": sorted(rows, key=lambda row: (row.province, row.name)),
        "provinces": provinces,
        "all": figures.total_row(rows, "All", plan),
        "counted": figures.total_row([row for row in rows if not row.estimated], "census rows only", plan),
        "has_estimates": figures.has_estimates(rows),
        "worst": worst,
        "best": best,
        **_summary(results),
        **_pictures(results),
        **_closing(results),
    }


def _summary(results: Results) -> dict[str, Any]:
    totals = figures.pick(results.summary, "totals") or {}
    return {
        "totals": totals,
        "pick": figures.pick,
        "missing": words.missing,
        "headline": headline(results),
        "reasons": [one for one in figures.reasons(results) if one.name != "demand_met"],
        "has_return": figures.has_return(results),
        "outages": figures.outages(results),
        "doubts": figures.doubts(results),
        "constellations": figures.constellations(results),
        "gateways": figures.pick(results.summary, "gateways") or [],
        "landing": figures.landing(results),
        "classes": class_rows(results),
        "tables": [table for key in TABLES for table in _tables(results, key)],
    }


def _pictures(results: Results) -> dict[str, Any]:
    from markupsafe import Markup

    drawn = []
    if results.cells.sizes["cell"]:
        base = maps.ground(results)
        drawn = [(one, Markup(maps.draw(base, one))) for one in maps.layers(results)]
    lines = [(title, Markup(text)) for title, text in charts.day_charts(results)]
    return {"maps": drawn, "charts": lines}


def _closing(results: Results) -> dict[str, Any]:
    from raabta.report import sources

    said = figures.pick(results.summary, "assumptions") or []
    direct = [] if results.scenario.lands_by_lasers else [DIRECT]
    assumptions = list(dict.fromkeys([*results.scenario.assumptions, *map(_sentence, said)]))
    return {
        "assumptions": assumptions,
        "inputs": sources.inputs(results),
        "limits": [*direct, *LIMITS, *(figures.pick(results.summary, "limits") or [])],
        "words": WORDS,
        "provenance": flat(provenance(results)),
    }


class Kept(Protocol):
    """A run that was kept: its folder and its summary."""

    @property
    def folder(self) -> Path:
        """Where it lies."""

    @property
    def summary(self) -> dict[str, Any]:
        """What it found."""


def provenance(results: Kept) -> dict[str, Any]:
    """What made the run: `provenance.json` of its folder when it is there, and what the summary holds."""
    stored: Any = {}
    with suppress(OSError, ValueError, RecursionError):
        stored = json.loads((results.folder / "provenance.json").read_text(encoding="utf-8"))
    whole = stored if isinstance(stored, dict) else {}
    return {**(figures.pick(results.summary, "provenance") or {}), **whole}


def _sentence(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{key}: {one}" for key, one in value.items())
    return str(value)


def headline(results: Results) -> list[dict[str, Any]]:
    """Per plan: rates, served homes, band, share of those that ask and of the underserved."""
    totals = figures.pick(results.summary, "totals") or {}
    asked, needy = figures.asked_homes(results), figures.pick(totals, "underserved_households")
    return [
        _plan(name, figures.pick(totals, "households_served", name), asked, needy)
        for name in figures.plans(results)
    ]


def _plan(name: str, served: Any, asked: float, needy: Any) -> dict[str, Any]:
    mid, down_up = figures.pick(served, "mid"), PLANS_MBPS.get(name)  # type: ignore[call-overload]
    return {
        "name": name,
        "rates": down_up,
        "served": mid,
        "band": words.band(figures.pick(served, "low"), figures.pick(served, "high")),
        "of_asked": ratio(mid, asked),
        "of_underserved": ratio(mid, needy),
    }


def ratio(part: Any, whole: Any) -> float | None:
    """part / whole, or None where either is missing or there is nothing to divide by."""
    if words.missing(part) or words.missing(whole) or float(whole) <= 0:
        return None
    return float(part) / float(whole)


def facts(results: Results) -> list[str]:
    """The line under the title: what flew, when, for whom."""
    scenario, totals = results.scenario, figures.pick(results.summary, "totals") or {}
    take_up = words.short_share(scenario.demand.take_up_share)
    time, start = scenario.time, scenario.time.start.astimezone(dt.UTC)
    parts = figures.constellations(results)
    satellites = words.counted(figures.pick(parts[0] if parts else totals, "satellites"), "satellite")
    return [
        f"{scenario.constellation.label} ({satellites})",
        words.counted(len(scenario.gateways), "gateway"),
        *_fallback_facts(scenario, parts),
        f"{words.duration(time.duration_s)} from {start.day} {start:%B %Y %H:%M} UTC "
        f"in steps of {time.step_s:g} s",
        f"for {words.SERVE[scenario.demand.serve]}, take-up {take_up}",
        f"{scenario.weather.statistic.replace('-', ' ')} weather",
    ]


def _fallback_facts(scenario: Scenario, parts: list[dict[str, Any]]) -> list[str]:
    second = scenario.fallback
    if second is None:
        return []
    satellites = words.counted(figures.pick(parts[1], "satellites") if len(parts) > 1 else None, "satellite")
    gateways = words.counted(len(second.gateways), "gateway")
    return [f"fallback {second.constellation.label} ({satellites}, {gateways})"]


def class_rows(results: Results) -> list[dict[str, Any]]:
    """Per terminal class: its terminal, the homes that ask through it and those served per plan."""
    table, radios = results.classes, _radios(results.scenario)
    rows = []
    for i, name in enumerate(str(one) for one in table["terminal_class"].values):
        served = [float(v) for v in table["served_households"].values[i]]
        asked = float(table["subscribers"].values[i])
        rows.append({"name": name, "radio": radios.get(name), "asked": asked, "served": served})
    return rows


def _radios(scenario: Scenario) -> dict[str, Terminal]:
    """The terminal of every class, by the name that results give it."""
    second = () if scenario.fallback is None else scenario.fallback.terminals
    return dict(zip(scenario.class_names, (*scenario.demand.terminals, *second), strict=True))


def flat(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """A nested value as (dotted key, text) rows."""
    if isinstance(value, dict):
        return [
            row for key, one in value.items() for row in flat(one, f"{prefix}.{key}" if prefix else str(key))
        ]
    if isinstance(value, list | tuple):
        return [(prefix, ", ".join(str(one) for one in value))]
    return [(prefix, _cell(value) if value is None or isinstance(value, float) else str(value))]


def _tables(results: Results, key: str) -> list[dict[str, Any]]:
    """A list of like dicts in the summary as one table; anything else as its flat rows."""
    stored = figures.pick(results.summary, key)
    if not stored:
        return []
    title = "Models and their editions" if key == "models" else key.replace("_", " ").capitalize()
    if isinstance(stored, list) and all(isinstance(one, dict) for one in stored):
        heads = list(dict.fromkeys(str(name) for one in stored for name in one))
        rows = [[_cell(one.get(name)) for name in heads] for one in stored]
        return [{"title": title, "heads": [head(name) for name in heads], "rows": rows}]
    return [
        {
            "title": title,
            "heads": ["what", "value"],
            "rows": [(name.replace("_", " "), text) for name, text in flat(stored)],
        }
    ]


UNITS: Final = {
    "ghz": "GHz",
    "deg": "deg",
    "percent": "%",
    "db": "dB",
    "km": "km",
    "mbps": "Mbps",
    "ms": "ms",
}


def head(name: str) -> str:
    """A stored name as a table head: `worst_month_db` gives `worst month, dB`."""
    stem, _, unit = name.rpartition("_")
    named = f"{stem}, {UNITS[unit]}" if stem and unit in UNITS else name
    return named.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return words.NOT_STORED if words.missing(value) else f"{float(value):.4g}"
