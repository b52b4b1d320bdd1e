"""Light: a disc behind any line against a fine raster of it, spans, directions."""

from __future__ import annotations

import numpy as np
import pytest

from raabta.base.bodies import MOON
from raabta.base.errors import OutOfRangeError
from raabta.base.frames import enu_basis, geodetic_to_fixed
from raabta.terrain.horizon import Horizon
from raabta.terrain.light import SUN_RADIUS_KM, sight, spans, sun_share
from raabta.terrain.light_kernels import disc_share

AU_KM = 149_597_870.7


def flat_at(elevation_deg: float, count: int = 720) -> Horizon:
    azimuth = np.arange(count) * 360.0 / count
    same = np.full(count, elevation_deg)
    return Horizon(MOON, -85.45, 31.9, 6300.0, 2.0, azimuth, same, same * 0.0, same * 0.0)


def toward(horizon: Horizon, azimuth_deg: float, elevation_deg: np.ndarray, range_km: float) -> np.ndarray:
    """Body-fixed positions in directions from the site."""
    basis = enu_basis(horizon.latitude_deg, horizon.longitude_deg)
    a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
    local = np.stack([np.cos(e) * np.sin(a), np.cos(e) * np.cos(a), np.sin(e)], axis=-1)
    height_km = (horizon.ground_m + horizon.eye_m) / 1000.0
    return geodetic_to_fixed(-85.45, 31.9, height_km, MOON) + range_km * local @ basis


def test_a_level_horizon_leaves_the_segment_of_a_circle() -> None:
    horizon, radius = flat_at(1.0), np.degrees(np.arcsin(SUN_RADIUS_KM / AU_KM))
    depth = np.linspace(-1.2, 1.2, 49)
    got = sun_share(horizon, toward(horizon, 123.4, 1.0 + depth * radius, AU_KM))
    h = np.clip(depth, -1.0, 1.0)
    segment = 1.0 - (np.arccos(h) - h * np.sqrt(1.0 - h * h)) / np.pi
    np.testing.assert_allclose(got, segment, atol=2e-6)
    assert got[0] == 0.0 and got[-1] == 1.0 and radius == pytest.approx(0.2665, abs=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_what_a_ragged_horizon_leaves_is_what_a_million_points_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.normal(2.0, 0.25, 720 if seed % 2 else 1440)
    azimuth, elevation = rng.uniform(0.0, 360.0), rng.uniform(1.7, 2.3)
    x, y = np.meshgrid(*2 * [(np.arange(1000) + 0.5) / 500.0 - 1.0])
    disc = x * x + y * y <= 1.0
    x, y = 0.27 * x[disc], 0.27 * y[disc]
    steps = np.arange(mask.size + 1) * 360.0 / mask.size
    at = (azimuth + x / np.cos(np.radians(elevation))) % 360.0
    dense = np.mean(elevation + y > np.interp(at, steps, np.append(mask, mask[0])))
    assert disc_share(mask, azimuth, elevation, 0.27) == pytest.approx(dense, abs=1e-3)


def test_targets_stand_where_they_were_put_and_near_ones_are_not_at_infinity() -> None:
    horizon = flat_at(4.0)
    relay = sight(horizon, toward(horizon, 250.0, np.array([3.9, 4.1]), 5_000.0))
    np.testing.assert_allclose(relay.azimuth_deg, 250.0, atol=1e-9)
    np.testing.assert_allclose(relay.range_km, 5_000.0, rtol=1e-12)
    np.testing.assert_allclose(relay.above_deg, [-0.1, 0.1], atol=1e-9)
    assert relay.seen.tolist() == [False, True]


def test_spans_are_counted_in_steps() -> None:
    found = spans(np.array([1, 1, 0, 1, 1, 1, 0, 0, 1], bool), 600.0)
    assert found.first.tolist() == [0, 3, 8] and found.end.tolist() == [2, 6, 9]
    assert found.longest_s == 1800.0
    assert spans(np.zeros(4, bool), 60.0).longest_s == 0.0
    with pytest.raises(OutOfRangeError, match="step is 0 s"):
        spans(np.zeros(4, bool), 0.0)


def test_uneven_horizons_hide_as_their_lines_do() -> None:
    even = flat_at(0.0)
    uneven = Horizon(
        MOON, -85.45, 31.9, 6300.0, 2.0, np.array([0.0, 90.0]), np.array([0.0, 9.0]), *2 * [np.zeros(2)]
    )
    sun = toward(even, 45.0, np.array([4.0, 5.0]), AU_KM)
    assert sun_share(uneven, sun).tolist() == [0.0, 1.0]
