"""Where the traffic of pairs lands over a run: at which gateways and points of presence, by share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.service.pairs.ground import Places
    from raabta.service.pairs.summary import Read

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Landed:
    """gateway (p,): where each pair's traffic lands most often, empty for nowhere; and what the summary
    tells: shares of all that is carried, by gateway and by point of presence."""

    gateway: NDArray[np.str_]
    summary: dict[str, Any]


def land(read: Read, places: Places) -> Landed:
    """Add up where traffic landed at the looks of a run, in the order of time."""
    gateways, pops = np.zeros(places.count), np.zeros(places.pops)
    held: list[NDArray[np.int16]] = []
    for arrays in read(["landed_mbps", "pops_mbps", "flow_gateway"]):
        for landed, reached in zip(arrays["landed_mbps"], arrays["pops_mbps"], strict=True):
            gateways += landed
            pops += reached
        held.append(arrays["flow_gateway"])
    names = np.array([*places.name[: places.count], ""])
    names_of_pops = places.name[places.count : places.count + places.pops]
    summary = {
        "gateways": _shares(names[:-1].tolist(), gateways),
        "pops": _shares(names_of_pops, pops),
    }
    return Landed(names[_most_often(np.concatenate(held))], summary)


def _shares(names: Sequence[str], mbps: Floats) -> list[dict[str, Any]]:
    """Those that land anything, most first."""
    total = float(mbps.sum())
    order = np.argsort(-mbps, kind="stable")
    return [{"name": names[i], "share": float(mbps[i]) / total} for i in order.tolist() if mbps[i] > 0.0]


def _most_often(gateway: NDArray[np.int16]) -> NDArray[np.int64]:
    """The gateway that each column of (s, p) holds most often, of equal ones the first; -1 for none."""
    best, most = np.full(gateway.shape[1], -1), np.zeros(gateway.shape[1], np.int64)
    for number in np.unique(gateway[gateway >= 0]).tolist():
        count = (gateway == number).sum(axis=0)
        best[count > most] = number
        most = np.maximum(most, count)
    return best
