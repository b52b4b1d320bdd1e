"""Small questions about ways, for tests of every floor."""

from __future__ import annotations

import json
from typing import Any

from raabta.scenario.catalogue import entry
from raabta.scenario.paths import PathScenario

SHELL = {
    "altitude_km": 550.0,
    "inclination_deg": 53.0,
    "planes": 24,
    "satellites_per_plane": 22,
    "phasing": 5,
}
TOWNS = ("London", "Singapore", "Quetta", "Nairobi")


def ways(*, steps: int = 12, lasers: bool = True, **changed: Any) -> PathScenario:
    """Four towns under 528 satellites, a look every 30 s; `ground` and `routing` are laid on it."""
    system = {
        **entry("starlink-gen1").data,
        "shells": [SHELL],
        "lasers": {"pattern": "plus-grid"} if lasers else None,
        **changed.pop("constellation", {}),
    }
    data = {
        "schema_version": 1,
        "kind": "paths",
        "name": "four-towns",
        "time": {"start": "2026-11-22T00:00:00Z", "duration_s": 30.0 * steps, "step_s": 30.0},
        "constellation": system,
        "ground": {"cities": TOWNS, **changed.pop("ground", {})},
        "routing": changed.pop("routing", {}),
        **changed,
    }
    return PathScenario.model_validate_json(json.dumps(data), strict=True)
