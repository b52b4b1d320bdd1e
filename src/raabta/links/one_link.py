"""One link between a place and a satellite: where the satellite stands, its weather, its budget, its sweeps.

The same budgets, tables and reference climate as a run uses; only the choice of the satellite is the asker's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from raabta.base.bodies import EARTH
from raabta.base.errors import NoSolutionError
from raabta.base.frames import geodetic_to_fixed, look_angles
from raabta.base.units import km_to_ms
from raabta.links.budget import Budget, Direction, feeder_budget, forward_budget, return_budget
from raabta.links.depolarisation import EDITION as CROSS_EDITION
from raabta.links.depolarisation import cross_polarisation_db
from raabta.links.flux_cap import FluxCap
from raabta.links.flux_table import flux_cap
from raabta.links.pfd import SPHERE_KM, sight
from raabta.links.ranges import in_range
from raabta.links.sites import Sites, read_sites
from raabta.links.tables import CROSS_TOP_DEG, CROSS_TOP_PERCENT, NO_CROSS_DB
from raabta.links.weather import EDITION, SiteTables, Statistic, editions_of, tables
from raabta.orbits.kepler import geostationary_position_km, geostationary_radius_km

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raabta.links.cloud_maps import CloudMaps
    from raabta.links.ranges import FloatArray
    from raabta.scenario.models import Constellation, Gateway, Payload, Shell, Terminal

Sweep = Literal["elevation", "rain", "frequency"]
SWEEPS: Final[dict[Sweep, tuple[str, FloatArray]]] = {
    "elevation": ("deg", np.arange(5.0, 90.5, 1.0)),
    "rain": ("mm/h exceeded for 0.01 % of the year", np.arange(0.0, 150.5, 2.0)),
    "frequency": ("GHz", np.arange(4.0, 50.5, 1.0)),
}
"""What a sweep moves: its unit and its values, over what P.618-14 holds for and satellites use."""

BANDS_GHZ: Final = {
    "c": ((3.4, 4.2), (3.95, 6.2)),
    "ku": ((10.7, 12.75), (11.7, 14.25)),
    "ka": ((17.3, 21.2), (20.0, 30.0)),
    "qv": ((37.5, 42.5), (40.0, 50.0)),
}
"""Letter -> (span of the forward link, frequencies both ways where a radio of another band is asked)."""


@dataclass(frozen=True)
class Sight:
    """How a satellite stands over a place; `azimuth_deg` is None where only the elevation is known."""

    satellite: str
    range_km: float
    elevation_deg: float
    azimuth_deg: float | None
    scan_deg: float
    altitude_km: float

    @property
    def one_way_ms(self) -> float:
        """Light from place to satellite, ms."""
        return km_to_ms(self.range_km)

    def at_elevation(self, elevation_deg: float) -> Sight:
        """The same orbit seen at another elevation, over a sphere of 6378.137 km."""
        range_km, scan_deg = sight(self.altitude_km, elevation_deg)
        return replace(
            self,
            range_km=float(range_km),
            scan_deg=float(scan_deg),
            elevation_deg=elevation_deg,
            azimuth_deg=None,
        )


@dataclass(frozen=True)
class Link:
    """What is asked: a place (its climate read), a satellite's radio, a terminal, and how rare a weather.

    `percent` is the share of the average year, or of the worst month, for which the weather is exceeded.
    `system`: whose rule on flux density the link keeps, if any. `feeder_db`: C/N of the other hop by
    direction, where the payload repeats carriers and its gateway is known.
    """

    sites: Sites
    sight: Sight
    payload: Payload
    terminal: Terminal
    percent: float
    statistic: Statistic = "annual"
    directions: tuple[Direction, ...] = ("forward", "return")
    system: Constellation | None = None
    feeder_db: Mapping[Direction, float] = field(default_factory=dict)

    def frequency_ghz(self, direction: Direction) -> float:
        """Carrier of a direction."""
        return self.payload.user_down_ghz if direction == "forward" else self.payload.user_up_ghz

    def with_frequency(self, frequency_ghz: float) -> Link:
        """The same link with every direction at one frequency; EIRP and G/T are held."""
        return replace(self, payload=self.payload.moved_to(frequency_ghz, frequency_ghz))


@dataclass(frozen=True)
class Point:
    """One value of a sweep and the budgets there."""

    value: float
    budgets: tuple[Budget, ...]


def read_place(latitude_deg: float, longitude_deg: float, cloud_maps: CloudMaps | None = None) -> Sites:
    """Climate of one place at the height of the ground (P.1511-2); clouds by P.840-9 with its maps."""
    from raabta.links.maps import surface_height_km

    height_km = surface_height_km(latitude_deg, longitude_deg)
    return read_sites(latitude_deg, longitude_deg, height_km, cloud_maps)


def find_satellite(sites: Sites, system: Constellation, elevation_deg: float) -> Sight:
    """The satellite of a constellation that a place is asked about.

    A geostationary one stands where it stands; of shells, the first that comes to `elevation_deg` over the
    place. NoSolutionError where none is above the horizon, or none ever comes so high.
    """
    if system.geostationary:
        slots = [_geostationary(sites, slot.longitude_deg) for slot in system.geostationary]
        return _above(sites, max(slots, key=lambda found: found.elevation_deg))
    if not system.shells:
        raise NoSolutionError(f"{system.label} has neither shells nor geostationary slots")
    in_range("elevation", elevation_deg, 5.0, 90.0, "deg", f"{EDITION} clause 2.5")
    for shell in system.shells:
        if _reaches(shell, float(sites.latitude_deg[0]), elevation_deg):
            name = f"{shell.altitude_km:g} km, {shell.inclination_deg:g} deg"
            orbit = Sight(name, 0.0, elevation_deg, None, 0.0, shell.altitude_km)
            return orbit.at_elevation(elevation_deg)
    highest = max(min(shell.inclination_deg, 180.0 - shell.inclination_deg) for shell in system.shells)
    raise NoSolutionError(
        f"no satellite of {system.label} comes to {elevation_deg:g} deg over latitude "
        f"{sites.latitude_deg[0]:.1f} deg: its orbits end at {highest:g} deg. Ask for a lower elevation"
    )


def _geostationary(sites: Sites, longitude_deg: float) -> Sight:
    """The slot as the place sees it, on WGS 84, above its horizon or below."""
    where = (sites.latitude_deg[0], sites.longitude_deg[0], sites.height_km[0])
    at_km = geostationary_position_km(longitude_deg)
    elevation, azimuth, range_km = (float(part) for part in look_angles(*where, at_km))
    name = f"{abs(longitude_deg):g} {'E' if longitude_deg >= 0 else 'W'}"
    ray = (geodetic_to_fixed(*where) - at_km) / range_km
    scan_deg = float(np.degrees(np.arccos(np.clip(-ray @ at_km / np.linalg.norm(at_km), -1.0, 1.0))))
    altitude_km = geostationary_radius_km() - EARTH.equatorial_radius_km
    return Sight(name, range_km, elevation, azimuth, scan_deg, altitude_km)


def _above(sites: Sites, seen: Sight) -> Sight:
    if seen.elevation_deg < 0.0:
        raise NoSolutionError(
            f"the satellite at {seen.satellite} is {-seen.elevation_deg:.1f} deg below the horizon of "
            f"{sites.latitude_deg[0]:.2f},{sites.longitude_deg[0]:.2f}. It is seen from within about 81 deg "
            "of its point on the equator"
        )
    return seen


def _reaches(shell: Shell, latitude_deg: float, elevation_deg: float) -> bool:
    """Whether the shell's satellites come to an elevation over a latitude."""
    angle = np.radians(elevation_deg)
    across = SPHERE_KM / (SPHERE_KM + shell.altitude_km) * np.cos(angle)
    cap_deg = float(np.degrees(np.arccos(across) - angle))
    highest_deg = min(shell.inclination_deg, 180.0 - shell.inclination_deg)
    return abs(latitude_deg) - cap_deg <= highest_deg


def feeder(
    system: Constellation,
    payload: Payload,
    gateway: Gateway,
    elevation_deg: float,
    cloud_maps: CloudMaps | None = None,
) -> tuple[Sight, dict[Direction, Budget]]:
    """The hop between a gateway and a satellite in clear sky: how that stands, and the budget each way.

    A satellite that moves is taken to stand as high over the gateway as over the place asked about.
    """
    sites = read_place(gateway.latitude_deg, gateway.longitude_deg, cloud_maps)
    seen = find_satellite(sites, system, elevation_deg)
    out: dict[Direction, Budget] = {}
    ways: tuple[tuple[Direction, float], ...] = (
        ("forward", payload.feeder_up_ghz),
        ("return", payload.feeder_down_ghz),
    )
    for way, frequency_ghz in ways:
        fades = tables(
            sites,
            frequency_ghz=frequency_ghz,
            dish_m=gateway.dish_m,
            efficiency_share=0.65,
            exceedance_percent=50.0,
            elevation_deg=seen.elevation_deg,
        )
        clear_db = float(fades.clear_db[0, 0])
        out[way] = feeder_budget(
            payload,
            gateway,
            direction=way,
            range_km=seen.range_km,
            elevation_deg=seen.elevation_deg,
            weather_db=clear_db,
            clear_db=clear_db,
        )
    return seen, out


def budgets(link: Link) -> tuple[Budget, ...]:
    """The budgets of a link, one for each direction asked, in the weather asked."""
    return tuple(_budget(link, direction, weather(link, direction), 0) for direction in link.directions)


def editions(link: Link) -> dict[str, str]:
    """The recommendation, and its edition, behind each part of the losses of a link."""
    from raabta.links.maps import EDITIONS

    out = editions_of(link.statistic, link.sites.cloud_maps)
    out["map of surface height"] = EDITIONS["surface height"]
    return out | ({"cross-polarisation": CROSS_EDITION} if link.payload.polarisations == 2 else {})


def weather(link: Link, direction: Direction, elevation_deg: FloatArray | None = None) -> SiteTables:
    """Losses of the link's place at the frequency of a direction, at its elevation or those given (e,)."""
    return tables(
        link.sites,
        frequency_ghz=link.frequency_ghz(direction),
        dish_m=link.terminal.dish_m,
        efficiency_share=link.terminal.efficiency_share,
        exceedance_percent=link.percent,
        elevation_deg=link.sight.elevation_deg if elevation_deg is None else elevation_deg,
        statistic=link.statistic,
    )


def _budget(link: Link, direction: Direction, fades: SiteTables, e: int) -> Budget:
    """One budget with the losses at elevation number `e` of a table."""
    parts = {
        "gas": float(fades.gas_db[0, e]),
        "rain": float(fades.rain_db[0, 0, e]),
        "cloud": float(fades.cloud_db[0, e]),
        "scintillation": float(fades.scintillation_db[0, 0, e]),
    }
    seen = link.sight
    cross_db = _cross_db(link, direction, parts["rain"], float(fades.annual_percent[0]))
    common: dict[str, Any] = {
        "range_km": seen.range_km,
        "elevation_deg": seen.elevation_deg,
        "scan_deg": seen.scan_deg,
        "weather_db": float(fades.total_db[0, 0, e]),
        "clear_db": float(fades.clear_db[0, e]),
        "cell_radius_km": 0.0,
        "feeder_db": link.feeder_db.get(direction),
    }
    payload, terminal = link.payload, link.terminal
    if direction == "return":
        return return_budget(payload, terminal, parts_db=parts, cross_db=cross_db, **common)
    cap = None if link.system is None else _cap(link.system, payload, seen.altitude_km)
    return forward_budget(
        payload, terminal, altitude_km=seen.altitude_km, parts_db=parts, cross_db=cross_db, cap=cap, **common
    )


@lru_cache(maxsize=64)
def _cap(system: Constellation, payload: Payload, altitude_km: float) -> FluxCap:
    """The cap on a radio flown by a constellation, at one altitude."""
    satellites = sum(shell.satellites for shell in system.shells)
    return flux_cap(system.model_copy(update={"payload": payload}), [altitude_km], satellites)


def _cross_db(link: Link, direction: Direction, rain_db: float, percent: float) -> float | None:
    """Discrimination of the other polarisation where the payload uses both, as `links.tables` has it."""
    if link.payload.polarisations == 1 or percent > CROSS_TOP_PERCENT:
        return None
    elevation_deg = min(link.sight.elevation_deg, CROSS_TOP_DEG)
    frequency_ghz = link.frequency_ghz(direction)
    found = cross_polarisation_db(max(rain_db, 1e-6), frequency_ghz, elevation_deg, percent)
    return min(float(found), NO_CROSS_DB)


def sweep(link: Link, quantity: Sweep, values: Iterable[float] | None = None) -> list[Point]:
    """The link's budgets over one quantity, all else held. Values default to those of `SWEEPS`.

    elevation: the same orbit, nearer or farther. rain: the rate exceeded for 0.01 % of the year in place of
    the map's. frequency: of each direction, EIRP and G/T held. OutOfRangeError outside a recommendation's
    range.
    """
    grid = np.asarray(SWEEPS[quantity][1] if values is None else list(values), np.float64)
    if quantity == "elevation":
        return _over_elevation(link, grid)
    moved = [_with_rain(link, x) if quantity == "rain" else link.with_frequency(x) for x in grid.tolist()]
    return [Point(x, budgets(one)) for x, one in zip(grid.tolist(), moved, strict=True)]


def _over_elevation(link: Link, elevation_deg: FloatArray) -> list[Point]:
    fades = {direction: weather(link, direction, elevation_deg) for direction in link.directions}
    out = []
    for e, elevation in enumerate(elevation_deg.tolist()):
        there = replace(link, sight=link.sight.at_elevation(elevation))
        out.append(Point(elevation, tuple(_budget(there, way, fades[way], e) for way in link.directions)))
    return out


def _with_rain(link: Link, rate_mmh: float) -> Link:
    return replace(link, sites=replace(link.sites, rain_rate_mmh=np.full(1, rate_mmh)))
