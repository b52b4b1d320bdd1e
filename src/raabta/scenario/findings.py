"""Findings that need more than pydantic's words: times, dates without Earth orientation, catalogue names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from raabta.scenario.catalogue import Kind, catalogue_names
from raabta.scenario.documents import Document, Loc
from raabta.scenario.kinds import AnyScenario
from raabta.scenario.missions import MissionScenario

COUNTRY_KEYS = ("country", "[key]", "landing_countries")
"""Where a country stands; `[key]` is how pydantic calls the keys of `sharing.markets`."""
_EXAMPLE = "2026-11-22T00:00:00Z"
_DAY_S = 86_400.0
_LISTS: dict[str, tuple[Kind, str]] = {
    "constellation": ("constellation", "`constellation: {catalogue: NAME}`"),
    "gateways": ("gateway", "a list of `- catalogue: [SITE, ka-earth-station]`"),
    "demand": ("demand", "`demand: {catalogue: NAME, terminals: [...]}`"),
    "terminals": ("terminal", "a list of `- {catalogue: NAME, share: 1}`"),
}


Origin = str | Document
"""Who on the command line set a value: the name of an option, or a `--set` with the places of its parts."""


@dataclass(frozen=True)
class Issue:
    """One finding: where, what, what to do; `hides` suppresses follow-up findings below a place."""

    loc: Loc
    message: str
    hint: str | None = None
    at_key: bool = False
    hides: Loc | None = None
    option: Origin | None = None


def origin(loc: Loc, overruled: Mapping[Loc, Origin]) -> Origin | None:
    """Who on the command line set `loc`, itself or with what stands around it; None for the file."""
    around = (loc[:end] for end in range(len(loc), 0, -1))
    return next((overruled[each] for each in around if each in overruled), None)


def from_catalogue(loc: Loc) -> str | None:
    """What to write under a missing or empty key that the catalogue can fill, with the names it has."""
    kind, words = _LISTS.get(str(loc[-1]), (None, "")) if loc else (None, "")
    return f"write {words}; names: {', '.join(catalogue_names(kind))}" if kind else None


def wrong_time(loc: Loc, item: dict[str, Any]) -> Issue | None:
    """A start that is no time, or a duration out of its limits, in words; None for every other finding."""
    path, value = ".".join(str(part) for part in loc), item["input"]
    if loc[-1] == "start":
        shown = "empty" if value is None else json.dumps(value, ensure_ascii=False)[:60]
        hint = f"write ISO 8601 with date and time, in UTC, such as {_EXAMPLE}"
        return Issue(loc, f"{path}: should be a date and time, not {shown}", hint)
    limit = item.get("ctx", {}).get("le")
    if loc[-1] == "duration_s" and limit is not None:
        return Issue(loc, f"{path}: should be at most {_days(limit)}, not {_days(value)}")
    return None


def _days(seconds: float) -> str:
    return f"{seconds:.0f} s ({seconds / _DAY_S:,.6g} days)"


def unknown_dates(scenario: AnyScenario, overruled: Mapping[Loc, Origin]) -> list[Issue]:
    """A run that starts before or ends after the installed Earth-orientation data, unless it holds them."""
    if isinstance(scenario, MissionScenario) and scenario.earth_orientation == "hold":
        return []
    first, last = _known_dates()
    start, length = scenario.time.start.replace(tzinfo=None), timedelta(seconds=scenario.time.duration_s)
    begins_outside = not first <= start <= last
    if not begins_outside and length <= last - start:
        return []
    what = f"starts {start:%Y-%m-%d %H:%M}" if begins_outside else f"ends {start + length:%Y-%m-%d %H:%M}"
    longer: Loc = ("time", "duration_s")
    loc = longer if not begins_outside and origin(longer, overruled) else ("time", "start")
    text = f"{'.'.join(map(str, loc))}: the run {what} UTC, outside the Earth-orientation data " + (
        f"({first:%Y-%m-%d} to {last:%Y-%m-%d})"
    )
    hint = "move the start" + ("" if start < first else ", or upgrade astropy-iers-data for later dates")
    return [Issue(loc, text, hint)]


def _known_dates() -> tuple[datetime, datetime]:
    """First and last UTC instant of the Earth-orientation data; read once per process, when first asked."""
    from raabta.base.clock import eop_range

    first, last = (edge.astype("datetime64[us]").item() for edge in eop_range())
    return first, last
