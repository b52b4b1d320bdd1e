"""Prints the reference pages of the scenario and the catalogue from the models and the entries themselves.

`python -m raabta.scenario.reference docs/reference` writes scenario.md and catalogue.md; a test holds them
against what this module prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from raabta.scenario.catalogue import KINDS, Entry, Kind, catalogue_names, entry
from raabta.scenario.constellation import SpaceSegment
from raabta.scenario.fields import inner, is_model
from raabta.scenario.kinds import BROADBAND, MODELS
from raabta.scenario.meanings import MEANINGS
from raabta.scenario.model import Model

_SCENARIO_HEAD = """\
# The scenario file

Printed from the models (`python -m raabta.scenario.reference docs/reference`). A scenario is one YAML
file: nothing outside it and the packaged data decides the answer. Every key spells its unit; a key that is
not listed here is refused, with the line and the nearest key. `raabta init FILE` writes a commented file
to start from.

- **YAML**: the 1.2 core schema in UTF-8, up to 1 MB and 20 levels. `NO` and `12:30:00` stay text, `1e3` is
  a number. Anchors, aliases, tags, merge keys, duplicate keys, NaN and infinity are refused.
- **Catalogue**: `constellation`, `demand`, each gateway and each terminal, those of a fallback too, and
  each site and craft of a mission may hold `catalogue: NAME`; what stands beside it overrules the entry
  (mappings merge, lists are replaced). A gateway takes a site and a radio: `catalogue: [karachi,
  ka-earth-station]`.
- **Files** named in a scenario are meant from the scenario's own folder.
- **Required** keys say so; all others have the default shown.
- **Kind**: a scenario asks who is served (`broadband`, the default), for ways between places (`paths`) or
  what a mission gets (`mission`); what a kind shares with one above it is listed there.
"""

_CATALOGUE_HEAD = """\
# The catalogue

Printed from the entries (`python -m raabta.scenario.reference docs/reference`); `raabta catalogue NAME`
shows one. Confidence: **A** primary text, official data or recomputed from it; **B** secondary source or
press; **M** from memory, unverified; **C** an assumption of ours or an unconfirmed claim. Where an answer
rests on M or C, its scenario lists that among its assumptions. A stand-in is labelled in every output.
"""


def scenario_page() -> str:
    """The reference of every key of a scenario file, as Markdown."""
    parts, seen = [_SCENARIO_HEAD], set[type[Model]]()
    for kind, root in MODELS.items():
        for model, path in _models(root, "", seen):
            title = f"`{path}`" if path else f"Top level, kind `{kind}`"
            title += "" if kind == BROADBAND or not path else f" of kind `{kind}`"
            parts += [f"## {title}", "", model.__doc__ or "", "", "| key | allowed | default | meaning |"]
            parts += ["|---|---|---|---|", *_rows(model), ""]
    return "\n".join(parts).rstrip() + "\n"


def _models(model: type[Model], path: str, seen: set[type[Model]]) -> Iterator[tuple[type[Model], str]]:
    """Each model once, where it stands first."""
    if model in seen:
        return
    seen.add(model)
    yield model, path
    for name, field in model.model_fields.items():
        held, many = inner(field.annotation)
        if is_model(held):
            below = f"{path}.{name}" if path else name
            yield from _models(held, below + ("[]" if many else ""), seen)


def _rows(model: type[Model]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        default = "required" if field.is_required() else _default(field.default)
        named = "Constellation" if model is SpaceSegment else model.__name__
        meaning = field.description or MEANINGS[named][name]
        yield f"| `{name}` | {_allowed(field.annotation, field.metadata)} | {default} | {meaning} |"


def _default(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, Model):
        return "as listed below"
    if value in ("", {}):
        return "empty"
    return f"`{value.isoformat() if isinstance(value, datetime) else value}`"


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def _allowed(annotation: Any, metadata: list[Any]) -> str:
    held, many = inner(annotation)
    if get_origin(held) is Literal:
        return " \\| ".join(f"`{choice}`" for choice in get_args(held))
    if get_origin(held) is dict:
        key, value = get_args(held)
        named = "text" if key is str else "country code"
        return f"mapping of {named} to {_allowed(value, [])}"
    if is_model(held):
        return "list" if many else "mapping"
    words = {float: "number", int: "whole number", str: "text", bool: "true or false", datetime: "ISO 8601"}
    limits = [words.get(held, "text"), *(_limit(one) for one in _flat(metadata))]
    return "list of text" if many else " ".join(word for word in limits if word)


def _flat(metadata: list[Any]) -> Iterator[Any]:
    for item in metadata:
        yield from _flat(item.metadata) if hasattr(item, "metadata") else [item]


def _limit(item: Any) -> str:
    for name, sign in _SIGNS.items():
        if hasattr(item, name):
            return f"{sign} {getattr(item, name):,}"
    return f"matching `{item.pattern}`" if getattr(item, "pattern", None) else ""


_TITLES: dict[Kind, str] = {
    "constellation": "Constellations",
    "terminal": "Terminal classes",
    "gateway": "Gateway sites",
    "earth-station": "Gateway radios",
    "tracking-station": "Tracking stations",
    "rate-table": "Rates of spacecraft radios",
    "demand": "Demand",
    "site": "Sites of missions",
    "craft": "Craft of missions",
}


def catalogue_page() -> str:
    """Every entry with every figure, range, confidence and source, as Markdown."""
    parts = [_CATALOGUE_HEAD]
    for kind in KINDS:
        parts += [f"## {_TITLES[kind]}", ""]
        for name in catalogue_names(kind):
            parts += _entry(entry(name))
    return "\n".join(parts).rstrip() + "\n"


def _entry(found: Entry) -> list[str]:
    head = [f"### `{found.name}`", "", found.label + ("." if not found.label.endswith(".") else ""), ""]
    note = [found.note, ""] if found.note else []
    rows = ["| figure | value | range | confidence | source |", "|---|---|---|---|---|"]
    for figure in found.figures:
        low_high = found.ranges.get(figure.path)
        limits = f"{low_high[0]:g} to {low_high[1]:g}" if low_high else ""
        rows.append(
            f"| `{figure.path}` | {figure.value} | {limits} | {figure.confidence} | {figure.source} |"
        )
    return [*head, *note, *rows, ""]


def write(folder: Path) -> None:
    """Write scenario.md and catalogue.md into `folder`."""
    (folder / "scenario.md").write_text(scenario_page(), encoding="utf-8")
    (folder / "catalogue.md").write_text(catalogue_page(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
