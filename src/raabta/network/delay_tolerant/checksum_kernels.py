"""CRC-32C of long strings: eight bytes at a time."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, _nrt=False)
def run(data, tables, value):
    """The register after `data` (uint8), by tables (8, 256), uint32."""
    at, count = 0, data.shape[0]
    crc = np.uint32(value)
    while count - at >= 8:
        one = crc ^ (
            np.uint32(data[at])
            | np.uint32(data[at + 1]) << np.uint32(8)
            | np.uint32(data[at + 2]) << np.uint32(16)
            | np.uint32(data[at + 3]) << np.uint32(24)
        )
        crc = np.uint32(
            tables[7, one & np.uint32(255)]
            ^ tables[6, (one >> np.uint32(8)) & np.uint32(255)]
            ^ tables[5, (one >> np.uint32(16)) & np.uint32(255)]
            ^ tables[4, one >> np.uint32(24)]
            ^ tables[3, data[at + 4]]
            ^ tables[2, data[at + 5]]
            ^ tables[1, data[at + 6]]
            ^ tables[0, data[at + 7]]
        )
        at += 8
    while at < count:
        crc = np.uint32((crc >> np.uint32(8)) ^ tables[0, (crc ^ np.uint32(data[at])) & np.uint32(255)])
        at += 1
    return crc
