"""Plans of the plain problem: valid, near the exact optimum, the same each time."""

from __future__ import annotations

import beam_instances as made
import numpy as np
import pytest

from raabta.network.beam_planning.check import find_faults
from raabta.network.beam_planning.instance import Instance
from raabta.network.beam_planning.planner import plan_beams


@pytest.mark.parametrize(
    "problem",
    [
        *[made.few(seed) for seed in range(8)],
        *[made.few(seed, users=90, satellites=5, spread_deg=1.5) for seed in range(4)],
        *[made.lattice(degrees, 3) for degrees in (4.6, 5.01, 5.2)],
    ],
)
def test_within_two_percent_of_the_exact_optimum(problem: Instance) -> None:
    found, best = plan_beams(problem), made.most_served(problem)
    assert best >= found.served >= 0.98 * best
    assert found.bound.users >= best
    assert find_faults(problem, found.answer) == []


def test_the_simplest_instances() -> None:
    above = made.place(0.0, 0.0, 6921.0)
    one = plan_beams(made.instance(above, made.place(0.0, 0.0)))
    assert (one.served, one.bound.users, one.gap_share) == (1, 1, 0.0)
    same_place = plan_beams(made.instance(above, [made.place(0.0, 0.0)] * 6))
    assert (same_place.served, same_place.bound.beams, same_place.bound.users) == (4, 6, 4)
    far = plan_beams(made.instance(above, made.place(0.0, 30.0)))
    assert (far.served, far.seen, far.gap_share) == (0, 0, 0.0)


def test_an_interferer_overhead_bars_the_satellite_below_it() -> None:
    sat, user = made.place(0.0, [0.0, 4.0], 6921.0), made.place(0.0, 0.0)
    found = plan_beams(made.instance(sat, user, made.place(0.0, 0.0, 42_164.0)))
    assert found.answer.sat.tolist() == [1]
    assert plan_beams(made.instance(sat[:1], user, made.place(0.0, 0.0, 42_164.0))).served == 0
    assert plan_beams(made.instance(sat[:1], user, made.place(0.0, 25.0, 42_164.0))).served == 1


def test_a_satellite_has_32_beams() -> None:
    rng = np.random.default_rng(1)
    user = made.place(rng.uniform(-3, 3, 1_000), rng.uniform(-3, 3, 1_000))
    found = plan_beams(made.instance(made.place(0.0, 0.0, 6921.0), user))
    assert found.served == found.bound.users == 32
    assert sorted(found.answer.beam.tolist()) == list(range(1, 33))


def test_the_same_seed_gives_the_same_plan() -> None:
    problem = made.few(3, users=120)
    first, again, other = (plan_beams(problem, seed=seed) for seed in (5, 5, 6))
    assert all(
        np.array_equal(getattr(first.answer, name), getattr(again.answer, name))
        for name in ("sat", "beam", "user", "colour")
    )
    assert first.bound.users == other.bound.users
