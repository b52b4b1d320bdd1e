"""Orbit Mean-Elements Messages (CCSDS 502.0-B-3) in JSON, KVN, XML and CSV, by our own grammar and ranges.

Each reader only finds (keyword, text, place) triples; one function judges them. SGP4 sets in TEME and UTC
about the Earth are read; anything else is refused by name.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from raabta.orbits.defused import MAX_TEXT, Elements, walk
from raabta.orbits.elements import MeanElements
from raabta.orbits.rows import (
    Place,
    Row,
    as_elements,
    ccsds_time_ns,
    check_count,
    in_range,
    name_of,
    number,
    refuse,
    shown,
)

_ELEMENTS = {
    "INCLINATION": "inclination_deg",
    "RA_OF_ASC_NODE": "raan_deg",
    "ECCENTRICITY": "eccentricity",
    "ARG_OF_PERICENTER": "argp_deg",
    "MEAN_ANOMALY": "mean_anomaly_deg",
    "MEAN_MOTION": "mean_motion_rev_day",
    "BSTAR": "bstar_per_radius",
}
_FIXED = {
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME",),
    "TIME_SYSTEM": ("UTC",),
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4"),
    "EPHEMERIS_TYPE": ("0", "2"),
}
_READ = {*_ELEMENTS, *_FIXED, "EPOCH", "OBJECT_NAME", "OBJECT_ID", "NORAD_CAT_ID"}
_CATALOGUE_NUMBER = re.compile(r"[0-9]{1,9}")
_UNIT = re.compile(r"\s*\[[^\[\]]*\]$")
MAX_FIELDS = 200
YEARS = 1957, 2057


class _Value(NamedTuple):
    text: str
    place: Place


_Message = dict[str, _Value]


def parse_omm_json(text: str, source: str = "OMM") -> MeanElements:
    """Mean elements from one JSON object or an array of them; numbers may be numbers or text."""
    return _elements(_json_messages(text, source), source)


def parse_omm_kvn(text: str, source: str = "OMM") -> MeanElements:
    """Mean elements from `KEY = value [unit]` lines; a new message begins with CCSDS_OMM_VERS."""
    return _elements(_kvn_messages(text, source), source)


def parse_omm_csv(text: str, source: str = "OMM") -> MeanElements:
    """Mean elements from a header row of keywords and one row a satellite."""
    return _elements(_csv_messages(text, source), source)


def parse_omm_xml(text: str, source: str = "OMM") -> MeanElements:
    """Mean elements from the segments of an XML message; entities and DTDs are refused (defusedxml)."""
    return _elements(iter(_xml_messages(text, source)), source)


def _elements(messages: Iterator[tuple[_Message, Place]], source: str) -> MeanElements:
    rows: list[Row] = []
    for message, place in messages:
        check_count(rows, place)
        rows.append(_row(message, place))
    return as_elements(rows, source)


def _row(message: _Message, place: Place) -> Row:
    for key in (*_ELEMENTS, "EPOCH"):
        if key not in message:
            refuse(place, f"this message has no {key}; an SGP4 element set needs it")
    for key, allowed in _FIXED.items():
        value = message.get(key)
        if value is not None and value.text.upper() not in allowed:
            refuse(value.place, f"{key} is {shown(value.text)}; allowed: {' or '.join(allowed)}")
    values = tuple(_element(key, field, message[key]) for key, field in _ELEMENTS.items())
    norad = _norad_id(message)
    fallback = f"NORAD {norad}" if norad else f"object in line {place.line}"
    label = message.get("OBJECT_NAME") or message.get("OBJECT_ID") or _Value("", place)
    epoch_ns = ccsds_time_ns(message["EPOCH"].text, message["EPOCH"].place, "EPOCH", YEARS)
    return Row(place, name_of(label.text, fallback, label.place), norad, epoch_ns, values)


def _element(key: str, field: str, value: _Value) -> float:
    return in_range(field, number(value.text, key, value.place), key, value.place)


def _norad_id(message: _Message) -> int:
    value = message.get("NORAD_CAT_ID")
    if value is None or not value.text:
        return 0
    if not _CATALOGUE_NUMBER.fullmatch(value.text):
        refuse(value.place, f"NORAD_CAT_ID is {shown(value.text)}; allowed: up to nine digits")
    return int(value.text)


def _keep(message: _Message, key: str, value: _Value) -> None:
    """Store one keyword if we read it; OrbitDataError if it stands twice or is far too long."""
    if key not in _READ:
        return
    if key in message:
        refuse(value.place, f"{key} stands twice in one message")
    if len(value.text) > MAX_TEXT:
        refuse(value.place, f"{key} has {len(value.text)} characters; allowed: {MAX_TEXT}")
    message[key] = value


# KVN


def _kvn_messages(text: str, source: str) -> Iterator[tuple[_Message, Place]]:
    message: _Message = {}
    begin = Place(source, 1)
    for i, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("COMMENT"):
            continue
        key, equals, rest = line.partition("=")
        if not equals:
            refuse(Place(source, i), f"{shown(line)}; allowed: KEY = value, or COMMENT")
        key = key.strip()
        if key == "CCSDS_OMM_VERS":
            if message:
                yield message, begin
            message, begin = {}, Place(source, i)
        value = rest.strip()
        place = Place(source, i, len(line) - len(rest.lstrip()) + 1)
        _keep(message, key, _Value(_UNIT.sub("", value) if key in _ELEMENTS else value, place))
    if message:
        yield message, begin


# CSV


def _csv_messages(text: str, source: str) -> Iterator[tuple[_Message, Place]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            place = Place(source, reader.line_num)
            if not cells:
                continue
            if not header:
                header = _csv_header(cells, place)
                continue
            if len(cells) != len(header):
                refuse(place, f"{len(cells)} cells; allowed: {len(header)}, as in the header")
            yield _csv_message(header, cells, place), place
    except csv.Error as error:
        refuse(Place(source, reader.line_num), f"not CSV: {error}")


def _csv_header(cells: list[str], place: Place) -> list[str]:
    header = [cell.strip() for cell in cells]
    if len(header) > MAX_FIELDS:
        refuse(place, f"{len(header)} columns; allowed: {MAX_FIELDS}")
    return header


def _csv_message(header: list[str], cells: list[str], place: Place) -> _Message:
    """One row; the column of a cell is exact as long as no cell before it is quoted."""
    message: _Message = {}
    column = 1
    for key, cell in zip(header, cells, strict=True):
        _keep(message, key, _Value(cell.strip(), place._replace(column=column)))
        column += len(cell) + 1
    return message


# JSON


def _json_messages(text: str, source: str) -> Iterator[tuple[_Message, Place]]:
    lines = _Lines(text, source)
    decoder = json.JSONDecoder(
        object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number, parse_constant=_Number
    )
    at = _skip(text, 0)
    many = text[at : at + 1] == "["
    at = _skip(text, at + 1) if many else at
    while not (many and text[at : at + 1] == "]"):
        pairs, end = _decode(decoder, text, at, lines)
        place = lines.place(at)
        yield _json_message(pairs, text[at:end], at, lines), place
        at = _skip(text, end)
        if not many:
            break
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != "]":
            refuse(lines.place(at), f"{shown(text[at : at + 20])}; allowed: ',' or ']'")
    at = _skip(text, at + 1) if many else at
    if at < len(text):
        refuse(lines.place(at), f"{shown(text[at : at + 20])} after the end of the JSON value")


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as pairs, so that a keyword that stands twice is seen."""


class _Number(str):
    """A JSON number, kept as its text for our own grammar."""


class _Lines:
    """Line and column of an offset; quick when offsets lie near one another, also in one long line."""

    def __init__(self, text: str, source: str) -> None:
        self._text, self._source = text, source
        self._line, self._at, self._line_start = 1, 0, 0

    def place(self, at: int) -> Place:
        """The place of offset `at`."""
        low, high = min(at, self._at), max(at, self._at)
        breaks = self._text.count("\n", low, high)
        if breaks:
            self._line += breaks if at > self._at else -breaks
            self._line_start = self._text.rfind("\n", 0, at) + 1
        self._at = at
        return Place(self._source, self._line, at - self._line_start + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _decode(decoder: json.JSONDecoder, text: str, at: int, lines: _Lines) -> tuple[_Pairs, int]:
    try:
        value, end = decoder.raw_decode(text, at)
    except json.JSONDecodeError as error:
        refuse(lines.place(error.pos), f"not JSON: {error.msg}")
    except RecursionError:
        refuse(lines.place(at), "nested too deep; allowed: one object a satellite, its values not nested")
    if not isinstance(value, _Pairs):
        refuse(lines.place(at), "allowed: one JSON object a satellite, alone or in one array")
    return value, end


def _json_message(pairs: _Pairs, text: str, at: int, lines: _Lines) -> _Message:
    message: _Message = {}
    if len(pairs) > MAX_FIELDS:
        refuse(lines.place(at), f"{len(pairs)} keywords in one object; allowed: {MAX_FIELDS}")
    for key, value in pairs:
        if key not in _READ or value is None:
            continue
        place = lines.place(at + max(text.find(f'"{key}"'), 0))
        if not isinstance(value, str):
            refuse(place, f"{key} is no number and no text")
        _keep(message, key, _Value(value.strip(), place))
    return message


# XML


class _Segments(Elements):
    """Collects the leaves of each segment."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.messages: list[tuple[_Message, Place]] = []

    def opened(self, name: str) -> None:
        if name == "segment":
            self.messages.append(({}, self._begin))

    def closed(self, name: str, text: str) -> None:
        if self.messages and "segment" in self._open:
            _keep(self.messages[-1][0], name, _Value(text, self._begin))


def _xml_messages(text: str, source: str) -> list[tuple[_Message, Place]]:
    found = _Segments(source)
    walk(text, found)
    return found.messages
