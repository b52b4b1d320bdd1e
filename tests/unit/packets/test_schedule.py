"""When packets leave: by hand where that is easy, by the rules of a queue and of chance where it is not."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.packets.schedule import HOLD_S, LEAST_QUEUE_PACKETS, Link, Service, queue_limits_bits
from raabta.packets.trace import make_trace

FULL = 1_500
FULL_BITS = 8.0 * FULL


def flood(
    link: Link, rate_mbps: float, from_s: float, to_s: float, size: int = FULL
) -> list[tuple[float, float]]:
    """(arrival, departure) of what passes of packets at a constant rate."""
    out = []
    for now_s in np.arange(from_s, to_s, 8e-6 * size / rate_mbps).tolist():
        left_s = link.offer(now_s, size)
        if left_s is not None:
            out.append((now_s, left_s))
    return out


def carried_mbps(passed: list[tuple[float, float]], from_s: float, to_s: float, size: int = FULL) -> float:
    return sum(8e-6 * size for _, left_s in passed if from_s <= left_s < to_s) / (to_s - from_s)


@pytest.mark.parametrize("rate_mbps", [0.2, 5.0, 50.0, 500.0])
@pytest.mark.parametrize("forward", [True, False])
def test_the_rate_is_the_traces(rate_mbps: float, forward: bool) -> None:
    rates = (rate_mbps, 3.0) if forward else (3.0, rate_mbps)
    link = Link(make_trace(0, 10.0, *rates), forward)
    length_s = 4e3 * 8e-6 * FULL / rate_mbps
    passed = flood(link, 2.0 * rate_mbps, 0.0, length_s)
    assert carried_mbps(passed, 0.2 * length_s, length_s) == pytest.approx(rate_mbps, rel=2e-3)
    assert link.counts.queue_full > 0 and link.counts.too_old == link.counts.lost == 0
    assert link.counts.passed == len(passed)


def test_a_packet_alone_takes_the_delay_and_nothing_else() -> None:
    link = Link(make_trace([0, 1], [12.5, 40.0], 0.5, 0.1), False)
    assert link.offer(0.25, 1_500) == pytest.approx(0.2625, abs=1e-12)
    assert link.offer(2.0, 84) == pytest.approx(2.04, abs=1e-12)


def test_by_hand_three_packets_at_once() -> None:
    """At 12 Mbit/s a full packet takes 1 ms; the bucket lets the first go at once."""
    link = Link(make_trace(0, 5.0, 12.0, 1.0), True)
    assert [link.offer(1.0, FULL) for _ in range(3)] == pytest.approx([1.005, 1.006, 1.007], abs=1e-9)
    assert link.offer(1.0025, 750) == pytest.approx(1.0075, abs=1e-9)


def test_a_rate_that_changes_while_a_packet_waits() -> None:
    """Ten packets at 1.2 Mbit/s, 10 ms each; from 50 ms on ten times faster."""
    link = Link(make_trace([0, 0.05], 1.0, [1.2, 12.0], 1.0), True)
    left_ms = [1e3 * (link.offer(0.0, FULL) or -1.0) - 1.0 for _ in range(10)]
    assert left_ms == pytest.approx([0, 10, 20, 30, 40, 50, 51, 52, 53, 54], abs=1e-6)


def test_a_shorter_path_does_not_change_the_order() -> None:
    link = Link(make_trace([0, 1.0], [80.0, 10.0], 12.0, 1.0), True)
    before, after, last = (link.offer(now_s, FULL) for now_s in (0.999, 1.001, 1.2))
    assert before == pytest.approx(1.079) and after == before
    assert last == pytest.approx(1.21)


def test_a_handover_holds_packets_and_lets_them_go_in_order() -> None:
    trace = make_trace([0, 1.0, 1.1], 10.0, 24.0, 24.0, 0.0, [True, False, True])
    link = Link(trace, True, queue_ms=200.0)
    passed = flood(link, 12.0, 0.9005, 1.3)
    assert link.counts.offered == len(passed) == link.counts.passed
    left = [left_s for _, left_s in passed]
    assert left == sorted(left)
    assert not [left_s for left_s in left if 1.0101 < left_s < 1.11]
    assert min(left_s for arrived_s, left_s in passed if arrived_s > 1.0) == pytest.approx(1.11)
    assert carried_mbps(passed, 1.1101, 1.2) == pytest.approx(24.0, rel=0.02)


def test_an_outage_drops_what_is_older_than_a_full_queue_and_a_second() -> None:
    trace = make_trace([0, 1.0, 11.0], 0.0, 12.0, 12.0, 0.0, [True, False, True])
    link = Link(trace, True, queue_ms=100.0)
    passed = flood(link, 0.12, 2.0, 11.0)
    waited = [left_s - arrived_s for arrived_s, left_s in passed]
    assert link.counts.too_old == link.counts.offered - len(passed) > 70
    assert 1.0 < max(waited) <= HOLD_S + 0.1
    for_ever = Link(make_trace([0, 1.0], 0.0, 12.0, 12.0, 0.0, [True, False]), True)
    assert for_ever.offer(2.0, FULL) is None and for_ever.counts.too_old == 1


def test_a_trace_that_never_passes_anything() -> None:
    link = Link(make_trace([0, 5.0], 1.0, 0.0, 1.0), True)
    assert [link.offer(float(now), 100) for now in range(9)] == [None] * 9


def test_the_queue_has_the_length_it_was_given() -> None:
    link = Link(make_trace(0, 10.0, 12.0, 1.0), True, queue_ms=80.0)
    passed = flood(link, 60.0, 0.0, 1.0)
    longest_ms = 1e3 * max(left_s - arrived_s for arrived_s, left_s in passed) - 10.0
    assert 78.0 < longest_ms <= 80.0


def test_the_queue_is_a_round_trip_long_if_nothing_is_said() -> None:
    trace = make_trace(
        [0, 1, 2, 3], [10.0, 100.0, 100.0, 1.0], [48.0, 48.0, 48.0, 0.1], 1.0, 0.0, [1, 1, 0, 1]
    )
    found = queue_limits_bits(trace, trace.rate_mbps(True), None)
    assert found == pytest.approx([48e6 * 0.05, 48e6 * 0.2, 48e6 * 0.2, LEAST_QUEUE_PACKETS * FULL_BITS])


@pytest.mark.parametrize("share", [0.001, 0.05, 0.5, 1.0])
def test_loss_lies_within_the_bounds_of_chance(share: float) -> None:
    link = Link(make_trace(0, 1.0, 1_000.0, 1.0, share), True, seed=3)
    count = 40_000
    for now in range(count):
        link.offer(1e-3 * now, 100)
    spread = 4.0 * np.sqrt(count * share * (1.0 - share))
    assert abs(link.counts.lost - count * share) <= spread
    assert link.counts.lost + link.counts.passed == count


def test_loss_is_that_of_the_seed_and_differs_between_directions() -> None:
    def lost(seed: int, forward: bool) -> list[int]:
        link = Link(make_trace(0, 1.0, 99.0, 99.0, 0.3), forward, seed=seed)
        return [now for now in range(500) if link.offer(float(now), 100) is None]

    assert lost(4, True) == lost(4, True)
    assert len({tuple(lost(*asked)) for asked in [(4, True), (4, False), (5, True), (5, False)]}) == 4


def test_what_can_have_been_sent_by_when() -> None:
    service = Service(np.array([0.0, 2.0, 3.0]), np.array([1.0, 0.0, 2.0]))
    assert [service.by(now_s)[0] for now_s in (0.0, 1.5, 2.5, 4.0)] == [0.0, 1.5e6, 2e6, 4e6]
    assert [service.when(bits)[0] for bits in (1e6, 2e6, 2.5e6)] == [1.0, 2.0, 3.25]
