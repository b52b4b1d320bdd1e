"""A finished run of ways, read from its folder."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from raabta.base.errors import StoreError
from raabta.engine.ledger import Ledger
from raabta.engine.outputs import read_chunks
from raabta.service.pairs.kept import KIND, scenario_of
from raabta.service.pairs.run import FLOWS, PAIRS, SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.summary import Read


@dataclass(frozen=True)
class Stored:
    """The scenario of a run, the rows of its table of pairs, and what reads its chunks in order; flows: the
    rows of its table of flows, and traffic: what its summary says of them, both empty without traffic."""

    folder: Path
    scenario: PathScenario
    pairs: list[dict[str, str]]
    read: Read
    flows: list[dict[str, str]]
    traffic: dict[str, Any]


def open_run(folder: Path) -> Stored:
    """A finished run of ways. Raises StoreError where the folder holds none."""
    if Ledger.kind_of(folder) != KIND or not (folder / PAIRS).is_file():
        raise StoreError(
            f"{folder} holds no finished run of ways ({PAIRS} is missing): run the scenario into it first"
        )
    scenario = scenario_of(folder)
    keys = Ledger.plan_of(folder)
    sends = scenario.traffic is not None
    return Stored(
        folder,
        scenario,
        _rows(folder / PAIRS),
        lambda only: read_chunks(folder, keys, only),
        _rows(folder / FLOWS) if sends else [],
        json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["traffic"] if sends else {},
    )


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
