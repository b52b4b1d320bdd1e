"""PDUs of the CCSDS File Delivery Protocol, class 2, as bytes and back: what is malformed is refused.

CCSDS 727.0-B-5 (2020), section 5. Only what class 2 needs between two entities: metadata, file data, end of
file, finished, acknowledgements and negative acknowledgements, prompts and keep-alives, in acknowledged mode.
"""

from __future__ import annotations

import binascii
import struct
import zlib
from typing import Final, NamedTuple

import numpy as np

from raabta.base.errors import OutOfRangeError, RaabtaError

VERSION: Final = 0b001
EOF_CODE, FINISHED_CODE, ACK_CODE, METADATA_CODE, NAK_CODE, PROMPT_CODE = 4, 5, 6, 7, 8, 9
KEEP_ALIVE_CODE = 12
NO_ERROR, ACK_LIMIT, KEEP_ALIVE_LIMIT, FILESTORE, CHECKSUM_FAILURE = 0, 1, 2, 4, 5
SIZE_ERROR, NAK_LIMIT, INACTIVITY, CANCELLED = 6, 7, 8, 15
CONDITIONS: Final = {
    NO_ERROR: "no error",
    ACK_LIMIT: "positive acknowledgement limit reached",
    KEEP_ALIVE_LIMIT: "keep alive limit reached",
    3: "invalid transmission mode",
    FILESTORE: "filestore rejection",
    CHECKSUM_FAILURE: "file checksum failure",
    SIZE_ERROR: "file size error",
    NAK_LIMIT: "negative acknowledgement limit reached",
    INACTIVITY: "inactivity detected",
    9: "invalid file structure",
    10: "check limit reached",
    11: "unsupported checksum type",
    14: "suspended",
    CANCELLED: "cancelled",
}
"""Condition codes (table 5-5 of the standard)."""
CANCEL, SUSPEND, IGNORE, ABANDON = 1, 2, 3, 4
"""Fault handlers: notice of cancellation, notice of suspension, ignore, abandon."""
MODULAR, CRC32, NULL = 0, 3, 15
"""Types of checksum of whole files (SANA): modular, CRC-32 of IEEE 802.3, none."""
MOST_DATA: Final = 65_535
_HANDLER: Final = 4  # the type of a fault handler override among the options of metadata
LEAST_PDU: Final = 64
"""Bytes of a PDU that hold any directive with one request."""


class PduError(RaabtaError):
    """Bytes that are no PDU of this transaction."""


class Transaction(NamedTuple):
    """Which transfer a PDU is of: numbers of the entities and of the transfer, and how wide they are written,
    in bytes; large: offsets of 8 bytes, not 4; crc: whether every PDU ends with one."""

    source: int
    destination: int
    number: int
    entity_bytes: int = 2
    number_bytes: int = 4
    large: bool = False
    crc: bool = True

    def header(self, size: int, *, data: bool, to_sender: bool) -> bytes:
        """The fixed header before `size` bytes of data field, of which the CRC is a part."""
        if size > MOST_DATA:
            raise OutOfRangeError("a PDU's data field", size, f"at most {MOST_DATA} bytes", "CCSDS 727.0-B-5")
        first = VERSION << 5 | data << 4 | to_sender << 3 | self.crc << 1 | self.large
        second = (self.entity_bytes - 1) << 4 | (self.number_bytes - 1)
        return b"".join(
            [
                struct.pack(">BHB", first, size, second),
                self.source.to_bytes(self.entity_bytes, "big"),
                self.number.to_bytes(self.number_bytes, "big"),
                self.destination.to_bytes(self.entity_bytes, "big"),
            ]
        )

    @property
    def overhead(self) -> int:
        """Bytes of a PDU around its data field's content."""
        return 4 + 2 * self.entity_bytes + self.number_bytes + (2 if self.crc else 0)

    @property
    def offset(self) -> struct.Struct:
        """One file offset or size."""
        return struct.Struct(">Q" if self.large else ">I")


class Metadata(NamedTuple):
    """Size and names of the file, and how it is checked; handlers: what the receiver shall do about faults,
    as pairs of a condition and a fault handler."""

    size: int
    source_name: str
    target_name: str
    checksum_type: int = CRC32
    handlers: tuple[tuple[int, int], ...] = ()


class FileData(NamedTuple):
    """A piece of the file from an offset on."""

    offset: int
    data: bytes | memoryview


class Eof(NamedTuple):
    """All of the file was sent once: its checksum and its size; or the sender gives up, and why."""

    condition: int
    checksum: int
    size: int


class Finished(NamedTuple):
    """How it ended at the receiver."""

    condition: int
    complete: bool


class Ack(NamedTuple):
    """An end of file, or a finished, was received."""

    directive: int
    condition: int


class Nak(NamedTuple):
    """What is missing within a scope: requests from an offset to before another; (0, 0) is the metadata."""

    start: int
    end: int
    requests: tuple[tuple[int, int], ...]


class Prompt(NamedTuple):
    """The receiver shall say how far it is, or else what it misses."""

    keep_alive: bool


class KeepAlive(NamedTuple):
    """How far the receiver is: the end of the data that have come, from the start of the file."""

    progress: int


Directive = Metadata | Eof | Finished | Ack | Nak | Prompt | KeepAlive
Body = Directive | FileData
TO_SENDER: Final = (Finished, Nak, KeepAlive)


def encode(transaction: Transaction, body: Body) -> bytes:
    """A PDU. Raises OutOfRangeError where it would be too long, or a number does not fit."""
    if isinstance(body, FileData):
        content = transaction.offset.pack(body.offset) + body.data
    else:
        content = _directive(transaction, body)
    to_sender = isinstance(body, TO_SENDER) or (isinstance(body, Ack) and body.directive == EOF_CODE)
    size = len(content) + (2 if transaction.crc else 0)
    whole = transaction.header(size, data=isinstance(body, FileData), to_sender=to_sender) + content
    return whole + binascii.crc_hqx(whole, 0xFFFF).to_bytes(2, "big") if transaction.crc else whole


def _directive(transaction: Transaction, body: Directive) -> bytes:
    offset = transaction.offset
    if isinstance(body, Metadata):
        names = b"".join(_named(each) for each in (body.source_name, body.target_name))
        names += b"".join(bytes([_HANDLER, 1, fault << 4 | handler]) for fault, handler in body.handlers)
        return bytes([METADATA_CODE, 1 << 6 | body.checksum_type]) + offset.pack(body.size) + names
    if isinstance(body, Eof):
        where = b"" if body.condition == NO_ERROR else _location(transaction)
        head = struct.pack(">BBI", EOF_CODE, body.condition << 4, body.checksum)
        return head + offset.pack(body.size) + where
    if isinstance(body, Finished):
        status = 0b010 if body.complete else 0b111  # retained; or incomplete, status not reported
        where = _location(transaction, at_receiver=True) if body.condition not in (0, 11) else b""
        return bytes([FINISHED_CODE, body.condition << 4 | status]) + where
    if isinstance(body, Ack):
        subtype = 1 if body.directive == FINISHED_CODE else 0
        state = 0b10 if body.directive == FINISHED_CODE else 0b01  # terminated, active
        return bytes([ACK_CODE, body.directive << 4 | subtype, body.condition << 4 | state])
    if isinstance(body, Prompt):
        return bytes([PROMPT_CODE, body.keep_alive << 7])
    if isinstance(body, KeepAlive):
        return bytes([KEEP_ALIVE_CODE]) + offset.pack(body.progress)
    pairs = [offset.pack(number) for request in body.requests for number in request]
    return bytes([NAK_CODE]) + offset.pack(body.start) + offset.pack(body.end) + b"".join(pairs)


def _named(name: str) -> bytes:
    data = name.encode()
    if len(data) > 255:
        raise OutOfRangeError(
            "a file name", f"{len(data)} bytes long", "at most 255 bytes", "CCSDS 727.0-B-5"
        )
    return bytes([len(data)]) + data


def _location(transaction: Transaction, *, at_receiver: bool = False) -> bytes:
    """The entity at which a fault is, as type, length, value."""
    entity = transaction.destination if at_receiver else transaction.source
    return bytes([6, transaction.entity_bytes]) + entity.to_bytes(transaction.entity_bytes, "big")


def decode(pdu: bytes, transaction: Transaction) -> Body:
    """What a PDU of a transaction says. Raises PduError for anything else, whatever the bytes."""
    overhead = transaction.overhead
    if len(pdu) <= overhead:
        raise PduError(f"a PDU of {len(pdu)} bytes is truncated; one of this transaction is longer")
    data, to_sender = bool(pdu[0] & 0x10), bool(pdu[0] & 0x08)
    size = len(pdu) - overhead + (2 if transaction.crc else 0)
    if pdu[: overhead - (2 if transaction.crc else 0)] != transaction.header(
        min(size, MOST_DATA), data=data, to_sender=to_sender
    ):
        raise PduError("a PDU is truncated, or of another transaction, version or mode")
    if transaction.crc and binascii.crc_hqx(pdu, 0xFFFF) != 0:
        raise PduError("a PDU's CRC does not match: it was changed on the way")
    content = memoryview(pdu)[overhead - 2 : -2] if transaction.crc else memoryview(pdu)[overhead:]
    if data:
        return _file_data(transaction, content, to_sender)
    body = _read(transaction, content)
    wanted = isinstance(body, TO_SENDER) or (isinstance(body, Ack) and body.directive == EOF_CODE)
    if to_sender != wanted:
        raise PduError("a PDU's direction does not go with what it says")
    return body


def _file_data(transaction: Transaction, content: memoryview, to_sender: bool) -> FileData:
    width = transaction.offset.size
    if to_sender or len(content) <= width:
        raise PduError("a PDU of file data without data, or sent the wrong way round")
    return FileData(transaction.offset.unpack_from(content)[0], content[width:])


def _read(transaction: Transaction, content: memoryview) -> Directive:
    """A directive. Raises PduError."""
    code, rest, width = content[0], bytes(content[1:]), transaction.offset.size
    if code == METADATA_CODE:
        return _metadata(transaction, rest)
    if code == EOF_CODE and len(rest) >= 5 + width:
        checksum, size = struct.unpack(">I", rest[1:5])[0], transaction.offset.unpack_from(rest, 5)[0]
        return Eof(_condition(rest[0]), checksum, size)
    if code == FINISHED_CODE and rest:
        return Finished(_condition(rest[0]), not rest[0] & 0b100)
    if code == ACK_CODE and len(rest) == 2:
        if (rest[0] >> 4, rest[0] & 15) not in ((EOF_CODE, 0), (FINISHED_CODE, 1)):
            raise PduError("an acknowledgement of what is never acknowledged")
        return Ack(rest[0] >> 4, _condition(rest[1]))
    if code == NAK_CODE:
        return _nak(transaction, rest)
    if code == PROMPT_CODE and len(rest) == 1:
        return Prompt(bool(rest[0] & 0x80))
    if code == KEEP_ALIVE_CODE and len(rest) == width:
        return KeepAlive(transaction.offset.unpack(rest)[0])
    raise PduError(f"a PDU of directive {code} that is truncated, or not of class 2")


def _condition(octet: int) -> int:
    if octet >> 4 not in CONDITIONS:
        raise PduError(f"condition {octet >> 4} is none of the standard's")
    return octet >> 4


def _metadata(transaction: Transaction, rest: bytes) -> Metadata:
    width = transaction.offset.size
    if len(rest) < 1 + width:
        raise PduError("metadata that are truncated")
    kind, size = rest[0] & 15, transaction.offset.unpack_from(rest, 1)[0]
    if kind not in (MODULAR, CRC32, NULL):
        raise PduError(f"checksum type {kind} is not supported; there are {MODULAR}, {CRC32} and {NULL}")
    names, at = list[str](), 1 + width
    for _ in range(2):
        end = at + 1 + (rest[at] if at < len(rest) else len(rest))
        if end > len(rest):
            raise PduError("metadata whose names are truncated")
        names.append(_text(rest[at + 1 : end]))
        at = end
    return Metadata(size, names[0], names[1], kind, _handlers(rest[at:]))


def _handlers(options: bytes) -> tuple[tuple[int, int], ...]:
    """Fault handlers among the options of metadata; others are passed over. Raises PduError."""
    found, at = list[tuple[int, int]](), 0
    while at < len(options):
        end = at + 2 + options[at + 1] if at + 1 < len(options) else len(options) + 1
        if end > len(options):
            raise PduError("metadata whose options are truncated")
        value = options[at + 2 : end]
        if options[at] == _HANDLER:
            if len(value) != 1 or value[0] & 15 not in (CANCEL, SUSPEND, IGNORE, ABANDON):
                raise PduError("a fault handler that is none of the standard's")
            found.append((_condition(value[0]), value[0] & 15))
        at = end
    return tuple(found)


def _text(name: bytes) -> str:
    """A file's name: no control characters; it can hold `../`: open nothing by it. Raises PduError."""
    try:
        text = name.decode()
    except UnicodeDecodeError:
        raise PduError("a file name that is no UTF-8") from None
    if any(letter < " " for letter in text):
        raise PduError("a file name with control characters")
    return text


def _nak(transaction: Transaction, rest: bytes) -> Nak:
    width = transaction.offset.size
    if len(rest) < 2 * width or len(rest) % (2 * width):
        raise PduError("a negative acknowledgement that is truncated")
    numbers = struct.unpack(f">{len(rest) // width}{'Q' if transaction.large else 'I'}", rest)
    start, end, requests = numbers[0], numbers[1], tuple(zip(numbers[2::2], numbers[3::2], strict=True))
    for first, last in requests:
        inside = start <= first < last <= end
        if not inside and (first, last) != (0, 0):
            raise PduError(f"a request from {first} to {last} outside of its scope, {start} to {end}")
    return Nak(start, end, requests)


def naks(transaction: Transaction, missing: list[tuple[int, int]], end: int, most_bytes: int) -> list[bytes]:
    """Negative acknowledgements of all that is missing up to `end`, each a PDU of `most_bytes` at most; their
    scopes lie side by side. Raises OutOfRangeError for a size that holds no request."""
    room = (most_bytes - transaction.overhead - 1) // (2 * transaction.offset.size) - 1
    if room < 1:
        valid = f"at least {transaction.overhead + 1 + 4 * transaction.offset.size} bytes"
        raise OutOfRangeError("the size of a PDU", most_bytes, valid, "a negative acknowledgement")
    out, start = list[bytes](), 0
    for first in range(0, len(missing), room):
        part = missing[first : first + room]
        last = end if first + room >= len(missing) else part[-1][1]
        out.append(encode(transaction, Nak(start, last, tuple(part))))
        start = last
    return out


def checksum(content: bytes | bytearray | memoryview, kind: int, before: int = 0) -> int:
    """The checksum of a whole file; modular: big-endian words of four bytes added up modulo 2^32, the last
    filled up with zeros (4.2.2.2 of the standard). before: the checksum of what stands before the content, a
    whole number of words."""
    if kind == NULL:
        return 0
    if kind == CRC32:
        return zlib.crc32(content, before)
    whole = len(content) // 4 * 4
    words = np.frombuffer(content, ">u4", whole // 4)
    rest = bytes(content[whole:]).ljust(4, b"\0")
    return (before + int(words.sum(dtype=np.uint64)) + int.from_bytes(rest, "big")) % 2**32
