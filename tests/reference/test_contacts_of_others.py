"""Two-sided contacts between the Moon and the Earth against CSPICE and SOFA, over days.

Their way is another: everything from the barycentre of the solar system, light time by iteration there, and
the directions turned by the aberration of each end's own velocity (`stelab` for what is received, `stlabx`
for what is sent). Ours never leaves the frame of the body that an end stands on. The Earth turns by SOFA's
C2T06A, instant by instant; DE421 and its lunar axes are read by CSPICE from NAIF's kernels.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import erfa
import lunar_skies as skies
import numpy as np
import pytest

from raabta.access.passes import find_passes
from raabta.access.sight import Craft, Place, Sight
from raabta.access.sky import sky_over
from raabta.base.bodies import EARTH, MOON
from raabta.base.clock import polar_motion_rad, tt_jd, ut1_jd
from raabta.base.ephemeris import ephemeris
from raabta.base.timescales import tdb_s
from raabta.orbits.platforms import centres

LIGHT_KM_S = 299_792.458
START = np.datetime64("2025-06-03", "ns")
SPAN_S = 3.0 * 86_400.0
EDGE_S = 0.1
ROVER = Place("rover", MOON, -85.45, 31.9, 4.0, 0.0, "MOON_ME")
LANDER = Place("lander", MOON, -45.0, 80.0, -2.0, 3.0, "MOON_ME")
KASHI = Place("Kashi", EARTH, 38.42, 76.71, 1.27, 10.0)
ZAPALA = Place("Zapala", EARTH, -38.19, -70.15, 0.87, 8.0)


@pytest.fixture(scope="module")
def spice():
    spiceypy = pytest.importorskip("spiceypy")
    spec = find_spec("lunarsky")
    if spec is None or spec.origin is None:
        pytest.skip("lunarsky is not installed; it brings NAIF's lunar kernels")
    data = Path(spec.origin).parent / "data"
    own = ("pck/moon_pa_de421_1900-2050.bpc", "fk/satellites/moon_080317.tf")
    for file in (ephemeris().file, *(data / name for name in own)):
        spiceypy.furnsh(str(file))
    yield spiceypy
    spiceypy.kclear()


def utc(seconds):
    return START + np.rint(np.asarray(seconds) * 1e9).astype("timedelta64[ns]")


class Barycentric:
    """Places and velocities of ends from the barycentre, at single seconds of the span, by other programs."""

    def __init__(self, spice):
        self.spice, self.et0 = spice, float(tdb_s(np.array([START]))[0])
        grid = START + np.arange(0, int(SPAN_S) + 7_200, 300) * np.timedelta64(1, "s")
        self.earth = erfa.c2t06a(*tt_jd(grid), *ut1_jd(grid), *polar_motion_rad(grid))

    def turn(self, place, s):
        """Inertial axes to the body's."""
        if place.body is MOON:
            return np.array(self.spice.pxform("J2000", "MOON_ME", self.et0 + s))
        k = max(
            int(s // 300.0), 0
        )  # the pole and nutation of up to 300 s before; the spin of the very instant
        return erfa.rz(7.292115146706e-5 * (s - 300.0 * k), self.earth[k].copy())

    def state(self, place, s):
        own = np.array(self.spice.spkezr(place.body.name, self.et0 + s, "J2000", "NONE", "SSB")[0])
        own[:3] += self.turn(place, s).T @ place.km[0]
        spin = (self.turn(place, s + 0.5).T - self.turn(place, s - 0.5).T) @ place.km[0]
        own[3:] += spin
        return own

    def elevations(self, one, other, s):
        """Elevations of the other end at the sender and at the receiver, deg, and light time."""
        sent, light = self.state(one, s), 1.28
        for _ in range(6):
            met = self.state(other, s + light)
            light = float(np.linalg.norm(met[:3] - sent[:3])) / LIGHT_KM_S
        ray = met[:3] - sent[:3]
        out = self.spice.stlabx(ray, sent[3:])
        back = self.spice.stelab(-ray, met[3:])
        ends = ((one, s, out), (other, s + light, back))
        heights = [
            float(
                np.degrees(np.arcsin(place.basis[0, 2] @ self.turn(place, when) @ way / np.linalg.norm(way)))
            )
            for place, when, way in ends
        ]
        return (*heights, light)

    def in_sight(self, one, other, s):
        low, high, _ = self.elevations(one, other, s)
        return low >= np.degrees(np.arcsin(one.sin_mask[0, 0])) and high >= np.degrees(
            np.arcsin(other.sin_mask[0, 0])
        )


@pytest.mark.parametrize(
    ("one", "other"), [(LANDER, KASHI), (ZAPALA, LANDER), (ROVER, ZAPALA)], ids=lambda node: node.name
)
def test_contacts_are_those_of_a_barycentric_search(spice, one, other):
    sight = Sight([one, other], sky_over(START, SPAN_S))
    found = sight.contacts(one.name, other.name)
    edges = np.column_stack([found.rise_s, found.set_s]).ravel()
    truth = Barycentric(spice)
    assert len(found) >= 2
    for s in np.arange(15.0, SPAN_S, 120.0):
        if np.abs(edges - s).min() > EDGE_S:
            inside = np.searchsorted(edges, s, side="right") % 2 == 1
            assert truth.in_sight(one, other, s) == inside, s
    for edge in edges[(edges > 1.0) & (edges < SPAN_S - 1.0)]:
        assert truth.in_sight(one, other, edge - EDGE_S) != truth.in_sight(one, other, edge + EDGE_S), edge
    seen = sight.geometry(one.name, other.name, found.rise_s)
    for row, s in enumerate(found.rise_s):
        low, high, light = truth.elevations(one, other, s)
        near = {EARTH: 9e-5, MOON: 5e-7}  # 0.32": the aberration of an Earth station's own 0.46 km/s
        assert seen.sender_elevation_deg[row] == pytest.approx(low, abs=near[one.body])
        assert seen.receiver_elevation_deg[row] == pytest.approx(high, abs=near[other.body])
        assert seen.light_time_s[row] == pytest.approx(light, abs=2e-4), "v/c of 30 km/s, of 1.3 s"


def test_the_earth_from_leibnitz_beta():
    """Two years from 2028 at 85.45 S 31.9 E on the bare sphere: elevations of the Earth of -3.45 to +10.69
    degrees, above 0 for 70.5 % and above 5 for 46.2 % of the time, light time 1.190 to 1.355 s (lunar south
    pole figures made with another program, to the last digit printed)."""
    span_s = 731.0 * 86_400.0
    site = Place("site", MOON, -85.45, 31.9, 0.0, 0.0, "MOON_ME")
    high = Place("high", MOON, -85.45, 31.9, 0.0, 5.0, "MOON_ME")
    earth = Craft("Earth", centres(["Earth"], "Moon"))
    sight = Sight([site, high, earth], sky_over(np.datetime64("2028-01-01", "ns"), span_s))
    seen = sight.geometry("site", "Earth", np.arange(0.0, span_s, 3_600.0))
    assert seen.sender_elevation_deg.min() == pytest.approx(-3.45, abs=0.01)
    assert seen.sender_elevation_deg.max() == pytest.approx(10.69, abs=0.01)
    assert seen.light_time_s.min() == pytest.approx(1.190, abs=5e-4)
    assert seen.light_time_s.max() == pytest.approx(1.355, abs=5e-4)
    for name, share in (("site", 0.705), ("high", 0.462)):
        found = sight.contacts(name, "Earth")
        assert (found.set_s - found.rise_s).sum() / span_s == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize(("mask_deg", "share"), [(0.0, 0.807), (5.0, 0.785), (10.0, 0.760), (15.0, 0.730)])
def test_a_relay_at_the_south_pole_is_in_view_so_long(mask_deg, share):
    """300 x 8,600 km, 54.8 degrees, apolune south, a site at 85.5 S: more than 8 h of each 12 h orbit (Zhang
    2021, doi:10.34133/2021/3471608); shares over a lunar month to 0.5 points, two bodies alone."""
    axis_km, ecc = MOON.equatorial_radius_km + 4_450.0, 4_150.0 / (MOON.equatorial_radius_km + 4_450.0)
    month_s = 2.0 * np.pi / MOON.rotation_rad_s
    place = skies.kepler(axis_km, ecc, 54.8, 0.0, 90.0, 0.0, MOON.gm_km3_s2)

    def positions_km(times):
        s = (np.asarray(times) - START).astype(np.int64) / 1e9
        angle, (x, y, z) = MOON.rotation_rad_s * s, place(s).T
        turned = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x, z
        return np.stack(turned, axis=1)[:, :, None]

    site = Place("site", MOON, -85.5, 31.9, 0.0, mask_deg, "MOON_ME")
    fleet = SimpleNamespace(count=1, positions_km=positions_km)
    found = find_passes(site, fleet, START, month_s, step_s=120.0)
    assert (found.set_s - found.rise_s).sum() / month_s == pytest.approx(share, abs=5e-3)
    whole = ~found.begins_before & ~found.ends_after
    assert (found.set_s - found.rise_s)[whole].min() > 8.0 * 3_600.0
