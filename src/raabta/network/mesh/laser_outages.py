"""Lasers that failures of a scenario take: which, and when."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.orbits.outages import window
from raabta.orbits.satellites_out import satellite_number
from raabta.scenario.failures import OF_LASERS, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.paths import Lasers
    from raabta.network.mesh.topology import Topology
    from raabta.scenario.failures import Failure
    from raabta.scenario.kinds import FleetScenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_MIX: Final = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class LaserOutage:
    """Lasers that are out from `start` (UTC) to before `end`: those between `pairs`, (lower << 32) + higher;
    and of all others those that a draw by `seed` gives less than `below`."""

    pairs: Ints
    start: np.datetime64
    end: np.datetime64
    seed: int = 0
    below: int = 0

    def withheld(self, lasers: Lasers, km: Floats) -> Floats:
        """Lengths (n, K) in which those that are out are infinite."""
        other = lasers.neighbour.astype(np.int64)
        own = np.arange(len(other))[:, None]
        key = (np.minimum(own, other) << 32) + np.maximum(own, other)
        return np.where(self.takes(key) & (other >= 0), np.inf, km)

    def takes(self, pair: Ints) -> NDArray[np.bool_]:
        """Whether lasers, (lower << 32) + higher, are among them."""
        return np.isin(pair, self.pairs) | (drawn(pair, self.seed) < np.uint64(self.below))


def drawn(pair: Ints, seed: int) -> NDArray[np.uint64]:
    """A number by chance for each pair of satellites, the same whenever it is asked for (the mixing of
    SplitMix64, Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195)."""
    value = pair.astype(np.uint64) + np.uint64(seed * _MIX % 2**64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        value = (value ^ (value >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray(value ^ (value >> np.uint64(31)))


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
