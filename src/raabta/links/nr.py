"""Return link waveform: 5G NR modulation and coding, with thresholds at a stated gap from Shannon.

3GPP publishes the modes (TS 38.214) but no table of thresholds, so each is the SNR at which Shannon's
capacity equals the mode's efficiency, plus a gap. 1.5 dB stands for the code's finite length (about 0.7 dB
at 10 % block errors, mended by HARQ), channel estimation (about 0.5 dB) and QAM in place of Gaussian symbols
(0.1 dB at QPSK, about 1 dB at 64QAM): fair up to 16QAM, optimistic by about 1 dB at the top of 64QAM. It is
an assumption; a terminal's implementation margin comes on top.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from raabta.links import packaged
from raabta.links.modcod import MEAN_PACKET_BYTES, Ladder
from raabta.links.ranges import FloatArray, in_range

SOURCE = "3GPP TS 38.214 tables 5.1.3.1-1 to -3"
TABLE_BITS = {1: 6, 2: 8, 3: 6}
"""Most bits per symbol of each table: 64QAM, 256QAM, and 64QAM with low spectral efficiency."""
SHANNON_GAP_DB = 1.5
RESOURCE_BLOCK_SHARE = 264 * 12 * 0.120 / 400.0
"""Occupied share of the carrier: 264 blocks of 12 x 120 kHz in 400 MHz (TS 38.101-2 table 5.3.2-1)."""
CYCLIC_PREFIX_SHARE = 14 / 15
"""Useful share of a symbol with the normal cyclic prefix: 14 symbols in the time of 15."""
CONTROL_SHARE = 0.90
"""What reference signals and control leave: overhead 0.10 for the FR2 uplink (TS 38.306 clause 4.1.2)."""
LAYER_TWO_BYTES = 9.0
"""SDAP, PDCP, RLC and MAC headers on one IP packet (1 + 3 + 2 + 3 bytes)."""


@lru_cache(maxsize=3)
def mcs_table(table: int = 1) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray]:
    """Table 1, 2 or 3 of the standard: (bits per symbol, code rate x 1024, efficiency), by MCS index."""
    in_range("MCS table", table, 1, 3, "", SOURCE)
    rows = [row for row in packaged.rows("nr_mcs.csv") if row["table"] == str(table)]
    bits = np.array([int(row["bits"]) for row in rows])
    rate = np.array([float(row["code_rate_1024"]) for row in rows])
    return bits, rate, np.array([float(row["efficiency_bit_symbol"]) for row in rows])


def shannon_snr_db(efficiency_bit_symbol: npt.ArrayLike) -> FloatArray:
    """SNR at which Shannon's capacity is this many bits per symbol, dB: 10 log10(2^eta - 1)."""
    return np.asarray(10.0 * np.log10(np.exp2(np.asarray(efficiency_bit_symbol, dtype=np.float64)) - 1.0))


def ip_share(mean_packet_bytes: float = MEAN_PACKET_BYTES) -> float:
    """IP bits per hertz of carrier for one modulated bit per symbol: the shares above, 0.788."""
    layer_two = mean_packet_bytes / (mean_packet_bytes + LAYER_TWO_BYTES)
    return RESOURCE_BLOCK_SHARE * CYCLIC_PREFIX_SHARE * CONTROL_SHARE * layer_two


def ladder(
    margin_db: float = 0.0,
    max_bits: int = 6,
    gap_db: float = SHANNON_GAP_DB,
    overhead_share: float | None = None,
    table: int = 1,
) -> Ladder:
    """Steps of the return link: thresholds (dB, rising) and IP bits per second and hertz of carrier (rising).

    Same shape and look-up as `modcod.ladder`. `overhead_share` is what is left after overhead, by default
    `ip_share()`. The threshold follows from the efficiency alone, so MCS 17 comes just before MCS 16. `table`
    2 has 256QAM (say `max_bits=8`), 3 reaches lowest (0.0586 bit/symbol).
    """
    in_range("margin", margin_db, 0.0, 30.0, "dB", "a stated implementation margin")
    in_range("gap to Shannon", gap_db, 0.0, 10.0, "dB", "no code beats Shannon")
    bits, _, efficiency = mcs_table(table)
    in_range("bits per symbol", max_bits, 2, TABLE_BITS[table], "", SOURCE)
    efficiency = np.unique(efficiency[bits <= max_bits])
    share = ip_share() if overhead_share is None else overhead_share
    return Ladder(shannon_snr_db(efficiency) + gap_db + margin_db, efficiency * share)


def best(
    snr_db: npt.ArrayLike,
    margin_db: float = 0.0,
    max_bits: int = 6,
    gap_db: float = SHANNON_GAP_DB,
    table: int = 1,
) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """The mode in use: (MCS index, or -1 when none closes; its efficiency as printed). Any shape."""
    bits, _, efficiency = mcs_table(table)
    allowed = np.flatnonzero(bits <= max_bits)
    index = allowed[np.argsort(efficiency[allowed], kind="stable")]
    thresholds = shannon_snr_db(efficiency[index]) + gap_db + margin_db
    step = np.searchsorted(thresholds, np.asarray(snr_db, dtype=np.float64), side="right") - 1
    mode = np.where(step >= 0, index[np.maximum(step, 0)], -1)
    return mode, np.where(step >= 0, efficiency[np.maximum(mode, 0)], 0.0)
