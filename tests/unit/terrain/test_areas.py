"""Areas: swept horizons against those of single sites, light, safe havens, slopes, roughness."""

from __future__ import annotations

import numpy as np
import pytest
import reliefs

from raabta.base.errors import ScenarioError
from raabta.terrain.areas import area_horizons, havens, light_of_area, local_heights
from raabta.terrain.grids import Heights
from raabta.terrain.horizon import find_horizon
from raabta.terrain.light import spans, sun_share
from raabta.terrain.slopes import roughness_m, slope_deg


@pytest.mark.parametrize("relief", [reliefs.rough, reliefs.spikes, reliefs.bowl, reliefs.terraces])
def test_a_swept_horizon_is_that_of_the_site(relief: object) -> None:
    """A7: at most 0.01 degrees; half a step of 0.005 and a little is what it is."""
    heights = relief(reliefs.polar())  # type: ignore[operator]
    row, column = np.array([150, 40, 260, 10, 150]), np.array([150, 250, 33, 20, 151])
    swept = area_horizons(heights, row, column, azimuths=36)
    for n in range(row.size):
        latitude, longitude = (float(v) for v in heights.grid.place(row[n], column[n]))
        alone = find_horizon(heights, latitude, longitude, azimuths=36)
        np.testing.assert_allclose(swept.elevation_deg[n], alone.elevation_deg, atol=0.003)


def test_threads_do_not_change_a_bit_and_unknown_ground_stays_unknown() -> None:
    heights = reliefs.rough(reliefs.polar())
    heights.m[100:103, 100:103] = np.nan
    row, column = (v.ravel() for v in np.mgrid[60:130, 60:130])
    one = area_horizons(heights, row, column, azimuths=8, threads=1)
    three = area_horizons(heights, row, column, azimuths=8, threads=3)
    assert one.steps.tobytes() == three.steps.tobytes()
    assert np.isnan(one.elevation_deg[:, 0]).sum() == 9


def test_other_maps_are_resampled_first() -> None:
    heights = reliefs.rough(reliefs.cylindrical(), power=3.0)
    with pytest.raises(ScenarioError, match=r"swept on stereographic maps\nhint: resample"):
        area_horizons(heights, np.array([1]), np.array([1]))
    latitude, longitude = (float(v) for v in heights.grid.place(150, 150))
    local = local_heights(heights, latitude, longitude, 3.0, 20.0)
    middle = np.array([local.m.shape[0] // 2])
    swept = area_horizons(local, middle, middle, azimuths=24)
    alone = find_horizon(heights, latitude, longitude, azimuths=24)
    near = alone.distance_km < 2.9
    assert near.sum() > 8
    np.testing.assert_allclose(swept.elevation_deg[0, near], alone.elevation_deg[near], atol=0.5)


def test_light_of_an_area_is_that_of_its_sites() -> None:
    heights = reliefs.rough(reliefs.polar(), amplitude_m=100.0)
    row, column = np.array([50, 150, 250]), np.array([150, 60, 222])
    horizons = area_horizons(heights, row, column, azimuths=360)
    turn = np.radians(np.arange(0.0, 360.0, 2.0))
    sun = 1.5e8 * np.column_stack([np.cos(turn), np.sin(turn), np.full(turn.size, 0.0)])
    earth = np.tile([384_400.0, 0.0, 30_000.0], (turn.size, 1))
    light = light_of_area(horizons, sun, earth, 3_600.0)
    for n in range(3):
        place = (float(v) for v in heights.grid.place(row[n], column[n]))
        share = sun_share(find_horizon(heights, *place, azimuths=360), sun)
        assert light.sun_share[n] == pytest.approx(share.mean(), abs=2e-3)
        assert abs(light.longest_dark_s[n] - spans(share <= 0.0, 3_600.0).longest_s) <= 3_600.0
    assert set(np.unique(light.earth_share)) <= {0.0, 1.0}
    most = float(np.sort(light.longest_dark_s)[1])
    dark_s, steep_deg = light.longest_dark_s, light.slope_deg
    assert havens(dark_s, steep_deg, most, 90.0).sum() >= 2 and not havens(dark_s, steep_deg, -1.0).any()


def test_the_slope_of_a_plane_and_the_roughness_of_waves() -> None:
    grid = reliefs.polar()
    row, column = np.mgrid[: grid.rows, : grid.columns].astype(float)
    across, down = (float(v) for v in grid.cell_m(150, 150))
    plane = Heights(grid, (3.0 * column - 4.0 * row).astype(np.float32))
    steep = np.degrees(np.arctan(np.hypot(3.0 / across, 4.0 / down)))
    assert slope_deg(plane)[150, 150] == pytest.approx(steep, rel=1e-5)
    assert np.isnan(slope_deg(plane)[0]).all()
    assert np.nanmax(roughness_m(plane)) < 0.02
    checkers = Heights(grid, (plane.m + 10.0 * (-1.0) ** (row + column)).astype(np.float32))
    assert roughness_m(checkers, 3)[150, 150] == pytest.approx(10.0, rel=0.01)
    assert np.isnan(roughness_m(checkers, 3)[2, 150])
