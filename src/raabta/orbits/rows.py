"""What every orbit format is read into: one checked row a satellite, with its place in the file."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

import numpy as np

from raabta.base.errors import OrbitDataError
from raabta.orbits.elements import MAX_SATELLITES, RANGES, MeanElements, range_text, within_range

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
MAX_NUMBER_LENGTH = 40
MAX_NAME_LENGTH = 80
DAY_NS = 86_400_000_000_000

_CCSDS_TIME = re.compile(
    r"([0-9]{4})-(?:([0-9]{2})-([0-9]{2})|([0-9]{3}))T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,12}))?Z?"
)
"""A time in CCSDS form, as year, month, day or day of the year, hour, minute, second, fraction."""


class Place(NamedTuple):
    """Where something stands: file, line and column, both from 1."""

    source: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"


class Row(NamedTuple):
    """One satellite: `values` in the order of `elements.RANGES`, `epoch_ns` UTC since 1970."""

    place: Place
    name: str
    norad_id: int
    epoch_ns: int
    values: tuple[float, ...]


def refuse(place: Place, message: str) -> NoReturn:
    """Raise OrbitDataError with the place in front."""
    raise OrbitDataError(f"{place}: {message}")


def shown(text: str) -> str:
    """Foreign text for a message: quoted, control characters escaped, cut at 40 characters."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")


def number(text: str, what: str, place: Place) -> float:
    """A decimal number by our own grammar (no NaN, no infinity, no underscore, at most 40 characters)."""
    if len(text) > MAX_NUMBER_LENGTH or not _NUMBER.fullmatch(text):
        refuse(place, f"{what} is {shown(text)}; allowed: a decimal number such as 53.05 or 1.2E-4")
    return float(text)


def in_range(field: str, value: float, label: str, place: Place) -> float:
    """`value` if it lies in the range of the element `field`; else OrbitDataError that names the range."""
    if not bool(within_range(field, value)):
        refuse(place, f"{label} is {value:g}; allowed: {range_text(field)}")
    return value


def name_of(text: str, fallback: str, place: Place) -> str:
    """A satellite's name: printable, at most 80 characters; `fallback` if there is none."""
    name = text.strip()
    if not name:
        return fallback
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        refuse(place, f"name {shown(name)}; allowed: printable text of at most {MAX_NAME_LENGTH} characters")
    return name


def as_elements(rows: list[Row], source: str) -> MeanElements:
    """The rows as `MeanElements`, in file order. OrbitDataError: none, too many, a satellite twice."""
    if not rows:
        raise OrbitDataError(f"{source}: no element set in this file; give TLE lines or OMM messages")
    _refuse_doubles(rows)
    columns = np.array([row.values for row in rows], np.float64).T.copy()
    return MeanElements(
        epoch=np.array([row.epoch_ns for row in rows], np.int64).astype("datetime64[ns]"),
        names=tuple(row.name for row in rows),
        norad_id=np.array([row.norad_id for row in rows], np.int64),
        **dict(zip(_FIELDS, columns, strict=True)),
    )


def check_count(rows: list[Row], place: Place) -> None:
    """OrbitDataError once a file holds more element sets than are allowed."""
    if len(rows) >= MAX_SATELLITES:
        refuse(place, f"more than {MAX_SATELLITES} element sets in one file; split it")


_FIELDS = ("inclination_deg", "raan_deg", "eccentricity", "argp_deg", "mean_anomaly_deg",
           "mean_motion_rev_day", "bstar_per_radius")  # fmt: skip
assert tuple(RANGES) == _FIELDS


def _refuse_doubles(rows: list[Row]) -> None:
    seen: dict[int, Row] = {}
    for row in rows:
        first = seen.setdefault(row.norad_id, row)
        if row.norad_id and first is not row:
            refuse(
                row.place,
                f"satellite {row.norad_id} stands twice (first in line {first.place.line}); "
                "it would count double: keep one element set",
            )


def ccsds_time_ns(text: str, place: Place, what: str, years: tuple[int, int]) -> int:
    """Nanoseconds from 1970 to a time in CCSDS form (301.0-B-4), by calendar or by day of the year, as a
    clock without leap seconds counts. OrbitDataError for what is no time, no day, or in another year."""
    match = _CCSDS_TIME.fullmatch(text)
    if match is None:
        refuse(
            place, f"{what} is {shown(text)}; allowed: YYYY-MM-DDThh:mm:ss.ffffff or YYYY-DDDThh:mm:ss.ffffff"
        )
    year, month, day, of_year, hour, minute, second, fraction = match.groups()
    clock = int(hour), int(minute), int(second)
    if not years[0] <= int(year) <= years[1] or clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        refuse(place, f"{what} is {shown(text)}; allowed: {years[0]} to {years[1]}, 00:00:00 to 23:59:59.9")
    try:
        if of_year is None:
            date = np.datetime64(f"{year}-{month}-{day}", "D")
        else:
            date = np.datetime64(f"{year}-01-01", "D") + np.timedelta64(int(of_year) - 1, "D")
    except ValueError:
        refuse(place, f"{what} is {shown(text)}; there is no such day")
    if str(date)[:4] != year:
        refuse(place, f"{what} is {shown(text)}; there is no such day")
    seconds = clock[0] * 3600 + clock[1] * 60 + clock[2]
    midnight_ns = int(date.astype("datetime64[ns]").astype(np.int64))
    return midnight_ns + seconds * 10**9 + int((fraction or "").ljust(9, "0")[:9])
