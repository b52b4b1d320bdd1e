"""Satellites that the failures of a scenario take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.orbits.outages import Outage, draw, window
from raabta.scenario.failures import OF_SATELLITES, plane_numbers, shell_number, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from raabta.orbits.propagate import Propagator
    from raabta.scenario.failures import Failure
    from raabta.scenario.kinds import FleetScenario
    from raabta.scenario.models import SpaceSegment

    Ints = NDArray[np.int64]


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
