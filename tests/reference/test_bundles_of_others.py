"""Bundles against those of pyd3tn (`bundle7`), where it is installed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.delay_tolerant.bundles import Crc, Flag, decode, make_bundle
from raabta.network.delay_tolerant.checksums import crc16_x25, crc32c

oracle = pytest.importorskip("pyd3tn.bundle7", reason="needs the package pyd3tn")
sums = pytest.importorskip("pyd3tn.crc", reason="needs the package pyd3tn")

NUMBERS = st.integers(1, 2**32 - 2)
ENDS = st.builds("ipn:{}.{}".format, NUMBERS, NUMBERS) | st.sampled_from(["dtn://rover/up", "dtn://ops/in/2"])


@settings(deadline=None, max_examples=60)
@given(
    ends=st.tuples(ENDS, ENDS, ENDS | st.just("dtn:none"), ENDS), payload=st.binary(max_size=300),
    created_s=st.integers(1, 2**31), lifetime_ms=st.integers(0, 2**40), sequence=st.integers(0, 2**40),
    age_s=st.integers(0, 2**30), hops=st.tuples(st.integers(1, 255), st.integers(0, 255)),
    crc=st.sampled_from([Crc.crc16, Crc.crc32c]),
)  # fmt: skip
def test_both_write_the_same_bytes(ends, payload, created_s, lifetime_ms, sequence, age_s, hops, crc) -> None:
    kind = oracle.CRCType(int(crc))
    theirs = oracle.Bundle(
        oracle.PrimaryBlock(
            crc_type=kind, destination=ends[0], source=ends[1], report_to=ends[2], lifetime=lifetime_ms,
            creation_time=oracle.CreationTimestamp(946_684_800 + created_s, sequence),
        ),
        oracle.PayloadBlock(payload, crc_type=kind),
        [
            oracle.PreviousNodeBlock(oracle.EID(ends[3]), block_number=2, crc_type=kind),
            oracle.BundleAgeBlock(age_s, block_number=3, crc_type=kind),
            oracle.HopCountBlock(hops[0], hops[1], block_number=4, crc_type=kind),
        ],
    )  # fmt: skip
    ours = make_bundle(
        ends[0], ends[1], payload, report_to=ends[2], created_ms=1000 * created_s, lifetime_ms=lifetime_ms,
        sequence=sequence, previous_node=ends[3], age_ms=1000 * age_s, hops=hops, crc=crc,
    )  # fmt: skip
    assert bytes(theirs) == ours.encode()
    assert decode(bytes(theirs)) == ours
    read = oracle.Bundle.parse(ours.encode())
    assert bytes(read.payload_block.data) == payload and str(read.primary_block.source) == ends[1]


@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=500))
def test_both_sum_alike(data: bytes) -> None:
    assert crc16_x25(data) == sums.crc16_x25(data)
    assert crc32c(data) == sums.crc32_c(data)


def test_fragments_are_read_alike() -> None:
    whole = make_bundle("ipn:3.1", "ipn:12.2", bytes(100), created_ms=1_000_000, lifetime_ms=5)
    from raabta.network.delay_tolerant.bundles import cut

    part = cut(whole, 40)[1]
    read = oracle.Bundle.parse(part.encode())
    assert read.primary_block.fragment_offset == 40 and read.primary_block.total_payload_length == 100
    assert read.primary_block.bundle_proc_flags == Flag.fragment
