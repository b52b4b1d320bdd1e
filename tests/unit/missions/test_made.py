"""What a mission makes: volumes, and when."""

from __future__ import annotations

import numpy as np
import pytest
from mission_scenarios import mission

from raabta.missions import carried
from raabta.missions.model import prepare

HOURLY = {"name": "telemetry", "node": "Station", "destination": "Karachi", "volume_mb": 6.0}


def made_mb(duration_s: float, **flow: object) -> float:
    """MB that a flow makes over a run of some length."""
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": duration_s, "step_s": 300.0}
    asks = {"links": [], "light": [], "tracks": [], "look_angles": [], "crew": None}
    ready = prepare(mission(time=time, data=[HOURLY | flow], **asks))
    sources, whose = carried.sources_of(ready)
    assert whose == [0] * len(sources)
    assert all(one.end_s is None or one.end_s <= duration_s for one in sources)
    return sum(one.volume_mb for one in sources)


@pytest.mark.parametrize("duration_s", [3_599.0, 3_600.0, 3_601.0, 9_000.0, 40_000.3, 86_400.0])
def test_what_is_made_evenly_is_proportional_to_time_wherever_a_run_is_cut(duration_s: float) -> None:
    rate = 6.0 / 3_600.0
    spread = {"every_s": 3_600.0, "spread": True}
    assert made_mb(duration_s, **spread) == pytest.approx(rate * duration_s, rel=1e-12)
    assert made_mb(duration_s, start_s=1_000.0, **spread) == pytest.approx(
        rate * (duration_s - 1_000.0), rel=1e-12
    )


def test_what_is_made_at_once_is_whole() -> None:
    assert made_mb(9_000.0, every_s=3_600.0) == 3 * 6.0
    assert made_mb(9_000.0) == 6.0
    assert made_mb(9_000.0, start_s=9_000.0, every_s=3_600.0) == 0.0
    assert made_mb(9_000.0, start_s=9_000.0) == 0.0


def test_what_is_made_never_jumps_at_the_end() -> None:
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": 9_000.0, "step_s": 300.0}
    links = [{"name": "ground", "between": ["Station", "Pakistan"], "forward_mbps": 10.0}]
    flow = HOURLY | {"every_s": 3_600.0, "spread": True}
    ready = prepare(mission(time=time, data=[flow], links=links))
    tables, _ = carried.carried(ready, {})
    made = np.array(tables["delivered"]["made_mb"])
    assert np.diff(made).max() <= 1.0 + 1e-12 and made[-1] == pytest.approx(15.0)  # bundles of 1 MB
