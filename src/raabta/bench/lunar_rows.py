"""Rows of `orbits.numerical`: orbits about the Moon, beside heyoka's Taylor series."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from raabta.base.bodies import MOON
from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row
from raabta.bench.instances import Floats
from raabta.engine.provenance import version_of
from raabta.orbits.kepler_elements import Elements, axes_to_gcrf, states_of

EPOCH = np.datetime64("2028-01-01T00:00:00", "ns")
LUNAR_DAY_D = 29.530589
DAY_S = 86_400.0
LIMIT_MM = 1_000.0
Shape = tuple[float, float, float]
FROZEN: Shape = (6_541.4, 0.6, 57.7)
"""An elliptical frozen orbit of relays: 879 x 8,729 km, 13 hours."""
RELAY: Shape = (6_187.4, 4_150.0 / 6_187.4, 54.8)
"""300 x 8,600 km, 12 hours."""
LOW: Shape = (1_837.4, 0.001, 88.0)
"""100 km, 2 hours."""


def states(shape: Shape, count: int) -> Floats:
    """States (count, 6) in GCRF axes: planes and phases evenly apart, periapsis in the north."""
    step = 360.0 * np.arange(count) / count
    one = np.ones(count)
    a, e, inclination = (value * one for value in shape)
    elements = Elements(a, e, inclination, step, 90.0 * one, 7.0 * step % 360.0)
    own, turn = states_of(elements, MOON.gm_km3_s2), axes_to_gcrf("body-equator", MOON, EPOCH)
    return np.concatenate([own[:, :3] @ turn.T, own[:, 3:] @ turn.T], axis=1)


def _case(shape: Shape, count: int, threads: int) -> Callable[[bool], Case]:
    def case(quick: bool) -> Case:
        from raabta.orbits.force_model import force_model
        from raabta.orbits.numerical import propagate

        many, days = (4, 2.0) if quick else (count, LUNAR_DAY_D)
        model, begin = force_model(), states(shape, many)
        return Case(
            size=f"{many} orbits x {days:g} days, degree 20",
            ours=lambda: propagate(begin, EPOCH, days * DAY_S, model, threads=threads),
            amount=many * days,
            peer=_peer(model, begin[0]),
            same=_apart,
        )

    return case


def _peer(model: Any, state: Floats) -> Peer | str:
    if find_spec("heyoka") is None:
        return "heyoka is not installed"
    from raabta.bench.taylor_orbits import engine_of, place_after

    engine = engine_of(model, 1e-12)
    return Peer(
        f"heyoka {version_of('heyoka')}, tolerance 1e-12, 1 orbit x 1 day, 1 thread",
        lambda: place_after(engine, model, EPOCH, state, DAY_S),
        1.0,
    )


def _apart(ours: Any, theirs: Floats) -> Difference:
    """Distance after a day, mm; the peer's end is a day of TDB."""
    from raabta.orbits.collocation_kernels import fill

    place, speed = np.empty((2, 1, 3))
    fill(ours.nodes[0], np.array([DAY_S]), place, speed)
    return Difference("distance after a day", 1e6 * float(np.linalg.norm(place[0] - theirs)), LIMIT_MM, "mm")


_WORK = "lunar orbits, degree 20, Earth and Sun"
ROWS = (
    Row(
        "lunar-orbits",
        f"{_WORK}: frozen, 13 h",
        "orbit days",
        _case(FROZEN, 64, 2),
        threads=2,
        goal=Goal("ms", 300.0, 150.0),
        floor=Floor(5_000.0, 50.0),
        quick_floor=Floor(100.0, 2.0),
    ),
    Row(
        "lunar-orbits-relay",
        f"{_WORK}: 300 x 8,600 km",
        "orbit days",
        _case(RELAY, 64, 2),
        threads=2,
        goal=Goal("ms", 300.0, 150.0),
        floor=Floor(4_500.0, 50.0),
        quick_floor=Floor(100.0, 2.0),
    ),
    Row(
        "lunar-orbits-low",
        f"{_WORK}: 100 km",
        "orbit days",
        _case(LOW, 64, 2),
        threads=2,
        floor=Floor(900.0, 50.0),
        quick_floor=Floor(50.0, 2.0),
    ),
)
