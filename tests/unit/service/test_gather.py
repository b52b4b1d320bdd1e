"""Adding up chunks: exact sums that do not depend on where time was cut."""

from __future__ import annotations

from itertools import pairwise

import networks
import numpy as np
import pytest

from raabta.network.chunk import pack, pack_lacks, run_chunk
from raabta.service import gather as gathering
from raabta.service.cut import BATCH_SLOTS
from raabta.service.demand import Subscribers
from raabta.service.gather import Gathered, percentile_of
from raabta.service.store import gather

SLOTS = 20


@pytest.fixture(scope="module")
def network():
    homes = np.random.default_rng(2).gamma(0.7, 200.0, 61).round(2)
    return networks.build(homes=homes)


def asked_of(network):
    homes = network.demand.subscribers
    return Subscribers(homes, homes, homes * 10.0, homes * 10.0, np.ones(1))


def cut(network, *edges):
    """Gathered over chunks cut at the edges."""
    parts = (run_chunk(network, range(first, last)) for first, last in pairwise(edges))
    return gather(network.scenario, asked_of(network), parts, SLOTS)


@pytest.fixture
def batches_of_five(monkeypatch):
    monkeypatch.setattr(gathering, "BATCH_SLOTS", 5)


@pytest.mark.parametrize("edges", [(0, 1, 5, 7, 10, 15, 18, 20), tuple(range(SLOTS + 1))])
@pytest.mark.parametrize("slots", [20, 18, 17])
def test_nothing_depends_on_the_cuts(network, batches_of_five, edges, slots):
    """Sums, series and batches: every field of two runs cut differently is the same bits."""
    edges = (*(edge for edge in edges if edge < slots), slots)
    whole = cut(network, *(edge for edge in (0, 5, 10, 15) if edge < slots), slots)
    parts = cut(network, *edges)
    assert whole.batches == {20: 4, 18: 4, 17: 3}[slots]
    names = set(vars(whole))
    assert len(names) > 15
    for name in sorted(names):
        one, other = getattr(whole, name), getattr(parts, name)
        if name in ("rtt", "storms"):
            one, other = np.concatenate(one), np.concatenate(other)
        if name == "day":
            assert one.keys() == other.keys()
            assert all(np.array_equal(whole.series(key), parts.series(key)) for key in one)
            continue
        assert np.array_equal(one, other), name
    assert whole.histogram.dtype == np.int64


def test_the_histogram_counts_every_slot_at_most_once(network):
    found = cut(network, 0, SLOTS)
    assert 0 < found.histogram.sum(axis=-1).max() <= SLOTS * 65_536
    assert np.array_equal(found.code_count.sum(axis=1), SLOTS * (network.demand.subscribers > 0.0))


def chunk(slots, **arrays):
    """A chunk of two cells in which nothing happened, with some arrays replaced."""
    zero, wide = np.zeros(2, np.int64), np.zeros((2, 11), np.int64)
    quiet = {
        "satellite": np.full((slots, 2), -1, np.int16), "gateway": np.full((slots, 2), -1, np.int8),
        "down": np.zeros((slots, 2), np.float16), "up_ratio": np.zeros((slots, 2), np.float16),
        "rtt": np.zeros((slots, 2), np.uint16), "level_sum": zero,
        "level_count": np.zeros(65_536, np.int64), "short_slots": zero,
        **pack("counts", np.zeros(0, np.uint32)), **pack("lacks", np.zeros(0, np.uint32)),
        "lacks_of": np.zeros(1, np.int8),
        "rain": zero, "feeder": zero, "code_count": wide, "code_unserved": wide, "code_count_up": wide,
        "code_unserved_up": wide, "visible": zero, "usable_satellites": np.zeros(slots, np.int32),
        "visible_satellites": np.zeros(slots, np.int32), "storm_clear": zero, "storm_wet": zero,
        "storms": np.zeros((0, 6)),
    }  # fmt: skip
    return quiet | arrays


def empty(step=1):
    """Sums of two cells, one subscriber each, three plans and one class."""
    network = networks.build(homes=1.0, where=networks.cells(rings=0))
    one = np.ones(1)
    sums = gather(network.scenario, Subscribers(one, np.ones(2), one, np.ones(2), one), (), 1)
    sums.step = step
    return sums


def test_a_short_remainder_is_no_batch_of_its_own():
    sums = empty()
    full = pack("counts", np.full((2, 3, 178), [0] * 177 + [BATCH_SLOTS * 65_536], np.uint32))
    for _ in range(3):
        sums.add(chunk(BATCH_SLOTS, **full))
    sums.add(chunk(3))
    sums.finish()
    assert (sums.slots, sums.batches, len(sums.batch_available)) == (3 * BATCH_SLOTS + 3, 3, 3)
    assert np.array_equal(sums.batch_sum / sums.batches, np.ones((2, 178)))


def test_classes_that_close_at_different_times_do_not_make_one_good_one():
    network = networks.build(homes=1.0, where=networks.cells(rings=0))
    one = np.ones(1)
    sums = gather(network.scenario, Subscribers(one, np.ones(2), one, np.ones(2), one), (), 1)
    sums.classes, sums.class_share = 2, np.array([0.5, 0.5])
    sums.lacks = np.zeros((2, *sums.counts.shape), np.int64)
    counts = np.zeros((2, 3, 178), np.uint32)
    counts[:, :, 150] = counts[:, :, 177] = 5 * 65_536
    lacks = [(np.arange(b, counts.size, 178), np.full(6, 5 * 65_536, np.uint32)) for b in (150, 177)]
    sums.batch = np.zeros((2, 2, 178), np.int64)
    sums.add(chunk(10, **pack("counts", counts), **pack_lacks(lacks, counts.size)))
    sums.finish()
    assert sums.batch_sum[0, 1] == 0.5


def test_round_trips_are_read_over_lit_slots_alone():
    sums = empty()
    rtt = np.zeros((10, 2), np.uint16)
    rtt[:5, 0] = [500, 400, 300, 200, 100]
    sums.add(chunk(10, rtt=rtt))
    from raabta.network.record_kernels import RTT_STEP_MS

    assert sums.rtt_percentiles_ms(50.0)[0] == pytest.approx(300 * RTT_STEP_MS)
    assert np.isnan(sums.rtt_percentiles_ms(50.0)[1])


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
    assert sums.storm_table().shape == (0, 6)


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


def test_gathered_is_what_it_says_before_any_chunk():
    assert isinstance(empty(), Gathered) and empty().slots == 0
