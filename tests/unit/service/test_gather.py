"""Adding up chunks: exact sums that do not depend on where time was cut."""

from __future__ import annotations

from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.network.chunk import pack, pack_lacks, run_chunk
from raabta.service import tested as testing
from raabta.service.cut import BATCH_SLOTS
from raabta.service.demand import Subscribers
from raabta.service.gather import Gathered, percentile_of
from raabta.service.store import gather
from raabta.service.tested import Block, Terms

SLOTS = 20
chunk = networks.quiet_chunk


@pytest.fixture(scope="module")
def network():
    homes = np.random.default_rng(2).gamma(0.7, 200.0, 61).round(2)
    return networks.build(homes=homes)


def asked_of(network):
    homes = network.demand.subscribers
    return Subscribers(homes, homes, homes * 10.0, homes * 10.0, np.ones(1))


def cut(network, *edges):
    """Sums and verdict over chunks cut at the edges."""
    parts = [run_chunk(network, range(first, last)) for first, last in pairwise(edges)]
    return gather(network.scenario, asked_of(network), networks.read(*parts), SLOTS)


@pytest.fixture
def batches_of_five(monkeypatch):
    monkeypatch.setattr(testing, "BATCH_SLOTS", 5)


def same(one, other, skip=()):
    """Every field of two dataclasses is the same bits."""
    names = sorted(set(vars(one)) - set(skip))
    for name in names:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    return len(names)


@pytest.mark.parametrize("edges", [(0, 1, 5, 7, 10, 15, 18, 20), tuple(range(SLOTS + 1))])
@pytest.mark.parametrize("slots", [20, 18, 17])
def test_nothing_depends_on_the_cuts(network, batches_of_five, edges, slots):
    """Sums, series and batches: every field of two runs cut differently is the same bits."""
    edges = (*(edge for edge in edges if edge < slots), slots)
    whole, tested = cut(network, *(edge for edge in (0, 5, 10, 15) if edge < slots), slots)
    parts, tested_parts = cut(network, *edges)
    assert tested.sample.batches == tested.available.size == {20: 4, 18: 4, 17: 3}[slots]
    assert same(whole, parts, skip=("rtt", "storms", "bounds", "day")) > 15
    assert same(tested, tested_parts, skip=("sample",)) == 4
    assert same(tested.sample, tested_parts.sample) == 5
    assert np.array_equal(np.concatenate(whole.rtt), np.concatenate(parts.rtt))
    assert np.array_equal(whole.storm_table(), parts.storm_table())
    assert whole.day.keys() == parts.day.keys()
    assert all(np.array_equal(whole.series(key), parts.series(key)) for key in whole.day)


@pytest.mark.parametrize("cells", [61, 30, 7])
def test_blocks_of_cells_say_what_the_whole_says(network, batches_of_five, monkeypatch, cells):
    sums, whole = cut(network, 0, 5, 10, 15, SLOTS)
    terms = Terms(sums.weight, 3, 0, np.ones(1), 0.99, SLOTS)
    monkeypatch.setattr(testing, "BLOCK_BYTES", cells * terms.cell_bytes())
    monkeypatch.setattr(testing, "PIECE", 4)
    assert len(list(terms.blocks())) == -(-61 // cells)
    again, parts = cut(network, 0, 5, 10, 15, SLOTS)
    same(sums, again, skip=("rtt", "storms", "bounds", "day"))
    assert same(whole, parts, skip=("sample", "available")) == 3
    assert same(whole.sample, parts.sample) == 5
    assert parts.available == pytest.approx(whole.available, rel=1e-14)


def test_sums_hold_the_slots_of_a_run():
    """The smaller kind of number while it holds every slot: it must not run over."""
    for slots, kind in ((65_535, np.uint32), (65_536, np.uint64)):
        terms = Terms(np.ones(1, np.int64), 3, 0, np.ones(1), 0.99, slots)
        assert terms.dtype is kind
        assert slots * 65_536 <= np.iinfo(terms.dtype).max


def test_the_histogram_counts_every_slot_at_most_once(network):
    found, _ = cut(network, 0, SLOTS)
    block = Block(Terms(found.weight, 3, 0, np.ones(1), 0.99, SLOTS), 0, 61)
    block.add(run_chunk(network, range(SLOTS)))
    assert block.histogram().dtype == np.int64
    assert 0 < block.histogram().sum(axis=-1).max() <= SLOTS * 65_536
    assert np.array_equal(found.code_count.sum(axis=1), SLOTS * (network.demand.subscribers > 0.0))


def empty(step=1):
    """Sums of two cells."""
    return Gathered(np.full(2, 1_000), step)


def block(classes=1):
    """Histograms of two cells, one subscriber each, three plans."""
    return Block(Terms(np.full(2, 1_000), 3, 0, np.full(classes, 1 / classes), 0.99, 1_000), 0, 2)


def test_a_short_remainder_is_no_batch_of_its_own():
    sums = block()
    full = pack("counts", np.full((2, 3, 178), [0] * 177 + [BATCH_SLOTS * 65_536], np.uint32))
    for _ in range(3):
        sums.add(chunk(BATCH_SLOTS, **full))
    sums.add(chunk(3))
    found = sums.finish()
    assert (sums.slots, sums.batches, found.available.tolist()) == (3 * BATCH_SLOTS + 3, 3, [2_000.0] * 3)
    assert np.array_equal(sums.batch_sum / sums.batches, np.ones((2, 178)))
    assert found.sample.high.tolist() == [177, 177] and found.sample.mean.tolist() == [1.0, 1.0]


def test_classes_that_close_at_different_times_do_not_make_one_good_one():
    sums, counts = block(classes=2), np.zeros((2, 3, 178), np.uint32)
    counts[:, :, 150] = counts[:, :, 177] = 5 * 65_536
    lacks = [(np.arange(b, counts.size, 178), np.full(6, 5 * 65_536, np.uint32)) for b in (150, 177)]
    sums.add(chunk(10, **pack("counts", counts), **pack_lacks(lacks, counts.size)))
    sums.finish()
    assert sums.batch_sum[0, 1] == 0.5


def test_round_trips_are_read_over_lit_slots_alone():
    sums = empty()
    rtt = np.zeros((10, 2), np.uint16)
    rtt[:5, 0] = [500, 400, 300, 200, 100]
    sums.add(chunk(10, rtt=rtt))
    from raabta.network.record_kernels import RTT_STEP_MS

    assert sums.rtt_percentiles_ms(50.0)[0][0] == pytest.approx(300 * RTT_STEP_MS)
    assert np.isnan(sums.rtt_percentiles_ms(50.0)[0][1])


def test_long_runs_keep_evenly_spaced_round_trips():
    sums = empty(step=3)
    for first in (0, 4, 8):
        sums.add(chunk(4, rtt=np.arange(first, first + 4, dtype=np.uint16)[:, None] + np.zeros(2, np.uint16)))
    assert np.concatenate(sums.rtt)[:, 0].tolist() == [0, 3, 6, 9]


def test_kept_round_trips_hold_no_chunk_in_memory():
    """Of a long run every third slot is kept: a copy, or the chunk it is a part of would stay."""
    sums = empty(step=3)
    sums.add(chunk(4))
    assert sums.rtt[0].base is None and sums.rtt[0].shape == (2, 2)


def test_a_storm_elsewhere_takes_a_share():
    sums = empty()
    sums.add(chunk(4, storm_clear=np.array([200, 0]), storm_wet=np.array([150, 0])))
    assert sums.storm_keep_share().tolist() == [0.75, 1.0]
    assert sums.storm_table().shape == (0, 10)


def test_gateway_traffic_goes_to_its_gateway():
    sums = empty()
    sums.add(
        chunk(2, gateway=np.array([[0, -1], [1, 0]], np.int8), down=np.array([[7, 0], [5, 2]], np.float16))
    )
    assert sums.gateway_traffic[:3].tolist() == [0.0, 9.0, 5.0]
    assert sums.series("forward_mbps").tolist() == [7.0, 7.0]


def test_percentiles_of_a_weighted_histogram():
    counts = np.array([10.0, 0.0, 80.0, 10.0])
    assert [percentile_of(counts, percent) for percent in (5, 10, 50, 90, 95, 100)] == [0, 0, 2, 2, 3, 3]
    assert percentile_of(np.zeros(4), 50.0) is None
