"""Platforms: sites, stations, bodies and fleets of one body seen from another's frame."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import NoSolutionError, OutOfRangeError, ScenarioError
from raabta.base.frames import geodetic_to_fixed
from raabta.orbits.platforms import Moving, centres, fixed, in_frame, together

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
