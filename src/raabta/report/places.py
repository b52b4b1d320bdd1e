"""What a map shows besides cells: towns, gateways, the outline of the country and of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.report.geometry import Frame
    from raabta.service.results import Results


EDGE_PX: Final = 60.0
GAP_KM2: Final = 10_000.0


@dataclass(frozen=True)
class Place:
    """A named point in deg."""

    name: str
    latitude_deg: float
    longitude_deg: float
    population: float = 0.0


@dataclass(frozen=True)
class Land:
    """The outline of one country as page rings (x, y in pixels), and where its name fits."""

    name: str
    rings: tuple[tuple[tuple[float, float], ...], ...]
    label: tuple[float, float] | None


def gateways(results: Results) -> list[Place]:
    """The gateways of the scenario."""
    return [Place(words.clean(g.name), g.latitude_deg, g.longitude_deg) for g in results.scenario.gateways]


def main_cells(results: Results) -> list[Place]:
    """Every district's most populous cell under the district's name, most people first."""
    cells, names = results.cells, results.districts["name"].values
    district = np.asarray(cells["district"].values, dtype=np.int64)
    people = np.nan_to_num(np.asarray(cells["population"].values, dtype=float))
    best: dict[int, int] = {}
    for i in np.argsort(-people, kind="stable").tolist():
        if 0 <= district[i] < len(names) and people[i] > 0:
            best.setdefault(int(district[i]), i)
    lat, lon = cells["latitude_deg"].values, cells["longitude_deg"].values
    found = [Place(words.clean(names[d]), float(lat[i]), float(lon[i]), people[i]) for d, i in best.items()]
    return sorted(found, key=lambda place: (-place.population, place.name))


def towns(results: Results) -> list[Place]:
    """Towns of the country, most people first; where none is listed, each district's most populous cell."""
    from raabta.service import data

    if results.scenario.area.country not in data.town_countries():
        return main_cells(results)
    listed = data.towns(results.scenario.area.country)
    columns = (listed.name, listed.latitude_deg, listed.longitude_deg, listed.population)
    rows = zip(*columns, strict=True)
    found = [
        Place(words.clean(name), float(lat), float(lon), float(people)) for name, lat, lon, people in rows
    ]
    return sorted(found, key=lambda place: (-place.population, place.name))


def neighbours(frame: Frame) -> list[str]:
    """ISO codes of the countries with a town near `frame`, in alphabetical order."""
    from raabta.service import data

    found = []
    for code in data.town_countries():
        listed = data.towns(code)
        x, y = frame.pixels(listed.latitude_deg, listed.longitude_deg)
        near = (np.abs(x - frame.width / 2) < frame.width * 0.7) & (
            np.abs(y - frame.height / 2) < frame.height * 0.7
        )
        if near.any():
            found.append(str(code))
    return sorted(found)


def polygons(shape: Any) -> Iterator[Any]:
    """The polygons of a shapely geometry of any kind."""
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon":
            yield part
        elif hasattr(part, "geoms"):
            yield from polygons(part)


def land(name: str, page: Any, frame: Frame) -> Land | None:
    """A country already on the page (`on_page`) as its rings; None where it does not show."""
    import shapely

    parts = [part for part in polygons(shapely.simplify(page, 0.35)) if part.area > 1.0]
    inside = shapely.intersection(page, shapely.box(0, 0, frame.width, frame.height))
    seen = [part for part in polygons(inside) if part.area > 1.0]
    rings = tuple(
        tuple((float(x), float(y)) for x, y in ring.coords)
        for part in parts
        for ring in (part.exterior, *part.interiors)
    )
    return Land(words.clean(name), rings, _room(seen)) if rings and seen else None


def gaps(pages: list[Any], frame: Frame) -> Land | None:
    """Ground between countries that none of them claims in the outlines: land, not sea."""
    import shapely

    most = GAP_KM2 / frame.km_per_px**2
    whole = shapely.union_all([shapely.buffer(page, 0.2) for page in pages])
    holes = [shapely.Polygon(ring) for part in polygons(whole) for ring in part.interiors]
    small = [hole.buffer(0.5) for hole in holes if hole.area < most]
    return land("", shapely.union_all(small), frame) if small else None


def on_page(shape: Any, frame: Frame) -> Any:
    """A shape of (longitude, latitude) in page coordinates, cut a little outside the frame."""
    import shapely

    edge_x = np.concatenate([np.linspace(0, frame.width, 25)] * 2 + [np.zeros(25), np.full(25, frame.width)])
    down = np.linspace(0, frame.height, 25)
    edge_y = np.concatenate([np.zeros(25), np.full(25, frame.height), down, down])
    lat, lon = frame.degrees(edge_x, edge_y)
    near = shapely.clip_by_rect(shape, lon.min() - 2, lat.min() - 2, lon.max() + 2, lat.max() + 2)

    def to_page(points: Any) -> Any:
        return np.column_stack(frame.pixels(points[:, 1], points[:, 0]))

    page = shapely.make_valid(shapely.transform(near, to_page))
    return shapely.intersection(
        page, shapely.box(-EDGE_PX, -EDGE_PX, frame.width + EDGE_PX, frame.height + EDGE_PX)
    )


def _room(parts: list[Any]) -> tuple[float, float] | None:
    import shapely

    if not parts:
        return None
    largest = max(parts, key=lambda part: part.area)
    middle = shapely.maximum_inscribed_circle(largest, tolerance=4.0)
    if shapely.length(middle) < 34.0:
        return None
    x, y = shapely.get_coordinates(middle)[0]
    return float(x), float(y)


def lands(results: Results, frame: Frame) -> tuple[list[Land], list[Land]]:
    """(the area itself, the countries around it) as drawn in `frame`."""
    from raabta.access import outlines

    names, area = outlines.country_names(), results.scenario.area
    own = area.outline_file is None
    home = on_page(_area(results), frame)
    codes = [code for code in neighbours(frame) if code in names and not (own and code == area.country)]
    around = {code: on_page(outlines.outline(code), frame) for code in codes}
    found = [land(names[code], page, frame) for code, page in around.items()]
    found.append(gaps([home, *around.values()], frame))
    drawn = land(names.get(area.country, area.country), home, frame)
    return [drawn] if drawn else [], [one for one in found if one]


def _area(results: Results) -> Any:
    import shapely

    from raabta.access.cells import area_outline
    from raabta.base.errors import RaabtaError

    try:
        return area_outline(results.scenario.area)
    except RaabtaError:  # the user's outline was moved since the run: the cells still show where it was
        return shapely.Polygon()
