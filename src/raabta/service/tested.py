"""The served test of a run: histograms over its slots, held of one block of cells at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from raabta.network.chunk import unpack
from raabta.network.ladder import highest_rung, rung_levels, survival
from raabta.network.model import RUNGS, SLOT_UNIT
from raabta.service import tested_kernels as kernels
from raabta.service.cut import BATCH_SLOTS
from raabta.service.served import Sampling, expected_level, sampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Counts = NDArray[np.unsignedinteger[Any]]
    Arrays = Mapping[str, NDArray[Any]]

BINS: Final = RUNGS + 1
HISTOGRAMS: Final = frozenset(
    ("counts", "counts_index", "lacks", "lacks_index", "lacks_of", "usable_satellites")
)
"""What of a chunk is added up here; the last tells its slots."""
BLOCK_BYTES: Final = 256 * 2**20
"""The histograms of a block of cells may take so much memory. More blocks read the chunks more often."""
PIECE: Final = 1_024
"""Cells whose probabilities are held at once."""


def sum_dtype(slots: int) -> type[np.unsignedinteger[Any]]:
    """What holds a sum over so many slots: four bytes hold 65,535 of them, eleven days at 15 s."""
    return np.uint32 if slots * SLOT_UNIT <= np.iinfo(np.uint32).max else np.uint64


def cell_bytes(plans: int, classes: int, slots: int) -> int:
    """Memory that the histograms of one cell take over a run of so many slots."""
    sums = plans * (1 + classes) * np.dtype(sum_dtype(slots)).itemsize
    return BINS * (sums + classes * 4 + 2 * 8)


@dataclass(frozen=True)
class Terms:
    """What a run is tested for: p plans, of which `design` decides, j classes, how often a level must hold.

    weight (n,): thousandths of a subscribing home; class_share (j,); slots: of the run, at most.
    """

    weight: Ints
    plans: int
    design: int
    class_share: Floats
    target_share: float
    slots: int

    @property
    def classes(self) -> int:
        """Terminal classes."""
        return self.class_share.size

    @property
    def dtype(self) -> type[np.unsignedinteger[Any]]:
        """Of a sum over all slots."""
        return sum_dtype(self.slots)

    def cell_bytes(self) -> int:
        """Memory that a cell of a block takes."""
        return cell_bytes(self.plans, self.classes, self.slots)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """First and last cell (not in it) of every block: as few as BLOCK_BYTES allow."""
        count = max(1, -(-self.weight.size * self.cell_bytes() // BLOCK_BYTES))
        edges = np.linspace(0, self.weight.size, count + 1).round().astype(int).tolist()
        return pairwise(edges)


@dataclass(frozen=True)
class Verdict:
    """What the histograms say of n cells. rung (n, p, j): the served one.

    expected, linked (n, j): mean level at the design plan, and probability of any. available: by batch, the
    sum over homes of that mean. sample: how sure the rung is; None for under three batches.
    """

    rung: Ints
    expected: Floats
    linked: Floats
    available: Floats
    sample: Sampling | None


def joined(parts: Sequence[Verdict]) -> Verdict:
    """The blocks of a run as one."""
    samples = [part.sample for part in parts if part.sample is not None]
    return Verdict(
        rung=np.concatenate([part.rung for part in parts]),
        expected=np.concatenate([part.expected for part in parts]),
        linked=np.concatenate([part.linked for part in parts]),
        available=np.sum([part.available for part in parts], axis=0),
        sample=Sampling.joined(samples) if samples else None,
    )


@dataclass
class Block:
    """Histograms of the cells from `first` to before `last`: m cells, p plans, j classes, b bins.

    counts (m, p, b): weight, SLOT_UNIT to the slot, in which some class has a level; lacks (j, m, p, b): and
    each class has not. batch (m, j, b): at the design plan, over the `batch_slots` of the batch that is not
    full yet; batch_sum, batch_squares (m, b): of the survival of the best class, and of its square.
    """

    terms: Terms
    first: int
    last: int
    slots: int = 0
    batches: int = 0
    batch_slots: int = 0
    available: list[float] = field(default_factory=list)
    counts: Counts = field(init=False)
    lacks: Counts = field(init=False)
    batch: NDArray[np.uint32] = field(init=False)
    batch_sum: Floats = field(init=False)
    batch_squares: Floats = field(init=False)

    def __post_init__(self) -> None:
        terms, cells = self.terms, self.last - self.first
        self.counts = np.zeros((cells, terms.plans, BINS), terms.dtype)
        self.lacks = np.zeros((terms.classes, *self.counts.shape), terms.dtype)
        self.batch = np.zeros((cells, terms.classes, BINS), np.uint32)
        self.batch_sum, self.batch_squares = np.zeros((cells, BINS)), np.zeros((cells, BINS))

    def add(self, chunk: Arrays) -> None:
        """Add one chunk; call in key order, and `finish` after the last."""
        size = self.terms.weight.size * self.terms.plans * BINS
        place, count = self._own("counts", chunk, 0)
        kernels.add(place, count, self.terms.design, 1, self.counts, self.batch)
        for j, of in enumerate(chunk["lacks_of"].tolist()):
            place, count = self._own("lacks", chunk, of * size)
            kernels.add(place, count, self.terms.design, -1, self.lacks[j], self.batch[:, j : j + 1])
        self._count_slots(chunk["usable_satellites"].size)

    def _own(self, name: str, chunk: Arrays, before: int) -> tuple[NDArray[np.int32], NDArray[np.uint32]]:
        """Places in this block of (n, p, b) and counts, of an array that begins at `before`; both rise."""
        index, count = unpack(name, chunk)
        each = self.terms.plans * BINS
        first = before + self.first * each
        low, high = np.searchsorted(index, np.array([first, before + self.last * each], np.int32))
        return index[low:high] - np.int32(first), count[low:high]

    def _count_slots(self, slots: int) -> None:
        self.slots += slots
        self.batch_slots += slots
        if self.batch_slots >= BATCH_SLOTS:
            self._close_batch()

    def _close_batch(self) -> None:
        """Take the batch as one sample of every cell's survival, and of the homes that have the plan."""
        expected, whole = np.empty(self.batch.shape[:2]), float(self.batch_slots * SLOT_UNIT)
        kernels.take_batch(self.batch, whole, rung_levels(), self.batch_sum, self.batch_squares, expected)
        weight = self.terms.weight[self.first : self.last]
        self.available.append(float(expected @ self.terms.class_share @ weight))
        self.batches += 1
        self.batch[:] = 0
        self.batch_slots = 0

    def _pieces(self) -> Iterator[slice]:
        return (slice(at, at + PIECE) for at in range(0, self.last - self.first, PIECE))

    def finish(self) -> Verdict:
        """What the histograms say. What is left over is a batch; not under half of one, which would count as
        much as a whole."""
        if self.batch_slots and (self.batches == 0 or 2 * self.batch_slots >= BATCH_SLOTS):
            self._close_batch()
        terms, design = self.terms, self.terms.design
        cells, classes = self.last - self.first, terms.classes
        rung = np.moveaxis(np.empty((classes, cells, terms.plans), np.int64), 0, 2)
        expected = np.empty((cells, classes))
        linked = np.empty_like(expected)
        for own in self._pieces():
            histogram = self.histogram(own)
            probability = survival(histogram, self.slots)
            rung[own] = highest_rung(probability, terms.target_share)
            expected[own] = expected_level(histogram[:, design], self.slots)
            linked[own] = probability[:, design, :, 1]
        sample = self._sample(rung[:, design].max(axis=1))
        return Verdict(rung, expected, linked, np.array(self.available), sample)

    def _sample(self, rung: Ints) -> Sampling | None:
        """How sure the rung (m,) of the best class at the design plan is."""
        target = self.terms.target_share
        parts = [
            sampling(self.batch_sum[own], self.batch_squares[own], self.batches, target, rung[own])
            for own in self._pieces()
        ]
        known = [part for part in parts if part is not None]
        return Sampling.joined(known) if known else None

    def histogram(self, own: slice = slice(None)) -> Ints:
        """Weight, SLOT_UNIT to the slot, in which each class has the level of each bin, (m, p, j, b)."""
        lacks = np.moveaxis(self.lacks[:, own], 0, 2)
        return np.asarray(self.counts[own, :, None].astype(np.int64) - lacks.astype(np.int64))
