"""People and homes by cell and district: points first, then counted into cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.access.cells import area_km2, area_outline, cell_of, cells_km2, unit_vectors
from raabta.access.outlines import outline
from raabta.access.polygons import read_polygons
from raabta.base.errors import LimitError, NoSolutionError, ScenarioError
from raabta.base.tables import PEOPLE, as_dataset
from raabta.base.userfiles import field, read_features, read_table
from raabta.scenario.countries import country_name
from raabta.service.coverage import underserved
from raabta.service.data import country_population, towns
from raabta.service.districts import DistrictTable, district_of, pakistan_districts, pakistan_sites
from raabta.service.user_districts import (
    HOME_SIZE,
    MAX_DISTRICTS,
    counted_districts,
    divided,
    drawn_by,
    matched,
    one_district,
)
from raabta.service.villages import (
    Points,
    apportion,
    generator,
    joined,
    land,
    pakistan_points,
    place_villages,
    town_points,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Area, Scenario

VILLAGE_PEOPLE = 1_000
MAX_VILLAGES = 60_000
RURAL_BELOW = 5_000
WHOLE_FILE = "all"
"""Name of the district of people whose file names none."""
COUNTS = ("population", "households", "underserved", "rural", "unelectrified", "rural_underserved")


@dataclass(frozen=True)
class People:
    """People by (cell, district): a cell may hold homes of several districts.

    Sorted by cell, then district. Arrays are (row,): `row_cell` (int32, row of the cells Dataset),
    `row_district` (int16, row of `districts`), and whole numbers of people (`population`) and of homes:
    `households`, `underserved` (no terrestrial broadband), `rural`, `unelectrified` (lit by neither grid nor
    solar), `rural_underserved`. `drawn_district` (int16, (cell,)) is the district of an empty cell, for maps,
    and where `by_polygons` of every cell that has one; -1 if unknown. `assumptions` are sentences for the
    report.
    """

    districts: DistrictTable
    cells: int
    row_cell: NDArray[np.int32]
    row_district: NDArray[np.int16]
    population: NDArray[np.int64]
    households: NDArray[np.int64]
    underserved: NDArray[np.int64]
    rural: NDArray[np.int64]
    unelectrified: NDArray[np.int64]
    rural_underserved: NDArray[np.int64]
    drawn_district: NDArray[np.int16]
    assumptions: tuple[str, ...]
    by_polygons: bool = False

    def by_cell(self) -> dict[str, NDArray[np.int64]]:
        """Each count summed over districts, (cell,)."""
        return {n: _summed(self.row_cell, getattr(self, n), self.cells) for n in COUNTS}

    def by_district(self) -> dict[str, NDArray[np.int64]]:
        """Each count summed over cells, (district,); the census's own figures in Pakistan."""
        return {n: _summed(self.row_district, getattr(self, n), self.districts.size) for n in COUNTS}

    def addressable(self, serve: str) -> NDArray[np.int64]:
        """Homes asked for, (row,): `underserved`, `rural` (every rural home) or `everyone`."""
        column = {"underserved": self.underserved, "rural": self.rural, "everyone": self.households}
        return column[serve]

    def cell_district(self) -> NDArray[np.int16]:
        """District of each cell for drawing, (cell,): that of the user's polygon, if there are any; else the
        one with most people, and in an empty cell the region it lies in."""
        out = self.drawn_district.copy()
        order = np.lexsort((-self.row_district, self.population, self.row_cell))
        out[self.row_cell[order]] = self.row_district[order]
        drawn = self.by_polygons & (self.drawn_district >= 0)
        return np.where(drawn, self.drawn_district, out)

    def dataset(self) -> xr.Dataset:
        """The table PEOPLE by cell; `district` as `cell_district` has it."""
        sums = self.by_cell()
        columns: dict[str, NDArray[Any]] = {
            "population": sums["population"],
            "households": sums["households"],
            "underserved_households": sums["underserved"],
            "rural_households": sums["rural"],
            "unelectrified_households": sums["unelectrified"],
            "district": self.cell_district(),
        }
        return as_dataset(PEOPLE, columns)


def _summed(index: NDArray[np.integer], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    return np.bincount(index, values, size).astype(np.int64)


def place(scenario: Scenario, cells: xr.Dataset) -> tuple[People, xr.Dataset, DistrictTable]:
    """Put the area's people into its cells.

    `cells` comes from `raabta.access.cells.cells`. Returns the people by (cell, district), their view by cell
    (`People.dataset`) and the district table. With the country's own outline every census sum is exact; with
    a user's outline only the people inside its cells count. Raises ScenarioError for a bad people file and
    NoSolutionError if nobody lives in the area.
    """
    points, table, notes = area_points(scenario)
    drawn = _drawn(cells, scenario)
    by_polygons = scenario.area.districts_file is not None
    if by_polygons:
        points, table, drawn, note = _by_polygons(scenario.area, cells, points, table, drawn)
        notes = (*notes, note)
    notes = (*notes, *_whole_cells(scenario.area, cells))
    homes, label = underserved(points, scenario.demand.terrestrial, towns(scenario.area.country), table)
    cell = _cells_of(points, cells, scenario)
    kept = cell >= 0
    if not (points.population[kept] > 0).any():
        raise NoSolutionError(
            "nobody lives in the area: no person of the country or the people file falls in it "
            "(a position in GeoJSON is longitude, then latitude)"
        )
    people = _binned(points, homes, cell, table, drawn, (*notes, label), by_polygons=by_polygons)
    return people, people.dataset(), table


def _whole_cells(area: Area, cells: xr.Dataset) -> tuple[str, ...]:
    """The sentence that says so where a user's outline is small beside the cells that stand for it."""
    if area.outline_file is None:
        return ()
    outlined, count, counted = (
        area_km2(area_outline(area)),
        cells.sizes["cell"],
        cells_km2(cells["h3"].values),
    )
    if outlined >= 0.5 * counted:
        return ()
    which = "1 cell" if count == 1 else f"{count:,} cells"
    verb = "is" if count == 1 else "are"
    size = f"{outlined:,.0f}" if outlined >= 10.0 else f"{outlined:.2g}"
    return (f"The outline covers {size} km2; its {which} ({counted:,.0f} km2) {verb} counted whole.",)


def _by_polygons(
    area: Area, cells: xr.Dataset, points: Points, table: DistrictTable, drawn: NDArray[np.int16]
) -> tuple[Points, DistrictTable, NDArray[np.int16], str]:
    """Points, table and drawn districts by a user's polygons, and the sentence that says so.

    People whose source names districts (Pakistan's census, a people file with a district column) keep them.
    """
    polygons = read_polygons(Path(str(area.districts_file)))
    note = f"Districts of cells, for drawing, by the user's polygons {polygons.path.name}."
    if table.name in ((country_name(area.country),), (WHOLE_FILE,)):
        points, table, note = divided(points, table, polygons)
    return points, table, drawn_by(polygons, matched(polygons, table), cells, drawn, area), note


def area_points(scenario: Scenario) -> tuple[Points, DistrictTable, tuple[str, ...]]:
    """The area's people as points, their district table, and the assumptions behind them."""
    area = scenario.area
    if area.people_file is not None:
        points, table = read_people(Path(area.people_file))
        return points, table, (f"People by the user's file {Path(area.people_file).name}.",)
    if area.country == "PAK":
        table = pakistan_districts()
        points = pakistan_points(table, pakistan_sites(), outline("PAK"), scenario.seed)
        return points, table, PAKISTAN_NOTES
    return country_points(scenario)


PAKISTAN_NOTES = (
    "People: 2023 census of Pakistan by district; rural people stand in synthetic villages drawn by "
    "the census's size classes (seeded), towns stand at their GeoNames positions.",
    "Azad Kashmir and Gilgit-Baltistan are labelled estimates, outside the census tables used here.",
    "Boundaries are de facto (Natural Earth); they imply no view on disputed territory.",
)


def country_points(scenario: Scenario) -> tuple[Points, DistrictTable, tuple[str, ...]]:
    """Any other country: GeoNames towns, and the rest of its people in synthetic villages; one district."""
    iso3, name = scenario.area.country, country_name(scenario.area.country)
    listed, total = towns(iso3), country_population(iso3)
    in_towns = int(listed.population.sum())
    if max(total, in_towns) == 0:
        hint = "give area.people_file: a CSV of lat,lon,population"
        raise NoSolutionError(f"GeoNames lists no people for {name} ({iso3}); {hint}")
    urban_total = min(in_towns, total) if total else in_towns
    rural_total = max(total - urban_total, 0)
    random = generator(scenario.seed)
    table = one_district(
        name, urban_total + rural_total, rural_total, "GeoNames towns and country population"
    )
    parts = []
    if urban_total:
        people = apportion(
            np.array([urban_total]), listed.population.astype(float), np.zeros(len(listed.name), int)
        )
        lat, lon, town, part = town_points(listed.latitude_deg, listed.longitude_deg, people, outline(iso3))
        parts.append(_single(lat, lon, part * people[town], urban_total, rural=False))
    if rural_total:
        count = int(np.clip(rural_total // VILLAGE_PEOPLE, 1, MAX_VILLAGES))
        lat, lon, step = land(outline(iso3))
        owner = np.zeros(lat.size, np.int16)
        near = (listed.latitude_deg, listed.longitude_deg) if urban_total else (lat, lon)
        village = place_villages(np.zeros(count, np.int16), (lat, lon, owner), step, near, random)
        parts.append(_single(*village, random.standard_exponential(count) + 0.1, rural_total, rural=True))
    note = (
        f"People: GeoNames towns of {name}, the rest in synthetic villages; {HOME_SIZE:g} people per home; "
    )
    return joined(parts), table, (note + "electricity is not known and counts as present.",)


def _single(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    weight: NDArray[np.float64],
    people: int,
    *,
    rural: bool,
) -> Points:
    """Points of a country's one district."""
    owner = np.zeros(lat.size, np.int16)
    population = apportion(np.array([people]), weight, owner)
    homes = apportion(np.array([round(people / HOME_SIZE)]), population.astype(float), owner)
    return Points(lat, lon, owner, population, homes, np.zeros_like(homes), np.full(lat.size, rural))


def read_people(path: Path) -> tuple[Points, DistrictTable]:
    """A user's people: CSV `lat,lon,population[,households][,district]` or GeoJSON points with the same.

    A place of fewer than 5,000 people counts as rural. Faults are ScenarioErrors with file and line.
    """
    is_json = path.suffix.lower() in (".geojson", ".json")
    rows = _geojson_rows(path) if is_json else _csv_rows(path)
    bounds = {
        "lat": (-90.0, 90.0),
        "lon": (-180.0, 180.0),
        "population": (0.0, 1e9),
        "households": (0.0, 1e9),
    }
    read = {n: np.array([field(row, n, b, path, line) for line, row in rows])
            for n, b in bounds.items() if n in rows[0][1]}  # fmt: skip
    names = tuple(sorted({row.get("district", "") for _, row in rows}))
    if len(names) > MAX_DISTRICTS:
        raise LimitError(f"{path}: {len(names):,} districts; a people file may have {MAX_DISTRICTS:,}")
    owner = np.array([names.index(row.get("district", "")) for _, row in rows], np.int16)
    people = np.rint(read["population"]).astype(np.int64)
    homes = np.rint(read.get("households", people / HOME_SIZE)).astype(np.int64)
    points = Points(
        read["lat"], read["lon"], owner, people, homes, np.zeros_like(homes), people < RURAL_BELOW
    )
    return points, counted_districts(
        points, tuple(n or WHOLE_FILE for n in names), f"the user's file {path.name}"
    )


def _csv_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    header, rows = read_table(path, "the people file")
    known = {"lat", "lon", "population", "households", "district"}
    missing = [n for n in ("lat", "lon", "population") if n not in header]
    extra = [n for n in header if n not in known]
    if missing or extra:
        text = f"missing column {', '.join(missing)}" if missing else f"unknown column {', '.join(extra)}"
        hint = "columns are lat,lon,population and, if known, households,district"
        raise ScenarioError(text, file=str(path), line=1, hint=hint)
    return rows


def _geojson_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Features as the rows of a table; the line is the feature's number, from 1."""
    rows = []
    for number, feature in enumerate(read_features(path, "the people file"), start=1):
        geometry, properties = feature.get("geometry"), feature.get("properties")
        at = geometry.get("coordinates") if isinstance(geometry, dict) else None
        point = isinstance(geometry, dict) and geometry.get("type") == "Point"
        if not point or not isinstance(at, list) or len(at) < 2 or not isinstance(properties, dict):
            raise ScenarioError(f"feature {number} is not a Point with properties", file=str(path))
        if "population" not in properties:
            raise ScenarioError(f"feature {number} has no property population", file=str(path))
        row = {n: str(properties[n]) for n in ("population", "households", "district") if n in properties}
        rows.append((number, {"lat": str(at[1]), "lon": str(at[0])} | row))
    first = set(rows[0][1])
    for number, row in rows:
        if set(row) != first:
            text = f"feature {number} has other properties than feature 1 ({', '.join(sorted(first))})"
            raise ScenarioError(text, file=str(path))
    return rows


def _cells_of(points: Points, cells: xr.Dataset, scenario: Scenario) -> NDArray[np.int64]:
    """Row of the cell of each point, (point,); -1 outside a user's outline.

    With the country's own outline a point that fell just beyond the border goes to the nearest cell.
    """
    from scipy.spatial import cKDTree

    index = cells["h3"].values
    own = cell_of(points.latitude_deg, points.longitude_deg, scenario.area.cell_resolution)
    row = np.minimum(np.searchsorted(index, own), index.size - 1)
    out = np.flatnonzero(index[row] != own)
    if scenario.area.outline_file is not None or scenario.area.people_file is not None:
        row[out] = -1
    elif out.size:
        tree = cKDTree(unit_vectors(cells["latitude_deg"].values, cells["longitude_deg"].values))
        row[out] = tree.query(unit_vectors(points.latitude_deg[out], points.longitude_deg[out]))[1]
    return row


def _binned(
    points: Points,
    underserved_homes: NDArray[np.int64],
    cell: NDArray[np.int64],
    table: DistrictTable,
    drawn: NDArray[np.int16],
    notes: tuple[str, ...],
    *,
    by_polygons: bool,
) -> People:
    """Count points into (cell, district) rows; rows without people are left out."""
    kept = np.flatnonzero((cell >= 0) & (points.population > 0))
    pair = cell[kept] * table.size + points.district[kept]
    unique, row = np.unique(pair, return_inverse=True)
    rural = points.rural
    values = {
        "population": points.population,
        "households": points.households,
        "underserved": underserved_homes,
        "rural": points.households * rural,
        "unelectrified": points.unelectrified,
        "rural_underserved": underserved_homes * rural,
    }
    counts = {name: _summed(row, column[kept], unique.size) for name, column in values.items()}
    at, district = unique // table.size, unique % table.size
    return People(
        districts=table,
        cells=drawn.size,
        row_cell=at.astype(np.int32),
        row_district=district.astype(np.int16),
        **counts,
        drawn_district=drawn,
        assumptions=notes,
        by_polygons=by_polygons,
    )


def _drawn(cells: xr.Dataset, scenario: Scenario) -> NDArray[np.int16]:
    """District of each cell centre, (cell,): the power diagram in Pakistan; else the only one, or -1."""
    if scenario.area.people_file is not None:
        return np.full(cells.sizes["cell"], -1, np.int16)
    if scenario.area.country != "PAK":
        return np.zeros(cells.sizes["cell"], np.int16)
    return district_of(cells["latitude_deg"].values, cells["longitude_deg"].values)
