"""Rows of the GPU beside our own kernels on the processor; skipped, with the reason, where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from raabta.access.rings import Rings, count_in_view, equal_area
from raabta.base.frames import teme_to_itrf
from raabta.bench.coverage_rows import ELEVATION_DEG
from raabta.bench.declare import Case, Difference, Floor, Peer, Row, Skip
from raabta.bench.instances import START, Floats, fleet, random_elements, utc
from raabta.bench.orbit_rows import MILLIONS, propagation
from raabta.engine.device import cuda, simulated, why_no_gpu
from raabta.orbits.propagate import Propagator

LIMIT_KM = 1e-6
DOUBT_DEG = 1e-9


def _need_gpu() -> Any:
    """numba's CUDA; Skip where it computes nothing, or only pretends to."""
    why = why_no_gpu()
    if why is None and simulated():
        why = "numba's CUDA simulator says nothing of speed"
    if why is not None:
        raise Skip(why)
    return cuda()


def _sgp4(quick: bool) -> Case:
    numba_cuda = _need_gpu()
    from raabta.orbits.gpu import launch

    satellites, times = (1_000, 144) if quick else (10_000, 1_440)
    propagator, instants = Propagator.from_elements(random_elements(satellites, 0.001), START), utc(times, 60)
    near, minutes, rotation = propagator.state_arrays(), propagator.minutes(instants), teme_to_itrf(instants)

    def work() -> Any:
        out = launch(near, minutes, rotation)
        numba_cuda.synchronize()
        return out

    amount = satellites * times * MILLIONS
    return Case(
        size=f"{satellites:,} satellites x {times:,} minutes",
        ours=work,
        amount=amount,
        peer=Peer("ours, 2 threads", propagation(propagator, instants, rotation, 2), amount, 2),
        same=lambda ours, theirs: _same_positions(ours.copy_to_host(), theirs),
    )


def _same_positions(ours: Floats, theirs: Floats) -> Difference:
    off_km = np.abs(ours - theirs)
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return Difference("states that only one of both has", float("inf"), 0.0, "states")
    return Difference("largest difference of an axis", float(np.nanmax(off_km)), LIMIT_KM, "km")


def _coverage(quick: bool) -> Case:
    _need_gpu()
    from raabta.access.gpu import count_over

    satellites, cells, steps = (1_000, 4_000, 4) if quick else (10_000, 40_000, 60)
    rings, ships, times = equal_area(cells), fleet(satellites), utc(steps, 60)
    amount = satellites * rings.count * steps * MILLIONS
    return Case(
        size=f"{satellites:,} satellites x {rings.count:,} cells x {steps} instants, {ELEVATION_DEG:g} deg",
        ours=lambda: count_over(ships, times, rings.site_km, rings.basis[2], ELEVATION_DEG),
        amount=amount,
        peer=Peer("ours, 2 threads", lambda: _counts(rings, ships.positions_km(times)), amount, 2),
        same=lambda ours, theirs: _same_counts(rings, ships.positions_km(times), ours, theirs),
    )


def _counts(rings: Rings, position_km: Floats) -> NDArray[np.int32]:
    return np.stack([count_in_view(rings, at, ELEVATION_DEG, threads=2) for at in position_km])


def _same_counts(
    rings: Rings, position_km: Floats, ours: NDArray[np.int32], theirs: NDArray[np.int32]
) -> Difference:
    """Cells that count otherwise though no satellite is within 1e-9 degrees of the limit there."""
    wrong = 0
    for t, cell in np.argwhere(ours != theirs):
        offset = position_km[t] - rings.site_km[:, cell, None]
        up = rings.basis[2, :, cell] @ offset / np.linalg.norm(offset, axis=0)
        close = np.abs(np.degrees(np.arcsin(up)) - ELEVATION_DEG) <= DOUBT_DEG
        wrong += int(abs(int(ours[t, cell]) - int(theirs[t, cell])) > np.count_nonzero(close))
    return Difference("cells that count otherwise", float(wrong), 0.0, "cells")


ROWS = (
    Row(
        "gpu-sgp4",
        "SGP4 fused with TEME to ITRF, on a GPU, left there",
        "M states",
        _sgp4,
        Floor(200.0),
        device="gpu",
    ),
    Row(
        "gpu-coverage",
        "positions and satellites in view of every cell, on a GPU",
        "M pairs",
        _coverage,
        Floor(50_000.0),
        device="gpu",
    ),
)
