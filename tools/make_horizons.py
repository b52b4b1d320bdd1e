"""Write src/raabta/terrain/data/horizons/*.csv: horizons of lunar sites for missions without a raster.

    python tools/make_horizons.py FOLDER

FOLDER holds the rasters named below, heights above 1,737.4 km:
LROC WAC GLD100 (LOLA beyond 79 degrees of latitude), NASA PDS.
"""

from __future__ import annotations

import sys
from pathlib import Path

from raabta.terrain.horizon import find_horizon
from raabta.terrain.kept import FOLDER, SITES, csv_text
from raabta.terrain.opening import open_raster

RASTERS = {
    "400 m": ("moon_dem_south_pole_400m.tif",),
    "118 m, 1.9 km beyond 45 km": ("moon_dem_change6_apollo_basin_118m.tif", "moon_dem_global_16ppd.tif"),
}


def main(folder: Path) -> None:
    """Write every site of the table."""
    for site in SITES:
        rasters = [open_raster(folder / name, "Moon") for name in RASTERS[site.relief]]
        found = find_horizon(rasters, site.latitude_deg, site.longitude_deg, azimuths=720, eye_m=site.eye_m)
        (FOLDER / f"{site.name}.csv").write_text(csv_text(found), encoding="utf-8")
        low, high = found.elevation_deg.min(), found.elevation_deg.max()
        print(f"{site.name}: {found.ground_m:,.0f} m, {low:.2f} to {high:.2f} degrees")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
