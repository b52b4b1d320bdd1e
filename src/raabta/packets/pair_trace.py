"""What packets meet between two places of a run of ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.packets.trace import Trace, make_trace, moving
from raabta.service.pairs.kept import series_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def trace_of_pair(folder: Path, one: str, other: str, rate_mbps: float | None = None) -> Trace:
    """The trace between two places of a run of ways: light's delay, which moves on from step to step while
    the way is the same and jumps where it is another; nothing while there is no way; and the rate that the
    pair's flow got, held from look to look; or `rate_mbps` all the time.

    Raises ScenarioError for places that are not the run's, and where no rate is known, StoreError for no
    finished run.
    """
    series = series_of(folder, one, other)
    steps = np.arange(series.km.size)
    if rate_mbps is not None:
        rate: Floats | float = rate_mbps
    elif series.flow_mbps is None or series.scenario.traffic is None:
        raise ScenarioError(
            f"{folder} says nothing of rates: its scenario has no traffic",
            hint="give --rate MBPS, or run it with `traffic: {total_mbps: ...}`",
        )
    else:
        rate = series.flow_mbps[steps // series.scenario.traffic.every_steps]
    up = np.isfinite(series.km)
    delay_ms = np.where(up, series.km, 0.0) * 1e3 / SPEED_OF_LIGHT_KM_S
    found = make_trace(steps * series.scenario.time.step_s, delay_ms, rate, rate, up=up)
    return moving(found, np.append(series.same[1:], False))
