"""What is wrong with a scenario, said at the line: pydantic's findings turned into messages to act on."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

from pydantic import ValidationError

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import dotted
from raabta.scenario.countries import meant_country
from raabta.scenario.documents import Document, Loc, shortened
from raabta.scenario.fields import CATALOGUE, keys_at, value_at
from raabta.scenario.findings import (
    COUNTRY_KEYS,
    Issue,
    Origin,
    from_catalogue,
    origin,
    unknown_dates,
    wrong_time,
)
from raabta.scenario.kinds import AnyScenario, model_of
from raabta.scenario.missions import MissionScenario
from raabta.scenario.model import Model
from raabta.scenario.models import Scenario, SpaceSegment
from raabta.scenario.suggest import converted, near_key, near_name, unit_key

_MAX_SHOWN = 50
_MAX_DIAGNOSED = 200
FRAME_HINTS = {
    "frame": "WGS84 on the Earth; MOON_ME (maps, landing sites) or MOON_PA on the Moon: they differ by 870 m"
}
"""What to write for a key that has no default on purpose."""
_NESTED: Loc = ("fallback", "fallback")


def diagnose(
    data: dict[str, Any], overruled: Mapping[Loc, Origin], issues: list[Issue]
) -> tuple[AnyScenario | None, list[Issue]]:
    """Validate `data`; returns the scenario, or None and every issue with what on the command line set it."""
    try:
        scenario = model_of(data).model_validate_json(json.dumps(data), strict=True)
        issues = issues + _no_satellites(scenario) + unknown_dates(scenario, overruled)
    except ValidationError as error:
        scenario, issues = None, issues + _from_pydantic(error, data, issues)
    issues = [replace(issue, option=origin(issue.loc, overruled)) for issue in issues]
    return (None if issues else scenario), issues


def _no_satellites(scenario: AnyScenario) -> list[Issue]:
    if isinstance(scenario, MissionScenario):
        return []
    systems: dict[Loc, SpaceSegment] = {("constellation",): scenario.constellation}
    if isinstance(scenario, Scenario) and scenario.fallback is not None:
        systems["fallback", "constellation"] = scenario.fallback.constellation
    hint = "give `shells`, `geostationary` or `orbits_file`, or a `catalogue` name"
    return [
        Issue(loc, f"{dotted(loc)}: holds no satellites", hint, at_key=True)
        for loc, system in systems.items()
        if not (system.shells or system.geostationary or system.orbits_file)
    ]


def _order(issue: Issue, document: Document) -> tuple[int, int, int]:
    """Options first, then wrong keys and names, then what follows from values; each in file order."""
    rank = 0 if issue.option else 1 if issue.hides is not None else 2
    return (rank, *_position(issue, document.place(issue.loc)))


def _position(issue: Issue, place: Any) -> tuple[int, int]:
    if issue.at_key:
        return place.key_line, place.key_column
    return place.value_line, place.value_column


def raise_issues(issues: list[Issue], document: Document) -> NoReturn:
    """Raise the first issue, in file order, as a ScenarioError; its text goes on to list all the others."""
    issues = sorted(issues, key=lambda issue: _order(issue, document))
    errors = [_as_error(issue, document) for issue in issues]
    first = errors[0]
    if len(errors) > 1:
        rest = [str(error) for error in errors[1:_MAX_SHOWN]]
        left = len(errors) - 1 - len(rest)
        more = [f"... and at least {left} more"] if left > 0 else [f"{len(errors)} faults in all"]
        first.args = ("\n\n".join([str(first), *rest, *more]),)
    raise first


def _as_error(issue: Issue, document: Document) -> ScenarioError:
    if isinstance(issue.option, str):
        return ScenarioError(shortened(f"option {issue.option}: {issue.message}"), hint=issue.hint)
    source = issue.option or document
    line, column = _position(issue, source.place(issue.loc))
    return source.error(issue.message, line, column, issue.hint)


def _from_pydantic(error: ValidationError, data: dict[str, Any], known: list[Issue]) -> list[Issue]:
    items = [dict(item) for item in error.errors(include_url=False)[:_MAX_DIAGNOSED]]
    found = [_issue(item, data) for item in items if not _counts_only_valid_items(item)]
    hidden = [issue.hides for issue in [*known, *found] if issue.hides is not None]
    return [issue for issue in found if issue.hides is not None or not _is_hidden(issue.loc, hidden)]


def _counts_only_valid_items(item: dict[str, Any]) -> bool:
    """A list called too short although it is not empty: its items are faulty, and said so themselves."""
    return item["type"] == "too_short" and isinstance(item["input"], list) and len(item["input"]) > 0


def _is_hidden(loc: Loc, hidden: list[Loc]) -> bool:
    return any(loc[: len(above)] == above for above in hidden)


def _issue(item: dict[str, Any], data: dict[str, Any]) -> Issue:
    loc: Loc = tuple(item["loc"])
    if item["type"] == "extra_forbidden":
        return _unknown_key(loc, data, item["input"])
    if item["type"] == "missing":
        path = dotted(loc[:-1])
        where = f"{path}: the" if path else "the"
        hint = from_catalogue(loc) or FRAME_HINTS.get(str(loc[-1]))
        return Issue(loc, f"{where} key '{loc[-1]}' is missing", hint, at_key=True)
    if loc[:1] == ("time",) and (found := wrong_time(loc, item)) is not None:
        return found
    message = _in_yaml_words(item["msg"])
    shown = "" if item["type"] == "value_error" else f", not {_short(item['input'])}"
    text = f"{dotted(loc) or 'scenario'}: {message}{shown}"
    return Issue(loc, text, _value_hint(loc, item, model_of(data)))


_YAML_WORDS = (
    (r"^Value error, ", ""),
    (r"^(Input|Tuple|String|List) should ", "should "),
    (r"\ba valid array\b", "a list"),
    (r"\ban object\b", "a mapping"),
    (r" after validation, not \d+$", ""),
)


def _in_yaml_words(message: str) -> str:
    for pattern, words in _YAML_WORDS:
        message = re.sub(pattern, words, message)
    return message


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = "empty" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _value_hint(loc: Loc, item: dict[str, Any], root: type[Model]) -> str | None:
    value = item["input"]
    name = next((str(part) for part in reversed(loc) if not isinstance(part, int)), "")
    if name in COUNTRY_KEYS and isinstance(value, str):
        meant = meant_country(value)
        return f"did you mean {meant}?" if meant else "an ISO 3166-1 alpha-3 code, such as PAK (Pakistan)"
    if item["type"] == "too_short":
        return from_catalogue(loc)
    if isinstance(value, str) and item["type"] in ("float_type", "int_type"):
        unit = f"; '{name}' is in {name.rpartition('_')[2]}" if "_" in name else ""
        return f"write the number alone, without quotes and without a unit{unit}"
    if isinstance(value, str) and item["type"].startswith("model"):
        keys = keys_at(loc, root)
        return f"write `{name}: {{catalogue: {value}}}`" if CATALOGUE in keys else f"keys: {', '.join(keys)}"
    if isinstance(value, str) and item["type"] == "literal_error":
        near = near_name(value, re.findall(r"'([^']*)'", item["ctx"]["expected"]))
        return f"did you mean '{near}'?" if near else None
    return None


def _unknown_key(loc: Loc, data: dict[str, Any], value: Any) -> Issue:
    parent, key = loc[:-1], str(loc[-1])
    fields = keys_at(parent, model_of(data))
    siblings = value_at(data, parent)
    present = list(siblings) if isinstance(siblings, dict) else []
    path = dotted(parent)
    message = f"{path + ': ' if path else ''}unknown key '{key}'"
    if loc == _NESTED:
        hint = "a fallback has none of its own: a run takes two constellations at most"
        return Issue(loc, message, hint, at_key=True, hides=loc)
    wanted = unit_key(key, fields)
    if wanted is not None:
        value_there = converted(key, wanted, value)
        unit = wanted.rpartition("_")[2]
        hint = f"'{wanted}' is the key, in {unit}" + (f": write `{value_there}`" if value_there else "")
        return Issue(loc, message, hint, at_key=True, hides=(*parent, wanted))
    near = near_key(key, fields, present)
    if near is None:
        known = f"keys here: {', '.join(fields)}" if fields else None
        return Issue(loc, message, known, at_key=True, hides=loc)
    hides = parent if near == "catalogue" else (*parent, near)
    return Issue(loc, message, f"did you mean '{near}'?", at_key=True, hides=hides)
