"""Plan beams: as many users as can be, judged by a bound, checked before it is handed out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.beam_planning import rules, walk_kernels
from raabta.network.beam_planning.answer import Answer
from raabta.network.beam_planning.bound import Bound, find_bound
from raabta.network.beam_planning.candidates import Links, find_links
from raabta.network.beam_planning.check import find_faults
from raabta.network.beam_planning.colour_kernels import Plan
from raabta.network.beam_planning.relaxation import TINY, relax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from raabta.network.beam_planning.instance import Instance

    Ints = NDArray[np.int64]

Progress = Callable[[str, int, int], None]

LEAST_ROUND, MOST_ROUND, ROUND_PER_LINK = 20_000, 200_000, 20
"""Moves between two looks at the clock."""
FIRST_PATIENCE, PATIENCE = 3, 30
"""Rounds without a user more before the walk ends: before the linear program, and after it."""
TENURE = 10
"""Moves for which a user who was just served keeps its beam."""
SEARCH_STEPS = 2_000
"""Places tried while the beams of a satellite are coloured anew."""
REACH, MOST_ROOTS, ROOTS = 500, 20_000, 500
"""Chains of displaced users: users looked at for one, users to begin from, and those between two looks at the
clock."""
HEATS, HEAT, WARM_LINKS = 8, 0.2, 20_000
"""How often a plan of at most WARM_LINKS links is heated and cooled again, and how hot."""


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
    searches = [_Search(instance, links, bound.serving[bound.serving >= 0], seed, end)]
    searches[0].run(bound.users, FIRST_PATIENCE, tell)
    if searches[0].served < bound.users and not searches[0].is_late:
        bound, better = _second(searches[0], bound, seed, tell)
        better.run(bound.users, PATIENCE, tell)
        better.anneal(bound.users)
        searches += [better] if better is not searches[0] else []
    best = max(searches, key=lambda search: search.served)
    answer = _checked(instance, best.plan)
    stopped = best.served < bound.users and best.is_late
    return Outcome(answer, int(links.seen.sum()), bound, stopped, sum(int(s.now[0]) for s in searches))


def _second(first: _Search, bound: Bound, seed: int, tell: Progress) -> tuple[Bound, _Search]:
    """The bound by the linear program, and a search from its shares; those there are where it has none."""
    instance, links, used = first.instance, first.links, first.used
    relaxed = relax(
        instance,
        links,
        bound.group,
        used,
        first.served,
        seed=seed,
        end=first.end,
        tell=partial(tell, "bound"),
    )
    if relaxed is None:
        return bound, first
    order = np.argsort(-relaxed.share, kind="stable")[: np.count_nonzero(relaxed.share > TINY)]
    bound = replace(bound, users=min(bound.users, relaxed.bound))
    return bound, _Search(instance, links, order, seed, first.end)


def _checked(instance: Instance, plan: Plan) -> Answer:
    answer = _answer(plan)
    faults = find_faults(instance, answer)
    if faults:
        raise RuntimeError(f"the plan is not valid, and is not written: {faults[0]}")
    return answer


class _Search:
    """A plan that is made better until a bound, patience or time is met."""

    def __init__(self, instance: Instance, links: Links, order: Ints, seed: int, end: float | None) -> None:
        """A plan by the links of `order`, places in `links.user_sat`, then by any that still fit."""
        self.instance, self.links, self.end = instance, links, end
        self.plan = _empty(instance, links)
        self.state = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        self.now, self.held = np.zeros(1, np.int64), np.zeros(len(instance.user), np.int64)
        self.moves = min(max(ROUND_PER_LINK * links.user_sat.size, LEAST_ROUND), MOST_ROUND)
        for chosen in (order, np.arange(links.user_sat.size)):
            user, sat = links.user[chosen], links.user_sat[chosen]
            walk_kernels.start_by(self.plan, user, sat, SEARCH_STEPS)

    @property
    def used(self) -> Ints:
        """The links in use, as places in `links.user_sat`."""
        return np.flatnonzero(self.plan.serving[self.links.user] == self.links.user_sat)

    @property
    def served(self) -> int:
        """Users served."""
        return int(self.plan.load.sum())

    @property
    def is_late(self) -> bool:
        """Whether the time has run out."""
        return self.end is not None and time.monotonic() >= self.end

    def run(self, bound: int, patience: int, tell: Progress) -> None:
        """Chains once, then the walk, round by round."""
        self._augment()
        best, idle = self.served, 0
        while best < bound and idle < patience and not self.is_late:
            tell("users served", best, bound)
            self._walk(0.0)
            idle = idle + 1 if self.served == best else 0
            best = self.served
            if idle == patience // 2:
                self._augment()
        if best == bound:
            tell("users served", best, bound)

    def anneal(self, bound: int) -> None:
        """Heat and cool a small plan, again and again; keep what does not serve fewer."""
        for _ in range(HEATS if self.links.user_sat.size <= WARM_LINKS else 0):
            if self.served >= bound or self.is_late:
                break
            kept = Plan(*(part.copy() for part in self.plan))
            self._walk(HEAT)
            if self.served < int(kept.load.sum()):
                self.plan = kept

    def _walk(self, heat: float) -> None:
        walk_kernels.walk(self.plan, self.moves, TENURE, heat, self.state, self.now, self.held)

    def _augment(self) -> None:
        """Look for chains from users who wait, in the order they stand, but from no more than MOST_ROOTS."""
        roots = self.plan.waiting[: min(int(self.plan.size[0]), MOST_ROOTS)].copy()
        for first in range(0, roots.size, ROOTS):
            if self.is_late:
                break
            walk_kernels.augment(self.plan, roots[first : first + ROOTS], SEARCH_STEPS, REACH)


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
