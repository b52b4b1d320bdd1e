"""One slot of beam hopping: attach every cell to a satellite, share its beams, name what stops the cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network import kernels, top_up_kernels
from raabta.network.attachment import attach_all
from raabta.network.member_kernels import BLOCK, Members
from raabta.network.past import before_of
from raabta.network.record_kernels import MS_PER_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Admission, Network
    from raabta.network.past import Past
    from raabta.network.sky import Sky

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Allocation:
    """What every cell got in one slot: the arrays of `kernels.Given`."""

    given: kernels.Given

    @property
    def code(self) -> Ints:
        """What binds, -1 where nobody asks, (n,); limits of the return direction as `kernels` marks them."""
        return np.asarray(self.given.code)

    @property
    def satellite(self) -> Ints:
        """Index into `view.near`, or -1, (n,)."""
        return np.asarray(self.given.satellite)

    @property
    def geometry(self) -> Floats:
        """Sine of the elevation, range (km), cosine of the scan angle, and both bases (dB), (n, 5)."""
        return np.asarray(self.given.geometry)

    @property
    def need(self) -> Floats:
        """Dwell, forward and return Mbps of the whole ask, and what of it closes, (n, 5)."""
        return np.asarray(self.given.need)

    @property
    def dwell(self) -> Floats:
        """Beams for the whole slot that the cell has, (n,)."""
        return np.asarray(self.given.dwell)

    @property
    def lit(self) -> Ints:
        """Cells that a beam is on for, part of the slot at least, rising."""
        return np.flatnonzero((self.satellite >= 0) & (self.dwell > 0.0))

    @property
    def level(self) -> Floats:
        """Share of the ask at the design plan that is carried, (n,); above 1 it is surplus."""
        asked = self.need[:, 0] > 0.0
        return np.where(asked, self.dwell / np.where(asked, self.need[:, 0], 1.0), 0.0)

    def carried(self, total_active: Floats) -> Floats:
        """Share of the whole ask that is carried, at most 1, (n,): what does not close is unserved."""
        return np.minimum(self.level, 1.0) * self.need[:, 3] / np.where(total_active > 0.0, total_active, 1.0)

    def by_direction(self) -> tuple[Ints, Ints]:
        """Binding constraint of the forward and of the return flow, (n,). Where a limit of the return
        direction stops a cell, its forward flow is held back by the return link."""
        returns = self.code >= kernels.RETURN_SIDE
        return np.where(returns, kernels.RETURN_LINK, self.code), np.where(
            returns, self.code - kernels.RETURN_SIDE, self.code
        )


def allocate(
    network: Network,
    sky: Sky,
    weather_state: Ints,
    admission: Admission | None = None,
    past: Past | None = None,
) -> Allocation:
    """Attach and share. weather_state (n,): 0 clear, k the fades of state k - 1 (see `links.tables`).
    `admission` replaces the network's own; what it offers is looked at once, what is promised twice. `past`:
    of the slot before; without it every cell pays a handover."""
    admitted = admission or network.admission
    given = nothing_given(network.ground.count, sky.view.near.size, len(network.plans))
    given = given._replace(before=before_of(network, sky, past)) if past else given
    near = sky.fleet
    attach_all(network, sky, near, admitted, weather_state, given, second_look=admission is None)
    top_up_kernels.top_up(near, network.rules, given)
    top_up_kernels.name_met(network.total_active, given)
    return Allocation(given)


def nothing_given(n: int, m: int, plans: int) -> kernels.Given:
    """What `kernels.attach` fills in, for n cells, m satellites and p plans."""
    return kernels.Given(
        satellite=np.full(n, -1),
        geometry=np.zeros((n, 5)),
        need=np.zeros((n, 5)),
        plan_dwell=np.zeros((n, plans + 1)),
        closes=np.zeros((n, plans + 1, 2), np.int64),
        cap=np.zeros(n),
        least=np.zeros(n),
        dwell=np.zeros(n),
        code=np.full(n, -1),
        direction=np.zeros((n, 3)),
        toll=np.ones(n),
        members=_no_members(n, m),
        before=kernels.Before(np.full(n, -1), np.ones(n)),
    )


def _no_members(n: int, m: int) -> Members:
    """Satellites without cells, and room for all n of them."""
    blocks = n // BLOCK + m
    return Members(
        head=np.full(m, -1),
        before=np.empty(blocks, np.int64),
        size=np.empty(blocks, np.int64),
        cell=np.empty((blocks, BLOCK), np.int64),
        beam=np.empty((blocks, 3, BLOCK)),
        used=np.zeros(1, np.int64),
    )


def rates_mbps(network: Network, allocation: Allocation) -> tuple[Floats, Floats]:
    """Busy-hour forward and return rate of every cell, Mbps; never more than the top plan's ask."""
    level = allocation.level
    ceiling = network.ceiling
    forward = np.minimum(level, ceiling[0]) * allocation.need[:, 1]
    return forward, np.minimum(level, ceiling[1]) * allocation.need[:, 2]


def round_trip_ms(sky: Sky, allocation: Allocation) -> Floats:
    """Propagation user - satellite - gateway and back, ms, (n,); NaN for cells without a link."""
    s = np.maximum(allocation.satellite, 0)
    if not sky.gateway_range_km.size:
        return np.full(s.shape, np.nan)
    path_km = allocation.geometry[:, 1] + sky.gateway_range_km[s]
    return np.where(allocation.satellite >= 0, path_km * MS_PER_KM, np.nan)
