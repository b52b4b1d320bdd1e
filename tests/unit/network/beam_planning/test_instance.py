"""Files of instances and plans: what is read, and what is refused, with its line and a hint."""

from __future__ import annotations

from pathlib import Path

import beam_instances as made
import numpy as np
import pytest

from raabta.base.errors import NoSolutionError, ScenarioError
from raabta.network.beam_planning import instance as room
from raabta.network.beam_planning.answer import lines, read_answer
from raabta.network.beam_planning.planner import plan_beams


def test_comments_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    file = tmp_path / "points.txt"
    file.write_text("# points\n\nsat 1 6921 0 0\n  user\t007 6.371e3 -0 +.5 # here\ninterferer 1 42164 0 0\n")
    read = room.read_instance(file)
    assert (read.sat, read.user, read.interferer) == (("1",), ("007",), ("1",))
    assert read.user_km.tolist() == [[6371.0, 0.0, 0.5]]


def test_what_is_written_is_read_to_the_same_bits(tmp_path: Path) -> None:
    problem = made.few(4)
    room.write_instance(tmp_path / "a", problem)
    read = room.read_instance(tmp_path / "a")
    assert all(np.array_equal(getattr(read, f"{w}_km"), getattr(problem, f"{w}_km")) for w in room.WORDS)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("user 2 nan 0 0", "'nan' is not a number"),
        ("user 2 1 inf 0", "'inf' is not a number"),
        ("user 2 1e999 0 0", "inf km from the Earth's centre"),
        ("user 2 0 0 0", "0 km from the Earth's centre"),
        ("user 2 1_000 0 0", "'1_000' is not a number"),
        ("user -2 6371 0 0", "the id '-2' is not a whole number of 0 or more"),
        ("user 1.5 6371 0 0", "the id '1.5'"),
        ("user 01 6371 0 0", "user 01 stands twice, first on line 2"),
        ("user 2 6371 0", "4 fields where there should be 5"),
        ("usr 2 6371 0 0", "did you mean 'user'?"),
        ("satellite 2 6371 0 0", "did you mean 'sat'?"),
        ("\x00 2 6371 0 0", "is not a kind of point"),
        ("user ٣ 6371 0 0", "the id '٣'"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "points.txt"
    file.write_text(f"sat 1 6921 0 0\nuser 1 6371 0 0\n{line}\n")
    with pytest.raises(ScenarioError) as caught:
        room.read_instance(file)
    assert said in str(caught.value) and caught.value.line == 3 and caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"), [("", "no satellite"), ("# nothing\n", "no satellite"), ("sat 1 1 2 3\n", "no user")]
)
def test_a_file_without_points_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "points.txt").write_text(text)
    with pytest.raises(NoSolutionError, match=said):
        room.read_instance(tmp_path / "points.txt")


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    problem = made.few(5)
    answer = plan_beams(problem).answer
    file = tmp_path / "plan.txt"
    file.write_text("# a plan\n" + "\n".join(lines(problem, answer)))
    again = read_answer(file, problem)
    assert all(
        np.array_equal(getattr(again, n), getattr(answer, n)) for n in ("sat", "beam", "user", "colour")
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sat 1 beam 0 user 1 color A", "beam 0 of colour A does not exist"),
        ("sat 1 beam 33 user 1 color A", "beam 33"),
        ("sat 1 beam 1 user 1 color E", "colour E"),
        ("sat 99 beam 1 user 1 color A", "no satellite 99"),
        ("sat 1 beam 1 user 4000 color A", "no user 4000"),
        ("sat 1 beam 1 user 1", "not a line of a plan"),
    ],
)
def test_a_wrong_line_of_a_plan_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "plan.txt").write_text(f"\n{line}\n")
    with pytest.raises(ScenarioError, match=said) as caught:
        read_answer(tmp_path / "plan.txt", made.few(5))
    assert caught.value.line == 2
