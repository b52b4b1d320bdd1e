"""Lunar orbits that several tests start from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from raabta.base.bodies import MOON
from raabta.orbits.kepler_elements import Elements, axes_to_gcrf, states_of

Floats = npt.NDArray[np.float64]
EPOCH = np.datetime64("2028-01-01T00:00:00", "ns")


def state(
    a: float, e: float, i: float, raan: float = 0.0, argp: float = 0.0, nu: float = 0.0,
    gm: float = MOON.gm_km3_s2, axes: str = "body-equator", epoch: np.datetime64 = EPOCH,
) -> Floats:  # fmt: skip
    """State (6,) in GCRF axes of elements in the Moon's equator, km and degrees."""
    own = states_of(Elements(*(np.array([v]) for v in (a, e, i, raan, argp, nu))), gm)[0]
    turn = axes_to_gcrf(axes, MOON, epoch)
    return np.concatenate([turn @ own[:3], turn @ own[3:]])


RELAY = state(6187.4, 4150.0 / 6187.4, 54.8, 30.0, 90.0, 180.0)
FROZEN = state(6541.4, 0.6, 57.7, 100.0, 90.0)
LOW = state(1837.4, 0.001, 88.0, 20.0)
