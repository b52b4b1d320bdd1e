"""Events of orbits against Kepler's, and against dense looks at the definition."""

from __future__ import annotations

import numpy as np
import pytest
from lunar_orbits import EPOCH, RELAY, state

from raabta.base.bodies import MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import OutOfRangeError
from raabta.base.light_time import apparent_km
from raabta.orbits.force_model import ForceModel, force_model
from raabta.orbits.numerical import propagate
from raabta.orbits.orbit_events import apsides, eclipses, nodes, roots

DAY_S = 86_400.0
POINT = ForceModel(MOON, None, third_bodies=False)


def test_apsides_of_two_bodies() -> None:
    period = 2.0 * np.pi * np.sqrt(6187.4**3 / MOON.gm_km3_s2)
    found = apsides(propagate(RELAY, EPOCH, 2.2 * period, POINT))
    inside = found.seconds > 1.0
    assert tuple(np.array(found.kind)[inside]) == ("periapsis", "apoapsis", "periapsis", "apoapsis")
    np.testing.assert_allclose(found.seconds[inside], period * np.array([0.5, 1.0, 1.5, 2.0]), atol=0.01)
    np.testing.assert_allclose(found.distance_km[inside], [2037.4, 10337.4, 2037.4, 10337.4], atol=1e-4)


def test_nodes_of_two_bodies() -> None:
    own = state(3000.0, 0.3, 40.0, 70.0, 0.0, 300.0)
    found = nodes(propagate(own, EPOCH, DAY_S / 2, POINT))
    period = 2.0 * np.pi * np.sqrt(3000.0**3 / MOON.gm_km3_s2)
    assert found.kind[:3] == ("ascending node", "descending node", "ascending node")
    assert found.seconds[2] - found.seconds[0] == pytest.approx(period, abs=1e-3)
    assert found.distance_km[0] == pytest.approx(3000.0 * 0.7, abs=1e-4)
    assert found.distance_km[1] == pytest.approx(3000.0 * 1.3, abs=1e-4)


def test_eclipses_are_where_the_disc_is_hidden() -> None:
    """Every second of a day, by the angles of the definition."""
    orbit = propagate(state(1937.4, 0.0, 10.0), EPOCH, DAY_S / 4, force_model())
    dark, half = eclipses(orbit), eclipses(orbit, shadow="penumbra")
    assert len(dark) == len(half) >= 2
    assert np.all(half.begin_s < dark.begin_s) and np.all(half.end_s > dark.end_s)
    times = EPOCH + np.arange(0, 21_600).astype("timedelta64[s]")
    place = orbit.positions_km(times)[:, :, 0]
    sun = apparent_km(ephemeris(), "Sun", "Moon", times) - place
    far, to_sun = np.linalg.norm(place, axis=1), np.linalg.norm(sun, axis=1)
    apart = np.arccos(np.clip((-place * sun).sum(axis=1) / far / to_sun, -1.0, 1.0))
    hidden = apart < np.arcsin(1737.4 / far) - np.arcsin(695_700.0 / to_sun)
    seconds = np.arange(21_600)
    ours = np.zeros(21_600, bool)
    for begin, end in zip(dark.begin_s, dark.end_s, strict=True):
        ours |= (seconds > begin) & (seconds < end)
    assert np.array_equal(ours, hidden)


def test_the_moon_in_the_shadow_of_the_earth() -> None:
    """31 December 2028: total lunar eclipse, greatest at 16:52 UTC, 209 minutes from first to last touch of
    the umbra (NASA's Five Millennium Catalog of Lunar Eclipses)."""
    epoch = np.datetime64("2028-12-31T12:00:00", "ns")
    low = state(1837.4, 0.0, 88.0, 10.0, epoch=epoch)
    orbit = propagate(low, epoch, 12 * 3600.0, force_model())
    found = eclipses(orbit, "Earth")
    greatest, half = np.datetime64("2028-12-31T16:52"), np.timedelta64(106, "m")
    assert bool(((found.begin < greatest) & (greatest < found.end)).any())
    assert found.begin.min() > greatest - half and found.end.max() < greatest + half
    with pytest.raises(OutOfRangeError, match="umbra or penumbra"):
        eclipses(orbit, "Mars")


def test_a_dip_between_two_looks_is_found() -> None:
    looks = np.arange(0.0, 10.0, 1.0)
    found = roots(lambda t: (t - 4.5) ** 2 - 0.01, looks)
    np.testing.assert_allclose(found, [4.4, 4.6], atol=1e-9)
    assert roots(lambda t: (t - 4.5) ** 2 + 0.01, looks).size == 0
    np.testing.assert_allclose(roots(lambda t: np.sin(t + 0.1), looks), np.pi * np.arange(1, 3) - 0.1)
