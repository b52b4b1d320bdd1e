"""Visibility by its definition, sample by sample, to hold intervals against."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from raabta.orbits.elements import MeanElements, rev_day_from_semi_major_axis
from raabta.orbits.propagate import Propagator

START = np.datetime64("2026-11-22", "ns")
BLOCK = 4_000
NEAR_S = 2e-3
"""So near to an edge a sample is not asked: the finder's own least interval is 1 ms."""


def fleet(seed: int, count: int, ecc: tuple[float, float], perigee_km: tuple[float, float]) -> Propagator:
    """Orbits of any plane."""
    rng = np.random.default_rng(seed)
    eccentricity = rng.uniform(*ecc, count)
    inclination = np.degrees(np.arccos(rng.uniform(-1, 1, count)))
    axis = (6378.137 + rng.uniform(*perigee_km, count)) / (1.0 - eccentricity)
    angle = rng.uniform(0, 360, (3, count))
    elements = MeanElements(
        np.full(count, START), inclination, angle[0], eccentricity, angle[1], angle[2],
        rev_day_from_semi_major_axis(axis, eccentricity, inclination), np.zeros(count),
        tuple(map(str, range(count))), np.zeros(count, np.int64),
    )  # fmt: skip
    return Propagator.from_elements(elements, START)


def utc(seconds: Any) -> Any:
    return START + np.rint(np.asarray(seconds) * 1e9).astype("timedelta64[ns]")


def elevations_deg(ground: Any, i: int, position_km: Any) -> tuple[Any, Any]:
    """Elevation and azimuth (t, n), deg, of positions (t, 3, n) from site i."""
    local = np.einsum("cx,txs->tcs", ground.basis[i], position_km - ground.km[i][None, :, None])
    elevation = np.degrees(np.arctan2(local[:, 2], np.hypot(local[:, 0], local[:, 1])))
    return elevation, np.degrees(np.arctan2(local[:, 0], local[:, 1])) % 360.0


def seen(ground: Any, i: int, position_km: Any) -> Any:
    """Whether site i sees satellites at positions (t, 3, n): (t, n)."""
    elevation, azimuth = elevations_deg(ground, i, position_km)
    bins = ground.sin_mask.shape[1]
    own = np.minimum((azimuth / 360.0 * bins).astype(int), bins - 1)
    with np.errstate(invalid="ignore"):
        return np.sin(np.radians(elevation)) >= ground.sin_mask[i][own]


def in_sight(position_km: Any, pair: Any, longest_km: float, radius_km: float) -> Any:
    """Whether pairs (p, 2) see each other past a sphere, at positions (t, 3, n): (t, p)."""
    one, other = position_km[:, :, pair[:, 0]], position_km[:, :, pair[:, 1]]
    offset = other - one
    square = (offset**2).sum(axis=1)
    share = np.clip(-(one * offset).sum(axis=1) / square, 0.0, 1.0)
    nearest = np.linalg.norm(one + share[:, None] * offset, axis=1)
    return (np.sqrt(square) <= longest_km) & (nearest >= radius_km)


def disagreements(found: Any, first: int, second: int, times_s: Any, truth: Any) -> list[float]:
    """Times at which an interval of (first, second) says other than the samples; none next to an edge."""
    own = (found.site == first) & (found.satellite == second)
    edges = np.column_stack([found.rise_s[own], found.set_s[own]]).ravel()
    inside = np.searchsorted(edges, times_s, side="right") % 2 == 1
    if edges.size:
        at = np.clip(np.searchsorted(edges, times_s), 1, max(edges.size - 1, 1))
        near = np.minimum(
            np.abs(times_s - edges[at - 1]), np.abs(times_s - edges[np.minimum(at, edges.size - 1)])
        )
    else:
        near = np.full(times_s.size, np.inf)
    return list(times_s[(inside != truth) & (near > NEAR_S)])


def check_passes(found: Any, ground: Any, bodies: Any, duration_s: float, sample_s: float) -> int:
    """Assert that every sample is inside an interval exactly when the site sees the satellite; returns how
    many samples were in view."""
    total = 0
    for first in range(0, int(duration_s / sample_s) + 1, BLOCK):
        times_s = sample_s * np.arange(first, min(first + BLOCK, int(duration_s / sample_s) + 1))
        position_km = bodies.positions_km(utc(times_s))
        for i in range(ground.km.shape[0]):
            truth = seen(ground, i, position_km)
            total += int(truth.sum())
            for j in range(bodies.count):
                wrong = disagreements(found, i, j, times_s, truth[:, j])
                assert wrong == [], (i, j, wrong[:3])
    return total


def moving(count: int, place: Any) -> Any:
    """A fleet by a function of seconds: (t,) to (t, 3, count)."""
    return SimpleNamespace(
        count=count,
        positions_km=lambda times: place((np.asarray(times) - START).astype(np.int64) / 1e9),
    )
