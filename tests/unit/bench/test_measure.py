"""A row tells rates, ratio, difference and guard as they are; broken guards and unequal answers are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from raabta.bench.declare import Case, Difference, Floor, Goal, Peer, Row, Skip
from raabta.bench.measure import broken, goal, guard, measure, run
from raabta.bench.page import lines, page
from raabta.bench.timing import Samples, Timed, in_turns


def count_to(number: int) -> Callable[[], int]:
    return lambda: sum(range(number))


def apart(ours: int, theirs: int) -> Difference:
    return Difference("sums differ by", abs(ours - theirs), 0.0, "units")


def row(floor: float = 1.0, *, ours: int = 3_000, theirs: int = 3_000, ratio: float = 0.0) -> Row:
    case = Case("small", count_to(ours), 1.0, Peer("a loop", count_to(theirs), 1.0), apart)
    return Row("sum", "sums", "sums", lambda quick: case, Floor(floor, ratio), goal=Goal("ratio", 1e-6, 1e9))


def test_rate_is_work_over_wall_time_and_samples_are_kept() -> None:
    seen = measure(row(), quick=False, repeats=4)
    ours = seen["ours"]
    assert ours["samples"] == 4
    assert ours["rate_least"] <= ours["rate"] <= ours["rate_most"]
    assert ours["rate"] * ours["wall_ms"]["median"] == pytest.approx(1e3, rel=1e-3)
    assert ours["wall_ms"]["least"] <= ours["wall_ms"]["median"] <= ours["wall_ms"]["most"]
    assert seen["difference"] == {
        "what": "sums differ by", "value": 0.0, "limit": 0.0, "unit": "units", "equal": True
    }  # fmt: skip
    assert seen["goal"]["state"] == "reached"
    assert broken([seen]) == []


def test_ratio_counts_work_that_only_ours_does() -> None:
    """The peer does a tenth of the work in a tenth of the time: as fast as ours."""
    ours, theirs = Timed(lambda: 0), Timed(lambda: 0)
    ours.samples, theirs.samples = Samples([1.0, 1.2, 9.0], [1.0] * 3), Samples([0.12] * 3, [0.2, 0.1, 0.3])
    from raabta.bench.measure import _ratio

    assert _ratio(Case("", lambda: 0, 10.0, Peer("", lambda: 0, 1.0)), ours, theirs) == {
        "wall": 1.0,
        "cpu": 1.0,
    }


def test_a_rate_below_the_guard_is_named() -> None:
    seen = measure(row(floor=1e12), quick=False, repeats=1)
    (line,) = broken([seen])
    assert line.startswith("sum: ") and "sums/s of CPU; the guard is 1e+12" in line
    assert any("BROKEN" in text for text in lines(seen))


def test_a_ratio_below_the_guard_is_named() -> None:
    (line,) = broken([measure(row(ratio=1e6), quick=False, repeats=1)])
    assert "1e+06 times the peer" in line


def test_unequal_answers_are_named() -> None:
    (line,) = broken([measure(row(theirs=3_001), quick=False, repeats=1)])
    assert line == "sum: the answers differ: sums differ by 3000 units, allowed 0"


def test_an_answer_that_is_no_number_is_not_equal() -> None:
    assert not Difference("", math.nan, 1.0, "").equal


def test_quick_runs_hold_a_guard_of_their_own_and_no_goal() -> None:
    assert measure(row(floor=50.0), quick=True, repeats=1)["guard"]["rate"] == 5.0
    assert measure(row(), quick=True, repeats=1)["goal"] is None


def test_a_row_that_cannot_run_says_why_and_breaks_nothing() -> None:
    def case(quick: bool) -> Case:
        raise Skip("no device")

    seen = measure(Row("far", "work", "items", case, Floor(1.0)), quick=False, repeats=1)
    assert seen["skipped"] == "no device" and broken([seen]) == []
    assert list(lines(seen)) == ["far: work", "  skipped: no device"]


def test_a_long_row_is_warmed_by_its_small_size_and_then_sampled() -> None:
    calls: list[str] = []

    def case(quick: bool) -> Case:
        size = "small" if quick else "large"
        return Case(size, lambda: calls.append(size), 1.0, more=lambda seen: {"calls": len(calls)})

    long = Row("long", "work", "items", case, Floor(1e-9), long=True)
    seen = measure(long, quick=False, repeats=2)
    assert calls == ["small", "large", "large"]
    assert (seen["size"], seen["ours"]["samples"], seen["more"]) == ("large", 2, {"calls": 3})


def test_a_missing_peer_says_why() -> None:
    alone = Row("sum", "sums", "sums", lambda quick: Case("", count_to(9), 1.0, "not installed"), Floor(1.0))
    seen = measure(alone, quick=False, repeats=1)
    assert seen["peer"] == {"skipped": "not installed"} and seen["ratio"] is None
    assert any("peer   skipped: not installed" in line for line in lines(seen))


def test_peers_take_turns_and_stop_when_their_time_is_spent() -> None:
    order: list[str] = []
    ours, theirs = Timed(lambda: order.append("ours")), Timed(lambda: order.append("theirs"))
    in_turns([ours, theirs], 3)
    assert order == ["ours", "theirs"] * 3
    order.clear()
    in_turns([Timed(ours.work), Timed(theirs.work)], 3, budget_s=0.0)
    assert order == ["ours", "theirs", "ours", "ours"]


@pytest.mark.parametrize(
    ("of", "seen", "state"),
    [("ms", 9.0, "stretch"), ("ms", 15.0, "reached"), ("ms", 21.0, "missed"), ("ratio", 9.0, "missed"),
     ("ratio", 15.0, "reached"), ("ratio", 30.0, "stretch")],
)  # fmt: skip
def test_goals_are_judged_in_their_own_direction(of: Any, seen: float, state: str) -> None:
    wanted = Goal("ms", 20.0, 10.0) if of == "ms" else Goal("ratio", 10.0, 20.0)
    told = goal(wanted, {"wall_ms": {"median": seen}, "rate": 2.0}, {"wall": seen, "cpu": 1.0})
    assert told is not None and told["state"] == state


def test_a_goal_may_be_time_a_unit() -> None:
    told = goal(Goal("ms each", 250.0, 60.0), {"wall_ms": {"median": 900.0}, "rate": 5.0}, None)
    assert told is not None and (told["seen"], told["state"]) == (200.0, "reached")


def test_a_goal_of_a_ratio_stays_open_without_the_peer() -> None:
    assert goal(Goal("ratio", 1.0, 2.0), {"wall_ms": {"median": 1.0}, "rate": 1.0}, None) is None


def test_the_guard_of_a_row_without_peer_is_its_rate() -> None:
    assert guard(Floor(10.0, 5.0), 11.0, None)["held"]
    assert not guard(Floor(10.0), 9.0, None)["held"]


def test_a_result_tells_what_ran_it_and_prints_as_a_page() -> None:
    told = run([row()], quick=False, repeats=1)
    assert set(told) == {
        "schema_version", "date", "commit", "quick", "repeats", "machine", "load", "versions", "rows"
    }  # fmt: skip
    assert told["machine"]["cores"] >= 1 and told["versions"]["numba"] and told["versions"]["sgp4"]
    text = page([told])
    assert "| `sum`: sums, small |" in text and f"{told['date']}, commit `{told['commit']}`" in text


@pytest.mark.parametrize(("load", "said"), [([0.3, 2.0], False), ([8.0, 9.0], True), ([0.1, 6.0], True)])
def test_a_busy_machine_is_told(load: list[float], said: bool) -> None:
    told = run([row()], quick=False, repeats=1)
    told["load"], told["machine"]["cores"] = load, 2
    assert ("others used it too" in page([told])) is said
    assert f"Load {load[0]:g} before and {load[1]:g} after" in page([told])
