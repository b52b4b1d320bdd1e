"""Light of missions: the Sun's disc past every body and above horizons, and a lunar eclipse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mission_scenarios import mission

from raabta.base import tables
from raabta.base.bodies import EARTH
from raabta.base.ephemeris import ephemeris
from raabta.base.light_time import apparent_km
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s
from raabta.missions import light
from raabta.missions.model import prepare
from raabta.missions.run import ask
from raabta.orbits.shadows import SOLAR_RADIUS_KM, apparent_sun_km
from raabta.report.mission_words import _of_eclipse


def test_a_station_is_dark_where_the_earth_hides_the_disc() -> None:
    """Every second of two turns, by the angles of the definition, with the Sun of another routine."""
    ready = prepare(mission())
    rows = light.light_of(ready, ready.day(0))
    seconds = np.arange(0.0, 11_000.0)
    times = ready.utc(seconds)
    place = ready.part(2)[0].moving.positions_km(times)[:, :, 0]
    place = np.einsum("tij,tj->ti", rotation("ITRF", "GCRF", times), place)
    sun = apparent_km(ephemeris(), "Sun", "Earth", times) - place
    far, to_sun = np.linalg.norm(place, axis=1), np.linalg.norm(sun, axis=1)
    apart = np.arccos(np.clip((-place * sun).sum(axis=1) / far / to_sun, -1.0, 1.0))
    own, disc = np.arcsin(EARTH.mean_radius_km / far), np.arcsin(SOLAR_RADIUS_KM / to_sun)
    for level, seen in ((light.SOME, apart > own - disc), (light.ALL, apart > own + disc)):
        ours = np.zeros(seconds.size, bool)
        for begin, end in rows[rows[:, 1] == level][:, 2:]:
            ours |= (seconds >= begin) & (seconds < end)
        assert np.array_equal(ours, seen)


def test_states_follow_each_other_and_fill_the_run() -> None:
    answer = ask(mission())
    table = answer.tables["light.csv"]
    tables.check(table, tables.MISSION_LIGHT)
    begin, length = table["start_s"].values, table["duration_s"].values
    np.testing.assert_allclose(begin[1:], begin[:-1] + length[:-1], atol=1e-6)
    assert length.sum() == pytest.approx(150_000.0)
    states = table["state"].values
    assert set(states) == {"dark", "penumbra", "sunlit"}
    assert set(table["by"].values[states != "sunlit"]) == {"Earth"}
    assert 7.0 < length[states == "penumbra"][1:-1].max() < 20.0  # 8 s and more at 390 km
    dark = length[states == "dark"]
    assert 1_800.0 < dark.max() < 2_200.0  # 36 min at most, 390 km high
    one = answer.summary["light"][0]
    assert one["sunlit_share"] == pytest.approx(1.0 - dark.sum() / 150_000.0)
    assert 0.0 < one["sunlit_share"] - one["full_share"] < 0.01 and one["by_others"] == []


def _contacts_of_eclipse(start: np.datetime64) -> tuple[np.datetime64, list[float]]:
    """Greatest eclipse and minutes of penumbral, partial and total eclipse, by the fundamental rule: shadows
    of the apparent Sun, the Earth's parallax a hundredth larger, 1/85 for its air less 1/594 (Danjon)."""
    times = start + np.arange(0, 8 * 3_600).astype("timedelta64[s]")
    tdb, kernel = tdb_s(times), ephemeris()
    sun, moon = apparent_sun_km(kernel, "Earth", tdb), kernel.position_km_tdb("Moon", tdb, "Earth")
    far, away = np.linalg.norm(moon, axis=1), np.linalg.norm(sun, axis=1)
    apart = np.arctan2(np.linalg.norm(np.cross(moon, -sun), axis=1), (moon * -sun).sum(axis=1))
    parallax, disc = 1.01 * 6378.137 / far, SOLAR_RADIUS_KM / away
    umbra, penumbra = parallax - disc + 6378.137 / away, parallax + disc + 6378.137 / away
    own = 0.2725076 * 6378.137 / far
    held = [apart < penumbra + own, apart < umbra + own, apart < umbra - own]
    return times[apart.argmin()], [float(each.sum()) / 60.0 for each in held]


def test_the_shadow_stands_where_and_when_the_catalogue_of_eclipses_has_it() -> None:
    """31 December 2028: greatest at 16:53:15 TD, 336.2, 208.8 and 71.3 minutes (Espenak and Meeus, Five
    Millennium Catalog of Lunar Eclipses, no. 09715). TD is UTC and 69.2 s. Geometric places would be 40 s
    early; the Moon's light, 1.3 s on its way to who sees it, is left out here."""
    greatest, minutes = _contacts_of_eclipse(np.datetime64("2028-12-31T13:00:00", "ns"))
    told = np.datetime64("2028-12-31T16:53:15") - np.timedelta64(69_184, "ms")
    assert abs((greatest - told) / np.timedelta64(1, "s")) < 4.0
    assert minutes == pytest.approx([336.2, 208.8, 71.3], abs=0.15)


ECLIPSED: dict[str, Any] = {
    "time": {"start": "2028-12-31T12:00:00Z", "duration_s": 36_000.0, "step_s": 300.0},
    "earth_orientation": "hold",
    "sites": [{"name": "Sinus Medii", "frame": "MOON_ME", "latitude_deg": 0.0, "longitude_deg": 0.0}],
    "craft": [
        {
            "name": "Low",
            "orbiter": {
                "name": "Low", "body": "Moon", "axes": "body-equator", "epoch": "2028-12-31T12:00:00Z",
                "elements": {"periapsis_altitude_km": 1_000.0, "apoapsis_altitude_km": 1_000.0,
                             "inclination_deg": 88.0, "raan_deg": 100.0, "argp_deg": 0.0,
                             "true_anomaly_deg": 0.0},
                "forces": {"gravity_degree": 2},
            },
        }
    ],
    "links": [], "light": ["Low", "Sinus Medii"], "tracks": [], "look_angles": [], "crew": None,
}  # fmt: skip


def test_the_earth_eclipses_a_site_and_an_orbiter_of_the_moon() -> None:
    """The middle of the near side is in the bare Earth's umbra about 16:52 UTC for a time between totality
    and the partial eclipse of the whole Moon (71 and 209 minutes)."""
    answer = ask(mission(**ECLIPSED))
    each = {one["node"]: one for one in answer.summary["light"]}
    for name in ("Sinus Medii", "Low"):
        own = each[name]["by_others"]
        assert {"penumbra", "dark"} == {one["state"] for one in own}
        assert {one["by"] for one in own} == {"Earth"}
    _, dark, _ = each["Sinus Medii"]["by_others"]
    begin = np.datetime64(dark["start"][:-1])
    length = dark["duration_s"]
    middle = begin + np.timedelta64(round(500.0 * length), "ms")
    assert abs((middle - np.datetime64("2028-12-31T16:52:06")) / np.timedelta64(60, "s")) < 3.0
    assert 71.3 < length / 60.0 < 208.8
    said = _of_eclipse(each["Sinus Medii"])
    assert said.startswith("Eclipsed by another body is Sinus Medii partly from 2028-12-31 1")
    assert "wholly from 2028-12-31" in said and said.endswith("by the Earth.")


def test_a_disc_that_touches_a_horizon_is_seen_in_part() -> None:
    """Sunrise and sunset at Karachi: the disc of 0.53 deg takes as long as it rises slantwise, 2 to 3 min."""
    quiet = {"links": [], "tracks": [], "look_angles": [], "crew": None, "light": ["Karachi"]}
    table = ask(mission(**quiet)).tables["light.csv"]
    part = table["duration_s"].values[table["state"].values == "penumbra"]
    assert len(part) >= 3 and np.all((part > 125.0) & (part < 190.0))
    assert set(table["by"].values) == {"", "horizon"}
