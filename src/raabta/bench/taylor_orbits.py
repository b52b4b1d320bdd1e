"""Lunar orbits by heyoka (Taylor series, its own harmonics): what `orbits.numerical` is held against."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from raabta.base.timescales import tdb_s
from raabta.orbits.force_kernels import TERMS, WIDTH
from raabta.orbits.force_model import GM_KM3_S2, ForceModel

Floats = npt.NDArray[np.float64]
SERIES = 15
"""Of the sky: places of the Earth and the Sun, the turn to the Moon's axes."""


def engine_of(model: ForceModel, tolerance: float = 1e-14) -> Any:
    """An integrator of heyoka with the forces of a model about the Moon (no sunlight).

    Places and axes of others are polynomials of time whose coefficients are parameters, a row of the sky at a
    time. ImportError where heyoka is not installed.
    """
    import heyoka as hy

    x, v = hy.make_vars("x", "y", "z"), hy.make_vars("vx", "vy", "vz")
    values = _series(hy)
    turn = [[values[6 + 3 * i + j] for j in range(3)] for i in range(3)]
    field = model.gravity
    if field is None:
        raise ValueError("the model has no field")
    pairs = [[field.c[n, m], field.s[n, m]] for n in range(field.degree + 1) for m in range(n + 1)]
    pairs[0] = [1.0, 0.0]
    fixed_place = [sum(turn[i][j] * x[j] for j in range(3)) for i in range(3)]
    own = hy.model.sh_gravity_acc(fixed_place, pairs, mu=field.gm_km3_s2, a=field.radius_km)
    pull = [sum(turn[i][j] * own[i] for i in range(3)) for j in range(3)]
    for name, first in (("Earth", 0), ("Sun", 3)):
        there = values[first : first + 3]
        apart = [there[i] - x[i] for i in range(3)]
        near, far = sum(p * p for p in apart) ** -1.5, sum(p * p for p in there) ** -1.5
        pull = [pull[i] + GM_KM3_S2[name] * (apart[i] * near - there[i] * far) for i in range(3)]
    system = [(x[i], v[i]) for i in range(3)] + [(v[i], pull[i]) for i in range(3)]
    return hy.taylor_adaptive(system, [1.0] * 6, compact_mode=True, tol=tolerance)


def _series(hy: Any) -> list[Any]:
    last = SERIES * TERMS
    share = hy.par[last] * (hy.time - hy.par[last + 1]) - 1.0
    values = []
    for w in range(SERIES):
        value = hy.par[w * TERMS + TERMS - 1]
        for k in range(TERMS - 2, -1, -1):
            value = value * share + hy.par[w * TERMS + k]
        values.append(value)
    return values


def place_after(engine: Any, model: ForceModel, epoch: np.datetime64, state: Floats, end_s: float) -> Floats:
    """heyoka's place (3,) km `end_s` seconds of TDB after the epoch."""
    sky = model.sky(float(tdb_s(np.array([epoch]))[0]), 0.0, end_s)
    rows = np.asarray(sky.values).reshape(-1, TERMS, WIDTH)
    engine.time, engine.state[:] = 0.0, state
    for i, row in enumerate(rows):
        engine.pars[: SERIES * TERMS] = row[:, :SERIES].T.ravel()
        engine.pars[SERIES * TERMS :] = 2.0 / sky.step_s, sky.start_s + i * sky.step_s
        engine.propagate_until(sky.start_s + (i + 1) * sky.step_s)
    return np.array(engine.state[:3])
