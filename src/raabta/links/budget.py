"""Link budgets as named lines that sum to C/N, for tables and for `explain`; and the rules they follow.

Losses are negative, so the lines marked `sums` add up to C/N. C/I joins C/N in linear power. The carrier's
EIRP density is held over the symbol rate (the flat part of its spectrum), and the noise is that of the symbol
rate: C/N is then Es/N0, which the DVB thresholds speak of, and the roll-off costs rate but no decibel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import numpy.typing as npt

from raabta.base.errors import OutOfRangeError
from raabta.base.units import BOLTZMANN_DBW_K_HZ, SPEED_OF_LIGHT_M_S
from raabta.links import modcod, nr
from raabta.links.antenna import edge_of_cell_loss_db, scan_loss_db
from raabta.links.articles import Verdict
from raabta.links.modcod import symbol_rate_mbd
from raabta.links.power_control import back_off_db
from raabta.links.ranges import FloatArray, in_range
from raabta.links.relay import combine_db, held_gain_db, held_power_db
from raabta.scenario.models import Gateway, Payload, Terminal

if TYPE_CHECKING:
    from raabta.links.flux_cap import FluxCap

SKY_TEMPERATURE_K = 275.0
"""Mean radiating temperature of the atmosphere and rain (ITU-R P.618-14 clause 3)."""
SPACE_TEMPERATURE_K = 2.7
GATEWAY_TEMPERATURE_K = 250.0
"""Assumed clear-sky system temperature behind a gateway's G/T; only the rise by rain depends on it."""
FEEDER_MARGIN_DB = 1.0
FEEDER_MAX_BITS = 6

STATED: Final = "C/I"
"""Line of the C/I that the payload states."""

Direction = Literal["forward", "return"]


@dataclass(frozen=True)
class Line:
    """One line of a budget. Those with `sums` add up to C/N; the others are 'of which' or come after it."""

    name: str
    value: float
    unit: str
    sums: bool = False
    note: str = ""


@dataclass(frozen=True)
class Budget:
    """One link, its lines in order, and what it carries."""

    title: str
    lines: tuple[Line, ...]
    cn_db: float
    cinr_db: float
    mode: str
    rate_mbps: float

    def value(self, name: str) -> float:
        """Value of the first line of that name; KeyError names the lines there are."""
        for line in self.lines:
            if line.name == name:
                return line.value
        raise KeyError(f"no line {name!r}; there are {', '.join(line.name for line in self.lines)}")

    def sum_db(self) -> float:
        """Sum of the lines that sum: C/N, dB."""
        return sum(line.value for line in self.lines if line.sums)


@dataclass(frozen=True)
class Axis:
    """Axis of a fixed beam: how far off it a cell's centre is, in direction cosines and as an angle, and
    where it meets the ground. The beam's EIRP density and flux are those there."""

    offset_ratio: float
    offset_deg: float
    range_km: float
    elevation_deg: float


def free_space_loss_db(range_km: npt.ArrayLike, frequency_ghz: npt.ArrayLike) -> FloatArray:
    """Free-space loss 20 log10(4 pi d f / c), dB (ITU-R P.525-4). Arrays broadcast."""
    distance_m = np.asarray(range_km, dtype=np.float64) * 1e3
    hertz = np.asarray(frequency_ghz, dtype=np.float64) * 1e9
    return np.asarray(20.0 * np.log10(4.0 * np.pi * distance_m * hertz / SPEED_OF_LIGHT_M_S))


def spreading_loss_db(range_km: npt.ArrayLike) -> FloatArray:
    """10 log10(4 pi d^2), d in metres: EIRP less this is flux density, dB(W/m2). Any shape."""
    return np.asarray(10.0 * np.log10(4.0 * np.pi * (1e3 * np.asarray(range_km, dtype=np.float64)) ** 2))


def isotropic_area_loss_db(frequency_ghz: npt.ArrayLike) -> FloatArray:
    """10 log10(4 pi f^2 / c^2): flux density less this is what an isotropic antenna takes; so the free-space
    loss less the spreading (ITU-R P.525-4). Any shape."""
    waves_per_m = np.asarray(frequency_ghz, dtype=np.float64) * 1e9 / SPEED_OF_LIGHT_M_S
    return np.asarray(10.0 * np.log10(4.0 * np.pi * waves_per_m**2))


def carrier_to_noise_db(
    eirp_dbw: npt.ArrayLike, g_over_t_dbk: npt.ArrayLike, loss_db: npt.ArrayLike, bandwidth_mhz: npt.ArrayLike
) -> FloatArray:
    """C/N = EIRP - losses + G/T - k - 10 log10 B, dB. Arrays broadcast; `loss_db` is every loss together."""
    eirp, loss = np.asarray(eirp_dbw, dtype=np.float64), np.asarray(loss_db, dtype=np.float64)
    level = eirp - loss + np.asarray(g_over_t_dbk, dtype=np.float64) - BOLTZMANN_DBW_K_HZ
    return np.asarray(level - 10.0 * np.log10(np.asarray(bandwidth_mhz, dtype=np.float64) * 1e6))


def system_temperature_k(receiver_k: npt.ArrayLike, loss_db: npt.ArrayLike) -> FloatArray:
    """Noise of receiver and sky, K: T_rx + 275 (1 - 10^(-A/10)) + 2.7 10^(-A/10) (P.618-14 clause 3)."""
    seen = 10.0 ** (-np.asarray(loss_db, dtype=np.float64) / 10.0)
    sky = SKY_TEMPERATURE_K * (1.0 - seen) + SPACE_TEMPERATURE_K * seen
    return np.asarray(np.asarray(receiver_k, dtype=np.float64) + sky)


def noise_rise_db(
    loss_db: npt.ArrayLike, clear_db: npt.ArrayLike, clear_temperature_k: npt.ArrayLike
) -> FloatArray:
    """Rise of system noise when the loss grows from clear sky's, dB >= 0. Arrays broadcast.

    `clear_temperature_k` is the whole system in clear sky, sky included, as behind a terminal's G/T. The
    difference of two `system_temperature_k`: (275 - 2.7) (10^(-clear/10) - 10^(-loss/10)) kelvin more.
    """
    clear = 10.0 ** (-np.asarray(clear_db, dtype=np.float64) / 10.0)
    seen = 10.0 ** (-np.asarray(loss_db, dtype=np.float64) / 10.0)
    warmer = (SKY_TEMPERATURE_K - SPACE_TEMPERATURE_K) * np.maximum(clear - seen, 0.0)
    return np.asarray(10.0 * np.log10(1.0 + warmer / np.asarray(clear_temperature_k, dtype=np.float64)))


def eirp_density_dbw_mhz(payload: Payload, range_km: float, altitude_km: float | None = None) -> float:
    """EIRP density of a user beam at this range, dBW/MHz.

    The nadir value; with a ceiling `eirp_density_edge_dbw_mhz` in the payload and the altitude known, raised
    by 20 log10(range / altitude) up to that ceiling, which holds the flux density on the ground.
    """
    nadir, ceiling = payload.eirp_density_dbw_mhz, payload.eirp_density_edge_dbw_mhz
    if ceiling is None or altitude_km is None:
        return nadir
    raised = nadir + 20.0 * float(np.log10(max(range_km / altitude_km, 1.0)))
    return min(raised, max(ceiling, nadir))


def forward_scan_exponent(payload: Payload) -> float:
    """Exponent of the forward scan loss: 0 where the payload states a ceiling of its EIRP density, which is
    what leaves towards the ground whatever the scan."""
    return payload.scan_loss_exponent_ratio if payload.eirp_density_edge_dbw_mhz is None else 0.0


def _geometry(range_km: float, elevation_deg: float, frequency_ghz: float) -> list[Line]:
    in_range("slant range", range_km, 1.0, 1e6, "km", "a satellite link")
    in_range("elevation", elevation_deg, 0.0, 90.0, "deg", "above the horizon")
    return [
        Line("slant range", range_km, "km"),
        Line("elevation", elevation_deg, "deg"),
        Line("frequency", frequency_ghz, "GHz"),
    ]


def _flux_cap(
    towards_dbw_mhz: float, range_km: float, elevation_deg: float, cap: FluxCap | None
) -> list[Line]:
    """What the cap on flux density takes of the EIRP density towards the ground; nothing if it is lifted."""
    if cap is None or cap.lifted:
        return []
    if not cap.limits:
        return [Line("flux cap, Article 21", 0.0, "dB", True, f"no cap: {Verdict.row_missing}")]
    flux = towards_dbw_mhz - float(spreading_loss_db(range_km))
    most = float(cap.at_dbw_m2(np.sin(np.radians(elevation_deg))))
    note = f"at most {most:.2f} dB(W/m2) in 1 MHz on the ground; {flux:.2f} without it"
    return [Line("flux cap, Article 21", min(most - flux, 0.0), "dB", True, note)]


def _spreading(range_km: float, frequency_ghz: float) -> Line:
    loss = float(free_space_loss_db(range_km, frequency_ghz))
    return Line("free-space loss", -loss, "dB", True, "20 log10(4 pi d f / c), ITU-R P.525-4")


def _atmosphere(weather_db: float, clear_db: float, parts_db: Mapping[str, float] | None) -> list[Line]:
    """Two lines that sum to the loss; rain, cloud and scintillation as 'of which' where they are given."""
    if weather_db < clear_db - 0.01:
        raise OutOfRangeError(
            "the weather loss",
            f"{weather_db:g} dB",
            f"at least the clear-sky loss, {clear_db:g} dB",
            "pass the total attenuation, gas included, not the rain alone",
        )
    total = max(weather_db, clear_db)
    if parts_db is None:
        return [
            Line("gas and cloud, clear sky", -clear_db, "dB", True, "median of the year"),
            Line("rain, cloud and scintillation", clear_db - total, "dB", True, "beyond clear sky"),
        ]
    gas = parts_db["gas"]
    wet = Line("rain, cloud and scintillation", gas - total, "dB", True, "sqrt((R + C)^2 + S^2), P.618-14")
    of_which = [
        Line(f"of which {name}", -parts_db[name], "dB")
        for name in ("rain", "cloud", "scintillation")
        if name in parts_db
    ]
    return [Line("gas", -gas, "dB", True, "P.676-12"), wet, *of_which]


def _beam(
    exponent: float,
    aperture_m: float,
    frequency_ghz: float,
    scan_deg: float,
    angle: tuple[float, float],
    axis: Axis | None,
) -> list[Line]:
    """Scan and edge-of-cell losses of the satellite's beam; `angle` is (cell radius, range) in km."""
    offset = 0.0 if axis is None else axis.offset_ratio
    edge = float(edge_of_cell_loss_db(angle[0], angle[1], aperture_m, frequency_ghz, offset))
    note = f"{offset:.5f} in direction cosines from the beam's axis to the cell's centre"
    fixed = [] if axis is None else [Line("beam offset", axis.offset_deg, "deg", note=note)]
    centre = "the cell's centre" if axis is None else "the cell's centre, and the offset"
    scan = -float(scan_loss_db(scan_deg, exponent))
    return [
        *fixed,
        Line("scan loss", scan, "dB", True, f"cos^{exponent:g} at {scan_deg:.1f} deg"),
        Line("edge-of-cell loss", -edge, "dB", True, f"pattern at {angle[0]:g} km from {centre}"),
    ]


def _receiver(g_over_t_dbk: float, rise_db: float, bandwidth_mhz: float, what: str) -> list[Line]:
    return [
        Line("G/T", g_over_t_dbk, "dB/K", True, "clear sky"),
        Line("noise rise", -rise_db, "dB", True, "rain and cloud warm the receiver" if rise_db else ""),
        Line("Boltzmann", -BOLTZMANN_DBW_K_HZ, "dBW/K/Hz", True, "-10 log10 k"),
        Line("noise bandwidth", -10.0 * float(np.log10(bandwidth_mhz * 1e6)), "dBHz", True, what),
    ]


def _forward_mode(cinr_db: float, margin_db: float, max_bits: int) -> tuple[str, float]:
    """Name and IP bits per symbol of the forward mode in use."""
    mode = int(modcod.best(cinr_db, margin_db, max_bits)[0])
    if mode < 0:
        return "none closes", 0.0
    steps = modcod.ladder(margin_db, max_bits)
    step = int(np.searchsorted(steps.thresholds_db, cinr_db, side="right")) - 1
    return modcod.modcod_table().name[mode], float(steps.efficiency_bit_symbol[step])


def _return_mode(cinr_db: float, margin_db: float) -> tuple[str, float]:
    """Name and IP bits per second and hertz of the return mode in use."""
    mcs, efficiency = nr.best(cinr_db, margin_db)
    if int(mcs) < 0:
        return "none closes", 0.0
    return f"NR MCS {int(mcs)}", float(efficiency) * nr.ip_share()


def _sum_db(lines: list[Line]) -> float:
    return sum(line.value for line in lines if line.sums)


def _unwanted_db(
    stated_db: float | None, beams_db: float | None = None, cross_db: float | None = None
) -> dict[str, float | None]:
    """What joins C/N in linear power, by name; None for none."""
    return {STATED: stated_db, "C/I, own beams": beams_db, "cross-polar discrimination": cross_db}


@dataclass(frozen=True)
class _Hop:
    """The other hop of a transparent payload: its lines, and C/N behind both hops without the stated C/I."""

    lines: list[Line]
    whole_db: float


def _both_hops(name: str, feeder_db: float, whole_db: npt.ArrayLike, how: str) -> _Hop:
    both = float(np.asarray(whole_db))
    return _Hop([Line(name, feeder_db, "dB"), Line("C/N, both hops", both, "dB", note=how)], both)


def _behind_uplink(cn_db: float, unwanted_db: Mapping[str, float | None], feeder_db: float) -> _Hop:
    """Forward: the gateway's uplink, then the user's downlink."""
    met = [ratio for name, ratio in unwanted_db.items() if ratio is not None and name != STATED]
    whole = held_power_db(feeder_db, combine_db(cn_db, *met))
    return _both_hops("C/N, feeder uplink", feeder_db, whole, "u d / (1 + u + d): output power is held")


def _before_downlink(
    cn_db: float, fade_db: float, beams_db: float | None, cross_db: float | None, feeder_db: float
) -> _Hop:
    """Return: the user's uplink, which a fade of so many dB lowered, then the downlink to the gateway."""
    met = [ratio for ratio in (beams_db, cross_db) if ratio is not None]
    clear = [] if beams_db is None else [beams_db + fade_db]
    up, clear_up = combine_db(cn_db, *met), combine_db(cn_db + fade_db, *clear)
    whole = held_gain_db(up, clear_up, feeder_db)
    how = "u / (1 + (1 + u0) / d): gain is that of clear sky, u0"
    return _both_hops("C/N, feeder downlink", feeder_db, whole, how)


def _cinr_db(cn_db: float, unwanted_db: Mapping[str, float | None], hop: _Hop | None) -> float:
    """C/N, what is unwanted and the other hop as one ratio, dB."""
    present = {name: ratio for name, ratio in unwanted_db.items() if ratio is not None}
    if hop is not None:
        return hop.whole_db if STATED not in present else float(combine_db(hop.whole_db, present[STATED]))
    return float(combine_db(cn_db, *present.values())) if present else cn_db


def _close(
    title: str,
    lines: list[Line],
    unwanted_db: Mapping[str, float | None],
    margin_db: float,
    waveform: Direction,
    max_bits: int,
    rate_per_efficiency: float,
    hop: _Hop | None = None,
) -> Budget:
    """Add C/N, what is unwanted, C/(N+I), margin, mode and rate below the lines that sum."""
    cn, cinr = _sum_db(lines), _cinr_db(_sum_db(lines), unwanted_db, hop)
    present = {name: ratio for name, ratio in unwanted_db.items() if ratio is not None}
    forward = waveform == "forward"
    mode, efficiency = _forward_mode(cinr, margin_db, max_bits) if forward else _return_mode(cinr, margin_db)
    rate = efficiency * rate_per_efficiency
    after = [Line("C/N", cn, "dB", note="sum of the lines above")]
    after += [Line(name, ratio, "dB") for name, ratio in present.items()]
    after += [] if hop is None else hop.lines
    after += [
        Line("C/(N+I)", cinr, "dB", note="joined in linear power"),
        Line("implementation margin", margin_db, "dB", note="added to every threshold"),
        Line("efficiency at the IP layer", efficiency, "bit/symbol" if forward else "bit/s/Hz", note=mode),
        Line("rate at the IP layer", rate, "Mbps"),
    ]
    return Budget(title, (*lines, *after), cn, cinr, mode, rate)


def forward_budget(
    payload: Payload,
    terminal: Terminal,
    *,
    range_km: float,
    elevation_deg: float,
    scan_deg: float,
    weather_db: float,
    clear_db: float,
    cell_radius_km: float,
    altitude_km: float | None = None,
    parts_db: Mapping[str, float] | None = None,
    beams_db: float | None = None,
    cross_db: float | None = None,
    cap: FluxCap | None = None,
    feeder_db: float | None = None,
    axis: Axis | None = None,
) -> Budget:
    """Satellite to terminal at the cell's edge; the rate is that of a whole channel with no hopping.

    `weather_db` is the total attenuation, gas included (`SiteTables.total_db`); `clear_db` that of clear sky.
    `parts_db` (gas, rain, cloud, scintillation) splits the atmosphere for show. C/I is the payload's,
    `beams_db` that of the constellation's other beams (see `network.interference`);
    `cross_db` is the discrimination of the other polarisation in this weather, if that is in use. `cap`: the
    cap on flux density, which the EIRP density keeps. `feeder_db`: C/N of the gateway's uplink, which a
    transparent payload passes on. `axis`: of a fixed beam; none = the beam is steered at the cell.
    """
    frequency = payload.user_down_ghz
    symbols = float(symbol_rate_mbd(payload.channel_down_mhz, payload.roll_off_ratio))
    foot = (range_km, elevation_deg) if axis is None else (axis.range_km, axis.elevation_deg)
    density = eirp_density_dbw_mhz(payload, foot[0], altitude_km)
    exponent = forward_scan_exponent(payload)
    towards = density - float(scan_loss_db(scan_deg, exponent))
    note = f"{density:g} dBW/MHz over {symbols:g} MBd"
    rise = float(noise_rise_db(weather_db, clear_db, terminal.noise_temperature_k))
    lines = [
        *_geometry(range_km, elevation_deg, frequency),
        Line("EIRP", density + 10.0 * float(np.log10(symbols)), "dBW", True, note),
        *_beam(exponent, payload.transmit_aperture_m, frequency, scan_deg, (cell_radius_km, range_km), axis),
        *_flux_cap(towards, *foot, cap),
        _spreading(range_km, frequency),
        *_atmosphere(weather_db, clear_db, parts_db),
        Line("pointing loss", -terminal.pointing_loss_db, "dB", True),
        *_receiver(terminal.g_over_t_dbk, rise, symbols, f"{symbols:g} MBd"),
    ]
    margin, bits = terminal.implementation_margin_db, terminal.max_modulation_bits
    unwanted = _unwanted_db(payload.interference_down_db, beams_db, cross_db)
    hop = None if feeder_db is None else _behind_uplink(_sum_db(lines), unwanted, feeder_db)
    title = f"forward, {terminal.label}"
    return _close(title, lines, unwanted, margin, "forward", bits, symbols, hop)


def return_budget(
    payload: Payload,
    terminal: Terminal,
    *,
    range_km: float,
    elevation_deg: float,
    scan_deg: float,
    weather_db: float,
    clear_db: float,
    cell_radius_km: float,
    parts_db: Mapping[str, float] | None = None,
    beams_over_noise_db: float | None = None,
    cross_db: float | None = None,
    feeder_db: float | None = None,
    axis: Axis | None = None,
) -> Budget:
    """Terminal at the cell's edge to satellite; the rate is one terminal's carrier times its duty.

    Rain does not warm the satellite's receiver: it looks at an earth that is warm already. Arguments as in
    `forward_budget`, attenuations at the return frequency. `beams_over_noise_db` is I/N of the terminals of
    other beams at the satellite, which a fade of this one spares. `feeder_db`: C/N of the downlink to the
    gateway that a transparent payload gives a carrier with its share of the power, noise included, whole
    EIRPs coming up. A terminal with power control sends what its mode needs (`links.power_control`).
    """
    frequency = payload.user_up_ghz
    carrier = min(terminal.carrier_mhz, payload.channel_up_mhz)
    lines = [
        *_geometry(range_km, elevation_deg, frequency),
        Line("EIRP", terminal.eirp_dbw, "dBW", True, "whole, in one carrier"),
        Line("pointing loss", -terminal.pointing_loss_db, "dB", True),
        _spreading(range_km, frequency),
        *_atmosphere(weather_db, clear_db, parts_db),
        *_beam(
            payload.scan_loss_exponent_ratio,
            payload.receive_aperture_m,
            frequency,
            scan_deg,
            (cell_radius_km, range_km),
            axis,
        ),
        *_receiver(payload.g_over_t_dbk, 0.0, carrier, f"carrier of {carrier:g} MHz"),
    ]
    margin, share = terminal.implementation_margin_db, carrier * terminal.duty_share
    cn_db, fade_db = _sum_db(lines), max(weather_db - clear_db, 0.0)

    def met(less_db: float) -> tuple[dict[str, float | None], _Hop | None]:
        """What the carrier meets with so much less EIRP, and both hops."""
        level = cn_db - less_db
        beams = None if beams_over_noise_db is None else level - beams_over_noise_db
        unwanted = _unwanted_db(payload.interference_up_db, beams, cross_db)
        if feeder_db is None:
            return unwanted, None
        return unwanted, _before_downlink(level, fade_db + less_db, beams, cross_db, feeder_db)

    less_db, most_db = 0.0, terminal.power_control_db
    if most_db > 0.0:
        spare, steps = terminal.power_control_margin_db, nr.ladder(margin)
        less_db = back_off_db(
            lambda less: _cinr_db(cn_db - less, *met(less)), steps.thresholds_db, spare, most_db
        )
        note = f"of at most {most_db:g} dB: to the threshold of its mode and {spare:g} dB"
        lines.insert(4, Line("power control", 0.0 - less_db, "dB", True, note))
    unwanted, hop = met(less_db)
    return _close(f"return, {terminal.label}", lines, unwanted, margin, "return", 6, share, hop)


def feeder_budget(
    payload: Payload,
    gateway: Gateway,
    *,
    direction: Direction,
    range_km: float,
    elevation_deg: float,
    weather_db: float,
    clear_db: float,
    parts_db: Mapping[str, float] | None = None,
    cross_db: float | None = None,
) -> Budget:
    """Feeder link of one gateway antenna: 'forward' is gateway to satellite, 'return' satellite to gateway.

    Its mode and rate are those of a payload that regenerates; a transparent one passes its C/N on to users.
    EIRP is that of one polarisation spread over the gateway's bandwidth; the rate is of all polarisations.
    The satellite's feeder antenna is taken as pointed at the gateway (no scan or edge loss).
    """
    up = direction == "forward"
    frequency = payload.feeder_up_ghz if up else payload.feeder_down_ghz
    eirp = gateway.eirp_dbw if up else payload.feeder_eirp_dbw
    g_over_t = payload.feeder_g_over_t_dbk if up else gateway.g_over_t_dbk
    rise = 0.0 if up else float(noise_rise_db(weather_db, clear_db, GATEWAY_TEMPERATURE_K))
    band_mhz = gateway.band_mhz(forward=up)
    symbols = float(symbol_rate_mbd(band_mhz, payload.roll_off_ratio))
    inside = 10.0 * float(np.log10(symbols / band_mhz))
    lines = [
        *_geometry(range_km, elevation_deg, frequency),
        Line(
            "EIRP",
            eirp + inside,
            "dBW",
            True,
            f"{eirp:g} dBW over {band_mhz:g} MHz, inside the symbol rate",
        ),
        _spreading(range_km, frequency),
        *_atmosphere(weather_db, clear_db, parts_db),
        *_receiver(g_over_t, rise, symbols, f"{symbols:g} MBd"),
    ]
    rate = symbols * gateway.polarisations
    title = f"feeder {direction}, {gateway.name}"
    unwanted = _unwanted_db(None, cross_db=cross_db)
    return _close(title, lines, unwanted, FEEDER_MARGIN_DB, "forward", FEEDER_MAX_BITS, rate)
