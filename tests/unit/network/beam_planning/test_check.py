"""The check finds every way in which a plan can be wrong."""

from __future__ import annotations

import beam_instances as made
import numpy as np

from raabta.network.beam_planning.answer import Answer
from raabta.network.beam_planning.check import angle_deg, find_faults

ABOVE = made.place(0.0, 0.0, 6921.0)


def answer(*rows: tuple[int, int, int, int]) -> Answer:
    """Rows of satellite, beam, user and colour."""
    return Answer(*np.array(rows, np.int32).T)


def test_angles_are_exact_near_zero_and_near_180() -> None:
    x, tiny = np.array([1.0, 0.0, 0.0]), 1e-9
    turned = np.array([np.cos(tiny), np.sin(tiny), 0.0])
    assert abs(angle_deg(x, turned) / np.degrees(tiny) - 1.0) < 1e-6
    assert abs((180.0 - angle_deg(-x, turned)) / np.degrees(tiny) - 1.0) < 1e-6
    assert np.isnan(angle_deg(x, 0.0 * x))


def test_a_user_or_a_beam_that_serves_twice() -> None:
    problem = made.instance([ABOVE, ABOVE], made.place([0.0, 2.0], 0.0))
    assert find_faults(problem, answer((0, 1, 0, 0), (1, 1, 0, 0))) == ["user 1 is served more than once"]
    faults = find_faults(problem, answer((0, 1, 0, 0), (0, 1, 1, 1)))
    assert faults == ["sat 1 beam 1 serves more than one user"]
    assert "no beam 33" in find_faults(problem, answer((0, 33, 0, 0)))[0]


def test_the_cone_the_guard_and_the_reuse_angle() -> None:
    user = made.place([0.0, 0.5], 0.0)
    problem = made.instance([ABOVE, made.place(6.0, 0.0, 6921.0)], user, made.place(0.0, 10.0, 42_164.0))
    assert "from the zenith" in find_faults(problem, answer((1, 1, 0, 0)))[0]
    assert "from interferer 1" in find_faults(problem, answer((0, 1, 0, 0)))[0]
    alone = made.instance([ABOVE], user)
    assert "both A: 5.7" in find_faults(alone, answer((0, 1, 0, 0), (0, 2, 1, 0)))[0]
    assert find_faults(alone, answer((0, 1, 0, 0), (0, 2, 1, 1))) == []


def test_exactly_45_degrees_is_out() -> None:
    """A satellite at (2, 1, 0) seen from (1, 0, 0): exactly half a right angle from the zenith."""
    assert find_faults(made.instance([[2.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]), answer((0, 1, 0, 0))) != []
    assert find_faults(made.instance([[2.0, 0.9999, 0.0]], [[1.0, 0.0, 0.0]]), answer((0, 1, 0, 0))) == []


def test_a_thousandth_of_a_degree_inside_each_limit_is_a_fault_and_outside_none() -> None:
    """10 degrees between beams at the satellite, 20 from an interferer at the user, 45 from the zenith."""
    sat = np.array([6921.0, 0.0, 0.0])

    def aside(angle: float) -> np.ndarray:
        return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.0])

    for apart, faults in ((9.999, 1), (10.001, 0)):
        users = np.array([sat - 500.0 * aside(0.5 * side * apart) for side in (-1, 1)])
        found = find_faults(made.instance([sat], users), answer((0, 1, 0, 0), (0, 2, 1, 0)))
        assert len(found) == faults, apart
    user = np.array([6371.0, 0.0, 0.0])
    for apart, faults in ((19.999, 1), (20.001, 0)):
        problem = made.instance([sat], [user], [user + 30_000.0 * aside(apart)])
        assert len(find_faults(problem, answer((0, 1, 0, 0)))) == faults, apart
    for zenith, faults in ((45.001, 1), (44.999, 0)):
        problem = made.instance([user + 700.0 * aside(zenith)], [user])
        assert len(find_faults(problem, answer((0, 1, 0, 0)))) == faults, zenith
