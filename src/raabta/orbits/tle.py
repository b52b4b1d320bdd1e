"""Two-line element sets, with or without a name line, by our own column grammar.

Columns: CelesTrak "NORAD Two-Line Element Set Format"; alpha-5 satellite numbers: Space-Track. A library
never sees the text: an epoch that lost its dot passes every checksum and stalls SGP4 for hours.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from raabta.orbits.elements import MeanElements
from raabta.orbits.rows import DAY_NS, Place, Row, as_elements, check_count, in_range, name_of, refuse, shown

_LENGTH = 69
_COUNTS = re.compile(r"[0-9]{1,6} [0-9]{1,6}")
_ALPHA5 = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class _Field(NamedTuple):
    """Columns first..last (from 1), what they hold, the pattern, and the words for it."""

    first: int
    last: int
    what: str
    pattern: re.Pattern[str]
    allowed: str


def _field(first: int, last: int, what: str, pattern: str, allowed: str) -> _Field:
    return _Field(first, last, what, re.compile(pattern), allowed)


_THREE = r"(?:[0-9]{3}| [0-9]{2}|  [0-9])"  # digits, blanks only before them
_ANGLE = (_THREE + r"\.[0-9]{4}", "three digits, a dot, four digits")
_EXPONENT = (r"[ +-][0-9]{5}[+-][0-9]", "sign, five digits, signed one-digit exponent")
_NUMBER = _field(3, 7, "satellite number", r" *[0-9]+|[A-HJ-NP-Z][0-9]{4}", "five digits, or alpha-5")

_LINE1 = (
    _NUMBER,
    _field(8, 8, "classification", r"[UCS ]", "U, C or S"),
    _field(10, 17, "international designator", r"[0-9A-Z ]{8}", "digits and capital letters"),
    _field(19, 20, "epoch year", r"[0-9]{2}", "two digits"),
    _field(21, 32, "epoch day", _THREE + r"\.[0-9]{8}", "three digits, a dot, eight digits"),
    _field(34, 43, "first derivative of the mean motion", r"[ +-]\.[0-9]{8}", "sign, a dot, eight digits"),
    _field(45, 52, "second derivative of the mean motion", *_EXPONENT),
    _field(54, 61, "BSTAR", *_EXPONENT),
    _field(63, 63, "ephemeris type", r"[ 02]", "0 or 2 (SGP4); SGP4-XP sets (type 4) need another model"),
    _field(65, 68, "element set number", r" *[0-9]*", "up to four digits"),
    _field(69, 69, "checksum", r"[0-9]", "one digit"),
)
_LINE2 = (
    _NUMBER,
    _field(9, 16, "inclination", *_ANGLE),
    _field(18, 25, "RAAN", *_ANGLE),
    _field(27, 33, "eccentricity", r"[0-9]{7}", "seven digits (the dot is implied)"),
    _field(35, 42, "argument of perigee", *_ANGLE),
    _field(44, 51, "mean anomaly", *_ANGLE),
    _field(53, 63, "mean motion", r"[ 0-9][0-9]\.[0-9]{8}", "two digits, a dot, eight digits"),
    _field(64, 68, "revolution number", r" *[0-9]*", "up to five digits"),
    _field(69, 69, "checksum", r"[0-9]", "one digit"),
)
_BLANKS1 = (2, 9, 18, 33, 44, 53, 62, 64)
_BLANKS2 = (2, 8, 17, 26, 34, 43, 52)


def checksum(line: str) -> int:
    """Checksum of columns 1-68: the digits, one for each minus sign, modulo 10."""
    return sum(int(c) if "0" <= c <= "9" else c == "-" for c in line[:68]) % 10


def parse_tle(text: str, source: str = "TLE") -> MeanElements:
    """Mean elements of a TLE file: pairs of lines, each with an optional name line before it.

    Blank lines and lines from `#` are skipped, and a first line of two numbers, as Hypatia has it: planes and
    satellites in each. OrbitDataError says line, column and what is allowed.
    """
    lines = [(i, line.rstrip()) for i, line in enumerate(text.split("\n"), start=1)]
    lines = [(i, line) for i, line in lines if line and not line.startswith("#")]
    rows: list[Row] = []
    at = 1 if len(lines) > 1 and _COUNTS.fullmatch(lines[0][1]) and not _is_first(lines, 1) else 0
    while at < len(lines):
        check_count(rows, Place(source, lines[at][0]))
        named = not _is_first(lines, at)
        if named and (_is_second(lines[at][1]) or not _is_first(lines, at + 1)):
            refuse(Place(source, lines[at][0]), _no_pair(lines[at][1]))
        name = lines[at] if named else (0, "")
        at += named
        if at + 1 >= len(lines):
            refuse(Place(source, lines[at][0]), "line 1 of an element set has no line 2 after it")
        rows.append(_row(name, lines[at], lines[at + 1], source))
        at += 2
    return as_elements(rows, source)


def parse_tle_pair(line1: str, line2: str, name: str = "") -> MeanElements:
    """Mean elements of one satellite from its two lines."""
    return as_elements([_row((0, name), (1, line1.rstrip()), (2, line2.rstrip()), "TLE")], "TLE")


def _is_first(lines: list[tuple[int, str]], at: int) -> bool:
    return at < len(lines) and lines[at][1].startswith("1 ")


def _is_second(line: str) -> bool:
    return line.startswith("2 ") and len(line) == _LENGTH


def _no_pair(line: str) -> str:
    if _is_second(line):
        return "line 2 of an element set has no line 1 before it"
    return f"{shown(line)} is neither line 1 of an element set nor a name before one"


def _row(name: tuple[int, str], first: tuple[int, str], second: tuple[int, str], source: str) -> Row:
    place1, place2 = Place(source, first[0]), Place(source, second[0])
    text1 = _fields(first[1], "1", _LINE1, _BLANKS1, place1)
    text2 = _fields(second[1], "2", _LINE2, _BLANKS2, place2)
    norad = _satellite_number(text1["satellite number"])
    if norad != _satellite_number(text2["satellite number"]):
        refuse(place2._replace(column=3), "the satellite number differs from that of line 1")
    label = name[1][2:] if name[1].startswith("0 ") else name[1]
    values = (
        _angle("inclination_deg", "inclination", text2, place2, 9),
        _angle("raan_deg", "RAAN", text2, place2, 18),
        float("0." + text2["eccentricity"]),
        _angle("argp_deg", "argument of perigee", text2, place2, 35),
        _angle("mean_anomaly_deg", "mean anomaly", text2, place2, 44),
        _angle("mean_motion_rev_day", "mean motion", text2, place2, 53),
        in_range("bstar_per_radius", _exponent(text1["BSTAR"]), "BSTAR", place1._replace(column=54)),
    )
    fallback = f"NORAD {norad}"
    return Row(
        place1, name_of(label, fallback, Place(source, name[0])), norad, _epoch_ns(text1, place1), values
    )


def _fields(
    line: str, number: str, fields: tuple[_Field, ...], blanks: tuple[int, ...], place: Place
) -> dict[str, str]:
    """The texts of a line by field name, once all that can be checked is right."""
    if not line.startswith(number + " "):
        refuse(
            place, f"starts with {shown(line[:2])}; allowed: '{number} ' (line {number} of an element set)"
        )
    if len(line) != _LENGTH:
        refuse(
            place._replace(column=min(len(line), _LENGTH) + 1), f"{len(line)} characters; allowed: {_LENGTH}"
        )
    for column in blanks:
        if line[column - 1] != " ":
            refuse(place._replace(column=column), f"{shown(line[column - 1])}; allowed: a blank")
    texts = {field.what: line[field.first - 1 : field.last] for field in fields}
    for field in fields:
        if not field.pattern.fullmatch(texts[field.what]):
            message = f"{field.what} is {shown(texts[field.what])}; allowed: {field.allowed}"
            refuse(place._replace(column=field.first), message)
    if checksum(line) != int(line[68]):
        refuse(place._replace(column=69), f"checksum is {line[68]}, the line sums to {checksum(line)}")
    return texts


def _angle(field: str, label: str, texts: dict[str, str], place: Place, column: int) -> float:
    return in_range(field, float(texts[label]), label, place._replace(column=column))


def _satellite_number(text: str) -> int:
    """Satellite number, alpha-5 included: A0000 is 100000, Z9999 is 339999 (I and O are left out)."""
    if text[0] in _ALPHA5:
        return (_ALPHA5.index(text[0]) + 10) * 10_000 + int(text[1:])
    return int(text)


def _exponent(text: str) -> float:
    """` 28098-4` is 0.28098e-4: the dot before the mantissa is implied."""
    return float(f"{text[0].strip()}0.{text[1:6]}e{text[6:]}")


def _epoch_ns(texts: dict[str, str], place: Place) -> int:
    """Epoch as UTC ns since 1970, exact: eight decimals of a day are a whole number of nanoseconds."""
    short = int(texts["epoch year"])
    day, fraction = texts["epoch day"].split(".")
    if not 1 <= int(day) < 367:
        refuse(place._replace(column=21), f"epoch day is {int(day)}; allowed: [1, 367)")
    new_year = np.datetime64(f"{short + (1900 if short >= 57 else 2000)}-01-01", "D").astype(np.int64)
    return (int(new_year) + int(day) - 1) * DAY_NS + int(fraction) * (DAY_NS // 10**8)
