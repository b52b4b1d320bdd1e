"""Who is out, from when to when: satellites that failures of a scenario take away."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.scenario.failures import OF_SATELLITES, plane_numbers, shell_number, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from raabta.orbits.propagate import Propagator
    from raabta.scenario.failures import Failure
    from raabta.scenario.kinds import FleetScenario
    from raabta.scenario.models import SpaceSegment

    Ints = NDArray[np.int64]
    Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Outage:
    """Numbers `who` of things that are out from `start` (UTC) to before `end`."""

    who: Ints
    start: np.datetime64
    end: np.datetime64

    def during(self, times: Times | np.datetime64) -> NDArray[np.bool_]:
        """Whether it holds at UTC times."""
        return np.asarray((times >= self.start) & (times < self.end))


def window(failure: Failure, start: datetime) -> tuple[np.datetime64, np.datetime64]:
    """UTC from which and to which a failure of a run that begins at `start` holds."""
    begin = np.datetime64(start.replace(tzinfo=None), "ns")
    first, last = (
        None if offset is None else begin + np.timedelta64(round(offset * 1e9), "ns")
        for offset in (failure.from_s, failure.until_s)
    )
    # Without times of its own it holds always: what looks back before the start finds it out too.
    never = np.iinfo(np.int64).max
    return (
        np.datetime64(-never, "ns") if failure.from_s == 0.0 or first is None else first,
        np.datetime64(never, "ns") if last is None else last,
    )


def laid_on(propagator: Propagator, scenario: FleetScenario) -> Propagator:
    """The satellites of a scenario without those that its failures take; the same where it has none.

    Raises ScenarioError for a satellite that is not there.
    """
    outages, notes = [], []
    for failure in scenario.own_failures:
        note = f"Failure {failure.line}"
        if failure.what in OF_SATELLITES:
            who = satellites_out(failure, scenario.constellation, propagator.names, scenario.seed)
            outages.append(Outage(who, *window(failure, scenario.time.start)))
            note += f": {who.size:,} of {propagator.count:,} satellites are out"
        notes.append(note)
    return propagator.without(outages, notes) if notes else propagator


def satellites_out(failure: Failure, system: SpaceSegment, names: Sequence[str], seed: int) -> Ints:
    """Rising numbers of the satellites that a failure takes, of satellites named `names` in their order."""
    count = len(names)
    if failure.what == "satellite":
        return np.array([satellite_number(failure, failure.name, names)])
    if failure.what == "satellites":
        return draw(count, failure.share or 0.0, seed, "satellites")
    first = np.cumsum([0, *(shell.satellites for shell in system.shells)])
    if failure.what == "plane":
        shell, plane = plane_numbers(failure, system)
        size = system.shells[shell].satellites_per_plane
        return np.arange(size, dtype=np.int64) + int(first[shell]) + plane * size
    shell = shell_number(failure, system)
    own = np.arange(first[shell], first[shell + 1], dtype=np.int64)
    if failure.what == "shell":
        return own
    return own[draw(own.size, failure.share or 0.0, seed, f"storm:{failure.name}")]


def satellite_number(failure: Failure, text: str, names: Sequence[str]) -> int:
    """The satellite of a name, or of a number from 0. Raises ScenarioError, with the nearest name."""
    if text in names:
        return names.index(text)
    if text.isascii() and text.isdigit() and int(text[:12]) < len(names):
        return int(text)
    raise ScenarioError(
        unknown(failure.model_copy(update={"name": text}), "satellite", names),
        hint=f"satellites have names such as {names[0]}, or numbers from 0 to {len(names) - 1:,}",
    )


def draw(count: int, share: float, seed: int, label: str) -> Ints:
    """Rising numbers of so large a share of `count` things, by the seed and by what they are. A larger share
    holds a smaller one."""
    source = np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(label.encode())]))
    return np.sort(source.permutation(count)[: round(share * count)])
