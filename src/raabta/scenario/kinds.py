"""The kinds of question that a scenario file may put."""

from __future__ import annotations

from typing import Any, Final

from raabta.scenario.missions import MissionScenario
from raabta.scenario.models import Scenario
from raabta.scenario.paths import PathScenario

FleetScenario = Scenario | PathScenario
"""Of the satellites of one constellation."""
AnyScenario = FleetScenario | MissionScenario
BROADBAND, PATHS, MISSION = "broadband", "paths", "mission"
MODELS: Final[dict[str, type[AnyScenario]]] = {
    BROADBAND: Scenario,
    PATHS: PathScenario,
    MISSION: MissionScenario,
}


def kind_of(data: Any) -> str:
    """The kind that plain data says it is of; broadband where it says nothing that can be understood."""
    said = data.get("kind") if isinstance(data, dict) else None
    return said if isinstance(said, str) and said in MODELS else BROADBAND


def model_of(data: Any) -> type[AnyScenario]:
    """The model of a scenario's plain data."""
    return MODELS[kind_of(data)]
