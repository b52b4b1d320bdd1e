"""A finished run of ways, read from its folder."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raabta.base.errors import StoreError
from raabta.engine.ledger import Ledger
from raabta.service.pairs.kept import KIND, scenario_of
from raabta.service.pairs.run import PAIRS, read_chunks

if TYPE_CHECKING:
    from pathlib import Path

    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.summary import Read


@dataclass(frozen=True)
class Stored:
    """The scenario of a run, the rows of its table of pairs, and what reads its chunks in order."""

    folder: Path
    scenario: PathScenario
    pairs: list[dict[str, str]]
    read: Read


def open_run(folder: Path) -> Stored:
    """A finished run of ways. Raises StoreError where the folder holds none."""
    held = Ledger.held(folder)
    if held is None or held.kind != KIND or not (folder / PAIRS).is_file():
        raise StoreError(
            f"{folder} holds no finished run of ways ({PAIRS} is missing): run the scenario into it first"
        )
    scenario = scenario_of(folder)
    keys = Ledger.plan_of(folder)
    with (folder / PAIRS).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Stored(folder, scenario, rows, lambda only: read_chunks(folder, keys, only))
