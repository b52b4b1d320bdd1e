"""Instances of the plain planning problem for tests, and their exact optimum by an integer program."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from raabta.network.beam_planning.candidates import find_links
from raabta.network.beam_planning.instance import Instance
from raabta.network.beam_planning.rules import BEAMS, COLOURS, REUSE_DEG

EARTH_KM = 6371.0


def instance(sat_km, user_km, interferer_km=()) -> Instance:
    """An instance with ids 1, 2, 3 and so on."""
    points = [np.asarray(p, float).reshape(-1, 3) for p in (sat_km, user_km, interferer_km)]
    sat, user, interferer = (tuple(str(i + 1) for i in range(len(p))) for p in points)
    return Instance(sat, user, interferer, *points)


def place(latitude_deg, longitude_deg, radius_km=EARTH_KM):
    """A point by its geocentric angles; arrays alike."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    ways = [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    return radius_km * np.stack(np.broadcast_arrays(*ways), axis=-1)


def few(seed: int, users: int = 40, satellites: int = 3, spread_deg: float = 2.5) -> Instance:
    """A crowd near the equator under a few satellites, some with an interferer above."""
    rng = np.random.default_rng(seed)
    user = place(rng.normal(0, spread_deg, users), rng.normal(0, spread_deg, users))
    sat = place(rng.normal(0, 3, satellites), rng.normal(0, 3, satellites), EARTH_KM + rng.uniform(400, 1200))
    return instance(sat, user, place(0.0, rng.uniform(-60, 60, seed % 3), 42_164.0))


def most_served(problem: Instance) -> int:
    """The exact optimum by HiGHS: one variable per link and colour."""
    links = find_links(problem)
    edges, colours = links.user_sat.size, len(COLOURS)
    user = np.repeat(np.arange(len(problem.user)), np.diff(links.user_start))
    rows: list[tuple[np.ndarray, int]] = []
    for places in (user, links.user_sat):
        most = 1 if places is user else BEAMS
        rows += [(np.flatnonzero(places == i), most) for i in np.unique(places)]
    sets = [((edge[:, None] * colours + np.arange(colours)).ravel(), most) for edge, most in rows]
    for sat in range(len(problem.sat)):
        edge = np.flatnonzero(links.user_sat == sat)
        for pair in _close_pairs(problem.user_km[user[edge]] - problem.sat_km[sat]):
            sets += [(edge[pair] * colours + c, 1) for c in range(colours)]
    if not edges:
        return 0
    row = np.concatenate([np.full(cols.size, i) for i, (cols, _) in enumerate(sets)])
    matrix = coo_array((np.ones(row.size), (row, np.concatenate([cols for cols, _ in sets]))))
    matrix.resize(len(sets), edges * colours)
    limits = LinearConstraint(matrix.tocsr(), -np.inf, np.array([most for _, most in sets]))
    found = milp(-np.ones(edges * colours), constraints=limits, integrality=1, bounds=Bounds(0, 1))
    assert found.success
    return round(-found.fun)


def _close_pairs(way):
    """Sets of users who cannot share a colour: cliques that hold every close pair."""
    way = way / np.linalg.norm(way, axis=1, keepdims=True)
    close = way @ way.T > math.cos(math.radians(REUSE_DEG + 1e-9))
    np.fill_diagonal(close, False)
    left = close.copy()
    for i in range(len(way)):
        while left[i].any():
            clique = [i, int(left[i].argmax())]
            both = close[clique[0]] & close[clique[1]]
            while both.any():
                clique.append(int(both.argmax()))
                both &= close[clique[-1]]
            left[np.ix_(clique, clique)] = False
            yield np.array(clique)
