"""How a run is cut in time: chunks that fit in memory, and batches that do not depend on the chunks.

Results are the same bits whatever the chunk: all that is added up over slots is whole numbers, or is
added slot by slot; and what needs a batch of slots (the spread of the answer) takes BATCH_SLOTS of
them, of which a chunk is a whole part.
"""

from __future__ import annotations

from typing import Final

from raabta.base.errors import RaabtaError
from raabta.engine.chunks import span_keys, span_of
from raabta.network.epochs import EPOCH_SLOTS

BATCH_SLOTS: Final = 240
"""Slots taken together where the spread of the answer is asked: an hour at 15 s. The longest chunk."""

FIRST: Final = "slots"
FALLBACK: Final = "fallback"
"""The passes of a run: all slots under its constellation, then, where it has one, under its fallback. The key
of a chunk begins with the name of its pass."""

STAGES: Final = {
    FIRST: ("preparing tables and admission", "simulating slots"),
    FALLBACK: ("admission of the fallback", "simulating slots of the fallback"),
}
"""What is told of each pass while it is made ready and while it is computed."""

CHUNK_BYTES: Final = 76 * 10**6
"""What of a chunk grows with its slots may take so much memory in each process that computes."""

SATELLITE_BYTES: Final = 24
CELL_BYTES: Final = 56
"""What a slot takes at its peak, measured: a satellite's position; what is kept of a cell, being coded."""


def slots_per_chunk(cells: int, satellites: int) -> int:
    """The longest chunk within CHUNK_BYTES for a network of this size: a part of BATCH_SLOTS, at least 1.

    Where one fits, whole epochs: a chunk that begins inside an epoch computes what leads to it again.
    """
    most = CHUNK_BYTES // (max(1, cells) * CELL_BYTES + max(1, satellites) * SATELLITE_BYTES)
    fitting = [length for length in chunk_lengths() if length <= most]
    return max([length for length in fitting if length % EPOCH_SLOTS == 0] or fitting, default=1)


def chunk_lengths() -> list[int]:
    """The lengths in slots that a chunk may have, rising."""
    return [length for length in range(1, BATCH_SLOTS + 1) if BATCH_SLOTS % length == 0]


def chunk_keys(steps: int, length: int, name: str = FIRST) -> list[str]:
    """Keys of the chunks of a pass, in order: the slots each covers. Raises RaabtaError for a bad length."""
    if length not in chunk_lengths():
        allowed = ", ".join(map(str, chunk_lengths()))
        raise RaabtaError(f"a chunk of {length} slots is not a whole part of a batch; allowed: {allowed}")
    return span_keys(name, steps, length)


def slots_of(key: str) -> range:
    """The slots that a chunk covers."""
    return span_of(key)


def pass_of(key: str) -> str:
    """The pass that a chunk belongs to."""
    return key.partition("-")[0]
