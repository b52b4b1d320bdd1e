"""The user-space shaper: takes packets from a device, gives them to the other at the moment their link says.

One process, one loop over `select`, whose waits the kernel ends within microseconds; with the rights for it
the loop runs under a real-time policy, so that a busy machine does not delay it.
"""

from __future__ import annotations

import gc
import os
import select
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from raabta.packets.schedule import Counts, Link

PACKETS_AT_ONCE = 16
"""Packets read from one device before the others and the due ones are looked at again."""
LONGEST_WAIT_S = 0.25
LATE_BIN_MS = 0.05
LATE_BINS = 2_000
READ_BYTES = 65_536


@dataclass
class Lateness:
    """By how much packets left after their moment: a histogram in bins of LATE_BIN_MS, the last open."""

    bins: list[int] = field(default_factory=lambda: [0] * LATE_BINS)
    most_ms: float = 0.0

    def add(self, late_s: float) -> None:
        """Count one packet."""
        late_ms = 1e3 * late_s
        self.bins[min(int(late_ms / LATE_BIN_MS), LATE_BINS - 1)] += 1
        if late_ms > self.most_ms:
            self.most_ms = late_ms

    def percentile_ms(self, percent: float) -> float:
        """The upper edge of the bin that so many percent of the packets lie in or below; 0 for none."""
        wanted, seen = sum(self.bins) * percent / 100.0, 0
        if not wanted:
            return 0.0
        for number, count in enumerate(self.bins[:-1]):
            seen += count
            if seen >= wanted:
                return min((number + 1) * LATE_BIN_MS, self.most_ms)
        return self.most_ms


@dataclass(frozen=True)
class Report:
    """What a shaper did: seconds; counts of forward (B to A) and of return (A to B); lateness of both."""

    seconds: float
    forward: Counts
    back: Counts
    late: Lateness


class Shaper:
    """Joins two devices by two links; `run` ends with its caller's exception, or when it is told to."""

    def __init__(self, devices: tuple[int, int], forward: Link, back: Link) -> None:
        """devices: file descriptors of A and B, not blocking, a packet a read; forward is from B to A."""
        self.late = Lateness()
        self.seconds = 0.0
        self._forward, self._back = forward, back
        a, b = devices
        self._ways: list[tuple[int, int, Link, deque[tuple[float, bytes]]]] = [
            (a, b, back, deque()),
            (b, a, forward, deque()),
        ]

    @property
    def report(self) -> Report:
        """What it has done so far."""
        return Report(self.seconds, self._forward.counts, self._back.counts, self.late)

    def run(self, duration_s: float | None = None, until: Sequence[int] = ()) -> None:
        """Carry packets for so long (None: no end), or until one of the descriptors `until` can be read."""
        begin = time.monotonic()
        sources = [way[0] for way in self._ways]
        watched = [*sources, *until]
        with _undelayed():
            while True:
                self.seconds = now = time.monotonic() - begin
                next_s = min(
                    self._send_due(begin), duration_s if duration_s is not None else now + LONGEST_WAIT_S
                )
                if duration_s is not None and now >= duration_s:
                    return
                wait = min(max(0.0, next_s - (time.monotonic() - begin)), LONGEST_WAIT_S)
                ready = select.select(watched, (), (), wait)[0]
                if any(descriptor in until for descriptor in ready):
                    return
                for source, _, link, queue in self._ways:
                    if source in ready:
                        _take(source, link, queue, begin)

    def _send_due(self, begin: float) -> float:
        """Write every packet whose moment has come; the moment of the next one, infinity for none."""
        next_s = float("inf")
        for _, sink, _, queue in self._ways:
            while queue:
                due = queue[0][0]
                now = time.monotonic() - begin
                if due > now:
                    next_s = min(next_s, due)
                    break
                packet = queue.popleft()[1]
                with suppress(OSError):  # the far end is not up, or has no memory: the packet is gone
                    os.write(sink, packet)
                self.late.add(now - due)
        return next_s


def _take(source: int, link: Link, queue: deque[tuple[float, bytes]], begin: float) -> None:
    """Read what has come from a device, and queue what its link lets through."""
    for _ in range(PACKETS_AT_ONCE):
        try:
            packet = os.read(source, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:  # the device is down for now
            return
        out_s = link.offer(time.monotonic() - begin, len(packet))
        if out_s is not None:
            queue.append((out_s, packet))


@contextmanager
def _undelayed() -> Iterator[None]:
    """Under a real-time policy where we may (not our children), and without pauses of the collector."""
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        with suppress(OSError):
            os.sched_setscheduler(0, policy, parameters)
