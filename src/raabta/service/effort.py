"""What the rest of a prepared run will take: time, memory and disk, from the cost of a few slots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from raabta.engine.carried import SHARED
from raabta.engine.limits import Estimate, memory_now
from raabta.network.admission import MOST_PARTS, ROUNDS, SKIES_BYTES, pilot_slots
from raabta.network.cost import Cost, measure
from raabta.network.epochs import with_lead
from raabta.network.past import remembers
from raabta.service import cut
from raabta.service.gather import MAX_KEPT_BYTES
from raabta.service.tested import BLOCK_BYTES, cell_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.network.model import Network

PILOT_SLOT: Final = 2.0
"""Work of admission on one of its slots, in slots of the run (measured: 1.8 to 2.0)."""
PILOT_SUMS: Final = 3.0
"""Memory of a thread of admission beside its skies, in counts of one plan: what classes lack, and a slot."""
LIBRARIES_BYTES: Final = 150e6
"""Kernels, threads and the rest of the libraries, once they are used."""
GATHER_CHUNK: Final = 4.0
"""Reading a chunk and adding it up, in the time a chunk takes beside its slots (measured: 2.7 and 3.0)."""
SUMMING_S_PER_BYTE: Final = 2e-8
"""Making the results of a run, by the bytes of its counts and lacks (measured: 2e-8 at resolutions 5, 6)."""
WORKER_BYTES: Final = 130e6
WORKER_SUMS: Final = 3.0
"""A worker process: its libraries; its counts, what classes lack, and both while they are packed."""
CHUNK_BYTES: Final = 4e6
"""What a chunk takes whatever its size: counts that wait for room, counts of levels."""
NETWORKS: Final = 0.0 if SHARED else 1.0
"""A worker holds the network where it is not shared between them (see `engine.carried`)."""
CODED_SHARE: Final = 0.6
"""Size on disk of what is kept of a slot (measured: 0.25 to 0.55)."""


def estimate(
    network: Network, keys: Sequence[str], workers: int, *, threads: int = 1, elsewhere: bool = False
) -> Estimate:
    """Of a network that is prepared, not admitted, and the chunks that are still to be computed.

    `workers` processes compute, here or `elsewhere`: then only this process counts for the memory. Admission
    takes so many `threads`.
    """
    cost = measure(network)
    slots = sum(len(cut.slots_of(key)) for key in keys)
    order = [with_lead(cut.slots_of(key), remembers=remembers(network)) for key in keys]
    leads = sum(map(len, order)) - slots
    longest = max((len(cut.slots_of(key)) for key in keys), default=0)
    computing = 0.0 if elsewhere else workers * _worker_bytes(network, cost, longest, apart=workers > 1)
    classes = network.demand.active.shape[1]
    return Estimate(
        seconds=(cost.slot_s * slots + (cost.sky_s + cost.share_s) * leads) / workers
        + _admission_s(network, cost)
        + len(keys) * cost.chunk_s * (1.0 / workers + GATHER_CHUNK)
        + cost.counts_bytes * (1 + classes) * SUMMING_S_PER_BYTE,
        memory_bytes=memory_now()
        + max(
            _admission_bytes(network, cost, threads),
            computing + (cost.network_bytes if workers > 1 else 0.0),
            _gather_bytes(network, longest),
        ),
        disk_bytes=slots * CODED_SHARE * cost.slot_bytes + len(keys) * 2.0 * cost.chunk_bytes,
    )


def _admission_s(network: Network, cost: Cost) -> float:
    """Time of admission: skies that it cannot hold are observed again in every round."""
    pilots = _pilots(network)
    again = max(0.0, pilots - SKIES_BYTES // cost.sky_bytes) * (ROUNDS - 1)
    return pilots * PILOT_SLOT * cost.slot_s + again * cost.sky_s


def _admission_bytes(network: Network, cost: Cost, threads: int) -> float:
    skies = min(SKIES_BYTES + cost.sky_bytes, _pilots(network) * cost.sky_bytes)
    each = 2.0 * cost.view_bytes + PILOT_SUMS * cost.counts_bytes / len(network.plans)
    return LIBRARIES_BYTES + skies + min(threads, MOST_PARTS) * each


def _worker_bytes(network: Network, cost: Cost, longest: int, *, apart: bool) -> float:
    """Memory of computing chunks of so many slots; a process of its own brings its libraries."""
    cells, satellites = network.ground.count, network.propagator.count
    slots = longest * (cells * cut.CELL_BYTES + satellites * cut.SATELLITE_BYTES)
    chunk = CHUNK_BYTES + slots + WORKER_SUMS * cost.counts_bytes + 2.0 * cost.view_bytes
    return chunk + (WORKER_BYTES + NETWORKS * cost.network_bytes if apart else 0.0)


def _gather_bytes(network: Network, longest: int) -> float:
    """Histograms of a block of cells, round trips, and two chunks: one that is added up, one that is read."""
    (cells, classes), steps = network.demand.active.shape, network.scenario.time.steps
    block = min(BLOCK_BYTES, cells * cell_bytes(len(network.plans), classes, steps))
    kept = min(MAX_KEPT_BYTES, 2 * cells * steps)
    return float(LIBRARIES_BYTES + block + kept + 2.0 * longest * cells * cut.CELL_BYTES)


def _pilots(network: Network) -> int:
    return len(pilot_slots(network.scenario.time.steps))
