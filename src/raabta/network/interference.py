"""Interference between the constellation's own beams, summed over the active ones: I/C and I/N of cells."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.frames import enu_basis
from raabta.links.antenna import airy_db, aperture_pattern_db, aperture_ratio, peak_gain_dbi
from raabta.links.earth_patterns import s465_dbi
from raabta.links.power_control import spare_db
from raabta.links.relay import held_gain_db
from raabta.network import interference_kernels as kernels
from raabta.network.allocation import Allocation
from raabta.network.beam_kernels import fix_beams
from raabta.network.chunk import even_slots, sky_at
from raabta.network.fixed_beams import layout_of
from raabta.network.model import Admission, neighbour_km, unit
from raabta.network.sky import Sky
from raabta.network.slot import allocate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Network
    from raabta.scenario.models import Terminal

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SAMPLE_SLOTS: Final = 12
SAMPLED_CELLS: Final = 7
"""In a slot one cell of so many is asked, in turns."""
PERCENTILE: Final = 99.0
"""Of what the cells of a group meet in the slots, what they are rated with: one in a hundred meets more."""
POWER_ROUNDS: Final = 3
"""Times that the return link is summed again where terminals have power control: against less interference
they need less."""
S465_GHZ: Final = (2.0, 31.0)
FAR_LOBE_DBI: Final = 0.0
"""Gain of a satellite's far side lobes (ITU-R S.1528-0: 0 dBi for low orbits)."""


def with_interference(network: Network, threads: int = 1) -> Network:
    """The network with the interference that its own beams make, unless the payload states it.

    What cells meet in evenly spaced slots of the run, with every cell lit that can be, is summed for one cell
    in SAMPLED_CELLS; the cells of a group (see `network.model`) are rated with its PERCENTILE. The same
    whatever the number of threads.
    """
    if network.payload.co_channel == "stated":
        return network
    down_ratio, up_ratio = _sampled(network, threads)
    if any(terminal.power_control_db > 0.0 for terminal in network.scenario.demand.terminals):
        for _ in range(POWER_ROUNDS):
            _, up_ratio = _sampled(network, threads, up_ratio)
    return rated_with(network, down_ratio, up_ratio)


def _sampled(network: Network, threads: int, heard_ratio: Floats | None = None) -> tuple[Floats, Floats]:
    """I/C forward and I/N on the return that the cells are rated with, (n,) each; heard_ratio: see
    `of_slot`."""
    antennas, count = antenna_tables(network), network.ground.count

    def ask(i: int, slot: int) -> tuple[Floats, Floats]:
        sky = sky_at(network, slot)
        asked = np.arange(count) % SAMPLED_CELLS == i % SAMPLED_CELLS
        return of_slot(network, sky, _lit(network, sky), antennas, asked, heard_ratio)

    slots = even_slots(network.scenario.time.steps, SAMPLE_SLOTS)
    with ThreadPoolExecutor(threads) as pool:
        down, up = (np.array(part) for part in zip(*pool.map(ask, range(len(slots)), slots), strict=True))
    starts = network.ground.group_start
    return by_group(down, starts), by_group(up, starts)


def rated_with(network: Network, down_ratio: Floats, up_ratio: Floats) -> Network:
    """The network whose links meet I/C (n,) forward and I/N (n,) on the return, in its tables.

    Forward the other beams join the other polarisation: the sky fades both as the wanted signal. The return
    link loses the rise of the satellite's noise, which a fade spares.
    """
    loss_db, cross_db = network.loss.loss_db.copy(), network.loss.cross_db.copy()
    for loss, cross in zip(loss_db, cross_db, strict=True):
        other = 10.0 ** (-0.1 * cross[..., 0].astype(np.float64))
        cross[..., 0] = -10.0 * np.log10(other + down_ratio[:, None])
        loss[..., 1, :] += (10.0 * np.log10(1.0 + up_ratio))[:, None, None]
    tables = replace(network.loss, loss_db=loss_db, cross_db=cross_db)
    return replace(network, loss=tables, down_interference_ratio=down_ratio, up_interference_ratio=up_ratio)


def by_group(met: Floats, start: Ints) -> Floats:
    """PERCENTILE of what every group of cells met (slots, n), given to all of its cells, (n,); cells whose
    group met none get that of all."""
    whole = met[np.isfinite(met)]
    anywhere = float(np.percentile(whole, PERCENTILE)) if whole.size else 0.0
    out = np.full(met.shape[1], anywhere)
    for first, last in itertools.pairwise(start):
        own = met[:, first:last]
        own = own[np.isfinite(own)]
        if own.size:
            out[first:last] = np.percentile(own, PERCENTILE)
    return out


def _lit(network: Network, sky: Sky) -> Allocation:
    """Every cell that can be, at one common level to a satellite: no promise is made yet."""
    none = np.zeros(network.ground.count, np.int64)
    return allocate(network, sky, none, Admission(network.demand.order, np.zeros(none.size)))


def of_slot(
    network: Network,
    sky: Sky,
    allocation: Allocation,
    antennas: kernels.Antennas | None = None,
    asked: NDArray[np.bool_] | None = None,
    heard_ratio: Floats | None = None,
) -> tuple[Floats, Floats]:
    """I/C of the forward link and I/N of the return link of the cells `asked` (n,) for (default: all) in one
    slot, (n,) each, NaN where a cell is not lit: from the satellite's other beams and all beams of the other
    satellites, those abroad too. heard_ratio (n,): I/N against which terminals with power control send what
    they need; without it all send their whole EIRP."""
    antennas = antennas or antenna_tables(network)
    owner, beams = beams_of(network, sky, allocation)
    n, ground, radio, rules = network.ground.count, network.ground, network.radio.radio, network.rules
    down, up, km = np.zeros(n), np.zeros(n), sky.view.satellite_km
    asked = np.ones(n, np.bool_) if asked is None else asked
    kernels.forward_interference(
        asked, allocation.given, ground.km, np.ascontiguousarray(ground.basis[:, 2]), km, beams,
        antennas, radio, rules.colours, rules.cos_reuse, down,
    )  # fmt: skip
    terminal_db = mean_terminal_db(network, _sent_less_db(network, sky, allocation, heard_ratio))
    kernels.return_interference(
        asked, allocation.given, owner, km, unit(beams.ground_km), beams, antennas, radio, terminal_db,
        rules.colours, rules.cos_reuse, up,
    )  # fmt: skip
    return down, up


def beams_of(network: Network, sky: Sky, allocation: Allocation) -> tuple[Ints, kernels.Beams]:
    """The beams that are on in one slot, at home and abroad, and the satellite of each (b,), sorted."""
    lit = allocation.lit
    owner, place, dwell = _abroad(network, sky)
    owner = np.concatenate([allocation.satellite[lit], owner])
    order = np.argsort(owner, kind="stable")
    owner = owner[order]
    abroad = network.demand
    ground_km = np.concatenate([network.ground.km[lit], neighbour_km(abroad)[place]])[order]
    vertical = enu_basis(abroad.neighbour_latitude_deg, abroad.neighbour_longitude_deg)[:, 2]
    up = np.concatenate([network.ground.basis[lit, 2], vertical[place]])[order]
    near = sky.fleet
    start = np.searchsorted(owner, np.arange(near.altitude_km.size + 1))
    beams = kernels.Beams(
        start=start,
        ground_km=ground_km,
        away=np.empty((3, owner.size)),
        dwell=np.concatenate([allocation.dwell[lit], dwell])[order],
        eirp=np.empty(owner.size),
        layout=layout_of(network, owner.size),
    )
    radio = network.radio
    kernels.point_beams(near.km, near.altitude_km, radio.radio, radio.flux_cap, owner, ground_km, up, beams)
    if beams.layout.spacing > 0.0:
        fix_beams(
            near.km,
            near.altitude_km,
            radio.radio,
            radio.flux_cap,
            owner,
            beams.away,
            beams.layout,
            beams.eirp,
        )
    return owner, beams


def _abroad(network: Network, sky: Sky) -> tuple[Ints, Ints, Floats]:
    """Beams that satellites point at the neighbours: satellite, place among these, and dwell.

    What of a satellite is not this area's is taken to be in use, spread by people over the coarse cells in
    its footprint, one beam at the centre of each.
    """
    cosine = sky.view.unit @ network.neighbour_unit.T
    sees = cosine >= np.cos(sky.view.angle)[:, None]
    people = np.where(sees, network.demand.neighbour_people, 0.0)
    whole = people.sum(axis=1)
    busy = min(float(network.payload.beams), network.beams_by_power) * (1.0 - sky.share)
    owner, place = np.nonzero(people > 0.0)
    return owner, place, busy[owner] * people[owner, place] / whole[owner]


def mean_terminal_db(network: Network, less_db: tuple[Ints, Floats] | None = None) -> float:
    """EIRP less 10 log10(carrier Hz) of the mean terminal, weighted by active homes, dB(W/Hz). less_db: some
    cells (k,), and what power control takes off the EIRP there, (k, j)."""
    power = 10.0 ** (0.1 * network.radio.terminal[1])
    weight = network.demand.active.sum(axis=0)
    if less_db is not None and less_db[0].size:
        active = network.demand.active[less_db[0]]
        power, weight = power * 10.0 ** (-0.1 * less_db[1]), active
    return float(10.0 * np.log10(np.average(power, weights=weight if weight.any() else None)))


def _sent_less_db(
    network: Network, sky: Sky, allocation: Allocation, heard_ratio: Floats | None
) -> tuple[Ints, Floats] | None:
    """The lit cells and what power control takes off the EIRP of every class there, (k, j), in clear sky.

    Never more than it will: a terminal is taken to want the mode that it would have without interference,
    through all of what it hears, so what others hear of it is an upper bound.
    """
    if heard_ratio is None:
        return None
    lit, loss = allocation.lit, network.loss
    if not lit.size:
        return None
    nodes = loss.loss_db.shape[2]
    place = (1.0 / allocation.geometry[lit, 0] - 1.0) / (loss.cosecant_max - 1.0) * (nodes - 1)
    low = np.clip(place.astype(np.int64), 0, nodes - 2)
    out = np.zeros((lit.size, len(network.scenario.demand.terminals)))
    for j, terminal in enumerate(network.scenario.demand.terminals):
        near, far = (loss.loss_db[0, lit, low + step, 1, j] for step in range(2))
        level = (
            allocation.geometry[lit, 4] + network.radio.terminal[1, j] - (near + (place - low) * (far - near))
        )
        if network.transparent:
            level = held_gain_db(level, level, sky.feeder_db[allocation.satellite[lit], 1])
        rise, thresholds = 10.0 * np.log10(1.0 + heard_ratio[lit]), network.radio.thresholds[1, j, 1:]
        spare = spare_db(level, thresholds, terminal.power_control_margin_db, rise)
        out[:, j] = np.minimum(spare, terminal.power_control_db)
    return lit, out


def antenna_tables(network: Network) -> kernels.Antennas:
    """Patterns as the kernels take them: the payload's apertures, and the smallest dish of the terminals."""
    payload = network.payload
    smallest = min(network.scenario.demand.terminals, key=lambda terminal: terminal.dish_m)
    return kernels.Antennas(
        satellite_down=satellite_table(
            payload.transmit_aperture_m, payload.user_down_ghz, payload.beam_axis_ratio
        ),
        satellite_up=satellite_table(
            payload.receive_aperture_m, payload.user_up_ghz, payload.beam_axis_ratio
        ),
        k_down=float(aperture_ratio(payload.transmit_aperture_m, payload.user_down_ghz)),
        k_up=float(aperture_ratio(payload.receive_aperture_m, payload.user_up_ghz)),
        terminal_down=terminal_table(smallest, payload.user_down_ghz),
        terminal_up=terminal_table(smallest, payload.user_up_ghz),
    )


def satellite_table(aperture_m: float, frequency_ghz: float, axis_ratio: float = 1.0) -> Floats:
    """Relative gain of a satellite's beam over u, linear: TR 38.811 clause 6.4.1, never below 0 dBi, across
    its major axis where it is an ellipse."""
    most = float(aperture_ratio(aperture_m, frequency_ghz))
    u = np.arange(int(most * kernels.U_STEPS) + 2) / kernels.U_STEPS
    least_db = FAR_LOBE_DBI - float(peak_gain_dbi(aperture_m, frequency_ghz)) + 10.0 * np.log10(axis_ratio)
    return np.asarray(10.0 ** (0.1 * np.maximum(airy_db(u), min(least_db, 0.0))))


def terminal_table(terminal: Terminal, frequency_ghz: float) -> Floats:
    """Relative gain of a terminal over the angle off its axis, linear: S.465-6, in 2 to 31 GHz; elsewhere the
    pattern of TR 38.811."""
    angle = np.arange(180.0 * kernels.OFF_AXIS_STEPS_PER_DEG + 1) / kernels.OFF_AXIS_STEPS_PER_DEG
    if not S465_GHZ[0] <= frequency_ghz <= S465_GHZ[1]:
        return np.asarray(10.0 ** (0.1 * aperture_pattern_db(angle, terminal.dish_m, frequency_ghz)))
    peak = float(peak_gain_dbi(terminal.dish_m, frequency_ghz, terminal.efficiency_share))
    gain = s465_dbi(angle, terminal.dish_m, frequency_ghz, peak)
    return np.asarray(10.0 ** (0.1 * np.minimum(gain - peak, 0.0)))
