"""Time calls honestly: warm first, ours and the peer's in turns, wall and CPU both, the spread kept."""

from __future__ import annotations

import math
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

LEAST_S = 0.02
"""A sample of shorter calls holds several of them."""
PEER_BUDGET_S = 20.0
"""No further sample of a peer is begun after this; one is always taken."""


def cpu_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@dataclass
class Samples:
    """Seconds of one call, sample by sample: wall clock, and CPU over all threads and ended children."""

    wall_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)

    def take(self, work: Callable[[], Any], calls: int) -> Any:
        """Time `calls` calls, keep what one took; returns the last answer."""
        answer = None
        cpu, wall = cpu_s(), time.perf_counter()
        for _ in range(calls):
            answer = work()
        self.wall_s.append((time.perf_counter() - wall) / calls)
        self.cpu_s.append((cpu_s() - cpu) / calls)
        return answer

    @property
    def median_wall_s(self) -> float:
        """Median by the wall clock."""
        return median(self.wall_s)

    @property
    def best_cpu_s(self) -> float:
        """Least CPU time: what other processes of the machine disturb least."""
        return max(min(self.cpu_s), 1e-9)


@dataclass
class Timed:
    """One piece of work: its answer, and the samples of the calls that were not to warm it."""

    work: Callable[[], Any]
    answer: Any = None
    calls: int = 1
    samples: Samples = field(default_factory=Samples)

    def warm(self) -> None:
        """Compile and load: the first call gives the answer, the second says how many make a sample."""
        self.answer = self.work()
        before = time.perf_counter()
        self.work()
        self.calls = max(1, math.ceil(LEAST_S / max(time.perf_counter() - before, 1e-6)))

    def sample(self) -> None:
        """Take one sample."""
        self.answer = self.samples.take(self.work, self.calls)


def in_turns(works: Sequence[Timed], repeats: int, budget_s: float = PEER_BUDGET_S) -> None:
    """Sample works `repeats` times in turns; all but the first stop once their samples took `budget_s`."""
    for number in range(repeats):
        for place, timed in enumerate(works):
            spent = sum(timed.samples.wall_s) * timed.calls
            if number == 0 or place == 0 or spent < budget_s:
                timed.sample()
