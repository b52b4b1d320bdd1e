"""Admission: how many subscribers each cell may be promised, before the run, from a sample of its slots.

A promise is kept in every slot or it is none. So admission looks at evenly spaced slots of the whole run
and admits, least-served district first, what the served test would grant there; what is left over in every
slot goes to the next cells, round by round. The run itself then tests the promises in all slots: the sample
only steers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.network.chunk import slot_times
from raabta.network.ladder import highest_rung, rung_levels, survival
from raabta.network.model import Admission, Network
from raabta.network.sky import Sky, observe_sky
from raabta.network.slot import allocate
from raabta.network.survival import Weighed, weigh

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PILOT_SLOTS: Final = 144
ROUNDS: Final = 5


def admit(network: Network, threads: int = 1) -> Network:
    """The network with its admission decided; the same whatever the number of threads.

    Under `equal` nothing is promised: every cell takes part in the sharing from the start.
    """
    if network.scenario.sharing.allocation == "equal":
        return network
    with ThreadPoolExecutor(threads) as pool:
        skies = list(pool.map(lambda slot: _sky(network, slot), pilot_slots(network.scenario.time.steps)))
        level = np.zeros(network.ground.count)
        for _ in range(ROUNDS):
            found = _sustained(network, skies, _offer(network, level), pool)
            fresh = (level == 0.0) & (found > 0.0)
            if not fresh.any():
                break
            level = np.where(fresh, found, level)
    order = _admitted_first(network.demand.order, level)
    return replace(network, admission=Admission(order, level))


def pilot_slots(steps: int) -> list[int]:
    """Evenly spaced slots, all of them in a short run."""
    count = min(steps, PILOT_SLOTS)
    return [int((i + 0.5) * steps / count) for i in range(count)]


def _sky(network: Network, slot: int) -> Sky:
    return observe_sky(network, network.propagator.positions_km(slot_times(network, [slot]))[0])


def _offer(network: Network, level: Floats) -> Admission:
    """Keep what is admitted, and offer the rest to everybody else in order of priority."""
    return Admission(_admitted_first(network.demand.order, level), np.where(level > 0.0, level, 1.0))


def _admitted_first(order: Ints, level: Floats) -> Ints:
    return order[np.argsort(level[order] <= 0.0, kind="stable")]


def _sustained(network: Network, skies: list[Sky], offer: Admission, pool: ThreadPoolExecutor) -> Floats:
    """Level that the served test grants the best class of every cell over the sample, (n,)."""
    parts = np.array_split(np.arange(len(skies)), 8)
    counts = pool.map(lambda part: _histogram(network, [skies[i] for i in part], offer), parts)
    total = reduce(np.add, counts).astype(np.int64)  # PILOT_SLOTS * SLOT_UNIT at most: it fits before
    target = network.scenario.demand.availability_target_share
    rung = highest_rung(survival(np.moveaxis(total, 2, 1), len(skies)), target).max(axis=1)
    return np.asarray(rung_levels()[rung])


def _histogram(network: Network, skies: list[Sky], offer: Admission) -> NDArray[np.uint32]:
    """Counts at the design plan over some slots, (n, rung, j)."""
    n, classes = network.demand.active.shape
    out, dry = Weighed.zeros(n, 1, classes), np.zeros(n, np.int64)
    plan = slice(network.design, network.design + 1)
    for sky in skies:
        weigh(network, sky, allocate(network, sky, dry, offer), out, admission=offer, plans=plan)
    return np.asarray(out.histogram()[:, 0])
