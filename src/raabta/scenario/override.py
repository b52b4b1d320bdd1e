"""`KEY=VALUE`: any key of a scenario overruled by its dotted path, its file left as it is.

`read` takes the text apart, `lay` puts the values into a scenario's plain data. A value is YAML by the
grammar of scenario files and replaces what stands there; a mapping is laid on it, as on a catalogue entry,
unless it names an entry itself. An element of a list is named by its number from 0,
a gateway also by its name and a terminal by its class: `constellation.shells[0].planes=20`,
`gateways.Karachi.antennas=4`, `demand.terminals.household.contention_ratio=30`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, get_origin

from raabta.base.errors import ScenarioError
from raabta.scenario.catalogue import dotted
from raabta.scenario.documents import Document, Loc, Place, parse, shortened
from raabta.scenario.fields import CATALOGUE, held_at, is_model, keys_at, value_at
from raabta.scenario.findings import Issue, Origin
from raabta.scenario.kinds import model_of
from raabta.scenario.references import merge, resolve
from raabta.scenario.suggest import converted, near_key, near_name, unit_key

OPTION = "option --set"
_PATH = re.compile(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^\[\]]+\])*")
_PART = re.compile(r"(?<=\[)[^\[\]]+|[^.\[\]]+")
_NOTHING = re.compile(r"(?:\s++|#[^\r\n\x85\u2028\u2029]*+)*+")
"""Blanks and comments alone, to any end of line that YAML knows."""
_LONGEST_NUMBER = 5


class Setting(NamedTuple):
    """One `KEY=VALUE`: the text, the parts of its path, and its value as a Document that shows the text."""

    text: str
    parts: tuple[str, ...]
    value: Document


def read(text: str) -> Setting:
    """Take `KEY=VALUE` apart. Raises ScenarioError with a caret where the value is not sound YAML."""
    key, equals, _ = text.partition("=")
    if not equals or not _PATH.fullmatch(key.strip()):
        hint = "such as weather.statistic=annual or gateways.Karachi.antennas=4"
        raise ScenarioError(shortened(f"{OPTION}: '{text}' is not KEY=VALUE"), hint=hint)
    parts = tuple(part.strip(" \"'") for part in _PART.findall(key.strip()))
    return Setting(text, parts, _value(text, len(key) + 1))


def _value(text: str, start: int) -> Document:
    """The YAML from column `start` (from 0) of `text` on; nothing, or a comment alone, is null."""
    if _NOTHING.fullmatch(text[start:]):
        here = Place(1, start + 1, 1, start + 1)
        return Document(OPTION, (text,), None, {(): here}, numbered=False)
    return parse(" " * start + text[start:], OPTION, shown=text)


def lay(
    raw: dict[str, Any], settings: Sequence[Setting], overruled: dict[Loc, Origin]
) -> tuple[dict[str, Any], list[Issue]]:
    """`raw` with its catalogue entries merged in and the settings laid on it, and what could not be resolved.

    In the order given, but names of catalogue entries first: what they bring can be set too. `overruled` says
    who set which place, and learns of the settings. Raises ScenarioError, of one line, for a path that leads
    nowhere or undoes what was set before.
    """
    raw = copy.deepcopy(raw)
    for setting in (each for each in settings if each.parts[-1] == CATALOGUE):
        loc = _locate(resolve(raw)[0], setting)
        entry = value_at(raw, loc[:-1])
        if not isinstance(entry, dict) or CATALOGUE not in entry:
            name = dotted(loc[:-1])
            raise _refused(f"{name} names no catalogue entry; set it whole: '{name}={{catalogue: NAME}}'")
        _put(raw, loc, setting, overruled)
    data, issues = resolve(raw)
    for setting in (each for each in settings if each.parts[-1] != CATALOGUE):
        _put(data, _locate(data, setting), setting, overruled)
        data, more = resolve(data)
        issues += more
    return data, issues


def _put(data: dict[str, Any], loc: Loc, setting: Setting, overruled: dict[Loc, Origin]) -> None:
    """Put a value in its place, unless the file has something there that no scenario has: it will be told."""
    for before, origin in overruled.items():
        if before[: len(loc)] == loc:
            first = origin if isinstance(origin, str) else f"--set {origin.lines[0]}"
            raise _refused(f"{dotted(loc)} would undo {first}; keep one of them, or give the wider one first")
    node: Any = data
    for part in loc[:-1]:
        node = node.setdefault(part, {}) if isinstance(node, dict) else value_at(node, (part,))
    if isinstance(node, dict | list):
        node[loc[-1]] = _laid_on(value_at(node, loc[-1:]), setting.value.data)  # type: ignore[index]
    places = {(): setting.value.place(())} | {
        (*loc, *below): at for below, at in setting.value.places.items()
    }
    overruled[loc] = replace(setting.value, places=places)


def _laid_on(old: Any, value: Any) -> Any:
    both = isinstance(old, dict) and isinstance(value, dict) and CATALOGUE not in value
    return copy.deepcopy(merge(old, value) if both else value)


def due_to_settings(
    found: Sequence[Issue], alone: Sequence[Issue], overruled: dict[Loc, Origin]
) -> list[Issue]:
    """Findings that the file `alone` does not give are due to the last setting near them."""
    known = {(issue.loc, issue.message) for issue in alone}
    laid = {loc: origin for loc, origin in overruled.items() if isinstance(origin, Document)}

    def due(issue: Issue) -> Issue:
        if issue.option is not None or (issue.loc, issue.message) in known:
            return issue
        near = [origin for loc, origin in laid.items() if loc[: len(issue.loc)] == issue.loc]
        return replace(issue, option=[*laid.values(), *near][-1])

    return [due(issue) for issue in found]


class _Stuck(NamedTuple):
    """Where a path leads nowhere: the place reached, also as typed, the part at fault and what follows."""

    data: dict[str, Any]
    loc: Loc
    typed: Loc
    part: str
    rest: tuple[str, ...]
    value: Any

    def told(self, advice: str) -> ScenarioError:
        """The refusal, with advice after it."""
        return _refused(f"{_text(self.typed) or 'the scenario'} has no '{self.part}'; {advice}")

    def meant(self, loc: Loc, value: str = "", unit: str = "") -> ScenarioError:
        """The refusal, with the path that was meant: to `loc`, and on as it was typed."""
        here = len(self.loc)
        path = (*self.typed, *loc[here:]) if loc[:here] == self.loc else loc
        return self.told(f"did you mean '{_text((*path, *self.rest))}{value}'{unit}?")


def _locate(data: dict[str, Any], setting: Setting) -> Loc:
    """The place that the path of a setting means. Raises ScenarioError with the nearest path."""
    loc: Loc = ()
    typed: Loc = ()
    root = model_of(data)
    for number, part in enumerate(setting.parts):
        held, many = held_at(loc, root)
        stuck = _Stuck(data, loc, typed, part, setting.parts[number + 1 :], setting.value.data)
        if many:
            element = _element(stuck)
            loc, typed = (*loc, element), (*typed, element if part.isdecimal() else part)
            continue
        if is_model(held) and part not in keys_at(loc, root):
            raise _unknown_key(stuck)
        if not is_model(held) and get_origin(held) is not dict:
            raise _refused(f"{_text(typed)} is a single value; it has no '{part}'")
        loc, typed = (*loc, part), (*typed, part)
    return loc


def _element(stuck: _Stuck) -> int:
    """The number of the element of a list that a part means: by number, by name or by class."""
    items, part = value_at(stuck.data, stuck.loc), stuck.part
    items = items if isinstance(items, list) else []
    if part.isdecimal() and len(part) <= _LONGEST_NUMBER and int(part) < len(items):
        return int(part)
    names = _names(items)
    for same in (str, str.casefold):
        for name, number in names.items():
            if same(name) == same(part):
                return number
    raise _unknown_element(stuck, items)


def _names(items: Sequence[Any]) -> dict[str, int]:
    """Names of the elements of a list -> their numbers; empty where elements have no names."""
    found: dict[str, int] = {}
    for number, item in enumerate(items):
        name = item.get("name", item.get("terminal_class")) if isinstance(item, dict) else None
        if isinstance(name, str):
            found.setdefault(name, number)
    return found


def _unknown_element(stuck: _Stuck, items: Sequence[Any]) -> ScenarioError:
    """An element that a list does not have: the nearest name, or a key of its elements, or what it has."""
    names = {name.casefold(): name for name in _names(items)}
    keys = keys_at((*stuck.loc, 0), model_of(stuck.data)) if items else []
    near = None if stuck.part in keys else near_name(stuck.part, names)
    if near is not None:
        return stuck.meant((*stuck.loc, names[near]))
    key = near_key(stuck.part, keys, [])
    if key is not None:
        return stuck.meant((*stuck.loc, 0, key))
    if not items:
        return stuck.told("it is empty: set the whole list")
    numbers = f"[0] to [{len(items) - 1}]" if len(items) > 1 else "[0]"
    return stuck.told(f"it has {', '.join(names.values()) or numbers}")


def _unknown_key(stuck: _Stuck) -> ScenarioError:
    """A key that does not stand here: the same one in its unit, at another place, or the nearest one."""
    keys = keys_at(stuck.loc, model_of(stuck.data))
    wanted = unit_key(stuck.part, keys)
    if wanted is not None:
        number = (converted(stuck.part, wanted, stuck.value) or "").partition(": ")[2]
        unit = f", in {wanted.rpartition('_')[2]}"
        return stuck.meant((*stuck.loc, wanted), f"={number}" if number else "", unit)
    meant = _meant(stuck.data, stuck.loc, stuck.part, keys)
    return stuck.told(f"keys here: {', '.join(keys)}") if meant is None else stuck.meant(meant)


def _meant(data: dict[str, Any], loc: Loc, part: str, keys: Sequence[str]) -> Loc | None:
    """The place of the key itself, below `loc` or anywhere; else the nearest key here, else anywhere."""
    places = list(_places(data))
    named = [place for place in places if place[-1] == part]
    below = [place for place in named if place[: len(loc)] == loc]
    if named:
        return (below or named)[0]
    if not re.fullmatch(r"\w+", part):  # another separator than the dot
        texts = {_text(place): place for place in places}
        return texts.get(near_name(_text((*loc, part)), texts) or "")
    near = near_key(part, keys, [])
    if near is not None:
        return (*loc, near)
    leaves = {str(place[-1]): place for place in reversed(places)}
    return leaves.get(near_key(part, list(leaves), []) or "")


def _places(data: Any, loc: Loc = ()) -> Iterator[Loc]:
    """Every place of a scenario that can be set, in the order of the models."""
    root = model_of(data)
    held, many = held_at(loc, root)
    items = value_at(data, loc)
    parts: Sequence[str | int] = keys_at(loc, root)
    if many and is_model(held):
        parts = range(len(items)) if isinstance(items, list) else ()
    for part in parts:
        yield (*loc, part)
        yield from _places(data, (*loc, part))


def _text(loc: Loc) -> str:
    """A place as a path to type; a name with a dot stands in brackets."""
    parts = (f"[{part}]" if isinstance(part, int) or "." in part else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def _refused(message: str) -> ScenarioError:
    return ScenarioError(shortened(f"{OPTION}: {message}"))
