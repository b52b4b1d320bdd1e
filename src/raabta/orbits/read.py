"""Read orbit data from a file: its size, its encoding, which format it is."""

from __future__ import annotations

import re
from pathlib import Path

from raabta.base.errors import OrbitDataError
from raabta.base.userfiles import why_not
from raabta.orbits.elements import MeanElements

MAX_BYTES = 50_000_000
_KEYWORD = re.compile(r"[A-Z_]+\s*=")
_FORMATS = "TLE lines, or OMM in JSON, KVN, XML or CSV"


def read_orbits(path: Path | str) -> MeanElements:
    """Mean elements of a TLE or OMM file (format by content), at most 50 MB of UTF-8 text.

    OrbitDataError says file, line, column and what is allowed.
    """
    return parse_orbits(bytes_of(path, _FORMATS), Path(path).name)


def bytes_of(path: Path | str, wanted: str) -> bytes:
    """What a file holds, one byte more than MAX_BYTES at most; OrbitDataError names what is `wanted`."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        fault, hint = why_not(Path(path), error)
        more = f"\nhint: {hint}" if hint else ""
        raise OrbitDataError(f"{path}: cannot be read ({fault}); give {wanted}{more}") from error


def parse_orbits(data: bytes, source: str = "orbit data") -> MeanElements:
    """Mean elements of the bytes of a TLE or OMM file; `source` is the name that messages start with."""
    if len(data) > MAX_BYTES:
        raise OrbitDataError(f"{source}: more than {MAX_BYTES // 10**6} MB; split the file")
    text = _decoded(data, source)
    head = text.lstrip()[:4096]
    if not head:
        raise OrbitDataError(f"{source}: the file is empty; give {_FORMATS}")
    return _parse(text, head, source)


def _parse(text: str, head: str, source: str) -> MeanElements:
    from raabta.orbits import omm
    from raabta.orbits.tle import parse_tle

    if head.startswith("<"):
        return omm.parse_omm_xml(text, source)
    if head[0] in "[{":
        return omm.parse_omm_json(text, source)
    first = head.splitlines()[0]
    if head.startswith("COMMENT") or _KEYWORD.match(first):
        return omm.parse_omm_kvn(text, source)
    if "," in first and "EPOCH" in first and "MEAN_MOTION" in first:
        return omm.parse_omm_csv(text, source)
    return parse_tle(text, source)


def _decoded(data: bytes, source: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise OrbitDataError(
            f"{source}:{line}:{column}: byte 0x{data[error.start]:02x} is no UTF-8; save it as UTF-8 text"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise OrbitDataError(f"{source}:{line}:1: a zero byte; this is no text file (give {_FORMATS})")
    return text
