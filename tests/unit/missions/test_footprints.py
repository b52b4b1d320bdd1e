"""Footprints of cameras: closed forms, rays cast one by one, areas summed another way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from raabta.missions.footprints import Footprint, footprint

R = 1_737.4
RNG = np.random.default_rng(6)


def hits_km(place_km: np.ndarray, direction: np.ndarray, radius_km: float) -> np.ndarray:
    """Where rays (n, 3) from a place (3,) first meet a sphere about the origin, (n, 3); NaN for a miss."""
    ray = direction / np.linalg.norm(direction, axis=1)[:, None]
    towards, square = -(ray @ place_km), float(place_km @ place_km)
    root = towards**2 - (square - radius_km**2)
    with np.errstate(invalid="ignore"):
        slant = np.where((root >= 0.0) & (towards > 0.0), towards - np.sqrt(root), np.nan)
    return np.asarray(place_km + slant[:, None] * ray)


def camera(height_km: float, tilt_deg: float = 0.0, turn_deg: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A place over (0, 0, 1) and axes whose boresight leans from nadir, turned about it."""
    place = np.array([0.0, 0.0, R + height_km])
    tilt, turn = math.radians(tilt_deg), math.radians(turn_deg)
    lean = np.array([[math.cos(tilt), 0, math.sin(tilt)], [0, 1, 0], [-math.sin(tilt), 0, math.cos(tilt)]])
    spin = np.array([[math.cos(turn), math.sin(turn), 0], [-math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    return place, spin @ lean @ np.diag([1.0, -1.0, -1.0])


def of(height_km: float, along_deg: float, across_deg: float, *pose: float) -> Footprint:
    found = footprint(*camera(height_km, *pose), along_deg, across_deg, R)
    assert found is not None
    return found


@pytest.mark.parametrize("height_km", [0.1, 10.0, 200.0, 2_000.0, 8_600.0])
@pytest.mark.parametrize("view_deg", [0.05, 5.0, 20.0])
def test_the_width_below_is_the_closed_form_on_a_sphere(height_km: float, view_deg: float) -> None:
    half = math.radians(0.5 * view_deg)
    edge = (R + height_km) / R * math.sin(half)
    if edge < 1.0:
        width = 2.0 * R * (math.asin(edge) - half)
        assert of(height_km, view_deg, view_deg).across_km == pytest.approx(width, rel=1e-9)
        assert of(height_km, 3.0, view_deg).across_km == pytest.approx(width, rel=1e-9)
        assert of(height_km, view_deg, 3.0).along_km == pytest.approx(width, rel=1e-9)


def test_the_width_near_the_ground_is_that_of_a_plane() -> None:
    flat = 2.0 * 0.01 * math.tan(math.radians(10.0))
    found = of(0.01, 20.0, 20.0)
    assert found.across_km == pytest.approx(flat, rel=1e-6)
    assert found.area_km2 == pytest.approx(flat**2, rel=1e-6)


@pytest.mark.parametrize(("height_km", "tilt_deg", "turn_deg"), [(200, 0, 0), (200, 25, 30), (8_600, 2, 10)])
def test_the_outline_is_where_rays_along_the_edges_of_the_view_meet_the_ground(
    height_km: float, tilt_deg: float, turn_deg: float
) -> None:
    place, axes = camera(height_km, tilt_deg, turn_deg)
    found = of(height_km, 8.0, 12.0, tilt_deg, turn_deg)
    x, y, z = axes @ (found.outline_km - place).T
    outside = np.maximum(
        np.abs(x) / z / math.tan(math.radians(4.0)), np.abs(y) / z / math.tan(math.radians(6.0))
    )
    np.testing.assert_allclose(outside, 1.0, rtol=1e-9)
    assert not found.limb
    for ray, hit in zip(found.outline_km - place, found.outline_km, strict=True):
        np.testing.assert_allclose(cast(place, ray), hit, atol=1e-9 * height_km)
    np.testing.assert_allclose(hits_km(place, found.outline_km - place, R), found.outline_km, atol=1e-9 * R)


def cast(place: np.ndarray, ray: np.ndarray) -> np.ndarray:
    """Where a ray first meets the sphere, by halving on the way to where it is lowest."""
    low, high = 0.0, -float(place @ ray) / float(ray @ ray)
    for _ in range(200):
        middle = 0.5 * (low + high)
        if np.linalg.norm(place + middle * ray) > R:
            low = middle
        else:
            high = middle
    return place + low * ray


@pytest.mark.parametrize(("height_km", "tilt_deg", "turn_deg"), [(200, 0, 0), (200, 25, 30), (8_600, 2, 10)])
def test_the_area_is_that_of_its_pixels(height_km: float, tilt_deg: float, turn_deg: float) -> None:
    place, axes = camera(height_km, tilt_deg, turn_deg)
    node, weight = np.polynomial.legendre.leggauss(80)
    half = math.tan(math.radians(4.0)), math.tan(math.radians(6.0))
    x, y = (grid.ravel() for grid in np.meshgrid(node * half[0], node * half[1], indexing="ij"))
    pixel = np.outer(weight * half[0], weight * half[1]).ravel() / (1.0 + x**2 + y**2) ** 1.5
    rays = np.column_stack([x, y, np.ones_like(x)]) @ axes
    hit = hits_km(place, rays, R)
    slant = hit - place
    far = np.linalg.norm(slant, axis=1)
    cosine = -(slant * hit).sum(axis=1) / far / R
    area = float((pixel * far**2 / cosine).sum())
    assert of(height_km, 8.0, 12.0, tilt_deg, turn_deg).area_km2 == pytest.approx(area, rel=1e-9)


POSES = [
    (200.0, 60.0, 20.0, 20.0),
    (8_600.0, 10.0, 0.0, 15.0),
    (8_600.0, 0.0, 0.0, 15.0),
    (900.0, 40.0, 70.0, 40.0),
]


@pytest.mark.parametrize(("height_km", "tilt_deg", "turn_deg", "view_deg"), POSES)
def test_over_the_limb_a_patch_is_what_of_the_ground_is_in_view(
    height_km: float, tilt_deg: float, turn_deg: float, view_deg: float
) -> None:
    place, axes = camera(height_km, tilt_deg, turn_deg)
    found = of(height_km, view_deg, 1.5 * view_deg, tilt_deg, turn_deg)
    assert found.limb
    edge = R / (R + height_km)
    cosine = edge + (1.0 - edge) * (np.arange(1_500) + 0.5) / 1_500
    azimuth = 2.0 * math.pi * (np.arange(3_000) + 0.5) / 3_000
    up, turn = np.meshgrid(cosine, azimuth, indexing="ij")
    flat = np.sqrt(1.0 - up**2)
    ground = R * np.stack([flat * np.cos(turn), flat * np.sin(turn), up], axis=-1)
    x, y, z = np.moveaxis((ground - place) @ axes.T, -1, 0)
    wide = math.tan(math.radians(0.5 * view_deg)), math.tan(math.radians(0.75 * view_deg))
    seen = (np.abs(x) <= z * wide[0]) & (np.abs(y) <= z * wide[1])
    area = 2.0 * math.pi * R**2 * (1.0 - edge) * seen.mean()
    assert found.area_km2 == pytest.approx(area, rel=2e-3)
    x, y, z = axes @ (found.outline_km - place).T
    inside = np.maximum(np.abs(x) / wide[0], np.abs(y) / wide[1]) / z
    on_limb = np.abs(found.outline_km[:, 2] / R - edge) < 1e-9
    np.testing.assert_allclose(np.linalg.norm(found.outline_km, axis=1), R, rtol=1e-9)
    assert (on_limb | (np.abs(inside - 1.0) < 1e-9)).all() and (inside < 1.0 + 1e-9).all() and on_limb.any()


def test_a_whole_disc_is_the_cap_below() -> None:
    found = of(8_600.0, 40.0, 40.0)
    cap = 2.0 * math.pi * R**2 * (1.0 - R / (R + 8_600.0))
    assert found.area_km2 == pytest.approx(cap, rel=1e-12) and found.limb
    np.testing.assert_allclose(found.outline_km[:, 2], R * R / (R + 8_600.0), rtol=1e-12)


def test_the_sky_has_no_footprint() -> None:
    assert footprint(*camera(200.0, 90.0), 10.0, 10.0, R) is None
    assert footprint(*camera(200.0, 180.0), 20.0, 20.0, R) is None
    assert np.isnan(hits_km(camera(200.0)[0], np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), R)).all()


def test_outlines_go_round_once_and_hold_the_area() -> None:
    held = 0
    for _ in range(60):
        height = 10.0 ** RNG.uniform(1.5, 4.0)
        pose = RNG.uniform(0.0, 80.0), RNG.uniform(-180.0, 180.0)
        place, axes = camera(height, *pose)
        found = footprint(place, axes, *RNG.uniform(5.0, 60.0, 2), R, points=400)
        if found is not None:
            held += 1
            assert spherical_area(found.outline_km) == pytest.approx(found.area_km2, rel=2e-3), (height, pose)
    assert held > 20


def spherical_area(outline_km: np.ndarray) -> float:
    """Area of a polygon of great circles, counter-clockwise from above, about its middle, km2."""
    unit = outline_km / np.linalg.norm(outline_km, axis=1)[:, None]
    middle = unit.sum(axis=0) / np.linalg.norm(unit.sum(axis=0))
    after = np.roll(unit, -1, axis=0)
    triple = np.einsum("ij,ij->i", np.cross(unit, after), middle[None, :])
    below = 1.0 + unit @ middle + after @ middle + (unit * after).sum(axis=1)
    return float(2.0 * np.arctan2(triple, below).sum() * R**2)
