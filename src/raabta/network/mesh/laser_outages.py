"""Lasers that are out, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.mesh.paths import Lasers

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
