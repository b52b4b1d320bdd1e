"""The optional modes of DVB-S2X for a very low signal to noise ratio: they carry down to -9.9 dB.

A receiver must be made for them, so they join the ladder only where asked for, and their names say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from raabta.links import modcod, packaged
from raabta.links.modcod import Ladder
from raabta.links.ranges import FloatArray

SOURCE = "ETSI EN 302 307-2 V1.3.1"
BBHEADER_BITS = 80


@dataclass(frozen=True)
class VlSnrTable:
    """The nine modes, one entry each; thresholds are Es/N0 of transmitted symbols on AWGN."""

    name: tuple[str, ...]
    bch_bits: npt.NDArray[np.int64]
    frame_symbols: npt.NDArray[np.int64]
    threshold_db: FloatArray


@lru_cache(maxsize=1)
def vl_snr_table() -> VlSnrTable:
    """The packaged table, read once."""
    rows = packaged.rows("vl_snr.csv")
    return VlSnrTable(
        name=tuple(row["mode"] for row in rows),
        bch_bits=np.array([int(row["bch_bits"]) for row in rows]),
        frame_symbols=np.array([int(row["frame_symbols"]) for row in rows]),
        threshold_db=np.array([float(row["threshold_db"]) for row in rows]),
    )


def efficiency_bit_symbol(bch_bits: npt.ArrayLike, frame_symbols: npt.ArrayLike) -> FloatArray:
    """Net bits per symbol: (K_bch - 80) / symbols of the frame, headers and pilots counted. Any shape."""
    net = np.asarray(bch_bits, dtype=np.float64) - BBHEADER_BITS
    return np.asarray(net / np.asarray(frame_symbols, dtype=np.float64))


def ladder(
    margin_db: float = 0.0, max_bits: int = modcod.DEFAULT_MAX_BITS, ip_share: float | None = None
) -> Ladder:
    """`modcod.ladder` with pilots, joined by these modes: thresholds with margin, dB, and IP bits per symbol.

    Same look-up as there. At a frame error ratio of 1e-5 its lowest step is -9.9 dB and the margin.
    """
    table, usual = vl_snr_table(), modcod.ladder(margin_db, max_bits, True, ip_share)
    share = modcod.framing_ratio() if ip_share is None else ip_share
    own = efficiency_bit_symbol(table.bch_bits, table.frame_symbols) * share
    thresholds = np.concatenate([usual.thresholds_db, table.threshold_db + margin_db])
    efficiency = np.concatenate([usual.efficiency_bit_symbol, own])
    kept = modcod.worth_using(thresholds, efficiency)
    return Ladder(thresholds[kept], efficiency[kept])
