"""What a map shows besides cells: towns, gateways, the outline of the country and of its neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.report.geometry import Frame
    from raabta.service.results import Results


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
    return [
        Place(words.clean(g.name), g.latitude_deg, g.longitude_deg) for g in results.scenario.gateways
    ]


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
    """Places to name on the map, most people first."""
    return main_cells(results)


def neighbours(frame: Frame) -> list[str]:
    """ISO codes of the countries that show in `frame`."""
    return []


def polygons(shape: Any) -> Iterator[Any]:
    """The polygons of a shapely geometry of any kind."""
    for part in getattr(shape, "geoms", [shape]):
        if part.geom_type == "Polygon":
            yield part
        elif hasattr(part, "geoms"):
            yield from polygons(part)


def land(name: str, shape: Any, frame: Frame) -> Land | None:
    """A country of (longitude, latitude) as seen in `frame`; None where it does not show."""
    import shapely

    seen = _on_page(shape, frame)
    if seen.is_empty:
        return None
    seen = shapely.simplify(seen, 0.35)
    parts = [part for part in polygons(seen) if part.area > 1.0]
    rings = tuple(
        tuple((float(x), float(y)) for x, y in ring.coords)
        for part in parts
        for ring in (part.exterior, *part.interiors)
    )
    return Land(words.clean(name), rings, _room(parts)) if rings else None


def _on_page(shape: Any, frame: Frame) -> Any:
    import shapely

    edge_x = np.concatenate([np.linspace(0, frame.width, 25)] * 2 + [np.zeros(25), np.full(25, frame.width)])
    down = np.linspace(0, frame.height, 25)
    edge_y = np.concatenate([np.zeros(25), np.full(25, frame.height), down, down])
    lat, lon = frame.degrees(edge_x, edge_y)
    near = shapely.clip_by_rect(shape, lon.min() - 1, lat.min() - 1, lon.max() + 1, lat.max() + 1)

    def to_page(points: Any) -> Any:
        return np.column_stack(frame.pixels(points[:, 1], points[:, 0]))

    page = shapely.make_valid(shapely.transform(near, to_page))
    return shapely.intersection(page, shapely.box(-2, -2, frame.width + 2, frame.height + 2))


def _room(parts: list[Any]) -> tuple[float, float] | None:
    import shapely

    largest = max(parts, key=lambda part: part.area)
    middle = shapely.maximum_inscribed_circle(largest, tolerance=4.0)
    if shapely.length(middle) < 34.0:
        return None
    x, y = shapely.get_coordinates(middle)[0]
    return float(x), float(y)


def lands(results: Results, frame: Frame) -> tuple[list[Land], list[Land]]:
    """(the country or area itself, its neighbours) as drawn in `frame`."""
    from raabta.access import outlines

    names, home_code = outlines.country_names(), results.scenario.area.country
    home = land(names.get(home_code, home_code), outlines.outline(home_code), frame)
    found = [land(names[code], outlines.outline(code), frame) for code in neighbours(frame) if code != home_code]
    return [home] if home else [], [one for one in found if one]
