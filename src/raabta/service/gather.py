"""Add up the chunks of a run, one at a time, in key order: integer sums first, shares only at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from raabta.network.chunk import U16, unpack
from raabta.network.constraints import CONSTRAINTS
from raabta.network.ladder import survival
from raabta.network.model import RUNGS
from raabta.network.record_kernels import RTT_STEP_MS
from raabta.service.cut import BATCH_SLOTS
from raabta.service.served import expected_level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Arrays = Mapping[str, NDArray[Any]]

MAX_KEPT_SLOTS = 5_760
MAX_KEPT_BYTES = 256 * 2**20
"""Round trips are kept of so many slots, evenly spaced, in so much memory at most."""
CODES = ("code_count", "code_unserved", "code_count_up", "code_unserved_up")
LEVELS = ("level_sum", "level_count", "short_slots")
SUMS = (*CODES, *LEVELS, "rain", "feeder", "visible", "storm_clear", "storm_wet")
HISTOGRAMS = ("counts", "counts_index", "lacks", "lacks_index", "lacks_of")
SLOTS = ("gateway", "down", "up_ratio", "rtt", "usable_satellites", "visible_satellites", "storms")
GATHERED = frozenset((*SUMS, *HISTOGRAMS, *SLOTS))
"""What of a chunk is added up here."""


@dataclass
class Gathered:
    """Sums over a run of n cells, p plans and j classes; see `network.chunk` for what each counts.

    Memory does not grow with the run, but for a few numbers per slot. `batch` (n, j, b) is the histogram
    at the design plan of the batch that is not full yet, over `batch_slots` slots.
    """

    weight: Ints
    plans: int
    classes: int
    design: int
    step: int
    class_share: Floats
    slots: int = 0
    batches: int = 0
    batch_slots: int = 0
    counts: Ints = field(init=False)
    lacks: Ints = field(init=False)
    batch: Ints = field(init=False)
    batch_sum: Floats = field(init=False)
    batch_squares: Floats = field(init=False)
    code_count: Ints = field(init=False)
    code_unserved: Ints = field(init=False)
    code_count_up: Ints = field(init=False)
    code_unserved_up: Ints = field(init=False)
    rain: Ints = field(init=False)
    feeder: Ints = field(init=False)
    storm_clear: Ints = field(init=False)
    storm_wet: Ints = field(init=False)
    visible: Ints = field(init=False)
    short_slots: Ints = field(init=False)
    level_sum: Ints = field(init=False)
    level_count: Ints = field(init=False)
    rtt_histogram: Floats = field(init=False)
    gateway_traffic: Floats = field(init=False)
    batch_available: list[float] = field(default_factory=list)
    rtt: list[NDArray[np.uint16]] = field(default_factory=list)
    day: dict[str, list[NDArray[Any]]] = field(default_factory=dict)
    storms: list[Floats] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = self.weight.size
        self.counts = np.zeros((n, self.plans, RUNGS + 1), np.int64)
        self.lacks = np.zeros((self.classes, *self.counts.shape), np.int64)
        self.batch = np.zeros((n, self.classes, RUNGS + 1), np.int64)
        self.batch_sum, self.batch_squares = np.zeros((n, RUNGS + 1)), np.zeros((n, RUNGS + 1))
        self.code_count = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_unserved = np.zeros((n, len(CONSTRAINTS)), np.int64)
        self.code_count_up, self.code_unserved_up = self.code_count.copy(), self.code_count.copy()
        self.rain, self.feeder, self.visible = (np.zeros(n, np.int64) for _ in range(3))
        self.storm_clear, self.storm_wet = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.short_slots, self.level_sum = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.level_count, self.rtt_histogram = np.zeros(U16, np.int64), np.zeros(U16)
        self.gateway_traffic = np.zeros(256)

    def add(self, chunk: Arrays) -> None:
        """Add one chunk; call in key order, and `finish` after the last."""
        slots = chunk["down"].shape[0]
        self._add_histogram(chunk)
        for name in SUMS:
            getattr(self, name).__iadd__(chunk[name])
        self._add_slots(chunk)
        self.slots += slots
        self.batch_slots += slots
        if self.batch_slots >= BATCH_SLOTS:
            self._close_batch()

    def finish(self) -> None:
        """Take what is left as a batch; not under half of one, which would count as much as a whole."""
        if self.batch_slots and (self.batches == 0 or 2 * self.batch_slots >= BATCH_SLOTS):
            self._close_batch()

    def _close_batch(self) -> None:
        share = survival(self.batch, self.batch_slots).max(axis=1)
        self.batch_available.append(self._available(self.batch, self.batch_slots))
        self.batch_sum += share
        self.batch_squares += share * share
        self.batches += 1
        self.batch[:] = 0
        self.batch_slots = 0

    @property
    def histogram(self) -> Ints:
        """Weight, SLOT_UNIT to the slot, in which each class has the level of each bin, (n, p, j, b)."""
        return np.asarray(self.counts[:, :, None] - np.moveaxis(self.lacks, 0, 2))

    def _add_histogram(self, chunk: Arrays) -> None:
        """Add a chunk's weights to the run's, and those at the design plan to the batch's."""
        index, count = unpack("counts", chunk)
        self._add_sparse(self.counts, index, count, self.batch, 1)
        index, count = unpack("lacks", chunk)
        plane, place = np.divmod(index, np.int32(self.counts.size))
        for j, of in enumerate(chunk["lacks_of"]):
            own = plane == of
            self._add_sparse(self.lacks[j], place[own], count[own], self.batch[:, j : j + 1], -1)

    def _add_sparse(
        self, total: Ints, index: NDArray[np.int32], count: NDArray[np.uint32], design: Ints, sign: int
    ) -> None:
        """Add counts to a total (n, p, b), and `sign` times those of the design plan to (n, *, b)."""
        total.reshape(-1)[index] += count
        row, place = np.divmod(index, np.int32(total.shape[2]))
        chosen = row % self.plans == self.design
        design[row[chosen] // self.plans, :, place[chosen]] += sign * count[chosen, None].astype(np.int64)

    def _available(self, design: Ints, slots: int) -> float:
        """Share of the asked homes that have the design plan in these slots, in the mean over weather."""
        level = expected_level(design, slots) @ self.class_share
        total = int(self.weight.sum())
        return float(level @ self.weight / total) if total else 0.0

    def _add_slots(self, chunk: Arrays) -> None:
        rtt, down = chunk["rtt"], chunk["down"]
        weight = np.broadcast_to(self.weight, rtt.shape).ravel()
        self.rtt_histogram += np.bincount(rtt.ravel(), weight, U16)
        for lit, rate in zip(chunk["gateway"], down, strict=True):
            self.gateway_traffic += np.bincount(lit.astype(np.int64) + 1, rate, 256)
        offset = -self.slots % self.step
        self.rtt.append(rtt[offset :: self.step].copy())
        self.storms.append(chunk["storms"])
        day = {
            "forward_mbps": down.sum(axis=1, dtype=np.float64),
            "return_mbps": return_rates_mbps(chunk).sum(axis=1),
            "usable_satellites": chunk["usable_satellites"],
            "lit_cells": (chunk["gateway"] >= 0).sum(axis=1, dtype=np.int32),
            "visible_satellites": chunk["visible_satellites"],
        }
        for name, values in day.items():
            self.day.setdefault(name, []).append(values)

    def series(self, name: str) -> NDArray[Any]:
        """One series over the slots of the run, (time,)."""
        return np.concatenate(self.day[name])

    def rtt_percentiles_ms(self, percent: float) -> Floats:
        """Percentile of the round trip of each cell over its lit slots, ms, (cell,); NaN where never lit.

        Runs longer than a day at 15 s, and those of over 23,000 cells, keep evenly spaced slots only.
        """
        ordered = self._ordered_rtt
        lit = np.count_nonzero(ordered, axis=1)
        dark = ordered.shape[1] - lit
        place = dark + np.floor((lit - 1) * (percent / 100.0)).astype(np.int64)
        found = ordered[np.arange(lit.size), np.minimum(place, ordered.shape[1] - 1)]
        return np.where(lit > 0, found * RTT_STEP_MS, np.nan)

    @cached_property
    def _ordered_rtt(self) -> NDArray[np.uint16]:
        """Round trips of every cell in rising order, (cell, time): 0 where it was dark."""
        kept = sum(part.shape[0] for part in self.rtt)
        joined, at = np.empty((self.weight.size, kept), np.uint16), 0
        for part in self.rtt:
            joined[:, at : at + part.shape[0]] = part.T
            at += part.shape[0]
        joined.sort(axis=1, kind="stable")
        return joined

    def storm_keep_share(self) -> Floats:
        """What a dry cell keeps of its level while it rains elsewhere and beams are shared anew, (cell,)."""
        drawn = self.storm_clear > 0
        ratio = self.storm_wet / np.where(drawn, self.storm_clear, 1)
        return np.where(drawn, np.minimum(ratio, 1.0), 1.0)

    def storm_table(self) -> Floats:
        """Rain states drawn, (sample, 6): slot, wet share of cells, asks met clear, wet; Mbps clear, wet."""
        return np.concatenate(self.storms) if self.storms else np.zeros((0, 6))


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
