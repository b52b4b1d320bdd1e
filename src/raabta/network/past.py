"""What a slot knows of the slots before it: the satellite of every cell, and how starved it has been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.network.kernels import Before

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.allocation import Allocation
    from raabta.network.model import Network
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DECAY: Final = 0.8
"""Of what a cell has lacked so far, what still counts a slot later."""


@dataclass(frozen=True)
class Past:
    """What is carried from slot to slot of an epoch.

    satellite (n,): number among the orbits, or -1 for none; deficit (n,): whole asks that a cell without a
    promise has lacked, the older the less; known: whether there was a slot before.
    """

    satellite: Ints
    deficit: Floats
    known: bool


def no_past(network: Network) -> Past:
    """Of the first slot of an epoch, and of one computed by itself: no cell has been starved, and none has a
    satellite, so that each pays a handover."""
    n = network.ground.count
    return Past(np.full(n, -1), np.zeros(n), known=False)


def remembers(network: Network) -> bool:
    """Whether what a slot gives depends on the slots before it."""
    return network.rules.toll > 1.0 or network.scenario.sharing.memory_strength > 0.0


def before_of(network: Network, sky: Sky, past: Past) -> Before:
    """A past as the kernels of one slot take it."""
    place = np.full(network.propagator.count + 1, -1)
    place[sky.view.near] = np.arange(sky.view.near.size)
    return Before(place[past.satellite], 1.0 + network.scenario.sharing.memory_strength * past.deficit)


def after(network: Network, sky: Sky, found: Allocation, past: Past) -> Past:
    """The past of the next slot."""
    satellite = np.append(sky.view.near, -1)[found.satellite]
    return Past(satellite, _deficit(network, found, past), known=True)


def _deficit(network: Network, found: Allocation, past: Past) -> Floats:
    """d' = DECAY x d + 1 - min(level, 1). The promised keep their order, whatever they have lacked."""
    if network.scenario.sharing.memory_strength == 0.0:
        return past.deficit
    deficit = DECAY * past.deficit + (1.0 - np.minimum(found.level, 1.0))
    if network.rules.guarantee == 1:
        deficit[network.admission.promised] = 0.0
    return deficit
