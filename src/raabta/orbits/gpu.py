"""SGP4 on a GPU, called as the processor's kernel is; see `engine.device` for whether there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from raabta.orbits.near_earth import NearEarth

Floats = npt.NDArray[np.float64]

STRIDES = 64
"""Threads that share the times of a satellite: each loads its constants once."""


def propagate_itrf(
    constants: Floats, offsets: Floats, minutes: Floats, rotation: Floats, out: Floats
) -> None:
    """As `kernels.propagate_itrf`, within 1e-6 km of it; the arrays are copied there and back."""
    near = NearEarth(constants, offsets, np.arange(offsets.size))
    out[:, :, : offsets.size] = launch(near, minutes, rotation).copy_to_host()


def launch(near: NearEarth, minutes: Floats, rotation: Floats) -> Any:
    """Positions (t, 3, n) km of near-earth satellites in an array that stays on the GPU."""
    from raabta.orbits import cuda_kernels as kernels

    satellites, times = near.offsets_min.size, minutes.size
    out = kernels.cuda.device_array((times, 3, satellites), np.float64)
    if satellites and times:
        arrays = (near.constants, near.offsets_min, minutes, rotation)
        blocks = (-(-satellites // kernels.THREADS), min(times, STRIDES))
        kernels.propagate_itrf[blocks, kernels.THREADS](*map(kernels.cuda.to_device, arrays), out)
    return out
