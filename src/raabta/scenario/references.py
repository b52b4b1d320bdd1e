"""Catalogue references in a scenario file: `{catalogue: NAME, ...overrides}` becomes plain data."""

from __future__ import annotations

import copy
from typing import Any

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import Kind, catalogue_names, dotted, entry
from raabta.scenario.documents import Loc
from raabta.scenario.findings import Issue
from raabta.scenario.suggest import near_name

_KINDS: dict[str, tuple[Kind, ...]] = {
    "constellation": ("constellation",),
    "gateways": ("gateway", "earth-station"),
    "demand": ("demand",),
    "terminals": ("terminal",),
    "sites": ("site", "tracking-station"),
    "craft": ("craft",),
}
_RADIO = {"eirp_dbw", "g_over_t_dbk"}
"""Figures that make a radio: with both written out, a gateway needs no radio of the catalogue."""


def resolve(data: dict[str, Any]) -> tuple[dict[str, Any], list[Issue]]:
    """A copy of `data` with every catalogue reference merged in, and what could not be resolved."""
    data = copy.deepcopy(data)
    issues: list[Issue] = []
    _fill(data, (), "constellation", issues)
    _fill(data, (), "demand", issues)
    _fill(data, (), "gateways", issues)
    _fill(data, (), "sites", issues)
    _fill(data, (), "craft", issues)
    _fill(data.get("demand"), ("demand",), "terminals", issues)
    for room in ("constellation", "gateways", "terminals"):
        _fill(data.get("fallback"), ("fallback",), room, issues)
    return data, issues


def complete_orbiters(data: dict[str, Any]) -> None:
    """Give orbiters of a mission what they take from around them: their name, the start as their epoch."""
    time, craft = data.get("time"), data.get("craft")
    start = time.get("start") if isinstance(time, dict) else None
    for one in craft if isinstance(craft, list) else []:
        orbiter = one.get("orbiter") if isinstance(one, dict) else None
        if isinstance(orbiter, dict):
            orbiter.setdefault("name", one.get("name"))
            if start is not None and "oem_file" not in orbiter and orbiter.get("epoch") is None:
                orbiter["epoch"] = start


def _fill(part: Any, loc: Loc, room: str, issues: list[Issue]) -> None:
    """Resolve what stands in a room of a part of the scenario, if it has that room: a reference or many."""
    if not isinstance(part, dict) or room not in part:
        return
    found, here = part[room], (*loc, room)
    if room in ("constellation", "demand"):
        part[room] = _resolved(found, here, room, issues)
    elif isinstance(found, list):
        part[room] = [_resolved(item, (*here, i), room, issues) for i, item in enumerate(found)]


def _resolved(node: Any, loc: Loc, room: str, issues: list[Issue]) -> Any:
    if not isinstance(node, dict) or "catalogue" not in node:
        return node
    names = node["catalogue"]
    merged: dict[str, Any] = {}
    for name in names if isinstance(names, list) else [names]:
        try:
            found = _entry_data(name, room)
            merged = merge(merged, _as_site(found) if room == "sites" else found)
        except ScenarioError as error:
            issues.append(Issue((*loc, "catalogue"), error.message, error.hint, hides=loc))
    overrides = {key: value for key, value in node.items() if key != "catalogue"}
    if room == "gateways" and not _has_radio(names, overrides):
        issues.append(_no_radio(names, loc))
    return merge(merged, overrides)


def _as_site(data: dict[str, Any]) -> dict[str, Any]:
    """A site of a mission from an entry of the catalogue: of a tracking station its place, its mask, its
    dish and its radios."""
    if "frame" in data:
        return data
    kept = ("name", "latitude_deg", "longitude_deg", "height_m", "dish_m", "efficiency_share", "radios")
    place = {key: data[key] for key in kept if key in data}
    return {**place, "frame": "WGS84", "mask_deg": data["min_elevation_deg"]}


def _has_radio(names: Any, overrides: dict[str, Any]) -> bool:
    """Whether a gateway's radio is named or written out; names that are unknown are told elsewhere."""
    listed = names if isinstance(names, list) else [names]
    sites = catalogue_names("gateway")
    return any(name not in sites for name in listed) or overrides.keys() >= _RADIO


def _no_radio(names: Any, loc: Loc) -> Issue:
    site = next(iter(names), "SITE") if isinstance(names, list) else names
    radios = catalogue_names("earth-station")
    message = f"{dotted(loc)}: a site without a radio"
    hint = f"add one: `catalogue: [{site}, {radios[0]}]`; radios: {', '.join(radios)}"
    return Issue((*loc, "catalogue"), message, hint, hides=loc)


def _entry_data(name: Any, room: str) -> dict[str, Any]:
    kinds = _KINDS[room]
    names = [known for kind in kinds for known in catalogue_names(kind)]
    if not isinstance(name, str):
        raise ScenarioError("a catalogue name is text", hint=f"one of: {', '.join(names)}")
    if name not in names:
        where = f"the catalogue has no {' or '.join(kinds)} called '{name}'"
        if name in catalogue_names():
            where = f"'{name}' is a {entry(name).kind}, not a {' or '.join(kinds)}"
        near = near_name(name, names)
        hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(names)}"
        raise ScenarioError(where, hint=hint)
    return copy.deepcopy(entry(name).data)


def merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`: mappings merge, everything else (lists too) replaces."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged
