"""How near one slot's sharing is to what no assignment of cells to satellites can pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.network.assignment import Market, assign_balanced, bound_mbps, market

if TYPE_CHECKING:
    from raabta.network.model import Network
    from raabta.network.sky import Sky


def offer_of(network: Network, sky: Sky) -> Market:
    """What cells ask forward at the top plan and what satellites have, with every link at its best mode.

    More than can be carried, never less: links are rated with the highest mode of any terminal class, reuse
    is left out, and a cell may share its ask among all satellites it may use. Each forward Mbps takes the
    return Mbps with it that the design plan has beside it. Handovers are left out too: they only take dwell;
    and so is the memory, which moves the surplus between cells.
    """
    inverse = network.radio.inverse[0]
    beam_mbps = 1.0 / inverse[inverse > 0.0].min()
    forward, back = network.plans[network.design]
    asked = network.total_active * network.plans[-1, 0]
    return market(
        sky.usable.start,
        sky.usable.satellite,
        np.minimum(asked, network.rules.per_cell * beam_mbps),
        np.minimum.reduce(
            [sky.capacity[:, 1], sky.capacity[:, 0] * beam_mbps, sky.capacity[:, 2] * forward / back]
        ),
    )


def forward_bound_mbps(network: Network, sky: Sky) -> float:
    """Forward Mbps that no sharing of one slot passes: the least cut of the flow from cells to satellites."""
    offer = offer_of(network, sky)
    return bound_mbps(offer, assign_balanced(offer).price_ratio)
