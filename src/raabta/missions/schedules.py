"""What a mission's Earth stations have to do, as the schedule of CCSDS 902.1-B-1 of its contact plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from raabta.network.mesh.schedule_files import PROGRAM, schedule_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raabta.missions.model import Mission
    from raabta.network.mesh.contacts import ContactPlan

NEAR_EARTH: Final = {"UHF": "UHF", "S": "S-NE", "X": "X-NE", "Ka": "Ka-NE"}
"""Bands of budgets as the format calls them; craft of missions are no farther than the Moon."""


def schedule_of(mission: Mission, plan: ContactPlan) -> Iterator[str]:
    """The schedule of a case's plan as lines of XML, without line ends.

    Stations are the sites on the Earth, each with one aperture of its name. It says that it was made at the
    plan's start: equal runs write equal bytes.
    """
    nodes = mission.nodes
    stations = [
        name for name, home in zip(nodes.name[: nodes.sites], nodes.home, strict=False) if home == "Earth"
    ]
    return schedule_lines(
        plan,
        {name: name for name in stations},
        originator=PROGRAM,
        generated=plan.start,
        bands=bands_of(mission, stations),
    )


def bands_of(mission: Mission, stations: list[str]) -> dict[str, str]:
    """The band of every node whose links with stations have one: that which all their budgets name."""
    nodes, named = mission.nodes, dict[str, set[str]]()
    for link in mission.scenario.links:
        found = {NEAR_EARTH[budget.band] for budget in (link.forward_budget, link.return_budget) if budget}
        if link.forward_mbps or link.return_mbps or link.forward_table or link.return_table:
            found.add("")
        ends = [{nodes.name[number] for number in nodes.named(name).tolist()} for name in link.between]
        for one, other in (ends, ends[::-1]):
            if not one.isdisjoint(stations):
                for name in other.difference(stations):
                    named.setdefault(name, set()).update(found)
    return {name: min(bands) for name, bands in named.items() if len(bands) == 1 and "" not in bands}
