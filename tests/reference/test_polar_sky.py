"""The Sun and the Earth over the lunar south pole and over Leibnitz-Beta in 2028 and 2029: ranges of
elevation and shares of time, published for open comparison, and one ephemeris against another.

Flat ground on the 1,737.4 km sphere, geometric directions of the centres, every 10 minutes, MOON_ME.
"""

from __future__ import annotations

import erfa
import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.ephemeris import ephemeris
from raabta.base.errors import StoreError
from raabta.base.frames import look_angles
from raabta.base.light_time import one_way_light_s
from raabta.base.rotations import rotation
from raabta.base.timescales import tdb_s, tt_s
from raabta.base.units import SPEED_OF_LIGHT_KM_S

TIMES = np.arange(
    np.datetime64("2028-01-01", "ns"), np.datetime64("2030-01-01", "ns"), np.timedelta64(600, "s")
)
POLE, LEIBNITZ_BETA = (-90.0, 0.0, 0.0), (-85.45, 31.9, 0.0)


def sky(body: str, site: tuple[float, float, float], name: str = "DE421") -> tuple[np.ndarray, np.ndarray]:
    """(elevation_deg, range_km) of a body's centre over a site."""
    place = ephemeris(name).position_km(body, TIMES, "Moon")
    fixed = np.einsum("tij,tj->ti", rotation("GCRF", "MOON_ME", TIMES, orientation=name), place)
    elevation, _, range_km = look_angles(*site, fixed, MOON)
    return elevation, range_km


@pytest.mark.parametrize(
    ("body", "site", "lowest_deg", "highest_deg"),
    [
        ("Sun", POLE, -1.56, 1.59),
        ("Earth", POLE, -7.09, 6.61),
        ("Earth", LEIBNITZ_BETA, -3.45, 10.69),
        ("Sun", LEIBNITZ_BETA, -6.11, 6.11),
    ],
)
def test_ranges_of_elevation(body: str, site, lowest_deg: float, highest_deg: float) -> None:
    """Published to 0.01 degrees; tolerance 0.02."""
    elevation = sky(body, site)[0]
    assert elevation.min() == pytest.approx(lowest_deg, abs=0.02)
    assert elevation.max() == pytest.approx(highest_deg, abs=0.02)


def test_shares_of_time_and_light_time_at_leibnitz_beta() -> None:
    """Earth up 70.5 % of the time, above 5 degrees 46.2 %; one-way light 1.190 to 1.355 s."""
    elevation, range_km = sky("Earth", LEIBNITZ_BETA)
    assert 100.0 * (elevation > 0.0).mean() == pytest.approx(70.5, abs=0.05)
    assert 100.0 * (elevation > 5.0).mean() == pytest.approx(46.2, abs=0.05)
    light = range_km / SPEED_OF_LIGHT_KM_S
    assert (light.min(), light.max()) == (pytest.approx(1.190, abs=6e-4), pytest.approx(1.355, abs=6e-4))
    centre = one_way_light_s(ephemeris(), "Earth", "Moon", TIMES)
    assert np.abs(centre - light).max() < MOON.equatorial_radius_km / SPEED_OF_LIGHT_KM_S


@pytest.mark.parametrize("body", ["Sun", "Earth"])
@pytest.mark.parametrize("site", [POLE, LEIBNITZ_BETA])
def test_de440_agrees_with_de421(body: str, site) -> None:
    """Each with its own lunar axes: asked for 0.005 degrees, and 0.5 m on the ground are 2e-5."""
    try:
        other = sky(body, site, "DE440")[0]
    except StoreError as absent:
        pytest.skip(str(absent))
    assert np.abs(sky(body, site)[0] - other).max() < 3e-5


def test_mean_earth_axes_of_de440_and_de421_are_as_close_as_naif_says() -> None:
    """NAIF's moon_de440_220930.tf: never more than 3.071e-7 rad apart from 2000 to 2040, 0.53 m."""
    days = np.datetime64("2000-01-02", "ns") + np.arange(40 * 365) * np.timedelta64(86_400, "s")
    try:
        other = rotation("GCRF", "MOON_ME", days, orientation="DE440")
    except StoreError as absent:
        pytest.skip(str(absent))
    between = rotation("GCRF", "MOON_ME", days) @ np.swapaxes(other, 1, 2)
    angle = np.linalg.norm(between[:, [1, 0, 0], [2, 2, 1]], axis=1)
    assert angle.max() == pytest.approx(3.071e-7, abs=2e-10)


def test_moon_and_sun_of_de440_and_de421_differ_by_metres() -> None:
    """Park et al. (2021), doi:10.3847/1538-3881/abd414: metres for the Moon, hundreds for the Sun."""
    try:
        other = ephemeris("DE440")
    except StoreError as absent:
        pytest.skip(str(absent))
    for body, most_km in (("Moon", 0.01), ("Sun", 0.3)):
        off = ephemeris().position_km(body, TIMES) - other.position_km(body, TIMES)
        assert 0.0 < np.linalg.norm(off, axis=1).max() < most_km


def iau_moon_axes(tdb: np.ndarray) -> np.ndarray:
    """The IAU's series for the Moon's pole and meridian (WGCCRE 2009, doi:10.1007/s10569-010-9320-4,
    table 2): mean Earth axes to about 150 m."""
    d = tdb / 86_400.0
    base = [125.045, 250.089, 260.008, 176.625, 357.529, 311.589, 134.963, 276.617, 34.226, 15.134, 119.743,
            239.961, 25.053]  # fmt: skip
    rate = [-0.0529921, -0.1059842, 13.0120009, 13.3407154, 0.9856003, 26.4057084, 13.0649930, 0.3287146,
            1.7484877, -0.1589763, 0.0036096, 0.1643573, 12.9590088]  # fmt: skip
    e = np.radians(np.array(base)[:, None] + np.array(rate)[:, None] * d)
    ra = [-3.8787, -0.1204, 0.0700, -0.0172, 0.0, 0.0072, 0.0, 0.0, 0.0, -0.0052, 0.0, 0.0, 0.0043]
    dec = [1.5419, 0.0239, -0.0278, 0.0068, 0.0, -0.0029, 0.0009, 0.0, 0.0, 0.0008, 0.0, 0.0, -0.0009]
    w = [3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019,
         -0.0044]  # fmt: skip
    alpha = 269.9949 + 0.0031 * d / 36_525.0 + ra @ np.sin(e)
    delta = 66.5392 + 0.0130 * d / 36_525.0 + dec @ np.cos(e)
    meridian = 38.3213 + 13.17635815 * d - 1.4e-12 * d**2 + w @ np.sin(e)
    turn = erfa.rz(np.radians(alpha + 90.0), np.broadcast_to(np.eye(3), (d.size, 3, 3)).copy())
    return erfa.rz(np.radians(meridian), erfa.rx(np.radians(90.0 - delta), turn))


@pytest.mark.parametrize("site", [POLE, LEIBNITZ_BETA])
def test_series_that_share_nothing_with_de421_agree(site) -> None:
    """SOFA's Moon (Meeus) and Earth (VSOP2000) and the IAU's lunar axes, good to 12 arcsec together with
    150 m: 0.01 degrees."""
    times = TIMES[::48]
    axes = iau_moon_axes(tdb_s(times))
    tt = 2_451_545.0, tt_s(times) / 86_400.0
    moon = np.asarray(erfa.moon98(*tt)["p"])
    sun = -np.asarray(erfa.epv00(*tt)[0]["p"])
    au_km = 149_597_870.7
    for body, place in (("Earth", -moon * au_km), ("Sun", (sun - moon) * au_km)):
        theirs = look_angles(*site, np.einsum("tij,tj->ti", axes, place), MOON)[0]
        assert np.abs(sky(body, site)[0][::48] - theirs).max() < 0.01
