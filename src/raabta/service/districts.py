"""Districts: the census table, and which district a place lies in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import unit_vectors
from raabta.base.bodies import EARTH
from raabta.service.data import rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

VILLAGE_CLASSES = ("5000_up", "2000_4999", "1000_1999", "500_999", "200_499", "1_199")
VILLAGE_BOUNDS = ((5000, 0), (2000, 4999), (1000, 1999), (500, 999), (200, 499), (1, 199))
"""Fewest and most people of a rural locality of each census class (0: no upper bound)."""


OTHER_NAMES = {
    "Abbottabad": ("Abbotabad",),
    "Diamer": ("Diamir",),
    "ICT": ("Islamabad", "Islamabad Capital Territory"),
    "Kachhi": ("Kachhi (Bolan)", "Bolan"),
    "Kharmang": ("Kharmaung",),
    "Kolai Palas Kohistan": ("Kolai Pallas Kohistan",),
    "Malakand Protected Area": ("Malakand",),
    "Tando Muhammad Khan": ("Tando Mohammad Khan",),
}
"""Census name of a district -> what other sources call it, beyond case, spaces and accents."""


@dataclass(frozen=True)
class DistrictTable:
    """Districts in a fixed order; every array is (district,), `villages*` are (district, class).

    `estimated` marks rows that no census table stands behind (Azad Kashmir, Gilgit-Baltistan): totals are
    printed with and without them. `*_none_share`: homes lit by neither grid electricity nor solar.
    """

    name: tuple[str, ...]
    division: tuple[str, ...]
    province: tuple[str, ...]
    area_km2: NDArray[np.float64]
    population: NDArray[np.int64]
    rural_population: NDArray[np.int64]
    households: NDArray[np.int64]
    rural_households: NDArray[np.int64]
    rural_electricity_share: NDArray[np.float64]
    rural_solar_share: NDArray[np.float64]
    rural_none_share: NDArray[np.float64]
    urban_electricity_share: NDArray[np.float64]
    urban_solar_share: NDArray[np.float64]
    urban_none_share: NDArray[np.float64]
    villages: NDArray[np.int64]
    village_people: NDArray[np.int64]
    estimated: NDArray[np.bool_]
    confidence: tuple[str, ...]
    source: tuple[str, ...]
    power_weight_km2: NDArray[np.float64]

    @property
    def size(self) -> int:
        """Number of districts."""
        return len(self.name)

    def index(self, name: str) -> int:
        """Row of a district by its exact name."""
        return self.name.index(name)


@dataclass(frozen=True)
class Sites:
    """Named places with a district, each array (site,). `known` places are the sites of the power diagram."""

    name: tuple[str, ...]
    latitude_deg: NDArray[np.float64]
    longitude_deg: NDArray[np.float64]
    district: NDArray[np.int16]
    people_weight: NDArray[np.float64]
    known: NDArray[np.bool_]


@lru_cache(maxsize=1)
def pakistan_districts() -> DistrictTable:
    """136 districts of the 2023 census, then 20 labelled estimates; figures and sources row by row."""
    table = rows("pakistan_districts.csv")

    def whole(column: str) -> NDArray[np.int64]:
        return np.array([int(row[column]) for row in table], np.int64)

    def real(column: str) -> NDArray[np.float64]:
        return np.array([float(row[column]) for row in table], float)

    def text(column: str) -> tuple[str, ...]:
        return tuple(row[column] for row in table)

    return DistrictTable(
        name=text("district"),
        division=text("division"),
        province=text("province"),
        area_km2=real("area_km2"),
        population=whole("population"),
        rural_population=whole("rural_population"),
        households=whole("households"),
        rural_households=whole("rural_households"),
        rural_electricity_share=real("rural_electricity_share"),
        rural_solar_share=real("rural_solar_share"),
        rural_none_share=real("rural_none_share"),
        urban_electricity_share=real("urban_electricity_share"),
        urban_solar_share=real("urban_solar_share"),
        urban_none_share=real("urban_none_share"),
        villages=np.column_stack([whole(f"villages_{c}") for c in VILLAGE_CLASSES]),
        village_people=np.column_stack([whole(f"village_people_{c}") for c in VILLAGE_CLASSES]),
        estimated=whole("estimated").astype(bool),
        confidence=text("confidence"),
        source=text("source"),
        power_weight_km2=real("power_weight_km2"),
    )


@lru_cache(maxsize=1)
def pakistan_sites() -> Sites:
    """Pakistani towns (GeoNames, and a few approximate places) with the district of each."""
    table, number = rows("pakistan_sites.csv"), {n: i for i, n in enumerate(pakistan_districts().name)}
    return Sites(
        tuple(row["site"] for row in table),
        np.array([float(row["latitude_deg"]) for row in table]),
        np.array([float(row["longitude_deg"]) for row in table]),
        np.array([number[row["district"]] for row in table], np.int16),
        np.array([float(row["people_weight"]) for row in table]),
        np.array([row["known"] == "1" for row in table]),
    )


def district_of(lat_deg: ArrayLike, lon_deg: ArrayLike) -> NDArray[np.int16]:
    """District (row of `pakistan_districts`) whose region of the power diagram holds each point, (point,).

    Sites are towns of known district; a district's weight (km2) is fitted so that its region has its
    published area, then halved (tools/make_districts.py). The nearest site in a space lifted by
    sqrt(max - weight) is the site of least power (Aurenhammer 1987, doi:10.1137/0216006).
    """
    from scipy.spatial import cKDTree

    sites, table = pakistan_sites(), pakistan_districts()
    use = sites.known
    owner = sites.district[use]
    weight = table.power_weight_km2[owner]
    lift = np.sqrt(weight.max() - weight)
    at = unit_vectors(sites.latitude_deg[use], sites.longitude_deg[use]) * EARTH.mean_radius_km
    points = unit_vectors(lat_deg, lon_deg) * EARTH.mean_radius_km
    flat = np.zeros(len(points))
    _, nearest = cKDTree(np.column_stack([at, lift])).query(np.column_stack([points, flat]))
    return owner[nearest]
