"""Find the point on Earth that a user names: a town, or a latitude and longitude."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import NamedTuple

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.scenario.countries import country_name, iso3_code
from raabta.service.data import town_countries, towns

HOME = "PAK"
_POINT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*", re.ASCII)
_RANGE_SOURCE = "latitude,longitude in degrees, north and east positive"


class Place(NamedTuple):
    """A point with the name it goes by; `note` says what else the name could have meant, `people` how many
    live there (GeoNames; 0 where nobody knows)."""

    name: str
    latitude_deg: float
    longitude_deg: float
    note: str = ""
    people: int = 0


def find_place(text: str) -> Place:
    """The place called `text`: `Quetta`, `Hyderabad, India` or `30.18,66.97`.

    A town of Pakistan comes first, then the most populous of that name in the world; accents and capitals do
    not count, and New York is New York City. ScenarioError with near names, OutOfRangeError for a point that
    is not on Earth.
    """
    point = _POINT.fullmatch(text)
    if point is not None:
        return _point(float(point[1]), float(point[2]))
    name, _, country = (part.strip() for part in text.rpartition(",")) if "," in text else (text, "", "")
    if country and iso3_code(country) is None:
        raise ScenarioError(
            f"no country is called {country!r}", hint="write a name or ISO 3166-1 code: Pakistan, PK, PAK"
        )
    wanted = _plain(name)
    codes = [str(iso3_code(country))] if country else _codes()
    found = [(code, row) for code in codes for row in _rows(code, wanted)]
    found = found or [(code, row) for code in codes for row in _rows(code, f"{wanted} city")]
    if not found:
        raise _unknown(name, codes)
    home = [spot for spot in found if spot[0] == HOME] or found
    code, row = max(home, key=lambda spot: int(towns(spot[0]).population[spot[1]]))
    known = towns(code)
    title = f"{known.name[row]}, {country_name(code)}"
    return Place(
        title,
        float(known.latitude_deg[row]),
        float(known.longitude_deg[row]),
        _others(found, code, title),
        int(known.population[row]),
    )


def _point(latitude_deg: float, longitude_deg: float) -> Place:
    for what, value, most in (("latitude", latitude_deg, 90.0), ("longitude", longitude_deg, 180.0)):
        if abs(value) > most:
            raise OutOfRangeError(what, f"{value:g} deg", f"{-most:g} to {most:g} deg", _RANGE_SOURCE)
    return Place(f"{latitude_deg:g},{longitude_deg:g}", latitude_deg, longitude_deg)


def _codes() -> list[str]:
    return [HOME, *(code for code in town_countries() if code != HOME)]


def _plain(name: str) -> str:
    """A name without accents and capitals."""
    parts = unicodedata.normalize("NFKD", name.strip())
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def _rows(code: str, wanted: str) -> list[int]:
    return [row for row, name in enumerate(towns(code).name) if _plain(name) == wanted]


def _others(found: list[tuple[str, int]], code: str, title: str) -> str:
    """What else the name could have meant; nothing where there is one of it."""
    if len(found) == 1:
        return ""
    abroad = sorted({country_name(other) for other, _ in found if other != code})
    where = f", also in {', '.join(abroad[:3])}{' and others' if abroad[3:] else ''}" if abroad else ""
    return f"{len(found)} towns are called so{where}; {title} is meant"


def _unknown(name: str, codes: list[str]) -> ScenarioError:
    """An error with the nearest names: those of Pakistan if it has any, else of all the countries asked."""
    hint = "write a town (`Quetta`, `Hyderabad, India`) or latitude,longitude (`30.18,66.97`)"
    at_home = {_plain(each): each for each in towns(HOME).name if HOME in codes}
    for known, cutoff in ((at_home, 0.7), (_abroad(codes), 0.75)):
        close = get_close_matches(_plain(name), known, n=3, cutoff=cutoff)
        if close:
            hint = f"did you mean {' or '.join(repr(known[each]) for each in close)}?"
            break
    return ScenarioError(f"no town is called {name!r}", hint=hint)


def _abroad(codes: list[str]) -> dict[str, str]:
    """Plain name -> `London, GBR`, the most populous town of each name outside Pakistan."""
    sizes = {code: towns(code).population.tolist() for code in codes if code != HOME}
    spots = ((size, code, row) for code, every in sizes.items() for row, size in enumerate(every))
    named = ((towns(code).name[row], code) for _, code, row in sorted(spots))
    return {_plain(name): f"{name}, {code}" for name, code in named}
