"""What the sums of a run say, by cell: everything its tables and its summary are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from raabta.network.ladder import rung_levels
from raabta.scenario.models import PLANS_MBPS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.scenario.models import Gateway, Scenario, Terminal
    from raabta.service.demand import Subscribers
    from raabta.service.gather import Gathered
    from raabta.service.people import People
    from raabta.service.served import Sampling
    from raabta.service.tested import Verdict

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

KBPS_PER_MBPS = 1e3


class Landings(NamedTuple):
    """What lands at one gateway: kbps (lasers,), summed over cells and slots, by lasers on the way from none
    on; kbps_us: times the round trip over them, us."""

    gateway: Gateway
    kbps: Floats
    kbps_us: float


@dataclass(frozen=True)
class Outcome:
    """What the sums say, by cell: everything the tables and the summary are made of.

    rung (n, p, j): served rung; level (n, p, j): the share of the ask it means, less what storms elsewhere
    take; sample: its uncertainty. batch_available: share of the asked homes that have the plan, by batch.
    """

    scenario: Scenario
    people: People
    asked: Subscribers
    gathered: Gathered
    design: int
    rung: Ints
    level: Floats
    available: Floats
    linked: Floats
    sample: Sampling | None
    batch_available: Floats

    @property
    def slots(self) -> int:
        """Slots in the run."""
        return self.gathered.slots

    @property
    def asks(self) -> NDArray[np.bool_]:
        """Cells with a subscriber, (n,)."""
        return np.asarray(self.asked.cell > 0.0)

    def served_cell(self) -> Floats:
        """Served homes, (n, p, j)."""
        return self.level * self.asked.cell[:, None, None] * self.asked.class_share

    def served_row(self) -> Floats:
        """Served homes of every (cell, district) row, (k, p, j)."""
        level = self.level[self.people.row_cell]
        return level * self.asked.row[:, None, None] * self.asked.class_share

    def reachable_cell(self) -> NDArray[np.bool_]:
        """Cells where at least one subscriber (or the whole ask, if less than one) is served at the design
        plan, (n,)."""
        homes = self.level[:, self.design].max(axis=1) * self.asked.cell
        return np.asarray(self.asks & (homes >= np.minimum(1.0, self.asked.cell) * (1.0 - 1e-9)))

    def class_subscribers(self) -> Floats:
        """Homes that each class is asked for, (j,)."""
        return np.asarray(self.asked.cell.sum() * self.asked.class_share)

    def terminals(self) -> list[tuple[str, Terminal]]:
        """Name and radio of every class."""
        return [(str(terminal.terminal_class), terminal) for terminal in self.scenario.demand.terminals]

    def gateways(self) -> list[Gateway]:
        """Every gateway, in the order of `Gathered.gateway_traffic` from 1 on."""
        return list(self.scenario.gateways)

    def landings(self) -> list[Landings]:
        """Where traffic lands, by gateway."""
        sums, sites = self.gathered, self.gateways()
        if sums.landed_kbps is None or sums.landed_kbps_us is None:
            direct = KBPS_PER_MBPS * sums.gateway_traffic[1 : 1 + len(sites), None]
            return [Landings(site, kbps, 0.0) for site, kbps in zip(sites, direct, strict=True)]
        found = zip(sites, sums.landed_kbps.astype(np.float64), sums.landed_kbps_us.tolist(), strict=True)
        return [Landings(*each) for each in found]

    def online_share(self) -> float:
        """Share of the asked homes that are active at once in the busy hour."""
        return sum(terminal.share / terminal.contention_ratio for terminal in self.scenario.demand.terminals)

    def served_90(self) -> tuple[float, float]:
        """90 % interval of the homes served at the design plan. The run must tell its own spread."""
        assert self.sample is not None
        return served_interval(self, self.sample)


def outcome(
    scenario: Scenario, people: People, asked: Subscribers, gathered: Gathered, tested: Verdict
) -> Outcome:
    """What the sums of a run and its served test say."""
    return Outcome(
        scenario=scenario,
        people=people,
        asked=asked,
        gathered=gathered,
        design=list(PLANS_MBPS).index(scenario.demand.plan),
        rung=tested.rung,
        level=rung_levels()[tested.rung] * gathered.storm_keep_share()[:, None, None],
        available=np.minimum(tested.expected @ asked.class_share, 1.0),
        linked=np.minimum(sum(tested.linked.T * asked.class_share[:, None]), 1.0),
        sample=tested.sample,
        batch_available=tested.available / max(1, int(gathered.weight.sum())),
    )


def served_interval(found: Outcome, sample: Sampling) -> tuple[float, float]:
    """Homes served at the design plan if every cell stood at the low, or the high, end of its interval."""
    design = found.design
    levels = rung_levels()
    rung = found.rung[:, design].max(axis=1)
    homes = found.served_cell()[:, design].sum(axis=1)
    scale = np.where(rung > 0, homes / np.where(rung > 0, levels[rung], 1.0), 0.0)
    fresh = np.where(rung > 0, scale, found.asked.cell * found.gathered.storm_keep_share())
    return float(scale @ levels[sample.low]), float(fresh @ levels[sample.high])
