"""The words a report uses: plain names of constraints, numbers as text, and text made safe to print."""

from __future__ import annotations

import math
import unicodedata
from typing import Any, Final

from raabta.network.constraints import WORDS
from raabta.scenario.countries import country_name
from raabta.scenario.models import FALLBACK_CLASS

NOT_STORED: Final = "—"

CONSTRAINTS: Final = WORDS
"""Binding constraint as stored, and what a reader is told it means."""

CLASSES: Final[dict[str, str]] = {
    "household": "Household dish",
    "community": "Community Wi-Fi",
    "backhaul": "Cell-site backhaul",
    "institution": "School or clinic",
}

SERVE: Final[dict[str, str]] = {
    "underserved": "underserved homes",
    "rural": "rural homes",
    "everyone": "all homes",
}

_BIDI_OVERRIDES: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: object) -> str:
    """Text without control characters, lone surrogates and direction overrides (names are foreign data)."""
    kept = (c for c in str(text) if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return "".join(" " if c in "\u2028\u2029" else c for c in kept if c not in _BIDI_OVERRIDES)


def constraint(name: object) -> str:
    """Plain words for a stored constraint name; an unknown name is shown as it is."""
    return CONSTRAINTS.get(str(name), clean(name).replace("_", " "))


def terminal_class(name: object) -> str:
    """Plain words for a terminal class; an unknown name is shown as it is."""
    own = str(name).removeprefix(FALLBACK_CLASS)
    said = CLASSES.get(own, clean(own))
    return said if own == str(name) else f"{said}, fallback"


def country(code: object) -> str:
    """Name of a country by its code; an unknown code is shown as it is."""
    return country_name(clean(code))


def lasers(count: int) -> str:
    """How many lasers: no laser, 1 laser, 2 lasers."""
    return "no laser" if count == 0 else counted(count, "laser")


def missing(value: Any) -> bool:
    """Whether there is no number: None, NaN, or something that is not a number."""
    if value is None or isinstance(value, str | bytes | bool | dict | list | tuple):
        return True
    return not math.isfinite(float(value))


def count(value: Any) -> str:
    """A number of homes or people with thousands separators: 1,234."""
    return NOT_STORED if missing(value) else f"{round(float(value)):,}"


def counted(value: Any, noun: str) -> str:
    """A number and what it counts: `1 gateway`, `1,000 satellites`."""
    return f"{count(value)} {noun}" if value == 1 else f"{count(value)} {noun}s"


def short_count(value: Any) -> str:
    """A large number for a reader in a hurry: 41.4 million, 812,000, 1,234."""
    if missing(value):
        return NOT_STORED
    number = float(value)
    return f"{number / 1e6:.1f} million" if number >= 1e6 else count(number)


def share(value: Any, digits: int = 1) -> str:
    """A share of one as per cent. Never rounds up to 100 % nor down to 0 %."""
    if missing(value):
        return NOT_STORED
    percent, least = 100.0 * float(value), 10.0**-digits
    if 0.0 < percent < least:
        return f"< {least:g} %"
    if 100.0 - least < percent < 100.0:
        return f"> {100.0 - least:.{digits}f} %"
    return f"{percent:.0f} %" if percent in (0.0, 100.0) else f"{percent:.{digits}f} %"


def short_share(value: Any) -> str:
    """A share that a user chose, as per cent, with a decimal only where it has one: 10 %, 12.5 %."""
    text = share(value)
    return text.replace(".0 %", " %")


def number(value: Any, digits: int = 1) -> str:
    """A plain number with a fixed number of decimals and thousands separators."""
    return NOT_STORED if missing(value) else f"{float(value):,.{digits}f}"


def band(low: Any, high: Any) -> str:
    """`low to high` in homes, or nothing when no bands were run."""
    return "" if missing(low) or missing(high) else f"{count(low)} to {count(high)}"


def duration(seconds: float) -> str:
    """A length of time in the units people use: 45 s, 10 min, 1 h 30 min, 24 h, 7 days."""
    days, rest = divmod(round(seconds), 86_400)
    if days < 3:
        days, rest = 0, round(seconds)
    hours, minutes, left = rest // 3_600, rest % 3_600 // 60, rest % 60
    parts = [(days, "days"), (hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{size} {unit}" for size, unit in parts if size) or f"{seconds:g} s"
