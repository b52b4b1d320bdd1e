"""The catalogue of real systems: every figure with its value, its source and our confidence in it.

Confidence: A primary text, official data or recomputed from it; B secondary source or press; M from memory or
unverified; C an assumption of ours or an unconfirmed claim. A conclusion never rests on C or M alone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from raabta.base.errors import ScenarioError
from raabta.scenario.documents import Document, Loc, read_file
from raabta.scenario.missions import Site
from raabta.scenario.model import Model
from raabta.scenario.models import Constellation, Gateway, Terminal
from raabta.scenario.rate_tables import RateTable
from raabta.scenario.suggest import near_name
from raabta.scenario.tracking import TrackingStation

Kind = Literal[
    "constellation",
    "terminal",
    "gateway",
    "earth-station",
    "tracking-station",
    "rate-table",
    "demand",
    "site",
    "craft",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
CONFIDENCES = ("A", "B", "M", "C")
_MODELS: dict[Kind, type[Model]] = {
    "constellation": Constellation,
    "terminal": Terminal,
    "gateway": Gateway,
    "tracking-station": TrackingStation,
    "rate-table": RateTable,
    "site": Site,
}
_FIGURE_KEYS = {"value", "source", "confidence", "low", "high", "note"}


class Figure(NamedTuple):
    """One figure of an entry: dotted path, value, source in words, confidence (A, B, M or C)."""

    path: str
    value: Any
    source: str
    confidence: str


@dataclass(frozen=True)
class Entry:
    """One catalogue entry: `data` is what a scenario merges, `model` its validated form where it is whole."""

    name: str
    kind: Kind
    label: str
    data: dict[str, Any]
    figures: tuple[Figure, ...]
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    group: str = ""
    note: str = ""

    @property
    def model(self) -> Model | None:
        """The entry as its model (a Gateway's radio is the default one), or None for partial kinds."""
        model = _MODELS.get(self.kind)
        return model.model_validate_json(json.dumps(self.data), strict=True) if model else None


def _folder(kind: Kind) -> Path:
    root = Path(str(resources.files("raabta.scenario"))) / "catalogue"
    return root / (kind if kind in ("demand", "craft") else f"{kind.replace('-', '_')}s")


@cache
def _index() -> dict[str, Kind]:
    return {path.stem: kind for kind in KINDS for path in sorted(_folder(kind).glob("*.yaml"))}


def catalogue_names(kind: Kind | None = None) -> list[str]:
    """Names of all entries, or of one kind, in alphabetical order."""
    return sorted(name for name, its in _index().items() if kind in (None, its))


@cache
def entry(name: str) -> Entry:
    """The entry called `name`. Raises ScenarioError with near names when there is none."""
    kind = _index().get(name)
    if kind is None:
        near = near_name(name, catalogue_names())
        raise ScenarioError(
            f"the catalogue has no '{name}'",
            hint=f"did you mean '{near}'?" if near else "`raabta catalogue` lists every name",
        )
    return _read(name, kind)


def figures(name: str) -> list[Figure]:
    """Every figure of an entry as (path, value, source, confidence), in the order of the file."""
    return list(entry(name).figures)


def actual_gateways() -> tuple[Gateway, ...]:
    """The gateways abroad that stand on a public list today (`--gateways actual`), by name."""
    names = [name for name in catalogue_names("gateway") if entry(name).group == "actual"]
    station = entry("starlink-earth-station").data
    merged = [{**entry(name).data, **station} for name in names]
    return tuple(Gateway.model_validate_json(json.dumps(data), strict=True) for data in merged)


def _read(name: str, kind: Kind) -> Entry:
    document = read_file(_folder(kind) / f"{name}.yaml")
    reader = _Reader(document)
    raw = document.data
    data = reader.plain(raw["figures"], ("figures",))
    return Entry(
        name=name,
        kind=kind,
        label=raw["label"],
        data=data,
        figures=tuple(reader.found),
        ranges=reader.ranges,
        group=raw.get("group", ""),
        note=raw.get("note", ""),
    )


class _Reader:
    """Strips figures to their values while collecting sources, confidences and ranges."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.sources: dict[str, str] = document.data.get("sources", {})
        self.found: list[Figure] = []
        self.ranges: dict[str, tuple[float, float]] = {}

    def plain(self, node: Any, loc: Loc) -> Any:
        if isinstance(node, dict) and "value" in node:
            return self._figure(node, loc)
        if isinstance(node, dict):
            return {key: self.plain(value, (*loc, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self.plain(value, (*loc, index)) for index, value in enumerate(node)]
        if isinstance(node, int | float) and not isinstance(node, bool):
            raise self._error(loc, "a number without source and confidence")
        return node

    def _figure(self, node: dict[str, Any], loc: Loc) -> Any:
        source, confidence = node.get("source"), node.get("confidence")
        if not source or confidence not in CONFIDENCES or set(node) - _FIGURE_KEYS:
            raise self._error(loc, f"a figure needs a source and a confidence of {', '.join(CONFIDENCES)}")
        path = dotted(loc[1:])
        words = self.sources.get(source, source)
        if " " not in words:
            raise self._error(loc, f"the source '{source}' is not described under `sources`")
        note = f"; {node['note']}" if "note" in node else ""
        self.found.append(Figure(path, node["value"], words + note, confidence))
        if "low" in node:
            self.ranges[path] = (node["low"], node["high"])
        return node["value"]

    def _error(self, loc: Loc, message: str) -> ScenarioError:
        place = self.document.place(loc)
        return self.document.error(f"{dotted(loc)}: {message}", place.value_line, place.value_column)


def dotted(loc: Loc) -> str:
    """`("shells", 0, "altitude_km")` as `shells[0].altitude_km`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


__all__ = [
    "CONFIDENCES",
    "KINDS",
    "Entry",
    "Figure",
    "Kind",
    "actual_gateways",
    "catalogue_names",
    "dotted",
    "entry",
    "figures",
]
