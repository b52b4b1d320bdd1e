"""Candidate lists for sites anywhere: H3 cells, users, sites behind a horizon. Buckets, then the exact test.

Where cells stand on rings, `rings` needs no test; here each site that a widened footprint covers is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access import candidate_kernels, coverage_kernels
from raabta.access.candidates import (
    Candidates,
    Fleet,
    describe,
    in_parts,
    least_elevation,
    list_bands,
    look,
)
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NARROWEST_BAND_RAD = 0.002
"""Bands of an eighth of a degree or more: below, more bands are visited than sites are spared."""
_PLACE = "raabta.access.buckets"


@dataclass(frozen=True)
class Buckets:
    """Sites (n,) in bands of geocentric latitude and, within a band, by longitude.

    order (n,): the site as given at each place. In that order: site (7, n + RUN): position km, normal, sine
    of the least elevation; basis (3, 3, n): rows east, north, up; mask (n, bins) sine of the horizon by
    azimuth, or no bins. band_low, band_high (b,) rad; band_start (b + 1,); band_bins (b,); bin_start (b, most
    bins + 1). given_km, given_basis: as given. least_deg: the lowest of the minimum elevations.
    """

    order: Ints
    site: Floats
    basis: Floats
    mask: Floats
    band_low: Floats
    band_high: Floats
    band_start: Ints
    band_bins: Ints
    bin_start: Ints
    given_km: Floats
    given_basis: Floats
    least_deg: float

    @property
    def count(self) -> int:
        """Number of sites."""
        return int(self.order.size)


def buckets(
    latitude_deg: Floats,
    longitude_deg: Floats,
    height_km: Floats | float,
    min_elevation_deg: Floats | float,
    *,
    mask_deg: Floats | None = None,
) -> Buckets:
    """Sort sites (n,) into buckets. min_elevation_deg: one, or one a site; mask_deg (n, a): horizon in `a`
    equal azimuth bins from north by east; the higher of it and the minimum elevation holds.

    OutOfRangeError for no site, or an elevation outside 0 to 90 degrees.
    """
    number = latitude_deg.size
    if number == 0:
        raise OutOfRangeError("number of sites", 0, "1 or more", _PLACE)
    least = np.broadcast_to(np.asarray(min_elevation_deg, np.float64), (number,))
    for value in (least.min(), least.max()):
        least_elevation(float(value))
    km = geodetic_to_fixed(latitude_deg, longitude_deg, height_km)
    basis = np.moveaxis(enu_basis(latitude_deg, longitude_deg), 0, 2)
    latitude = np.arctan2(km[:, 2], np.hypot(km[:, 0], km[:, 1]))
    turn = (np.asarray(longitude_deg) / 360.0) % 1.0
    low, high, band = _bands(latitude)
    order = np.lexsort((turn, band))
    start = np.searchsorted(band[order], np.arange(low.size + 1)).astype(np.int64)
    bins, bin_start = _bins(turn[order], start)
    mask = np.empty((number, 0)) if mask_deg is None else np.sin(np.radians(mask_deg))[order]
    return Buckets(
        order=order,
        site=_packed(km[order].T, basis[2][:, order], np.sin(np.radians(least[order]))),
        basis=np.ascontiguousarray(basis[:, :, order]),
        mask=np.ascontiguousarray(mask),
        band_low=low,
        band_high=high,
        band_start=start,
        band_bins=bins,
        bin_start=bin_start,
        given_km=np.ascontiguousarray(km.T),
        given_basis=np.ascontiguousarray(basis),
        least_deg=float(least.min()),
    )


def _packed(km: Floats, normal: Floats, sine: Floats) -> Floats:
    """Rows of `Buckets.site`; past the last site nothing is ever seen."""
    site = np.zeros((7, sine.size + candidate_kernels.RUN))
    site[:3, : sine.size], site[3:6, : sine.size], site[6, : sine.size] = km, normal, sine
    site[6, sine.size :] = 2.0
    return site


def _bands(latitude: Floats) -> tuple[Floats, Floats, Ints]:
    """Edges of about sqrt(n) bands between the outermost sites, and the band of each site."""
    least, most = float(latitude.min()) - 1e-9, float(latitude.max()) + 1e-9
    widest = int((most - least) / NARROWEST_BAND_RAD)
    bands = max(1, min(round(latitude.size**0.5), widest))
    edge = np.linspace(least, most, bands + 1)
    band = np.clip(np.searchsorted(edge, latitude, side="right") - 1, 0, bands - 1)
    return edge[:-1] - 1e-12, edge[1:] + 1e-12, band.astype(np.int64)


def _bins(turn: Floats, start: Ints) -> tuple[Ints, Ints]:
    """Bins of longitude of each band, two a site, and the first site of each bin."""
    bins = np.maximum(2 * np.diff(start), 1)
    first = np.zeros((bins.size, int(bins.max()) + 1), np.int64)
    for b, count in enumerate(bins):
        own = (turn[start[b] : start[b + 1]] * count).astype(np.int64)
        first[b, : count + 1] = start[b] + np.searchsorted(own, np.arange(count + 1))
    return bins, first


def candidates(
    sites: Buckets, position_km: Floats, *, ranges: bool = True, azimuths: bool = True, threads: int = 1
) -> Candidates:
    """Which satellites each site sees above its least elevation and its horizon, sites as given.

    position_km (3, n) ITRF. Counts first, then fills: the same lists on any number of threads.
    Accuracy of the angles: see `rings.candidates`.
    """
    fleet = describe(position_km, least_elevation(sites.least_deg))
    lists = list_bands(fleet, sites.band_low, sites.band_high)
    count, nothing = np.empty(sites.count, np.int64), np.empty(0, np.int32)
    _visit(sites, fleet, lists, np.empty(0, np.int64), count, nothing, threads)
    start = np.zeros(sites.count + 1, np.int64)
    start[1 + sites.order] = count
    np.cumsum(start, out=start)
    satellite = np.empty(start[-1], np.int32)
    if satellite.size:
        _visit(sites, fleet, lists, start[sites.order], count, satellite, threads)
    return look(
        start,
        satellite,
        fleet,
        sites.given_km,
        sites.given_basis,
        ranges=ranges,
        azimuths=azimuths,
        threads=threads,
    )


def count_in_view(sites: Buckets, position_km: Floats, *, threads: int = 1) -> Ints:
    """How many satellites each site sees above its least elevation and its horizon, (n,) as given."""
    fleet = describe(position_km, least_elevation(sites.least_deg))
    lists = list_bands(fleet, sites.band_low, sites.band_high)
    count, nothing = np.empty(sites.count, np.int64), np.empty(0, np.int32)
    _visit(sites, fleet, lists, np.empty(0, np.int64), count, nothing, threads)
    given = np.empty_like(count)
    given[sites.order] = count
    return given


def _visit(
    sites: Buckets,
    fleet: Fleet,
    lists: tuple[Ints, NDArray[np.int32]],
    start: Ints,
    count: Ints,
    out: NDArray[np.int32],
    threads: int,
) -> None:
    caps = np.empty((4, fleet.latitude.size))
    candidate_kernels.describe_caps(fleet.latitude, fleet.angle, caps)
    sine = np.sin(np.vstack([sites.band_low, sites.band_high]))

    def part(first: int, last: int) -> None:
        candidate_kernels.visit_buckets(
            first,
            last,
            sine,
            sites.band_start,
            sites.band_bins,
            sites.bin_start,
            *lists,
            caps,
            fleet.rows[coverage_kernels.TURN],
            fleet.position,
            sites.site,
            sites.basis,
            sites.mask,
            start,
            count,
            out,
        )

    wanted = np.linspace(0, sites.count, threads + 1)[1:-1]
    in_parts(part, np.searchsorted(sites.band_start[1:], wanted), sites.band_bins.size)
