"""Endpoint identifiers of bundles: schemes `dtn` and `ipn` (RFC 9171, section 4.2.5; RFC 9758 for `ipn`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from raabta.base.errors import RaabtaError
from raabta.network.delay_tolerant import cbor

DTN, IPN = 1, 2
MOST_NUMBER = 2**32 - 1
"""Greatest allocator and node number; as a node number of allocator 0 it is the node itself, written `!`."""
MOST_PATH = 1_000
_IPN = re.compile(r"ipn:(?:(\d{1,10})\.)?(\d{1,10}|!)\.(\d{1,20})", re.ASCII)
_DTN = re.compile(r"//[!-.0-~]+/[!-~]*", re.ASCII)


@dataclass(frozen=True)
class Endpoint:
    """Where a bundle comes from or goes. uri: `dtn:none`, `dtn://node/demux`, `ipn:node.service` or
    `ipn:allocator.node.service`; three: an `ipn` coded with three numbers (RFC 9758) instead of two."""

    uri: str
    three: bool = False

    def __post_init__(self) -> None:
        """Raises RaabtaError for what is no endpoint."""
        object.__setattr__(self, "uri", _canonical(self.uri))

    def __str__(self) -> str:
        return self.uri

    @property
    def is_null(self) -> bool:
        """Whether it is nobody's: `dtn:none`, or `ipn:0.0`."""
        return self.uri in ("dtn:none", "ipn:0.0")

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Allocator, node and service of an `ipn` endpoint."""
        return _numbers(self.uri)

    def encode(self) -> bytes:
        """As CBOR."""
        if self.uri == "dtn:none":
            return b"\x82\x01\x00"
        if self.uri.startswith("dtn:"):
            return b"\x82\x01" + cbor.text(self.uri[4:])
        allocator, node, service = self.numbers
        given = (allocator, node, service) if self.three else (allocator << 32 | node, service)
        return b"\x82\x02" + cbor.array(map(cbor.uint, given))


def endpoint(what: Endpoint | str) -> Endpoint:
    """An endpoint, given as such or as a URI."""
    return what if isinstance(what, Endpoint) else Endpoint(what)


def read_endpoint(reader: cbor.Reader) -> Endpoint:
    """The endpoint that comes next. Raises RaabtaError with the byte."""
    reader.array(2)
    begin = reader.at
    scheme = reader.uint()
    if scheme == DTN:
        return _read_dtn(reader)
    if scheme != IPN:
        reader.at = begin
        raise reader.fault(f"endpoint scheme {scheme}; 1 (dtn) and 2 (ipn) are known")
    count = reader.array(2, 3)
    begin = reader.at
    numbers = [reader.uint() for _ in range(count)]
    if count == 2:
        numbers = [numbers[0] >> 32, numbers[0] & MOST_NUMBER, numbers[1]]
    if max(numbers[:2]) > MOST_NUMBER:
        reader.at = begin
        raise reader.fault(f"an allocator or node number above {MOST_NUMBER:,}")
    return _of_numbers(*numbers, count == 3)


@lru_cache(maxsize=4096)
def _of_numbers(allocator: int, node: int, service: int, three: bool) -> Endpoint:
    return Endpoint(_uri(allocator, node, service), three)


def _read_dtn(reader: cbor.Reader) -> Endpoint:
    begin = reader.at
    if reader.major() == cbor.UINT:
        if reader.uint() != 0:
            reader.at = begin
            raise reader.fault("a number other than 0 (dtn:none) in a dtn endpoint")
        return Endpoint("dtn:none")
    path = reader.text()
    try:
        return Endpoint(f"dtn:{path}")
    except RaabtaError:
        reader.at = begin
        raise reader.fault(f"{path[:60]!r} in a dtn endpoint; //node/demux is due") from None


def _canonical(uri: str) -> str:
    """The one way to write an endpoint."""
    if uri == "dtn:none":
        return uri
    if uri.startswith("dtn:") and len(uri) <= MOST_PATH and _DTN.fullmatch(uri[4:]):
        return uri
    if uri.startswith("ipn:"):
        return _uri(*_numbers(uri))
    hint = "`ipn:3.1`, `ipn:977000.3.1`, `dtn://node/demux`, `dtn:none`"
    raise RaabtaError(f"{uri[:60]!r} is no endpoint\nhint: {hint}")


def _numbers(uri: str) -> tuple[int, int, int]:
    found = _IPN.fullmatch(uri)
    own = bool(found) and found is not None and found[2] == "!"
    if found is None or (own and found[1] is not None):
        raise RaabtaError(f"{uri[:60]!r} is no endpoint\nhint: `ipn:node.service`, whole numbers")
    allocator, node = int(found[1] or 0), MOST_NUMBER if own else int(found[2])
    service = int(found[3])
    if max(allocator, node) > MOST_NUMBER or service > cbor.MOST_UINT:
        raise RaabtaError(f"{uri[:60]!r}: allocator and node may be {MOST_NUMBER:,}, a service 2^64 - 1")
    return allocator, node, service


def _uri(allocator: int, node: int, service: int) -> str:
    if allocator == 0:
        return f"ipn:{'!' if node == MOST_NUMBER else node}.{service}"
    return f"ipn:{allocator}.{node}.{service}"
