"""Who asks, and in what order: from people by cell and district to the demand of every cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.bodies import EARTH
from raabta.network.model import Demand
from raabta.service.neighbours import neighbours

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from raabta.scenario.models import Constellation, Scenario
    from raabta.service.people import People

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FARTHEST_KM = 20_000.0


@dataclass(frozen=True)
class Subscribers:
    """Subscribing homes: addressable homes x take-up, real numbers. row (k,) as `People`'s rows; cell (n,);
    addressable_cell (n,) before take-up; class_share (j,)."""

    row: Floats
    cell: Floats
    addressable_row: Floats
    addressable_cell: Floats
    class_share: Floats


def subscribers(scenario: Scenario, people: People) -> Subscribers:
    """Subscribing homes of every row and cell."""
    addressable = people.addressable(scenario.demand.serve).astype(np.float64)
    row = addressable * scenario.demand.take_up_share
    return Subscribers(
        row=row,
        cell=np.bincount(people.row_cell, row, people.cells).astype(np.float64),
        addressable_row=addressable,
        addressable_cell=np.bincount(people.row_cell, addressable, people.cells).astype(np.float64),
        class_share=np.array([terminal.share for terminal in scenario.demand.terminals]),
    )


def demand(scenario: Scenario, people: People, cells: xr.Dataset, asked: Subscribers | None = None) -> Demand:
    """What the network is asked for: active homes per cell and class, priorities, and who competes.

    `asked` are the homes that ask: every subscriber unless it is given.
    """
    asked = asked or subscribers(scenario, people)
    per_class = np.array([t.share / t.contention_ratio for t in scenario.demand.terminals])
    latitude, longitude = cells["latitude_deg"].values, cells["longitude_deg"].values
    others = neighbours(scenario, latitude, longitude, competition_km(scenario.constellation))
    competing = others.market != "closed"
    return Demand(
        people=people.by_cell()["population"].astype(np.float64),
        active=asked.cell[:, None] * per_class,
        subscribers=asked.cell,
        order=priority(people, asked.cell),
        neighbour_latitude_deg=others.latitude_deg[competing],
        neighbour_longitude_deg=others.longitude_deg[competing],
        neighbour_people=others.population[competing] * scenario.sharing.neighbour_weight_ratio,
    )


def priority(people: People, cell_subscribers: Floats) -> Ints:
    """Cells that ask, least-served district first: by its share of underserved homes, then by cell.

    A cell of several districts goes with its least-served one.
    """
    sums = people.by_district()
    homes = np.maximum(sums["households"], 1)
    rank = np.empty(people.districts.size, np.int64)
    rank[np.argsort(-(sums["underserved"] / homes), kind="stable")] = np.arange(people.districts.size)
    best = np.full(people.cells, people.districts.size)
    np.minimum.at(best, people.row_cell, rank[people.row_district])
    order = np.argsort(best, kind="stable")
    return order[cell_subscribers[order] > 0.0]


def competition_km(constellation: Constellation) -> float:
    """How far from the area people share its satellites: a footprint's diameter, of the highest shell.

    A satellite a footprint radius away from a cell still serves people a radius farther on.
    """
    altitudes = [shell.altitude_km for shell in constellation.shells]
    altitude_km = max(altitudes, default=35_786.0 if constellation.geostationary else 600.0)
    elevation = np.radians(constellation.user_min_elevation_deg)
    radius = EARTH.equatorial_radius_km
    angle = np.arccos(radius / (radius + altitude_km) * np.cos(elevation)) - elevation
    return float(min(2.0 * angle * radius, FARTHEST_KM))
