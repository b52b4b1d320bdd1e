"""Rows of `orbits`: SGP4 beside the `sgp4` package's arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from raabta.base.clock import to_jd
from raabta.base.frames import teme_to_itrf
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import START, Floats, random_elements, utc
from raabta.bench.threads import over_slices
from raabta.engine.provenance import version_of
from raabta.orbits.deep_space import records
from raabta.orbits.propagate import Propagator

MILLIONS = 1e-6
PEER_SHARE = 10
"""The peer takes every tenth satellite: its time is linear in them, and its arrays stay small."""


def _sgp4(threads: int, ecc_max: float) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        satellites, times = (1_000, 144) if quick else (10_000, 1_440)
        elements, instants = random_elements(satellites, ecc_max), utc(times, 60)
        propagator = Propagator.from_elements(elements, START)
        few = np.arange(0, satellites, PEER_SHARE)
        array, jd = records(elements.take(few)), to_jd(instants)
        rotation = teme_to_itrf(instants)
        return Case(
            size=f"{satellites:,} satellites x {times:,} minutes",
            ours=propagation(propagator, instants, rotation, threads),
            amount=satellites * times * MILLIONS,
            peer=Peer(
                f"sgp4 {version_of('sgp4')} SatrecArray, 1 thread",
                lambda: array.sgp4(*jd),
                few.size * times * MILLIONS,
            ),
            same=lambda ours, theirs: _distance(ours[:, :, few], theirs, rotation),
        )

    return case


def propagation(
    propagator: Propagator, instants: NDArray[np.datetime64], rotation: Floats, threads: int
) -> Callable[[], Floats]:
    """A call of the processor's kernel over all of them, positions (t, 3, n) km; times cut over threads."""
    from raabta.orbits.kernels import propagate_itrf

    near, minutes = propagator.state_arrays(), propagator.minutes(instants)
    out = np.empty((instants.size, 3, propagator.count))
    constants, offsets = near.constants, near.offsets_min

    def part(own: slice) -> None:
        propagate_itrf(constants, offsets, minutes[own], rotation[own], out[own])

    all_parts = over_slices(part, instants.size, threads)

    def work() -> Floats:
        all_parts()
        return out

    return work


def _distance(ours_km: Floats, theirs: Any, rotation: Floats) -> Difference:
    """Largest distance, mm; the package's TEME positions are turned here, ours already were."""
    errors, teme_km, _ = theirs
    teme_km = np.where(errors[:, :, None] != 0, np.nan, teme_km)
    off_km = np.linalg.norm(ours_km - np.einsum("tij,stj->tis", rotation, teme_km), axis=1)
    nobody = np.isnan(off_km)
    if not np.array_equal(nobody, np.isnan(ours_km[:, 0])):
        return Difference("states that only one of both has", float("inf"), 0.0, "states")
    return Difference("largest distance", 1e6 * float(np.max(off_km[~nobody])), 0.1, "mm")


_WORK = "SGP4 fused with TEME to ITRF"
ROWS = (
    Row(
        "sgp4",
        _WORK,
        "M states",
        _sgp4(1, 0.001),
        floor=Floor(20.0, 8.0),
        quick_floor=Floor(10.0, 4.0),
    ),
    Row(
        "sgp4-2-threads",
        _WORK,
        "M states",
        _sgp4(2, 0.001),
        threads=2,
        goal=Goal("ratio", 40.0, 70.0),
        floor=Floor(20.0, 8.0),
        quick_floor=Floor(10.0, 4.0),
    ),
    Row(
        "sgp4-eccentric",
        f"{_WORK}, e up to 0.25",
        "M states",
        _sgp4(1, 0.25),
        floor=Floor(15.0, 6.0),
        quick_floor=Floor(8.0, 3.0),
    ),
)
