"""What drawn weather leaves of a slot, once all is shared anew in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.network import repeated
from raabta.network.sky import capacity_of, fed_by, feeder_mbps
from raabta.network.slot import allocate, rates_mbps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.allocation import Allocation
    from raabta.network.model import Network
    from raabta.network.past import Past
    from raabta.network.rain_field import Drawn
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

RAINY: Final = 2
"""A link in a state above this has weather that is exceeded for 5 % of the time or less."""
EPS: Final = 1e-9


class Figures(NamedTuple):
    """One drawn slot. Shares: of cells, of gateways, and of lit cells with their gateway, in rainy weather.
    Asks met and forward Mbps in clear sky, with rain at the cells alone, and at cells and gateways."""

    rainy_cells: float
    rainy_gateways: float
    rainy_both: float
    clear_met: float
    cells_met: float
    wet_met: float
    clear_mbps: float
    cells_mbps: float
    wet_mbps: float


@dataclass(frozen=True)
class Storm:
    """What drawn weather leaves: level (n,) once all is shared anew; counted (n,): cells whose own links are
    both spared, so that the level tells what the weather of others costs them."""

    level: Floats
    counted: Flags
    figures: Figures


def storm(network: Network, sky: Sky, clear: Allocation, drawn: Drawn, past: Past | None = None) -> Storm:
    """Share one sky anew in drawn weather, at the cells alone and at the gateways too, after the same past.

    A cell is counted where its own weather is dry and the feeder of the satellite that it has in clear sky
    still carries that satellite's whole load, or passes on no more noise: `survival.weigh` has charged every
    cell with its own links.
    """
    cells = allocate(network, sky, drawn.cells, past=past)
    after = under(network, sky, drawn.gateways)
    wet = cells
    if not (np.array_equal(after.capacity, sky.capacity) and np.array_equal(after.feeder_db, sky.feeder_db)):
        wet = allocate(network, after, drawn.cells, past=past)
    spares = _carries(network, clear, sky.capacity, after.capacity)
    if network.transparent:
        spares &= (after.feeder_db >= sky.feeder_db).all(axis=1)
    spared = np.append(spares, True)[clear.satellite]
    return Storm(wet.level, (drawn.cells == 0) & spared, _figures(network, sky, drawn, (clear, cells, wet)))


def under(network: Network, sky: Sky, state: Ints) -> Sky:
    """The sky with the feeders that the weather of the gateways (g,) leaves."""
    if network.transparent:
        return repeated.under(network, sky, state)
    fed_mbps, by_laser = feeders_mbps(network, sky, state), None
    if sky.landing is not None:
        fed_mbps, by_laser, _ = fed_by(network, sky.landing, fed_mbps)
    capacity, limit_code = capacity_of(network, fed_mbps, sky.share, by_laser)
    return replace(sky, capacity=capacity, limit_code=limit_code)


def feeders_mbps(network: Network, sky: Sky, state: Ints) -> Floats:
    """Feeder rates of each satellite (m, 2) in the weather of the gateways (g,).

    Of a gateway and its diversity partner the one that keeps more, in the worse direction, of what the
    gateway has in clear sky.
    """
    clear = feeder_mbps(network, sky.feeders[:, 0], sky.feeder_cosecant[:, 0])
    own, other = (
        feeder_mbps(network, sky.feeders[:, site], sky.feeder_cosecant[:, site], state) for site in range(2)
    )
    kept = [(rate / np.where(clear > 0.0, clear, 1.0)).min(axis=1) for rate in (own, other)]
    better = (sky.feeders[:, 1] >= 0) & (kept[1] > kept[0])
    return np.where(better[:, None], other, own)


def _carries(network: Network, clear: Allocation, before: Floats, after: Floats) -> Flags:
    """Whether satellites whose capacity (m, 3) was so before a storm, and is so after, still carry what they
    do in clear sky, (m,)."""
    lit = clear.satellite >= 0
    where, size = clear.satellite[lit], after.shape[0]
    load = np.column_stack([np.bincount(where, rate[lit], size) for rate in rates_mbps(network, clear)])
    return np.asarray((after[:, 1:] >= np.minimum(load * (1.0 - EPS), before[:, 1:])).all(axis=1))


def _figures(
    network: Network, sky: Sky, drawn: Drawn, shared: tuple[Allocation, Allocation, Allocation]
) -> Figures:
    active = network.total_active
    met = [float((one.carried(active) * active).sum()) for one in shared]
    mbps = [float(rates_mbps(network, one)[0].sum()) for one in shared]
    lit = shared[0].satellite >= 0
    gateway = drawn.gateways[sky.gateway[shared[0].satellite[lit]]]
    both = (drawn.cells[lit] > RAINY) & (gateway > RAINY)
    shares = [
        float(part.mean()) if part.size else 0.0
        for part in (drawn.cells > RAINY, drawn.gateways > RAINY, both)
    ]
    return Figures(*shares, *met, *mbps)
