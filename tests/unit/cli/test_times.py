"""Durations and instants as people write them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raabta.base.errors import ScenarioError
from raabta.cli.times import instant, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24h", 86_400),
        ("90m", 5_400),
        ("3600s", 3_600),
        ("15s", 15),
        ("0.5s", 0.5),
        ("1h30m", 5_400),
        ("7d", 604_800),
        ("1D", 86_400),
        ("PT24H", 86_400),
        ("P1DT1H1M1.5S", 90_061.5),
        ("pt90m", 5_400),
        ("10min", 600),
        ("2hours", 7_200),
        ("1hr30mins", 5_400),
        ("1hour5minutes", 3_900),
        ("90sec", 90),
        ("3secs1second", 4),
        ("2DAYS", 172_800),
    ],
)
def test_seconds(text: str, expected: float) -> None:
    assert seconds(text, "--duration") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "h",
        "24 h",
        "-1h",
        "P",
        "PT",
        "1e3s",
        "24hous",
        "10mi",
        "5months",
        "1h-",
        "٣h٣",
        "9" * 99 + "s",
        "infs",
    ],
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"option --step: .* is not a duration") as caught:
        seconds(text, "--step")
    assert "24h, 90m, 15s" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["0s", "0h0m", "PT0S", "0.0days"])
def test_nothing_is_too_short(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        seconds(text, "--duration")
    assert str(caught.value) == f"option --duration: '{text}' must be more than 0"


@given(st.text(max_size=60))
def test_any_text_gives_seconds_or_a_scenario_error(text: str) -> None:
    for read in (seconds, instant):
        with contextlib.suppress(ScenarioError):
            read(text, "--x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T15:00:00Z", datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("2026-11-22T20:00:00+05:00", datetime(2026, 11, 22, 15, tzinfo=UTC)),
        ("2026-11-22 15:00", datetime(2026, 11, 22, 15, tzinfo=UTC)),
    ],
)
def test_instant_is_utc(text: str, expected: datetime) -> None:
    assert instant(text, "--start") == expected


def test_what_is_no_instant() -> None:
    with pytest.raises(ScenarioError, match="option --start: 'now' is not a time"):
        instant("now", "--start")
