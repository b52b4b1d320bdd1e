"""EPFD down of a run's own beams: the satellites that serve the area, aimed as its slots were shared out.

A lower end beside the assumption of `network.epfd`: beams abroad are left out, and power is the mean over
the hops of a slot and over the channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.bodies import EARTH
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.links.budget import spreading_loss_db
from raabta.network import epfd_kernels as kernels
from raabta.network import fixed_beams
from raabta.network.chunk import slot_times
from raabta.network.epfd import gso_directions, lobes_of, radio_of
from raabta.network.sky import observe_sky
from raabta.network.slot import allocate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Network

    Floats = NDArray[np.float64]

OWN_BEAMS: Final = (
    "only the run's own beams transmit, as its slots share them out in clear sky: those of other countries "
    "are left out",
    "a beam's power is the mean over the hops of a slot and over the channels of the payload",
    "side lobes of the satellites are the envelope of ITU-R S.1528 recommends 1.2, free space",
)


@dataclass(frozen=True)
class Beams:
    """Lit satellites of one slot, km (m, 3), and their beams: start (m + 1,), unit vectors from the satellite
    (b, 3), mean EIRP density of each in the reference bandwidth, W (b,)."""

    satellite_km: Floats
    start: NDArray[np.int64]
    beam: Floats
    power: Floats


@dataclass(frozen=True)
class OwnBeams:
    """A run as a source of EPFD; see `epfd.Source`. Instants are taken to the nearest slot of the run."""

    network: Network
    radio: Floats
    lobes: Floats

    def at(self, seconds: Floats) -> list[Beams]:
        """Beams of the slots of some instants."""
        time = self.network.scenario.time
        slots = np.clip(np.floor(seconds / time.step_s + 1e-9).astype(np.int64), 0, time.steps - 1)
        times = slot_times(self.network, [int(s) for s in slots])
        position = self.network.propagator.positions_km(times)
        pairs = zip(position, times, strict=True)
        return [beams_of(self.network.at(time), self.radio, step, time) for step, time in pairs]

    def received(
        self, held: list[Beams], place: tuple[float, float], gso_longitude_deg: Floats, gains: Floats
    ) -> Floats:
        """EPFD, W/m2, (t, k, a); see `epfd.epfd_w_m2`."""
        unit, _ = gso_directions(*place, gso_longitude_deg)
        site, up = geodetic_to_fixed(*place), np.ascontiguousarray(enu_basis(*place)[2])
        out = np.zeros((len(held), unit.shape[0], gains.shape[0]))
        for beams, own in zip(held, out, strict=True):
            kernels.epfd_of_beams(
                beams.satellite_km,
                beams.start,
                beams.beam,
                beams.power,
                site,
                up,
                self.lobes,
                unit,
                gains,
                own,
            )
        return out


def own_beams(network: Network, reference_khz: float) -> OwnBeams:
    """A run's network as a source of EPFD in a reference bandwidth."""
    payload, area = network.payload, network.scenario.area
    return OwnBeams(
        network, radio_of(payload, reference_khz, area.cell_resolution), lobes_of(payload, 1, aimed=True)
    )


def beams_of(
    network: Network, radio: Floats, position_km: Floats, time: np.datetime64 | None = None
) -> Beams:
    """Share one slot out in clear sky and say which beams are lit. position_km (3, n_sat) ITRF; time: see
    `observe_sky`."""
    sky = observe_sky(network, position_km, time)
    result = allocate(network, sky, np.zeros(network.ground.count, np.int64))
    lit = result.lit
    lit = lit[np.argsort(result.satellite[lit], kind="stable")]
    near, index = np.unique(result.satellite[lit], return_inverse=True)
    satellite_km = np.ascontiguousarray(sky.view.satellite_km[near])
    offset, sine = fixed_beams.aims_of(network, result, lit, satellite_km[index])
    range_km = np.linalg.norm(offset, axis=1)
    height_km = np.linalg.norm(satellite_km, axis=1)[index]
    cos_scan = -np.einsum("ij,ij->i", offset, satellite_km[index]) / (range_km * height_km)
    density = _density_w(radio, range_km, height_km - EARTH.mean_radius_km, cos_scan)
    most = network.flux_cap.at_dbw_m2(sine) + spreading_loss_db(range_km) + radio[4]
    density = np.minimum(density, 10.0 ** (0.1 * most))
    return Beams(
        satellite_km=satellite_km,
        start=np.searchsorted(index, np.arange(near.size + 1)).astype(np.int64),
        beam=np.ascontiguousarray(offset / range_km[:, None]),
        power=density * result.dwell[lit] / network.payload.channels,
    )


def _density_w(radio: Floats, range_km: Floats, altitude_km: Floats, cos_scan: Floats) -> Floats:
    """EIRP density of beams in the reference bandwidth, W, not capped: as `epfd_kernels.density_ratio`."""
    raised = np.clip(20.0 * np.log10(range_km / altitude_km), 0.0, radio[1] - radio[0])
    scan = 10.0 * radio[2] * np.log10(np.maximum(cos_scan, 1e-3))
    return np.asarray(10.0 ** (0.1 * (radio[0] + raised + scan)))
