"""Seeded instances for tests and benchmarks: users even, in crowds, planted so that all fit, on a lattice.

Synthetic: no real users. Satellites stand on the circular orbits of a Walker delta pattern, interferers on
the equator at the radius of the geostationary orbit, users on a sphere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.beam_planning.instance import Instance
from raabta.network.beam_planning.rules import BEAMS, COLOURS, CONE_DEG, REUSE_DEG

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EARTH_KM = 6371.0
BELT_KM = 42_164.0
_SLACK_DEG = 0.01
_TRIES = 4_000


@dataclass(frozen=True)
class Shell:
    """A Walker delta pattern."""

    altitude_km: float = 550.0
    inclination_deg: float = 53.0
    planes: int = 18
    each: int = 40


def instance(sat_km: Floats, user_km: Floats, interferers: int = 0) -> Instance:
    """Points with ids 1, 2, 3 and so on; interferers evenly on the belt, the first at longitude 0."""
    turn = 2.0 * np.pi * np.arange(interferers) / max(interferers, 1)
    belt_km = BELT_KM * np.stack([np.cos(turn), np.sin(turn), 0.0 * turn], axis=1)
    sat, user, interferer = (
        tuple(map(str, range(1, len(points) + 1))) for points in (sat_km, user_km, belt_km)
    )
    return Instance(sat, user, interferer, sat_km, user_km, belt_km)


def satellites_km(shell: Shell) -> Floats:
    """Positions (planes * each, 3)."""
    plane, index = np.divmod(np.arange(shell.planes * shell.each), shell.each)
    node = 2.0 * np.pi * plane / shell.planes
    along = 2.0 * np.pi * (index + plane / shell.planes) / shell.each
    tilt = math.radians(shell.inclination_deg)
    x, y, z = np.cos(along), np.sin(along) * math.cos(tilt), np.sin(along) * math.sin(tilt)
    ways = [x * np.cos(node) - y * np.sin(node), x * np.sin(node) + y * np.cos(node), z]
    return np.asarray((EARTH_KM + shell.altitude_km) * np.stack(ways, axis=1))


def even(users: int, seed: int, shell: Shell | None = None, interferers: int = 36) -> Instance:
    """Users as dense anywhere on the sphere."""
    rng = np.random.default_rng(seed)
    return instance(satellites_km(shell or Shell()), EARTH_KM * _ways(rng, users, 90.0), interferers)


def crowded(
    users: int, seed: int, shell: Shell | None = None, *, crowds: int, spread_km: float, interferers: int = 36
) -> Instance:
    """Users in crowds of very different sizes (Pareto), normally spread, up to latitude 57: the hard ones.

    Where many users stand within 10 degrees of each other as a satellite sees them, it serves 4 of them.
    """
    rng = np.random.default_rng(seed)
    centre, weight = _ways(rng, crowds, 57.0), rng.pareto(1.1, crowds) + 0.1
    crowd = rng.choice(crowds, users, p=weight / weight.sum())
    wide = spread_km / EARTH_KM * rng.uniform(0.3, 1.7, crowds)
    way = centre[crowd] + rng.normal(size=(users, 3)) * wide[crowd, None]
    user_km = EARTH_KM * way / np.linalg.norm(way, axis=1, keepdims=True)
    return instance(satellites_km(shell or Shell()), user_km, interferers)


def planted(seed: int, shell: Shell | None = None) -> Instance:
    """Users that can all be served, 32 a satellite: drawn for a plan, which is then thrown away."""
    rng = np.random.default_rng(seed)
    sat_km = satellites_km(shell or Shell())
    user_km = np.concatenate([_fill(rng, sat) for sat in sat_km])
    return instance(sat_km, user_km[rng.permutation(len(user_km))])


def lattice(spacing_deg: float, rings: int, altitude_km: float = 550.0) -> Instance:
    """A satellite over users on a hexagonal lattice of its directions: near 5 degrees hard to colour."""
    steps = range(-rings, rings + 1)
    cells = [(i + j / 2.0, j * math.sqrt(3.0) / 2.0) for i in steps for j in steps if abs(i + j) <= rings]
    x, y = np.radians(spacing_deg * np.array(cells)).T
    sat_km = np.array([EARTH_KM + altitude_km, 0.0, 0.0])
    return instance(sat_km[None], _below(sat_km, np.hypot(x, y), np.arctan2(y, x)))


def _ways(rng: np.random.Generator, count: int, most_latitude_deg: float) -> Floats:
    z = rng.uniform(-1.0, 1.0, count) * math.sin(math.radians(most_latitude_deg))
    turn = rng.uniform(0.0, 2.0 * np.pi, count)
    flat = np.sqrt(1.0 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], axis=1)


def _fill(rng: np.random.Generator, sat_km: Floats) -> Floats:
    """Users (up to 32, 3) for one satellite: in each colour 8 that stand far enough from each other."""
    radius = float(np.linalg.norm(sat_km))
    most = math.asin(EARTH_KM * math.sin(math.radians(CONE_DEG - _SLACK_DEG)) / radius)
    found = []
    for _ in COLOURS:
        off = np.arccos(rng.uniform(math.cos(most), 1.0, _TRIES))
        user_km = _below(sat_km, off, rng.uniform(0.0, 2.0 * np.pi, _TRIES))
        way = user_km - sat_km
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        free = np.ones(_TRIES, np.bool_)
        for _ in range(BEAMS // len(COLOURS)):
            if not free.any():
                break
            taken = int(free.argmax())
            found.append(user_km[taken])
            free &= way @ way[taken] < math.cos(math.radians(REUSE_DEG + _SLACK_DEG))
    return np.array(found)


def _below(sat_km: Floats, off: Floats, turn: Floats) -> Floats:
    """Where rays from a satellite, `off` from its nadir (rad), turned by `turn`, meet the sphere (k, 3)."""
    radius = float(np.linalg.norm(sat_km))
    down = -sat_km / radius
    side = np.cross(down, np.eye(3)[np.abs(down).argmin()])
    side /= np.linalg.norm(side)
    flat = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * np.cross(down, side)
    way = np.cos(off)[:, None] * down + np.sin(off)[:, None] * flat
    length = radius * np.cos(off) - np.sqrt(EARTH_KM**2 - (radius * np.sin(off)) ** 2)
    return np.asarray(sat_km + length[:, None] * way)
