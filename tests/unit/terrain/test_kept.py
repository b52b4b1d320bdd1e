"""Horizons that come with the package: whole, near what the raster gives, readable where masks are read."""

from __future__ import annotations

import numpy as np
import pytest
import reliefs

from raabta.access.horizons import binned, read_horizons
from raabta.base.errors import ScenarioError
from raabta.terrain.horizon import find_horizon
from raabta.terrain.kept import FOLDER, SITES, csv_text, kept_horizon, kept_names, kept_site
from raabta.terrain.opening import open_raster


@pytest.mark.parametrize("name", kept_names())
def test_a_kept_horizon_is_a_mask_that_access_reads(name: str) -> None:
    horizon = kept_horizon(name)
    assert (
        horizon.azimuth_deg.size == 720
        and -6.0 < horizon.elevation_deg.min() < horizon.elevation_deg.max() < 6.0
    )
    rows = read_horizons(FOLDER / f"{name}.csv")
    np.testing.assert_array_equal(rows[:, 3], horizon.elevation_deg)
    np.testing.assert_allclose(binned(rows[:, 2], rows[:, 3]), horizon.mask(72), atol=1e-9)
    assert "smoother than the real one" in horizon.source and horizon.eye_m == 2.0


@pytest.mark.parametrize("site", [s for s in SITES if s.relief == "400 m"], ids=lambda s: s.name)
def test_kept_horizons_are_those_of_the_raster(site: object) -> None:
    cap = open_raster(reliefs.moon_file("moon_dem_south_pole_400m.tif"))
    kept = kept_horizon(site.name)  # type: ignore[attr-defined]
    found = find_horizon(cap, kept.latitude_deg, kept.longitude_deg)
    assert csv_text(found) == (FOLDER / f"{site.name}.csv").read_text()  # type: ignore[attr-defined]
    assert found.ground_m == pytest.approx(kept.ground_m, abs=0.1)


def test_a_name_that_is_near_is_suggested() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'leibnitz-beta'"):
        kept_site("leibniz-beta")
    assert set(kept_names()) == {path.stem for path in FOLDER.glob("*.csv")}
