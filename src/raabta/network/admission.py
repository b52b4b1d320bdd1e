"""Admission: how many subscribers each cell may be promised, before the run, from a sample of its slots.

A promise is kept in every slot or it is none. So admission looks at evenly spaced slots of the whole run
and admits, least-served district first, what the served test would grant there; what is left over in every
slot goes to the next cells, round by round. The run itself then tests the promises in all slots: the sample
only steers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.network.chunk import even_slots, sky_at
from raabta.network.kernels import Candidates
from raabta.network.ladder import highest_rung, rung_levels, survival
from raabta.network.model import Admission, Network
from raabta.network.sky import Sky
from raabta.network.slot import allocate
from raabta.network.survival import Weighed, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PILOT_SLOTS: Final = 144
ROUNDS: Final = 5
MOST_PARTS: Final = 8
"""Threads that share the sample; each holds sums of its own."""
SKIES_BYTES: Final = 128e6
"""Memory for skies that are held over the rounds."""
PIECE: Final = 1_024
"""Cells whose probabilities are held at once."""


def admit(network: Network, threads: int = 1) -> Network:
    """The network with its admission decided; the same whatever the number of threads.

    Under `equal` nothing is promised: every cell takes part in the sharing from the start.
    """
    if network.scenario.sharing.allocation == "equal":
        return network
    parts = min(threads, MOST_PARTS)
    with ThreadPoolExecutor(parts) as pool:
        skies = _Skies(network, pool)
        level = np.zeros(network.ground.count)
        for _ in range(ROUNDS):
            found = _sustained(network, skies, _offer(network, level), pool, parts)
            fresh = (level == 0.0) & (found > 0.0)
            if not fresh.any():
                break
            level = np.where(fresh, found, level)
    order = _admitted_first(network.demand.order, level)
    return replace(network, admission=Admission(order, level))


def pilot_slots(steps: int) -> list[int]:
    """Evenly spaced slots, all of them in a short run."""
    return even_slots(steps, PILOT_SLOTS)


class _Skies:
    """The skies of the sample: as many as SKIES_BYTES allow are held, the others observed again each time."""

    def __init__(self, network: Network, pool: ThreadPoolExecutor) -> None:
        self._network = network
        self._slots = pilot_slots(network.scenario.time.steps)
        first = self._observe(0)
        most = max(1, int(SKIES_BYTES // sky_bytes(first)))
        self._held = [first, *pool.map(self._observe, range(1, min(most, len(self._slots))))]

    def __len__(self) -> int:
        return len(self._slots)

    def __getitem__(self, i: int) -> Sky:
        return self._held[i] if i < len(self._held) else self._observe(i)

    def _observe(self, i: int) -> Sky:
        return _without_slack(sky_at(self._network, self._slots[i]))


def _without_slack(sky: Sky) -> Sky:
    """A sky whose pairs take no more memory than they need: they lie where there was room for all."""
    return replace(sky, usable=Candidates(*(part.copy() for part in sky.usable)))


def sky_bytes(sky: Sky) -> float:
    """Memory that admission holds of a slot's sky."""
    parts = [*vars(sky).values(), *vars(sky.view).values(), *sky.usable]
    return float(sum(part.nbytes for part in parts if isinstance(part, np.ndarray)))


def _offer(network: Network, level: Floats) -> Admission:
    """Keep what is admitted, and offer the rest to everybody else in order of priority."""
    return Admission(_admitted_first(network.demand.order, level), np.where(level > 0.0, level, 1.0))


def _admitted_first(order: Ints, level: Floats) -> Ints:
    return order[np.argsort(level[order] <= 0.0, kind="stable")]


def _sustained(
    network: Network, skies: _Skies, offer: Admission, pool: ThreadPoolExecutor, parts: int
) -> Floats:
    """Level that the served test grants the best class of every cell over the sample, (n,)."""
    cut = np.array_split(np.arange(len(skies)), parts)
    counts = list(pool.map(lambda part: _weighed(network, skies, part, offer), cut))
    target = network.scenario.demand.availability_target_share
    level = np.empty(network.ground.count)
    for first in range(0, level.size, PIECE):
        last = min(first + PIECE, level.size)
        total = np.sum([part.histogram(first, last)[:, 0].astype(np.int64) for part in counts], axis=0)
        rung = highest_rung(survival(np.moveaxis(total, 2, 1), len(skies)), target).max(axis=1)
        level[first:last] = rung_levels()[rung]
    return level


def _weighed(network: Network, skies: _Skies, part: Ints, offer: Admission) -> Weighed:
    """Sums at the design plan over some slots."""
    n, classes = network.demand.active.shape
    out, dry = Weighed.zeros(n, 1, classes), np.zeros(n, np.int64)
    plan = slice(network.design, network.design + 1)
    for i in part.tolist():
        sky = skies[i]
        weigh(network, sky, allocate(network, sky, dry, offer), out, admission=offer, plans=plan)
    return out
