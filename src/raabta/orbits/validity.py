"""Whether the elements of a file still hold over a run: old ones send satellites to the ground, or away."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import EARTH
from raabta.orbits.elements import MeanElements

Floats = npt.NDArray[np.float64]

LEAST_ALTITUDE_KM: Final = 120.0
"""Nothing stays in orbit below."""
LEAST_OF_PERIGEE: Final = 0.9
MOST_OF_APOGEE: Final = 1.1
"""A distance is believed between these multiples of the perigee and apogee radius of the elements."""
FRESH_DAYS: Final = 14.0
"""SGP4 elements are fitted for days; beyond two weeks the drag term no longer says where a satellite is."""


def holding(elements: MeanElements, positions_km: Floats) -> npt.NDArray[np.bool_]:
    """True where every one of `positions_km` (t, 3, n) can be that of the satellite; NaN (decayed) cannot."""
    distance_km = np.linalg.norm(positions_km, axis=1)
    axis_km, eccentricity = elements.semi_major_axis_km, elements.eccentricity
    lowest_km = np.maximum(
        LEAST_OF_PERIGEE * axis_km * (1.0 - eccentricity), EARTH.mean_radius_km + LEAST_ALTITUDE_KM
    )
    highest_km = MOST_OF_APOGEE * axis_km * (1.0 + eccentricity)
    return np.asarray(((distance_km >= lowest_km) & (distance_km <= highest_km)).all(axis=0))


def left_out_note(elements: MeanElements, holds: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """The sentence that says how many objects do not take part, if any."""
    gone = np.flatnonzero(~holds)
    if gone.size == 0:
        return ()
    objects, their = ("object", "its") if len(elements) == 1 else ("objects", "their")
    return (
        f"Orbits: {gone.size:,} of {len(elements):,} {objects} left out: {their} elements do not hold over "
        f"the run (first: {elements.names[int(gone[0])]}).",
    )


def age_note(elements: MeanElements, start: np.datetime64) -> tuple[str, ...]:
    """The sentence that says how far the epochs lie from `start`, where that is more than two weeks."""
    days = np.abs((elements.epoch - start) / np.timedelta64(1, "D"))
    if days.max() <= FRESH_DAYS:
        return ()
    low, high, median = (f"{value:.0f}" for value in (days.min(), days.max(), np.median(days)))
    span = f"{high} days" if low == high else f"{low} to {high} days"
    middle = "" if low == high else f" (median {median})"
    return (
        f"Orbits: elements are {span} from the start{middle}: positions may be off by tens of kilometres "
        "and more.",
    )
