"""A link between any two nodes, in any band: its lines summed to C/N0, and the mode that this carries.

Air stands at an Earth end alone. What else is in a beam warms its receiver: the Moon, the Earth, the Sun, as
discs of one brightness under a beam of Gaussian shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError
from raabta.base.units import BOLTZMANN_DBW_K_HZ
from raabta.links.antenna import half_power_half_angle_deg, peak_gain_dbi
from raabta.links.budget import SPACE_TEMPERATURE_K, Line, free_space_loss_db
from raabta.links.ranges import FloatArray, in_range
from raabta.links.rate_tables import RateTable
from raabta.links.receiver import (
    antenna_temperature_k,
    faded_antenna_k,
    pointing_loss_db,
    receiving_temperature_k,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from raabta.links.weather import SiteTables

MOON_BRIGHTNESS_K = 240.0
"""Of the lunar disc at S, X and Ka band, day and night together; its middle is 20 K warmer at noon, 20 K
colder at night at X band (Morabito, Imbriale and Keihm 2008, IEEE Trans. Antennas Propag. 56)."""
EARTH_BRIGHTNESS_K = 270.0
"""Of the Earth's disc seen from afar, land and sea together; an assumption (sea alone is near 150 K)."""
UNIFORM_HALF_WIDTH_U = 1.6137406
"""k a sin(half the 3 dB width) of a round aperture, as in `links.antenna`."""


@dataclass(frozen=True)
class Antenna:
    """A dish by its diameter, or any antenna by its gain; how far it may point off; what share of its power
    the ground (or the body of the craft) takes."""

    dish_m: float | None = None
    efficiency_share: float = 0.55
    gain_dbi: float | None = None
    pointing_error_deg: float = 0.0
    spill_share: float = 0.0

    def __post_init__(self) -> None:
        if (self.dish_m is None) == (self.gain_dbi is None):
            raise RaabtaError("an antenna is told by dish_m or by gain_dbi, one of the two")

    def peak_dbi(self, frequency_ghz: float) -> float:
        """Its gain where it points, dBi."""
        if self.gain_dbi is not None:
            return self.gain_dbi
        return float(peak_gain_dbi(self._dish_m(), frequency_ghz, self.efficiency_share))

    def width_deg(self, frequency_ghz: float) -> float:
        """Full width of its beam at 3 dB, deg; of an antenna told by its gain, that of a round aperture of
        this gain; 180 at most."""
        if self.gain_dbi is None:
            return 2.0 * float(half_power_half_angle_deg(self._dish_m(), frequency_ghz))
        around = np.sqrt(10.0 ** (self.gain_dbi / 10.0) / self.efficiency_share)
        return float(2.0 * np.degrees(np.arcsin(min(1.0, UNIFORM_HALF_WIDTH_U / around))))

    def off_db(self, frequency_ghz: float) -> float:
        """What its pointing error costs, dB >= 0."""
        if self.pointing_error_deg == 0.0:
            return 0.0
        return float(pointing_loss_db(self.pointing_error_deg, self.width_deg(frequency_ghz)))

    def _dish_m(self) -> float:
        assert self.dish_m is not None
        return self.dish_m


@dataclass(frozen=True)
class Transmitter:
    """Power into an antenna, W, behind a line that loses some."""

    antenna: Antenna
    power_w: float
    line_loss_db: float = 0.0

    def eirp_dbw(self, frequency_ghz: float) -> float:
        """EIRP where the antenna points, dBW."""
        power = float(in_range("power", self.power_w, 1e-6, 1e6, "W", "a transmitter"))
        return float(10.0 * np.log10(power)) - self.line_loss_db + self.antenna.peak_dbi(frequency_ghz)


@dataclass(frozen=True)
class Disc:
    """A body in a beam: how warm it looks at this band, K, the half of its width, and how far its centre is
    from where the antenna points, deg; the two may be of several times, (t,)."""

    name: str
    brightness_k: float
    half_width_deg: ArrayLike
    off_axis_deg: ArrayLike = 0.0


@dataclass(frozen=True)
class Receiver:
    """An antenna and its noise: by the noise figure from the first amplifier on, and what is lost before it;
    or by the whole system's temperature in clear sky, `clear_air_db` of air in it. discs: what else is in
    the beam."""

    antenna: Antenna
    noise_figure_db: float | None = None
    feed_loss_db: float = 0.0
    discs: tuple[Disc, ...] = ()
    clear_system_k: float | None = None
    clear_air_db: float = 0.0

    def __post_init__(self) -> None:
        if (self.noise_figure_db is None) == (self.clear_system_k is None):
            raise RaabtaError("a receiver is told by noise_figure_db or by clear_system_k, one of the two")

    def discs_k(self, frequency_ghz: float, air_db: ArrayLike = 0.0) -> FloatArray:
        """Noise that the discs add to the antenna's, K, through the air before them."""
        width_deg, total = self.antenna.width_deg(frequency_ghz), np.zeros(())
        for disc in self.discs:
            share = filled_share(disc.half_width_deg, width_deg, disc.off_axis_deg)
            total = total + share * (disc.brightness_k - SPACE_TEMPERATURE_K)
        seen = (1.0 - self.antenna.spill_share) * 10.0 ** (-np.asarray(air_db, np.float64) / 10.0)
        return np.asarray(seen * total)

    def system_k(self, frequency_ghz: float, air_db: ArrayLike = 0.0) -> FloatArray:
        """System noise temperature at the receiver's input, K, behind so much air."""
        discs_k = self.discs_k(frequency_ghz, air_db)
        if self.noise_figure_db is not None:
            antenna_k = antenna_temperature_k(air_db, self.antenna.spill_share) + discs_k
            return receiving_temperature_k(antenna_k, self.noise_figure_db, self.feed_loss_db)
        assert self.clear_system_k is not None
        return faded_antenna_k(self.clear_system_k, air_db, self.clear_air_db) + discs_k

    def g_over_t_dbk(self, frequency_ghz: float, air_db: ArrayLike = 0.0) -> FloatArray:
        """Figure of merit, dB/K."""
        gain = self.antenna.peak_dbi(frequency_ghz) - self.feed_loss_db
        return np.asarray(gain - 10.0 * np.log10(self.system_k(frequency_ghz, air_db)))


@dataclass(frozen=True)
class Stated:
    """One end by the figures that are published of it: EIRP of a sender, dBW, or G/T of a receiver, dB/K, as
    they are, with nothing more in the beam."""

    eirp_dbw: float | None = None
    g_over_t_dbk: float | None = None


@dataclass(frozen=True)
class Air:
    """Loss of the air over an Earth end, dB, at elevations (e,), ascending. Between them it is linear in the
    cosecant."""

    elevation_deg: FloatArray
    loss_db: FloatArray

    def at_db(self, elevation_deg: ArrayLike) -> FloatArray:
        """Loss at elevations, dB. Raises OutOfRangeError below the first and above the last."""
        low, high = float(self.elevation_deg[0]), float(self.elevation_deg[-1])
        asked = in_range("elevation of an Earth end", elevation_deg, low, high, "deg", "its table of losses")
        cosecant = -1.0 / np.sin(np.radians(asked)), -1.0 / np.sin(np.radians(self.elevation_deg))
        return np.interp(cosecant[0], cosecant[1], self.loss_db)


def air_of(fades: SiteTables, *, site: int = 0, exceedance: int = 0) -> Air:
    """The air of one site of `weather.tables`, at one of its exceedances."""
    order = np.argsort(fades.elevation_deg)
    return Air(fades.elevation_deg[order], fades.total_db[site, exceedance][order])


@dataclass(frozen=True)
class SpaceLink:
    """One direction of a link. losses: others that hold all the time, dB (polarisation, ripple, ranging).

    sender_air, receiver_air: None where there is none. margin_db: what a mode must have to spare.
    """

    name: str
    frequency_ghz: float
    sender: Transmitter | Stated
    receiver: Receiver | Stated
    table: RateTable
    margin_db: float = 3.0
    losses: tuple[tuple[str, float], ...] = ()
    sender_air: Air | None = None
    receiver_air: Air | None = None

    def __post_init__(self) -> None:
        in_range("frequency", self.frequency_ghz, 0.1, 60.0, "GHz", "a space link")
        for name, loss_db in self.losses:
            in_range(name, loss_db, 0.0, 100.0, "dB", "losses are positive")

    def cn0_dbhz(
        self,
        range_km: ArrayLike,
        sender_elevation_deg: ArrayLike = 90.0,
        receiver_elevation_deg: ArrayLike = 90.0,
    ) -> FloatArray:
        """C/N0 at ranges and elevations (t,), dBHz; elevations count where there is air."""
        lines = self._levels(range_km, sender_elevation_deg, receiver_elevation_deg)
        return np.asarray(sum(value for _, value, _, _ in lines))

    def rate_mbps(self, cn0_dbhz: ArrayLike) -> FloatArray:
        """Rate of the mode in force at a C/N0, Mbps; 0 where none closes."""
        return self.table.rate_at_mbps(cn0_dbhz, self.margin_db)

    def thresholds_dbhz(self) -> FloatArray:
        """C/N0 from which on each mode holds, its margin with it, (m,)."""
        return self.table.required_dbhz + self.margin_db

    def budget(
        self, range_km: float, sender_elevation_deg: float = 90.0, receiver_elevation_deg: float = 90.0
    ) -> SpaceBudget:
        """The lines at one range, and what they carry."""
        levels = self._levels(range_km, sender_elevation_deg, receiver_elevation_deg)
        lines = [Line("range", range_km, "km"), Line("frequency", self.frequency_ghz, "GHz")]
        lines += [Line(name, float(value), unit, True, note) for name, value, unit, note in levels]
        cn0 = sum(line.value for line in lines if line.sums)
        mode = int(self.table.best(cn0, self.margin_db))
        names, rates = (*self.table.modes, "none closes"), (*self.table.rate_mbps.tolist(), 0.0)
        spare = cn0 - float(self.table.required_dbhz[max(mode, 0)])
        lines += [
            Line("C/N0", cn0, "dBHz", note="sum of the lines above"),
            Line(
                "needed by the mode", float(self.table.required_dbhz[max(mode, 0)]), "dBHz", note=names[mode]
            ),
            Line("to spare", spare, "dB", note=f"{self.margin_db:g} dB wanted"),
            Line("rate", rates[mode], "Mbps"),
        ]
        return SpaceBudget(self.name, tuple(lines), float(cn0), names[mode], rates[mode], spare)

    def _levels(
        self, range_km: ArrayLike, sender_elevation_deg: ArrayLike, receiver_elevation_deg: ArrayLike
    ) -> list[tuple[str, FloatArray, str, str]]:
        """Lines that sum to C/N0: name, value, unit, note."""
        distance = in_range("range", range_km, 1e-3, 1e10, "km", "a space link")
        spread = -free_space_loss_db(distance, self.frequency_ghz)
        air = [
            (f"air at the {end}", -table.at_db(elevation), "dB", "gas, cloud, rain, scintillation")
            for end, table, elevation in (
                ("sender", self.sender_air, sender_elevation_deg),
                ("receiver", self.receiver_air, receiver_elevation_deg),
            )
            if table is not None
        ]
        behind = 0.0 if self.receiver_air is None else self.receiver_air.at_db(receiver_elevation_deg)
        return [
            *_sent(self.sender, self.frequency_ghz),
            ("free-space loss", spread, "dB", "20 log10(4 pi d f / c), ITU-R P.525-4"),
            *air,
            *((name, np.asarray(0.0 - loss), "dB", "") for name, loss in self.losses),
            *_received(self.receiver, self.frequency_ghz, behind),
            ("Boltzmann", np.asarray(-BOLTZMANN_DBW_K_HZ), "dBW/K/Hz", "-10 log10 k"),
        ]


@dataclass(frozen=True)
class SpaceBudget:
    """A link at one range: its lines in order (those that sum, sum to C/N0), the mode and its rate."""

    title: str
    lines: tuple[Line, ...] = field(repr=False)
    cn0_dbhz: float
    mode: str
    rate_mbps: float
    spare_db: float

    def value(self, name: str) -> float:
        """Value of the first line of that name; KeyError names the lines there are."""
        for line in self.lines:
            if line.name == name:
                return line.value
        raise KeyError(f"no line {name!r}; there are {', '.join(line.name for line in self.lines)}")


def filled_share(
    half_width_deg: ArrayLike, width_deg: ArrayLike, off_axis_deg: ArrayLike = 0.0
) -> FloatArray:
    """Share of a beam's power that falls on a disc. Arrays broadcast.

    The beam is a Gaussian of full width `width_deg` at 3 dB; on its axis the share is 1 - 2^-(2 r / w)^2, off
    it that of a non-central chi-squared law of two degrees of freedom.
    """
    from scipy.special import chndtr

    sigma = in_range("beam width", width_deg, 1e-6, 360.0, "deg", "full width at 3 dB") / np.sqrt(
        8.0 * np.log(2.0)
    )
    radius = in_range("half width of a disc", half_width_deg, 0.0, 180.0, "deg", "a disc in the sky")
    off = in_range("angle off the axis", np.abs(off_axis_deg), 0.0, 180.0, "deg", "a disc in the sky")
    return np.asarray(chndtr((radius / sigma) ** 2, 2.0, (off / sigma) ** 2))


def half_width_deg(radius_km: ArrayLike, range_km: ArrayLike) -> FloatArray:
    """Half of the width of a body in the sky, deg, its centre `range_km` away. Arrays broadcast."""
    ratio = np.asarray(radius_km, np.float64) / np.asarray(range_km, np.float64)
    return np.degrees(np.arcsin(in_range("radius over range", ratio, 0.0, 1.0, "", "outside the body")))


def closing_eirp_dbw(
    table: RateTable, receiver: Receiver | Stated, frequency_ghz: float, range_km: float, margin_db: float
) -> float:
    """EIRP at which the fastest mode of a table just closes at a range, with a margin, dBW: what calibrates
    the terminal behind a published table of rates."""
    needed = float(table.required_dbhz[-1]) + margin_db
    others = float(sum(value for _, value, _, _ in _received(receiver, frequency_ghz, 0.0)))
    return needed - others + float(free_space_loss_db(range_km, frequency_ghz)) + BOLTZMANN_DBW_K_HZ


def _sent(sender: Transmitter | Stated, frequency_ghz: float) -> Sequence[tuple[str, FloatArray, str, str]]:
    if isinstance(sender, Stated):
        if sender.eirp_dbw is None:
            raise OutOfRangeError("the sender's EIRP", "not told", "a figure in dBW", "a space link")
        return [("EIRP", np.asarray(sender.eirp_dbw), "dBW", "as stated")]
    antenna = sender.antenna
    power = 10.0 * np.log10(in_range("power", sender.power_w, 1e-6, 1e6, "W", "a transmitter"))
    return [
        ("power", power, "dBW", f"{sender.power_w:g} W"),
        ("sender's line", np.asarray(0.0 - sender.line_loss_db), "dB", ""),
        ("sender's gain", np.asarray(antenna.peak_dbi(frequency_ghz)), "dBi", _words(antenna)),
        ("sender's pointing", np.asarray(0.0 - antenna.off_db(frequency_ghz)), "dB", _error(antenna)),
    ]


def _received(
    receiver: Receiver | Stated, frequency_ghz: float, air_db: ArrayLike
) -> Sequence[tuple[str, FloatArray, str, str]]:
    if isinstance(receiver, Stated):
        if receiver.g_over_t_dbk is None:
            raise OutOfRangeError("the receiver's G/T", "not told", "a figure in dB/K", "a space link")
        return [("G/T", np.asarray(receiver.g_over_t_dbk), "dB/K", "as stated")]
    antenna = receiver.antenna
    system_k = receiver.system_k(frequency_ghz, air_db)
    discs = ", ".join(disc.name for disc in receiver.discs)
    note = f"{float(np.max(system_k)):.0f} K" + (f" with the {discs} in the beam" if discs else "")
    return [
        ("receiver's gain", np.asarray(antenna.peak_dbi(frequency_ghz)), "dBi", _words(antenna)),
        ("receiver's pointing", np.asarray(0.0 - antenna.off_db(frequency_ghz)), "dB", _error(antenna)),
        ("receiver's feed", np.asarray(0.0 - receiver.feed_loss_db), "dB", ""),
        ("system noise", np.asarray(-10.0 * np.log10(system_k)), "dBK", note),
    ]


def _words(antenna: Antenna) -> str:
    if antenna.dish_m is None:
        return "as stated"
    return f"{antenna.dish_m:g} m, {100.0 * antenna.efficiency_share:g} %"


def _error(antenna: Antenna) -> str:
    return f"{antenna.pointing_error_deg:g} deg off" if antenna.pointing_error_deg else ""
