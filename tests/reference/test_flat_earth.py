"""What Hypatia's rule for ground links lets through, against what its own programs gave.

Measured on Hypatia at commit 0ac531c with its Telesat (27 x 13 at 1,015 km, 98.98 deg, "10 deg") and 100
cities: 60.7 satellites in view of a city instead of 11.0, and 64 % of the links below the horizon. Our cities
are GeoNames' most populous, not its list, so the ratio and the share are held, not the counts.
"""

from __future__ import annotations

import numpy as np
import pytest

from raabta.access.visibility import bounding_disc, observe, sites
from raabta.network.mesh.ground_policy import flat_earth_links, shell_altitude_km
from raabta.network.mesh.paths import ground_links
from raabta.orbits.propagate import Propagator
from raabta.scenario.catalogue import entry
from raabta.scenario.models import Shell
from raabta.service.data import largest_towns

TELESAT = Shell(altitude_km=1_015.0, inclination_deg=98.98, planes=27, satellites_per_plane=13, phasing=13)
START = np.datetime64("2026-11-22", "ns")


def test_telesat_as_hypatia_sees_it() -> None:
    whole = entry("telesat").model.model_copy(update={"shells": (TELESAT,), "lasers": None})
    fleet = Propagator.from_constellation(whole, START)
    towns = largest_towns(100)
    latitude, longitude = (np.array([town[column] for town in towns]) for column in (2, 3))
    ground = sites(latitude, longitude, np.zeros(100), 10.0)
    seen = allowed = below = 0
    for place_km in fleet.positions_km(START + np.arange(0, 200, 20) * np.timedelta64(1, "s")):
        view = observe(ground, bounding_disc(ground.km), place_km, min_elevation_deg=10.0)
        seen += ground_links(ground, view).satellite.size
        links = flat_earth_links(ground.km, place_km, shell_altitude_km(whole, fleet.count), 10.0)
        place = np.repeat(np.arange(100), np.diff(links.start))
        offset = place_km.T[links.satellite] - ground.km[place]
        below += int((np.einsum("ex,ex->e", offset, ground.basis[place, 2]) < 0.0).sum())
        allowed += links.satellite.size
    assert allowed / seen == pytest.approx(60.7 / 11.0, rel=0.03)
    assert below / allowed == pytest.approx(0.64, abs=0.02)
