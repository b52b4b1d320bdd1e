"""The work of the rows: seeded satellites, cells and directions, the same on every machine."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raabta.orbits.elements import MeanElements, concatenate, rev_day_from_semi_major_axis
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

Floats = NDArray[np.float64]

START = np.datetime64("2026-11-22", "ns")
SEED = 2026
SHELLS = 4


def random_elements(count: int, ecc_max: float) -> MeanElements:
    """Near-earth orbits, perigees of 300 to 1,200 km, drag as low satellites have it."""
    rng = np.random.default_rng(SEED)
    ecc = rng.uniform(0, ecc_max, count)
    inclination = np.degrees(np.arccos(rng.uniform(-1, 1, count)))
    axis = (6378.137 + rng.uniform(300, 1200, count)) / (1 - ecc)
    angles = rng.uniform(0, 360, (3, count))
    return MeanElements(
        epoch=START - rng.integers(0, 3 * 86_400, count).astype("timedelta64[s]"),
        inclination_deg=inclination, raan_deg=angles[0], eccentricity=ecc, argp_deg=angles[1],
        mean_anomaly_deg=angles[2], mean_motion_rev_day=rev_day_from_semi_major_axis(axis, ecc, inclination),
        bstar_per_radius=rng.uniform(0, 2e-4, count), names=tuple(map(str, range(count))),
        norad_id=np.zeros(count, np.int64),
    )  # fmt: skip


def walker_shells(count: int) -> tuple[Shell, ...]:
    """Four random Walker shells at 500 to 1,200 km, `count` satellites (a multiple of 4) in all."""
    rng = np.random.default_rng(SEED)
    each = count // SHELLS
    planes = max(p for p in range(1, math.isqrt(each) + 1) if each % p == 0)
    return tuple(
        Shell(
            altitude_km=float(rng.uniform(500, 1200)),
            inclination_deg=float(rng.uniform(35, 98)),
            planes=planes,
            satellites_per_plane=each // planes,
            phasing=int(rng.integers(planes)),
            raan_offset_deg=float(rng.uniform(0, 359)),
        )
        for _ in range(SHELLS)
    )


def shells(count: int) -> MeanElements:
    """The satellites of `walker_shells`."""
    made = walker_shells(count)
    return concatenate(tuple(walker(shell, START, str(i)) for i, shell in enumerate(made)))


@cache
def fleet(count: int) -> Propagator:
    """The propagator of `shells`."""
    return Propagator.from_elements(shells(count), START)


@cache
def fleet_km(count: int) -> Floats:
    """Where `shells` are at the start, (3, count) km, ITRF."""
    return np.ascontiguousarray(fleet(count).positions_km(np.array([START]))[0])


def utc(steps: int, step_s: int) -> NDArray[np.datetime64]:
    """`steps` instants from the start."""
    return START + (np.arange(steps) * step_s).astype("timedelta64[s]")


class Flows(NamedTuple):
    """Flows on fixed paths: start (n + 1,) into resource (entries,); capacity (m,), demand (n,), Mbps."""

    start: NDArray[np.int64]
    resource: NDArray[np.int64]
    capacity_mbps: Floats
    demand_mbps: Floats


def flows(count: int) -> Flows:
    """Flows over a beam, 0 to 6 inter-satellite links and a feeder, with as much asked for as there is."""
    rng = np.random.default_rng(SEED)
    beams, hops, feeders = count // 8, count // 10, max(1, count // 200)
    length = 2 + rng.integers(0, 7, count)
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    resource = beams + rng.integers(0, hops, start[-1])
    resource[start[:-1]] = rng.integers(0, beams, count)
    resource[start[1:] - 1] = beams + hops + rng.integers(0, feeders, count)
    capacity = np.concatenate(
        [rng.uniform(200, 800, beams), rng.uniform(2e3, 2e4, hops), rng.uniform(5e3, 2e4, feeders)]
    )
    return Flows(start, resource, capacity, rng.gamma(0.7, 140.0, count))
