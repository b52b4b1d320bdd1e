"""The one table of a sweep: what became of each design, a row of each, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raabta.engine.atomic import write_bytes
from raabta.network.constraints import CONSTRAINTS
from raabta.scenario import override
from raabta.scenario.models import PLANS_MBPS

if TYPE_CHECKING:
    from raabta.service.results import Results
    from raabta.study.designs import Axis, Design

CSV, JSON = "sweep.csv", "sweep.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Told:
    """What became of one design: its figures, or the error that ended it; `fault` if that error is ours."""

    name: str
    figures: dict[str, Any] | None = None
    error: str | None = None
    fault: bool = False
    limit: bool = False


def figures(results: Results) -> dict[str, Any]:
    """What the table tells of a run: homes served per plan, homes that ask, availability, what binds."""
    totals, binding = results.summary["totals"], results.summary["binding_constraint_share"]
    return {
        "households_served": {plan: totals["households_served"][plan]["mid"] for plan in PLANS_MBPS},
        "subscribers": totals["subscribers"],
        "availability_share": totals["availability_share"],
        "binding_constraint_share": {name: binding[name]["weighted"] for name in CONSTRAINTS},
    }


def write(folder: Path, axes: Sequence[Axis], designs: Sequence[Design], told: Sequence[Told]) -> None:
    """Write `sweep.csv` and `sweep.json`, each whole. Raises StoreError."""
    scenario = designs[0].scenario.name
    rows = [_row(axes, design, one) for design, one in zip(designs, told, strict=True)]
    content = {
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario,
        "keys": [axis.key for axis in axes],
        "designs": rows,
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    write_bytes(folder / JSON, (text + "\n").encode())
    write_bytes(folder / CSV, _csv(axes, rows).encode())


def _row(axes: Sequence[Axis], design: Design, told: Told) -> dict[str, Any]:
    values = {
        axis.key: override.read(f"{axis.key}={text}").value.data
        for axis, text in zip(axes, design.values, strict=True)
    }
    return {
        "design": design.name,
        "values": values,
        "status": "done" if told.error is None else "failed",
        **(told.figures or dict.fromkeys(_FIGURES)),
        "folder": design.name,
        "error": told.error,
    }


_FIGURES = ("households_served", "subscribers", "availability_share", "binding_constraint_share")


def _csv(axes: Sequence[Axis], rows: Sequence[dict[str, Any]]) -> str:
    keys = [axis.key for axis in axes]
    plans = [f"households_served_{plan.replace('/', '_')}" for plan in PLANS_MBPS]
    shares = [f"{name}_share" for name in CONSTRAINTS]
    stream = io.StringIO()
    out = csv.writer(stream, lineterminator="\n")
    out.writerow(
        ["design", *keys, "status", *plans, "subscribers", "availability_share", *shares, "folder", "error"]
    )
    for row in rows:
        served, binding = row["households_served"] or {}, row["binding_constraint_share"] or {}
        out.writerow(
            [
                row["design"],
                *(_cell(row["values"][key]) for key in keys),
                row["status"],
                *(served.get(plan) for plan in PLANS_MBPS),
                row["subscribers"],
                row["availability_share"],
                *(binding.get(name) for name in CONSTRAINTS),
                row["folder"],
                row["error"],
            ]
        )
    return stream.getvalue()


def _cell(value: Any) -> str:
    """A value as text: words as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
