"""A transparent payload in rain at its gateways: which site feeds a satellite, what all behind it keep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.links.tables import PROBABILITY
from raabta.network import feeder
from raabta.network import repeater_kernels as kernels
from raabta.network.sky import capacity_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from raabta.network.allocation import Allocation
    from raabta.network.kernels import Links
    from raabta.network.model import Network
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


class Sites(NamedTuple):
    """The two sites that may feed each satellite, its gateway and the diversity partner of that.

    db (2, m, 2, 1 + k): C/N up and down, in clear sky and in every weather state of the site; kept_db
    (2, m, 1 + k): what a state leaves over what the gateway has in clear sky, in the worse direction; there
    (2, m): 0 where a satellite has no such site.
    """

    db: Floats
    kept_db: Floats
    there: Flags


class Fed(NamedTuple):
    """One way in which satellites are fed: chance (m,) of it, C/N of the feeder (m, 2), capacity (m, 3)."""

    chance: Floats
    feeder_db: Floats
    capacity: Floats


def sites_of(network: Network, sky: Sky) -> Sites:
    """Both sites of every satellite, in all weather."""
    db = np.stack(
        [
            feeder.states_db(
                network, sky.view.satellite_km, sky.feeders[:, site], sky.feeder_cosecant[:, site]
            )
            for site in range(2)
        ]
    )
    return Sites(db, (db - db[0, ..., :1]).min(axis=2), sky.feeders.T >= 0)


def under(network: Network, sky: Sky, state: Ints) -> Sky:
    """The sky in the weather of the gateways (g,): a satellite takes the better of its two sites."""
    sites, each = sites_of(network, sky), np.arange(sky.share.size)
    states = state[np.maximum(sky.feeders.T, 0)]
    kept = np.stack([sites.kept_db[site, each, states[site]] for site in range(2)])
    site = (sites.there[1] & (kept[1] > kept[0])).astype(np.int64)
    limits = [_capacity(network, sky, one) for one in range(2)]
    capacity, code = (np.where(site[:, None] == 1, limits[1][i], limits[0][i]) for i in range(2))
    feeder_db = sites.db[site, each, :, states[site, each]]
    return replace(sky, capacity=capacity, limit_code=code, feeder_db=feeder_db)


def _capacity(network: Network, sky: Sky, site: int) -> tuple[Floats, Ints]:
    return capacity_at(network, sky.feeders[:, site], sky.feeder_cosecant[:, site], sky.share)


def ways(network: Network, sky: Sky) -> Iterator[Fed]:
    """All ways in which the satellites of a slot are fed, for one satellite no two at once; what is left to 1
    is outage, of the equipment or in the rarest weather.

    Of the gateway's and the partner's weather, which go together (`network.pairs`), the better counts. States
    of one site with the same figures are one.
    """
    sites, states = sites_of(network, sky), len(PROBABILITY)
    available = np.where(sites.there, network.gateway_availability[np.maximum(sky.feeders.T, 0)], 0.0)
    for site in range(2 if sites.there[1].any() else 1):
        capacity, _ = _capacity(network, sky, site)
        used = _better(network, sky, sites, available, site)
        same = (sites.db[site, ..., 1:-1] == sites.db[site, ..., 2:]).all(axis=1)
        for k in range(states - 1):
            used[:, k + 1] += np.where(same[:, k], used[:, k], 0.0)
            used[:, k] = np.where(same[:, k], 0.0, used[:, k])
        for k in range(states):
            feeder_db = np.ascontiguousarray(sites.db[site, :, :, k + 1])
            yield Fed(used[:, k] * available[site], feeder_db, capacity)


def _better(network: Network, sky: Sky, sites: Sites, available: Floats, site: int) -> Floats:
    """Probability (m, k) that a site of each satellite is in state k and the other is out, or worse than it;
    where both are alike the gateway is taken."""
    own, other = sites.kept_db[site, :, 1:, None], sites.kept_db[1 - site, :, None, 1:]
    worse = other <= own if site == 0 else other < own
    tails = network.gateway_tails[np.maximum(sky.feeders[:, 0], 0)]
    tails = tails if site == 0 else tails.transpose(0, 2, 1)
    rarer = -np.diff(tails, axis=1)  # this site in state k, the other in state j or worse
    both = -np.diff(rarer, axis=2)
    out = available[1 - site][:, None]
    return np.asarray((1.0 - out) * rarer[:, :, 0] + out * (rarer[:, :, -1] + (worse * both).sum(axis=2)))


def kept(
    allocation: Allocation, links: Links, clear: Floats, promised: Floats, order: Ints, fed: Fed
) -> tuple[Floats, Ints]:
    """Levels (n, p) that cells keep in one way of feeding with no rain of their own; what closes, as bits.

    A fade at the gateway lowers the modes of all cells behind it at once, so that they ask more dwell than
    there is: the surplus goes first, by one share for all, then promises from the last in `order` up.
    clear (n, p): levels in clear sky, at the plans of `links.dwell`; promised (n,): the part of them that is
    promised.
    """
    level, closes = np.zeros_like(clear), np.zeros(clear.shape, np.int64)
    kernels.faded_levels(
        allocation.given, links, clear, promised, order, fed.feeder_db, fed.capacity, level, closes
    )
    return level, closes
