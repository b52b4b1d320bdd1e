"""Small SPICE kernels for tests: DAF files of Chebyshev segments, as in NAIF's Required Reading."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

RECORD = 1024


@dataclass
class Written:
    """One segment to write: series (n, 3, k) over rows of `step` seconds from `start`."""

    target: int
    centre: int
    series: np.ndarray
    start: float = 0.0
    step: float = 345_600.0
    frame: int = 1
    kind: int = 2


def spk(segments: list[Written], order: str = "<") -> bytes:
    """An SPK file of some segments."""
    words, first = [], 3 * RECORD // 8 + 1
    summaries = b""
    for segment in segments:
        n, _, k = segment.series.shape
        middle = segment.start + segment.step * (np.arange(n) + 0.5)
        rows = np.column_stack([middle, np.full(n, segment.step / 2.0), segment.series.reshape(n, 3 * k)])
        array = np.concatenate([rows.ravel(), [segment.start, segment.step, 2.0 + 3 * k, n]])
        last = first + array.size - 1
        numbers = (segment.target, segment.centre, segment.frame, segment.kind, first, last)
        end = segment.start + segment.step * n
        summaries += struct.pack(f"{order}dd6i", segment.start, end, *numbers)
        words.append(array.astype(f"{order}f8").tobytes())
        first = last + 1
    name = b"LTL-IEEE" if order == "<" else b"BIG-IEEE"
    head = b"DAF/SPK " + struct.pack(f"{order}ii60siii", 2, 6, b"test".ljust(60), 2, 2, first) + name
    control = struct.pack(f"{order}ddd", 0.0, 0.0, len(segments))
    records = head.ljust(RECORD, b"\0"), (control + summaries).ljust(RECORD, b"\0"), b" " * RECORD
    return b"".join([*records, *words])


def solar_system(rows: int = 8, terms: int = 5, order: str = "<") -> bytes:
    """The four segments of an ephemeris, of numbers that mean nothing."""
    rng = np.random.default_rng(4)
    pairs = [(399, 3), (301, 3), (3, 0), (10, 0)]
    segments = [Written(*pair, rng.normal(size=(rows, 3, terms)) * 1e5) for pair in pairs]
    return spk(segments, order)
