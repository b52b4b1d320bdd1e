"""One step of a constellation over the whole Earth: what is wanted under it, who can feed it, its lasers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.visibility import View, observe, sites
from raabta.base.bodies import EARTH
from raabta.base.errors import RaabtaError
from raabta.links.maps import surface_height_km
from raabta.links.weather import site_tables
from raabta.network.mesh.paths import NO_NODE, Lasers, laser_km, plus_grid
from raabta.network.throughput import kernels
from raabta.orbits.elements import MeanElements, concatenate
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from raabta.access.visibility import Sites
    from raabta.network.throughput.system import System

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

EVERYWHERE = (np.array([0.0, 0.0, 1.0]), np.pi)
"""A disc that holds the whole Earth."""
GRAZING_KM = EARTH.equatorial_radius_km + 80.0
"""Lasers keep out of the atmosphere: 80 km above the equator's radius."""
COSECANTS = 96
DISH_EFFICIENCY_SHARE = 0.6


@dataclass(frozen=True)
class Step:
    """What the kernels need of one step. demand_kbps (n,) by satellite, already cut at what it can send."""

    demand_kbps: Ints
    links: kernels.Links
    lasers: kernels.Lasers


@dataclass(frozen=True)
class Losses:
    """Loss of the atmosphere by station, dB (g, COSECANTS), over even steps of 1 / sin(elevation) from 1 to
    `most`."""

    most: float
    table_db: Floats

    def at_db(self, station: Ints, sin_elevation: Floats) -> Floats:
        """Loss towards directions, (m,), linear in 1 / sin(elevation)."""
        last = self.table_db.shape[1] - 1
        place = np.clip((1.0 / sin_elevation - 1.0) / (self.most - 1.0), 0.0, 1.0) * last
        low = np.minimum(place.astype(np.int64), last - 1)
        share = place - low
        below, above = self.table_db[station, low], self.table_db[station, low + 1]
        return np.asarray(below * (1.0 - share) + above * share)


def losses(
    latitude_deg: Floats,
    longitude_deg: Floats,
    *,
    frequency_ghz: float,
    dish_m: float,
    exceedance_percent: float,
    min_elevation_deg: float,
) -> Losses:
    """Losses of stations (g,) that are exceeded for a share of the average year (P.618-14)."""
    most = 1.0 / np.sin(np.radians(min_elevation_deg))
    elevation = np.degrees(np.arcsin(1.0 / np.linspace(1.0, most, COSECANTS)))
    tables = site_tables(
        latitude_deg,
        longitude_deg,
        np.maximum(surface_height_km(latitude_deg, longitude_deg), 0.0),
        frequency_ghz=frequency_ghz,
        dish_m=dish_m,
        efficiency_share=DISH_EFFICIENCY_SHARE,
        exceedance_percent=exceedance_percent,
        elevation_deg=elevation,
    )
    return Losses(float(most), np.ascontiguousarray(tables.total_db[:, 0]))


class Sky:
    """A constellation over people and stations; `step` is its state at an instant."""

    def __init__(
        self,
        system: System,
        start: np.datetime64,
        people: tuple[Floats, Floats, Floats],
        stations: tuple[Floats, Floats],
        loss: Losses,
        group: Ints | None = None,
    ) -> None:
        """people: latitude_deg, longitude_deg and the rate they ask for in Mbps, (p,) each; stations:
        latitude_deg and longitude_deg, (g,) each; group (p,): sorted labels of points that lie together."""
        self.system, self._loss = system, loss
        self.fleet = Propagator.from_elements(_elements(system, start), start)
        self._people = _ground(people[0], people[1], system.user_min_elevation_deg, group)
        self._ask_mbps = people[2]
        self._stations = _ground(*stations, system.gateway_min_elevation_deg)
        self._lasers = _lasers(system)
        self._most_mbps = system.most_mbps()
        self._reach_km = _reach_km(system)

    def steps(self, times: ArrayLike) -> list[Step]:
        """States at UTC times, (t,)."""
        places = self.fleet.positions_km(times)
        return [self._step(np.ascontiguousarray(place)) for place in places]

    def _step(self, position_km: Floats) -> Step:
        return Step(self._demand_kbps(position_km), self._links(position_km), self._joined(position_km))

    def _demand_kbps(self, position_km: Floats) -> Ints:
        """A point's people are shared evenly by the satellites that it sees (del Portillo et al. 2019)."""
        view = _see(self._people, position_km, self.system.user_min_elevation_deg)
        seen = np.diff(view.start)
        share = np.repeat(self._ask_mbps / np.maximum(seen, 1), seen)
        wanted = np.bincount(view.near[view.satellite], share, self.fleet.count)
        return _kbps(np.minimum(wanted, self._most_mbps))

    def _links(self, position_km: Floats) -> kernels.Links:
        view = _see(self._stations, position_km, self.system.gateway_min_elevation_deg)
        station = np.repeat(np.arange(self._stations.count), np.diff(view.start))
        range_km = np.linalg.norm(view.satellite_km[view.satellite] - self._stations.km[station], axis=1)
        loss_db = self._loss.at_db(station, view.sin_elevation)
        rate = _kbps(self.system.gateway_mbps(range_km, loss_db))
        return kernels.Links(view.start, view.near[view.satellite].astype(np.int32), rate)

    def _joined(self, position_km: Floats) -> kernels.Lasers:
        """Lasers that do not graze the atmosphere now."""
        grid, back = self._lasers
        usable = laser_km(grid, position_km) <= self._reach_km[:, None]
        return kernels.Lasers(np.where(usable, grid.neighbour, NO_NODE).astype(np.int32), back)


def _elements(system: System, start: np.datetime64) -> MeanElements:
    shells = enumerate(system.shells, start=1)
    return concatenate(tuple(walker(shell, start, f"{system.name}-{i}") for i, shell in shells))


def _ground(
    latitude_deg: Floats, longitude_deg: Floats, least_deg: float, group: Ints | None = None
) -> Sites:
    return sites(latitude_deg, longitude_deg, np.zeros(latitude_deg.size), least_deg, group=group)


def _see(ground: Sites, position_km: Floats, least_deg: float) -> View:
    return observe(ground, EVERYWHERE, position_km, min_elevation_deg=least_deg)


def _kbps(rate_mbps: Floats) -> Ints:
    return np.floor(rate_mbps * 1000.0).astype(np.int64)


def _lasers(system: System) -> tuple[Lasers, NDArray[np.int8]]:
    """+Grid within every shell, none between shells, none over a star's seam; none at all without lasers."""
    grids = (
        plus_grid(s.planes, s.satellites_per_plane, s.phasing, seam=s.pattern == "delta")
        for s in system.shells
    )
    grid = Lasers.joined(*grids)
    if system.laser_mbps == 0.0:
        grid = Lasers(np.full_like(grid.neighbour, NO_NODE), grid.row_start)
    return grid, back_lasers(grid.neighbour)


def back_lasers(neighbour: NDArray[np.int32]) -> NDArray[np.int8]:
    """The laser by which each neighbour (n, 4) points back, (n, 4): k meets k ^ 1, as `plus_grid` lays them.

    Raises RaabtaError where it does not.
    """
    own = np.arange(neighbour.shape[0])[:, None]
    back = np.broadcast_to(np.arange(4) ^ 1, neighbour.shape)
    wrong = (neighbour != NO_NODE) & (neighbour[neighbour, back] != own)
    if wrong.any():
        raise RaabtaError(
            "a laser is not answered: laser k of a satellite must meet laser k ^ 1 of the other"
        )
    return np.ascontiguousarray(back, np.int8)


def _reach_km(system: System) -> Floats:
    """Longest laser of each satellite that stays above `GRAZING_KM`, (n,)."""
    radius_km = np.array([EARTH.equatorial_radius_km + shell.altitude_km for shell in system.shells])
    longest = 2.0 * np.sqrt(radius_km**2 - GRAZING_KM**2)
    return np.repeat(longest, [shell.satellites for shell in system.shells])
