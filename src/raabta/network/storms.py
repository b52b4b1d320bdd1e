"""Drawn weather: one rain field over storm areas and gateways, and what a storm of it leaves of a slot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.base.bodies import EARTH
from raabta.links import weather_series
from raabta.links.tables import EXCEEDANCE_PERCENT, PROBABILITY
from raabta.network import repeated
from raabta.network.sky import capacity_of, fed_by, feeder_mbps
from raabta.network.slot import allocate, rates_mbps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.network.model import Network
    from raabta.network.past import Past
    from raabta.network.sky import Sky
    from raabta.network.slot import Allocation
    from raabta.scenario.models import Scenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Flags = NDArray[np.bool_]

THRESHOLDS: Final = np.array([NormalDist().inv_cdf(1.0 - percent / 100.0) for percent in EXCEEDANCE_PERCENT])
"""Of the hidden process: above the k-th it is as bad as in EXCEEDANCE_PERCENT[k] of the time, or worse."""
GROWTH: Final = 2.0**0.5
"""Squares grow by so much at a time until the field holds them."""
RAINY: Final = 2
"""A link in a state above this has weather that is exceeded for 5 % of the time or less."""
EPS: Final = 1e-9


@dataclass(frozen=True)
class Rain:
    """When and where weather is drawn.

    area (n,): storm area of each cell, a square of `side_km`; field: the places of the areas (the mean of
    their cells), then those of the gateways; every: slots from draw to draw; steps: steps of the field
    between them; notes: what differs from what was asked.
    """

    area: Ints
    side_km: float
    field: weather_series.Storms
    every: int
    steps: int
    notes: tuple[str, ...]


class Drawn(NamedTuple):
    """Weather of one slot: the state of every cell (n,) and of every gateway (g,), as `allocate` takes it."""

    cells: Ints
    gateways: Ints


class Figures(NamedTuple):
    """One drawn slot. Shares: of cells, of gateways, and of lit cells with their gateway, in rainy weather.
    Asks met and forward Mbps in clear sky, with rain at the cells alone, and at cells and gateways."""

    rainy_cells: float
    rainy_gateways: float
    rainy_both: float
    clear_met: float
    cells_met: float
    wet_met: float
    clear_mbps: float
    cells_mbps: float
    wet_mbps: float


@dataclass(frozen=True)
class Storm:
    """What drawn weather leaves: level (n,) once all is shared anew; counted (n,): cells whose own links are
    both spared, so that the level tells what the weather of others costs them."""

    level: Floats
    counted: Flags
    figures: Figures


def rain(scenario: Scenario, latitude_deg: Floats, longitude_deg: Floats) -> Rain:
    """The weather to draw over the cells (n,) and the gateways of a scenario.

    The field is sampled at every drawn slot; between two of them it takes as few steps as its longest step
    allows.
    """
    every, gateways = scenario.weather.rain_state_every, scenario.gateways
    most = weather_series.MOST_SITES - len(gateways)
    area, side_km = storm_areas(latitude_deg, longitude_deg, scenario.weather.storm_km, most)
    count = np.bincount(area)
    latitude = np.bincount(area, latitude_deg) / count
    longitude = np.bincount(area, longitude_deg) / count
    interval_s = scenario.time.step_s * every
    steps = int(np.ceil(interval_s / weather_series.LONGEST_STEP_S))
    field = weather_series.storms(
        np.append(latitude, [gateway.latitude_deg for gateway in gateways]),
        np.append(longitude, [gateway.longitude_deg for gateway in gateways]),
        seed=scenario.seed,
        step_s=interval_s / steps,
    )
    return Rain(area, side_km, field, every, steps, _notes(scenario.weather.storm_km, side_km))


def _notes(asked_km: float, side_km: float) -> tuple[str, ...]:
    if side_km == asked_km:
        return ()
    places = f"{weather_series.MOST_SITES:,} places"
    return (
        f"rain is drawn for squares of {side_km:.0f} km, not of {asked_km:g} km: one field holds {places}",
    )


def storm_areas(
    latitude_deg: Floats, longitude_deg: Floats, storm_km: float, most: int
) -> tuple[Ints, float]:
    """Label of the square of about `storm_km` that shares one rain state, (n,), and its side.

    Where there would be more than `most` of them, the squares are larger.
    """
    side_km = storm_km
    while (label := _squares(latitude_deg, longitude_deg, side_km)).max(initial=-1) >= most:
        side_km *= GROWTH
    return label, side_km


def _squares(latitude_deg: Floats, longitude_deg: Floats, side_km: float) -> Ints:
    km_per_deg = EARTH.equatorial_radius_km * np.pi / 180.0
    row = np.floor(latitude_deg * km_per_deg / side_km)
    width = np.cos(np.radians((row + 0.5) * side_km / km_per_deg))
    column = np.floor(longitude_deg * km_per_deg * width / side_km)
    _, label = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    return np.asarray(label, np.int64).reshape(-1)


def draw(over: Rain, slots: Sequence[int]) -> dict[int, Drawn]:
    """Weather of those of some slots that are drawn; the same whatever it is asked together with."""
    drawn = [slot for slot in slots if slot % over.every == 0]
    areas = int(over.area.max(initial=-1)) + 1
    state = states_of(over.field.at([slot // over.every * over.steps for slot in drawn]))
    return {slot: Drawn(state[over.area, i], state[areas:, i]) for i, slot in enumerate(drawn)}


def states_of(process: Floats) -> Ints:
    """Weather state of a standard normal process, any shape: each as often as PROBABILITY says.

    The first state is dry: it is clear sky (0), not the fade at its far end; what is rarer than the last is
    taken as the last.
    """
    worse = np.searchsorted(THRESHOLDS, process, side="right")
    return np.where(worse == 0, 0, np.minimum(worse + 1, len(PROBABILITY))).astype(np.int64)


def storm(network: Network, sky: Sky, clear: Allocation, drawn: Drawn, past: Past | None = None) -> Storm:
    """Share one sky anew in drawn weather, at the cells alone and at the gateways too, after the same past.

    A cell is counted where its own weather is dry and the feeder of the satellite that it has in clear sky
    still carries that satellite's whole load, or passes on no more noise: `survival.weigh` has charged every
    cell with its own links.
    """
    cells = allocate(network, sky, drawn.cells, past=past)
    after = under(network, sky, drawn.gateways)
    wet = cells
    if not (np.array_equal(after.capacity, sky.capacity) and np.array_equal(after.feeder_db, sky.feeder_db)):
        wet = allocate(network, after, drawn.cells, past=past)
    spares = _carries(network, clear, sky.capacity, after.capacity)
    if network.transparent:
        spares &= (after.feeder_db >= sky.feeder_db).all(axis=1)
    spared = np.append(spares, True)[clear.satellite]
    return Storm(wet.level, (drawn.cells == 0) & spared, _figures(network, sky, drawn, (clear, cells, wet)))


def under(network: Network, sky: Sky, state: Ints) -> Sky:
    """The sky with the feeders that the weather of the gateways (g,) leaves."""
    if network.transparent:
        return repeated.under(network, sky, state)
    fed_mbps, by_laser = feeders_mbps(network, sky, state), None
    if sky.landing is not None:
        fed_mbps, by_laser, _ = fed_by(network, sky.landing, fed_mbps)
    capacity, limit_code = capacity_of(network, fed_mbps, sky.share, by_laser)
    return replace(sky, capacity=capacity, limit_code=limit_code)


def feeders_mbps(network: Network, sky: Sky, state: Ints) -> Floats:
    """Feeder rates of each satellite (m, 2) in the weather of the gateways (g,).

    Of a gateway and its diversity partner the one that keeps more, in the worse direction, of what the
    gateway has in clear sky.
    """
    clear = feeder_mbps(network, sky.feeders[:, 0], sky.feeder_cosecant[:, 0])
    own, other = (
        feeder_mbps(network, sky.feeders[:, site], sky.feeder_cosecant[:, site], state) for site in range(2)
    )
    kept = [(rate / np.where(clear > 0.0, clear, 1.0)).min(axis=1) for rate in (own, other)]
    better = (sky.feeders[:, 1] >= 0) & (kept[1] > kept[0])
    return np.where(better[:, None], other, own)


def _carries(network: Network, clear: Allocation, before: Floats, after: Floats) -> Flags:
    """Whether satellites whose capacity (m, 3) was so before a storm, and is so after, still carry what they
    do in clear sky, (m,)."""
    lit = clear.satellite >= 0
    where, size = clear.satellite[lit], after.shape[0]
    load = np.column_stack([np.bincount(where, rate[lit], size) for rate in rates_mbps(network, clear)])
    return np.asarray((after[:, 1:] >= np.minimum(load * (1.0 - EPS), before[:, 1:])).all(axis=1))


def _figures(
    network: Network, sky: Sky, drawn: Drawn, shared: tuple[Allocation, Allocation, Allocation]
) -> Figures:
    active = network.total_active
    met = [float((one.carried(active) * active).sum()) for one in shared]
    mbps = [float(rates_mbps(network, one)[0].sum()) for one in shared]
    lit = shared[0].satellite >= 0
    gateway = drawn.gateways[sky.gateway[shared[0].satellite[lit]]]
    both = (drawn.cells[lit] > RAINY) & (gateway > RAINY)
    shares = [
        float(part.mean()) if part.size else 0.0
        for part in (drawn.cells > RAINY, drawn.gateways > RAINY, both)
    ]
    return Figures(*shares, *met, *mbps)
