"""A small scenario that spells out every key once."""

from __future__ import annotations

from pathlib import Path

import pytest

from raabta.scenario.loader import load, to_yaml
from raabta.scenario.models import Scenario


@pytest.fixture(scope="session")
def small() -> Scenario:
    """The Pakistan scenario cut to one gateway and one terminal class."""
    scenario = load("pakistan")
    terminal = scenario.demand.terminals[0].model_copy(update={"share": 1.0})
    demand = scenario.demand.model_copy(update={"terminals": (terminal,)})
    return scenario.model_copy(update={"gateways": scenario.gateways[:1], "demand": demand})


@pytest.fixture(scope="session")
def small_yaml(small: Scenario) -> str:
    return to_yaml(small)


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    """A short scenario file a person might write."""
    path = tmp_path / "mine.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    return path


MINIMAL = """\
schema_version: 1
name: mine
constellation:
  catalogue: galaxyspace-like
  payload: {beams: 12}
gateways:
  - catalogue: [karachi, ka-earth-station]
  - {name: Here, country: PAK, latitude_deg: 31.0, longitude_deg: 72.0}
demand:
  catalogue: rural-pakistan
  terminals:
    - {catalogue: household-vsat, share: 0.2}
    - {catalogue: community, share: 0.8}
"""
