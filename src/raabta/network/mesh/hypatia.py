"""A mesh as a Hypatia folder: element sets, lasers, places, limits, interfaces.

The format is that of Hypatia (Kassing et al. 2020, doi:10.1145/3419394.3423635); `scenario.hypatia` reads it.
A folder has one list of lasers and one rule for links to the ground, so what comes and goes is refused.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.bodies import EARTH
from raabta.base.errors import ScenarioError
from raabta.base.frames import geodetic_to_fixed
from raabta.network.mesh.ground_policy import shell_altitude_km
from raabta.network.mesh.paths import NO_NODE
from raabta.orbits.tle_write import tle_pairs
from raabta.scenario import hypatia as read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.mesh.topology import Topology
    from raabta.network.mesh.walking import Mesh
    from raabta.orbits.elements import MeanElements
    from raabta.scenario.paths import PathScenario

    Ints = NDArray[np.int64]

WGS72_BODY: Final = replace(
    EARTH, equatorial_radius_km=6378.135, flattening_ratio=1.0 / 298.26, source="WGS 72, as Hypatia has it"
)
"""The ellipsoid on which Hypatia counts x, y and z of its stations."""
RATE: Final = 1.0
"""Rate of a ground interface, in the unit that Hypatia leaves open."""


def files_of(mesh: Mesh, stations: Sequence[read.Station]) -> dict[str, str]:
    """The files of a Hypatia folder by name. Raises ScenarioError for what such a folder cannot say."""
    elements = _elements(mesh)
    pairs = laser_pairs(mesh.scenario, mesh.topology)
    nodes = len(elements) + len(stations)
    return {
        read.TLES: _tles(mesh.scenario, elements),
        read.LINKS: "".join(f"{a} {b}\n" for a, b in pairs.tolist()),
        read.STATIONS: _stations(stations),
        read.DESCRIPTION: _description(mesh),
        read.INTERFACES: "".join(
            f"{i},1,{rate:f}\n" for i, rate in enumerate(rates_of(mesh.scenario, nodes))
        ),
    }


def laser_pairs(scenario: PathScenario, topology: Topology) -> Ints:
    """Lasers (m, 2), the lower number first: in the order of their list if they have one, else rising.

    Raises ScenarioError for lasers that come and go by more than their length.
    """
    lasers = scenario.constellation.lasers
    if lasers is None:
        return np.empty((0, 2), np.int64)
    if lasers.links_file is not None:
        return np.array(read.read_links(Path(lasers.links_file), None), np.int64).reshape(-1, 2)
    moving = {
        "lasers matched anew at every step (nearest, between_shells, a closed seam)": topology.matchings,
        "polar_cutoff_deg": lasers.polar_cutoff_deg,
        "max_slew_deg_s": lasers.max_slew_deg_s,
        "acquisition_s": lasers.acquisition_s,
    }
    for what, held in moving.items():
        if held:
            raise ScenarioError(
                f"a Hypatia folder has one list of lasers for all time, and this scenario has {what}",
                hint="use pattern plus-grid or motif without limits that come and go",
            )
    satellite, column = np.nonzero(topology.table.neighbour != NO_NODE)
    other = topology.table.neighbour[satellite, column]
    return np.unique(np.column_stack([satellite, other])[satellite < other], axis=0).astype(np.int64)


def rates_of(scenario: PathScenario, nodes: int) -> list[float]:
    """Rate of each node's ground interface: that of the folder a scenario is of, else 1."""
    lasers = scenario.constellation.lasers
    if lasers is not None and lasers.links_file is not None:
        held = Path(lasers.links_file).with_name(read.INTERFACES)
        if held.is_file():
            return read.read_interfaces(held, nodes)
    return [RATE] * nodes


def _elements(mesh: Mesh) -> MeanElements:
    satellites = mesh.propagator.satellites
    if satellites.elements is None or satellites.geostationary_deg.size:
        raise ScenarioError(
            "a Hypatia folder has moving satellites only, and this constellation has geostationary slots",
            hint="leave constellation.geostationary out",
        )
    if np.unique(satellites.elements.epoch).size > 1:
        raise ScenarioError(
            "a Hypatia folder has one epoch for all satellites, and this orbits_file has many",
            hint="use shells, or elements of one epoch",
        )
    return satellites.elements


def _tles(scenario: PathScenario, elements: MeanElements) -> str:
    system = scenario.constellation
    shells = system.shells if system.orbits_file is None else ()
    planes, each = (
        (shells[0].planes, shells[0].satellites_per_plane) if len(shells) == 1 else (1, len(elements))
    )
    if system.orbits_file is not None and Path(system.orbits_file).name == read.TLES:
        fleet = read.read_fleet(Path(system.orbits_file))
        planes, each = fleet.planes, fleet.satellites_per_plane
    name = re.sub(r"\s+", "-", system.name)
    rows = [f"{name} {i}\n{first}\n{second}\n" for i, (first, second) in enumerate(tle_pairs(elements))]
    return f"{planes} {each}\n" + "".join(rows)


def station_name(name: str) -> str:
    """A name without blanks and commas, which Hypatia's files use as marks: `London-(United-Kingdom)`."""
    town, comma, country = name.partition(",")
    whole = f"{town.strip()} ({country.strip()})" if comma else town.strip()
    return re.sub(r"[\s,]+", "-", whole)


def _stations(stations: Sequence[read.Station]) -> str:
    rows = []
    for number, place in enumerate(stations):
        km = geodetic_to_fixed(place.latitude_deg, place.longitude_deg, place.height_m / 1e3, WGS72_BODY)
        x, y, z = (1e3 * km).tolist()
        rows.append(
            f"{number},{station_name(place.name)},{place.latitude_deg!r},{place.longitude_deg!r},"
            f"{place.height_m:f},{x:f},{y:f},{z:f}\n"
        )
    return "".join(rows)


def _description(mesh: Mesh) -> str:
    limits = {
        "max_gsl_length_m": 1e3 * longest_link_km(mesh),
        "max_isl_length_m": 1e3 * longest_laser_km(mesh),
    }
    rows = [f"{key}={value:.10f}\n" for key, value in limits.items()]
    if mesh.scenario.ground.mask == "elevation":
        rows.append(f"{read.LEAST_ELEVATION}={mesh.scenario.constellation.user_min_elevation_deg!r}\n")
    return "".join(rows)


def longest_link_km(mesh: Mesh) -> float:
    """Longest link to the ground: what the scenario says, the flat-Earth rule, or the slant range at the
    least elevation on the mean sphere to the highest satellite."""
    ground, system = mesh.scenario.ground, mesh.scenario.constellation
    floor_deg = system.user_min_elevation_deg
    if ground.max_range_km is not None:
        if ground.mask == "elevation":
            raise ScenarioError(
                "a Hypatia folder has one rule for links to the ground, and this scenario has two: "
                "a least elevation and ground.max_range_km",
                hint="leave max_range_km out",
            )
        return ground.max_range_km
    if ground.mask == "elevation":
        highest_km = float(_elements(mesh).semi_major_axis_km.max()) - EARTH.mean_radius_km
        return slant_range_km(highest_km, floor_deg)
    altitude_km = np.unique(shell_altitude_km(system, mesh.propagator.count))
    if altitude_km.size > 1:
        raise ScenarioError(
            f"a Hypatia folder has one longest link, and mask flat-earth-compat has {altitude_km.size}: one "
            "a shell",
            hint="set ground.max_range_km",
        )
    return float(altitude_km[0]) / math.sin(math.radians(floor_deg))


def slant_range_km(
    altitude_km: float, elevation_deg: float, radius_km: float = EARTH.mean_radius_km
) -> float:
    """Distance from the ground to a satellite seen at an elevation, over a sphere:
    sqrt((R + h)^2 - R^2 cos^2 e) - R sin e."""
    elevation = math.radians(elevation_deg)
    return math.sqrt(
        (radius_km + altitude_km) ** 2 - (radius_km * math.cos(elevation)) ** 2
    ) - radius_km * math.sin(elevation)


def effective_mask_deg(
    altitude_km: float, longest_km: float, radius_km: float = EARTH.mean_radius_km
) -> float:
    """Elevation, deg, at which a satellite stands as far as a longest link reaches: negative is below the
    horizon. sin e = (h^2 + 2 R h - d^2) / (2 R d)."""
    above = altitude_km * (altitude_km + 2.0 * radius_km) - longest_km**2
    return math.degrees(math.asin(above / (2.0 * radius_km * longest_km)))


def longest_laser_km(mesh: Mesh) -> float:
    """Longest laser that the limits allow: the range, or two horizons at the grazing altitude."""
    limits, radius_km = mesh.topology.limits, float(_elements(mesh).semi_major_axis_km.max())
    return min(float(limits.range_km), 2.0 * math.sqrt(max(radius_km**2 - limits.floor_km**2, 0.0)))
