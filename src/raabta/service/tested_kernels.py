"""Numeric core of `tested`: histograms of a chunk added up, and a batch of slots as one sample of each cell's
survival. Plain arrays: m cells, p plans, j classes, b bins."""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")


@kernel
def add(place, count, design, sign, total, batch):
    """Add counts at rising places of (m, p, b) to total, and those of the design plan, with a sign, to every
    class of batch (m, j, b)."""
    plans, bins = total.shape[1], total.shape[2]
    for i in range(place.shape[0]):
        row, b = place[i] // bins, place[i] % bins
        c, p = row // plans, row % plans
        total[c, p, b] += count[i]
        if p == design:
            for j in range(batch.shape[1]):
                batch[c, j, b] += sign * np.int64(count[i])


@kernel
def take_batch(batch, whole, level, out_sum, out_squares, out_expected):
    """Add a batch's survival, that of the best class, and its square to out_sum, out_squares (m, b); the mean
    level of each class to out_expected (m, j).

    batch (m, j, b): counts, `whole` in all; level (b,): what each bin says is reached. See `network.ladder`.
    """
    cells, classes, bins = batch.shape
    best = np.empty(bins)
    for c in range(cells):
        best[:] = 0.0
        for j in range(classes):
            above, share, expected = np.int64(0), 0.0, 0.0
            for b in range(bins - 1, -1, -1):
                if batch[c, j, b] > 0:  # most bins are empty
                    above += batch[c, j, b]
                    share = above / whole
                    expected += batch[c, j, b] * level[b]
                best[b] = max(best[b], share)
            out_expected[c, j] = expected / whole
        best[0] = 1.0
        for b in range(bins):
            out_sum[c, b] += best[b]
            out_squares[c, b] += best[b] * best[b]
