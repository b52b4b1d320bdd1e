"""The passes of a run: each constellation over the same slots, cells and people, one after the other.

The first is asked for every home that subscribes. The fallback, where a scenario has one, is asked for the
homes that the first does not serve, so it begins when the first is summed up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from raabta.network.model import asking, prepare
from raabta.service import cut
from raabta.service.demand import Subscribers, demand, subscribers
from raabta.service.hybrid import left_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import xarray as xr

    from raabta.network.model import Network
    from raabta.scenario.models import Scenario
    from raabta.service.outcome import Outcome
    from raabta.service.people import People


@dataclass
class Pass:
    """One constellation over all slots of a run.

    `name`: what the keys of its chunks begin with (`cut.FIRST`, `cut.FALLBACK`); `scenario`: the question put
    to it; `asked`: the homes it is asked for; `network`: prepared for them, by and by with its admission.
    """

    name: str
    scenario: Scenario
    cells: xr.Dataset
    people: People
    asked: Subscribers
    network: Network

    def offer(self, asked: Subscribers) -> None:
        """Ask it for these homes and no others; its admission is open again."""
        self.asked = asked
        self.network = asking(self.network, demand(self.scenario, self.people, self.cells, asked))


def prepared(scenario: Scenario, cells: xr.Dataset, people: People) -> list[Pass]:
    """The passes of a scenario in their order, each asked for every home that subscribes."""
    parts = {cut.FIRST: scenario, cut.FALLBACK: scenario.fallback_alone()}
    return [over_all_homes(name, part, cells, people) for name, part in parts.items() if part is not None]


def over_all_homes(name: str, scenario: Scenario, cells: xr.Dataset, people: People) -> Pass:
    """One pass, asked for every home that subscribes."""
    asked = subscribers(scenario, people)
    network = prepare(scenario, cells, demand(scenario, people, cells, asked))
    return Pass(name, scenario, cells, people, asked, network)


def follow(passes: Sequence[Pass], answer: Callable[[Pass], Outcome]) -> list[Outcome]:
    """What `answer` finds of each pass, in order; the next is offered what one leaves before it is asked."""
    found: list[Outcome] = []
    for each in passes:
        if found:
            each.offer(left_over(found[-1], each.asked))
        found.append(answer(each))
    return found
