"""A world to serve: four Walker shells, 40,000 populated cells in patches, 128 gateways; all synthetic."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from raabta.bench.instances import SEED, walker_shells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.model import Network

RESOLUTION = 4
PATCH_RINGS = 5
LATITUDE_DEG = 58.0
MOST_GATEWAYS = 128
"""As many as a scenario may have: their numbers are kept in eight bits."""


def cells(count: int) -> NDArray[np.uint64]:
    """`count` H3 cells of about 1,770 km2 in patches of 91 between 58 degrees south and north, sorted."""
    import h3.api.basic_int as h3

    rng = np.random.default_rng(SEED)
    found: set[int] = set()
    while len(found) < count:
        latitude = np.degrees(np.arcsin(rng.uniform(-1, 1) * np.sin(np.radians(LATITUDE_DEG))))
        middle = h3.latlng_to_cell(float(latitude), float(rng.uniform(-180, 180)), RESOLUTION)
        found.update(h3.grid_disk(middle, PATCH_RINGS))
    return np.array(sorted(found)[:count], np.uint64)


@cache
def network(satellites: int, cell_count: int, gateway_count: int = MOST_GATEWAYS) -> Network:
    """The network of that world: radio and terminals of `pakistan-starlink`, every cell asks at its plan."""
    from raabta.access.cells import centres
    from raabta.base.tables import CELLS, as_dataset
    from raabta.network.model import prepare
    from raabta.scenario.loader import load

    index = cells(cell_count)
    latitude, longitude, radius = centres(index)
    table = as_dataset(
        CELLS,
        {
            "h3": index,
            "latitude_deg": latitude,
            "longitude_deg": longitude,
            "height_m": np.zeros(index.size),
            "radius_km": radius,
        },
    )
    base = load("pakistan-starlink")
    system = base.constellation.model_copy(update={"shells": walker_shells(satellites)})
    update = {
        "constellation": system,
        "gateways": gateways(base.gateways[0], latitude, longitude, gateway_count),
    }
    scenario = base.model_copy(update=update)
    return prepare(scenario, table, asks(scenario, index.size))


def gateways(like: Any, latitude_deg: Any, longitude_deg: Any, count: int) -> tuple[Any, ...]:
    """Gateways like one of the scenario's, in cells of their own."""
    rng = np.random.default_rng(SEED)
    own = rng.choice(latitude_deg.size, count, replace=False)
    places = zip(latitude_deg[own].tolist(), longitude_deg[own].tolist(), strict=True)
    return tuple(
        like.model_copy(update={"name": f"G{i}", "latitude_deg": lat, "longitude_deg": lon})
        for i, (lat, lon) in enumerate(places)
    )


def asks(scenario: Any, count: int) -> Any:
    """Homes drawn per cell, a few hundred in the mean; no neighbours: the world is the area."""
    from raabta.network.model import Demand

    rng = np.random.default_rng(SEED)
    homes = np.rint(rng.gamma(0.6, 500.0, count))
    per_class = np.array([t.share / t.contention_ratio for t in scenario.demand.terminals])
    none = np.empty(0)
    return Demand(
        people=homes * 6.0,
        active=homes[:, None] * per_class,
        subscribers=homes,
        order=np.flatnonzero(homes > 0),
        neighbour_latitude_deg=none,
        neighbour_longitude_deg=none,
        neighbour_people=none,
    )
