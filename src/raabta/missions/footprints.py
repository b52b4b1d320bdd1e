"""What a rectangular field of view covers of a sphere: its outline, exact, with area and widths.

A camera stands at `place_km` over a sphere of radius R about the origin. Its axes are the rows of a matrix:
along, across and boresight, right-handed. A direction d is in view where |d . along| <= tan(along / 2)
(d . boresight), across alike. The visible disc is the cone about nadir of half-angle asin(R / r), its edge
the limb. Both are convex, so what is in view of the sphere is one patch; its edge consists of circles (faces
of the frustum) and of parts of the limb, whose ends are roots of quadratics. Model: docs/models/camera.md.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

POINTS = 12
"""Of an outline, on each piece of its edge."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_BOW = 0.5 * (1.0 - np.cos(0.5 * np.pi * (_NODES + 1.0)))
_BOW_WEIGHT = 0.25 * np.pi * np.sin(0.5 * np.pi * (_NODES + 1.0)) * _WEIGHTS
"""Gauss and Legendre's rule over 0 to 1, in a variable that takes the root out of the range at the limb."""


@dataclass(frozen=True, eq=False)
class Footprint:
    """The patch that an image covers: outline (n, 3) km on the sphere, anticlockwise from above; its area;
    the lengths of its middle lines across and along the track, NaN for one that misses; whether the limb is
    part of its edge."""

    outline_km: Floats
    area_km2: float
    across_km: float
    along_km: float
    limb: bool


@dataclass(frozen=True, eq=False)
class _View:
    """A camera over a sphere: nadir and two directions across it, right-handed, in the body's axes."""

    place_km: Floats
    radius_km: float
    nadir: Floats
    side: Floats
    front: Floats

    @property
    def far_km(self) -> float:
        """From the centre."""
        return float(np.linalg.norm(self.place_km))

    @property
    def cos_limb(self) -> float:
        """Cosine of the angle from nadir to the limb."""
        ratio = self.radius_km / self.far_km
        return math.sqrt((1.0 - ratio) * (1.0 + ratio))


def footprint(
    place_km: Floats,
    axes: Floats,
    along_deg: float,
    across_deg: float,
    radius_km: float,
    points: int = POINTS,
) -> Footprint | None:
    """What a camera outside a sphere covers of it; None where it sees nothing of it.

    place_km (3,), axes (3, 3): rows along, across, boresight, of length one and right-handed. points: of the
    outline, on each side of the view; more on a long part of the limb.
    """
    view = _view(np.asarray(place_km, np.float64), radius_km)
    wide = math.tan(math.radians(0.5 * along_deg)), math.tan(math.radians(0.5 * across_deg))
    corners = np.array([(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (1, -1, 1)]) * np.array([*wide, 1.0]) @ axes
    edges = [(corners[k], corners[(k + 1) % 4]) for k in range(4)]
    pieces = [(begin, end, *cut) for begin, end in edges for cut in _on_disc(view, begin, end)]
    arcs = _limb_arcs(view, edges)
    if not pieces and not arcs:
        return None
    area = sum(_under(view, *piece) for piece in pieces)
    area += sum(radius_km**2 * (1.0 - radius_km / view.far_km) * (end - begin) for begin, end in arcs)
    middle = [[(0.0, -wide[1], 1.0), (0.0, wide[1], 1.0)], [(-wide[0], 0.0, 1.0), (wide[0], 0.0, 1.0)]]
    across_km, along_km = (_length_km(view, *(np.array(line) @ axes)) for line in middle)
    return Footprint(_outline(view, pieces, arcs, points), area, across_km, along_km, bool(arcs))


def _view(place_km: Floats, radius_km: float) -> _View:
    nadir = -place_km / np.linalg.norm(place_km)
    least = np.eye(3)[int(np.argmin(np.abs(nadir)))]
    side = np.cross(nadir, least)
    side /= np.linalg.norm(side)
    return _View(place_km, radius_km, nadir, side, np.cross(nadir, side))


def _on_disc(view: _View, begin: Floats, end: Floats) -> list[tuple[float, float]]:
    """Parts of an edge, shares (s0, s1) of the way from one direction to another, that meet the sphere."""
    step, limit = end - begin, view.cos_limb**2
    a = float(step @ view.nadir) ** 2 - limit * float(step @ step)
    b = 2.0 * (float(begin @ view.nadir) * float(step @ view.nadir) - limit * float(begin @ step))
    c = float(begin @ view.nadir) ** 2 - limit * float(begin @ begin)
    cuts = [0.0, *(s for s in _roots(a, b, c) if 0.0 < s < 1.0), 1.0]
    found = []
    for low, high in itertools.pairwise(cuts):
        ray = begin + 0.5 * (low + high) * step
        if float(ray @ view.nadir) >= view.cos_limb * float(np.linalg.norm(ray)):
            found.append((low, high))
    return found


def _roots(a: float, b: float, c: float) -> list[float]:
    """Real roots of a s^2 + b s + c, rising."""
    square = b * b - 4.0 * a * c
    if square <= 0.0:
        return []
    half = -0.5 * (b + math.copysign(math.sqrt(square), b))
    return sorted([half / a, c / half] if a != 0.0 else [c / half])


def _limb_arcs(view: _View, edges: list[tuple[Floats, Floats]]) -> list[tuple[float, float]]:
    """Parts of the limb in view, azimuths (from, to) about nadir, rad; the whole circle as one."""
    sine, normals = view.radius_km / view.far_km, [np.cross(one, other) for one, other in edges]
    level = [view.cos_limb * float(normal @ view.nadir) for normal in normals]
    swing = [(sine * float(normal @ view.side), sine * float(normal @ view.front)) for normal in normals]
    cuts = []
    for flat, (x, y) in zip(level, swing, strict=True):
        if abs(flat) < math.hypot(x, y):
            turn, half = math.atan2(y, x), math.acos(-flat / math.hypot(x, y))
            cuts += [(turn - half) % (2.0 * math.pi), (turn + half) % (2.0 * math.pi)]
    cuts = sorted(cuts) or [0.0]
    found = []
    for low, high in zip(cuts, [*cuts[1:], cuts[0] + 2.0 * math.pi], strict=True):
        middle = 0.5 * (low + high)
        sides = [flat + x * math.cos(middle) + y * math.sin(middle)
                 for flat, (x, y) in zip(level, swing, strict=True)]  # fmt: skip
        if min(sides) >= 0.0 and high > low:
            found.append((low, high))
    return found


def _slant(view: _View, rays: Floats) -> Floats:
    """How many of their own lengths rays (n, 3) go until they meet the sphere; to the limb at a miss."""
    towards, square = view.far_km * (rays @ view.nadir), np.einsum("ij,ij->i", rays, rays)
    tangent = (view.far_km - view.radius_km) * (view.far_km + view.radius_km)
    root = np.sqrt(np.maximum(towards**2 - square * tangent, 0.0))
    return np.asarray(tangent / (towards + root))


def _under(view: _View, begin: Floats, end: Floats, low: float, high: float) -> float:
    """Part of the area that a piece of an edge adds, km2: the integral of R^2 (1 - cos psi) over azimuth."""
    share = low + (high - low) * _BOW
    rays = begin + share[:, None] * (end - begin)
    slant = _slant(view, rays)
    across = float(begin @ view.side) * float(end @ view.front) - float(begin @ view.front) * float(
        end @ view.side
    )
    cosine = (view.far_km - slant * (rays @ view.nadir)) / view.radius_km
    return float((_BOW_WEIGHT * slant**2 / (1.0 + cosine)).sum() * across * (high - low))


def _length_km(view: _View, begin: Floats, end: Floats) -> float:
    """Length on the ground between the ends of what a line of the image covers, NaN for nothing."""
    found = _on_disc(view, begin, end)
    if not found:
        return math.nan
    rays = begin + np.array(found[0])[:, None] * (end - begin)
    one, other = view.place_km + _slant(view, rays)[:, None] * rays
    return view.radius_km * math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other))


def _outline(
    view: _View,
    pieces: list[tuple[Floats, Floats, float, float]],
    arcs: list[tuple[float, float]],
    points: int,
) -> Floats:
    """Points on the edge in their order: every corner, every end on the limb, and some between."""
    share = np.arange(points)[:, None] / points
    found = []
    for begin, end, low, high in pieces:
        rays = begin + (low + (high - low) * share) * (end - begin)
        slant = _slant(view, rays)
        if low > 0.0:  # the limb itself, where the root is of nothing but noise
            slant[0] = view.far_km * view.cos_limb / np.linalg.norm(rays[0])
        found.append(view.place_km + slant[:, None] * rays)
    for low, high in arcs:
        count = points * math.ceil((high - low) / 0.5)
        azimuth = low + (high - low) * np.arange(count)[:, None] / count
        flat = np.cos(azimuth) * view.side + np.sin(azimuth) * view.front
        found.append(view.radius_km * (view.cos_limb * flat - view.radius_km / view.far_km * view.nadir))
    outline = np.concatenate(found)
    rays = outline - view.place_km
    rays /= np.linalg.norm(rays, axis=1)[:, None]
    inside = rays.sum(axis=0)
    side = np.cross(inside, np.eye(3)[int(np.argmin(np.abs(inside)))])
    angle = np.arctan2(rays @ np.cross(inside, side) / np.linalg.norm(inside), rays @ side)
    return np.asarray(outline[np.argsort(-angle, kind="stable")])
