"""Horizons: the smooth body, every kind of relief against brute force, rasters that go on in each other."""

from __future__ import annotations

import numpy as np
import pytest
import reliefs

from raabta.base.errors import OutOfRangeError, ScenarioError
from raabta.terrain.grids import Heights
from raabta.terrain.horizon import find_horizon
from raabta.terrain.horizon_kernels import tangent

GRIDS = {"polar": reliefs.polar(), "cylindrical": reliefs.cylindrical(), "degrees": reliefs.degrees()}
RELIEFS = {
    "rough": reliefs.rough,
    "rougher": lambda grid: reliefs.rough(grid, 5, 300.0, 1.3),
    "spikes": reliefs.spikes,
    "bowl": reliefs.bowl,
    "terraces": reliefs.terraces,
}


def middle(heights: Heights, row: float = 0.0, column: float = 0.0) -> tuple[float, float]:
    rows, columns = heights.m.shape
    latitude, longitude = heights.grid.place(0.5 * (rows - 1) + row, 0.5 * (columns - 1) + column)
    return float(latitude), float(longitude)


def test_a_smooth_moon_dips_as_its_radius_says() -> None:
    """A7: an eye 2 m above a sphere of 1,737.4 km sees the ground end 0.0869 degrees below level."""
    ground = reliefs.flat(reliefs.polar())
    found = find_horizon(ground, *middle(ground), azimuths=36, eye_m=2.0)
    dip = -np.degrees(np.arccos(1_737_400.0 / 1_737_402.0))
    assert dip == pytest.approx(-0.0869, abs=5e-5)
    np.testing.assert_allclose(found.elevation_deg, dip, atol=2e-6)
    np.testing.assert_allclose(found.distance_km, np.sqrt(2.0 * 1_737_400.0 * 2.0) / 1000.0, rtol=1e-3)


def test_ground_at_8_km_is_18_42_m_lower() -> None:
    """A7: on the Moon a height of 18.42 m at 8 km (along the tangent) stands level with the site."""
    radius_m = 1_737_400.0
    assert np.hypot(radius_m, 8_000.0) - radius_m == pytest.approx(18.42, abs=0.005)
    distance_m = radius_m * np.arctan(8_000.0 / radius_m)
    assert abs(np.degrees(np.arctan(tangent(18.42, distance_m, 0.0, radius_m)))) < 1e-4


@pytest.mark.parametrize("kind", RELIEFS)
@pytest.mark.parametrize("name", GRIDS)
def test_no_horizon_differs_from_brute_force(name: str, kind: str) -> None:
    """A7: at most 0.01 degrees from points every 1/20,000 of the distance, sites on and off samples."""
    heights = RELIEFS[kind](GRIDS[name])
    row, column, eye_m = ((0.0, 0.0, 2.0), (20.37, -31.71, 0.5), (-60.5, 45.25, 30.0))[len(name + kind) % 3]
    site = middle(heights, row, column)
    found = find_horizon(heights, *site, azimuths=9, eye_m=eye_m, reach_km=2.5)
    for azimuth, here in zip(found.azimuth_deg, found.elevation_deg, strict=True):
        dense = reliefs.brute_force(heights, *site, float(azimuth), eye_m, 2.5)
        assert abs(here - dense) <= 0.01


def test_an_eye_on_the_ground_sees_the_slope_it_stands_on() -> None:
    grid = reliefs.polar()
    rising = Heights(grid, np.tile(np.arange(grid.columns, dtype=np.float32) * 4.0, (grid.rows, 1)))
    found = find_horizon(rising, *middle(rising), azimuths=7200, eye_m=0.0)
    across = float(grid.cell_m(150, 150)[0]) * (1.0 + 600.0 / 1_737_400.0)  # the site is 600 m high
    assert found.elevation_deg.max() == pytest.approx(np.degrees(np.arctan(4.0 / across)), abs=2e-4)


def test_bins_hold_the_highest_inside_them_ends_included() -> None:
    heights = reliefs.rough(reliefs.polar())
    found = find_horizon(heights, *middle(heights), azimuths=720)
    mask = found.mask(72)
    inside = found.at(np.arange(0.0, 360.01, 0.1)[:3600])
    assert mask.shape == (72,)
    np.testing.assert_allclose(
        mask, np.maximum(inside.reshape(72, 50).max(axis=1), found.at(np.arange(72) * 5.0 + 5.0)), atol=1e-9
    )


def test_a_coarse_raster_goes_on_where_the_fine_one_ends() -> None:
    """Cut out of one relief, the two together see what the whole sees."""
    whole = reliefs.rough(reliefs.polar())
    part = Heights(whole.grid.part(100, 100, 101, 101), np.ascontiguousarray(whole.m[100:201, 100:201]))
    site = middle(whole)
    alone, both = find_horizon(whole, *site), find_horizon([part, whole], *site)
    np.testing.assert_allclose(both.elevation_deg, alone.elevation_deg, atol=1e-9)
    assert find_horizon(part, *site).elevation_deg.max() <= alone.elevation_deg.max() + 1e-9
    assert np.isfinite(find_horizon(part, *site).reach_km).any()


def test_unknown_ground_is_told_not_guessed() -> None:
    heights = reliefs.rough(reliefs.polar())
    holes = heights.m.copy()
    holes[:100] = np.nan
    found = find_horizon(Heights(heights.grid, holes), *middle(heights), reach_km=5.0)
    assert 0.05 < found.unknown_share < 0.5
    with pytest.raises(OutOfRangeError, match="where heights are known"):
        find_horizon(Heights(heights.grid, holes), *middle(heights, row=-100.0))


def test_a_site_off_the_raster_is_refused_with_what_it_covers() -> None:
    heights = reliefs.flat(reliefs.polar())
    with pytest.raises(
        OutOfRangeError, match=r"the site is -80, 10; valid: inside latitudes -86\.\d+ to -85"
    ):
        find_horizon(heights, -80.0, 10.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"azimuths": 0}, "number of azimuths is 0"),
        ({"eye_m": -1.0}, "eye is -1 m"),
        ({"reach_km": float("nan")}, "reach is nan"),
    ],
)
def test_senseless_options_are_refused(options: dict[str, float], message: str) -> None:
    heights = reliefs.flat(reliefs.polar())
    with pytest.raises(OutOfRangeError, match=message):
        find_horizon(heights, *middle(heights), **options)  # type: ignore[arg-type]


def test_rasters_of_two_bodies_do_not_go_together() -> None:
    from raabta.base.bodies import EARTH
    from raabta.terrain.grids import Grid
    from raabta.terrain.projections import Plate

    earth = Heights(Grid(Plate(EARTH), 74.0, 36.0, 0.001, -0.001, 10, 10), np.zeros((10, 10), np.float32))
    with pytest.raises(ScenarioError, match="rasters of Earth and Moon"):
        find_horizon([reliefs.flat(reliefs.polar()), earth], -85.8, 28.0)
