"""Memory does not grow with the length of a run, but for a few numbers per slot; measured by its peaks."""

from __future__ import annotations

import tracemalloc

import networks
import numpy as np
import pytest

from raabta.base.tables import DAY
from raabta.engine import chunks
from raabta.engine.ledger import Identity, Ledger
from raabta.engine.runner import run_chunks
from raabta.network import survival_kernels as kernels
from raabta.network.chunk import run_chunk
from raabta.network.survival import Lacks
from raabta.service import cut, locate, store, tested
from raabta.service.demand import Subscribers
from raabta.service.gather import gather
from raabta.service.tested import Terms

LENGTH = 24
RUNS = (30, 150)
PER_SLOT_BYTES = 200
"""What a slot may leave behind: five series of the table DAY and a row per rain state, twice while joined."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run of 30 chunks, three batches, and one of 150, all alike."""
    network = networks.build(homes=20.0, where=networks.cells(rings=12))
    arrays = run_chunk(network, range(LENGTH))
    made = {}
    for count in RUNS:
        place = tmp_path_factory.mktemp(f"run-{count}")
        keys = cut.chunk_keys(count * LENGTH, LENGTH)
        run_chunks(place, Identity("same", "1", 1), keys, lambda key: arrays, workers=1)
        made[count] = place
    return network, made


def peak(call):
    """Largest memory traced while a call runs, bytes."""
    call()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def summing_up(network, place, monkeypatch):
    """Gather a run as `summarise_run` does, keeping at most 40 slots of round trips."""
    monkeypatch.setattr("raabta.service.gather.MAX_KEPT_SLOTS", 40)
    homes = network.demand.subscribers
    asked = Subscribers(homes, homes, homes, homes, np.ones(1))
    rows = store.planned_rows(place)
    slots = cut.slots_of(rows[-1].key).stop

    def add_up():
        def read(only):
            return (arrays for _, arrays in chunks.load_all(place, rows, only=only))

        sums, _ = store.gather(network.scenario, asked, read, slots)
        sums.rtt_percentiles_ms(95.0)
        for name in sums.day:
            sums.series(name)
        sums.storm_table()

    return add_up


def grows(network, made, work):
    """(bytes a slot adds to the peak, the shorter run's peak, bytes a decoded chunk takes)."""
    short, long = (peak(work(network, made[count])) for count in RUNS)
    return (long - short) / ((RUNS[1] - RUNS[0]) * LENGTH), short


def test_adding_up_a_run_five_times_as_long(folder, monkeypatch):
    network, made = folder
    each, short = grows(network, made, lambda network, place: summing_up(network, place, monkeypatch))
    assert each < PER_SLOT_BYTES, f"{each:.0f} bytes a slot"
    assert short < 40e6


def test_a_run_that_kept_its_chunks_would_be_found(folder, monkeypatch):
    """The test itself: what a slot of one array of all cells takes is far more than is allowed."""
    network, made = folder
    held = []
    real = chunks.load_all

    def hoarding(*given, **more):
        for key, arrays in real(*given, **more):
            held.append(arrays["rtt"])
            yield key, arrays

    monkeypatch.setattr(chunks, "load_all", hoarding)
    each, _ = grows(network, made, lambda network, place: summing_up(network, place, monkeypatch))
    assert each > 2 * PER_SLOT_BYTES


def test_finding_the_telling_slots_of_a_cell(folder):
    network, made = folder
    each, _ = grows(network, made, lambda network, place: lambda: locate.telling_slots(place, 5, cut.FIRST))
    assert each < PER_SLOT_BYTES, f"{each:.0f} bytes a slot"


def test_the_ledger_of_a_long_run(tmp_path):
    """Half a year at 15 s: the plan and the rows of 4,380 chunks take a few hundred bytes each."""
    keys = cut.chunk_keys(1_051_200, cut.BATCH_SLOTS)
    with Ledger.create_or_resume(tmp_path, Identity("same", "1", 1)) as ledger:
        ledger.plan(keys)
        assert peak(lambda: ledger.planned()) < 1_000 * len(keys)


def test_the_day_has_as_many_series_as_are_counted_for_a_slot():
    assert len(DAY.columns) * 8 * 2 < PER_SLOT_BYTES


BLOCK_CELLS = 60
PER_CELL_BYTES = 1_500
"""What a cell may add to the peak: a few whole numbers, its codes (11 x 4 x 8 bytes) and its answer."""


def adding_up_cells(rings, classes, monkeypatch):
    """Peak of adding up one chunk, cut into blocks of BLOCK_CELLS; and the number of cells."""
    cells = 1 + 3 * rings * (rings + 1)
    terms = Terms(np.full(cells, 1_000), 3, 0, np.full(classes, 1 / classes), 0.99, LENGTH)
    monkeypatch.setattr(tested, "BLOCK_BYTES", BLOCK_CELLS * terms.cell_bytes())
    monkeypatch.setattr(tested, "PIECE", 32)
    place = np.arange(177, cells * 3 * 178, 178)
    counts = {
        "counts_index": place.astype(np.int32),
        "counts": np.full(place.size, LENGTH * 65_536, "<u4").view(np.uint8),
        "lacks_of": np.zeros(classes, np.int8),
    }
    part = networks.quiet_chunk(LENGTH, cells, **counts)
    return peak(lambda: gather(terms, 1, networks.read(part))), cells


def test_histograms_do_not_grow_with_the_cells(monkeypatch):
    """Dense, a cell and four classes would add 16 kB: cells x classes count for a block alone."""
    for classes in (1, 4):
        small, few = adding_up_cells(8, classes, monkeypatch)
        large, many = adding_up_cells(24, classes, monkeypatch)
        assert (large - small) / (many - few) < PER_CELL_BYTES


def test_what_classes_lack_takes_by_what_there_is_of_it():
    """Counts of (n, p, b, j) would be 21 MB here; kept are tables of the few that are not zero."""
    cells, bins, found = 2_500, 178, 4

    def fill():
        lacks = Lacks(cells, 3, bins, 4)
        for c in range(cells):
            for b in range(found):
                if lacks.tables.spilled[0] == lacks.tables.spill.shape[0]:
                    lacks.grow()
                kernels.insert(lacks.tables, c, 1 + (b << kernels.MASK_BITS) + 7, 65_536)
        lacks.grow()
        return lacks

    assert fill().tables.key.size == cells * 16
    assert peak(fill) < 4e6
