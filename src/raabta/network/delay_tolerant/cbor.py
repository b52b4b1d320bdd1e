"""The part of CBOR (RFC 8949, doi:10.17487/RFC8949) that bundles are written in: unsigned integers, byte and
text strings, arrays. Read strictly: lengths are definite and every head is the shortest (section 4.2.1), so
that one value has one encoding. Nothing is allocated for a length before its bytes are there.
"""

from __future__ import annotations

from collections.abc import Iterable

from raabta.base.errors import RaabtaError

UINT, BYTES, TEXT, ARRAY = 0, 2, 3, 4
BEGIN, END = 0x9F, 0xFF
"""First byte of an array of indefinite length, and the byte that ends it."""
MOST_UINT = 2**64 - 1
_NAMES = {
    0: "an unsigned integer", 1: "a negative integer", 2: "a byte string", 3: "a text string", 4: "an array",
    5: "a map", 6: "a tag", 7: "a simple value or float",
}  # fmt: skip


class Reader:
    """Reads items of some bytes, one after another; `at` is the place of the next."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def fault(self, message: str) -> RaabtaError:
        """What is wrong at this byte."""
        return RaabtaError(f"bundle, byte {self.at}: {message}")

    def head(self, major: int) -> int:
        """The number in the head of an item of a major type. Raises RaabtaError."""
        data, at = self.data, self.at
        if at >= len(data):
            raise self.fault(f"it ends where {_NAMES[major]} is due")
        first = data[at]
        if first >> 5 != major:
            raise self.fault(f"{_name(first)} where {_NAMES[major]} is due")
        short = first & 31
        if short < 24:
            self.at = at + 1
            return short
        if short > 27:
            kind = "an indefinite length" if short == 31 else "a reserved length"
            raise self.fault(f"{kind}; {_NAMES[major]} here has a definite one")
        size = 1 << (short - 24)
        if at + 1 + size > len(data):
            raise self.fault(f"it ends inside a head of {size + 1} bytes")
        value = int.from_bytes(data[at + 1 : at + 1 + size], "big")
        if value < (24 if size == 1 else 1 << (4 * size)):
            raise self.fault(f"{value} in {size + 1} bytes; the shortest form is due")
        self.at = at + 1 + size
        return value

    def uint(self) -> int:
        """An unsigned integer."""
        return self.head(UINT)

    def string(self, major: int = BYTES) -> bytes:
        """The bytes of a byte or text string."""
        begin = self.at
        length = self.head(major)
        if length > len(self.data) - self.at:
            here, self.at = self.at, begin
            raise self.fault(f"a string of {length:,} bytes; {len(self.data) - here:,} are left")
        self.at += length
        return self.data[self.at - length : self.at]

    def text(self) -> str:
        """A text string, in UTF-8."""
        begin = self.at
        try:
            return self.string(TEXT).decode()
        except UnicodeDecodeError:
            self.at = begin
            raise self.fault("a text string that is not UTF-8") from None

    def array(self, *lengths: int) -> int:
        """The head of an array of one of these lengths."""
        begin = self.at
        found = self.head(ARRAY)
        if found not in lengths:
            self.at = begin
            due = " or ".join(map(str, lengths))
            raise self.fault(f"an array of {found:,} items; {due} are due")
        return found

    def major(self) -> int:
        """Major type of the next item, -1 at the end."""
        return self.data[self.at] >> 5 if self.at < len(self.data) else -1


def _name(first: int) -> str:
    return "the end of an array" if first == END else _NAMES[first >> 5]


def head(major: int, value: int) -> bytes:
    """The shortest head of an item."""
    if value < 24:
        return bytes((major << 5 | value,))
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << (8 * size):
            return bytes((major << 5 | code,)) + value.to_bytes(size, "big")
    raise RaabtaError(f"{value} does not fit an unsigned integer of 64 bits")


def uint(value: int) -> bytes:
    """An unsigned integer."""
    return head(UINT, value)


def string(value: bytes) -> bytes:
    """A byte string."""
    return head(BYTES, len(value)) + value


def text(value: str) -> bytes:
    """A text string."""
    coded = value.encode()
    return head(TEXT, len(coded)) + coded


def array(items: Iterable[bytes]) -> bytes:
    """An array of coded items."""
    coded = list(items)
    return head(ARRAY, len(coded)) + b"".join(coded)
