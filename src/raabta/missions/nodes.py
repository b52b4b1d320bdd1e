"""The nodes of a mission: its sites, then its craft, by number, name and group."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.terrain.brought import brought_horizon
from raabta.terrain.kept import kept_horizon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.missions import Link, MissionScenario, Site
    from raabta.terrain.horizon import Horizon

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SUN = "Sun"
HOME = {"WGS84": "Earth", "MOON_ME": "Moon", "MOON_PA": "Moon"}
AXES = {"WGS84": "ITRF", "MOON_ME": "MOON_ME", "MOON_PA": "MOON_PA"}
"""The axes that a frame of a scenario names."""
MOST_APART_M = 150.0
"""Between a site's height and its raster's: geoids lie up to 106 m off the ellipsoid."""
BINS = 720
"""Of azimuth, of a site with a horizon."""
"""The body that a site of a frame stands on."""


@dataclass(frozen=True)
class Nodes:
    """Sites first, then craft; `home` is the body that a node stands on or goes around.

    latitude_deg, longitude_deg, height_km (antenna), mask_deg (n,): of sites, NaN for craft. axes: those of a
    site's coordinates, "" for craft. horizon: of sites that have one, by number: the higher of it and the
    mask in BINS bins of azimuth from north.
    """

    name: tuple[str, ...]
    group: tuple[str, ...]
    home: tuple[str, ...]
    sites: int
    latitude_deg: Floats
    longitude_deg: Floats
    height_km: Floats
    mask_deg: Floats
    axes: tuple[str, ...]
    horizon: dict[int, Floats]

    @property
    def count(self) -> int:
        """Sites and craft together."""
        return len(self.name)

    def named(self, name: str) -> Ints:
        """Numbers of the node or of the group of that name, rising. Raises ScenarioError for none."""
        found = [i for i in range(self.count) if name in (self.name[i], self.group[i])]
        if not found:
            raise ScenarioError(f"the mission has no node or group called '{name}'")
        return np.array(found, np.int64)

    def is_site(self, number: int) -> bool:
        """Whether a node stands on a body."""
        return number < self.sites


def nodes_of(scenario: MissionScenario) -> Nodes:
    """The nodes of a scenario; its tables follow its own sites."""
    rows: list[tuple[str, str, str, float, float, float, float, str]] = [
        (
            site.name,
            site.group,
            HOME[site.frame],
            site.latitude_deg,
            site.longitude_deg,
            (site.height_m + site.mast_m) / 1e3,
            site.mask_deg,
            AXES[site.frame],
        )
        for site in scenario.sites
    ]
    for table in scenario.tables:
        rows += [
            (f"{name} ({region})", table.group, "Earth", latitude, longitude, 0.0, table.mask_deg, "ITRF")
            for name, region, latitude, longitude in places(table.table)
        ]
    sites = len(rows)
    for one in scenario.craft:
        home = one.orbiter.body if one.orbiter is not None else "Earth"
        rows.append((one.name, one.group, home, np.nan, np.nan, np.nan, np.nan, ""))
    columns = list(zip(*rows, strict=True)) or [()] * 8
    latitude, longitude, height, mask = (np.array(values, np.float64) for values in columns[3:7])
    horizon = {
        number: np.maximum(found.mask(BINS), site.mask_deg)
        for number, site in enumerate(scenario.sites)
        if (found := horizon_of(site)) is not None
    }
    return Nodes(
        columns[0], columns[1], columns[2], sites, latitude, longitude, height, mask, columns[7], horizon
    )


def horizon_of(site: Site) -> Horizon | None:
    """The horizon of a site, of the package or from its raster; None where it has none.

    Raises ScenarioError where its height is not that of its raster, and what rasters raise.
    """
    if site.horizon is not None:
        return kept_horizon(site.horizon)
    if site.terrain is None:
        return None
    found = brought_horizon(
        Path(site.terrain), HOME[site.frame], site.latitude_deg, site.longitude_deg, site.mast_m
    )
    if abs(found.ground_m - site.height_m) > MOST_APART_M:
        raise ScenarioError(
            f"{site.name} is said to stand at {site.height_m:,.0f} m, and is at {found.ground_m:,.0f} m",
            file=site.terrain,
            hint=f"height_m: {found.ground_m:.0f}",
        )
    return found


@cache
def places(table: str) -> tuple[tuple[str, str, float, float], ...]:
    """Name, region, latitude and longitude (deg) of every row of a table of sites that comes with raabta."""
    path = files("raabta.missions") / "data" / f"{table.replace('-', '_')}.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return tuple(
        (row["name"], row["region"], float(row["latitude_deg"]), float(row["longitude_deg"])) for row in rows
    )


def pairs_among(nodes: Nodes, link: Link) -> Ints:
    """Pairs (p, 2) of nodes of a link: each node of one end with each of the other, sorted, each once."""
    one, other = (nodes.named(name) for name in link.between)
    pairs = np.array([(a, b) for a in one.tolist() for b in other.tolist() if a != b], np.int64)
    pairs = np.unique(np.sort(pairs.reshape(-1, 2), axis=1), axis=0)
    for a, b in pairs.tolist():
        if nodes.is_site(a) and nodes.is_site(b) and nodes.home[a] == nodes.home[b]:
            raise ScenarioError(
                f"link '{link.name}': {nodes.name[a]} and {nodes.name[b]} both stand on the {nodes.home[a]}",
                hint="a link joins a site with a craft, two craft, or sites of two bodies",
            )
    return pairs
