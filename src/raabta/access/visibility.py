"""Sparse visibility of one step: which satellites each site sees above its mask and clear of the GSO arc."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import kernels
from raabta.base.frames import enu_basis, geodetic_to_fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ARC_LATITUDE_STEP_DEG = 0.5
ARC_GRID_EAST, ARC_GRID_NORTH = 65, 129
PAIRS_A_SITE = 96
"""Satellites in view of a site, in the mean, that room is made for at first: more take a second go."""
ARC_DOUBT_DEG = 0.05
"""Half-width around the limit in which the table is not trusted and the arc is searched exactly."""


@dataclass(frozen=True)
class ArcTable:
    """Separation from the visible GSO arc, tabulated over site latitude and local direction."""

    table: NDArray[np.float32]
    first_latitude_deg: float
    step_deg: float


@dataclass(frozen=True)
class Sites:
    """Points on the ground that look up: (n,) sites, grouped so that neighbours share a satellite list.

    km (n, 3) ITRF; basis (n, 3, 3) east, north, up; sin_mask (n, a) sine of the lowest elevation per
    azimuth bin; group_*, bands as `kernels.find_visible` wants them; separation_rad (n,): least angle kept
    from the GSO arc, 0 for none; arc_row, arc_site: the site in the arc table.
    """

    km: Floats
    basis: Floats
    sin_mask: Floats
    group_axis: Floats
    group_radius: Floats
    group_start: Ints
    bands: Floats
    separation_rad: Floats
    arc: ArcTable
    arc_row: Floats
    arc_site: Floats

    @property
    def count(self) -> int:
        """Number of sites."""
        return int(self.km.shape[0])

    @cached_property
    def arc_kept(self) -> kernels.Arc:
        """The table of the arc as the kernels take it."""
        return kernels.Arc(self.arc.table, float(np.radians(ARC_DOUBT_DEG)))

    @cached_property
    def arrays(self) -> kernels.Ground:
        """As the kernels take them."""
        return kernels.Ground(
            self.km,
            self.basis,
            self.sin_mask,
            self.bands,
            self.group_axis,
            self.group_radius,
            self.group_start,
            self.arc_row,
            self.arc_site,
            self.separation_rad,
        )


@dataclass(frozen=True)
class Overhead:
    """Satellites that may be seen from some place of an area: near (m,) their fleet numbers, satellite_km and
    unit (m, 3), angle (m,): of their footprints, rad."""

    near: Ints
    satellite_km: Floats
    unit: Floats
    angle: Floats

    def of(self, which: Ints) -> Overhead:
        """Some of them, by their places in `near`."""
        return Overhead(self.near[which], self.satellite_km[which], self.unit[which], self.angle[which])

    @property
    def positions(self) -> kernels.Positions:
        """As the kernels take them."""
        return kernels.Positions(self.satellite_km, self.unit, self.angle)


@dataclass(frozen=True)
class View(Overhead):
    """Visibility of one step as CSR over sites; satellite numbers index `near`, which indexes the fleet."""

    start: Ints
    satellite: NDArray[np.int32]
    sin_elevation: Floats
    clear: NDArray[np.uint8]


def sites(
    latitude_deg: Floats,
    longitude_deg: Floats,
    height_km: Floats,
    min_elevation_deg: float,
    *,
    mask_deg: Floats | None = None,
    group: Ints | None = None,
    gso_separation_deg: float | Floats = 0.0,
) -> Sites:
    """Prepare sites. mask_deg (n, a): terrain horizon per azimuth bin from north; the higher of it and the
    minimum elevation holds. group (n,): sorted labels of sites that share a satellite list (default: own).
    gso_separation_deg, of all or (n,): directions nearer to the visible GSO arc are not clear; 0 for no rule.
    """
    km = geodetic_to_fixed(latitude_deg, longitude_deg, height_km)
    basis = enu_basis(latitude_deg, longitude_deg)
    floor = np.full((km.shape[0], 1), min_elevation_deg)
    mask = floor if mask_deg is None else np.maximum(mask_deg, min_elevation_deg)
    axis, radius, start = _groups(km, np.arange(km.shape[0]) if group is None else group)
    ruled = bool(np.any(np.asarray(gso_separation_deg) > 0.0))  # without the rule nobody looks at the table
    south = float(latitude_deg.min())
    arc = arc_table(south, float(latitude_deg.max()) if ruled else south, min_elevation_deg)
    row = (latitude_deg - arc.first_latitude_deg) / arc.step_deg
    phi = np.radians(latitude_deg)
    on_meridian = geodetic_to_fixed(latitude_deg, np.zeros_like(latitude_deg), height_km)
    arc_site = np.column_stack([np.sin(phi), np.cos(phi), on_meridian[:, 0], on_meridian[:, 2]])
    sine = np.sin(np.radians(mask))
    separation_rad = np.radians(np.broadcast_to(gso_separation_deg, (km.shape[0],)).astype(np.float64))
    settled = declination_bands(*arc_declinations(on_meridian, phi), separation_rad, sine.min(axis=1))
    bands = np.column_stack([sine.min(axis=1), sine.max(axis=1), settled])
    return Sites(km, basis, sine, axis, radius, start, bands, separation_rad, arc, row, arc_site)


def _groups(km: Floats, label: Ints) -> tuple[Floats, Floats, Ints]:
    """Axis, radius (rad) and first site of each run of equal labels."""
    unit = km / np.linalg.norm(km, axis=1, keepdims=True)
    start = np.concatenate([[0], np.flatnonzero(np.diff(label)) + 1, [km.shape[0]]]).astype(np.int64)
    axis = np.add.reduceat(unit, start[:-1], axis=0)
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    cosine = np.einsum("ij,ij->i", unit, np.repeat(axis, np.diff(start), axis=0))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    return axis, np.maximum.reduceat(angle, start[:-1]) + 1e-6, start


def arc_table(latitude_min_deg: float, latitude_max_deg: float, min_elevation_deg: float) -> ArcTable:
    """Tabulate the separation from the arc for a band of latitudes (WGS84, height 0)."""
    step = ARC_LATITUDE_STEP_DEG
    first = np.floor(latitude_min_deg / step) * step
    count = max(2, int(np.ceil((latitude_max_deg - first) / step)) + 1)
    latitude = first + step * np.arange(count)
    km = geodetic_to_fixed(latitude, np.zeros(count), np.zeros(count))
    table = np.empty((count, ARC_GRID_EAST, ARC_GRID_NORTH), np.float32)
    limit = np.cos(np.radians(max(0.0, min_elevation_deg - 3.0))) ** 2 + 0.02
    rows = [np.arange(half, count, 2) for half in range(2)]
    with ThreadPoolExecutor(2) as pool:  # the kernel lets go of the interpreter; every row stands alone
        parts = pool.map(lambda own: _fill(np.radians(latitude[own]), km[own], limit, table[own]), rows)
    for own, part in zip(rows, parts, strict=True):
        table[own] = part
    return ArcTable(table, float(first), step)


def _fill(latitude_rad: Floats, km: Floats, limit: float, out: NDArray[np.float32]) -> NDArray[np.float32]:
    x, z = np.ascontiguousarray(km[:, 0]), np.ascontiguousarray(km[:, 2])
    kernels.fill_arc_table(latitude_rad, x, z, limit, out)
    return out


def arc_declinations(site_km: Floats, latitude_rad: Floats) -> tuple[Floats, Floats]:
    """Least and greatest declination (rad) of the visible arc seen from sites (n, 3) at longitude 0, (n,).

    A direction farther than a limit from this band is farther than it from the arc. Where no part of the arc
    is visible the band is empty.
    """
    theta = np.radians(np.arange(-90.0, 90.5))
    arc = kernels.GSO_RADIUS_KM * np.column_stack([np.cos(theta), np.sin(theta), np.zeros_like(theta)])
    offset = arc[None] - site_km[:, None]
    up = np.cos(latitude_rad)[:, None] * offset[:, :, 0] + np.sin(latitude_rad)[:, None] * offset[:, :, 2]
    declination = np.arcsin(offset[:, :, 2] / np.linalg.norm(offset, axis=2))
    slack = np.radians(0.1)  # the samples are a degree apart; at the horizon declination turns by 0.05 in one
    low = np.where(up >= 0.0, declination, 10.0).min(axis=1) - slack
    high = np.where(up >= 0.0, declination, -10.0).max(axis=1) + slack
    return np.where(low > 9.0, 10.0, low), np.where(high < -9.0, -10.0, high)


def declination_bands(low: Floats, high: Floats, separation_rad: Floats, least_sine: Floats) -> Floats:
    """Sines of the declinations that settle most directions from sites without a look at the arc, which they
    see at declinations low to high, (n, 4): clear below the first and above the last, too close between the
    middle two. least_sine (n,): sine of the lowest mask.

    A point of the arc has the same hour angle, so the separation is at most the difference in declination;
    that point is above the horizon where no direction is lower than the limit (with 2 degrees to spare).
    """
    south = np.sin(np.maximum(low - separation_rad, -0.5 * np.pi))
    north = np.sin(np.minimum(high + separation_rad, 0.5 * np.pi))
    above = np.minimum(separation_rad + np.radians(2.0), 0.5 * np.pi)
    sure = (low <= high) & (above < 0.5 * np.pi) & (least_sine >= np.sin(above))
    hit_south = np.where(sure, np.sin(high - separation_rad), 1.0)
    hit_north = np.where(sure, np.sin(low + separation_rad), -1.0)
    return np.column_stack([south, hit_south, hit_north, north])


def bounding_disc(km: Floats) -> tuple[Floats, float]:
    """Axis (unit vector) and radius (rad) of a disc on the sphere that holds every site."""
    axis, radius, _ = _groups(km, np.zeros(km.shape[0], np.int64))
    return axis[0], float(radius[0])


def observe(
    ground: Sites,
    disc: tuple[Floats, float],
    position_km: Floats,
    *,
    min_elevation_deg: float,
    scan_limit_deg: float = 90.0,
    subset: Ints | None = None,
) -> View:
    """Who sees whom at one step. position_km (3, n_sat) ITRF; `disc` bounds the sites. `subset` restricts the
    satellites (sorted fleet numbers), and is then what `View.near` holds."""
    return view_of(ground, overhead(disc, position_km, min_elevation_deg, subset), scan_limit_deg)


def overhead(
    disc: tuple[Floats, float], position_km: Floats, min_elevation_deg: float, subset: Ints | None = None
) -> Overhead:
    """The satellites that some point of the disc may see, or those of a `subset`, at positions (3, n_sat)."""
    near = near_satellites(position_km, disc, min_elevation_deg) if subset is None else subset
    own_km = np.ascontiguousarray(position_km[:, near])
    return Overhead(near, np.ascontiguousarray(own_km.T), *footprints(own_km, min_elevation_deg))


def footprints(position_km: Floats, min_elevation_deg: float) -> tuple[Floats, Floats]:
    """Unit vectors (m, 3) and upper bounds of the footprint's central angle (m,), rad."""
    unit = np.empty((position_km.shape[1], 3))
    angle = np.empty(position_km.shape[1])
    kernels.footprint_angles(position_km, np.radians(min_elevation_deg), unit, angle)
    return unit, angle


def near_satellites(position_km: Floats, disc: tuple[Floats, float], min_elevation_deg: float) -> Ints:
    """Fleet numbers of the satellites that some point of the disc may see above the minimum elevation."""
    index = np.empty(position_km.shape[1], np.int64)
    count = kernels.near_disc(position_km, np.radians(min_elevation_deg), disc[0], disc[1], index)
    return index[:count].copy()


def view_of(
    ground: Sites,
    over: Overhead,
    scan_limit_deg: float = 90.0,
    *,
    which: Ints | None = None,
    clear_alone: bool = False,
) -> View:
    """Who of the sites sees which satellites; of `which` (places in `near`) if given, and with `clear_alone`
    only those clear of the arc."""
    some = over if which is None else over.of(which)
    number = np.arange(over.near.size) if which is None else which
    start = np.empty(ground.count + 1, np.int64)
    # The kernel asks for room for all satellites that a group of sites may see.
    size = ground.count * min(number.size, PAIRS_A_SITE) + number.size
    while True:
        satellite, sine = np.empty(size, np.int32), np.empty(size)
        clear = np.empty(size, np.uint8)
        count = kernels.find_visible(
            some.positions,
            number,
            ground.arrays,
            _cosine(scan_limit_deg),
            ground.arc_kept,
            clear_alone,
            start,
            satellite,
            sine,
            clear,
        )
        if count >= 0:
            pairs = start, satellite[:count], sine[:count], clear[:count]
            return View(over.near, over.satellite_km, over.unit, over.angle, *pairs)
        size = min(4 * size, int(1.2 * size * ground.count / -count) + number.size)


def count_visible(
    ground: Sites, over: Overhead, people: Floats, scan_limit_deg: float = 90.0
) -> tuple[Ints, Floats, NDArray[np.uint8]]:
    """Satellites that each site sees, (n,); the people (n,) of the sites spread evenly over those they see,
    (m,); and 1 for each satellite that any site sees, (m,). Nothing is kept of the pairs."""
    count, home = np.empty(ground.count, np.int64), np.zeros(over.near.size)
    seen = np.zeros(over.near.size, np.uint8)
    kernels.count_visible(over.positions, ground.arrays, _cosine(scan_limit_deg), people, count, home, seen)
    return count, home, seen


def find_clear(
    ground: Sites, over: Overhead, asked: NDArray[np.bool_], scan_limit_deg: float = 90.0
) -> NDArray[np.bool_]:
    """Whether each of the sites asked for, (n,), sees a satellite that is clear of the arc."""
    out = np.zeros(ground.count, np.bool_)
    kernels.find_clear(over.positions, ground.arrays, _cosine(scan_limit_deg), ground.arc_kept, asked, out)
    return out


def _cosine(scan_limit_deg: float) -> float:
    return math.cos(math.radians(scan_limit_deg))
