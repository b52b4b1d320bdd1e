"""When each packet leaves the far end of a link whose rate and delay change: a pure function of arrivals.

One direction of a link is a queue of packets in order of arrival (first in, first out), a token bucket of one
full packet filled at the rate of the moment, loss on the way, and the delay of the moment at which a packet
was sent: a user's share of a carrier that is far faster, so that a packet which finds no other waits for
nothing. It looks at no clock and touches no device.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.packets.trace import Trace

FULL_PACKET_BYTES = 1_500
LEAST_QUEUE_PACKETS = 20
"""Full packets that a queue holds at least: what a window of ten (RFC 6928) and its answer bring at once."""
LEAST_QUEUE_S = 0.05
"""Least length of the queue if none is given; else one round trip, the bandwidth-delay product."""
BUCKET_BITS = 8.0 * FULL_PACKET_BYTES
HOLD_S = 1.0
"""How long a packet outlives a full queue while nothing passes; then it is dropped."""


@dataclass
class Counts:
    """What became of the packets of one direction."""

    passed: int = 0
    passed_bytes: int = 0
    queue_full: int = 0
    too_old: int = 0
    lost: int = 0

    @property
    def offered(self) -> int:
        """All packets that came."""
        return self.passed + self.queue_full + self.too_old + self.lost


class Service:
    """How many bits can have been sent by when, at a rate that changes; asked in order of time."""

    def __init__(self, time_s: NDArray[np.float64], rate_mbps: NDArray[np.float64]) -> None:
        """time_s (t,), the first 0; rate_mbps (t,), 0 while nothing is sent; the last holds for ever."""
        sent = np.concatenate([[0.0], np.cumsum(1e6 * rate_mbps[:-1] * np.diff(time_s))])
        self._time: list[float] = time_s.tolist()
        self._rate: list[float] = (1e6 * rate_mbps).tolist()
        self._sent: list[float] = sent.tolist()
        self._next = _next_positive(rate_mbps)
        self._now = self._then = 0
        self._last = len(self._time) - 1

    def by(self, now_s: float) -> tuple[float, int]:
        """(bits that can have been sent by now, the step of now)."""
        k = self._now
        while k < self._last and self._time[k + 1] <= now_s:
            k += 1
        self._now = k
        return self._sent[k] + self._rate[k] * (now_s - self._time[k]), k

    def from_now(self, now_s: float, step: int) -> tuple[float, int]:
        """(first moment from now on, which lies in the step, at which anything is sent, its step)."""
        if self._rate[step] > 0.0:
            return now_s, step
        then = self._next[step]
        return (self._time[then], then) if then >= 0 else (math.inf, step)

    def when(self, bits: float) -> tuple[float, int]:
        """(first moment by which so many bits can have been sent, its step); infinity if never."""
        k = self._then
        while k < self._last and self._sent[k + 1] < bits:
            k += 1
        self._then = k
        if self._rate[k] == 0.0:
            return math.inf, k
        return self._time[k] + (bits - self._sent[k]) / self._rate[k], k


class Link:
    """One direction of a link. `offer` must be called in order of time."""

    def __init__(self, trace: Trace, forward: bool, queue_ms: float | None = None, seed: int = 0) -> None:
        """queue_ms: the length of the queue at the rate of the moment, at least LEAST_QUEUE_PACKETS; one
        round trip if None, at least LEAST_QUEUE_S. seed: of the loss; the directions draw apart."""
        rate_mbps = trace.rate_mbps(forward)
        self.counts = Counts()
        self.limit_bits = queue_limits_bits(trace, rate_mbps, queue_ms)
        self._service = Service(trace.time_s, rate_mbps)
        self._limit: list[float] = self.limit_bits.tolist()
        self._patience: list[float] = (self.limit_bits / (1e6 * _last_positive(rate_mbps)) + HOLD_S).tolist()
        self._delay: list[float] = (1e-3 * trace.delay_ms).tolist()
        self._loss: list[float] = trace.loss_share.tolist()
        self._random = Random(2 * seed + forward).random
        self._end_bits = self._out_s = 0.0

    def offer(self, now_s: float, size_bytes: int) -> float | None:
        """When a packet that arrives now leaves the far end, in seconds; None where it is dropped or lost.

        Never earlier than the packet before it: a path that becomes shorter does not change the order.
        """
        bits, counts = 8.0 * size_bytes, self.counts
        sent, step = self._service.by(now_s)
        start = max(self._end_bits, sent)
        if start - sent + bits > self._limit[step]:
            counts.queue_full += 1
            return None
        bought = start + bits - BUCKET_BITS
        service = self._service
        end_s, then = service.when(bought) if bought > sent else service.from_now(now_s, step)
        if end_s - now_s > self._patience[step]:
            counts.too_old += 1
            return None
        self._end_bits = start + bits
        loss = self._loss[then]
        if loss > 0.0 and self._random() < loss:
            counts.lost += 1
            return None
        counts.passed += 1
        counts.passed_bytes += size_bytes
        self._out_s = max(end_s + self._delay[then], self._out_s)
        return self._out_s


def queue_limits_bits(
    trace: Trace, rate_mbps: NDArray[np.float64], queue_ms: float | None
) -> NDArray[np.float64]:
    """What the queue of a direction holds at each time, (t,): in a gap what it held before."""
    default_ms = np.maximum(2.0 * trace.delay_ms, 1e3 * LEAST_QUEUE_S)
    length_s = 1e-3 * (default_ms if queue_ms is None else np.full(default_ms.shape, queue_ms))
    least = 8.0 * FULL_PACKET_BYTES * LEAST_QUEUE_PACKETS
    return np.asarray(np.maximum(1e6 * _last_positive(rate_mbps) * length_s, least))


def _next_positive(rate_mbps: NDArray[np.float64]) -> list[int]:
    """The first step from each on at which the rate is not 0, -1 for none, (t,)."""
    steps = np.where(rate_mbps > 0.0, np.arange(rate_mbps.size), rate_mbps.size)
    found = np.minimum.accumulate(steps[::-1])[::-1]
    return [int(step) for step in np.where(found < rate_mbps.size, found, -1)]


def _last_positive(rate_mbps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rate, where it is 0 the last that was not, before the first the first; 1 where none is, (t,)."""
    positive = rate_mbps > 0.0
    if not positive.any():
        return np.ones_like(rate_mbps)
    at = np.maximum.accumulate(np.where(positive, np.arange(rate_mbps.size), -1))
    at[at < 0] = int(positive.argmax())
    return np.asarray(rate_mbps[at])
