"""Coverage on a GPU: positions are made there, seen there, and only the counts come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access.candidates import least_elevation
from raabta.orbits.gpu_positions import positions_on_gpu

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.orbits.propagate import Propagator

    Floats = NDArray[np.float64]

STRIDES = 64
"""Blocks that share the times of the same cells."""


def count_in_view(
    site_km: Floats, normal: Floats, position_km: Any, min_elevation_deg: float
) -> NDArray[np.int32]:
    """How many satellites each cell sees at each instant, (t, cells) int32.

    site_km and normal (3, cells), the ellipsoid's; position_km (t, 3, n), here or on the GPU. Equal to
    `rings.count_in_view` but where an elevation is within 1e-9 degrees of the limit. OutOfRangeError outside
    0 to 90 degrees.
    """
    from raabta.access import cuda_kernels as kernels

    least = least_elevation(min_elevation_deg)
    times, cells = position_km.shape[0], site_km.shape[1]
    if not times or not cells:
        return np.zeros((times, cells), np.int32)
    out = kernels.cuda.device_array((times, cells), np.int32)
    arrays = (np.ascontiguousarray(each) for each in (site_km, normal))
    blocks = (-(-cells // kernels.THREADS), min(times, STRIDES))
    on_gpu = [kernels.cuda.to_device(each) for each in (position_km, *arrays)]
    kernels.count_in_view[blocks, kernels.THREADS](*on_gpu, least.sine, out)
    counts: NDArray[np.int32] = out.copy_to_host()
    return counts


def count_over(
    fleet: Propagator,
    times: NDArray[np.datetime64],
    site_km: Floats,
    normal: Floats,
    min_elevation_deg: float,
) -> NDArray[np.int32]:
    """`count_in_view` of a fleet at UTC `times` (t,): the positions never leave the GPU."""
    return count_in_view(site_km, normal, positions_on_gpu(fleet, times), min_elevation_deg)
