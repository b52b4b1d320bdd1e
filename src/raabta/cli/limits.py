"""`--max-time`, `--max-memory` and `--yes`: what a job may take before it is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from raabta.base.errors import ScenarioError

if TYPE_CHECKING:
    from raabta.engine.limits import Limits

_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(k|M|G|T)(i?)B", re.ASCII | re.IGNORECASE)
_POWER = {"k": 1, "m": 2, "g": 3, "t": 4}


def limits(max_time: str | None, max_memory: str | None, yes: bool) -> Limits | None:
    """The limits of a job; None where `--yes` lifts them. Raises ScenarioError for what is no amount."""
    from raabta.cli.times import seconds
    from raabta.engine.limits import MAX_TIME_S, Limits

    time_s = MAX_TIME_S if max_time is None else seconds(max_time, "--max-time")
    memory = None if max_memory is None else size_bytes(max_memory, "--max-memory")
    return None if yes else Limits(time_s, memory)


def size_bytes(text: str, option: str) -> float:
    """`16GB`, `1.5 GiB` or `800MB` in bytes. Raises ScenarioError."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or float(match[1]) == 0.0:
        raise ScenarioError(
            f"option {option}: '{text[:40]}' is not a size",
            hint="write a number with its unit, such as 16GB, 800MB or 1.5GiB",
        )
    return float(match[1]) * (1024.0 if match[3] else 1000.0) ** _POWER[match[2].lower()]
