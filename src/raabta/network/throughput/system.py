"""A constellation as its filing describes it, and the rates that its links carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import RaabtaError
from raabta.links.budget import carrier_to_noise_db, free_space_loss_db
from raabta.links.modcod import best, symbol_rate_mbd
from raabta.links.relay import combine_db

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.scenario.models import Shell

    Floats = NDArray[np.float64]

HIGHEST_BITS = 8
"""256APSK, the highest order of DVB-S2X."""


@dataclass(frozen=True)
class Carriers:
    """Like carriers of one link: how many, and the budget of one.

    `interference_db`: carrier to each interference that does not depend on the range.
    """

    count: int
    frequency_ghz: float
    bandwidth_mhz: float
    eirp_dbw: float
    g_over_t_dbk: float
    interference_db: tuple[float, ...]

    def cinr_db(self, range_km: ArrayLike, loss_db: ArrayLike) -> Floats:
        """C/(N+I) of one carrier, dB: noise by range and loss of the atmosphere, then the interference."""
        loss = free_space_loss_db(range_km, self.frequency_ghz) + np.asarray(loss_db, np.float64)
        noise = carrier_to_noise_db(self.eirp_dbw, self.g_over_t_dbk, loss, self.bandwidth_mhz)
        return combine_db(noise, *self.interference_db)


@dataclass(frozen=True)
class System:
    """One constellation: shells, ground rules, radio.

    `user_cinr_db`: C/(N+I) of a user carrier at the edge of its beam. `gateway`: carriers of one antenna of a
    gateway; a satellite has `antennas` towards gateways, each for another station. `laser_mbps` per laser and
    way; 0 means that there are none. A transparent payload repeats the user carriers, so those join in.
    """

    name: str
    shells: tuple[Shell, ...]
    user_min_elevation_deg: float
    gateway_min_elevation_deg: float
    antennas: int
    transparent: bool
    laser_mbps: float
    user_carriers: int
    user_bandwidth_mhz: float
    user_cinr_db: float
    gateway: Carriers
    roll_off_ratio: float
    margin_db: float
    gateway_dish_m: float

    def __post_init__(self) -> None:
        if self.transparent and (self.laser_mbps or self.gateway.bandwidth_mhz != self.user_bandwidth_mhz):
            raise RaabtaError(
                f"{self.name}: a transparent payload repeats the gateway's carriers to users; give it the "
                "same bandwidth on both sides and no lasers"
            )

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return sum(shell.satellites for shell in self.shells)

    def user_mbps(self) -> float:
        """The most that a satellite can send to its users: every user carrier at the edge of its beam."""
        return float(self.user_carriers * self._carrier_mbps(self.user_cinr_db, self.user_bandwidth_mhz))

    def most_mbps(self) -> float:
        """The most that a satellite delivers: the lesser of its user side and its gateway side in dry air.

        A payload is built for what its own antennas bring; lasers spread that, they do not widen it.
        """
        nearest_km = min(shell.altitude_km for shell in self.shells)
        return min(self.user_mbps(), self.antennas * float(self.gateway_mbps(nearest_km, 0.0)))

    def gateway_mbps(self, range_km: ArrayLike, loss_db: ArrayLike) -> Floats:
        """Rate that one gateway antenna brings to a satellite's users. Arrays broadcast.

        With a transparent payload it is that of the whole way up and down.
        """
        cinr = self.gateway.cinr_db(range_km, loss_db)
        if self.transparent:
            cinr = combine_db(cinr, self.user_cinr_db)
        return self.gateway.count * self._carrier_mbps(cinr, self.gateway.bandwidth_mhz)

    def _carrier_mbps(self, cinr_db: ArrayLike, bandwidth_mhz: float) -> Floats:
        """DVB-S2X by the mode that closes, without pilots and IP framing: the physical layer's rate."""
        _, efficiency = best(cinr_db, self.margin_db, HIGHEST_BITS)
        return np.asarray(efficiency * symbol_rate_mbd(bandwidth_mhz, self.roll_off_ratio))
