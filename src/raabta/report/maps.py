"""The maps of a report: one ground (land, towns, gateways), one layer of coloured hexagons each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from raabta.report import figures, geometry, palette, svg, words
from raabta.report.labels import Box, Layout

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.report.places import Land, Place
    from raabta.service.results import Results

WIDTH: Final = 720.0
TOWNS: Final = 14
APART_PX: Final = 46.0
ROW: Final = 26.0
LEAST_SHOWN: Final = 0.05
"""Homes of a cell served by a constellation from which the map of both shows it."""
HALO: Final = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 3, "stroke_linejoin": "round"}


@dataclass(frozen=True)
class Ground:
    """What every map of one run shares, in page coordinates."""

    frame: geometry.Frame
    rings: list[NDArray[np.int64]]
    paths: list[str]
    below: str
    above: str
    asked: NDArray[np.float64]


@dataclass(frozen=True)
class Layer:
    """One map's content: a class per cell (-1: nobody asks) and what each class means."""

    name: str
    title: str
    description: str
    index: NDArray[np.int64]
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    columns: int = 4


def ground(results: Results, width: float = WIDTH) -> Ground:
    """Project the cells once and draw what lies below and above every layer."""
    from raabta.report import places

    rings = geometry.cell_rings(results.cells["h3"].values)
    flat = np.array([vertex for ring in rings for vertex in ring], dtype=float)
    frame = geometry.Frame.around(flat[:, 0], flat[:, 1], width)
    whole = geometry.tenths(rings, frame)
    layout = Layout(frame)
    corner = furniture(frame, whole, layout)
    home, others = places.lands(results, frame)
    marks = _marks(frame, layout, places.gateways(results), places.towns(results))
    above = _provinces(results, whole) + _outline(home) + marks + _neighbour_names(layout, others) + corner
    below = _sea_and_land(frame, home, others) + _graticule(frame)
    asked = np.nan_to_num(np.asarray(results.cells["subscribers"].values, dtype=float))
    return Ground(frame, whole, [geometry.path(ring) for ring in whole], below, above, asked)


def layers(results: Results) -> list[Layer]:
    """The maps: served share, availability, busy-hour rate, what stands in the way; with a fallback also by
    which constellation."""
    four = [served(results), availability(results), rate(results), binding(results)]
    return four if results.fallback is None else [*four, by_which(results, results.fallback)]


def served(results: Results) -> Layer:
    """Served share of the homes that ask, at the plan of the scenario."""
    plan, classes = results.scenario.demand.plan, palette.served_classes()
    index = classes.index(figures.served_share_of_cells(results, plan))
    text = f"Share of the homes that ask which get {plan} Mbps"
    return Layer("served", "Homes served", text, index, classes.colours, classes.labels)


def availability(results: Results) -> Layer:
    """Probability that the plan's rate is there."""
    target = results.scenario.demand.availability_target_share
    classes = palette.availability_classes(target)
    index = _index(results, classes, "availability_share")
    text = f"Share of time in which the plan's rate is there; the target is {100 * target:g} %"
    return Layer("availability", "Availability", text, index, classes.colours, classes.labels)


def rate(results: Results) -> Layer:
    """Busy-hour rate per subscriber at the stated contention."""
    classes = palette.rate_classes()
    index = _index(results, classes, "busy_hour_mbps")
    text = "Mbps for a subscriber in the busy hour, at the stated contention"
    return Layer("rate", "Busy-hour rate", text, index, classes.colours, classes.labels)


def binding(results: Results) -> Layer:
    """The constraint that binds most often in each cell; only those that occur get a class."""
    names = figures.constraint_names(results)
    stored = np.asarray(results.cells["binding"].values, dtype=np.int64)
    used = [i for i in range(len(names)) if (stored == i).any()]
    index = np.full(stored.shape, -1, dtype=np.int64)
    for place, i in enumerate(used):
        index[stored == i] = place
    index[~(np.asarray(results.cells["subscribers"].values, dtype=float) > 0)] = -1
    colours = tuple(palette.CONSTRAINT_COLOURS.get(names[i], "#000000") for i in used)
    labels = tuple(words.constraint(names[i]) for i in used)
    text = "What binds most often in each cell: the limit to lift first"
    return Layer("binding", "What stands in the way", text, index, colours, labels, columns=2)


def by_which(results: Results, fallback: xr.Dataset) -> Layer:
    """Which constellation serves homes of each cell at the plan of the scenario."""
    plan = results.scenario.demand.plan
    second = fallback["served_households"].sel(plan=plan).values
    first = results.cells["served_households"].sel(plan=plan).values - second
    some = [np.asarray(homes, float) >= LEAST_SHOWN for homes in (first, second)]
    index = np.where(some[0] & some[1], 2, np.where(some[1], 3, np.where(some[0], 1, 0)))
    index[~(np.asarray(results.cells["subscribers"].values, dtype=float) > 0)] = -1
    text = f"Which constellation serves homes of a cell at {plan} Mbps"
    labels = ("neither", "the first", "both", "the fallback")
    return Layer("by-which", "Served by which", text, index, palette.BY_WHICH, labels, columns=2)


def _index(results: Results, classes: palette.Classes, key: str) -> NDArray[np.int64]:
    return classes.index(np.asarray(results.cells[key].values, dtype=float))


def draw(base: Ground, layer: Layer) -> str:
    """One map with its legend as a whole SVG document."""
    inner, height = layer_group(base, layer)
    return svg.picture(base.frame.width, height, layer.title, layer.description, inner)


def layer_group(base: Ground, layer: Layer) -> tuple[str, float]:
    """One map with its legend as a piece of SVG, and its height in pixels."""
    legend, height = _legend(base, layer)
    frame, clip = base.frame, f"frame-{layer.name}"
    shape = svg.tag("rect", width=frame.width, height=frame.height, rx=6)
    cells = svg.group(_cells(base, layer), transform="scale(.1)", stroke_linejoin="round")
    body = svg.tag("defs", svg.tag("clipPath", shape, id=clip) + hatch(layer.name))
    body += svg.group(base.below + cells + base.above, clip_path=f"url(#{clip})")
    body += svg.group(legend, transform=f"translate(0 {frame.height:g})")
    return body, frame.height + height


def hatch(name: str) -> str:
    """The pattern of cells where nobody asks."""
    line = svg.tag("path", d="M0 60L60 0", stroke="#c9c9c4", stroke_width=8)
    back = svg.tag("rect", width=60, height=60, fill=palette.NOBODY)
    return svg.tag(
        "pattern", back + line, id=f"nobody-{name}", width=60, height=60, patternUnits="userSpaceOnUse"
    )


def _cells(base: Ground, layer: Layer) -> str:
    parts = [_class(base, layer, -1, f"url(#nobody-{layer.name})", palette.NOBODY)]
    parts += [_class(base, layer, i, colour, colour) for i, colour in enumerate(layer.colours)]
    return "".join(parts)


def _class(base: Ground, layer: Layer, which: int, fill: str, stroke: str) -> str:
    data = "".join(base.paths[i] for i in np.flatnonzero(layer.index == which).tolist())
    kind = "nobody" if which < 0 else str(which)
    shape: dict[str, Any] = {"fill": fill, "stroke": stroke, "stroke_width": 5, "data_class": kind}
    return svg.tag("path", d=data, **shape) if data else ""


def _legend(base: Ground, layer: Layer) -> tuple[str, float]:
    asked = base.asked.sum()
    weight = [float(base.asked[layer.index == i].sum()) for i in range(len(layer.labels))]
    shares = [words.share(w / asked, 0) if asked > 0 else "" for w in weight]
    items = [_key(c, t, s) for c, t, s in zip(layer.colours, layer.labels, shares, strict=True)]
    rows = -(-len(items) // layer.columns)
    head = svg.label(2, 25, layer.description, 16, font_weight=600)
    height = ROW * rows + 60
    foot = svg.group(_foot(layer.name), transform=f"translate(0 {height - 22:g})")
    return head + _grid(items, base.frame.width / layer.columns, layer.columns) + foot, height


def _grid(items: list[str], wide: float, columns: int) -> str:
    parts = [
        svg.group(item, transform=f"translate({i % columns * wide:g} {38 + i // columns * ROW:g})")
        for i, item in enumerate(items)
    ]
    return "".join(parts)


def _key(fill: str, name: str, share: str) -> str:
    edge: dict[str, Any] = {"stroke": "#8a949e", "fill": fill}
    inner = svg.tag("rect", x=20, width=260, height=170, rx=20, stroke_width=5, **edge)
    extra = svg.tag("tspan", svg.text(share), fill=palette.MUTED, font_size=14, dx=6) if share else ""
    line = svg.tag("text", svg.text(name) + extra, x=35, y=14, font_size=15, fill=palette.INK)
    return svg.group(inner, transform="scale(.1)") + line


def _foot(name: str) -> str:
    nobody = _key(f"url(#nobody-{name})", "nobody asks", "")
    gateway = svg.group(triangle(140, 9) + svg.label(154, 14, "gateway", 15))
    text = "Per cent: share of all homes that ask, wherever they live"
    return nobody + gateway + svg.label(236, 14, text, 13.5, fill=palette.MUTED)


def triangle(x: float, y: float) -> str:
    """The mark of a gateway, centred on (x, y)."""
    points = f"{x:.1f},{y - 8:.1f} {x + 7.5:.1f},{y + 5.5:.1f} {x - 7.5:.1f},{y + 5.5:.1f}"
    return svg.tag("polygon", points=points, fill="#c8102e", stroke="#ffffff", stroke_width=1.6)


def _sea_and_land(frame: geometry.Frame, home: list[Land], others: list[Land]) -> str:
    known = bool(home or others)
    sea = palette.SEA if known else palette.NEIGHBOUR
    body = svg.tag("rect", width=frame.width, height=frame.height, fill=sea)
    body += svg.group("".join(map(_land, others)), fill=palette.NEIGHBOUR, stroke="#c9c3b4", stroke_width=0.8)
    return body + svg.group("".join(map(_land, home)), fill=palette.LAND)


def _land(one: Land) -> str:
    rings = [np.rint(np.array(ring) * 10).astype(np.int64) for ring in one.rings]
    data = "".join(geometry.path(ring) for ring in rings)
    return svg.tag(
        "path", d=data, transform="scale(.1)", fill_rule="evenodd", vector_effect="non-scaling-stroke"
    )


def _outline(home: list[Land]) -> str:
    return svg.group("".join(map(_land, home)), fill="none", stroke="#33414e", stroke_width=1.1)


def _provinces(results: Results, rings: list[NDArray[np.int64]]) -> str:
    names = [str(name) for name in results.districts["province"].values]
    order = {name: i for i, name in enumerate(sorted(set(names)))}
    lookup = np.array([*(order[name] for name in names), -1], dtype=np.int64)
    district = np.asarray(results.cells["district"].values, dtype=np.int64)
    data = geometry.borders(rings, lookup[np.clip(district, -1, len(names))])
    style = {"fill": "none", "stroke_linecap": "round", "transform": "scale(.1)"}
    white = svg.tag("path", d=data, stroke="#ffffff", stroke_width=22, stroke_opacity=0.75, **style)
    return white + svg.tag("path", d=data, stroke="#33414e", stroke_width=8, **style) if data else ""


def _graticule(frame: geometry.Frame) -> str:
    lat, lon = frame.degrees([0, frame.width, 0, frame.width], [0, 0, frame.height, frame.height])
    step = max(1.0, round(float(np.ptp(lat)) / 15.0) * 5.0)
    lines = [_parallel(frame, value, lon) for value in _multiples(lat, step)]
    lines += [_meridian(frame, value, lat) for value in _multiples(lon, step)]
    return svg.group("".join(lines), fill="none", stroke="#b9c7d0", stroke_width=0.6, stroke_dasharray="2 4")


def _multiples(values: NDArray[np.float64], step: float) -> list[float]:
    first, last = np.ceil(values.min() / step), np.floor(values.max() / step)
    return [float(v) * step for v in np.arange(first, last + 1)]


def _parallel(frame: geometry.Frame, latitude_deg: float, span: NDArray[np.float64]) -> str:
    lon = np.linspace(span.min(), span.max(), 24)
    return _line(*frame.pixels(np.full(24, latitude_deg), lon))


def _meridian(frame: geometry.Frame, longitude_deg: float, span: NDArray[np.float64]) -> str:
    lat = np.linspace(span.min(), span.max(), 24)
    return _line(*frame.pixels(lat, np.full(24, longitude_deg)))


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return svg.tag("polyline", points=points)


def _marks(frame: geometry.Frame, layout: Layout, stations: list[Place], towns: list[Place]) -> str:
    spots = [(place, *_spot(frame, place)) for place in stations]
    seen = [(place, x, y) for place, x, y in spots if frame.holds(x, y, 6.0)]
    for _, x, y in seen:
        layout.dot(x, y, 8.0)
    named = "".join(_name(layout, place.name, x, y, 13.5, 10.0, 700) for place, x, y in seen)
    marks = "".join(triangle(x, y) for _, x, y in seen)
    return _towns(frame, layout, towns, [(p.name, x, y) for p, x, y in seen]) + marks + named


def _towns(
    frame: geometry.Frame, layout: Layout, towns: list[Place], stations: list[tuple[str, float, float]]
) -> str:
    named, parts = [(x, y) for _, x, y in stations], []
    for place in towns:
        x, y = _spot(frame, place)
        near = min((math.hypot(x - a, y - b) for a, b in named), default=math.inf)
        if near < APART_PX or not frame.holds(x, y, 6.0):
            continue
        if name := _name(layout, place.name, x, y, 13.5, 6.0, 500):
            layout.dot(x, y, 4.0)
            dot = svg.tag("circle", cx=x, cy=y, r=2.8, fill=palette.INK, stroke="#ffffff", stroke_width=1.2)
            parts.append(dot + name)
            named.append((x, y))
        if len(parts) == TOWNS:
            break
    return "".join(parts)


def _spot(frame: geometry.Frame, place: Place) -> tuple[float, float]:
    x, y = frame.pixels(place.latitude_deg, place.longitude_deg)
    return float(x), float(y)


def _name(layout: Layout, name: str, x: float, y: float, size: float, gap: float, weight: int) -> str:
    short = name if len(name) <= 24 else name[:23] + "…"
    if (at := layout.place(short, x, y, size, gap)) is None:
        return ""
    return svg.label(at.x, at.y, short, size, text_anchor=at.anchor, font_weight=weight, **HALO)


def _neighbour_names(layout: Layout, others: list[Land]) -> str:
    parts = []
    for one in others:
        if one.label is None or not one.name:
            continue
        name = one.name.upper()
        wide = svg.width_of(name, 12) * 1.5
        x, y = one.label
        box = Box(x - wide / 2, y - 12, x + wide / 2, y + 4)
        if any(box.meets(other) for other in layout.taken):
            continue
        layout.reserve(box)
        style = {"text_anchor": "middle", "letter_spacing": 3, "fill": "#8b8675"}
        parts.append(svg.label(x, y, name, 12, **style))
    return "".join(parts)


def furniture(frame: geometry.Frame, rings: list[NDArray[np.int64]], layout: Layout) -> str:
    """Scale bar and north arrow in the emptiest corner, whose place is kept from labels."""
    km = geometry.nice_length_km(frame)
    bar, wide, tall = km / frame.km_per_px, 190.0, 66.0
    points = np.concatenate(rings) / geometry.TENTHS
    corners = [(left, top) for top in (frame.height - tall, 0.0) for left in (0.0, frame.width - wide)]
    left, top = min(corners, key=lambda c: _crowd(points, c[0], c[1], wide, tall))
    layout.reserve(Box(left, top, left + wide, top + tall))
    return svg.group(_scale_bar(bar, km) + _north(), transform=f"translate({left + 14:g} {top:g})")


def _crowd(points: NDArray[np.float64], left: float, top: float, wide: float, tall: float) -> int:
    x, y = points[:, 0], points[:, 1]
    return int(((x >= left) & (x <= left + wide) & (y >= top) & (y <= top + tall)).sum())


def _scale_bar(bar_px: float, km: float) -> str:
    half = svg.tag("rect", x=0, y=40, width=bar_px / 2, height=5, fill=palette.INK)
    rest = svg.tag("rect", x=0, y=40, width=bar_px, height=5, fill="#ffffff", stroke=palette.INK)
    text = svg.label(0, 34, "0", 11, text_anchor="middle", **HALO)
    text += svg.label(bar_px, 34, f"{km:g} km", 11, text_anchor="middle", **HALO)
    return rest + half + text


def _north() -> str:
    arrow = svg.tag("path", d="M160 44l-6 4 6-22 6 22z", fill=palette.INK)
    return arrow + svg.label(160, 22, "N", 12, text_anchor="middle", font_weight=700, **HALO)
