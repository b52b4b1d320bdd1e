"""Adaptive coding and modulation of the forward link: the union of DVB-S2 and DVB-S2X.

The S2X table alone is not a ladder (S2 modes fill its gaps), and thresholds do not rise with efficiency:
the best mode is the most efficient of those that close, not the one with the highest threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raabta.links import packaged
from raabta.links.ranges import FloatArray, in_range

SOURCE = "ETSI EN 302 307-1 table 13 and EN 302 307-2 table 20a"
DEFAULT_MAX_BITS = 5
GSE_HEADER_BYTES = 10.0
MEAN_PACKET_BYTES = 700.0


class Ladder(NamedTuple):
    """Sorted steps for a kernel: at `thresholds_db[i]` and above, `efficiency_bit_symbol[i]` is carried."""

    thresholds_db: FloatArray
    efficiency_bit_symbol: FloatArray


@dataclass(frozen=True)
class ModcodTable:
    """The 67 modes, one entry per mode in each field; thresholds are Es/N0 on AWGN without pilots."""

    standard: tuple[str, ...]
    name: tuple[str, ...]
    bits: npt.NDArray[np.int64]
    bch_bits: npt.NDArray[np.int64]
    efficiency_bit_symbol: FloatArray
    threshold_db: FloatArray


@lru_cache(maxsize=1)
def modcod_table() -> ModcodTable:
    """The packaged table, read once."""
    rows = packaged.rows("dvbs2x.csv")
    return ModcodTable(
        standard=tuple(row["standard"] for row in rows),
        name=tuple(row["modcod"] for row in rows),
        bits=np.array([int(row["bits"]) for row in rows]),
        bch_bits=np.array([int(row["bch_bits"]) for row in rows]),
        efficiency_bit_symbol=np.array([float(row["efficiency_bit_symbol"]) for row in rows]),
        threshold_db=np.array([float(row["threshold_db"]) for row in rows]),
    )


def efficiency_bit_symbol(bits: npt.ArrayLike, bch_bits: npt.ArrayLike) -> FloatArray:
    """Net bits per symbol of a normal FECFRAME without pilots: (K_bch - 80) / (90 (ceil(64800 / 90m) + 1)).

    The 80-bit BBHEADER and the 90-symbol PLHEADER are inside (EN 302 307-1 clauses 5.1.6 and 5.5.1).
    """
    slots = np.ceil(64800.0 / (90.0 * np.asarray(bits, dtype=np.float64)))
    return np.asarray((np.asarray(bch_bits, dtype=np.float64) - 80.0) / (90.0 * (slots + 1.0)))


def pilot_ratio(bits: npt.ArrayLike) -> FloatArray:
    """Share of symbols left when pilots are on: 36 after every 16 slots but the last (EN 302 307-1)."""
    slots = np.ceil(64800.0 / (90.0 * np.asarray(bits, dtype=np.float64)))
    symbols = 90.0 * (slots + 1.0)
    return np.asarray(symbols / (symbols + 36.0 * np.floor((slots - 1.0) / 16.0)))


def framing_ratio(
    header_bytes: float = GSE_HEADER_BYTES, mean_packet_bytes: float = MEAN_PACKET_BYTES
) -> float:
    """Share of the baseband frame left to IP: packet / (packet + GSE header), 700 / 710 by default.

    ETSI TS 102 606-1: 2 bytes, protocol type 2, label 6. The mean packet is an assumption (bulk downloads
    are near 1500 bytes, acknowledgements near 60).
    """
    return mean_packet_bytes / (mean_packet_bytes + header_bytes)


def symbol_rate_mbd(bandwidth_mhz: npt.ArrayLike, roll_off_ratio: npt.ArrayLike) -> FloatArray:
    """Symbol rate of a carrier, millions of symbols per second: bandwidth / (1 + roll-off). Any shape."""
    return np.asarray(np.asarray(bandwidth_mhz, dtype=np.float64) / (1.0 + np.asarray(roll_off_ratio)))


def _steps(table: ModcodTable, margin_db: float, max_bits: int) -> npt.NDArray[np.intp]:
    """Indices of the modes that are worth using, by rising threshold (and so rising efficiency)."""
    in_range("bits per symbol", max_bits, 2, 8, "", SOURCE)
    in_range("margin", margin_db, 0.0, 30.0, "dB", "a stated implementation margin")
    allowed = np.flatnonzero(table.bits <= max_bits)
    return allowed[worth_using(table.threshold_db[allowed], table.efficiency_bit_symbol[allowed])]


def worth_using(threshold_db: FloatArray, efficiency: FloatArray) -> npt.NDArray[np.intp]:
    """Indices of modes by rising threshold, each more efficient than all before it."""
    order = np.lexsort((-efficiency, threshold_db))
    best_before = np.concatenate([[0.0], np.maximum.accumulate(efficiency[order])[:-1]])
    return np.asarray(order[efficiency[order] > best_before])


def ladder(
    margin_db: float = 0.0,
    max_bits: int = DEFAULT_MAX_BITS,
    pilots: bool = True,
    ip_share: float | None = None,
) -> Ladder:
    """Steps at the IP layer: thresholds with the margin added (dB, rising), and IP bits per symbol (rising).

    Below the first threshold nothing is carried. `max_bits` caps the modulation (5 = 32APSK); `pilots` takes
    their symbols off; `ip_share` is the framing, by default `framing_ratio()`. Look up with
    `searchsorted(thresholds_db, cinr_db, side="right") - 1`.
    """
    table = modcod_table()
    index = _steps(table, margin_db, max_bits)
    share = framing_ratio() if ip_share is None else ip_share
    efficiency = table.efficiency_bit_symbol[index] * share
    if pilots:
        efficiency = efficiency * pilot_ratio(table.bits[index])
    return Ladder(table.threshold_db[index] + margin_db, np.maximum.accumulate(efficiency))


def best(
    esn0_db: npt.ArrayLike, margin_db: float = 0.0, max_bits: int = DEFAULT_MAX_BITS
) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """The mode in use: (index into `modcod_table()`, or -1 when none closes; its efficiency without pilots).

    Es/N0 (never Eb/N0) in dB, any shape; the efficiency is the standard's own figure.
    """
    table = modcod_table()
    index = _steps(table, margin_db, max_bits)
    thresholds = table.threshold_db[index] + margin_db
    step = np.searchsorted(thresholds, np.asarray(esn0_db, dtype=np.float64), side="right") - 1
    mode = np.where(step >= 0, index[np.maximum(step, 0)], -1)
    return mode, np.where(step >= 0, table.efficiency_bit_symbol[np.maximum(mode, 0)], 0.0)
