"""Places, and links of places to satellites, that failures of a scenario of ways take."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from raabta.base.errors import ScenarioError
from raabta.orbits.outages import Outage, window
from raabta.orbits.satellites_out import satellite_number
from raabta.scenario.countries import country_name
from raabta.scenario.failures import unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raabta.scenario.failures import Failure
    from raabta.scenario.paths import PathScenario
    from raabta.service.pairs.ground import Places


def place_outages(
    scenario: PathScenario, places: Places, more: tuple[Failure, ...] = ()
) -> tuple[Outage, ...]:
    """Places that are out by the failures of a scenario, and by some more. ScenarioError: a place, or a
    country, that the scenario does not have."""
    return tuple(
        Outage(np.array(_places(each, places)), *window(each, scenario.time.start))
        for each in (*scenario.failures, *more)
        if each.what in ("gateway", "country")
    )


def link_outages(scenario: PathScenario, places: Places, names: Sequence[str]) -> tuple[Outage, ...]:
    """Links of places to satellites that are out, as (place << 32) + satellite; ScenarioError as above."""
    return tuple(
        Outage(np.array([_link(each, places, names)]), *window(each, scenario.time.start))
        for each in scenario.failures
        if each.what == "link"
    )


def _places(failure: Failure, places: Places) -> list[int]:
    if failure.what == "gateway":
        return [_place(failure, failure.name, places)]
    found = country_name(failure.name)
    own = [i for i, name in enumerate(places.name[: places.count]) if name.endswith(f", {found}")]
    if not own:
        where = sorted({name.rpartition(", ")[2] for name in places.name if ", " in name})
        raise ScenarioError(
            f"{failure.text}: no place of this scenario is known to lie in {found}; the towns lie in: "
            f"{', '.join(where) or 'no country'}",
            hint="write the country's ISO 3166-1 alpha-3 code; stations have no country, name them",
        )
    return own


def _place(failure: Failure, text: str, places: Places) -> int:
    """The place of a whole name, or of a town's own; points of presence are none."""
    whole = places.name[: places.count]
    own = [name.partition(",")[0] for name in whole]
    for known in (whole, own):
        matching = [i for i, name in enumerate(known) if name.casefold() == text.casefold()]
        if matching:
            return matching[0]
    raise ScenarioError(unknown(failure.model_copy(update={"name": text}), "place", own))


def _link(failure: Failure, places: Places, names: Sequence[str]) -> int:
    """The link of `PLACE-SATELLITE`, whose names may hold hyphens of their own."""
    parts = failure.name.split("-")
    known = set(names)
    for i in range(1, len(parts)):
        last = "-".join(parts[i:])
        if last in known or (last.isascii() and last.isdigit()):
            place = _place(failure, "-".join(parts[:i]), places)
            return (place << 32) + satellite_number(failure, last, names)
    raise ScenarioError(
        f"{failure.text}: no satellite's name stands at its end",
        hint=f"write link:PLACE-SATELLITE, such as link:{places.name[0].partition(',')[0]}-{names[0]}",
    )
