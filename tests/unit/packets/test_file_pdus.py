"""PDUs of class 2: spacepackets reads and writes the same bytes; what is malformed is refused."""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.base.errors import OutOfRangeError
from raabta.packets.file_pdus import (
    CRC32,
    EOF_CODE,
    FINISHED_CODE,
    MODULAR,
    NULL,
    Ack,
    Eof,
    FileData,
    Finished,
    KeepAlive,
    Metadata,
    Nak,
    PduError,
    Prompt,
    Transaction,
    checksum,
    decode,
    encode,
    naks,
)

T = Transaction(3, 9, 77)
BODIES = [
    Metadata(1_000, "rover/panorama.img", "panorama.img"),
    Metadata(0, "", "", MODULAR),
    FileData(5, b"abc"),
    FileData(0, bytes(1_000)),
    Eof(0, 0xDEADBEEF, 1_000),
    Eof(1, 0, 1_000),
    Finished(0, True),
    Finished(5, False),
    Ack(EOF_CODE, 0),
    Ack(FINISHED_CODE, 0),
    Nak(0, 1_000, ((0, 0), (5, 10), (500, 1_000))),
    Nak(10, 10, ()),
    Prompt(True),
    Prompt(False),
    KeepAlive(123_456),
    Metadata(7, "a", "b", CRC32, ((8, 2), (1, 3), (7, 4), (4, 1))),
]
KINDS = [T, T._replace(crc=False), T._replace(large=True), Transaction(1, 2, 3, 1, 2, True, False)]


@pytest.mark.parametrize("transaction", KINDS)
@pytest.mark.parametrize("body", BODIES)
def test_what_is_written_is_read_back(body, transaction):
    assert decode(encode(transaction, body), transaction) == body


@pytest.mark.parametrize("transaction", KINDS)
@pytest.mark.parametrize("body", [each for each in BODIES if each != Eof(1, 0, 1_000)])
def test_spacepackets_reads_and_writes_the_same_bytes(body, transaction):
    """But an end of file with a fault, whose condition spacepackets 0.32 leaves in the octet's upper half."""
    helper = pytest.importorskip("spacepackets.cfdp.pdu.helper", reason="spacepackets is not installed")
    pdu = encode(transaction, body)
    theirs = helper.PduFactory.from_raw(pdu)
    assert bytes(theirs.pack()) == pdu
    config = theirs.pdu_header.pdu_conf if hasattr(theirs, "pdu_header") else theirs.pdu_conf
    ends = config.source_entity_id.value, config.dest_entity_id.value, config.transaction_seq_num.value
    assert ends == transaction[:3]
    if isinstance(body, Nak):
        assert [tuple(each) for each in theirs.segment_requests] == list(body.requests)
    if isinstance(body, FileData):
        assert theirs.offset == body.offset and theirs.file_data == body.data
    if isinstance(body, Eof):
        assert int.from_bytes(theirs.file_checksum, "big") == body.checksum
        assert theirs.file_size == body.size and int(theirs.condition_code) == body.condition


def test_the_fields_of_the_new_directives_are_the_standards():
    """Directive codes 9 and 12, the response in the highest bit, progress as an offset; options of type 4."""
    plain = T._replace(crc=False)
    head = len(plain.header(0, data=False, to_sender=False))
    assert encode(plain, Prompt(False))[head:] == b"\x09\x00"
    assert encode(plain, Prompt(True))[head:] == b"\x09\x80"
    assert encode(plain, KeepAlive(0x01020304))[head:] == b"\x0c\x01\x02\x03\x04"
    assert encode(plain, Prompt(True))[0] & 8 == 0 and encode(plain, KeepAlive(1))[0] & 8 == 8
    options = b"\x02\x03abc" + b"\x04\x01\x82"  # a message to the user, which is passed over
    rest = encode(plain, Metadata(7, "a", "b"))[head:] + options
    read = decode(plain.header(len(rest), data=False, to_sender=False) + rest, plain)
    assert read == Metadata(7, "a", "b", CRC32, ((8, 2),))
    assert encode(plain, read)[head:] == rest[: -len(options)] + b"\x04\x01\x82"


def test_spacepackets_reads_our_fault_handlers_keep_alives_and_prompts():
    helper = pytest.importorskip("spacepackets.cfdp.pdu.helper", reason="spacepackets is not installed")
    tlv = pytest.importorskip("spacepackets.cfdp.tlv", reason="spacepackets is not installed")
    theirs = helper.PduFactory.from_raw(encode(T, Metadata(7, "a", "b", CRC32, ((8, 2), (1, 3)))))
    found = [tlv.FaultHandlerOverrideTlv.from_tlv(each) for each in theirs.options]
    assert [(each.condition_code, each.handler_code) for each in found] == [(8, 2), (1, 3)]
    assert helper.PduFactory.from_raw(encode(T, KeepAlive(99))).progress == 99
    assert helper.PduFactory.from_raw(encode(T, Prompt(True))).response_required == 1


@pytest.mark.parametrize("body", BODIES)
def test_truncated_and_changed_pdus_are_refused(body):
    pdu = encode(T, body)
    for length in range(len(pdu)):
        with pytest.raises(PduError):
            decode(pdu[:length], T)
    for place in range(len(pdu)):
        changed = bytearray(pdu)
        changed[place] ^= 1 << place % 8
        with pytest.raises(PduError):
            decode(bytes(changed), T)
    with pytest.raises(PduError):
        decode(pdu + b"\0", T)


@pytest.mark.parametrize("other", [T._replace(source=4), T._replace(number=78), T._replace(destination=1)])
def test_pdus_of_another_transaction_are_refused(other):
    with pytest.raises(PduError, match="another transaction"):
        decode(encode(other, BODIES[0]), T)


@settings(deadline=None)
@given(st.binary(max_size=80), st.booleans(), st.booleans())
def test_any_bytes_are_read_or_refused(content, data, to_sender):
    """Any content behind a right header, so that it is looked at."""
    plain = T._replace(crc=False)
    pdu = plain.header(len(content), data=data, to_sender=to_sender) + content
    for transaction, given_bytes in ((plain, pdu), (T, content)):
        try:
            found = decode(given_bytes, transaction)
        except PduError as error:
            assert str(error)
        else:
            assert decode(encode(transaction, found), transaction) == found


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (bytes([8]) + bytes(7), "truncated"),
        (
            bytes([8]) + T.offset.pack(10) + T.offset.pack(20) + T.offset.pack(5) + T.offset.pack(15),
            "outside",
        ),
        (
            bytes([8]) + T.offset.pack(10) + T.offset.pack(20) + T.offset.pack(15) + T.offset.pack(12),
            "outside",
        ),
        (bytes([7, 1]) + T.offset.pack(9) + b"\0\0", "checksum type"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x05ab", "truncated"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x01\xff\0", "no UTF-8"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x01\n\0", "control characters"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x01a\x01b\x04", "options are truncated"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x01a\x01b\x04\x02\x82", "options are truncated"),
        (bytes([7, 3]) + T.offset.pack(9) + b"\x01a\x01b\x04\x01\x85", "fault handler that is none"),
        (bytes([9]), "truncated"),
        (bytes([12, 0, 0]), "truncated"),
        (bytes([6, 0x70, 0]), "never acknowledged"),
        (bytes([4, 0xC0]) + bytes(8), "none of the standard's"),
        (bytes([99]), "not of class 2"),
    ],
)
def test_each_malformed_directive_says_why(rest, said):
    plain = T._replace(crc=False)
    pdu = plain.header(len(rest), data=False, to_sender=rest[0] in (5, 8, 12)) + rest
    with pytest.raises(PduError, match=said):
        decode(pdu, plain)


@pytest.mark.parametrize("most", [64, 100, 1_024, 65_000])
def test_requests_fit_their_pdus_and_ask_for_everything_once(most):
    missing = [(20 * i, 20 * i + 7) for i in range(3_000)]
    made = naks(T, missing, 100_000, most)
    found = [decode(pdu, T) for pdu in made]
    assert max(map(len, made)) <= most
    assert [request for nak in found for request in nak.requests] == missing
    assert found[0].start == 0 and found[-1].end == 100_000
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_pdu_too_small_for_a_request_is_refused():
    with pytest.raises(OutOfRangeError, match="at least"):
        naks(T, [(0, 1)], 1, 20)
    with pytest.raises(OutOfRangeError, match="65535"):
        encode(T, FileData(0, bytes(70_000)))


@pytest.mark.parametrize("size", [0, 1, 4, 7, 1_000, 4_097])
def test_checksums_are_those_of_others(size, tmp_path):
    content = np.random.default_rng(size).bytes(size)
    assert checksum(content, CRC32) == zlib.crc32(content) and checksum(content, NULL) == 0
    padded = content + bytes(-size % 4)
    words = (int.from_bytes(padded[i : i + 4], "big") for i in range(0, len(padded), 4))
    assert checksum(content, MODULAR) == sum(words) % 2**32
    crc = pytest.importorskip("cfdppy.crc", reason="cfdp-py is not installed")
    file = tmp_path / "file"
    file.write_bytes(content)
    assert int.from_bytes(crc.calc_modular_checksum(file), "big") == checksum(content, MODULAR)
