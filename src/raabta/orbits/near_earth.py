"""The satellites that our SGP4 kernel moves, as it takes them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from raabta.orbits.elements import MeanElements, check_age
from raabta.orbits.sgp4_init import DEEP_SPACE_MINUTES, near_earth_constants

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

MINUTE_NS = 60_000_000_000


class NearEarth(NamedTuple):
    """What the SGP4 kernel takes, for fusing it into another: `kernels.propagate_itrf(*...)`.

    `constants` (kernels.CONSTANTS, n); `offsets_min` (n,) from the elements' epoch to `start`; `indices` (n,)
    the satellites' places in the run.
    """

    constants: Floats
    offsets_min: Floats
    indices: Indices


def near_earth_of(elements: MeanElements | None, start: np.datetime64) -> tuple[NearEarth, Indices]:
    """The near-earth part of elements, and the places of those of deep space; `start` as `Propagator` has it.

    Raises OutOfRangeError for elements too old.
    """
    none = np.empty(0, np.intp)
    if elements is None:
        return NearEarth(np.empty((0, 0)), np.empty(0), none), none
    check_age(elements, start)
    deep = elements.period_min >= DEEP_SPACE_MINUTES
    indices = np.flatnonzero(~deep)
    e = elements.take(indices)
    constants = near_earth_constants(
        np.radians(e.inclination_deg),
        np.radians(e.raan_deg),
        e.eccentricity,
        np.radians(e.argp_deg),
        np.radians(e.mean_anomaly_deg),
        e.mean_motion_rad_min,
        e.bstar_per_radius,
    )
    offsets = (start - e.epoch).astype(np.int64) / MINUTE_NS
    return NearEarth(constants, offsets, indices), np.flatnonzero(deep)
