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
from raabta.network.chunk import run_chunk
from raabta.service import cut, locate, store
from raabta.service.demand import Subscribers

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
    each, _ = grows(network, made, lambda network, place: lambda: locate.telling_slots(place, 5))
    assert each < PER_SLOT_BYTES, f"{each:.0f} bytes a slot"


def test_the_ledger_of_a_long_run(tmp_path):
    """Half a year at 15 s: the plan and the rows of 4,380 chunks take a few hundred bytes each."""
    keys = cut.chunk_keys(1_051_200, cut.BATCH_SLOTS)
    with Ledger.create_or_resume(tmp_path, Identity("same", "1", 1)) as ledger:
        ledger.plan(keys)
        assert peak(lambda: ledger.planned()) < 1_000 * len(keys)


def test_the_day_has_as_many_series_as_are_counted_for_a_slot():
    assert len(DAY.columns) * 8 * 2 < PER_SLOT_BYTES
