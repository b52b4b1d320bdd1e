"""Checksums of bundles: CRC-16 of X.25 (ITU-T X.25, 2.2.7.4), CRC-32C (RFC 4960, appendix B)."""

from __future__ import annotations

from binascii import crc_hqx
from functools import cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_SHORT = 96
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc16_x25(data: bytes) -> int:
    """CRC-16/X.25: polynomial 0x1021, mirrored, begun and ended with ones."""
    found = crc_hqx(data.translate(_MIRRORED), 0xFFFF)
    return (_MIRRORED[found & 255] << 8 | _MIRRORED[found >> 8]) ^ 0xFFFF


def crc32c(data: bytes) -> int:
    """CRC-32C: polynomial 0x1EDC6F41, mirrored, begun and ended with ones."""
    if len(data) > _SHORT:
        from raabta.network.delay_tolerant.checksum_kernels import run

        return int(run(np.frombuffer(data, np.uint8), _tables(), np.uint32(0xFFFFFFFF))) ^ 0xFFFFFFFF
    crc, table = 0xFFFFFFFF, _first()
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


@cache
def _first() -> tuple[int, ...]:
    """The register after each byte."""
    out = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        out.append(crc)
    return tuple(out)


@cache
def _tables() -> npt.NDArray[np.uint32]:
    """The register after each byte and 0 to 7 zeros, (8, 256)."""
    tables = np.empty((8, 256), np.uint32)
    tables[0] = _first()
    for k in range(1, 8):
        tables[k] = tables[k - 1] >> np.uint32(8) ^ tables[0][tables[k - 1] & np.uint32(255)]
    return tables
