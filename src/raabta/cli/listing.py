"""`raabta catalogue`: what can be named, and where each figure comes from."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from raabta.cli.output import console, heard, say_json
from raabta.scenario.catalogue import KINDS, Entry, catalogue_names, entry

_CONFIDENCE = "A primary or recomputed · B secondary · M from memory · C assumption of ours"


def show(name: str | None, as_json: bool) -> None:
    """Print all entries, or one entry with every figure, its source and our confidence in it."""
    if as_json:
        say_json(_plain(name))
        return
    found = entry(name) if name is not None else None
    with heard():
        _show_all(console()) if found is None else _show_one(found, console())


def _plain(name: str | None) -> Any:
    if name is None:
        return {each: {"kind": entry(each).kind, "label": entry(each).label} for each in catalogue_names()}
    found = entry(name)
    return {
        "name": found.name,
        "kind": found.kind,
        "label": found.label,
        "note": found.note,
        "figures": [figure._asdict() for figure in found.figures],
    }


def _show_all(screen: Console) -> None:
    for kind in KINDS:
        table = Table("name", "what", title=kind, title_justify="left", expand=True)
        for name in catalogue_names(kind):
            table.add_row(name, entry(name).label)
        screen.print(table)
    screen.print("`raabta catalogue NAME` shows the figures of an entry and their sources.", markup=False)


def _show_one(found: Entry, screen: Console) -> None:
    screen.print(f"{found.name} ({found.kind}): {found.label}", markup=False, style="bold")
    if found.note:
        screen.print(found.note, markup=False)
    table = Table("figure", "value", "range", "", "source", expand=True)
    for figure in found.figures:
        limits = found.ranges.get(figure.path)
        shown = f"{limits[0]:g}-{limits[1]:g}" if limits else ""
        table.add_row(
            figure.path.replace("[", "\\["), str(figure.value), shown, figure.confidence, figure.source
        )
    screen.print(table)
    screen.print(_CONFIDENCE, markup=False)
