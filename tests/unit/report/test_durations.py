"""Lengths of time as a reader says them."""

from __future__ import annotations

import pytest

from raabta.report import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (600.0, "10 min"),
        (45.0, "45 s"),
        (90.0, "1 min 30 s"),
        (3_600.0, "1 h"),
        (5_400.0, "1 h 30 min"),
        (86_400.0, "24 h"),
        (172_800.0, "48 h"),
        (604_800.0, "7 days"),
        (300_000.0, "3 days 11 h 20 min"),
        (0.25, "0.25 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text
