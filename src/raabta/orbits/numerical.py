"""Orbits by integration: many spacecraft about one body, each with its own steps, and what lies between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from raabta.base.clock import as_utc
from raabta.base.errors import LimitError, NoSolutionError, OrbitDataError, OutOfRangeError
from raabta.base.timescales import tdb_s
from raabta.orbits.force_model import ForceModel
from raabta.orbits.orbit_events import ended_at_surface, surface_message
from raabta.orbits.trajectory import Trajectory, seconds_past

if TYPE_CHECKING:
    from raabta.orbits.collocation_kernels import Tableau
    from raabta.orbits.force_kernels import Pull, Sky

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.datetime64]

TOLERANCE_KM = 3e-6
"""Of a place within a step, as its last terms show it; the end of the step is far better."""
MOST_STEPS = 5_000_000
_ROOM, _A_TURN = 64, 80


def propagate(
    states: npt.ArrayLike,
    epoch: np.datetime64,
    duration_s: float,
    model: ForceModel,
    *,
    before_s: float = 0.0,
    names: Sequence[str] = (),
    tolerance_km: float = TOLERANCE_KM,
    threads: int = 1,
    until_surface: bool = False,
) -> Trajectory:
    """Integrate spacecraft from `before_s` before their epoch to `duration_s` after it, as UTC counts.

    states (n, 6): km, km/s at the epoch, GCRF axes about the model's body. The answer does not depend on
    threads. until_surface: let a spacecraft end where it hits the body's mean radius; otherwise that is an
    OrbitDataError with time and place. OutOfRangeError: a span that is none, states that are none, dates
    outside the kernels; LimitError: more steps than MOST_STEPS.
    """
    own = _checked(states, model)
    begin = np.datetime64(as_utc(epoch).item(), "ns")
    if not (math.isfinite(duration_s) and math.isfinite(before_s) and duration_s >= 0.0 <= before_s):
        raise OutOfRangeError("duration_s, before_s", (duration_s, before_s), "0 or more", "propagate")
    if not 1e-12 <= tolerance_km <= 1e-2:
        raise OutOfRangeError("tolerance_km", tolerance_km, "1e-12 to 1e-2 km", "propagate")
    span = np.array([-before_s, duration_s])
    first_s, last_s = seconds_past(begin + np.rint(span * 1e9).astype("timedelta64[ns]"), begin)
    labels = tuple(names) or tuple(f"orbiter {i + 1}" for i in range(len(own)))
    tdb = float(tdb_s(np.array([begin]))[0])
    sky, pull = model.sky(tdb, float(first_s), float(last_s)), model.pull()
    push = model.push_km3_s2(len(own))

    def one(i: int) -> tuple[Floats, bool]:
        later, hit = _run(pull, sky, push[i], own[i], float(last_s), tolerance_km)
        if before_s > 0.0:
            earlier, hit_before = _run(pull, sky, push[i], own[i], float(first_s), tolerance_km)
            later, hit = np.concatenate([earlier[:0:-1], later]), hit or hit_before
        return np.ascontiguousarray(later), hit

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:  # orbits share nothing; the kernels let go of Python
            found = list(pool.map(one, range(len(own))))
    else:
        found = [one(i) for i in range(len(own))]
    whole = Trajectory(labels, model.body.name, begin, tuple(node for node, _ in found), model)
    hits = [i for i, (_, hit) in enumerate(found) if hit]
    if not hits:
        return whole
    if not until_surface:
        raise OrbitDataError(surface_message(whole, hits[0]))
    return ended_at_surface(whole, hits)


def _checked(states: npt.ArrayLike, model: ForceModel) -> Floats:
    own = np.ascontiguousarray(np.atleast_2d(np.asarray(states, np.float64)))
    if own.ndim != 2 or own.shape[1] != 6 or len(own) == 0 or not bool(np.isfinite(own).all()):
        raise OutOfRangeError("states", own.shape, "(n, 6) finite numbers, km and km/s", "propagate")
    radius = np.linalg.norm(own[:, :3], axis=1)
    if bool((radius < model.body.mean_radius_km).any()):
        worst = int(np.argmin(radius))
        raise OutOfRangeError(
            f"distance of spacecraft {worst + 1} from the centre of the {model.body.name}",
            f"{radius[worst]:,.3f} km",
            f"above {model.body.mean_radius_km:,.1f} km",
            "its mean radius",
        )
    return own


def _run(
    pull: Pull, sky: Sky, push: float, state: Floats, end_s: float, tolerance_km: float
) -> tuple[Floats, bool]:
    """Nodes (k, 10) of one spacecraft from its epoch to `end_s`, and whether it ended at the surface."""
    from raabta.orbits.collocation_kernels import DONE, FULL, NODE, STUCK, SURFACE, stretch

    node = np.empty((_room(pull.gm, state, end_s), NODE))
    node[0, 0], node[0, 1:7] = 0.0, state
    if end_s == 0.0:
        end_s = 1e-3
    radius = float(np.linalg.norm(state[:3]))
    step = math.copysign(min(0.2 * math.sqrt(radius**3 / pull.gm), abs(end_s)), end_s)
    count, why = 1, FULL
    while why == FULL:
        args = (pull, sky, push, tableau(), tolerance_km, pull.radius_km)
        count, step, why = stretch(*args, node, count, end_s, step)
        if why == FULL:
            if count > MOST_STEPS:
                raise LimitError(f"an orbit of more than {MOST_STEPS:,} steps; integrate a shorter span")
            node = np.concatenate([node, np.empty_like(node)])
    if why == STUCK:
        raise NoSolutionError(
            f"the integration stands still {node[count - 1, 0]:,.0f} s after the epoch: steps below a "
            "tenth of a millisecond; is the state in km and km/s, and outside of the other bodies?"
        )
    assert why in (DONE, SURFACE)
    return node[:count], why == SURFACE


def _room(gm: float, state: Floats, span_s: float) -> int:
    """How many nodes an orbit is likely to need: what is not written to takes no memory."""
    a = 1.0 / max(2.0 / float(np.linalg.norm(state[:3])) - float(state[3:] @ state[3:]) / gm, 1e-9)
    turns = abs(span_s) * math.sqrt(gm / a**3) / (2.0 * math.pi)
    return int(min(_ROOM + _A_TURN * turns, MOST_STEPS))


@cache
def tableau() -> Tableau:
    """Collocation at the eight points of Gauss and Legendre, and the nodes that a step leaves."""
    from numpy.polynomial import legendre

    from raabta.orbits.collocation_kernels import PARTS, Tableau

    x, weight = legendre.leggauss(8)
    term = np.arange(8)
    series = (term[:, None] + 0.5) * weight * legendre.legvander(x, 7).T  # of values, Legendre's terms
    once, twice = np.zeros((9, 8)), np.zeros((10, 8))
    for k in term:
        once[:, k] = np.pad(legendre.legint(np.eye(8)[k], 1, lbnd=-1), (0, 9))[:9]
        twice[:, k] = np.pad(legendre.legint(np.eye(8)[k], 2, lbnd=-1), (0, 10))[:10]
    ends = 2.0 * (np.arange(PARTS) + 1.0) / PARTS - 1.0
    place = 0.25 * legendre.legvander(x, 9) @ twice @ series
    far, fast = 0.25 * legendre.legvander(ends, 9) @ twice, 0.5 * legendre.legvander(ends, 8) @ once
    out, bend = np.zeros((2, 8, 8))
    out[: 2 * PARTS] = np.concatenate([far, fast]) @ series
    bend[:PARTS] = legendre.legvander(ends, 7) @ series
    parts = (0.5 * (x + 1.0), place.T, out.T, bend.T, series[6:])
    return Tableau(*(np.ascontiguousarray(part, np.float64).ravel() for part in parts))
