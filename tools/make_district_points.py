"""Write `src/raabta/missions/data/pakistan_districts.csv`: each district at the middle of its people.

    python tools/make_district_points.py

The middle is the mean direction of the towns of the district, by their people
(`service.districts.pakistan_sites`). A test holds the file against what this prints.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from raabta.access.cells import unit_vectors
from raabta.service.districts import pakistan_districts, pakistan_sites

OUT = Path(__file__).parents[1] / "src" / "raabta" / "missions" / "data" / "pakistan_districts.csv"


def table() -> str:
    """The whole file as text."""
    districts, sites = pakistan_districts(), pakistan_sites()
    at = unit_vectors(sites.latitude_deg, sites.longitude_deg)
    lines = ["name,region,latitude_deg,longitude_deg"]
    for number, name in enumerate(districts.name):
        own = sites.district == number
        weight = np.maximum(sites.people_weight[own], 1e-9)
        x, y, z = (at[own] * weight[:, None]).sum(axis=0)
        latitude, longitude = np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))
        lines.append(f"{name},{districts.province[number]},{latitude:.3f},{longitude:.3f}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    OUT.write_text(table(), encoding="utf-8")
