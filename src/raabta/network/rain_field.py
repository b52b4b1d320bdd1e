"""Drawn weather: one rain field over storm areas and gateways, and the state of every link in it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from raabta.base.bodies import EARTH
from raabta.links import weather_series
from raabta.links.tables import EXCEEDANCE_PERCENT, PROBABILITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.scenario.models import Scenario

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

THRESHOLDS: Final = np.array([NormalDist().inv_cdf(1.0 - percent / 100.0) for percent in EXCEEDANCE_PERCENT])
"""Of the hidden process: above the k-th it is as bad as in EXCEEDANCE_PERCENT[k] of the time, or worse."""
GROWTH: Final = 2.0**0.5
"""Squares grow by so much at a time until the field holds them."""


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
