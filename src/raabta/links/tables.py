"""Small tables that carry the link floor into the slot kernels: weather states, path losses, modes and rates.

Everything here is made once per run in the parent; the kernels only interpolate (`links.kernels`).
"""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.units import mhz_to_dbhz
from raabta.links import modcod, nr
from raabta.links.antenna import airy_db, aperture_ratio
from raabta.links.budget import (
    FEEDER_MARGIN_DB,
    FEEDER_MAX_BITS,
    GATEWAY_TEMPERATURE_K,
    forward_scan_exponent,
    free_space_loss_db,
    isotropic_area_loss_db,
    noise_rise_db,
)
from raabta.links.cloud_maps import CloudMaps
from raabta.links.depolarisation import EDITION as CROSS_EDITION
from raabta.links.depolarisation import cross_polarisation_db
from raabta.links.flux_cap import FluxCap, no_cap
from raabta.links.kernels import (
    BOLTZMANN_DB,
    JOIN_LOW_DB,
    JOIN_STEPS_PER_DB,
    LUT_LOW_DB,
    LUT_STEPS_PER_DB,
)
from raabta.links.relay import combine_db
from raabta.links.weather import SiteTables, Statistic, site_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import Gateway, Payload, Terminal

    Floats = NDArray[np.float64]

EXCEEDANCE_PERCENT: Final = (20.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.03)
"""Weather states: in state k the fade is at most the one exceeded for this share of time."""
PROBABILITY: Final = (0.80, 0.15, 0.03, 0.01, 0.005, 0.003, 0.001, 0.0007)
"""Probability of each state; the last 0.0003 is outage whatever the link."""
NODES: Final = 8
LUT_TOP_DB: Final = 50.0
JOIN_TOP_DB: Final = 60.0
NO_CROSS_DB: Final = 200.0
"""Cross-polar discrimination where none is needed: one polarisation, or no rain."""
CROSS_TOP_DEG: Final = 60.0
CROSS_TOP_PERCENT: Final = 1.0
"""P.618-14 clause 4.1 ends at 60 degrees of elevation (held above) and 1 % of the year (none above)."""
EDGE_STEP: Final = 0.01


@dataclass(frozen=True)
class RadioTables:
    """What a slot needs of payload and terminals; j terminal classes, directions forward (0) and return (1).

    radio (10,), flux_cap (n,): see `kernels.level_bases_db`. edge_*: pattern loss in steps of 0.01 in u.
    terminal (2, j):
    G/T less pointing, and EIRP less pointing less 10 log10(carrier Hz). join: see `kernels.joined_db`.
    first_mode (2, j, lut), thresholds, inverse (1/Mbps of a whole dwell) and single (Mbps of one terminal
    alone), each (2, j, mode).
    """

    radio: Floats
    flux_cap: Floats
    edge_down: Floats
    edge_up: Floats
    terminal: Floats
    join: Floats
    first_mode: NDArray[np.int16]
    thresholds: Floats
    inverse: Floats
    single: Floats


def edge_table() -> Floats:
    """Loss of the 3GPP aperture pattern over the main lobe, dB, at u = 0, 0.01 ... 3.83."""
    return -airy_db(np.arange(0.0, 3.83 + EDGE_STEP / 2, EDGE_STEP))


def join_table() -> Floats:
    """10 log10(1 + 10^(x / 10)), dB, on the grid of `kernels.joined_db`."""
    x = JOIN_LOW_DB + np.arange(round((JOIN_TOP_DB - JOIN_LOW_DB) * JOIN_STEPS_PER_DB)) / JOIN_STEPS_PER_DB
    return np.asarray(10.0 * np.log10(1.0 + 10.0 ** (x / 10.0)))


def radio_tables(
    payload: Payload, terminals: tuple[Terminal, ...], cap: FluxCap | None = None
) -> RadioTables:
    """Fold payload, terminals, C/I, margins, ladders and the cap on flux into the kernels' tables."""
    nadir, edge = payload.eirp_density_dbw_mhz, payload.eirp_density_edge_dbw_mhz
    radio = np.array(
        [
            payload.user_down_ghz,
            payload.user_up_ghz,
            nadir,
            payload.g_over_t_dbk,
            payload.scan_loss_exponent_ratio,
            float(aperture_ratio(payload.transmit_aperture_m, payload.user_down_ghz)),
            float(aperture_ratio(payload.receive_aperture_m, payload.user_up_ghz)),
            nadir if edge is None else edge,
            forward_scan_exponent(payload),
            -60.0 - BOLTZMANN_DB - float(isotropic_area_loss_db(payload.user_down_ghz)),
        ]
    )
    figures = [_terminal_figures(payload, terminal) for terminal in terminals]
    forward = [_forward_modes(payload, terminal) for terminal in terminals]
    back = [_return_modes(payload, terminal) for terminal in terminals]
    thresholds, inverse, single = _stack(forward, back)
    return RadioTables(
        radio=radio,
        flux_cap=(cap or no_cap()).most_dbw_m2,
        edge_down=edge_table(),
        edge_up=edge_table(),
        terminal=np.array(figures).T.copy(),
        join=join_table(),
        first_mode=_first_modes(thresholds),
        thresholds=thresholds,
        inverse=inverse,
        single=single,
    )


def _terminal_figures(payload: Payload, terminal: Terminal) -> tuple[float, float]:
    carrier_dbhz = 10.0 * np.log10(min(terminal.carrier_mhz, payload.channel_up_mhz) * 1e6)
    gain_over_t = terminal.g_over_t_dbk - terminal.pointing_loss_db
    return gain_over_t, terminal.eirp_dbw - terminal.pointing_loss_db - carrier_dbhz


def threshold_without_interference_db(threshold_db: Floats, interference_db: float) -> Floats:
    """C/N at which C/(N+I) meets the threshold when C/I is given; infinite where C/I alone is too little."""
    rest = 10.0 ** (-threshold_db / 10.0) - 10.0 ** (-interference_db / 10.0)
    return np.where(rest > 0.0, -10.0 * np.log10(np.where(rest > 0.0, rest, 1.0)), np.inf)


def _forward_modes(payload: Payload, terminal: Terminal) -> tuple[Floats, Floats, Floats]:
    steps = modcod.ladder(terminal.implementation_margin_db, terminal.max_modulation_bits)
    rate = steps.efficiency_bit_symbol * modcod.symbol_rate_mbd(
        payload.channel_down_mhz, payload.roll_off_ratio
    )
    return threshold_without_interference_db(steps.thresholds_db, payload.interference_down_db), rate, rate


def carriers(payload: Payload, terminal: Terminal) -> int:
    """Return carriers of one terminal class that fit side by side into a channel (at least one)."""
    return max(1, int(payload.channel_up_mhz / terminal.carrier_mhz + 1e-9))


def _return_modes(payload: Payload, terminal: Terminal) -> tuple[Floats, Floats, Floats]:
    steps = nr.ladder(terminal.implementation_margin_db)
    one = steps.efficiency_bit_symbol * min(terminal.carrier_mhz, payload.channel_up_mhz)
    thresholds = threshold_without_interference_db(steps.thresholds_db, payload.interference_up_db)
    return thresholds, one * carriers(payload, terminal), one * terminal.duty_share


Modes = list[tuple["Floats", "Floats", "Floats"]]


def _stack(forward: Modes, back: Modes) -> tuple[Floats, Floats, Floats]:
    """Pad every ladder to one length; mode 0 is outage, unreachable modes have an infinite threshold."""
    size = 1 + max(len(item[0]) for item in forward + back)
    shape = (2, len(forward), size)
    thresholds, inverse, single = np.full(shape, np.inf), np.full(shape, np.inf), np.zeros(shape)
    thresholds[:, :, 0] = -np.inf
    for direction, items in enumerate((forward, back)):
        for j, (threshold_db, dwell_mbps, alone_mbps) in enumerate(items):
            end = 1 + len(threshold_db)
            thresholds[direction, j, 1:end] = threshold_db
            inverse[direction, j, 1:end] = 1.0 / dwell_mbps
            single[direction, j, 1:end] = alone_mbps
    return thresholds, inverse, single


def _first_modes(thresholds: Floats) -> NDArray[np.int16]:
    """Mode at the lower end of every look-up interval, (2, j, lut)."""
    level = LUT_LOW_DB + np.arange(round((LUT_TOP_DB - LUT_LOW_DB) * LUT_STEPS_PER_DB)) / LUT_STEPS_PER_DB
    flat = thresholds.reshape(-1, thresholds.shape[2])
    rows = [np.searchsorted(row, level - 1e-9, side="right") - 1 for row in flat]
    return np.array(rows, np.int16).reshape(*thresholds.shape[:2], level.size)


def home_dwell(radio: RadioTables, plans_mbps: Floats, peaks_mbps: Floats) -> Floats:
    """Dwell that one active home asks at every plan, (2, j, mode, p), infinite where one terminal alone does
    not reach what it must. plans_mbps (p, 2); peaks_mbps (p, 2, j): see `network.model`."""
    asked = plans_mbps.T[:, None, None, :] * radio.inverse[..., None]
    reached = radio.single[..., None] >= np.moveaxis(peaks_mbps, 0, -1)[:, :, None, :]
    return np.where(reached & (radio.inverse[..., None] < np.inf), asked, np.inf)


def node_elevations_deg(min_elevation_deg: float, nodes: int = NODES) -> Floats:
    """Elevations evenly spaced in cosecant from zenith down to the least elevation, (nodes,)."""
    cosecant = np.linspace(1.0, cosecant_max(min_elevation_deg), nodes)
    return np.asarray(np.degrees(np.arcsin(1.0 / cosecant)))


def cosecant_max(min_elevation_deg: float) -> float:
    """Cosecant of the least elevation; P.618 stops at 5 degrees."""
    return float(1.0 / np.sin(np.radians(max(min_elevation_deg, 5.0))))


@dataclass(frozen=True)
class PathLoss:
    """Fades of n sites: loss_db (1 + k, n, e, 2, j) by weather state, cosecant node, direction and class.

    State 0 is clear sky at the median; forward losses hold the rise of the receiver's noise too. cross_db
    (1 + k, n, e, 2): discrimination of the other polarisation, NO_CROSS_DB where it does not count. States
    come first, because a slot asks all sites about one state: its table then stays in the second cache.
    """

    loss_db: NDArray[np.float32]
    cross_db: NDArray[np.float32]
    cosecant_max: float
    editions: dict[str, str]


def path_loss(
    latitude_deg: Floats,
    longitude_deg: Floats,
    height_km: Floats,
    payload: Payload,
    terminals: tuple[Terminal, ...],
    min_elevation_deg: float,
    statistic: Statistic,
    fade_ratio: float = 1.0,
    cloud_maps: CloudMaps | None = None,
) -> PathLoss:
    """Tabulate the atmosphere for every site, class and direction (P.618-14 with the 5 % cap).

    `cloud_maps`: P.840-9's, if the user brings them.
    """
    elevation = node_elevations_deg(min_elevation_deg)
    shape = (1 + len(EXCEEDANCE_PERCENT), latitude_deg.size, elevation.size, 2, len(terminals))
    out, cross = np.empty(shape, np.float32), np.full(shape[:4], NO_CROSS_DB, np.float32)
    editions: dict[str, str] = {}
    frequencies_ghz = (payload.user_down_ghz, payload.user_up_ghz)

    def fades_of(case: tuple[int, Terminal]) -> SiteTables:
        return site_tables(
            latitude_deg,
            longitude_deg,
            height_km,
            frequency_ghz=frequencies_ghz[case[0]],
            dish_m=case[1].dish_m,
            efficiency_share=case[1].efficiency_share,
            exceedance_percent=EXCEEDANCE_PERCENT,
            elevation_deg=elevation,
            statistic=statistic,
            cloud_maps=cloud_maps,
        )

    with ThreadPoolExecutor(2) as pool:  # numpy lets go of the interpreter; every case stands alone
        found = iter(pool.map(fades_of, itertools.product(range(2), terminals)))
    for direction, frequency_ghz in enumerate(frequencies_ghz):
        for j, terminal in enumerate(terminals):
            fades = next(found)
            temperature_k = terminal.noise_temperature_k if direction == 0 else np.inf
            with_noise = _with_noise(fades.clear_db, _deeper(fades, fade_ratio), temperature_k)
            out[..., direction, j] = np.moveaxis(with_noise, 1, 0)
            editions = fades.editions
        if payload.polarisations == 2:
            cross[1:, ..., direction] = np.moveaxis(_cross_db(fades, frequency_ghz, fade_ratio), 1, 0)
            editions["cross-polarisation"] = CROSS_EDITION
    return PathLoss(out, cross, cosecant_max(min_elevation_deg), editions)


def _cross_db(fades: SiteTables, frequency_ghz: float, fade_ratio: float) -> Floats:
    """Discrimination of the other polarisation in every weather state, dB, (n, k, e)."""
    rain_db = np.maximum(fades.rain_db * fade_ratio, 1e-6)
    percent = fades.annual_percent[:, None]
    elevation = np.minimum(fades.elevation_deg, CROSS_TOP_DEG)
    found = cross_polarisation_db(rain_db, frequency_ghz, elevation, np.minimum(percent, CROSS_TOP_PERCENT))
    return np.where(percent <= CROSS_TOP_PERCENT, np.minimum(found, NO_CROSS_DB), NO_CROSS_DB)


def _deeper(fades: SiteTables, fade_ratio: float) -> Floats:
    """Total losses with every fade beyond clear sky multiplied, dB, (n, k, e)."""
    return np.asarray(fades.clear_db[:, None] + fade_ratio * (fades.total_db - fades.clear_db[:, None]))


def _with_noise(clear_db: Floats, total_db: Floats, temperature_k: float) -> Floats:
    """(n, 1 + k, e): clear loss, then each state's loss plus the rise of a receiver of `temperature_k`."""
    rise = noise_rise_db(total_db, clear_db[:, None, :], temperature_k)
    worse = np.maximum(total_db + rise, clear_db[:, None, :])
    return np.concatenate([clear_db[:, None, :], worse], axis=1)


@dataclass(frozen=True)
class FeederTables:
    """The feeder of g gateways over weather states and cosecant nodes, (g, 2, 1 + k, e), forward (0) and
    return (1). rate_mbps: decoded by the payload, at the longest range. near_db: C/N at a range of 1 km
    without the other polarisation; cross_db: the discrimination of that, NO_CROSS_DB where none counts."""

    rate_mbps: Floats
    near_db: Floats
    cross_db: Floats
    cosecant_max: float


def feeder_tables(
    gateways: tuple[Gateway, ...],
    payload: Payload,
    range_km: Floats,
    min_elevation_deg: float,
    statistic: Statistic,
    fade_ratio: float = 1.0,
    cloud_maps: CloudMaps | None = None,
) -> FeederTables:
    """Tabulate the feeder over weather states and cosecant nodes. range_km (e,): slant range at the nodes."""
    elevation = node_elevations_deg(min_elevation_deg)
    shape = (len(gateways), 2, 1 + len(EXCEEDANCE_PERCENT), elevation.size)
    rate, near, cross = np.empty(shape), np.empty(shape), np.empty(shape)
    for g, gateway in enumerate(gateways):
        for direction, frequency_ghz in enumerate((payload.feeder_up_ghz, payload.feeder_down_ghz)):
            fades = site_tables(
                gateway.latitude_deg,
                gateway.longitude_deg,
                gateway.height_m / 1e3,
                frequency_ghz=frequency_ghz,
                dish_m=gateway.dish_m,
                efficiency_share=0.65,
                exceedance_percent=EXCEEDANCE_PERCENT,
                elevation_deg=elevation,
                statistic=statistic,
                cloud_maps=cloud_maps,
            )
            at = (g, direction)
            rate[at], near[at], cross[at] = _feeder(
                gateway, payload, direction, frequency_ghz, fades, range_km, fade_ratio
            )
    return FeederTables(rate, near, cross, cosecant_max(min_elevation_deg))


def _feeder(
    gateway: Gateway,
    payload: Payload,
    direction: int,
    frequency_ghz: float,
    fades: SiteTables,
    range_km: Floats,
    fade_ratio: float,
) -> tuple[Floats, Floats, Floats]:
    """Rate, near C/N and discrimination of one feeder direction, (1 + k, e) each."""
    temperature_k = np.inf if direction == 0 else GATEWAY_TEMPERATURE_K
    loss = _with_noise(fades.clear_db, _deeper(fades, fade_ratio), temperature_k)[0]
    cross = np.full(loss.shape, NO_CROSS_DB)
    if gateway.polarisations == 2:
        cross[1:] = _cross_db(fades, frequency_ghz, fade_ratio)[0]
    band_mhz = gateway.band_mhz(forward=direction == 0)
    sent_db, band_dbhz = feeder_level_dbhz(gateway, payload, direction), mhz_to_dbhz(band_mhz)
    level = sent_db - (free_space_loss_db(range_km, frequency_ghz) + loss) - band_dbhz
    near = sent_db - (free_space_loss_db(1.0, frequency_ghz) + loss) - band_dbhz
    if gateway.polarisations == 2:
        level[1:] = combine_db(level[1:], cross[1:])
    symbols = modcod.symbol_rate_mbd(band_mhz, payload.roll_off_ratio)
    return np.asarray(_feeder_bits(level) * (symbols * gateway.polarisations)), near, cross


def _feeder_bits(level_db: Floats) -> Floats:
    """IP bits per symbol of a feeder that the payload decodes."""
    steps = modcod.ladder(FEEDER_MARGIN_DB, FEEDER_MAX_BITS)
    index = np.searchsorted(steps.thresholds_db, level_db, side="right") - 1
    return np.where(index >= 0, steps.efficiency_bit_symbol[np.maximum(index, 0)], 0.0)


def feeder_level_dbhz(gateway: Gateway, payload: Payload, direction: int) -> float:
    """EIRP + G/T - Boltzmann of one feeder direction, dBHz, before range and weather (per polarisation)."""
    if direction == 0:
        return gateway.eirp_dbw + payload.feeder_g_over_t_dbk - BOLTZMANN_DB
    return payload.feeder_eirp_dbw + gateway.g_over_t_dbk - BOLTZMANN_DB
