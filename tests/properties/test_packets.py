"""Whatever the trace and the arrivals: order is kept, no packet is early, no interval carries too much."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some

from raabta.base.errors import RaabtaError
from raabta.packets.schedule import BUCKET_BITS, Link
from raabta.packets.trace import COLUMNS, make_trace, read_trace

SLACK_BITS = 1e-3
HEADER = ",".join(COLUMNS)
WORDS = [
    "0",
    "1",
    "-1",
    "1e400",
    "nan",
    "1e-320",
    "0x1",
    "\0",
    '"',
    "1,1",
    "\r",
    "é",
    "1_0",
    " ",
    "",
    "true",
    "²",
]


@given(some.lists(some.lists(some.sampled_from(WORDS) | some.text(max_size=4), max_size=8), max_size=6))
@settings(deadline=None, max_examples=150)
def test_a_hostile_file_is_refused_or_is_a_trace(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("hostile") / "t.csv"
    text = "\n".join([HEADER, *(",".join(row) for row in rows)])
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = read_trace(path)
    except RaabtaError as refused:
        assert str(path) in str(refused)
    else:
        assert found.time_s[0] == 0.0 and np.isfinite(found.delay_ms).all()


@some.composite
def traces(draw):
    count = draw(some.integers(1, 6))
    steps = draw(some.lists(some.floats(1e-3, 2.0), min_size=count - 1, max_size=count - 1))
    rates = some.lists(some.sampled_from([0.0, 0.3, 2.0, 50.0]), min_size=count, max_size=count)
    delays = some.lists(some.floats(0.0, 300.0), min_size=count, max_size=count)
    ups = some.lists(some.booleans(), min_size=count, max_size=count)
    return make_trace(np.append(0.0, np.cumsum(steps)), draw(delays), draw(rates), 1.0, 0.0, draw(ups))


@given(
    traces(),
    some.lists(some.tuples(some.floats(0.0, 0.05), some.integers(20, 1_500)), min_size=1, max_size=120),
    some.floats(0.0, 500.0),
)
@settings(deadline=None, max_examples=150)
def test_a_link_keeps_order_and_rate(trace, arrivals, queue_ms):
    link, now_s, left = Link(trace, True, queue_ms), 0.0, []
    for wait_s, size in arrivals:
        now_s += wait_s
        out_s = link.offer(now_s, size)
        if out_s is not None:
            left.append((out_s, 8.0 * size))
            assert out_s >= now_s + 1e-3 * trace.delay_ms.min() - 1e-9
    counts = link.counts
    assert counts.offered == len(arrivals) and counts.passed == len(left)
    times = [out_s for out_s, _ in left]
    assert times == sorted(times)
    if np.unique(trace.delay_ms).size == 1:
        no_more_than_the_rate(trace, left)


def no_more_than_the_rate(trace, left):
    """Between any two departures at most what the rate gives in that time, and one bucket."""
    rate_bps, delay_s = 1e6 * trace.rate_mbps(True), 1e-3 * trace.delay_ms[0]
    sent = np.concatenate([[0.0], np.cumsum(rate_bps[:-1] * np.diff(trace.time_s))])

    def by(moment_s):
        k = int(np.searchsorted(trace.time_s, moment_s, "right")) - 1
        return sent[k] + rate_bps[k] * (moment_s - trace.time_s[k])

    total = np.cumsum([0.0] + [bits for _, bits in left])
    for first in range(len(left)):
        for last in range(first, len(left)):
            allowed = by(left[last][0] - delay_s) - by(left[first][0] - delay_s)
            assert total[last + 1] - total[first] <= allowed + BUCKET_BITS + left[first][1] + SLACK_BITS
