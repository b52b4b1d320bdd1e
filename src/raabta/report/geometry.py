"""From the sphere to the page: an equal-area projection, the frame of a map, hexagons as SVG paths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Ring = NDArray[np.float64]

AUTHALIC_RADIUS_KM: Final = 6371.0072
"""Radius of the sphere with the area of WGS84."""
TENTHS: Final = 10
"""Paths are whole tenths of a pixel, inside a group scaled by one tenth."""


def laea(latitude_deg: Any, longitude_deg: Any, centre_deg: tuple[float, float]) -> tuple[Ring, Ring]:
    """Lambert azimuthal equal-area on the authalic sphere: (x east, y north) in km of `centre_deg`.

    Snyder, Map Projections: A Working Manual (USGS PP 1395, 1987), eqs. 24-2 to 24-4.
    """
    lat, lon = np.radians(np.asarray(latitude_deg, float)), np.radians(np.asarray(longitude_deg, float))
    lat0, dlon = math.radians(centre_deg[0]), lon - math.radians(centre_deg[1])
    cos_c = math.sin(lat0) * np.sin(lat) + math.cos(lat0) * np.cos(lat) * np.cos(dlon)
    k = AUTHALIC_RADIUS_KM * np.sqrt(2.0 / np.maximum(1.0 + cos_c, 1e-9))
    north = math.cos(lat0) * np.sin(lat) - math.sin(lat0) * np.cos(lat) * np.cos(dlon)
    return k * np.cos(lat) * np.sin(dlon), k * north


def inverse_laea(x_km: Any, y_km: Any, centre_deg: tuple[float, float]) -> tuple[Ring, Ring]:
    """(latitude, longitude) in deg of `laea` coordinates; longitude may run past 180 (Snyder, eq. 20-14)."""
    x, y = np.asarray(x_km, float) / AUTHALIC_RADIUS_KM, np.asarray(y_km, float) / AUTHALIC_RADIUS_KM
    rho = np.maximum(np.hypot(x, y), 1e-12)
    c, lat0 = 2.0 * np.arcsin(np.minimum(rho / 2.0, 1.0)), math.radians(centre_deg[0])
    lat = np.arcsin(np.cos(c) * math.sin(lat0) + y * np.sin(c) * math.cos(lat0) / rho)
    dlon = np.arctan2(x * np.sin(c), rho * math.cos(lat0) * np.cos(c) - y * math.sin(lat0) * np.sin(c))
    return np.degrees(lat), np.degrees(dlon) + centre_deg[1]


def spherical_centre(latitude_deg: Any, longitude_deg: Any) -> tuple[float, float]:
    """Mean direction of points in deg: holds across the date line."""
    lat, lon = np.radians(np.asarray(latitude_deg, float)), np.radians(np.asarray(longitude_deg, float))
    x, y, z = (float(np.mean(v)) for v in (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)))
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


@dataclass(frozen=True)
class Frame:
    """Where a map stands on the page: centre in deg, km per pixel, size in pixels."""

    centre_deg: tuple[float, float]
    left_km: float
    top_km: float
    km_per_px: float
    width: float
    height: float

    @classmethod
    def around(cls, latitude_deg: Any, longitude_deg: Any, width: float, margin_px: float = 26.0) -> Frame:
        """The frame of `width` pixels that holds the points, with `margin_px` around them."""
        first = spherical_centre(latitude_deg, longitude_deg)
        x, y = laea(latitude_deg, longitude_deg, first)
        span = max(float(np.ptp(x)), float(np.ptp(y)) / 1.6, 1.0)
        scale = span / (width - 2.0 * margin_px)
        middle = (float(x.max() + x.min()) / 2.0, float(y.max() + y.min()) / 2.0)
        height = max(float(np.ptp(y)), 1.0) / scale + 2.0 * margin_px
        left, top = middle[0] - scale * width / 2.0, middle[1] + scale * height / 2.0
        return cls(first, left, top, scale, width, round(height))

    def pixels(self, latitude_deg: Any, longitude_deg: Any) -> tuple[Ring, Ring]:
        """Page coordinates (x right, y down) of points, in pixels."""
        x, y = laea(latitude_deg, longitude_deg, self.centre_deg)
        return (x - self.left_km) / self.km_per_px, (self.top_km - y) / self.km_per_px

    def degrees(self, x_px: Any, y_px: Any) -> tuple[Ring, Ring]:
        """(latitude, longitude) in deg of page coordinates."""
        x = np.asarray(x_px, float) * self.km_per_px + self.left_km
        y = self.top_km - np.asarray(y_px, float) * self.km_per_px
        return inverse_laea(x, y, self.centre_deg)

    def holds(self, x_px: float, y_px: float, margin_px: float = 0.0) -> bool:
        """Whether a page coordinate lies inside the map, `margin_px` from its edge."""
        across = margin_px <= x_px <= self.width - margin_px
        return across and margin_px <= y_px <= self.height - margin_px


def cell_rings(h3_cells: Iterable[int]) -> list[list[tuple[float, float]]]:
    """Boundary of every H3 cell as (latitude, longitude) in deg, counter-clockwise, not closed."""
    import h3

    return [[(float(a), float(b)) for a, b in h3.cell_to_boundary(h3.int_to_str(int(c)))] for c in h3_cells]


def tenths(rings: Sequence[Sequence[tuple[float, float]]], frame: Frame) -> list[NDArray[np.int64]]:
    """Rings of (latitude, longitude) as whole tenths of a pixel, array (vertex, xy)."""
    if not rings:
        return []
    flat = np.array([vertex for ring in rings for vertex in ring], dtype=float)
    x, y = frame.pixels(flat[:, 0], flat[:, 1])
    whole = np.rint(np.column_stack([x, y]) * TENTHS).astype(np.int64)
    return np.split(whole, np.cumsum([len(ring) for ring in rings])[:-1])


def path(ring: NDArray[np.int64], *, closed: bool = True) -> str:
    """One ring as SVG path data with relative steps; repeated points are dropped."""
    steps = np.diff(ring, axis=0)
    steps = steps[np.any(steps != 0, axis=1)]
    body = "".join(_pair(int(dx), int(dy)) for dx, dy in steps)
    return f"M{ring[0, 0]} {ring[0, 1]}l{body.lstrip()}{'z' if closed else ''}" if body else ""


def _pair(dx: int, dy: int) -> str:
    first = f"{dx}" if dx < 0 else f" {dx}"
    return f"{first}{dy}" if dy < 0 else f"{first} {dy}"


def borders(rings: list[NDArray[np.int64]], group: NDArray[np.int64]) -> str:
    """Path data of the hexagon edges between cells of different groups (group < 0 has no border)."""
    owner: dict[tuple[tuple[int, int], tuple[int, int]], int] = {}
    lines: list[str] = []
    for ring, mine in zip(rings, group.tolist(), strict=True):
        for edge in _edges(ring):
            other = owner.setdefault(edge, mine)
            if mine >= 0 <= other and other != mine:
                (x0, y0), (x1, y1) = edge
                lines.append(f"M{x0} {y0}L{x1} {y1}")
    return "".join(lines)


def _edges(ring: NDArray[np.int64]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    points = [(int(x), int(y)) for x, y in ring]
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return [(a, b) if a <= b else (b, a) for a, b in pairs]


def nice_length_km(frame: Frame, target_px: float = 130.0) -> float:
    """A round scale-bar length (1, 2 or 5 times a power of ten) of at most `target_px` pixels."""
    most = frame.km_per_px * target_px
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most)
