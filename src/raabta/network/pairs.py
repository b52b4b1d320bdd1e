"""Gateways and their diversity partners in one weather: how often both are in a bad state at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.access.cells import distance_km
from raabta.links.weather_series import both_exceeded, site_correlation
from raabta.network.rain_field import THRESHOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

ALWAYS = -38.0
"""A threshold that a standard normal process is above for good."""


def tails(latitude_deg: Floats, longitude_deg: Floats, partner: Ints) -> Floats:
    """Probability that the weather of each gateway (g,) is in state i or worse and that of its partner (g,),
    -1 for none, in state j or worse, (g, 1 + k, 1 + k): states of `links.tables`, and what is rarer still.

    The correlation is that of the rain field from which storms are drawn (P.1853-2), by the distance of the
    sites. A gateway without a partner has one that is independent.
    """
    other = np.maximum(partner, 0)
    apart_km = distance_km(latitude_deg, longitude_deg, latitude_deg[other], longitude_deg[other])
    correlation = np.where(partner >= 0, site_correlation(apart_km), 0.0)
    threshold = np.concatenate([[ALWAYS], THRESHOLDS])
    return both_exceeded(threshold[:, None], threshold[None, :], correlation[:, None, None])
