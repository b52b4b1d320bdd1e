"""Horizons that come with the package: a few lunar sites, so that missions run without a raster.

Made by `tools/make_horizons.py` from LROC WAC GLD100 and LOLA heights (NASA PDS; Scholten et al. 2012,
doi:10.1029/2011JE003926; Smith et al. 2010, doi:10.1029/2009GL043751). Their relief is smoother than the real
one: for work at a site bring its own raster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from raabta.base.bodies import MOON
from raabta.base.errors import ScenarioError
from raabta.scenario.suggest import near_name
from raabta.terrain.horizon import Horizon

FOLDER = Path(__file__).parent / "data" / "horizons"
SOURCE = "LROC WAC GLD100 and LOLA, NASA PDS (NASA/GSFC/ASU/DLR)"
_COLUMNS = "latitude_deg,longitude_deg,azimuth_deg,elevation_deg,distance_km"


@dataclass(frozen=True)
class KeptSite:
    """A site with a horizon in the package. ground_m above 1,737.4 km; the eye eye_m above the ground."""

    name: str
    title: str
    latitude_deg: float
    longitude_deg: float
    ground_m: float
    relief: str = "400 m"
    eye_m: float = 2.0

    @property
    def note(self) -> str:
        """What a reader must know of it."""
        return f"horizon of {self.title} from {self.relief} relief: smoother than the real one; {SOURCE}"


SITES = (
    KeptSite("leibnitz-beta", "the Leibnitz-Beta plateau", -85.45, 31.9, 6336.9),
    KeptSite("leibnitz-beta-west", "a better lit rise 2 km west of there", -85.4822, 31.3939, 6277.0),
    KeptSite(
        "leibnitz-beta-north",
        "a rise 1.4 km north-west of there, the Earth in view",
        -85.4098,
        31.6129,
        6433.8,
    ),
    KeptSite("mons-mouton", "the summit of Mons Mouton, 13 km east of there", -85.3026, 37.0146, 6748.0),
    KeptSite(
        "chang-e-6",
        "the landing site of Chang'e-6",
        -41.6385,
        -153.9852,
        -5268.2,
        "118 m, 1.9 km beyond 45 km",
    ),
)


def kept_names() -> tuple[str, ...]:
    """Names of the sites with a horizon in the package."""
    return tuple(site.name for site in SITES)


def kept_site(name: str) -> KeptSite:
    """A site by name. ScenarioError names the nearest."""
    found = next((site for site in SITES if site.name == name), None)
    if found is None:
        near = near_name(name, kept_names())
        hint = f"did you mean '{near}'?" if near else f"one of: {', '.join(kept_names())}"
        raise ScenarioError(f"no horizon called '{name}' comes with raabta", hint=hint)
    return found


@cache
def kept_horizon(name: str) -> Horizon:
    """The horizon of a site that comes with the package, 720 azimuths. ScenarioError for no such name."""
    site = kept_site(name)
    rows = np.loadtxt(FOLDER / f"{name}.csv", delimiter=",", skiprows=1)
    azimuth, elevation, distance = (np.ascontiguousarray(rows[:, k]) for k in (2, 3, 4))
    return Horizon(
        MOON, site.latitude_deg, site.longitude_deg, site.ground_m, site.eye_m, azimuth, elevation, distance,
        np.full(azimuth.size, np.inf), source=site.note,
    )  # fmt: skip


def csv_text(horizon: Horizon) -> str:
    """A horizon as a file that `access.horizons` reads, with the distance of what makes it."""
    lines = [_COLUMNS]
    where = f"{horizon.latitude_deg:.10g},{horizon.longitude_deg:.10g}"
    every = zip(horizon.azimuth_deg, horizon.elevation_deg, horizon.distance_km, strict=True)
    lines += [f"{where},{a:.10g},{e:.3f},{d:.3f}" for a, e, d in every]
    return "\n".join(lines) + "\n"
