"""What a slot offers before any cell is attached: who sees whom, gateways, shares, what satellites carry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import visibility
from raabta.base.bodies import EARTH
from raabta.network import feeder
from raabta.network import sky_kernels as kernels
from raabta.network.kernels import FEEDER, GATEWAY, GSO, LASER, RETURN_SIDE, Candidates, Fleet
from raabta.network.landing import land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.landing import Fed, Landing
    from raabta.network.model import Network

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Sky:
    """Satellites of one slot that may serve the area (m near ones), before any cell is attached.

    visible (n,): satellites that each cell sees; usable: those of them that it may be attached to. in_view
    (m,): 1 where some cell sees the satellite.
    feeders (m, 2): gateway and its diversity partner, index or -1; feeder_cosecant (m, 2): 1 / sin(elevation)
    there; gateway_range_km (m,): to the gateway. share (m,): the part of the satellite that is this area's.
    capacity (m, 3): its dwell, forward and return Mbps; limit_code (m, 3): the constraint that names each.
    feeder_db (m, 2): see `kernels.Fleet`. Where traffic lands through lasers, `landing` says how and `fed`
    what comes of it in clear sky; feeders and feeder_cosecant are those of the satellite that each lands at,
    and gateway_range_km is the whole way.
    """

    view: visibility.Overhead
    visible: Ints
    usable: Candidates
    in_view: NDArray[np.uint8]
    feeders: Ints
    feeder_cosecant: Floats
    gateway_range_km: Floats
    share: Floats
    capacity: Floats
    limit_code: Ints
    room: Ints
    feeder_db: Floats
    landing: Landing | None = None
    fed: Fed | None = None

    @cached_property
    def gateway(self) -> Ints:
        """Gateway of each satellite, index or -1, (m,)."""
        return np.ascontiguousarray(self.feeders[:, 0])

    @cached_property
    def fleet(self) -> Fleet:
        """The satellites as the kernels take them."""
        return Fleet(
            self.view.near,
            self.view.satellite_km,
            self.view.unit,
            np.linalg.norm(self.view.satellite_km, axis=1) - EARTH.mean_radius_km,
            self.gateway,
            self.gateway_range_km,
            self.capacity,
            self.limit_code,
            self.room,
            self.feeder_db,
        )


def observe_sky(network: Network, position_km: Floats, time: np.datetime64 | None = None) -> Sky:
    """Filter the fleet at one step. position_km (3, n_sat) ITRF; time (UTC): wanted where it lands through
    lasers that depend on what was before."""
    system = network.scenario.constellation
    view = visibility.overhead(network.disc, position_km, system.user_min_elevation_deg)
    visible, home, in_view = visibility.count_visible(
        network.ground, view, network.demand.people, network.payload.scan_limit_deg
    )
    share = _share(network, position_km, view, home)
    order = np.lexsort((-home, -share))
    order, landing, fed = order[home[order] > 0.0], None, None
    if network.mesh is None:
        feeders, sine = _assign_gateways(network, position_km, view, order)
        offset = view.satellite_km - network.gateways.km[np.maximum(feeders[:, 0], 0)]
        range_km = np.linalg.norm(offset, axis=1)
    else:
        served = home / np.where(share > 0.0, share, 1.0)
        landing = land(network, position_km, time, view.near, order, served)
        feeders, sine, range_km = landing.feeders, landing.sine, landing.range_km
    cosecant = 1.0 / sine
    gateway, at_cosecant = feeders[:, 0], cosecant[:, 0]
    if landing is None:
        capacity, limit_code = capacity_at(network, gateway, at_cosecant, share)
    else:
        fed = fed_by(network, landing, feeder_mbps(network, gateway, at_cosecant))
        capacity, limit_code = capacity_of(network, fed.mbps, share, fed.by_laser)
    frames = network.scenario.sharing.frames_per_slot
    hops = min(frames, network.payload.cells_per_beam)
    return Sky(
        view=view,
        visible=visible,
        usable=_usable(network, view, visible, gateway),
        in_view=in_view,
        feeders=feeders,
        feeder_cosecant=cosecant,
        gateway_range_km=range_km,
        share=share,
        capacity=capacity,
        limit_code=limit_code,
        room=_cells_at_most(capacity[:, 0] * hops, network.rules.guarantee),
        feeder_db=feeder.clear_db(network, view.satellite_km, gateway, at_cosecant),
        landing=landing,
        fed=fed,
    )


def fed_by(network: Network, landing: Landing, feeders_mbps: Floats) -> Fed:
    """What feeders of such rates (m, 2) and lasers bring to each satellite, which takes what it carries."""
    payload = network.payload
    return landing.ways.fed(feeders_mbps, (payload.forward_mbps, payload.return_mbps))


def _usable(network: Network, view: visibility.Overhead, visible: Ints, gateway: Ints) -> Candidates:
    """The pairs in view that are clear of the arc and have a gateway (m,): only those are looked for."""
    ground, scan_limit_deg = network.ground, network.payload.scan_limit_deg
    landed = np.flatnonzero(gateway >= 0)
    pairs = visibility.view_of(ground, view, scan_limit_deg, which=landed, clear_alone=True)
    stage = np.empty(visible.size, np.int8)
    kernels.first_filter(pairs.start, visible, stage)
    without = (stage == GATEWAY) & (network.demand.people > 0.0)
    if without.any():
        stage[without & ~visibility.find_clear(ground, view, without, scan_limit_deg)] = GSO
    return Candidates(pairs.start, pairs.satellite, pairs.sin_elevation, stage)


def _cells_at_most(hops: Floats, guarantee: int) -> Ints:
    """Cells that a satellite's hops reach, (m,); under a guarantee the last may take what is left of one."""
    whole = np.ceil(hops - 1e-9) if guarantee else np.floor(hops + 1e-9)
    return np.asarray(whole, np.int64)


def _assign_gateways(
    network: Network, position_km: Floats, view: visibility.Overhead, order: Ints
) -> tuple[Ints, Floats]:
    """Gateway and diversity partner of each near satellite (m, 2), -1 for none, and the sines of its
    elevation there.

    Satellites choose in `order`: of the part of them that is this area's, then of the people they see here,
    which no list of gateways can change: a high satellite that sees half the world comes late.
    """
    seen = visibility.observe(
        network.gateways,
        network.disc,
        position_km,
        min_elevation_deg=network.scenario.constellation.gateway_min_elevation_deg,
        subset=view.near,
    )
    feeders, sine = np.full((view.near.size, 2), -1), np.ones((view.near.size, 2))
    kernels.assign_gateways(
        order,
        seen.start,
        seen.satellite,
        seen.sin_elevation,
        seen.clear,
        network.antennas,
        network.partner,
        feeders,
        sine,
    )
    return feeders, sine


def _share(network: Network, position_km: Floats, view: visibility.Overhead, home: Floats) -> Floats:
    """Part of each near satellite that is this area's, (m,), by the scenario's rule."""
    sharing = network.scenario.sharing
    if sharing.capacity_share == "exclusive":
        return np.ones(view.near.size)
    if sharing.capacity_share == "ratio":
        return np.full(view.near.size, sharing.ratio_share)
    floor_deg = network.scenario.constellation.user_min_elevation_deg
    share = np.empty(view.near.size)
    kernels.share_with_neighbours(
        position_km,
        visibility.near_satellites(position_km, network.wide_disc, floor_deg),
        view.near,
        np.radians(floor_deg),
        network.neighbour_unit,
        network.demand.neighbour_people,
        home,
        share,
    )
    return share


def capacity_at(network: Network, gateway: Ints, cosecant: Floats, share: Floats) -> tuple[Floats, Ints]:
    """`capacity_of` satellites with their gateways (m,) in clear sky.

    A transparent payload repeats the whole channel of every beam that is on, so that its feeder bounds beams,
    whatever the weather; nothing bounds its rate but the satellite itself.
    """
    if not network.transparent:
        return capacity_of(network, feeder_mbps(network, gateway, cosecant), share)
    limit, code = capacity_of(network, np.full((share.size, 2), np.inf), share)
    beams = feeder.beams(network, gateway) * share[:, None]
    for way, its in enumerate((FEEDER, RETURN_SIDE + FEEDER)):
        fewer = beams[:, way] < limit[:, 0]
        limit[fewer, 0], code[fewer, 0] = beams[fewer, way], its
    return limit, code


def capacity_of(
    network: Network, fed_mbps: Floats, share: Floats, by_laser: Flags | None = None
) -> tuple[Floats, Ints]:
    """Dwell, forward and return Mbps of each satellite for this area (m, 3), and the constraint behind each.
    fed_mbps (m, 2): of its feeder; share (m,): the part of it that is this area's; by_laser (m, 2): whether
    a laser is what stops the feed."""
    payload = network.payload
    limit, code = np.empty((share.size, 3)), np.empty((share.size, 3), np.int64)
    kernels.limit_satellites(
        fed_mbps,
        share,
        float(payload.beams),
        network.beams_by_power,
        payload.forward_mbps,
        payload.return_mbps,
        limit,
        code,
    )
    if by_laser is not None:
        for way, feed in enumerate((FEEDER, RETURN_SIDE + FEEDER), start=1):
            code[(code[:, way] == feed) & by_laser[:, way - 1], way] += LASER - FEEDER
    return limit, code


def feeder_mbps(network: Network, gateway: Ints, cosecant: Floats, state: Ints | None = None) -> Floats:
    """Feeder rates of each satellite (m, 2), forward and return Mbps. state (g,): weather of the gateways, as
    `allocate` takes it; clear sky if None."""
    table = network.feeder.rate_mbps
    clear = np.zeros(table.shape[0], np.int64)
    out = np.empty((gateway.size, 2))
    kernels.feeder_rates(
        table, network.feeder.cosecant_max, gateway, cosecant, clear if state is None else state, out
    )
    return out
