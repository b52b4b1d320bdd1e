"""One slot of beam hopping: filter (mask, GSO, gateway), share, assign, and name what stops every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import visibility
from raabta.access.kernels import VERTICAL_MARGIN_RAD
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.links.tables import PROBABILITY
from raabta.network import kernels
from raabta.network.constraints import CONSTRAINTS
from raabta.network.model import RUNG_LOW, RUNG_RATIO_LOG, SLOT_UNIT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Admission, Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BEAM_TIME, POWER = CONSTRAINTS.index("beam_time"), CONSTRAINTS.index("power")
RETURN_LINK, LINK = CONSTRAINTS.index("return_link"), CONSTRAINTS.index("link")
DEMAND_MET = CONSTRAINTS.index("demand_met")
RETURN_SIDE = 16
"""Added to the code of a limit that belongs to the return direction."""
SATELLITE_RATE, FEEDER = CONSTRAINTS.index("satellite_rate"), CONSTRAINTS.index("feeder")


@dataclass(frozen=True)
class Sky:
    """Satellites of one slot that may serve the area (m near ones), before any cell is attached.

    gateway (m,): index or -1. gateway_cosecant (m,), gateway_range_km (m,): of the feeder link. share (m,):
    the part of the satellite that is this area's. capacity (m, 3): its dwell, forward and return Mbps;
    limit_code (m, 3): the constraint that names each.
    """

    view: visibility.View
    gateway: Ints
    gateway_cosecant: Floats
    gateway_range_km: Floats
    share: Floats
    capacity: Floats
    limit_code: Ints
    room: Ints


@dataclass(frozen=True)
class Allocation:
    """What every cell got in one slot.

    satellite (n,): index into `view.near` or -1; need (n, 5) and dwell (n,) as in `kernels.needs`; geometry
    (n, 5) as in `kernels.attach`; code (n,): what binds, -1 where nobody asks, see `by_direction`.
    """

    satellite: Ints
    geometry: Floats
    need: Floats
    dwell: Floats
    code: Ints

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
        returns = self.code >= RETURN_SIDE
        return np.where(returns, RETURN_LINK, self.code), np.where(
            returns, self.code - RETURN_SIDE, self.code
        )


def observe_sky(network: Network, position_km: Floats) -> Sky:
    """Filter the fleet at one step. position_km (3, n_sat) ITRF."""
    system = network.scenario.constellation
    view = visibility.observe(
        network.ground,
        network.disc,
        position_km,
        min_elevation_deg=system.user_min_elevation_deg,
        scan_limit_deg=network.payload.scan_limit_deg,
        gso_separation_deg=system.gso_separation_deg,
    )
    home = np.zeros(view.near.size)
    kernels.spread_home(view.start, view.satellite, network.demand.people, home)
    gateway, sine = _assign_gateways(network, position_km, view, home)
    cosecant = 1.0 / np.where(gateway >= 0, sine, 1.0)
    share = _share(network, position_km, view, home)
    offset = view.satellite_km - network.gateways.km[np.maximum(gateway, 0)]
    capacity, limit_code = _capacity(network, gateway, cosecant, share)
    frames = network.scenario.sharing.frames_per_slot
    hops = min(frames, network.payload.cells_per_beam)
    return Sky(
        view=view,
        gateway=gateway,
        gateway_cosecant=cosecant,
        gateway_range_km=np.linalg.norm(offset, axis=1),
        share=share,
        capacity=capacity,
        limit_code=limit_code,
        room=np.floor(capacity[:, 0] * hops + 1e-9).astype(np.int64),
    )


def _assign_gateways(
    network: Network, position_km: Floats, view: visibility.View, home: Floats
) -> tuple[Ints, Floats]:
    """Gateway (m,) of each near satellite, -1 for none, and the sine of its elevation there.

    Satellites choose in order of the people they see, which no list of gateways can change.
    """
    seen = visibility.observe(
        network.gateways,
        network.disc,
        position_km,
        min_elevation_deg=network.scenario.constellation.gateway_min_elevation_deg,
        gso_separation_deg=network.gateway_separation_deg,
        subset=view.near,
    )
    order = np.argsort(-home, kind="stable")
    order = order[home[order] > 0.0]
    gateway = np.full(view.near.size, -1)
    sine = np.ones(view.near.size)
    kernels.assign_gateways(
        order, seen.start, seen.satellite, seen.sin_elevation, seen.clear, network.antennas, gateway, sine
    )
    return gateway, sine


def _share(network: Network, position_km: Floats, view: visibility.View, home: Floats) -> Floats:
    """Part of each near satellite that is this area's, (m,), by the scenario's rule."""
    sharing = network.scenario.sharing
    if sharing.capacity_share == "exclusive":
        return np.ones(view.near.size)
    if sharing.capacity_share == "ratio":
        return np.full(view.near.size, sharing.ratio_share)
    floor_deg = network.scenario.constellation.user_min_elevation_deg
    wide = np.union1d(visibility.near_satellites(position_km, network.wide_disc, floor_deg), view.near)
    unit, angle = visibility.footprints(np.ascontiguousarray(position_km[:, wide]), floor_deg)
    others = np.zeros(view.near.size)
    index = np.searchsorted(wide, view.near)
    cosine = np.cos(np.maximum(angle - VERTICAL_MARGIN_RAD, 0.0))
    kernels.spread_neighbours(
        unit, cosine, index, network.neighbour_unit, network.demand.neighbour_people, others
    )
    return np.where(home > 0.0, home / np.where(home > 0.0, home + others, 1.0), 0.0)


def _capacity(network: Network, gateway: Ints, cosecant: Floats, share: Floats) -> tuple[Floats, Ints]:
    """Dwell, forward and return Mbps of each satellite for this area, and the constraint behind each."""
    payload = network.payload
    beams = min(float(payload.beams), network.beams_by_power)
    dwell_code = POWER if network.beams_by_power < payload.beams else BEAM_TIME
    feeder = feeder_rates_mbps(network, gateway, cosecant)[:, 0]
    limit = np.column_stack(
        [
            np.full(gateway.size, beams),
            np.minimum(feeder[:, 0], payload.forward_mbps),
            np.minimum(feeder[:, 1], payload.return_mbps),
        ]
    )
    code = np.column_stack(
        [
            np.full(gateway.size, dwell_code),
            np.where(feeder[:, 0] < payload.forward_mbps, FEEDER, SATELLITE_RATE),
            np.where(feeder[:, 1] < payload.return_mbps, FEEDER, SATELLITE_RATE) + RETURN_SIDE,
        ]
    )
    return limit * share[:, None], code


def feeder_rates_mbps(network: Network, gateway: Ints, cosecant: Floats) -> Floats:
    """Feeder rates of each satellite in every weather state, (m, 1 + k, 2): forward and return Mbps."""
    table = network.feeder.rate_mbps
    nodes = table.shape[3]
    x = (cosecant - 1.0) / (network.feeder.cosecant_max - 1.0) * (nodes - 1)
    low = np.clip(x.astype(np.int64), 0, nodes - 2)
    weight = np.clip(x - low, 0.0, 1.0)[:, None, None]
    g = np.maximum(gateway, 0)
    low_rate = np.moveaxis(table[g, :, :, low], 1, 2)
    high_rate = np.moveaxis(table[g, :, :, low + 1], 1, 2)
    return np.asarray(np.minimum(low_rate, low_rate * (1 - weight) + high_rate * weight))


def allocate(
    network: Network, sky: Sky, weather_state: Ints, admission: Admission | None = None
) -> Allocation:
    """Attach and share. weather_state (n,): 0 clear, k the fades of state k - 1 (see `links.tables`).
    `admission` replaces the network's own."""
    admitted = admission or network.admission
    n, m = network.ground.count, sky.view.near.size
    radio, demand = network.radio, network.demand
    satellite, code = np.full(n, -1), np.full(n, -1)
    geometry, need = np.zeros((n, 5)), np.zeros((n, 5))
    cap, dwell = np.zeros(n), np.zeros(n)
    head, following = np.full(m, -1), np.full(n, -1)
    guarantee = 1 if network.scenario.sharing.allocation == "guarantee" else 0
    direction = kernels.attach(
        admitted.order,
        admitted.level,
        sky.view.start,
        sky.view.satellite,
        sky.view.sin_elevation,
        sky.view.clear,
        sky.gateway,
        sky.view.satellite_km,
        sky.view.unit,
        network.ground.km,
        network.radius_km,
        demand.active,
        radio.radio,
        radio.edge_down,
        radio.edge_up,
        radio.terminal,
        network.loss.loss_db,
        weather_state,
        network.loss.cosecant_max,
        radio.first_mode,
        radio.thresholds,
        radio.inverse,
        radio.single,
        network.plans,
        network.peaks,
        network.design,
        sky.capacity.copy(),
        sky.room.copy(),
        sky.limit_code,
        network.limits,
        guarantee,
        satellite,
        geometry,
        need,
        cap,
        dwell,
        code,
        head,
        following,
    )
    kernels.top_up(
        sky.capacity, sky.limit_code, network.limits, head, following, need, cap, direction, dwell, code
    )
    return Allocation(satellite, geometry, need, dwell, _name_met(network, need, dwell, code))


def _name_met(network: Network, need: Floats, dwell: Floats, code: Ints) -> Ints:
    """A cell that has its whole ask at the design plan is met, whatever stops its surplus; where it has all
    that can close but a terminal class cannot close, that class's link is what binds."""
    part = need[:, 3] < network.demand.active.sum(axis=1) - 1e-9
    full = (need[:, 0] > 0.0) & (dwell >= need[:, 0] * (1.0 - 1e-9))
    unclosed = np.where(need[:, 4] > 0.0, LINK, RETURN_LINK)
    return np.where(full & part, unclosed, np.where(full, DEMAND_MET, code))


def rates_mbps(network: Network, allocation: Allocation) -> tuple[Floats, Floats]:
    """Busy-hour forward and return rate of every cell, Mbps; never more than the top plan's ask."""
    level = allocation.level
    ceiling = network.plans[-1] / network.plans[network.design]
    forward = np.minimum(level, ceiling[0]) * allocation.need[:, 1]
    return forward, np.minimum(level, ceiling[1]) * allocation.need[:, 2]


def round_trip_ms(sky: Sky, allocation: Allocation) -> Floats:
    """Propagation user - satellite - gateway and back, ms, (n,); NaN for cells without a link."""
    s = np.maximum(allocation.satellite, 0)
    path_km = allocation.geometry[:, 1] + sky.gateway_range_km[s]
    return np.where(allocation.satellite >= 0, 2e3 * path_km / SPEED_OF_LIGHT_KM_S, np.nan)


def feeder_probability(network: Network, sky: Sky, satellite: Ints, load_mbps: Floats) -> Floats:
    """Probability (q,) that the feeders of some satellites (q,) carry loads (q, 2): rain, pair and equipment.

    Loads are this area's; the neighbours' part rides on the same feeder. A diversity partner at the same
    elevation is taken as independent.
    """
    share = np.where(sky.share > 0.0, sky.share, 1.0)[satellite, None]
    load = load_mbps / share
    cosecant = sky.gateway_cosecant[satellite]

    def up(gateway: Ints) -> Floats:
        rates = feeder_rates_mbps(network, gateway, cosecant)[:, 1:]
        carries = np.all(rates >= load[:, None, :] * (1.0 - 1e-9), axis=2)
        return np.asarray(
            carries @ np.array(PROBABILITY) * network.gateway_availability[np.maximum(gateway, 0)]
        )

    gateway = sky.gateway[satellite]
    alone = up(gateway)
    partner = network.partner[np.maximum(gateway, 0)]
    both = 1.0 - (1.0 - alone) * (1.0 - up(np.maximum(partner, 0)))
    return np.asarray(np.where(gateway < 0, 0.0, np.where(partner >= 0, both, alone)))


@dataclass(frozen=True)
class FeederSurvival:
    """What a feeder fade leaves: promised (n,), the part of a cell's level that is kept; kept (n,), the
    probability that it is; whole (m,), the probability that the satellite's whole load is carried."""

    promised: Floats
    kept: Floats
    whole: Floats


EQUAL_KEPT_SHARE = 0.8
"""Where nothing is promised, every cell is cut back to this share of its level before the feeder gives up."""


def feeder_survival(
    network: Network, sky: Sky, allocation: Allocation, admission: Admission
) -> FeederSurvival:
    """Cut the surplus first, then the promises from the last admitted up."""
    m = sky.view.near.size
    lit = np.flatnonzero(allocation.satellite >= 0)
    s = allocation.satellite[lit]
    rates = np.column_stack(rates_mbps(network, allocation))
    load = np.column_stack([np.bincount(s, rates[lit, q], m).astype(np.float64) for q in range(2)])
    promised = _promised_share(network, allocation, admission)
    running = np.zeros_like(rates)
    kernels.promised_loads(admission.order, allocation.satellite, rates * promised[:, None], running)
    kept = np.zeros(rates.shape[0])
    if network.scenario.sharing.allocation == "equal":
        running[lit] = load[s] * EQUAL_KEPT_SHARE
    kept[lit] = feeder_probability(network, sky, s, running[lit])
    return FeederSurvival(promised, kept, feeder_probability(network, sky, np.arange(m), load))


def _promised_share(network: Network, allocation: Allocation, admission: Admission) -> Floats:
    """Part of each cell's level that was promised to it, (n,)."""
    level = allocation.level
    if network.scenario.sharing.allocation == "equal":
        return np.where(level > 0.0, EQUAL_KEPT_SHARE, 0.0)
    asked = np.minimum(admission.level, 1.0)
    return np.where(level > 0.0, np.minimum(1.0, asked / np.where(level > 0.0, level, 1.0)), 0.0)


def weigh(
    network: Network,
    sky: Sky,
    allocation: Allocation,
    plans: Floats,
    histogram: NDArray[np.uint32],
    rain: Ints,
    feeder: Ints,
    admission: Admission | None = None,
) -> None:
    """Add one clear-sky slot to the weather-weighted sums (see `kernels.weigh`), for some plans (p, 2)."""
    radio = network.radio
    n, classes = network.demand.active.shape
    first = int(np.flatnonzero(np.all(network.plans == plans[0], axis=1))[0])
    links = (
        network.demand.active,
        radio.terminal,
        network.loss.loss_db,
        network.loss.cosecant_max,
        radio.first_mode,
        radio.thresholds,
        radio.inverse,
        radio.single,
        plans,
        network.peaks[first : first + plans.shape[0]],
    )
    level, closes = np.zeros((n, plans.shape[0])), np.zeros((n, plans.shape[0], classes), np.int64)
    given = (allocation.satellite, allocation.geometry, allocation.dwell)
    kernels.clear_levels(*given, sky.capacity, *links, level, closes)
    survival = feeder_survival(network, sky, allocation, admission or network.admission)
    kernels.weigh(
        *given,
        np.ascontiguousarray(sky.capacity[:, 0]),
        network.limits[1],
        level,
        closes,
        survival.promised,
        survival.whole,
        survival.kept,
        *links,
        network.design - first,
        np.array(PROBABILITY),
        RUNG_LOW,
        RUNG_RATIO_LOG,
        SLOT_UNIT,
        histogram,
        rain,
        feeder,
    )
