"""Rows of EPFD: a fleet's beams into one earth station, assumed everywhere and known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from raabta.bench.declare import Case, Difference, Floor, Peer, Row
from raabta.bench.instances import SEED, Floats

if TYPE_CHECKING:
    from raabta.network.epfd_run import Beams

PLACE, GSO_DEG = (30.0, 70.0), (38.0, 70.0)


def _everywhere(quick: bool) -> Case:
    from raabta.links.articles import epfd_limits
    from raabta.network import epfd
    from raabta.scenario.loader import load

    system = epfd.system_of(load("pakistan-starlink"), 40.0, (PLACE[0], PLACE[0]))
    gains = np.array([epfd.victim_gain(limit, 10.70002) for limit in epfd_limits(10.7, 10.8, 3)])
    position = system.at(np.linspace(0.0, 86_400.0, 4 if quick else 60))
    size = position.shape[0] * position.shape[2]
    return Case(
        size=f"{position.shape[0]} steps of {position.shape[2]:,} satellites, {gains.shape[0]} antennas",
        ours=lambda: epfd.epfd_w_m2(system, position, *PLACE, np.array(GSO_DEG), gains),
        amount=size / 1e6,
    )


def _beams(quick: bool) -> Case:
    from raabta.base.frames import enu_basis, geodetic_to_fixed
    from raabta.links.articles import epfd_limits
    from raabta.network import epfd
    from raabta.network import epfd_kernels as kernels
    from raabta.scenario.loader import load

    lobes = epfd.lobes_of(load("pakistan").constellation.payload, 1)
    gains = np.array([epfd.victim_gain(limit, 19.70002) for limit in epfd_limits(19.7, 19.8, 3)])
    site, up = geodetic_to_fixed(*PLACE), np.ascontiguousarray(enu_basis(*PLACE)[2])
    gso, _ = epfd.gso_directions(*PLACE, np.array(GSO_DEG))
    lit = random_beams(site, up, 10 if quick else 100, 20 if quick else 100)

    def work() -> Floats:
        out = np.zeros((gso.shape[0], gains.shape[0]))
        kernels.epfd_of_beams(
            lit.satellite_km, lit.start, lit.beam, lit.power, site, up, lobes, gso, gains, out
        )
        return out

    return Case(
        size=f"{lit.power.size:,} beams of {lit.satellite_km.shape[0]} satellites",
        ours=work,
        amount=lit.power.size / 1e6,
        peer=Peer(
            "NumPy on whole arrays", lambda: numpy_epfd(lit, site, lobes, gso, gains), lit.power.size / 1e6
        ),
        same=_same_db,
    )


def random_beams(site_km: Floats, up: Floats, satellites: int, each: int) -> Beams:
    """Satellites 600 to 1,200 km from a site, above its horizon, and beams within 60 deg of their nadir."""
    from raabta.network.epfd_run import Beams

    rng = np.random.default_rng(SEED)
    ray = rng.normal(size=(satellites, 3))
    ray *= np.sign(ray @ up)[:, None] / np.linalg.norm(ray, axis=1, keepdims=True)
    satellite = site_km + rng.uniform(600.0, 1_200.0, (satellites, 1)) * ray
    down = np.repeat(-satellite / np.linalg.norm(satellite, axis=1, keepdims=True), each, axis=0)
    beam = down + rng.uniform(-1.0, 1.0, down.shape)
    beam /= np.linalg.norm(beam, axis=1, keepdims=True)
    start = np.arange(satellites + 1, dtype=np.int64) * each
    return Beams(satellite, start, beam, rng.uniform(0.05, 0.1, satellites * each))


def numpy_epfd(lit: Beams, site_km: Floats, lobes: Floats, gso: Floats, gains: Floats) -> Floats:
    """The same sum on whole arrays."""
    ray = lit.satellite_km - site_km
    distance = np.linalg.norm(ray, axis=1)
    ray /= distance[:, None]
    index = np.repeat(np.arange(distance.size), np.diff(lit.start))
    off = np.arccos(np.clip(-np.einsum("ij,ij->i", lit.beam, ray[index]), -1.0, 1.0))
    power = lit.power * np.interp(off, np.linspace(0.0, np.pi, lobes.shape[1]), lobes[1])
    flux = np.bincount(index, power, distance.size) / (4.0 * np.pi * 1e6 * distance**2)
    phi = np.arccos(np.clip(gso @ ray.T, -1.0, 1.0))
    angle = np.linspace(0.0, np.pi, gains.shape[1])
    return np.array([[(flux * np.interp(row, angle, gain)).sum() for gain in gains] for row in phi])


def _same_db(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> Difference:
    apart = float(np.abs(10.0 * np.log10(ours / theirs)).max())
    return Difference("EPFD", apart, 1e-6, "dB")


ROWS = (
    Row("epfd", "EPFD of every satellite, beams assumed", "M satellite-steps", _everywhere, floor=Floor(4.0)),
    Row("epfd-beams", "EPFD of beams that are known", "M beams", _beams, floor=Floor(30.0, 3.0)),
)
