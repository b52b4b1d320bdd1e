"""SGP4 compiled for CUDA, in numba's simulator and on a GPU if there is one, against the processor's."""

from __future__ import annotations

import numpy as np
import pytest
from devices import needs_gpu, on_simulator

from raabta.base.errors import OrbitDataError
from raabta.bench.instances import START, random_elements, utc
from raabta.orbits.propagate import Propagator

LIMIT_KM = 1e-6


def compare() -> None:
    """Positions of every kind of satellite; run in a process of its own, with the simulator."""
    from raabta.orbits.elements import Satellites

    times = utc(3, 5 * 3600)
    for ecc_max in (0.001, 0.25):
        fleet = Propagator.from_elements(random_elements(9, ecc_max), START)
        seen, expected = fleet.positions_km(times, device="gpu"), fleet.positions_km(times)
        assert np.isfinite(expected).all()
        off = np.abs(seen - expected).max()
        assert 0.0 < off <= LIMIT_KM, f"e to {ecc_max}: {off} km"  # not the processor's own bits
    mixed = Propagator(Satellites(random_elements(3, 0.9), np.array([38.0]), tuple("abcd")), START)
    assert mixed.state_arrays().indices.size < 3, "no deep-space satellite among them"
    np.testing.assert_allclose(
        mixed.positions_km(times, device="gpu"), mixed.positions_km(times), rtol=0, atol=LIMIT_KM
    )


def decayed() -> None:
    """A satellite that SGP4 refuses is missing on the GPU too, and old elements are refused alike."""
    from dataclasses import replace

    from raabta.orbits.gpu_positions import positions_on_gpu

    doomed = replace(random_elements(4, 0.001), bstar_per_radius=np.array([0.0, 0.1, 0.0, 0.0]))
    fleet, times = Propagator.from_elements(doomed, START), utc(2, 60 * 86_400)
    expected, seen = fleet.positions_km(times), positions_on_gpu(fleet, times).copy_to_host()
    assert np.isnan(expected[1]).any() and np.isfinite(expected[1]).any()
    assert np.array_equal(np.isnan(seen), np.isnan(expected))
    early = replace(doomed, epoch=doomed.epoch - np.timedelta64(3640, "D"))
    old = Propagator.from_elements(early, START - np.timedelta64(3600, "D"))
    with pytest.raises(OrbitDataError):
        positions_on_gpu(old, START + np.array([100], "timedelta64[D]"))


@pytest.mark.parametrize("check", ["compare", "decayed"])
def test_simulated_positions_agree(check: str) -> None:
    on_simulator(__file__, check)


@needs_gpu
def test_positions_of_a_gpu_agree() -> None:
    fleet, times = Propagator.from_elements(random_elements(2_000, 0.25), START), utc(200, 600)
    seen, expected = fleet.positions_km(times, device="gpu"), fleet.positions_km(times)
    assert np.array_equal(np.isnan(seen), np.isnan(expected))
    np.testing.assert_allclose(seen, expected, rtol=0, atol=LIMIT_KM)
