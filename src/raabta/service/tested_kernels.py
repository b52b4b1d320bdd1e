"""Numeric core of `tested`: one batch of slots as one sample of every cell's survival. Plain arrays."""

from __future__ import annotations

import numpy as np
from numba import njit

kernel = njit(cache=True, nogil=True, error_model="numpy")


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
            above, expected = np.int64(0), 0.0
            for b in range(bins - 1, -1, -1):
                above += batch[c, j, b]
                expected += batch[c, j, b] * level[b]
                best[b] = max(best[b], above / whole)
            out_expected[c, j] = expected / whole
        best[0] = 1.0
        for b in range(bins):
            out_sum[c, b] += best[b]
            out_squares[c, b] += best[b] * best[b]
