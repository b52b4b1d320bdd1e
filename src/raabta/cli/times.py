"""Durations and instants as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from raabta.base.errors import ScenarioError

_SECONDS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}
_UNIT = "days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s"
_PLAIN = re.compile(rf"(?:\d+(?:\.\d+)?(?:{_UNIT}))+", re.IGNORECASE | re.ASCII)
_PART = re.compile(rf"(\d+(?:\.\d+)?)({_UNIT})", re.IGNORECASE | re.ASCII)
_ISO = re.compile(
    r"P(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 40


def seconds(text: str, option: str) -> float:
    """`24h`, `90min`, `3600s`, `1h30m`, `7d` or ISO 8601 `PT24H` in seconds. Raises ScenarioError."""
    total = _plain(text) if _PLAIN.fullmatch(text[:_LONGEST]) else _iso(text)
    if total == 0.0 and len(text) <= _LONGEST:
        raise ScenarioError(f"option {option}: '{text}' must be more than 0")
    if total is None or len(text) > _LONGEST:
        raise ScenarioError(
            f"option {option}: '{text[:_LONGEST]}' is not a duration",
            hint="write a number with its unit, such as 24h, 90m, 15s, 7d, 10min, 1h30m, or ISO 8601: PT24H",
        )
    return total


def _plain(text: str) -> float:
    return sum(float(number) * _SECONDS[unit[0].lower()] for number, unit in _PART.findall(text))


def _iso(text: str) -> float | None:
    match = _ISO.fullmatch(text[:_LONGEST])
    if match is None or not any(match.groups()):
        return None
    return sum(
        float(part or 0.0) * size for part, size in zip(match.groups(), _SECONDS.values(), strict=True)
    )


def instant(text: str, option: str) -> datetime:
    """An ISO 8601 date or time; UTC where it names no zone. Raises ScenarioError."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ScenarioError(
            f"option {option}: '{text[:_LONGEST]}' is not a time",
            hint="write ISO 8601, such as 2026-11-22 or 2026-11-22T15:00:00Z",
        ) from None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
