"""Bundles: vectors from outside, round trips, what is refused, cutting and joining."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from raabta.base.errors import LimitError, RaabtaError
from raabta.network.delay_tolerant import bundles as room
from raabta.network.delay_tolerant import cbor
from raabta.network.delay_tolerant.bundles import Block, BlockFlag, Crc, Flag, cut, decode, join, make_bundle
from raabta.network.delay_tolerant.checksums import crc16_x25, crc32c
from raabta.network.delay_tolerant.endpoints import Endpoint, read_endpoint

PLAIN = bytes.fromhex(
    "9f88070000820282010282028202018202820201820018281a000f4240"
    "85010100005823526561647920746f2067656e657261746520612033322d62797465207061796c6f6164ff"
)
"""RFC 9173, appendix A.1.1.3."""
SIGNED = bytes.fromhex(
    "9f88070000820282010282028202018202820201820018281a000f4240"
    "850b0200005856810101018202820201828201078203008181820158403bdc69b3a34a2b5d3a8554368bd1e808f606219d2a10a846"
    "eae3886ae4ecc83c4ee550fdfb1cc636b904e2f1a73e303dcd4b6ccece003e95e8164dcc89a156e1"
    "85010100005823526561647920746f2067656e657261746520612033322d62797465207061796c6f6164ff"
)
"""RFC 9173, appendix A.1.4: with an integrity block."""


def usual(payload: bytes = b"heights of the rim", **more: object) -> room.Bundle:
    """A bundle with every block."""
    given = {"created_ms": 883_612_800_000, "lifetime_ms": 86_400_000, "sequence": 7}
    given |= {
        "previous_node": "ipn:977000.4.0",
        "age_ms": 5_000,
        "hops": (30, 2),
        "report_to": "dtn://ops/log",
    }
    return make_bundle("ipn:3.1", "ipn:12.2", payload, **(given | more))  # type: ignore[arg-type]


def test_bundles_of_rfc_9173() -> None:
    found = decode(PLAIN)
    assert str(found.destination) == "ipn:1.2" and str(found.source) == str(found.report_to) == "ipn:2.1"
    assert (found.created_ms, found.sequence, found.lifetime_ms) == (0, 40, 1_000_000)
    assert found.payload == b"Ready to generate a 32-byte payload"
    assert found.crc == Crc.none and found.created() is None and found.encode() == PLAIN
    signed = decode(SIGNED)
    assert [(block.kind, block.number) for block in signed.blocks] == [(11, 2), (1, 1)]
    assert signed.encode() == SIGNED


def test_checksums_against_the_catalogue() -> None:
    # Check values of "123456789": CRC-16/IBM-SDLC and CRC-32/ISCSI of the reveng catalogue.
    assert crc16_x25(b"123456789") == 0x906E and crc32c(b"123456789") == 0xE3069283
    # RFC 3720, appendix B.4: 32 bytes of zeros, of ones, ascending.
    for data, value in ((bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)):
        assert crc32c(data) == value


def test_long_and_short_checksums_are_one() -> None:
    data = np.random.default_rng(6).integers(0, 256, 1_000, dtype=np.uint8).tobytes()
    from raabta.network.delay_tolerant import checksums

    for length in (0, 1, 7, 8, 9, 95, 96):
        whole = checksums.crc32c(data[:length])
        kernel = checksums.crc32c
        checksums._SHORT, kept = -1, checksums._SHORT
        try:
            assert kernel(data[:length]) == whole
        finally:
            checksums._SHORT = kept


@pytest.mark.parametrize(
    ("uri", "coded"),
    [
        ("dtn:none", "820100"),
        ("dtn://n1/in", "8201672f2f6e312f696e"),
        ("ipn:23.42", "82028217182a"),
        ("ipn:977000.100.1", "8202821b000ee8680000006401"),
        ("ipn:!.7", "8202821affffffff07"),
    ],
)
def test_endpoints(uri: str, coded: str) -> None:
    assert Endpoint(uri).encode().hex() == coded
    assert read_endpoint(cbor.Reader(bytes.fromhex(coded))) == Endpoint(uri)


def test_an_allocator_may_be_coded_as_a_number_of_its_own() -> None:
    coded = bytes.fromhex("8202831a000ee868186401")  # RFC 9758: [2, [977000, 100, 1]]
    found = read_endpoint(cbor.Reader(coded))
    assert found.uri == "ipn:977000.100.1" and found.three and found.encode() == coded
    assert Endpoint("ipn:0.5.1").uri == "ipn:5.1" and Endpoint("ipn:0.0").is_null


@pytest.mark.parametrize(
    "uri",
    [
        "ipn:1",
        "ipn:4294967296.1",
        "ipn:1.2.3.4",
        "ipn:-1.2",
        "ipn:7.!.1",
        "dtn:node",
        "http://a/b",
        "",
        "dtn://n\n/",
    ],
)
def test_what_is_no_endpoint(uri: str) -> None:
    with pytest.raises(RaabtaError):
        Endpoint(uri)


@pytest.mark.parametrize("crc", [Crc.crc16, Crc.crc32c])
def test_a_bundle_comes_back(crc: Crc) -> None:
    made = usual(crc=crc)
    found = decode(made.encode())
    assert found == made and found.encode() == made.encode()
    assert (
        found.previous_node == Endpoint("ipn:977000.4.0") and found.age_ms == 5_000 and found.hops == (30, 2)
    )
    assert found.created() == np.datetime64("2028-01-01T00:00:00.000")


def test_no_bit_can_be_turned_unseen() -> None:
    coded = usual(b"abc").encode()
    for bit in range(8 * len(coded)):
        hurt = bytearray(coded)
        hurt[bit // 8] ^= 1 << bit % 8
        with pytest.raises(RaabtaError):
            decode(bytes(hurt))


def test_no_part_of_a_bundle_is_one() -> None:
    coded = usual().encode()
    for length in range(len(coded)):
        with pytest.raises(RaabtaError, match="bundle, byte"):
            decode(coded[:length])
    with pytest.raises(RaabtaError, match="the bundle ends here"):
        decode(coded + coded)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "byte 0: no bundle"),
        ("88", "byte 0: no bundle"),
        ("9fff", "byte 1: the end of an array where an array is due"),
        ("9f9f07", "byte 1: an indefinite length; an array here has a definite one"),
        ("9f9bffffffffffffffff", "an array of 18,446,744,073,709,551,615 items; 8 or 9 or 10 or 11 are due"),
        ("9f880600", "version 6"),
        ("9f88071800", "0 in 2 bytes; the shortest form is due"),
        ("9f880700c1", "a tag where an unsigned integer is due"),
        ("9f88070003", "checksum type 3"),
        ("9f89070000", "a primary block of 9 items; its flags and checksum make 8"),
        ("9f880700008203", "endpoint scheme 3"),
        ("9f8807000082016161", "'a' in a dtn endpoint"),
        ("9f880700008201617f"[:-2] + "ff", "a text string that is not UTF-8"),
        ("9f8807000082028218", "ends inside a head"),
        (PLAIN[:29].hex() + "850101000050", "a string of 16 bytes; 0 are left"),
        (PLAIN[:29].hex() + "85010100005bffffffffffffffff", "a string of 18,446,744,073,709,551,615 bytes"),
        (PLAIN[:29].hex() + "85010100005f4100ff", "an indefinite length"),
        (PLAIN[:29].hex() + "ff", "its last block is not the payload"),
        (PLAIN[:29].hex() + "8501010000410085010100004100ff", "two blocks of one number"),
        (PLAIN[:29].hex() + "8501020000410085010100004100ff", "two payload blocks"),
        (PLAIN[:29].hex() + "850702000041008507030000410085010100004100ff", "two bundle age blocks"),
        (PLAIN[:29].hex() + "850702000042000085010100004100ff", "1 bytes follow in the bundle age block"),
        (PLAIN[:29].hex() + "850a0200004382000085010100004100ff", "a hop limit of 0"),
    ],
)  # fmt: skip
def test_hostile_bytes_are_refused_with_their_place(data: str, message: str) -> None:
    with pytest.raises(RaabtaError, match=message):
        decode(bytes.fromhex(data))


def test_limits() -> None:
    many = (
        PLAIN[:29] + b"".join(Block(200, k, b"", crc=Crc.none).encode() for k in range(2, 1_102)) + PLAIN[29:]
    )
    with pytest.raises(LimitError, match="more than 1,000 blocks"):
        decode(many)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"created_ms": 0, "age_ms": None}, "needs its age"),
        ({"crc": Crc.none}, "needs a checksum"),
        ({"flags": Flag.fragment}, "offset and length of the whole"),
        ({"flags": Flag.administrative | Flag.report_delivery}, "asks for reports"),
        ({"lifetime_ms": 2**64}, "does not fit an unsigned integer"),
    ],
)
def test_bundles_that_must_not_be_made(more: dict[str, object], message: str) -> None:
    with pytest.raises(RaabtaError, match=message):
        usual(**more).encode()
    with pytest.raises(RaabtaError, match="its source is nobody"):
        make_bundle("ipn:1.1", "dtn:none", b"", created_ms=1, lifetime_ms=1)


def test_fragments_make_the_whole() -> None:
    whole = usual(bytes(range(256)) * 4)
    kept = dataclasses.replace(whole.blocks[0], flags=BlockFlag.in_every_fragment)
    whole = dataclasses.replace(whole, blocks=(kept, *whole.blocks[1:]))
    parts = cut(whole, 300)
    assert [len(part.payload) for part in parts] == [300, 300, 300, 124]
    assert [len(part.blocks) for part in parts] == [4, 2, 2, 2]
    assert all(part.total == 1024 and part.flags & Flag.fragment for part in parts)
    again = [decode(part.encode()) for part in parts]
    assert join([again[2], again[0], again[3], again[0], again[1]]) == whole
    smaller = [piece for part in again for piece in cut(part, 77)]
    assert join([*smaller, again[1]]) == whole
    assert cut(whole, 1024) == [whole]


def test_fragments_that_do_not_fit() -> None:
    whole = usual(bytes(100))
    parts = cut(whole, 40)
    with pytest.raises(RaabtaError, match="bytes 40 to 80 of the payload are missing"):
        join([parts[0], parts[2]])
    with pytest.raises(RaabtaError, match="bytes 80 to 100 of the payload are missing"):
        join(parts[:2])
    with pytest.raises(RaabtaError, match="several bundles"):
        join([parts[0], *cut(usual(bytes(100), sequence=8), 40)])
    other = cut(usual(b"\x01" * 100), 60)[1]
    with pytest.raises(RaabtaError, match="different bytes from 60 on"):
        join([*parts[:2], other])
    with pytest.raises(RaabtaError, match="is no fragment"):
        join([whole])
    with pytest.raises(RaabtaError, match="no fragment"):
        join([])
    with pytest.raises(RaabtaError, match="must not be cut"):
        cut(usual(bytes(100), flags=Flag.not_to_be_cut), 10)
    coded = bytearray(dataclasses.replace(parts[2], crc=Crc.none, blocks=parts[0].blocks[-1:]).encode())
    with pytest.raises(RaabtaError, match="40 bytes from 80 on, of 100"):
        decode(bytes(coded))
