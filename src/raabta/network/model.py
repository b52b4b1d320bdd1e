"""What one run holds still: sites, tables, demand and limits, made once and carried to every worker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.access import horizons, visibility
from raabta.base.bodies import EARTH
from raabta.base.errors import LimitError
from raabta.links import tables
from raabta.links.cloud_maps import brought
from raabta.network import pairs, rain_field
from raabta.network.flux import cap_of
from raabta.network.kernels import Links, Rules
from raabta.network.mesh.lasers_failed import laser_outages
from raabta.network.mesh.topology import Topology
from raabta.orbits.outages import Outage, window
from raabta.orbits.propagate import Propagator
from raabta.orbits.satellites_out import laid_on
from raabta.scenario.failures import gateways_out
from raabta.scenario.models import PLANS_MBPS
from raabta.scenario.payload import beam_shape, carriers_of_a_beam, layout_spacing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from raabta.links.flux_cap import FluxCap
    from raabta.scenario.failures import Failure
    from raabta.scenario.models import Gateway, Payload, Scenario, Terminal

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

MAX_SATELLITES: Final = 32_767
"""Stored satellite numbers have sixteen bits."""
GROUP_STEPS: Final = 2
"""Cells of one H3 parent, this many resolutions coarser, share a satellite list: 49 cells."""
SLOT_UNIT: Final = 65_536
"""Integer weight of one slot: probabilities are counted in these, so that sums do not depend on order."""
RUNG_LOW: Final = 1e-3
RUNGS: Final = 177
RUNG_RATIO_LOG: Final = float(-np.log(RUNG_LOW) / (RUNGS - 1))
"""Rungs of the survival ladder from RUNG_LOW to 1 (4 % apart); bin 0 is below the lowest."""


@dataclass(frozen=True)
class Demand:
    """What `service` asks of the network: n cells, j terminal classes.

    people (n,): what competes with the neighbours. active (n, j): subscribing homes / contention;
    subscribers (n,): subscribing homes. order (a,):
    the cells that ask, least-served district first. neighbour_*: coarse cells of other countries.
    """

    people: Floats
    active: Floats
    subscribers: Floats
    order: Ints
    neighbour_latitude_deg: Floats
    neighbour_longitude_deg: Floats
    neighbour_people: Floats


@dataclass(frozen=True)
class Admission:
    """Who is admitted.

    order (a,): cells in the order they are served. level (n,): share of each cell's ask at the design plan
    that is guaranteed before the surplus is shared; at 0 a cell only takes part in the surplus.
    """

    order: Ints
    level: Floats

    @cached_property
    def promised(self) -> Ints:
        """Cells that a level is guaranteed to, in order."""
        return np.asarray(self.order[self.level[self.order] > 0.0])

    @cached_property
    def unpromised(self) -> Ints:
        """The others, in order."""
        return np.asarray(self.order[self.level[self.order] <= 0.0])


@dataclass(frozen=True)
class Network:
    """Everything a slot needs; immutable, pickles to a few tens of MB.

    gateway_tails (g, 1 + k, 1 + k): see `pairs.tails`.
    down_interference_ratio, up_interference_ratio (n,): I/C of the forward and I/N of the return link from
    the other beams of the constellation; 0 until `network.interference` has summed them, into `loss` too.
    antennas (g,): none where traffic of the area may not land. mesh: the lasers where it lands by them.
    gateway_outages: gateways that are out for a while, see `at`.
    """

    scenario: Scenario
    propagator: Propagator
    ground: visibility.Sites
    disc: tuple[Floats, float]
    wide_disc: tuple[Floats, float]
    radius_km: Floats
    rain: rain_field.Rain
    gateways: visibility.Sites
    antennas: Ints
    gateway_availability: Floats
    partner: Ints
    gateway_tails: Floats
    demand: Demand
    admission: Admission
    neighbour_unit: Floats
    radio: tables.RadioTables
    flux_cap: FluxCap
    loss: tables.PathLoss
    feeder: tables.FeederTables
    plans: Floats
    peaks: Floats
    design: int
    rules: Rules
    beams_by_power: float
    down_interference_ratio: Floats
    up_interference_ratio: Floats
    mesh: Topology | None = None
    gateway_outages: tuple[Outage, ...] = ()

    def at(self, time: np.datetime64) -> Network:
        """The network as it stands at a time (UTC): gateways that are out have no antenna."""
        if not any(outage.during(time) for outage in self.gateway_outages):
            return self
        antennas = self.antennas.copy()
        for outage in self.gateway_outages:
            antennas[outage.who] = np.where(outage.during(time), 0, antennas[outage.who])
        return replace(self, antennas=antennas, gateway_outages=())

    @property
    def payload(self) -> Payload:
        """Radio of the satellites."""
        return self.scenario.constellation.payload

    @property
    def transparent(self) -> bool:
        """Whether the satellites repeat carriers, so that the feeder's noise reaches the user."""
        return self.payload.processing == "transparent"

    @cached_property
    def total_active(self) -> Floats:
        """Active homes of every cell, all classes, (n,)."""
        return np.asarray(self.demand.active.sum(axis=1))

    @cached_property
    def ceiling(self) -> Floats:
        """Rates of the top plan over those of the design plan, (2,)."""
        return np.asarray(self.plans[-1] / self.plans[self.design])

    @cached_property
    def links(self) -> Links:
        """What the kernels rate links from."""
        radio, design = self.radio, self.design
        plans = np.concatenate([self.plans, self.plans[-1:]])
        peaks = np.concatenate([self.peaks, self.peaks[design : design + 1]])
        return Links(
            site_km=self.ground.km,
            radius_km=self.radius_km,
            active=self.demand.active,
            radio=radio.radio,
            flux_cap=radio.flux_cap,
            edge_down=radio.edge_down,
            edge_up=radio.edge_up,
            terminal=radio.terminal,
            loss=self.loss.loss_db,
            cross=self.loss.cross_db,
            join=radio.join,
            cosecant_max=self.loss.cosecant_max,
            lut=radio.first_mode,
            thresholds=radio.thresholds,
            dwell=tables.home_dwell(radio, plans, peaks),
            plans=self.plans,
        )

    @cached_property
    def home_dwell(self) -> float:
        """Dwell that an active home of the first class asks at the design plan, in a mode two thirds up its
        (padded) ladder, or in the lowest above it that is enough: a guess before any link is rated."""
        by_mode = self.links.dwell[0, 0, :, self.design]
        rungs = int(np.isfinite(self.links.thresholds[0, 0]).sum())
        enough = by_mode[max(1, (rungs * 2) // 3) : rungs]
        enough = enough[np.isfinite(enough)]
        return float(enough[0]) if enough.size else self.rules.frame

    def links_of(self, first: int, last: int) -> Links:
        """`links` with the dwell of plans first..last-1 alone."""
        return self.links._replace(dwell=np.ascontiguousarray(self.links.dwell[..., first:last]))


def prepare(scenario: Scenario, cells: xr.Dataset, demand: Demand) -> Network:
    """Build the network of a scenario on its cells (n sorted by h3)."""
    system = scenario.constellation
    latitude, longitude = cells["latitude_deg"].values, cells["longitude_deg"].values
    height_km = cells["height_m"].values / 1e3
    floor_deg = system.user_min_elevation_deg
    propagator = _fleet(scenario)
    ground = visibility.sites(
        latitude,
        longitude,
        height_km,
        floor_deg,
        mask_deg=_mask_deg(scenario, cells["h3"].values),
        group=_parents(cells["h3"].values),
        gso_separation_deg=system.gso_separation_deg,
    )
    near_km = np.concatenate([ground.km, neighbour_km(demand)])
    gateways, feeder = _gateway_side(scenario, propagator)
    cap = cap_of(scenario, propagator)
    partner = _partners(scenario.gateways)
    return Network(
        scenario=scenario,
        propagator=laid_on(propagator, scenario),
        ground=ground,
        disc=visibility.bounding_disc(ground.km),
        wide_disc=visibility.bounding_disc(near_km),
        radius_km=cells["radius_km"].values,
        rain=rain_field.rain(scenario, latitude, longitude),
        gateways=gateways,
        antennas=_antennas(scenario),
        gateway_availability=np.array([gateway.availability_share for gateway in scenario.gateways]),
        partner=partner,
        gateway_tails=pairs.tails(*_places_deg(scenario.gateways), partner),
        demand=demand,
        admission=Admission(demand.order, np.ones(latitude.size)),
        neighbour_unit=unit(neighbour_km(demand)),
        radio=tables.radio_tables(system.payload, scenario.demand.terminals, cap),
        flux_cap=cap,
        loss=tables.path_loss(
            latitude,
            longitude,
            height_km,
            system.payload,
            scenario.demand.terminals,
            floor_deg,
            scenario.weather.statistic,
            scenario.weather.fade_ratio,
            brought(scenario.weather.cloud_maps_file),
        ),
        feeder=feeder,
        plans=np.array(list(PLANS_MBPS.values())),
        peaks=_peaks_mbps(scenario.demand.terminals, scenario.demand.take_up_share),
        design=list(PLANS_MBPS).index(scenario.demand.plan),
        rules=_rules(scenario),
        beams_by_power=beams_by_power(system.payload),
        down_interference_ratio=np.zeros(latitude.size),
        up_interference_ratio=np.zeros(latitude.size),
        mesh=_mesh(scenario, propagator) if scenario.sharing.landing == "lasers" else None,
        gateway_outages=gateway_outages(scenario, (*scenario.failures, *scenario.cut_gateways)),
    )


def _mesh(scenario: Scenario, propagator: Propagator) -> Topology:
    """The lasers of a scenario, but for those that fail."""
    whole = Topology.of(scenario.constellation, propagator)
    return laser_outages(whole, scenario, propagator.names)


def gateway_outages(scenario: Scenario, failures: Sequence[Failure]) -> tuple[Outage, ...]:
    """Gateways of a scenario that failures take, and when."""
    return tuple(
        Outage(np.array(gateways_out(each, scenario.gateways), np.int64), *window(each, scenario.time.start))
        for each in failures
        if each.what in ("gateway", "country")
    )


def _fleet(scenario: Scenario) -> Propagator:
    """The constellation; LimitError where its satellites are more than numbers that can be stored."""
    time = scenario.time
    propagator = Propagator.from_constellation(scenario.constellation, time.start, time.duration_s)
    if propagator.count > MAX_SATELLITES:
        raise LimitError(
            f"the constellation has {propagator.count} satellites; at most {MAX_SATELLITES} can be stored. "
            "Give fewer shells or a smaller orbits file"
        )
    return propagator


def _antennas(scenario: Scenario) -> Ints:
    """Antennas of each gateway, (g,): none at those where traffic of the area may not land."""
    lets = scenario.sharing.lets_land
    return np.array([gateway.antennas if lets(gateway) else 0 for gateway in scenario.gateways])


def _partners(gateways: Sequence[Gateway]) -> Ints:
    """The diversity partner of each gateway, its place among them or -1, (g,)."""
    names = [gateway.name for gateway in gateways]
    partners = [gateway.diversity_partner for gateway in gateways]
    return np.array([names.index(name) if name else -1 for name in partners], np.int64)


def _places_deg(gateways: Sequence[Gateway]) -> tuple[Floats, Floats]:
    """Latitude and longitude of gateways, (g,) each."""
    latitude = np.array([gateway.latitude_deg for gateway in gateways])
    return latitude, np.array([gateway.longitude_deg for gateway in gateways])


def asking(network: Network, demand: Demand) -> Network:
    """A prepared network asked by other homes of the same cells, among the same neighbours; all admitted."""
    return replace(network, demand=demand, admission=Admission(demand.order, np.ones(network.ground.count)))


def _mask_deg(scenario: Scenario, h3_index: NDArray[np.uint64]) -> Floats:
    """Horizon of every cell by azimuth bin, (n, 1) or (n, 72): the highest mask any terminal class states,
    all round, or where it is higher the horizon file's."""
    highest = max(terminal.horizon_mask_deg for terminal in scenario.demand.terminals)
    area = scenario.area
    if area.horizon_file is None:
        return np.full((h3_index.size, 1), highest)
    return np.maximum(horizons.of_cells(Path(area.horizon_file), h3_index, area.cell_resolution), highest)


def _parents(h3_index: NDArray[np.uint64]) -> Ints:
    """H3 parent of each cell, GROUP_STEPS coarser, as a label; sorted because the cells are."""
    own = int(h3_index[0] >> np.uint64(52)) & 15 if h3_index.size else 0
    resolution = max(0, own - GROUP_STEPS)
    shift = 3 * (15 - resolution)
    return (h3_index >> np.uint64(shift)).astype(np.int64) & ((1 << (3 * resolution + 7)) - 1)


def unit(km: Floats) -> Floats:
    """Unit vectors of (k, 3) vectors."""
    return np.asarray(km / np.linalg.norm(km, axis=1, keepdims=True))


def neighbour_km(demand: Demand) -> Floats:
    """The neighbours' coarse cells, at height 0, (k, 3) km ITRF."""
    from raabta.base.frames import geodetic_to_fixed

    zero = np.zeros_like(demand.neighbour_latitude_deg)
    return np.asarray(geodetic_to_fixed(demand.neighbour_latitude_deg, demand.neighbour_longitude_deg, zero))


def _gateway_side(scenario: Scenario, propagator: Propagator) -> tuple[visibility.Sites, tables.FeederTables]:
    system = scenario.constellation
    latitude, longitude = _places_deg(scenario.gateways)
    height_km = np.array([gateway.height_m / 1e3 for gateway in scenario.gateways])
    floor_deg = max(system.gateway_min_elevation_deg, 5.0)
    mask_deg = horizons.of_gateways(scenario.gateways)
    separation_deg = np.array([gateway.gso_separation_deg for gateway in scenario.gateways])
    sites = visibility.sites(
        latitude, longitude, height_km, floor_deg, mask_deg=mask_deg, gso_separation_deg=separation_deg
    )
    slant = slant_range_km(_altitude_km(scenario, propagator), tables.node_elevations_deg(floor_deg))
    feeder = tables.feeder_tables(
        scenario.gateways,
        system.payload,
        slant,
        floor_deg,
        scenario.weather.statistic,
        scenario.weather.fade_ratio,
        brought(scenario.weather.cloud_maps_file),
    )
    left = np.array([1.0 - gateway.others_share for gateway in scenario.gateways])
    rate_mbps = feeder.rate_mbps * left.reshape(-1, *(1,) * (feeder.rate_mbps.ndim - 1))
    return sites, replace(feeder, rate_mbps=rate_mbps)


def _altitude_km(scenario: Scenario, propagator: Propagator) -> float:
    """Highest altitude of the fleet at the start: the feeder is rated for the longest range."""
    start = np.array([np.datetime64(scenario.time.start.replace(tzinfo=None), "ns")])
    radius = np.linalg.norm(propagator.positions_km(start)[0], axis=0)
    return float(np.nanmax(radius)) - EARTH.equatorial_radius_km


def slant_range_km(altitude_km: float, elevation_deg: Floats) -> Floats:
    """Range at an elevation to a satellite at an altitude over a sphere of the equatorial radius."""
    radius = EARTH.equatorial_radius_km
    sine = np.sin(np.radians(elevation_deg))
    return np.asarray(
        np.sqrt((radius * sine) ** 2 + altitude_km * (altitude_km + 2 * radius)) - radius * sine
    )


def _peaks_mbps(terminals: tuple[Terminal, ...], take_up_share: float) -> Floats:
    """What one terminal alone must reach at each plan, (p, 2, j): the plan, or what its homes share."""
    peaks = np.empty((len(PLANS_MBPS), 2, len(terminals)))
    for p, rates in enumerate(PLANS_MBPS.values()):
        for direction, rate_mbps in enumerate(rates):
            for j, terminal in enumerate(terminals):
                homes = terminal.homes_per_terminal * take_up_share
                together = homes * rate_mbps / terminal.contention_ratio
                peaks[p, direction, j] = max(rate_mbps, together)
    return peaks


def _rules(scenario: Scenario) -> Rules:
    """How beams may be used, as the kernels take it."""
    payload, sharing = scenario.constellation.payload, scenario.sharing
    colours, spacing = carriers_of_a_beam(payload), layout_spacing(payload)
    # Two cells are in one fixed beam where the directions of their axes are the same, so closer than half.
    reuse_rad = 0.5 * spacing if spacing > 0.0 else np.radians(payload.reuse_separation_deg)
    return Rules(
        frame=1.0 / sharing.frames_per_slot,
        per_cell=float(min(payload.beams_per_cell, colours)),
        colours=float(colours),
        cos_reuse=float(np.cos(reuse_rad)),
        design=list(PLANS_MBPS).index(scenario.demand.plan),
        guarantee=1 if sharing.allocation == "guarantee" else 0,
        toll=1.0 / (1.0 - handover_share(scenario)),
        spacing=spacing,
        shape=beam_shape(payload),
    )


def handover_share(scenario: Scenario) -> float:
    """What a handover takes of a slot; nothing where every satellite stands still."""
    moving = scenario.constellation.moving
    return scenario.sharing.handover_s / scenario.time.step_s if moving else 0.0


def beams_by_power(payload: Payload) -> float:
    """Beams the radio power feeds at once: power / (EIRP of a beam - peak gain of the aperture).

    Where the EIRP density rises off nadir, every beam is charged the highest.
    """
    from raabta.links.antenna import peak_gain_dbi

    gain_dbi = float(peak_gain_dbi(payload.transmit_aperture_m, payload.user_down_ghz))
    gain_dbi -= 10.0 * float(np.log10(payload.beam_axis_ratio))
    highest = payload.eirp_density_edge_dbw_mhz
    density = payload.eirp_density_dbw_mhz if highest is None else highest
    beam_dbw = density + 10.0 * np.log10(payload.channel_down_mhz) - gain_dbi
    lasting_w = payload.rf_power_w if payload.rf_power_average_w is None else payload.rf_power_average_w
    return float(min(payload.rf_power_w, lasting_w) / 10.0 ** (beam_dbw / 10.0))


def gateway_label(gateway: Gateway) -> str:
    """How a gateway is named in results: hypothetical ones say so."""
    return f"{gateway.name} (hypothetical)" if gateway.hypothetical else gateway.name
