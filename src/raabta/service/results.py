"""What one run found, as the report and `raabta.open` hand it out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from raabta.scenario.models import Scenario


@dataclass(frozen=True)
class Results:
    """The stored answer of one run: the scenario, the summary and four Datasets.

    `cells` is per H3 cell, `districts` per district, `day` over the slots of the run and `classes` per
    terminal class; their variables, units and meaning of NaN are declared in `raabta.base.tables`.
    `landing` is per gateway what lands there, where some of it lands through lasers; None elsewhere.
    `fallback` is per H3 cell what the fallback finds of the homes that it is offered; None without one.
    `summary` is what `summary.json` holds (docs/reference/summary.md).
    """

    folder: Path
    scenario: Scenario
    summary: dict[str, Any]
    cells: xr.Dataset
    districts: xr.Dataset
    day: xr.Dataset
    classes: xr.Dataset
    fallback: xr.Dataset | None = None
    landing: xr.Dataset | None = None
