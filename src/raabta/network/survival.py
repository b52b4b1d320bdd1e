"""One slot weighed over the weather: how often each cell would have how much of its ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.links.tables import PROBABILITY
from raabta.network import survival_kernels as kernels
from raabta.network.model import RUNG_LOW, RUNG_RATIO_LOG, RUNGS, SLOT_UNIT
from raabta.network.slot import Allocation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Admission, Network
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

CHANCE: Final = np.array(PROBABILITY)
LADDER: Final = np.array([RUNG_LOW, RUNG_RATIO_LOG, SLOT_UNIT])
EQUAL_KEPT_SHARE: Final = 0.8
"""Where nothing is promised, every cell is cut back to this share of its level before the feeder gives up."""


@dataclass(frozen=True)
class FeederSurvival:
    """What a feeder fade leaves: promised (n,), the part of a cell's level that is kept; kept (n,), the
    probability that it is; whole (n,), the probability that its satellite's whole load is carried."""

    promised: Floats
    kept: Floats
    whole: Floats


@dataclass(frozen=True)
class Weighed:
    """Sums over slots of n cells, p plans and j classes, in SLOT_UNIT to the slot.

    counts (n, p, b): weight in which some class has the level of bin b; lacks (n, p, b, j): and class j does
    not close. lost (n, 2): weight in which weather takes from the design plan's ask, and lost to the gateway.
    """

    counts: NDArray[np.uint32]
    lacks: NDArray[np.uint32]
    lost: Ints

    @classmethod
    def zeros(cls, n: int, plans: int, classes: int) -> Weighed:
        """Nothing weighed yet."""
        shape = (n, plans, RUNGS + 1)
        return cls(
            np.zeros(shape, np.uint32), np.zeros((*shape, classes), np.uint32), np.zeros((n, 2), np.int64)
        )

    @property
    def histogram(self) -> NDArray[np.uint32]:
        """Weight in which each class has the level of each bin, (n, p, b, j)."""
        return np.asarray(self.counts[..., None] - self.lacks)


def feeder_probability(network: Network, sky: Sky, satellite: Ints, load_mbps: Floats) -> Floats:
    """Probability (q,) that the feeders of some satellites (q,), -1 for none, carry loads (q, 2): rain, pair
    and equipment.

    Loads are this area's; the neighbours' part rides on the same feeder. The weather of a diversity partner
    is taken as independent.
    """
    share = np.append(np.where(sky.share > 0.0, sky.share, 1.0), 1.0)[satellite, None]
    out = np.empty(satellite.size)
    kernels.carried_probability(
        satellite,
        load_mbps / share,
        sky.feeders,
        sky.feeder_cosecant,
        network.feeder.rate_mbps,
        network.feeder.cosecant_max,
        network.gateway_availability,
        CHANCE,
        out,
    )
    return out


def feeder_survival(
    network: Network, sky: Sky, allocation: Allocation, admission: Admission
) -> FeederSurvival:
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
    return FeederSurvival(promised, kept, whole)


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
    survival = feeder_survival(network, sky, allocation, admission or network.admission)
    kernels.weigh(
        allocation.given,
        sky.capacity,
        network.rules.per_cell,
        level,
        first,
        network.design - first,
        np.column_stack([survival.promised, survival.kept, survival.whole]),
        links,
        CHANCE,
        LADDER,
        out.counts,
        out.lacks,
        out.lost,
    )
