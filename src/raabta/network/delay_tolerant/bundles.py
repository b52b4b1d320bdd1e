"""Bundles of the Bundle Protocol version 7 (RFC 9171, doi:10.17487/RFC9171): encode, decode, cut, join.

Decoding is strict: what RFC 9171 does not allow is refused with the byte where it stands. Its work and its
memory are bounded by the length of what was received.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING

from raabta.base.errors import LimitError, RaabtaError
from raabta.network.delay_tolerant import cbor
from raabta.network.delay_tolerant.checksums import crc16_x25, crc32c
from raabta.network.delay_tolerant.endpoints import Endpoint, endpoint, read_endpoint

if TYPE_CHECKING:
    import numpy as np

VERSION = 7
MOST_BLOCKS = 1_000
MOST_BYTES = 2**31
PAYLOAD, PREVIOUS_NODE, BUNDLE_AGE, HOP_COUNT = 1, 6, 7, 10
_ONCE = {PAYLOAD: "payload", PREVIOUS_NODE: "previous node", BUNDLE_AGE: "bundle age", HOP_COUNT: "hop count"}
_EPOCH_MS = 946_684_800_000
"""2000-01-01T00:00:00 UTC, the beginning of DTN time, in ms from that of Unix."""


class Crc(IntEnum):
    """What a block is checked by."""

    none = 0
    crc16 = 1
    crc32c = 2


class Flag(IntFlag):
    """What a bundle is, and what is asked of those who carry it (RFC 9171, section 4.2.3)."""

    fragment = 0x000001
    administrative = 0x000002
    not_to_be_cut = 0x000004
    acknowledge = 0x000020
    with_time = 0x000040
    report_reception = 0x004000
    report_forwarding = 0x010000
    report_delivery = 0x020000
    report_deletion = 0x040000


_FRAGMENT, _NOT_TO_BE_CUT, _ADMINISTRATIVE = 0x01, 0x04, 0x02
_REPORTS = 0x074000
"""Plain numbers of flags: arithmetic of enumerations takes a good part of a decoding."""


class BlockFlag(IntFlag):
    """What becomes of a block where a bundle is cut or a node cannot process it (section 4.2.4)."""

    in_every_fragment = 0x01
    report_if_unprocessed = 0x02
    delete_bundle_if_unprocessed = 0x04
    remove_if_unprocessed = 0x10


@dataclass(frozen=True)
class Block:
    """A block after the primary one. data: of its type, coded as that type says."""

    kind: int
    number: int
    data: bytes
    flags: int = 0
    crc: Crc = Crc.crc32c

    def encode(self) -> bytes:
        """As CBOR, its checksum included."""
        items = [*map(cbor.uint, (self.kind, self.number, self.flags, self.crc)), cbor.string(self.data)]
        return _sealed(items, self.crc)


@dataclass(frozen=True)
class Bundle:
    """A bundle. Times in ms; created_ms counts from 2000-01-01T00:00:00 UTC; 0: no clock was at hand.

    blocks: all but the primary one, the payload last. offset, total: of a fragment, bytes of the whole.
    """

    destination: Endpoint
    source: Endpoint
    report_to: Endpoint
    created_ms: int
    sequence: int
    lifetime_ms: int
    blocks: tuple[Block, ...]
    flags: int = 0
    crc: Crc = Crc.crc32c
    offset: int | None = None
    total: int | None = None

    @property
    def payload(self) -> bytes:
        """What it carries."""
        return self.blocks[-1].data

    @property
    def previous_node(self) -> Endpoint | None:
        """Who sent it here, if it says."""
        data = self._data(PREVIOUS_NODE)
        return None if data is None else read_endpoint(cbor.Reader(data))

    @property
    def age_ms(self) -> int | None:
        """Since it was created, if it says."""
        data = self._data(BUNDLE_AGE)
        return None if data is None else cbor.Reader(data).uint()

    @property
    def hops(self) -> tuple[int, int] | None:
        """The most hops and those that were made, if it says."""
        data = self._data(HOP_COUNT)
        return None if data is None else _hops(cbor.Reader(data))

    def created(self) -> np.datetime64 | None:
        """UTC of its creation (a leap second is not told from the next); None where no clock was at hand."""
        import numpy as np

        return np.datetime64(self.created_ms + _EPOCH_MS, "ms") if self.created_ms else None

    def encode(self) -> bytes:
        """As CBOR."""
        return b"".join((b"\x9f", self._primary(), *(block.encode() for block in self.blocks), b"\xff"))

    def _data(self, kind: int) -> bytes | None:
        return next((block.data for block in self.blocks if block.kind == kind), None)

    def _primary(self) -> bytes:
        items = [cbor.uint(VERSION), cbor.uint(self.flags), cbor.uint(self.crc)]
        items += [each.encode() for each in (self.destination, self.source, self.report_to)]
        items += [
            cbor.array((cbor.uint(self.created_ms), cbor.uint(self.sequence))),
            cbor.uint(self.lifetime_ms),
        ]
        if self.offset is not None and self.total is not None:
            items += [cbor.uint(self.offset), cbor.uint(self.total)]
        return _sealed(items, self.crc)


def make_bundle(
    destination: Endpoint | str,
    source: Endpoint | str,
    payload: bytes,
    *,
    created_ms: int,
    lifetime_ms: int,
    sequence: int = 0,
    report_to: Endpoint | str = "dtn:none",
    flags: int = 0,
    previous_node: Endpoint | str | None = None,
    age_ms: int | None = None,
    hops: tuple[int, int] | None = None,
    crc: Crc = Crc.crc32c,
) -> Bundle:
    """A bundle with its usual blocks. hops: the most, and those that were made.

    Raises RaabtaError for what RFC 9171 does not allow, such as no age where there was no clock.
    """
    given = {
        PREVIOUS_NODE: None if previous_node is None else endpoint(previous_node).encode(),
        BUNDLE_AGE: None if age_ms is None else cbor.uint(age_ms),
        HOP_COUNT: None if hops is None else cbor.array(map(cbor.uint, hops)),
    }
    if created_ms == 0 and age_ms is None:
        raise RaabtaError("a bundle that was created at no known time (0) needs its age: give age_ms")
    if crc == Crc.none:
        raise RaabtaError("the primary block needs a checksum: crc16 or crc32c")
    extra = [(kind, data) for kind, data in given.items() if data is not None]
    blocks = [Block(kind, number, data, 0, crc) for number, (kind, data) in enumerate(extra, 2)]
    ends = endpoint(destination), endpoint(source), endpoint(report_to)
    made = Bundle(
        *ends, created_ms, sequence, lifetime_ms, (*blocks, Block(PAYLOAD, 1, payload, 0, crc)), flags, crc
    )
    fault = find_fault(made)
    if fault is not None:
        raise RaabtaError(f"bundle: {fault}")
    return made


def find_fault(bundle: Bundle) -> str | None:
    """The first thing that is wrong with a bundle as a whole, or None."""
    kinds = [block.kind for block in bundle.blocks]
    numbers = [block.number for block in bundle.blocks]
    if not kinds or kinds[-1] != PAYLOAD or numbers[-1] != 1:
        return "its last block is not the payload block, number 1"
    if len(set(numbers)) != len(numbers) or min(numbers) < 1:
        return "two blocks of one number, or a number below 1"
    twice = next((kind for kind in _ONCE if kinds.count(kind) > 1), None)
    if twice is not None:
        return f"two {_ONCE[twice]} blocks"
    return _flag_fault(bundle) or _fragment_fault(bundle)


def _flag_fault(bundle: Bundle) -> str | None:
    flags = int(bundle.flags)
    if flags & _FRAGMENT and flags & _NOT_TO_BE_CUT:
        return "a fragment that must not be one"
    if bundle.source.is_null and (not flags & _NOT_TO_BE_CUT or flags & _REPORTS):
        return "its source is nobody, so it must not be cut nor reported on"
    if flags & _ADMINISTRATIVE and flags & _REPORTS:
        return "an administrative record that asks for reports"
    return None


def _fragment_fault(bundle: Bundle) -> str | None:
    told = bundle.offset is not None and bundle.total is not None
    if told != bool(int(bundle.flags) & _FRAGMENT):
        return "offset and length of the whole are for fragments, and fragments have them"
    if bundle.offset is not None and bundle.total is not None:
        length = len(bundle.payload)
        if bundle.offset + length > bundle.total:
            return f"{length:,} bytes from {bundle.offset:,} on, of {bundle.total:,}"
    return None


def decode(data: bytes) -> Bundle:
    """The bundle that some bytes are. Raises RaabtaError with the byte where they are none; LimitError."""
    if len(data) > MOST_BYTES:
        raise LimitError(f"a bundle of {len(data):,} bytes; at most {MOST_BYTES:,} are read")
    reader = cbor.Reader(bytes(data))
    if not data or data[0] != cbor.BEGIN:
        raise reader.fault("no bundle: it begins with an array of indefinite length, 0x9f")
    reader.at = 1
    begin_bundle = _read_primary(reader)
    blocks: list[Block] = []
    while reader.at < len(data) and data[reader.at] != cbor.END:
        if len(blocks) == MOST_BLOCKS:
            raise LimitError(f"bundle, byte {reader.at}: more than {MOST_BLOCKS:,} blocks")
        blocks.append(_read_block(reader))
    if reader.at >= len(data):
        raise reader.fault("it ends before its last byte, 0xff")
    if reader.at != len(data) - 1:
        raise reader.fault(f"the bundle ends here; {len(data) - 1 - reader.at:,} bytes follow")
    bundle = begin_bundle(tuple(blocks))
    fault = find_fault(bundle)
    if fault is not None:
        raise RaabtaError(f"bundle: {fault}")
    return bundle


def _read_primary(reader: cbor.Reader) -> Callable[[tuple[Block, ...]], Bundle]:
    """The primary block, as what makes a bundle of it and the other blocks."""
    begin = reader.at
    count = reader.array(8, 9, 10, 11)
    version = reader.uint()
    if version != VERSION:
        raise reader.fault(f"version {version} of the bundle protocol; 7 is read")
    flags, crc = reader.uint(), _read_crc_kind(reader)
    due = 8 + (crc is not Crc.none) + 2 * bool(flags & _FRAGMENT)
    if count != due:
        raise reader.fault(f"a primary block of {count} items; its flags and checksum make {due}")
    ends = read_endpoint(reader), read_endpoint(reader), read_endpoint(reader)
    reader.array(2)
    created_ms, sequence, lifetime_ms = reader.uint(), reader.uint(), reader.uint()
    offset = total = None
    if flags & _FRAGMENT:
        offset, total = reader.uint(), reader.uint()
    _check_crc(reader, begin, crc, "primary block")
    told = *ends, created_ms, sequence, lifetime_ms
    return lambda blocks: Bundle(*told, blocks, flags, crc, offset, total)


def _read_block(reader: cbor.Reader) -> Block:
    begin = reader.at
    count = reader.array(5, 6)
    kind, number, flags = reader.uint(), reader.uint(), reader.uint()
    crc = _read_crc_kind(reader)
    if count != 5 + (crc != Crc.none):
        raise reader.fault(f"a block of {count} items; its checksum makes {5 + (crc != Crc.none)}")
    at = reader.at
    data = reader.string()
    _check_crc(reader, begin, crc, f"block {number}")
    _check_data(kind, data, at)
    return Block(kind, number, data, flags, crc)


def _check_data(kind: int, data: bytes, at: int) -> None:
    """Whether the data of a block of a known type are what they must be."""
    inner = cbor.Reader(data)
    if kind == PREVIOUS_NODE:
        read_endpoint(inner)
    elif kind == BUNDLE_AGE:
        inner.uint()
    elif kind == HOP_COUNT:
        most, made = _hops(inner)
        if not 1 <= most <= 255 or made > 255:
            raise RaabtaError(f"bundle, byte {at}: a hop limit of {most}, {made} made; 1 to 255 are allowed")
    else:
        return
    if inner.at != len(data):
        raise RaabtaError(
            f"bundle, byte {at}: {len(data) - inner.at} bytes follow in the {_ONCE[kind]} block"
        )


def _hops(reader: cbor.Reader) -> tuple[int, int]:
    reader.array(2)
    return reader.uint(), reader.uint()


def _read_crc_kind(reader: cbor.Reader) -> Crc:
    begin = reader.at
    kind = reader.uint()
    if kind > 2:
        reader.at = begin
        raise reader.fault(f"checksum type {kind}; 0 (none), 1 (CRC-16) and 2 (CRC-32C) are known")
    return _CRCS[kind]


def _check_crc(reader: cbor.Reader, begin: int, crc: Crc, what: str) -> None:
    """Read the checksum of the block that began at `begin`, and compare."""
    if crc is Crc.none:
        return
    at, size = reader.at, _SIZE[crc]
    told = reader.string()
    if len(told) != size:
        reader.at = at
        raise reader.fault(f"a checksum of {len(told)} bytes; {size} are due")
    found = _checksum(reader.data[begin : at + 1] + bytes(size), crc)
    if found != told:
        reader.at = at
        raise reader.fault(f"the checksum of the {what} is {found.hex()}, it says {told.hex()}")


_SIZE = {Crc.crc16: 2, Crc.crc32c: 4}
_CRCS = (Crc.none, Crc.crc16, Crc.crc32c)


def _checksum(data: bytes, crc: Crc) -> bytes:
    return crc16_x25(data).to_bytes(2, "big") if crc == Crc.crc16 else crc32c(data).to_bytes(4, "big")


def _sealed(items: Sequence[bytes], crc: Crc) -> bytes:
    """An array of items, closed by their checksum if there is one."""
    if crc == Crc.none:
        return cbor.array(items)
    size = _SIZE[crc]
    coded = cbor.array((*items, cbor.string(bytes(size))))
    return coded[:-size] + _checksum(coded, crc)


def cut(bundle: Bundle, most_bytes: int) -> list[Bundle]:
    """Fragments of a bundle with payloads of at most some bytes (RFC 9171, 5.8); itself if it is short.

    Blocks that are to be in every fragment are; the others are in the first. Raises RaabtaError where it must
    not be cut.
    """
    payload = bundle.payload
    if most_bytes < 1:
        raise RaabtaError(f"fragments of {most_bytes} bytes; allowed: 1 or more")
    if len(payload) <= most_bytes:
        return [bundle]
    if bundle.flags & Flag.not_to_be_cut:
        raise RaabtaError(
            f"a bundle of {len(payload):,} bytes that must not be cut; {most_bytes:,} are asked for"
        )
    base, total = bundle.offset or 0, len(payload) if bundle.total is None else bundle.total
    last, parts = bundle.blocks[-1], []
    for at in range(0, len(payload), most_bytes):
        kept = [b for b in bundle.blocks[:-1] if at == 0 or b.flags & BlockFlag.in_every_fragment]
        blocks = (*kept, replace(last, data=payload[at : at + most_bytes]))
        flags = bundle.flags | Flag.fragment
        parts.append(replace(bundle, blocks=blocks, flags=flags, offset=base + at, total=total))
    return parts


def join(fragments: Iterable[Bundle]) -> Bundle:
    """The bundle that its fragments make, in any order, repeated or overlapping (RFC 9171, 5.9).

    Raises RaabtaError for fragments of several bundles, missing bytes, or some told twice and differently.
    """
    parts = sorted(fragments, key=lambda part: (part.offset or 0, -len(part.payload)))
    if not parts:
        raise RaabtaError("no fragment")
    first = parts[0]
    if any(_whose(part) != _whose(first) for part in parts):
        raise RaabtaError("fragments of several bundles, or of several lengths; join those of one")
    whole = bytearray()
    for part in parts:
        _lay(whole, part)
    if first.total is None or len(whole) != first.total:
        raise RaabtaError(f"bytes {len(whole):,} to {first.total:,} of the payload are missing")
    blocks = (*first.blocks[:-1], replace(first.blocks[-1], data=bytes(whole)))
    return replace(first, blocks=blocks, flags=first.flags & ~Flag.fragment, offset=None, total=None)


def _whose(part: Bundle) -> tuple[object, ...]:
    if part.offset is None:
        raise RaabtaError("a bundle that is no fragment")
    return str(part.source), part.created_ms, part.sequence, part.total


def _lay(whole: bytearray, part: Bundle) -> None:
    """Lay a fragment onto those before it."""
    begin, length = part.offset or 0, len(part.payload)
    if begin > len(whole):
        raise RaabtaError(f"bytes {len(whole):,} to {begin:,} of the payload are missing")
    common = min(len(whole) - begin, length)
    if whole[begin : begin + common] != part.payload[:common]:
        raise RaabtaError(f"two fragments tell different bytes from {begin:,} on")
    whole += part.payload[common:]
