"""The inputs of a run with where each figure comes from: the catalogue's, and what the scenario changed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from raabta.report import words

if TYPE_CHECKING:
    from raabta.scenario.catalogue import Entry
    from raabta.service.results import Results


@dataclass(frozen=True)
class Input:
    """One figure: whose it is, its name, its value in this run, its source and our confidence in it."""

    owner: str
    name: str
    value: str
    source: str
    confidence: str


CHANGED = "this scenario, or its default"
WAYS = {"gateway": ("gateway", "earth-station"), "site": ("site", "tracking-station")}
"""Kinds of entries that a part of a scenario may be taken from."""


def inputs(results: Results) -> list[tuple[str, list[Input]]]:
    """(owner, figures) for the constellation, the terminals, the gateways and the demand."""
    scenario = json.loads(results.scenario.model_dump_json())
    constellation, demand = scenario["constellation"], scenario["demand"]
    rest = {key: scenario[key] for key in ("sharing", "weather", "delay", "time", "area", "seed")}
    asked = {"demand": {key: one for key, one in demand.items() if key != "terminals"}, **rest}
    gateways = [figures_of("gateway", one["name"], one) for one in scenario["gateways"]]
    second = scenario.get("fallback")
    return [
        (words.clean(constellation["label"]), figures_of("constellation", "", constellation)),
        *((words.clean(one["label"]), figures_of("terminal", "", one)) for one in demand["terminals"]),
        ("Gateways", _merged(gateways)),
        ("Demand, sharing, weather and time", figures_of("demand", "", asked)),
        *([] if second is None else _of_fallback(second)),
    ]


def _of_fallback(second: dict[str, Any]) -> list[tuple[str, list[Input]]]:
    """The same of the fallback, each owner named as its own."""
    system = second["constellation"]
    gateways = [figures_of("gateway", one["name"], one) for one in second["gateways"]]
    return [
        (f"Fallback: {words.clean(system['label'])}", figures_of("constellation", "", system)),
        *(
            (f"Fallback: {words.clean(one['label'])}", figures_of("terminal", "", one))
            for one in second["terminals"]
        ),
        ("Fallback: gateways", _merged(gateways)),
        ("Fallback: sharing", figures_of("demand", "", {"sharing": second["sharing"]})),
    ]


def _merged(parts: list[list[Input]]) -> list[Input]:
    """Figures of several owners in one list: what all have alike stands once, the rest under its owner."""
    facts = [{(one.name, one.value, one.source, one.confidence) for one in part} for part in parts]
    shared = set.intersection(*facts) if len(facts) > 1 else set()
    alike = [Input("all", f"all: {n}", v, s, c) for n, v, s, c in sorted(shared)]
    own = [
        one
        for part in parts
        for one in part
        if (one.name, one.value, one.source, one.confidence) not in shared
    ]
    return [replace(one, name=f"{one.owner}: {one.name}") for one in own] + alike


def figures_of(kind: str, label: str, data: dict[str, Any]) -> list[Input]:
    """Every figure of a part of a scenario, with the source of those that the catalogue holds."""
    known = _known(kind, data)
    rows = []
    for path, value in leaves(data):
        source, confidence = known.get((path, _text(value)), (CHANGED, ""))
        rows.append(Input(words.clean(label), path, _text(value), source, confidence))
    return rows


def _known(kind: str, data: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """(path, value) -> (source, confidence) of the catalogue entries that describe such a thing."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for entry in reversed(_entries(kind, data)):
        start = "demand." if kind == "demand" else ""
        found |= {(start + one.path, _text(one.value)): (one.source, one.confidence) for one in entry.figures}
    return found


def _entries(kind: str, data: dict[str, Any]) -> list[Entry]:
    """Entries of the kind whose name or label is this one's; every earth station and every demand."""
    from raabta.scenario import catalogue

    names = {data.get("name"), data.get("label")}
    kinds = WAYS.get(kind, (kind,))
    every = [catalogue.entry(name) for one in kinds for name in catalogue.catalogue_names(one)]  # type: ignore[arg-type]
    return [
        entry
        for entry in every
        if entry.kind in ("earth-station", "demand")
        or names & {entry.name, entry.label, entry.data.get("name"), entry.data.get("label")} - {None}
    ]


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every plain value of a nested one as (dotted path, value); without None and descriptions."""
    if isinstance(value, dict):
        return [
            leaf for key, one in value.items() for leaf in leaves(one, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, list):
        return [leaf for i, one in enumerate(value) for leaf in leaves(one, f"{path}[{i}]")]
    described = re.search(r"(^|\.)(name|label|note|gso_separation_source|title)$", path)
    return [] if value is None or value == "" or described else [(path, value)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{float(value):.10g}" if isinstance(value, int | float) else words.clean(value)
