"""The cap on flux density of a scenario's fleet, by the altitudes it flies at and the satellites it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.base.bodies import EARTH
from raabta.links.flux_cap import FluxCap
from raabta.links.flux_table import flux_cap

if TYPE_CHECKING:
    from raabta.orbits.propagate import Propagator
    from raabta.scenario.models import Scenario

LOW_ORBIT_KM: Final = 35_000.0


def cap_of(scenario: Scenario, propagator: Propagator) -> FluxCap:
    """The cap on every beam of a scenario; of an arc alone there is none."""
    system = scenario.constellation
    altitudes = altitudes_km(scenario, propagator) if system.moving else []
    return flux_cap(system, altitudes, propagator.count, scenario.area.country)


def altitudes_km(scenario: Scenario, propagator: Propagator) -> list[float]:
    """Altitudes of the shells; of an orbits file the lowest and the highest at the start, over the equator's
    radius."""
    if scenario.constellation.orbits_file is None:
        return sorted({shell.altitude_km for shell in scenario.constellation.shells})
    position = propagator.positions_km(np.array([propagator.start]))[0]
    altitude = np.linalg.norm(position, axis=0) - EARTH.equatorial_radius_km
    low_orbit = altitude[altitude < LOW_ORBIT_KM]
    return [float(np.nanmin(low_orbit)), float(np.nanmax(low_orbit))]
