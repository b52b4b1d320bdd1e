"""What holds for plans of the plain problem on any instance."""

from __future__ import annotations

import beam_instances as made
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from raabta.network.beam_planning.bound import find_bound
from raabta.network.beam_planning.candidates import find_links
from raabta.network.beam_planning.check import angle_deg, find_faults
from raabta.network.beam_planning.planner import plan_beams

quick = settings(max_examples=40, deadline=None)


@st.composite
def problems(draw):
    """Satellites low and high, users together or apart, some twice at one place, some not on the ground."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    m, n, k = draw(st.integers(1, 5)), draw(st.integers(1, 60)), draw(st.integers(0, 4))
    spread = draw(st.sampled_from([0.1, 1.0, 4.0, 60.0]))
    radius = made.EARTH_KM * draw(st.sampled_from([1.0, 1.0, 0.5]))
    user = made.place(rng.normal(0, spread, n), rng.normal(0, spread, n), radius)
    user[rng.integers(n)] = user[0]
    sat = made.place(
        rng.normal(0, 4, m), rng.normal(0, 4, m), draw(st.sampled_from([6_700.0, 7_500.0, 20_000.0]))
    )
    return made.instance(sat, user, made.place(rng.normal(0, 30, k), rng.normal(0, 30, k), 42_164.0))


@quick
@given(problems())
def test_every_plan_is_valid_and_below_its_bound(problem):
    found = plan_beams(problem, seconds=1.0)
    assert find_faults(problem, found.answer) == []
    assert found.served <= found.bound.users <= found.bound.beams <= found.seen <= len(problem.user)


@quick
@given(problems())
def test_links_are_those_of_the_definition(problem):
    links = find_links(problem)
    listed = np.zeros((len(problem.user), len(problem.sat)), bool)
    listed[np.repeat(np.arange(len(problem.user)), np.diff(links.user_start)), links.user_sat] = True
    ray = problem.sat_km[None] - problem.user_km[:, None]
    seen = angle_deg(problem.user_km[:, None], ray) < 45.0
    for point in problem.interferer_km:
        seen &= angle_deg(ray, (point - problem.user_km)[:, None]) >= 20.0
    assert np.array_equal(listed, seen)
    assert np.array_equal(links.user_sat[links.sat_link], np.repeat(np.arange(len(problem.sat)), seen.sum(0)))


@quick
@given(problems(), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0))
def test_one_satellite_more_never_lowers_the_bound(problem, latitude_deg, longitude_deg):
    more = made.instance(
        np.concatenate([problem.sat_km, [made.place(latitude_deg, longitude_deg, 7_000.0)]]),
        problem.user_km,
        problem.interferer_km,
    )
    before, after = (find_bound(each, find_links(each)) for each in (problem, more))
    assert after.users >= before.users and after.beams >= before.beams
