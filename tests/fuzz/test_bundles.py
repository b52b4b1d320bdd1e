"""Hostile bundles: whatever comes, an answer or a RaabtaError, soon and in little memory."""

from __future__ import annotations

import contextlib
import time
import tracemalloc

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from raabta.base.errors import RaabtaError
from raabta.network.delay_tolerant.bundles import Crc, cut, decode, make_bundle

GOOD = make_bundle(
    "ipn:3.1", "dtn://rover/up", b"heights", created_ms=883_612_800_000, lifetime_ms=86_400_000,
    previous_node="ipn:977000.4.0", age_ms=5_000, hops=(30, 2),
)  # fmt: skip
CODED = [GOOD.encode(), cut(GOOD, 3)[1].encode()]


def bare(data: bytes) -> bytes:
    """Without checksums, so that what is hurt is read on."""
    found = decode(data)
    import dataclasses

    blocks = tuple(dataclasses.replace(block, crc=Crc.none) for block in found.blocks)
    return dataclasses.replace(found, blocks=blocks, crc=Crc.none).encode()


SEEDS = CODED + [bare(data) for data in CODED]


@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=200))
@example(b"\x9f" + b"\x9f" * 100_000)
@example(b"\x9f" + b"\x81" * 100_000)
@example(b"\x9f\x88\x07\x00\x00" + b"\x82\x02\x82" * 1_000)
def test_any_bytes(data: bytes) -> None:
    with contextlib.suppress(RaabtaError):
        decode(data)


def test_hurt_bundles() -> None:
    """6,000 bundles with bytes changed, taken out, put in or repeated: none read otherwise than it is."""
    draw, read = np.random.default_rng(9171), 0
    for _ in range(6_000):
        data = bytearray(SEEDS[draw.integers(len(SEEDS))])
        for _ in range(draw.integers(1, 4)):
            at, end = sorted(draw.integers(0, len(data) + 1, 2).tolist())
            way = draw.integers(4)
            if way == 0 and at < len(data):
                data[at] = draw.integers(256)
            elif way == 1:
                del data[at : min(end, at + 4)]
            elif way == 2:
                data[at:at] = draw.bytes(int(draw.integers(1, 10)))
            else:
                data[at:at] = data[at:end]
        with contextlib.suppress(RaabtaError):
            found = decode(bytes(data))
            assert found.encode() == bytes(data)
            read += 1
    assert read > 100


def test_huge_lengths_take_neither_time_nor_memory() -> None:
    begin = SEEDS[2][: SEEDS[2].index(b"\x85")]
    tracemalloc.start()
    clock = time.process_time()
    for claim in (
        "5bffffffffffffffff",
        "5a7fffffff",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "7bffffffffffffffff",
    ):
        for head in ("8501010000", "85", "8501"):
            with contextlib.suppress(RaabtaError):
                decode(begin + bytes.fromhex(head + claim) + b"\0" * 64)
    assert time.process_time() - clock < 0.5
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
