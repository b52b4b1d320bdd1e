"""Districts without a census behind them: of a people file, a country as one, or a user's polygons."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.outlines import outline
from raabta.access.polygons import containing, nearest
from raabta.base.errors import ScenarioError
from raabta.scenario.suggest import near_name
from raabta.service.districts import OTHER_NAMES, DistrictTable, pakistan_districts, pakistan_sites

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.access.polygons import Polygons
    from raabta.scenario.models import Area
    from raabta.service.villages import Points

HOME_SIZE = 4.5
"""People per home where no census row says otherwise: our assumption."""
MAX_DISTRICTS = 32_767
SHOWN_NAMES = 10


def one_district(name: str, population: int, rural: int, source: str) -> DistrictTable:
    """A table of one row, for a country."""
    return plain_districts((name,), np.array([population]), np.array([rural]), source)


def plain_districts(
    names: tuple[str, ...], population: NDArray[np.int64], rural: NDArray[np.int64], source: str
) -> DistrictTable:
    """Districts of which only people are known; homes at 4.5 people each, electricity not known."""
    size, none = len(names), np.zeros(len(names))
    empty = np.zeros((size, 6), np.int64)
    homes, rural_homes = (np.rint(n / HOME_SIZE).astype(np.int64) for n in (population, rural))
    return DistrictTable(
        names, ("",) * size, ("",) * size, np.full(size, np.nan), population, rural, homes, rural_homes,
        none, none, none, none, none, none, empty, empty, np.zeros(size, bool), ("low",) * size,
        (source,) * size, none,
    )  # fmt: skip


def counted_districts(points: Points, names: tuple[str, ...], source: str) -> DistrictTable:
    """Districts whose people and homes are those of the points in them."""

    def summed(values: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(points.district, values, len(names)).astype(np.int64)

    table = plain_districts(
        names, summed(points.population), summed(points.population * points.rural), source
    )
    return replace(
        table,
        households=summed(points.households),
        rural_households=summed(points.households * points.rural),
    )


def divided(points: Points, table: DistrictTable, polygons: Polygons) -> tuple[Points, DistrictTable, str]:
    """People of one district shared out to the polygons they stand in, with the polygons as the table.

    A point in no polygon goes to the nearest one; the sentence returned says how many people that are. No
    point is moved or lost: national sums stay as they are.
    """
    lat, lon = points.latitude_deg, points.longitude_deg
    owner = containing(polygons, lat, lon)
    out = np.flatnonzero(owner < 0)
    owner[out] = nearest(polygons, lat[out], lon[out])
    there = replace(points, district=owner.astype(np.int16))
    found = counted_districts(there, polygons.name, f"{table.source[0]}; the user's {polygons.path.name}")
    people, strays = int(points.population.sum()), int(points.population[out].sum())
    note = (
        f"Districts by the user's polygons {polygons.path.name}: {people - strays:,} people stand in one, "
        f"{strays:,} in none and count to the nearest."
    )
    return there, replace(found, province=polygons.province), note


def matched(polygons: Polygons, table: DistrictTable) -> NDArray[np.int64]:
    """Row of the table that each polygon's name means, (polygon,), whatever its case, spaces and accents.

    Raises ScenarioError that lists the names that mean none, each with the nearest one.
    """
    exact = {name.casefold(): row for row, name in enumerate(table.name)}
    loose = _by_letters(table)
    found = [exact.get(name.casefold(), loose.get(letters(name), -1)) for name in polygons.name]
    wrong = [name for name, row in zip(polygons.name, found, strict=True) if row < 0]
    if wrong:
        shown = ", ".join(f"{name!r}{_meant(name, table)}" for name in wrong[:SHOWN_NAMES])
        more = f" and {len(wrong) - SHOWN_NAMES} more" if len(wrong) > SHOWN_NAMES else ""
        raise ScenarioError(
            f"{len(wrong)} of {len(found)} names are no district here: {shown}{more}",
            file=str(polygons.path),
            hint="use the names of districts.csv; leave out what is no district",
        )
    return np.array(found, np.int64)


def letters(name: str) -> str:
    """A name without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def _by_letters(table: DistrictTable) -> dict[str, int]:
    """Row by the letters of each name and of its other spellings; -1 for letters that two rows share."""
    rows: dict[str, int] = {}
    for row, name in enumerate(table.name):
        for spelling in (name, *OTHER_NAMES.get(name, ())):
            key = letters(spelling)
            rows[key] = row if rows.get(key, row) == row else -1
    return rows


def _meant(name: str, table: DistrictTable) -> str:
    """What a wrong name probably means, in brackets: a near name, or the district of a town so called."""
    if table is pakistan_districts():
        sites = pakistan_sites()
        named = {site.casefold(): row for row, site in enumerate(sites.name)}
        site = named.get(name.casefold())
        if site is not None:
            return f" (did you mean {table.name[sites.district[site]]}, where the town of {name} is?)"
    near = near_name(name, lower := {known.lower(): known for known in table.name})
    return f" (did you mean {lower[near]}?)" if near else ""


def drawn_by(
    polygons: Polygons,
    row: NDArray[np.int64],
    cells: xr.Dataset,
    otherwise: NDArray[np.int16],
    area: Area,
) -> NDArray[np.int16]:
    """District of each cell for drawing, (cell,): the polygon that holds its centre, else the nearest.

    row (polygon,): district of each polygon. `otherwise` (cell,) stands where it names a district that the
    file leaves out. A cell wholly outside the country, whose centre no polygon holds, has none: -1.
    """
    lat, lon = cells["latitude_deg"].values, cells["longitude_deg"].values
    inside = containing(polygons, lat, lon)
    ask = np.flatnonzero(inside < 0)
    spare = otherwise[ask]
    left_out = (spare >= 0) & ~np.isin(spare, row)
    near = np.where(left_out, spare, row[nearest(polygons, lat[ask], lon[ask])])
    out = row[inside]
    out[ask] = np.where(_overlaps(cells["h3"].values[ask], area), near, -1)
    return np.asarray(out, np.int16)


def _overlaps(h3_index: NDArray[np.uint64], area: Area) -> NDArray[np.bool_]:
    """Whether any part of each cell lies in the country's outline, (cell,)."""
    import h3.api.basic_int as h3
    from shapely import Polygon, intersects, prepare

    ground = outline(area.country)
    prepare(ground)
    hexagons = [Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(int(c))]) for c in h3_index]
    return np.asarray(intersects(ground, np.array(hexagons, object)), bool)
