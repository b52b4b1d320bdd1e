"""Lasers that failures of a scenario take: which, and when."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.network.mesh.laser_outages import LaserOutage, drawn
from raabta.orbits.outages import window
from raabta.orbits.satellites_out import satellite_number
from raabta.scenario.failures import OF_LASERS, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.topology import Topology
    from raabta.scenario.failures import Failure
    from raabta.scenario.kinds import FleetScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


def laser_outages(topology: Topology, scenario: FleetScenario, names: Sequence[str]) -> Topology:
    """The lasers of a scenario but for those that its failures take.

    `lasers:5%` of a fixed pattern is so many of its lasers; of lasers that are matched anew each is out with
    that chance. Raises ScenarioError for a laser that is not there.
    """
    outages = [
        _outage(topology, failure, scenario, names)
        for failure in scenario.own_failures
        if failure.what in OF_LASERS
    ]
    return replace(topology, outages=tuple(outages)) if outages else topology


def _outage(
    topology: Topology, failure: Failure, scenario: FleetScenario, names: Sequence[str]
) -> LaserOutage:
    times = window(failure, scenario.time.start)
    if failure.what == "laser":
        return LaserOutage(_pair(topology, failure, names), *times)
    seed = int(np.random.SeedSequence([scenario.seed, zlib.crc32(b"lasers")]).generate_state(1, np.uint64)[0])
    fixed = (topology.edges.a.astype(np.int64) << 32) + topology.edges.b
    share = failure.share or 0.0
    if fixed.size == 0:
        return LaserOutage(fixed, *times, seed, min(int(share * 2**64), 2**64 - 1))
    number = drawn(fixed, seed)
    rank = round(share * fixed.size)
    below = 2**64 - 1 if rank == fixed.size else int(np.sort(number)[rank])
    return LaserOutage(fixed[:0], *times, seed, below)


def _pair(topology: Topology, failure: Failure, names: Sequence[str]) -> Ints:
    """The two satellites of `A-B`, whose names may hold hyphens of their own."""
    parts = failure.name.split("-")
    known, count = set(names), len(names)

    def there(text: str) -> bool:
        return text in known or (text.isascii() and text.isdigit() and int(text[:12]) < count)

    splits = [("-".join(parts[:i]), "-".join(parts[i:])) for i in range(1, len(parts))]
    found = [split for split in splits if there(split[0]) and there(split[1])]
    if not found:
        half = splits[(len(splits) - 1) // 2] if splits else (failure.name, "")
        wrong = next(text for text in half if not there(text))
        raise ScenarioError(
            unknown(failure.model_copy(update={"name": wrong}), "satellite", names),
            hint=f"write laser:A-B with two satellites, such as laser:{names[0]}-{names[-1]}, or laser:0-1",
        )
    one, other = (satellite_number(failure, text, names) for text in found[0])
    return _checked(topology, failure, min(one, other), max(one, other), names)


def _checked(topology: Topology, failure: Failure, low: int, high: int, names: Sequence[str]) -> Ints:
    """The pair as a number. Raises ScenarioError where a fixed pattern has no laser there."""
    neighbours = topology.table.neighbour[low]
    if low == high or (not topology.matchings and high not in neighbours):
        others = ", ".join(names[i] for i in sorted(neighbours[neighbours >= 0].tolist())) or "none"
        raise ScenarioError(
            f"{failure.text}: {names[low]} has no laser to {names[high]}; it has them to: {others}"
        )
    return np.array([(low << 32) + high])
