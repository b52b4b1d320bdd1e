"""What `raabta sweep` does: many designs over the same path, and one table."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from raabta.base.errors import RaabtaError
from raabta.cli.output import complain, say, say_json, show

if TYPE_CHECKING:
    from pathlib import Path

    from rich.table import Table

    from raabta.cli.asked import RunOptions
    from raabta.study.designs import Axis, Design
    from raabta.study.table import Told

_WIDEST_VALUE = 24


def sweep(source: str, options: RunOptions, as_json: bool) -> int:
    """`raabta sweep`: 0 when every design was run, else the exit code of the worst."""
    from raabta.cli.asked import load_scenario
    from raabta.cli.limits import limits
    from raabta.study.designs import designs, read_axes, refuse_too_many

    allowed = limits(options.max_time, options.max_memory, options.yes)
    axes = read_axes(options.settings)
    if not options.yes:
        refuse_too_many(axes)
    found = designs(axes, lambda settings: load_scenario(source, replace(options, settings=tuple(settings))))
    folder = options.out or _folder(found)
    from raabta.cli.progress import Bars
    from raabta.study import sweep as room
    from raabta.study import table

    with Bars() as bars:
        told = room.sweep(
            axes,
            found,
            folder,
            workers=options.workers,
            scheduler=options.scheduler,
            limits=allowed,
            progress=bars,
        )
    if as_json:
        import json

        say_json(json.loads((folder / table.JSON).read_text(encoding="utf-8")))
    else:
        show([_table(axes, found, told)])
        say(f"Kept in {folder}: {table.CSV}, {table.JSON} and a run folder for each design")
    return _end(told)


def _folder(designs: Sequence[Design]) -> Path:
    """Where a sweep goes when nothing else is said: raabta-runs/sweep-NAME-HASH8."""
    from raabta.cli.asked import run_folder
    from raabta.scenario.loader import scenario_hash

    digest = hashlib.sha256("".join(scenario_hash(each.scenario) for each in designs).encode()).hexdigest()
    alone = run_folder(designs[0].scenario)
    return alone.with_name(f"sweep-{alone.name.rpartition('-')[0]}-{digest[:8]}")


def _end(told: Sequence[Told]) -> int:
    """Name the designs that failed; the exit code."""
    failed = [one for one in told if one.error is not None]
    for one in failed:
        complain(f"design {one.name} failed: {one.error}")
    if not failed:
        return 0
    complain(f"{len(failed)} of {len(told)} designs failed; the others are kept")
    return 1 if any(one.fault for one in failed) else RaabtaError.exit_code


def _table(axes: Sequence[Axis], designs: Sequence[Design], told: Sequence[Told]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from raabta.report import words
    from raabta.scenario.models import PLANS_MBPS
    from raabta.study.designs import swept

    table = Table(
        title=Text("Homes served at each plan, by design", style="bold"),
        title_justify="left",
        header_style="dim",
    )
    shown = swept(axes)
    for i in shown:
        table.add_column(Text(words.clean(axes[i].parts[-1])), overflow="fold")
    for name in (*PLANS_MBPS, "Asking", "Available"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("Held back by")
    for design, one in zip(designs, told, strict=True):
        values = [Text(_shown(words.clean(design.values[i]))) for i in shown]
        table.add_row(*values, *(Text(part) for part in _figures(one.figures)))
    return table


def _figures(figures: dict[str, Any] | None) -> list[str]:
    from raabta.report import words
    from raabta.scenario.models import PLANS_MBPS

    if figures is None:
        return ["failed", *[""] * (len(PLANS_MBPS) + 2)]
    served = [words.count(figures["households_served"][plan]) for plan in PLANS_MBPS]
    shares = {name: share for name, share in figures["binding_constraint_share"].items() if share > 0.0}
    most = max(shares, key=lambda name: shares[name], default=None)
    held = words.NOT_STORED if most is None else words.constraint(most)
    return [*served, words.count(figures["subscribers"]), words.share(figures["availability_share"], 2), held]


def _shown(text: str) -> str:
    return text if len(text) <= _WIDEST_VALUE else f"{text[: _WIDEST_VALUE - 3]}..."
