"""P17 of the project's public cases: five users below one satellite, at most four of them served.

They lie within 1 km of each other, so every pair needs its own of the four colours; found exhaustively.
"""

from __future__ import annotations

from pathlib import Path

from raabta.network.beam_planning.check import find_faults
from raabta.network.beam_planning.instance import read_instance
from raabta.network.beam_planning.planner import plan_beams

USERS = [(6371, 0, 0), (6372, 0, 0), (6370, 0, 0), (6371, 0, 1), (6371, 0, -1)]


def test_p17_four_of_five_users(tmp_path: Path) -> None:
    file = tmp_path / "p17.txt"
    lines = [f"user {i} {x} {y} {z}" for i, (x, y, z) in enumerate(USERS, 1)]
    file.write_text("\n".join(["sat 1 6921 0 0", *lines]) + "\n", encoding="utf-8")
    problem = read_instance(file)
    found = plan_beams(problem)
    assert found.served == 4
    assert found.bound.users == 4
    assert find_faults(problem, found.answer) == []
