"""Nodes by name and group; the packaged table of districts is what its tool writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mission_scenarios import mission

from raabta.base.errors import ScenarioError
from raabta.missions.nodes import nodes_of, places

ROOT = Path(__file__).parents[3]


def test_the_table_of_districts_is_what_its_tool_writes() -> None:
    path = ROOT / "tools" / "make_district_points.py"
    spec = importlib.util.spec_from_file_location("make_district_points", path)
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.OUT.read_text(encoding="utf-8") == tool.table()
    assert len(places("pakistan-districts")) == 156


def test_nodes_are_found_by_name_and_by_group() -> None:
    table = {"table": "pakistan-districts", "group": "districts", "mask_deg": 10.0}
    nodes = nodes_of(mission(tables=[table]))
    assert nodes.sites == 158 and nodes.count == 160
    assert nodes.named("Pakistan").tolist() == [0, 1]
    assert nodes.named("districts").tolist() == list(range(2, 158))
    assert nodes.named("Relay").tolist() == [159]
    assert np.isnan(nodes.mask_deg[158]) and nodes.mask_deg[2] == 10.0
    with pytest.raises(ScenarioError, match="no node or group called 'Nowhere'"):
        nodes.named("Nowhere")
