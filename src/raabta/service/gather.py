"""Add up the chunks of a run, one at a time, in key order: integer sums first, shares only at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.chunk import U16
from raabta.network.constraints import CONSTRAINTS
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.network.storms import Figures
from raabta.service import gather_kernels as kernels
from raabta.service.tested import HISTOGRAMS, Block, Terms, Verdict, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Arrays = Mapping[str, NDArray[Any]]
    Read = Callable[[Collection[str]], Iterable[Arrays]]

MAX_KEPT_SLOTS = 5_760
MAX_KEPT_BYTES = 256 * 2**20
"""Round trips are kept of so many slots, evenly spaced, in so much memory at most."""
HALF = np.arange(U16, dtype=np.uint16).view(np.float16).astype(np.float64)
"""Value of every pattern of half precision: looked up, it is had ten times as fast as converted."""
PIECE = 1_024
"""Cells whose round trips are put in order at once."""
CODES = ("code_count", "code_unserved", "code_count_up", "code_unserved_up")
LEVELS = ("level_sum", "level_count", "short_slots")
HANDOVERS = ("handovers", "followed")
SUMS = (*CODES, *LEVELS, *HANDOVERS, "rain", "feeder", "visible", "storm_clear", "storm_wet")
SLOTS = ("gateway", "down", "up_ratio", "rtt", "usable_satellites", "visible_satellites", "storms", "bounds")
LANDED = ("landed_kbps", "landed_kbps_us")
"""Summed where traffic lands through lasers."""
GATHERED = frozenset((*SUMS, *HISTOGRAMS, *SLOTS, *LANDED))
"""What of a chunk is added up here."""


@dataclass(frozen=True)
class FibreSteps:
    """What fibre behind each of g gateways adds to stored round trips, in their steps: steps (k, g), each row
    from slot `first` (k,) on, of which the first is 0."""

    first: Ints
    steps: Ints

    def of(self, slot: int, count: int) -> Ints:
        """The rows of so many slots from `slot` on, (count, g)."""
        rows = np.searchsorted(self.first, np.arange(slot, slot + count), side="right") - 1
        return np.ascontiguousarray(self.steps[rows])


@dataclass
class Gathered:
    """Sums over a run of n cells; see `network.chunk` for what each counts.

    Memory does not grow with the run, but for a few numbers per slot. weight (n,): thousandths of a
    subscribing home; every `step`th slot's round trips are kept. fibre_steps: what fibre behind each
    gateway adds to them, where that differs; landed_*: see `network.landing_kernels.tally`.
    """

    weight: Ints
    step: int
    fibre_steps: FibreSteps | None = None
    slots: int = 0
    code_count: Ints = field(init=False)
    code_unserved: Ints = field(init=False)
    code_count_up: Ints = field(init=False)
    code_unserved_up: Ints = field(init=False)
    rain: Ints = field(init=False)
    feeder: Ints = field(init=False)
    storm_clear: Ints = field(init=False)
    storm_wet: Ints = field(init=False)
    visible: Ints = field(init=False)
    handovers: Ints = field(init=False)
    followed: Ints = field(init=False)
    short_slots: Ints = field(init=False)
    level_sum: Ints = field(init=False)
    level_count: Ints = field(init=False)
    rtt_histogram: Ints = field(init=False)
    gateway_traffic: Floats = field(init=False)
    rtt: list[NDArray[np.uint16]] = field(default_factory=list)
    day: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    storms: list[Floats] = field(default_factory=list)
    bounds: list[Floats] = field(default_factory=list)
    landed_kbps: Ints | None = None
    landed_kbps_us: Ints | None = None
    fibre_histogram: Ints = field(init=False)

    def __post_init__(self) -> None:
        n = self.weight.size
        self.code_count = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_unserved = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_count_up, self.code_unserved_up = self.code_count.copy(), self.code_count.copy()
        self.rain, self.feeder, self.visible = (np.zeros(n, np.int64) for _ in range(3))
        self.storm_clear, self.storm_wet = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.handovers, self.followed = np.zeros(n, np.int64), np.zeros(1, np.int64)
        self.short_slots, self.level_sum = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.level_count, self.rtt_histogram = np.zeros(U16, np.int64), np.zeros(U16, np.int64)
        self.gateway_traffic = np.zeros(256)
        self.fibre_histogram = np.zeros(U16 if self.fibre_steps is not None else 0, np.int64)

    def add(self, chunk: Arrays) -> None:
        """Add one chunk; call in key order."""
        for name in SUMS:
            getattr(self, name).__iadd__(chunk[name])
        for name in LANDED:
            if name in chunk:
                so_far = getattr(self, name)
                setattr(self, name, chunk[name] if so_far is None else so_far + chunk[name])
        self._add_slots(chunk)
        self.slots += chunk["down"].shape[0]

    def _add_slots(self, chunk: Arrays) -> None:
        rtt, slots = chunk["rtt"], chunk["rtt"].shape[0]
        forward, back, lit = np.empty(slots), np.empty(slots), np.empty(slots, np.int32)
        kernels.add_slots(
            chunk["gateway"],
            chunk["down"].view(np.uint16),
            chunk["up_ratio"].view(np.uint16),
            rtt,
            self.weight,
            HALF,
            self.gateway_traffic,
            self.rtt_histogram,
            forward,
            back,
            lit,
        )
        if self.fibre_steps is not None:
            steps = self.fibre_steps.of(self.slots, slots)
            fibre = steps, self.weight, self.fibre_histogram
            kernels.add_with_fibre(chunk["gateway"], rtt, *fibre)
        offset = -self.slots % self.step
        self.rtt.append(rtt[offset :: self.step].copy())
        self.storms.append(chunk["storms"])
        self.bounds.append(chunk["bounds"])
        day = {
            "forward_mbps": forward,
            "return_mbps": back,
            "usable_satellites": chunk["usable_satellites"],
            "lit_cells": lit,
            "visible_satellites": chunk["visible_satellites"],
        }
        for name, values in day.items():
            self.day.setdefault(name, []).append(values)

    def series(self, name: str) -> NDArray[Any]:
        """One series over the slots of the run, (time,)."""
        return np.concatenate(self.day[name])

    def rtt_percentiles_ms(self, *percents: float) -> list[Floats]:
        """Percentiles of the round trip of each cell over its lit slots, ms, (cell,); NaN where never lit.

        Runs longer than a day at 15 s, and those of over 23,000 cells, keep evenly spaced slots only.
        """
        found = np.full((len(percents), self.weight.size), np.nan)
        for first in range(0, self.weight.size, PIECE):
            own = slice(first, first + PIECE)
            ordered = np.concatenate([part[:, own] for part in self.rtt]).T.copy()
            ordered.sort(axis=1, kind="stable")
            for out, percent in zip(found, percents, strict=True):
                out[own] = _lit_percentile_ms(ordered, percent)
        return list(found)

    def storm_keep_share(self) -> Floats:
        """What a cell whose own links are spared keeps of its level while others are in rain and beams are
        shared anew, (cell,)."""
        drawn = self.storm_clear > 0
        ratio = self.storm_wet / np.where(drawn, self.storm_clear, 1)
        return np.where(drawn, np.minimum(ratio, 1.0), 1.0)

    def storm_table(self) -> Floats:
        """Weather drawn, (sample, 10): slot, and the figures of `network.storms.Figures`."""
        return np.concatenate(self.storms) if self.storms else np.zeros((0, 1 + len(Figures._fields)))

    def mean_handovers(self) -> float | None:
        """Handovers of a home in a slot whose slot before is known; None where there is none."""
        homes, slots = int(self.weight.sum()), int(self.followed[0])
        return int(self.weight @ self.handovers) / (homes * slots) if homes and slots else None

    def bound_table(self) -> Floats:
        """Forward Mbps carried in clear sky, and what no assignment passes, in sampled slots, (sample, 2)."""
        return np.concatenate(self.bounds) if self.bounds else np.zeros((0, 2))


def gather(
    terms: Terms, step: int, read: Read, fibre_steps: FibreSteps | None = None
) -> tuple[Gathered, Verdict]:
    """Add up a run whose chunks `read(names)` gives in key order, once for every block of cells."""
    sums, found = Gathered(terms.weight, step, fibre_steps), list[Verdict]()
    for first, last in terms.blocks():
        block = Block(terms, first, last)
        for part in read(HISTOGRAMS if found else GATHERED):
            block.add(part)
            if not found:
                sums.add(part)
        found.append(block.finish())
    return sums, joined(found)


def _lit_percentile_ms(ordered: NDArray[np.uint16], percent: float) -> Floats:
    """Of round trips (cell, time) in rising order, 0 where the cell was dark."""
    lit = np.count_nonzero(ordered, axis=1)
    place = ordered.shape[1] - lit + np.floor((lit - 1) * (percent / 100.0)).astype(np.int64)
    found = ordered[np.arange(lit.size), np.minimum(place, ordered.shape[1] - 1)]
    return np.where(lit > 0, found * RTT_STEP_MS, np.nan)


def kept_step(slots: int, cells: int) -> int:
    """Every how many slots the round trips of a run are kept."""
    most = max(1, min(MAX_KEPT_SLOTS, MAX_KEPT_BYTES // (2 * max(1, cells))))
    return max(1, -(-slots // most))


def return_rates_mbps(chunk: Arrays) -> Floats:
    """Return rate of every slot and cell of a chunk, (time, cell), from its ratio to the forward rate."""
    return np.asarray(chunk["down"].astype(np.float64) * chunk["up_ratio"])


def percentile_of(histogram: Floats | Ints, percent: float) -> int | None:
    """Smallest bin at which a weighted histogram reaches a percentage; None if it is empty."""
    running = np.cumsum(histogram)
    if running[-1] <= 0.0:
        return None
    return int(np.searchsorted(running, running[-1] * percent / 100.0))
