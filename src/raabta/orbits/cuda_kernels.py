"""SGP4 on a GPU: the functions of `kernels`, compiled for CUDA, over a tile of one satellite per thread.

Needs numba-cuda. The same operations in the same order; a GPU contracts multiplications and additions as it
likes, and one satellite stops its Newton steps by itself, where the processor's tile waits for its slowest:
positions agree within 1e-6 km.
"""

from __future__ import annotations

import numpy as np

from raabta.engine import device
from raabta.orbits import kernels as tiled

cuda = device.cuda()
THREADS = 128
"""In a block: satellites side by side, so that they read and write next to each other."""


def _offset(value: int) -> int:
    assert value % tiled.TILE == 0, "an offset into the scratch array that is no multiple of the tile"
    return value // tiled.TILE


# A tile of one: the offsets into the scratch array shrink with it.
_ONE = {name: _offset(value) for name, value in vars(tiled).items() if name[0] == "_" and type(value) is int}
_ONE["TILE"] = 1
_SCRATCH, _X, _Y, _Z = _ONE["_SCRATCH"], _ONE["_X"], _ONE["_Y"], _ONE["_Z"]

load = device.for_cuda(tiled._load, _ONE)
secular = device.for_cuda(tiled._secular, _ONE)
solve_kepler = device.for_cuda(tiled._solve_kepler, _ONE)
orient = device.for_cuda(tiled._orient, _ONE)
rotate = device.for_cuda(tiled._rotate, _ONE)


@cuda.jit
def propagate_itrf(constants, offsets, minutes, rotation, out):
    """ITRF positions (km), as `kernels.propagate_itrf`; a thread per satellite and stride of times."""
    satellite = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
    if satellite < constants.shape[1]:
        w = cuda.local.array(_SCRATCH, np.float64)
        load(w, constants, offsets, satellite)
        for t in range(cuda.blockIdx.y, minutes.shape[0], cuda.gridDim.y):
            secular(w, minutes[t])
            solve_kepler(w)
            orient(w)
            rotate(w, rotation[t])
            out[t, 0, satellite] = w[_X]
            out[t, 1, satellite] = w[_Y]
            out[t, 2, satellite] = w[_Z]
