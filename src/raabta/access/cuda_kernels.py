"""Coverage counts on a GPU: `coverage_kernels.sees`, the definition itself, for every pair.

Needs numba-cuda. A thread per cell; a block reads satellites together into shared memory, a tile at a time.
Where the processor adds intervals on rings, a GPU has the arithmetic to test each pair, of any set of cells.
"""

from __future__ import annotations

import numpy as np

from raabta.access import coverage_kernels
from raabta.access.kernels import EARTH_POLAR_RADIUS_KM
from raabta.engine import device

cuda = device.cuda()
THREADS = 128
INSIDE_KM2 = EARTH_POLAR_RADIUS_KM**2

sees = device.for_cuda(coverage_kernels.sees)


@cuda.jit
def count_in_view(position_km, site, normal, sine, out):
    """Satellites in view, (t, cells) int32, of positions (t, 3, n); site and normal (3, cells).

    NaN and positions inside the Earth are seen by nobody.
    """
    x = cuda.shared.array(THREADS, np.float64)
    y = cuda.shared.array(THREADS, np.float64)
    z = cuda.shared.array(THREADS, np.float64)
    own = cuda.threadIdx.x
    cell = cuda.blockIdx.x * cuda.blockDim.x + own
    satellites = position_km.shape[2]
    for t in range(cuda.blockIdx.y, position_km.shape[0], cuda.gridDim.y):
        count = 0
        for first in range(0, satellites, THREADS):
            if first + own < satellites:
                px = position_km[t, 0, first + own]
                py = position_km[t, 1, first + own]
                pz = position_km[t, 2, first + own]
                outside = px * px + py * py + pz * pz > INSIDE_KM2
                x[own] = px if outside else np.nan
                y[own] = py
                z[own] = pz
            cuda.syncthreads()
            if cell < site.shape[1]:
                for j in range(min(THREADS, satellites - first)):
                    if sees(x[j], y[j], z[j], site, normal, cell, sine):
                        count += 1
            cuda.syncthreads()
        if cell < site.shape[1]:
            out[t, cell] = count
