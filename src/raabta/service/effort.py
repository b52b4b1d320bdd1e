"""What the rest of a prepared run will take: time, memory and disk, from the cost of a few slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from raabta.engine.limits import Estimate, memory_now
from raabta.network.admission import pilot_slots
from raabta.network.cost import measure
from raabta.service import cut
from raabta.service.gather import MAX_KEPT_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.network.model import Network

PILOT_SLOT: Final = 2.0
"""Work of admission on one of its slots, in slots of the run (measured: 1.8 to 2.0)."""
PILOT_SUMS: Final = 12.0
"""Memory of admission beside its skies, in sums of a chunk (measured: 8 to 11)."""
PILOT_BYTES: Final = 150e6
"""And whatever its size: kernels, threads, the rest of the libraries."""
GATHER_CHUNK: Final = 4.0
"""Reading a chunk and adding it up, in the time a chunk takes beside its slots (measured: 2.7 and 3.0)."""
SUMMING_S_PER_BYTE: Final = 2e-8
"""Making the results of a run, by the bytes of a chunk's sums (measured: 2e-8 at resolutions 5 and 6)."""
GATHER_SUMS: Final = 3.0
WORKER_BYTES: Final = 130e6
WORKER_SUMS: Final = 2.5
"""A worker process: its libraries, and what it holds of a chunk (measured whole: 0.41 and 0.93 GB, where this
says 0.45 and 1.1)."""
CODED_SHARE: Final = 0.6
"""Size on disk of what is kept of a slot (measured: 0.25 to 0.55)."""


def estimate(network: Network, keys: Sequence[str], workers: int, *, elsewhere: bool = False) -> Estimate:
    """Of a network that is prepared, not admitted, and the chunks that are still to be computed.

    `workers` processes compute, here or `elsewhere`: then only this process counts for the memory.
    """
    cost = measure(network)
    slots = sum(len(cut.slots_of(key)) for key in keys)
    pilots = len(pilot_slots(network.scenario.time.steps)) * PILOT_SLOT
    steps_s = cost.slot_s * (slots / workers + pilots)
    chunk = cut.CHUNK_BYTES + 2.0 * cost.network_bytes + WORKER_SUMS * cost.sums_bytes
    computing = 0.0 if elsewhere else workers * (chunk + (WORKER_BYTES if workers > 1 else 0.0))
    return Estimate(
        seconds=steps_s
        + len(keys) * cost.chunk_s * (1.0 / workers + GATHER_CHUNK)
        + cost.sums_bytes * SUMMING_S_PER_BYTE,
        memory_bytes=memory_now()
        + max(
            computing,
            PILOT_BYTES + cost.skies_bytes + PILOT_SUMS * cost.sums_bytes,
            GATHER_SUMS * cost.sums_bytes + MAX_KEPT_BYTES,
        ),
        disk_bytes=slots * CODED_SHARE * cost.slot_bytes + len(keys) * 2.0 * cost.chunk_bytes,
    )
