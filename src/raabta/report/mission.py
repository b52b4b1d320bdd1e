"""How a mission is shown: its page and summary as files, its tables in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raabta.report import mission_words, words

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from raabta.missions.stored import Stored

PER_TABLE = 14
"""Rows of a table on the screen; the files hold all."""


def write(stored: Stored, folder: Path) -> dict[str, Path]:
    """Write report.html and summary.json; file name -> path. Raises StoreError."""
    from raabta.engine import atomic
    from raabta.engine.outputs import json_of
    from raabta.report import mission_page

    contents = {
        "summary.json": json_of(stored.summary),
        "report.html": mission_page.render(stored).encode("utf-8"),
    }
    atomic.make_folder(folder)
    for name, data in contents.items():
        atomic.write_bytes(folder / name, data)
    return {name: folder / name for name in contents}


def terminal(stored: Stored) -> list[RenderableType]:
    """What a terminal shows: the answers, then each table's first rows."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    title = words.clean(stored.scenario.title or stored.scenario.name)
    lines = [Text(words.clean(line)) for line in mission_words.answers(stored)]
    found: list[RenderableType] = [Panel(Group(*lines), title=Text(title, style="bold"), padding=(1, 2))]
    for shown in mission_words.tables(stored):
        table = Table(title=Text(shown.title, style="bold"), title_justify="left", header_style="dim")
        for name, right in zip(shown.heads, shown.right, strict=True):
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for row in shown.rows[:PER_TABLE]:
            table.add_row(*(Text(words.clean(value)) for value in row))
        if len(shown.rows) > PER_TABLE:
            table.add_row(f"... {len(shown.rows) - PER_TABLE:,} more")
        found.append(table)
    return found
