"""EPFD down: the kernel against a walk through satellites, the rays against a dense ground, the search."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pytest

from raabta.access.kernels import GSO_RADIUS_KM
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.links.articles import epfd_limits
from raabta.links.earth_patterns import s1428_dbi
from raabta.links.flux_table import flux_cap
from raabta.links.pfd import SPHERE_KM, beam_density_dbw_mhz, sight
from raabta.network import epfd
from raabta.network import epfd_kernels as kernels
from raabta.scenario.failures import parse
from raabta.scenario.loader import load

SCENARIO = load("pakistan")
LIMITS = epfd_limits(19.7, 20.2, 3)
SITE = (30.0, 70.0)
THETA = np.radians(np.linspace(-180.0, 180.0, 7_201))
ARC_KM = GSO_RADIUS_KM * np.column_stack([np.cos(THETA), np.sin(THETA), np.zeros_like(THETA)])


@lru_cache
def system(separation_deg: float = 18.0) -> epfd.System:
    constellation = SCENARIO.constellation.model_copy(update={"gso_separation_deg": separation_deg})
    return epfd.system_of(
        SCENARIO.model_copy(update={"constellation": constellation}), 40.0, (SITE[0], SITE[0])
    )


def test_satellites_that_are_out_radiate_nothing() -> None:
    out = SCENARIO.model_copy(update={"failures": (parse("satellites:100%"), parse("satellite:3@600-"))})
    some = SCENARIO.model_copy(update={"failures": (parse("satellite:3@600-"),)})
    system = epfd.system_of(some, 40.0, (30.0, 30.0))
    gains = np.ones((1, epfd.victim_gain(LIMITS[0], 20.0).size))
    position = system.at(np.array([0.0, 600.0]))
    assert np.isnan(position[1, :, 3]).all() and np.isfinite(position[0]).all()
    silent = epfd.system_of(out, 40.0, (30.0, 30.0))
    assert (silent.received(silent.at(np.zeros(1)), SITE, np.array([70.0]), gains) == 0.0).all()


@pytest.fixture(scope="module")
def galaxy() -> epfd.System:
    return system()


@pytest.fixture(scope="module")
def position_km(galaxy: epfd.System) -> np.ndarray:
    return galaxy.at(np.array([0.0, 600.0, 7_000.0]))


def separation_rad(point: np.ndarray, satellite: np.ndarray) -> float:
    """Angle from a point on the ground to the arc above its horizon, by brute force."""
    towards = (satellite - point) / np.linalg.norm(satellite - point)
    arc = ARC_KM - point
    arc /= np.linalg.norm(arc, axis=1, keepdims=True)
    visible = arc[arc @ point >= 0.0]
    return float(np.arccos(np.clip((visible @ towards).max(), -1.0, 1.0))) if visible.size else math.pi


def may_light(galaxy: epfd.System, point: np.ndarray, satellite: np.ndarray) -> bool:
    ray = satellite - point
    distance = np.linalg.norm(ray)
    sine = ray @ point / distance / np.linalg.norm(point)
    scan = ray @ satellite / distance / np.linalg.norm(satellite)
    if sine < galaxy.rule[0] or scan < galaxy.rule[1]:
        return False
    return separation_rad(point, satellite) >= galaxy.rule[2]


def angle_at(satellite: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    a, b = one - satellite, other - satellite
    return float(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1.0, 1.0)))


def nearest(galaxy: epfd.System, site: np.ndarray, satellite: np.ndarray, start: float = 0.0) -> np.ndarray:
    out = np.empty(3)
    kernels.nearest_beam(
        site, satellite, start, galaxy.rule, galaxy.arc, galaxy.arc_first_deg, galaxy.arc_step_deg, out
    )
    return out


def test_nearest_beam_against_a_dense_ground(galaxy: epfd.System) -> None:
    """A satellite in line with the arc: no ground that it may light is nearer than what the rays find."""
    site = geodetic_to_fixed(*SITE)
    unit, _ = epfd.gso_directions(*SITE, np.array([70.0]))
    satellite = site + 600.0 * unit[0]
    assert not may_light(galaxy, site, satellite)
    angle, far, cos_scan = nearest(galaxy, site, satellite)
    north, east = np.meshgrid(np.arange(-4.0, 4.01, 0.1), np.arange(-4.0, 4.01, 0.2))
    ground = geodetic_to_fixed(SITE[0] + north.ravel(), SITE[1] + east.ravel())
    dense = min(angle_at(satellite, site, point) for point in ground if may_light(galaxy, point, satellite))
    assert math.degrees(angle) == pytest.approx(math.degrees(dense), abs=0.6)
    assert math.degrees(angle) > 10.0
    assert far > 500.0
    assert 0.5 < cos_scan <= 1.0


def receiver(position: np.ndarray, site: np.ndarray, up: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Gain of the 0.7 m antenna over its peak towards satellites (3, n)."""
    ray = position - site[:, None]
    phi = np.degrees(np.arccos(np.clip(direction @ ray / np.linalg.norm(ray, axis=0), -1.0, 1.0)))
    return 10.0 ** (0.1 * (s1428_dbi(phi, 0.7, 19.7) - s1428_dbi(0.0, 0.7, 19.7)))


def stands_aside(galaxy: epfd.System, site: np.ndarray, satellite: np.ndarray) -> tuple[float, float]:
    """(angle from the site to the nearest beam, cosine of its scan): the edge of what may be lit, or rays."""
    height, distance = np.linalg.norm(satellite), np.linalg.norm(satellite - site)
    nadir = math.acos((satellite - site) @ satellite / distance / height)
    sine = np.linalg.norm(site) * math.sqrt(1.0 - galaxy.rule[0] ** 2) / height
    start = max(nadir - min(math.asin(sine), math.acos(galaxy.rule[1])), 0.0)
    if start > 0.0:
        start += 1e-4
        towards = (
            math.sin(nadir - start) * (site - satellite) / distance - math.sin(start) * satellite / height
        )
        towards /= np.linalg.norm(towards)
        along = -satellite @ towards
        reach = along - math.sqrt(np.linalg.norm(site) ** 2 - height**2 + along**2)
        point = satellite + reach * towards
        if may_light(galaxy, point, satellite):
            return start, float((satellite - point) @ satellite / reach / height)
    angle, _, cos_scan = nearest(galaxy, site, satellite, start)
    return float(angle), float(cos_scan)


def by_hand(galaxy: epfd.System, position: np.ndarray, gso_deg: float) -> float:
    """EPFD of one step by a walk through the satellites, W/m2."""
    site, up = geodetic_to_fixed(*SITE), enu_basis(*SITE)[2]
    direction = epfd.gso_directions(*SITE, np.array([gso_deg]))[0][0]
    gain = receiver(position, site, up, direction)
    angles = np.linspace(0.0, math.pi, galaxy.lobes.shape[1])
    total, serving = 0.0, []
    for s in range(position.shape[1]):
        satellite = position[:, s]
        ray = satellite - site
        distance = np.linalg.norm(ray)
        if ray @ up <= 0.0:
            continue
        off, cos_scan = 0.0, ray @ satellite / distance / np.linalg.norm(satellite)
        lights = may_light(galaxy, site, satellite)
        if not lights:
            off, cos_scan = stands_aside(galaxy, site, satellite)
        density = 10.0 ** (0.1 * (galaxy.radio[0] + 10.0 * galaxy.radio[2] * math.log10(cos_scan)))
        power = density * gain[s] / (4.0 * math.pi * (distance * 1e3) ** 2)
        if lights:
            serving.append((-(ray @ direction) / distance, power, ray @ up / distance**2))
        else:
            total += power * np.interp(off, angles, galaxy.lobes[1])
    for place, (_, power, tilt) in enumerate(sorted(serving)):
        ring = 0 if place == 0 else 1 if place < 7 else 2  # one satellite a cell, in rings of six, twelve
        assert place < 19
        total += power * np.interp(math.atan(ring * galaxy.radio[3] * tilt), angles, galaxy.lobes[1])
    return total


@pytest.mark.parametrize("gso_deg", [30.0, 70.0, 100.0])
def test_kernel_against_a_walk_through_the_satellites(
    galaxy: epfd.System, position_km: np.ndarray, gso_deg: float
) -> None:
    gains = np.array([epfd.victim_gain(LIMITS[0], 19.7)])
    found = epfd.epfd_w_m2(galaxy, position_km, *SITE, np.array([gso_deg]), gains)[:, 0, 0]
    walked = [by_hand(galaxy, step, gso_deg) for step in position_km]
    assert 10.0 * np.log10(found) == pytest.approx(10.0 * np.log10(walked), abs=0.05)


def test_no_satellites_are_minus_infinity(galaxy: epfd.System) -> None:
    gains = np.array([epfd.victim_gain(LIMITS[0], 19.7)])
    found = epfd.epfd_w_m2(galaxy, np.empty((4, 3, 0)), *SITE, np.array([70.0]), gains)
    with np.errstate(divide="ignore"):
        assert np.all(np.isneginf(10.0 * np.log10(found)))


def test_one_satellite_18_degrees_off_the_arc() -> None:
    """4 dBW/MHz at 500 km put -178.4 dB(W/m2) in 40 kHz on a 0.7 m antenna that points 18 deg away."""
    free = system(0.0)
    beams = np.stack([free.lobes[0], np.zeros_like(free.lobes[1])])
    beams[1, 0] = 1.0  # one beam, on the site
    site, up = geodetic_to_fixed(*SITE), enu_basis(*SITE)[2]
    direction = np.array([[0.0, 0.0, 1.0]])
    axis = np.cross(up, direction[0]) / np.linalg.norm(np.cross(up, direction[0]))
    turn = math.radians(18.0)
    away = math.cos(turn) * up + math.sin(turn) * np.cross(axis, up)
    out = np.zeros((1, 1, 1))
    position = (site + 500.0 * up)[None, :, None]
    kernels.epfd(
        position,
        site,
        up,
        free.rule,
        free.arc,
        free.arc_first_deg,
        free.arc_step_deg,
        free.radio,
        free.flux_cap,
        beams,
        away[None],
        np.array([epfd.victim_gain(LIMITS[0], 20.0)]),
        out,
    )
    assert 10.0 * np.log10(out[0, 0, 0]) == pytest.approx(-178.4, abs=0.1)


def test_a_wider_separation_lowers_what_a_satellite_in_line_brings() -> None:
    gains = np.array([epfd.victim_gain(limit, 19.7) for limit in LIMITS])
    unit, _ = epfd.gso_directions(*SITE, np.array([70.0]))
    position = (geodetic_to_fixed(*SITE) + 600.0 * unit[0])[None, :, None]
    found = [
        epfd.epfd_w_m2(system(each), position, *SITE, np.array([70.0]), gains)[0, 0]
        for each in (0.0, 10.0, 18.0)
    ]
    assert np.all(np.diff(found, axis=0) < 0.0)


def test_more_beams_bring_more_and_the_first_lobe_is_one_beam() -> None:
    payload = SCENARIO.constellation.payload
    one, seven = epfd.lobes_of(payload, 1), epfd.lobes_of(payload, 7)
    assert one[1, 0] == pytest.approx(1.0)
    assert np.all(seven[1] > one[1])
    ahead = np.linspace(0.0, 180.0, one.shape[1]) < 89.0  # behind, S.1528 rises again
    assert np.all(seven[1][ahead] <= 7.0 * one[1][ahead] + 1e-12)


def test_gains_of_the_victims_start_at_their_peak() -> None:
    for limit in (*LIMITS, *epfd_limits(11.7, 12.2, 3)):
        gain = epfd.victim_gain(limit, max(limit.low_ghz, 11.7))
        assert gain[0] == pytest.approx(1.0)
        assert gain.max() == pytest.approx(1.0)
        assert gain.min() > 0.0


def test_a_run_finds_a_geometry_that_is_as_bad_as_any_on_the_grid(galaxy: epfd.System) -> None:
    plan = epfd.Plan((28.0, 32.0), 70.0, 30.0, 120)
    limits = [(LIMITS[0], 19.7)]
    gains = np.array([epfd.victim_gain(LIMITS[0], 19.7)])
    (found,) = epfd.run(galaxy, limits, plan)
    assert found.distribution.steps == 120
    assert 28.0 <= found.geometry.latitude_deg <= 32.0
    position = galaxy.at((np.arange(120) + 0.5) * 30.0)

    def excess(latitude: float, gso_deg: float) -> float:
        level = epfd.epfd_w_m2(galaxy, position, latitude, 70.0, np.array([gso_deg]), gains)
        return epfd.excess_db(LIMITS[0], level[:, 0, 0])

    grid = [excess(latitude, gso) for latitude in (28.0, 32.0) for gso in (38.0, 70.0, 110.0)]
    assert excess(found.geometry.latitude_deg, found.geometry.gso_longitude_deg) >= max(grid)


def test_the_same_run_twice_is_the_same(galaxy: epfd.System) -> None:
    plan = epfd.Plan((30.0, 30.0), 70.0, 60.0, 20)
    one, two = (epfd.run(galaxy, [(LIMITS[3], 19.7)], plan)[0] for _ in range(2))
    assert one.geometry == two.geometry
    assert np.array_equal(one.distribution.count, two.distribution.count)


def test_geostationary_satellites_alone_are_refused() -> None:
    alone = SCENARIO.constellation.model_copy(update={"shells": ()})
    with pytest.raises(OutOfRangeError, match="Article 22"):
        epfd.system_of(SCENARIO.model_copy(update={"constellation": alone}), 40.0, (30.0, 30.0))


@pytest.mark.parametrize("elevation_deg", [8.0, 20.0, 45.0, 90.0])
@pytest.mark.parametrize("gain_db", [-3.0, 6.0])
def test_a_beams_density_is_that_of_the_flux_checks_and_held_by_the_same_cap(elevation_deg, gain_db):
    starlink = load("pakistan-starlink").constellation
    payload = starlink.payload.model_copy(
        update={"eirp_density_dbw_mhz": 9.8 + gain_db, "eirp_density_edge_dbw_mhz": 16.0 + gain_db}
    )
    cap = flux_cap(starlink.model_copy(update={"payload": payload}), [550.0], 4408)
    range_km, scan_deg = sight(550.0, elevation_deg)
    radio, cos_scan = epfd.radio_of(payload, 40.0, 5), math.cos(math.radians(float(scan_deg)))
    ours = kernels.density_ratio(float(range_km), 550.0, cos_scan, SPHERE_KM, radio, cap.most_dbw_m2)
    stated = beam_density_dbw_mhz(payload, 550.0, elevation_deg, cap) - 10.0 * math.log10(25.0)
    free = beam_density_dbw_mhz(payload, 550.0, elevation_deg) - 10.0 * math.log10(25.0)
    assert 10.0 * math.log10(ours) == pytest.approx(float(stated), abs=1e-6)
    assert (float(free - stated) > 0.5) == (gain_db > 0.0 or elevation_deg < 20.0)
