"""One slot weighed over the weather: how often each cell would have how much of its ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.links.tables import PROBABILITY
from raabta.network import repeated
from raabta.network import survival_kernels as kernels
from raabta.network.allocation import Allocation
from raabta.network.model import RUNG_LOW, RUNG_RATIO_LOG, RUNGS, SLOT_UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.kernels import Links
    from raabta.network.model import Admission, Network
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CHANCE: Final = np.array(PROBABILITY)
LADDER: Final = np.array([RUNG_LOW, RUNG_RATIO_LOG, SLOT_UNIT])
EQUAL_KEPT_SHARE: Final = 0.8
"""Where nothing is promised, every cell is cut back to this share of its level before the feeder gives up."""
SPILL: Final = 65_536
"""Counts that wait for room before the tables of what classes lack are made larger."""
FIRST_ROOM: Final = 16
LEAST_PART: Final = 1e-12
"""Of a feeder: a satellite that has less has nothing."""


class Lacks:
    """Counts in which some classes close and others do not, by (n, p, b) and the classes that close.

    Nearly all of (n, p, b, j) is zero: kept is a table per cell that grows with what it holds (see
    `survival_kernels.Tables`).
    """

    def __init__(self, n: int, plans: int, bins: int, classes: int) -> None:
        if 1 + (plans * bins << kernels.MASK_BITS) > np.iinfo(np.uint16).max or classes > kernels.MASK_BITS:
            raise ValueError(f"{plans} plans, {bins} bins, {classes} classes: too many for the keys")
        self.shape = (plans, bins, classes)
        self.tables = _tables(np.zeros(n, np.int64))

    def grow(self) -> None:
        """Give room to what waits for it, and to tables that are half full."""
        while self.tables.spilled[0]:
            old = self.tables
            room = np.diff(old.start)
            short = 8 * old.used.astype(np.int64) > 3 * room
            short[old.spill[: old.spilled[0], 0]] = True
            self.tables = _tables(np.where(short, np.maximum(FIRST_ROOM, 2 * room), room))
            kernels.move(old, self.tables)

    def planes(self, first: int = 0, last: int | None = None) -> list[tuple[Ints, NDArray[np.uint32]]]:
        """Of each class: rising places in (cells first to last, p, b), and the counts that it lacks there."""
        self.grow()
        plans, bins, classes = self.shape
        start = self.tables.start[first : self.tables.used.size + 1 if last is None else last + 1]
        own = slice(start[0], start[-1])
        taken = np.flatnonzero(self.tables.key[own])
        cell = np.searchsorted(start - start[0], taken, side="right") - 1
        key = self.tables.key[own][taken].astype(np.int64) - 1
        place = cell * (plans * bins) + (key >> kernels.MASK_BITS)
        order = np.argsort(place, kind="stable")
        place, key, count = place[order], key[order], self.tables.amount[own][taken[order]]
        lacking = [key & (1 << j) == 0 for j in range(classes)]
        return [_summed(place[these], count[these]) for these in lacking]


def _tables(room: Ints) -> kernels.Tables:
    """Empty tables of so many places, (n,)."""
    start = np.concatenate([[0], np.cumsum(room)])
    return kernels.Tables(
        start=start,
        used=np.zeros(room.size, np.int32),
        key=np.zeros(start[-1], np.uint16),
        amount=np.zeros(start[-1], np.uint32),
        spill=np.empty((SPILL, 3), np.int64),
        spilled=np.zeros(1, np.int64),
    )


def _summed(place: Ints, count: NDArray[np.uint32]) -> tuple[Ints, NDArray[np.uint32]]:
    """Rising places once each, and their counts added up."""
    first = np.flatnonzero(np.diff(place, prepend=-1))
    return place[first], np.add.reduceat(count, first) if first.size else count


@dataclass(frozen=True)
class Weighed:
    """Sums over slots of n cells, p plans and j classes, in SLOT_UNIT to the slot.

    counts (n, p, b): weight in which some class has the level of bin b; lacks: and some classes do not close.
    lost (n, 2): weight in which weather takes from the design plan's ask, and lost to the gateway.
    """

    counts: NDArray[np.uint32]
    lacks: Lacks
    lost: Ints

    @classmethod
    def zeros(cls, n: int, plans: int, classes: int) -> Weighed:
        """Nothing weighed yet."""
        bins = RUNGS + 1
        counts = np.zeros((n, plans, bins), np.uint32)
        return cls(counts, Lacks(n, plans, bins, classes), np.zeros((n, 2), np.int64))

    def histogram(self, first: int = 0, last: int | None = None) -> NDArray[np.uint32]:
        """Weight in which each class has the level of each bin, (cells first to last, p, b, j)."""
        own = self.counts[first:last]
        out = np.repeat(own[..., None], self.lacks.shape[2], axis=3)
        for j, (place, count) in enumerate(self.lacks.planes(first, last)):
            out.reshape(own.size, -1)[place, j] -= count
        return out


def feeder_probability(network: Network, sky: Sky, satellite: Ints, load_mbps: Floats) -> Floats:
    """Probability (q,) that the feeders of some satellites (q,), -1 for none, carry loads (q, 2): rain, pair
    and equipment.

    Loads are this area's; the neighbours' part rides on the same feeder. Of two sites either may carry it,
    whose weather goes together as in the drawn storms (`network.pairs`). A feeder that several satellites
    land through gives each the part of its rate that it has in clear sky.
    """
    out = np.empty(satellite.size)
    if sky.fed is not None:
        load_mbps = load_mbps / np.maximum(sky.fed.part[satellite], LEAST_PART)
    kernels.carried_probability(
        satellite,
        load_mbps,
        sky.share,
        sky.feeders,
        sky.feeder_cosecant,
        network.feeder.rate_mbps,
        network.feeder.cosecant_max,
        network.gateway_availability,
        network.gateway_tails,
        out,
    )
    return out


def feeder_survival(
    network: Network, sky: Sky, allocation: Allocation, admission: Admission
) -> kernels.FeederSurvival:
    """Cut the surplus first, then the promises from the last admitted up."""
    n, m = network.ground.count, sky.view.near.size
    promised, running, load = np.zeros(n), np.zeros((n, 2)), np.zeros((m, 2))
    kernels.feeder_loads(
        allocation.given,
        admission.order,
        admission.level,
        network.ceiling,
        EQUAL_KEPT_SHARE if network.rules.guarantee == 0 else 0.0,
        promised,
        running,
        load,
    )
    s = allocation.satellite
    kept = feeder_probability(network, sky, s, running)
    whole = np.append(feeder_probability(network, sky, np.arange(m), load), 0.0)[s]
    return kernels.FeederSurvival(promised, kept, whole)


def weigh(
    network: Network,
    sky: Sky,
    allocation: Allocation,
    out: Weighed,
    *,
    admission: Admission | None = None,
    plans: slice = slice(None),
) -> None:
    """Add one clear-sky slot to the weather-weighted sums (see `survival_kernels.weigh`), for some plans."""
    first, last, _ = plans.indices(len(network.plans))
    links = network.links_of(first, last)
    level = np.zeros((network.ground.count, last - first))
    kernels.clear_levels(
        allocation.given, sky.capacity, links.active, np.ascontiguousarray(links.plans[plans]), first, level
    )
    admitted = admission or network.admission
    slot = _Slot(network, sky, allocation, links, level, first)
    survival = feeder_survival(network, sky, allocation, admitted)
    if network.transparent:
        _add_repeated(slot, admitted.order, survival.promised, out)
        return
    _add(slot, survival, out, out.lost)


@dataclass(frozen=True)
class _Slot:
    """One slot to weigh: levels (n, p) at the plans of `links.dwell`, which start at column `first` of the
    allocation."""

    network: Network
    sky: Sky
    allocation: Allocation
    links: Links
    level: Floats
    first: int


def _add(slot: _Slot, shares: kernels.FeederSurvival, out: Weighed, lost: Ints) -> None:
    """Weigh over the weather of the cells; lost (n, 2): see `survival_kernels.weigh`."""
    network, sky = slot.network, slot.sky
    asked = (
        slot.allocation.given,
        sky.capacity,
        network.rules.per_cell,
        slot.level,
        slot.first,
        network.design - slot.first,
        shares,
        sky.feeder_db,
        slot.links,
        CHANCE,
        LADDER,
    )
    cell = 0
    while (cell := kernels.weigh(*asked, cell, out.counts, out.lacks.tables, lost)) < slot.level.shape[0]:
        out.lacks.grow()


def _add_repeated(slot: _Slot, order: Ints, promised: Floats, out: Weighed) -> None:
    """The same for a transparent payload: over the weather of the cells, once in every way of feeding them.

    Where a cell falls short with no rain of its own, the gateway is blamed whatever its own weather.
    """
    network, given = slot.network, slot.allocation.given
    kept_share = promised if network.rules.guarantee else np.zeros_like(promised)
    satellite = given.satellite
    rest, lit = np.ones(satellite.size), (satellite >= 0) & (given.dwell > 0.0)
    for fed in repeated.ways(network, slot.sky):
        level, closes = repeated.kept(slot.allocation, slot.links, slot.level, kept_share, order, fed)
        chance = np.where(lit, fed.chance[satellite], 0.0)
        lost = np.zeros_like(out.lost)
        sky = replace(slot.sky, capacity=fed.capacity, feeder_db=fed.feeder_db)
        shares = kernels.FeederSurvival(np.zeros_like(chance), chance, chance)
        _add(replace(slot, sky=sky, level=level), shares, out, lost)
        design = network.design - slot.first
        asked = np.minimum(slot.level[:, design] * promised, 1.0)
        fails = lit & (
            (level[:, design] < asked * (1.0 - kernels.EPS))
            | (closes[:, design] != given.closes[:, network.design, 0])
        )
        out.lost[:, 0] += np.where(fails, 0, lost[:, 0])
        rest -= np.where(fails, 0.0, chance)
    out.lost[:, 1] += np.where(lit, np.rint(np.maximum(rest, 0.0) * SLOT_UNIT), 0.0).astype(np.int64)
