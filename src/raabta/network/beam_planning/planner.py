"""Plan beams: as many users as can be, judged by a bound, checked before it is handed out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.beam_planning import rules, walk_kernels
from raabta.network.beam_planning.answer import Answer
from raabta.network.beam_planning.bound import Bound, find_bound
from raabta.network.beam_planning.candidates import Links, find_links
from raabta.network.beam_planning.check import find_faults
from raabta.network.beam_planning.colour_kernels import Plan

if TYPE_CHECKING:
    from raabta.network.beam_planning.instance import Instance

Progress = Callable[[str, int, int], None]

ROUND = 200_000
"""Moves between two looks at the clock."""
PATIENCE = 40
"""Rounds without a user more before the walk ends."""
TENURE = 10
"""Moves for which a user who was just served keeps its beam."""
SEARCH_STEPS = 200
REACH = 2_000


@dataclass(frozen=True)
class Outcome:
    """A valid plan; users a satellite may serve at all (seen); the bound on users served; whether time ran
    out; moves of the walk."""

    answer: Answer
    seen: int
    bound: Bound
    stopped: bool
    moves: int

    @property
    def served(self) -> int:
        """Users served."""
        return int(self.answer.user.size)

    @property
    def gap_share(self) -> float:
        """The share of the bound that is missing; 0: no plan serves more."""
        return 1.0 - self.served / self.bound.users if self.bound.users else 0.0


def plan_beams(
    instance: Instance, *, seconds: float | None = None, seed: int = 0, progress: Progress | None = None
) -> Outcome:
    """The best plan found. Without `seconds`, or where they suffice, it depends on instance and seed alone.

    seconds: when the search ends, counted from the call. Raises LimitError for too many links, and
    RuntimeError rather than hand out a plan that the check refuses.
    """
    tell = progress or (lambda stage, done, total: None)
    end = time.monotonic() + seconds if seconds is not None else None
    tell("links", 0, 1)
    links = find_links(instance)
    tell("links", 1, 1)
    bound = find_bound(instance, links)
    plan = _empty(instance, links)
    walk_kernels.start_from(plan, bound.serving, SEARCH_STEPS)
    moves, stopped = _improve(plan, bound.users, seed, end, tell)
    answer = _answer(plan)
    faults = find_faults(instance, answer)
    if faults:
        raise RuntimeError(f"the plan is not valid, and is not written: {faults[0]}")
    return Outcome(answer, int(links.seen.sum()), bound, stopped, moves)


def _improve(plan: Plan, bound: int, seed: int, end: float | None, tell: Progress) -> tuple[int, bool]:
    """Chains and walks until bound, patience or time is met; moves, and whether it was the time."""
    state = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
    now, held = np.zeros(1, np.int64), np.zeros(plan.serving.size, np.int64)
    best, idle = _served(plan), 0
    while best < bound and idle < PATIENCE:
        tell("users served", best, bound)
        if end is not None and time.monotonic() >= end:
            return int(now[0]), True
        if idle == 0 or idle == PATIENCE // 2:
            walk_kernels.augment(plan, plan.waiting[: plan.size[0]].copy(), SEARCH_STEPS, REACH)
        walk_kernels.walk(plan, ROUND, TENURE, state, now, held)
        served = _served(plan)
        best, idle = served, 0 if served > best else idle + 1
    tell("users served", best, best)
    return int(now[0]), False


def _served(plan: Plan) -> int:
    return int(plan.load.sum())


def _empty(instance: Instance, links: Links) -> Plan:
    n, m = len(instance.user), len(instance.sat)
    return Plan(
        links.user_start,
        links.user_sat,
        instance.user_km,
        instance.sat_km,
        close=np.array([rules.REUSE_COSINE]),
        serving=np.full(n, -1, np.int32),
        place=np.full(n, -1, np.int32),
        beam_user=np.full((m, rules.BEAMS), -1, np.int32),
        way=np.zeros((m, 3, rules.BEAMS)),
        near=np.zeros((m, rules.BEAMS), np.int64),
        colour=np.zeros((m, len(rules.COLOURS)), np.int64),
        load=np.zeros(m, np.int32),
        waiting=np.full(n, -1, np.int32),
        rank=np.full(n, -1, np.int32),
        size=np.zeros(1, np.int64),
    )


def _answer(plan: Plan) -> Answer:
    """The plan by satellite and beam."""
    sat, place = np.nonzero(plan.beam_user >= 0)
    colour = ((plan.colour[sat] >> place[:, None]) & 1).argmax(axis=1)
    user = plan.beam_user[sat, place]
    return Answer(sat.astype(np.int32), (place + 1).astype(np.int32), user, colour.astype(np.int32))
