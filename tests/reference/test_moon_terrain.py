"""Real lunar heights (skipped where they are not): where it is dark, where light, how high craft landed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import reliefs

from raabta.base.ephemeris import ephemeris
from raabta.base.rotations import rotation
from raabta.terrain.areas import area_horizons
from raabta.terrain.grids import Heights
from raabta.terrain.horizon import Horizon, find_horizon
from raabta.terrain.kept import kept_horizon
from raabta.terrain.light import sight, spans, sun_share
from raabta.terrain.opening import open_raster

STEP_S = 10_800.0
LANDED = {
    "apollo11_tranquillitatis": (0.67345, 23.47307, -1927.4),
    "apollo15_hadley": (26.13340, 3.62851, -1922.8),
    "apollo17_taurus_littrow": (20.19080, 30.77168, -2633.0),
    "change3_imbrium": (44.12189, -19.51159, -2632.0),
    "change5_statio": (43.05760, -51.91610, -2570.0),
    "change6_apollo_basin": (-41.63850, -153.98520, -5270.0),
}
"""Landing sites and heights, m above 1,737.4 km. Apollo 11 and 15: the radii of their retroreflectors from
laser ranging (Folkner et al. 2014, IPN Progress Report 42-196: 1,735,472.6 and 1,735,477.2 m). The others as
reported; coordinates: Wagner et al. 2017, doi:10.1016/j.icarus.2016.05.011."""


@cache
def cap() -> Heights:
    return open_raster(reliefs.moon_file("moon_dem_south_pole_400m.tif"), "Moon").whole()


@cache
def directions() -> tuple[np.ndarray, np.ndarray]:
    """Sun and Earth over 2028, km in MOON_ME, every three hours."""
    step = np.timedelta64(int(STEP_S), "s")
    times = np.datetime64("2028-01-01", "ns") + np.arange(int(366 * 86_400 / STEP_S)) * step
    turn = rotation("GCRF", "MOON_ME", times)
    sky = ephemeris()
    return tuple(
        np.einsum("tij,tj->ti", turn, sky.position_km(name, times, "Moon")) for name in ("Sun", "Earth")
    )  # type: ignore[return-value]


def from_cap(latitude_deg: float, longitude_deg: float) -> Horizon:
    return find_horizon(cap(), latitude_deg, longitude_deg, azimuths=720)


@pytest.mark.parametrize(
    ("crater", "latitude_deg", "longitude_deg"),
    [("Shackleton", -89.67, 129.78), ("Haworth", -87.45, -5.17), ("Shoemaker", -88.14, 45.91)],
)
def test_floors_of_deep_craters_never_see_the_sun(
    crater: str, latitude_deg: float, longitude_deg: float
) -> None:
    """Mazarico et al. 2011, doi:10.1016/j.icarus.2010.10.030: permanently shadowed. IAU centres."""
    assert sun_share(from_cap(latitude_deg, longitude_deg), directions()[0]).max() == 0.0


def test_the_crest_of_connecting_ridge_is_lit_most_of_the_year() -> None:
    """Glaeser et al. 2014, doi:10.1016/j.icarus.2014.08.013: 92.27 % at 2 m on 20 m relief; ours is 400 m, so
    only "most": the highest sample of the ridge, near 89.45 S 222.9 E."""
    horizon = from_cap(-89.44936, 223.05851)
    share = sun_share(horizon, directions()[0])
    assert horizon.ground_m == pytest.approx(1954.0, abs=30.0)
    assert share.mean() > 0.85
    assert spans(share <= 0.0, STEP_S).longest_s < 6 * 86_400.0


def test_the_earth_is_seen_from_leibnitz_beta_in_half_of_the_time() -> None:
    """Flat ground would see it 70.5 % of the time (A4); the rise to the north hides some."""
    seen = sight(from_cap(-85.45, 31.9), directions()[1])
    assert seen.elevation_deg.min() > -4.0 and seen.elevation_deg.max() < 11.0
    assert 0.45 < seen.seen.mean() < np.mean(seen.elevation_deg > 0.0) < 0.72


@pytest.mark.parametrize("site", LANDED)
def test_heights_of_landing_sites(site: str) -> None:
    """Within 15 m: the raster's own error (2.7 to 8.5 m robust) and its 118 m samples."""
    latitude, longitude, height_m = LANDED[site]
    raster = open_raster(reliefs.moon_file(f"moon_dem_{site}_118m.tif"))
    assert float(raster.around(latitude, longitude, 2.0).at(latitude, longitude)) == pytest.approx(
        height_m, abs=15.0
    )


def test_sweeps_of_the_cap_are_horizons_of_its_sites() -> None:
    """A7 on real ground: at most 0.01 degrees."""
    place = np.random.default_rng(7).integers(20, 2_260, (30, 2))
    swept = area_horizons(cap(), place[:, 0].copy(), place[:, 1].copy(), azimuths=24)
    for n, (row, column) in enumerate(place.tolist()):
        alone = find_horizon(cap(), *(float(v) for v in cap().grid.place(row, column)), azimuths=24)
        np.testing.assert_allclose(swept.elevation_deg[n], alone.elevation_deg, atol=0.003)


@pytest.mark.parametrize("name", ["leibnitz-beta", "mons-mouton"])
def test_a_kept_horizon_drives_the_chain_as_the_raster_does(name: str) -> None:
    """A9, its open part: the horizon of the package gives the worst lunar day of the raster's, +-0.03."""
    kept = kept_horizon(name)
    worst = []
    for horizon in (kept, from_cap(kept.latitude_deg, kept.longitude_deg)):
        share = sun_share(horizon, directions()[0])
        days = int(29.530589 * 86_400.0 / STEP_S)
        worst.append(np.convolve(share, np.full(days, 1.0 / days), "valid").min())
    assert worst[0] == pytest.approx(worst[1], abs=0.03)
    assert 0.0 <= worst[0] < 1.0


def test_connecting_ridge_as_published() -> None:
    """A8: 92.27 % at 2 m and 95.65 % at 10 m, +-2 points: needs a 20 m raster of the pole."""
    fine = open_raster(reliefs.moon_file("LDEM_80S_20M.LBL"))
    for eye_m, share in ((2.0, 0.9227), (10.0, 0.9565)):
        best = find_horizon(fine, -89.4418, 222.8514, eye_m=eye_m)
        assert sun_share(best, directions()[0]).mean() == pytest.approx(share, abs=0.02)
