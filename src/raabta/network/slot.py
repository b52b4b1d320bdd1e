"""One slot of beam hopping: attach every cell to a satellite, share its beams, name what stops the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.network import kernels, top_up_kernels
from raabta.network.allocation import Allocation
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
