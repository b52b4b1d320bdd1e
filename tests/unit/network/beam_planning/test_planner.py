"""Plans of the plain problem: valid, near the exact optimum, the same each time."""

from __future__ import annotations

import beam_instances as made
import numpy as np
import pytest

from raabta.network.beam_planning import samples
from raabta.network.beam_planning.check import find_faults
from raabta.network.beam_planning.instance import Instance
from raabta.network.beam_planning.planner import plan_beams


@pytest.mark.parametrize(
    "problem",
    [
        *[made.few(seed) for seed in range(8)],
        *[made.few(seed, users=90, satellites=5, spread_deg=1.5) for seed in range(4)],
        *[samples.lattice(degrees, 3) for degrees in (5.01, 5.2, 5.6)],
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


def test_at_the_limit_of_the_cone_nobody_is_served() -> None:
    """A satellite at (2, 1, 0) stands exactly 45 degrees from the zenith of a user at (1, 0, 0)."""
    assert plan_beams(made.instance([2.0, 1.0, 0.0], [1.0, 0.0, 0.0])).seen == 0
    assert plan_beams(made.instance([2.0, 0.999999, 0.0], [1.0, 0.0, 0.0])).served == 1


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


def test_a_planted_plan_is_found_whole() -> None:
    """Every user of it can be served, and is: 23,000 users, three links each."""
    problem = samples.planted(1, samples.Shell(altitude_km=1200.0, planes=6, each=20))
    found = plan_beams(problem)
    assert found.served == found.bound.users == len(problem.user) > 3_000


def test_a_crowded_instance_is_near_its_bound() -> None:
    """Most users stand in crowds of which a satellite serves four; colours cost a fifth of the beams."""
    problem = samples.crowded(
        2_000, 1, samples.Shell(planes=10, each=20), crowds=100, spread_km=100.0, interferers=12
    )
    found = plan_beams(problem)
    assert found.bound.users < 0.9 * found.bound.beams
    assert found.gap_share < 0.01


def test_no_plan_where_the_time_is_none_is_still_valid() -> None:
    problem = samples.crowded(2_000, 2, crowds=50, spread_km=100.0)
    found = plan_beams(problem, seconds=0.0)
    assert found.stopped and 0 < found.served <= found.bound.users
    assert find_faults(problem, found.answer) == []
