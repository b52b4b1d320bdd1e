"""Passes against other programs: the `sgp4` package with a plain search, and skyfield's own events.

The `sgp4` package (Rhodes, MIT) gives TEME positions; the Earth is turned by GMST 1982 of UTC alone, the site
is on WGS 84. UT1 and the pole, which that leaves out, move a pass by less than 0.1 s.
"""

from __future__ import annotations

import numpy as np
import pytest
from sgp4.api import SatrecArray

from raabta.access import visibility
from raabta.access.passes import find_passes
from raabta.base.clock import to_jd
from raabta.orbits.deep_space import satrec
from raabta.orbits.propagate import Propagator
from raabta.orbits.tle import checksum, parse_tle_pair

START = np.datetime64("2026-11-22", "ns")
DAY_S = 86_400.0
MASK_DEG = 10.0
KARACHI = (24.8608, 67.0104, 0.01)
SETS = {
    "station": (51.63, 247.46, 0.0006703, 130.536, 325.0288, 15.49),
    "sun-synchronous": (98.2, 30.0, 0.0011, 80.0, 200.0, 14.57),
    "half-day": (63.4, 120.0, 0.72, 270.0, 10.0, 2.0061),
    "navigation": (55.0, 200.0, 0.01, 30.0, 100.0, 2.00563),
    "low and eccentric": (28.5, 75.0, 0.3, 10.0, 300.0, 8.9),
}
"""Inclination, node, eccentricity, argument of perigee, mean anomaly (deg), revolutions a day; made up."""


def lines(figures):
    inclination, node, ecc, argument, anomaly, motion = figures
    first = "1 99999U 98067A   26326.00000000  .00000000  00000-0  10000-4 0  999"
    second = (
        f"2 99999 {inclination:8.4f} {node:8.4f} {round(ecc * 1e7):07d} {argument:8.4f} {anomaly:8.4f} "
        f"{motion:11.8f}    1"
    )
    return [f"{line}{checksum(line)}" for line in (first, second)]


def elements(name):
    return parse_tle_pair(*lines(SETS[name]), name)


def passes(name):
    fleet = Propagator.from_elements(elements(name), START)
    ground = visibility.sites(*(np.array([value]) for value in KARACHI), MASK_DEG)
    return find_passes(ground, fleet, START, DAY_S)


def elevation_deg(record, seconds):
    """By the package and textbook formulas: nothing of ours but the site's coordinates."""
    jd, fraction = to_jd(START + np.rint(seconds * 1e9).astype("timedelta64[ns]"))
    error, position, _ = SatrecArray([record]).sgp4(jd, fraction)
    assert not error.any()
    t = (jd - 2_451_545.0 + fraction) / 36_525.0
    gmst_s = 67_310.54841 + (876_600.0 * 3_600.0 + 8_640_184.812866) * t + 0.093104 * t**2 - 6.2e-6 * t**3
    turn = np.radians(gmst_s / 240.0)
    x, y, z = position[0].T
    fixed = np.stack([np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x, z])
    latitude, longitude = np.radians(KARACHI[:2])
    up = np.array(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )
    e2 = (2.0 - 1.0 / 298.257223563) / 298.257223563
    normal = 6_378.137 / np.sqrt(1.0 - e2 * np.sin(latitude) ** 2)
    site = (normal + KARACHI[2]) * up - np.array([0.0, 0.0, normal * e2 * np.sin(latitude)])
    ray = fixed - site[:, None]
    return np.degrees(np.arcsin(up @ ray / np.linalg.norm(ray, axis=0)))


@pytest.mark.parametrize("name", SETS)
def test_rise_and_set_within_a_second_of_a_plain_search(name):
    found = passes(name)
    times_s = np.arange(0.0, DAY_S, 0.5)
    above = elevation_deg(satrec(elements(name), 0), times_s) >= MASK_DEG
    rises = times_s[1:][above[1:] & ~above[:-1]]
    sets = times_s[1:][above[:-1] & ~above[1:]]
    assert len(found) > 0
    for ours, cut, theirs in (
        (found.rise_s, found.begins_before, rises),
        (found.set_s, found.ends_after, sets),
    ):
        assert theirs.size == (~cut).sum()
        np.testing.assert_allclose(ours[~cut], theirs - 0.25, rtol=0.0, atol=1.0)


@pytest.mark.parametrize("name", SETS)
def test_rise_culmination_and_set_are_skyfields_events(name):
    api = pytest.importorskip(
        "skyfield.api", reason="skyfield is not installed; it is an oracle, no dependency"
    )
    scale = api.load.timescale(builtin=True)
    satellite = api.EarthSatellite(*lines(SETS[name]), name, scale)
    place = api.wgs84.latlon(KARACHI[0], KARACHI[1], elevation_m=1e3 * KARACHI[2])
    begin, end = scale.utc(2026, 11, 22), scale.utc(2026, 11, 23)
    times, events = satellite.find_events(place, begin, end, altitude_degrees=MASK_DEG)
    seconds = np.array([(time - begin) * DAY_S for time in times])
    found = passes(name)
    for ours, kind in ((found.rise_s[~found.begins_before], 0), (found.set_s[~found.ends_after], 2)):
        np.testing.assert_allclose(ours, seconds[events == kind], rtol=0.0, atol=1.0)
    whole = ~found.begins_before & ~found.ends_after
    for peak_s in found.peak_s[whole]:
        assert np.abs(seconds[events == 1] - peak_s).min() < 2.0
