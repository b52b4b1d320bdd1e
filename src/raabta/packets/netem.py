"""The kernel's own shaper where it has one: a veth pair, and `netem` at each end, told anew at every time.

It carries more than the user-space shaper does, and is coarser: a gap loses what is sent in it, a packet
behind a shorter delay may overtake one before it, and the queue is counted in packets.
"""

from __future__ import annotations

import math
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from raabta.base.errors import RaabtaError
from raabta.packets.namespaces import ADDRESSES, DEVICE, Pair, bring_up, run
from raabta.packets.schedule import FULL_PACKET_BYTES, queue_limits_bits

if TYPE_CHECKING:
    from raabta.packets.trace import Trace

STATIONS = ("02:00:00:00:00:01", "02:00:00:00:00:02")
"""Link addresses of A and B, of the kind that everybody may give (the second bit set)."""
LEAST_RATE_BPS = 1_000
"""What the kernel is told where a trace has a rate between 0 and this."""


def why_no_netem(pair: Pair) -> str | None:
    """Why the kernel cannot shape between two fresh namespaces, in one line; None if it can."""
    try:
        run(["tc", "-n", pair.names[0], "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"])
        run(["tc", "-n", pair.names[0], "qdisc", "del", "dev", "lo", "root"])
    except (RaabtaError, OSError) as error:
        return f"the kernel has no netem here ({error})"
    return None


@contextmanager
def veth_devices(pair: Pair) -> Iterator[None]:
    """A veth pair between the namespaces, up, with addresses; it goes with them."""
    first, second = (["name", DEVICE, "address", station] for station in STATIONS)
    words = ["type", "veth", "peer", *second, "netns", pair.names[1]]
    run(["ip", "-n", pair.names[0], "link", "add", *first, *words])
    for end in (0, 1):
        bring_up(pair, end)
        # Nobody has to ask who that is: the first packet would wait for the answer.
        known = ["neigh", "add", ADDRESSES[1 - end], "lladdr", STATIONS[1 - end], "dev", DEVICE]
        run(["ip", "-n", pair.names[end], *known, "nud", "permanent"])
    yield


def settings(trace: Trace, forward: bool, queue_ms: float | None) -> list[list[str]]:
    """The words after `netem` of one direction at each time of the trace, (t,)."""
    rate_mbps = trace.rate_mbps(forward)
    limits = queue_limits_bits(trace, rate_mbps, queue_ms)
    found = []
    for k in range(trace.time_s.size):
        delay_ms = float(trace.delay_ms[k])
        rate_bps = max(LEAST_RATE_BPS, round(1e6 * float(rate_mbps[k])))
        lost = 1.0 if rate_mbps[k] == 0.0 else float(trace.loss_share[k])
        # netem counts packets on their way too: those in the queue, and those within the delay.
        packets = (limits[k] + 1e-3 * delay_ms * rate_bps) / (8.0 * FULL_PACKET_BYTES)
        words = ["limit", str(math.ceil(packets)), "delay", f"{1e3 * delay_ms:.0f}us"]
        words += ["loss", f"{100.0 * lost:.6f}%"] if lost > 0.0 else []
        found.append([*words, "rate", f"{rate_bps}bit"])
    return found


def follow(
    pair: Pair, trace: Trace, queue_ms: float | None, duration_s: float | None, until: Sequence[int]
) -> float:
    """Tell the kernel each time of the trace at its moment; seconds it took until the end or the duration.

    Ends when a descriptor of `until` can be read. Raises RaabtaError for what `tc` refuses.
    """
    ways = [settings(trace, forward, queue_ms) for forward in (False, True)]
    _tell(pair, "add", [way[0] for way in ways])
    begin, times = time.monotonic(), trace.time_s.tolist()
    end_s = math.inf if duration_s is None else duration_s
    for k in range(1, len(times) + 1):
        moment_s = min(times[k] if k < len(times) else math.inf, end_s)
        if not _wait(begin, moment_s, until) or moment_s == end_s:
            break
        _tell(pair, "change", [way[k] for way in ways])
    return time.monotonic() - begin


def _tell(pair: Pair, verb: str, ways: Sequence[Sequence[str]]) -> None:
    for name, words in zip(pair.names, ways, strict=True):
        run(["tc", "-n", name, "qdisc", verb, "dev", DEVICE, "root", "handle", "1:", "netem", *words])


def _wait(begin: float, moment_s: float, until: Sequence[int]) -> bool:
    """Wait until a moment; False where a descriptor could be read before."""
    while (left_s := moment_s - (time.monotonic() - begin)) > 0.0:
        if select.select(until, (), (), min(left_s, 3_600.0))[0]:
            return False
    return True
