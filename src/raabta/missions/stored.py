"""A finished run of a mission, read from its folder."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.base.errors import StoreError
from raabta.engine.ledger import Ledger
from raabta.engine.outputs import read_chunks
from raabta.missions.model import Mission, prepare
from raabta.missions.run import KIND, SUMMARY
from raabta.scenario.loader import load_any
from raabta.scenario.missions import MissionScenario

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Stored:
    """A finished run: its scenario, its summary, its tables and curves as they are asked for."""

    folder: Path
    scenario: MissionScenario
    summary: dict[str, Any]

    @cached_property
    def mission(self) -> Mission:
        """The nodes of the run and where they are, worked out again from its scenario."""
        return prepare(self.scenario)

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table by the name of its file; none where the run has no such table."""
        path = self.folder / name
        if not path.is_file():
            return []
        with path.open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def curve(self, name: str) -> NDArray[Any]:
        """What the days hold under a name: `tracks`, `ground_tracks`, `paths`, `exposure`; in their order."""
        with Ledger.read(self.folder) as ledger:
            keys = ledger.planned()
        return np.concatenate([arrays[name] for arrays in read_chunks(self.folder, keys, [name])])


def is_of_a_mission(folder: Path) -> bool:
    """Whether a folder holds a run of a mission."""
    return Ledger.kind_of(folder) == KIND


def open_run(folder: Path) -> Stored:
    """A finished run of a mission. Raises StoreError where the folder holds none."""
    summary = folder / SUMMARY
    if not is_of_a_mission(folder) or not summary.is_file():
        raise StoreError(
            f"{folder} holds no finished run of a mission ({SUMMARY} is missing): run its scenario into it"
        )
    return Stored(folder, scenario_of(folder), json.loads(summary.read_text(encoding="utf-8")))


def scenario_of(folder: Path) -> MissionScenario:
    """The scenario that a run of a mission keeps, finished or not. Raises ScenarioError where it is gone."""
    scenario = load_any(folder / "scenario.yaml", files_needed=False)
    assert isinstance(scenario, MissionScenario)
    return scenario
