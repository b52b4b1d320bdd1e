"""Countries as people write them: names and two-letter codes, and the three letters a scenario wants."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    """(ISO 3166-1 alpha-2, alpha-3, name in English), as GeoNames lists them."""
    with (files("raabta.scenario") / "countries.csv").open(encoding="utf-8") as handle:
        return tuple((row["iso2"], row["iso3"], row["name"]) for row in csv.DictReader(handle))


@cache
def _codes() -> dict[str, str]:
    """Names and codes in lower case -> alpha-3 code."""
    known = {name.casefold(): iso3 for _, iso3, name in _rows()}
    known |= {iso2.casefold(): iso3 for iso2, iso3, _ in _rows()}
    return known | {iso3.casefold(): iso3 for _, iso3, _ in _rows()}


def country_name(iso3: str) -> str:
    """Name of a country by its alpha-3 code; the code itself where we know no name."""
    return next((name for _, code, name in _rows() if code == iso3), iso3)


def iso3_code(text: str) -> str | None:
    """The alpha-3 code of `PK`, `pak` or `Pakistan`, or None."""
    return _codes().get(text.strip().casefold())


def meant_country(text: str) -> str | None:
    """`PAK (Pakistan)` for what `text` most likely means, or None."""
    code = iso3_code(text)
    if code is None:
        names = [name.casefold() for _, _, name in _rows()]
        near = get_close_matches(text.strip().casefold(), names, n=1, cutoff=0.75)
        code = _codes()[near[0]] if near else None
    return f"{code} ({country_name(code)})" if code else None


def check_countries(codes: Sequence[str]) -> None:
    """ValueError for a code that is no country, or stands twice."""
    for code in codes:
        if country_name(code) == code:
            meant = meant_country(code)
            hint = f"did you mean {meant}?" if meant else "ISO 3166-1 alpha-3 codes, such as OMN (Oman)"
            raise ValueError(f"landing_countries: there is no country {code}; {hint}")
    if len(set(codes)) != len(codes):
        raise ValueError("a country stands twice in landing_countries")
