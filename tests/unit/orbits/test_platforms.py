"""Platforms: sites, stations, bodies and fleets of one body seen from another's frame."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import NoSolutionError, OutOfRangeError, ScenarioError
from raabta.base.frames import geodetic_to_fixed
from raabta.base.light_time import one_way_light_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S
from raabta.orbits.platforms import Moving, centres, fixed, in_frame, light_time_s, together
from raabta.orbits.propagate import Propagator
from raabta.orbits.walker import walker
from raabta.scenario.models import Shell

TIMES = np.datetime64("2026-03-01", "ns") + np.arange(6) * np.timedelta64(36_000, "s")


def test_a_site_seen_in_its_own_frame_is_itself() -> None:
    site = fixed(["rover"], -85.45, 31.9, 1.9, body=MOON, frame="MOON_ME")
    assert in_frame(site, "MOON_ME") is site
    assert isinstance(site, Moving)
    km = geodetic_to_fixed(-85.45, 31.9, 1.9, MOON)
    assert site.positions_km(TIMES) == pytest.approx(np.broadcast_to(km[:, None], (6, 3, 1)))


def test_there_and_back_is_where_it_was() -> None:
    stations = fixed(["Karachi", "Kashi"], [24.9, 39.5], [67.1, 76.0], [0.0, 1.2])
    seen = in_frame(stations, "MOON_ME")
    assert (seen.frame, seen.centre, seen.count, seen.names) == ("MOON_ME", "Moon", 2, ("Karachi", "Kashi"))
    back = in_frame(seen, "ITRF")
    assert back.positions_km(TIMES) == pytest.approx(stations.positions_km(TIMES), abs=1e-6)


def test_the_earths_centre_from_the_moon_is_the_moon_backwards() -> None:
    source = ephemeris()
    earth = in_frame(centres(["Earth"], "Earth", source), "GCRF", "Moon", source)
    assert earth.positions_km(TIMES)[:, :, 0] == pytest.approx(-source.position_km("Moon", TIMES), abs=1e-9)


def test_a_station_stands_its_radius_from_the_earths_centre_as_the_moon_sees_it() -> None:
    both = together(
        in_frame(fixed(["Karachi"], 24.9, 67.1), "MOON_ME"), in_frame(centres(["Earth"], "Moon"), "MOON_ME")
    )
    place = both.positions_km(TIMES)
    off = np.linalg.norm(place[:, :, 0] - place[:, :, 1], axis=1)
    assert off == pytest.approx(np.linalg.norm(geodetic_to_fixed(24.9, 67.1)), abs=1e-6)


def test_light_time_between_bodies_is_the_ephemeris_own() -> None:
    """Within 2 ns: times are written to the nanosecond, and the barycentre's way counts."""
    source = ephemeris()
    took = light_time_s(centres(["Earth", "Sun"], "Moon", source), centres(["Moon"], "Earth", source), TIMES)
    assert took.shape == (6, 2, 1)
    for i, body in enumerate(("Earth", "Sun")):
        assert took[:, i, 0] == pytest.approx(one_way_light_s(source, body, "Moon", TIMES), abs=2e-9)


def test_light_from_a_station_is_shorter_or_longer_by_its_place() -> None:
    rover = fixed(["rover"], -85.45, 31.9, body=MOON, frame="MOON_ME")
    karachi = fixed(["Karachi"], 24.9, 67.1)
    up = light_time_s(karachi, rover, TIMES)[:, 0, 0]
    seen = in_frame(karachi, "MOON_ME").positions_km(TIMES) - rover.positions_km(TIMES)
    at_once = np.linalg.norm(seen[:, :, 0], axis=1) / SPEED_OF_LIGHT_KM_S
    assert 0.0 < np.abs(up - at_once).max() < 2e-4
    left = TIMES - np.rint(up * 1e9).astype("timedelta64[ns]")
    down = light_time_s(rover, karachi, left)[:, 0, 0]
    assert np.abs(down - up).max() < 4e-4


def test_a_fleet_of_satellites_may_be_seen_from_the_moon() -> None:
    start = np.datetime64("2026-11-22", "ns")
    shell = Shell(altitude_km=550.0, inclination_deg=53.0, planes=1, satellites_per_plane=3)
    fleet = Propagator.from_elements(walker(shell, start), start)
    assert isinstance(fleet, Moving)
    times = start + np.arange(3) * np.timedelta64(600, "s")
    seen = in_frame(fleet, "MOON_ME")
    earth = in_frame(centres(["Earth"], "Moon"), "MOON_ME").positions_km(times)
    height = np.linalg.norm(seen.positions_km(times) - earth, axis=1)
    assert height == pytest.approx(np.linalg.norm(fleet.positions_km(times), axis=1), abs=1e-6)


def test_stations_beyond_the_table_only_on_request() -> None:
    late, karachi = TIMES + np.timedelta64(1_200, "D"), fixed(["Karachi"], 24.9, 67.1)
    with pytest.raises(OutOfRangeError, match="upgrade astropy-iers-data"):
        in_frame(karachi, "MOON_ME").positions_km(late)
    held = in_frame(karachi, "MOON_ME", beyond="hold").positions_km(late)
    assert np.isfinite(held).all()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match=r"frame of this site on the Moon is not named\nhint: .*MOON_ME.*875 m"
    ):
        fixed(["rover"], -85.0, 30.0, body=MOON)
    with pytest.raises(ScenarioError, match=r"none that is fixed to the Moon\nhint: did you mean MOON_ME"):
        fixed(["rover"], -85.0, 30.0, body=MOON, frame="moon_me")
    with pytest.raises(OutOfRangeError, match="place of b is 91, 0, 0 km"):
        fixed(["a", "b"], [0.0, 91.0], 0.0)
    with pytest.raises(NoSolutionError, match="no fleet"):
        together()
    with pytest.raises(OutOfRangeError, match="use in_frame first"):
        together(fixed(["a"], 0.0, 0.0), fixed(["b"], 0.0, 0.0, body=MOON, frame="MOON_PA"))
