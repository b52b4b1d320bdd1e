"""Coverage counts compiled for CUDA, in numba's simulator and on a GPU if there is one, against the rings."""

from __future__ import annotations

import numpy as np
import pytest
from devices import needs_gpu, on_simulator

from raabta.access.rings import Rings, count_in_view, equal_area
from raabta.bench.instances import START, fleet, fleet_km, utc

LIMIT_DEG = 1e-9


def in_doubt(rings: Rings, position_km: np.ndarray, min_elevation_deg: float) -> np.ndarray:
    """How many satellites stand within 1e-9 degrees of the limit at each cell, (cells,)."""
    offset = position_km[:, None, :] - rings.site_km[:, :, None]
    up = np.einsum("icj,ic->cj", offset, rings.basis[2]) / np.linalg.norm(offset, axis=0)
    return np.count_nonzero(np.abs(np.degrees(np.arcsin(up)) - min_elevation_deg) <= LIMIT_DEG, axis=1)


def same(rings: Rings, seen: np.ndarray, position_km: np.ndarray, min_elevation_deg: float) -> int:
    expected = count_in_view(rings, position_km, min_elevation_deg)
    assert (np.abs(seen - expected) <= in_doubt(rings, position_km, min_elevation_deg)).all()
    return int(expected.sum())


def counts() -> None:
    """One instant, with satellites that nobody sees: a missing one and one inside the Earth."""
    from raabta.access.gpu import count_in_view as on_gpu

    rings, position_km = equal_area(40), fleet_km(200)[:, :132].copy()
    position_km[:, 3], position_km[:, 5] = np.nan, 1_000.0
    for min_elevation_deg in (0.0, 25.0):
        seen = on_gpu(rings.site_km, rings.basis[2], position_km[None], min_elevation_deg)
        assert seen.dtype == np.int32 and seen.shape == (1, rings.count)
        assert same(rings, seen[0], position_km, min_elevation_deg) > 0


def over_time() -> None:
    """Positions made and seen on the GPU."""
    from raabta.access.gpu import count_over

    rings, ships, times = equal_area(30), fleet(40), utc(3, 900)
    seen = count_over(ships, times, rings.site_km, rings.basis[2], 10.0)
    position_km = ships.positions_km(times)
    assert sum(same(rings, row, at, 10.0) for row, at in zip(seen, position_km, strict=True)) > 0
    nowhere = np.empty((3, 0))
    assert count_over(ships, times, nowhere, nowhere, 10.0).shape == (3, 0)


def tallies() -> None:
    """Coverage statistics of the globe and of an area, asked of the GPU and of the processor."""
    from raabta.access import coverage

    ships, times = fleet(20), utc(3, 900)
    area = coverage.ground(np.array([10.0, 20.0, 30.0]), np.array([60.0, 65.0, 70.0]))
    for where in (equal_area(12), area):
        for mine, theirs in zip(
            coverage.to_arrays(coverage.tally(where, ships, times, 0.0, 2, "gpu")).items(),
            coverage.to_arrays(coverage.tally(where, ships, times, 0.0, 2)).items(),
            strict=True,
        ):
            np.testing.assert_array_equal(mine[1], theirs[1], err_msg=mine[0])
        assert coverage.tally(where, ships, times, 0.0, 2, "gpu").total.sum() > 0


@pytest.mark.parametrize("check", ["counts", "over_time", "tallies"])
def test_simulated_counts_agree(check: str) -> None:
    on_simulator(__file__, check)


def test_the_device_is_part_of_what_a_run_of_coverage_is() -> None:
    from raabta.access.survey import Question, identity_of
    from raabta.scenario.loader import load

    scenario = load("pakistan")
    on_cpu, on_gpu = (identity_of(Question(scenario, device=name)) for name in ("cpu", "gpu"))
    assert on_cpu.scenario_hash != on_gpu.scenario_hash


@needs_gpu
def test_counts_of_a_gpu_agree() -> None:
    from raabta.access.gpu import count_over

    rings, ships, times = equal_area(2_000), fleet(1_000), utc(10, 600)
    assert times[0] == START
    seen = count_over(ships, times, rings.site_km, rings.basis[2], 25.0)
    for row, at in zip(seen, ships.positions_km(times), strict=True):
        assert same(rings, row, at, 25.0) > 0
