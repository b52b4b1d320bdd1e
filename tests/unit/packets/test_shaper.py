"""The loop of the shaper between two pairs of sockets in place of devices: no rights needed."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from raabta.packets.schedule import Link
from raabta.packets.shaper import Lateness, Report, Shaper
from raabta.packets.trace import Trace, make_trace

pytestmark = pytest.mark.real_time


def shaped(
    trace: Trace, sends: list[tuple[float, int, bytes]]
) -> tuple[list[tuple[int, float, bytes]], Report]:
    """Send (when, by which end, what) through a shaper: (end, when, what) as it came out, and its report."""
    ends = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(2)]
    stop_read, stop_write = os.pipe()
    shaper = Shaper(
        (ends[0][1].fileno(), ends[1][1].fileno()), Link(trace, True, seed=1), Link(trace, False, seed=1)
    )
    for _, device in ends:
        device.setblocking(False)
    came: list[tuple[int, float, bytes]] = []
    begin = time.monotonic()

    def hear(end: int) -> None:
        while packet := ends[end][0].recv(2_000):
            came.append((end, time.monotonic() - begin, packet))
            if packet == b"end":
                return

    heard = [threading.Thread(target=hear, args=(end,)) for end in (0, 1)]

    def send() -> None:
        for when_s, end, packet in sends:
            time.sleep(max(0.0, when_s - (time.monotonic() - begin)))
            ends[end][0].send(packet)
        time.sleep(0.3)
        os.write(stop_write, b".")

    sender = threading.Thread(target=send)
    for thread in (*heard, sender):
        thread.start()
    shaper.run(duration_s=5.0, until=[stop_read])
    sender.join()
    for end in (0, 1):
        ends[end][1].setblocking(True)
        ends[end][1].send(b"end")
        heard[end].join()
        for one in ends[end]:
            one.close()
    os.close(stop_read)
    os.close(stop_write)
    return [each for each in came if each[2] != b"end"], shaper.report


def test_packets_go_to_the_other_end_after_the_delay_in_order() -> None:
    sends = [(0.05 + 0.01 * k, k % 2, bytes([k]) * 60) for k in range(30)]
    came, report = shaped(make_trace(0, 20.0, 50.0, 50.0), sends)
    assert {end: [packet for e, _, packet in came if e == end] for end in (0, 1)} == {
        0: [packet for _, end, packet in sends if end == 1],
        1: [packet for _, end, packet in sends if end == 0],
    }
    sent_s = {packet: when_s for when_s, _, packet in sends}
    delays_ms = sorted(1e3 * (when_s - sent_s[packet]) for _, when_s, packet in came)
    assert 20.0 <= delays_ms[0] < 23.0
    assert (report.forward.passed, report.back.passed) == (15, 15)
    assert report.late.percentile_ms(50.0) < 1.0


def test_what_the_link_loses_does_not_come_and_is_counted() -> None:
    came, report = shaped(
        make_trace(0, 1.0, 50.0, 50.0, 1.0), [(0.05 + 1e-3 * k, 0, b"x" * 50) for k in range(9)]
    )
    assert came == [] and report.back.lost == 9 and report.forward.offered == 0


def test_it_ends_when_its_time_is_up_and_leaves_the_policy_as_it_was() -> None:
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    trace, policy = make_trace(0, 1.0, 1.0, 1.0), os.sched_getscheduler(0)
    began = time.monotonic()
    shaper = Shaper((pair[0].fileno(), pair[1].fileno()), Link(trace, True), Link(trace, False))
    shaper.run(duration_s=0.2)
    assert 0.2 <= time.monotonic() - began < 1.0
    assert os.sched_getscheduler(0) == policy
    for one in pair:
        one.close()


def test_lateness_is_kept_as_a_histogram() -> None:
    late = Lateness()
    assert late.percentile_ms(99.0) == 0.0
    for late_ms in range(100):
        late.add(1e-3 * late_ms)
    late.add(5.0)
    assert late.percentile_ms(50.0) == pytest.approx(50.0, abs=0.1)
    assert late.percentile_ms(100.0) == late.most_ms == pytest.approx(5_000.0)
