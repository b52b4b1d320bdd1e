"""What pairs of places got of the rates they asked for, over a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.network.mesh.traffic import MET, STOPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.service.pairs.summary import Read

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Carried:
    """Columns of the table FLOWS but its names, (p,) each, and what the summary tells."""

    columns: dict[str, NDArray[Any]]
    summary: dict[str, Any]


def carry(read: Read, asked_mbps: Floats) -> Carried:
    """Add up what each pair got at the looks of a run; sums in the order of time."""
    pairs = asked_mbps.size
    total, least = np.zeros(pairs), np.full(pairs, np.inf)
    stops = np.zeros((pairs, len(STOPS)), np.int64)
    looks: list[float] = []
    most: list[float] = []
    for arrays in read(["flow_mbps", "flow_stop", "flow_most_mbps"]):
        for rate, stop in zip(arrays["flow_mbps"].astype(np.float64), arrays["flow_stop"], strict=True):
            total += rate
            np.minimum(least, rate, out=least)
            stops[np.arange(pairs), stop] += 1
            looks.append(float(rate.sum()))
        most += arrays["flow_most_mbps"].tolist()
    count = max(len(looks), 1)
    columns = {
        "asked_mbps": asked_mbps,
        "mean_mbps": total / count,
        "least_mbps": np.where(np.isfinite(least), least, 0.0),
        "met_share": stops[:, MET] / count,
        "stopped_by": np.array(STOPS)[stops.argmax(axis=1)],
    }
    return Carried(columns, _summary(asked_mbps, looks, most, stops))


def _summary(
    asked_mbps: Floats, looks: list[float], most: list[float], stops: NDArray[np.int64]
) -> dict[str, Any]:
    """All pairs together. `of_the_most_share`: fair rates beside the most that any sharing carries."""
    asked, count = float(asked_mbps.sum()), max(len(looks), 1)
    mean = sum(looks) / count
    known = bool(most) and not np.isnan(most).any()
    return {
        "looks": len(looks),
        "asked_mbps": asked,
        "carried_mbps": mean,
        "carried_share": mean / asked if asked > 0.0 else None,
        "of_the_most_share": sum(looks) / sum(most) if known and sum(most) > 0.0 else None,
        "flows_stopped_by_share": {
            name: float(n) / (count * max(len(stops), 1))
            for name, n in zip(STOPS, stops.sum(axis=0), strict=True)
        },
    }
