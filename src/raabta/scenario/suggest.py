"""Did you mean: near names for misspelt keys and names, and the right unit for a wrongly spelt one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import Any

_FACTORS: dict[str, tuple[str, float]] = {
    "m": ("length", 1.0),
    "km": ("length", 1e3),
    "cm": ("length", 1e-2),
    "s": ("time", 1.0),
    "ms": ("time", 1e-3),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "hz": ("frequency", 1.0),
    "khz": ("frequency", 1e3),
    "mhz": ("frequency", 1e6),
    "ghz": ("frequency", 1e9),
    "w": ("power", 1.0),
    "mw": ("power", 1e-3),
    "kw": ("power", 1e3),
    "kbps": ("rate", 1e3),
    "mbps": ("rate", 1e6),
    "gbps": ("rate", 1e9),
    "deg": ("angle", 1.0),
    "rad": ("angle", 57.29577951308232),
    "share": ("share", 1.0),
    "percent": ("share", 1e-2),
    "db": ("decibel", 1.0),
    "dbw": ("power level", 1.0),
    "dbm": ("power level", 1.0),
    "dbk": ("figure of merit", 1.0),
    "k": ("temperature", 1.0),
    "c": ("temperature", 1.0),
    "mm": ("length", 1e-3),
}
_NOT_A_FACTOR = {"dbm", "c"}


def _split(name: str) -> tuple[str, str]:
    stem, _, unit = name.rpartition("_")
    return (stem, unit) if stem and unit.lower() in _FACTORS else (name, "")


def near_name(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` most likely meant, or None."""
    found = get_close_matches(name.lower(), sorted(set(candidates)), n=1, cutoff=0.6)
    return found[0] if found else None


def near_key(key: str, candidates: Sequence[str], present: Iterable[str]) -> str | None:
    """The field that a misspelt `key` most likely meant; fields already given count for less."""
    taken = set(present) - {key}

    def score(candidate: str) -> float:
        ratio = SequenceMatcher(None, key.lower(), candidate).ratio()
        return ratio - (0.15 if candidate in taken else 0.0)

    best = max(sorted(candidates), key=score, default=None)
    return best if best is not None and score(best) >= 0.5 else None


def unit_key(key: str, candidates: Iterable[str]) -> str | None:
    """The field with the same stem in another unit: `altitude_m` gives `altitude_km`."""
    stem, unit = _split(key)
    matches = sorted(c for c in candidates if c != key and _split(c)[0] == stem and _split(c)[1])
    same = [c for c in matches if _same_quantity(unit, _split(c)[1])]
    return next(iter(same or matches), None)


def _same_quantity(first: str, second: str) -> bool:
    known = _FACTORS.get(first.lower()), _FACTORS.get(second.lower())
    return all(known) and known[0][0] == known[1][0]  # type: ignore[index]


def converted(key: str, wanted: str, value: Any) -> str | None:
    """`value` of `key` written in the unit of `wanted`, or None where no plain factor exists."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    first, second = _split(key)[1].lower(), _split(wanted)[1].lower()
    if not first or not _same_quantity(first, second) or {first, second} & _NOT_A_FACTOR:
        return None
    return f"{wanted}: {value * _FACTORS[first][1] / _FACTORS[second][1]:g}"


def named(text: str, names: Iterable[str]) -> list[str]:
    """The names that a text may mean: the same but for capitals, accents and marks; else those that have all
    its words, or words that begin with them (`Rio` for Rio-de-Janeiro, `St` for Saint)."""
    wanted = _words(text)
    held = {name: _words(name) for name in names}
    same = [name for name, words in held.items() if words == wanted]
    if same or not wanted:
        return same
    return [
        name for name, words in held.items() if all(any(w.startswith(part) for w in words) for part in wanted)
    ]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(each for each in plain if not unicodedata.combining(each))
    return ["saint" if word == "st" else word for word in re.findall(r"\w+", letters)]


def same_place(one: str, other: str) -> bool:
    """Whether two names are the same but for capitals and blanks around them."""
    return one.strip().casefold() == other.strip().casefold()
