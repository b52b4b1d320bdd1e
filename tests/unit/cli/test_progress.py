"""Progress: rate and time left, by a clock of our own; a bar on a terminal, sparse lines elsewhere."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from raabta.cli.progress import LINE_EVERY_S, Bars, Pace, duration, words


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_rate_and_time_left(clock: Clock) -> None:
    pace = Pace(clock)
    pace(0, 5_760)
    assert (pace.per_s, pace.left_s) == (None, None)
    clock.now += 10.0
    pace(240, 5_760)
    assert (pace.per_s, pace.left_s) == (24.0, 230.0)
    clock.now += 4.0
    assert pace.left_s == 226.0, "the time runs down between news"
    clock.now += 1_000.0
    assert pace.left_s == 0.0


def test_what_was_resumed_does_not_count_as_fast(clock: Clock) -> None:
    pace = Pace(clock)
    pace(5_280, 5_760)
    assert pace.per_s is None and words("simulating slots", pace) == ""
    clock.now += 10.0
    pace(5_520, 5_760)
    assert (pace.per_s, pace.left_s) == (24.0, 10.0)


def test_the_rate_is_that_of_the_last_minute(clock: Clock) -> None:
    pace = Pace(clock)
    pace(0, 100_000)
    for _ in range(20):
        clock.now += 10.0
        pace(pace.done + 10, 100_000)
    for _ in range(7):
        clock.now += 10.0
        pace(pace.done + 1_000, 100_000)
    assert pace.per_s == 100.0


def test_a_stage_that_is_done_has_no_time_left(clock: Clock) -> None:
    pace = Pace(clock)
    pace(0, 480)
    clock.now += 4.0
    pace(480, 480)
    assert pace.left_s is None
    assert words("simulating slots", pace) == "120 slots/s"
    assert words("uncertainty bands", pace) == "120/s"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (65, "1 min 05 s"), (7_384, "2 h 03 min")],
)
def test_durations_in_words(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_without_a_terminal_there_are_few_plain_lines(clock: Clock) -> None:
    screen = Console(file=io.StringIO(), force_terminal=False, width=40)
    with Bars(screen, clock) as bars:
        bars("placing people", 0, 1)
        clock.now += 1.0
        bars("placing people", 1, 1)
        bars("simulating slots", 480, 5_760)
        for done in range(720, 5_761, 240):
            clock.now += 10.0
            bars("simulating slots", done, 5_760)
            bars("simulating slots", done, 5_760)
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "placing people: done in 1 s"
    assert lines[1] == "simulating slots: 1,200 of 5,760 slots, 3 min 10 s left, 24 slots/s"
    assert lines[-1] == "simulating slots: 5,760 of 5,760 slots, done in 3 min 40 s, 24 slots/s"
    assert len(lines) == 2 + 220 // int(LINE_EVERY_S)
    assert "\x1b" not in screen.file.getvalue()  # type: ignore[attr-defined]


def test_a_terminal_shows_rate_and_time_left(clock: Clock) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    with Bars(screen, clock) as bars:
        bars("simulating slots", 0, 5_760)
        clock.now += 10.0
        bars("simulating slots", 240, 5_760)
    shown = screen.file.getvalue()  # type: ignore[attr-defined]
    assert "240/5760" in shown and "3 min 50 s left, 24 slots/s" in shown
