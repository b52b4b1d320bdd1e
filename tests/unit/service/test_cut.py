"""How a run is cut: every slot once, chunks that are parts of a batch, memory as budgeted."""

from __future__ import annotations

import tracemalloc

import networks
import pytest

from raabta.base.errors import RaabtaError
from raabta.engine import arrays
from raabta.network.chunk import run_chunk
from raabta.network.epochs import EPOCH_SLOTS
from raabta.service import cut


@pytest.mark.parametrize("steps", [1, 239, 240, 241, 5_760])
@pytest.mark.parametrize("length", [240, 120, 48, 1])
def test_chunks_cover_every_slot_once_in_the_order_of_their_names(steps, length):
    keys = cut.chunk_keys(steps, length)
    assert [slot for key in keys for slot in cut.slots_of(key)] == list(range(steps))
    assert keys == sorted(keys)
    assert {len(cut.slots_of(key)) for key in keys[:-1]} <= {length}


def test_no_chunk_lies_in_two_batches():
    for length in cut.chunk_lengths():
        for key in cut.chunk_keys(1_000, length):
            slots = cut.slots_of(key)
            assert slots[0] // cut.BATCH_SLOTS == slots[-1] // cut.BATCH_SLOTS


@pytest.mark.parametrize("length", [0, -1, 7, 241, 480])
def test_a_chunk_that_is_no_part_of_a_batch_is_refused(length):
    with pytest.raises(RaabtaError, match=f"chunk of {length} slots is not a whole part .* 120, 240"):
        cut.chunk_keys(1_000, length)


def test_a_country_under_a_large_fleet_keeps_the_longest_chunk():
    assert cut.slots_per_chunk(3_500, 4_408) == cut.BATCH_SLOTS


@pytest.mark.parametrize("cells", [1, 3_500, 40_000, 400_000])
@pytest.mark.parametrize("satellites", [1, 4_408, 30_000, 100_000])
def test_chunks_stay_within_their_memory(cells, satellites):
    length = cut.slots_per_chunk(cells, satellites)
    assert length in cut.chunk_lengths()
    each = cells * cut.CELL_BYTES + satellites * cut.SATELLITE_BYTES
    assert length * each <= cut.CHUNK_BYTES
    whole = [more for more in cut.chunk_lengths() if more % EPOCH_SLOTS == 0]
    longer = [more for more in (whole if length >= EPOCH_SLOTS else cut.chunk_lengths()) if more > length]
    assert not longer or longer[0] * each > cut.CHUNK_BYTES
    assert length in whole or EPOCH_SLOTS * each > cut.CHUNK_BYTES


def test_a_slot_takes_no_more_memory_than_is_counted_for_it():
    """The peak of making and coding a chunk, and how it grows with its slots."""
    network = networks.build(homes=20.0, where=networks.cells(rings=12))
    cells, satellites = network.demand.subscribers.size, network.propagator.count
    arrays.encode(run_chunk(network, range(1)), {})
    peaks = []
    for slots in (10, 70):
        tracemalloc.start()
        arrays.encode(run_chunk(network, range(slots)), {})
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    counted = cells * cut.CELL_BYTES + satellites * cut.SATELLITE_BYTES
    assert 0.2 * counted < (peaks[1] - peaks[0]) / 60 <= counted
