"""What a mission makes: volumes, and when."""

from __future__ import annotations

import numpy as np
import pytest
from mission_scenarios import mission
from pydantic import ValidationError

from raabta.missions import carried
from raabta.missions.model import prepare
from raabta.missions.run import ask
from raabta.network.delay_tolerant.sources import Source

HOURLY = {"name": "telemetry", "node": "Station", "destination": "Karachi", "volume_mb": 6.0}

CASE = {"name": "ground", "between": ["Station", "Pakistan"]}
NO_LIGHT = np.empty((0, 3))


def made_mb(duration_s: float, **flow: object) -> float:
    """MB that a flow makes over a run of some length."""
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": duration_s, "step_s": 300.0}
    asks = {"links": [], "light": [], "tracks": [], "look_angles": [], "crew": None}
    ready = prepare(mission(time=time, data=[HOURLY | flow], **asks))
    sources, whose = carried.sources_of(ready, NO_LIGHT)
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
    found = carried.carried(ready, {}, NO_LIGHT, [])
    made = np.array(found.tables["delivered"]["made_mb"])
    assert np.diff(made).max() <= 1.0 + 1e-12 and made[-1] == pytest.approx(15.0)  # bundles of 1 MB


def night(made: str) -> tuple[list[Source], float]:
    """A site that is lit from 2 to 5 h and from 6 to 9 h of 20, with a battery of 3 h; MB in all."""
    time = {"start": "2026-08-22T16:00:00Z", "duration_s": 72_000.0, "step_s": 300.0}
    flow = {"name": "science", "node": "Karachi", "destination": "Lahore", "volume_mb": 2.0, "made": made}
    asks = {"links": [], "tracks": [], "look_angles": [], "crew": None}
    asks |= {"light": ["Karachi"], "battery": [{"node": "Karachi", "lasts_h": 3.0}]}
    spread = flow | {"every_s": 3_600.0, "spread": True}
    ready = prepare(mission(time=time, data=[spread], **asks))
    light = np.array([[0.0, 7_200.0, 18_000.0], [0.0, 21_600.0, 32_400.0]])
    sources, _ = carried.sources_of(ready, light)
    return sources, sum(one.volume_mb for one in sources)


def test_data_of_the_light_are_made_in_it_alone() -> None:
    sources, made = night("sunlit")
    assert made == pytest.approx(2.0 * 6.0, rel=1e-12)
    assert all(7_200.0 <= one.start_s < 18_000.0 or 21_600.0 <= one.start_s < 32_400.0 for one in sources)
    assert night("always")[1] == pytest.approx(2.0 * 20.0, rel=1e-12)


def test_a_node_is_awake_in_darkness_that_its_battery_bridges() -> None:
    sources, made = night("awake")
    assert made == pytest.approx(2.0 * 9.0, rel=1e-12)  # 0 to 9 h; 11 h of darkness are too long
    assert min(one.start_s for one in sources) == 0.0
    assert max(one.end_s or 0.0 for one in sources) == 32_400.0


def test_a_night_without_data_is_no_fault() -> None:
    time = {"start": "2026-08-22T19:00:00Z", "duration_s": 3_600.0, "step_s": 300.0}  # midnight at Karachi
    flow = HOURLY | {"node": "Karachi", "destination": "Lahore", "made": "sunlit"}
    asks = {"tracks": [], "look_angles": [], "crew": None, "light": ["Karachi"]}
    answer = ask(mission(time=time, data=[flow], **asks))
    row = answer.summary["data"][0]
    assert (row["made_mb"], row["delivered_mb"], row["latency_p50_s"]) == (0.0, 0.0, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data": [HOURLY | {"made": "sunlit"}], "light": []}, "add Station to `light`"),
        ({"data": [HOURLY | {"made": "awake"}]}, "give Station a `battery`"),
        ({"cases": ["by relay"], "links": [CASE | {"case": "by rely"}]}, "did you mean 'by relay'"),
    ],
)
def test_light_and_cases_that_are_not_there_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        mission(**changes)


def test_a_case_of_its_own_has_the_links_without_one() -> None:
    slow_link = {"name": "slow", "between": ["Station", "Karachi"], "forward_mbps": 0.001}
    fast_link = {"name": "fast", "between": ["Station", "Lahore"], "forward_mbps": 10.0, "case": "fast"}
    flow, wired = HOURLY | {"every_s": 3_600.0}, ["Pakistan"]
    answer = ask(mission(links=[slow_link, fast_link], data=[flow], wired=wired, cases=["slow only", "fast"]))
    slow, fast = answer.summary["data"]
    assert (slow["case"], fast["case"]) == ("slow only", "fast")
    assert slow["delivered_mb"] < fast["delivered_mb"]
    assert set(answer.plans["slow only"].rate_mbps) == {0.001, carried.WIRED_MBPS}
